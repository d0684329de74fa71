// How something is received, as JavaScript sees it.
#pragma once
#include <napi.h>

#include "io/receiver.hpp"

namespace venuewire {

inline Napi::Object decision_object(Napi::Env env, const ReceiveDecision& decision) {
  Napi::Object o = Napi::Object::New(env);
  o.Set("asked", decision.asked);
  o.Set("backend", decision.backend);
  o.Set("detail", decision.detail);
  Napi::Array refused = Napi::Array::New(env);
  for (const ReceiveRefusal& refusal : decision.refused) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("backend", refusal.backend);
    one.Set("why", refusal.problem.text);
    one.Set("remedy", refusal.problem.remedy);
    refused.Set(refused.Length(), one);
  }
  o.Set("refused", refused);
  return o;
}

}  // namespace venuewire

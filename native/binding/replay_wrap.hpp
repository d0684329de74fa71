// The replay of a capture to multicast as an object of JavaScript's.
#pragma once
#include <napi.h>

namespace venuewire {

void define_replay(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

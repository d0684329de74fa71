// The class `Recorder` of the addon.
#pragma once
#include <napi.h>

namespace venuewire {

void define_record(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

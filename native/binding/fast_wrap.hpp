// The FAST decoder as a JavaScript class.
#pragma once
#include <napi.h>

namespace venuewire {

/// Adds `FastDecoder` to the addon.
void define_fast(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

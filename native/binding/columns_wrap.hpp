// Columns over a feed's ring as a JavaScript class.
#pragma once
#include <napi.h>

namespace venuewire {

/// Adds `Columns` to the addon.
void define_columns(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

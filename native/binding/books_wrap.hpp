// Order books over a feed's ring as a JavaScript class.
#pragma once
#include <napi.h>

namespace venuewire {

/// Adds `Books` to the addon.
void define_books(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

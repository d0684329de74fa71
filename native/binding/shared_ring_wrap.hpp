// The ring that other processes read, for JavaScript.
#pragma once
#include <napi.h>

namespace venuewire {

/// Adds `SharedRingWriter` and `SharedRingReader` to the addon.
void define_shared_ring(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

// What the event log needs of the machine beside files: a checksum, and a lock that ends with its process.
#pragma once
#include <napi.h>

namespace venuewire {

/// Adds `crc32c` and `lockFile` to the addon.
void define_log(Napi::Env env, Napi::Object exports);

}  // namespace venuewire

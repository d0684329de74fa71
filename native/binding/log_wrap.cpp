#include "binding/log_wrap.hpp"

#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "binding/arguments.hpp"
#include "core/crc32c.hpp"

namespace venuewire {

namespace {

/// (bytes: Uint8Array, offset, length): of that part
Napi::Value crc32c_of(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    if (info.Length() < 3 || !is_bytes(info[0]) || !info[1].IsNumber() || !info[2].IsNumber()) {
      throw_coded(env, "VW_ARGUMENT", "Expected (bytes: Uint8Array, offset, length: number)");
    }
    const Bytes bytes = bytes_of(info[0]);
    const int64_t offset = number_in(info[1], "offset", 0, bytes.size);
    const int64_t length = number_in(info[2], "length", 0, double(bytes.size - uint32_t(offset)));
    return Napi::Number::New(env, crc32c({bytes.data + offset, uint32_t(length)}));
  });
}

/// (fd): whether this process has the file to itself now; the lock ends with the descriptor, or with the process
Napi::Value lock_file(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const auto fd = int(number_in(info[0], "fd", 0, INT32_MAX));
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return Napi::Boolean::New(env, true);
    if (errno == EWOULDBLOCK) return Napi::Boolean::New(env, false);
    throw_coded(env, "VW_LOG_OPEN", std::string("The lock file cannot be locked: ") + std::strerror(errno));
  });
}

}  // namespace

void define_log(Napi::Env env, Napi::Object exports) {
  exports.Set("crc32c", Napi::Function::New<crc32c_of>(env, "crc32c"));
  exports.Set("lockFile", Napi::Function::New<lock_file>(env, "lockFile"));
}

}  // namespace venuewire

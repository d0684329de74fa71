#include "binding/doorbell.hpp"

#include <cstdlib>

extern "C" {
int uv_async_init(void* loop, void* handle, void (*callback)(void* handle));
int uv_async_send(void* handle);
void uv_close(void* handle, void (*callback)(void* handle));
size_t uv_handle_size(int type);
void uv_ref(void* handle);
void uv_unref(void* handle);
}

namespace venuewire {

namespace {
constexpr int kUvAsync = 1;  // UV_ASYNC of uv_handle_type, fixed through libuv 1.x
void*& data_of(void* handle) { return *static_cast<void**>(handle); }
}  // namespace

UvDoorbell::UvDoorbell(Napi::Env env, Napi::Function callback)
    : env_(env), callback_(Napi::Persistent(callback)), context_(env, "venuewire.doorbell") {}

UvDoorbell* UvDoorbell::make(Napi::Env env, Napi::Function callback) {
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || loop == nullptr) return nullptr;
  auto* bell = new UvDoorbell(env, callback);
  bell->handle_ = std::calloc(1, uv_handle_size(kUvAsync));
  if (bell->handle_ == nullptr || uv_async_init(loop, bell->handle_, &UvDoorbell::on_wake) != 0) {
    std::free(bell->handle_);
    delete bell;
    return nullptr;
  }
  data_of(bell->handle_) = bell;
  return bell;
}

void UvDoorbell::ring() { uv_async_send(handle_); }

void UvDoorbell::keep_alive(bool yes) { yes ? uv_ref(handle_) : uv_unref(handle_); }

void UvDoorbell::on_wake(void* handle) {
  auto* bell = static_cast<UvDoorbell*>(data_of(handle));
  if (bell == nullptr || bell->released_) return;
  const napi_env env = bell->env_;
  bell->calling_ = true;
  {
    const Napi::HandleScope scope(env);
    // Plain Node-API: the C++ wrapper aborts the process when it cannot throw into an environment that is ending.
    napi_value global = nullptr, result = nullptr;
    bool pending = false;
    if (napi_get_global(env, &global) == napi_ok) {
      (void)napi_make_callback(env, bell->context_, global, bell->callback_.Value(), 0, nullptr, &result);
    }
    // An exception of the handler becomes an uncaughtException, as from any other event.
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_value error = nullptr;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) (void)napi_fatal_exception(env, error);
    }
  }
  bell->calling_ = false;
  if (bell->released_) delete bell;  // closed in its own callback
}

void UvDoorbell::release() {
  if (released_) return;
  released_ = true;
  data_of(handle_) = nullptr;
  // libuv calls back after a worker's environment has ended, when this addon may have been unloaded already: what it
  // calls has to lie in the C library.
  uv_close(handle_, std::free);
  if (!calling_) delete this;  // else on_wake does, which still needs the reference and the context
}

}  // namespace venuewire

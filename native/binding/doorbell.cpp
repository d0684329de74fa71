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
  const Napi::HandleScope scope(bell->env_);
  // An exception of the handler becomes an uncaughtException, as from any other event.
  bell->callback_.MakeCallback(bell->env_.Global(), 0, nullptr, bell->context_);
  if (bell->env_.IsExceptionPending()) {
    const Napi::Error error = bell->env_.GetAndClearPendingException();
    napi_fatal_exception(bell->env_, error.Value());
  }
}

void UvDoorbell::release() {
  if (released_) return;
  released_ = true;
  callback_.Reset();
  data_of(handle_) = nullptr;
  uv_close(handle_, [](void* handle) { std::free(handle); });
  delete this;
}

}  // namespace venuewire

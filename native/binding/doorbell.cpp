#include "binding/doorbell.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "feed/hand_over.hpp"

extern "C" {
int uv_async_init(void* loop, void* handle, void (*callback)(void* handle));
int uv_async_send(void* handle);
int uv_poll_init(void* loop, void* handle, int descriptor);
int uv_poll_start(void* handle, int events, void (*callback)(void* handle, int status, int events));
void uv_close(void* handle, void (*callback)(void* handle));
size_t uv_handle_size(int type);
void uv_ref(void* handle);
void uv_unref(void* handle);
}

namespace venuewire {

namespace {
// UV_ASYNC and UV_POLL of uv_handle_type, UV_READABLE of uv_poll_event: fixed through libuv 1.x.
constexpr int kUvAsync = 1;
constexpr int kUvPoll = 8;
constexpr int kUvReadable = 1;
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
  bell->loop_ = loop;
  return bell;
}

bool UvDoorbell::ring() {
  if (driving_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    rung_ = true;
    return false;
  }
  uv_async_send(handle_);
  return true;
}

void UvDoorbell::offer(HandOver& hand_over) {
  offer_.store(&hand_over);
  uv_async_send(handle_);
}

void UvDoorbell::take_offer() {
  HandOver* offer = offer_.exchange(nullptr);
  if (offer == nullptr || watch_ != nullptr) return;
  watched_ = ::fcntl(offer->descriptor(), F_DUPFD_CLOEXEC, 0);
  if (watched_ < 0) return;
  void* watch = std::calloc(1, uv_handle_size(kUvPoll));
  if (watch == nullptr || uv_poll_init(loop_, watch, watched_) != 0) {
    std::free(watch);
    ::close(watched_);
    return;
  }
  uv_unref(watch);  // the async handle says whether the process stays alive
  data_of(watch) = this;
  watch_ = watch;
  driven_ = offer;
  if (uv_poll_start(watch, kUvReadable, &UvDoorbell::on_readable) != 0 || !offer->take()) stop_watching();
}

void UvDoorbell::stop_watching() {
  if (watch_ == nullptr) return;
  data_of(watch_) = nullptr;
  uv_close(watch_, std::free);
  ::close(watched_);
  watch_ = nullptr;
  driven_ = nullptr;
  watched_ = -1;
}

void UvDoorbell::on_readable(void* handle, int, int) {
  auto* bell = static_cast<UvDoorbell*>(data_of(handle));
  if (bell == nullptr || bell->released_) return;
  bell->rung_ = false;
  bell->driving_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  const bool more = bell->driven_->drive();
  bell->driving_.store(std::thread::id(), std::memory_order_relaxed);
  if (!more) bell->stop_watching();
  if (bell->rung_) bell->call_back();
}

void UvDoorbell::keep_alive(bool yes) { yes ? uv_ref(handle_) : uv_unref(handle_); }

void UvDoorbell::on_wake(void* handle) {
  auto* bell = static_cast<UvDoorbell*>(data_of(handle));
  if (bell == nullptr || bell->released_) return;
  bell->take_offer();
  bell->call_back();
}

void UvDoorbell::call_back() {
  const napi_env env = env_;
  calling_ = true;
  {
    const Napi::HandleScope scope(env);
    // Plain Node-API: the C++ wrapper aborts the process when it cannot throw into an environment that is ending.
    napi_value global = nullptr, result = nullptr;
    bool pending = false;
    if (napi_get_global(env, &global) == napi_ok) {
      (void)napi_make_callback(env, context_, global, callback_.Value(), 0, nullptr, &result);
    }
    // An exception of the handler becomes an uncaughtException, as from any other event.
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_value error = nullptr;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) (void)napi_fatal_exception(env, error);
    }
  }
  calling_ = false;
  if (released_) delete this;  // closed in its own callback
}

void UvDoorbell::release() {
  if (released_) return;
  released_ = true;
  data_of(handle_) = nullptr;
  stop_watching();
  // libuv calls back after a worker's environment has ended, when this addon may have been unloaded already: what it
  // calls has to lie in the C library.
  uv_close(handle_, std::free);
  if (!calling_) delete this;  // else on_wake does, which still needs the reference and the context
}

}  // namespace venuewire

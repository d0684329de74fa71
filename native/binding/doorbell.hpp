// The wake-up of a JavaScript thread: libuv's async handle, found by name in the running Node. Node-API offers only
// the thread-safe function, whose wake-up costs twice as much; libuv's ABI is stable through version 1 and its header
// does not come with Node-API's, so the four functions used are declared here.
#pragma once
#include <napi.h>

#include <atomic>
#include <thread>

#include "feed/feed.hpp"

namespace venuewire {

class UvDoorbell final : public Doorbell {
 public:
  /// On the JavaScript thread. `callback` runs there, coalesced, after ring(). Null when the loop cannot be had.
  static UvDoorbell* make(Napi::Env env, Napi::Function callback);
  bool ring() override;
  void offer(HandOver& hand_over) override;
  /// On the JavaScript thread, after the feed thread has been joined; also from within the callback. Frees the doorbell
  /// once libuv lets go of it.
  void release();
  /// Whether a pending doorbell keeps the process alive.
  void keep_alive(bool yes);

 private:
  UvDoorbell(Napi::Env env, Napi::Function callback);
  static void on_wake(void* handle);
  static void on_readable(void* handle, int status, int events);
  void take_offer();
  void stop_watching();
  /// The callback, and what it may do: this is gone afterwards when it released it.
  void call_back();

  Napi::Env env_;
  Napi::FunctionReference callback_;
  Napi::AsyncContext context_;
  void* loop_ = nullptr;
  void* handle_ = nullptr;  // uv_async_t; its first member is the user's pointer
  void* watch_ = nullptr;   // uv_poll_t, while the loop drives the feed
  int watched_ = -1;        // a descriptor of its own: the feed thread may close its one at any time
  std::atomic<HandOver*> offer_{nullptr};
  HandOver* driven_ = nullptr;
  std::atomic<std::thread::id> driving_{};  // the loop's thread while it drives: what rings then is heard at once
  bool rung_ = false;
  bool released_ = false;
  bool calling_ = false;
};

}  // namespace venuewire

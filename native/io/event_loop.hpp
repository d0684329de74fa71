// Everything a feed thread waits on, and what wakes it: epoll and an eventfd on Linux, poll and a pipe elsewhere. All
// calls belong to that thread, except wake(), which any thread may make at any time between open() and close().
#pragma once
#include <memory>
#include <string>

#include "core/wire.hpp"

namespace venuewire {

struct LoopEvent {
  /// The numbers that poll and epoll have for them.
  static constexpr uint32_t kReadable = 1, kWritable = 4, kError = 8, kHangUp = 16;

  uint64_t token = 0;
  uint32_t events = 0;
};

/// What sleeps while there is nothing to do; woken from any thread.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  virtual void wake() = 0;
};

class EventLoop final : public Sleeper {
 public:
  static constexpr int kMaxEvents = 64;
  /// Tokens with this bit belong to Clients; the owner of the loop uses the others.
  static constexpr uint64_t kClientToken = uint64_t(1) << 63;
  /// The loop's own; not for add().
  static constexpr uint64_t kWakeToken = ~uint64_t(0);

  EventLoop();
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// False: see errno. Without fine timeouts wait() rounds up to milliseconds, as it does by itself on old kernels and
  /// where there is only poll.
  [[nodiscard]] bool open(bool fine_timeouts = true);
  void close();

  [[nodiscard]] bool add(int fd, uint64_t token, uint32_t events = LoopEvent::kReadable);
  [[nodiscard]] bool change(int fd, uint64_t token, uint32_t events);
  void remove(int fd);

  /// Waits until something is ready, wake() was called or the time is over (negative: for ever; 0: not at all).
  /// Fills `out` and returns how many; being woken is not an event, see woken().
  [[nodiscard]] int wait(int64_t timeout_ns, LoopEvent* out, int max);
  /// Whether the last wait() found that wake() had been called; calls before it are one.
  [[nodiscard]] bool woken() const { return woken_; }

  void wake() override;
  /// Readable while wait() would find something; −1: this system has no such descriptor.
  [[nodiscard]] int descriptor() const;

 private:
  struct System;
  std::unique_ptr<System> system_;
  bool woken_ = false;
};

}  // namespace venuewire

// Threads that sleep until something has happened: a futex on Linux, a condition elsewhere. Who sleeps takes a ticket,
// looks whether it has happened already, and then waits: what happens between the two ends the wait.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

namespace venuewire {

class EventCount {
 public:
  virtual ~EventCount() = default;
  [[nodiscard]] uint32_t ticket() const { return count_.load(); }
  /// Sleeps until notify() is called after `ticket` was taken, or for so long; may return early for no reason.
  virtual void wait(uint32_t ticket, int64_t timeout_ns) = 0;
  /// After what others look for has been stored.
  virtual void notify() = 0;

 protected:
  std::atomic<uint32_t> count_{0};
};

[[nodiscard]] std::unique_ptr<EventCount> make_event_count();

}  // namespace venuewire

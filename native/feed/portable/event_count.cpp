// See event_count.hpp.
#include "feed/event_count.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace venuewire {
namespace {

class Condition final : public EventCount {
 public:
  void wait(uint32_t ticket, int64_t timeout_ns) override {
    std::unique_lock<std::mutex> lock(mutex_);
    (void)changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [&] { return count_.load() != ticket; });
  }
  void notify() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      count_.fetch_add(1);
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace

std::unique_ptr<EventCount> make_event_count() { return std::make_unique<Condition>(); }

}  // namespace venuewire

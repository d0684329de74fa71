// See event_count.hpp.
#include "feed/event_count.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace venuewire {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

class Futex final : public EventCount {
 public:
  void wait(uint32_t ticket, int64_t timeout_ns) override {
    const timespec t{timeout_ns / kNanosPerSecond, timeout_ns % kNanosPerSecond};
    syscall(SYS_futex, &count_, FUTEX_WAIT_PRIVATE, ticket, &t, nullptr, 0);
  }
  void notify() override {
    count_.fetch_add(1);
    syscall(SYS_futex, &count_, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
  }
};

}  // namespace

std::unique_ptr<EventCount> make_event_count() { return std::make_unique<Futex>(); }

}  // namespace venuewire

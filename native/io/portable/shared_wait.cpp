// See shared_ring.hpp. POSIX has nothing that waits for a word of another process: who waits looks now and then.
#include <time.h>

#include <algorithm>

#include "io/shared_ring.hpp"

namespace venuewire {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kLookNanos = 1'000'000;

}  // namespace

void shared_wait(const std::atomic<uint32_t>& word, uint32_t value, int64_t timeout_ns) {
  for (int64_t left = timeout_ns; left > 0 && word.load() == value; left -= kLookNanos) {
    const int64_t step = std::min(left, kLookNanos);
    const timespec t{step / kNanosPerSecond, step % kNanosPerSecond};
    nanosleep(&t, nullptr);
  }
}

void shared_wake(const std::atomic<uint32_t>&) {}

}  // namespace venuewire

// See shared_ring.hpp. Not private: other processes wait for the same word, in a mapping of their own.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/shared_ring.hpp"

namespace venuewire {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

void shared_wait(const std::atomic<uint32_t>& word, uint32_t value, int64_t timeout_ns) {
  const timespec t{timeout_ns / kNanosPerSecond, timeout_ns % kNanosPerSecond};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &t, nullptr, 0);
}

void shared_wake(const std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

}  // namespace venuewire

// See thread_setup.hpp. POSIX names no CPUs, and what macOS has instead are hints: what is asked for is refused.
#include "feed/thread_setup.hpp"

#include <pthread.h>
#include <time.h>

namespace venuewire {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t(t.tv_sec) * kNanosPerSecond + t.tv_nsec;
}

ThreadProblem refused(const char* code, const std::string& name, const char* what, const char* option) {
  return {code, name + " cannot " + what + " here: that is possible on Linux alone; leave " + option + " out"};
}

}  // namespace

void name_thread(const char* name) {
#ifdef __APPLE__
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
}

void sleep_until(int64_t monotonic_ns) {
  const int64_t left = monotonic_ns - now_ns();
  if (left <= 0) return;
  const timespec t{time_t(left / kNanosPerSecond), long(left % kNanosPerSecond)};
  nanosleep(&t, nullptr);
}

ThreadProblem set_up_thread(const ThreadConfig& config, const std::string& name) {
  if (config.numa_node >= 0) return refused("VW_NUMA", name, "be kept on a NUMA node", "numaNode");
  if (config.cpu >= 0) return refused("VW_CPU", name, "be pinned to a CPU", "cpu");
  if (config.realtime_priority > 0)
    return refused("VW_REALTIME", name, "have a real-time priority", "realtimePriority");
  return {};
}

}  // namespace venuewire

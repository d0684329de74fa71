// See feed.hpp.
#include "feed/feed.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "feed/capture_driver.hpp"
#include "feed/live_driver.hpp"

namespace venuewire {

namespace {

/// The kernel's default of 50 µs would be added to every short wait.
constexpr unsigned long kTimerSlackNs = 1000;

/// Who asks for a thread on a CPU, or one that does not sleep, gets that thread.
bool may_hand_over(const SourceConfig& source) {
  return source.live && source.cpu < 0 && !source.spin && source.busy_poll_us == 0;
}

}  // namespace

Feed::Feed(SessionSpec spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, SourceConfig source,
           Doorbell* doorbell)
    : spec_(std::move(spec)),
      source_(std::move(source)),
      delivery_(spec_, ring, data_at, data_bytes, doorbell),
      hand_over_(may_hand_over(source_) ? doorbell : nullptr) {}

Feed::~Feed() { close(); }

void Feed::start() {
  if (thread_.joinable() || delivery_.stopped()) return;
  thread_ = std::thread([this] { run_guarded(); });
}

void Feed::close() {
  delivery_.stop();
  if (thread_.joinable()) thread_.join();
}

void Feed::run_guarded() {
  // Nothing leaves the thread: an exception that did would end the process.
  try {
    run();
  } catch (const std::bad_alloc&) {
    delivery_.fail_hard("VW_MEMORY", "There is not enough memory for the feed");
  } catch (const std::length_error&) {
    delivery_.fail_hard("VW_MEMORY", "There is not enough memory for the feed");
  } catch (const std::exception& error) {
    delivery_.fail_hard("VW_INTERNAL", error.what());
  }
  // The state changed after the last batch: the reader must come and see it.
  delivery_.wake_all();
}

void Feed::run() {
  pthread_setname_np(pthread_self(), "venuewire");
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  bool pinned = true;
  if (source_.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(size_t(source_.cpu), &set);
    pinned = pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
  }
  if (!pinned) {
    delivery_.fail("VW_CPU", "The feed thread could not be pinned to CPU " + std::to_string(source_.cpu));
  } else if (source_.live) {
    std::make_unique<LiveDriver>(spec_, source_, delivery_, hand_over_)->run();
  } else {
    std::make_unique<CaptureDriver>(spec_, source_, delivery_)->run();
  }
}

}  // namespace venuewire

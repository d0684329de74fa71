// See feed.hpp.
#include "feed/feed.hpp"

#include <memory>
#include <new>
#include <stdexcept>

#include "feed/capture_driver.hpp"
#include "feed/live_driver.hpp"

namespace venuewire {

namespace {

/// Who asks for a thread on a CPU, or one that does not sleep, gets that thread.
bool may_hand_over(const SourceConfig& source) {
  return source.live && !source.thread.asks() && !source.spin && source.busy_poll_us == 0;
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
  name_thread("venuewire");
  const ThreadProblem problem = set_up_thread(source_.thread, "The feed thread");
  if (problem.code != nullptr) {
    delivery_.fail(problem.code, problem.text);
  } else if (source_.live) {
    std::make_unique<LiveDriver>(spec_, source_, delivery_, hand_over_)->run();
  } else {
    std::make_unique<CaptureDriver>(spec_, source_, delivery_)->run();
  }
}

}  // namespace venuewire

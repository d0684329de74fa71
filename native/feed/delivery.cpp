// See delivery.hpp.
#include "feed/delivery.hpp"

#include <time.h>

#include "core/relax.hpp"
#include "io/event_loop.hpp"

namespace venuewire {

namespace {

using F = FeedCounter;

/// A reader at work makes room within microseconds; one that does not read is not worth a core.
constexpr uint32_t kSpinRounds = 4096;
constexpr int kPausesPerRound = 32;
constexpr long kRoomPauseNs = 50'000;

uint32_t* word(uint8_t* ring, uint32_t at) { return reinterpret_cast<uint32_t*>(ring + at); }

}  // namespace

Delivery::Delivery(const SessionSpec& spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, Doorbell* doorbell)
    : ring_(ring),
      doorbell_(doorbell),
      writer_(ring, data_at, data_bytes, spec.catalogue, spec.selection),
      counters_{reinterpret_cast<uint64_t*>(ring + kCountersAt)},
      channel_counters_(reinterpret_cast<uint64_t*>(ring + kCountersAt) + kFeedCounters) {}

void Delivery::set_waker(Sleeper* sleeper) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waker_ = sleeper;
}

void Delivery::stop() {
  stop_.store(true);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waker_ != nullptr) waker_->wake();
}

void Delivery::wake_waiters() {
  if (waiters_.load() != 0) published_->notify();
}

void Delivery::wake_all() {
  if (doorbell_ != nullptr) (void)doorbell_->ring();
  wake_waiters();
}

void Delivery::publish() {
  if (!writer_.unpublished()) return;
  counters_[F::batches]++;
  const bool wake = writer_.publish();
  if (wake && doorbell_ != nullptr && doorbell_->ring()) counters_[F::doorbells]++;
  wake_waiters();
}

void Delivery::flush() {
  while (writer_.unpublished()) {
    publish();
    if (writer_.unpublished() && !wait_for_room(0)) break;
  }
}

bool Delivery::wait_for_room(uint32_t bytes) {
  publish();
  counters_[F::ringWaits]++;
  for (uint32_t i = 0; !writer_.roomy() || !writer_.room(bytes); i++) {
    if (stopping()) return false;
    if (!writer_.tail_possible()) {
      fail("VW_RING_DAMAGED", "The tail of the ring is one that no reader has written");
      stop_.store(true);
      return false;
    }
    publish();  // notices that have found room meanwhile: the reader cannot free what it cannot see
    if (i < kSpinRounds) {
      for (int k = 0; k < kPausesPerRound; k++) relax_cpu();
    } else {
      const timespec pause{0, kRoomPauseNs};
      nanosleep(&pause, nullptr);
    }
  }
  return true;
}

void Delivery::fail(const char* code, const std::string& message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failure_code_ = code;
    failure_ = message;
  }
  has_failed_ = true;
  publish();
  writer_.set_state(FeedState::failed);
}

void Delivery::fail_hard(const char* code, const char* message) {
  try {
    set_waker(nullptr);
    fail(code, message);
  } catch (...) {
    // Not even memory for the text: the state alone says it.
    writer_.set_state(FeedState::failed);
  }
}

bool Delivery::wait(uint32_t seen, int64_t timeout_ns) {
  uint32_t* head = word(ring_, kHeadAt);
  const auto changed = [&] {
    return std::atomic_ref<uint32_t>(*head).load(std::memory_order_acquire) != seen ||
           std::atomic_ref<uint32_t>(*word(ring_, kStateAt)).load() != uint32_t(FeedState::running);
  };
  if (changed()) return true;
  waiters_.fetch_add(1);
  // Looked at again: what changed before the writer could count us in does not wake us.
  const uint32_t ticket = published_->ticket();
  if (timeout_ns > 0 && !changed()) published_->wait(ticket, timeout_ns);
  waiters_.fetch_sub(1);
  return changed();
}

bool Delivery::failed(std::string& code, std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code = failure_code_;
  message = failure_;
  return !failure_code_.empty();
}

void Delivery::set_report(std::vector<LineReport> report) {
  const std::lock_guard<std::mutex> lock(mutex_);
  report_ = std::move(report);
}

void Delivery::set_kernel_drops(size_t line, uint64_t drops) {
  const std::lock_guard<std::mutex> lock(mutex_);
  report_[line].kernel_drops = drops;
}

void Delivery::add_received_by(ReceiveReport report) {
  const std::lock_guard<std::mutex> lock(mutex_);
  received_by_.push_back(std::move(report));
}

std::vector<ReceiveReport> Delivery::received_by() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return received_by_;
}

void Delivery::set_foreign(std::vector<std::string> destinations) {
  const std::lock_guard<std::mutex> lock(mutex_);
  foreign_ = std::move(destinations);
}

std::vector<std::string> Delivery::foreign() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return foreign_;
}

std::vector<LineReport> Delivery::report() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return report_;
}

}  // namespace venuewire

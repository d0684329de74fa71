// See hand_over.hpp.
#include "feed/hand_over.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "feed/delivery.hpp"

namespace venuewire {

namespace {

/// Work is measured over so long. Less than a quarter of it is little; more than a half is too much for the loop, which
/// has to call the handlers as well.
constexpr int64_t kWindowNs = 10'000'000;
constexpr int64_t kLittleParts = 4;
constexpr int64_t kMuchParts = 2;
/// A turn as long as this was a burst: two threads are better.
constexpr int64_t kBurstNs = 200'000;
/// How often the feed thread looks whether the loop leaves something lying: seldom when nothing has come for a while.
constexpr int64_t kLookNs = 2'000'000;
constexpr int64_t kLookSeldomNs = 20'000'000;
constexpr int64_t kQuietNs = 200'000'000;

bool readable(int descriptor) {
  pollfd one{descriptor, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

}  // namespace

void HandOver::begin(Driven& driven, int descriptor, bool movable) {
  held_ = std::unique_lock<std::mutex>(mutex_);
  driven_ = &driven;
  movable_ = movable && doorbell_ != nullptr;
  window_ns_ = driven.now();
  descriptor_.store(descriptor);
}

void HandOver::end() {
  if (!held_.owns_lock()) return;
  state_.store(State::thread);
  driven_ = nullptr;
  descriptor_.store(-1);
  held_.unlock();
}

/// Over whole windows; between their ends, what the last one said.
bool HandOver::is_little(int64_t from_ns, int64_t to_ns) {
  work_ns_ += to_ns - from_ns;
  const int64_t window = to_ns - window_ns_;
  if (window >= kWindowNs) {
    little_ = work_ns_ * kLittleParts < window;
    window_ns_ = to_ns;
    work_ns_ = 0;
  }
  return little_ && !driven_->blocked();
}

void HandOver::worked(int64_t from_ns, int64_t to_ns) {
  if (!movable_ || taken()) return;
  const bool little = is_little(from_ns, to_ns) && to_ns - from_ns < kBurstNs;
  State thread = State::thread, offered = State::offered;
  if (little) {
    if (state_.compare_exchange_strong(thread, State::offered)) doorbell_->offer(*this);
  } else if (state_.load(std::memory_order_relaxed) == State::offered) {
    (void)state_.compare_exchange_strong(offered, State::thread);
  }
}

void HandOver::rest(const std::atomic<bool>& stop) {
  drove_ns_ = driven_->now();
  while (!stop.load() && taken()) {
    const int64_t at = driven_->now();
    const int64_t drove = drove_ns_;
    const int64_t look = at - drove > kQuietNs ? kLookSeldomNs : kLookNs;
    rest_until_ns_ = std::min(driven_->due(), at + look);
    if (rest_until_ns_ > at) (void)rested_.wait_for(held_, std::chrono::nanoseconds(rest_until_ns_ - at));
    if (!taken()) break;
    // Left lying since before the rest: the loop's thread is at work on something else.
    if (drove_ns_ == drove && readable(descriptor_.load())) break;
    if (driven_->now() >= driven_->due()) driven_->turn_now();
  }
  state_.store(State::thread, std::memory_order_release);
  little_ = false;
  window_ns_ = driven_->now();
  work_ns_ = 0;
}

bool HandOver::take() {
  State offered = State::offered;
  return state_.compare_exchange_strong(offered, State::loop);
}

bool HandOver::drive() {
  if (!taken()) return false;
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  // Not yet let go of, or looking after something: what is to be read stays readable.
  if (!lock.owns_lock()) return true;
  if (!taken() || driven_ == nullptr) return false;
  const int64_t from = driven_->now();
  driven_->turn_now();
  const int64_t to = drove_ns_ = driven_->now();
  work_ns_ += to - from;
  const int64_t window = to - window_ns_;
  const bool much = to - from >= kBurstNs || (window >= kWindowNs && work_ns_ * kMuchParts > window);
  if (window >= kWindowNs) {
    window_ns_ = to;
    work_ns_ = 0;
  }
  if (much || driven_->blocked()) {
    state_.store(State::thread, std::memory_order_release);
    rested_.notify_one();
    return false;
  }
  if (driven_->due() < rest_until_ns_) rested_.notify_one();
  return true;
}

void HandOver::give_back() {
  State loop = State::loop;
  if (state_.compare_exchange_strong(loop, State::thread)) rested_.notify_one();
}

}  // namespace venuewire

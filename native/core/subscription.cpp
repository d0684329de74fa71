#include "core/subscription.hpp"

namespace venuewire {

void Subscription::begin(uint64_t correlation, uint64_t first_message, int64_t now_ns) {
  state_ = State::quiet;
  correlation_ = correlation;
  first_message_ = first_message;
  sent_ns_ = now_ns;
}

void Subscription::sent(Channel& channel, uint16_t requester, int64_t now_ns) {
  if (spec_.refresh_items == 0) return;
  // What answers it is the state, within the stream.
  state_ = State::awaiting_state;
  left_ = spec_.refresh_items;
  at_ns_ = now_ns + spec_.refresh_timeout_ns;
  channel.refresh_begin(now_ns, requester);
}

void Subscription::new_connection() {
  first_message_ = 0;
  rest_.reset();
}

void Subscription::state_message(Channel& channel, uint16_t requester, int64_t now_ns) {
  if (state_ != State::awaiting_state) return;
  at_ns_ = now_ns + spec_.refresh_timeout_ns;
  if (--left_ != 0) return;
  rest_.reset();
  state_ = State::awaiting_delivery;
  whole_at_ = channel.highest();
  tell_when_delivered(channel, requester, now_ns);
}

void Subscription::tell_when_delivered(Channel& channel, uint16_t requester, int64_t now_ns) {
  if (state_ != State::awaiting_delivery || channel.next() < whole_at_) return;
  state_ = State::quiet;
  channel.refresh_end(now_ns, requester);
}

void Subscription::failed(int64_t now_ns) {
  state_ = State::resting;
  first_message_ = 0;
  at_ns_ = now_ns + rest_.next();
}

bool Subscription::dropped() {
  const bool due = state_due();
  state_ = State::quiet;
  return due;
}

int64_t Subscription::deadline(bool stalled) const {
  if (state_ == State::resting) return at_ns_;
  return state_ == State::awaiting_state && !stalled ? at_ns_ : INT64_MAX;
}

}  // namespace venuewire

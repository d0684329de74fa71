// What a stream has subscribed to, and the state that answers it: within the stream, and good once all of it has been
// delivered. A subscription that fails is made again at growing intervals.
#pragma once
#include <cstdint>

#include "core/channel.hpp"
#include "core/connection.hpp"
#include "core/recovery_spec.hpp"

namespace venuewire {

/// A time that doubles with each failure, up to a bound.
class Backoff {
 public:
  Backoff(int64_t first_ns, int64_t most_ns) : first_ns_(first_ns), most_ns_(most_ns) {}
  void reset() { ns_ = 0; }
  void fill() { ns_ = most_ns_; }
  [[nodiscard]] int64_t next() { return ns_ = ns_ == 0 ? first_ns_ : (2 * ns_ < most_ns_ ? 2 * ns_ : most_ns_); }

 private:
  int64_t first_ns_, most_ns_;
  int64_t ns_ = 0;
};

class Subscription {
 public:
  enum class State : uint8_t {
    quiet,              ///< none, or nothing more is expected of it
    awaiting_state,     ///< it has been made: messages of state are to come
    awaiting_delivery,  ///< they have, and stand behind a hole
    resting,            ///< it has failed and is to be made again
  };

  explicit Subscription(const RequesterSpec& spec)
      : spec_(spec), rest_(spec.reconnect_first_ns, spec.reconnect_most_ns) {}

  [[nodiscard]] State state() const { return state_; }
  /// The state that was subscribed to is not whole yet.
  [[nodiscard]] bool state_due() const { return state_ == State::awaiting_state || state_ == State::awaiting_delivery; }
  /// Its correlation, the number of its first message on this connection (0: none), and when that was sent.
  [[nodiscard]] uint64_t correlation() const { return correlation_; }
  [[nodiscard]] uint64_t first_message() const { return first_message_; }
  [[nodiscard]] int64_t sent_ns() const { return sent_ns_; }

  /// Its messages are about to go out, the first with that number; and have gone out.
  void begin(uint64_t correlation, uint64_t first_message, int64_t now_ns);
  void sent(Channel& channel, uint16_t requester, int64_t now_ns);
  void rest_over() { state_ = state_ == State::resting ? State::quiet : state_; }
  void new_connection();
  /// One message of the state.
  void state_message(Channel& channel, uint16_t requester, int64_t now_ns);
  /// Tells the end of the state in order with the data: once all of it has been delivered.
  void tell_when_delivered(Channel& channel, uint16_t requester, int64_t now_ns);
  /// It was refused, or its state did not come: it is made again after a while.
  void failed(int64_t now_ns);
  /// The connection is lost. True: the state was not whole yet.
  [[nodiscard]] bool dropped();
  /// The limits do not allow it yet.
  void wait_until(int64_t at_ns) { at_ns_ = at_ns; }
  [[nodiscard]] bool timed_out(int64_t now_ns) const { return state_ == State::awaiting_state && now_ns >= at_ns_; }
  [[nodiscard]] bool due(int64_t now_ns) const { return state_ == State::resting && now_ns >= at_ns_; }
  /// When either is; INT64_MAX: never.
  [[nodiscard]] int64_t deadline(bool stalled) const;

 private:
  const RequesterSpec& spec_;
  Backoff rest_;
  State state_ = State::quiet;
  int64_t at_ns_ = 0;      // when the state must have made progress, or the subscription is made again
  uint32_t left_ = 0;      // messages of state that are still to come
  uint64_t whole_at_ = 0;  // linear: the state is whole once this number has been delivered
  uint64_t correlation_ = 0;
  uint64_t first_message_ = 0;
  int64_t sent_ns_ = 0;
};

}  // namespace venuewire

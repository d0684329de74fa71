// A channel's sessions: idle packets, numbers that jump, epochs that change, streams that come and go.
#include <algorithm>

#include "core/channel.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

/// How many numbers a data packet takes.
uint64_t numbers_in(const FramingSpec& framing, const Packet& packet) {
  if (framing.numbering != Numbering::message) return 1;
  if (packet.count != kCountUnknown) return packet.count;
  MessageWalk walk(framing, packet.body);
  Bytes message;
  uint64_t n = 0;
  while (walk.next(message)) n++;
  return n;
}

}  // namespace

bool Channel::plausible(uint64_t first, uint64_t end, int64_t now_ns) {
  if (first <= highest_ + spec_.jump_max) {
    jump_candidate_ = 0;
    return true;
  }
  const uint64_t candidate = jump_candidate_;
  jump_candidate_ = end;
  if (candidate != 0 && first + spec_.window_packets >= candidate && first <= candidate + spec_.jump_max) {
    jump_candidate_ = 0;
    say(NoticeCode::sequenceJump, Reason::none, highest_, first, now_ns);
    return true;
  }
  counters_[C::implausible]++;
  return false;
}

void Channel::idle(const Packet& packet, HeartbeatNumber meaning, const Arrival& arrival) {
  if (meaning == HeartbeatNumber::none) return;
  if (meaning == HeartbeatNumber::next && packet.sequence == 0) return;  // says nothing (Cboe off-hours)
  uint64_t next = linear(packet.sequence);
  if (meaning != HeartbeatNumber::next) next++;
  if (from_before_reset(packet, next, arrival)) return;
  if (meaning == HeartbeatNumber::numbered) {
    // The heartbeat itself takes a number: it is a packet like any other, if with nothing in it.
    if (!believed(framing_, packet, next - 1, 1, arrival)) return;
    next = linear(packet.sequence) + 1;
    data(packet.body.size == 0 ? kEmptyFraming : framing_, packet.body, next - 1, 1, arrival);
    return;
  }
  if (!started_) {
    if (arrival.connected) start(next, arrival.now_ns);
    if (!arrival.connected && !first_agrees(framing_, packet, wire(next), wire(next), arrival, false)) return;
    next = linear(packet.sequence) + (meaning == HeartbeatNumber::last ? 1 : 0);
  }
  if (arrival.line < kLinesMax) traces_[arrival.line].end = std::max(traces_[arrival.line].end, next);
  if (next <= highest_) return;
  if (!plausible(next, next, arrival.now_ns)) return;
  raise(next, arrival.now_ns);
}

bool Channel::enter_epoch(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (spec_.session_fixed) {
    counters_[C::otherSession]++;
    return false;
  }
  if (!started_) {
    if (arrival.connected) epoch_ = packet.epoch;
    return true;  // the first number is agreed on together with its session
  }
  // Recovery servers answer with the session they were asked for; anything else is not ours.
  if (arrival.origin != Origin::live) {
    counters_[C::otherSession]++;
    return false;
  }
  const bool lower = framing.epoch_ordered && (packet.epoch.high < epoch_.high ||
                                               (packet.epoch.high == epoch_.high && packet.epoch.low < epoch_.low));
  const PastSession* past = nullptr;
  for (uint32_t i = 0; i < past_count_; i++) past = past_[i].epoch == packet.epoch ? &past_[i] : past;
  // What a session that was left still had to say, by a slow line or a sender that has been replaced, is over. One that
  // goes on was left by mistake.
  const uint64_t end = packet.sequence + numbers_in(framing, packet);
  if (past != nullptr && (packet.kind != PacketKind::data || end <= past->next)) {
    counters_[C::otherSession]++;
    return false;
  }
  const uint32_t needed = past != nullptr || lower ? kTakenBackAfter : ended_ || arrival.connected ? 1 : 2;
  if (!session_agrees(framing, packet, end, past, needed, arrival)) return false;
  const uint64_t next = past == nullptr ? framing_.wrap_first : past->next;
  if (switch_epoch(packet.epoch, next, NoticeCode::sessionStarted, arrival.now_ns, past == nullptr && !lower))
    replay(take_claim(), arrival.now_ns);
  return false;  // what made the claim true has been taken with it
}

/// Ends what the present numbers mean: what is missing is given up, what is held is delivered, counting starts at the
/// wire number `next`. False while the consumer has no room for that.
bool Channel::switch_epoch(const Epoch& epoch, uint64_t next, NoticeCode why, int64_t now_ns, bool told) {
  give_up_all(why == NoticeCode::reset ? Reason::reset : Reason::sessionEnded, now_ns);
  if (!held_.empty() || !lost_.empty()) {
    counters_[C::consumerFull]++;
    return false;
  }
  if (!(epoch == epoch_)) leave_session(epoch);
  if (why != NoticeCode::reset && !ended_told_) {
    say(NoticeCode::sessionEnded, Reason::sessionEnded, next_, next_, now_ns);
  }
  epoch_ = epoch;
  counters_[C::resets]++;
  ended_ = ended_told_ = false;
  end_number_ = 0;
  jump_candidate_ = 0;
  lossy_ = !told;
  next_ = 0;
  next_ = highest_ = linear(next);
  given_up_begin_ = given_up_end_ = 0;
  std::fill(marks_.begin(), marks_.end(), PacketMark{});
  for (LineTrace& t : traces_) t.running = false;
  say(why, Reason::none, next_, next_, now_ns);
  if (refreshes_) {
    // Whatever was known is void until the state has been told anew.
    refresh_due_ = true;
    if (!stale_)
      say(NoticeCode::stale, why == NoticeCode::reset ? Reason::reset : Reason::sessionEnded, next_, next_, now_ns);
    stale_ = true;
  }
  if (told) {
    mark_good(now_ns);
  } else if (!stale_) {
    stale_ = true;
    say(NoticeCode::stale, Reason::reset, next_, next_, now_ns);
  }
  return true;
}

/// Remembers where the present session was left; `for_epoch` is entered (again).
void Channel::leave_session(const Epoch& for_epoch) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < past_count_; i++) {
    if (!(past_[i].epoch == for_epoch) && !(past_[i].epoch == epoch_)) past_[kept++] = past_[i];
  }
  if (kept == kPastSessions) {
    for (uint32_t i = 1; i < kPastSessions; i++) past_[i - 1] = past_[i];
    kept--;
  }
  past_[kept++] = {epoch_, wire(highest_)};
  past_count_ = kept;
  for (LineTrace& t : traces_) t = LineTrace{};
}

void Channel::tell_end(int64_t now_ns) {
  if (ended_told_ || next_ < end_number_) return;
  ended_told_ = true;
  say(NoticeCode::sessionEnded, Reason::none, next_, next_, now_ns);
}

void Channel::stream_up(const Epoch* epoch, uint64_t wire_next, int64_t now_ns, uint16_t requester) {
  was_up_ = true;
  const bool entered = epoch == nullptr || !started_ || *epoch == epoch_ ||
                       switch_epoch(*epoch, framing_.wrap_first, NoticeCode::sessionStarted, now_ns);
  streams_up_++;
  if (!entered) return;
  if (epoch != nullptr && !started_) epoch_ = *epoch;
  if (wire_next != 0) {
    const uint64_t next = linear(wire_next);
    if (!started_) {
      start(next, now_ns);
    } else if (next > highest_ && plausible(next, next, now_ns)) {
      raise(next, now_ns);
    }
  }
  say(NoticeCode::lineUp, Reason::none, next_, next_, now_ns, requester);
  if (holes_.empty()) mark_good(now_ns);
}

void Channel::stream_down(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester, uint16_t server) {
  if (streams_up_ > 0) streams_up_--;
  counters_[C::disconnects]++;
  say(NoticeCode::lineDown, why, next_, next_, now_ns, requester, detail, server);
  if (streams_up_ == 0) {
    reset_identity_ = 0;  // no other line will bring a copy of the reset: the next one is another, however alike
    refresh_due_ = refreshes_;
  }
  if (streams_up_ == 0 && started_ && !stale_ && !ended_) {
    stale_ = true;
    say(NoticeCode::stale, why, next_, next_, now_ns);
  }
}

bool Channel::stream_restart(uint64_t wire_next, int64_t now_ns) {
  return switch_epoch(epoch_, wire_next, NoticeCode::reset, now_ns);
}

void Channel::stream_end(int64_t now_ns) {
  if (!started_) return;
  ended_ = true;
  end_number_ = std::max(end_number_, highest_);
  tell_end(now_ns);
}

uint64_t Channel::resume_at() const {
  if (!started_) return spec_.join == Join::live ? 0 : framing_.wrap_first;
  for (const Hole& h : holes_) {
    if (!h.unobtainable) return wire(h.begin);
  }
  return wire(highest_);
}

}  // namespace venuewire

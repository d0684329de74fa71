// A channel's sessions: idle packets, numbers that jump, epochs that change, streams that come and go.
#include <algorithm>

#include "core/channel.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;
}

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
  if (from_before_reset(next, arrival)) return;
  if (meaning == HeartbeatNumber::numbered) {
    // The heartbeat itself takes a number: it is a packet like any other, if with nothing in it.
    data(packet.body.size == 0 ? kEmptyFraming : framing_, packet.body, next - 1, 1, arrival);
    return;
  }
  if (!started_) {
    start(next, arrival.now_ns);
    return;
  }
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
    epoch_ = packet.epoch;
    return true;
  }
  // Recovery servers answer with the session they were asked for; anything else is not ours.
  if (arrival.origin != Origin::live) {
    counters_[C::otherSession]++;
    return false;
  }
  bool older = framing.epoch_ordered &&
               (packet.epoch.high < epoch_.high || (packet.epoch.high == epoch_.high && packet.epoch.low < epoch_.low));
  for (uint32_t i = 0; i < past_count_; i++) older = older || past_[i] == packet.epoch;
  if (older) {
    counters_[C::otherSession]++;
    return false;
  }
  // One packet with a new session may be a damaged one; a second that agrees makes it true.
  if (!(has_candidate_ && candidate_epoch_ == packet.epoch) && !ended_) {
    has_candidate_ = true;
    candidate_epoch_ = packet.epoch;
    candidate_.assign(packet.whole.data, packet.whole.data + packet.whole.size);
    candidate_framing_ = &framing;
    candidate_arrival_ = arrival;
    return false;
  }
  const bool replay = has_candidate_ && candidate_epoch_ == packet.epoch && !candidate_.empty();
  const uint64_t first = framing_.wrap_max == ~0ull ? framing_.wrap_first : 0;
  if (!switch_epoch(packet.epoch, first, NoticeCode::sessionStarted, arrival.now_ns)) return false;
  has_candidate_ = false;
  if (replay) {
    Packet earlier;
    uint32_t consumed;
    const std::vector<uint8_t> bytes = std::move(candidate_);
    candidate_.clear();
    Arrival then = candidate_arrival_;
    then.now_ns = arrival.now_ns;
    if (read_packet(*candidate_framing_, Bytes{bytes.data(), uint32_t(bytes.size())}, earlier, consumed) ==
        FrameStatus::ok) {
      take(*candidate_framing_, earlier, then);
    }
  }
  return true;
}

/// Ends what the present numbers mean: what is missing is given up, what is held is delivered, counting starts at
/// `next`. False while the consumer has no room for that.
bool Channel::switch_epoch(const Epoch& epoch, uint64_t next, NoticeCode why, int64_t now_ns) {
  finish(why == NoticeCode::reset ? Reason::reset : Reason::sessionEnded, now_ns);
  if (!held_.empty() || !lost_.empty()) {
    counters_[C::consumerFull]++;
    return false;
  }
  if (!(epoch == epoch_)) {
    if (past_count_ == 4) {
      for (int i = 0; i < 3; i++) past_[i] = past_[i + 1];
      past_count_ = 3;
    }
    past_[past_count_++] = epoch_;
  }
  if (why != NoticeCode::reset && !ended_told_) {
    say(NoticeCode::sessionEnded, Reason::sessionEnded, next_, next_, now_ns);
  }
  epoch_ = epoch;
  counters_[C::resets]++;
  ended_ = ended_told_ = false;
  end_number_ = 0;
  jump_candidate_ = 0;
  lossy_ = false;
  next_ = 0;
  next_ = highest_ = why == NoticeCode::reset ? linear(next) : next;
  say(why, Reason::none, next_, next_, now_ns);
  if (refreshes_) {
    // Whatever was known is void until the state has been told anew.
    refresh_due_ = true;
    if (!stale_)
      say(NoticeCode::stale, why == NoticeCode::reset ? Reason::reset : Reason::sessionEnded, next_, next_, now_ns);
    stale_ = true;
  }
  mark_good(now_ns);
  return true;
}

void Channel::tell_end(int64_t now_ns) {
  if (ended_told_ || next_ < end_number_) return;
  ended_told_ = true;
  say(NoticeCode::sessionEnded, Reason::none, next_, next_, now_ns);
}

void Channel::stream_up(const Epoch* epoch, uint64_t wire_next, int64_t now_ns, uint16_t requester) {
  was_up_ = true;
  const bool entered =
      epoch == nullptr || !started_ || *epoch == epoch_ ||
      switch_epoch(*epoch, framing_.wrap_max == ~0ull ? framing_.wrap_first : 0, NoticeCode::sessionStarted, now_ns);
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

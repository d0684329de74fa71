// A channel's sessions: idle packets, numbers that jump, sessions that change, streams that come and go.
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

bool Channel::is_plausible(uint64_t first, uint64_t end, int64_t now_ns) {
  if (first <= highest_ + spec_.jump_max) {
    belief_.jump_candidate = 0;
    return true;
  }
  const uint64_t candidate = belief_.jump_candidate;
  belief_.jump_candidate = end;
  if (candidate != 0 && first + spec_.window_packets >= candidate && first <= candidate + spec_.jump_max) {
    belief_.jump_candidate = 0;
    say(NoticeType::sequenceJump, Reason::none, highest_, first, now_ns);
    return true;
  }
  counters_[C::implausible]++;
  return false;
}

void Channel::take_heartbeat(const Packet& packet, HeartbeatNumber meaning, const Arrival& arrival) {
  if (meaning == HeartbeatNumber::none) return;
  if (meaning == HeartbeatNumber::next && packet.sequence == 0) return;  // says nothing (Cboe off-hours)
  uint64_t next = linear(packet.sequence);
  if (meaning != HeartbeatNumber::next) next++;
  if (from_before_reset(packet, next, arrival)) return;
  if (meaning == HeartbeatNumber::numbered) {
    // The heartbeat itself takes a number: it is a packet like any other, if with nothing in it.
    if (!is_believed(framing_, packet, next - 1, 1, arrival)) return;
    next = linear(packet.sequence) + 1;
    take_data(packet.body.size == 0 ? kEmptyFraming : framing_, packet.body, next - 1, 1, arrival);
    return;
  }
  if (!started()) {
    if (arrival.connected) start_at(next, arrival.now_ns);
    if (!arrival.connected && !first_agrees(framing_, packet, wire(next), wire(next), arrival, false)) return;
    next = linear(packet.sequence) + (meaning == HeartbeatNumber::last ? 1 : 0);
  }
  if (arrival.line < kLinesMax) belief_.traces[arrival.line].end = std::max(belief_.traces[arrival.line].end, next);
  if (next <= highest_) return;
  if (!is_plausible(next, next, arrival.now_ns)) return;
  raise_highest(next, arrival.now_ns);
}

bool Channel::enter_session(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (spec_.session_fixed) {
    counters_[C::otherSession]++;
    return false;
  }
  if (!started()) {
    if (arrival.connected) session_ = packet.session;
    return true;  // the first number is agreed on together with its session
  }
  // Recovery servers answer with the session they were asked for; anything else is not ours.
  if (arrival.origin != Origin::live) {
    counters_[C::otherSession]++;
    return false;
  }
  const bool lower =
      framing.session_ordered && (packet.session.high < session_.high ||
                                  (packet.session.high == session_.high && packet.session.low < session_.low));
  const PastSession* past = nullptr;
  for (uint32_t i = 0; i < past_.count; i++) past = past_.list[i].session == packet.session ? &past_.list[i] : past;
  // What a session that was left still had to say, by a slow line or a sender that has been replaced, is over. One that
  // goes on was left by mistake.
  const uint64_t end = packet.sequence + numbers_in(framing, packet);
  if (past != nullptr && (packet.kind != PacketKind::data || end <= past->next)) {
    counters_[C::otherSession]++;
    return false;
  }
  const uint32_t needed = past != nullptr || lower ? kTakenBackAfter : session_over() || arrival.connected ? 1 : 2;
  if (!session_agrees(framing, packet, end, past, needed, arrival)) return false;
  const uint64_t next = past == nullptr ? framing_.wrap_first : past->next;
  if (switch_session(packet.session, next, NoticeType::sessionStarted, arrival.now_ns, past == nullptr && !lower))
    replay(take_claim(), arrival.now_ns);
  return false;  // what made the claim true has been taken with it
}

/// Ends what the present numbers mean: what is missing is given up, what is held is delivered, counting starts at the
/// wire number `next`. False while the consumer has no room for that.
bool Channel::switch_session(const SessionId& session, uint64_t next, NoticeType why, int64_t now_ns, bool told) {
  give_up_all(why == NoticeType::reset ? Reason::reset : Reason::sessionEnded, now_ns);
  if (!held_.empty() || !lost_.empty()) {
    counters_[C::consumerFull]++;
    return false;
  }
  if (!(session == session_)) leave_session(session);
  if (why != NoticeType::reset && end_ != End::told) {
    say(NoticeType::sessionEnded, Reason::sessionEnded, next_, next_, now_ns);
  }
  session_ = session;
  counters_[C::resets]++;
  end_ = End::open;
  end_number_ = 0;
  belief_.jump_candidate = 0;
  lossy_ = !told;
  next_ = 0;
  next_ = highest_ = linear(next);
  belief_.given_up_begin = belief_.given_up_end = 0;
  std::fill(belief_.marks.begin(), belief_.marks.end(), PacketMark{});
  for (LineTrace& t : belief_.traces) t.running = false;
  say(why, Reason::none, next_, next_, now_ns);
  if (streams_.refreshes) {
    // Whatever was known is void until the state has been told anew.
    streams_.refresh_due = true;
    mark_stale(why == NoticeType::reset ? Reason::reset : Reason::sessionEnded, next_, next_, now_ns);
  }
  if (told) {
    mark_good(now_ns);
  } else {
    mark_stale(Reason::reset, next_, next_, now_ns);
  }
  return true;
}

/// Remembers where the present session was left; `for_session` is entered (again).
void Channel::leave_session(const SessionId& for_session) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < past_.count; i++) {
    if (!(past_.list[i].session == for_session) && !(past_.list[i].session == session_))
      past_.list[kept++] = past_.list[i];
  }
  if (kept == kPastSessions) {
    for (uint32_t i = 1; i < kPastSessions; i++) past_.list[i - 1] = past_.list[i];
    kept--;
  }
  past_.list[kept++] = {session_, wire(highest_)};
  past_.count = kept;
  for (LineTrace& t : belief_.traces) t = LineTrace{};
}

/// The venue has said that the session is over: that is told behind its last message.
void Channel::end_session(int64_t now_ns) {
  if (!started()) return;
  if (end_ == End::open) end_ = End::said;
  end_number_ = std::max(end_number_, highest_);
  tell_end(now_ns);
}

void Channel::tell_end(int64_t now_ns) {
  if (end_ == End::told || next_ < end_number_) return;
  end_ = End::told;
  say(NoticeType::sessionEnded, Reason::none, next_, next_, now_ns);
}

void Channel::stream_up(const SessionId* session, uint64_t wire_next, int64_t now_ns, uint16_t requester) {
  streams_.was_up = true;
  const bool entered = session == nullptr || !started() || *session == session_ ||
                       switch_session(*session, framing_.wrap_first, NoticeType::sessionStarted, now_ns);
  streams_.up++;
  if (!entered) return;
  if (session != nullptr && !started()) session_ = *session;
  if (wire_next != 0) {
    const uint64_t next = linear(wire_next);
    if (!started()) {
      start_at(next, now_ns);
    } else if (next > highest_ && is_plausible(next, next, now_ns)) {
      raise_highest(next, now_ns);
    }
  }
  say(NoticeType::lineUp, Reason::none, next_, next_, now_ns, requester);
  if (holes_.empty()) mark_good(now_ns);
}

void Channel::stream_down(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester, uint16_t server) {
  if (streams_.up > 0) streams_.up--;
  counters_[C::disconnects]++;
  say(NoticeType::lineDown, why, next_, next_, now_ns, requester, detail, server);
  if (streams_.up == 0) {
    resets_.identity = 0;  // no other line will bring a copy of the reset: the next one is another, however alike
    streams_.refresh_due = streams_.refreshes;
  }
  if (streams_.up == 0 && started() && !session_over()) mark_stale(why, next_, next_, now_ns);
}

bool Channel::stream_restart(uint64_t wire_next, int64_t now_ns) {
  return switch_session(session_, wire_next, NoticeType::reset, now_ns);
}

void Channel::stream_end(int64_t now_ns) { end_session(now_ns); }

uint64_t Channel::resume_at() const {
  if (!started()) return spec_.join == Join::live ? 0 : framing_.wrap_first;
  for (const Hole& h : holes_) {
    if (!h.unobtainable) return wire(h.begin);
  }
  return wire(highest_);
}

}  // namespace venuewire

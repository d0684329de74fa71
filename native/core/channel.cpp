#include "core/channel.hpp"

#include <algorithm>

#include "core/ranges.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

template <class Walk>
uint64_t count_whole(Walk walk, uint64_t count) {
  Bytes message;
  uint64_t n = 0;
  while (n < count && walk.next(message)) n++;
  // Those behind a message of unknown length are in it.
  return walk.bounded_by_packet() && count != ~0ull ? count : n;
}

/// How many messages at the front of `body` are whole, at most `count`.
uint64_t well_formed(const FramingSpec& framing, Bytes body, uint64_t count) {
  return framing.block16 ? count_whole(Block16Walk(framing, body), count)
                         : count_whole(MessageWalk(framing, body), count);
}

/// How many whole messages a body without a stated count has. `rest`: what is behind them and is none.
uint64_t count_messages(const FramingSpec& framing, Bytes body, Bytes& rest) {
  MessageWalk walk(framing, body);
  Bytes message;
  uint64_t n = 0;
  while (walk.next(message)) n++;
  rest = body.from(walk.offset());
  return n;
}

/// The rule of the framing that a message falls under; null: it is data.
const ControlRule* control_of(const FramingSpec& framing, Bytes message) {
  for (const ControlRule& rule : framing.controls) {
    if (!rule.type.fits(message) || rule.type.load(message) != rule.value) continue;
    if (rule.also.present() && (!rule.also.fits(message) || rule.also.load(message) != rule.also_value)) continue;
    return &rule;
  }
  return nullptr;
}

uint64_t identity_of(Bytes b) {
  uint64_t h = 1469598103934665603ull;
  for (uint32_t i = 0; i < b.size; i++) h = (h ^ b.data[i]) * 1099511628211ull;
  return h | 1;
}

}  // namespace

Channel::Channel(const ChannelSpec& spec, const FramingSpec& framing, uint16_t index, Output& output,
                 ChannelCounters counters)
    : framing_(framing), output_(output), counters_(counters), index_(index), spec_(spec) {
  held_.reserve(spec.window_packets + 1);
  lost_.reserve(spec.holes_max + 1);
  holes_.reserve(spec.holes_max + 2);
  window_.slots.reserve(spec.window_packets);
  prepare_belief();
  if (spec.session_fixed) session_ = spec.session;
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Channel::wire(uint64_t linear) const {
  if (framing_.wrap_max == ~0ull) return linear;
  const uint64_t period = framing_.wrap_max - framing_.wrap_first + 1;
  return linear % period + framing_.wrap_first;
}

uint64_t Channel::linear(uint64_t wire) const {
  if (framing_.wrap_max == ~0ull) return wire;
  const uint64_t period = framing_.wrap_max - framing_.wrap_first + 1;
  const uint64_t offset = (wire - framing_.wrap_first) % period;
  const uint64_t base = next_ / period * period;
  uint64_t best = base + offset;
  const auto distance = [&](uint64_t v) { return v > next_ ? v - next_ : next_ - v; };
  if (distance(best + period) < distance(best)) best += period;
  if (best >= period && distance(best - period) < distance(best)) best -= period;
  return best;
}

void Channel::say(NoticeType code, Reason why, uint64_t begin, uint64_t end, int64_t now_ns, uint16_t requester,
                  uint32_t detail, uint16_t server) {
  Notice n;
  n.code = code;
  n.reason = why;
  n.channel = index_;
  n.begin = wire(begin);
  n.end = wire(end);
  n.count = end - begin;
  n.time_ns = now_ns;
  n.requester = requester;
  n.server = server;
  n.detail = detail;
  n.session = session_;
  n.sender = code == NoticeType::sessionStarted || code == NoticeType::sessionEnded || code == NoticeType::reset ||
                     code == NoticeType::sequenceJump
                 ? sender_
                 : Sender{};
  output_.notice(n);
}

// ── packets ──────────────────────────────────────────────────────────────────────────────────────────────────────

void Channel::packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  sender_ = arrival.sender;
  if (arrival.origin == Origin::live) {
    counters_[C::packets]++;
    if (arrival.line < 2) counters_[arrival.line == 0 ? C::packetsA : C::packetsB]++;
  } else {
    counters_[C::recoveryPackets]++;
  }
  if (!take_in_turn(framing, packet, arrival)) [[unlikely]]
    take_packet(framing, packet, arrival);
  sender_ = Sender{};
}

/// The commonest packets: the next numbers of a count of which nothing is missing, those behind something missing, and
/// the other line's copy of numbers that have been delivered. Does what `take_packet` would, by the shortest way.
/// False: it is not such a packet, and nothing has been done.
bool Channel::take_in_turn(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (!framing.in_turn || framing_.wrap_max != ~0ull || packet.kind != PacketKind::data || packet.cut) return false;
  if (packet.count == 0 || packet.count == kCountUnknown) return false;
  if (packet.sequence > ~0ull - packet.count || !started()) return false;
  if (arrival.origin != Origin::live || arrival.line >= kLinesMax ||
      resets_.seen_by_line[arrival.line] != resets_.count)
    return false;
  if (framing.session_width != 0 && !(packet.session == session_)) return false;
  if (packet.body.size > output_.bytes_max()) return false;
  const uint64_t end = packet.sequence + packet.count;
  if (end <= next_) return take_copy(packet, end, arrival);
  if (packet.sequence > next_ || phase_ != Phase::live) {
    hold_early(framing, packet.body, packet.sequence, end, arrival);
    return true;
  }
  if (packet.sequence != next_ || end_ != End::open || highest_ != next_) return false;
  if (!held_.empty() || !lost_.empty() || !output_.room(packet.body.size)) return false;
  note_advance(packet.body, next_, end, arrival);
  const Run run{&framing,     packet.body,    0,    packet.count, next_, arrival.receive_ns, index_,
                arrival.line, arrival.origin, false};
  const uint32_t taken = output_.deliver(run, counters_);
  counters_[C::delivered] += taken;
  counters_[C::expected] += taken;
  highest_ = next_ += taken;
  if (next_ != end && end - next_ <= spec_.jump_max) [[unlikely]]
    raise_highest(end, arrival.now_ns);  // what the header states and the packet does not hold exists all the same
  return true;
}

/// Delivered numbers on a line that goes on where it was. False: the line has gone back.
bool Channel::take_copy(const Packet& packet, uint64_t end, const Arrival& arrival) {
  LineTrace& t = belief_.traces[arrival.line];
  if (arrival.connected || packet.sequence < t.end || next_ - end > spec_.jump_max) return false;
  t.end = end;
  t.running = false;
  counters_[C::duplicates] += packet.count;
  return true;
}

void Channel::take_packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (packet.body.size > output_.bytes_max()) {
    counters_[C::oversized]++;
    return;
  }
  if (framing.item.present()) {
    Arrival named = arrival;
    named.item = framing.item.load(packet.whole.data);
    return follow_control(framing, packet, named);
  }
  follow_control(framing, packet, arrival);
}

void Channel::follow_control(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  const ControlRule* rule = nullptr;
  Bytes first;
  if (!framing.controls.empty() && packet.kind == PacketKind::data) {
    // Control messages come alone in their packet, so the first message decides.
    MessageWalk walk(framing, packet.body);
    if (walk.next(first)) rule = control_of(framing, first);
  }
  if (rule != nullptr && arrival.origin != Origin::live && rule->kind != PacketKind::unavailable) {
    // Repeated, it steers nothing: it is a message like any other, or, where it takes no number, nothing.
    if (!rule->counted) return;
    rule = nullptr;
  }
  PacketKind kind = packet.kind;
  HeartbeatNumber meaning = packet.number;
  uint64_t reset_to = packet.sequence != 0 ? packet.sequence : framing.wrap_first;
  Packet steered;
  const Packet* seen = &packet;
  if (rule != nullptr) {
    kind = rule->kind;
    meaning = rule->number;
    if (kind == PacketKind::unavailable) {
      if (packet.cut) counters_[C::malformed]++;
      if (!rule->counted) hand_over_control(framing, packet, arrival);
      return say_unavailable(*rule, first, packet, arrival);
    }
    if (rule->next.present() && rule->next.fits(first)) {
      reset_to = rule->next.load(first);
      if (kind == PacketKind::heartbeat) {
        steered = packet;
        steered.sequence = reset_to;
        seen = &steered;
      }
    }
    if (kind == PacketKind::reset && !rule->counted) meaning = HeartbeatNumber::next;
  }
  if (kind == PacketKind::compressed) {
    counters_[C::compressed]++;
    return;
  }
  const bool foreign = framing.session_width != 0 && kind != PacketKind::ignore && kind != PacketKind::unavailable &&
                       !(packet.session == session_ && (started() || spec_.session_fixed));
  if (foreign && !enter_session(framing, packet, arrival)) return;
  if (packet.cut && kind != PacketKind::data) counters_[C::malformed]++;
  if (rule != nullptr && !rule->counted) hand_over_control(framing, packet, arrival);
  if (kind == PacketKind::ignore || kind == PacketKind::unavailable) return;
  take_by_kind(framing, *seen, kind, meaning, reset_to, arrival);
}

/// Takes no number, and is delivered all the same.
void Channel::hand_over_control(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (output_.room(packet.body.size)) {
    hand_over(framing, packet.body, 0, packet.count, packet.sequence, arrival, true);
  } else {
    counters_[C::consumerFull]++;
  }
}

/// The venue says that it cannot give a range: in answer to a request, or within the stream in place of it.
void Channel::say_unavailable(const ControlRule& rule, Bytes message, const Packet& packet, const Arrival& arrival) {
  if (rule.next.present() && !rule.next.fits(message)) return;
  if (!rule.next.present() && !rule.counted) return;
  const uint64_t from = rule.next.present() ? rule.next.load(message) : packet.sequence;
  const uint64_t last = rule.last.present() && rule.last.fits(message)
                            ? rule.last.load(message) + uint64_t(int64_t(rule.last_add))
                            : from;
  if (rule.counted) {
    mark_never_sent(from, last, arrival);
  } else {
    mark_unavailable(from, last, arrival.now_ns);
  }
}

/// The venue says that it will never send these wire numbers again. Both recovery lines say so: a hole moves on once.
void Channel::mark_unavailable(uint64_t first, uint64_t last, int64_t now_ns) {
  if (!started() || last < first) return;
  const uint64_t end = linear(last) + 1;
  for (uint64_t at = linear(first); at < end;) {
    size_t i = holes_.behind(at);
    while (i < holes_.size() && holes_[i].why == Reason::unavailable) i++;
    if (i == holes_.size() || holes_[i].begin >= end) return;
    const uint64_t from = std::max(at, holes_[i].begin), to = std::min(end, holes_[i].end);
    advance(from, to, Reason::unavailable, now_ns);
    at = to;
  }
}

/// A message that stands in the stream in place of [first, last]: these numbers exist, and nothing will come for them.
void Channel::mark_never_sent(uint64_t first, uint64_t last, const Arrival& arrival) {
  if (last < first) {
    counters_[C::malformed]++;
    return;
  }
  if (!started()) start_at(linear(first), arrival.now_ns);
  const uint64_t from = linear(first), end = linear(last) + 1;
  if (end <= next_) {
    counters_[C::duplicates] += end - from;
    return;
  }
  if (!is_plausible(from, end, arrival.now_ns)) return;
  raise_highest(end, arrival.now_ns);
  holes_.advance(std::max(from, next_), end, Reason::unavailable, arrival.now_ns, true);
}

void Channel::take_by_kind(const FramingSpec& framing, const Packet& packet, PacketKind kind, HeartbeatNumber meaning,
                           uint64_t reset_to, const Arrival& arrival) {
  const bool timed = framing.restarts && arrival.origin == Origin::live;
  // Datagrams without numbers, and numbers that no count has: nothing says which of them are missing.
  const bool unnumbered =
      framing.numbering == Numbering::none
          ? !arrival.connected
          : framing.wrap_max != ~0ull && packet.sequence < framing.wrap_first && !framing.sequence_high.present();
  if (unnumbered && kind == PacketKind::data && arrival.origin == Origin::live) {
    if (packet.cut) counters_[C::malformed]++;
    kind = PacketKind::unsequenced;
  }
  if (timed && packet.send_time_ns < resets_.send_ns) {
    counters_[C::otherSession]++;  // of a sender that has been replaced, and may go on for a while
    return;
  }
  switch (kind) {
    case PacketKind::heartbeat:
      if (!belief_.replaying) counters_[C::heartbeats]++;
      if (arrival.origin != Origin::live) return;  // where the live lines are only they can say
      take_heartbeat(packet, meaning, arrival);
      return;
    case PacketKind::end_of_session:
      if (meaning != HeartbeatNumber::none) take_heartbeat(packet, meaning, arrival);
      end_session(arrival.now_ns);
      return;
    case PacketKind::unsequenced:
      if (!output_.room(packet.body.size)) {
        counters_[C::consumerFull]++;
        return;
      }
      hand_over(framing, packet.body, 0, packet.count, 0, arrival, true);
      return;
    case PacketKind::reset:
      if (!take_reset(packet, meaning, reset_to, timed, arrival)) return;
      break;
    default:
      break;
  }
  uint64_t first = linear(packet.sequence);
  if (from_before_reset(packet, first, arrival)) {
    counters_[C::otherSession]++;
    return;
  }
  if (packet.cut) return take_cut_packet(framing, packet, arrival);
  uint64_t count = 1;
  bool one_more = false;
  if (!count_numbers(framing, packet, first, arrival, count, one_more)) return;
  if (timed && !follow_time(packet, first + count, arrival)) return;
  if (!is_believed(framing, packet, first, count, arrival)) return;
  first = linear(packet.sequence);
  take_data(framing, packet.body, first, count, arrival);
  if (one_more) note_existing(first, first + count + 1, arrival);
}

/// How many numbers a data packet takes. `one_more`: behind them stands the beginning of another message. False: it
/// gives nothing, and has been counted.
bool Channel::count_numbers(const FramingSpec& framing, const Packet& packet, uint64_t first, const Arrival& arrival,
                            uint64_t& count, bool& one_more) {
  if (framing.numbering == Numbering::message) {
    Bytes rest;
    count = packet.count != kCountUnknown ? packet.count : count_messages(framing, packet.body, rest);
    if (count == 0) {
      counters_[C::malformed]++;
      if (packet.body.size != 0) note_existing(first, first + 1, arrival);
      return false;
    }
    if (rest.size != 0) counters_[C::malformed]++;
    one_more = framing.message_length.present() && framing.message_length.fits(rest);  // and longer than what is there
  } else if (framing.numbering == Numbering::packet && packet.body.size != 0) {
    // One number for all of it: what gives nothing, or comes damaged from a server, has not come.
    MessageWalk walk(framing, packet.body);
    Bytes message;
    bool whole = walk.next(message);
    while (whole && arrival.origin != Origin::live && walk.next(message)) whole = !walk.malformed();
    if (!whole || walk.malformed()) {
      counters_[C::malformed]++;
      note_existing(first, first + 1, arrival);
      return false;
    }
  }
  return true;
}

/// Where a lower number that was sent later begins the count again. False: it does, and the reader has no room for it.
bool Channel::follow_time(const Packet& packet, uint64_t end, const Arrival& arrival) {
  int64_t since_ns = 0;
  if (begins_again(end, packet.send_time_ns, since_ns)) {
    const uint64_t before = highest_;
    if (!switch_session(session_, framing_.wrap_first, NoticeType::reset, arrival.now_ns)) return false;
    resets_.highest_before = before;
    resets_.send_ns = since_ns;
    resets_.count++;
    shows_present_count(arrival.line);
    take_restart(arrival.now_ns);
  }
  if (end > next_) resets_.newest_send_ns = std::max(resets_.newest_send_ns, packet.send_time_ns);
  return true;
}

/// Numbers begin again, and the venue says so. True: the packet takes the first of them.
bool Channel::take_reset(const Packet& packet, HeartbeatNumber meaning, uint64_t reset_to, bool timed,
                         const Arrival& arrival) {
  // Both lines carry the reset; the second copy must not clear what has come since.
  const uint64_t identity = identity_of(packet.whole);
  if (arrival.line < kLinesMax) resets_.seen_by_line[arrival.line] = resets_.count + (identity != resets_.identity);
  if (identity == resets_.identity) {
    counters_[C::duplicates] += packet.count == kCountUnknown ? 1 : packet.count;
    return false;
  }
  if (started()) {
    const uint64_t before = highest_;
    if (!switch_session(session_, reset_to, NoticeType::reset, arrival.now_ns)) return false;
    resets_.highest_before = before;
  } else {
    if (framing_.session_width != 0 && !spec_.session_fixed) session_ = packet.session;
    start_at(reset_to, arrival.now_ns);
  }
  resets_.identity = identity;
  if (timed) resets_.send_ns = resets_.newest_send_ns = packet.send_time_ns;
  resets_.count++;
  shows_present_count(arrival.line);
  return meaning != HeartbeatNumber::next && packet.count != 0;  // otherwise the reset itself takes no number
}

void Channel::shows_present_count(uint8_t line) {
  if (line >= kLinesMax) return;
  resets_.seen_by_line[line] = resets_.count;
  belief_.traces[line] = LineTrace{};
}

/// Whether a number below what has been delivered is a new beginning: it was sent later than everything before, and a
/// second packet agrees.
bool Channel::begins_again(uint64_t end, int64_t send_ns, int64_t& since_ns) {
  if (!started() || end > next_ || resets_.newest_send_ns == INT64_MIN || send_ns <= resets_.newest_send_ns)
    return false;
  const int64_t earlier = resets_.candidate_ns;
  resets_.candidate_ns = send_ns;
  if (earlier <= resets_.newest_send_ns || send_ns <= earlier) return false;
  resets_.candidate_ns = INT64_MIN;
  resets_.newest_send_ns = send_ns;
  since_ns = earlier;
  return true;
}

void Channel::message(uint64_t wire_sequence, Bytes message, const Arrival& arrival) {
  counters_[arrival.origin == Origin::live ? C::packets : C::recoveryPackets]++;
  if (message.size == 0 && arrival.origin != Origin::live) {  // a number without a message: it has not come
    counters_[C::malformed]++;
    return;
  }
  if (message.size > output_.bytes_max()) {
    counters_[C::oversized]++;
    return;
  }
  take_data(kBareFraming, message, linear(wire_sequence), 1, arrival);
}

bool Channel::from_before_reset(const Packet& packet, uint64_t first, const Arrival& arrival) {
  if (arrival.origin != Origin::live || arrival.line >= kLinesMax) return false;
  uint32_t& line = resets_.seen_by_line[arrival.line];
  if (line == resets_.count) return false;
  // This line has not shown us the reset: it is behind, or it lost the reset packet.
  const uint64_t near = spec_.window_packets;
  const bool old = (first + near >= resets_.highest_before && resets_.highest_before > highest_ + near) ||
                   goes_on_as_before(packet, first, arrival);
  if (!old) shows_present_count(arrival.line);
  return old;
}

void Channel::start_at(uint64_t first, int64_t now_ns) {
  phase_ = Phase::live;
  drop_claim();
  const uint64_t origin = framing_.wrap_max == ~0ull ? framing_.wrap_first : 0;
  next_ = highest_ = first;
  if (spec_.resume_number != 0 && session_ == spec_.resume_session) {
    next_ = highest_ = linear(spec_.resume_number);
    say(NoticeType::sessionStarted, Reason::none, next_, next_, now_ns);
    if (first > next_) raise_highest(first, now_ns);
    return;
  }
  say(NoticeType::sessionStarted, Reason::none, first, first, now_ns);
  if (spec_.join == Join::beginning && first > origin) {
    next_ = highest_ = origin;
    raise_highest(first, now_ns);
  } else if (spec_.join == Join::snapshot) {
    phase_ = Phase::joining;
    look_after();
  }
}

void Channel::take_data(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t count,
                        const Arrival& arrival) {
  if (arrival.origin != Origin::live && (!started() || first > highest_)) {
    // Recovery repeats what was sent. A number that no line has come near may be somebody else's, or a server's fault.
    counters_[C::implausible]++;
    return;
  }
  if (!started()) start_at(first, arrival.now_ns);
  const uint64_t end = first + count;
  if (end < first) {
    counters_[C::implausible]++;
    return;
  }
  if (end <= next_) {
    counters_[C::duplicates] += count;
    return;
  }
  if (first > next_ || phase_ != Phase::live) {
    hold_early(framing, body, first, end, arrival);
    return;
  }
  if (!output_.room(body.size)) {
    set_blocked(true);
    counters_[C::consumerFull]++;
    hold_early(framing, body, first, end, arrival);
    return;
  }
  note_advance(body, first, end, arrival);
  const uint64_t skip = next_ - first;
  const bool by_packet = framing.numbering == Numbering::packet;
  const uint32_t take = by_packet ? kCountUnknown : uint32_t(std::min<uint64_t>(end - next_, kCountUnknown - 1));
  uint64_t taken = hand_over(framing, body, uint32_t(skip), take, next_, arrival, false);
  if (by_packet) taken = 1;
  counters_[C::duplicates] += skip;
  counters_[arrival.origin == Origin::live ? C::delivered : C::recovered] += taken;
  const uint64_t position = next_ + taken;
  if (position > highest_) {
    counters_[C::expected] += position - highest_;
    highest_ = position;
  }
  if (!holes_.empty() || !held_.empty() || !lost_.empty()) {
    fill_range(next_, position, arrival.origin, arrival.now_ns);
    drop_below(position, true);
    next_ = position;
    drain(arrival.now_ns);
  } else {
    next_ = position;
  }
  if (!by_packet && position < end && arrival.origin == Origin::live && end - position <= spec_.jump_max) {
    raise_highest(end, arrival.now_ns);  // what the header states and the packet does not hold exists all the same
  }
  if (end_ != End::open) tell_end(arrival.now_ns);
}

void Channel::hold_early(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t end, const Arrival& arrival) {
  const uint64_t stated = end;
  if (framing.numbering == Numbering::message && &framing != &kBareFraming) {
    const uint64_t good = well_formed(framing, body, end - first);
    if (good < end - first) {
      counters_[C::malformed]++;
      end = first + good;
    }
  }
  if (!is_plausible(first, stated, arrival.now_ns)) return;
  note_advance(body, first, stated, arrival);
  const uint64_t begin = std::max(first, next_);
  if (end < stated && stated - end <= spec_.jump_max && arrival.origin == Origin::live)
    raise_highest(stated, arrival.now_ns);
  if (end <= begin) return;
  raise_highest(end, arrival.now_ns);

  uint32_t slot = ~0u;
  uint64_t wanted = 0;
  const auto keep = [&](uint64_t from, uint64_t to) {
    if (!hold_range(framing, body, first, from, to, arrival, slot)) return false;
    wanted += to - from;
    return true;
  };
  // What is missing of [begin, end): holes first, then ranges already given up but not yet passed. Each pass looks the
  // list up again, because holding a piece takes it out of the list.
  bool room = true;
  for (uint64_t at = begin; room && at < end;) {
    uint64_t from = end, to = end;
    if (const size_t i = holes_.behind(at); i < holes_.size() && holes_[i].begin < from) {
      from = std::max(holes_[i].begin, at);
      to = std::min(holes_[i].end, end);
    }
    if (const size_t i = lost_.behind(at); i < lost_.size() && lost_[i].begin < from) {
      from = std::max(lost_[i].begin, at);
      to = std::min(lost_[i].end, end);
    }
    if (from >= end) break;
    room = keep(from, to);
    if (!room && blocked_) holes_.mark_unread(from, end);
    if (room) fill_range(from, to, arrival.origin, arrival.now_ns);
    at = to;
  }
  if (room && end - begin > wanted) counters_[C::duplicates] += end - begin - wanted;
  counters_[C::duplicates] += begin - first;
  drain(arrival.now_ns);
}

bool Channel::hold_range(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t begin, uint64_t end,
                         const Arrival& arrival, uint32_t& slot) {
  if (slot == ~0u) {
    const bool reuse = !window_.free_slots.empty();
    const uint64_t grow = reuse ? (window_.slots[window_.free_slots.back()].bytes.size() < body.size ? body.size : 0)
                                : uint64_t(body.size);
    if (window_.used >= spec_.window_packets || window_.bytes + grow > spec_.window_bytes ||
        held_.size() >= spec_.window_packets) {
      counters_[C::windowFull]++;
      if (!window_.full_told) {
        window_.full_told = true;
        say(NoticeType::windowFull, Reason::none, begin, end, arrival.now_ns);
      }
      return false;
    }
    if (reuse) {
      slot = window_.free_slots.back();
      window_.free_slots.pop_back();
    } else {
      slot = uint32_t(window_.slots.size());
      window_.slots.emplace_back();
    }
    Slot& s = window_.slots[slot];
    if (s.bytes.size() < body.size) {
      window_.bytes += body.size - s.bytes.size();
      s.bytes.reserve(body.size);  // exactly: the window's bound is one of bytes allocated
      s.bytes.resize(body.size);
      counters_[C::windowBytes] = window_.bytes;
    }
    if (body.size != 0) std::memcpy(s.bytes.data(), body.data, body.size);
    s.size = body.size;
    s.users = 0;
    window_.used++;
    counters_[C::windowPacketsMax] = std::max<uint64_t>(counters_[C::windowPacketsMax], window_.used);
  }
  window_.slots[slot].users++;
  Held h{begin, end, first, slot, arrival.line, arrival.origin, arrival.receive_ns, &framing, arrival.item};
  held_.insert(held_.behind(begin), h);
  window_.held_numbers += end - begin;
  return true;
}

void Channel::release_slot(uint32_t slot) {
  if (--window_.slots[slot].users == 0) {
    window_.free_slots.push_back(slot);
    window_.used--;
  }
}

/// Numbers up to `to` exist; the new ones are missing until something holds or delivers them.
void Channel::raise_highest(uint64_t to, int64_t now_ns) {
  if (to <= highest_) return;
  const uint64_t from = highest_;
  counters_[C::expected] += to - from;
  highest_ = to;
  holes_.append(from, to, now_ns, spec_.holes_max);
  look_after();
}

/// Takes [begin, end) out of the holes and out of what was given up; returns how many numbers that were.
uint64_t Channel::fill_range(uint64_t begin, uint64_t end, Origin origin, int64_t now_ns) {
  uint64_t filled = 0;
  const Reason by = origin == Origin::live ? Reason::otherLine : Reason::retransmission;
  holes_.take(begin, end, [&](const Hole& h, uint64_t from, uint64_t to) {
    filled += to - from;
    if (h.announced) {
      counters_[C::gapsFilled]++;
      say(NoticeType::gapFilled, by, from, to, now_ns);
    } else if (from == h.begin && to == h.end && h.since_ns != now_ns) {
      // A hole that opens and closes within one packet was never missing.
      counters_[C::reordered]++;
    }
  });
  take_out(lost_, begin, end, [&](const Lost&, uint64_t from, uint64_t to) {
    filled += to - from;
    counters_[C::late] += to - from;
    say(NoticeType::gapFilled, by, from, to, now_ns);
  });
  return filled;
}

/// What is held below `position` is no longer wanted.
void Channel::drop_below(uint64_t position, bool count_duplicates) {
  size_t whole = 0;
  for (; whole < held_.size() && held_[whole].begin < position; whole++) {
    Held& h = held_[whole];
    const uint64_t to = std::min(h.end, position);
    if (count_duplicates) counters_[C::duplicates] += to - h.begin;
    window_.held_numbers -= to - h.begin;
    h.begin = to;
    if (h.begin != h.end) break;
    release_slot(h.slot);
  }
  held_.pop_front(whole);
  while (!lost_.empty() && lost_.front().end <= position) lost_.pop_front();
  if (!lost_.empty() && lost_.front().begin < position) lost_.front().begin = position;
  holes_.drop_below(position);
}

void Channel::drain(int64_t now_ns) {
  set_blocked(false);
  if (holds_back()) return;
  size_t done = 0;
  for (;;) {
    if (done < held_.size() && held_[done].begin == next_) {
      const Held h = held_[done];
      const Slot& s = window_.slots[h.slot];
      const Bytes body{s.bytes.data(), s.size};
      if (!output_.room(body.size)) {
        set_blocked(true);
        break;
      }
      const bool by_packet = h.framing->numbering == Numbering::packet;
      Arrival arrival{h.line, h.origin, h.receive_ns, now_ns};
      hand_over(*h.framing, body, uint32_t(h.begin - h.packet_first),
                by_packet ? kCountUnknown : uint32_t(h.end - h.begin), h.begin, arrival, false);
      counters_[h.origin == Origin::live ? C::delivered : C::recovered] += h.end - h.begin;
      window_.held_numbers -= h.end - h.begin;
      next_ = h.end;
      release_slot(h.slot);
      done++;
    } else if (!lost_.empty() && lost_.front().begin == next_) {
      if (!output_.room(0)) {
        set_blocked(true);
        break;
      }
      const Lost l = lost_.front();
      lost_.pop_front();
      counters_[C::abandoned] += l.end - l.begin;
      counters_[C::gapsAbandoned]++;
      lossy_ = true;
      belief_.given_up_begin = l.begin;
      belief_.given_up_end = l.end;
      next_ = l.end;
      say(NoticeType::gapAbandoned, l.why, l.begin, l.end, now_ns);
    } else {
      break;
    }
  }
  held_.pop_front(done);
  if (held_.empty()) window_.full_told = false;
  mark_good(now_ns);
  if (end_ != End::open) tell_end(now_ns);
}

uint32_t Channel::hand_over(const FramingSpec& framing, Bytes body, uint32_t skip, uint32_t take, uint64_t sequence,
                            const Arrival& arrival, bool unsequenced) {
  Run run{&framing,           body,   skip,         take,           unsequenced ? sequence : wire(sequence),
          arrival.receive_ns, index_, arrival.line, arrival.origin, unsequenced};
  // A run's numbers rise by one: one that passes the greatest is two.
  const bool wraps = framing_.wrap_max != ~0ull && framing.numbering == Numbering::message && !unsequenced;
  const uint64_t to_wrap = framing_.wrap_max - run.sequence;
  if (wraps && take > 1 && to_wrap < take - 1) [[unlikely]] {
    run.take = uint32_t(to_wrap) + 1;
    const uint32_t before = output_.deliver(run, counters_);
    if (before < run.take) return before;
    run.skip += before;
    run.take = take - before;
    run.sequence = framing_.wrap_first;
    return before + output_.deliver(run, counters_);
  }
  const uint32_t n = output_.deliver(run, counters_);
  if (unsequenced) counters_[C::unsequenced] += n;
  return n;
}

void Channel::set_blocked(bool blocked) {
  if (blocked_ == blocked) return;
  blocked_ = blocked;
  if (attention_ == nullptr) return;
  if (blocked) {
    attention_->blocked++;
  } else {
    attention_->blocked--;
  }
}

/// The session is to look at this channel from now on.
void Channel::look_after() {
  if (listed_ || attention_ == nullptr) return;
  listed_ = true;
  attention_->wanted.push_back(this);
}

void Channel::resume(int64_t now_ns) {
  if (blocked_) drain(now_ns);
}

void Channel::finish(Reason why, int64_t now_ns) {
  believe_first(now_ns);
  drop_claim();
  give_up_all(why, now_ns);
}

void Channel::give_up_all(Reason why, int64_t now_ns) {
  if (holds_back()) {
    phase_ = Phase::live;
    lossy_ = true;
  }
  while (!holes_.empty()) abandon(holes_.front().begin, holes_.front().end, why, now_ns);
  drain(now_ns);
}

// ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Channel::held_bytes() const {
  return window_.bytes + belief_.kept.bytes.capacity() + belief_.kept.list.capacity() * sizeof(Kept) +
         belief_.marks.capacity() * sizeof(PacketMark) + held_.bytes() + lost_.bytes() + holes_.bytes() +
         window_.slots.capacity() * sizeof(Slot) + window_.free_slots.capacity() * sizeof(window_.free_slots[0]);
}

uint64_t Channel::held_bytes_max(const ChannelSpec& spec) {
  // What is held cuts what is missing, so the lists have no more entries than holes and held packets together; a list
  // that grew has room for twice as many.
  const uint64_t packets = spec.window_packets, ranges = 2 * (uint64_t(spec.holes_max) + 2 * packets + 64);
  return spec.window_bytes + belief_bytes_max() + 2 * (2 * packets + 64) * sizeof(Held) +
         ranges * (sizeof(Lost) + sizeof(Hole)) + packets * (sizeof(Slot) + 2 * sizeof(uint32_t));
}

void Channel::update_gauges() {
  counters_[C::inFlight] = highest_ - next_;
  counters_[C::held] = window_.held_numbers;
  counters_[C::missing] = highest_ - next_ - window_.held_numbers;
}

bool Channel::ledger_balances() {
  update_gauges();
  uint64_t missing = 0, held = 0;
  for (const Hole& h : holes_) missing += h.end - h.begin;
  for (const Lost& l : lost_) missing += l.end - l.begin;
  for (const Held& h : held_) held += h.end - h.begin;
  return counters_[C::expected] ==
             counters_[C::delivered] + counters_[C::recovered] + counters_[C::abandoned] + counters_[C::inFlight] &&
         counters_[C::missing] == missing && counters_[C::held] == held;
}

bool Channel::phase_is_sound() const {
  if (!started()) return next_ == highest_ && holes_.empty() && lost_.empty() && held_.empty() && end_ == End::open;
  // What is next has been delivered, unless it is held back or there was no room for it.
  if (holds_back() || blocked_) return true;
  return (held_.empty() || held_.front().begin != next_) && (lost_.empty() || lost_.front().begin != next_);
}

bool Channel::sound() {
  if (!ledger_balances() || highest_ < next_ || !phase_is_sound()) return false;
  if (!holes_.sound(next_, highest_) || !lost_.in_order(next_, highest_) || !held_.in_order(next_, highest_))
    return false;
  if (attention_ != nullptr && wants_service() && !listed_) return false;
  return window_.used <= spec_.window_packets && window_.bytes <= spec_.window_bytes;
}

}  // namespace venuewire

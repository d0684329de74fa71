#include "core/snapshot_cycle.hpp"

#include <algorithm>
#include <utility>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// What is kept of a cycle behind a packet that one line lost and another may still bring.
constexpr size_t kLatePackets = 256, kLateBytes = 1u << 20, kItemsMax = 65536;

uint64_t identity_of(Bytes b) {
  uint64_t h = 1469598103934665603ull;
  for (uint32_t i = 0; i < b.size; i++) h = (h ^ b.data[i]) * 1099511628211ull;
  return h;
}

bool matches(const ReplyRule& r, Bytes at) {
  return (!r.first.present() || (r.first.fits(at) && r.first.load(at) == r.first_value)) &&
         (!r.second.present() || (r.second.fits(at) && r.second.load(at) == r.second_value)) &&
         (!r.number.present() || r.number.fits(at)) && (!r.number2.present() || r.number2.fits(at)) &&
         (!r.key.present() || r.key.fits(at));
}

/// Whether the field says that there is no number: all its bits are set.
bool none(const Field& f, uint64_t v) { return !f.digits && v == (f.width >= 8 ? ~0ull : (1ull << (8 * f.width)) - 1); }

bool counts(const FramingSpec& f) { return f.sequence.present() && f.numbering != Numbering::none; }

uint32_t line_bit(const Arrival& arrival) { return 1u << (arrival.line & 31); }

uint64_t first_behind(const ReplyRule& r, uint64_t number) { return number + (r.inclusive ? 1 : 0); }

/// What tells an item apart.
uint64_t key_of(const FramingSpec& framing, const Packet& packet, const ReplyRule& rule, Bytes at) {
  if (rule.key.present()) return rule.key.load(at);
  return framing.item.present() ? framing.item.load(packet.whole.data) : 0;
}

uint64_t number_behind(const FramingSpec& framing, const Packet& packet, uint32_t messages) {
  return packet.sequence + (framing.numbering == Numbering::packet ? 1 : messages);
}

}  // namespace

SnapshotCycle::SnapshotCycle(const Work& work) : spec_(work.spec), work_(work) {
  for (const ReplyRule& r : spec_.rules) {
    has_begin_rule_ = has_begin_rule_ || r.action == Action::snapshot_begin;
    has_end_rule_ = has_end_rule_ || r.action == Action::snapshot_end;
  }
}

// ── which packets continue it ────────────────────────────────────────────────────────────────────────────────────

bool SnapshotCycle::packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  if (packet.kind == PacketKind::compressed) {
    work_.channel->counters()[C::compressed]++;
    return false;
  }
  if (packet.kind != PacketKind::data && packet.kind != PacketKind::unsequenced && packet.kind != PacketKind::reset)
    return false;
  uint32_t messages;
  if (!find_marks(framing, packet, messages)) {
    work_.channel->counters()[C::malformed]++;
    return false;
  }
  if (messages == 0) return false;
  if (arbitrate({framing, packet, arrival, messages})) return true;
  return under_way() && !late_.empty() && take_late(framing);
}

/// The rules that the packet's header (at its first or last message) and its messages meet, in order. False: damaged.
bool SnapshotCycle::find_marks(const FramingSpec& framing, const Packet& packet, uint32_t& messages) {
  marks_.clear();
  messages = 0;
  for (const ReplyRule& r : spec_.rules) {
    if (!r.in_message && r.action != Action::snapshot_end && matches(r, packet.whole))
      marks_.push_back({&r, packet.whole, 0});
  }
  MessageWalk walk(framing, packet.body);
  Bytes message;
  while (walk.next(message)) {
    for (const ReplyRule& r : spec_.rules) {
      if (!r.in_message || !matches(r, message)) continue;
      marks_.push_back({&r, message, messages});
      break;
    }
    messages++;
  }
  for (const ReplyRule& r : spec_.rules) {
    if (!r.in_message && r.action == Action::snapshot_end && matches(r, packet.whole)) {
      marks_.push_back({&r, packet.whole, messages == 0 ? 0 : messages - 1});
    }
  }
  return !walk.malformed();
}

/// Whether a cycle can begin with this packet: at its mark, behind the end of another, or with any item.
bool SnapshotCycle::can_begin_here() const {
  const Action with = has_begin_rule_ ? Action::snapshot_begin
                      : has_end_rule_ ? Action::snapshot_end
                                      : Action::snapshot_item;
  return std::any_of(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.rule->action == with; });
}

bool SnapshotCycle::arbitrate(const Passage& p) {
  const bool begins = can_begin_here();
  if (!under_way()) return begins && in_order(p);
  // Copies cannot be told from what follows: one line is listened to.
  if (!counts(p.framing)) return (turn_.lines & line_bit(p.arrival)) != 0 && in_order(p);
  const uint64_t sequence = p.packet.sequence;
  if (continues(p)) return of_this_cycle(p) && in_order(p);
  if (has_begin_rule_ && begins) return !same_beginning(p) && in_order(p);
  bool over = false;
  if (sequence > turn_.next) {
    if (!of_this_cycle(p)) return false;
    over = !keep_late(p);
  } else {
    // The loop's numbers have begun again, and what came before is not known to have been its end.
    over = !has_begin_rule_ && sequence < turn_.next && sequence == p.framing.wrap_first &&
           p.framing.send_time.present() && p.packet.send_time_ns > turn_.last_send_ns;
  }
  if (!over) return false;
  lose(Reason::unavailable, p.arrival.now_ns);
  return begins && in_order(p);
}

bool SnapshotCycle::continues(const Passage& p) const {
  return p.packet.sequence == turn_.next || (state_ == State::begun && p.packet.sequence == p.framing.wrap_first);
}

/// A beginning that does not continue the cycle: the other line's copy of the one that is known (true), or a new one.
bool SnapshotCycle::same_beginning(const Passage& p) {
  const uint32_t bit = line_bit(p.arrival);
  const bool same = identity_of(p.packet.body) == turn_.identity;
  const bool known = (turn_.lines & bit) != 0;
  if (same && !known) turn_.lines |= bit;
  if (p.framing.send_time.present() && p.packet.send_time_ns < turn_.last_send_ns) return true;
  if (same && !known) return true;
  // Twice on one line with nothing in between: the network doubled it.
  if (same && p.packet.sequence + 1 >= turn_.next && p.packet.sequence < turn_.next) return true;
  // A line that did not show how this cycle began may be out of step: it is followed once it begins a second time.
  return !known && turn_.strangers++ == 0;
}

bool SnapshotCycle::of_this_cycle(const Passage& p) const {
  if (!p.framing.send_time.present()) return (turn_.lines & line_bit(p.arrival)) != 0;
  return p.packet.send_time_ns >= turn_.begin_send_ns;
}

/// False: there are too many.
bool SnapshotCycle::keep_late(const Passage& p) {
  const Bytes whole = p.packet.whole;
  if (late_.size() >= kLatePackets || late_bytes_ + whole.size > kLateBytes) return false;
  for (const Late& l : late_) {
    if (l.sequence == p.packet.sequence) return true;
  }
  late_.push_back({p.packet.sequence, p.arrival, std::vector<uint8_t>(whole.data, whole.data + whole.size)});
  late_bytes_ += whole.size;
  return true;
}

bool SnapshotCycle::take_late(const FramingSpec& framing) {
  for (size_t i = 0; i < late_.size() && under_way();) {
    if (late_[i].sequence > turn_.next) {
      i++;
      continue;
    }
    const Late late = std::move(late_[i]);
    late_.erase(late_.begin() + long(i));
    late_bytes_ -= late.bytes.size();
    i = 0;
    if (late.sequence < turn_.next) continue;
    Packet packet;
    uint32_t consumed, messages;
    const Bytes bytes{late.bytes.data(), uint32_t(late.bytes.size())};
    if (read_packet(framing, bytes, packet, consumed) != FrameStatus::ok || !find_marks(framing, packet, messages))
      continue;
    if (in_order({framing, packet, late.arrival, messages})) return true;
  }
  return false;
}

void SnapshotCycle::drop_late() {
  late_.clear();
  late_bytes_ = 0;
}

// ── its course ───────────────────────────────────────────────────────────────────────────────────────────────────

/// A packet that continues the cycle, or begins one. Its messages may belong to two.
bool SnapshotCycle::in_order(Passage p) {
  if (under_way()) {
    state_ = State::running;
    turn_.next = number_behind(p.framing, p.packet, p.messages);
    turn_.last_send_ns = p.packet.send_time_ns;
  }
  for (size_t i = 0; i < marks_.size(); i++) {
    actions_seen_ |= 1u << uint32_t(marks_[i].rule->action);
    if (meet(p, i)) return true;
  }
  give(p, p.messages);
  return false;
}

bool SnapshotCycle::meet(Passage& p, size_t mark) {
  const Mark m = marks_[mark];
  switch (m.rule->action) {
    case Action::snapshot_begin:
      return meet_begin(p, mark);
    case Action::snapshot_item:
      return meet_item(p, mark);
    case Action::snapshot_number:
      if (under_way()) note_number(p, m);
      return false;
    case Action::snapshot_end:
      return meet_end(p, m);
    default:
      return false;
  }
}

bool SnapshotCycle::meet_begin(Passage& p, size_t mark) {
  const Mark m = marks_[mark];
  give(p, m.index);
  if (under_way() && has_end_rule_) {
    lose(Reason::unavailable, p.arrival.now_ns);
  } else if (under_way() && complete(p.arrival.now_ns)) {
    return true;  // where no message ends a cycle, the beginning of the next one does
  }
  p.given = m.index;
  if (begin(p, mark, true)) note_number(p, m);
  return false;
}

bool SnapshotCycle::meet_item(Passage& p, size_t mark) {
  const Mark m = marks_[mark];
  if (!has_begin_rule_ && !has_end_rule_) {
    // It is over when its first item comes again.
    const uint64_t key = key_of(p.framing, p.packet, *m.rule, m.at);
    if (under_way() && turn_.keyed && turn_.first_key == key) {
      give(p, m.index);
      if (under_way() && complete(p.arrival.now_ns)) return true;
    }
    if (!under_way()) {
      p.given = m.index;
      if (!begin(p, mark, true)) return false;
      turn_.keyed = true;
      turn_.first_key = key;
    }
  }
  if (under_way()) note_number(p, m);
  return false;
}

bool SnapshotCycle::meet_end(Passage& p, const Mark& m) {
  give(p, m.index + 1);
  if (under_way()) {
    note_number(p, m);
    if (complete(p.arrival.now_ns)) return true;
  }
  p.given = m.index + 1;
  if (!has_begin_rule_) (void)begin(p, marks_.size(), false);
  return false;
}

/// Hands the messages before `to` to the channel.
void SnapshotCycle::give(Passage& p, uint32_t to) {
  if (under_way() && to > p.given &&
      !work_.channel->snapshot_message(p.framing, p.packet.body, p.arrival, p.given, to - p.given)) {
    lose(Reason::none, p.arrival.now_ns);  // the consumer has no room: this cycle is lost to it, the next one comes
  }
  p.given = std::max(p.given, to);
}

/// `marked`: it begins with this packet; else behind it. False: it would be too old.
bool SnapshotCycle::begin(const Passage& p, size_t mark, bool marked) {
  if (too_old_already(mark)) return false;
  state_ = marked ? State::running : State::begun;
  turn_ = Turn{};
  item_numbers_.clear();
  turn_.next = number_behind(p.framing, p.packet, p.messages);
  turn_.identity = identity_of(p.packet.body);
  turn_.begin_send_ns = turn_.last_send_ns = p.framing.send_time.present() ? p.packet.send_time_ns : 0;
  // Behind an end every line of the loop is at the same place.
  turn_.lines = marked || !counts(p.framing) ? line_bit(p.arrival) : ~0u;
  drop_late();
  work_.channel->snapshot_begin(p.arrival.now_ns, work_.index);
  return true;
}

/// Whether the number that a beginning carries, or that follows it in its packet, is already older than what is wanted.
bool SnapshotCycle::too_old_already(size_t mark) const {
  if (spec_.snapshot_number != SnapshotNumber::before || spec_.snapshot_count != SnapshotCount::channel) return false;
  for (size_t i = mark; i < marks_.size(); i++) {
    const ReplyRule& r = *marks_[i].rule;
    if (i > mark && r.action == Action::snapshot_begin) return false;
    if (!r.number.present() || (r.action != Action::snapshot_begin && r.action != Action::snapshot_number)) continue;
    return !work_.closed_by(first_behind(r, r.number.load(marks_[i].at)));
  }
  return false;
}

void SnapshotCycle::note_number(const Passage& p, const Mark& mark) {
  const ReplyRule& rule = *mark.rule;
  if (rule.number2.present()) {
    turn_.total_known = true;
    turn_.total = rule.number2.load(mark.at);
  }
  if (!rule.number.present()) return;
  if (rule.action != Action::snapshot_end) turn_.items++;
  const uint64_t number = rule.number.load(mark.at);
  const bool absent = none(rule.number, number);
  const uint64_t first = absent ? 0 : first_behind(rule, number);
  if (spec_.snapshot_count == SnapshotCount::item) {
    note_item_number(key_of(p.framing, p.packet, rule, mark.at), first);
  } else if (absent) {
    return;
  } else {
    turn_.least = turn_.numbered ? std::min(turn_.least, first) : first;
    turn_.greatest = turn_.numbered ? std::max(turn_.greatest, first) : first;
  }
  turn_.numbered = true;
}

void SnapshotCycle::note_item_number(uint64_t item, uint64_t first) {
  const auto at = std::lower_bound(item_numbers_.begin(), item_numbers_.end(), item,
                                   [](const ItemNumber& x, uint64_t v) { return x.item < v; });
  if (at != item_numbers_.end() && at->item == item) {
    at->number = std::min(at->number, first);
  } else if (item_numbers_.size() < kItemsMax) {
    item_numbers_.insert(at, ItemNumber{item, first});
  }
}

void SnapshotCycle::lose(Reason why, int64_t now_ns) {
  state_ = State::none;
  drop_late();
  work_.channel->snapshot_fail(why, 0, now_ns, work_.index);
}

/// All of it has come. True: the channel has taken it.
bool SnapshotCycle::complete(int64_t now_ns) {
  Channel& c = *work_.channel;
  uint64_t first = turn_.least, greatest = turn_.greatest;
  const bool counted = !turn_.total_known || turn_.items == turn_.total;
  bool enough = counted && turn_.numbered;
  if (enough && spec_.snapshot_count == SnapshotCount::item) {
    enough = c.join_by_items(item_numbers_, c.waiting_for_snapshot() ? c.next() : work_.end, first, greatest);
  } else if (enough) {
    enough = work_.closed_by(first);
  }
  if (!enough) {
    // Older than what is wanted: the next cycle will do, and costs no attempt.
    lose(counted ? Reason::tooOld : Reason::unavailable, now_ns);
    return false;
  }
  state_ = State::none;
  drop_late();
  return c.snapshot_end(first, now_ns, work_.index, greatest);
}

// ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t SnapshotCycle::held_bytes() const {
  return late_bytes_ + late_.capacity() * sizeof(Late) + marks_.capacity() * sizeof(Mark) +
         item_numbers_.capacity() * sizeof(ItemNumber);
}

uint64_t SnapshotCycle::held_bytes_max(const RequesterSpec& spec) {
  // A buffer that grew has room for twice as much.
  const uint64_t items = spec.snapshot_count == SnapshotCount::item ? kItemsMax : 0;
  return kLateBytes + 2 * (kLatePackets * sizeof(Late) + kDatagramMax * sizeof(Mark) + items * sizeof(ItemNumber));
}

}  // namespace venuewire

// Requesters that take snapshots from lines: loops that repeat the state, and lines on which it comes after a request.
// A cycle is put together in order from all lines that carry it, from its beginning on; one joined midway is passed
// over, one that lost a packet on every line is given up and the next one taken.
#include <algorithm>

#include "core/recovery.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

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

}  // namespace

bool Requester::new_enough(uint64_t first) const {
  const Channel& c = *work_channel_;
  const uint64_t wanted = c.waiting_for_snapshot() ? c.next() : work_end_;
  return c.linear(first) >= wanted;
}

/// The rules that the packet's header (at its first or last message) and its messages meet, in order. False: damaged.
bool Requester::find_marks(const FramingSpec& framing, const Packet& packet, uint32_t& messages) {
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

/// A beginning that does not continue the cycle: the other line's copy of the one that is known (true), or a new one.
bool Requester::same_beginning(const FramingSpec& framing, const Packet& packet, uint32_t line_bit) {
  const bool same = identity_of(packet.body) == cycle_.identity;
  const bool known = cycle_.lines & line_bit;
  if (same && !known) cycle_.lines |= line_bit;
  if (framing.send_time.present() && packet.send_time_ns < cycle_.last_send_ns) return true;
  if (same && !known) return true;
  // Twice on one line with nothing in between: the network doubled it.
  if (same && packet.sequence + 1 >= cycle_.next && packet.sequence < cycle_.next) return true;
  // A line that did not show how this cycle began may be out of step: it is followed once it begins a second time.
  return !known && cycle_.strangers++ == 0;
}

bool Requester::of_this_cycle(const FramingSpec& framing, const Packet& packet, uint32_t line_bit) const {
  if (!framing.send_time.present()) return cycle_.lines & line_bit;
  return packet.send_time_ns >= cycle_.begin_send_ns;
}

void Requester::line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                            const Arrival& arrival) {
  if (spec_.purpose != Purpose::snapshot || spec_.snapshot_from == SnapshotFrom::request || work_channel_ != &channel ||
      state_ != State::ready || !asked_) {
    return;
  }
  last_heard_ns_ = arrival.now_ns;
  if (packet.kind == PacketKind::compressed) {
    work_channel_->counters()[C::compressed]++;
    return;
  }
  if (packet.kind != PacketKind::data && packet.kind != PacketKind::unsequenced && packet.kind != PacketKind::reset)
    return;
  uint32_t messages;
  if (!find_marks(framing, packet, messages)) {
    work_channel_->counters()[C::malformed]++;
    return;
  }
  if (messages == 0) return;
  const auto is = [&](Action a) {
    return std::any_of(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.rule->action == a; });
  };
  const uint32_t bit = 1u << (arrival.line & 31);
  // Whether a cycle can begin with this packet: at its mark, behind the end of another, or with any item.
  const bool begins =
      has_begin_rule_ ? is(Action::snapshot_begin) : is(has_end_rule_ ? Action::snapshot_end : Action::snapshot_item);
  if (!cycle_.running) {
    if (begins) in_order(framing, packet, messages, arrival);
  } else if (!counts(framing)) {
    // Copies cannot be told from what follows: one line is listened to.
    if (cycle_.lines & bit) in_order(framing, packet, messages, arrival);
  } else if (packet.sequence == cycle_.next || (cycle_.fresh && packet.sequence == framing.wrap_first)) {
    if (!of_this_cycle(framing, packet, bit)) return;
    in_order(framing, packet, messages, arrival);
  } else if (has_begin_rule_ && begins) {
    if (!same_beginning(framing, packet, bit)) in_order(framing, packet, messages, arrival);
  } else if (packet.sequence > cycle_.next && of_this_cycle(framing, packet, bit)) {
    if (late_.size() < kLatePackets && late_bytes_ + packet.whole.size <= kLateBytes) {
      keep_late(packet, arrival);
    } else {
      cycle_lost(Reason::unavailable, arrival.now_ns);
      if (begins) in_order(framing, packet, messages, arrival);
    }
  } else if (!has_begin_rule_ && packet.sequence < cycle_.next && packet.sequence == framing.wrap_first &&
             framing.send_time.present() && packet.send_time_ns > cycle_.last_send_ns) {
    // The loop's numbers have begun again, and what came before is not known to have been its end.
    cycle_lost(Reason::unavailable, arrival.now_ns);
    if (begins) in_order(framing, packet, messages, arrival);
  }
  if (cycle_.running && !late_.empty() && work_channel_ == &channel) take_late(framing);
}

void Requester::keep_late(const Packet& packet, const Arrival& arrival) {
  for (const Late& l : late_) {
    if (l.sequence == packet.sequence) return;
  }
  late_.push_back(
      {packet.sequence, arrival, std::vector<uint8_t>(packet.whole.data, packet.whole.data + packet.whole.size)});
  late_bytes_ += packet.whole.size;
}

void Requester::take_late(const FramingSpec& framing) {
  const Channel* channel = work_channel_;
  for (size_t i = 0; i < late_.size() && cycle_.running && work_channel_ == channel;) {
    if (late_[i].sequence > cycle_.next) {
      i++;
      continue;
    }
    const Late late = std::move(late_[i]);
    late_.erase(late_.begin() + long(i));
    late_bytes_ -= late.bytes.size();
    i = 0;
    if (late.sequence < cycle_.next) continue;
    Packet packet;
    uint32_t consumed, messages;
    const Bytes bytes{late.bytes.data(), uint32_t(late.bytes.size())};
    if (read_packet(framing, bytes, packet, consumed) != FrameStatus::ok || !find_marks(framing, packet, messages))
      continue;
    in_order(framing, packet, messages, late.arrival);
  }
}

/// Whether the number that a beginning carries, or that follows it in its packet, is already older than what is wanted.
bool Requester::too_old_already(size_t mark) const {
  if (spec_.snapshot_number != SnapshotNumber::before || spec_.snapshot_count != SnapshotCount::channel) return false;
  for (size_t i = mark; i < marks_.size(); i++) {
    const ReplyRule& r = *marks_[i].rule;
    if (i > mark && r.action == Action::snapshot_begin) return false;
    if (!r.number.present() || (r.action != Action::snapshot_begin && r.action != Action::snapshot_number)) continue;
    return !new_enough(r.number.load(marks_[i].at) + (r.inclusive ? 1 : 0));
  }
  return false;
}

/// A packet that continues the cycle, or begins one. Its messages may belong to two.
void Requester::in_order(const FramingSpec& framing, const Packet& packet, uint32_t messages, const Arrival& arrival) {
  const int64_t now_ns = arrival.now_ns;
  Channel& channel = *work_channel_;
  if (cycle_.running) {
    cycle_.fresh = false;
    cycle_.next = packet.sequence + (framing.numbering == Numbering::packet ? 1 : messages);
    cycle_.last_send_ns = packet.send_time_ns;
  }
  uint32_t from = 0;
  const auto give = [&](uint32_t to) {
    if (cycle_.running && to > from && !channel.snapshot_message(framing, packet.body, arrival, from, to - from)) {
      cycle_lost(Reason::none, now_ns);  // the consumer has no room: this cycle is lost to it, the next one comes
    }
    from = std::max(from, to);
  };
  const auto begin = [&](size_t mark, bool marked) {
    if (too_old_already(mark)) return false;
    cycle_begin(framing, packet, arrival, marked);
    cycle_.next = packet.sequence + (framing.numbering == Numbering::packet ? 1 : messages);
    return true;
  };
  for (size_t i = 0; i < marks_.size(); i++) {
    const Mark m = marks_[i];
    actions_seen_ |= 1u << uint32_t(m.rule->action);
    switch (m.rule->action) {
      case Action::snapshot_begin:
        give(m.index);
        if (cycle_.running) {
          // Where no message ends a cycle, the beginning of the next one does.
          if (has_end_rule_) {
            cycle_lost(Reason::unavailable, now_ns);
          } else {
            cycle_end(now_ns);
          }
        }
        if (work_channel_ != &channel) return;
        from = m.index;
        if (begin(i, true)) cycle_number(framing, packet, m);
        break;
      case Action::snapshot_item: {
        const uint64_t key = m.rule->key.present()    ? m.rule->key.load(m.at)
                             : framing.item.present() ? framing.item.load(packet.whole.data)
                                                      : 0;
        if (!has_begin_rule_ && !has_end_rule_) {
          if (cycle_.running && cycle_.keyed && cycle_.first_key == key) {
            give(m.index);
            if (cycle_.running) cycle_end(now_ns);
            if (work_channel_ != &channel) return;
          }
          if (!cycle_.running) {
            from = m.index;
            if (!begin(i, true)) break;
            cycle_.keyed = true;
            cycle_.first_key = key;
          }
        }
        if (cycle_.running) cycle_number(framing, packet, m);
        break;
      }
      case Action::snapshot_number:
        if (cycle_.running) cycle_number(framing, packet, m);
        break;
      case Action::snapshot_end:
        give(m.index + 1);
        if (cycle_.running) {
          cycle_number(framing, packet, m);
          cycle_end(now_ns);
        }
        if (work_channel_ != &channel) return;
        from = m.index + 1;
        if (!has_begin_rule_) (void)begin(marks_.size(), false);
        break;
      default:
        break;
    }
  }
  give(messages);
}

/// `marked`: with this packet; else behind it.
void Requester::cycle_begin(const FramingSpec& framing, const Packet& packet, const Arrival& arrival, bool marked) {
  std::vector<ItemNumber> numbers = std::move(cycle_.numbers);
  numbers.clear();
  cycle_ = Cycle{};
  cycle_.numbers = std::move(numbers);
  cycle_.running = true;
  cycle_.fresh = !marked;
  cycle_.identity = identity_of(packet.body);
  cycle_.begin_send_ns = cycle_.last_send_ns = framing.send_time.present() ? packet.send_time_ns : 0;
  // Behind an end every line of the loop is at the same place.
  cycle_.lines = marked || !counts(framing) ? 1u << (arrival.line & 31) : ~0u;
  late_.clear();
  late_bytes_ = 0;
  work_channel_->snapshot_begin(arrival.now_ns, index_);
}

void Requester::cycle_number(const FramingSpec& framing, const Packet& packet, const Mark& mark) {
  const ReplyRule& rule = *mark.rule;
  if (rule.number2.present()) {
    cycle_.total_known = true;
    cycle_.total = rule.number2.load(mark.at);
  }
  if (!rule.number.present()) return;
  if (rule.action != Action::snapshot_end) cycle_.items++;
  const uint64_t number = rule.number.load(mark.at);
  const uint64_t first = none(rule.number, number) ? 0 : number + (rule.inclusive ? 1 : 0);
  if (spec_.snapshot_count == SnapshotCount::item) {
    const uint64_t item = rule.key.present()       ? rule.key.load(mark.at)
                          : framing.item.present() ? framing.item.load(packet.whole.data)
                                                   : 0;
    const auto at = std::lower_bound(cycle_.numbers.begin(), cycle_.numbers.end(), item,
                                     [](const ItemNumber& x, uint64_t v) { return x.item < v; });
    if (at != cycle_.numbers.end() && at->item == item) {
      at->number = std::min(at->number, first);
    } else if (cycle_.numbers.size() < kItemsMax) {
      cycle_.numbers.insert(at, ItemNumber{item, first});
    }
    cycle_.numbered = true;
    return;
  }
  if (none(rule.number, number)) return;
  cycle_.least = cycle_.numbered ? std::min(cycle_.least, first) : first;
  cycle_.greatest = cycle_.numbered ? std::max(cycle_.greatest, first) : first;
  cycle_.numbered = true;
}

void Requester::cycle_lost(Reason why, int64_t now_ns) {
  cycle_.running = false;
  late_.clear();
  late_bytes_ = 0;
  if (work_channel_) work_channel_->snapshot_fail(why, 0, now_ns, index_);
}

void Requester::cycle_end(int64_t now_ns) {
  Channel* c = work_channel_;
  if (cycle_.total_known && cycle_.items != cycle_.total) return cycle_lost(Reason::unavailable, now_ns);
  uint64_t first = cycle_.least, greatest = cycle_.greatest;
  bool enough = cycle_.numbered;
  if (enough && spec_.snapshot_count == SnapshotCount::item) {
    const uint64_t wanted = c->waiting_for_snapshot() ? c->next() : work_end_;
    enough = c->join_by_items(cycle_.numbers, wanted, first, greatest);
  } else if (enough) {
    enough = new_enough(first);
  }
  // Older than what is wanted: the next cycle will do, and costs no attempt.
  if (!enough) return cycle_lost(Reason::tooOld, now_ns);
  cycle_.running = false;
  late_.clear();
  late_bytes_ = 0;
  if (!c->snapshot_end(first, now_ns, index_, greatest)) return;
  snapshot_tries_ = 0;
  served();
  finish_work();
  if (spec_.lifecycle == Lifecycle::client_closes || spec_.snapshot_from == SnapshotFrom::loop) hang_up(now_ns, true);
}

}  // namespace venuewire

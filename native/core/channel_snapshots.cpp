// Snapshots of a channel: their messages, where delivery goes on behind them, and joining without one.
#include <algorithm>

#include "core/channel.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;
}

void Channel::snapshot_begin(int64_t now_ns, uint16_t requester) {
  if (in_snapshot() || !started()) return;
  phase_ = phase_ == Phase::joining ? Phase::joining_snapshot : Phase::live_snapshot;
  say(NoticeType::snapshotStarted, Reason::none, next_, next_, now_ns, requester);
}

/// It has ended, or failed.
void Channel::leave_snapshot() {
  if (phase_ == Phase::joining_snapshot) phase_ = Phase::joining;
  if (phase_ == Phase::live_snapshot) phase_ = Phase::live;
}

bool Channel::snapshot_message(const FramingSpec& framing, Bytes body, const Arrival& arrival, uint32_t skip,
                               uint32_t take) {
  if (body.size > output_.bytes_max()) {
    counters_[C::oversized]++;
    return true;
  }
  if (!output_.room(body.size)) {
    set_blocked(true);
    return false;
  }
  Arrival a = arrival;
  a.origin = Origin::snapshot;
  const Run run{&framing, body, skip, take, 0, a.receive_ns, index_, a.line, Origin::snapshot, true};
  (void)output_.deliver(run, counters_);
  return true;
}

bool Channel::join_by_items(const std::vector<ItemNumber>& items, uint64_t wanted, uint64_t& first,
                            uint64_t& greatest) const {
  std::vector<uint64_t> seen;  // items whose first message behind the gap has been looked at
  uint64_t position = wanted, last = wanted;
  bool leading = true, any = false;
  for (const Held& h : held_) {
    if (h.begin < wanted) continue;
    if (!h.framing->item_number.present()) return false;
    const Slot& s = window_.slots[h.slot];
    const auto at = std::lower_bound(items.begin(), items.end(), h.item,
                                     [](const ItemNumber& x, uint64_t v) { return x.item < v; });
    const bool known = at != items.end() && at->item == h.item;
    MessageWalk walk(*h.framing, Bytes{s.bytes.data(), s.size});
    Bytes m;
    bool all_in = true, some_in = false;
    while (walk.next(m)) {
      const Field& f = h.framing->item_number;
      if (!f.fits(m)) continue;
      const uint64_t number = f.load(m.data);
      if (number == (f.width >= 8 ? ~0ull : (1ull << (8 * f.width)) - 1)) continue;
      any = true;
      if (!known) {
        all_in = false;
        continue;
      }
      if (std::find(seen.begin(), seen.end(), h.item) == seen.end()) {
        // Its messages before this one, which are missing, are in the snapshot if the snapshot reaches up to here.
        if (number > at->number) return false;
        seen.push_back(h.item);
      }
      if (number < at->number) {
        some_in = true;
      } else {
        all_in = false;
      }
    }
    if (some_in) last = h.end;
    leading = leading && all_in && h.begin == position;
    if (leading) position = h.end;
  }
  first = wire(position);
  greatest = wire(std::max(position, last));
  return any;
}

bool Channel::snapshot_end(uint64_t first, int64_t now_ns, uint16_t requester, uint64_t greatest) {
  if (!started()) return false;
  const uint64_t position = linear(first);
  const Reason refused = why_snapshot_is_refused(position);
  if (refused != Reason::none) {
    count_snapshot_failed(refused, 0, now_ns, requester);
    return false;
  }
  counters_[C::snapshots]++;
  if (waiting_for_snapshot()) {
    begin_behind_snapshot(position, now_ns);
  } else {
    skip_to_snapshot(position, requester, now_ns);
  }
  phase_ = Phase::live;
  lossy_ = false;
  const uint64_t compare_to = greatest == 0 ? next_ : std::max(next_, linear(greatest));
  say(NoticeType::snapshotEnded, Reason::none, next_, compare_to, now_ns, requester);
  drain(now_ns);
  mark_good(now_ns);
  return true;
}

Reason Channel::why_snapshot_is_refused(uint64_t position) const {
  if (position > highest_ && position - highest_ > spec_.jump_max) return Reason::malformedReply;
  // One that ends where the gap begins brings nothing either.
  const bool useless = position == next_ && !holes_.empty() && holes_.front().begin == next_;
  return !waiting_for_snapshot() && (position < next_ || useless) ? Reason::tooOld : Reason::none;
}

/// The account begins where the snapshot ends.
void Channel::begin_behind_snapshot(uint64_t position, int64_t now_ns) {
  if (position < next_) {
    counters_[C::expected] += next_ - position;
    holes_.put_first(position, next_, now_ns);
    look_after();
  } else {
    drop_below(position, false);
    counters_[C::expected] -= std::min(position, highest_) - next_;
    highest_ = std::max(highest_, position);
  }
  next_ = position;
}

/// The snapshot stands for what is missing up to there.
void Channel::skip_to_snapshot(uint64_t position, uint16_t requester, int64_t now_ns) {
  if (position > highest_) {
    counters_[C::expected] += position - highest_;
    highest_ = position;
  }
  if (position == next_) return;
  const uint64_t begin = next_;
  drop_below(position, false);
  counters_[C::abandoned] += position - begin;
  counters_[C::abandonedToSnapshot] += position - begin;
  counters_[C::gapsAbandoned]++;
  next_ = position;
  say(NoticeType::gapAbandoned, Reason::snapshot, begin, position, now_ns, requester);
}

void Channel::snapshot_fail(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester) {
  if (in_snapshot()) count_snapshot_failed(why, detail, now_ns, requester);
}

void Channel::count_snapshot_failed(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester) {
  leave_snapshot();
  counters_[C::snapshotsFailed]++;
  say(NoticeType::snapshotFailed, why, next_, next_, now_ns, requester, detail);
  drain(now_ns);
}

void Channel::refresh_begin(int64_t now_ns, uint16_t requester) {
  streams_.refresh_due = true;
  say(NoticeType::snapshotStarted, Reason::none, next_, next_, now_ns, requester);
}

void Channel::refresh_end(int64_t now_ns, uint16_t requester) {
  counters_[C::snapshots]++;
  lossy_ = streams_.refresh_due = false;
  say(NoticeType::snapshotEnded, Reason::none, next_, next_, now_ns, requester);
  mark_good(now_ns);
}

void Channel::refresh_fail(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester, uint16_t server) {
  counters_[C::snapshotsFailed]++;
  say(NoticeType::snapshotFailed, why, next_, next_, now_ns, requester, detail, server);
  mark_stale(why, next_, next_, now_ns);
}

void Channel::join_live(int64_t now_ns) {
  if (!waiting_for_snapshot()) return;
  phase_ = in_snapshot() ? Phase::live_snapshot : Phase::live;
  lossy_ = true;
  // What the snapshot would have said is not known.
  mark_stale(Reason::none, next_, next_, now_ns);
  drain(now_ns);
}

}  // namespace venuewire

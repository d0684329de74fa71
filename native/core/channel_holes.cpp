// What the ladder does with a channel's holes: announces them, moves them on, gives them up.
#include <algorithm>

#include "core/channel.hpp"
#include "core/ranges.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;
}

void Channel::count_in(const Hole& hole) {
  hole_counts_.on_rung[std::min<size_t>(hole.rung, kRungsCounted - 1)]++;
  hole_counts_.announced += hole.announced;
}

void Channel::count_out(const Hole& hole) {
  hole_counts_.on_rung[std::min<size_t>(hole.rung, kRungsCounted - 1)]--;
  hole_counts_.announced -= hole.announced;
}

/// A hole is about to lose [from, to).
void Channel::count_taken(const Hole& hole, uint64_t from, uint64_t to) {
  if (from == hole.begin && to == hole.end) count_out(hole);
  if (from != hole.begin && to != hole.end) count_in(hole);  // it is two now
}

void Channel::announce(size_t hole, int64_t now_ns) {
  Hole& h = holes_[hole];
  if (h.announced) return;
  h.announced = true;
  hole_counts_.announced++;
  tell_opened(h.begin, h.end, now_ns);
}

void Channel::tell_opened(uint64_t begin, uint64_t end, int64_t now_ns) {
  counters_[C::gapsOpened]++;
  say(NoticeCode::gapOpened, Reason::none, begin, end, now_ns);
  mark_stale(Reason::none, begin, end, now_ns);
}

void Channel::to_next_rung(size_t hole, int64_t since_ns) {
  Hole& h = holes_[hole];
  count_out(h);
  h.rung++;
  h.rung_since_ns = since_ns;
  count_in(h);
}

void Channel::count_try(size_t hole, Reason why) {
  holes_[hole].tries++;
  holes_[hole].why = why;
}

void Channel::forget_tries(uint64_t begin, uint64_t end) {
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) {
    if (holes_[i].begin >= begin && holes_[i].end <= end) holes_[i].tries = 0;
  }
}

void Channel::abandon(uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  take_out(holes_, begin, end, [&](Hole& h, uint64_t from, uint64_t to) {
    if (!h.announced) {
      h.announced = true;
      hole_counts_.announced++;
      tell_opened(h.begin, h.end, now_ns);
    }
    give_up_range(from, to, h.unread ? Reason::slowConsumer : why);
    count_taken(h, from, to);
  });
  drain(now_ns);
}

/// What came and found no place because the consumer had made no room: if nothing brings it again, that is why.
void Channel::mark_unread(uint64_t begin, uint64_t end) {
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) holes_[i].unread = true;
}

/// Neighbours lost for one reason become one range: what a consumer without room is not told yet stays bounded.
void Channel::give_up_range(uint64_t begin, uint64_t end, Reason why) {
  const size_t at = lost_.behind(begin);
  const bool joins_next = at < lost_.size() && lost_[at].begin == end && lost_[at].why == why;
  const bool joins_last = at > 0 && lost_[at - 1].end == begin && lost_[at - 1].why == why;
  if (joins_last) {
    lost_[at - 1].end = joins_next ? lost_[at].end : end;
    if (joins_next) lost_.erase(at);
  } else if (joins_next) {
    lost_[at].begin = begin;
  } else {
    lost_.insert(at, Lost{begin, end, why});
  }
}

void Channel::advance(uint64_t begin, uint64_t end, Reason why, int64_t now_ns, bool for_good) {
  hole_counts_.moves++;
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) {
    if (holes_[i].begin < begin) {
      split_hole(i, begin);
      continue;
    }
    if (holes_[i].end > end) split_hole(i, end);
    if (for_good && holes_[i].unobtainable) continue;
    holes_[i].unobtainable = holes_[i].unobtainable || for_good;
    holes_[i].tries = 0;
    holes_[i].why = why;
    to_next_rung(i, now_ns);
  }
}

/// One hole becomes two that meet at `at`.
void Channel::split_hole(size_t hole, uint64_t at) {
  Hole rest = holes_[hole];
  rest.begin = at;
  holes_[hole].end = at;
  holes_.insert(hole + 1, rest);
  count_in(rest);
}

void Channel::advance_on(uint16_t rung, uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  for (uint64_t at = begin; at < end;) {
    size_t i = holes_.behind(at);
    while (i < holes_.size() && holes_[i].rung != rung) i++;
    if (i == holes_.size() || holes_[i].begin >= end) return;
    const uint64_t from = std::max(at, holes_[i].begin), to = std::min(end, holes_[i].end);
    advance(from, to, why, now_ns);
    at = to;
  }
}

uint64_t Channel::missing(uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) {
    const Hole& h = holes_[i];
    if (!h.unobtainable) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

uint64_t Channel::missing_on(uint16_t rung, uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) {
    const Hole& h = holes_[i];
    if (h.rung == rung) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

/// Tells, once, that what the consumer has may not be true.
void Channel::mark_stale(Reason why, uint64_t begin, uint64_t end, int64_t now_ns) {
  if (stale_) return;
  stale_ = true;
  say(NoticeCode::stale, why, begin, end, now_ns);
}

void Channel::mark_good(int64_t now_ns) {
  const bool unsure =
      lossy_ || holds_back() || streams_.refresh_due || !lost_.empty() || (streams_.was_up && streams_.up == 0);
  if (!stale_ || unsure || hole_counts_.announced != 0) return;
  stale_ = false;
  say(NoticeCode::good, Reason::none, next_, next_, now_ns);
}

}  // namespace venuewire

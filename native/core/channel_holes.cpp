// What the ladder does with a channel's holes: announces them, moves them on, gives them up.
#include <algorithm>

#include "core/channel.hpp"
#include "core/ranges.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;
}

void Channel::announce(size_t hole, int64_t now_ns) {
  if (!holes_.announce(hole)) return;
  const uint64_t begin = holes_[hole].begin, end = holes_[hole].end;
  counters_[C::gapsOpened]++;
  say(NoticeType::gapOpened, Reason::none, begin, end, now_ns);
  mark_stale(Reason::none, begin, end, now_ns);
}

void Channel::abandon(uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  for (size_t i = holes_.behind(begin); i < holes_.size() && holes_[i].begin < end; i++) announce(i, now_ns);
  holes_.take(begin, end, [&](const Hole& h, uint64_t from, uint64_t to) {
    // What came and found no place because the consumer had made no room: that is why.
    give_up_range(from, to, h.unread ? Reason::slowConsumer : why);
  });
  drain(now_ns);
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

void Channel::advance_on(uint16_t rung, uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  for (uint64_t at = begin; at < end;) {
    const size_t i = holes_.find_on(rung, at, end);
    if (i == holes_.size()) return;
    const uint64_t from = std::max(at, holes_[i].begin), to = std::min(end, holes_[i].end);
    advance(from, to, why, now_ns);
    at = to;
  }
}

/// Tells, once, that what the consumer has may not be true.
void Channel::mark_stale(Reason why, uint64_t begin, uint64_t end, int64_t now_ns) {
  if (stale_) return;
  stale_ = true;
  say(NoticeType::stale, why, begin, end, now_ns);
}

void Channel::mark_good(int64_t now_ns) {
  const bool unsure =
      lossy_ || holds_back() || streams_.refresh_due || !lost_.empty() || (streams_.was_up && streams_.up == 0);
  if (!stale_ || unsure || holes_.any_announced()) return;
  stale_ = false;
  say(NoticeType::good, Reason::none, next_, next_, now_ns);
}

}  // namespace venuewire

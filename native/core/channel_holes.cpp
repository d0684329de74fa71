// What the ladder does with a channel's holes: announces them, moves them on, gives them up.
#include <algorithm>

#include "core/channel.hpp"
#include "core/ranges.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;
}

void Channel::announce(Hole& hole, int64_t now_ns) {
  if (hole.announced) return;
  hole.announced = true;
  counters_[C::gapsOpened]++;
  const uint64_t begin = hole.begin, end = hole.end;
  say(NoticeCode::gapOpened, Reason::none, begin, end, now_ns);
  if (!stale_) {
    stale_ = true;
    say(NoticeCode::stale, Reason::none, begin, end, now_ns);
  }
}

void Channel::abandon(uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  take_out(holes_, begin, end, [&](Hole& h, uint64_t from, uint64_t to) {
    announce(h, now_ns);
    lose(from, to, h.unread ? Reason::slowConsumer : why);
  });
  drain(now_ns);
}

/// What came and found no place because the consumer had made no room: if nothing brings it again, that is why.
void Channel::mark_unread(uint64_t begin, uint64_t end) {
  for (auto h = holes_.rbegin(); h != holes_.rend() && h->end > begin; ++h) {
    if (h->begin < end) h->unread = true;
  }
}

/// Neighbours lost for one reason become one range: what a consumer without room is not told yet stays bounded.
void Channel::lose(uint64_t begin, uint64_t end, Reason why) {
  auto at = std::upper_bound(lost_.begin(), lost_.end(), begin, [](uint64_t v, const Lost& x) { return v < x.begin; });
  const bool joins_next = at != lost_.end() && at->begin == end && at->why == why;
  if (at != lost_.begin() && std::prev(at)->end == begin && std::prev(at)->why == why) {
    std::prev(at)->end = joins_next ? at->end : end;
    if (joins_next) lost_.erase(at);
  } else if (joins_next) {
    at->begin = begin;
  } else {
    lost_.insert(at, Lost{begin, end, why});
  }
}

void Channel::advance(uint64_t begin, uint64_t end, Reason why, int64_t now_ns, bool for_good) {
  for (size_t i = 0; i < holes_.size() && holes_[i].begin < end; i++) {
    if (holes_[i].end <= begin) continue;
    const auto cut = [&](uint64_t at) {
      Hole rest = holes_[i];
      rest.begin = at;
      holes_[i].end = at;
      holes_.insert(holes_.begin() + long(i) + 1, rest);
    };
    if (holes_[i].begin < begin) {
      cut(begin);
      continue;
    }
    if (holes_[i].end > end) cut(end);
    Hole& h = holes_[i];
    if (for_good && h.unobtainable) continue;
    h.unobtainable = h.unobtainable || for_good;
    h.rung++;
    h.tries = 0;
    h.why = why;
    h.rung_since_ns = now_ns;
  }
}

uint64_t Channel::missing(uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (const Hole& h : holes_) {
    if (h.begin >= end) break;
    if (h.end > begin && !h.unobtainable) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

void Channel::advance_on(uint16_t rung, uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
  for (uint64_t at = begin; at < end;) {
    const auto h =
        std::find_if(holes_.begin(), holes_.end(), [&](const Hole& x) { return x.end > at && x.rung == rung; });
    if (h == holes_.end() || h->begin >= end) return;
    const uint64_t from = std::max(at, h->begin), to = std::min(end, h->end);
    advance(from, to, why, now_ns);
    at = to;
  }
}

uint64_t Channel::missing_on(uint16_t rung, uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (const Hole& h : holes_) {
    if (h.begin >= end) break;
    if (h.end > begin && h.rung == rung) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

void Channel::mark_good(int64_t now_ns) {
  if (!stale_ || lossy_ || joining_ || in_snapshot_ || refresh_due_ || !lost_.empty() || (was_up_ && streams_up_ == 0))
    return;
  for (const Hole& h : holes_) {
    if (h.announced) return;
  }
  stale_ = false;
  say(NoticeCode::good, Reason::none, next_, next_, now_ns);
}

}  // namespace venuewire

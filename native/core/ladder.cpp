#include "core/ladder.hpp"

#include <algorithm>

namespace venuewire {

Ladder::Ladder(const std::vector<RungSpec>& rungs) : rungs_(rungs) {
  // Holes are as old as they stand; as long as only the first rung waits, those that wait are the last of them.
  for (size_t i = 0; i < rungs.size(); i++) {
    if (i == 0 ? rungs[i].channel >= 0 : rungs[i].kind == RungKind::wait) in_order_ = false;
  }
}

/// The first hole that time can move, when nothing else has moved any since the last look at all of them.
size_t Ladder::first_waiting(const Channel& channel) const {
  const HoleList& holes = channel.holes();
  const size_t first = holes.size() - holes.count_on_first_rung();
  const bool looked = channel.index() < seen_moves_.size() && seen_moves_[channel.index()] == holes.rung_moves();
  const bool last_ones = first == holes.size() || holes[first].rung == 0;
  return in_order_ && looked && last_ones ? first : 0;
}

void Ladder::tick(Channel& channel, int64_t now_ns) {
  if (channel.waiting_for_snapshot() || !channel.started()) return;
  const HoleList& holes = channel.holes();
  size_t i = first_waiting(channel);
  const bool in_order = i != 0;
  while (i < holes.size()) {
    const Hole& h = holes[i];
    while (h.rung < rungs_.size()) {
      const RungSpec& r = rungs_[h.rung];
      if ((r.channel >= 0 && r.channel != channel.index()) || (h.unobtainable && r.kind != RungKind::snapshot)) {
        channel.to_next_rung(i, h.rung_since_ns);
        continue;
      }
      if (r.kind != RungKind::wait) break;
      const bool crowded = r.packets != 0 && channel.held_packets() >= r.packets;
      if (now_ns - h.rung_since_ns < r.timeout_ns && !crowded) break;
      channel.to_next_rung(i, now_ns);
    }
    if (h.rung >= rungs_.size()) {
      channel.abandon(h.begin, h.end, h.why, now_ns);  // takes the hole out of the list
      continue;
    }
    if (rungs_[h.rung].kind != RungKind::wait) {
      channel.announce(i, now_ns);
    } else if (in_order_ && h.rung == 0) {
      break;  // those behind it are younger
    }
    i++;
  }
  if (in_order) return;
  if (channel.index() >= seen_moves_.size()) seen_moves_.resize(channel.index() + 1u, ~0ull);
  seen_moves_[channel.index()] = holes.rung_moves();
}

int64_t Ladder::deadline(const Channel& channel) const {
  int64_t at = INT64_MAX;
  if (channel.waiting_for_snapshot()) return at;
  const HoleList& holes = channel.holes();
  for (size_t i = first_waiting(channel); i < holes.size(); i++) {
    const Hole& h = holes[i];
    if (h.rung >= rungs_.size()) return 0;
    const RungSpec& r = rungs_[h.rung];
    if (r.kind != RungKind::wait) continue;
    at = std::min(at, h.rung_since_ns + r.timeout_ns);
    if (in_order_) return at;
  }
  return at;
}

}  // namespace venuewire

#include "core/replay.hpp"

#include <algorithm>

namespace venuewire {

bool Replay::pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (resting(now_ns)) return false;
  for (Channel* c : channels) {
    if (!work_.serves(*c) || c->waiting_for_snapshot()) continue;
    work_.take_hole(*c, rungs, RungKind::request, connection_.servers, now_ns);
    if (work_.under_way()) return true;
  }
  return false;
}

void Replay::answer_begins(const Reply& login) {
  if (!login.has_number()) return;
  Channel& c = *work_.channel;
  const uint64_t from = c.linear(login.number);
  // The server begins later than we need: what is before it will not come from here.
  if (from > work_.begin) c.advance(work_.begin, std::min(from, work_.end), Reason::unavailable, login.now_ns);
  finish_if_done(login.now_ns);
}

bool Replay::act(const Reply& r) {
  if (r.rule.action != Action::message) return HoleRequester::act(r);
  if (!r.whole.holds(r.rule.payload_offset, 0)) return true;
  const uint64_t sequence = number_of(r);
  if (Channel* to = answering()) {
    to->message(sequence, r.payload(), arrival_at(r.now_ns));
    answer_reached(to->linear(sequence) + 1);
  }
  return true;
}

}  // namespace venuewire

#include "core/work.hpp"

#include <algorithm>

namespace venuewire {

namespace {

[[nodiscard]] bool is_rung_of(const RungSpec& rung, RungKind kind, uint16_t requester) {
  return rung.kind == kind && rung.requester == requester;
}

}  // namespace

void Work::take(Channel& c, const std::vector<RungSpec>& rungs, size_t on_rung, uint64_t from, uint64_t to,
                int64_t now_ns) {
  state = State::wanted;
  channel = &c;
  rung = &rungs[on_rung];
  rung_index = uint16_t(on_rung);
  begin = from;
  end = to;
  session = c.session();
  quota_told = false;
  not_before_ns = now_ns;
  answer_due_ns = now_ns + rung->timeout_ns;
}

void Work::take_hole(Channel& c, const std::vector<RungSpec>& rungs, RungKind kind, const ServerList& servers,
                     int64_t now_ns) {
  bool any = false;
  for (size_t i = 0; i < rungs.size() && !any; i++) any = is_rung_of(rungs[i], kind, index) && c.holes().any_on(i);
  if (!any) return;
  const HoleList& holes = c.holes();
  for (size_t i = 0; i < holes.size(); i++) {
    const Hole h = holes[i];
    if (h.rung >= rungs.size() || !is_rung_of(rungs[h.rung], kind, index)) continue;
    c.announce(i, now_ns);
    if (servers.cooling_down(now_ns)) {
      c.advance(h.begin, h.end, servers.last_failure(), now_ns);
      continue;
    }
    const uint64_t oldest = spec.age_max < c.highest() ? c.highest() - spec.age_max : 0;
    if (h.begin < oldest) {
      c.advance(h.begin, std::min(h.end, oldest), Reason::tooOld, now_ns);
      continue;
    }
    return take(c, rungs, h.rung, h.begin, kind == RungKind::snapshot ? h.end : end_of_request(h), now_ns);
  }
}

bool Work::serves(const Channel& c) const { return (spec.channel < 0 || c.index() == spec.channel) && c.started(); }

uint64_t Work::end_of_request(const Hole& hole) const {
  return hole.end - hole.begin > spec.range_max ? hole.begin + spec.range_max : hole.end;
}

void Work::finish() {
  state = State::none;
  channel = nullptr;
  rung = nullptr;
}

bool Work::closed_by(uint64_t first) const {
  return channel->linear(first) >= (channel->waiting_for_snapshot() ? channel->next() : end);
}

uint64_t Work::missing_on_rung() const { return under_way() ? channel->holes().missing_on(rung_index, begin, end) : 0; }

bool Work::count_try(Reason why) {
  bool over = false;
  const HoleList& holes = channel->holes();
  for (size_t i = holes.behind(begin); i < holes.size() && holes[i].begin < end; i++) {
    if (holes[i].rung != rung_index) continue;
    channel->count_try(i, why);
    over = over || holes[i].tries >= rung->tries;
  }
  return over;
}

void Work::to_next_rung(Reason why, int64_t now_ns) {
  Channel* c = channel;
  finish();
  if (c != nullptr) c->advance_on(rung_index, begin, end, why, now_ns);
}

void Work::announce_failure(Reason why, uint32_t detail, uint16_t server, int64_t now_ns) const {
  if (!under_way()) return;
  channel->say(NoticeType::recoveryFailed, why, begin, end, now_ns, index, detail, server);
}

// ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────

bool SnapshotWork::pick(const std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs,
                        const ServerList& servers, int64_t now_ns) {
  for (Channel* c : channels) {
    if (!work_.serves(*c)) continue;
    if (c->waiting_for_snapshot()) {
      pick_join(*c, rungs, servers, now_ns);
    } else {
      work_.take_hole(*c, rungs, RungKind::snapshot, servers, now_ns);
    }
    if (work_.under_way()) return true;
  }
  return false;
}

/// The channel waits for a snapshot to begin with. When the attempts are used up it begins without one.
void SnapshotWork::pick_join(Channel& c, const std::vector<RungSpec>& rungs, const ServerList& servers,
                             int64_t now_ns) {
  for (size_t i = 0; i < rungs.size(); i++) {
    if (!is_rung_of(rungs[i], RungKind::snapshot, work_.index)) continue;
    if (!servers.cooling_down(now_ns) && join_tries_ < rungs[i].tries) {
      return work_.take(c, rungs, i, c.next(), c.next(), now_ns);
    }
    join_tries_ = 0;
    const Reason why = servers.last_failure() == Reason::none ? Reason::exhausted : servers.last_failure();
    c.say(NoticeType::recoveryFailed, why, c.next(), c.next(), now_ns, work_.index, 0, servers.current());
    c.join_live(now_ns);
    return;
  }
}

bool SnapshotWork::filled() const {
  return !work_.channel->waiting_for_snapshot() && work_.channel->holes().missing(work_.begin, work_.end) == 0;
}

bool SnapshotWork::count_failed_join(Reason why, ServerList& servers) {
  if (!work_.channel->waiting_for_snapshot()) return false;
  servers.remember_failure(why);
  join_tries_++;
  work_.finish();
  return true;
}

bool SnapshotWork::count_try(Reason why) {
  Channel& c = *work_.channel;
  if (c.waiting_for_snapshot()) return ++join_tries_ >= work_.rung->tries;
  bool over = false;
  const HoleList& holes = c.holes();
  for (size_t i = 0; i < holes.size(); i++) {
    if (holes[i].rung != work_.rung_index) continue;
    c.count_try(i, why);
    over = over || holes[i].tries >= work_.rung->tries;
  }
  return over;
}

void SnapshotWork::to_next_rung(Reason why, int64_t now_ns) {
  if (!work_.under_way()) return;
  Channel& c = *work_.channel;
  const uint16_t tries = work_.rung->tries;
  if (c.waiting_for_snapshot()) {
    work_.finish();
    return c.join_live(now_ns);
  }
  work_.to_next_rung(why, now_ns);
  for (size_t i = 0; i < c.holes().size(); i++) {
    const Hole h = c.holes()[i];
    if (h.rung == work_.rung_index && h.tries >= tries) c.advance_on(work_.rung_index, h.begin, h.end, why, now_ns);
  }
}

}  // namespace venuewire

#include "core/snapshot_loop.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Loops that may be wanted and given up within one tick; the rest follows at the next one.
constexpr int kPicksMost = 4;

}  // namespace

SnapshotLoop::SnapshotLoop(const RequesterParts& parts)
    : Requester(parts.spec), servers_(parts.spec), work_(parts.spec, parts.index), snapshot_(work_), cycle_(work_) {}

void SnapshotLoop::line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                               const Arrival& arrival) {
  if (work_.channel != &channel) return;
  heard_ns_ = arrival.now_ns;
  const bool whole = cycle_.packet(framing, packet, arrival);
  see_all(cycle_.actions_seen());
  if (!whole) return;
  snapshot_.taken();
  work_.finish();
}

void SnapshotLoop::tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (work_.outlived()) work_.finish();
  if (work_.under_way() && now_ns >= silent_at_ns()) {
    fail(kTimedOutTraffic, now_ns);
  } else if (work_.under_way() && now_ns >= work_.answer_due_ns) {
    work_.channel->counters()[C::requestTimeouts]++;
    fail(0, now_ns);
  }
  for (int i = 0; i < kPicksMost && !work_.under_way(); i++) {
    if (!snapshot_.pick(channels, rungs, servers_, now_ns)) break;
    listen(now_ns);
  }
  deadline_ = work_.under_way() ? std::min(work_.answer_due_ns, silent_at_ns()) : INT64_MAX;
}

void SnapshotLoop::listen(int64_t now_ns) {
  cycle_.stop();  // what came before was for other work
  work_.state = Work::State::asked;
  heard_ns_ = now_ns;
}

int64_t SnapshotLoop::silent_at_ns() const { return spec_.silence_ns != 0 ? heard_ns_ + spec_.silence_ns : INT64_MAX; }

void SnapshotLoop::fail(uint32_t detail, int64_t now_ns) {
  work_.channel->snapshot_fail(Reason::timedOut, detail, now_ns, work_.index);
  cycle_.stop();
  if (snapshot_.count_failed_join(Reason::timedOut, servers_)) return;
  if (!snapshot_.count_try(Reason::timedOut)) return work_.finish();
  work_.announce_failure(Reason::timedOut, detail, servers_.current(), now_ns);
  snapshot_.to_next_rung(Reason::timedOut, now_ns);
}

}  // namespace venuewire

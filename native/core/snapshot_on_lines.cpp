#include "core/snapshot_on_lines.hpp"

namespace venuewire {

void SnapshotOnLines::line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                                  const Arrival& arrival) {
  if (work_.channel != &channel || !work_.asked() || !connection_.ready()) return;
  connection_.heard(arrival.now_ns);
  const bool whole = cycle_.packet(framing, packet, arrival);
  see_all(cycle_.actions_seen());
  if (whole) taken(arrival.now_ns);
}

bool SnapshotOnLines::pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (!SnapshotRequest::pick(channels, rungs, now_ns)) return false;
  cycle_.stop();  // what came before was for other work
  return true;
}

void SnapshotOnLines::answer_broken(Reason why, uint32_t detail, int64_t now_ns) {
  SnapshotRequest::answer_broken(why, detail, now_ns);
  cycle_.stop();
}

void SnapshotOnLines::forget_answers() {
  SnapshotRequest::forget_answers();
  cycle_.stop();
}

}  // namespace venuewire

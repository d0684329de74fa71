// A snapshot that is asked for on a connection and comes on lines.
#pragma once
#include "core/snapshot_cycle.hpp"
#include "core/snapshot_request.hpp"

namespace venuewire {

class SnapshotOnLines final : public SnapshotRequest {
 public:
  explicit SnapshotOnLines(const RequesterParts& parts) : SnapshotRequest(parts), cycle_(work_) {}

  void line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                   const Arrival& arrival) override;
  [[nodiscard]] uint64_t held_bytes() const override { return SnapshotRequest::held_bytes() + cycle_.held_bytes(); }

 private:
  [[nodiscard]] bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) override;
  [[nodiscard]] bool done() const override { return !cycle_.under_way() && SnapshotRequest::done(); }
  void answer_broken(Reason why, uint32_t detail, int64_t now_ns) override;
  void forget_answers() override;

  SnapshotCycle cycle_;
};

}  // namespace venuewire

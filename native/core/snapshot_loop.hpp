// A snapshot loop: lines that repeat the state for everybody. Nothing is asked for and nothing is connected to; it is
// listened to while a hole or a channel that begins wants it.
#pragma once
#include "core/requester.hpp"
#include "core/snapshot_cycle.hpp"
#include "core/work.hpp"

namespace venuewire {

class SnapshotLoop final : public Requester {
 public:
  explicit SnapshotLoop(const RequesterParts& parts);

  void connected(int64_t) override {}
  void received(Bytes, int64_t) override {}
  void closed(Reason, uint32_t, int64_t) override {}
  void line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                   const Arrival& arrival) override;
  [[nodiscard]] bool stalled() const override { return false; }
  void tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) override;
  [[nodiscard]] bool idle() const override { return !work_.under_way(); }
  [[nodiscard]] bool resting(int64_t) const override { return false; }
  void stop() override { work_.finish(); }
  void leave(int64_t) override { work_.finish(); }
  [[nodiscard]] uint64_t held_bytes() const override { return cycle_.held_bytes(); }

 private:
  void listen(int64_t now_ns);
  void fail(uint32_t detail, int64_t now_ns);
  [[nodiscard]] int64_t silent_at_ns() const;

  ServerList servers_;  // none: it keeps what has failed
  Work work_;
  SnapshotWork snapshot_;
  SnapshotCycle cycle_;
  int64_t heard_ns_ = 0;
};

}  // namespace venuewire

// The recovery ladder: moves the holes of channels from rung to rung by time. Pure; runs on the feed thread.
#pragma once
#include <cstdint>
#include <vector>

#include "core/channel.hpp"
#include "core/recovery_spec.hpp"

namespace venuewire {

/// Moves holes from rung to rung by time, and gives up what the last rung could not bring.
class Ladder {
 public:
  explicit Ladder(const std::vector<RungSpec>& rungs);
  void tick(Channel& channel, int64_t now_ns);
  [[nodiscard]] int64_t deadline(const Channel& channel) const;

 private:
  [[nodiscard]] size_t first_waiting(const Channel& channel) const;

  const std::vector<RungSpec>& rungs_;
  bool in_order_ = true;
  std::vector<uint64_t> seen_moves_;  // by channel: HoleList::rung_moves when all its holes were last looked at
};

}  // namespace venuewire

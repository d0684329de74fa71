// A replay: missing messages are asked for and come again, by request or by a login that names the first of them.
#pragma once
#include "core/hole_requester.hpp"

namespace venuewire {

class Replay final : public HoleRequester {
 public:
  using HoleRequester::HoleRequester;

 private:
  [[nodiscard]] bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) override;
  [[nodiscard]] uint64_t missing() const override { return work_.missing_on_rung(); }
  [[nodiscard]] bool done() const override { return missing() == 0; }
  [[nodiscard]] const Channel* taker() const override { return work_.channel; }
  void answer_begins(const Reply& login) override;
  [[nodiscard]] bool act(const Reply& reply) override;
};

}  // namespace venuewire

// A snapshot on request: the state comes on the connection that asked for it, with the number up to which it goes.
#pragma once
#include "core/hole_requester.hpp"

namespace venuewire {

class SnapshotRequest : public HoleRequester {
 public:
  explicit SnapshotRequest(const RequesterParts& parts) : HoleRequester(parts), snapshot_(work_) {}

 protected:
  [[nodiscard]] bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) override;
  /// One that has been asked for is taken to its end; one that nobody needs any more is not begun.
  [[nodiscard]] bool done() const override { return !work_.asked() && snapshot_.filled(); }
  void answer_broken(Reason why, uint32_t detail, int64_t now_ns) override;
  void forget_answers() override { answer_ = Answer::unnumbered; }
  /// The snapshot has been taken by the channel.
  void taken(int64_t now_ns);

  SnapshotWork snapshot_;

 private:
  /// Whether the number of the snapshot that is coming is known.
  enum class Answer : uint8_t { unnumbered, numbered };

  [[nodiscard]] uint64_t missing() const final { return 0; }
  [[nodiscard]] const Channel* taker() const final { return nullptr; }
  [[nodiscard]] bool count_try(Reason why) final { return snapshot_.count_try(why); }
  void to_next_rung(Reason why, int64_t now_ns) final { snapshot_.to_next_rung(why, now_ns); }
  void attempt_failed(Reason why, uint32_t detail, int64_t now_ns) final;
  void answer_begins(const Reply& login) final;
  void request_completed(int64_t now_ns) final;
  [[nodiscard]] bool act(const Reply& reply) final;
  void begin(int64_t now_ns) { work_.channel->snapshot_begin(now_ns, index_); }
  [[nodiscard]] bool take_message(const Reply& r);
  void end(const Reply& r);
  void end_at(uint64_t first, int64_t now_ns);

  Answer answer_ = Answer::unnumbered;
  uint64_t first_behind_ = 0;  // wire number of the first message that the snapshot does not contain
};

}  // namespace venuewire

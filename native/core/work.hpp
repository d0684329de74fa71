// What a requester is after: a range of one channel, from a hole that stands on a rung of this requester.
#pragma once
#include <cstdint>
#include <vector>

#include "core/channel.hpp"
#include "core/connection.hpp"
#include "core/recovery_spec.hpp"

namespace venuewire {

struct Work {
  enum class State : uint8_t { none, wanted, asked };

  Work(const RequesterSpec& requester, uint16_t requester_index) : spec(requester), index(requester_index) {}

  const RequesterSpec& spec;
  uint16_t index;  ///< of the requester
  State state = State::none;
  Channel* channel = nullptr;
  const RungSpec* rung = nullptr;
  uint16_t rung_index = 0;
  uint64_t begin = 0, end = 0;  ///< linear
  SessionId session;
  uint64_t missing = 0;  ///< when `answer_due_ns` was last set
  int64_t answer_due_ns = 0;
  int64_t not_before_ns = 0;  ///< the server asked for patience
  bool quota_told = false;

  [[nodiscard]] bool under_way() const { return state != State::none; }
  [[nodiscard]] bool asked() const { return state == State::asked; }
  /// The channel has left the session in which this was missing.
  [[nodiscard]] bool outlived() const { return under_way() && !(channel->session() == session); }

  void take(Channel& c, const std::vector<RungSpec>& rungs, size_t on_rung, uint64_t from, uint64_t to, int64_t now_ns);
  /// Takes the first hole of the channel that stands on a rung of that kind. Where every server refuses, or none can
  /// still have it, holes move on instead.
  void take_hole(Channel& c, const std::vector<RungSpec>& rungs, RungKind kind, const ServerList& servers,
                 int64_t now_ns);
  /// Whether the requester serves that channel, and it is there to be served.
  [[nodiscard]] bool serves(const Channel& c) const;
  /// Not more than one request may ask for.
  [[nodiscard]] uint64_t end_of_request(const Hole& hole) const;
  void finish();
  /// Whether a snapshot up to (not including) that wire number would close the gap it is wanted for.
  [[nodiscard]] bool closed_by(uint64_t first) const;
  /// How much of it the ladder still expects from this requester.
  [[nodiscard]] uint64_t missing_on_rung() const;

  /// Counts an attempt against every hole of the range; true when one has had all that its rung allows.
  [[nodiscard]] bool count_try(Reason why);
  /// Some of it has come: the rest has all its tries again.
  void renew_tries() { channel->forget_tries(begin, end); }
  /// Ends it, and moves what is missing of it to the next rung.
  void to_next_rung(Reason why, int64_t now_ns);
  void announce_failure(Reason why, uint32_t detail, uint16_t server, int64_t now_ns) const;
};

/// Work whose answer is a snapshot: it closes every hole that waits for one, and lets a channel begin.
class SnapshotWork {
 public:
  explicit SnapshotWork(Work& work) : work_(work) {}

  [[nodiscard]] bool pick(const std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs,
                          const ServerList& servers, int64_t now_ns);
  /// Whether nobody needs the snapshot any more.
  [[nodiscard]] bool filled() const;
  /// The snapshot is taken.
  void taken() { join_tries_ = 0; }
  /// Where it is for a channel that waits to begin: counts an attempt that has failed, and ends the work; pick() sees
  /// when the attempts are used up. False: it is for a hole.
  [[nodiscard]] bool count_failed_join(Reason why, ServerList& servers);
  [[nodiscard]] bool count_try(Reason why);
  void to_next_rung(Reason why, int64_t now_ns);

 private:
  void pick_join(Channel& c, const std::vector<RungSpec>& rungs, const ServerList& servers, int64_t now_ns);

  Work& work_;
  uint16_t join_tries_ = 0;  // for the snapshot that the channel begins with
};

}  // namespace venuewire

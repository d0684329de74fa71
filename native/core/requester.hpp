// Requesters turn holes into requests and what servers send into packets: pure state machines. Each way of recovery is
// a class of its own (replay, snapshot_request, snapshot_on_lines, snapshot_loop, stream_line); sessions and drivers
// know this interface only. Runs on the feed thread (or in a simulation).
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "core/channel.hpp"
#include "core/connection.hpp"
#include "core/recovery_spec.hpp"

namespace venuewire {

/// Details of `timedOut`: the login, and any traffic at all.
inline constexpr uint32_t kTimedOutLogin = 1, kTimedOutTraffic = 2;
/// A hint that names no channel.
inline constexpr uint16_t kAnyChannel = 0xFFFF;

/// Where packets that answer requests go; the session routes them to their channel.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void reply_packets(const FramingSpec& framing, uint16_t channel_hint, Bytes datagram,
                             const Arrival& arrival) = 0;
  [[nodiscard]] virtual const FramingSpec& feed_framing() const = 0;
};

class Requester {
 public:
  explicit Requester(const RequesterSpec& spec) : spec_(spec) {}
  virtual ~Requester() = default;
  Requester(const Requester&) = delete;
  Requester& operator=(const Requester&) = delete;

  // ── what the driver reports ──
  virtual void connected(int64_t now_ns) = 0;
  /// TCP bytes as they come, or one datagram.
  virtual void received(Bytes bytes, int64_t now_ns) = 0;
  virtual void closed(Reason why, uint32_t detail, int64_t now_ns) = 0;
  /// A packet of a snapshot line of `channel`.
  virtual void line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet,
                           const Arrival& arrival) = 0;
  /// The consumer has no room: the driver should stop reading this connection.
  [[nodiscard]] virtual bool stalled() const = 0;

  // ── for the session ──
  virtual void tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) = 0;
  /// When the next tick is due; INT64_MAX: not before something happens.
  [[nodiscard]] int64_t deadline() const { return deadline_; }
  /// It is after nothing, and can take up work.
  [[nodiscard]] virtual bool idle() const = 0;
  /// It has something to do without any hole.
  [[nodiscard]] virtual bool always_at_work() const { return false; }
  /// None of its servers could be reached: they are left alone for a while.
  [[nodiscard]] virtual bool resting(int64_t now_ns) const = 0;
  /// Ends all connections, as at close.
  virtual void stop() = 0;
  /// Ends the connection as its protocol wants it: says goodbye where there are words for it.
  virtual void leave(int64_t now_ns) = 0;

  [[nodiscard]] const RequesterSpec& spec() const { return spec_; }
  /// Which actions and outcomes replies have led to, as bits: what a certification has reached.
  [[nodiscard]] uint32_t actions_seen() const { return actions_seen_; }
  [[nodiscard]] uint32_t outcomes_seen() const { return outcomes_seen_; }
  /// Bytes allocated for what servers send.
  [[nodiscard]] virtual uint64_t held_bytes() const = 0;

 protected:
  void see(Action action) { actions_seen_ |= 1u << uint32_t(action); }
  void see_all(uint32_t actions) { actions_seen_ |= actions; }
  void see(Outcome outcome) { outcomes_seen_ |= 1u << uint32_t(outcome); }

  const RequesterSpec& spec_;
  int64_t deadline_ = INT64_MAX;

 private:
  uint32_t actions_seen_ = 0, outcomes_seen_ = 0;
};

/// What a requester is put together with.
struct RequesterParts {
  const RequesterSpec& spec;
  const FramingSpec& framing;  ///< of what the server sends
  uint16_t index;
  Host& host;
  ReplySink& sink;
  Channel& channel;  ///< of a stream: whose line it is
};

/// The requester for what is declared. This is the only place that looks at its purpose.
[[nodiscard]] std::unique_ptr<Requester> make_requester(const RequesterParts& parts);
/// The most bytes that it can ever hold of what servers send.
[[nodiscard]] uint64_t requester_held_bytes_max(const RequesterSpec& spec);

}  // namespace venuewire

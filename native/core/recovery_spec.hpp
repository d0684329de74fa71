// What is declared about recovery: the messages to a server, what its answers mean, its limits, and the rungs of the
// ladder. Read from the compiled declaration; data only.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/channel.hpp"

namespace venuewire {

/// Variables that a reply can repeat; those behind them belong to the message that is answered.
inline constexpr uint32_t kEchoedVariables = uint32_t(Variable::echo);

/// Fixed bytes with places to fill in. `fix_field`: the value is put in as decimal text at that point; `fix_time`: as
/// YYYYMMDD-HH:MM:SS.mmm.
struct Patch {
  uint16_t offset = 0;
  uint8_t width = 0;
  Encoding encoding = Encoding::uint_big;
  Variable variable = Variable::begin;
  int64_t add = 0;
};
struct Template {
  std::vector<uint8_t> bytes;
  std::vector<Patch> patches;
  bool fix = false;  ///< tag=value: BodyLength (9) and CheckSum (10) are filled in by the engine
  [[nodiscard]] bool present() const { return !bytes.empty(); }
  [[nodiscard]] bool sound() const;
};

struct StatusOutcome {
  uint64_t value = 0;
  Outcome outcome = Outcome::accepted;
};

struct ReplyRule {
  Field first, second;  ///< both must match; absent ones always do
  uint64_t first_value = 0, second_value = 0;
  bool in_message = false;  ///< fields count from the message instead of the packet
  Action action = Action::ignore;
  Field number, number2;  ///< number2: the last of a range; on snapshot lines: how many items the cycle has
  Field key;              ///< snapshot lines: what tells items apart; absent: the framing's `item`
  uint16_t payload_offset = 0;
  uint16_t session_offset = 0;
  uint8_t session_width = 0;  ///< text: must equal the channel's session, blanks aside
  bool inclusive = false;     ///< snapshot numbers: the snapshot contains this number
  std::vector<StatusOutcome> outcomes;
  Outcome otherwise = Outcome::give_up;
  /// A field that repeats what the request held. One that does not makes this the answer to another request.
  struct Echo {
    Field field;
    Variable variable = Variable::begin;
    [[nodiscard]] bool sound() const { return uint32_t(variable) < kEchoedVariables && field.present(); }
  };
  std::vector<Echo> echoes;
};

struct Limit {
  uint32_t count = 0;
  int64_t window_ns = 0;
  [[nodiscard]] bool sound() const { return count > 0 && window_ns > 0; }
};

struct ServerSpec {
  std::string host;
  uint16_t port = 0;
};

/// The longest packet that a server may be declared to send.
inline constexpr uint32_t kPacketBytesMost = 64u << 20;

struct RequesterSpec {
  std::string name;
  bool tcp = false;
  Purpose purpose = Purpose::replay;
  Lifecycle lifecycle = Lifecycle::keep;
  int32_t channel = -1;  ///< only holes of this channel; −1: any
  std::vector<ServerSpec> servers;
  std::string local_address;
  uint16_t framing = 0;               ///< of the reply stream or datagrams
  bool replies_are_feed = false;      ///< what no rule matches is a packet of the feed
  bool request_per_datagram = false;  ///< one datagram answers one request: ask again for the rest
  bool serial = false;                ///< the next request waits until this one has been answered to its end
  bool needs_image = false;
  Template login, request, heartbeat, logout;
  std::vector<ReplyRule> rules;
  std::vector<Limit> limits;
  uint64_t range_max = ~0ull;
  uint64_t age_max = ~0ull;  ///< numbers behind the newest that the server still has
  int64_t connect_timeout_ns = 1'000'000'000;
  int64_t login_timeout_ns = 1'000'000'000;
  int64_t heartbeat_ns = 0;
  int64_t silence_ns = 0;
  int64_t login_gap_ns = 0;
  int64_t cooldown_ns = 1'000'000'000;  ///< after all servers refused
  int64_t patience_ns = 1'000'000'000;  ///< longest wait for an allowance before the next rung
  uint32_t packet_bytes_max = 1u << 16;
  SnapshotFrom snapshot_from = SnapshotFrom::request;
  SnapshotNumber snapshot_number = SnapshotNumber::after;
  SnapshotCount snapshot_count = SnapshotCount::channel;
  // Stream feeds.
  Template resume;  ///< login after a break, where it differs
  Template probe, answer, gap_fill;
  std::vector<Template> subscribe;  ///< sent after each login, and again where a hole can only be mended by new state
  std::vector<Template> resend;     ///< the same messages, marked as sent before; empty: they are filled over
  struct PeerTag {
    uint16_t tag = 0;
    std::string text;
  };
  std::vector<PeerTag> peer;  ///< what every message of the peer must hold: another text, and it is not our peer
  int64_t refresh_timeout_ns = 10'000'000'000;  ///< from a subscription until its state must have made progress
  int64_t probe_ns = 0;                         ///< silence after which the probe is sent, once
  int64_t reconnect_first_ns = 100'000'000, reconnect_most_ns = 10'000'000'000;
  Field resent;  ///< … of a message that was sent before; without it a number must not be lower
  uint64_t resent_value = 0;
  uint32_t refresh_items = 0;  ///< snapshot_end messages that make the state whole again after a subscription
  uint8_t line = 0;
  [[nodiscard]] bool sound() const {
    return line < kLinesMax && reconnect_first_ns > 0 && reconnect_most_ns >= reconnect_first_ns && range_max > 0 &&
           packet_bytes_max > 0 && packet_bytes_max <= kPacketBytesMost && refresh_timeout_ns > 0 &&
           (resend.empty() || resend.size() == subscribe.size());
  }
};

struct RungSpec {
  RungKind kind = RungKind::wait;
  uint16_t requester = 0;
  uint16_t tries = 3;
  int64_t timeout_ns = 0;  ///< wait: the reorder wait; else: until an answer must have made progress
  uint32_t packets = 0;    ///< wait: also over once this many packets are held (0: no such bound)
  int32_t channel = -1;    ///< only for holes of this channel, others pass it by; −1: any
};

}  // namespace venuewire

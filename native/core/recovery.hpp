// The recovery ladder and its requesters: pure state machines that turn holes into requests and replies into packets.
// Every style (UDP request, TCP session, one-shot TCP, control plus multicast, resume by login, snapshot) is one record
// of this engine. Sockets belong to the Host; time is an argument. Runs on the feed thread (or in a simulation).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/channel.hpp"

namespace venuewire {

/// What a driver gives the requesters: live sockets, or a simulated network.
class Host {
 public:
  virtual ~Host() = default;
  virtual void connect(uint16_t requester, uint16_t server) = 0;
  virtual void send(uint16_t requester, Bytes bytes) = 0;
  virtual void close(uint16_t requester) = 0;
  /// Closes once what was sent has gone out and the peer has had time to answer it.
  virtual void leave(uint16_t requester) { close(requester); }
};

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
  uint16_t epoch_offset = 0;
  uint8_t epoch_width = 0;  ///< text: must equal the channel's session, blanks aside
  bool inclusive = false;   ///< snapshot numbers: the snapshot contains this number
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
  Requester(const RequesterSpec& spec, const FramingSpec& framing, uint16_t index, Host& host, ReplySink& sink);

  // ── what the driver reports ──
  void connected(int64_t now_ns);
  /// TCP bytes as they come, or one datagram.
  void received(Bytes bytes, int64_t now_ns);
  void closed(Reason why, uint32_t detail, int64_t now_ns);
  /// A packet of a snapshot line of `channel`. Cycles joined midway are passed over to the next beginning.
  void line_packet(const Channel& channel, const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  /// The consumer has no room: the driver should stop reading this connection.
  [[nodiscard]] bool stalled() const { return stalled_; }

  void tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns);
  [[nodiscard]] int64_t deadline() const { return deadline_; }
  [[nodiscard]] const RequesterSpec& spec() const { return spec_; }
  [[nodiscard]] bool idle() const { return work_channel_ == nullptr; }
  /// None of its servers could be reached: they are left alone for a while.
  [[nodiscard]] bool resting(int64_t now_ns) const { return now_ns < rest_until_ns_; }
  /// Which actions and outcomes replies have led to, as bits: what a certification has reached.
  [[nodiscard]] uint32_t actions_seen() const { return actions_seen_; }
  [[nodiscard]] uint32_t outcomes_seen() const { return outcomes_seen_; }
  /// Bytes allocated for what servers send, and the most that can be, by what is declared.
  [[nodiscard]] uint64_t held_bytes() const;
  [[nodiscard]] static uint64_t held_bytes_max(const RequesterSpec& spec);
  /// Ends all connections, as at close.
  void stop();
  /// Ends the connection as its protocol wants it: says goodbye where there are words for it.
  void leave(int64_t now_ns);
  /// Of a stream feed: the channel whose line it is.
  void attach(Channel& channel) {
    feed_ = &channel;
    if (spec_.refresh_items != 0) channel.awaits_refreshes();
  }

 private:
  enum class State : uint8_t { idle, connecting, login, ready };

  [[nodiscard]] bool has_work(const Channel& channel, const std::vector<RungSpec>& rungs, RungKind kind) const;
  [[nodiscard]] bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns);
  void go(int64_t now_ns);
  void transmit(const Template& t, int64_t now_ns, bool counted = true);
  void transmit_fix(const Template& t, int64_t now_ns);
  void transmit_fields(const Template& t, int64_t now_ns);
  void ask(int64_t now_ns);
  void open(int64_t now_ns);
  void hang_up(int64_t now_ns, bool polite);
  void process(int64_t now_ns);
  [[nodiscard]] bool record(Bytes packet_bytes, int64_t now_ns);
  [[nodiscard]] bool apply(const ReplyRule& rule, Bytes whole, Bytes at, int64_t now_ns);
  /// What a rule has found in a packet or message of the server.
  struct Reply {
    const ReplyRule& rule;
    Bytes whole, at;
    uint64_t number, last;  ///< 0 where there is none
    bool has_last;
    int64_t now_ns;
    /// The first number that a snapshot of this number does not contain.
    [[nodiscard]] uint64_t first_behind() const { return number + (rule.inclusive ? 1 : 0); }
  };
  [[nodiscard]] bool answers(const ReplyRule& rule, Bytes at) const;
  void apply_to_session(const Reply& r);
  void apply_to_request(const Reply& r);
  void apply_to_snapshot(const Reply& r);
  [[nodiscard]] bool take_data(const Reply& r);
  void let_in(const Reply& r);
  void completed(int64_t now_ns);
  void renew_tries();
  void end_snapshot(uint64_t first, int64_t now_ns);
  [[nodiscard]] bool used_up(Reason why);
  void status(Outcome outcome, uint32_t code, int64_t now_ns);
  void fail(Reason why, uint32_t detail, int64_t now_ns, bool hard);
  void finish_work();
  // Stream feeds (stream_feed.cpp).
  void feed_connected(int64_t now_ns);
  void feed_accepted(const ReplyRule& rule, Bytes at, uint64_t number, int64_t now_ns);
  void feed_lost(Reason why, uint32_t detail, int64_t now_ns, bool polite, bool patient = false);
  [[nodiscard]] bool feed_packet(const Packet& packet, int64_t now_ns);
  [[nodiscard]] bool feed_pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns);
  void feed_tick(int64_t now_ns);
  [[nodiscard]] int64_t feed_deadline() const;
  void feed_subscribe(int64_t now_ns);
  void feed_refreshed(int64_t now_ns);
  void feed_state(int64_t now_ns);
  void feed_refused(Reason why, uint32_t detail, int64_t now_ns);
  void feed_send_again(uint64_t from, uint64_t to, int64_t now_ns);
  void feed_fill(uint64_t from, uint64_t to, int64_t now_ns);
  void feed_message(uint64_t sequence, Bytes payload, int64_t now_ns);
  [[nodiscard]] bool feed_too_low(const Packet& packet, int64_t now_ns);
  [[nodiscard]] bool is_peer(Bytes message) const;
  void feed_no_session(uint32_t detail, int64_t now_ns);
  [[nodiscard]] Channel* counted_channel() const { return work_channel_ ? work_channel_ : feed_; }
  void next_rung(Reason why, int64_t now_ns);
  [[nodiscard]] uint64_t missing() const;
  [[nodiscard]] Channel* answering() const;
  void heard(uint64_t linear_end);
  [[nodiscard]] uint64_t variable(Variable v, int64_t now_ns) const;
  [[nodiscard]] int64_t allowance(int64_t now_ns) const;
  [[nodiscard]] bool within_limits(int64_t now_ns);
  /// The first time at which the server allows another login.
  [[nodiscard]] int64_t next_login_ns() const { return last_login_ns_ + spec_.login_gap_ns; }
  /// A login without a request behind it asks for the range itself.
  [[nodiscard]] bool login_asks() const { return spec_.login.present() && !spec_.request.present(); }
  void spend(int64_t now_ns);
  void check_done(int64_t now_ns);
  [[nodiscard]] static bool unreachable(Reason why);
  /// The server has served us.
  void served() { servers_failed_ = rounds_failed_ = 0; }
  void announce_failure(Reason why, uint32_t detail, int64_t now_ns);
  // Snapshot lines (snapshot_lines.cpp).
  struct Mark {
    const ReplyRule* rule;
    Bytes at;
    uint32_t index;  ///< of the message
  };
  [[nodiscard]] bool find_marks(const FramingSpec& framing, const Packet& packet, uint32_t& messages);
  [[nodiscard]] bool same_beginning(const FramingSpec& framing, const Packet& packet, uint32_t line_bit);
  [[nodiscard]] bool of_this_cycle(const FramingSpec& framing, const Packet& packet, uint32_t line_bit) const;
  void in_order(const FramingSpec& framing, const Packet& packet, uint32_t messages, const Arrival& arrival);
  void keep_late(const Packet& packet, const Arrival& arrival);
  void take_late(const FramingSpec& framing);
  void cycle_begin(const FramingSpec& framing, const Packet& packet, const Arrival& arrival, bool marked);
  void cycle_number(const FramingSpec& framing, const Packet& packet, const Mark& mark);
  void cycle_end(int64_t now_ns);
  void cycle_lost(Reason why, int64_t now_ns);
  [[nodiscard]] bool too_old_already(size_t mark) const;
  /// Whether a snapshot up to (not including) that wire number would close the gap it is wanted for.
  [[nodiscard]] bool new_enough(uint64_t first) const;

  const RequesterSpec& spec_;
  const FramingSpec& framing_;
  uint16_t index_;
  Host& host_;
  ReplySink& sink_;

  State state_ = State::idle;
  uint16_t server_ = 0;
  uint16_t servers_failed_ = 0;
  bool stalled_ = false;
  int64_t deadline_ = INT64_MAX;
  int64_t state_since_ns_ = 0;
  int64_t last_sent_ns_ = 0;
  int64_t last_heard_ns_ = 0;
  int64_t last_login_ns_ = INT64_MIN / 2;  // of the last login, or of a connection that has not come about
  int64_t cooldown_until_ns_ = INT64_MIN;
  Reason cooldown_why_ = Reason::none;
  uint16_t rounds_failed_ = 0;         // every server in turn could not be reached
  int64_t rest_until_ns_ = INT64_MIN;  // … and is left in peace until then

  // A stream feed.
  Channel* feed_ = nullptr;
  bool up_ = false;          // logged in, as the channel knows
  bool logging_in_ = false;  // the template under way is the login
  bool probed_ = false;
  bool gone_ = false;  // the peer has closed: there is nothing to close
  bool anew_ = false;  // the session that we know is over, and asking for it was refused: whatever is there now
  int64_t reopen_at_ns_ = 0;
  int64_t backoff_ns_ = 0;
  bool anew_numbers_ = false;   // the server's numbers have begun again: the next login begins ours again too
  bool proved_ = false;         // this connection has brought something new
  bool login_resumes_ = false;  // the login of this connection was to go on where we were
  Epoch login_epoch_;           // the session that this connection is logged into, where the server says so
  bool has_login_epoch_ = false;
  int64_t subscription_due_ns_ = INT64_MAX;  // when its state must have made progress
  int64_t subscribe_at_ns_ = INT64_MAX;      // when to subscribe again
  int64_t subscription_rest_ns_ = 0;         // doubles with each failure
  uint64_t subscription_number_ = 0;         // of its first message; 0: none on this connection
  int64_t subscription_sent_ns_ = 0;
  bool sending_again_ = false;
  uint64_t again_number_ = 0;
  uint64_t filled_to_ = 0;
  uint32_t refresh_left_ = 0;  // messages of state that are still to come
  bool refreshed_ = false;     // they have, up to …
  uint64_t refreshed_at_ = 0;  // … this number, which may be held behind a hole
  uint64_t refresh_id_ = 0;    // … for the subscription with this correlation
  uint64_t asked_number_ = 0;
  uint8_t echo_[64] = {};
  uint32_t echo_size_ = 0;

  // The request under way.
  Channel* work_channel_ = nullptr;
  const RungSpec* work_rung_ = nullptr;
  uint16_t work_rung_index_ = 0;
  uint64_t work_begin_ = 0, work_end_ = 0;  // linear
  uint64_t work_missing_ = 0;               // when the deadline was last set
  Epoch work_epoch_;
  bool asked_ = false;
  bool quota_told_ = false;
  int64_t answer_due_ns_ = 0;
  int64_t not_before_ns_ = 0;  // the server asked for patience
  uint16_t snapshot_tries_ = 0;
  uint64_t snapshot_number_ = 0;
  bool has_snapshot_number_ = false;
  uint64_t image_ = 0;
  uint64_t image_first_ = 0;  // the first number that the image does not contain
  bool has_image_ = false;

  // The last request of this connection: what it held, and whether its answer may still be coming.
  Channel* asked_channel_ = nullptr;
  Epoch asked_epoch_;
  uint64_t asked_end_ = 0;  // linear
  uint64_t asked_values_[kEchoedVariables] = {};
  bool outstanding_ = false;

  /// One turn of a snapshot loop, put together from the lines that carry it.
  struct Cycle {
    bool running = false;
    bool fresh = false;     // nothing of it has come: numbers may go on, or begin again
    uint64_t next = 0;      // number that continues it
    uint64_t identity = 0;  // of the packet that began it
    int64_t begin_send_ns = 0, last_send_ns = 0;
    uint32_t lines = 0;      // those that have shown its beginning
    uint32_t strangers = 0;  // beginnings on other lines since
    bool numbered = false;
    uint64_t least = 0, greatest = 0;
    bool total_known = false;
    uint64_t total = 0, items = 0;
    bool keyed = false;
    uint64_t first_key = 0;
    std::vector<ItemNumber> numbers;  // of items, when they have a count of their own
  };
  struct Late {
    uint64_t sequence;
    Arrival arrival;
    std::vector<uint8_t> bytes;
  };
  /// What is kept of a cycle behind a packet that one line lost and another may still bring.
  static constexpr size_t kLatePackets = 256, kLateBytes = 1u << 20, kItemsMax = 65536;
  /// Bytes of a stream kept beyond one packet while the consumer has no room.
  static constexpr size_t kStalledBytesMax = 4u << 20;
  Cycle cycle_;
  std::vector<Late> late_;
  size_t late_bytes_ = 0;
  std::vector<Mark> marks_;
  bool has_begin_rule_ = false, has_end_rule_ = false, has_item_rule_ = false;
  bool has_complete_rule_ = false;

  uint64_t implied_ = 0;  // wire number of the next counted message
  uint64_t correlation_ = 0;
  uint64_t client_sequence_ = 0;
  std::vector<uint8_t> stream_;
  uint32_t stream_at_ = 0;
  uint32_t applied_ = 0;  // messages of the record at the stream's front that have been dealt with
  bool processing_ = false;
  std::vector<uint8_t> scratch_;
  /// When the latest requests were sent, at most as many as the limit allows; a ring once it is full.
  struct Recent {
    std::vector<int64_t> times_ns;
    size_t oldest = 0;
  };
  std::vector<Recent> recent_;
  int64_t allowed_ns_ = INT64_MIN;
  uint32_t actions_seen_ = 0, outcomes_seen_ = 0;
};

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
  std::vector<uint64_t> seen_moves_;  // by channel: Channel::rung_moves when all its holes were last looked at
};

}  // namespace venuewire

// A channel: arbitrates lines by sequence number, delivers in order, holds what came early, knows every hole and keeps
// the ledger. Pure: bytes and times come in, runs and notices go out. Runs on the feed thread (or in a simulation). The
// way of a packet is in channel.cpp; sessions, holes and snapshots have a file each.
#pragma once
#include <cstdint>
#include <vector>

#include "core/counters.hpp"
#include "core/framing.hpp"
#include "core/hole_list.hpp"
#include "core/ranges.hpp"

namespace venuewire {

inline constexpr uint32_t kLinesMax = 16;
inline constexpr uint64_t kDatagramMax = 1u << 16;
inline constexpr uint32_t kPastSessions = 4;
inline constexpr uint32_t kOldCountPackets = 256;  ///< of a late line, while no other line goes on
inline constexpr uint32_t kFirsts = 4;             ///< first packets that contradict each other
inline constexpr uint32_t kTakenBackAfter = 4;     ///< packets of a session that was left and goes on

/// Messages of one packet, in wire form: walk `body`, pass over `skip` messages, take `take`.
struct Run {
  const FramingSpec* framing;
  Bytes body;
  uint32_t skip;
  uint32_t take;
  uint64_t sequence;  ///< wire number of the first message taken (of the packet, when packets are numbered)
  int64_t receive_ns;
  uint16_t channel;
  uint8_t line;
  Origin origin;
  bool unsequenced;
};

/// Who sent a packet: IPv4, host byte order. 0: not known.
struct Sender {
  uint32_t ip = 0;
  uint16_t port = 0;
};

struct Notice {
  NoticeType code = NoticeType::none;
  Reason reason = Reason::none;
  uint16_t channel = 0;
  uint64_t begin = 0, end = 0;  ///< wire numbers, half-open, where the notice is about a range
  uint64_t count = 0;           ///< numbers in the range (a range may wrap)
  int64_t time_ns = 0;
  uint16_t requester = 0xFFFF;
  uint16_t server = 0;
  uint32_t detail = 0;  ///< a server's status code, an errno …
  SessionId session;
  Sender sender;  ///< of the packet that led to it, where it is about who is believed
};

/// Where a channel's output goes. One call per packet, never per message.
class Output {
 public:
  virtual ~Output() = default;
  /// Whether a run of `bytes` wire bytes and a few notices can be taken now.
  [[nodiscard]] virtual bool room(uint32_t bytes) = 0;
  /// Takes a run; returns how many messages of it were well formed (and so delivered).
  [[nodiscard]] virtual uint32_t deliver(const Run& run, ChannelCounters& counters) = 0;
  virtual void notice(const Notice& notice) = 0;
  /// The longest run that there can ever be room for.
  [[nodiscard]] virtual uint32_t bytes_max() const { return ~0u; }
};

struct ChannelSpec {
  uint64_t key = 0;  ///< value of the framing's channel field, when lines carry several channels
  Join join = Join::live;
  bool session_fixed = false;
  SessionId session;  ///< only with session_fixed
  SessionId resume_session;
  uint64_t resume_number = 0;  ///< where delivery begins in that session, however it joins others; 0: nowhere
  uint32_t window_packets = 4096;
  uint32_t window_bytes = 16u << 20;
  uint32_t holes_max = 1024;
  uint64_t jump_max = 1u << 20;  ///< numbers; a packet farther ahead needs a second one that agrees
  [[nodiscard]] bool sound() const { return window_packets > 0 && holes_max > 0; }
};

struct Arrival {
  uint8_t line = 0;
  Origin origin = Origin::live;
  int64_t receive_ns = 0;
  int64_t now_ns = 0;
  uint64_t item = 0;  ///< what the packet's header names, in framings with a second count
  Sender sender = {};
  bool connected = false;  ///< it came over a connection of ours: nobody else can have sent it
};

/// The first number of an item's own count that a snapshot does not contain.
struct ItemNumber {
  uint64_t item, number;
};

class Channel;

/// Which channels want something to be done: what a session has to look at does not grow with what is quiet.
struct Attention {
  uint32_t blocked = 0;          ///< channels without room
  std::vector<Channel*> wanted;  ///< that have a hole, wait for a snapshot, or for a second packet
};

class alignas(64) Channel {
 public:
  /// How far the channel has come, and what it makes of what comes.
  enum class Phase : uint8_t {
    unstarted,         ///< its first number is not known
    live,              ///< what is next is delivered
    live_snapshot,     ///< a snapshot is coming that closes a gap: what comes beside it is held
    joining,           ///< delivery begins behind a snapshot: everything is held until it comes
    joining_snapshot,  ///< … and it is coming
  };
  /// Whether the venue has said that the session is over, and the consumer has been told.
  enum class End : uint8_t { open, said, told };

  Channel(const ChannelSpec& spec, const FramingSpec& framing, uint16_t index, Output& output,
          ChannelCounters counters);

  /// One packet, already read; `framing` is that of the line or reply it came on.
  void packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  /// One message whose number is known from its stream's count.
  void message(uint64_t wire_sequence, Bytes message, const Arrival& arrival);
  /// Tries again what waited for the consumer.
  void resume(int64_t now_ns);
  /// No more input will come: what is missing is given up, what is held is delivered.
  void finish(Reason why, int64_t now_ns);
  /// `attention` outlives the channel.
  void attend(Attention& attention) { attention_ = &attention; }
  [[nodiscard]] bool wants_service() const {
    return !holes_.empty() || waiting_for_snapshot() || belief_.claim.of == Claim::Of::first_number;
  }
  /// The session has taken it from its list.
  void left_alone() { listed_ = false; }
  /// When a first packet that nothing has contradicted is believed by itself; INT64_MAX: none waits.
  [[nodiscard]] int64_t first_due_ns() const;
  void believe_first(int64_t now_ns);

  // ── for the ladder ──
  [[nodiscard]] const HoleList& holes() const { return holes_; }
  void announce(size_t hole, int64_t now_ns);
  /// The hole goes to the next rung, whose time runs from `since_ns`.
  void to_next_rung(size_t hole, int64_t since_ns) { holes_.to_next_rung(hole, since_ns); }
  /// An attempt on its rung has failed, or has made progress.
  void count_try(size_t hole, Reason why) { holes_.count_try(hole, why); }
  void forget_tries(uint64_t begin, uint64_t end) { holes_.forget_tries(begin, end); }
  /// Gives up a range. Numbers that still arrive before their turn are delivered all the same.
  void abandon(uint64_t begin, uint64_t end, Reason why, int64_t now_ns);
  /// Moves the holes inside [begin, end) to the next rung, cutting those that reach beyond it.
  void advance(uint64_t begin, uint64_t end, Reason why, int64_t now_ns) {
    holes_.advance(begin, end, why, now_ns, false);
  }
  /// The same for what stands on that rung only: what has moved on already stays.
  void advance_on(uint16_t rung, uint64_t begin, uint64_t end, Reason why, int64_t now_ns);
  [[nodiscard]] uint32_t held_packets() const { return window_.used; }
  [[nodiscard]] bool waiting_for_snapshot() const {
    return phase_ == Phase::joining || phase_ == Phase::joining_snapshot;
  }
  [[nodiscard]] bool started() const { return phase_ != Phase::unstarted; }
  /// The stream that follows is the state at a snapshot: sequenced delivery stops until it ends.
  void snapshot_begin(int64_t now_ns, uint16_t requester);
  [[nodiscard]] bool snapshot_message(const FramingSpec& framing, Bytes body, const Arrival& arrival, uint32_t skip = 0,
                                      uint32_t take = kCountUnknown);
  /// `first`: wire number of the first message that the snapshot does not contain. `greatest`: where its items have
  /// numbers of their own, the greatest of them: the consumer compares up to there, and the notice says so.
  /// False: refused (and told), because it is older than what has been delivered, brings nothing, or cannot be true.
  [[nodiscard]] bool snapshot_end(uint64_t first, int64_t now_ns, uint16_t requester, uint64_t greatest = 0);
  /// Where delivery goes on after a snapshot whose numbers are those of the framing's second count (sorted by item):
  /// `first` and `greatest` as wire numbers. `wanted` is linear. False: what is held does not prove it new enough.
  [[nodiscard]] bool join_by_items(const std::vector<ItemNumber>& items, uint64_t wanted, uint64_t& first,
                                   uint64_t& greatest) const;
  void snapshot_fail(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester);
  // ── for a stream that is a line of this channel ──
  /// A login was accepted: the stream goes on with that wire number (0: it does not say), in that session.
  void stream_up(const SessionId* session, uint64_t wire_next, int64_t now_ns, uint16_t requester);
  /// The connection is lost. Without any other one nothing more is known: the channel is stale.
  void stream_down(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester, uint16_t server);
  void stream_end(int64_t now_ns);
  /// Where a stream resumes: the first number that is missing, or the next one. Not begun: 0 for the newest.
  [[nodiscard]] uint64_t resume_at() const;
  [[nodiscard]] uint64_t first_number() const { return framing_.wrap_first; }
  /// The stream's numbers begin again with that one, and nothing but the number says so. False: no room for it yet.
  [[nodiscard]] bool stream_restart(uint64_t wire_next, int64_t now_ns);
  /// The stream is not good before a refresh that was asked for has ended: after each login, and after each reset.
  void awaits_refreshes() { streams_.refreshes = true; }
  /// What has been given up is about to come again as state within the stream, and has come.
  void refresh_begin(int64_t now_ns, uint16_t requester);
  void refresh_end(int64_t now_ns, uint16_t requester);
  /// It was refused, or did not come: the state stays void.
  void refresh_fail(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester, uint16_t server);

  /// Joining without a snapshot after all.
  void join_live(int64_t now_ns);

  [[nodiscard]] uint64_t next() const { return next_; }
  [[nodiscard]] uint64_t highest() const { return highest_; }
  [[nodiscard]] uint64_t wire(uint64_t linear) const;
  [[nodiscard]] uint64_t linear(uint64_t wire) const;
  [[nodiscard]] const SessionId& session() const { return session_; }
  [[nodiscard]] uint16_t index() const { return index_; }
  [[nodiscard]] uint64_t key() const { return spec_.key; }
  [[nodiscard]] bool blocked() const { return blocked_; }
  [[nodiscard]] bool stale() const { return stale_; }
  [[nodiscard]] bool session_over() const { return end_ != End::open; }
  [[nodiscard]] bool session_fixed() const { return spec_.session_fixed; }
  ChannelCounters& counters() { return counters_; }
  Output& output() { return output_; }
  /// Bytes allocated for what is held, and the most that can be, by what is declared.
  [[nodiscard]] uint64_t held_bytes() const;
  [[nodiscard]] static uint64_t held_bytes_max(const ChannelSpec& spec);
  /// Brings the gauges (inFlight, missing, held) up to date.
  void update_gauges();
  /// expected = delivered + recovered + abandoned + inFlight, each counted for itself.
  [[nodiscard]] bool ledger_balances();
  /// What has to hold after every input: the ledger, the order of what is missing, lost and held, counts and bounds.
  /// Tests, fuzzers and certification ask; a feed does not.
  [[nodiscard]] bool sound();
  void say(NoticeType code, Reason why, uint64_t begin, uint64_t end, int64_t now_ns, uint16_t requester = 0xFFFF,
           uint32_t detail = 0, uint16_t server = 0);

 private:
  struct Held {
    uint64_t begin, end;    // linear, what is still wanted of the packet
    uint64_t packet_first;  // linear number of the packet's first message
    uint32_t slot;
    uint8_t line;
    Origin origin;
    int64_t receive_ns;
    const FramingSpec* framing;
    uint64_t item;
  };
  struct Lost {
    uint64_t begin, end;
    Reason why;
  };
  struct Slot {
    std::vector<uint8_t> bytes;
    uint32_t size = 0;
    uint32_t users = 0;
  };

  /// Packets that the present count does not explain: nothing follows from them before enough of them agree.
  struct Claim {
    enum class Of : uint8_t { nothing, first_number, session, restart };
    Of of = Of::nothing;
    SessionId session;
    uint64_t next =
        0;  ///< of a session: wire number behind its latest packet; of a restart: Belief::advances at its begin
    uint32_t packets = 0;  ///< that agree
    int64_t since_ns = 0;
  };
  /// A packet of the claim, kept whole: when the claim turns out to be true nothing of it is lost.
  struct Kept {
    const FramingSpec* framing;
    uint32_t at, size;
    Arrival arrival;
    uint64_t numbers, first;  ///< of an old packet: linear
  };
  struct KeptPackets {
    std::vector<Kept> list;
    std::vector<uint8_t> bytes;
  };
  /// Where a count may begin. `kept`: which kept packet says so, counted from 1; 0: a heartbeat.
  struct FirstSeen {
    SessionId session;
    uint64_t begin = 0, next = 0;  ///< wire numbers
    uint32_t kept = 0;
  };
  struct PastSession {
    SessionId session;
    uint64_t next = 0;  ///< wire number at which it was left
  };
  /// What a line has shown of the present count.
  struct LineTrace {
    uint64_t end = 0;  ///< linear: one above its highest number
    // Numbers that it shows again, from a lower one upwards.
    uint64_t run_next = 0;
    uint64_t advances = 0;  ///< when the run was last looked at
    uint32_t run_packets = 0, contradictions = 0;
    int64_t counted_ns = INT64_MIN;  ///< when the last datagram came that counted
    bool running = false, interleaved = false;
  };
  /// What tells a copy of a packet from another one with the same number.
  struct PacketMark {
    uint64_t first = ~0ull, mark = 0;
    int64_t receive_ns = 0;
    uint32_t count = 0;
    uint8_t line = 0;
  };

  // Who is believed (channel_belief.cpp).
  [[nodiscard]] bool is_believed(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                                 const Arrival& arrival);
  [[nodiscard]] bool first_agrees(const FramingSpec& framing, const Packet& packet, uint64_t begin, uint64_t next,
                                  const Arrival& arrival, bool keeps);
  [[nodiscard]] bool starts_over(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                                 const Arrival& arrival);
  [[nodiscard]] bool is_copy(const Packet& packet, uint64_t first, uint64_t count, const Arrival& arrival,
                             bool& contradicts) const;
  void keep_old(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                const Arrival& arrival);
  [[nodiscard]] bool start_over(const Arrival& arrival);
  void take_restart(int64_t now_ns);
  void note_advance(Bytes body, uint64_t first, uint64_t end, const Arrival& arrival);
  [[nodiscard]] bool session_agrees(const FramingSpec& framing, const Packet& packet, uint64_t end,
                                    const PastSession* past, uint32_t needed, const Arrival& arrival);
  void begin_with(uint32_t which, int64_t now_ns);
  [[nodiscard]] bool keeps_more(const Packet& packet) const;
  void shows_present_count(uint8_t line);
  [[nodiscard]] uint64_t numbers_ahead(uint64_t from, uint64_t to) const;
  [[nodiscard]] bool is_near(uint64_t number, uint64_t begin, uint64_t next) const;
  void prepare_belief();
  [[nodiscard]] static uint64_t belief_bytes_max();
  void leave_session(const SessionId& for_session);
  void keep_for_claim(const FramingSpec& framing, const Packet& packet, const Arrival& arrival, uint64_t numbers,
                      uint64_t first = 0);
  void drop_claim();
  [[nodiscard]] KeptPackets take_claim();
  void replay(KeptPackets kept, int64_t now_ns);
  /// A damaged packet shows that these numbers exist, though it does not bring them.
  void note_existing(uint64_t first, uint64_t end, const Arrival& arrival);
  void take_cut_packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);

  void take_data(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t count, const Arrival& arrival);
  void hold_early(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t end, const Arrival& arrival);
  [[nodiscard]] bool hold_range(const FramingSpec& framing, Bytes body, uint64_t first, uint64_t begin, uint64_t end,
                                const Arrival& arrival, uint32_t& slot);
  void raise_highest(uint64_t to, int64_t now_ns);
  void give_up_all(Reason why, int64_t now_ns);
  uint64_t fill_range(uint64_t begin, uint64_t end, Origin origin, int64_t now_ns);
  void drop_below(uint64_t position, bool count_duplicates);
  void drain(int64_t now_ns);
  uint32_t hand_over(const FramingSpec& framing, Bytes body, uint32_t skip, uint32_t take, uint64_t sequence,
                     const Arrival& arrival, bool unsequenced);
  [[nodiscard]] bool enter_session(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  /// `told`: the venue has said so. Otherwise what was delivered may not be true: stale.
  [[nodiscard]] bool switch_session(const SessionId& session, uint64_t next, NoticeType why, int64_t now_ns,
                                    bool told = true);
  [[nodiscard]] bool goes_on_as_before(const Packet& packet, uint64_t first, const Arrival& arrival);
  [[nodiscard]] bool from_before_reset(const Packet& packet, uint64_t first, const Arrival& arrival);
  void mark_unavailable(uint64_t first, uint64_t last, int64_t now_ns);
  [[nodiscard]] bool begins_again(uint64_t end, int64_t send_ns, int64_t& since_ns);
  void mark_never_sent(uint64_t first, uint64_t last, const Arrival& arrival);
  [[nodiscard]] bool take_in_turn(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  [[nodiscard]] bool take_copy(const Packet& packet, uint64_t end, const Arrival& arrival);
  void take_packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  void follow_control(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  [[nodiscard]] bool count_numbers(const FramingSpec& framing, const Packet& packet, uint64_t first,
                                   const Arrival& arrival, uint64_t& count, bool& one_more);
  [[nodiscard]] bool follow_time(const Packet& packet, uint64_t end, const Arrival& arrival);
  void hand_over_control(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  void say_unavailable(const ControlRule& rule, Bytes message, const Packet& packet, const Arrival& arrival);
  [[nodiscard]] bool take_reset(const Packet& packet, HeartbeatNumber meaning, uint64_t reset_to, bool timed,
                                const Arrival& arrival);
  void set_blocked(bool blocked);
  void look_after();
  void give_up_range(uint64_t begin, uint64_t end, Reason why);
  void start_at(uint64_t first, int64_t now_ns);
  [[nodiscard]] bool in_snapshot() const { return phase_ == Phase::live_snapshot || phase_ == Phase::joining_snapshot; }
  [[nodiscard]] bool holds_back() const { return in_snapshot() || waiting_for_snapshot(); }
  void leave_snapshot();
  void count_snapshot_failed(Reason why, uint32_t detail, int64_t now_ns, uint16_t requester);
  [[nodiscard]] Reason why_snapshot_is_refused(uint64_t position) const;
  void begin_behind_snapshot(uint64_t position, int64_t now_ns);
  void skip_to_snapshot(uint64_t position, uint16_t requester, int64_t now_ns);
  void end_session(int64_t now_ns);
  void mark_stale(Reason why, uint64_t begin, uint64_t end, int64_t now_ns);
  [[nodiscard]] bool phase_is_sound() const;
  void take_heartbeat(const Packet& packet, HeartbeatNumber meaning, const Arrival& arrival);
  [[nodiscard]] bool is_plausible(uint64_t first, uint64_t end, int64_t now_ns);
  void release_slot(uint32_t slot);
  void mark_good(int64_t now_ns);
  void tell_end(int64_t now_ns);
  void take_by_kind(const FramingSpec& framing, const Packet& packet, PacketKind kind, HeartbeatNumber meaning,
                    uint64_t reset_to, const Arrival& arrival);

  /// What is kept of packets, and known of lines, to tell who is believed.
  struct Belief {
    std::vector<PacketMark> marks;
    uint64_t advances = 0;  // packets that moved the count on
    bool replaying = false;
    uint32_t firsts_count = 0;
    Claim claim;
    LineTrace traces[kLinesMax];
    KeptPackets kept;
    FirstSeen firsts[kFirsts];
    uint64_t jump_candidate = 0;
    uint64_t given_up_begin = 0, given_up_end = 0;  // linear: the latest range that was given up
  };
  /// How often the count has begun again, and who has shown that.
  struct Resets {
    uint32_t count = 0;
    uint32_t seen_by_line[kLinesMax] = {};
    uint64_t highest_before = 0;
    uint64_t identity = 0;
    int64_t send_ns = INT64_MIN;  // what was sent before is of the old count
    int64_t candidate_ns = INT64_MIN;
    int64_t newest_send_ns = INT64_MIN;  // of what moved the count on
  };
  struct PastSessions {
    PastSession list[kPastSessions];
    uint32_t count = 0;
  };
  /// Streams that are lines of the channel.
  struct Streams {
    uint32_t up = 0;
    bool was_up = false;       // one has been logged in
    bool refreshes = false;    // what a stream says is whole only behind a refresh
    bool refresh_due = false;  // … which has not ended since the last login or reset
  };
  /// Packets that came early: their bytes. `held_` says what of them is wanted.
  struct Window {
    std::vector<Slot> slots;
    std::vector<uint32_t> free_slots;
    uint64_t bytes = 0;
    uint32_t used = 0;  // slots
    uint64_t held_numbers = 0;
    bool full_told = false;
  };

  // First what every packet asks, in the order of cache lines: one channel of hundreds has to be fetched again each
  // time.
  const FramingSpec& framing_;
  Output& output_;
  ChannelCounters counters_;
  uint64_t next_ = 0;     // linear: first number not delivered
  uint64_t highest_ = 0;  // linear: one above the highest number known to exist
  SessionId session_;
  uint16_t index_;
  Phase phase_ = Phase::unstarted;
  End end_ = End::open;
  bool blocked_ = false;  // the consumer has no room
  bool stale_ = false;    // it has been told that what it has may not be true
  bool lossy_ = false;    // something was given up since the last snapshot or session start
  bool listed_ = false;   // with `attention_`

  RangeList<Held> held_;
  RangeList<Lost> lost_;

  Sender sender_;  // of the packet that is being read
  Attention* attention_ = nullptr;
  uint64_t end_number_ = 0;
  Resets resets_;

  alignas(64) Belief belief_;

  HoleList holes_;
  Window window_;
  PastSessions past_;
  Streams streams_;
  ChannelSpec spec_;
};

}  // namespace venuewire

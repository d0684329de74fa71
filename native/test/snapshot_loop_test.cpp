// Snapshots that lines repeat: where a cycle begins and ends, what is passed over, how it joins the live numbers, and
// what two lines of one loop do for each other. The ledger is checked at every step.
#include "core/requester.hpp"
#include "test/scenario.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;
constexpr int64_t kMs = 1'000'000;

/// A loop's packets: number, send time, item, then messages with their length in front. Numbers count packets.
FramingSpec loop_framing(bool timed = true) {
  FramingSpec f;
  f.header_length = f.header_length_min = 12;
  f.sequence = be(0, 4);
  if (timed) f.send_time = be(4, 4);
  f.item = be(8, 4);
  f.numbering = Numbering::packet;
  f.message_length = be(0, 2);
  f.message_length_add = 2;
  f.message_prefix = 2;
  return f;
}
/// The same for a live line whose messages have a number of their own in front.
FramingSpec counted_framing() {
  FramingSpec f = loop_framing();
  f.item_number = be(0, 4);
  return f;
}

using Texts = std::vector<std::string>;
Buffer loop(uint32_t sequence, const Texts& messages, uint32_t sent = 0, uint32_t item = 0) {
  Buffer b;
  put(b, sequence, 4);
  put(b, sent == 0 ? sequence : sent, 4);
  put(b, item, 4);
  for (const std::string& m : messages) {
    put(b, m.size(), 2);
    put(b, m);
  }
  return b;
}
std::string own(uint32_t number, const std::string& text = "") {
  Buffer b;
  put(b, number, 4);
  return std::string(b.begin(), b.end()) + text;
}

ReplyRule rule(char type, Action action, bool numbered = false) {
  ReplyRule r;
  r.in_message = true;
  r.first = be(0, 1);
  r.first_value = uint8_t(type);
  r.action = action;
  r.inclusive = true;
  if (numbered) r.number = digits(1, 4);
  return r;
}
ReplyRule packet_number(uint64_t n, Action action) {
  ReplyRule r;
  r.first = be(0, 4);
  r.first_value = n;
  r.action = action;
  return r;
}

RequesterSpec loop_requester(std::vector<ReplyRule> rules, SnapshotNumber number = SnapshotNumber::after) {
  RequesterSpec q;
  q.name = "loop";
  q.purpose = Purpose::snapshot;
  q.snapshot_from = SnapshotFrom::loop;
  q.snapshot_number = number;
  q.framing = 1;
  q.rules = std::move(rules);
  return q;
}
/// `B`, data, `E` and the last number that is contained.
RequesterSpec begin_and_end() {
  return loop_requester({rule('B', Action::snapshot_begin), rule('E', Action::snapshot_end, true)});
}
/// Packet 1 begins; each item `I` has its number.
RequesterSpec by_packet_number() {
  return loop_requester({packet_number(1, Action::snapshot_begin), rule('I', Action::snapshot_number, true)},
                        SnapshotNumber::every_item);
}

class Rig final : public Host {
 public:
  explicit Rig(RequesterSpec q, bool join = false, FramingSpec live = moldudp64(), FramingSpec lines = loop_framing(),
               uint16_t tries = 3) {
    spec.framings = {std::move(live), std::move(lines)};
    LineSpec a, b, sa, sb;
    b.line = sb.line = 1;
    sa.role = sb.role = LineRole::snapshot;
    sa.framing = sb.framing = 1;
    spec.lines = {a, b, sa, sb};
    for (LineSpec& l : spec.lines) l.channel = 0;
    ChannelSpec c;
    if (join) c.join = Join::snapshot;
    spec.channels = {c};
    spec.requesters = {std::move(q)};
    RungSpec r;
    r.kind = RungKind::snapshot;
    r.tries = tries;
    r.timeout_ns = 1'000 * kMs;
    spec.rungs = {r};
    session = std::make_unique<Session>(spec, *this, out, counters, FeedCounters{feed});
  }
  SessionSpec spec;
  Recorder out;
  uint64_t counters[kChannelCounters] = {}, feed[kFeedCounters] = {};
  std::unique_ptr<Session> session;
  int64_t now = 1'000 * kMs;
  std::string actions;

  uint64_t operator[](C c) { return counters[uint32_t(c)]; }
  void connect(uint16_t, uint16_t) override { actions += "connect "; }
  void send(uint16_t, Bytes) override { actions += "send "; }
  void close(uint16_t) override { actions += "close "; }
  void packet(const Buffer& b, uint16_t line) {
    const Buffer exact(b);
    now += 1'000;
    session->datagram(line, view(exact), now, now);
    session->channel(0).believe_first(now);
    session->service(now);
    CHECK(session->ledger_balances());
  }
  void data(uint64_t first, uint32_t count = 1) { packet(mold_data(first, count), 0); }
  void a(const Buffer& b) { packet(b, 2); }
  void b(const Buffer& b) { packet(b, 3); }
  void both(const Buffer& x) {
    a(x);
    b(x);
  }
  /// Numbers 2 and 3 are missing behind 1.
  void gap() {
    data(1);
    data(4);
    out.take();
  }
  void pass(int64_t ns) {
    const int64_t until = now + ns;
    for (int i = 0; i < 10'000 && session->deadline() <= until; i++) {
      now = std::max(now, session->deadline());
      session->service(now);
    }
    now = until;
    session->service(now);
    CHECK(session->ledger_balances());
  }
  std::string log() { return out.take(); }
};

// ── where a cycle begins and ends ────────────────────────────────────────────────────────────────────────────────

SCENARIO("a loop joined midway is passed over to the next beginning") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(7, {"Dx"}));
  r.a(loop(8, {"E0003"}));
  CHECK_LOG(r.log(), "");
  r.a(loop(9, {"B", "Da"}));
  r.a(loop(10, {"Db"}));
  r.a(loop(11, {"E0003"}));
  CHECK_LOG(r.log(), "snapshotStarted s(B) s(Da) s(Db) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
  CHECK(r[C::snapshots] == 1 && r[C::abandonedToSnapshot] == 2);
  CHECK_LOG(r.actions, "");
}

SCENARIO("a loop has no connection: what is said of one changes nothing") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(9, {"B", "Da"}));
  const Buffer stray = loop(10, {"E0009"});
  r.session->requester(0).connected(r.now);
  r.session->requester(0).received(view(stray), r.now);
  r.session->requester(0).closed(Reason::connectionClosed, 0, r.now);
  r.a(loop(10, {"E0003"}));
  CHECK_LOG(r.log(), "snapshotStarted s(B) s(Da) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
  CHECK_LOG(r.actions, "");
}

SCENARIO("joins late: the account begins where the snapshot ends") {
  Rig r(begin_and_end(), true);
  r.data(10, 3);
  r.a(loop(1, {"B", "Da"}));
  r.data(13);
  r.a(loop(2, {"E0011"}));
  CHECK_LOG(r.log(), "sessionStarted snapshotStarted s(B) s(Da) s(E0011) snapshotEnded 12 13");
  CHECK(r[C::delivered] == 2 && r[C::abandoned] == 0);
}

SCENARIO("without a beginning, what follows an end is a whole cycle; the next one begins with its end") {
  Rig r(loop_requester({rule('E', Action::snapshot_end, true)}));
  r.gap();
  r.a(loop(5, {"Dx"}));
  r.a(loop(6, {"E0002"}));
  r.a(loop(7, {"Da", "E0002", "Db"}));  // too old, and the beginning of the next one in the same packet
  r.a(loop(8, {"E0003", "Dc"}));
  CHECK_LOG(r.log(),
            "snapshotStarted s(Da) s(E0002) snapshotFailed:tooOld snapshotStarted s(Db) s(E0003) "
            "gapAbandoned[2,4):snapshot snapshotEnded 4 good");
  CHECK(r[C::snapshotsFailed] == 1);
}

SCENARIO("without a beginning, the numbers of the loop may begin again behind an end") {
  Rig r(loop_requester({rule('E', Action::snapshot_end, true)}));
  r.gap();
  r.a(loop(6, {"E0002"}, 6));
  r.a(loop(1, {"Da"}, 7));
  r.a(loop(2, {"E0003"}, 8));
  CHECK_LOG(r.log(), "snapshotStarted s(Da) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
}

SCENARIO("by packet number: the next cycle's beginning ends this one") {
  Rig r(by_packet_number());
  r.gap();
  r.a(loop(3, {"I0009"}, 1));
  r.a(loop(1, {"I0003"}, 2));
  r.a(loop(2, {"I0005"}, 3));
  r.a(loop(1, {"I0004"}, 4));
  CHECK(r[C::snapshots] == 1);
  const Notice n = r.out.notices[r.out.notices.size() - 2];
  CHECK(n.code == NoticeType::snapshotEnded && n.begin == 4 && n.end == 6);  // items compare in [4, 6)
  CHECK_LOG(r.log(), "snapshotStarted s(I0003) s(I0005) gapAbandoned[2,4):snapshot snapshotEnded[4,6) 4 good");
}

SCENARIO("by packet number: the least number decides, and one too old makes the cycle too old") {
  Rig r(by_packet_number());
  r.gap();
  r.a(loop(1, {"I0002"}, 2));
  r.a(loop(2, {"I0009"}, 3));
  r.a(loop(1, {"I0003"}, 4));
  r.a(loop(2, {"I0004"}, 5));
  r.a(loop(1, {"I0008"}, 6));
  CHECK_LOG(r.log(),
            "snapshotStarted s(I0002) s(I0009) snapshotFailed:tooOld snapshotStarted s(I0003) s(I0004) "
            "gapAbandoned[2,4):snapshot snapshotEnded[4,5) 4 good");
}

SCENARIO("a stated number of items must have come: a lost tail is not taken for the end") {
  RequesterSpec q = by_packet_number();
  q.rules[1].number2 = digits(5, 2);
  Rig r(q);
  r.gap();
  r.a(loop(1, {"I000303"}, 2));
  r.a(loop(2, {"I000303"}, 3));
  r.a(loop(1, {"I000402"}, 5));  // the third was lost
  r.a(loop(2, {"I000402"}, 6));
  r.a(loop(1, {"I000802"}, 7));
  CHECK_LOG(r.log(),
            "snapshotStarted s(I000303) s(I000303) snapshotFailed:unavailable snapshotStarted s(I000402) s(I000402) "
            "gapAbandoned[2,5):snapshot snapshotEnded good");
}

SCENARIO("a loop without marks: over when its first item comes again") {
  RequesterSpec q = loop_requester({rule('I', Action::snapshot_item, true)}, SnapshotNumber::every_item);
  q.rules[0].key = digits(5, 1);
  Rig r(q);
  r.gap();
  r.a(loop(20, {"Dx", "I00037", "Da"}));
  r.a(loop(21, {"I00048", "Db"}));
  r.a(loop(22, {"I00069", "Dc", "I00077", "Dy"}));
  CHECK_LOG(r.log(),
            "snapshotStarted s(I00037) s(Da) s(I00048) s(Db) s(I00069) s(Dc) gapAbandoned[2,4):snapshot "
            "snapshotEnded[4,7) 4 good");
}

SCENARIO("by flags of the packet's header") {
  ReplyRule begin = packet_number(0x0100'0000, Action::snapshot_begin), end = packet_number(1, Action::snapshot_end);
  begin.first = be(8, 4);
  end.first = be(8, 4);
  Rig r(loop_requester({begin, end, rule('N', Action::snapshot_number, true)}, SnapshotNumber::before));
  r.gap();
  r.a(loop(1, {"N0003", "Da"}, 1, 0x0100'0000));
  r.a(loop(2, {"Db"}));
  r.a(loop(3, {"Dc"}, 3, 1));
  CHECK_LOG(r.log(), "snapshotStarted s(N0003) s(Da) s(Db) s(Dc) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
}

SCENARIO("a number known beforehand and too old is not even begun") {
  RequesterSpec q = loop_requester({rule('B', Action::snapshot_begin, true), rule('E', Action::snapshot_end)},
                                   SnapshotNumber::before);
  Rig r(q);
  r.gap();
  r.a(loop(1, {"B0002", "Da"}));
  r.a(loop(2, {"E"}));
  CHECK_LOG(r.log(), "");
  r.a(loop(3, {"B0003", "Da"}));
  r.a(loop(4, {"E"}));
  CHECK_LOG(r.log(), "snapshotStarted s(B0003) s(Da) s(E) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
}

SCENARIO("inclusive and exclusive numbers") {
  for (const bool inclusive : {true, false}) {
    RequesterSpec q = begin_and_end();
    for (ReplyRule& x : q.rules) x.inclusive = inclusive;
    Rig r(q);
    r.gap();
    r.a(loop(1, {"B"}));
    r.a(loop(2, {inclusive ? "E0003" : "E0004"}));
    CHECK(r[C::snapshots] == 1 && r[C::abandonedToSnapshot] == 2 && r[C::delivered] == 2);
  }
}

// ── two lines of one loop ────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("both lines' copies are given once") {
  for (const bool timed : {true, false}) {
    Rig r(begin_and_end(), false, moldudp64(), loop_framing(timed));
    r.gap();
    r.both(loop(1, {"B", "Da"}));
    r.both(loop(2, {"Db"}));
    r.both(loop(3, {"E0003"}));
    CHECK_LOG(r.log(), "snapshotStarted s(B) s(Da) s(Db) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
  }
}

SCENARIO("a late copy of the beginning does not begin the cycle again") {
  for (const bool timed : {true, false}) {
    Rig r(by_packet_number(), false, moldudp64(), loop_framing(timed));
    r.gap();
    r.a(loop(1, {"I0003"}, 11));
    r.a(loop(2, {"I0004"}, 12));
    r.b(loop(1, {"I0003"}, 11));
    r.b(loop(2, {"I0004"}, 12));
    r.a(loop(3, {"I0005"}, 13));
    CHECK(r[C::snapshots] == 0);
    r.b(loop(3, {"I0005"}, 13));
    r.b(loop(1, {"I0006"}, 14));
    CHECK_LOG(r.log(),
              "snapshotStarted s(I0003) s(I0004) s(I0005) gapAbandoned[2,4):snapshot snapshotEnded[4,6) 4 good");
  }
}

SCENARIO("a packet that the network doubled begins nothing") {
  Rig r(by_packet_number());
  r.gap();
  r.a(loop(1, {"I0003"}, 11));
  r.a(loop(1, {"I0003"}, 11));
  r.a(loop(2, {"I0004"}, 12));
  r.a(loop(1, {"I0003"}, 11));
  CHECK(r[C::snapshots] == 0);
  r.a(loop(1, {"I0006"}, 14));
  CHECK(r[C::snapshots] == 1);
}

SCENARIO("what one line lost the other brings, whichever is ahead") {
  for (const bool a_first : {true, false}) {
    Rig r(begin_and_end());
    r.gap();
    const auto first = [&](const Buffer& x) { a_first ? r.a(x) : r.b(x); };
    const auto second = [&](const Buffer& x) { a_first ? r.b(x) : r.a(x); };
    const Buffer p1 = loop(1, {"B"}), p2 = loop(2, {"D2"}), p3 = loop(3, {"D3"}), p4 = loop(4, {"D4"}),
                 p5 = loop(5, {"E0003"});
    first(p1);
    first(p3);  // 2 lost on the line that is ahead
    first(p4);
    second(p1);
    second(p2);
    // 3 and 4 lost on the line that is behind
    first(p5);
    second(p5);
    CHECK_LOG(r.log(),
              "snapshotStarted s(B) s(D2) s(D3) s(D4) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
  }
}

SCENARIO("lost on both lines: the cycle is given up and the next one taken") {
  Rig r(begin_and_end());
  r.gap();
  r.both(loop(1, {"B"}));
  r.both(loop(3, {"E0003"}));
  CHECK_LOG(r.log(), "snapshotStarted s(B)");
  r.both(loop(4, {"B"}));
  r.both(loop(5, {"E0003"}));
  CHECK_LOG(r.log(),
            "snapshotFailed:unavailable snapshotStarted s(B) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
}

SCENARIO("a packet of the cycle before, late on the other line, is not taken into this one") {
  Rig r(by_packet_number());
  r.gap();
  r.a(loop(1, {"I0003"}, 11));
  r.b(loop(1, {"I0003"}, 11));
  r.b(loop(2, {"I0001"}, 5));  // of the cycle before
  r.a(loop(2, {"I0004"}, 12));
  r.a(loop(1, {"I0005"}, 14));
  CHECK_LOG(r.log(), "snapshotStarted s(I0003) s(I0004) gapAbandoned[2,4):snapshot snapshotEnded[4,5) 4 good");
}

SCENARIO("when one line falls silent midway the other one is followed") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(1, {"B"}, 1));  // then nothing more on A; B lost the beginning
  r.b(loop(3, {"Dx"}, 3));
  r.b(loop(11, {"B"}, 11));
  r.b(loop(12, {"E0003"}, 12));
  r.b(loop(21, {"B"}, 21));
  r.b(loop(22, {"E0003"}, 22));
  CHECK(r[C::snapshots] == 1 && r[C::abandonedToSnapshot] == 2);
}

SCENARIO("unnumbered loops listen to one line") {
  FramingSpec f = loop_framing();
  f.sequence = {};
  f.numbering = Numbering::none;
  Rig r(begin_and_end(), false, moldudp64(), f);
  r.gap();
  r.both(loop(1, {"B"}));
  r.both(loop(2, {"Da"}));
  r.both(loop(3, {"E0003"}));
  CHECK_LOG(r.log(), "snapshotStarted s(B) s(Da) s(E0003) gapAbandoned[2,4):snapshot snapshotEnded 4 good");
}

// ── bounds and ends ──────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("no cycle in time counts as an attempt; after the last one the gap is lost") {
  Rig r(begin_and_end(), false, moldudp64(), loop_framing(), 2);
  r.gap();
  r.a(loop(1, {"B"}));
  r.pass(1'000 * kMs);
  CHECK(r[C::abandoned] == 0 && r[C::requestTimeouts] == 1);
  r.a(loop(2, {"E0003"}));  // of a cycle that has been given up
  CHECK(r[C::snapshots] == 0);
  r.pass(1'000 * kMs);
  CHECK(r[C::abandoned] == 2 && r[C::abandonedToSnapshot] == 0);
  CHECK_LOG(r.log(),
            "snapshotStarted s(B) snapshotFailed:timedOut recoveryFailed[2,4):timedOut gapAbandoned[2,4):timedOut 4");
}

SCENARIO("joins live when no loop comes") {
  Rig r(begin_and_end(), true, moldudp64(), loop_framing(), 1);
  r.data(10, 2);
  r.pass(3'000 * kMs);
  r.data(12);
  CHECK(r[C::delivered] == 3);
}

SCENARIO("a consumer without room loses the cycle and takes the next") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(1, {"B"}));
  r.out.full = true;
  r.a(loop(2, {"Da"}));
  r.out.full = false;
  r.a(loop(3, {"E0003"}));
  CHECK(r[C::snapshots] == 0);
  r.a(loop(4, {"B", "Da"}));
  r.a(loop(5, {"E0003"}));
  CHECK_LOG(r.log(),
            "snapshotStarted s(B) snapshotFailed snapshotStarted s(B) s(Da) s(E0003) gapAbandoned[2,4):snapshot "
            "snapshotEnded 4 good");
}

SCENARIO("what is kept behind a lost packet is bounded") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(1, {"B"}));
  for (uint32_t i = 3; i < 1'000; i++) r.a(loop(i, {"Dx"}));
  CHECK(r[C::snapshotsFailed] == 1);
  r.a(loop(1'000, {"B"}));
  r.a(loop(1'001, {"E0003"}));
  CHECK(r[C::snapshots] == 1);
}

SCENARIO("damaged packets of a loop are counted and lose the cycle only") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(1, {"B"}));
  Buffer damaged = loop(2, {"Da"});
  damaged.pop_back();
  r.a(damaged);
  r.b(loop(1, {"B"}));
  r.b(loop(2, {"Da"}));
  r.b(loop(3, {"E0003"}));
  CHECK(r[C::malformed] == 1 && r[C::snapshots] == 1);
}

SCENARIO("live messages come in between and wait for the cycle's end") {
  Rig r(begin_and_end());
  r.gap();
  r.a(loop(1, {"B"}));
  r.data(5);
  r.a(loop(2, {"E0004"}));
  r.data(6);
  CHECK_LOG(r.log(), "snapshotStarted s(B) s(E0004) gapAbandoned[2,5):snapshot snapshotEnded 5 good 6");
}

// ── numbers that are not the channel's ───────────────────────────────────────────────────────────────────────────

RequesterSpec with_own_count(bool keyed) {
  RequesterSpec q =
      keyed ? loop_requester({packet_number(1, Action::snapshot_begin), rule('I', Action::snapshot_number, true)},
                             SnapshotNumber::every_item)
            : loop_requester({rule('B', Action::snapshot_begin, true), rule('E', Action::snapshot_end)},
                             SnapshotNumber::before);
  q.snapshot_count = SnapshotCount::item;
  return q;
}

SCENARIO("a count that all channels share: delivery goes on with the first message that the snapshot lacks") {
  Rig r(with_own_count(false), false, counted_framing());
  r.packet(loop(1, {own(100, "a")}), 0);
  r.packet(loop(4, {own(140, "d")}), 0);
  r.packet(loop(5, {own(155, "e"), own(160, "f")}), 0);
  r.packet(loop(6, {own(170, "g")}), 0);
  r.log();
  r.a(loop(1, {"B0130"}, 1));
  r.a(loop(2, {"E"}, 2));
  CHECK_LOG(r.log(), "snapshotStarted s(B0130) s(E) snapshotFailed:tooOld");  // 131 to 139 may be among the lost
  r.a(loop(3, {"B0157"}, 3));
  r.a(loop(4, {"E"}, 4));
  CHECK(r[C::snapshots] == 1 && r[C::abandonedToSnapshot] == 3);
  const std::string log = r.log();
  CHECK(log.find("gapAbandoned[2,5):snapshot snapshotEnded[5,6)") != std::string::npos);
  CHECK(r[C::delivered] == 3);
}

SCENARIO("a count of its own for each item: each one's first message behind the gap decides") {
  Rig r(with_own_count(true), false, counted_framing());
  r.packet(loop(1, {own(10)}, 1, 7), 0);
  r.packet(loop(4, {own(12)}, 4, 7), 0);  // item 7 lacks 11
  r.packet(loop(5, {own(90)}, 5, 8), 0);  // item 8 lacks up to 89
  r.packet(loop(6, {own(13)}, 6, 7), 0);
  r.log();
  r.a(loop(1, {"I0012"}, 11, 7));
  r.a(loop(2, {"I0088"}, 12, 8));
  r.a(loop(1, {"I0012"}, 13, 7));
  r.a(loop(2, {"I0089"}, 14, 8));
  r.a(loop(1, {"I0012"}, 15, 7));
  CHECK(r[C::snapshotsFailed] == 1 && r[C::snapshots] == 1);
  // Packet 4 is in the snapshot, 5 is not: delivery goes on with it.
  CHECK(r[C::abandonedToSnapshot] == 3 && r[C::delivered] == 3);
}

SCENARIO("items' own numbers need a live message to compare with") {
  Rig r(with_own_count(false), true, counted_framing());
  r.packet(loop(10, {own(500)}), 0);
  r.a(loop(1, {"B0499"}, 1));
  r.a(loop(2, {"E"}, 2));
  const std::string log = r.log();
  CHECK(log.find("snapshotEnded") != std::string::npos);
  CHECK(r[C::delivered] == 1 && r[C::abandoned] == 0);
}

// ── numbers that start again ─────────────────────────────────────────────────────────────────────────────────────

FramingSpec restarting() {
  FramingSpec f = loop_framing();
  f.restarts = true;
  f.kinds.push_back({be(8, 4), 0xFF, be(0, 4), 1, PacketKind::reset, HeartbeatNumber::none});
  return f;
}

SCENARIO("after a failover the old sender's packets are told by their send time") {
  Rig r(begin_and_end(), false, restarting());
  r.packet(loop(500, {"a"}, 500), 0);
  r.packet(loop(501, {"b"}, 501), 0);
  r.packet(loop(1, {"c"}, 510, 0xFF), 0);
  r.packet(loop(502, {"old"}, 502), 0);
  r.packet(loop(2, {"d"}, 511), 0);
  r.packet(loop(503, {"old"}, 503), 1);
  r.packet(loop(1, {"c"}, 510, 0xFF), 1);
  r.packet(loop(2, {"d"}, 511), 1);
  r.packet(loop(3, {"e"}, 512), 1);
  CHECK_LOG(r.log(), "sessionStarted a b reset c d e");
  CHECK(r[C::otherSession] == 2 && r[C::duplicates] == 2);
}

SCENARIO("a restart whose first packets were lost is told by lower numbers sent later") {
  Rig r(begin_and_end(), false, restarting());
  r.packet(loop(500, {"a"}, 500), 0);
  r.packet(loop(500, {"a"}, 500), 1);
  r.packet(loop(2, {"c"}, 600), 0);  // one may be damaged
  CHECK_LOG(r.log(), "sessionStarted a");
  r.packet(loop(3, {"d"}, 601), 0);
  r.a(loop(1, {"B"}, 1));
  r.a(loop(2, {"E0002"}, 2));
  CHECK_LOG(
      r.log(),
      "reset gapOpened[1,2) stale[1,2) snapshotStarted s(B) s(E0002) gapAbandoned[1,3):snapshot snapshotEnded d good");
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

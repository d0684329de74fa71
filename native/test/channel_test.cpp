// What a channel does with packets: arbitration, order, holes, heartbeats, sessions, resets, wraps, bounds. The ledger
// is checked after every step.
#include "core/channel.hpp"

#include "test/scenario.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;

class Rig {
 public:
  explicit Rig(ChannelSpec spec = {}, FramingSpec f = moldudp64())
      : framing(std::move(f)), spec_(spec), channel(spec_, framing, 0, out, ChannelCounters{counters}) {}

  FramingSpec framing;
  Recorder out;
  uint64_t counters[kChannelCounters] = {};

 private:
  ChannelSpec spec_;

 public:
  Channel channel;
  int64_t now = 1'000;
  bool first_alone = true;  ///< the first packet is believed at once, as when nothing else comes for a while

  uint64_t operator[](C c) { return counters[uint32_t(c)]; }

  void packet(const Buffer& bytes, uint8_t line = 0, Origin origin = Origin::live) {
    // A copy of exactly that size: a read past the packet's end is then found by the sanitizers.
    const Buffer exact(bytes);
    Packet p;
    uint32_t consumed;
    if (read_packet(framing, view(exact), p, consumed) != FrameStatus::ok) {
      CHECK(!"a packet");
      return;
    }
    now += 10;
    channel.packet(framing, p, Arrival{line, origin, now, now, 0, Sender{0x0A000001u + line, 7000}});
    if (first_alone) channel.believe_first(now);
    balance();
  }
  void data(uint64_t first, uint32_t count = 1, uint8_t line = 0) { packet(mold_data(first, count), line); }
  void recovered(uint64_t first, uint32_t count = 1) { packet(mold_data(first, count), 0, Origin::recovery); }
  void heartbeat(uint64_t next, uint8_t line = 0) { packet(mold_heartbeat(next), line); }
  void abandon(uint64_t begin, uint64_t end, Reason why = Reason::exhausted) {
    channel.abandon(begin, end, why, ++now);
    balance();
  }
  void balance() { CHECK(channel.sound()); }
  std::string log() { return out.take(); }
};

// ── arbitration ──────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("begins with the first packet seen and delivers in order") {
  Rig r;
  r.data(5, 2);
  r.data(7);
  CHECK_LOG(r.log(), "sessionStarted 5 6 7");
  CHECK(r[C::expected] == 3 && r[C::delivered] == 3);
}

SCENARIO("takes each message from whichever line brings it first, however packets are cut") {
  Rig r;
  r.data(1, 3, 0);
  r.data(1, 2, 1);
  r.data(3, 4, 1);  // 3 is known, 4 to 6 are new
  r.data(4, 1, 0);
  r.data(5, 3, 0);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4 5 6 7");
  CHECK(r[C::duplicates] == 2 + 1 + 1 + 2);
  CHECK(r[C::packetsA] == 3 && r[C::packetsB] == 2);
}

SCENARIO("holds what comes early and delivers it when the hole closes") {
  Rig r;
  r.data(1);
  r.data(4, 2);
  r.data(7);
  CHECK(r[C::held] == 3 && r[C::missing] == 3 && r[C::inFlight] == 6);
  r.data(6, 1, 1);
  CHECK_LOG(r.log(), "sessionStarted 1");
  r.data(2, 2, 1);
  CHECK_LOG(r.log(), "2 3 4 5 6 7");
  CHECK(r[C::reordered] == 2 && r[C::gapsOpened] == 0);
}

SCENARIO("keeps only the missing parts of an overlapping packet") {
  Rig r;
  r.data(1);
  r.data(4, 2);
  r.data(8, 2);
  r.data(3, 8, 1);  // 3, 6, 7 and 10 are new; 4, 5, 8, 9 are held already
  CHECK(r[C::duplicates] == 4);
  r.data(2);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4 5 6 7 8 9 10");
  CHECK(r[C::expected] == 10 && r[C::delivered] == 10 && r[C::inFlight] == 0);
}

SCENARIO("delivers the new tail of a packet that begins before the expected number") {
  Rig r;
  r.data(1, 2);
  r.data(1, 5, 1);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4 5");
}

SCENARIO("a packet that spans a hole and what is held behind it delivers each number once") {
  Rig r;
  r.data(1);
  r.data(3);
  r.data(5);
  r.data(2, 6, 1);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4 5 6 7");
  CHECK(r[C::inFlight] == 0 && r[C::duplicates] == 2);
}

// ── holes and their end ──────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a heartbeat shows a loss at the tail") {
  Rig r;
  r.data(1);
  r.heartbeat(4);
  CHECK(r[C::expected] == 3 && r[C::missing] == 2);
  CHECK(r.channel.holes().size() == 1 && r.channel.holes()[0].begin == 2 && r.channel.holes()[0].end == 4);
  r.data(2, 2, 1);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3");
}

SCENARIO("a heartbeat that repeats the next number says nothing new") {
  Rig r;
  r.data(1);
  for (int i = 0; i < 3; i++) r.heartbeat(2);
  CHECK_LOG(r.log(), "sessionStarted 1");
  CHECK(r[C::heartbeats] == 3 && r[C::missing] == 0);
}

SCENARIO("a first heartbeat starts the count without a hole") {
  Rig r;
  r.heartbeat(100);
  r.data(100, 2);
  CHECK_LOG(r.log(), "sessionStarted 100 101");
}

SCENARIO("joins at the beginning with a hole for what was missed") {
  ChannelSpec spec;
  spec.join = Join::beginning;
  Rig r(spec);
  r.data(4);
  CHECK(r[C::missing] == 3 && r[C::held] == 1);
  r.recovered(1, 3);
  CHECK_LOG(r.log(), "sessionStarted r1 r2 r3 4");
  CHECK(r[C::recovered] == 3 && r[C::delivered] == 1);
}

SCENARIO("a range given up is passed in order, with a notice and a count") {
  Rig r;
  r.data(1);
  r.data(4);
  r.abandon(2, 4);
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[2,4) stale[2,4) gapAbandoned[2,4):exhausted 4");
  CHECK(r[C::abandoned] == 2 && r[C::gapsAbandoned] == 1 && r[C::inFlight] == 0);
}

SCENARIO("a range given up that arrives before its turn is delivered all the same") {
  Rig r;
  r.data(1);
  r.data(3);
  r.data(6);
  r.abandon(4, 6);
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[4,6) stale[4,6)");
  r.recovered(5);
  r.data(2);
  CHECK_LOG(r.log(), "gapFilled[5,6):retransmission 2 3 gapAbandoned[4,5):exhausted r5 6");
  CHECK(r[C::late] == 1 && r[C::abandoned] == 1 && r[C::recovered] == 1);
}

SCENARIO("neighbouring ranges given up for one reason are told as one") {
  Rig r;
  r.data(1);
  r.data(3);
  r.abandon(2, 3);  // passed at once
  r.log();
  r.data(5);
  r.heartbeat(8);
  r.heartbeat(12);
  r.heartbeat(20);
  r.abandon(6, 8);
  r.abandon(12, 20);
  r.abandon(8, 12);
  r.log();
  r.data(4);
  CHECK_LOG(r.log(), "4 5 gapAbandoned[6,20):exhausted");
  CHECK(r[C::abandoned] == 15 && r[C::inFlight] == 0);
}

SCENARIO("says stale with the first announced gap and good when the last one is filled") {
  Rig r;
  r.data(1);
  r.data(3);
  r.data(5);
  r.channel.announce(0, r.now);
  r.channel.announce(1, r.now);
  r.data(4, 1, 1);
  r.data(2, 1, 1);
  CHECK_LOG(r.log(),
            "sessionStarted 1 gapOpened[2,3) stale[2,3) gapOpened[4,5) gapFilled[4,5):otherLine 2 "
            "gapFilled[2,3):otherLine 3 4 5 good");
}

SCENARIO("stays stale after a loss until a new session or a snapshot") {
  Rig r;
  r.data(1);
  r.data(3);
  r.abandon(2, 3);
  r.data(4);
  CHECK(r.channel.stale());
  r.channel.snapshot_begin(r.now, 0);
  CHECK(r.channel.snapshot_end(6, r.now, 0));
  r.balance();
  CHECK(!r.channel.stale());
}

// ── bounds ───────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("the window is bounded by packets; what does not fit becomes a gap of its own") {
  ChannelSpec spec;
  spec.window_packets = 3;
  Rig r(spec);
  r.data(1);
  for (uint64_t n : {3u, 4u, 5u, 6u, 7u}) r.data(n);
  CHECK(r[C::windowFull] == 2 && r[C::held] == 3 && r[C::missing] == 3);
  CHECK_LOG(r.log(), "sessionStarted 1 windowFull[6,7)");
  r.data(2);
  CHECK_LOG(r.log(), "2 3 4 5");
  r.data(6, 2, 1);
  CHECK_LOG(r.log(), "6 7");
  r.data(9);
  CHECK(r[C::held] == 1);
}

SCENARIO("the window is bounded by bytes") {
  ChannelSpec spec;
  spec.window_bytes = 64;
  Rig r(spec);
  r.data(1);
  r.packet(mold("DAY1", 3, 1, {std::string(50, 'x')}));
  r.packet(mold("DAY1", 4, 1, {std::string(50, 'x')}));
  CHECK(r[C::windowFull] == 1 && r[C::held] == 1 && r[C::windowBytes] <= 64);
}

SCENARIO("the number of holes is bounded while the window is full") {
  ChannelSpec spec;
  spec.window_packets = 1;
  spec.holes_max = 8;
  Rig r(spec);
  r.data(1);
  for (uint64_t n = 3; n < 400; n += 2) r.data(n);
  CHECK(r.channel.holes().size() <= 10);
}

SCENARIO("ranges given up behind a hole that stays open take bounded memory and one notice") {
  ChannelSpec spec;
  spec.window_packets = 1;
  Rig r(spec);
  r.data(1);
  r.data(3);
  for (uint64_t n = 4; n < 2000; n++) {
    r.data(n);  // the window is full
    r.abandon(4, n + 1);
  }
  r.log();
  r.data(2);
  CHECK_LOG(r.log(), "2 3 gapAbandoned[4,2000):exhausted");
}

SCENARIO("a number too far away needs a second packet that agrees") {
  ChannelSpec spec;
  spec.jump_max = 1000;
  Rig r(spec);
  r.data(1);
  r.data(50'000);
  CHECK(r[C::implausible] == 1 && r[C::inFlight] == 0);
  r.data(2);
  CHECK_LOG(r.log(), "sessionStarted 1 2");
  r.data(70'000);
  r.data(70'001);
  CHECK(r[C::missing] == 70'000 - 3 + 1 && r[C::held] == 1);
  CHECK_LOG(r.log(), "sequenceJump[3,70001)");
}

SCENARIO("a message count that lies delivers what is there and leaves the rest missing") {
  Rig r;
  r.packet(mold("DAY1", 1, 5, {"1", "2"}));
  CHECK_LOG(r.log(), "sessionStarted 1 2");
  CHECK(r[C::expected] == 5 && r[C::missing] == 3);
  r.data(6);
  CHECK(r[C::missing] == 3);
  r.packet(mold("DAY1", 8, 9, {"8", "9"}));  // ahead of a hole
  CHECK(r[C::malformed] == 1 && r[C::held] == 3 && r[C::expected] == 16);
  r.data(3, 5, 1);
  CHECK_LOG(r.log(), "3 4 5 6 7 8 9");
  CHECK(r[C::missing] == 7);
}

SCENARIO("a packet that claims messages and holds none shows that they exist") {
  Rig r;
  r.data(1);
  Buffer b = mold_data(2, 3);
  b.resize(20);
  r.packet(b);
  CHECK(r[C::expected] == 4 && r[C::missing] == 3);
  r.data(2, 3);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4");
}

SCENARIO("a stray byte behind the messages that are there changes nothing of that") {
  Rig r;
  Buffer b = mold("DAY1", 1, 3, {"1", "2"});
  b.push_back(0);
  r.packet(b);
  CHECK_LOG(r.log(), "sessionStarted 1 2");
  CHECK(r[C::expected] == 3 && r[C::missing] == 1);
}

SCENARIO("a server's reply that states more than it holds shows nothing new") {
  Rig r;
  r.data(1);
  r.data(4);
  r.packet(mold("DAY1", 2, 60, {"2"}), 0, Origin::recovery);
  CHECK(r[C::expected] == 4 && r[C::missing] == 1);
}

FramingSpec with_length() {
  FramingSpec f;
  f.header_length = f.header_length_min = 7;
  f.packet_length = be(0, 2);
  f.count = be(2, 1);
  f.sequence = be(3, 4);
  f.message_length = be(0, 1);
  f.message_length_add = 1;
  f.message_prefix = 1;
  return f;
}
Buffer sized(uint32_t sequence, uint8_t count, const std::vector<std::string>& messages, int stated_more = 0) {
  Buffer b;
  put(b, 0, 2);
  b.push_back(count);
  put(b, sequence, 4);
  for (const std::string& m : messages) {
    b.push_back(uint8_t(m.size()));
    put(b, m);
  }
  store_uint(b.data(), b.size() + uint64_t(stated_more), 2, true);
  return b;
}

SCENARIO("a header that states more bytes than there are: its whole messages are taken, the others are missing") {
  Rig r({}, with_length());
  r.packet(sized(1, 1, {"1"}));
  Buffer b = sized(2, 3, {"2", "3", "4"});
  b.pop_back();  // cut on its way
  r.packet(b);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3");
  CHECK(r[C::malformed] == 1 && r[C::expected] == 4 && r[C::missing] == 1);
  r.packet(sized(4, 2, {"4", "5"}), 1);
  CHECK_LOG(r.log(), "4 5");
  r.packet(sized(6, 1, {"6"}, -1));  // states less: the last message is cut
  CHECK(r[C::expected] == 6 && r[C::missing] == 1);
}

SCENARIO("a packet of one number that is damaged shows that the number exists") {
  FramingSpec f = moldudp64();
  f.numbering = Numbering::packet;
  Rig r({}, f);
  r.out.checks_numbers = false;
  r.packet(mold("DAY1", 10, 1, {"a"}));
  Buffer b = mold("DAY1", 11, 1, {"b"});
  b.pop_back();
  r.packet(b);
  CHECK(r[C::malformed] == 1 && r[C::expected] == 2 && r[C::missing] == 1);
  r.packet(mold("DAY1", 11, 1, {"b"}), 1);
  CHECK_LOG(r.log(), "sessionStarted a b");
}

SCENARIO("numbers at the top of 64 bits neither wrap nor stop the channel") {
  Rig r;
  r.data(1);
  r.packet(mold("DAY1", ~0ull - 1, 5, {"a", "b", "c", "d", "e"}));
  r.packet(mold("DAY1", ~0ull - 1, 5, {"a", "b", "c", "d", "e"}));
  r.packet(mold_heartbeat(~0ull));
  r.data(2);
  CHECK_LOG(r.log(), "sessionStarted 1 2");
}

// ── a consumer without room ──────────────────────────────────────────────────────────────────────────────────────

SCENARIO("without room packets are held, and delivered in order when there is room again") {
  Rig r;
  r.data(1);
  r.out.full = true;
  r.data(2);
  r.data(3, 2);
  CHECK(r.channel.blocked() && r[C::held] == 3);
  CHECK(r[C::consumerFull] >= 1);
  r.out.full = false;
  r.channel.resume(r.now);
  r.balance();
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 4");
  CHECK(!r.channel.blocked() && r[C::missing] == 0);
}

SCENARIO("a consumer that never makes room costs bounded memory and loses nothing uncounted") {
  ChannelSpec spec;
  spec.window_packets = 4;
  Rig r(spec);
  r.data(1);
  r.out.full = true;
  for (uint64_t n = 2; n < 500; n++) {
    r.data(n);
    if (!r.channel.holes().empty()) r.abandon(0, ~0ull);
  }
  r.out.full = false;
  r.channel.resume(r.now);
  r.balance();
  CHECK(r[C::delivered] == 5 && r[C::abandoned] == 494 && r[C::inFlight] == 0);
  CHECK(r.out.take().find("gapAbandoned[6,500)") != std::string::npos);
}

SCENARIO("messages without a number that find no room are counted") {
  FramingSpec f = moldudp64();
  f.zero_is_unsequenced = true;
  Rig r({}, f);
  r.data(1);
  r.packet(mold("DAY1", 0, 1, {"admin"}));
  r.out.full = true;
  r.packet(mold("DAY1", 0, 2, {"lost", "lost"}));
  CHECK_LOG(r.log(), "sessionStarted 1 (admin)");
  CHECK(r[C::unsequenced] == 1 && r[C::consumerFull] == 1);
}

SCENARIO("a control message that finds no room is not written over what the reader has not read") {
  FramingSpec f = moldudp64();
  ControlRule rule;
  rule.type = be(0, 1);
  rule.value = 'L';
  rule.kind = PacketKind::heartbeat;
  rule.number = HeartbeatNumber::none;
  rule.counted = false;
  f.controls.push_back(rule);
  Rig r({}, f);
  r.data(1);
  r.packet(mold("DAY1", 2, 1, {"Line"}));
  CHECK_LOG(r.log(), "sessionStarted 1 (Line)");
  r.out.full = true;
  r.packet(mold("DAY1", 2, 1, {"Line"}));
  CHECK_LOG(r.log(), "");
  CHECK(r[C::consumerFull] == 1);
}

// ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("one packet of another session changes nothing; a second one that agrees does, and neither is lost") {
  Rig r;
  r.data(1, 2);
  r.packet(mold_data(1, 1, "DAY2"));
  CHECK_LOG(r.log(), "sessionStarted 1 2");
  r.packet(mold_data(2, 1, "DAY2"));
  CHECK_LOG(r.log(), "sessionEnded:sessionEnded sessionStarted 1 2");
  CHECK(r[C::resets] == 1 && r[C::delivered] == 4);
}

SCENARIO("the count of packets is not changed by the packet that waited for confirmation") {
  Rig r;
  r.data(1);
  r.packet(mold_data(1, 1, "DAY2"));
  r.packet(mold_data(2, 1, "DAY2"));
  CHECK(r[C::packets] == 3);
}

SCENARIO("packets of a session that is over are ignored") {
  Rig r;
  r.data(1, 3);
  r.packet(mold_data(1, 1, "DAY2"));
  r.packet(mold_data(2, 1, "DAY2"));
  r.log();
  r.packet(mold_data(2, 1, "DAY1"), 1);
  r.packet(mold_data(3, 1, "DAY1"), 1);
  CHECK_LOG(r.log(), "");
  CHECK(r[C::otherSession] == 2);
}

SCENARIO("a new session abandons what the old one still missed") {
  Rig r;
  r.data(1);
  r.data(4);
  r.packet(mold_data(1, 1, "DAY2"));
  r.packet(mold_data(2, 1, "DAY2"));
  CHECK_LOG(r.log(),
            "sessionStarted 1 gapOpened[2,4) stale[2,4) gapAbandoned[2,4):sessionEnded 4 sessionEnded:sessionEnded "
            "sessionStarted good 1 2");
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("a fixed session refuses every other one") {
  ChannelSpec spec;
  spec.session_fixed = true;
  store_uint(reinterpret_cast<uint8_t*>(&spec.session.high), 0, 8, false);
  spec.session.high = load_uint(reinterpret_cast<const uint8_t*>("DAY1    "), 8, true);
  spec.session.low = load_uint(reinterpret_cast<const uint8_t*>("  \0\0\0\0\0\0"), 8, true);
  Rig r(spec);
  r.packet(mold_data(1, 1, "DAY2"));
  r.packet(mold_data(2, 1, "DAY2"));
  r.data(5);
  CHECK_LOG(r.log(), "sessionStarted 5");
  CHECK(r[C::otherSession] == 2);
}

SCENARIO("the end of a session is told when everything before it is settled") {
  Rig r;
  r.data(1);
  r.data(3);
  r.packet(mold_end(4));
  CHECK_LOG(r.log(), "sessionStarted 1");
  r.data(2, 1, 1);
  CHECK_LOG(r.log(), "2 3 sessionEnded");
  r.packet(mold_end(4), 1);
  CHECK_LOG(r.log(), "");
}

SCENARIO("the end of a session shows a loss at the tail") {
  Rig r;
  r.data(1);
  r.packet(mold_end(3));
  CHECK(r[C::missing] == 1);
  r.abandon(2, 3);
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[2,3) stale[2,3) gapAbandoned[2,3):exhausted sessionEnded");
}

SCENARIO("a packet of recovery never starts a session") {
  Rig r;
  r.data(1);
  r.packet(mold_data(1, 1, "DAY2"), 0, Origin::recovery);
  r.packet(mold_data(2, 1, "DAY2"), 0, Origin::recovery);
  CHECK_LOG(r.log(), "sessionStarted 1");
  CHECK(r[C::otherSession] == 2);
}

// ── wraps and resets ─────────────────────────────────────────────────────────────────────────────────────────────

FramingSpec wrapping() {
  FramingSpec f = moldudp64();
  f.sequence = be(14, 4);
  f.wrap_max = 0xFFFFFFFF;
  f.wrap_first = 1;
  return f;
}

SCENARIO("numbers wrap from 2^32 − 1 to 1") {
  Rig r({}, wrapping());
  r.data(0xFFFFFFFE, 2);
  r.packet(mold("DAY1", 1, 2, {"1", "2"}));
  CHECK_LOG(r.log(), "sessionStarted 4294967294 4294967295 1 2");
}

SCENARIO("a packet across the wrap is numbered on both sides of it") {
  Rig r({}, wrapping());
  r.packet(mold("DAY1", 0xFFFFFFFE, 4, {"4294967294", "4294967295", "1", "2"}));
  CHECK_LOG(r.log(), "sessionStarted 4294967294 4294967295 1 2");
}

SCENARIO("a hole across the wrap is one hole with wire numbers") {
  Rig r({}, wrapping());
  r.data(0xFFFFFFFE);
  r.packet(mold("DAY1", 3, 1, {"3"}));
  CHECK(r[C::missing] == 3);
  r.abandon(0, ~0ull);
  CHECK_LOG(
      r.log(),
      "sessionStarted 4294967294 gapOpened[4294967295,3) stale[4294967295,3) gapAbandoned[4294967295,3):exhausted 3");
}

SCENARIO("a number below the first of a count that wraps is no number: the true first one is delivered") {
  Rig r({}, wrapping());
  r.packet(mold("DAY1", 0, 1, {"Start of day"}));
  r.packet(mold("DAY1", 1, 1, {"1"}));
  CHECK_LOG(r.log(), "(Start of day) sessionStarted 1");
}

SCENARIO("a duplicate from before the wrap is a duplicate after it") {
  Rig r({}, wrapping());
  r.data(0xFFFFFFFF);
  r.packet(mold("DAY1", 1, 1, {"1"}));
  r.data(0xFFFFFFFF, 1, 1);
  CHECK(r[C::duplicates] == 1 && r[C::inFlight] == 0);
}

FramingSpec resetting() {
  FramingSpec f = moldudp64();
  ControlRule rule;
  rule.type = be(0, 1);
  rule.value = 'R';
  rule.kind = PacketKind::reset;
  rule.counted = false;
  rule.next = digits(1, 4);
  f.controls.push_back(rule);
  return f;
}

SCENARIO("a reset message starts the count again; the other line's copy is not a second reset") {
  Rig r({}, resetting());
  r.data(1, 3);
  r.packet(mold("DAY1", 4, 1, {"R   1"}), 0);
  r.data(1, 1, 0);
  r.packet(mold("DAY1", 4, 1, {"R   1"}), 1);
  r.data(2, 1, 1);
  CHECK_LOG(r.log(), "sessionStarted 1 2 3 (R   1) reset 1 (R   1) 2");
  CHECK(r[C::resets] == 1);
}

SCENARIO("a heartbeat with a number of its own is a packet like any other, though it holds no message") {
  FramingSpec f = moldudp64();
  f.kinds.clear();
  f.kinds.push_back({be(18, 2), 0, {}, 0, PacketKind::heartbeat, HeartbeatNumber::numbered});
  Rig r({}, f);
  r.data(1);
  r.heartbeat(2);
  r.data(3);
  CHECK_LOG(r.log(), "sessionStarted 1 3");
  CHECK(r[C::missing] == 0 && r[C::delivered] == 3);
  r.heartbeat(5);
  CHECK(r[C::missing] == 1);
  r.data(4, 1, 1);
  CHECK(r[C::missing] == 0 && r[C::held] == 0);
}

// ── packets that are numbered themselves ─────────────────────────────────────────────────────────────────────────

SCENARIO("where packets are numbered a packet is delivered whole and counts once") {
  FramingSpec f = moldudp64();
  f.numbering = Numbering::packet;
  Rig r({}, f);
  r.out.checks_numbers = false;
  r.packet(mold("DAY1", 10, 3, {"a", "b", "c"}));
  r.packet(mold("DAY1", 12, 1, {"e"}));
  r.packet(mold("DAY1", 10, 3, {"a", "b", "c"}), 1);
  r.packet(mold("DAY1", 11, 2, {"d", "D"}), 1);
  CHECK_LOG(r.log(), "sessionStarted a b c d D e");
  CHECK(r[C::delivered] == 3 && r[C::duplicates] == 1);
}

// ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("joining with a snapshot holds live packets and continues where the snapshot ends") {
  ChannelSpec spec;
  spec.join = Join::snapshot;
  Rig r(spec);
  r.data(10, 2);
  r.data(12, 2);
  CHECK(r.channel.waiting_for_snapshot());
  r.channel.snapshot_begin(r.now, 0);
  CHECK(r.channel.snapshot_end(11, r.now, 0));
  r.balance();
  CHECK_LOG(r.log(), "sessionStarted snapshotStarted snapshotEnded 11 12 13");
  CHECK(r[C::delivered] == 3 && r[C::snapshots] == 1);
}

SCENARIO("a snapshot older than the first live packet leaves a hole to be asked for") {
  ChannelSpec spec;
  spec.join = Join::snapshot;
  Rig r(spec);
  r.data(10);
  r.channel.snapshot_begin(r.now, 0);
  CHECK(r.channel.snapshot_end(7, r.now, 0));
  r.balance();
  CHECK(r[C::missing] == 3);
  r.recovered(7, 3);
  CHECK_LOG(r.log(), "sessionStarted snapshotStarted snapshotEnded r7 r8 r9 10");
}

SCENARIO("a snapshot during a gap stands for the missing range, which counts as abandoned to it") {
  Rig r;
  r.data(1);
  r.data(5);
  r.channel.announce(0, r.now);
  r.channel.snapshot_begin(r.now, 2);
  r.data(6);
  CHECK(r.channel.snapshot_end(6, r.now, 2));
  r.balance();
  CHECK_LOG(
      r.log(),
      "sessionStarted 1 gapOpened[2,5) stale[2,5) snapshotStarted gapAbandoned[2,6):snapshot snapshotEnded 6 good");
  CHECK(r[C::abandoned] == 4 && r[C::abandonedToSnapshot] == 4);
}

SCENARIO("a snapshot too old for the gap is refused") {
  Rig r;
  r.data(3);
  r.data(6);
  r.channel.snapshot_begin(r.now, 0);
  CHECK(!r.channel.snapshot_end(2, r.now, 0));
  CHECK(r[C::snapshotsFailed] == 1);
  // One that ends exactly where the gap begins brings nothing either.
  CHECK(!r.channel.snapshot_end(4, r.now, 0));
  r.balance();
  CHECK(r[C::missing] == 2 && r[C::snapshots] == 0);
}

SCENARIO("a snapshot number far beyond the stream is refused, and live data goes on") {
  Rig r;
  r.data(1);
  r.data(3);
  r.channel.snapshot_begin(r.now, 0);
  CHECK(!r.channel.snapshot_end(1ull << 60, r.now, 0));
  r.balance();
  r.data(2);
  r.data(4);
  CHECK(r[C::delivered] == 4);
}

SCENARIO("a snapshot that fails gives the stream back") {
  Rig r;
  r.data(1);
  r.channel.snapshot_begin(r.now, 0);
  r.data(2);
  CHECK_LOG(r.log(), "sessionStarted 1 snapshotStarted");
  r.channel.snapshot_fail(Reason::connectionClosed, 0, r.now, 0);
  r.balance();
  CHECK_LOG(r.log(), "snapshotFailed:connectionClosed 2");
}

SCENARIO("the end of input gives up what is missing and delivers what is held") {
  Rig r;
  r.data(1);
  r.data(3);
  r.channel.finish(Reason::endOfData, r.now);
  r.balance();
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[2,3) stale[2,3) gapAbandoned[2,3):endOfData 3");
}

// ── who is believed ──────────────────────────────────────────────────────────────────────────────────────────────

class DoubtRig : public Rig {
 public:
  explicit DoubtRig(ChannelSpec spec = {}, FramingSpec f = moldudp64()) : Rig(spec, std::move(f)) {
    first_alone = false;
    out.checks_numbers = false;
  }
  /// The same numbers with other contents, as of another day.
  void other(uint64_t n, uint8_t line = 0, const std::string& session = "DAY1") {
    packet(mold(session, n, 1, {"x" + std::to_string(n)}), line);
  }
};

SCENARIO("a first number waits for a second packet that agrees; then neither is lost") {
  DoubtRig r;
  r.data(5, 2);
  CHECK_LOG(r.log(), "");
  r.data(7);
  CHECK_LOG(r.log(), "sessionStarted 5 6 7");
}

SCENARIO("a first number that nothing agrees with is dropped and counted") {
  DoubtRig r;
  r.data(1ull << 40);
  for (uint64_t n = 1; n <= 2000; n++) r.data(n);
  CHECK(r.log().substr(0, 20) == "sessionStarted 1 2 3");
  CHECK(r[C::delivered] == 2000 && r[C::implausible] == 1 && r[C::duplicates] == 0);
}

SCENARIO("a heartbeat, or the other line, agrees with a first number") {
  DoubtRig a;
  a.data(5);
  a.heartbeat(6);
  CHECK_LOG(a.log(), "sessionStarted 5");
  DoubtRig b;
  b.data(5);
  b.data(5, 1, 1);
  CHECK_LOG(b.log(), "sessionStarted 5");
  CHECK(b[C::duplicates] == 1);
  DoubtRig c;
  c.heartbeat(1ull << 50);
  c.heartbeat(9);
  c.data(9);
  CHECK_LOG(c.log(), "sessionStarted 9");
}

SCENARIO("a first packet of another session agrees with nothing") {
  DoubtRig r;
  r.packet(mold_data(1, 1, "EVIL"));
  r.data(1);
  r.data(2);
  CHECK_LOG(r.log(), "sessionStarted 1 2");
  CHECK(r[C::implausible] == 1);
}

SCENARIO("a first packet that nothing contradicts is believed after a while, or at the end") {
  DoubtRig r;
  r.data(5);
  CHECK(r.channel.first_due_ns() == r.now + 100'000'000);
  r.channel.believe_first(r.now + 100'000'000);
  CHECK_LOG(r.log(), "sessionStarted 5");
  DoubtRig e;
  e.data(5);
  e.channel.finish(Reason::endOfData, e.now);
  CHECK_LOG(e.log(), "sessionStarted 5");
}

SCENARIO("first numbers agree across the wrap") {
  DoubtRig r({}, wrapping());
  r.packet(mold("DAY1", 0xFFFFFFFF, 1, {"a"}));
  r.packet(mold("DAY1", 1, 1, {"b"}));
  CHECK_LOG(r.log(), "sessionStarted a b");
}

SCENARIO(
    "the same session begins again at 1: packets that are no copies are taken, and the feed says reset and stale") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 50; n++) r.data(n);
  r.log();
  for (uint64_t n = 1; n <= 60; n++) r.other(n);
  CHECK(r.log().substr(0, 30) == "reset stale:reset x1 x2 x3 x4 ");
  CHECK(r[C::delivered] == 110 && r[C::duplicates] == 0 && r[C::resets] == 1 && r.channel.stale());
  CHECK(r.out.notices[r.out.notices.size() - 2].sender.ip == 0x0A000001u);
}

SCENARIO("a restart at 1 is recognised by a row of old numbers, when nothing is left to compare with") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 5000; n++) r.data(n);
  r.log();
  for (uint64_t n = 1; n <= 5000; n++) r.data(n);
  CHECK(r.log().substr(0, 24) == "reset stale:reset 1 2 3 ");
  CHECK(r[C::delivered] == 10000 && r[C::duplicates] == 0);
}

SCENARIO("after a restart the late line's old numbers are left out, and its new ones are copies") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 3000; n++) r.data(n);
  for (uint64_t n = 1; n <= 10; n++) r.data(n, 1, 1);
  for (uint64_t n = 1; n <= 20; n++) r.other(n, 0);
  r.log();
  uint64_t next = 21;
  for (uint64_t n = 11; n <= 3000; n++) {
    r.data(n, 1, 1);
    if (n % 100 == 0) r.other(next++);
  }
  CHECK(next == 51 && r[C::delivered] == 3050 && r[C::expected] == 3050);
  r.log();
  for (uint64_t n = 1; n <= 50; n++) r.other(n, 1);
  for (uint64_t n = 51; n <= 55; n++) r.other(n, n % 2);
  CHECK_LOG(r.log(), "x51 x52 x53 x54 x55");
  CHECK(r[C::inFlight] == 0 && r[C::resets] == 1);
}

SCENARIO("a line that is late by seconds is no restart, even when it alone goes on") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 9000; n++) r.data(n, 1, 0);
  for (uint64_t n = 4000; n <= 9100; n++) {
    r.now += 1'000'000;
    r.data(n, 1, 1);
  }
  CHECK(r[C::delivered] == 9100 && r[C::resets] == 0 && r[C::duplicates] == 5001);
}

SCENARIO("two lines on one, one of them late, are no restart") {
  DoubtRig r;
  uint64_t late = 1;
  for (uint64_t n = 1; n <= 4000; n++) {
    r.data(n);
    if (n > 400) r.data(late++);
  }
  while (late <= 4000) r.data(late++);
  CHECK(r[C::delivered] == 4000 && r[C::resets] == 0 && r[C::duplicates] == 4000);
}

SCENARIO("packets sent twice, or a block of them again, are no restart") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 500; n++) {
    r.data(n);
    r.data(n);
  }
  for (uint64_t n = 400; n <= 500; n++) r.data(n);
  CHECK(r[C::delivered] == 500 && r[C::resets] == 0 && r[C::duplicates] == 601);
  r.data(501);
  CHECK(r[C::delivered] == 501);
}

SCENARIO(
    "two packets of a foreign session do not deafen the feed: the true one is taken back, and nothing of it is lost") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 100; n++) r.data(n);
  r.log();
  r.other(1, 0, "EVIL");
  r.other(2, 0, "EVIL");
  CHECK_LOG(r.log(), "sessionEnded:sessionEnded sessionStarted x1 x2");
  for (uint64_t n = 101; n <= 110; n++) r.data(n);
  CHECK_LOG(r.log(), "sessionEnded:sessionEnded sessionStarted stale:reset 101 102 103 104 105 106 107 108 109 110");
  CHECK(r[C::delivered] == 112 && r[C::inFlight] == 0 && r[C::otherSession] == 0);
}

SCENARIO("a foreign session between packets of the present one is not believed") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 100; n++) {
    r.data(n);
    r.other(n, 0, "EVIL");
  }
  CHECK(r[C::delivered] == 100 && r[C::resets] == 0);
  r.channel.finish(Reason::endOfData, r.now);
  CHECK(r[C::otherSession] + r[C::implausible] == 100);
}

SCENARIO("a greater session number that was forged is left again for the true one") {
  FramingSpec f = moldudp64();
  f.session_ordered = true;
  DoubtRig r({}, f);
  for (uint64_t n = 1; n <= 10; n++) r.data(n);
  r.other(1, 0, "ZZZZ");
  r.other(2, 0, "ZZZZ");
  for (uint64_t n = 11; n <= 20; n++) r.data(n);
  CHECK(r[C::delivered] == 22 && r[C::otherSession] == 0);
}

SCENARIO("a forged leap has a way back once the numbers in front of it are given up") {
  DoubtRig r;
  for (uint64_t n = 1; n <= 100; n++) r.data(n);
  r.packet(mold_data(900'000, 1));  // nobody sent the numbers before it
  r.data(101);
  r.abandon(102, 900'000, Reason::noRecovery);
  r.log();
  for (uint64_t n = 102; n <= 140; n++) r.data(n);
  CHECK(r.log().substr(0, 30) == "reset 102 103 104 105 106 107 ");
  CHECK(r[C::delivered] == 141 && r[C::duplicates] == 0 && r[C::inFlight] == 0);
}

SCENARIO("two forged packets far ahead have a way back") {
  ChannelSpec spec;
  spec.jump_max = 1000;
  DoubtRig r(spec);
  for (uint64_t n = 1; n <= 100; n++) r.data(n);
  r.data(5'000'000);
  r.data(5'000'001);
  r.abandon(101, 5000001, Reason::noRecovery);
  r.log();
  for (uint64_t n = 101; n <= 140; n++) r.data(n, 1, 1);  // by the other line, which has never been there
  CHECK_LOG(r.log().substr(0, 30), "reset 101 102 103 104 105 106 ");
  CHECK(r[C::inFlight] == 0);
}

SCENARIO("what a consumer without room made us drop is lost for that reason") {
  ChannelSpec spec;
  spec.window_packets = 2;
  Rig r(spec);
  r.data(1);
  r.out.full = true;
  for (uint64_t n = 2; n <= 9; n++) r.data(n);
  r.out.full = false;
  r.channel.resume(r.now);
  r.log();
  r.abandon(0, ~0ull, Reason::noRecovery);
  CHECK(r.log().find("gapAbandoned[4,10):slowConsumer") != std::string::npos);
}

// ── any order at all ─────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO(
    "whatever the order, cut and repetition of packets, each message is delivered once, in order, or counted lost") {
  const int failed = checks_failed;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    uint64_t state = seed * 0x9E3779B97F4A7C15ull;
    const auto random = [&](uint64_t below) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      return state % below;
    };
    ChannelSpec spec;
    spec.window_packets = uint32_t(2 + random(30));
    spec.holes_max = uint32_t(2 + random(20));
    Rig r(spec);
    r.data(1);
    uint64_t top = 2;
    for (int i = 0; i < 400; i++) {
      const uint64_t back = random(12);
      const uint64_t first = top > back ? top - back : 1;
      const uint32_t count = uint32_t(1 + random(6));
      r.out.full = random(10) == 0;
      if (random(8) == 0) {
        r.heartbeat(first);
      } else if (random(15) == 0 && !r.channel.holes().empty()) {
        r.abandon(r.channel.holes()[0].begin, r.channel.holes()[0].end);
      } else {
        r.packet(mold_data(first + random(3), count), uint8_t(random(2)),
                 random(5) == 0 ? Origin::recovery : Origin::live);
      }
      if (random(4) == 0) top += random(5);
      if (!r.out.full) {
        r.channel.resume(r.now);
        r.balance();
      }
      if (checks_failed != failed) {
        std::fprintf(stderr, "  seed %llu step %d\n", static_cast<unsigned long long>(seed), i);
        return;
      }
    }
    r.out.full = false;
    r.channel.finish(Reason::closed, r.now);
    r.balance();
    CHECK(r[C::inFlight] == 0);
  }
}

SCENARIO("the short way of a packet that continues the count, or copies it, does what the general way does") {
  const int failed = checks_failed;
  uint64_t continued = 0;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    uint64_t state = seed * 0x9E3779B97F4A7C15ull;
    const auto random = [&](uint64_t below) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      return state % below;
    };
    FramingSpec derived = moldudp64();
    derived.derive();
    Rig general, quick({}, derived);
    for (Rig* r : {&general, &quick}) r->out.checks_numbers = false;
    uint64_t next = 1;
    std::string session = "DAY1";
    for (int i = 0; i < 300; i++) {
      const uint32_t count = uint32_t(1 + random(5));
      const uint8_t line = uint8_t(random(2));
      if (next > 9 && random(3) == 0) next -= 1 + random(8);  // the other line is behind
      Buffer b = mold_data(next, count, session);
      const uint64_t what = random(20);
      if (what == 0) b = mold_data(next + random(9), count, session);
      if (what == 1) b = mold_data(next > 4 ? next - 1 - random(4) : 1, count, session);
      if (what == 2) b = mold(session, next, count + uint32_t(random(3)), {std::to_string(next)});
      if (what == 3) b = random(2) == 0 ? mold_heartbeat(next, session) : mold_data(next, count, "DAY2");
      if (what == 4) b.resize(20 + random(b.size() - 20));
      if (what == 5 && random(20) == 0) {
        b = mold_end(next, session);
        session = session == "DAY1" ? "DAY3" : "DAY4";
        next = 1;
      }
      const bool full = random(25) == 0;
      for (Rig* r : {&general, &quick}) {
        r->out.full = full;
        r->packet(b, line, what == 6 ? Origin::recovery : Origin::live);
        r->out.full = false;
        r->channel.resume(r->now);
        r->balance();
      }
      continued += quick.channel.highest() == quick.channel.next();
      next = std::max<uint64_t>(1, what == 7 ? next : quick.channel.wire(quick.channel.next()));
      if (random(12) == 0) {
        for (Rig* r : {&general, &quick}) r->channel.abandon(0, ~0ull, Reason::noRecovery, r->now);
      }
      CHECK_LOG(quick.log(), general.log());
      for (uint32_t c = 0; c < kChannelCounters; c++) CHECK(quick.counters[c] == general.counters[c]);
      if (checks_failed != failed) {
        std::fprintf(stderr, "  seed %llu step %d\n", static_cast<unsigned long long>(seed), i);
        return;
      }
    }
  }
  CHECK(continued > 20'000);  // it was the short way, most of the time
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

// A session's own work: which channel a packet is for, streams that are lines, files that count by position, several
// packets in a datagram, and declarations that contradict themselves.
#include "core/session.hpp"

#include "test/servers.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;

class NoHost final : public Host {
 public:
  void connect(uint16_t, uint16_t) override {}
  void send(uint16_t, Bytes) override {}
  void close(uint16_t) override {}
};

class Rig {
 public:
  explicit Rig(uint16_t channels = 1) {
    spec.framings = {moldudp64()};
    spec.lines = {LineSpec{}};
    for (uint16_t i = 0; i < channels; i++) {
      ChannelSpec c;
      c.key = 100 + i;
      spec.channels.push_back(c);
    }
    counters.resize(size_t(channels) * kChannelCounters);
  }
  Session& session() {
    if (!session_) session_ = std::make_unique<Session>(spec, host, out, counters.data(), FeedCounters{feed});
    return *session_;
  }
  void datagram(const Buffer& b, uint16_t line = 0) {
    const Buffer exact(b);
    session().datagram(line, view(exact), 1, ++now);
    for (uint16_t i = 0; i < session().channels(); i++) session().channel(i).believe_first(now);
    CHECK(session().ledger_balances());
  }
  uint64_t count(C c, uint16_t channel = 0) { return counters[size_t(channel) * kChannelCounters + uint32_t(c)]; }

  SessionSpec spec;
  NoHost host;
  Recorder out;
  std::vector<uint64_t> counters;
  uint64_t feed[kFeedCounters] = {};
  int64_t now = 1000;

 private:
  std::unique_ptr<Session> session_;
};

/// Packets of several channels in one datagram: u16 length, u8 channel, u32 number, one message.
FramingSpec many() {
  FramingSpec f;
  f.header_length = f.header_length_min = 7;
  f.packet_length = be(0, 2);
  f.channel = be(2, 1);
  f.sequence = be(3, 4);
  f.many_packets = true;
  return f;
}
Buffer one(uint8_t channel, uint32_t number) {
  const std::string text = std::to_string(number);
  Buffer b;
  put(b, 7 + text.size(), 2);
  b.push_back(channel);
  put(b, number, 4);
  put(b, text);
  return b;
}
Buffer joined(const std::vector<Buffer>& parts) {
  Buffer b;
  for (const Buffer& p : parts) b.insert(b.end(), p.begin(), p.end());
  return b;
}

SCENARIO("packets go to the channel that their header names") {
  Rig r(2);
  r.spec.framings = {many()};
  r.datagram(joined({one(100, 1), one(101, 50), one(100, 2), one(101, 51)}));
  CHECK_LOG(r.out.take(), "sessionStarted 1 2 sessionStarted 50 51");
  CHECK(r.count(C::delivered, 0) == 2 && r.count(C::delivered, 1) == 2);
}

SCENARIO("a channel that is not declared is counted, and the rest of the datagram is read") {
  Rig r(1);
  r.spec.framings = {many()};
  r.datagram(joined({one(100, 1), one(7, 1), one(100, 2)}));
  CHECK_LOG(r.out.take(), "sessionStarted 1 2");
  CHECK(r.feed[uint32_t(FeedCounter::unknownChannel)] == 1);
}

SCENARIO("a damaged packet ends its datagram and is counted once") {
  Rig r(1);
  r.spec.framings = {many()};
  Buffer b = joined({one(100, 1), one(100, 2), one(100, 3)});
  b[8] = 0xFF;  // the second length
  r.datagram(b);
  CHECK_LOG(r.out.take(), "sessionStarted 1");
  CHECK(r.count(C::malformed) == 1);
}

SCENARIO("a line that is one channel's own needs no name in the header") {
  Rig r(2);
  LineSpec second;
  second.channel = 1;
  r.spec.lines.push_back(second);
  r.datagram(mold_data(1, 1), 0);
  r.datagram(mold_data(9, 1), 1);
  CHECK(r.count(C::delivered, 0) == 1 && r.count(C::delivered, 1) == 1);
}

SCENARIO("gaps of one channel do not hold up another") {
  Rig r(2);
  r.spec.framings = {many()};
  r.spec.rungs = {wait_rung(kMs)};
  r.datagram(joined({one(100, 1), one(101, 1), one(100, 5)}));
  r.datagram(one(101, 2));
  CHECK_LOG(r.out.take(), "sessionStarted 1 sessionStarted 1 2");
  CHECK(r.session().deadline() == INT64_MAX || r.session().deadline() > 0);
  r.now += kMs;
  r.session().service(r.now + kMs);
  CHECK_LOG(r.out.take(), "gapOpened[2,5) stale[2,5) gapAbandoned[2,5):noRecovery 5");
}

SCENARIO("a stream that is a line is cut into packets wherever its bytes are cut") {
  const Buffer bytes = joined({one(100, 1), one(100, 2), one(100, 3)});
  for (size_t cut = 0; cut <= bytes.size(); cut++) {
    Rig r(1);
    r.spec.framings = {many()};
    const Buffer a(bytes.begin(), bytes.begin() + long(cut)), b(bytes.begin() + long(cut), bytes.end());
    CHECK(r.session().stream(0, view(a), 1, 1));
    CHECK(r.session().stream(0, view(b), 1, 2));
    CHECK(r.session().ledger_balances());
    CHECK_LOG(r.out.take(), "sessionStarted 1 2 3");
  }
}

/// Packets without numbers: u16 length, one message.
FramingSpec unnumbered() {
  FramingSpec f;
  f.header_length = f.header_length_min = 2;
  f.packet_length = be(0, 2);
  f.many_packets = true;
  f.numbering = Numbering::none;
  return f;
}
Buffer bare(uint32_t number) {
  const std::string text = std::to_string(number);
  Buffer b;
  put(b, 2 + text.size(), 2);
  put(b, text);
  return b;
}

SCENARIO("packets without numbers count by their stream, over all its flows, each cut by itself") {
  Rig r(1);
  r.spec.framings = {unnumbered()};
  const Buffer bytes = joined({bare(1), bare(2), bare(3)});
  CHECK(r.session().stream(0, {bytes.data(), 4}, 1, 1, 7));
  const Buffer other = bare(2);
  CHECK(r.session().stream(0, view(other), 1, 2, 8));
  CHECK(r.session().stream(0, {bytes.data() + 4, uint32_t(bytes.size()) - 4}, 1, 3, 7));
  CHECK_LOG(r.out.take(), "sessionStarted 1 2 2 3");
  CHECK(r.count(C::delivered) == 4 && r.count(C::duplicates) == 0);
}

SCENARIO("datagrams without numbers are delivered, and none of them is a copy") {
  Rig r(1);
  r.spec.framings = {unnumbered()};
  for (uint32_t n : {5u, 5u, 6u}) r.datagram(bare(n));
  CHECK_LOG(r.out.take(), "(5) (5) (6)");
  CHECK(r.count(C::unsequenced) == 3 && r.count(C::duplicates) == 0);
}

SCENARIO("a line that brings nothing but what cannot be read is told about, once, and at the end") {
  Rig r(1);
  r.spec.framings = {many()};
  const Buffer nonsense(5, 1);
  for (int i = 0; i < 20; i++) r.datagram(nonsense);
  CHECK_LOG(r.out.take(), "malformed");
  CHECK(r.out.notices.back().detail == 8 && r.count(C::malformed) == 20);
  r.datagram(one(100, 1));
  for (int i = 0; i < 20; i++) r.datagram(nonsense);
  CHECK_LOG(r.out.take(), "sessionStarted 1 malformed");
  Rig few(1);
  few.datagram(nonsense);
  CHECK_LOG(few.out.take(), "");
  few.session().finish(Reason::endOfData, 9);
  CHECK_LOG(few.out.take(), "malformed");
}

SCENARIO("a stream that is not in its framing says so") {
  Rig r(1);
  r.spec.framings = {many()};
  const Buffer nonsense(20, 0);
  CHECK(!r.session().stream(0, view(nonsense), 1, 1));
}

SCENARIO("a file that counts by position numbers its messages from the first") {
  Rig r(1);
  r.spec.framings[0].wrap_first = 1;
  for (const char* text : {"1", "2", "3"}) {
    const Buffer b(text, text + 1);
    r.session().record(0, view(b), 1, 1);
  }
  CHECK(r.out.take() == "sessionStarted 1 2 3" && r.count(C::delivered) == 3);
}

SCENARIO("a declaration of another version, cut short or with more behind it is refused") {
  for (size_t n = 0; n < 64; n++) {
    Buffer b(n, 0);
    if (n >= sizeof kContract) std::memcpy(b.data(), &kContract, sizeof kContract);
    SessionSpec spec;
    CHECK(!spec.parse(view(b)));
  }
}

SCENARIO("what is held is told, and the most that it can be is known at open") {
  Rig r;
  r.spec.channels[0].window_packets = 8;
  r.spec.channels[0].window_bytes = 2000;
  r.session();
  const uint64_t most = r.feed[uint32_t(FeedCounter::heldBytesMax)];
  CHECK(most == Session::held_bytes_max(r.spec) && most > 2000 && most < (1u << 19));
  r.session().update_gauges();
  const uint64_t before = r.feed[uint32_t(FeedCounter::heldBytes)];
  r.datagram(mold_data(1, 1));
  for (uint64_t n = 3; n < 60; n += 2) r.datagram(mold_data(n, 1));  // more than the window takes
  r.session().update_gauges();
  const uint64_t held = r.feed[uint32_t(FeedCounter::heldBytes)];
  CHECK(held > before && held <= most);
  // It is the most there has been: what is delivered since leaves it as it is.
  for (uint64_t n = 2; n < 60; n++) r.datagram(mold_data(n, 1));
  r.session().update_gauges();
  CHECK(r.feed[uint32_t(FeedCounter::heldBytes)] >= held && r.count(C::held) == 0);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

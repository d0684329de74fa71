// The assembly: a capture from memory through framing, channel and batch into a ring that this thread reads; closing at
// any moment; failures told. Run under the thread sanitizer too.
#include "feed/feed.hpp"

#include <cstdlib>

#include "test/scenario.hpp"

namespace venuewire {
namespace {

void little(Buffer& b, uint64_t v, uint32_t width) {
  b.resize(b.size() + width);
  store_uint(b.data() + b.size() - width, v, width, false);
}

/// A pcap of UDP datagrams over raw IPv4.
class Pcap {
 public:
  Pcap() {
    for (const uint64_t v : {0xA1B23C4Dull, 0x00040002ull, 0ull, 0ull, 262144ull, 101ull}) little(bytes, v, 4);
  }
  void add(const Buffer& payload, uint16_t port = 26477) {
    time_ns += 1000;
    const uint32_t size = uint32_t(28 + payload.size());
    little(bytes, uint64_t(time_ns / 1'000'000'000), 4);
    little(bytes, uint64_t(time_ns % 1'000'000'000), 4);
    little(bytes, size, 4);
    little(bytes, size, 4);
    put(bytes, 0x4500, 2);
    put(bytes, size, 2);
    put(bytes, 0, 4);
    put(bytes, 64 << 8 | 17, 2);
    put(bytes, 0, 2);
    put(bytes, 0x0A000001, 4);
    put(bytes, 0xE9360C6F, 4);
    put(bytes, 4000, 2);
    put(bytes, port, 2);
    put(bytes, 8 + payload.size(), 2);
    put(bytes, 0, 2);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
  }
  Buffer bytes;
  int64_t time_ns = 1'700'000'000'000'000'000;
};

class Bell final : public Doorbell {
 public:
  void offer(HandOver&) override {}
  std::atomic<uint32_t> rung{0};
  bool ring() override {
    rung.fetch_add(1);
    return true;
  }
};

class Rig {
 public:
  explicit Rig(const Pcap& pcap, uint32_t data_bytes = 65536) : data_bytes_(data_bytes) {
    data_at_ = (kCountersAt + 8 * (kFeedCounters + kChannelCounters) + 63) / 64 * 64;
    memory = static_cast<uint8_t*>(std::aligned_alloc(64, data_at_ + data_bytes));
    std::memset(memory, 0, data_at_ + data_bytes);
    spec.framings = {moldudp64()};
    LineSpec line;
    line.name = "A";
    spec.lines = {line};
    spec.channels = {ChannelSpec{}};
    RungSpec wait;
    wait.timeout_ns = 10'000'000;
    spec.rungs = {wait};
    source.live = false;
    source.memory = pcap.bytes.data();
    source.memory_bytes = pcap.bytes.size();
    source.routes.resize(1);
    source.routes[0].port = 26477;
  }
  ~Rig() {
    feed.reset();
    std::free(memory);
  }
  void open() { feed = std::make_unique<Feed>(spec, memory, data_at_, data_bytes_, source, &bell); }
  void start() {
    open();
    feed->start();
  }
  uint32_t word(uint32_t at) { return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory + at)).load(); }
  FeedState state() { return FeedState(word(kStateAt)); }
  uint64_t counter(ChannelCounter c) {
    return load_uint(memory + kCountersAt + 8 * (kFeedCounters + uint32_t(c)), 8, false);
  }
  uint64_t counter(FeedCounter c) { return load_uint(memory + kCountersAt + 8 * uint32_t(c), 8, false); }
  /// One look: counts messages, checks that numbers rise by one.
  void read() {
    const uint32_t head = word(kHeadAt);
    while (tail != head) {
      const uint8_t* p = memory + data_at_ + size_t(tail & (data_bytes_ / 8 - 1)) * 8;
      const uint32_t units = uint32_t(load_uint(p, 4, false));
      if (!CHECK(units != 0)) std::abort();
      if (p[4] == uint8_t(RecordKind::run)) {
        const uint64_t sequence = load_uint(p + 8, 8, false);
        const uint64_t count = load_uint(p + 24, 4, false);
        CHECK(sequence == next);
        next = sequence + count;
        messages += count;
      } else if (p[4] == uint8_t(RecordKind::notice)) {
        if (NoticeType(p[40]) == NoticeType::gapAbandoned) next = load_uint(p + 16, 8, false);
        notices += std::string(notices.empty() ? "" : " ") + name_of(NoticeType(p[40]));
      } else if (p[4] == uint8_t(RecordKind::packet)) {
        packets++;
      }
      tail += units;
    }
    std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory + kTailAt)).store(tail);
  }
  void read_to_end() {
    for (;;) {
      const bool over = state() != FeedState::running;
      read();
      if (over && tail == word(kHeadAt)) return;
      (void)feed->wait(tail, 1'000'000'000);
    }
  }

  SessionSpec spec;
  SourceConfig source;
  Bell bell;
  uint8_t* memory;
  std::unique_ptr<Feed> feed;
  uint32_t tail = 0;
  uint64_t next = 1, messages = 0, packets = 0;
  std::string notices;

 private:
  uint32_t data_at_, data_bytes_;
};

Pcap day(uint64_t packets, uint32_t each = 10) {
  Pcap p;
  for (uint64_t i = 0; i < packets; i++) p.add(mold_data(1 + i * each, each));
  return p;
}

SCENARIO("a capture is delivered whole and in order, through a ring many times smaller than it") {
  const Pcap p = day(20'000);
  Rig r(p);
  r.start();
  r.read_to_end();
  CHECK(r.state() == FeedState::ended && r.messages == 200'000);
  CHECK_LOG(r.notices, "sessionStarted endOfData");
  CHECK(r.counter(ChannelCounter::delivered) == 200'000 && r.counter(ChannelCounter::expected) == 200'000);
  CHECK(r.counter(ChannelCounter::inFlight) == 0 && r.bell.rung.load() > 0);
}

SCENARIO("a reader that pauses makes a file wait and loses nothing") {
  const Pcap p = day(3000);
  Rig r(p);
  r.start();
  while (r.word(kHeadAt) < 4096) sched_yield();
  r.read_to_end();
  CHECK(r.messages == 30'000 && r.counter(FeedCounter::ringWaits) > 0 && r.counter(ChannelCounter::windowFull) == 0);
}

SCENARIO("a burst held behind a gap does not overflow anything when the gap closes, however small the ring") {
  Pcap p;
  p.add(mold_data(1, 1));
  for (uint64_t n = 3; n < 3000; n++) p.add(mold("DAY1", n, 1, {std::string(800, 'x')}));
  p.add(mold_data(2, 1));
  for (uint64_t n = 3000; n < 9000; n++) p.add(mold("DAY1", n, 1, {std::string(800, 'x')}));
  Rig r(p);
  r.start();
  r.read_to_end();
  CHECK(r.messages == 8999 && r.counter(ChannelCounter::abandoned) == 0 && r.counter(ChannelCounter::windowFull) == 0);
}

SCENARIO("gaps of a capture are given up by the capture's own clock") {
  Pcap p;
  p.add(mold_data(1, 2));
  p.add(mold_data(5, 1));
  p.time_ns += 20'000'000;
  p.add(mold_data(6, 1));
  p.add(mold_data(9, 1));
  Rig r(p);
  r.start();
  r.read_to_end();
  CHECK_LOG(r.notices, "sessionStarted gapOpened stale gapAbandoned gapOpened gapAbandoned endOfData");
  CHECK(r.counter(ChannelCounter::abandoned) == 4 && r.messages == 5);
}

SCENARIO("a packet no ring of this size can take is counted and becomes a gap; the rest goes on") {
  Pcap p;
  p.add(mold_data(1, 1));
  p.add(mold("DAY1", 2, 1, {std::string(60'000, 'x')}));
  for (uint64_t n = 3; n < 100; n++) p.add(mold_data(n, 1));
  Rig r(p);
  r.start();
  r.read_to_end();
  CHECK(r.messages == 98 && r.counter(ChannelCounter::abandoned) == 1 && r.counter(ChannelCounter::oversized) == 1);
}

SCENARIO("packets as they are: all of them, or a failure that says why") {
  const Pcap p = day(5000);
  Rig r(p);
  r.source.packets = true;
  r.start();
  r.read_to_end();
  CHECK(r.packets == 5000 && r.state() == FeedState::ended);
  Pcap big;
  for (int i = 0; i < 2; i++) big.add(Buffer(60'000, 'x'));  // the second would have to lie across the ring's end
  Rig q(big);
  q.source.packets = true;
  q.start();
  q.read_to_end();
  std::string code, text;
  CHECK(q.state() == FeedState::failed && q.feed->failed(code, text) && code == "VW_RING");
}

SCENARIO("what is not a capture fails with a code, after everything before it was delivered") {
  Pcap p;
  p.bytes.assign(100, 'x');
  Rig r(p);
  r.start();
  r.read_to_end();
  std::string code, text;
  CHECK(r.state() == FeedState::failed && r.feed->failed(code, text) && code == "VW_CAPTURE_FORMAT");
  Rig missing(p);
  missing.source.memory = nullptr;
  missing.source.file = "/nonexistent/capture.pcap";
  missing.start();
  missing.read_to_end();
  CHECK(missing.feed->failed(code, text) && code == "VW_CAPTURE_OPEN");
}

SCENARIO("a CPU that does not exist fails the feed and wakes its reader") {
  const Pcap p = day(1);
  Rig r(p);
  r.source.cpu = 1 << 19;
  r.start();
  r.read_to_end();
  std::string code, text;
  CHECK(r.feed->failed(code, text) && code == "VW_CPU" && r.bell.rung.load() == 1);
}

SCENARIO("closing is safe before the start, twice, and at any moment while a reader does not read") {
  const Pcap p = day(5000);
  {
    Rig r(p);
    r.open();
    r.feed->close();
    r.feed->close();
    r.feed->start();  // too late: nothing runs
    CHECK(r.word(kHeadAt) == 0);
  }
  for (int i = 0; i < 100; i++) {
    Rig r(p);
    r.start();
    for (int spin = 0; spin < i * 50; spin++) r.read();
    r.feed->close();
    r.feed->close();
    CHECK(r.state() != FeedState::running);
  }
}

SCENARIO("wait ends with the time, at once when there is something, and when the feed is over") {
  const Pcap p = day(10);
  Rig r(p);
  r.open();
  CHECK(!r.feed->wait(0, 1'000'000));
  CHECK(!r.feed->wait(0, -5));
  r.feed->start();
  while (r.state() == FeedState::running) (void)r.feed->wait(r.word(kHeadAt), 1'000'000'000);
  CHECK(r.feed->wait(r.word(kHeadAt), 1'000'000'000'000));
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

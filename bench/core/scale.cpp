// What a packet costs beside what else is there: channels of one feed, lines, holes that stay open, instruments that are
// selected. Packets of four messages go through a session as a capture's do, into a ring that is emptied at once. Beside the
// time stands the memory that the feed has taken: its heap and its counters, without the ring.
// Usage: scale PACKETS PASSES [all|channels|lines|holes|instruments] [COMPILED-VENUE TYPE-CODE MESSAGE-BYTES INSTRUMENT-OFFSET], of a venue whose instruments have
// keys of four bytes.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>

#include <string_view>
#include <vector>

#include "core/session.hpp"
#include "feed/router.hpp"
#include "read_file.hpp"

using namespace venuewire;

namespace {

constexpr uint32_t kMessages = 4, kMessageBytes = 36, kHeaderBytes = 14;
constexpr uint32_t kPacketBytes = kHeaderBytes + kMessages * (2 + kMessageBytes);
constexpr int64_t kPacketNs = 1'000, kWaitNs = 60'000'000'000;
constexpr uint32_t kServicePackets = 64;

class NoHost final : public Host {
 public:
  void connect(uint16_t, uint16_t) override {}
  void send(uint16_t, Bytes) override {}
  void close(uint16_t) override {}
};

Field field(uint16_t offset, uint8_t width) {
  Field f;
  f.offset = offset;
  f.width = width;
  f.big_endian = true;
  return f;
}

/// Channel, number, count; blocks with a length in front.
FramingSpec framing() {
  FramingSpec f;
  f.header_length = f.header_length_min = kHeaderBytes;
  f.channel = field(0, 4);
  f.sequence = field(4, 8);
  f.count = field(12, 2);
  f.message_length = field(0, 2);
  f.message_length_add = f.message_prefix = 2;
  f.derive();
  return f;
}

struct Packet64 {
  uint8_t bytes[kPacketBytes] = {};
  Packet64(uint32_t channel, uint64_t sequence) {
    store_uint(bytes, channel, 4, true);
    store_uint(bytes + 4, sequence, 8, true);
    store_uint(bytes + 12, kMessages, 2, true);
    for (uint32_t i = 0; i < kMessages; i++) {
      store_uint(bytes + kHeaderBytes + i * (2 + kMessageBytes), kMessageBytes, 2, true);
    }
  }
  void number(uint64_t sequence) { store_uint(bytes + 4, sequence, 8, true); }
};

/// Bytes of the heap that are in use.
size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct Cost {
  double ns = 1e18;
  size_t bytes = 0;
};

class Run {
 public:
  Run(uint32_t channels, uint32_t packets_held) : Run(make(channels, packets_held)) {}
  explicit Run(SessionSpec spec) : spec_(std::move(spec)), router_(spec_.lines) {
    const auto channels = uint32_t(spec_.channels.size());
    for (uint16_t i = 0; i < spec_.lines.size(); i++)
      router_.add({spec_.lines.size() == 1, IpAddress::v4(kGroup + i), kPort, 0, i});
    counters_at_ = kCountersAt + 8 * (kFeedCounters + size_t(channels) * kChannelCounters);
    data_at_ = uint32_t((counters_at_ + 63) / 64 * 64);
    ring_ = static_cast<uint8_t*>(std::aligned_alloc(64, data_at_ + kRingBytes));
    std::memset(ring_, 0, data_at_);
    writer_ = std::make_unique<BatchWriter>(ring_, data_at_, kRingBytes, spec_.catalogue, spec_.selection);
    auto* counters = reinterpret_cast<uint64_t*>(ring_ + kCountersAt);
    session_ = std::make_unique<Session>(spec_, host_, *writer_, counters + kFeedCounters, FeedCounters{counters});
  }
  ~Run() { std::free(ring_); }
  Run(const Run&) = delete;

  void packet(const uint8_t* bytes) {
    now_ += kPacketNs;
    send(0, {bytes, kPacketBytes});
  }
  void send(uint32_t line, Bytes bytes) {
    (void)router_.each(IpAddress::v4(kGroup + line), kPort, 0,
                       [&](uint16_t to) { session_->datagram(to, bytes, now_, now_); });
    if (session_->blocked()) session_->resume(now_);
    if (session_->deadline() > now_ && ++since_service_ < kServicePackets) return;
    since_service_ = 0;
    session_->service(now_);
    (void)writer_->publish();
    std::memcpy(ring_ + kTailAt, ring_ + kHeadAt, 4);
  }
  size_t holes() { return session_->channel(0).holes().size(); }
  /// Of the heap, without the ring; its counters too.
  [[nodiscard]] size_t bytes() const { return heap_bytes() - before_ - kRingBytes; }

 private:
  static constexpr uint32_t kRingBytes = 1u << 20;
  static constexpr uint32_t kGroup = 0xEF010000;
  static constexpr uint16_t kPort = 26477;

 public:
  static SessionSpec make(uint32_t channels, uint32_t packets_held) {
    SessionSpec s;
    s.framings = {framing()};
    LineSpec line;
    s.lines = {line};
    for (uint32_t i = 0; i < channels; i++) {
      ChannelSpec c;
      c.key = i;
      c.window_packets = packets_held;
      c.window_bytes = packets_held * 512;
      c.holes_max = packets_held;
      s.channels.push_back(c);
    }
    RungSpec wait;
    wait.timeout_ns = kWaitNs;
    s.rungs = {wait};
    return s;
  }

  size_t before_ = heap_bytes();
  SessionSpec spec_;
  Router router_;
  NoHost host_;
  size_t counters_at_;
  uint32_t data_at_;
  uint8_t* ring_;
  std::unique_ptr<BatchWriter> writer_;
  std::unique_ptr<Session> session_;
  int64_t now_ = 1'000'000'000;
  uint32_t since_service_ = 0;
};

double since(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - from).count();
}

/// The packets spread evenly over the channels.
Cost over_channels(uint32_t channels, uint32_t packets) {
  Run run(channels, 64);
  std::vector<Packet64> next;
  for (uint32_t i = 0; i < channels; i++) next.emplace_back(i, 1);
  const auto round = [&](uint64_t sequence) {
    for (Packet64& p : next) {
      p.number(sequence);
      run.packet(p.bytes);
    }
  };
  uint64_t sequence = 1;
  for (; sequence < 64; sequence += kMessages) round(sequence);
  const uint32_t rounds = packets / channels;
  const auto from = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < rounds; i++, sequence += kMessages) round(sequence);
  return {since(from) / (double(rounds) * channels), run.bytes()};
}

/// Lines with a group and a channel each, found by where a packet was sent.
Cost over_lines(uint32_t lines, uint32_t packets) {
  SessionSpec spec = Run::make(lines, 64);
  spec.lines.clear();
  for (uint32_t i = 0; i < lines; i++) {
    LineSpec line;
    line.channel = int32_t(i);
    spec.lines.push_back(line);
  }
  Run run(std::move(spec));
  Packet64 p(0, 1);
  const auto round = [&](uint64_t sequence) {
    p.number(sequence);
    for (uint32_t i = 0; i < lines; i++) run.send(i, {p.bytes, kPacketBytes});
  };
  uint64_t sequence = 1;
  for (; sequence < 64; sequence += kMessages) round(sequence);
  const uint32_t rounds = packets / lines;
  const auto from = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < rounds; i++, sequence += kMessages) round(sequence);
  return {since(from) / (double(rounds) * lines), run.bytes()};
}

/// While so many holes are opened, one after the other, and stay open.
Cost over_holes(uint32_t holes, uint32_t packets) {
  Run run(1, packets + 64);
  Packet64 p(0, 1);
  run.packet(p.bytes);
  p.number(1 + kMessages);
  run.packet(p.bytes);
  uint64_t sequence = 1 + 2 * kMessages;
  // With no holes but one everything behind it would be held: what is compared is held the same way.
  sequence += kMessages;
  const uint32_t every = holes == 0 ? ~0u : packets / holes;
  const auto from = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < packets; i++, sequence += kMessages) {
    if (holes != 0 && i % every == every - 1) sequence += kMessages;
    p.number(sequence);
    run.packet(p.bytes);
  }
  const double ns = since(from) / packets;
  if (run.holes() < holes) std::fprintf(stderr, "%zu holes of %u\n", run.holes(), holes);
  return {ns, run.bytes()};
}

/// A message of the venue that names its instrument by four bytes.
struct Named {
  std::vector<uint8_t> compiled;
  char type = 0;
  uint32_t bytes = 0, offset = 0;
};

/// So many instruments are selected, and every message is for one of them.
Cost over_instruments(const Named& venue, uint32_t instruments, uint32_t packets) {
  SessionSpec parsed;
  if (!parsed.parse({venue.compiled.data(), uint32_t(venue.compiled.size())})) return {};
  SessionSpec spec = Run::make(1, 64);
  spec.catalogue = std::move(parsed.catalogue);
  spec.selection.by_instrument = true;
  for (uint32_t i = 1; i <= instruments; i++) spec.selection.instruments.push_back(i);
  Run run(std::move(spec));
  std::vector<uint8_t> packet(kHeaderBytes + kMessages * (2 + venue.bytes));
  store_uint(packet.data() + 12, kMessages, 2, true);
  uint32_t random = 1;
  uint64_t sequence = 1;
  const auto from = std::chrono::steady_clock::now();
  for (uint32_t n = 0; n < packets; n++, sequence += kMessages) {
    store_uint(packet.data() + 4, sequence, 8, true);
    for (uint32_t i = 0; i < kMessages; i++) {
      uint8_t* message = packet.data() + kHeaderBytes + i * (2 + venue.bytes);
      store_uint(message, venue.bytes, 2, true);
      message[2] = uint8_t(venue.type);
      random = random * 1664525 + 1013904223;
      store_uint(message + 2 + venue.offset, 1 + (random >> 8) % instruments, 4, true);
    }
    run.send(0, {packet.data(), uint32_t(packet.size())});
  }
  return {since(from) / packets, run.bytes()};
}

template <class Measure>
void curve(const char* what, std::initializer_list<uint32_t> sizes, int passes, Measure measure) {
  // All sizes by turns: a slow moment of the machine meets each of them.
  std::vector<Cost> best(sizes.size());
  for (int pass = 0; pass < passes; pass++) {
    Cost* at = best.data();
    for (const uint32_t n : sizes) {
      const Cost cost = measure(n);
      *at = {std::min(at->ns, cost.ns), cost.bytes};
      at++;
    }
  }
  const Cost* at = best.data();
  for (const uint32_t n : sizes) {
    std::printf("{\"%s\": %u, \"ns\": %.1f, \"bytes\": %zu}\n", what, n, at->ns, at->bytes);
    at++;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const uint32_t packets = argc > 1 ? uint32_t(std::atoi(argv[1])) : 60'000;
  const int passes = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string_view only = argc > 3 ? argv[3] : "all";
  const auto wanted = [&](std::string_view what) { return only == "all" || only == what; };
  if (wanted("channels")) curve("channels", {1, 10, 100, 1'000}, passes, [&](uint32_t n) { return over_channels(n, packets); });
  if (wanted("lines")) curve("lines", {1, 16, 256}, passes, [&](uint32_t n) { return over_lines(n, packets); });
  if (wanted("holes")) curve("holes", {0, 60, 600, 6'000, 10'000, 30'000}, passes, [&](uint32_t n) { return over_holes(n, packets); });
  if (argc < 8 || !wanted("instruments")) return 0;
  const Named venue{read_file(argv[4]), argv[5][0], uint32_t(std::atoi(argv[6])), uint32_t(std::atoi(argv[7]))};
  curve("instruments", {1, 100, 10'000, 100'000}, passes,
        [&](uint32_t n) { return over_instruments(venue, n, packets); });
}

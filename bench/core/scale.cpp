// What a packet costs beside what else is there: channels of one feed, and holes that stay open. Packets of four messages
// go through a session as a capture's do, into a ring that is emptied at once.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/session.hpp"

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

class Run {
 public:
  Run(uint32_t channels, uint32_t packets_held) : spec_(make(channels, packets_held)) {
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
    session_->datagram(0, {bytes, kPacketBytes}, now_, now_);
    if (session_->blocked()) session_->resume(now_);
    if (session_->deadline() > now_ && ++since_service_ < kServicePackets) return;
    since_service_ = 0;
    session_->service(now_);
    (void)writer_->publish();
    std::memcpy(ring_ + kTailAt, ring_ + kHeadAt, 4);
  }
  size_t holes() { return session_->channel(0).holes().size(); }

 private:
  static constexpr uint32_t kRingBytes = 1u << 20;
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

  SessionSpec spec_;
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

/// ns a packet, the packets spread evenly over the channels.
double over_channels(uint32_t channels, uint32_t packets) {
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
  return since(from) / (double(rounds) * channels);
}

/// ns a packet while so many holes are opened, one after the other, and stay open.
double over_holes(uint32_t holes, uint32_t packets) {
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
  return ns;
}

template <class Measure>
double best_of(int passes, Measure measure) {
  double best = 1e18;
  for (int i = 0; i < passes; i++) best = std::min(best, measure());
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const uint32_t packets = argc > 1 ? uint32_t(std::atoi(argv[1])) : 60'000;
  const int passes = argc > 2 ? std::atoi(argv[2]) : 5;
  for (const uint32_t n : {1u, 10u, 100u, 1'000u}) {
    std::printf("{\"channels\": %u, \"ns\": %.1f}\n", n, best_of(passes, [&] { return over_channels(n, packets); }));
  }
  for (const uint32_t n : {0u, 60u, 600u, 6'000u, 30'000u}) {
    std::printf("{\"holes\": %u, \"ns\": %.1f}\n", n, best_of(passes, [&] { return over_holes(n, packets); }));
  }
}

// What arbitration and hole tracking cost a packet: two lines carry a capture's packets, each loses some by chance, and
// the channel puts them together. Without recovery: what both lose waits for its rung and is given up.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/session.hpp"
#include "io/capture.hpp"
#include "read_file.hpp"

using namespace venuewire;

namespace {
class NoHost final : public Host {
 public:
  void connect(uint16_t, uint16_t) override {}
  void send(uint16_t, Bytes) override {}
  void close(uint16_t) override {}
};
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: arbitration CAPTURE COMPILED-VENUE-WITH-TWO-LINES\n");
    return 2;
  }
  const std::vector<uint8_t> bytes = read_file(argv[2]);
  SessionSpec spec;
  if (!spec.parse({bytes.data(), uint32_t(bytes.size())}) || spec.lines.size() < 2) {
    std::fprintf(stderr, "%s is not a compiled venue of two lines\n", argv[2]);
    return 2;
  }
  const std::vector<uint8_t> file = read_file(argv[1]);
  CaptureReader reader;
  if (!reader.open(file.data(), file.size())) return 2;
  std::vector<Bytes> packets;
  CapturedPacket p;
  while (packets.size() < 200'000 && reader.next(p) == CaptureStatus::packet) packets.push_back(p.payload);
  const uint32_t data_at = 64 * 1024, data_bytes = 1u << 20;
  uint8_t* ring = static_cast<uint8_t*>(std::aligned_alloc(64, data_at + data_bytes));
  for (const double loss : {0.0, 0.01, 0.1}) {
    double best = 1e18;
    unsigned long long opened = 0, abandoned = 0;
    for (int pass = 0; pass < 5; pass++) {
      std::memset(ring, 0, data_at);
      BatchWriter writer(ring, data_at, data_bytes, spec.catalogue, spec.selection);
      NoHost host;
      uint64_t* counters = reinterpret_cast<uint64_t*>(ring + kCountersAt);
      Session session(spec, host, writer, counters + kFeedCounters, FeedCounters{counters});
      uint64_t random = 88172645463325252ull;
      const uint64_t limit = uint64_t(loss * 18446744073709551615.0);
      int64_t now = 1;
      uint64_t received = 0;
      const auto from = std::chrono::steady_clock::now();
      for (const Bytes& packet : packets) {
        now += 10'000;
        for (uint16_t line = 0; line < 2; line++) {
          random ^= random << 13;
          random ^= random >> 7;
          random ^= random << 17;
          if (random < limit) continue;
          session.datagram(line, packet, now, now);
          received++;
        }
        if (session.deadline() <= now || (received & 63) < 2) {
          session.service(now);
          (void)writer.publish();
          std::memcpy(ring + kTailAt, ring + kHeadAt, 4);
        }
      }
      const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - from).count();
      if (ns / double(received) < best) best = ns / double(received);
      ChannelCounters& c = session.channel(0).counters();
      opened = c[ChannelCounter::gapsOpened];
      abandoned = c[ChannelCounter::abandoned];
    }
    std::printf("loss %4.1f %% on each line: %6.1f ns a packet received, %llu gaps, %llu numbers given up\n", loss * 100,
                best, opened, abandoned);
  }
}

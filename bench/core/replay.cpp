// The core alone: capture reader → framing → channel → batches, without Node. Prints nanoseconds a message.
#include <chrono>
#include <cstdio>
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
    std::fprintf(stderr, "usage: replay CAPTURE COMPILED-VENUE [PASSES]\n");
    return 2;
  }
  const std::vector<uint8_t> bytes = read_file(argv[2]);
  SessionSpec spec;
  if (!spec.parse({bytes.data(), uint32_t(bytes.size())})) {
    std::fprintf(stderr, "%s is not a compiled venue of this version\n", argv[2]);
    return 2;
  }
  const std::vector<uint8_t> file = read_file(argv[1]);
  const uint32_t data_at = 64 * 1024, data_bytes = 1u << 20;
  uint8_t* ring = static_cast<uint8_t*>(std::aligned_alloc(64, data_at + data_bytes));
  for (int pass = 0; pass < (argc > 3 ? std::atoi(argv[3]) : 4); pass++) {
    std::memset(ring, 0, data_at);
    BatchWriter writer(ring, data_at, data_bytes, spec.catalogue, spec.selection);
    NoHost host;
    uint64_t* counters = reinterpret_cast<uint64_t*>(ring + kCountersAt);
    Session session(spec, host, writer, counters + kFeedCounters, FeedCounters{counters});
    CaptureReader reader;
    if (!reader.open(file.data(), file.size())) return 2;
    CapturedPacket p;
    uint64_t packets = 0;
    const auto from = std::chrono::steady_clock::now();
    while (reader.next(p) == CaptureStatus::packet) {
      session.datagram(0, p.payload, p.time_ns, p.time_ns);
      if ((++packets & 63) == 0) {
        session.service(p.time_ns);
        (void)writer.publish();
        std::memcpy(ring + kTailAt, ring + kHeadAt, 4);  // a reader that takes everything at once
      }
    }
    const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - from).count();
    const double messages = double(session.channel(0).counters()[ChannelCounter::messages]);
    std::printf("%.2f ns a message, %.1f M messages/s, %.1f ns a packet, %llu packets\n", ns / messages,
                messages / ns * 1e3, ns / double(packets), static_cast<unsigned long long>(packets));
  }
}

// Mutates packets against single framings: read_packet, stream_packet_size and the message walk must
// stay inside the bytes they are given, and every walk must end. Usage: framing_fuzz [iterations] [seed]
#include <cinttypes>

#include "core/framing.hpp"
#include "fuzz/random.hpp"
#include "test/servers.hpp"

int main(int argc, char** argv) {
  using namespace venuewire;
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::printf("framing_fuzz: %" PRIu64 " iterations, seed %" PRIu64 "\n", iterations, seed);
  fuzz::Random random{seed};
  FramingSpec delimited = soup_framing(), inner = moldudp64();
  delimited.message_delimiter = '\n';
  inner.message_length = be(0, 1);
  inner.message_length_add = 0;
  inner.message_prefix = 0;
  inner.many_packets = true;
  inner.packet_length = be(16, 2);
  const std::vector<FramingSpec> framings = {moldudp64(), soup_framing(), delimited, inner};
  const std::vector<Buffer> samples = {mold_data(1, 5),      mold_heartbeat(9), mold_end(9),        soup_accept(5),
                                       soup('S', "message"), soup('T', "4"),    soup('S', "a\nb\n")};
  uint64_t messages = 0, packets = 0, sum = 0;
  for (uint64_t i = 0; i < iterations; i++) {
    Buffer b = samples[random.below(samples.size())];
    fuzz::mutate(b, random);
    const fuzz::Exact exact(b);
    const FramingSpec& f = framings[random.below(framings.size())];
    const int64_t size = stream_packet_size(f, exact.view(), 1u << 16);
    if (size > 1 << 16) std::abort();
    Bytes rest = exact.view();
    uint32_t steps = 0;
    while (rest.size != 0) {
      Packet p;
      uint32_t consumed = 0;
      if (read_packet(f, rest, p, consumed) != FrameStatus::ok) break;
      if (consumed == 0 || consumed > rest.size || ++steps > b.size()) std::abort();
      packets++;
      MessageWalk walk(f, p.body);
      Bytes m;
      uint32_t n = 0;
      while (walk.next(m)) {
        if (m.data < exact.view().data || m.data + m.size > exact.view().data + b.size() || ++n > b.size())
          std::abort();
        for (uint32_t k = 0; k < m.size; k++) sum += m.data[k];
      }
      messages += n;
      rest = rest.from(consumed);
    }
  }
  std::printf("framing_fuzz: %" PRIu64 " packets, %" PRIu64 " messages, checksum %" PRIx64 "\n", packets, messages,
              sum);
  return 0;
}

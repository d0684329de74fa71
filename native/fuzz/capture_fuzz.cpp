// Mutates valid captures and reads them: no byte outside the capture may be touched (run it under a sanitizer), and the
// counters must add up at every packet. Usage: capture_fuzz [iterations] [seed]; the same seed does the same again.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "io/capture_input.hpp"
#include "io/tcp_flow.hpp"
#include "test/capture_builder.hpp"

namespace venuewire {
namespace {

struct Random {
  uint64_t state;
  uint64_t next() {  // splitmix64
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint32_t below(size_t n) { return n == 0 ? 0 : uint32_t(next() % n); }
};

std::vector<Buffer> frames() {
  const Buffer payload = text("a message of some length");
  const Buffer datagram = udp(payload);
  const auto part = [&](size_t from, size_t to) {
    return Buffer(datagram.begin() + ptrdiff_t(from), datagram.begin() + ptrdiff_t(to));
  };
  return {
      ethernet(ipv4(datagram)),
      ethernet(ipv4(datagram, {.option_words = 3}), 0x0800, {0x88A8, 0x8100}),
      ethernet(ipv4(part(16, datagram.size()), {.fragment_at = 16})),
      ethernet(ipv4(part(0, 16), {.more = true})),
      ethernet(ipv4(tcp(payload, 1000, kTcpSyn, 2), {.protocol = 6})),
      ethernet(ipv4(tcp(payload, 1025, 0x18), {.protocol = 6})),
      ethernet(ipv4(tcp(payload, 1073, 0x18), {.protocol = 6})),
      ethernet(ipv4(tcp(payload, 1049, kTcpFin), {.protocol = 6})),
      ethernet(ipv6(extension(43, 1, extension(60, 2, extension(17, 1, datagram))), 0), 0x86DD),
      ethernet(ipv6(ipv6_fragment(17, 16, false, 5, part(16, datagram.size())), 44), 0x86DD),
      ethernet(ipv6(ipv6_fragment(17, 0, true, 5, part(0, 16)), 44), 0x86DD),
      ethernet(Buffer(28), 0x0806),
      ethernet(ipv4(gre(0x0800, ipv4(datagram)), {.protocol = 47})),
      ethernet(ipv4(gre(0x88BE, erspan(false, ethernet(ipv4(datagram))), true), {.protocol = 47})),
      ethernet(ipv4(gre(0x22EB, erspan(true, ethernet(ipv4(datagram))), true), {.protocol = 47})),
      ethernet(ipv4(udp(vxlan(ethernet(ipv4(datagram))), 0, 5000, 4789))),
      ethernet(mpls(2, ipv4(datagram)), 0x8847),
      ethernet(mpls(1, ethernet(ipv6(datagram), 0x86DD)), 0x8847),
      ethernet(ipv4(ipv4(ipv6(datagram), {.protocol = 41}), {.protocol = 4})),
  };
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> all;
  for (const bool big : {false, true}) {
    Pcap pcap(1, big, big);
    for (const Buffer& frame : frames()) pcap.add(frame, 100, 5);
    all.push_back(pcap.bytes);

    Pcapng pcapng(big);
    pcapng.interface(1, 9, 3, 200);
    pcapng.interface(113, 0x80 | 10);
    pcapng.interface(101);
    for (const Buffer& frame : frames()) pcapng.enhanced(0, 1700000000'000000000, frame);
    pcapng.simple(frames()[0]);
    pcapng.block(5, Buffer(16));
    pcapng.enhanced(1, 5, cooked(ipv4(udp(text("cooked")))));
    pcapng.section(!big);
    pcapng.interface(276, 12);
    pcapng.enhanced(0, 7, cooked2(ipv6(udp(text("cooked")), 17), 0x86DD), true);
    all.push_back(pcapng.bytes);
  }
  for (const uint32_t link : {0u, 101u, 113u, 276u, 228u, 229u, 239u, 258u}) {
    Pcap pcap(link);
    Buffer family;
    put(family, 2, 4, false);
    append(family, ipv4(udp(text("loop"))));
    for (const Buffer& frame : {ipv4(udp(text("raw"))), ipv6(udp(text("raw"))), cooked(ipv4(udp(text("sll")))),
                                cooked2(ipv4(udp(text("sll2")))), family, nflog(ipv4(udp(text("nflog")))),
                                pktap(1, ethernet(ipv4(udp(text("pktap")))))}) {
      pcap.add(frame);
    }
    all.push_back(pcap.bytes);
  }
  Buffer binary;
  for (uint32_t i = 1; i < 30; i++) {
    put16(binary, i);
    binary.resize(binary.size() + i, uint8_t('A' + i));
  }
  all.push_back(binary);
  return all;
}

constexpr uint64_t kTelling[] = {0,
                                 1,
                                 2,
                                 7,
                                 8,
                                 20,
                                 40,
                                 0x7F,
                                 0x80,
                                 0xFF,
                                 0x100,
                                 0x7FFF,
                                 0x8000,
                                 0xFFFF,
                                 0x10000,
                                 0x7FFFFFFF,
                                 0x80000000,
                                 0xFFFFFFFC,
                                 0xFFFFFFFF,
                                 0x7FFFFFFFFFFFFFFF,
                                 0xFFFFFFFFFFFFFFFF};

void mutate(Buffer& b, Random& random) {
  for (uint32_t times = 1 + random.below(4); times != 0 && !b.empty(); times--) {
    const uint32_t at = random.below(b.size());
    switch (random.below(7)) {
      case 0:
        b[at] ^= uint8_t(1u << random.below(8));
        break;
      case 1:
        b[at] = uint8_t(random.next());
        break;
      case 2: {  // a telling number where a length may stand
        const uint32_t width = 1u << random.below(4);
        if (at + width <= b.size()) {
          store_uint(b.data() + at, kTelling[random.below(std::size(kTelling))], width, random.below(2));
        }
        break;
      }
      case 3:
        b.resize(at);
        break;
      case 4:
        b.erase(b.begin() + at, b.begin() + at + random.below(std::min<size_t>(b.size() - at, 64)));
        break;
      case 5: {  // a part once more
        const Buffer part(b.begin() + at, b.begin() + at + random.below(std::min<size_t>(b.size() - at, 256)));
        b.insert(b.begin() + random.below(b.size()), part.begin(), part.end());
        break;
      }
      default: {  // nudge a byte, as off-by-one lengths are
        b[at] = uint8_t(b[at] + (random.below(2) ? 1 : -1));
        break;
      }
    }
  }
}

struct Sink final : TcpFlowSink {
  uint64_t bytes = 0;
  void on_bytes(const TcpFlow&, const TcpChunk& chunk) override {
    for (uint32_t i = 0; i < chunk.bytes.size; i++) bytes += chunk.bytes.data[i];
  }
  void on_hole(const TcpFlow&, uint64_t, uint64_t length) override { bytes += length; }
  void on_end(const TcpFlow&, TcpEnd) override {}
};

/// Gives a capture in pieces of random size.
struct Pieces final : ByteSource {
  Bytes bytes;
  Random random;
  uint32_t at = 0;
  Pieces(Bytes b, uint64_t seed) : bytes(b), random{seed} {}
  SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) override {
    got = std::min({size, 1 + random.below(300), bytes.size - at});
    if (got == 0) return SourceStatus::end;
    std::memcpy(into, bytes.data + at, got);
    at += got;
    return SourceStatus::bytes;
  }
  uint64_t position() const override { return at; }
};

[[noreturn]] void fail(const char* what, uint64_t iteration) {
  std::fprintf(stderr, "iteration %" PRIu64 ": %s\n", iteration, what);
  std::abort();
}

/// The same capture in pieces must give what it gave whole.
void compare_pieces(Bytes bytes, const CaptureReader& whole, uint64_t iteration) {
  CaptureReader reader;
  reader.open_stream();
  CaptureInput input(std::make_unique<Pieces>(bytes, iteration));
  CapturedPacket packet;
  CaptureStatus status;
  while ((status = reader.next(packet)) == CaptureStatus::packet || status == CaptureStatus::more) {
    if (status == CaptureStatus::more) (void)input.fill(reader);
  }
  const CaptureCounters &a = whole.counters(), &b = reader.counters();
  if (a.frames != b.frames || a.packets != b.packets || a.skipped() != b.skipped() ||
      a.fragments_dropped != b.fragments_dropped || whole.problem() != reader.problem() ||
      whole.offset() != reader.offset()) {
    std::fprintf(
        stderr, "whole: frame %" PRIu64 ", byte %" PRIu64 ", %s\npieces: frame %" PRIu64 ", byte %" PRIu64 ", %s\n",
        a.frames, whole.offset(), whole.problem().c_str(), b.frames, reader.offset(), reader.problem().c_str());
    fail("read in pieces it is another capture", iteration);
  }
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::vector<Buffer> originals = seeds();
  Random random{seed};
  CaptureReader reader;
  uint64_t packets = 0;
  uint64_t sum = 0;
  uint64_t stopped = 0;
  for (uint64_t i = 0; i < iterations; i++) {
    Buffer b = originals[random.below(originals.size())];
    mutate(b, random);
    // A block of exactly this size, so that a sanitizer sees the first byte too many.
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[b.size()]);
    if (!b.empty()) std::memcpy(exact.get(), b.data(), b.size());
    const auto format = random.below(8) == 0 ? CaptureFormat(random.below(4)) : CaptureFormat::automatic;
    const bool opened = reader.open(exact.get(), b.size(), format);

    Sink sink;
    TcpFlows flows(sink, {.flows = 2, .held_bytes = 40, .held_segments = 2});
    CapturedPacket packet;
    uint64_t number = 0;
    CaptureStatus status;
    while ((status = reader.next(packet)) == CaptureStatus::packet) {
      const CaptureCounters& c = reader.counters();
      if (c.frames + c.reassembled != c.packets + c.skipped() + c.fragments) fail("the counters do not add up", i);
      if (c.fragments_dropped > c.fragments) fail("more fragments dropped than seen", i);
      if (packet.number <= number || packet.number > c.frames) fail("numbers out of order", i);
      number = packet.number;
      if (packet.truncated != (packet.payload.size < packet.stated_length)) fail("truncated or not", i);
      if (!packet.reassembled &&
          (packet.payload.data < exact.get() || packet.payload.data + packet.payload.size > exact.get() + b.size())) {
        fail("a payload outside the capture", i);
      }
      for (uint32_t k = 0; k < packet.payload.size; k++) sum += packet.payload.data[k];
      if (packet.ip_version == 6) sum += packet.source_ip6[0] + packet.destination_ip6[15];
      if (packet.transport == Transport::tcp) flows.add(packet);
      packets++;
    }
    flows.finish();
    sum += sink.bytes;
    if (!opened && status != CaptureStatus::malformed) fail("read without having been opened", i);
    if ((status == CaptureStatus::malformed) == reader.problem().empty()) fail("a reason is missing or too much", i);
    if (reader.offset() > b.size()) fail("read past the end", i);
    stopped += status == CaptureStatus::malformed;
    const bool packed = b.size() >= 2 && b[0] == 0x1F && b[1] == 0x8B;
    if (format == CaptureFormat::automatic && !packed) compare_pieces({exact.get(), uint32_t(b.size())}, reader, i);
  }
  std::printf("%" PRIu64 " captures, %" PRIu64 " packets, %" PRIu64 " stopped as malformed, checksum %" PRIx64 "\n",
              iterations, packets, stopped, sum);
  return 0;
}

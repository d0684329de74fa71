// Sends MoldUDP64 packets of ITCH Add Order messages to a multicast group at a steady rate. Each message's order
// reference number is the sender's CLOCK_MONOTONIC in nanoseconds, so that a receiver on this machine can tell the delay.
// With SEGMENTS above 1 packets leave in bursts of that many, cut by the kernel: a sender that costs little enough to find
// a receiver's limit. It sleeps when it has time, so that it does not take a core from the receiver.
#include <arpa/inet.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/wire.hpp"
#include "io/address.hpp"
#include "io/udp_sender.hpp"

using namespace venuewire;

static int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: blast GROUP PORT PACKETS MESSAGES-A-PACKET PACKETS-A-SECOND(0: no pause) [SEGMENTS [FIRST]]\n");
    return 2;
  }
  in_addr group;
  if (inet_pton(AF_INET, argv[1], &group) != 1) return 2;
  const uint16_t port = uint16_t(std::atoi(argv[2]));
  const int64_t packets = std::atoll(argv[3]);
  const int messages = std::atoi(argv[4]);
  const double rate = std::atof(argv[5]);
  const int segments = argc > 6 ? std::atoi(argv[6]) : 1;
  uint64_t sequence = argc > 7 ? std::strtoull(argv[7], nullptr, 10) : 1;
  UdpSender sender;
  UdpSenderConfig config;
  config.interface = "127.0.0.1";
  const uint32_t size = 20 + uint32_t(messages) * 38;
  if (segments > 1) config.segment_bytes = uint16_t(size);
  if (sender.open(config) != UdpSendError::none) {
    std::fprintf(stderr, "the sender could not be opened: %s\n", sender.problem().c_str());
    return 3;
  }
  constexpr int kBatch = 32;
  std::vector<uint8_t> bytes(size_t(size) * size_t(std::max(kBatch, segments)));
  OutgoingDatagram out[kBatch];
  prctl(PR_SET_TIMERSLACK, 1);
  const int64_t start = now_ns();
  for (int64_t sent = 0; sent < packets;) {
    int64_t n = std::min<int64_t>(segments > 1 ? segments : kBatch, packets - sent);
    if (rate > 0) {
      // A burst is due with its last packet.
      if (segments <= 1) n = 1;
      const int64_t due = start + int64_t(double(sent + n - 1) / rate * 1e9);
      for (int64_t left; (left = due - now_ns()) > 0;) {
        if (left < 20'000) continue;
        const timespec t{0, std::min<int64_t>(left - 10'000, 999'999'999)};
        nanosleep(&t, nullptr);
      }
      const int64_t late = now_ns() - due;
      if (segments <= 1)
        n = std::min<int64_t>({kBatch, packets - sent, 1 + int64_t(double(late) * rate / 1e9)});
    }
    for (int i = 0; i < n; i++) {
      uint8_t* p = bytes.data() + size_t(i) * size;
      if (segments <= 1) out[i] = OutgoingDatagram{ntohl(group.s_addr), port, Bytes{p, size}};
      const uint64_t at = uint64_t(now_ns());
      std::memcpy(p, "BENCH00001", 10);
      store_uint(p + 10, sequence, 8, true);
      store_uint(p + 18, uint64_t(messages), 2, true);
      for (int m = 0; m < messages; m++) {
        uint8_t* q = p + 20 + m * 38;
        std::memset(q, 0, 38);
        store_uint(q, 36, 2, true);
        q[2] = 'A';
        store_uint(q + 3, 1, 2, true);
        store_uint(q + 13, at, 8, true);
        q[21] = 'B';
        store_uint(q + 22, 100, 4, true);
        std::memcpy(q + 26, "BENCH   ", 8);
        store_uint(q + 34, 1'000'000, 4, true);
      }
      sequence += uint64_t(messages);
    }
    if (segments > 1) out[0] = OutgoingDatagram{ntohl(group.s_addr), port, Bytes{bytes.data(), size * uint32_t(n)}};
    if (sender.send(out, segments > 1 ? 1u : uint32_t(n)) != UdpSendError::none) {
      std::fprintf(stderr, "sending failed: %s\n", sender.problem().c_str());
      return 3;
    }
    sent += n;
  }
  const double seconds = double(now_ns() - start) / 1e9;
  std::printf("{\"packets\":%lld,\"perSecond\":%.0f}\n", static_cast<long long>(packets), double(packets) / seconds);
}

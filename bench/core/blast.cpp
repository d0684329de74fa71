// Sends MoldUDP64 packets of ITCH Add Order messages to a multicast group at a steady rate. Each message's order
// reference number is the sender's CLOCK_MONOTONIC in nanoseconds, so that a receiver on this machine can tell the delay.
#include <arpa/inet.h>
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
    std::fprintf(stderr, "usage: blast GROUP PORT PACKETS MESSAGES-A-PACKET PACKETS-A-SECOND(0: no pause) [FIRST]\n");
    return 2;
  }
  in_addr group;
  if (inet_pton(AF_INET, argv[1], &group) != 1) return 2;
  const uint16_t port = uint16_t(std::atoi(argv[2]));
  const int64_t packets = std::atoll(argv[3]);
  const int messages = std::atoi(argv[4]);
  const double rate = std::atof(argv[5]);
  uint64_t sequence = argc > 6 ? std::strtoull(argv[6], nullptr, 10) : 1;
  UdpSender sender;
  UdpSenderConfig config;
  config.interface = "127.0.0.1";
  if (sender.open(config) != UdpSendError::none) {
    std::fprintf(stderr, "the sender could not be opened: %s\n", sender.problem().c_str());
    return 3;
  }
  constexpr int kBatch = 32;
  const uint32_t size = 20 + uint32_t(messages) * 38;
  std::vector<uint8_t> bytes(size_t(size) * kBatch);
  OutgoingDatagram out[kBatch];
  const int64_t start = now_ns();
  for (int64_t sent = 0; sent < packets;) {
    int n = 1;
    if (rate > 0) {
      const int64_t due = start + int64_t(double(sent) / rate * 1e9);
      while (now_ns() < due) __builtin_ia32_pause();
      const int64_t late = now_ns() - due;
      n = int(std::min<int64_t>({kBatch, packets - sent, 1 + int64_t(double(late) * rate / 1e9)}));
    } else {
      n = int(std::min<int64_t>(kBatch, packets - sent));
    }
    for (int i = 0; i < n; i++) {
      uint8_t* p = bytes.data() + size_t(i) * size;
      out[i] = OutgoingDatagram{ntohl(group.s_addr), port, Bytes{p, size}};
      std::memcpy(p, "BENCH00001", 10);
      store_uint(p + 10, sequence, 8, true);
      store_uint(p + 18, uint64_t(messages), 2, true);
      for (int m = 0; m < messages; m++) {
        uint8_t* q = p + 20 + m * 38;
        std::memset(q, 0, 38);
        store_uint(q, 36, 2, true);
        q[2] = 'A';
        store_uint(q + 3, 1, 2, true);
        store_uint(q + 13, uint64_t(now_ns()), 8, true);
        q[21] = 'B';
        store_uint(q + 22, 100, 4, true);
        std::memcpy(q + 26, "BENCH   ", 8);
        store_uint(q + 34, 1'000'000, 4, true);
      }
      sequence += uint64_t(messages);
    }
    if (sender.send(out, uint32_t(n)) != UdpSendError::none) {
      std::fprintf(stderr, "sending failed: %s\n", sender.problem().c_str());
      return 3;
    }
    sent += n;
  }
  const double seconds = double(now_ns() - start) / 1e9;
  std::printf("{\"packets\":%lld,\"perSecond\":%.0f}\n", static_cast<long long>(packets), double(packets) / seconds);
}

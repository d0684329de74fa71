// Which frames a backend takes: UDP over IPv4 to wanted groups and ports, behind up to two VLAN tags. The same rule as
// classic BPF (packet sockets), as eBPF (XDP), and for what neither can see: ports of fragments, senders.
#pragma once
#include <linux/bpf.h>
#include <linux/filter.h>

#include <span>
#include <vector>

#include "io/frames.hpp"
#include "io/receiver.hpp"

namespace venuewire {

/// A program for SO_ATTACH_FILTER on a raw packet socket. Fragments of a wanted group are taken whatever their port,
/// which only the first of them has. Where a program of so many groups would be too long, all of UDP multicast is.
[[nodiscard]] std::vector<sock_filter> packet_filter(std::span<const ReceiveGroup> groups);

/// What wanted_map() has for keys: a group and a port as they lie in a frame; port 0 stands for fragments.
struct WantedKey {
  uint32_t ip = 0;    // network byte order
  uint16_t port = 0;  // network byte order
  uint16_t zero = 0;
};
[[nodiscard]] std::vector<WantedKey> wanted_keys(std::span<const ReceiveGroup> groups);

/// An XDP program: frames whose key is in the hash map `wanted` go to the socket of their queue in `sockets`; all
/// others, and those of queues without a socket, to the kernel.
[[nodiscard]] std::vector<bpf_insn> redirect_program(int wanted, int sockets);

/// Turns the frames that a program has chosen into datagrams, and asks what the program could not: the port of
/// fragments, the sender.
class FrameDatagrams {
 public:
  explicit FrameDatagrams(std::span<const ReceiveGroup> groups);

  /// False: the frame completes no wanted datagram, which is counted. True: `out` is the datagram.
  [[nodiscard]] bool take(Bytes frame, uint32_t original, int64_t time_ns, ReceiveClock clock, Datagram& out);
  /// The last datagram was put together from fragments: its bytes are gone with the next frame.
  [[nodiscard]] bool reassembled() const { return packet_.reassembled; }
  /// Of frames and datagrams; the losses are the backend's own.
  [[nodiscard]] ReceiveCounters& counters();

 private:
  struct Wanted {
    uint64_t destination = 0;
    uint32_t source = 0;
  };
  [[nodiscard]] bool wants() const;

  std::vector<Wanted> wanted_;  // in order
  FrameReader frames_;
  CapturedPacket packet_;
  ReceiveCounters counters_;
};

}  // namespace venuewire

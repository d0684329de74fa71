// What is inside a frame: link layers, tunnels, IP and its fragments, transport. Captures and live frames are read by
// it. Runs on whichever thread owns the reader; it never copies a payload (reassembled IP fragments aside), never reads
// a clock and never touches memory outside the frame that it was given.
#pragma once
#include <memory>

#include "core/wire.hpp"

namespace venuewire {

enum class Transport : uint8_t { none, udp, tcp };

/// Link types as in the registry of the tcpdump group; the others are those of capture files alone.
constexpr uint16_t kLinkEthernet = 1;
constexpr uint16_t kLinkRaw = 101;

constexpr uint8_t kTcpFin = 0x01;
constexpr uint8_t kTcpSyn = 0x02;
constexpr uint8_t kTcpReset = 0x04;

/// One UDP datagram, one TCP segment (also without payload: SYN, FIN, ACK), or one message of a BinaryFILE.
struct CapturedPacket {
  uint64_t number = 0;          // 1-based, as Wireshark numbers frames: frames that are not delivered count too
  int64_t time_ns = 0;          // since the Unix epoch; 0 where the format has no times
  Bytes payload;                // in the capture's memory; in the reader's, until the next call, when `reassembled`
  uint64_t record_offset = 0;   // of the frame's record from the start of the capture
  uint32_t payload_offset = 0;  // of the payload from the frame's first byte; 0 when `reassembled`
  uint32_t stated_length = 0;   // payload length by the headers; more than payload.size when `truncated`
  uint32_t source_ip = 0;       // IPv4, host byte order; 0 for IPv6
  uint32_t destination_ip = 0;
  const uint8_t* source_ip6 = nullptr;  // IPv6: the 16 bytes inside the capture; null for IPv4
  const uint8_t* destination_ip6 = nullptr;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint32_t tcp_sequence = 0;
  uint8_t tcp_flags = 0;
  uint8_t ip_version = 0;  // 4, 6, or 0 where the format has no addresses
  Transport transport = Transport::none;
  bool truncated = false;    // the captured bytes end before the length that the headers state
  bool reassembled = false;  // put together from IP fragments; `number` and `time_ns` are the completing frame's
};

/// frames + reassembled == packets + skipped() + fragments, at every instant.
struct CaptureCounters {
  uint64_t frames = 0;                 // records that hold a frame (BinaryFILE: messages)
  uint64_t packets = 0;                // handed out by next()
  uint64_t truncated = 0;              // of those: shorter than their headers state
  uint64_t not_ip = 0;                 // skipped: ARP, LLDP, ...
  uint64_t unknown_link = 0;           // skipped: link layer this reader does not know
  uint64_t unknown_encapsulation = 0;  // skipped: a tunnel whose version or content this reader does not know
  uint64_t other_transports = 0;       // skipped: IGMP, ICMP, PIM, ...
  uint64_t cut_headers = 0;            // skipped: the captured bytes end inside the headers
  uint64_t bad_headers = 0;            // skipped: header lengths that contradict each other
  uint64_t fragments = 0;              // frames that are a fragment of an IP datagram
  uint64_t reassembled = 0;            // datagrams completed from fragments
  uint64_t fragments_dropped = 0;      // fragments that will never be part of a datagram
  uint64_t other_blocks = 0;           // pcapng blocks that hold neither a frame nor an interface
  uint32_t unknown_link_type = 0;      // of the first frame whose link layer is not known

  [[nodiscard]] uint64_t skipped() const {
    return not_ip + unknown_link + unknown_encapsulation + other_transports + cut_headers + bad_headers;
  }
};

class FragmentTable;

class FrameReader {
 public:
  /// A frame as it was captured, or one inside a tunnel.
  struct Frame {
    Bytes bytes;
    uint32_t original = 0;  // length on the wire, or by the headers around it
    uint16_t link = 0;
  };

  FrameReader();
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  /// Fills `packet` with the payload of a frame; its time is the caller's. False: it holds none, which is counted.
  [[nodiscard]] bool read(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] const CaptureCounters& counters() const { return counters_; }

 protected:
  /// Gives up the fragments that wait for others.
  void drop_fragments();
  [[nodiscard]] bool skip(uint64_t& counter) {
    counter++;
    return false;
  }

  CaptureCounters counters_;
  bool big_endian_ = false;  // of what the capture's writer added to frames

 private:
  [[nodiscard]] bool read_plain(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_link(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_ethernet(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_ethertype(uint32_t type, const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_nflog(Bytes bytes, CapturedPacket& packet);
  [[nodiscard]] bool read_pktap(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_mpls(Frame frame, CapturedPacket& packet);
  [[nodiscard]] bool read_gre(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_erspan(const Frame& frame, bool third, CapturedPacket& packet);
  [[nodiscard]] bool read_tunnel(uint32_t protocol, const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_udp_tunnel(bool& is_tunnel, CapturedPacket& packet);
  [[nodiscard]] bool read_ip(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_ipv4(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_ipv6(const Frame& frame, CapturedPacket& packet);
  [[nodiscard]] bool read_ipv6_chain(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet);
  [[nodiscard]] bool read_fragment(uint32_t protocol, uint32_t id, uint32_t at, bool more, Bytes rest, uint32_t stated,
                                   CapturedPacket& packet);
  [[nodiscard]] bool read_transport(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet);
  [[nodiscard]] bool skip_short(Bytes rest, uint32_t stated) {
    return skip(rest.size < stated ? counters_.cut_headers : counters_.bad_headers);
  }

  uint32_t depth_ = 0;                        // tunnels around what is being read
  std::unique_ptr<FragmentTable> fragments_;  // made when the first fragment is seen
};

}  // namespace venuewire

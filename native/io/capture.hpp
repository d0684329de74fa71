// Reads captures (pcap, pcapng, length-prefixed BinaryFILE) out of memory somebody else holds, whole or piece by piece,
// and hands out the transport payloads one by one. Runs on whichever thread owns the reader; it never copies a payload
// (reassembled IP fragments aside), never reads a clock and never touches memory outside the range it was given.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/wire.hpp"

namespace venuewire {

enum class Transport : uint8_t { none, udp, tcp };

enum class CaptureFormat : uint8_t { automatic, pcap, pcapng, binary_file };

/// `malformed` is final, like `end`: see CaptureReader::problem() for where and why. `more`: the next record is not all
/// there yet, see CaptureReader::show().
enum class CaptureStatus : uint8_t { packet, more, end, malformed };

/// No frame of any recorder is as long; a length beyond it is a fault and not a reason to wait for so many bytes.
constexpr uint32_t kCaptureRecordMax = 64u << 20;

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

class CaptureReader {
 public:
  CaptureReader();
  ~CaptureReader();
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;

  /// Starts reading from the first byte; the memory must stay as it is while the reader is used. False when the bytes
  /// are not of that format (`automatic`: of none), and problem() says what they look like.
  [[nodiscard]] bool open(const uint8_t* data, uint64_t size, CaptureFormat format = CaptureFormat::automatic);
  [[nodiscard]] bool open(Bytes bytes, CaptureFormat format = CaptureFormat::automatic) {
    return open(bytes.data, bytes.size, format);
  }

  /// Starts reading bytes that come piece by piece: next() answers `more` until show() has brought enough of them.
  void open_stream(CaptureFormat format = CaptureFormat::automatic);
  /// The bytes from offset() on, as many as there are so far. They must stay as they are until show() is called again.
  /// `last`: nothing comes behind them.
  void show(const uint8_t* data, uint64_t size, bool last);
  /// After `more`: how many bytes from offset() on have to be shown.
  [[nodiscard]] uint64_t wanted() const { return wanted_; }
  /// Whether the bytes were found to be a capture.
  [[nodiscard]] bool opened() const { return opened_; }

  /// Fills `packet` with the next payload. Everything that is not one is counted and passed over.
  [[nodiscard]] CaptureStatus next(CapturedPacket& packet);

  [[nodiscard]] const CaptureCounters& counters() const { return counters_; }
  [[nodiscard]] CaptureFormat format() const { return format_; }
  /// Bytes of the capture read so far.
  [[nodiscard]] uint64_t offset() const { return base_ + at_; }
  /// After `malformed` or a failed open(): the reason with its byte offset. Empty otherwise.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Interface {
    uint16_t link = 0;
    uint32_t snap_length = 0;
    bool binary_resolution = false;
    uint8_t resolution = 6;  // ticks per second: 10 or 2 to this power
    int64_t offset_seconds = 0;
  };
  /// A frame of the capture, or one inside a tunnel.
  struct Frame {
    Bytes bytes;
    uint32_t original = 0;  // length on the wire, or by the headers around it
    uint16_t link = 0;
  };
  enum class Look : uint8_t { no, yes, more };

  [[nodiscard]] CaptureStatus recognise();
  [[nodiscard]] CaptureStatus refuse();
  [[nodiscard]] Look look_for_pcap();
  [[nodiscard]] Look look_for_pcapng();
  [[nodiscard]] Look look_for_binary_file();
  [[nodiscard]] CaptureStatus next_pcap(CapturedPacket& packet, Frame& frame);
  [[nodiscard]] CaptureStatus next_pcapng(CapturedPacket& packet, Frame& frame);
  [[nodiscard]] CaptureStatus next_message(CapturedPacket& packet);
  [[nodiscard]] bool read_section_header(const uint8_t* block, uint64_t left);
  [[nodiscard]] bool read_interface(const uint8_t* block, uint32_t length);

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
  [[nodiscard]] bool skip(uint64_t& counter) {
    counter++;
    return false;
  }
  [[nodiscard]] bool skip_short(Bytes rest, uint32_t stated) {
    return skip(rest.size < stated ? counters_.cut_headers : counters_.bad_headers);
  }
  CaptureStatus stop(const char* reason, uint64_t stated = 0, uint64_t held = 0);
  CaptureStatus want(uint64_t bytes) {
    wanted_ = bytes;
    return CaptureStatus::more;
  }

  const uint8_t* data_ = nullptr;  // what is shown
  uint64_t size_ = 0;
  uint64_t at_ = 0;    // in what is shown
  uint64_t base_ = 0;  // of what is shown, in the capture
  uint64_t wanted_ = 0;
  bool last_ = true;
  bool opened_ = false;
  uint32_t depth_ = 0;  // tunnels around what is being read
  CaptureFormat format_ = CaptureFormat::automatic;
  CaptureStatus final_ = CaptureStatus::end;  // what next() answers once reading is over
  bool big_endian_ = false;
  uint16_t link_ = 0;            // pcap
  uint32_t fraction_ns_ = 1000;  // pcap: nanoseconds in one unit of the fraction
  std::vector<Interface> interfaces_;
  std::unique_ptr<FragmentTable> fragments_;  // made when the first fragment is seen
  CaptureCounters counters_;
  std::string problem_;
};

}  // namespace venuewire

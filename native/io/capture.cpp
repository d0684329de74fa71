// See capture.hpp. The order here is the order of a packet: file format, link layer, IP, transport.
#include "io/capture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/fragments.hpp"

namespace venuewire {
namespace {

constexpr uint64_t kPcapHeader = 24;
constexpr uint32_t kPcapRecord = 16;

constexpr uint32_t kSectionBlock = 0x0A0D0D0A;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kObsoletePacketBlock = 2;
constexpr uint32_t kSimplePacketBlock = 3;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint32_t kMaxInterfaces = 65536;  // what the obsolete block's 16 bits can name

// Automatic detection of a BinaryFILE walks this many records and believes in messages up to this long: the first byte
// of any text file, read as a length, is larger.
constexpr uint32_t kProbeRecords = 64;
constexpr uint32_t kProbeMaxLength = 2048;

constexpr uint16_t kLinkNull = 0;
constexpr uint16_t kLinkEthernet = 1;
constexpr uint16_t kLinkRaw = 101;
constexpr uint16_t kLinkRawBsd = 12;
constexpr uint16_t kLinkRawOpenBsd = 14;
constexpr uint16_t kLinkLoop = 108;
constexpr uint16_t kLinkCooked = 113;
constexpr uint16_t kLinkIpv4 = 228;
constexpr uint16_t kLinkIpv6 = 229;
constexpr uint16_t kLinkCooked2 = 276;

constexpr uint32_t kTypeIpv4 = 0x0800;
constexpr uint32_t kTypeIpv6 = 0x86DD;

constexpr uint32_t kProtocolHopByHop = 0;
constexpr uint32_t kProtocolTcp = 6;
constexpr uint32_t kProtocolUdp = 17;
constexpr uint32_t kProtocolRouting = 43;
constexpr uint32_t kProtocolFragment = 44;
constexpr uint32_t kProtocolAuthentication = 51;
constexpr uint32_t kProtocolDestination = 60;
constexpr uint32_t kProtocolMobility = 135;

constexpr uint32_t kIpv4Header = 20;
constexpr uint32_t kIpv6Header = 40;
constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kTcpHeader = 20;

uint32_t be16(const uint8_t* p) { return uint32_t(load_uint(p, 2, true)); }
uint32_t be32(const uint8_t* p) { return uint32_t(load_uint(p, 4, true)); }

bool is_vlan(uint32_t type) { return type == 0x8100 || type == 0x88A8 || type == 0x9100; }

uint32_t padded(uint32_t length) { return (length + 3) & ~uint32_t(3); }

uint64_t power_of_ten(uint32_t exponent) {
  uint64_t v = 1;
  while (exponent--) v *= 10;
  return v;
}

constexpr uint64_t kNanos = 1'000'000'000;

// All arithmetic is unsigned: a capture with absurd times gives absurd times, not undefined behaviour.
int64_t pcapng_time(uint64_t ticks, bool binary, uint32_t resolution, int64_t offset_seconds) {
  uint64_t ns;
  if (!binary) {
    ns = resolution <= 9 ? ticks * power_of_ten(9 - resolution) : ticks / power_of_ten(resolution - 9);
  } else {
    const uint64_t mask = (uint64_t(1) << resolution) - 1;
    ns = (ticks >> resolution) * kNanos;
    ns += uint64_t(((unsigned __int128)(ticks & mask) * kNanos) >> resolution);
  }
  return int64_t(ns + uint64_t(offset_seconds) * kNanos);
}

}  // namespace

CaptureReader::CaptureReader() = default;
CaptureReader::~CaptureReader() = default;

// ---- file formats ----

bool CaptureReader::open(const uint8_t* data, uint64_t size, CaptureFormat format) {
  data_ = data;
  size_ = size;
  offset_ = 0;
  format_ = format;
  final_ = CaptureStatus::packet;
  counters_ = {};
  problem_.clear();
  interfaces_.clear();
  if (fragments_) (void)fragments_->clear();

  const uint32_t magic = size >= 4 ? uint32_t(load_uint(data, 4, false)) : 0;
  const bool automatic = format == CaptureFormat::automatic;
  bool known = false;
  if ((automatic && magic == kSectionBlock) || format == CaptureFormat::pcapng) {
    format_ = CaptureFormat::pcapng;
    known = open_pcapng();
  } else if (format == CaptureFormat::binary_file) {
    known = true;
  } else {
    format_ = CaptureFormat::pcap;
    known = open_pcap();
    if (!known && automatic && looks_like_binary_file()) {
      format_ = CaptureFormat::binary_file;
      known = true;
    }
  }
  if (known) return true;

  final_ = CaptureStatus::malformed;
  const char* hint = "";
  if (size == 0) {
    hint = " (it is empty)";
  } else if ((magic & 0xFFFF) == 0x8B1F) {
    hint = " (it is gzip: decompress it first)";
  } else if (magic == 0xFD2FB528) {
    hint = " (it is zstd: decompress it first)";
  }
  problem_ = std::string(automatic                         ? "not a pcap, pcapng or length-prefixed capture"
                         : format == CaptureFormat::pcapng ? "not a pcapng capture"
                                                           : "not a pcap capture") +
             hint;
  if (automatic) format_ = CaptureFormat::automatic;
  return false;
}

CaptureStatus CaptureReader::stop(const char* reason, uint64_t stated, uint64_t held) {
  problem_ = "frame " + std::to_string(counters_.frames + 1) + " at byte " + std::to_string(offset_) + ": " + reason;
  if (stated) problem_ += ": " + std::to_string(stated) + " bytes are stated, " + std::to_string(held) + " are there";
  return CaptureStatus::malformed;
}

CaptureStatus CaptureReader::next(CapturedPacket& packet) {
  if (final_ != CaptureStatus::packet) [[unlikely]]
    return final_;
  Frame frame;
  for (;;) {
    CaptureStatus status;
    if (format_ == CaptureFormat::pcap) {
      status = next_pcap(packet, frame);
    } else if (format_ == CaptureFormat::pcapng) {
      status = next_pcapng(packet, frame);
    } else {
      return next_message(packet);
    }
    if (status != CaptureStatus::packet) [[unlikely]] {
      if (fragments_) counters_.fragments_dropped += fragments_->clear();
      return final_ = status;
    }
    packet.number = ++counters_.frames;
    packet.reassembled = false;
    if (!read_frame(frame, packet)) [[unlikely]]
      continue;
    packet.payload_offset = packet.reassembled ? 0 : uint32_t(packet.payload.data - frame.bytes.data);
    packet.truncated = packet.payload.size < packet.stated_length;
    counters_.truncated += packet.truncated;
    counters_.packets++;
    return CaptureStatus::packet;
  }
}

bool CaptureReader::open_pcap() {
  if (size_ < kPcapHeader) return false;
  const uint32_t magic = uint32_t(load_uint(data_, 4, false));
  switch (magic) {
    case 0xA1B2C3D4:
    case 0xA1B23C4D:
      big_endian_ = false;
      break;
    case 0xD4C3B2A1:
    case 0x4D3CB2A1:
      big_endian_ = true;
      break;
    default:
      return false;
  }
  fraction_ns_ = magic == 0xA1B2C3D4 || magic == 0xD4C3B2A1 ? 1000 : 1;
  link_ = uint16_t(load_uint(data_ + 20, 4, big_endian_));  // the upper half is about frame check sequences
  offset_ = kPcapHeader;
  return true;
}

CaptureStatus CaptureReader::next_pcap(CapturedPacket& packet, Frame& frame) {
  const uint64_t left = size_ - offset_;
  if (left < kPcapRecord) [[unlikely]] {
    return left == 0 ? CaptureStatus::end : stop("the record header is cut", kPcapRecord, left);
  }
  const uint8_t* record = data_ + offset_;
  const uint32_t captured = uint32_t(load_uint(record + 8, 4, big_endian_));
  if (captured > left - kPcapRecord) [[unlikely]]
    return stop("the record is cut", captured, left - kPcapRecord);
  packet.time_ns =
      int64_t(load_uint(record, 4, big_endian_) * kNanos + load_uint(record + 4, 4, big_endian_) * fraction_ns_);
  packet.record_offset = offset_;
  frame.bytes = {record + kPcapRecord, captured};
  frame.original = uint32_t(load_uint(record + 12, 4, big_endian_));
  frame.link = link_;
  offset_ += kPcapRecord + captured;
  return CaptureStatus::packet;
}

bool CaptureReader::open_pcapng() {
  return size_ >= 12 && load_uint(data_, 4, false) == kSectionBlock && read_section_header(data_, size_);
}

bool CaptureReader::read_section_header(const uint8_t* block, uint64_t left) {
  if (left < 12) return false;
  const uint32_t magic = uint32_t(load_uint(block + 8, 4, false));
  if (magic != kByteOrderMagic && magic != __builtin_bswap32(kByteOrderMagic)) return false;
  big_endian_ = magic != kByteOrderMagic;
  interfaces_.clear();  // interface numbers are a section's own
  return true;
}

bool CaptureReader::read_interface(const uint8_t* block, uint32_t length) {
  if (length < 20 || interfaces_.size() >= kMaxInterfaces) return false;
  Interface interface;
  interface.link = uint16_t(load_uint(block + 8, 2, big_endian_));
  interface.snap_length = uint32_t(load_uint(block + 12, 4, big_endian_));
  const uint32_t end = length - 4;
  for (uint32_t at = 16; at + 4 <= end;) {
    const uint32_t code = uint32_t(load_uint(block + at, 2, big_endian_));
    const uint32_t size = uint32_t(load_uint(block + at + 2, 2, big_endian_));
    at += 4;
    if (code == 0) break;
    if (padded(size) > end - at) return false;
    if (code == 9 && size == 1) {  // if_tsresol
      interface.binary_resolution = block[at] & 0x80;
      interface.resolution = block[at] & 0x7F;
      if (interface.resolution > (interface.binary_resolution ? 63 : 19)) return false;
    } else if (code == 14 && size == 8) {  // if_tsoffset
      interface.offset_seconds = int64_t(load_uint(block + at, 8, big_endian_));
    }
    at += padded(size);
  }
  interfaces_.push_back(interface);
  return true;
}

CaptureStatus CaptureReader::next_pcapng(CapturedPacket& packet, Frame& frame) {
  for (;;) {
    const uint64_t left = size_ - offset_;
    if (left < 12) {
      return left == 0 ? CaptureStatus::end : stop("the block header is cut", 12, left);
    }
    const uint8_t* block = data_ + offset_;
    const uint32_t type = uint32_t(load_uint(block, 4, big_endian_));
    if (type == kSectionBlock && !read_section_header(block, left)) {
      return stop("a section header without a byte order");
    }
    const uint32_t length = uint32_t(load_uint(block + 4, 4, big_endian_));
    if (length < 12 || length % 4 != 0) return stop("a block length that cannot be");
    if (length > left) return stop("the block is cut", length, left);
    if (load_uint(block + length - 4, 4, big_endian_) != length) return stop("a block whose two lengths differ");

    uint32_t number = 0;
    uint32_t header = 28;
    uint32_t captured = 0;
    switch (type) {
      case kEnhancedPacketBlock:
      case kObsoletePacketBlock:
        if (length < 32) return stop("a packet block that is too short");
        number = uint32_t(load_uint(block + 8, type == kEnhancedPacketBlock ? 4 : 2, big_endian_));
        captured = uint32_t(load_uint(block + 20, 4, big_endian_));
        frame.original = uint32_t(load_uint(block + 24, 4, big_endian_));
        break;
      case kSimplePacketBlock:
        if (length < 16) return stop("a packet block that is too short");
        header = 12;
        frame.original = captured = uint32_t(load_uint(block + 8, 4, big_endian_));
        break;
      case kInterfaceBlock:
        if (!read_interface(block, length)) return stop("an interface description that cannot be");
        offset_ += length;
        continue;
      default:
        counters_.other_blocks += type != kSectionBlock;
        offset_ += length;
        continue;
    }
    if (number >= interfaces_.size()) return stop("a packet of an interface that is not described");
    const Interface& interface = interfaces_[number];
    packet.time_ns = 0;
    if (type == kSimplePacketBlock) {
      // It states the original length only; what was captured is bounded by the snap length, or else by the block.
      const uint32_t room = length - 16;
      if (interface.snap_length && captured > interface.snap_length) captured = interface.snap_length;
      if (captured > room) return stop("the packet is longer than its block", captured, room);
    } else {
      if (captured > length - 32) return stop("the packet is longer than its block", captured, length - 32);
      const uint64_t ticks = load_uint(block + 12, 4, big_endian_) << 32 | load_uint(block + 16, 4, big_endian_);
      packet.time_ns = pcapng_time(ticks, interface.binary_resolution, interface.resolution, interface.offset_seconds);
    }
    packet.record_offset = offset_;
    frame.bytes = {block + header, captured};
    frame.link = interface.link;
    offset_ += length;
    return CaptureStatus::packet;
  }
}

bool CaptureReader::looks_like_binary_file() const {
  uint64_t at = 0;
  for (uint32_t i = 0; i < kProbeRecords; i++) {
    if (at == size_) return i > 0;
    if (size_ - at < 2) return i > 1;  // the last record may be cut, the first may not
    const uint32_t length = be16(data_ + at);
    if (length == 0) return i > 0;
    if (length > kProbeMaxLength) return false;
    if (length > size_ - at - 2) return i > 1;
    at += 2 + length;
  }
  return true;
}

CaptureStatus CaptureReader::next_message(CapturedPacket& packet) {
  const uint64_t left = size_ - offset_;
  if (left < 2) return final_ = left == 0 ? CaptureStatus::end : stop("the length is cut", 2, left);
  const uint32_t length = be16(data_ + offset_);
  if (length == 0) return final_ = CaptureStatus::end;
  if (length > left - 2) return final_ = stop("the message is cut", length, left - 2);
  packet = {};
  packet.number = ++counters_.frames;
  packet.record_offset = offset_;
  packet.payload = {data_ + offset_ + 2, length};
  packet.stated_length = length;
  offset_ += 2 + length;
  counters_.packets++;
  return CaptureStatus::packet;
}

// ---- link layers ----

bool CaptureReader::read_frame(const Frame& frame, CapturedPacket& packet) {
  const Bytes bytes = frame.bytes;
  switch (frame.link) {
    case kLinkEthernet:
      if (bytes.size < 14) return skip(counters_.cut_headers);
      return read_ethertype(be16(bytes.data + 12), bytes.from(14), frame, packet);
    case kLinkCooked:
      if (bytes.size < 16) return skip(counters_.cut_headers);
      return read_ethertype(be16(bytes.data + 14), bytes.from(16), frame, packet);
    case kLinkCooked2:
      if (bytes.size < 20) return skip(counters_.cut_headers);
      return read_ethertype(be16(bytes.data), bytes.from(20), frame, packet);
    case kLinkRaw:
    case kLinkRawBsd:
    case kLinkRawOpenBsd:
    case kLinkIpv4:
    case kLinkIpv6:
      return read_ip(bytes, frame, packet);
    case kLinkNull:
    case kLinkLoop: {
      if (bytes.size < 4) return skip(counters_.cut_headers);
      // The address family, in the byte order of whoever captured; IPv6 has a different number on every system.
      const uint32_t family = bytes.data[0] | bytes.data[3];
      const bool ip = family == 2 || family == 10 || family == 23 || family == 24 || family == 28 || family == 30;
      return ip ? read_ip(bytes.from(4), frame, packet) : skip(counters_.not_ip);
    }
    default:
      return skip(counters_.unknown_link);
  }
}

bool CaptureReader::read_ethertype(uint32_t type, Bytes rest, const Frame& frame, CapturedPacket& packet) {
  while (is_vlan(type)) {
    if (rest.size < 4) return skip(counters_.cut_headers);
    type = be16(rest.data + 2);
    rest = rest.from(4);
  }
  if (type == kTypeIpv4) [[likely]]
    return read_ipv4(rest, frame, packet);
  if (type == kTypeIpv6) return read_ipv6(rest, frame, packet);
  return skip(counters_.not_ip);
}

// ---- IP ----

bool CaptureReader::read_ip(Bytes rest, const Frame& frame, CapturedPacket& packet) {
  if (rest.size == 0) return skip(counters_.cut_headers);
  const uint32_t version = rest.data[0] >> 4;
  if (version == 4) return read_ipv4(rest, frame, packet);
  if (version == 6) return read_ipv6(rest, frame, packet);
  return skip(counters_.not_ip);
}

bool CaptureReader::read_ipv4(Bytes rest, const Frame& frame, CapturedPacket& packet) {
  if (rest.size < kIpv4Header) [[unlikely]]
    return skip(counters_.cut_headers);
  const uint8_t* ip = rest.data;
  const uint32_t header = (ip[0] & 15u) * 4;
  if (ip[0] >> 4 != 4 || header < kIpv4Header) [[unlikely]]
    return skip(counters_.bad_headers);
  uint32_t total = be16(ip + 2);
  if (total == 0) [[unlikely]] {
    // Segmentation left to the network card: the length is filled in later, so the frame's own is the only one.
    const uint32_t before = uint32_t(ip - frame.bytes.data);
    total = frame.original > before ? frame.original - before : 0;
  }
  if (total < header) [[unlikely]]
    return skip(counters_.bad_headers);
  packet.ip_version = 4;
  packet.source_ip = be32(ip + 12);
  packet.destination_ip = be32(ip + 16);
  packet.source_ip6 = packet.destination_ip6 = nullptr;
  const uint32_t fragment = be16(ip + 6);
  const Bytes payload = rest.first(total).from(header);  // Ethernet padding ends here
  if ((fragment & 0x3FFF) != 0) [[unlikely]] {
    return read_fragment(ip[9], be16(ip + 4), (fragment & 0x1FFF) * 8, fragment & 0x2000, payload, total - header,
                         packet);
  }
  return read_transport(ip[9], payload, total - header, packet);
}

bool CaptureReader::read_ipv6(Bytes rest, const Frame& frame, CapturedPacket& packet) {
  if (rest.size < kIpv6Header) return skip(counters_.cut_headers);
  const uint8_t* ip = rest.data;
  if (ip[0] >> 4 != 6) return skip(counters_.bad_headers);
  uint32_t stated = be16(ip + 4);
  if (stated == 0) {  // a jumbogram, or segmentation left to the network card
    const uint32_t before = uint32_t(ip - frame.bytes.data) + kIpv6Header;
    stated = frame.original > before ? frame.original - before : 0;
  }
  packet.ip_version = 6;
  packet.source_ip = packet.destination_ip = 0;
  packet.source_ip6 = ip + 8;
  packet.destination_ip6 = ip + 24;
  return read_ipv6_chain(ip[6], rest.from(kIpv6Header).first(stated), stated, packet);
}

bool CaptureReader::read_ipv6_chain(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet) {
  for (;;) {
    uint32_t length;
    switch (protocol) {
      case kProtocolHopByHop:
      case kProtocolRouting:
      case kProtocolDestination:
      case kProtocolMobility:
      case kProtocolAuthentication:
        if (rest.size < 8) return skip_short(rest, stated);
        length = protocol == kProtocolAuthentication ? (rest.data[1] + 2u) * 4 : (rest.data[1] + 1u) * 8;
        break;
      case kProtocolFragment: {
        if (rest.size < 8) return skip_short(rest, stated);
        const uint32_t field = be16(rest.data + 2);
        if ((field & 0xFFF9) != 0) {
          return read_fragment(rest.data[0], be32(rest.data + 4), field & 0xFFF8, field & 1, rest.from(8), stated - 8,
                               packet);
        }
        length = 8;  // a datagram in one fragment
        break;
      }
      default:
        return read_transport(protocol, rest, stated, packet);
    }
    if (length > rest.size) return skip_short(rest, stated);
    protocol = rest.data[0];
    rest = rest.from(length);
    stated -= length;
  }
}

bool CaptureReader::read_fragment(uint32_t protocol, uint32_t id, uint32_t at, bool more, Bytes rest, uint32_t stated,
                                  CapturedPacket& packet) {
  if (packet.reassembled) return skip(counters_.bad_headers);  // fragments inside a datagram that was put together
  counters_.fragments++;
  if (rest.size < stated) return skip(counters_.fragments_dropped);
  if (!fragments_) fragments_ = std::make_unique<FragmentTable>();
  FragmentKey key;
  key.id = id;
  key.protocol = protocol;
  if (packet.ip_version == 6) {
    std::memcpy(key.source, packet.source_ip6, sizeof key.source);
    std::memcpy(key.destination, packet.destination_ip6, sizeof key.destination);
  } else {
    store_uint(key.source, packet.source_ip, 4, true);
    store_uint(key.destination, packet.destination_ip, 4, true);
  }
  const Bytes whole = fragments_->add(key, packet.time_ns, at, more, rest, counters_.fragments_dropped);
  if (whole.size == 0) return false;
  counters_.reassembled++;
  packet.reassembled = true;
  return packet.ip_version == 6 ? read_ipv6_chain(protocol, whole, whole.size, packet)
                                : read_transport(protocol, whole, whole.size, packet);
}

// ---- transport ----

bool CaptureReader::read_transport(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet) {
  if (protocol == kProtocolUdp) [[likely]] {
    if (rest.size < kUdpHeader) [[unlikely]]
      return skip_short(rest, stated);
    const uint32_t length = be16(rest.data + 4);
    if (length < kUdpHeader) [[unlikely]]
      return skip(counters_.bad_headers);
    packet.transport = Transport::udp;
    packet.source_port = uint16_t(be16(rest.data));
    packet.destination_port = uint16_t(be16(rest.data + 2));
    packet.tcp_sequence = 0;
    packet.tcp_flags = 0;
    packet.stated_length = length - kUdpHeader;
    packet.payload = Bytes{rest.data + kUdpHeader, rest.size - kUdpHeader}.first(packet.stated_length);
    return true;
  }
  if (protocol == kProtocolTcp) {
    if (rest.size < kTcpHeader) return skip_short(rest, stated);
    const uint32_t header = (rest.data[12] >> 4) * 4u;
    if (header < kTcpHeader) return skip(counters_.bad_headers);
    if (header > rest.size) return skip_short(rest, stated);
    packet.transport = Transport::tcp;
    packet.source_port = uint16_t(be16(rest.data));
    packet.destination_port = uint16_t(be16(rest.data + 2));
    packet.tcp_sequence = be32(rest.data + 4);
    packet.tcp_flags = rest.data[13];
    packet.stated_length = stated - header;
    packet.payload = {rest.data + header, rest.size - header};
    return true;
  }
  return skip(counters_.other_transports);
}

// ---- files ----

FileError MappedFile::fail(FileError error, int system_error, const std::string& text) {
  system_error_ = system_error;
  problem_ = text;
  if (system_error) problem_ += std::string(": ") + std::strerror(system_error);
  return error;
}

FileError MappedFile::open(const std::string& path) {
  close();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    const FileError kind = error == ENOENT || error == ENOTDIR ? FileError::not_found
                           : error == EACCES || error == EPERM ? FileError::not_permitted
                                                               : FileError::system;
    return fail(kind, error, "cannot open " + path);
  }
  struct stat status;
  if (::fstat(fd, &status) != 0) {
    const int error = errno;
    ::close(fd);
    return fail(FileError::system, error, "cannot read the size of " + path);
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(fd);
    return fail(FileError::not_a_file, 0, path + " is not a regular file: only those can be mapped");
  }
  if (status.st_size > 0) {
    void* memory = ::mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED) {
      const int error = errno;
      ::close(fd);
      return fail(FileError::system, error, "cannot map " + path);
    }
    (void)::madvise(memory, size_t(status.st_size), MADV_SEQUENTIAL);  // advice only
    data_ = static_cast<const uint8_t*>(memory);
    size_ = uint64_t(status.st_size);
  }
  ::close(fd);
  return FileError::none;
}

void MappedFile::close() {
  if (data_) (void)::munmap(const_cast<uint8_t*>(data_), size_);
  data_ = nullptr;
  size_ = 0;
  system_error_ = 0;
  problem_.clear();
}

}  // namespace venuewire

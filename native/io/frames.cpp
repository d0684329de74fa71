// See frames.hpp: in the order of a frame's bytes: link layer, tunnels, IP, transport.
#include "io/frames.hpp"

#include <algorithm>

#include "io/fragments.hpp"

namespace venuewire {
namespace {

// Link types as in the registry of the tcpdump group.
constexpr uint16_t kLinkNull = 0;
constexpr uint16_t kLinkRawBsd = 12;
constexpr uint16_t kLinkRawOpenBsd = 14;
constexpr uint16_t kLinkLoop = 108;
constexpr uint16_t kLinkCooked = 113;
constexpr uint16_t kLinkIpv4 = 228;
constexpr uint16_t kLinkIpv6 = 229;
constexpr uint16_t kLinkNflog = 239;
constexpr uint16_t kLinkPktap = 258;
constexpr uint16_t kLinkCooked2 = 276;

constexpr uint32_t kTypeIpv4 = 0x0800;
constexpr uint32_t kTypeVlan = 0x8100;
constexpr uint32_t kTypeIpv6 = 0x86DD;
constexpr uint32_t kTypeMpls = 0x8847;
constexpr uint32_t kTypeMplsMulticast = 0x8848;
constexpr uint32_t kTypeServiceVlan = 0x88A8;
constexpr uint32_t kTypeOldServiceVlan = 0x9100;
constexpr uint32_t kTypeBridgedEthernet = 0x6558;
constexpr uint32_t kTypeErspan = 0x88BE;       // ERSPAN I and II
constexpr uint32_t kTypeErspanThird = 0x22EB;  // ERSPAN III
constexpr uint32_t kLongestLlc = 1500;         // a type up to here is a length, and LLC follows

constexpr uint32_t kProtocolHopByHop = 0;
constexpr uint32_t kProtocolIpv4 = 4;
constexpr uint32_t kProtocolTcp = 6;
constexpr uint32_t kProtocolUdp = 17;
constexpr uint32_t kProtocolIpv6 = 41;
constexpr uint32_t kProtocolRouting = 43;
constexpr uint32_t kProtocolFragment = 44;
constexpr uint32_t kProtocolGre = 47;
constexpr uint32_t kProtocolAuthentication = 51;
constexpr uint32_t kProtocolDestination = 60;
constexpr uint32_t kProtocolEthernet = 97;  // EtherIP
constexpr uint32_t kProtocolMobility = 135;
constexpr uint32_t kProtocolMpls = 137;

constexpr uint16_t kPortVxlan = 4789;
constexpr uint16_t kPortGeneve = 6081;

constexpr uint32_t kEthernetHeader = 14;
constexpr uint32_t kIpv4Header = 20;
constexpr uint32_t kIpv6Header = 40;
constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kTcpHeader = 20;
constexpr uint32_t kTunnelHeader = 8;  // VXLAN, and Geneve without options

constexpr uint32_t kMaxDepth = 8;  // tunnels in tunnels; a frame that has more was made to be a burden

uint32_t be16(const uint8_t* p) { return uint32_t(load_uint(p, 2, true)); }
uint32_t be32(const uint8_t* p) { return uint32_t(load_uint(p, 4, true)); }

bool is_vlan(uint32_t type) { return type == kTypeVlan || type == kTypeServiceVlan || type == kTypeOldServiceVlan; }
bool is_mpls(uint32_t type) { return type == kTypeMpls || type == kTypeMplsMulticast; }
bool is_known(uint32_t type) { return type == kTypeIpv4 || type == kTypeIpv6 || is_vlan(type) || is_mpls(type); }

/// What follows the first `bytes` of a frame.
template <typename Frame>
Frame behind(const Frame& frame, uint32_t bytes) {
  return {frame.bytes.from(bytes), frame.original > bytes ? frame.original - bytes : 0, frame.link};
}

}  // namespace

FrameReader::FrameReader() = default;
FrameReader::~FrameReader() = default;

bool FrameReader::read(const Frame& frame, CapturedPacket& packet) {
  packet.number = ++counters_.frames;
  packet.reassembled = false;
  depth_ = 0;
  if (!read_plain(frame, packet) && !read_link(frame, packet)) [[unlikely]]
    return false;
  packet.payload_offset = packet.reassembled ? 0 : uint32_t(packet.payload.data - frame.bytes.data);
  packet.truncated = packet.payload.size < packet.stated_length;
  counters_.truncated += packet.truncated;
  counters_.packets++;
  return true;
}

/// The commonest frames: Ethernet, IPv4 without options or fragments, UDP that is no tunnel. Does what `read_link`
/// would, by the shortest way. False: it is no such frame, and nothing has been counted.
bool FrameReader::read_plain(const Frame& frame, CapturedPacket& packet) {
  constexpr uint32_t kHeaders = kEthernetHeader + kIpv4Header + kUdpHeader;
  constexpr uint8_t kVersionAndHeader = 0x45, kFragment = 0x3F;
  const uint8_t* const ip = frame.bytes.data + kEthernetHeader;
  if (frame.link != kLinkEthernet || frame.bytes.size < kHeaders) return false;
  if (be16(frame.bytes.data + 12) != kTypeIpv4 || ip[0] != kVersionAndHeader || ip[9] != kProtocolUdp) return false;
  if (((ip[6] & kFragment) | ip[7]) != 0) return false;
  const uint8_t* const udp = ip + kIpv4Header;
  const uint32_t total = be16(ip + 2), length = be16(udp + 4), port = be16(udp + 2);
  if (total < kIpv4Header + kUdpHeader || length < kUdpHeader || port == kPortVxlan || port == kPortGeneve)
    return false;
  packet.ip_version = 4;
  packet.source_ip = be32(ip + 12);
  packet.destination_ip = be32(ip + 16);
  packet.source_ip6 = packet.destination_ip6 = nullptr;
  packet.transport = Transport::udp;
  packet.source_port = uint16_t(be16(udp));
  packet.destination_port = uint16_t(port);
  packet.tcp_sequence = 0;
  packet.tcp_flags = 0;
  packet.stated_length = length - kUdpHeader;
  // Ethernet padding ends where IP says.
  const uint32_t held = std::min(frame.bytes.size - kHeaders, total - kIpv4Header - kUdpHeader);
  packet.payload = Bytes{udp + kUdpHeader, held}.first(packet.stated_length);
  return true;
}

void FrameReader::drop_fragments() {
  if (fragments_) counters_.fragments_dropped += fragments_->clear();
}

// ---- link layers ----

bool FrameReader::read_link(const Frame& frame, CapturedPacket& packet) {
  const Bytes bytes = frame.bytes;
  switch (frame.link) {
    case kLinkEthernet:
      return read_ethernet(frame, packet);
    case kLinkCooked:
      if (bytes.size < 16) return skip(counters_.cut_headers);
      return read_ethertype(be16(bytes.data + 14), behind(frame, 16), packet);
    case kLinkCooked2:
      if (bytes.size < 20) return skip(counters_.cut_headers);
      return read_ethertype(be16(bytes.data), behind(frame, 20), packet);
    case kLinkRaw:
    case kLinkRawBsd:
    case kLinkRawOpenBsd:
    case kLinkIpv4:
    case kLinkIpv6:
      return read_ip(frame, packet);
    case kLinkNull:
    case kLinkLoop: {
      if (bytes.size < 4) return skip(counters_.cut_headers);
      // The address family, in the byte order of whoever captured; IPv6 has a different number on every system.
      const uint32_t family = bytes.data[0] | bytes.data[3];
      const bool ip = family == 2 || family == 10 || family == 23 || family == 24 || family == 28 || family == 30;
      return ip ? read_ip(behind(frame, 4), packet) : skip(counters_.not_ip);
    }
    case kLinkNflog:
      return read_nflog(bytes, packet);
    case kLinkPktap:
      return read_pktap(frame, packet);
    default:
      if (counters_.unknown_link == 0) counters_.unknown_link_type = frame.link;
      return skip(counters_.unknown_link);
  }
}

bool FrameReader::read_ethernet(const Frame& frame, CapturedPacket& packet) {
  if (frame.bytes.size < kEthernetHeader) return skip(counters_.cut_headers);
  return read_ethertype(be16(frame.bytes.data + 12), behind(frame, kEthernetHeader), packet);
}

bool FrameReader::read_ethertype(uint32_t type, const Frame& frame, CapturedPacket& packet) {
  if (type == kTypeIpv4) [[likely]]
    return read_ipv4(frame, packet);
  Frame rest = frame;
  while (is_vlan(type)) {
    if (rest.bytes.size < 4) return skip(counters_.cut_headers);
    type = be16(rest.bytes.data + 2);
    rest = behind(rest, 4);
  }
  // IEEE 802.2 with the SNAP header that carries a type again.
  static constexpr uint8_t kSnap[6] = {0xAA, 0xAA, 3, 0, 0, 0};
  if (type <= kLongestLlc && rest.bytes.size >= 8 && std::memcmp(rest.bytes.data, kSnap, sizeof kSnap) == 0) {
    type = be16(rest.bytes.data + 6);
    rest = behind(rest, 8);
  }
  if (type == kTypeIpv4) return read_ipv4(rest, packet);
  if (type == kTypeIpv6) return read_ipv6(rest, packet);
  if (is_mpls(type)) return read_mpls(rest, packet);
  return skip(counters_.not_ip);
}

/// Packets that the Linux firewall logged: attributes (length, type, value), one of which is the IP packet.
bool FrameReader::read_nflog(Bytes bytes, CapturedPacket& packet) {
  constexpr uint32_t kHeader = 4, kPayload = 9, kTypeMask = 0x7FFF;
  if (bytes.size < kHeader) return skip(counters_.cut_headers);
  Bytes rest = bytes.from(kHeader);
  while (rest.size >= 4) {
    const uint32_t length = uint32_t(load_uint(rest.data, 2, big_endian_));
    const uint32_t type = uint32_t(load_uint(rest.data + 2, 2, big_endian_)) & kTypeMask;
    if (length < 4) return skip(counters_.bad_headers);
    if (type == kPayload) {
      const Bytes ip{rest.data + 4, rest.size - 4};
      return read_ip(Frame{ip.first(length - 4), length - 4, 0}, packet);
    }
    rest = rest.from((length + 3) & ~uint32_t(3));
  }
  return skip(rest.size == 0 ? counters_.not_ip : counters_.cut_headers);
}

/// Apple's: a header that states its own length and what link layer follows it.
bool FrameReader::read_pktap(const Frame& frame, CapturedPacket& packet) {
  constexpr uint32_t kHeader = 12;
  const Bytes bytes = frame.bytes;
  if (bytes.size < kHeader) return skip(counters_.cut_headers);
  const uint32_t length = uint32_t(load_uint(bytes.data, 4, big_endian_));
  const uint32_t link = uint32_t(load_uint(bytes.data + 8, 4, big_endian_));
  if (length < kHeader || link == kLinkPktap) return skip(counters_.bad_headers);
  if (length > bytes.size) return skip(counters_.cut_headers);
  Frame inner = behind(frame, length);
  inner.link = uint16_t(link);
  return read_link(inner, packet);
}

// ---- tunnels ----

bool FrameReader::read_mpls(Frame frame, CapturedPacket& packet) {
  if (++depth_ > kMaxDepth) return skip(counters_.unknown_encapsulation);
  for (bool bottom = false; !bottom; frame = behind(frame, 4)) {
    if (frame.bytes.size < 4) return skip_short(frame.bytes, frame.original);
    bottom = frame.bytes.data[2] & 1;
  }
  const Bytes rest = frame.bytes;
  if (rest.size == 0) return skip_short(rest, frame.original);
  const auto is_ethernet = [&rest](uint32_t at) {
    return rest.size >= at + kEthernetHeader && is_known(be16(rest.data + at + 12));
  };
  // Labels do not say what they carry. The first four bits do for IP; a pseudowire's control word begins with zeros, as
  // the address of a multicast frame may.
  const uint32_t first = rest.data[0] >> 4;
  if (first == 4 || first == 6) return read_ip(frame, packet);
  if (is_ethernet(0)) return read_ethernet(frame, packet);
  if (first == 0 && is_ethernet(4)) return read_ethernet(behind(frame, 4), packet);
  return skip(counters_.unknown_encapsulation);
}

/// RFC 2784 and 2890.
bool FrameReader::read_gre(const Frame& frame, CapturedPacket& packet) {
  constexpr uint32_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000, kVersion = 7;
  const Bytes bytes = frame.bytes;
  if (bytes.size < 4) return skip_short(bytes, frame.original);
  const uint32_t flags = be16(bytes.data);
  const uint32_t type = be16(bytes.data + 2);
  if (flags & (kRouting | kVersion)) return skip(counters_.unknown_encapsulation);
  const uint32_t header = 4u + (flags & kChecksum ? 4u : 0u) + (flags & kKey ? 4u : 0u) + (flags & kSequence ? 4u : 0u);
  if (bytes.size < header) return skip_short(bytes, frame.original);
  const Frame inner = behind(frame, header);
  switch (type) {
    case kTypeBridgedEthernet:
      return read_ethernet(inner, packet);
    case kTypeErspan:
      // The first version has neither a sequence number nor a header of its own.
      return flags & kSequence ? read_erspan(inner, false, packet) : read_ethernet(inner, packet);
    case kTypeErspanThird:
      return read_erspan(inner, true, packet);
    default:
      return is_known(type) ? read_ethertype(type, inner, packet) : skip(counters_.unknown_encapsulation);
  }
}

/// ERSPAN II, or III: a mirrored frame behind a header.
bool FrameReader::read_erspan(const Frame& frame, bool third, CapturedPacket& packet) {
  const Bytes bytes = frame.bytes;
  const uint32_t header = third ? 12 : 8;
  if (bytes.size < header) return skip_short(bytes, frame.original);
  if (bytes.data[0] >> 4 != (third ? 2 : 1)) return skip(counters_.unknown_encapsulation);
  if (!third) return read_ethernet(behind(frame, header), packet);
  constexpr uint32_t kMoreHeader = 1, kMoreHeaderBytes = 8;
  const uint32_t last = be16(bytes.data + 10);
  const uint32_t kind = last >> 10 & 31;  // of the mirrored frame: 0 Ethernet, 2 IP
  const Frame inner = behind(frame, header + (last & kMoreHeader ? kMoreHeaderBytes : 0));
  if (kind == 0) return read_ethernet(inner, packet);
  return kind == 2 ? read_ip(inner, packet) : skip(counters_.unknown_encapsulation);
}

/// A frame or packet inside an IP packet.
bool FrameReader::read_tunnel(uint32_t protocol, const Frame& frame, CapturedPacket& packet) {
  if (++depth_ > kMaxDepth) return skip(counters_.unknown_encapsulation);
  switch (protocol) {
    case kProtocolIpv4:
      return read_ipv4(frame, packet);
    case kProtocolIpv6:
      return read_ipv6(frame, packet);
    case kProtocolMpls:
      return read_mpls(frame, packet);
    case kProtocolGre:
      return read_gre(frame, packet);
    default: {  // EtherIP, RFC 3378: four bits of version, then twelve that are zero
      if (frame.bytes.size < 2) return skip_short(frame.bytes, frame.original);
      if (be16(frame.bytes.data) != 0x3000) return skip(counters_.unknown_encapsulation);
      return read_ethernet(behind(frame, 2), packet);
    }
  }
}

/// VXLAN (RFC 7348) and Geneve (RFC 8926), known by port and by a header in which all that is reserved is zero.
bool FrameReader::read_udp_tunnel(bool& is_tunnel, CapturedPacket& packet) {
  is_tunnel = false;
  const Bytes bytes = packet.payload;
  if (bytes.size < kTunnelHeader || bytes.data[7] != 0) return false;
  uint32_t header = kTunnelHeader;
  uint32_t type = kTypeBridgedEthernet;
  if (packet.destination_port == kPortVxlan) {
    if (be32(bytes.data) != 0x08000000) return false;
  } else {
    header += (bytes.data[0] & 0x3Fu) * 4;
    type = be16(bytes.data + 2);
    const bool known = type == kTypeBridgedEthernet || type == kTypeIpv4 || type == kTypeIpv6;
    if (bytes.data[0] >> 6 != 0 || bytes.data[1] & 0x3F || !known || bytes.size < header) return false;
  }
  is_tunnel = true;
  if (++depth_ > kMaxDepth) return skip(counters_.unknown_encapsulation);
  const Frame inner = behind(Frame{bytes, packet.stated_length, 0}, header);
  return type == kTypeBridgedEthernet ? read_ethernet(inner, packet) : read_ethertype(type, inner, packet);
}

// ---- IP ----

bool FrameReader::read_ip(const Frame& frame, CapturedPacket& packet) {
  if (frame.bytes.size == 0) return skip(counters_.cut_headers);
  const uint32_t version = frame.bytes.data[0] >> 4;
  if (version == 4) return read_ipv4(frame, packet);
  if (version == 6) return read_ipv6(frame, packet);
  return skip(counters_.not_ip);
}

bool FrameReader::read_ipv4(const Frame& frame, CapturedPacket& packet) {
  const Bytes rest = frame.bytes;
  if (rest.size < kIpv4Header) [[unlikely]]
    return skip(counters_.cut_headers);
  const uint8_t* ip = rest.data;
  const uint32_t header = (ip[0] & 15u) * 4;
  if (ip[0] >> 4 != 4 || header < kIpv4Header) [[unlikely]]
    return skip(counters_.bad_headers);
  uint32_t total = be16(ip + 2);
  if (total == 0) [[unlikely]] {
    // Segmentation left to the network card: the length is filled in later, so the frame's own is the only one.
    total = frame.original;
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

bool FrameReader::read_ipv6(const Frame& frame, CapturedPacket& packet) {
  const Bytes rest = frame.bytes;
  if (rest.size < kIpv6Header) return skip(counters_.cut_headers);
  const uint8_t* ip = rest.data;
  if (ip[0] >> 4 != 6) return skip(counters_.bad_headers);
  uint32_t stated = be16(ip + 4);
  if (stated == 0) {  // a jumbogram, or segmentation left to the network card
    stated = frame.original > kIpv6Header ? frame.original - kIpv6Header : 0;
  }
  packet.ip_version = 6;
  packet.source_ip = packet.destination_ip = 0;
  packet.source_ip6 = ip + 8;
  packet.destination_ip6 = ip + 24;
  return read_ipv6_chain(ip[6], rest.from(kIpv6Header).first(stated), stated, packet);
}

bool FrameReader::read_ipv6_chain(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet) {
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

bool FrameReader::read_fragment(uint32_t protocol, uint32_t id, uint32_t at, bool more, Bytes rest, uint32_t stated,
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

bool FrameReader::read_transport(uint32_t protocol, Bytes rest, uint32_t stated, CapturedPacket& packet) {
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
    if (packet.destination_port == kPortVxlan || packet.destination_port == kPortGeneve) [[unlikely]] {
      bool is_tunnel;
      const bool found = read_udp_tunnel(is_tunnel, packet);
      if (is_tunnel) return found;
    }
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
  const bool tunnel = protocol == kProtocolGre || protocol == kProtocolIpv4 || protocol == kProtocolIpv6 ||
                      protocol == kProtocolEthernet || protocol == kProtocolMpls;
  if (tunnel) return read_tunnel(protocol, Frame{rest, stated, 0}, packet);
  return skip(counters_.other_transports);
}

}  // namespace venuewire

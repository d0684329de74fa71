// Writes captures into memory for the capture test and its fuzz target: file formats, link layers, IP, UDP and TCP,
// with every length field open to being wrong. Nothing but tests includes this.
#pragma once
#include <string>
#include <vector>

#include "core/wire.hpp"

namespace venuewire {

using Buffer = std::vector<uint8_t>;

inline void put(Buffer& b, uint64_t v, uint32_t width, bool big_endian) {
  for (uint32_t i = 0; i < width; i++) b.push_back(uint8_t(v >> 8 * (big_endian ? width - 1 - i : i)));
}
inline void be8(Buffer& b, uint32_t v) { b.push_back(uint8_t(v)); }
inline void put16(Buffer& b, uint32_t v) { put(b, v, 2, true); }
inline void put32(Buffer& b, uint32_t v) { put(b, v, 4, true); }
inline void append(Buffer& b, const Buffer& more) { b.insert(b.end(), more.begin(), more.end()); }
inline Buffer text(const std::string& s) { return Buffer(s.begin(), s.end()); }
inline Bytes view(const Buffer& b) { return {b.data(), uint32_t(b.size())}; }

constexpr uint32_t kSourceIp = 0x0A000001;       // 10.0.0.1
constexpr uint32_t kDestinationIp = 0xE9360C6F;  // 233.54.12.111

inline Buffer udp(const Buffer& payload, int length_error = 0, uint16_t from = 4000, uint16_t to = 26477) {
  Buffer b;
  put16(b, from);
  put16(b, to);
  put16(b, uint32_t(int(payload.size()) + 8 + length_error));
  put16(b, 0);
  append(b, payload);
  return b;
}

inline Buffer tcp(const Buffer& payload, uint32_t sequence, uint8_t flags, uint32_t option_words = 0,
                  uint16_t from = 4000, uint16_t to = 5000) {
  Buffer b;
  put16(b, from);
  put16(b, to);
  put32(b, sequence);
  put32(b, 0);
  be8(b, (5 + option_words) << 4);
  be8(b, flags);
  put16(b, 65535);
  put32(b, 0);
  b.resize(b.size() + 4 * option_words, 1);
  append(b, payload);
  return b;
}

struct Ipv4Options {
  uint8_t protocol = 17;
  uint32_t option_words = 0;
  uint16_t id = 7;
  uint32_t fragment_at = 0;
  bool more = false;
  int length_error = 0;
  bool zero_length = false;
  uint32_t source = kSourceIp;
};

inline Buffer ipv4(const Buffer& payload, const Ipv4Options& o = {}) {
  Buffer b;
  be8(b, 0x40 | (5 + o.option_words));
  be8(b, 0);
  put16(b, o.zero_length ? 0 : uint32_t(20 + 4 * o.option_words + payload.size() + uint32_t(o.length_error)));
  put16(b, o.id);
  put16(b, (o.more ? 0x2000 : 0) | o.fragment_at / 8);
  be8(b, 64);
  be8(b, o.protocol);
  put16(b, 0);
  put32(b, o.source);
  put32(b, kDestinationIp);
  b.resize(b.size() + 4 * o.option_words, 1);
  append(b, payload);
  return b;
}

inline Buffer ipv6(const Buffer& payload, uint8_t next_header = 17, int length_error = 0) {
  Buffer b;
  put32(b, 0x60000000);
  put16(b, uint32_t(int(payload.size()) + length_error));
  be8(b, next_header);
  be8(b, 64);
  for (uint32_t i = 0; i < 32; i++) be8(b, i);
  append(b, payload);
  return b;
}

/// An IPv6 extension header of `words` times 8 bytes in front of `rest`.
inline Buffer extension(uint8_t next_header, uint32_t words, const Buffer& rest) {
  Buffer b;
  be8(b, next_header);
  be8(b, words - 1);
  b.resize(8 * words);
  append(b, rest);
  return b;
}

inline Buffer ipv6_fragment(uint8_t next_header, uint32_t at, bool more, uint32_t id, const Buffer& rest) {
  Buffer b;
  be8(b, next_header);
  be8(b, 0);
  put16(b, at | (more ? 1 : 0));
  put32(b, id);
  append(b, rest);
  return b;
}

inline Buffer ethernet(const Buffer& rest, uint32_t type = 0x0800, const std::vector<uint32_t>& tags = {}) {
  Buffer b(12, 0x5E);
  for (const uint32_t tag : tags) {
    put16(b, tag);
    put16(b, 100);
  }
  put16(b, type);
  append(b, rest);
  return b;
}

inline Buffer cooked(const Buffer& rest, uint32_t type = 0x0800) {
  Buffer b(14, 0);
  put16(b, type);
  append(b, rest);
  return b;
}

inline Buffer cooked2(const Buffer& rest, uint32_t type = 0x0800) {
  Buffer b;
  put16(b, type);
  b.resize(20);
  append(b, rest);
  return b;
}

/// GRE with its type, and a sequence number where it is asked for.
inline Buffer gre(uint32_t type, const Buffer& rest, bool sequence = false) {
  Buffer b;
  put16(b, sequence ? 0x1000 : 0);
  put16(b, type);
  if (sequence) put32(b, 5);
  append(b, rest);
  return b;
}

inline Buffer erspan(bool third, const Buffer& rest) {
  Buffer b;
  put32(b, third ? 0x20000000 : 0x10000000);
  put32(b, 7);
  if (third) put32(b, 0);
  append(b, rest);
  return b;
}

inline Buffer vxlan(const Buffer& rest) {
  Buffer b;
  put32(b, 0x08000000);
  put32(b, 77 << 8);
  append(b, rest);
  return b;
}

inline Buffer mpls(uint32_t labels, const Buffer& rest) {
  Buffer b;
  for (uint32_t i = 1; i <= labels; i++) put32(b, 16u << 12 | uint32_t(i == labels) << 8 | 64u);
  append(b, rest);
  return b;
}

inline Buffer nflog(const Buffer& ip) {
  Buffer b = {2, 0, 0, 5};
  put(b, 9, 2, false);
  put(b, 10, 2, false);
  append(b, text("drop"));
  b.resize(b.size() + 4);
  put(b, 4 + ip.size(), 2, false);
  put(b, 9, 2, false);
  append(b, ip);
  return b;
}

inline Buffer pktap(uint32_t link, const Buffer& rest) {
  Buffer b;
  put(b, 108, 4, false);
  put(b, 1, 4, false);
  put(b, link, 4, false);
  b.resize(108);
  append(b, rest);
  return b;
}

struct Pcap {
  bool big_endian = false;
  bool nanos = false;
  Buffer bytes;

  explicit Pcap(uint32_t link = 1, bool big = false, bool nano = false) : big_endian(big), nanos(nano) {
    put(bytes, nano ? 0xA1B23C4D : 0xA1B2C3D4, 4, big);
    put(bytes, 2, 2, big);
    put(bytes, 4, 2, big);
    put(bytes, 0, 8, big);
    put(bytes, 65535, 4, big);
    put(bytes, link, 4, big);
  }
  /// `snap`: how much of the frame is captured.
  void add(const Buffer& frame, uint32_t seconds = 1, uint32_t fraction = 0, uint32_t snap = UINT32_MAX) {
    const uint32_t captured = frame.size() < snap ? uint32_t(frame.size()) : snap;
    put(bytes, seconds, 4, big_endian);
    put(bytes, fraction, 4, big_endian);
    put(bytes, captured, 4, big_endian);
    put(bytes, frame.size(), 4, big_endian);
    bytes.insert(bytes.end(), frame.begin(), frame.begin() + captured);
  }
};

struct Pcapng {
  bool big_endian = false;
  Buffer bytes;

  explicit Pcapng(bool big = false) { section(big); }
  void n(Buffer& b, uint64_t v, uint32_t width) const { put(b, v, width, big_endian); }
  void block(uint32_t type, Buffer body) {
    while (body.size() % 4) body.push_back(0);
    const uint64_t length = body.size() + 12;
    n(bytes, type, 4);
    n(bytes, length, 4);
    append(bytes, body);
    n(bytes, length, 4);
  }
  void section(bool big) {
    big_endian = big;
    Buffer body;
    n(body, 0x1A2B3C4D, 4);
    n(body, 1, 2);
    n(body, 0, 2);
    n(body, UINT64_MAX, 8);
    block(0x0A0D0D0A, body);
  }
  /// Resolution as in if_tsresol (-1: no such option).
  void interface(uint32_t link, int resolution = -1, int64_t offset = 0, uint32_t snap = 0) {
    Buffer body;
    n(body, link, 2);
    n(body, 0, 2);
    n(body, snap, 4);
    if (resolution >= 0) {
      n(body, 9, 2);
      n(body, 1, 2);
      be8(body, uint32_t(resolution));
      body.resize(body.size() + 3);
    }
    if (offset) {
      n(body, 14, 2);
      n(body, 8, 2);
      n(body, uint64_t(offset), 8);
    }
    n(body, 0, 4);
    block(1, body);
  }
  void enhanced(uint32_t interface, uint64_t ticks, const Buffer& frame, bool obsolete = false) {
    Buffer body;
    if (obsolete) {
      n(body, interface, 2);
      n(body, 0, 2);
    } else {
      n(body, interface, 4);
    }
    n(body, ticks >> 32, 4);
    n(body, ticks & UINT32_MAX, 4);
    n(body, frame.size(), 4);
    n(body, frame.size(), 4);
    append(body, frame);
    block(obsolete ? 2 : 6, body);
  }
  void simple(const Buffer& frame, uint32_t snap = 0) {
    Buffer body;
    n(body, frame.size(), 4);
    append(body, frame);
    if (snap) body.resize(4 + snap);
    block(3, body);
  }
};

}  // namespace venuewire

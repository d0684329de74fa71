// Framing: one declared record says where a packet keeps its length, sequence, count, session and messages; one engine
// reads every record. Pure functions of bytes, run on the feed thread; no venue is named here.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "contract/contract.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

class Catalogue;

/// An unsigned field of a header or message. `width` 0: the framing has no such field.
struct Field {
  uint16_t offset = 0;  ///< or, of a tag=value message, the tag
  uint8_t width = 0;
  bool big_endian = false;
  bool digits = false;    ///< ASCII decimal, blank padded on either side
  bool tag = false;       ///< found by its tag; its value is a decimal number, or …
  bool tag_text = false;  ///< … up to eight characters, the first one most significant
  uint8_t shift = 0;
  uint64_t mask = ~0ull;

  [[nodiscard]] bool present() const { return width != 0; }
  [[nodiscard]] bool fits(Bytes b) const { return tag ? find_tag(b, offset).data != nullptr : b.holds(offset, width); }
  /// What `fits` may be loaded from.
  [[nodiscard]] uint64_t load(Bytes b) const { return tag ? load_tag(b) : load(b.data); }
  [[nodiscard]] uint64_t load(const uint8_t* p) const {
    return digits ? load_digits(p + offset, width) : (load_uint(p + offset, width, big_endian) >> shift) & mask;
  }
  [[nodiscard]] static uint64_t load_digits(const uint8_t* p, uint32_t width);
  /// The value of the first field with that tag in a tag=value message; no data: there is none.
  [[nodiscard]] static Bytes find_tag(Bytes message, uint32_t tag);
  [[nodiscard]] bool sound() const { return shift <= 63 && (digits || width <= 8); }

 private:
  [[nodiscard]] uint64_t load_tag(Bytes b) const;
};

/// Session string, session number, version or restart counter: the part of a position that is not the number.
struct SessionId {
  uint64_t high = 0, low = 0;
  bool operator==(const SessionId&) const = default;
  [[nodiscard]] bool blank() const { return high == 0 && low == 0; }
};

/// When `field == value` (and `also == also_value`, where there is an `also`), the packet is of this kind. The first
/// matching rule wins.
struct KindRule {
  Field field;
  uint64_t value = 0;
  Field also;
  uint64_t also_value = 0;
  PacketKind kind = PacketKind::data;
  HeartbeatNumber number = HeartbeatNumber::none;
};

/// A message inside a packet that steers the session (line integrity, sequence reset). It is still delivered.
struct ControlRule {
  Field type;  ///< offsets from the first byte of the message
  uint64_t value = 0;
  Field also;  ///< must match too
  uint64_t also_value = 0;
  PacketKind kind = PacketKind::data;
  HeartbeatNumber number = HeartbeatNumber::none;
  Field next;  ///< heartbeat, reset: the number that follows; absent: the packet's. unavailable: the first number
  Field last;  ///< unavailable: the last number; absent: the first
  int8_t last_add = 0;  ///< added to it
  bool counted = true;  ///< false: takes no sequence number. unavailable: stands in the stream, in place of its range
};

/// A header whose fields are whole numbers at fixed places, each read by one load of eight bytes: derived, so that the
/// reader of the commonest headers asks none of the general record's questions.
struct PlainHeader {
  struct Place {
    uint16_t offset = 0;
    bool big_endian = false;
    uint8_t drop = 0;  ///< bits that are not the field's: behind it when big-endian, above it when little-endian
    uint8_t shift = 0;
    uint64_t mask = 0;  ///< 0: there is no such field, and it reads as 0
    [[nodiscard]] uint64_t load(const uint8_t* p) const {
      uint64_t v;
      std::memcpy(&v, p + offset, sizeof v);
      v = big_endian ? __builtin_bswap64(v) >> drop : v << drop >> drop;
      return v >> shift & mask;
    }
  };
  struct Rule {
    Place field;
    uint64_t value = 0;
    PacketKind kind = PacketKind::data;
    HeartbeatNumber number = HeartbeatNumber::none;
  };
  uint32_t bytes = 0;  ///< what a packet must have to be read this way; 0: none is
  Place length, sequence, count, channel, session_high, session_low;
  std::vector<Rule> kinds;
};

struct FramingSpec {
  uint16_t header_length = 0;      ///< to the first message of a data packet; 0: the header is part of the message
  uint16_t header_length_min = 0;  ///< shortest legal packet (idle packets may lack the count)
  Field packet_length;
  int32_t packet_length_add = 0;  ///< value + add = bytes of the whole packet
  int16_t packet_delimiter = -1;  ///< the packet ends with this byte (inclusive) instead of having a length
  Field sequence, sequence_high;  ///< sequence_high: bits above the 32 of `sequence`
  Field count, channel;
  Field send_time;
  uint32_t send_time_unit_ns = 1;
  Field send_time_nanos;  ///< added to `send_time`
  uint16_t session_offset = 0;
  uint8_t session_width = 0;  ///< raw bytes, at most 16
  uint8_t session_shift = 0;  ///< widths of 1 to 8 only
  uint64_t session_mask = ~0ull;
  bool session_big_endian = false;
  bool session_ordered = false;  ///< a greater number is newer
  Numbering numbering = Numbering::message;
  bool zero_is_unsequenced = false;
  bool many_packets = false;  ///< several packets in one datagram, each with its own header
  uint64_t wrap_max = ~0ull, wrap_first = 1;
  std::vector<KindRule> kinds;
  std::vector<ControlRule> controls;
  /// A second count, for snapshots whose numbers are not the channel's: each message has a number of its own, counted
  /// for all together or for each item (product) that the packet's header names. All ones: the message has none.
  Field item, item_number;

  Field message_length;            ///< offset from the first byte of the message's prefix
  int32_t message_length_add = 0;  ///< value + add = bytes from prefix start to the next message
  uint16_t message_prefix = 0;     ///< bytes in front of a message that are not part of it
  uint16_t message_trailer = 0;
  uint8_t message_align = 1;
  int16_t message_delimiter = -1;  ///< messages end with this byte (inclusive) instead of having a length
  bool message_table = false;      ///< a message's length follows from its type, by `table`
  std::shared_ptr<const Catalogue> table;
  bool restarts = false;  ///< a lower number that was sent later begins the count again
  bool fix = false;       ///< tag=value messages: 8 and 9 (BodyLength) in front, 10 (CheckSum) behind; no header

  // Derived from the above by `derive`; without them everything is read the general way.
  PlainHeader plain;
  bool in_turn =
      false;  ///< what continues the count needs no other look: numbered by message, never wraps, steers nothing
  bool block16 = false;  ///< a message is two bytes of big-endian length, which leave themselves out, and its bytes

  void derive();
  [[nodiscard]] bool sound() const;
};

/// One message and no header: what a stream that counts for itself delivers.
extern const FramingSpec kBareFraming;
/// Nothing at all that takes a number.
extern const FramingSpec kEmptyFraming;

struct Packet {
  PacketKind kind = PacketKind::data;
  HeartbeatNumber number = HeartbeatNumber::none;
  SessionId session;
  uint64_t sequence = 0;  ///< as on the wire
  uint32_t count = 0;     ///< messages the header claims; kCountUnknown: to the end of the packet
  uint64_t channel = 0;
  int64_t send_time_ns = 0;
  Bytes whole, body;  ///< body: from the first message to the packet's end
  bool cut = false;   ///< the header states more bytes than there are
};
inline constexpr uint32_t kCountUnknown = 0xFFFFFFFF;

enum class FrameStatus : uint8_t { ok, malformed };

/// Lengths beyond any packet's, so that what is added to one cannot overflow.
inline constexpr uint64_t kLengthMask = (1ull << 62) - 1;

/// The general reader of headers.
[[nodiscard]] FrameStatus read_any_packet(const FramingSpec& f, Bytes datagram, Packet& out, uint32_t& consumed);

/// The commonest headers. False: this packet is one for the general reader.
[[nodiscard]] inline bool read_plain(const FramingSpec& f, Bytes datagram, Packet& out, uint32_t& consumed) {
  const PlainHeader& h = f.plain;
  const uint8_t* const p = datagram.data;
  uint32_t size = datagram.size;
  if (h.length.mask != 0) {
    const int64_t stated = int64_t(h.length.load(p) & kLengthMask) + f.packet_length_add;
    if (stated < int64_t(h.bytes) || stated > int64_t(size)) return false;
    size = uint32_t(stated);
  }
  out.sequence = h.sequence.load(p);
  if (f.zero_is_unsequenced && out.sequence == 0) return false;
  consumed = f.many_packets ? size : datagram.size;
  out.cut = false;
  out.whole = {p, size};
  out.kind = PacketKind::data;
  out.number = HeartbeatNumber::none;
  out.session = {h.session_high.load(p), h.session_low.load(p)};
  out.channel = h.channel.load(p);
  out.send_time_ns = 0;
  out.count = h.count.mask != 0 ? uint32_t(h.count.load(p)) : kCountUnknown;
  out.body = out.whole.from(f.header_length);
  for (const PlainHeader::Rule& k : h.kinds) {
    if (k.field.load(p) != k.value) continue;
    out.kind = k.kind;
    out.number = k.number;
    break;
  }
  return true;
}

/// Reads one packet from the front of `datagram`; `consumed` is its size, so that a datagram of many packets is walked.
[[nodiscard]] inline FrameStatus read_packet(const FramingSpec& f, Bytes datagram, Packet& out, uint32_t& consumed) {
  if (f.plain.bytes != 0 && datagram.size >= f.plain.bytes && read_plain(f, datagram, out, consumed)) [[likely]]
    return FrameStatus::ok;
  return read_any_packet(f, datagram, out, consumed);
}

/// Bytes of the packet at the front of a stream: 0 = more bytes are needed to tell, negative = not a packet.
[[nodiscard]] int64_t stream_packet_size(const FramingSpec& f, Bytes stream, uint32_t packet_bytes_max);

/// Steps over messages. `next` gives one message without its prefix and trailer, or false at the end or on a fault.
class MessageWalk {
 public:
  static constexpr bool kHasQuick = false;
  MessageWalk(const FramingSpec& f, Bytes body) : f_(f), body_(body) {}
  [[nodiscard]] bool next(Bytes& message);
  [[nodiscard]] bool malformed() const { return malformed_; }
  /// The last message is of a type that the table does not know: it was taken to the packet's end.
  [[nodiscard]] bool bounded_by_packet() const { return bounded_by_packet_; }
  [[nodiscard]] uint32_t offset() const { return at_; }

 private:
  const FramingSpec& f_;
  Bytes body_;
  uint32_t at_ = 0;
  bool malformed_ = false, bounded_by_packet_ = false;
};

/// The same for the commonest shape, `block16`, without the general record's questions.
class Block16Walk {
 public:
  static constexpr bool kHasQuick = true;
  Block16Walk(const FramingSpec&, Bytes body) : at_(body.data), end_(body.data + body.size) {}
  [[nodiscard]] bool next(Bytes& message) {
    if (end_ - at_ < 2) {
      malformed_ = at_ != end_;
      return false;
    }
    uint16_t n;
    std::memcpy(&n, at_, 2);
    n = __builtin_bswap16(n);
    if (end_ - at_ - 2 < n) return malformed_ = true, false;
    message = {at_ + 2, n};
    at_ += 2 + n;
    return true;
  }
  /// The same for a message of at most `most` bytes that has as many, its own among them, in the packet. False: it is
  /// not such a one, and has not been passed.
  [[nodiscard]] bool next_within(uint32_t most, Bytes& message) {
    if (end_ - at_ < int64_t(2 + most)) return false;
    uint16_t n;
    std::memcpy(&n, at_, 2);
    n = __builtin_bswap16(n);
    if (n > most) return false;
    message = {at_ + 2, n};
    at_ += 2 + n;
    return true;
  }
  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] static bool bounded_by_packet() { return false; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  bool malformed_ = false;
};

/// Bytes of the message at the front by its type; 0: it leads past the end. `known`: by the table.
[[nodiscard]] uint64_t table_length(const FramingSpec& f, Bytes rest, bool& known);

inline bool MessageWalk::next(Bytes& message) {
  if (at_ >= body_.size) return false;
  const Bytes rest = body_.from(at_);
  const uint32_t around = uint32_t(f_.message_prefix) + f_.message_trailer;
  uint64_t step;
  if (f_.message_length.present()) [[likely]] {
    if (!f_.message_length.fits(rest)) return malformed_ = true, false;
    step = f_.message_length.load(rest.data) + uint64_t(int64_t(f_.message_length_add));
  } else if (f_.message_delimiter >= 0) {
    const void* hit = std::memchr(rest.data, f_.message_delimiter, rest.size);
    if (!hit) return malformed_ = true, false;
    step = uint64_t(static_cast<const uint8_t*>(hit) - rest.data) + 1;
  } else if (f_.table) {
    if (rest.size < around) return malformed_ = true, false;
    bool known = true;
    step = table_length(f_, {rest.data + f_.message_prefix, rest.size - around}, known);
    step = step == 0 ? 0 : step + around;
    if (!known) {
      bounded_by_packet_ = true;
      step = rest.size;
    }
  } else {
    step = rest.size;  // one message, to the end
  }
  if (step < around || step > rest.size || step == 0) return malformed_ = true, false;
  message = {rest.data + f_.message_prefix, uint32_t(step) - around};
  if (f_.message_align > 1) step = (step + f_.message_align - 1) / f_.message_align * f_.message_align;
  at_ += uint32_t(step);
  return true;
}

}  // namespace venuewire

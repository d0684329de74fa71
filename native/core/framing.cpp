#include "core/framing.hpp"

#include <algorithm>
#include <cstring>

#include "core/catalogue.hpp"

namespace venuewire {

const FramingSpec kBareFraming{};
const FramingSpec kEmptyFraming = [] {
  FramingSpec f;
  f.numbering = Numbering::packet;
  return f;
}();

uint64_t Field::load_digits(const uint8_t* p, uint32_t width) {
  uint64_t v = 0;
  for (uint32_t i = 0; i < width; i++) {
    if (p[i] >= '0' && p[i] <= '9') v = v * 10 + (p[i] - '0');
  }
  return v;
}

Bytes Field::find_tag(Bytes message, uint32_t tag) {
  const uint8_t* p = message.data;
  const uint8_t* end = p + message.size;
  while (p < end) {
    const auto* stop = static_cast<const uint8_t*>(std::memchr(p, 1, size_t(end - p)));
    if (stop == nullptr) return {};
    uint32_t number = 0;
    const uint8_t* at = p;
    while (at < stop && *at >= '0' && *at <= '9' && number < 1'000'000) number = number * 10 + uint32_t(*at++ - '0');
    if (number == tag && at < stop && *at == '=') return {at + 1, uint32_t(stop - at - 1)};
    p = stop + 1;
  }
  return {};
}

uint64_t Field::load_tag(Bytes b) const {
  const Bytes v = find_tag(b, offset);
  if (!tag_text) return load_digits(v.data, v.size < 20 ? v.size : 20);
  return v.size == 0 ? 0 : load_uint(v.data, v.size < 8 ? v.size : 8, true);
}

bool FramingSpec::sound() const {
  const auto inside = [&](const Field& x) { return !x.present() || x.tag || x.offset + x.width <= header_length_min; };
  return session_width <= 16 && session_shift <= 63 && message_align != 0 && wrap_first <= wrap_max &&
         session_offset + session_width <= header_length_min && inside(sequence) && inside(sequence_high) &&
         inside(channel) && inside(item) && inside(send_time) && inside(send_time_nanos) && inside(packet_length);
}

namespace {

SessionId load_session(const FramingSpec& f, const uint8_t* p) {
  SessionId e;
  if (f.session_width == 0) return e;
  if (f.session_width <= 8) {
    e.low =
        (load_uint(p + f.session_offset, f.session_width, f.session_big_endian) >> f.session_shift) & f.session_mask;
    return e;
  }
  // Text keeps its bytes in order: high holds the first eight.
  e.high = load_uint(p + f.session_offset, 8, true);
  const uint32_t rest = f.session_width - 8u;
  e.low = load_uint(p + f.session_offset + 8, rest, true) << (8 * (8 - rest));
  return e;
}

}  // namespace

namespace {

/// A whole number at a fixed place. False: the field is not one.
bool place(const Field& f, PlainHeader::Place& out, uint32_t& bytes) {
  if (!f.present()) return true;
  if (f.digits || f.tag || f.width > 8 || f.mask == 0) return false;
  out = {f.offset, f.big_endian, uint8_t(64 - 8 * f.width), f.shift, f.mask};
  bytes = std::max<uint32_t>(bytes, f.offset + 8u);
  return true;
}

bool plain_header(const FramingSpec& f, PlainHeader& h) {
  if (f.fix || f.packet_delimiter >= 0 || f.sequence_high.present() || f.send_time.present() ||
      f.send_time_nanos.present() || !f.sequence.present()) {
    return false;
  }
  h.bytes = std::max<uint32_t>(f.header_length, f.header_length_min);
  if (!place(f.packet_length, h.length, h.bytes) || !place(f.sequence, h.sequence, h.bytes) ||
      !place(f.count, h.count, h.bytes) || !place(f.channel, h.channel, h.bytes)) {
    return false;
  }
  if (f.session_width > 8) {
    // Text: its first eight bytes, and the rest moved up, as load_session gives them.
    h.session_high = {f.session_offset, true, 0, 0, ~0ull};
    const uint8_t rest = uint8_t(f.session_width - 8);
    h.session_low = {uint16_t(f.session_offset + 8), true, 0, 0, rest == 8 ? ~0ull : ~(~0ull >> (8 * rest))};
    h.bytes = std::max<uint32_t>(h.bytes, f.session_offset + 16u);
  } else if (f.session_width != 0) {
    h.session_low = {f.session_offset, f.session_big_endian, uint8_t(64 - 8 * f.session_width), f.session_shift,
                     f.session_mask};
    if (f.session_mask == 0) return false;
    h.bytes = std::max<uint32_t>(h.bytes, f.session_offset + 8u);
  }
  for (const KindRule& k : f.kinds) {
    PlainHeader::Rule rule{{}, k.value, k.kind, k.number};
    if (k.also.present() || !k.field.present() || !place(k.field, rule.field, h.bytes)) return false;
    h.kinds.push_back(rule);
  }
  return true;
}

bool is_block16(const FramingSpec& f) {
  return f.message_length.width == 2 && f.message_length.big_endian && f.message_length.offset == 0 &&
         f.message_length.shift == 0 && !f.message_length.digits && !f.message_length.tag &&
         (f.message_length.mask & 0xFFFF) == 0xFFFF && f.message_length_add == 2 && f.message_prefix == 2 &&
         f.message_trailer == 0 && f.message_align == 1;
}

}  // namespace

void FramingSpec::derive() {
  plain = {};
  if (!plain_header(*this, plain)) plain = {};
  in_turn = numbering == Numbering::message && controls.empty() && !item.present() && !restarts && wrap_max == ~0ull &&
            !zero_is_unsequenced && !fix;
  block16 = is_block16(*this);
}

namespace {

constexpr uint32_t kFixTrailer = 7;  // 10=nnn and its end

/// Bytes of the tag=value message at the front: 0 = more are needed to tell, negative = none. `body`: where 9 counts
/// from.
int64_t fix_size(Bytes b, uint32_t& body) {
  if ((b.size > 0 && b.data[0] != '8') || (b.size > 1 && b.data[1] != '=')) return -1;
  uint32_t at = 2;
  while (at < b.size && b.data[at] != 1) {
    if (++at > 20) return -1;
  }
  if (at + 3 >= b.size) return 0;
  if (b.data[at + 1] != '9' || b.data[at + 2] != '=') return -1;
  int64_t length = 0;
  uint32_t digit = at + 3;
  for (; digit < b.size && b.data[digit] != 1; digit++) {
    if (b.data[digit] < '0' || b.data[digit] > '9' || digit > at + 10) return -1;
    length = length * 10 + (b.data[digit] - '0');
  }
  if (digit >= b.size) return 0;
  body = digit + 1;
  return int64_t(body) + length + kFixTrailer;
}

/// Bytes of the packet at the front up to its delimiter, which is part of it; 0 = there is none yet.
int64_t delimited_size(const FramingSpec& f, Bytes b) {
  const void* hit = b.size == 0 ? nullptr : std::memchr(b.data, f.packet_delimiter, b.size);
  return hit == nullptr ? 0 : static_cast<const uint8_t*>(hit) - b.data + 1;
}

/// Whether the trailer stands where the length says, and whether its sum is right.
bool fix_trailer(Bytes whole) {
  const uint8_t* t = whole.data + whole.size - kFixTrailer;
  return whole.size > kFixTrailer && t[-1] == 1 && t[0] == '1' && t[1] == '0' && t[2] == '=' && t[6] == 1;
}
bool fix_sum(Bytes whole) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < whole.size - kFixTrailer; i++) sum += whole.data[i];
  return Field::load_digits(whole.data + whole.size - 4, 3) == (sum & 0xFF);
}

}  // namespace

FrameStatus read_any_packet(const FramingSpec& f, Bytes datagram, Packet& out, uint32_t& consumed) {
  out.cut = false;
  consumed = datagram.size;
  if (datagram.size < f.header_length_min) return FrameStatus::malformed;
  Bytes whole = datagram;
  if (f.fix) {
    uint32_t body = 0;
    const int64_t size = fix_size(datagram, body);
    if (size <= 0 || size > datagram.size) return FrameStatus::malformed;
    whole = datagram.first(uint32_t(size));
    consumed = uint32_t(size);
    if (!fix_trailer(whole) || !fix_sum(whole)) return FrameStatus::malformed;
    if (f.sequence.present() && !f.sequence.fits(whole)) return FrameStatus::malformed;
  }
  if (f.packet_length.present()) {
    const int64_t size = int64_t(f.packet_length.load(datagram.data) & kLengthMask) + f.packet_length_add;
    if (size < f.header_length_min) return FrameStatus::malformed;
    out.cut = size > datagram.size;
    if (!out.cut) whole = datagram.first(uint32_t(size));
    if (f.many_packets) consumed = whole.size;
  }
  if (f.packet_delimiter >= 0) {
    const int64_t size = delimited_size(f, datagram);
    if (size < f.header_length_min) return FrameStatus::malformed;
    whole = datagram.first(uint32_t(size));
    if (f.many_packets) consumed = uint32_t(size);
  }
  const uint8_t* p = whole.data;
  out.whole = whole;
  out.kind = PacketKind::data;
  out.number = HeartbeatNumber::none;
  out.session = load_session(f, p);
  out.sequence = f.sequence.present() ? f.sequence.load(whole) : 0;
  if (f.sequence_high.present()) out.sequence |= f.sequence_high.load(p) << 32;
  out.channel = f.channel.present() ? f.channel.load(p) : 0;
  out.send_time_ns = f.send_time.present() ? int64_t(f.send_time.load(p) * f.send_time_unit_ns) : 0;
  if (f.send_time_nanos.present()) out.send_time_ns += int64_t(f.send_time_nanos.load(p));
  const bool has_count = f.count.present() && f.count.fits(whole);
  out.count = has_count ? uint32_t(f.count.load(p)) : kCountUnknown;
  out.body = whole.from(f.header_length);
  bool said = false;
  for (const KindRule& k : f.kinds) {
    if (!k.field.fits(whole) || k.field.load(whole) != k.value) continue;
    if (k.also.present() && (!k.also.fits(whole) || k.also.load(whole) != k.also_value)) continue;
    out.kind = k.kind;
    out.number = k.number;
    said = true;
    break;
  }
  if (out.cut) {
    // Its messages have lengths of their own, or there is nothing whole in it.
    if (out.kind != PacketKind::data) return FrameStatus::malformed;
    if (!f.message_length.present() && f.message_delimiter < 0 && !f.table) out.body = {};
  }
  if (said) return FrameStatus::ok;
  // A data packet that is too short for its own header's count field.
  if (f.count.present() && !has_count) return FrameStatus::malformed;
  if (f.zero_is_unsequenced && out.sequence == 0) out.kind = PacketKind::unsequenced;
  return FrameStatus::ok;
}

int64_t stream_packet_size(const FramingSpec& f, Bytes stream, uint32_t packet_bytes_max) {
  if (f.fix) {
    uint32_t body = 0;
    const int64_t size = fix_size(stream, body);
    if (size > packet_bytes_max) return -1;
    // A length that lies makes the rest of the stream unreadable.
    return size > 0 && size <= int64_t(stream.size) && !fix_trailer(stream.first(uint32_t(size))) ? -1 : size;
  }
  if (f.packet_delimiter >= 0) {
    const int64_t size = delimited_size(f, stream);
    if (size > packet_bytes_max || (size == 0 && stream.size >= packet_bytes_max)) return -1;
    return size > 0 && size < f.header_length_min ? -1 : size;
  }
  if (!f.packet_length.present()) return -1;
  if (!f.packet_length.fits(stream)) return 0;
  const int64_t size = int64_t(f.packet_length.load(stream.data) & kLengthMask) + f.packet_length_add;
  if (size < f.header_length_min || size <= 0 || size > packet_bytes_max) return -1;
  return size;
}

uint64_t table_length(const FramingSpec& f, Bytes rest, bool& known) {
  known = f.table->classify(rest) != Catalogue::kUnknown;
  return known ? f.table->length(rest) : 0;
}

}  // namespace venuewire

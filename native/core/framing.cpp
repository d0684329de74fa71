#include "core/framing.hpp"

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

void Field::parse(SpecReader& r) {
  offset = r.u16();
  width = r.u8();
  const uint8_t flags = r.u8();
  big_endian = flags & 1;
  digits = flags & 2;
  shift = r.u8();
  mask = r.u64();
  if (shift > 63 || (!digits && width > 8)) r.fail();
}

bool FramingSpec::parse(SpecReader& r) {
  header_length = r.u16();
  header_length_min = r.u16();
  packet_length.parse(r);
  packet_length_add = int32_t(r.u32());
  sequence.parse(r);
  sequence_high.parse(r);
  count.parse(r);
  channel.parse(r);
  send_time.parse(r);
  send_time_unit_ns = r.u32();
  send_time_nanos.parse(r);
  epoch_offset = r.u16();
  epoch_width = r.u8();
  epoch_shift = r.u8();
  epoch_mask = r.u64();
  epoch_big_endian = r.flag();
  epoch_ordered = r.flag();
  numbering = Numbering(r.u8());
  zero_is_unsequenced = r.flag();
  many_packets = r.flag();
  wrap_max = r.u64();
  wrap_first = r.u64();
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    KindRule k;
    k.field.parse(r);
    k.value = r.u64();
    k.also.parse(r);
    k.also_value = r.u64();
    k.kind = PacketKind(r.u8());
    k.number = HeartbeatNumber(r.u8());
    kinds.push_back(k);
  }
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    ControlRule c;
    c.type.parse(r);
    c.value = r.u64();
    c.kind = PacketKind(r.u8());
    c.number = HeartbeatNumber(r.u8());
    c.next.parse(r);
    c.last.parse(r);
    c.counted = r.flag();
    controls.push_back(c);
  }
  item.parse(r);
  item_number.parse(r);
  message_length.parse(r);
  message_length_add = int32_t(r.u32());
  message_prefix = r.u16();
  message_trailer = r.u16();
  message_align = r.u8();
  message_delimiter = int16_t(r.u16());
  message_table = r.flag();

  const auto inside = [&](const Field& x) { return !x.present() || x.offset + x.width <= header_length_min; };
  if (epoch_width > 16 || epoch_shift > 63 || message_align == 0 || wrap_first > wrap_max ||
      epoch_offset + epoch_width > header_length_min || !inside(sequence) || !inside(sequence_high) ||
      !inside(channel) || !inside(item) || !inside(send_time) || !inside(send_time_nanos) || !inside(packet_length)) {
    r.fail();
  }
  return r.ok();
}

namespace {

/// Lengths beyond any packet's, so that what is added to one cannot overflow.
constexpr uint64_t kLengthMask = (1ull << 62) - 1;

Epoch load_epoch(const FramingSpec& f, const uint8_t* p) {
  Epoch e;
  if (f.epoch_width == 0) return e;
  if (f.epoch_width <= 8) {
    e.low = (load_uint(p + f.epoch_offset, f.epoch_width, f.epoch_big_endian) >> f.epoch_shift) & f.epoch_mask;
    return e;
  }
  // Text keeps its bytes in order: high holds the first eight.
  e.high = load_uint(p + f.epoch_offset, 8, true);
  const uint32_t rest = f.epoch_width - 8u;
  e.low = load_uint(p + f.epoch_offset + 8, rest, true) << (8 * (8 - rest));
  return e;
}

}  // namespace

FrameStatus read_packet(const FramingSpec& f, Bytes datagram, Packet& out, uint32_t& consumed) {
  consumed = datagram.size;
  if (datagram.size < f.header_length_min) return FrameStatus::malformed;
  Bytes whole = datagram;
  if (f.packet_length.present()) {
    const int64_t size = int64_t(f.packet_length.load(datagram.data) & kLengthMask) + f.packet_length_add;
    if (size < f.header_length_min || size > datagram.size) return FrameStatus::malformed;
    whole = datagram.first(uint32_t(size));
    if (f.many_packets) consumed = uint32_t(size);
  }
  const uint8_t* p = whole.data;
  out.whole = whole;
  out.kind = PacketKind::data;
  out.number = HeartbeatNumber::none;
  out.epoch = load_epoch(f, p);
  out.sequence = f.sequence.present() ? f.sequence.load(p) : 0;
  if (f.sequence_high.present()) out.sequence |= f.sequence_high.load(p) << 32;
  out.channel = f.channel.present() ? f.channel.load(p) : 0;
  out.send_time_ns = f.send_time.present() ? int64_t(f.send_time.load(p) * f.send_time_unit_ns) : 0;
  if (f.send_time_nanos.present()) out.send_time_ns += int64_t(f.send_time_nanos.load(p));
  const bool has_count = f.count.present() && f.count.fits(whole);
  out.count = has_count ? uint32_t(f.count.load(p)) : kCountUnknown;
  out.body = whole.from(f.header_length);
  for (const KindRule& k : f.kinds) {
    if (!k.field.fits(whole) || k.field.load(p) != k.value) continue;
    if (k.also.present() && (!k.also.fits(whole) || k.also.load(p) != k.also_value)) continue;
    out.kind = k.kind;
    out.number = k.number;
    return FrameStatus::ok;
  }
  // A data packet that is too short for its own header's count field.
  if (f.count.present() && !has_count) return FrameStatus::malformed;
  if (f.zero_is_unsequenced && out.sequence == 0) out.kind = PacketKind::unsequenced;
  return FrameStatus::ok;
}

int64_t stream_packet_size(const FramingSpec& f, Bytes stream, uint32_t packet_bytes_max) {
  if (!f.packet_length.present()) return -1;
  if (!f.packet_length.fits(stream)) return 0;
  const int64_t size = int64_t(f.packet_length.load(stream.data) & kLengthMask) + f.packet_length_add;
  if (size < f.header_length_min || size <= 0 || size > packet_bytes_max) return -1;
  return size;
}

}  // namespace venuewire

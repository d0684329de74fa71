// Every header shape the engine reads, and every way in which bytes can contradict it: cut at each length, counts and
// lengths that lie. Inputs are exactly as long as they say, so that a read too far is found by the sanitizers.
#include "core/framing.hpp"

#include "test/scenario.hpp"

namespace venuewire {
namespace {

std::string walk(const FramingSpec& f, const Buffer& body) {
  const Buffer exact(body);
  MessageWalk w(f, view(exact));
  Bytes m;
  std::string out;
  while (w.next(m))
    out += std::string(out.empty() ? "" : " ") + std::string(reinterpret_cast<const char*>(m.data), m.size);
  if (w.malformed()) out += out.empty() ? "malformed" : " malformed";
  return out;
}
Buffer bytes(const std::string& text) { return Buffer(text.begin(), text.end()); }

SCENARIO("reads MoldUDP64: session, number, count, messages") {
  const FramingSpec f = moldudp64();
  const Buffer b = mold("DAY1", 0x1122334455667788, 2, {"one", "two"});
  Packet p;
  uint32_t consumed = 0;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && consumed == b.size());
  CHECK(p.kind == PacketKind::data && p.sequence == 0x1122334455667788 && p.count == 2);
  CHECK(p.session.high == load_uint(reinterpret_cast<const uint8_t*>("DAY1    "), 8, true));
  CHECK(p.session.low >> 48 == 0x2020 && (p.session.low << 16) == 0);
  CHECK_LOG(walk(f, Buffer(b.begin() + 20, b.end())), "one two");
}

SCENARIO("a packet cut at any length is malformed, or a packet with fewer messages") {
  const FramingSpec f = moldudp64();
  const Buffer b = mold("DAY1", 1, 2, {"one", "two"});
  for (size_t n = 0; n < b.size(); n++) {
    const Buffer cut(b.begin(), b.begin() + long(n));
    Packet p;
    uint32_t consumed;
    const FrameStatus s = read_packet(f, view(cut), p, consumed);
    CHECK((s == FrameStatus::malformed) == (n < 20));
    if (s != FrameStatus::ok) continue;
    const std::string seen = walk(f, Buffer(cut.begin() + 20, cut.end()));
    CHECK(seen == (n == 20 ? "" : n < 25 ? "malformed" : n == 25 ? "one" : "one malformed"));
  }
}

SCENARIO("kinds are told by fields: heartbeat, end of session, two fields together") {
  FramingSpec f = moldudp64();
  Packet p;
  uint32_t consumed;
  const Buffer h = mold_heartbeat(5), e = mold_end(5);
  CHECK(read_packet(f, view(h), p, consumed) == FrameStatus::ok && p.kind == PacketKind::heartbeat);
  CHECK(read_packet(f, view(e), p, consumed) == FrameStatus::ok && p.kind == PacketKind::end_of_session);
  f.kinds = {{be(18, 2), 0, be(10, 8), 0, PacketKind::ignore, HeartbeatNumber::none}};
  CHECK(read_packet(f, view(h), p, consumed) == FrameStatus::ok && p.kind == PacketKind::data);
  const Buffer zero = mold_heartbeat(0);
  CHECK(read_packet(f, view(zero), p, consumed) == FrameStatus::ok && p.kind == PacketKind::ignore);
}

SCENARIO("idle packets may lack the count that data packets must have") {
  FramingSpec f = moldudp64();
  f.header_length_min = 18;
  f.kinds = {{be(17, 1), 9, {}, 0, PacketKind::heartbeat, HeartbeatNumber::next}};
  Buffer b = mold_heartbeat(9);
  b.resize(18);
  Packet p;
  uint32_t consumed;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && p.kind == PacketKind::heartbeat && p.body.size == 0);
  b[17] = 8;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::malformed);
}

SCENARIO("several packets in a datagram are walked by their lengths, and a length that lies stops the walk") {
  FramingSpec f;
  f.header_length = f.header_length_min = 3;
  f.packet_length = be(0, 2);
  f.many_packets = true;
  Buffer b;
  for (const char* text : {"abc", "", "defgh"}) {
    const std::string t(text);
    put(b, t.size() + 3, 2);
    b.push_back('T');
    put(b, t);
  }
  std::vector<uint32_t> sizes;
  Bytes rest = view(b);
  Packet p;
  uint32_t consumed;
  while (rest.size != 0 && read_packet(f, rest, p, consumed) == FrameStatus::ok) {
    sizes.push_back(p.body.size);
    CHECK(consumed > 0);
    rest = rest.from(consumed);
  }
  CHECK((sizes == std::vector<uint32_t>{3, 0, 5}));
  for (uint32_t lie = 0; lie < 3; lie++) {
    b[1] = uint8_t(lie);  // shorter than its own header
    CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::malformed);
  }
  b[0] = 1;  // longer than the datagram
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && p.cut && p.body.size == 0 && consumed == b.size());
}

SCENARIO("a length field of any value is refused or true, also where 64 bits would overflow") {
  FramingSpec f;
  f.header_length = f.header_length_min = 8;
  f.packet_length = be(0, 8);
  f.packet_length_add = 0x7FFFFFFF;
  for (const uint64_t v : {0ull, 1ull, ~0ull, ~0ull >> 1, 1ull << 63, (1ull << 62) - 1}) {
    Buffer b;
    put(b, v, 8);
    Packet p;
    uint32_t consumed;
    CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::malformed || (p.cut && consumed == b.size()));
    CHECK(stream_packet_size(f, view(b), 1u << 20) < 0);
  }
}

SCENARIO("a stream's packet needs its length before its size is known") {
  FramingSpec f;
  f.header_length = f.header_length_min = 3;
  f.packet_length = be(0, 2);
  f.packet_length_add = 2;
  const Buffer b = {0, 4, 'S', 'a', 'b', 'c'};
  CHECK(stream_packet_size(f, view(b).first(0), 100) == 0 && stream_packet_size(f, view(b).first(1), 100) == 0);
  CHECK(stream_packet_size(f, view(b).first(2), 100) == 6 && stream_packet_size(f, view(b), 100) == 6);
  CHECK(stream_packet_size(f, view(b), 5) < 0);  // longer than allowed
  const Buffer empty = {0, 0, 'S'};
  CHECK(stream_packet_size(f, view(empty), 100) < 0);  // shorter than its header
  CHECK(stream_packet_size(FramingSpec{}, view(b), 100) < 0);
}

SCENARIO("packets that end with a byte are read one after the other, wherever the stream is cut") {
  FramingSpec f;
  f.header_length = 1;
  f.header_length_min = 2;
  f.packet_delimiter = '\n';
  f.many_packets = true;
  f.message_trailer = 1;
  const Buffer b = {'S', 'a', 'b', '\n', 'H', '\n', 'S', 'c'};
  for (uint32_t cut = 0; cut <= b.size(); cut++) {
    CHECK(stream_packet_size(f, view(b).first(cut), 100) == (cut < 4 ? 0 : 4));
  }
  Packet p;
  uint32_t consumed;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && consumed == 4 && p.whole.size == 4);
  MessageWalk walk(f, p.body);
  Bytes message;
  CHECK(walk.next(message) && message.size == 2 && message.data[0] == 'a' && !walk.next(message));
  CHECK(read_packet(f, view(b).from(6), p, consumed) == FrameStatus::malformed);  // nothing ends it
  CHECK(stream_packet_size(f, view(b), 3) < 0);                                   // longer than allowed
  CHECK(stream_packet_size(f, view(b).first(3), 3) < 0);                          // and nothing has ended it
  const Buffer empty = {'\n', '\n'};
  CHECK(stream_packet_size(f, view(empty), 100) < 0);  // shorter than its header
}

SCENARIO("numbers are read in both byte orders, all widths, shifted, masked, as digits, in two halves") {
  FramingSpec f;
  f.header_length = f.header_length_min = 12;
  f.sequence = be(0, 4);
  f.sequence_high = be(4, 2);
  Buffer b = {1, 2, 3, 4, 5, 6, ' ', '4', '2', ' ', 0xAB, 0xCD};
  Packet p;
  uint32_t consumed;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && p.sequence == 0x0506'01020304);
  Field little = be(0, 3);
  little.big_endian = false;
  CHECK(little.load(b.data()) == 0x030201);
  Field part = be(10, 2);
  part.shift = 4;
  part.mask = 0xFF;
  CHECK(part.load(b.data()) == 0xBC);
  CHECK(digits(6, 4).load(b.data()) == 42);
  for (uint8_t width = 1; width <= 8; width++) {
    Field w = be(0, width);
    uint64_t expected = 0;
    for (int i = 0; i < width; i++) expected = expected << 8 | b[size_t(i)];
    CHECK(w.load(b.data()) == expected);
  }
}

SCENARIO("times are made of a unit and a fraction") {
  FramingSpec f;
  f.header_length = f.header_length_min = 8;
  f.send_time = be(0, 4);
  f.send_time_unit_ns = 1'000'000'000;
  f.send_time_nanos = be(4, 4);
  Buffer b;
  put(b, 1'700'000'000, 4);
  put(b, 123, 4);
  Packet p;
  uint32_t consumed;
  CHECK(read_packet(f, view(b), p, consumed) == FrameStatus::ok && p.send_time_ns == 1'700'000'000'000'000'123);
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("messages: a length that includes itself") {
  FramingSpec f;
  f.message_length = be(0, 1);
  CHECK_LOG(walk(f, bytes("\3ab\4cde")), "\3ab \4cde");
  CHECK_LOG(walk(f, bytes(std::string("\0", 1))), "malformed");
  CHECK_LOG(walk(f, bytes("\3ab\5cde")), "\3ab malformed");
}

SCENARIO("messages: a prefix, a trailer and an alignment around them") {
  FramingSpec f;
  f.message_length = be(0, 2);
  f.message_length_add = 3;
  f.message_prefix = 2;
  f.message_trailer = 1;
  CHECK_LOG(walk(f, bytes(std::string("\0\3abc;\0\1d;", 10))), "abc d");
  f.message_align = 4;
  CHECK_LOG(walk(f, bytes(std::string("\0\3abc;..\0\1d;", 12))), "abc d");
  CHECK_LOG(walk(f, bytes(std::string("\0\3abc", 5))), "malformed");
}

SCENARIO("messages: a delimiter") {
  FramingSpec f;
  f.message_delimiter = '\n';
  CHECK_LOG(walk(f, bytes("one\ntwo\n")), "one\n two\n");
  CHECK_LOG(walk(f, bytes("one\ntw")), "one\n malformed");
}

SCENARIO("messages: the whole body is one") {
  FramingSpec f;
  CHECK_LOG(walk(f, bytes("anything")), "anything");
  CHECK_LOG(walk(f, {}), "");
}

SCENARIO("messages: a length shorter than what surrounds it is malformed") {
  FramingSpec f;
  f.message_length = be(0, 2);
  f.message_prefix = 2;
  f.message_trailer = 1;
  for (uint8_t n = 0; n < 3; n++) CHECK_LOG(walk(f, Buffer{0, n, 'x', 'y'}), "malformed");
  f.message_length_add = -5;
  CHECK_LOG(walk(f, bytes(std::string("\0\4abcdef", 8))), "malformed");
}

/// Whether the framing with its derived parts reads the packet as the general record was read.
bool same_reading(const FramingSpec& derived, Bytes datagram, FrameStatus status, const Packet& p, uint32_t consumed) {
  Packet q;
  uint32_t taken = 0;
  if (read_packet(derived, datagram, q, taken) != status) return false;
  if (status != FrameStatus::ok) return true;
  const bool same_bytes = p.whole.data == q.whole.data && p.whole.size == q.whole.size && p.body.size == q.body.size &&
                          (p.body.size == 0 || p.body.data == q.body.data);
  return same_bytes && taken == consumed && p.kind == q.kind && p.number == q.number && p.session == q.session &&
         p.sequence == q.sequence && p.count == q.count && p.channel == q.channel && p.cut == q.cut &&
         p.send_time_ns == q.send_time_ns;
}

SCENARIO(
    "no bytes at all, in any shape, are read beyond their end, and the short way of reading a header says the same") {
  uint32_t plain = 0;
  uint64_t state = 2463534242;
  const auto random = [&](uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  for (int round = 0; round < 20'000; round++) {
    FramingSpec f;
    f.header_length_min = uint16_t(random(30));
    f.header_length = uint16_t(f.header_length_min + random(4));
    const auto field = [&](bool inside) {
      Field x;
      if (random(2) == 0) return x;
      x.digits = random(5) == 0;
      x.width = uint8_t(1 + random(x.digits ? 20 : 8));
      if (inside && x.width > f.header_length_min) return Field{};
      x.offset = uint16_t(inside ? random(uint64_t(f.header_length_min) - x.width + 1) : random(40));
      x.big_endian = random(2) == 0;
      x.shift = uint8_t(random(64));
      return x;
    };
    f.packet_length = field(true);
    f.packet_length_add = int32_t(random(20)) - 10;
    f.sequence = field(true);
    f.sequence_high = field(true);
    f.channel = field(true);
    f.count = field(false);
    f.kinds = {{field(false), random(3), field(false), random(3), PacketKind::heartbeat, HeartbeatNumber::next}};
    if (random(2) == 0) {  // as most headers are
      f.sequence_high = {};
      f.sequence.digits = false;
      f.sequence.width = std::min<uint8_t>(f.sequence.width, 8);
      f.kinds[0].also = {};
      f.zero_is_unsequenced = random(4) == 0;
    } else {
      f.send_time = field(true);
    }
    f.session_width = uint8_t(random(f.header_length_min < 16 ? f.header_length_min + 1u : 17u));
    f.session_offset = uint16_t(random(uint64_t(f.header_length_min) - f.session_width + 1));
    f.many_packets = random(2) == 0;
    if (random(2) == 0) {
      f.message_length = be(uint16_t(random(4)), uint8_t(1 + random(4)));
      f.message_length_add = int32_t(random(8)) - 4;
    } else if (random(2) == 0) {
      f.message_delimiter = int16_t(random(4));
    }
    f.message_prefix = uint16_t(random(5));
    f.message_trailer = uint16_t(random(3));
    f.message_align = uint8_t(1 + random(8));
    FramingSpec quick = f;
    quick.derive();
    plain += quick.plain.bytes != 0;
    Buffer b(random(80));
    for (uint8_t& x : b) x = random(3) == 0 ? uint8_t(random(256)) : uint8_t(random(12));
    Bytes rest = view(b);
    for (int i = 0; i < 100 && rest.size != 0; i++) {
      Packet p;
      uint32_t consumed = 0;
      const FrameStatus status = read_packet(f, rest, p, consumed);
      if (!CHECK(same_reading(quick, rest, status, p, consumed))) return;
      if (status != FrameStatus::ok) break;
      if (f.packet_length.present() && !CHECK(consumed <= rest.size)) return;
      MessageWalk w(f, p.body);
      Bytes m;
      uint64_t sum = 0, steps = 0;
      while (w.next(m)) {
        for (uint32_t k = 0; k < m.size; k++) sum += m.data[k];
        if (!CHECK(++steps <= p.body.size)) return;
      }
      if (consumed == 0) break;
      rest = rest.from(consumed);
    }
    (void)stream_packet_size(f, view(b), 1000);
  }
  CHECK(plain > 500);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

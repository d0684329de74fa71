// FAST 1.1: the encodings and operator series of the specification's own examples (appendix 3), each error by its name,
// the bounds, and compiled programs that are none. Inputs are exactly as long as they say.
#include "core/fast.hpp"

#include <cstdlib>
#include <memory>
#include <new>

#include "test/scenario.hpp"

namespace {
uint64_t allocations = 0;
}
void* operator new(size_t size) {
  allocations++;
  void* p = std::malloc(size);
  if (p == nullptr) std::abort();
  return p;
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace venuewire {
namespace {

using Type = FastProgram::Type;
using Op = FastProgram::Operator;

/// Writes the compiled form as src/fast/compile.ts does.
struct Writer {
  std::string out;
  Writer& uint(uint64_t v, uint32_t width) {
    for (uint32_t i = 0; i < width; i++) out.push_back(char(v >> (8 * i)));
    return *this;
  }
  Writer& u8(uint64_t v) { return uint(v, 1); }
  Writer& u32(uint64_t v) { return uint(v, 4); }
  Writer& raw(const std::string& s) {
    out += s;
    return *this;
  }
};

struct F {
  Type type;
  bool optional = false;
  Op op = Op::none;
  uint32_t slot = 0;
  bool has_initial = false;
  int64_t number = 0;
  int32_t exponent = 0;
  std::string text = {};

  [[nodiscard]] F opt() const {
    return with([](F& f) { f.optional = true; });
  }
  [[nodiscard]] F with_op(Op o, uint32_t s = 1) const {
    return with([&](F& f) {
      f.op = o;
      f.slot = o >= Op::copy ? s : 0;
    });
  }
  [[nodiscard]] F init(int64_t n, int32_t e = 0) const {
    return with([&](F& f) {
      f.has_initial = true;
      f.number = n;
      f.exponent = e;
    });
  }
  [[nodiscard]] F init(const std::string& t) const {
    return with([&](F& f) {
      f.has_initial = true;
      f.text = t;
    });
  }
  template <class Change>
  [[nodiscard]] F with(Change change) const {
    F f = *this;
    change(f);
    return f;
  }
  [[nodiscard]] std::string bytes() const {
    Writer w;
    w.u8(uint8_t(type)).u8(uint8_t(op)).u8(optional).u32(slot).u8(has_initial);
    if (has_initial && type < Type::decimal) w.uint(uint64_t(number), 8);
    if (has_initial && type == Type::decimal) w.uint(uint64_t(number), 8).u32(uint32_t(exponent));
    if (has_initial && type > Type::decimal) w.uint(text.size(), 2).raw(text);
    return w.out;
  }
  /// As a node.
  [[nodiscard]] std::string node() const { return Writer().u8(0).raw(bytes()).out; }
};

const F i32{Type::int32}, u32{Type::uInt32}, i64{Type::int64}, u64{Type::uInt64}, dec{Type::decimal}, str{Type::ascii},
    uni{Type::unicode}, vec{Type::byteVector};

std::string split(const F& exponent, const F& mantissa) {
  return Writer().u8(1).raw(exponent.bytes()).raw(mantissa.bytes()).out;
}
std::string sequence(const F& length, uint32_t body) { return Writer().u8(2).raw(length.bytes()).u32(body).out; }
std::string group(bool optional, uint32_t body) { return Writer().u8(3).u8(optional).u32(body).out; }
std::string reference() { return Writer().u8(4).u32(0).out; }

struct B {
  bool segment;
  std::vector<std::string> nodes;
};

/// The last body is that of template 1; template 120 resets.
std::string program(uint32_t slots, std::vector<B> bodies) {
  bodies.push_back({true, {}});
  Writer w;
  w.u32(kContract).u32(slots).u32(1).u32(bodies.size());
  for (const B& b : bodies) {
    w.u8(b.segment).u32(b.nodes.size());
    for (const std::string& n : b.nodes) w.raw(n);
  }
  w.u32(2);
  w.u32(0).u32(1).u8(0).u32(bodies.size() - 2);
  w.u32(0).u32(120).u8(1).u32(bodies.size() - 1);
  return w.out;
}

const char* name_of(FastError e) { return kFastErrorNames[uint32_t(e)]; }

class Stream {
 public:
  explicit Stream(const std::string& compiled, FastLimits limits = {}, bool strict = true) {
    SpecReader spec({reinterpret_cast<const uint8_t*>(compiled.data()), uint32_t(compiled.size())});
    CHECK(program_.parse(spec));
    decoder = std::make_unique<FastDecoder>(program_, limits, strict);
  }
  /// One message given in hexadecimal, in a block of exactly its size; the error's name, or "".
  std::string decode(const std::string& hex) {
    Buffer b;
    int high = -1;
    for (const char c : hex) {
      if (c == ' ') continue;
      const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
      if (high >= 0) b.push_back(uint8_t(high << 4 | digit));
      high = high >= 0 ? -1 : digit;
    }
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[b.size()]);
    std::copy(b.begin(), b.end(), exact.get());
    const FastError e = decoder->decode({exact.get(), uint32_t(b.size())}, 0);
    if (e != FastError::none) return name_of(e);
    CHECK(decoder->next() == b.size());
    return "";
  }
  std::unique_ptr<FastDecoder> decoder;

 private:
  FastProgram program_;
};

/// A message of template 1: a presence map with the identifier's bit and these, then the bytes.
std::string message(const std::string& bits, const std::string& hex) {
  const std::string all = "1" + bits;
  std::string out;
  for (size_t i = 0; i < all.size(); i += 7) {
    uint8_t byte = i + 7 >= all.size() ? 0x80 : 0;
    for (size_t k = 0; k < 7 && i + k < all.size(); k++) byte = uint8_t(byte | (all[i + k] == '1' ? 0x40 >> k : 0));
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    out += text;
  }
  return out + "81" + hex;
}

/// The first field of the record as text.
std::string shown(Bytes record, const F& f) {
  const uint8_t* p = record.data + 4;
  if (p[0] == 0) return "-";
  if (f.type >= Type::ascii) {
    const auto size = uint32_t(load_uint(p + 1, 4, false));
    CHECK(record.size == 9 + size);
    return std::string("'") + std::string(reinterpret_cast<const char*>(p) + 5, size) + "'";
  }
  const uint64_t bits = load_uint(p + 1, 8, false);
  std::string out = f.type == Type::uInt64 ? std::to_string(bits) : std::to_string(int64_t(bits));
  CHECK(record.size == (f.type == Type::decimal ? 17u : 13u));
  if (f.type == Type::decimal) out += std::string("e") + std::to_string(int32_t(load_uint(p + 9, 4, false)));
  return out;
}

struct M {
  std::string bits, hex;
};
std::string series(const F& shape, const std::string& node, const std::vector<M>& messages, bool strict = true) {
  Stream s(program(node == shape.node() && shape.slot == 0 ? 1 : 2, {{true, {node}}}), {}, strict);
  std::string out;
  for (const M& m : messages) {
    const std::string error = s.decode(message(m.bits, m.hex));
    out += (out.empty() ? "" : " ") + (error.empty() ? shown(s.decoder->record(), shape) : error);
  }
  return out;
}
std::string series(const F& f, const std::vector<M>& messages, bool strict = true) {
  return series(f, f.node(), messages, strict);
}
std::string one(const F& f, const std::string& hex, bool strict = true) { return series(f, {{"", hex}}, strict); }

// ── Encodings (appendix 3.1) ─────────────────────────────────────────────────────────────────────────────────────

SCENARIO("integers: stop bits, sign bits, NULL") {
  CHECK_LOG(one(i32.opt(), "39 45 a4"), "942755");
  CHECK_LOG(one(i32, "39 45 a3"), "942755");
  CHECK_LOG(one(i32.opt(), "46 3a dd"), "-942755");
  CHECK_LOG(one(i32, "7c 1b 1b 9d"), "-7942755");
  CHECK_LOG(one(i32, "00 40 81"), "8193");
  CHECK_LOG(one(i32, "7f 3f ff"), "-8193");
  CHECK_LOG(one(u32.opt(), "80"), "-");
  CHECK_LOG(one(u32.opt(), "81"), "0");
  CHECK_LOG(one(u32.opt(), "82"), "1");
  CHECK_LOG(one(u32.opt(), "39 45 a4"), "942755");
  CHECK_LOG(one(u32, "80"), "0");
  CHECK_LOG(one(u32, "39 45 a3"), "942755");
}

SCENARIO("integers at the ends of their types, and one beyond") {
  CHECK_LOG(one(u32.opt(), "10 00 00 00 80"), "4294967295");
  CHECK_LOG(one(u32, "10 00 00 00 80"), "D2");
  CHECK_LOG(one(i32, "08 00 00 00 80"), "D2");
  CHECK_LOG(one(u64, "01 7f 7f 7f 7f 7f 7f 7f 7f ff"), "18446744073709551615");
  CHECK_LOG(one(u64.opt(), "02 00 00 00 00 00 00 00 00 80"), "18446744073709551615");
  CHECK_LOG(one(u64, "02 00 00 00 00 00 00 00 00 80"), "D2");
  CHECK_LOG(one(i64, "7f 00 00 00 00 00 00 00 00 80"), "-9223372036854775808");
  CHECK_LOG(one(i64, "00 7f 7f 7f 7f 7f 7f 7f 7f ff"), "9223372036854775807");
  CHECK_LOG(one(i64, "01 00 00 00 00 00 00 00 00 80"), "D2");
  CHECK_LOG(one(u64, "7f 7f 7f 7f 7f 7f 7f 7f 7f 7f 7f ff"), "D2");
  CHECK_LOG(one(F{Type::int8}, "7f ff"), "R6");
  CHECK_LOG(one(F{Type::int8}, "00 ff"), "127");
  CHECK_LOG(one(F{Type::uInt8}, "02 80"), "D2");
  CHECK_LOG(one(F{Type::uInt16}, "03 7f ff"), "65535");
}

SCENARIO("strings and byte vectors: empty is not NULL") {
  CHECK_LOG(one(str.opt(), "80"), "-");
  CHECK_LOG(one(str.opt(), "41 42 c3"), "'ABC'");
  CHECK_LOG(one(str.opt(), "00 80"), "''");
  CHECK_LOG(one(str, "41 42 c3"), "'ABC'");
  CHECK_LOG(one(str, "80"), "''");
  CHECK_LOG(one(str, "00 80"), std::string("'\0'", 3));
  CHECK_LOG(one(str.opt(), "00 00 80"), std::string("'\0'", 3));
  CHECK_LOG(one(vec.opt(), "80"), "-");
  CHECK_LOG(one(vec.opt(), "84 41 42 43"), "'ABC'");
  CHECK_LOG(one(vec.opt(), "81"), "''");
  CHECK_LOG(one(vec, "83 41 42 43"), "'ABC'");
  CHECK_LOG(one(vec, "80"), "''");
  CHECK_LOG(one(uni, "82 c3 a9"), "'\xc3\xa9'");
  CHECK_LOG(one(uni.opt(), "83 c3 a9"), "'\xc3\xa9'");
}

SCENARIO("decimals: exponent, then mantissa; NULL is in the exponent") {
  CHECK_LOG(one(dec, "82 39 45 a3"), "942755e2");
  CHECK_LOG(one(dec, "81 04 3f 34 de"), "9427550e1");
  CHECK_LOG(one(dec.opt(), "83 39 45 a3"), "942755e2");
  CHECK_LOG(one(dec.opt(), "80"), "-");
  CHECK_LOG(one(dec, "fe 39 45 a3"), "942755e-2");
  CHECK_LOG(one(dec.opt(), "fe 46 3a dd"), "-942755e-2");
  const std::string individual = split(i32.opt().with_op(Op::copy), i64.with_op(Op::none));
  CHECK_LOG(series(dec, individual, {{"1", "82 85"}, {"0", "86"}, {"1", "80"}, {"0", ""}}), "5e1 6e1 - -");
  CHECK_LOG(series(dec, split(i32.with_op(Op::constant).init(-2), i64.with_op(Op::delta)), {{"", "85"}, {"", "85"}}),
            "5e-2 10e-2");
}

// ── Operators (appendix 3.2) ─────────────────────────────────────────────────────────────────────────────────────

SCENARIO("constant and default") {
  CHECK_LOG(series(u32.with_op(Op::constant).init(7), {{"", ""}}), "7");
  CHECK_LOG(series(u32.opt().with_op(Op::constant).init(7), {{"1", ""}, {"0", ""}}), "7 -");
  CHECK_LOG(series(u32.with_op(Op::default_).init(7), {{"0", ""}, {"1", "82"}, {"0", ""}}), "7 2 7");
  CHECK_LOG(series(u32.opt().with_op(Op::default_), {{"0", ""}, {"1", "82"}, {"1", "80"}}), "- 1 -");
}

SCENARIO("copy: the value before, or the initial one, or none") {
  CHECK_LOG(series(str.with_op(Op::copy), {{"1", "434dc5"}, {"0", ""}, {"1", "4953c5"}}), "'CME' 'CME' 'ISE'");
  CHECK_LOG(series(u32.opt().with_op(Op::copy), {{"0", ""}, {"1", "82"}, {"0", ""}, {"1", "80"}, {"0", ""}}),
            "- 1 1 - -");
  CHECK_LOG(series(u32.with_op(Op::copy).init(5), {{"0", ""}, {"1", "81"}, {"0", ""}}), "5 1 1");
  CHECK_LOG(series(u32.with_op(Op::copy), {{"0", ""}}), "D5");
}

SCENARIO("increment: one more, and round at the type's end") {
  CHECK_LOG(series(u32.with_op(Op::increment).init(1), {{"0", ""}, {"0", ""}, {"1", "84"}, {"0", ""}}), "1 2 4 5");
  CHECK_LOG(series(i32.with_op(Op::increment).init(INT32_MAX), {{"0", ""}, {"0", ""}}), "2147483647 -2147483648");
  CHECK_LOG(series(u64.with_op(Op::increment).init(-1), {{"0", ""}, {"0", ""}}), "18446744073709551615 0");
}

SCENARIO("delta of numbers: exact at 64 bits, refused beyond the type") {
  const F delta = i32.with_op(Op::delta);
  CHECK_LOG(series(delta, {{"", "3945a3"}, {"", "fb"}, {"", "fb"}, {"", "80"}}), "942755 942750 942745 942745");
  CHECK_LOG(series(dec.with_op(Op::delta), {{"", "fe3945a3"}, {"", "80fc"}, {"", "80fb"}}),
            "942755e-2 942751e-2 942746e-2");
  CHECK_LOG(series(u32.opt().with_op(Op::delta).init(10), {{"", "80"}, {"", "82"}, {"", "80"}, {"", "ff"}}),
            "- 11 - 10");
  CHECK_LOG(series(u32.with_op(Op::delta), {{"", "ff"}}), "R4");
  CHECK_LOG(series(i64.with_op(Op::delta).init(INT64_MAX), {{"", "81"}}), "R4");
  CHECK_LOG(series(u64.with_op(Op::delta).init(-1), {{"", "7e 00 00 00 00 00 00 00 00 81"}}), "0");
  CHECK_LOG(series(dec.with_op(Op::delta).init(1, 63), {{"", "81 80"}}), "R1");
}

SCENARIO("delta and tail of strings") {
  CHECK_LOG(series(str.with_op(Op::delta), {{"", "80474548b6"}, {"", "824db6"}, {"", "fd45d3"}, {"", "ff52d3"}}),
            "'GEH6' 'GEM6' 'ESM6' 'RSESM6'");
  CHECK_LOG(series(str.with_op(Op::delta), {{"", "81c1"}}), "D7");
  CHECK_LOG(series(str.with_op(Op::delta), {{"", "fec1"}}), "D7");
  CHECK_LOG(series(str.with_op(Op::delta), {{"", "0800000080c1"}}), "D7");
  CHECK_LOG(series(vec.with_op(Op::delta).init("AB"), {{"", "818143"}}), "'AC'");
  CHECK_LOG(series(uni.with_op(Op::delta).init("\xc3\xa9"), {{"", "8181a8"}}), "'\xc3\xa8'");
  CHECK_LOG(series(uni.with_op(Op::delta).init("\xc3\xa9"), {{"", "8180"}}), "R2");
  CHECK_LOG(series(str.with_op(Op::tail), {{"1", "474548b6"}, {"1", "4db6"}, {"0", ""}}), "'GEH6' 'GEM6' 'GEM6'");
  CHECK_LOG(series(vec.opt().with_op(Op::tail).init("ABC"), {{"1", "80"}, {"0", ""}, {"1", "83 44 45"}}), "- - 'ADE'");
}

// ── Structure ────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("sequences have maps of their own, groups where a field of theirs has a bit") {
  // Entries: a copied string; then a group without a bit of its own, and one with.
  Stream s(program(2, {{true, {str.with_op(Op::copy).node(), u32.node()}},
                       {false, {u32.node()}},
                       {true, {sequence(u32.opt(), 0), group(true, 1)}}}));
  CHECK_LOG(s.decode(message("1", "83 c0 c1 85 80 86 87")), "");
  const Bytes r = s.decoder->record();
  std::string hex;
  for (uint32_t i = 0; i < r.size; i++)
    hex += "0123456789abcdef"[r.data[i] >> 4], hex += "0123456789abcdef"[r.data[i] & 15];
  const std::string entry = "010100000041";
  CHECK_LOG(hex,
            "01000000"
            "0102000000" +
                entry + "010500000000000000" + entry +
                "010600000000000000"
                "01"
                "010700000000000000");
  CHECK_LOG(s.decode(message("0", "80")), "");
  CHECK_LOG(s.decode(message("0", "82 c0 c1")), "END");
  CHECK(s.decoder->counts()[uint32_t(FastError::END)] == 1 && s.decoder->counts()[0] == 2);
}

SCENARIO("a reset empties every dictionary, and the caller may") {
  Stream s(program(2, {{true, {u32.with_op(Op::copy).init(1).node()}}}));
  CHECK_LOG(s.decode(message("1", "87")), "");
  CHECK_LOG(s.decode("80"), "");  // the identifier and the value of before
  CHECK_LOG(shown(s.decoder->record(), u32), "7");
  CHECK_LOG(s.decode("c0 f8"), "");
  CHECK_LOG(s.decode("80"), "D5");
  CHECK_LOG(s.decode(message("0", "")), "");
  CHECK_LOG(shown(s.decoder->record(), u32), "1");
  s.decoder->reset();
  CHECK_LOG(s.decode("80"), "D5");
}

SCENARIO("fields share an entry: of the same type its value, of another an error") {
  const auto two = [](const F& a, const F& b, const std::string& m) {
    return Stream(program(2, {{true, {a.node(), b.node()}}})).decode(m);
  };
  const F copy = u32.with_op(Op::copy);
  CHECK_LOG(two(copy, copy, message("10", "81")), "");
  CHECK_LOG(two(copy, str.with_op(Op::copy), message("10", "81")), "D4");
  CHECK_LOG(two(copy, str.with_op(Op::delta), message("1", "81 80 c1")), "D4");
  CHECK_LOG(two(copy, str.with_op(Op::tail), message("11", "81 c1")), "D4");
  CHECK_LOG(two(copy.opt(), copy, message("10", "80")), "D6");
  CHECK_LOG(two(copy.opt(), u32.with_op(Op::delta), message("1", "80 81")), "D6");
}

SCENARIO("what is reportable is refused, or accepted as far as a value can be read") {
  const std::string plain = program(1, {{true, {u32.node()}}});
  CHECK_LOG(Stream(plain).decode("40 80 81 85"), "R7");
  CHECK_LOG(Stream(plain).decode("40 c0 81 85"), "R8");
  CHECK_LOG(Stream(plain, {}, false).decode("40 80 81 85"), "");
  CHECK_LOG(one(u32, "00 81"), "R6");
  CHECK_LOG(one(u32, "00 81", false), "1");
  CHECK_LOG(one(i32, "00 81"), "R6");
  CHECK_LOG(one(str, "00 c1"), "R9");
  CHECK_LOG(one(str.opt(), "00 c1"), "R9");
  CHECK_LOG(one(str.opt(), "00 00 c1"), "R9");
  CHECK_LOG(one(str.opt(), "00 c1", false), "'A'");
  CHECK_LOG(one(dec, "00 c0 81"), "R1");
  CHECK_LOG(one(dec, "00 c0 81", false), "1e64");
  CHECK_LOG(one(dec, "10 81 81", false), "R1");
  CHECK_LOG(one(uni, "81 ff"), "R2");
  // As the Encoding Standard mends it: one U+FFFD for each maximal part.
  CHECK_LOG(one(uni, "84 41 ff e2 82", false), "'A\xef\xbf\xbd\xef\xbf\xbd'");
  CHECK_LOG(one(uni, "83 ed a0 80", false), "'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd'");
  CHECK_LOG(one(uni, "84 f0 9f 98 80", false), "'\xf0\x9f\x98\x80'");
}

SCENARIO("an error says which field it was, in the order of the program") {
  Stream s(program(1, {{true, {u32.node(), split(i32, i64), str.node()}}}));
  CHECK_LOG(s.decode(message("", "81 00 c0 81 c1")), "R1");
  CHECK(s.decoder->failed_field() == 2);
  CHECK_LOG(s.decode(message("", "81 81 81 00 c1")), "R9");
  CHECK(s.decoder->failed_field() == 3);
  CHECK_LOG(s.decode("c0 82"), "D9");
  CHECK(s.decoder->failed_field() == FastDecoder::kNowhere);
}

SCENARIO("every bound is kept, and a message cut anywhere says so") {
  const std::string entries = program(1, {{false, {}}, {true, {sequence(u32, 0)}}});
  FastLimits few;
  few.entries = 3;
  CHECK_LOG(Stream(entries, few).decode(message("", "83")), "");
  CHECK_LOG(Stream(entries, few).decode(message("", "84")), "LIMIT");
  CHECK_LOG(Stream(entries).decode(message("", "0f 7f 7f 7f ff")), "LIMIT");
  FastLimits brief;
  brief.text = 3;
  const std::string text = program(2, {{true, {str.with_op(Op::delta).node()}}});
  CHECK_LOG(Stream(text, brief).decode(message("", "80 41 42 c3")), "");
  CHECK_LOG(Stream(text, brief).decode(message("", "80 41 42 43 c3")), "LIMIT");
  Stream grown(text, brief);
  CHECK_LOG(grown.decode(message("", "80 41 c2")), "");
  CHECK_LOG(grown.decode(message("", "80 41 c2")), "LIMIT");
  CHECK_LOG(one(vec, "0f 7f 7f 7f ff"), "LIMIT");
  CHECK_LOG(one(vec, "10 00 00 00 80"), "D2");
  CHECK_LOG(one(vec, "83 41"), "END");
  FastLimits small;
  small.record = 16;
  CHECK_LOG(Stream(program(1, {{true, {u32.node()}}}), small).decode(message("", "81")), "");
  CHECK_LOG(Stream(program(1, {{true, {u32.node(), u32.node()}}}), small).decode(message("", "81 81")), "LIMIT");
  // A template in itself, by a reference in the stream.
  const std::string nested = program(1, {{true, {reference()}}});
  std::string deep = "c0 81";
  for (int i = 0; i < 100; i++) deep += "80";
  CHECK_LOG(Stream(nested).decode(deep), "LIMIT");
  CHECK_LOG(Stream(nested).decode("c0 81 80"), "END");
  CHECK_LOG(Stream(nested).decode("c0 82"), "D9");
  CHECK_LOG(Stream(nested).decode("c0 10 00 00 00 80"), "D2");
  CHECK_LOG(Stream(nested).decode("80"), "D5");
  CHECK_LOG(Stream(nested).decode(""), "END");
  const std::string whole = message("", "83c1848544414243");
  const std::string both = program(2, {{true, {u32.node(), str.node(), vec.node(), u32.with_op(Op::delta).node()}}});
  CHECK_LOG(Stream(both).decode(message("", "83c18341424385")), "");
  for (size_t n = 0; n < 18; n += 2) CHECK_LOG(Stream(both).decode(message("", "83c18341424385").substr(0, n)), "END");
}

SCENARIO("nothing is allocated per message once the longest have been seen") {
  const std::string compiled = program(4, {{true, {str.with_op(Op::copy, 1).node(), vec.with_op(Op::delta, 2).node()}},
                                           {true, {uni.with_op(Op::tail, 3).node(), sequence(u32, 0)}}});
  const Buffer b = {0xe0, 0x81, 0x83, 'A', 'B', 'C', 0x82, 0xc0, 'D', 0xc5, 0x80, 0x81, 'F', 0x80, 0x80, 0x80};
  Stream s(compiled);
  const uint64_t none = s.decoder->counts()[0];
  const auto run = [&] {
    s.decoder->reset();
    CHECK(s.decoder->decode(view(b), 0) == FastError::none && s.decoder->next() == b.size());
  };
  for (int i = 0; i < 3; i++) run();
  const uint64_t before = allocations;
  for (int i = 0; i < 100; i++) run();
  CHECK(allocations == before && s.decoder->counts()[0] == none + 103);
}

// ── Programs that are none ───────────────────────────────────────────────────────────────────────────────────────

bool parses(const std::string& compiled) {
  FastProgram p;
  SpecReader spec({reinterpret_cast<const uint8_t*>(compiled.data()), uint32_t(compiled.size())});
  const bool good = p.parse(spec);
  CHECK(good || p.slots() == 0);
  return good;
}

SCENARIO("a program is refused where it would not end, or lead out of itself") {
  CHECK(parses(program(1, {{true, {u32.node()}}})));
  CHECK(!parses(program(0, {{true, {u32.node()}}})));
  CHECK(!parses(program(100, {{true, {u32.node()}}})));
  CHECK(!parses(program(2, {{true, {u32.with_op(Op::copy, 2).node()}}})));
  CHECK(!parses(program(2, {{true, {u32.with_op(Op::copy, 0).node()}}})));
  CHECK(!parses(program(1, {{true, {str.with_op(Op::increment).node()}}})));
  CHECK(!parses(program(2, {{true, {u32.with_op(Op::tail).node()}}})));
  CHECK(!parses(program(1, {{true, {u32.with_op(Op::constant).node()}}})));
  CHECK(!parses(program(1, {{true, {u32.with_op(Op::default_).node()}}})));
  CHECK(!parses(program(1, {{true, {F{Type::int8}.with_op(Op::constant).init(128).node()}}})));
  CHECK(!parses(program(1, {{true, {str.with_op(Op::constant).init("\xff").node()}}})));
  CHECK(!parses(program(1, {{true, {uni.with_op(Op::constant).init("\xff").node()}}})));
  CHECK(!parses(program(1, {{true, {split(i64, i64)}}})));
  CHECK(!parses(program(1, {{true, {sequence(str, 0)}}})));
  CHECK(!parses(program(1, {{true, {group(false, 0)}}})));                               // itself
  CHECK(!parses(program(1, {{false, {}}, {true, {group(false, 0), group(true, 0)}}})));  // one body twice
  std::vector<B> deep = {{false, {}}};
  for (uint32_t i = 0; i < 100; i++) deep.push_back({false, {group(false, i)}});
  CHECK(!parses(program(1, deep)));
  const std::string whole = program(2, {{true, {str.with_op(Op::copy).init("AB").node(), u32.node()}}});
  for (size_t n = 0; n < whole.size(); n++) CHECK(!parses(whole.substr(0, n)));
  CHECK(!parses(whole + '\0'));
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

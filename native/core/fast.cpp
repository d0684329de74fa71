#include "core/fast.hpp"

#include <algorithm>

#include "contract/compiled.hpp"

namespace venuewire {

namespace {

struct Head {
  uint32_t slots = 0, contexts = 0;
};
struct TemplateHead {
  uint32_t context = 0, id = 0;
  bool reset = false;
  uint32_t body = 0;
};
// More than any exchange's templates come to; src/fast/program.ts has the same bound.
constexpr uint32_t kMostNodes = 200'000;
constexpr uint32_t kDeepestBody = 80;
constexpr uint8_t kUndefined = 0;
constexpr uint8_t kEmpty = 1;

constexpr uint8_t tag_of(FastProgram::Type t) { return uint8_t(2 + uint8_t(t)); }

/// Well-formed UTF-8 goes through as it is. Anything else is false, with the text in `repaired` where each maximal part
/// of a sequence is U+FFFD (the decoder of the WHATWG Encoding Standard).
bool well_formed(Bytes in, std::vector<uint8_t>& repaired) {
  uint32_t at = 0;
  while (at < in.size && in.data[at] < 0x80) at++;
  if (at == in.size) return true;
  repaired.assign(in.data, in.data + at);
  bool good = true;
  while (at < in.size) {
    const uint8_t lead = in.data[at++];
    uint32_t more = 0;
    uint8_t lower = 0x80, upper = 0xBF;
    if (lead < 0x80) {
      repaired.push_back(lead);
      continue;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) lower = 0xA0;
      if (lead == 0xED) upper = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) lower = 0x90;
      if (lead == 0xF4) upper = 0x8F;
    }
    const uint32_t from = at - 1;
    bool whole = more > 0;
    for (; whole && more > 0; more--, at++) {
      whole = at < in.size && in.data[at] >= lower && in.data[at] <= upper;
      if (!whole) break;
      lower = 0x80;
      upper = 0xBF;
    }
    if (whole) {
      repaired.insert(repaired.end(), in.data + from, in.data + at);
    } else {
      good = false;
      repaired.insert(repaired.end(), {0xEF, 0xBF, 0xBD});
    }
  }
  return good;
}

}  // namespace

// ── The program ──────────────────────────────────────────────────────────────────────────────────────────────────

bool FastProgram::parse(SpecReader& spec) {
  if (parse_all(spec) && spec.ok() && spec.at_end()) return true;
  *this = FastProgram();
  return false;
}

bool FastProgram::parse_all(SpecReader& spec) {
  if (spec.u32() != kContract) return false;
  Head head;
  compiled::read_fast_head(spec, head);
  slots_ = head.slots;
  contexts_ = head.contexts;
  const uint32_t bodies = spec.count();
  if (!spec.ok() || slots_ == 0 || bodies > 2 * kMostNodes) return false;
  // A body stands behind those inside it, and inside one other: what a program does is bounded by its size.
  std::vector<bool> used(bodies);
  std::vector<uint32_t> depths(bodies);
  bodies_.reserve(bodies);
  for (uint32_t i = 0; i < bodies; i++) {
    Body b;
    b.segment = spec.flag();
    b.count = spec.count();
    if (!spec.ok() || b.count > kMostNodes || nodes_.size() + b.count > kMostNodes) return false;
    b.first = uint32_t(nodes_.size());
    for (uint32_t k = 0; k < b.count; k++) {
      Node n;
      if (!parse_node(spec, n, i, used, depths[i], depths)) return false;
      nodes_.push_back(n);
    }
    if (depths[i] > kDeepestBody) return false;
    bodies_.push_back(b);
  }
  const uint32_t templates = spec.count();
  if (!spec.ok() || slots_ > fields_ + 1) return false;
  for (uint32_t i = 0; i < templates; i++) {
    Template t;
    TemplateHead said;
    compiled::read_fast_template(spec, said);
    t.key = uint64_t(said.context) << 32 | said.id;
    t.reset = said.reset;
    t.body = said.body;
    if (!spec.ok() || said.context >= contexts_ || t.body >= bodies || used[t.body]) return false;
    used[t.body] = true;
    templates_.push_back(t);
  }
  std::sort(templates_.begin(), templates_.end(), [](const Template& a, const Template& b) { return a.key < b.key; });
  for (size_t i = 1; i < templates_.size(); i++) {
    if (templates_[i].key == templates_[i - 1].key) return false;
  }
  return true;
}

bool FastProgram::parse_field(SpecReader& spec, Field& f) {
  compiled::read_fast_field(spec, f);
  f.number = fields_++;
  if (!spec.ok()) return false;
  if (f.op == Operator::increment && !is_integer(f.type)) return false;
  if (f.op == Operator::tail && f.type < Type::ascii) return false;
  if (f.op == Operator::constant && !f.has_initial) return false;
  if (f.op == Operator::default_ && !f.has_initial && !f.optional) return false;
  const bool remembered = f.op >= Operator::copy;
  if (f.slot >= slots_ || remembered != (f.slot != 0)) return false;
  if (!f.has_initial) return true;
  if (f.type <= Type::decimal) {
    f.bits = spec.u64();
    const FastWide value = is_signed(f.type) || f.type == Type::decimal ? FastWide(int64_t(f.bits)) : FastWide(f.bits);
    if (f.type != Type::decimal) return spec.ok() && value >= least(f.type) && value <= most(f.type);
    f.exponent = int32_t(spec.u32());
    return spec.ok() && f.exponent >= -63 && f.exponent <= 63;
  }
  const Bytes text = spec.bytes();
  f.text_at = uint32_t(texts_.size());
  f.text_size = text.size;
  if (text.size > 0) texts_.insert(texts_.end(), text.data, text.data + text.size);
  if (f.type == Type::ascii && std::any_of(text.data, text.data + text.size, [](uint8_t b) { return b > 0x7F; }))
    return false;
  std::vector<uint8_t> repaired;
  return spec.ok() && (f.type != Type::unicode || well_formed(text, repaired));
}

bool FastProgram::parse_node(SpecReader& spec, Node& n, uint32_t within, std::vector<bool>& used, uint32_t& depth,
                             const std::vector<uint32_t>& depths) {
  n.kind = compiled::read_enumeration<FastNode>(spec, kFastNodes);
  if (!spec.ok()) return false;
  switch (n.kind) {
    case Kind::field:
      return parse_field(spec, n.field);
    case Kind::split:
      return parse_field(spec, n.field) && parse_field(spec, n.mantissa) && n.field.type == Type::int32 &&
             n.mantissa.type == Type::int64 && !n.mantissa.optional;
    case Kind::sequence:
      if (!parse_field(spec, n.field) || n.field.type != Type::uInt32) return false;
      break;
    case Kind::group:
      n.optional = spec.flag();
      break;
    case Kind::reference:
      n.body = spec.u32();
      return spec.ok() && n.body < contexts_;
  }
  n.body = spec.u32();
  if (!spec.ok() || n.body >= within || used[n.body]) return false;
  used[n.body] = true;
  depth = std::max(depth, depths[n.body] + 1);
  return true;
}

const FastProgram::Template* FastProgram::find(uint32_t context, uint32_t id) const {
  const uint64_t key = uint64_t(context) << 32 | id;
  const auto t = std::lower_bound(templates_.begin(), templates_.end(), key,
                                  [](const Template& a, uint64_t k) { return a.key < k; });
  return t != templates_.end() && t->key == key ? &*t : nullptr;
}

// ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

FastDecoder::FastDecoder(const FastProgram& program, const FastLimits& limits, bool strict)
    : program_(program), limits_(limits), strict_(strict), tags_(program.slots()), entries_(program.slots()) {
  limits_.depth = std::min(limits_.depth, FastLimits::kDeepest);
  record_.resize(std::min(limits_.record, 4096u));
}

void FastDecoder::reset() { std::fill(tags_.begin(), tags_.end(), kUndefined); }

FastError FastDecoder::decode(Bytes bytes, uint32_t at) {
  data_ = bytes.data;
  at_ = at;
  end_ = bytes.size;
  seen_entries_ = depth_ = 0;
  error_ = FastError::none;
  failed_ = kNowhere;
  used_ = 0;
  (void)message(0);
  counts_[uint32_t(error_)]++;
  return error_;
}

bool FastDecoder::message(uint32_t context) {
  if (!open_map()) return false;
  if (bit()) {
    FastWide v = 0;
    if (!read_unsigned(v)) return false;
    if (v > 0xFFFFFFFF) return fail(FastError::D2);
    tags_[0] = tag_of(Type::uInt32);
    entries_[0].bits = uint64_t(v);
  } else if (tags_[0] == kUndefined) {
    return fail(FastError::D5);
  }
  const auto id = uint32_t(entries_[0].bits);
  const FastProgram::Template* t = program_.find(context, id);
  if (t == nullptr) return fail(FastError::D9);
  uint8_t* p = room(4);
  if (p == nullptr) return false;
  store_uint(p, id, 4, false);
  if (!body(program_.body(t->body)) || !close_map()) return false;
  if (t->reset) reset();
  return true;
}

bool FastDecoder::body(const FastProgram::Body& b) {
  for (uint32_t i = 0; i < b.count; i++) {
    if (!node(program_.node(b.first + i))) return false;
  }
  return true;
}

bool FastDecoder::segment(const FastProgram::Body& b) {
  if (!b.segment) return body(b);
  const Map outer = map_;
  if (!open_map() || !body(b) || !close_map()) return false;
  map_ = outer;
  return true;
}

bool FastDecoder::node(const FastProgram::Node& n) {
  using Kind = FastProgram::Kind;
  Value v;
  switch (n.kind) {
    case Kind::field:
      return field(n.field, v) && (v.there ? write(n.field, v) : write_absent());
    case Kind::split: {
      if (!field(n.field, v)) return false;
      if (!v.there) return write_absent();
      Value mantissa, both;
      if (!field(n.mantissa, mantissa)) return false;
      if (!decimal(v.number, mantissa.number, both)) {
        failed_ = n.mantissa.number;
        return false;
      }
      uint8_t* p = room(13);
      if (p == nullptr) return false;
      *p = 1;
      store_uint(p + 1, uint64_t(both.number), 8, false);
      store_uint(p + 9, uint32_t(both.exponent), 4, false);
      return true;
    }
    case Kind::sequence: {
      if (!field(n.field, v)) return false;
      if (!v.there) return write_absent();
      const auto entries = uint32_t(v.number);
      if (entries > limits_.entries - seen_entries_) {
        failed_ = n.field.number;
        return fail(FastError::LIMIT);
      }
      seen_entries_ += entries;
      if (!write_count(entries)) return false;
      const FastProgram::Body& b = program_.body(n.body);
      for (uint32_t i = 0; i < entries; i++) {
        if (!segment(b)) return false;
      }
      return true;
    }
    case Kind::group: {
      if (n.optional && !bit()) return write_absent();
      uint8_t* p = room(1);
      if (p == nullptr) return false;
      *p = 1;
      return segment(program_.body(n.body));
    }
    case Kind::reference: {
      if (++depth_ > limits_.depth) return fail(FastError::LIMIT);
      uint8_t* p = room(1);
      if (p == nullptr) return false;
      *p = 1;
      const Map outer = map_;
      if (!message(n.body)) return false;
      map_ = outer;
      depth_--;
      return true;
    }
  }
  return false;
}

// ── Presence maps ────────────────────────────────────────────────────────────────────────────────────────────────

bool FastDecoder::open_map() {
  uint32_t at = at_;
  map_.at = map_.from = at;
  do {
    if (at >= end_) return fail(FastError::END);
  } while (data_[at++] < 0x80);
  if (strict_ && at - at_ > 1 && (data_[at - 1] & 0x7F) == 0) return fail(FastError::R7);
  at_ = at;
  map_.end = at;
  map_.mask = 0;
  return true;
}

/// At the end of the segment: whole bytes of the map that no instruction asked for.
bool FastDecoder::close_map() {
  if (strict_ && std::max(map_.at, map_.from + 1) < map_.end) return fail(FastError::R8);
  return true;
}

/// Bits behind the end of the map are zero.
bool FastDecoder::bit() {
  if (map_.mask == 0) {
    if (map_.at == map_.end) return false;
    map_.byte = data_[map_.at++];
    map_.mask = 0x40;
  }
  const bool set = (map_.byte & map_.mask) != 0;
  map_.mask >>= 1;
  return set;
}

// ── Operators ────────────────────────────────────────────────────────────────────────────────────────────────────

bool FastDecoder::field(const Field& f, Value& v) {
  if (operate(f, v)) return true;
  failed_ = f.number;
  return false;
}

bool FastDecoder::operate(const Field& f, Value& v) {
  using Operator = FastProgram::Operator;
  switch (f.op) {
    case Operator::none:
      return read(f, v);
    case Operator::constant:
      if (!f.optional || bit()) initial(f, v);
      return true;
    case Operator::default_:
      if (bit()) return read(f, v);
      if (f.has_initial) initial(f, v);
      return true;
    case Operator::delta:
      return delta(f, v);
    case Operator::copy:
    case Operator::increment:
    case Operator::tail:
      break;
  }
  if (bit()) {
    if (!(f.op == Operator::tail ? tail(f, v) : read(f, v))) return false;
    if (v.there)
      put(f, v);
    else
      tags_[f.slot] = kEmpty;
    return true;
  }
  const uint8_t tag = tags_[f.slot];
  if (tag == tag_of(f.type)) {
    load(f, v);
    if (f.op != Operator::increment) return true;
    // At the type's end the count begins anew at its other end.
    v.number = v.number == FastProgram::most(f.type) ? FastProgram::least(f.type) : v.number + 1;
    entries_[f.slot].bits = uint64_t(v.number);
    return true;
  }
  if (tag == kUndefined && f.has_initial) {
    initial(f, v);
    put(f, v);
    return true;
  }
  if (tag != kUndefined && tag != kEmpty) return fail(FastError::D4);
  if (!f.optional) return fail(tag == kUndefined ? FastError::D5 : FastError::D6);
  tags_[f.slot] = kEmpty;
  return true;
}

bool FastDecoder::delta(const Field& f, Value& v) {
  FastWide by = 0;
  if (!read_signed(by)) return false;
  if (f.optional) {
    if (by == 0) return true;
    if (by > 0) by--;
  }
  const uint8_t tag = tags_[f.slot];
  Value base;
  if (tag == tag_of(f.type))
    load(f, base);
  else if (tag != kUndefined)
    return fail(tag == kEmpty ? FastError::D6 : FastError::D4);
  else if (f.has_initial)
    initial(f, base);
  if (FastProgram::is_integer(f.type)) {
    v.number = base.number + by;
    if (v.number < FastProgram::least(f.type) || v.number > FastProgram::most(f.type)) return fail(FastError::R4);
    v.there = true;
  } else if (f.type == Type::decimal) {
    FastWide mantissa = 0;
    if (!read_signed(mantissa) || !decimal(base.exponent + by, base.number + mantissa, v)) return false;
  } else {
    if (by > INT32_MAX || by < INT32_MIN) return fail(FastError::D7);
    const bool front = by < 0;
    const FastWide cut = front ? -by - 1 : by;
    if (cut > base.text.size) return fail(FastError::D7);
    Value more;
    if (!(f.type == Type::ascii ? ascii(false, more) : vector(false, more))) return false;
    const uint32_t left = base.text.size - uint32_t(cut);
    if (uint64_t(left) + more.text.size > limits_.text) return fail(FastError::LIMIT);
    const uint8_t* kept = base.text.data + (front ? uint32_t(cut) : 0);
    joined_.resize(left + more.text.size);
    const auto join = [this](uint32_t at, const uint8_t* from, uint32_t size) {
      if (size > 0) std::memcpy(joined_.data() + at, from, size);
    };
    join(front ? more.text.size : 0, kept, left);
    join(front ? 0 : left, more.text.data, more.text.size);
    v.text = {joined_.data(), uint32_t(joined_.size())};
    v.there = true;
    if (f.type == Type::unicode && !unicode(v)) return false;
  }
  put(f, v);
  return true;
}

/// Reads a tail and puts it behind what is left of the base.
bool FastDecoder::tail(const Field& f, Value& v) {
  if (!(f.type == Type::ascii ? ascii(f.optional, v) : vector(f.optional, v))) return false;
  if (!v.there) return true;
  const uint8_t tag = tags_[f.slot];
  Value base;
  if (tag == tag_of(f.type))
    load(f, base);
  else if (tag != kUndefined && tag != kEmpty)
    return fail(FastError::D4);
  else if (f.has_initial)
    initial(f, base);
  if (v.text.size < base.text.size) {
    joined_.assign(base.text.data, base.text.data + (base.text.size - v.text.size));
    joined_.insert(joined_.end(), v.text.data, v.text.data + v.text.size);
    v.text = {joined_.data(), uint32_t(joined_.size())};
  }
  return f.type != Type::unicode || unicode(v);
}

bool FastDecoder::decimal(FastWide exponent, FastWide mantissa, Value& v) {
  // Beyond the specification's bounds; beyond 2048 nobody could write the number out.
  const int32_t most = strict_ ? 63 : 2048;
  if (exponent > most || exponent < -most) return fail(FastError::R1);
  if (mantissa > INT64_MAX || mantissa < INT64_MIN) return fail(FastError::R1);
  v.there = true;
  v.exponent = int32_t(exponent);
  v.number = mantissa;
  return true;
}

void FastDecoder::initial(const Field& f, Value& v) const {
  v.there = true;
  v.exponent = f.exponent;
  v.number = f.type == Type::uInt64 ? FastWide(f.bits) : FastWide(int64_t(f.bits));
  v.text = {program_.text(f.text_at), f.text_size};
}

void FastDecoder::load(const Field& f, Value& v) const {
  const Entry& e = entries_[f.slot];
  v.there = true;
  v.exponent = e.exponent;
  v.number = f.type == Type::uInt64 ? FastWide(e.bits) : FastWide(int64_t(e.bits));
  v.text = {e.text.data(), uint32_t(e.text.size())};
}

void FastDecoder::put(const Field& f, const Value& v) {
  tags_[f.slot] = tag_of(f.type);
  Entry& e = entries_[f.slot];
  e.exponent = v.exponent;
  e.bits = uint64_t(v.number);
  if (f.type >= Type::ascii) e.text.assign(v.text.data, v.text.data + v.text.size);
}

// ── Bytes of the stream ──────────────────────────────────────────────────────────────────────────────────────────

bool FastDecoder::read(const Field& f, Value& v) {
  switch (f.type) {
    case Type::ascii:
      return ascii(f.optional, v);
    case Type::unicode:
      return vector(f.optional, v) && (!v.there || unicode(v));
    case Type::byteVector:
      return vector(f.optional, v);
    case Type::decimal: {
      FastWide exponent = 0, mantissa = 0;
      if (!read_signed(exponent)) return false;
      if (f.optional) {
        if (exponent == 0) return true;
        if (exponent > 0) exponent--;
      }
      return read_signed(mantissa) && decimal(exponent, mantissa, v);
    }
    default:
      break;
  }
  if (!(FastProgram::is_signed(f.type) ? read_signed(v.number) : read_unsigned(v.number))) return false;
  if (f.optional) {
    if (v.number == 0) return true;
    if (v.number > 0) v.number--;
  }
  if (v.number < FastProgram::least(f.type) || v.number > FastProgram::most(f.type)) return fail(FastError::D2);
  v.there = true;
  return true;
}

bool FastDecoder::read_unsigned(FastWide& v) {
  if (at_ >= end_) return fail(FastError::END);
  const uint8_t byte = data_[at_];
  if (byte >= 0x80) {
    at_++;
    v = byte & 0x7F;
    return true;
  }
  if (byte == 0 && strict_) return fail(FastError::R6);
  return go_on(byte, at_ + 1, v);
}

bool FastDecoder::read_signed(FastWide& v) {
  if (at_ >= end_) return fail(FastError::END);
  const uint8_t byte = data_[at_];
  const int64_t first = (byte & 0x40) != 0 ? int64_t(byte & 0x7F) - 128 : byte & 0x7F;
  if (byte >= 0x80) {
    at_++;
    v = first;
    return true;
  }
  if (strict_ && at_ + 1 < end_) {
    const bool negative = (data_[at_ + 1] & 0x40) != 0;
    if ((byte == 0 && !negative) || (byte == 0x7F && negative)) return fail(FastError::R6);
  }
  return go_on(first, at_ + 1, v);
}

/// The groups of seven bits after the first one.
bool FastDecoder::go_on(int64_t value, uint32_t at, FastWide& v) {
  // 63 bits at most: exact.
  for (uint32_t i = 0; i < 8; i++) {
    if (at >= end_) return fail(FastError::END);
    const uint8_t byte = data_[at++];
    value = value * 128 + (byte & 0x7F);
    if (byte >= 0x80) {
      at_ = at;
      v = value;
      return true;
    }
  }
  constexpr FastWide kWidest = FastWide(1) << 66;
  FastWide wide = value;
  for (;;) {
    if (at >= end_) return fail(FastError::END);
    const uint8_t byte = data_[at++];
    wide = wide * 128 + (byte & 0x7F);
    if (wide > kWidest || wide < -kWidest) return fail(FastError::D2);
    if (byte >= 0x80) {
      at_ = at;
      v = wide;
      return true;
    }
  }
}

bool FastDecoder::ascii(bool optional, Value& v) {
  const uint32_t from = at_;
  if (from >= end_) return fail(FastError::END);
  const uint8_t first = data_[from];
  if ((first & 0x7F) != 0) return characters(from, v);
  if (first == 0x80) {
    at_ = from + 1;
    v.there = !optional;
    v.text = {};
    return true;
  }
  // A zero in front: of a nul character, or, where zero is NULL, of what is empty or begins with a zero itself.
  uint32_t at = from + 1;
  if (optional) {
    if (at >= end_) return fail(FastError::END);
    if (data_[at] == 0x80) {
      at_ = at + 1;
      v.there = true;
      v.text = {};
      return true;
    }
    if (data_[at] != 0) return strict_ ? fail(FastError::R9) : characters(at, v);
    at++;
  }
  if (at >= end_) return fail(FastError::END);
  if (strict_ && (data_[at] & 0x7F) != 0) return fail(FastError::R9);
  return characters(at, v);
}

bool FastDecoder::characters(uint32_t from, Value& v) {
  const uint32_t bound = uint32_t(std::min<uint64_t>(end_, uint64_t(from) + limits_.text));
  uint32_t at = from;
  while (at < bound && data_[at] < 0x80) at++;
  if (at == bound) return fail(bound == end_ ? FastError::END : FastError::LIMIT);
  at++;
  characters_.assign(data_ + from, data_ + at);
  characters_.back() &= 0x7F;
  at_ = at;
  v.there = true;
  v.text = {characters_.data(), at - from};
  return true;
}

bool FastDecoder::vector(bool optional, Value& v) {
  FastWide length = 0;
  if (!read_unsigned(length)) return false;
  if (optional) {
    if (length == 0) return true;
    length--;
  }
  if (length > 0xFFFFFFFF) return fail(FastError::D2);
  if (length > limits_.text) return fail(FastError::LIMIT);
  if (length > end_ - at_) return fail(FastError::END);
  v.there = true;
  v.text = {data_ + at_, uint32_t(length)};
  at_ += uint32_t(length);
  return true;
}

bool FastDecoder::unicode(Value& v) {
  if (well_formed(v.text, repaired_)) return true;
  if (strict_) return fail(FastError::R2);
  v.text = {repaired_.data(), uint32_t(repaired_.size())};
  return true;
}

// ── The record ───────────────────────────────────────────────────────────────────────────────────────────────────

uint8_t* FastDecoder::room(uint32_t size) {
  if (size > limits_.record - used_) {
    fail(FastError::LIMIT);
    return nullptr;
  }
  if (size > record_.size() - used_)
    record_.resize(std::min<uint64_t>(limits_.record, std::max<uint64_t>(2 * record_.size(), uint64_t(used_) + size)));
  uint8_t* p = record_.data() + used_;
  used_ += size;
  return p;
}

bool FastDecoder::write(const Field& f, const Value& v) {
  const bool text = f.type >= Type::ascii;
  if (text && v.text.size > limits_.record) return fail(FastError::LIMIT);
  uint8_t* p = room(text ? 5 + v.text.size : f.type == Type::decimal ? 13 : 9);
  if (p == nullptr) return false;
  *p = 1;
  if (text) {
    store_uint(p + 1, v.text.size, 4, false);
    if (v.text.size > 0) std::memcpy(p + 5, v.text.data, v.text.size);
    return true;
  }
  const auto bits = uint64_t(v.number);
  std::memcpy(p + 1, &bits, 8);
  if (f.type == Type::decimal) std::memcpy(p + 9, &v.exponent, 4);
  return true;
}

bool FastDecoder::write_absent() {
  uint8_t* p = room(1);
  if (p == nullptr) return false;
  *p = 0;
  return true;
}

bool FastDecoder::write_count(uint32_t n) {
  uint8_t* p = room(5);
  if (p == nullptr) return false;
  *p = 1;
  store_uint(p + 1, n, 4, false);
  return true;
}

}  // namespace venuewire

#include "core/catalogue.hpp"

namespace venuewire {

namespace {
constexpr uint16_t kVersion = 2;
// Larger than any table; a spec beyond it is not one.
constexpr uint32_t kMostParts = 1u << 20;
}  // namespace

bool Catalogue::parse(SpecReader& spec) {
  if (!parse_all(spec) || !spec.ok()) {
    *this = Catalogue();
    return false;
  }
  index_types();
  return true;
}

bool Catalogue::parse_all(SpecReader& spec) {
  if (spec.u16() != kVersion) return false;
  id_ = spec.text();
  const uint32_t selectors = spec.count();
  if (!spec.ok() || selectors > 2) return false;
  uint32_t width = 0;
  for (uint32_t i = 0; i < selectors; i++) {
    const uint32_t at = spec.u16();
    const uint32_t size = spec.u8();
    const bool big = spec.flag();
    if (size == 0 || size > kWidestType || width + size > kWidestType) return false;
    for (uint32_t b = 0; b < size; b++) type_places_[width + b] = at + (big ? b : size - 1 - b);
    width += size;
  }
  if (width > 0) {
    type_width_ = width;
    type_high_ = type_places_[0];
    type_low_ = type_places_[width - 1];
    type_end_ = *std::max_element(type_places_, type_places_ + width) + 1;
    if (width <= 2) types_.assign(width == 2 ? 65536 : 256, kUnknown);
  }
  const bool tolerant = spec.flag();
  const bool block = spec.flag();
  header_size_ = spec.u16();
  block_at_ = spec.u16();
  block_size_ = spec.u8();
  block_big_ = spec.flag();
  if (block != (block_size_ != 0) || block_size_ > 4 || block_at_ + block_size_ > header_size_) {
    if (block || block_size_ != 0) return false;
  }
  version_at_ = spec.u16();
  version_size_ = spec.u8();
  version_big_ = spec.flag();
  version_ = spec.u32();
  // Only a message of blocks is known to have its whole header.
  if (version_size_ > 4 || (version_size_ != 0 && (!block || version_at_ + version_size_ > header_size_))) return false;
  const uint32_t count = spec.count();
  if (!spec.ok() || count >= kUnknown) return false;
  messages_.resize(count);
  names_.reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    Message& m = messages_[i];
    names_.push_back(spec.text());
    m.min_length = spec.u32();
    const uint32_t longest = spec.u32();
    m.max_length = tolerant || longest == 0 ? 0xFFFFFFFF : longest;
    if (block && m.min_length < header_size_) return false;
    const uint32_t codes = spec.count();
    for (uint32_t c = 0; c < codes && spec.ok(); c++) {
      if (width > 2) {
        wide_types_.emplace_back(spec.u64(), uint16_t(i));
        continue;
      }
      const uint32_t code = spec.u16();
      if (code >= types_.size()) return false;
      types_[code] = uint16_t(i);
    }
    const bool keyed = spec.flag();
    m.key_at = spec.u32();
    m.key_size = spec.u32();
    m.key_is_text = spec.flag();
    m.key_big = spec.flag();
    if (!keyed) m.key_size = 0;
    if (m.key_size > 255 || (!m.key_is_text && m.key_size > 8)) return false;
    registers_ = spec.u16();
    if (registers_ > kMostRegisters || !parse_record(spec, m.record, 0)) return false;
  }
  return spec.ok();
}

void Catalogue::index_types() {
  std::sort(wide_types_.begin(), wide_types_.end());
  if (type_width_ != 1) return;
  for (const uint16_t index : types_) {
    const uint32_t least = index == kUnknown ? ~0u : std::max(messages_[index].min_length, type_end_);
    by_type_.push_back({index, least});
  }
}

uint16_t Catalogue::wide_type(const uint8_t* message) const {
  uint64_t code = 0;
  for (uint32_t i = 0; i < type_width_; i++) code = code << 8 | message[type_places_[i]];
  const auto found = std::lower_bound(wide_types_.begin(), wide_types_.end(), std::make_pair(code, uint16_t(0)));
  return found != wide_types_.end() && found->first == code ? found->second : kUnknown;
}

bool Catalogue::parse_field(SpecReader& spec, Field& f) {
  f.at = spec.u32();
  f.size = spec.u32();
  f.slot = spec.u16();
  const uint8_t reading = spec.u8();
  f.big = spec.flag();
  f.since = spec.u32();
  f.has_null = spec.flag();
  f.null_bits = spec.u64();
  if (reading > uint8_t(Reading::digits)) return false;
  f.reading = Reading(reading);
  if (f.slot != kNoRegister && f.slot >= registers_) return false;
  return spec.ok() && f.size > 0 && f.size <= 0xFFFF && (f.at == kAfter || f.at <= 0xFFFFFF);
}

bool Catalogue::parse_record(SpecReader& spec, Record& r, uint32_t depth) {
  if (depth > kDeepest) return false;
  r.block = spec.flag();
  r.fixed_end = spec.u32();
  r.first_dynamic = spec.u32();
  r.count = spec.count();
  if (!spec.ok() || r.first_dynamic > r.count || r.fixed_end > 0xFFFFFF || parts_.size() + r.count > kMostParts)
    return false;
  // The parts of a record stand together; those of its groups follow.
  r.first = uint32_t(parts_.size());
  parts_.resize(parts_.size() + r.count);
  for (uint32_t i = 0; i < r.count; i++) {
    Part part;
    if (!parse_part(spec, part, depth)) return false;
    if (i < r.first_dynamic && (part.kind != Kind::field || part.field.at == kAfter)) return false;
    parts_[r.first + i] = part;
  }
  return true;
}

bool Catalogue::parse_part(SpecReader& spec, Part& p, uint32_t depth) {
  const uint8_t kind = spec.u8();
  if (kind > uint8_t(Kind::when)) return false;
  p.kind = Kind(kind);
  if (p.kind == Kind::field) {
    if (!parse_field(spec, p.field)) return false;
    p.at = p.field.at;
    return true;
  }
  p.at = spec.u32();
  if (p.at != kAfter && p.at > 0xFFFFFF) return false;
  const auto small = [](const Field& f, uint32_t within) { return f.size <= 4 && uint64_t(f.at) + f.size <= within; };
  switch (p.kind) {
    case Kind::group: {
      const uint8_t count_kind = spec.u8();
      if (count_kind > uint8_t(Count::dimension)) return false;
      p.count_kind = Count(count_kind);
      p.count = spec.u32();
      p.slot = spec.u16();
      const bool counted = p.count_kind == Count::field || p.count_kind == Count::until_length;
      if (counted && p.slot >= registers_) return false;
      if (p.count_kind == Count::dimension) {
        p.dimension_size = spec.u32();
        if (!parse_field(spec, p.field) || !parse_field(spec, p.number)) return false;
        if (p.dimension_size > 0xFFFF || !small(p.field, p.dimension_size) || !small(p.number, p.dimension_size))
          return false;
      }
      p.entry_size = spec.u32();
      p.since = spec.u32();
      if (p.entry_size > 0xFFFFFF) return false;
      return parse_record(spec, p.record, depth + 1);
    }
    case Kind::data:
      p.since = spec.u32();
      p.has_prefix = spec.flag();
      if (p.has_prefix) {
        if (!parse_field(spec, p.field)) return false;
        return p.field.size <= 4;
      }
      p.slot = spec.u16();
      p.value = spec.i64();
      return spec.ok() && p.slot < registers_;
    case Kind::when: {
      p.slot = spec.u16();
      p.compare_size = spec.u8();
      p.has_above = spec.flag();
      p.value = spec.i64();
      p.value_count = spec.count();
      if (!spec.ok() || p.slot >= registers_ || values_.size() + p.value_count > kMostParts) return false;
      p.first_value = uint32_t(values_.size());
      for (uint32_t i = 0; i < p.value_count; i++) values_.push_back(spec.u64());
      return parse_record(spec, p.record, depth + 1);
    }
    case Kind::field:
      break;
  }
  return false;
}

// A field's value as counts, lengths and conditions use it: "no value" is 0, text its first 8 bytes, digits the number
// they write (0 when they are none).
uint64_t Catalogue::read(const Field& f, const uint8_t* p) {
  if (f.reading == Reading::digits) {
    uint32_t from = 0;
    uint32_t to = f.size;
    while (to > from && (p[to - 1] == ' ' || p[to - 1] == 0)) to--;
    while (from < to && p[from] == ' ') from++;
    bool negative = false;
    if (from < to && (p[from] == '-' || p[from] == '+')) negative = p[from++] == '-';
    uint64_t value = 0;
    for (; from < to; from++) {
      if (p[from] < '0' || p[from] > '9') return 0;
      value = value * 10 + uint64_t(p[from] - '0');
    }
    return negative ? 0 - value : value;
  }
  const uint32_t width = f.size < 8 ? f.size : 8;
  const uint64_t bits = load_uint(p, width, f.big);
  if (f.has_null && bits == f.null_bits) return 0;
  return f.reading == Reading::signed_bits ? uint64_t(sign_extend(bits, width)) : bits;
}

}  // namespace venuewire

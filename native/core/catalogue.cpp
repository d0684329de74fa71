#include "core/catalogue.hpp"

#include "contract/compiled.hpp"

namespace venuewire {

namespace {
struct TypePlace {
  uint16_t at = 0;
  uint8_t size = 0;
  bool big = false;
};
struct Head {
  bool longer_tolerated = false, has_block = false;
  uint16_t header_size = 0, block_at = 0;
  uint8_t block_size = 0;
  bool block_big = false;
  uint16_t version_at = 0;
  uint8_t version_size = 0;
  bool version_big = false;
  uint32_t version = 0;
};
struct NamedLengths {
  std::string name;
  uint32_t min_length = 0, max_length = 0;
};
struct InstrumentPlace {
  bool present = false;
  uint32_t at = 0, size = 0;
  bool is_text = false, big = false;
};
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
  if (spec.u32() != kContract) return false;
  id_ = spec.text();
  const uint32_t selectors = spec.count();
  if (!spec.ok() || selectors > 2) return false;
  uint32_t width = 0;
  for (uint32_t i = 0; i < selectors; i++) {
    TypePlace place;
    compiled::read_type_place(spec, place);
    const uint32_t at = place.at, size = place.size;
    const bool big = place.big;
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
  Head head;
  compiled::read_catalogue_head(spec, head);
  const bool block = head.has_block;
  header_size_ = head.header_size;
  block_at_ = head.block_at;
  block_size_ = head.block_size;
  block_big_ = head.block_big;
  version_at_ = head.version_at;
  version_size_ = head.version_size;
  version_big_ = head.version_big;
  version_ = head.version;
  if (block != (block_size_ != 0) || block_size_ > 4 || block_at_ + block_size_ > header_size_) {
    if (block || block_size_ != 0) return false;
  }
  // Only a message of blocks is known to have its whole header.
  if (version_size_ > 4 || (version_size_ != 0 && (!block || version_at_ + version_size_ > header_size_))) return false;
  return parse_messages(spec, head.longer_tolerated, head.has_block, width > 2) && spec.ok();
}

bool Catalogue::parse_messages(SpecReader& spec, bool tolerant, bool block, bool wide) {
  const uint32_t count = spec.count();
  if (!spec.ok() || count >= kUnknown) return false;
  messages_.resize(count);
  names_.reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    Message& m = messages_[i];
    NamedLengths said;
    compiled::read_catalogue_message(spec, said);
    names_.push_back(std::move(said.name));
    m.min_length = said.min_length;
    m.max_length = tolerant || said.max_length == 0 ? 0xFFFFFFFF : said.max_length;
    if (block && m.min_length < header_size_) return false;
    const uint32_t codes = spec.count();
    for (uint32_t c = 0; c < codes && spec.ok(); c++) {
      if (wide) {
        wide_types_.emplace_back(spec.u64(), uint16_t(i));
        continue;
      }
      const uint32_t code = spec.u16();
      if (code >= types_.size()) return false;
      types_[code] = uint16_t(i);
    }
    InstrumentPlace key;
    compiled::read_instrument_place(spec, key);
    m.key_at = key.at;
    m.key_size = key.present ? key.size : 0;
    m.key_is_text = key.is_text;
    m.key_big = key.big;
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
  compiled::read_catalogue_field(spec, f);
  if (f.reading > Reading::digits) return false;
  if (f.slot != kNoRegister && f.slot >= registers_) return false;
  return spec.ok() && f.size > 0 && f.size <= 0xFFFF && (f.at == kAfter || f.at <= 0xFFFFFF);
}

bool Catalogue::parse_record(SpecReader& spec, Record& r, uint32_t depth) {
  if (depth > kDeepest) return false;
  compiled::read_catalogue_record(spec, r);
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
  p.kind = compiled::read_enumeration<PartKind>(spec, kPartKinds);
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
      compiled::read_catalogue_group(spec, p);
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

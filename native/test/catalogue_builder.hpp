// Tables of messages in their compiled form, made by hand.
#pragma once
#include <string>
#include <vector>

#include "core/catalogue.hpp"

namespace venuewire {

/// Writes the compiled form as src/layout/spec.ts does.
struct CatalogueWriter {
  std::vector<uint8_t> out;
  CatalogueWriter& uint(uint64_t v, uint32_t width) {
    for (uint32_t i = 0; i < width; i++) out.push_back(uint8_t(v >> (8 * i)));
    return *this;
  }
  CatalogueWriter& u8(uint64_t v) { return uint(v, 1); }
  CatalogueWriter& u16(uint64_t v) { return uint(v, 2); }
  CatalogueWriter& u32(uint64_t v) { return uint(v, 4); }
  CatalogueWriter& u64(uint64_t v) { return uint(v, 8); }
  CatalogueWriter& text(const std::string& s) {
    u16(s.size());
    out.insert(out.end(), s.begin(), s.end());
    return *this;
  }
  CatalogueWriter& field(uint32_t at, uint32_t size, uint16_t slot = 0xFFFF, uint32_t since = 0) {
    return u8(0).field_data(at, size, slot, since);
  }
  CatalogueWriter& field_data(uint32_t at, uint32_t size, uint16_t slot = 0xFFFF, uint32_t since = 0) {
    return u32(at).u32(size).u16(slot).u8(0).u8(1).u32(since).u8(0).u64(0);
  }
  CatalogueWriter& record(bool block, uint32_t fixed_end, uint32_t first_dynamic, uint32_t parts) {
    return u8(block).u32(fixed_end).u32(first_dynamic).u32(parts);
  }
  [[nodiscard]] Bytes bytes() const { return {out.data(), uint32_t(out.size())}; }
};

namespace catalogue_builder {

inline constexpr uint32_t kAfter = 0xFFFFFFFF;

inline CatalogueWriter& head(CatalogueWriter& w, const char* id, bool tolerant, uint32_t messages) {
  w.u32(kContract).text(id);
  w.u32(1).u16(0).u8(1).u8(1);  // one selector: the byte at 0
  w.u8(tolerant).u8(0).u16(1).u16(0).u8(0).u8(0);
  w.u16(0).u8(0).u8(0).u32(0xFFFFFFFF);  // no schema version
  return w.u32(messages);
}

/// 'A', 11 bytes: type, u16 key at 1, text at 3. 'G', at least 3: type, count u8, u8; entries of 2; data of count
/// bytes.
inline CatalogueWriter small(bool tolerant) {
  CatalogueWriter w;
  head(w, "small", tolerant, 2);
  w.text("fixed").u32(11).u32(11).u32(1).u16('A');
  w.u8(1).u32(1).u32(2).u8(0).u8(1).u16(0);
  w.record(false, 11, 3, 3).field(0, 1).field(1, 2).field(3, 8);
  w.text("grouped").u32(3).u32(0).u32(2).u16('G').u16('g');
  w.u8(0).u32(0).u32(0).u8(0).u8(0).u16(2);
  w.record(false, 3, 3, 5).field(0, 1).field(1, 1, 0).field(2, 1, 1);
  w.u8(1).u32(3).u8(1).u32(0).u16(0).u32(2).u32(0).record(false, 2, 1, 1).field(0, 2);
  w.u8(2).u32(kAfter).u32(0).u8(0).u16(1).u64(0);
  return w;
}

}  // namespace catalogue_builder

}  // namespace venuewire

// Bounded views over wire bytes and loads in either byte order. Nothing here allocates, throws or reads a clock.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

namespace venuewire {

static_assert(std::endian::native == std::endian::little, "venuewire runs on little-endian machines");

/// A read-only view; the owner of the memory is whoever made the view.
struct Bytes {
  const uint8_t* data = nullptr;
  uint32_t size = 0;

  /// The part from `offset` on, empty when the view ends before it.
  [[nodiscard]] Bytes from(uint32_t offset) const {
    return offset >= size ? Bytes{} : Bytes{data + offset, size - offset};
  }
  /// The first `length` bytes, or all of them when there are fewer.
  [[nodiscard]] Bytes first(uint32_t length) const { return {data, length < size ? length : size}; }
  [[nodiscard]] bool holds(uint64_t offset, uint64_t length) const { return offset + length <= size; }
};

/// Loads an unsigned integer of 1 to 8 bytes. The caller has checked that `width` bytes are there.
[[nodiscard]] inline uint64_t load_uint(const uint8_t* p, uint32_t width, bool big_endian) {
  switch (width) {
    case 1:
      return *p;
    case 2: {
      uint16_t v;
      std::memcpy(&v, p, 2);
      return big_endian ? __builtin_bswap16(v) : v;
    }
    case 4: {
      uint32_t v;
      std::memcpy(&v, p, 4);
      return big_endian ? __builtin_bswap32(v) : v;
    }
    case 8: {
      uint64_t v;
      std::memcpy(&v, p, 8);
      return big_endian ? __builtin_bswap64(v) : v;
    }
    default: {
      uint64_t v = 0;
      for (uint32_t i = 0; i < width; i++) v |= uint64_t(p[big_endian ? width - 1 - i : i]) << (8 * i);
      return v;
    }
  }
}

/// Sign-extends the low `width` bytes of `v`.
[[nodiscard]] inline int64_t sign_extend(uint64_t v, uint32_t width) {
  if (width == 0 || width >= 8) return int64_t(v);
  const uint32_t shift = 64 - 8 * width;
  return int64_t(v << shift) >> shift;
}

/// Stores the low `width` bytes (1 to 8) of `v`.
inline void store_uint(uint8_t* p, uint64_t v, uint32_t width, bool big_endian) {
  for (uint32_t i = 0; i < width; i++) p[big_endian ? width - 1 - i : i] = uint8_t(v >> (8 * i));
}

}  // namespace venuewire

// Loads without a question for a processor to guess: every field of at most eight bytes is one unaligned load of eight
// bytes, a swap and two shifts. What a field cannot be read by (digits, text, an exponent of its own) stays with the
// program's general loads.
#pragma once
#include "core/wire.hpp"

namespace venuewire {

struct QuickLoad {
  uint32_t at = 0;  // of eight bytes that hold the field
  uint8_t from = 0;
  uint8_t left = 0, right = 0;
  uint8_t into = 0;   // offset of the eight bytes that take the value
  bool plain = true;  // neither sign, "no value" nor multiplier
  bool has_null = false;
  uint64_t null_bits = 0;
  uint64_t sign = 0;  // the field's highest bit, where it has a sign
  int64_t multiplier = 1;
  int64_t absent = 0;  // where there is no value
};

/// `from` holds the eight bytes.
template <bool kBig>
[[nodiscard]] inline int64_t quick_value(const QuickLoad& l, const uint8_t* from) {
  uint64_t v;
  std::memcpy(&v, from + l.at, sizeof v);
  if constexpr (kBig) v = __builtin_bswap64(v);
  v = (v << l.left) >> l.right;
  if (l.plain) [[likely]]
    return int64_t(v);
  int64_t value = 0;
  const bool over = __builtin_mul_overflow(int64_t((v ^ l.sign) - l.sign), l.multiplier, &value);
  return over || (l.has_null && v == l.null_bits) ? l.absent : value;
}

}  // namespace venuewire

// Loads without a question for a processor to guess: every field of at most eight bytes is one unaligned load of eight
// bytes, a swap and two shifts. What a field cannot be read by (digits, text, an exponent of its own) stays with the
// program's general loads.
#pragma once
#include "core/wire.hpp"

#if defined(__SSSE3__)
#include <tmmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

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

/// Sixteen bytes at once: those of two fields are picked out of a message in whatever order they are in it.
class Lanes {
 public:
  static constexpr uint32_t kBytes = 16;
  static constexpr uint8_t kNothing = 0x80;  // in `order`: this byte is 0

  [[nodiscard]] static Lanes load(const uint8_t* from) {
    Lanes l;
    std::memcpy(&l.v_, from, kBytes);
    return l;
  }
  void store(void* into) const { std::memcpy(into, &v_, kBytes); }
  /// The first eight bytes.
  [[nodiscard]] uint64_t first() const {
    uint64_t v;
    std::memcpy(&v, &v_, sizeof v);
    return v;
  }
  /// Byte i is the one at `order[i]`.
  [[nodiscard]] Lanes picked(const uint8_t* order) const {
    Lanes l;
#if defined(__SSSE3__)
    l.v_ = _mm_shuffle_epi8(v_, load(order).v_);
#elif defined(__aarch64__)
    l.v_ = vqtbl1q_u8(v_, load(order).v_);
#else
    for (uint32_t i = 0; i < kBytes; i++) l.v_[i] = order[i] == kNothing ? 0 : v_[order[i]];
#endif
    return l;
  }
  friend Lanes operator|(Lanes a, Lanes b) {
#if defined(__SSSE3__)
    a.v_ = _mm_or_si128(a.v_, b.v_);
#elif defined(__aarch64__)
    a.v_ = vorrq_u8(a.v_, b.v_);
#else
    for (uint32_t i = 0; i < kBytes; i++) a.v_[i] |= b.v_[i];
#endif
    return a;
  }

 private:
#if defined(__SSSE3__)
  __m128i v_;
#elif defined(__aarch64__)
  uint8x16_t v_;
#else
  uint8_t v_[kBytes];
#endif
};

}  // namespace venuewire

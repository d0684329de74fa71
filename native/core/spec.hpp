// Reads the compiled form of a declaration (src/layout/spec.ts writes it, in the order of native/contract):
// little-endian integers and length-prefixed bytes, no padding. Every read is bounded; after the first read past the
// end `ok()` is false and all further reads give zeros, so a parser checks once, at its end.
#pragma once
#include <string>
#include <vector>

#include "core/wire.hpp"

namespace venuewire {

class SpecReader {
 public:
  explicit SpecReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size; }
  void fail() { ok_ = false; }

  uint8_t u8() { return uint8_t(take(1)); }
  uint16_t u16() { return uint16_t(take(2)); }
  uint32_t u32() { return uint32_t(take(4)); }
  uint64_t u64() { return take(8); }
  int64_t i64() { return int64_t(take(8)); }
  bool flag() { return u8() != 0; }
  Bytes bytes() {
    const uint32_t n = u16();
    if (!ok_ || !bytes_.holds(at_, n)) {
      ok_ = false;
      return {};
    }
    const Bytes b{bytes_.data + at_, n};
    at_ += n;
    return b;
  }
  std::string text() {
    const Bytes b = bytes();
    return std::string(reinterpret_cast<const char*>(b.data), b.size);
  }
  std::vector<uint8_t> blob() {
    const Bytes b = bytes();
    return std::vector<uint8_t>(b.data, b.data + b.size);
  }
  /// A list's length; refused when the rest of the input could not hold that many items of a byte each.
  uint32_t count() {
    const uint32_t n = u32();
    if (n > bytes_.size - at_) {
      ok_ = false;
      return 0;
    }
    return n;
  }

 private:
  uint64_t take(uint32_t width) {
    if (!ok_ || !bytes_.holds(at_, width)) {
      ok_ = false;
      return 0;
    }
    const uint64_t v = load_uint(bytes_.data + at_, width, false);
    at_ += width;
    return v;
  }

  Bytes bytes_;
  uint32_t at_ = 0;
  bool ok_ = true;
};

}  // namespace venuewire

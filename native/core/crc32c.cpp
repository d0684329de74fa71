#include "core/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace venuewire {

namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected
constexpr uint32_t kWord = 8;
using Table = std::array<uint32_t, 256>;

/// kTables[n][b]: what byte b does when n more bytes follow it.
constexpr std::array<Table, kWord> make_tables() {
  std::array<Table, kWord> out{};
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    out[0][b] = crc;
  }
  for (uint32_t b = 0; b < 256; b++) {
    for (uint32_t n = 1; n < kWord; n++) out[n][b] = (out[n - 1][b] >> 8) ^ out[0][out[n - 1][b] & 255];
  }
  return out;
}
constexpr std::array<Table, kWord> kTables = make_tables();

uint64_t load(const uint8_t* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

uint32_t by_tables(uint32_t crc, const uint8_t* at, uint32_t size) {
  for (; size >= kWord; size -= kWord, at += kWord) {
    const uint64_t word = load(at) ^ crc;
    crc = 0;
    for (uint32_t n = 0; n < kWord; n++) crc ^= kTables[kWord - 1 - n][(word >> (8 * n)) & 255];
  }
  for (; size > 0; size--, at++) crc = (crc >> 8) ^ kTables[0][(crc ^ *at) & 255];
  return crc;
}

#if defined(__x86_64__)
#define VENUEWIRE_CRC __attribute__((target("sse4.2")))
bool has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }
VENUEWIRE_CRC inline uint32_t step(uint32_t crc, uint64_t word) { return uint32_t(_mm_crc32_u64(crc, word)); }
#elif defined(__aarch64__) && defined(__linux__)
#define VENUEWIRE_CRC __attribute__((target("+crc")))
bool has_instruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
VENUEWIRE_CRC inline uint32_t step(uint32_t crc, uint64_t word) { return __crc32cd(crc, word); }
#endif

#ifdef VENUEWIRE_CRC
/// The instruction takes three cycles and can begin each cycle: three stretches are computed side by side, and put
/// together by what so many bytes of zero do to a CRC.
constexpr uint32_t kStretch = 4096;

struct Shift {
  std::array<Table, 4> tables;
  Shift() {
    std::array<uint32_t, 32> of_bit{};
    for (uint32_t bit = 0; bit < 32; bit++) {
      uint32_t crc = 1u << bit;
      for (uint32_t i = 0; i < kStretch; i++) crc = (crc >> 8) ^ kTables[0][crc & 255];
      of_bit[bit] = crc;
    }
    for (uint32_t n = 0; n < 4; n++) {
      for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = 0;
        for (uint32_t bit = 0; bit < 8; bit++) crc ^= (b >> bit & 1) != 0 ? of_bit[8 * n + bit] : 0;
        tables[n][b] = crc;
      }
    }
  }
  [[nodiscard]] uint32_t operator()(uint32_t crc) const {
    return tables[0][crc & 255] ^ tables[1][crc >> 8 & 255] ^ tables[2][crc >> 16 & 255] ^ tables[3][crc >> 24];
  }
};

VENUEWIRE_CRC uint32_t by_instruction(uint32_t crc, const uint8_t* at, uint32_t size) {
  static const Shift shift;
  for (; size >= 3 * kStretch; size -= 3 * kStretch, at += 3 * kStretch) {
    uint32_t second = 0, third = 0;
    for (uint32_t i = 0; i < kStretch; i += kWord) {
      crc = step(crc, load(at + i));
      second = step(second, load(at + kStretch + i));
      third = step(third, load(at + 2 * kStretch + i));
    }
    crc = shift(shift(crc) ^ second) ^ third;
  }
  for (; size >= kWord; size -= kWord, at += kWord) crc = step(crc, load(at));
  return by_tables(crc, at, size);
}
#endif

}  // namespace

uint32_t crc32c_portable(Bytes bytes, uint32_t before) { return ~by_tables(~before, bytes.data, bytes.size); }

uint32_t crc32c(Bytes bytes, uint32_t before) {
#ifdef VENUEWIRE_CRC
  static const bool has = has_instruction();
  if (has) return ~by_instruction(~before, bytes.data, bytes.size);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace venuewire

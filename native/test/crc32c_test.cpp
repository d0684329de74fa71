// CRC-32C: the values of RFC 3720, and the processor's instruction against the tables.
#include "core/crc32c.hpp"

#include <cstring>
#include <vector>

#include "check.hpp"

using namespace venuewire;

namespace {

Bytes of(const std::vector<uint8_t>& v) { return {v.data(), uint32_t(v.size())}; }

void known_values() {
  // RFC 3720, appendix B.4.
  CHECK(crc32c(of(std::vector<uint8_t>(32, 0))) == 0x8A9136AA);
  CHECK(crc32c(of(std::vector<uint8_t>(32, 0xFF))) == 0x62A8AB43);
  std::vector<uint8_t> rising(32);
  for (uint8_t i = 0; i < 32; i++) rising[i] = i;
  CHECK(crc32c(of(rising)) == 0x46DD794E);
  CHECK(crc32c_portable(of(rising)) == 0x46DD794E);
  const char* digits = "123456789";
  CHECK(crc32c({reinterpret_cast<const uint8_t*>(digits), 9}) == 0xE3069283);
  CHECK(crc32c({rising.data(), 0}) == 0);
}

void both_ways() {
  std::vector<uint8_t> bytes(50'000);
  uint32_t random = 7;
  for (uint8_t& b : bytes) b = uint8_t((random = random * 1664525 + 1013904223) >> 24);
  for (uint32_t size : {1u, 7u, 8u, 4095u, 12287u, 12288u, 12289u, 24576u, 49'990u}) {
    for (uint32_t at = 0; at < 9; at++) {
      CHECK(crc32c({bytes.data() + at, size}) == crc32c_portable({bytes.data() + at, size}));
    }
    const uint32_t half = size / 2;
    CHECK(crc32c({bytes.data() + half, size - half}, crc32c({bytes.data(), half})) == crc32c({bytes.data(), size}));
  }
}

}  // namespace

int main() {
  known_values();
  both_ways();
  return checks_result();
}

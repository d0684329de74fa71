// Puts IP fragments of a capture back together in a table of fixed size. Owned by one CaptureReader and used on its
// thread; it never holds more than kEntries datagrams and never reads a clock (age is capture time).
#pragma once
#include <array>
#include <memory>

#include "core/wire.hpp"

namespace venuewire {

struct FragmentKey {
  uint8_t source[16] = {};
  uint8_t destination[16] = {};
  uint32_t id = 0;
  uint32_t protocol = 0;
};

class FragmentTable {
 public:
  static constexpr uint32_t kEntries = 64;
  static constexpr int64_t kMaxAgeNs =
      30'000'000'000;  // identifiers come round again; older parts are another datagram's

  /// Takes one fragment: `bytes` at offset `at` of the datagram, `more` to come after it. Returns the datagram when
  /// this completes it (valid until the next call), else an empty view. `dropped` grows by the fragments given up.
  [[nodiscard]] Bytes add(const FragmentKey& key, int64_t time_ns, uint32_t at, bool more, Bytes bytes,
                          uint64_t& dropped);

  /// Gives up everything held; returns how many fragments that were.
  uint64_t clear();

 private:
  static constexpr uint32_t kMaxDatagram = 65535;
  static constexpr uint32_t kUnit = 8;  // fragment offsets count these

  struct Entry {
    FragmentKey key;
    int64_t first_ns = 0;
    uint64_t order = 0;      // of first use; the smallest is evicted
    uint32_t fragments = 0;  // 0: free
    uint32_t total = 0;      // 0: the last fragment has not come
    uint32_t end = 0;        // of the furthest byte seen
    uint32_t units = 0;      // distinct ones seen
    std::array<uint64_t, (kMaxDatagram / kUnit + 64) / 64> seen;
    std::array<uint8_t, kMaxDatagram + kUnit> data;
  };

  Entry& find(const FragmentKey& key, int64_t time_ns, uint64_t& dropped);

  std::array<std::unique_ptr<Entry>, kEntries> entries_;  // each made at its first use
  uint64_t order_ = 0;
};

}  // namespace venuewire

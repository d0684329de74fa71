// Finds an order's slot by its id. Open addressing over 8-byte entries (32 bits of the hash, 32 bits of the slot), so
// that a look-up touches one cache line of the index and then the order itself. Grows without a pause: while a larger
// table is being filled, every change moves a few entries over. Nothing is allocated but at growth.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/pages.hpp"

namespace venuewire {

class OrderIndex {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  /// `expected`: how many orders fit before the first growth.
  explicit OrderIndex(uint32_t expected) {
    table_ = make(capacity_for(expected));
    owned_.back().back((uint64_t(table_.mask) + 1) * sizeof(uint64_t));
  }

  /// Mixes an id and its scope; two thirds of a MurmurHash3 finaliser. Venues count ids up: the last three bits stay,
  /// so that eight orders that follow one another share a cache line.
  [[nodiscard]] static uint32_t hash(uint64_t id, uint64_t scope) {
    uint64_t h = (id >> 3) + scope * 0x9E3779B97F4A7C15ull;
    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDull;
    h ^= h >> 33;
    return uint32_t(h >> 16) << 3 | uint32_t(id & 7);
  }

  void prefetch(uint32_t h) const { __builtin_prefetch(&table_.slots[h & table_.mask]); }
  /// The first slot whose hash is `h`, or kNone: where an order probably is, for prefetching.
  [[nodiscard]] uint32_t guess(uint32_t h) const {
    const uint64_t e = table_.slots[h & table_.mask];
    return uint32_t(e >> 32) == h && e != 0 ? uint32_t(e) - 1 : kNone;
  }

  /// `same(slot)` says whether that order is the one; kNone when none is: `end` is for `insert_at` then.
  template <class Same>
  [[nodiscard]] uint32_t find(uint32_t h, uint32_t& end, Same&& same) const {
    const uint32_t found = find_in(table_, h & table_.mask, h, end, same);
    if (found != kNone || old_.slots == nullptr) [[likely]]
      return found;
    const uint32_t home = h & old_.mask;
    uint32_t unused = 0;
    return find_in(old_, home < moved_ ? moved_ : home, h, unused, same);
  }

  /// `end`: what a search for it that found nothing said, with no change since.
  void insert_at(uint32_t end, uint32_t h, uint32_t slot) {
    if (old_.slots == nullptr && (count_ + 1) * 2 <= table_.mask) [[likely]] {
      table_.slots[end] = entry(h, slot);
      count_++;
    } else {
      insert(h, slot);
    }
  }
  [[gnu::noinline]] void insert(uint32_t h, uint32_t slot) {
    move_some();
    if ((count_ + 1) * 2 > uint64_t(table_.mask) + 1) grow();
    put(table_, h, slot);
    count_++;
  }

  /// Removes the entry of `slot`, which is there.
  void erase(uint32_t h, uint32_t slot) {
    move_some();
    if (erase_in(table_, h & table_.mask, h, slot) ||
        (old_.slots != nullptr && erase_in(old_, (h & old_.mask) < moved_ ? moved_ : h & old_.mask, h, slot))) {
      count_--;
    }
  }

  /// Empty again; the memory stays.
  void clear() {
    std::fill_n(table_.slots, uint64_t(table_.mask) + 1, 0);
    retire(old_);
    moved_ = count_ = 0;
  }

  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] uint64_t bytes() const {
    return (uint64_t(table_.mask) + 1 + (old_.slots ? uint64_t(old_.mask) + 1 : 0)) * sizeof(uint64_t);
  }

 private:
  struct Table {
    uint64_t* slots = nullptr;
    uint32_t mask = 0;
  };

  [[nodiscard]] static uint64_t entry(uint32_t h, uint32_t slot) { return uint64_t(h) << 32 | (slot + 1); }

  static constexpr uint32_t kMovesEach = 8;  // entries moved at each change while a larger table is filled

  [[nodiscard]] static uint32_t capacity_for(uint32_t orders) {
    uint32_t n = 1024;
    while (n < orders * 2ull && n < (1u << 31)) n *= 2;
    return n;
  }
  [[nodiscard]] Table make(uint32_t capacity) {
    const uint64_t bytes = uint64_t(capacity) * sizeof(uint64_t);
    Pages& pages = owned_.emplace_back(bytes);
    pages.use(bytes);
    return Table{reinterpret_cast<uint64_t*>(pages.data()), capacity - 1};
  }
  void retire(Table& t) { t = Table{}; }  // freed with the index: giving back that much memory takes long

  template <class Same>
  [[nodiscard]] static uint32_t find_in(const Table& t, uint32_t at, uint32_t h, uint32_t& end, Same& same) {
    for (;; at = (at + 1) & t.mask) {
      const uint64_t e = t.slots[at];
      if (e == 0) {
        end = at;
        return kNone;
      }
      if (uint32_t(e >> 32) == h && same(uint32_t(e) - 1)) return uint32_t(e) - 1;
    }
  }
  static void put(Table& t, uint32_t h, uint32_t slot) {
    uint32_t at = h & t.mask;
    while (t.slots[at] != 0) at = (at + 1) & t.mask;
    t.slots[at] = entry(h, slot);
  }
  [[nodiscard]] static bool erase_in(Table& t, uint32_t at, uint32_t h, uint32_t slot) {
    const uint64_t wanted = entry(h, slot);
    for (; t.slots[at] != wanted; at = (at + 1) & t.mask) {
      if (t.slots[at] == 0) return false;
    }
    // What follows moves up, so that no chain is broken.
    uint32_t hole = at;
    for (uint32_t next = (at + 1) & t.mask; t.slots[next] != 0; next = (next + 1) & t.mask) {
      const uint32_t home = uint32_t(t.slots[next] >> 32) & t.mask;
      if (((next - home) & t.mask) < ((next - hole) & t.mask)) continue;
      t.slots[hole] = t.slots[next];
      hole = next;
    }
    t.slots[hole] = 0;
    return true;
  }
  void grow() {
    while (old_.slots != nullptr) move_some();
    if (table_.mask >= (1u << 31) - 1) return;
    old_ = table_;
    moved_ = 0;
    table_ = make((table_.mask + 1) * 2);
  }
  void move_some() {
    if (old_.slots == nullptr) [[likely]]
      return;
    for (uint32_t n = 0; n < kMovesEach; n++) {
      const uint64_t e = old_.slots[moved_];
      if (e != 0) {
        put(table_, uint32_t(e >> 32), uint32_t(e) - 1);
        old_.slots[moved_] = 0;
      }
      if (moved_++ == old_.mask) {
        retire(old_);
        moved_ = 0;
        return;
      }
    }
  }

  Table table_, old_;
  uint32_t moved_ = 0;  // entries of the old table before this one are in the new one
  uint32_t count_ = 0;
  std::vector<Pages> owned_;
};

}  // namespace venuewire

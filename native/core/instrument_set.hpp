// Which instruments are selected. Asking costs the same whatever their number: keys that lie close together, as venues
// give them out, share a block of 64, and a block is found by hashing.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace venuewire {

class InstrumentSet {
 public:
  explicit InstrumentSet(std::span<const uint64_t> keys = {}) : blocks_(kFirstBlocks) {
    for (const uint64_t key : keys) add(key);
  }

  void add(uint64_t key) {
    if ((used_ + 1) * 2 > blocks_.size()) grow();
    put(key / kKeys, uint64_t(1) << key % kKeys);
  }

  [[nodiscard]] bool has(uint64_t key) const {
    const uint64_t number = key / kKeys;
    for (size_t at = place(number);; at = (at + 1) & (blocks_.size() - 1)) {
      const Block& block = blocks_[at];
      if (block.bits == 0) return false;
      if (block.number == number) return block.bits >> key % kKeys & 1;
    }
  }

  /// Bytes that it takes.
  [[nodiscard]] size_t bytes() const { return blocks_.size() * sizeof(Block); }

 private:
  static constexpr uint64_t kKeys = 64;
  static constexpr size_t kFirstBlocks = 16;
  struct Block {
    uint64_t number = 0;  ///< of its first key, in units of 64
    uint64_t bits = 0;    ///< none: the place is free
  };

  [[nodiscard]] size_t place(uint64_t number) const {
    uint64_t h = number * 0x9E3779B97F4A7C15ull;
    return size_t(h ^ h >> 32) & (blocks_.size() - 1);
  }
  void put(uint64_t number, uint64_t bits) {
    size_t at = place(number);
    while (blocks_[at].bits != 0 && blocks_[at].number != number) at = (at + 1) & (blocks_.size() - 1);
    used_ += blocks_[at].bits == 0;
    blocks_[at].number = number;
    blocks_[at].bits |= bits;
  }
  void grow() {
    std::vector<Block> before(blocks_.size() * 2);
    before.swap(blocks_);
    used_ = 0;
    for (const Block& block : before) {
      if (block.bits != 0) put(block.number, block.bits);
    }
  }

  std::vector<Block> blocks_;  // a power of two, at most half of them used
  size_t used_ = 0;
};

}  // namespace venuewire

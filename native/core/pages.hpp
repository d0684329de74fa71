// Memory for the stores of books: address space is taken once, up to a bound, and backed by pages as it is used. What
// grows never moves, and growing costs a message at most one system call. What is expected is backed at once, by large
// pages where the system has them: a store of many orders is read all over, and small pages cost a walk each.
#pragma once
#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <utility>

namespace venuewire {

/// Tells the system that large pages are welcome there. It may have none.
void wish_for_large_pages(void* from, uint64_t bytes);

class Pages {
 public:
  static constexpr uint64_t kLarge = 2u << 20;

  Pages() = default;
  /// Takes address space for `most` bytes; nothing is readable yet. Throws std::bad_alloc.
  explicit Pages(uint64_t most) : size_(rounded(most) + kLarge) {
    void* const p = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    from_ = static_cast<uint8_t*>(p);
    data_ = from_ + (kLarge - reinterpret_cast<uintptr_t>(from_) % kLarge) % kLarge;
  }
  Pages(Pages&& other) noexcept { swap(other); }
  Pages& operator=(Pages&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Pages() {
    if (from_ != nullptr) munmap(from_, size_);
  }

  [[nodiscard]] uint8_t* data() const { return data_; }
  [[nodiscard]] uint64_t usable() const { return usable_; }

  /// Makes the first `bytes` usable; new ones are zero. Throws std::bad_alloc.
  void use(uint64_t bytes) {
    bytes = rounded(bytes);
    if (bytes <= usable_) return;
    if (bytes + kLarge > size_ || mprotect(data_ + usable_, bytes - usable_, PROT_READ | PROT_WRITE) != 0) {
      throw std::bad_alloc();
    }
    usable_ = bytes;
  }
  /// Backs the first `bytes`, which are usable, now instead of at their first use.
  void back(uint64_t bytes) {
    if (bytes >= kLarge) wish_for_large_pages(data_, rounded(bytes));
    for (uint64_t at = 0; at < bytes; at += kSmall) *const_cast<volatile uint8_t*>(data_ + at) = 0;
  }

 private:
  static constexpr uint64_t kSmall = 4096;
  [[nodiscard]] static uint64_t rounded(uint64_t bytes) { return (bytes + kLarge - 1) / kLarge * kLarge; }
  void swap(Pages& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(usable_, other.usable_);
  }

  uint8_t* from_ = nullptr;
  uint8_t* data_ = nullptr;
  uint64_t size_ = 0, usable_ = 0;
};

/// Slots of one kind in pages, that never move. A free slot's `next_free()` is the next free one; a kind without it is
/// never given back.
template <class T>
class Pool {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  /// Room for `most`; `expected` of them are backed at once. The first slot can always be read.
  Pool(uint32_t most, uint32_t expected) : pages_((uint64_t(most) + 1) * sizeof(T)), most_(most) {
    slots_ = reinterpret_cast<T*>(pages_.data());
    if (expected > most) expected = most;
    pages_.use((uint64_t(expected) + 1) * sizeof(T));
    pages_.back(uint64_t(expected) * sizeof(T));
    room_ = room();
  }
  [[nodiscard]] T& operator[](uint32_t i) { return slots_[i]; }
  [[nodiscard]] const T& operator[](uint32_t i) const { return slots_[i]; }
  /// Whether `take` will find one.
  [[nodiscard]] bool any() const { return free_ != kNone || used_ < most_; }
  [[nodiscard]] uint32_t take() {
    if constexpr (requires(T slot) { slot.next_free(); }) {
      if (free_ != kNone) {
        const uint32_t i = free_;
        free_ = slots_[i].next_free();
        return i;
      }
    }
    if (used_ == room_) [[unlikely]]
      grow();
    return used_++;
  }
  void give_back(uint32_t i) {
    slots_[i].next_free() = free_;
    free_ = i;
  }
  /// All are free again; the memory stays.
  void reset() {
    used_ = 0;
    free_ = kNone;
  }
  /// The slots that have ever been taken since the beginning or `reset`.
  [[nodiscard]] uint32_t used() const { return used_; }
  [[nodiscard]] uint64_t bytes() const { return pages_.usable(); }

 private:
  [[nodiscard]] uint32_t room() const {
    const uint64_t n = pages_.usable() / sizeof(T);
    return n < most_ ? uint32_t(n) : most_;
  }
  void grow() {
    pages_.use(pages_.usable() + 1);
    room_ = room();
  }

  Pages pages_;
  T* slots_;
  uint32_t most_;
  uint32_t used_ = 0, room_ = 0;
  uint32_t free_ = kNone;
};

}  // namespace venuewire

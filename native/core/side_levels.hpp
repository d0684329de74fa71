// The levels of one side of a book, found by price. Trading happens near the best price, a few steps of price apart:
// those levels stand at 64 places, one a step, so that a price is found, put in and taken out without a search, and the
// next best one is a question of one word. What stands elsewhere, or between steps, is in a sorted list. The step is
// found out from the prices themselves.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

namespace venuewire {

/// Levels in order, worse ones first, so that the best are at the end and most changes move little. A rank rises with
/// how good the price is. Ranks and levels lie apart, and eight ranks that are worse than any stand before the first,
/// so that the search near the best asks no questions that a processor could guess wrong.
class SortedLevels {
 public:
  [[nodiscard]] int64_t rank(uint32_t i) const { return ranks_[i]; }
  [[nodiscard]] uint32_t level(uint32_t i) const { return levels()[i]; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] uint64_t bytes() const { return room_ == 0 ? 0 : bytes_for(room_); }
  /// The first one that is not worse than `rank`.
  [[nodiscard]] uint32_t place_of(int64_t rank) const {
    if (count_ == 0) return 0;
    const int64_t* const near = ranks_ + int64_t(count_) - kNear;
    int64_t worse = 0;
    for (int64_t i = 0; i < kNear; i++) worse += near[i] < rank ? 1 : 0;
    if (worse > 0) return uint32_t(int64_t(count_) - kNear + worse);
    if (count_ <= kNear) return 0;
    uint32_t from = 0;
    for (uint32_t n = count_ - uint32_t(kNear); n > 1;) {
      const uint32_t half = n / 2;
      from += ranks_[from + half - 1] < rank ? half : 0;
      n -= half;
    }
    return from + (ranks_[from] < rank ? 1 : 0);
  }
  void insert(uint32_t at, int64_t rank, uint32_t level) {
    if (count_ == room_) grow();
    std::memmove(ranks_ + at + 1, ranks_ + at, (count_ - at) * sizeof *ranks_);
    std::memmove(levels() + at + 1, levels() + at, (count_ - at) * sizeof(uint32_t));
    ranks_[at] = rank;
    levels()[at] = level;
    count_++;
  }
  void erase(uint32_t at) {
    count_--;
    std::memmove(ranks_ + at, ranks_ + at + 1, (count_ - at) * sizeof *ranks_);
    std::memmove(levels() + at, levels() + at + 1, (count_ - at) * sizeof(uint32_t));
  }
  /// Keeps those from `first` on that `keep(rank, level)` says to keep.
  template <class Keep>
  void keep_if(uint32_t first, Keep&& keep) {
    uint32_t to = first;
    for (uint32_t i = first; i < count_; i++) {
      if (!keep(ranks_[i], levels()[i])) continue;
      ranks_[to] = ranks_[i];
      levels()[to++] = levels()[i];
    }
    count_ = to;
  }
  void clear() { count_ = 0; }
  void release() {
    if (room_ != 0) std::free(ranks_ - kNear);
  }
  /// What the best ones are in.
  void prefetch() const {
    __builtin_prefetch(ranks_ + count_ - 1, 1);
    __builtin_prefetch(ranks_ + int64_t(count_) - kNear, 1);
    __builtin_prefetch(levels() + count_ - 1, 1);
  }

 private:
  static constexpr int64_t kNear = 8;
  static constexpr uint32_t kFirstRoom = 8;
  [[nodiscard]] static uint64_t bytes_for(uint32_t room) {
    return (uint64_t(kNear) * 8 + uint64_t(room) * (8 + 4) + 63) / 64 * 64;
  }
  [[nodiscard]] uint32_t* levels() const { return reinterpret_cast<uint32_t*>(ranks_ + room_); }
  void grow() {
    const uint32_t room = room_ == 0 ? kFirstRoom : room_ * 2;
    auto* const memory = static_cast<int64_t*>(std::aligned_alloc(64, bytes_for(room)));
    if (memory == nullptr) throw std::bad_alloc();
    for (int64_t i = 0; i < kNear; i++) memory[i] = INT64_MIN;
    int64_t* const ranks = memory + kNear;
    if (count_ != 0) {
      std::memcpy(ranks, ranks_, count_ * sizeof(int64_t));
      std::memcpy(ranks + room, levels(), count_ * sizeof(uint32_t));
    }
    release();
    ranks_ = ranks;
    room_ = room;
  }

  int64_t* ranks_ = nullptr;
  uint32_t count_ = 0, room_ = 0;
};

class SideLevels {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  static constexpr uint32_t kPlaces = 64;
  /// The levels at the places; what stands where no level does means nothing.
  struct Places {
    uint32_t level[kPlaces];
  };

  [[nodiscard]] uint32_t best() const { return best_; }
  [[nodiscard]] bool empty() const { return best_ == kNone; }
  [[nodiscard]] uint32_t size() const { return uint32_t(std::popcount(mask_)) + others_.size(); }
  [[nodiscard]] uint64_t bytes() const { return others_.bytes(); }
  [[nodiscard]] bool stands_at(uint32_t place) const { return (mask_ >> place & 1) != 0; }
  /// Whether none better than this place stands at a place.
  [[nodiscard]] bool is_top(uint32_t place) const { return mask_ >> place <= 1; }
  /// The place of the best but one; of none, any.
  [[nodiscard]] uint32_t second() const {
    const uint64_t rest = mask_ & ~(1ull << top());
    return uint32_t(std::countl_zero(rest | 1)) ^ (kPlaces - 1);
  }
  /// kPlaces or more: it has no place.
  [[nodiscard]] uint64_t place_of(int64_t rank) const {
    const uint64_t away = uint64_t(rank) - uint64_t(low_);
    const uint64_t n = away / uint64_t(step_);
    const bool none = (n * uint64_t(step_) != away) | (rank < low_);
    return n | uint64_t(none) * kPlaces;
  }
  [[nodiscard]] bool is_place_of(uint64_t place, int64_t rank) const {
    return (place < kPlaces) & (rank >= low_) && rank_at(place) == rank;
  }
  void prefetch_others() const {
    if (!others_.empty()) others_.prefetch();
  }

  /// `hint`: its place, if it is.
  [[nodiscard]] uint32_t find(const Places& places, int64_t rank, uint64_t hint, uint64_t& place) const {
    place = is_place_of(hint, rank) ? hint : place_of(rank);
    if (place < kPlaces) [[likely]] {
      return stands_at(uint32_t(place)) ? places.level[place] : kNone;
    }
    return find_other(rank);
  }
  /// `place`: what `find` has said, with no change since.
  void insert(Places& places, int64_t rank, uint64_t place, uint32_t level) {
    if (best_ == kNone) {
      if (!begin_below(rank)) low_ = rank;
      place = place_of(rank);
    }
    if (place >= kPlaces) [[unlikely]]
      place = make_place(places, rank);
    if (place >= kPlaces) [[unlikely]] {
      others_.insert(others_.place_of(rank), rank, level);
      look_for_best(places);
      return;
    }
    const bool top = mask_ >> place == 0;
    mask_ |= 1ull << place;
    places.level[place] = level;
    strays_ = uint8_t(strays_ - (strays_ != 0));
    if (!others_.empty()) [[unlikely]] {
      look_for_best(places);
    } else {
      best_ = top ? level : best_;
    }
  }
  /// The level of `rank`, which is there, leaves.
  void erase(Places& places, int64_t rank) {
    const uint64_t place = place_of(rank);
    if (place < kPlaces) [[likely]] {
      mask_ &= ~(1ull << place);
      if (!others_.empty()) [[unlikely]] {
        if (mask_ == 0) rebuild(places, others_.rank(others_.size() - 1), step_);
        look_for_best(places);
      } else if (mask_ >> place == 0) {
        best_ = mask_ == 0 ? kNone : places.level[top()];
      }
    } else {
      others_.erase(others_.place_of(rank));
      look_for_best(places);
    }
  }
  void clear() {
    mask_ = 0;
    best_ = kNone;
    others_.clear();
  }
  void release() { others_.release(); }

  /// `visit(rank, level)` of each, best first, until it returns false.
  template <class Visit>
  void each(const Places& places, Visit&& visit) const {
    uint32_t other = others_.size();
    for (uint64_t left = mask_; left != 0 || other > 0;) {
      const uint32_t place = uint32_t(std::countl_zero(left | 1)) ^ (kPlaces - 1);
      const bool from_places = left != 0 && (other == 0 || rank_at(place) > others_.rank(other - 1));
      if (from_places) {
        left &= ~(1ull << place);
        if (!visit(rank_at(place), places.level[place])) return;
      } else {
        other--;
        if (!visit(others_.rank(other), others_.level(other))) return;
      }
    }
  }
  [[nodiscard]] bool consistent(const Places& places) const {
    uint32_t first = kNone;
    each(places, [&](int64_t, uint32_t level) {
      first = level;
      return false;
    });
    for (uint32_t i = 0; i < others_.size(); i++) {
      const uint64_t place = place_of(others_.rank(i));
      if (place < kPlaces && stands_at(uint32_t(place))) return false;
    }
    return first == best_;
  }

  uint64_t updates = 0;
  int64_t time_ns = 0;

 private:
  static constexpr int64_t kMostStep = INT64_C(1) << 56;  // so that no place lies beyond 64 bits
  static constexpr uint64_t kBestPlace = 47;              // where the best one is put: it has room to get better
  static constexpr uint64_t kLowPlace = 16;               // a best one below it makes the places move
  // Prices between the steps make the step smaller, but not one alone: it would be too small for all others.
  static constexpr uint8_t kStray = 8, kStraysAtFirst = 60, kStraysMost = 64;

  [[nodiscard]] int64_t rank_at(uint64_t place) const { return int64_t(uint64_t(low_) + place * uint64_t(step_)); }
  [[nodiscard]] uint32_t top() const { return uint32_t(std::countl_zero(mask_ | 1)) ^ (kPlaces - 1); }

  /// Puts the best rank where it belongs. False: no step is known, or that far out there are no places below it.
  [[nodiscard]] bool begin_below(int64_t best) {
    return step_ != kMostStep && !__builtin_sub_overflow(best, step_ * int64_t(kBestPlace), &low_);
  }
  [[nodiscard]] uint32_t find_other(int64_t rank) const {
    const uint32_t at = others_.place_of(rank);
    return at < others_.size() && others_.rank(at) == rank ? others_.level(at) : kNone;
  }
  [[nodiscard]] bool other_is_best() const {
    return !others_.empty() && (mask_ == 0 || others_.rank(others_.size() - 1) > rank_at(top()));
  }
  [[nodiscard]] int64_t best_rank() const {
    return other_is_best() ? others_.rank(others_.size() - 1) : rank_at(top());
  }
  void look_for_best(const Places& places) {
    best_ = other_is_best() ? others_.level(others_.size() - 1) : mask_ == 0 ? kNone : places.level[top()];
  }

  /// Gives a price that has none a place, where it should have one.
  [[gnu::noinline]] uint64_t make_place(Places& places, int64_t rank) {
    const bool above = rank > low_;
    const uint64_t away = above ? uint64_t(rank) - uint64_t(low_) : uint64_t(low_) - uint64_t(rank);
    const int64_t best = std::max(best_rank(), rank);
    if (away % uint64_t(step_) != 0) {
      strays_ = uint8_t(strays_ + kStray);
      if (strays_ < kStraysMost) return kPlaces;
      strays_ = kStraysAtFirst;
      const uint64_t step = step_ == kMostStep ? away : std::gcd(uint64_t(step_), away);
      if (step >= uint64_t(kMostStep)) return kPlaces;
      rebuild(places, best, int64_t(step));
    } else if (above || mask_ >> kLowPlace == 0) {
      rebuild(places, best, step_);
    } else {
      return kPlaces;
    }
    return place_of(rank);
  }
  /// Moves the places below `best`, so far apart.
  void rebuild(Places& places, int64_t best, int64_t step) {
    for (uint64_t left = mask_; left != 0; left &= left - 1) {
      const auto place = uint32_t(std::countr_zero(left));
      const int64_t rank = rank_at(place);
      others_.insert(others_.place_of(rank), rank, places.level[place]);
    }
    mask_ = 0;
    step_ = step;
    if (!begin_below(best)) low_ = best;
    others_.keep_if(others_.place_of(low_), [&](int64_t rank, uint32_t level) {
      const uint64_t place = place_of(rank);
      if (place >= kPlaces) return true;
      mask_ |= 1ull << place;
      places.level[place] = level;
      return false;
    });
  }

  int64_t low_ = 0;           // rank of the first place, the worst
  int64_t step_ = kMostStep;  // of rank, from a place to the next one; the most of all while one price alone is known
  uint64_t mask_ = 0;         // the places at which a level stands
  SortedLevels others_;       // those that have no place
  uint32_t best_ = kNone;
  uint8_t strays_ = kStraysAtFirst;
};
static_assert(sizeof(SideLevels) == 64);

}  // namespace venuewire

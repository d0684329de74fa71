// Ranges of numbers, [begin, end) each, in rising order, none touching what another has. Looked up by number; most
// leave at the front and come at the back. Neither costs more the more there are.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace venuewire {

template <class Range>
class RangeList {
 public:
  [[nodiscard]] size_t size() const { return items_.size() - head_; }
  [[nodiscard]] bool empty() const { return items_.size() == head_; }
  [[nodiscard]] Range& operator[](size_t i) { return items_[head_ + i]; }
  [[nodiscard]] const Range& operator[](size_t i) const { return items_[head_ + i]; }
  [[nodiscard]] Range& front() { return items_[head_]; }
  [[nodiscard]] const Range& front() const { return items_[head_]; }
  [[nodiscard]] Range& back() { return items_.back(); }
  [[nodiscard]] const Range* begin() const { return items_.data() + head_; }
  [[nodiscard]] const Range* end() const { return items_.data() + items_.size(); }
  [[nodiscard]] uint64_t bytes() const { return items_.capacity() * sizeof(Range); }
  /// Rising, apart, and between the two numbers.
  [[nodiscard]] bool in_order(uint64_t least, uint64_t most) const {
    uint64_t at = least;
    for (const Range& r : *this) {
      if (r.begin < at || r.end <= r.begin || r.end > most) return false;
      at = r.end;
    }
    return true;
  }
  void reserve(size_t n) { items_.reserve(n); }

  /// Index of the first range that ends behind `number`; size(): there is none.
  [[nodiscard]] size_t behind(uint64_t number) const {
    return size_t(std::upper_bound(begin(), end(), number, [](uint64_t v, const Range& r) { return v < r.end; }) -
                  begin());
  }
  void push_back(const Range& range) {
    // Room that left at the front is used again before there is more.
    if (items_.size() == items_.capacity() && head_ > items_.size() / 4) close_front();
    items_.push_back(range);
  }
  void pop_front(size_t n = 1) {
    head_ += n;
    if (head_ != items_.size()) return;
    items_.clear();
    head_ = 0;
  }
  /// Moves the shorter side.
  void erase(size_t i) {
    if (i < size() / 2) {
      std::move_backward(items_.begin() + at(0), items_.begin() + at(i), items_.begin() + at(i) + 1);
      pop_front();
    } else {
      items_.erase(items_.begin() + at(i));
      if (empty()) pop_front(0);
    }
  }
  void insert(size_t i, const Range& range) {
    if (head_ > 0 && i < size() / 2 + 1) {
      head_--;
      std::move(items_.begin() + at(1), items_.begin() + at(i + 1), items_.begin() + at(0));
      items_[head_ + i] = range;
    } else {
      const Range copy = range;
      items_.insert(items_.begin() + at(i), copy);
    }
  }

 private:
  [[nodiscard]] long at(size_t i) const { return long(head_ + i); }
  void close_front() {
    items_.erase(items_.begin(), items_.begin() + long(head_));
    head_ = 0;
  }
  std::vector<Range> items_;
  size_t head_ = 0;  // items before it have left
};

/// Takes [begin, end) out of them: a range is left out, shortened, or parted in two. `taken(range, from, to)` sees each
/// range that loses [from, to) while it is still whole; it leaves the list alone.
template <class Range, class Taken>
void take_out(RangeList<Range>& ranges, uint64_t begin, uint64_t end, Taken&& taken) {
  for (size_t i = ranges.behind(begin); i < ranges.size() && ranges[i].begin < end;) {
    Range& r = ranges[i];
    const uint64_t from = std::max(begin, r.begin), to = std::min(end, r.end);
    taken(r, from, to);
    if (from == r.begin && to == r.end) {
      ranges.erase(i);
      continue;
    }
    i++;
    if (from == r.begin) {
      r.begin = to;
    } else if (to == r.end) {
      r.end = from;
    } else {
      Range rest = r;
      rest.begin = to;
      r.end = from;
      ranges.insert(i, rest);
      i++;
    }
  }
}

}  // namespace venuewire

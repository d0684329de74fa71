// The holes of a channel: missing numbers in order, how far the ladder has come with each, and how many stand on which
// rung. Others read it; only the channel that has it changes it.
#pragma once
#include <algorithm>
#include <cstdint>

#include "contract/contract.hpp"
#include "core/ranges.hpp"

namespace venuewire {

/// Missing numbers [begin, end) and how far the ladder has come with them.
struct Hole {
  uint64_t begin, end;  ///< linear
  int64_t since_ns;
  int64_t rung_since_ns;
  uint8_t rung = 0;
  uint16_t tries = 0;  ///< attempts on this rung since the last progress
  bool announced = false;
  bool unobtainable = false;        ///< the venue has said for good that it will not send it: only a snapshot helps
  bool unread = false;              ///< it came, and there was no place for it because the consumer had made no room
  Reason why = Reason::noRecovery;  ///< why the latest rung gave up
};

class HoleList {
 public:
  // ── reading ──
  [[nodiscard]] size_t size() const { return list_.size(); }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] const Hole& operator[](size_t i) const { return list_[i]; }
  [[nodiscard]] const Hole& front() const { return list_.front(); }
  [[nodiscard]] const Hole* begin() const { return list_.begin(); }
  [[nodiscard]] const Hole* end() const { return list_.end(); }
  /// Index of the first hole that ends behind `number`; size(): there is none.
  [[nodiscard]] size_t behind(uint64_t number) const { return list_.behind(number); }
  /// Whether some hole stands on that rung, and how often holes have changed theirs (not counting new ones).
  [[nodiscard]] bool any_on(size_t rung) const { return on_rung_[counted_as(rung)] != 0; }
  [[nodiscard]] uint32_t count_on_first_rung() const { return on_rung_[0]; }
  [[nodiscard]] uint64_t rung_moves() const { return rung_moves_; }
  [[nodiscard]] bool any_announced() const { return announced_ != 0; }
  /// How many of [begin, end) are missing and not given up; or stand on that rung.
  [[nodiscard]] uint64_t missing(uint64_t begin, uint64_t end) const;
  [[nodiscard]] uint64_t missing_on(uint16_t rung, uint64_t begin, uint64_t end) const;
  /// The first hole on that rung which ends behind `number` and begins before `end`; size(): there is none.
  [[nodiscard]] size_t find_on(uint16_t rung, uint64_t number, uint64_t end) const;
  /// All are between the two numbers, in order, and the counts are right.
  [[nodiscard]] bool sound(uint64_t least, uint64_t most) const;
  [[nodiscard]] uint64_t bytes() const { return list_.bytes(); }

  // ── for the channel ──
  void reserve(size_t n) { list_.reserve(n); }
  /// New ones behind all others. Beyond `most` holes, or where nobody has been told of it, the last one grows.
  void append(uint64_t begin, uint64_t end, int64_t now_ns, uint32_t most);
  void put_first(uint64_t begin, uint64_t end, int64_t now_ns);
  /// False: it was announced before.
  [[nodiscard]] bool announce(size_t hole);
  void to_next_rung(size_t hole, int64_t since_ns);
  void count_try(size_t hole, Reason why);
  void forget_tries(uint64_t begin, uint64_t end);
  void mark_unread(uint64_t begin, uint64_t end);
  /// Moves the holes inside [begin, end) to the next rung, cutting those that reach beyond it.
  void advance(uint64_t begin, uint64_t end, Reason why, int64_t now_ns, bool for_good);
  /// Takes [begin, end) out. `taken(hole, from, to)` sees each hole that loses [from, to) while it is still whole.
  template <class Taken>
  void take(uint64_t begin, uint64_t end, Taken&& taken) {
    take_out(list_, begin, end, [&](const Hole& h, uint64_t from, uint64_t to) {
      taken(h, from, to);
      if (from == h.begin && to == h.end) count_out(h);
      if (from != h.begin && to != h.end) count_in(h);  // it is two now
    });
  }
  void drop_below(uint64_t position);

 private:
  static constexpr size_t kRungsCounted = 16;

  [[nodiscard]] static size_t counted_as(size_t rung) { return std::min(rung, kRungsCounted - 1); }
  void count_in(const Hole& hole);
  void count_out(const Hole& hole);
  void part(size_t hole, uint64_t at);

  RangeList<Hole> list_;
  uint32_t announced_ = 0;
  uint32_t on_rung_[kRungsCounted] = {};  // the last counts all behind it
  uint64_t rung_moves_ = 0;
};

}  // namespace venuewire

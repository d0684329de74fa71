#include "core/hole_list.hpp"

namespace venuewire {

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t HoleList::missing(uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (size_t i = behind(begin); i < size() && list_[i].begin < end; i++) {
    const Hole& h = list_[i];
    if (!h.unobtainable) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

uint64_t HoleList::missing_on(uint16_t rung, uint64_t begin, uint64_t end) const {
  uint64_t n = 0;
  for (size_t i = behind(begin); i < size() && list_[i].begin < end; i++) {
    const Hole& h = list_[i];
    if (h.rung == rung) n += std::min(h.end, end) - std::max(h.begin, begin);
  }
  return n;
}

size_t HoleList::find_on(uint16_t rung, uint64_t number, uint64_t end) const {
  size_t i = behind(number);
  while (i < size() && list_[i].rung != rung) i++;
  return i < size() && list_[i].begin < end ? i : size();
}

bool HoleList::sound(uint64_t least, uint64_t most) const {
  uint32_t announced = 0, on_rung[kRungsCounted] = {};
  for (const Hole& h : list_) {
    announced += h.announced ? 1 : 0;
    on_rung[counted_as(h.rung)]++;
  }
  return list_.in_order(least, most) && announced == announced_ &&
         std::equal(on_rung, on_rung + kRungsCounted, on_rung_);
}

// ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

void HoleList::count_in(const Hole& hole) {
  on_rung_[counted_as(hole.rung)]++;
  announced_ += hole.announced ? 1 : 0;
}

void HoleList::count_out(const Hole& hole) {
  on_rung_[counted_as(hole.rung)]--;
  announced_ -= hole.announced ? 1 : 0;
}

void HoleList::append(uint64_t begin, uint64_t end, int64_t now_ns, uint32_t most) {
  if (!empty()) {
    Hole& last = list_.back();
    const bool same_moment = last.since_ns == now_ns && !last.announced;
    if (last.end == begin && (size() >= most || same_moment)) {
      last.end = end;
      return;
    }
  }
  list_.push_back(Hole{begin, end, now_ns, now_ns});
  count_in(list_.back());
}

void HoleList::put_first(uint64_t begin, uint64_t end, int64_t now_ns) {
  list_.insert(0, Hole{begin, end, now_ns, now_ns});
  count_in(list_.front());
}

bool HoleList::announce(size_t hole) {
  Hole& h = list_[hole];
  if (h.announced) return false;
  h.announced = true;
  announced_++;
  return true;
}

void HoleList::to_next_rung(size_t hole, int64_t since_ns) {
  Hole& h = list_[hole];
  count_out(h);
  h.rung++;
  h.rung_since_ns = since_ns;
  count_in(h);
}

void HoleList::count_try(size_t hole, Reason why) {
  list_[hole].tries++;
  list_[hole].why = why;
}

void HoleList::forget_tries(uint64_t begin, uint64_t end) {
  for (size_t i = behind(begin); i < size() && list_[i].begin < end; i++) {
    if (list_[i].begin >= begin && list_[i].end <= end) list_[i].tries = 0;
  }
}

void HoleList::mark_unread(uint64_t begin, uint64_t end) {
  for (size_t i = behind(begin); i < size() && list_[i].begin < end; i++) list_[i].unread = true;
}

void HoleList::advance(uint64_t begin, uint64_t end, Reason why, int64_t now_ns, bool for_good) {
  rung_moves_++;
  for (size_t i = behind(begin); i < size() && list_[i].begin < end; i++) {
    if (list_[i].begin < begin) {
      part(i, begin);
      continue;
    }
    if (list_[i].end > end) part(i, end);
    if (for_good && list_[i].unobtainable) continue;
    list_[i].unobtainable = list_[i].unobtainable || for_good;
    list_[i].tries = 0;
    list_[i].why = why;
    to_next_rung(i, now_ns);
  }
}

/// One hole becomes two that meet at `at`.
void HoleList::part(size_t hole, uint64_t at) {
  Hole rest = list_[hole];
  rest.begin = at;
  list_[hole].end = at;
  list_.insert(hole + 1, rest);
  count_in(rest);
}

void HoleList::drop_below(uint64_t position) {
  while (!empty() && list_.front().end <= position) {
    count_out(list_.front());
    list_.pop_front();
  }
  if (!empty() && list_.front().begin < position) list_.front().begin = position;
}

}  // namespace venuewire

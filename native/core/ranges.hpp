// Sorted lists of ranges of numbers, [begin, end) each, none touching what another has.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace venuewire {

/// Takes [begin, end) out of them: a range is left out, shortened, or parted in two. `taken(range, from, to)` sees each
/// range that loses [from, to) while it is still whole; it leaves the list alone.
template <class Range, class Taken>
void take_out(std::vector<Range>& ranges, uint64_t begin, uint64_t end, Taken&& taken) {
  for (size_t i = 0; i < ranges.size() && ranges[i].begin < end;) {
    Range& r = ranges[i];
    if (r.end <= begin) {
      i++;
      continue;
    }
    const uint64_t from = std::max(begin, r.begin), to = std::min(end, r.end);
    taken(r, from, to);
    if (from == r.begin && to == r.end) {
      ranges.erase(ranges.begin() + long(i));
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
      ranges.insert(ranges.begin() + long(i), rest);
      i++;
    }
  }
}

}  // namespace venuewire

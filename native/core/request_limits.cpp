#include "core/request_limits.hpp"

#include <algorithm>

namespace venuewire {

int64_t RequestLimits::wait_ns(int64_t now_ns) const {
  int64_t wait = 0;
  for (size_t i = 0; i < sent_.size(); i++) {
    const Sent& s = sent_[i];
    if (s.times_ns.size() < limits_[i].count) continue;
    wait = std::max(wait, s.times_ns[s.oldest] + limits_[i].window_ns - now_ns);
  }
  return wait;
}

void RequestLimits::spend(int64_t now_ns) {
  for (size_t i = 0; i < sent_.size(); i++) {
    Sent& s = sent_[i];
    if (s.times_ns.size() < limits_[i].count) {
      s.times_ns.push_back(now_ns);
    } else {
      s.times_ns[s.oldest] = now_ns;
      s.oldest = (s.oldest + 1) % s.times_ns.size();
    }
  }
}

}  // namespace venuewire

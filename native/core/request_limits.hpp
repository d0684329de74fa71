// How many requests a server allows in how much time.
#pragma once
#include <cstdint>
#include <vector>

#include "core/recovery_spec.hpp"

namespace venuewire {

/// A venue counts in any span of the window's length, so what counts is when the request so many before this one was
/// sent; nothing is saved up.
class RequestLimits {
 public:
  explicit RequestLimits(const std::vector<Limit>& limits) : limits_(limits), sent_(limits.size()) {}
  /// Time until one more request is within every limit; 0 or less: now.
  [[nodiscard]] int64_t wait_ns(int64_t now_ns) const;
  void spend(int64_t now_ns);

 private:
  /// When the latest requests were sent, at most as many as the limit allows; a ring once it is full.
  struct Sent {
    std::vector<int64_t> times_ns;
    size_t oldest = 0;
  };
  const std::vector<Limit>& limits_;
  std::vector<Sent> sent_;
};

}  // namespace venuewire

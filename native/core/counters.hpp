// The counters, named in native/contract/contract.yaml. They live in memory that JavaScript reads directly; one thread
// writes them. A lost message is in exactly one of the ledger's terms.
#pragma once
#include "contract/contract.hpp"

namespace venuewire {

struct ChannelCounters {
  uint64_t* at = nullptr;
  uint64_t& operator[](ChannelCounter c) { return at[uint32_t(c)]; }
  uint64_t operator[](ChannelCounter c) const { return at[uint32_t(c)]; }
};
struct FeedCounters {
  uint64_t* at = nullptr;
  uint64_t& operator[](FeedCounter c) { return at[uint32_t(c)]; }
};

}  // namespace venuewire

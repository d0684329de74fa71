// Walks over what a feed has written into its ring. The ring may be scribbled over: every place in it is checked.
#pragma once
#include <cstring>

#include "contract/contract.hpp"
#include "core/wire.hpp"

namespace venuewire {

template <class Record>
[[nodiscard]] inline Record load_record(const uint8_t* p) {
  Record r;
  std::memcpy(&r, p, sizeof r);
  return r;
}

/// Calls `each(head, message)` for the `count` messages of a run of `bytes` bytes. False: they lead past its end.
template <class Each>
[[nodiscard]] inline bool each_message(const uint8_t* run, uint32_t bytes, uint32_t count, Each&& each) {
  uint32_t at = sizeof(RunRecord);
  for (uint32_t i = 0; i < count; i++) {
    if (bytes - at < sizeof(MessageHead)) return false;
    const auto head = load_record<MessageHead>(run + at);
    at += sizeof(MessageHead);
    const uint64_t padded = (uint64_t(head.length) + kUnitBytes - 1) / kUnitBytes * kUnitBytes;
    if (padded > bytes - at) return false;
    each(head, Bytes{run + at, head.length});
    at += uint32_t(padded);
  }
  return true;
}

/// Calls `each(head, record, bytes)` for the records of positions [from, to); it says whether to go on. False: a record
/// contradicts itself.
template <class Each>
[[nodiscard]] inline bool each_record(const uint8_t* data, uint32_t mask, uint32_t from, uint32_t to, Each&& each) {
  while (from != to) {
    const uint32_t at = from & mask;
    const uint8_t* p = data + size_t(at) * kUnitBytes;
    const auto head = load_record<RecordHead>(p);
    if (head.units == 0 || head.units > to - from || head.units > mask + 1 - at) return false;
    if (!each(head, p, head.units * kUnitBytes)) return false;
    from += head.units;
  }
  return true;
}

}  // namespace venuewire

// See fragments.hpp.
#include "io/fragments.hpp"

namespace venuewire {

FragmentTable::Entry& FragmentTable::find(const FragmentKey& key, int64_t time_ns, uint64_t& dropped) {
  uint32_t victim = 0;
  uint64_t oldest = UINT64_MAX;
  for (uint32_t i = 0; i < kEntries; i++) {
    const Entry* entry = entries_[i].get();
    const bool used = entry && entry->fragments;
    if (used && std::memcmp(&entry->key, &key, sizeof key) == 0) {
      // Unsigned, so that a capture with absurd times cannot overflow.
      const uint64_t age = uint64_t(time_ns) - uint64_t(entry->first_ns);
      if (int64_t(age) <= kMaxAgeNs) return *entries_[i];
      victim = i;
      break;
    }
    const uint64_t order = used ? entry->order : 0;
    if (order < oldest) {
      oldest = order;
      victim = i;
    }
  }
  if (!entries_[victim]) entries_[victim] = std::make_unique<Entry>();
  Entry& entry = *entries_[victim];
  dropped += entry.fragments;
  entry.key = key;
  entry.first_ns = time_ns;
  entry.order = ++order_;
  entry.fragments = entry.total = entry.end = entry.units = 0;
  entry.seen.fill(0);
  return entry;
}

Bytes FragmentTable::add(const FragmentKey& key, int64_t time_ns, uint32_t at, bool more, Bytes bytes,
                         uint64_t& dropped) {
  const uint32_t end = at + bytes.size;
  if (bytes.size == 0 || end > kMaxDatagram || at % kUnit != 0 || (more && bytes.size % kUnit != 0)) {
    dropped++;
    return {};
  }
  Entry& entry = find(key, time_ns, dropped);
  entry.fragments++;
  if (!more && entry.total == 0) entry.total = end;
  if (end > entry.end) entry.end = end;
  if (entry.total && (entry.end > entry.total || (!more && entry.total != end))) {
    dropped += entry.fragments;  // the fragments disagree about the datagram's length
    entry.fragments = 0;
    return {};
  }
  std::memcpy(entry.data.data() + at, bytes.data, bytes.size);
  for (uint32_t unit = at / kUnit; unit * kUnit < end; unit++) {
    const uint64_t bit = uint64_t(1) << (unit % 64);
    entry.units += (entry.seen[unit / 64] & bit) == 0;
    entry.seen[unit / 64] |= bit;
  }
  if (entry.total == 0 || entry.units * kUnit < entry.total) return {};
  entry.fragments = 0;
  return {entry.data.data(), entry.total};
}

uint64_t FragmentTable::clear() {
  uint64_t dropped = 0;
  for (const std::unique_ptr<Entry>& entry : entries_) {
    if (!entry) continue;
    dropped += entry->fragments;
    entry->fragments = 0;
  }
  return dropped;
}

}  // namespace venuewire

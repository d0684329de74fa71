// See router.hpp.
#include "feed/router.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "io/address.hpp"

namespace venuewire {

uint64_t Router::Key::hash() const {
  // Multiplications by odd numbers without a pattern; the upper half of a product depends on all bits below.
  uint64_t h = (ip.low ^ (uint64_t(port) << 40) ^ (uint64_t(kind) << 60)) * 0x9E3779B97F4A7C15u;
  h = (h ^ (h >> 32) ^ ip.high) * 0xD6E8FEB86659FD93u;
  return h ^ (h >> 32);
}

Router::Router(const std::vector<LineSpec>& lines) : lines_(lines), slots_(16) {}

Router::Key Router::key_of(uint32_t kind, IpAddress ip, uint16_t port) {
  Key key;
  if ((kind & kAnyIp) == 0) key.ip = ip;
  if ((kind & kAnyPort) == 0) key.port = port;
  key.kind = uint16_t(kind);
  return key;
}

/// Where the key is, or where it would go.
size_t Router::slot_of(const Key& key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = size_t(key.hash()) & mask;
  while (slots_[at].first != kNone && slots_[at].key != key) at = (at + 1) & mask;
  return at;
}

void Router::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& s : old) {
    if (s.first != kNone) slots_[slot_of(s.key)] = s;
  }
}

void Router::add(const Route& route) {
  const uint32_t kind = (route.any_ip ? kAnyIp : 0) | (route.port == 0 ? kAnyPort : 0);
  Slot* slot = &slots_[slot_of(key_of(kind, route.ip, route.port))];
  if (slot->first == kNone && (used_ + 1) * 2 > slots_.size()) {
    grow();
    slot = &slots_[slot_of(key_of(kind, route.ip, route.port))];
  }
  Entry entry;
  entry.line = route.line;
  entry.source = route.source;
  const LineSpec& line = lines_[route.line];
  uint32_t* last = &slot->first;
  for (; *last != kNone; last = &entries_[*last].next) {
    Entry& other = entries_[*last];
    if (lines_[other.line].role != line.role || lines_[other.line].channel != line.channel) continue;
    if (other.source == route.source || other.source == 0 || route.source == 0) return;
    other.by_source = entry.by_source = true;
  }
  const auto at = uint32_t(entries_.size());
  if (slot->first == kNone) {
    slot->key = key_of(kind, route.ip, route.port);
    used_++;
  }
  *last = at;
  entries_.push_back(entry);
  has_kind_[kind] = true;
  last_ip_ = {};
  last_port_ = 0;
  look_up(last_ip_, last_port_);
  foreign_told_.clear();
}

void Router::look_up(IpAddress ip, uint16_t port) {
  last_ip_ = ip;
  last_port_ = port;
  last_ = kNone;
  for (uint32_t kind = 0; kind < kClasses; kind++) {
    if (!has_kind_[kind]) continue;
    last_ = std::min(last_, slots_[slot_of(key_of(kind, ip, port))].first);  // the lowest was added first
  }
  if (last_ == kNone) note_foreign(ip, port);
}

void Router::note_foreign(IpAddress ip, uint16_t port) {
  if (foreign_told_.size() >= kForeignTold) return;
  const Key key = key_of(0, ip, port);
  if (std::find(foreign_told_.begin(), foreign_told_.end(), key) == foreign_told_.end()) foreign_told_.push_back(key);
}

std::vector<std::string> Router::foreign_destinations() const {
  std::vector<std::string> out;
  for (const Key& k : foreign_told_) {
    const IpAddress v4 = IpAddress::v4(uint32_t(k.ip.low));
    std::string text = format_ipv4(uint32_t(k.ip.low));
    if (k.ip != v4) {
      uint8_t bytes[16];
      store_uint(bytes, k.ip.high, 8, true);
      store_uint(bytes + 8, k.ip.low, 8, true);
      char buffer[INET6_ADDRSTRLEN] = {};
      (void)::inet_ntop(AF_INET6, bytes, buffer, sizeof buffer);
      text = "[" + std::string(buffer) + "]";
    }
    out.push_back(text + ":" + std::to_string(k.port));
  }
  return out;
}

}  // namespace venuewire

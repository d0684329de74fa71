// Which line a packet is for, by where it was sent: one table for live datagrams, captures and TCP flows. Looking up
// costs the same whatever the number of lines. Belongs to one thread.
#pragma once
#include <string>
#include <vector>

#include "core/session.hpp"
#include "core/wire.hpp"

namespace venuewire {

/// An IP address of either version; IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  uint64_t high = 0, low = 0;

  [[nodiscard]] static IpAddress v4(uint32_t host_order) { return {0, uint64_t(0xFFFF) << 32 | host_order}; }
  [[nodiscard]] static IpAddress v6(const uint8_t* bytes) {
    return {load_uint(bytes, 8, true), load_uint(bytes + 8, 8, true)};
  }
  [[nodiscard]] bool operator==(const IpAddress&) const = default;
};

/// Packets sent there are for that line.
struct Route {
  bool any_ip = true;
  IpAddress ip;
  uint16_t port = 0;    ///< 0: any
  uint32_t source = 0;  ///< IPv4, host byte order: the sender that the line hears; 0: any
  uint16_t line = 0;
};

class Router {
 public:
  /// `lines` outlive the router.
  explicit Router(const std::vector<LineSpec>& lines);

  /// Of several routes that a packet fits, the one added first decides. Lines of different channels or roles at one
  /// destination each get its packets; lines of the same channel and role are told apart by their senders, and where
  /// they have none the first one is it.
  void add(const Route& route);

  /// Calls `take(line)` for each line that a packet is for. False: for none; it is counted as foreign.
  template <typename Take>
  bool each(IpAddress ip, uint16_t port, uint32_t source, Take take) {
    if (ip != last_ip_ || port != last_port_) look_up(ip, port);
    bool any = false;
    for (uint32_t at = last_; at != kNone; at = entries_[at].next) {
      const Entry& e = entries_[at];
      if (e.by_source && e.source != source) continue;
      any = true;
      take(e.line);
    }
    foreign_ += !any;
    return any;
  }

  /// Packets that were for no line.
  [[nodiscard]] uint64_t foreign() const { return foreign_; }
  /// Where the first few of them were sent, `ip:port`.
  [[nodiscard]] std::vector<std::string> foreign_destinations() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kForeignTold = 8;
  /// What a route names, and so what a packet is looked up by: with the port, without it, by the port alone, by
  /// nothing.
  static constexpr uint32_t kAnyIp = 1, kAnyPort = 2, kClasses = 4;

  struct Key {
    IpAddress ip;
    uint16_t port = 0;
    uint16_t kind = 0;
    [[nodiscard]] bool operator==(const Key&) const = default;
    [[nodiscard]] uint64_t hash() const;
  };
  struct Slot {
    Key key;
    uint32_t first = kNone;  ///< entry; kNone: the slot is free
  };
  struct Entry {
    uint16_t line = 0;
    bool by_source = false;
    uint32_t source = 0;
    uint32_t next = kNone;
  };

  [[nodiscard]] static Key key_of(uint32_t kind, IpAddress ip, uint16_t port);
  [[nodiscard]] size_t slot_of(const Key& key) const;
  void grow();
  void look_up(IpAddress ip, uint16_t port);
  void note_foreign(IpAddress ip, uint16_t port);

  const std::vector<LineSpec>& lines_;
  std::vector<Slot> slots_;  // a power of two, at most half of it used
  size_t used_ = 0;
  std::vector<Entry> entries_;  // in the order of add()
  bool has_kind_[kClasses] = {};
  // What was looked up last.
  IpAddress last_ip_;
  uint16_t last_port_ = 0;
  uint32_t last_ = kNone;
  uint64_t foreign_ = 0;
  std::vector<Key> foreign_told_;
};

}  // namespace venuewire

// The one door by which live datagrams come in. A backend (sockets, AF_XDP, a packet ring) is one file that opens
// receivers and one line in the table of receive_backends.cpp; nothing else knows what it is.
//
// A receiver is used by one thread at a time: by the one that opened it, or by others too where it says so. It never
// blocks, and allocates nothing after it is opened. Calls are per batch, so they may be virtual.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire.hpp"

namespace venuewire {

/// Whose clock a receive time is of. Both count nanoseconds since the Unix epoch.
enum class ReceiveClock : uint8_t {
  none,      ///< there is no time; the reader takes its own
  kernel,    ///< CLOCK_REALTIME, when the kernel took the frame in
  hardware,  ///< the network card's own
  poller,    ///< CLOCK_REALTIME, when the program that polls the card took the frame
};

/// One datagram, with where it was sent: one receiver carries many groups. Addresses and ports in host byte order.
struct Datagram {
  Bytes bytes;  ///< the UDP payload, in the receiver's memory until its next receive()
  int64_t time_ns = 0;
  uint32_t destination_ip = 0;
  uint32_t source_ip = 0;
  uint16_t destination_port = 0;
  uint16_t source_port = 0;
  ReceiveClock clock = ReceiveClock::none;  ///< of `time_ns`
  bool truncated = false;                   ///< it was longer than the receiver has room for
};

/// What is counted from open() on. Every datagram that reached the machine for a group is in exactly one of `packets`,
/// `kernel_drops`, `ring_drops` and `foreign`, as far as the backend is told of it.
struct ReceiveCounters {
  uint64_t packets = 0;       ///< handed out
  uint64_t bytes = 0;         ///< of their payloads
  uint64_t kernel_drops = 0;  ///< by the kernel: no room in the socket's buffer
  uint64_t ring_drops = 0;    ///< no free frame or block in a ring shared with the kernel or the card
  uint64_t truncated = 0;     ///< of the packets
  uint64_t foreign = 0;       ///< taken in and passed over: no UDP, for none of the groups
  /// Frames that are a part of an IP datagram, where the backend puts them together, and those that never became one.
  uint64_t fragments = 0, fragments_lost = 0;
  uint64_t errors = 0;  ///< failed reads
  int last_error = 0;   ///< errno of the last of them
};

/// A destination that shall be heard.
struct ReceiveGroup {
  uint32_t ip = 0;  ///< a multicast group, or an address of this machine; 0: any
  uint16_t port = 0;
  uint32_t source = 0;  ///< only datagrams of this sender; 0: of any
  /// Groups of different lanes are not lost together where the backend can help it: sockets carry one lane each. Lines
  /// A and B are two lanes.
  uint8_t lane = 0;
};

/// What is to be heard by one network interface.
struct ReceiveConfig {
  std::vector<ReceiveGroup> groups = {};
  std::string interface = {};  ///< name or IPv4 address; empty: the system's choice
  uint32_t receive_buffer_bytes = 8u << 20;
  uint32_t busy_poll_us = 0;
  bool prefer_busy_poll = false;   ///< with busy_poll_us: the card's interrupts wait while it is polled
  uint32_t datagram_bytes = 2048;  ///< the longest datagram there is room for, up to 65536
};

enum class ReceiveError : uint8_t {
  none,
  bad_config,
  no_backend,  ///< of that name
  no_interface,
  address_in_use,
  address_not_here,
  too_many_memberships,
  not_permitted,
  not_supported,  ///< by this kernel, driver or interface
  no_reception,   ///< this system has no backend at all
  no_ring,        ///< nobody fills a ring of that name
  bad_ring,       ///< it is not laid out as it has to be
  no_resources,
  system,
};

/// Why something could not be opened: what was tried, what refused it, and what to do about it, in one sentence.
struct ReceiveProblem {
  ReceiveError error = ReceiveError::none;
  int system_error = 0;  ///< errno; 0: no system call failed
  std::string text = {};
  std::string remedy = {};  ///< what to do about it, a command where there is one; empty: `text` says it
  uint16_t group = 0;       ///< the place in ReceiveConfig::groups that it was met at
};

/// Datagrams that a reader asks for at once.
inline constexpr int kReceiveBatch = 64;

class Receiver {
 public:
  virtual ~Receiver() = default;

  /// Fills up to `max` datagrams without blocking; returns how many. What the call before gave is over.
  [[nodiscard]] virtual int receive(Datagram* out, int max) = 0;
  /// What to wait on: readable when receive() has something.
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual const ReceiveCounters& counters() const = 0;
  /// Room for datagrams that wait to be read, as granted; less than `receive_buffer_bytes` is reported to the user.
  [[nodiscard]] virtual uint32_t buffer_bytes() const = 0;
  /// Whether another thread than the one that opened it may read it, as long as they do not at the same time.
  [[nodiscard]] virtual bool moves_between_threads() const { return true; }
  /// False: what brings the datagrams has gone, and is looked for; fd() is readable when that changes.
  [[nodiscard]] virtual bool connected() const { return true; }
  /// Leaves the groups and gives everything back; also by the destructor.
  virtual void close() = 0;
  /// What the machine and the driver allowed, in a few words, for reports.
  [[nodiscard]] virtual std::string detail() const { return {}; }

  /// Which of ReceiveConfig::groups it hears, by their places. Filled in by who opens it.
  std::vector<uint16_t> groups;
};

using Receivers = std::vector<std::unique_ptr<Receiver>>;

struct ReceiveBackend {
  std::string_view name;
  const char* not_automatic;  ///< why `auto` leaves it to who names it; null: it may be chosen
  /// Opens as many receivers as it takes to hear all groups, and adds them to `out`. On an error nothing stays open.
  ReceiveProblem (*open)(const ReceiveConfig& config, Receivers& out);
};

/// What `auto` chooses from, and why it came out as it did: a backend that was refused, or not tried.
struct ReceiveRefusal {
  std::string backend;
  ReceiveProblem problem;
};
struct ReceiveDecision {
  std::string asked;    ///< the name that was asked for
  std::string backend;  ///< the one that receives
  std::string detail;
  std::vector<ReceiveRefusal> refused = {};  ///< in the order in which they were tried
};

/// Null: there is no backend of that name.
[[nodiscard]] const ReceiveBackend* find_receive_backend(std::string_view name);
/// Their names, as an error may show them.
[[nodiscard]] std::string receive_backend_names();
/// Opens receivers of the named backend, or with `auto` of the best that this machine and our rights allow.
[[nodiscard]] ReceiveProblem open_receivers(const std::string& name, const ReceiveConfig& config, Receivers& out,
                                            ReceiveDecision& decision);

}  // namespace venuewire

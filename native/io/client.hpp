// Non-blocking UDP and TCP client sockets, each in a slot named by a small number (the core's requester). Runs on the
// thread of its event loop; it never blocks (names are looked up beside it) and never calls back from inside connect,
// send, leave or close: callbacks come only out of handle() and run_deferred().
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.hpp"
#include "io/resolver.hpp"

namespace venuewire {

enum class ClientKind : uint8_t { udp, tcp };

struct ClientConfig {
  ClientKind kind = ClientKind::tcp;
  std::string host = {};  // IPv4 address, or a name that is looked up each time
  uint16_t port = 0;
  std::string interface = {};              // name or IPv4 address to leave by; empty: the system's choice
  uint32_t send_buffer_bytes = 256 << 10;  // TCP: most bytes held here while the peer does not take them
};

enum class ClientCloseReason : uint8_t {
  peer_closed,    // the peer ended the stream; everything it sent was delivered
  refused,        // nobody listens there
  reset,          // the peer broke the connection
  unreachable,    // no way to the peer
  timed_out,      // the peer stopped answering
  send_overflow,  // the peer took too little: send_buffer_bytes was reached
  unresolved,     // the name has no address; the system error is one of getaddrinfo's, without its sign
  local,          // this machine: address, interface, rights or descriptors; see the errno
};

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void on_connected(uint32_t id) = 0;
  /// TCP: the next bytes of the stream; UDP: one datagram. Valid during the call.
  virtual void on_data(uint32_t id, Bytes bytes) = 0;
  /// The slot is free again; not called for close(), which the caller knows of.
  virtual void on_closed(uint32_t id, ClientCloseReason reason, int system_error) = 0;
};

struct ClientCounters {
  uint64_t connects = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t datagrams_not_sent = 0;  // the socket's buffer was full
};

class Clients {
 public:
  /// `capacity` slots, numbered from 0. The loop and the events must outlive this.
  Clients(EventLoop& loop, ClientEvents& events, uint32_t capacity);
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  /// Opens a slot, closing first what it held. Every failure, of this machine too, comes as on_closed. False: no such
  /// slot.
  bool connect(uint32_t id, const ClientConfig& config);
  /// TCP: everything is taken (and sent as the peer allows, also while still connecting) or the connection is over,
  /// with send_overflow. UDP: one datagram, or false. False too when the slot is not open.
  [[nodiscard]] bool send(uint32_t id, Bytes bytes);
  /// Ends a slot; nothing is called back for it any more. Bytes the kernel has taken are still sent.
  void close(uint32_t id);
  /// Ends a slot as close() does, but in peace: what waits to be sent still goes out, then the peer has until
  /// `deadline` (of end_leaving's clock) to answer and to close. Its answer is not read. UDP: the same as close().
  void leave(uint32_t id, int64_t deadline);
  /// Connections that are still being left; those whose time is over are closed.
  [[nodiscard]] uint32_t end_leaving(int64_t now);
  [[nodiscard]] bool is_open(uint32_t id) const;
  /// Leaves arriving bytes in the kernel, so that the peer has to wait (TCP), until it is called with false.
  void pause(uint32_t id, bool paused);

  [[nodiscard]] static bool owns(uint64_t token) {
    return (token & EventLoop::kClientToken) != 0 && token != EventLoop::kWakeToken;
  }
  /// Deals with one event of the loop whose token owns() is true of.
  void handle(const LoopEvent& event);
  /// Reports the failures that connect and send met. Call it once a turn; connect and send wake the loop for it.
  void run_deferred();

  [[nodiscard]] const ClientCounters& counters() const { return counters_; }

 private:
  enum class State : uint8_t { closed, resolving, connecting, open, failed };

  struct Slot {
    State state = State::closed;
    ClientKind kind = ClientKind::tcp;
    ClientCloseReason reason = ClientCloseReason::local;  // when failed
    bool paused = false;
    bool wants_write = false;  // room to write is asked for
    int fd = -1;
    int system_error = 0;     // when failed, or once a send has found the connection broken
    uint32_t generation = 0;  // of the slot's use: tells an event of an earlier one
    uint32_t send_bound = 0;
    std::vector<uint8_t> pending;  // TCP bytes the kernel has not taken
    size_t pending_from = 0;
    ClientConfig config = {};  // while its name is looked up
    uint32_t attempts = 0;     // chooses among several addresses of a name
  };
  /// A connection that no slot holds any more.
  struct Leaving {
    int fd = -1;
    uint32_t generation = 0;
    int64_t deadline = 0;
    std::vector<uint8_t> pending;
    size_t pending_from = 0;
  };

  [[nodiscard]] static uint64_t token(uint32_t id, uint32_t generation);
  [[nodiscard]] uint64_t token(uint32_t id) const { return token(id, slots_[id].generation); }
  void begin(uint32_t id, const ClientConfig& config, uint32_t address);
  [[nodiscard]] int open_socket(Slot& slot, const ClientConfig& config, uint32_t address);
  void run_resolved();
  void handle_leaving(Leaving& l, uint32_t events);
  void flush_leaving(Leaving& l);
  void release(Leaving& l);
  void release(Slot& slot);
  void defer(Slot& slot, ClientCloseReason reason, int system_error);
  void finish(uint32_t id, ClientCloseReason reason, int system_error);
  void ask(uint32_t id, bool write);
  void watch(uint32_t id);
  [[nodiscard]] bool write_some(Slot& slot, Bytes bytes, uint32_t& taken);
  void read_ready(uint32_t id);
  void write_ready(uint32_t id);

  EventLoop& loop_;
  ClientEvents& events_;
  std::vector<Slot> slots_;
  std::vector<Leaving> leaving_;  // their events come under the numbers behind the slots'
  Resolver resolver_;
  uint32_t deferred_ = 0;  // slots in state failed
  std::vector<uint8_t> buffer_;
  ClientCounters counters_;
};

}  // namespace venuewire

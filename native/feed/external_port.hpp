// Where two threads meet over connections that somebody else carries (TypeScript: TLS, WebSocket, …). One thread pushes
// what arrives and takes what is asked of it; the feed thread asks, and takes what was pushed. Every queue has a bound.
#pragma once
#include <atomic>
#include <mutex>
#include <vector>

#include "contract/contract.hpp"
#include "core/wire.hpp"
#include "feed/delivery.hpp"

namespace venuewire {

/// A line or a requester whose bytes come from outside.
struct ExternalEnd {
  bool is_line = false;
  uint16_t index = 0;  ///< of the line or the requester
  /// A line that has to be told to be there in time: it is no line of datagrams. A requester has its own time limit.
  bool connects = false;
};

/// What the feed asks of the outside, in order.
struct ExternalAction {
  enum class Kind : uint8_t { connect, send, close, abort, resume };
  Kind kind = Kind::connect;
  uint32_t end = 0;                 ///< place in the list of ends
  uint32_t connection = 0;          ///< counts the connections of an end; events name it, so that late ones are known
  uint16_t server = 0;              ///< connect: which of the requester's servers
  std::vector<uint8_t> bytes = {};  ///< send
};

/// What the outside tells, with its bytes behind it in the queue.
struct ExternalEvent {
  enum class Kind : uint8_t { connected, bytes, datagram, closed };
  Kind kind = Kind::connected;
  Reason why = Reason::none;  ///< closed
  uint16_t destination_port = 0, source_port = 0;
  uint32_t destination_ip = 0, source_ip = 0;  ///< datagram; destination 0: it is for the end's own line
  uint32_t connection = 0;
  uint32_t size = 0;
  int64_t receive_ns = 0;  ///< since the Unix epoch; 0: the feed takes its own time
};

class ExternalPort {
 public:
  /// Bytes that wait of one end: from the first on its carrier is asked to pause, and to go on from the second down;
  /// beyond the third nothing is taken.
  static constexpr size_t kEnough = 1u << 20;
  static constexpr size_t kLittle = 256u << 10;
  static constexpr size_t kMost = 16u << 20;

  /// `bell` wakes the outside when there are actions; it outlives this, or is taken away with silence().
  ExternalPort(std::vector<ExternalEnd> ends, Doorbell* bell);

  [[nodiscard]] const std::vector<ExternalEnd>& ends() const { return ends_; }

  /// One feed has it, once. False: it had one already.
  [[nodiscard]] bool claim() { return !claimed_.exchange(true); }

  // ── outside ──
  enum class Pushed : uint8_t {
    more,    ///< taken
    enough,  ///< taken; the carrier should pause until it is asked to resume
    full,    ///< not taken: the carrier has not paused
    gone,    ///< not taken: this connection, or the feed, is over
  };
  [[nodiscard]] Pushed push(uint32_t end, const ExternalEvent& event, Bytes bytes);
  /// What has been asked since the last call.
  [[nodiscard]] std::vector<ExternalAction> take_actions();
  void silence();

  // ── the feed thread ──
  /// `loop` is woken when something is pushed, until null is set.
  void set_loop(EventLoop* loop);
  void ask(ExternalAction action);
  /// Whether anything has been pushed since the last call; the next push wakes the loop again.
  [[nodiscard]] bool look();
  /// Exchanges `queue`, which is empty, for what has been pushed of an end; false: nothing.
  [[nodiscard]] bool take(uint32_t end, std::vector<uint8_t>& queue);
  /// So much of what was taken has been dealt with.
  void done(uint32_t end, size_t bytes);

 private:
  struct Queue {
    std::vector<uint8_t> bytes;
    size_t waiting = 0;       // of the end, also in the feed thread's hands
    uint32_t connection = 0;  // 0: none
    bool paused = false;
  };

  void add_action(ExternalAction&& action);

  const std::vector<ExternalEnd> ends_;
  std::atomic<bool> claimed_{false};
  std::mutex mutex_;  // guards what follows
  std::vector<Queue> queues_;
  std::vector<ExternalAction> actions_;
  Doorbell* bell_;
  EventLoop* loop_ = nullptr;
  bool woken_ = false;  // the loop has been woken and has not looked yet
};

}  // namespace venuewire

// The assembly: one thread that wires receivers or a capture, the session, the requesters' sockets and the batch
// writer together. Everything it shares with other threads is the ring, the stop flag and, under a lock, its report.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/session.hpp"
#include "feed/router.hpp"

namespace venuewire {

class EventLoop;

/// Wakes the reader; called from the feed thread.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  virtual void ring() = 0;
};

struct SourceConfig {
  bool live = true;
  // live
  std::string receive = "socket";  ///< name of a receive backend
  uint32_t receive_buffer_bytes = 8u << 20;
  uint32_t busy_poll_us = 0;
  bool spin = false;  ///< never sleep: lowest latency, one core
  int cpu = -1;       ///< pin the thread; −1: do not
  // capture
  std::string file;                 ///< a path; `-`: standard input
  const uint8_t* memory = nullptr;  ///< stays where it is and as large as it is until the feed is gone
  uint64_t memory_bytes = 0;
  std::vector<Route> routes;
  bool packets = false;  ///< payloads as they are, without channels

  std::string label;  ///< what errors call the capture; empty: the path

  [[nodiscard]] std::string name() const {
    if (!label.empty()) return label;
    if (memory != nullptr) return "the capture in memory";
    return file == "-" ? "standard input" : file;
  }
};

struct LineReport {
  std::string name;
  uint32_t receive_buffer_bytes = 0;
  bool buffer_is_short = false;
  uint64_t kernel_drops = 0;
};

class Feed {
 public:
  /// `ring` outlives the feed. `doorbell` may be null: the reader polls.
  Feed(SessionSpec spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, SourceConfig source, Doorbell* doorbell);
  ~Feed();

  void start();
  /// Stops the thread and joins it. Safe to call again, and before start.
  void close();
  /// Blocks until the ring's head differs from `seen` or the time is over.
  [[nodiscard]] bool wait(uint32_t seen, int64_t timeout_ns);
  [[nodiscard]] bool failed(std::string& code, std::string& message);
  [[nodiscard]] std::vector<LineReport> describe();

 private:
  class Live;
  class Capture;
  void run();
  void run_guarded();
  void failed_early(const char* code, const char* message);
  void publish();
  void set_waker(EventLoop* loop);
  void fail(const char* code, const std::string& message);
  /// Publishes everything, waiting for the reader where it has to.
  void flush();
  void wake_waiters();
  /// Publishes and waits until the reader has made room for `bytes`; false when the feed is being closed.
  [[nodiscard]] bool wait_for_room(uint32_t bytes);

  SessionSpec spec_;
  uint8_t* ring_;
  SourceConfig source_;
  Doorbell* doorbell_;
  BatchWriter writer_;
  FeedCounters counters_;
  uint64_t* channel_counters_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  bool has_failed_ = false;  // the feed thread's
  std::atomic<uint32_t> waiters_{0};
  std::mutex mutex_;  // guards what follows
  EventLoop* waker_ = nullptr;
  std::string failure_code_, failure_;
  std::vector<LineReport> report_;
};

}  // namespace venuewire

// What every driver delivers through: the ring, its doorbell, the feed's counters, and the end of a feed. The feed
// thread writes; what other threads may call is said there.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/session.hpp"
#include "feed/event_count.hpp"
#include "io/receiver.hpp"

namespace venuewire {

class EventLoop;
class HandOver;
class Sleeper;

/// Wakes the reader; called by who drives the feed.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  /// Whether another thread had to be woken: who drives the feed on the reader's own thread wakes nobody.
  virtual bool ring() = 0;
  /// Asks the reader's event loop to drive the feed; it may never come to it.
  virtual void offer(HandOver& hand_over) = 0;
};

struct LineReport {
  std::string name;
  uint32_t receive_buffer_bytes = 0;
  bool buffer_is_short = false;
  uint64_t kernel_drops = 0;
};

/// How the datagrams of an interface are received, and which lines these are.
struct ReceiveReport {
  std::string interface;  ///< as the lines name it
  std::vector<std::string> lines;
  ReceiveDecision decision;
};

class Delivery {
 public:
  /// `ring` and `spec` outlive this. `doorbell` may be null: the reader polls.
  Delivery(const SessionSpec& spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, Doorbell* doorbell);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // ── the feed thread ──
  [[nodiscard]] BatchWriter& writer() { return writer_; }
  [[nodiscard]] uint64_t& counter(FeedCounter c) { return counters_[c]; }
  [[nodiscard]] FeedCounters counters() const { return counters_; }
  [[nodiscard]] uint64_t* channel_counters() { return channel_counters_; }
  [[nodiscard]] bool stopping() const { return stop_.load(std::memory_order_relaxed); }
  [[nodiscard]] const std::atomic<bool>& stop_flag() const { return stop_; }
  void publish();
  /// Publishes everything, waiting for the reader where it has to.
  void flush();
  /// Publishes and waits until the reader has made room for `bytes`; false when the feed is being closed.
  [[nodiscard]] bool wait_for_room(uint32_t bytes);
  /// The feed ends with this error.
  void fail(const char* code, const std::string& message);
  /// The same where there may be no memory for a text.
  void fail_hard(const char* code, const char* message);
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  void end(FeedState state) { writer_.set_state(state); }
  /// Wakes whoever waits, so that the state is seen.
  void wake_all();
  /// What stop() wakes; null: nothing that sleeps.
  void set_waker(Sleeper* sleeper);
  void set_report(std::vector<LineReport> report);
  void add_received_by(ReceiveReport report);
  void set_kernel_drops(size_t line, uint64_t drops);
  void set_foreign(std::vector<std::string> destinations);

  // ── any thread ──
  void stop();
  [[nodiscard]] bool stopped() const { return stop_.load(); }
  /// Blocks until the ring's head differs from `seen` or the time is over.
  [[nodiscard]] bool wait(uint32_t seen, int64_t timeout_ns);
  [[nodiscard]] bool failed(std::string& code, std::string& message);
  [[nodiscard]] std::vector<LineReport> report();
  [[nodiscard]] std::vector<ReceiveReport> received_by();
  /// Where datagrams that are for no line were sent, `ip:port`, the first few.
  [[nodiscard]] std::vector<std::string> foreign();

 private:
  void wake_waiters();

  uint8_t* ring_;
  Doorbell* doorbell_;
  std::unique_ptr<EventCount> published_ = make_event_count();
  BatchWriter writer_;
  FeedCounters counters_;
  uint64_t* channel_counters_;
  std::atomic<bool> stop_{false};
  bool has_failed_ = false;
  std::atomic<uint32_t> waiters_{0};
  std::mutex mutex_;  // guards what follows
  Sleeper* waker_ = nullptr;
  std::string failure_code_, failure_;
  std::vector<LineReport> report_;
  std::vector<ReceiveReport> received_by_;
  std::vector<std::string> foreign_;
};

}  // namespace venuewire

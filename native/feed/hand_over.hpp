// Who drives a live feed: its own thread, or, while there is little to do, the thread of the reader's event loop, which
// saves a thread's wake-up for each packet. The feed thread offers; the loop takes when it comes by, so a reader that
// never lets its loop turn is never relied upon. The feed thread takes back what the loop leaves lying.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace venuewire {

class Doorbell;

/// What is driven, by one thread at a time.
class Driven {
 public:
  virtual ~Driven() = default;
  /// One turn that does not wait. Nothing is thrown.
  virtual void turn_now() = 0;
  /// When it wants to be driven at the latest, though nothing comes; nanoseconds of now().
  [[nodiscard]] virtual int64_t due() const = 0;
  /// Whether it waits for the reader: its descriptors stay readable, and a loop would spin.
  [[nodiscard]] virtual bool blocked() const = 0;
  [[nodiscard]] virtual int64_t now() const = 0;
};

class HandOver {
 public:
  /// `doorbell` outlives this; null: there is no loop.
  explicit HandOver(Doorbell* doorbell) : doorbell_(doorbell) {}

  // ── the feed thread ──
  /// The thread drives until end(); `descriptor` is readable while there is something to do. It offers what is
  /// `movable`.
  void begin(Driven& driven, int descriptor, bool movable = true);
  void end();
  /// After each turn: how long it worked. Offers the feed to the loop when that was little for a while.
  void worked(int64_t from_ns, int64_t to_ns);
  /// Whether the loop has taken over.
  [[nodiscard]] bool taken() const { return state_.load(std::memory_order_acquire) == State::loop; }
  /// Rests while the loop drives; ends when `stop` is true or the thread has to drive again.
  void rest(const std::atomic<bool>& stop);

  // ── the loop's thread ──
  /// Takes what was offered. False: the offer has been withdrawn.
  [[nodiscard]] bool take();
  /// One turn. False: the feed thread drives again.
  [[nodiscard]] bool drive();
  /// What the loop watches; valid between an offer and end().
  [[nodiscard]] int descriptor() const { return descriptor_.load(); }

  // ── any thread ──
  /// Ends a rest early.
  void wake() { rested_.notify_one(); }
  /// The feed thread drives again: the loop's thread is going to block.
  void give_back();

 private:
  enum class State : uint8_t { thread, offered, loop };
  [[nodiscard]] bool is_little(int64_t from_ns, int64_t to_ns);

  Doorbell* doorbell_;
  std::atomic<State> state_{State::thread};
  std::atomic<int> descriptor_{-1};
  std::mutex mutex_;  // held by who drives: by the feed thread whenever the loop does not
  std::unique_lock<std::mutex> held_;
  std::condition_variable rested_;
  // By who drives.
  Driven* driven_ = nullptr;
  int64_t window_ns_ = 0, work_ns_ = 0;
  int64_t rest_until_ns_ = 0, drove_ns_ = 0;
  bool little_ = false, movable_ = false;
};

}  // namespace venuewire

// A feed: one thread that runs the driver of its source. Everything it shares with other threads is in its delivery.
#pragma once
#include <thread>

#include "feed/delivery.hpp"
#include "feed/hand_over.hpp"
#include "feed/source.hpp"

namespace venuewire {

class Feed {
 public:
  /// `ring` outlives the feed. `doorbell` may be null: the reader polls.
  Feed(SessionSpec spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, SourceConfig source, Doorbell* doorbell);
  ~Feed();

  void start();
  /// Stops the thread and joins it. Safe to call again, and before start.
  void close();
  /// Blocks until the ring's head differs from `seen` or the time is over.
  [[nodiscard]] bool wait(uint32_t seen, int64_t timeout_ns) {
    hand_over_.give_back();  // the loop's thread is the one that blocks
    return delivery_.wait(seen, timeout_ns);
  }
  [[nodiscard]] bool failed(std::string& code, std::string& message) { return delivery_.failed(code, message); }
  [[nodiscard]] std::vector<LineReport> describe() { return delivery_.report(); }
  /// Empty until the lines are opened; what was decided before an opening failed is there.
  [[nodiscard]] std::vector<ReceiveReport> received_by() { return delivery_.received_by(); }
  [[nodiscard]] std::vector<std::string> foreign() { return delivery_.foreign(); }

 private:
  void run();
  void run_guarded();

  SessionSpec spec_;
  SourceConfig source_;
  Delivery delivery_;
  HandOver hand_over_;
  std::thread thread_;
};

}  // namespace venuewire

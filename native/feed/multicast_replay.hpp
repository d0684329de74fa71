// Sends the datagrams of a capture to their groups again, each when it is due. One thread of its own, which sleeps
// until shortly before and spins the rest: what is due is counted from the first packet, so nothing adds up. What is
// due together, or has become due meanwhile, goes in one call.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "feed/thread_setup.hpp"
#include "io/capture_input.hpp"
#include "io/event_loop.hpp"
#include "io/udp_sender.hpp"

namespace venuewire {

struct ReplayDestination {
  uint32_t ip = 0;  ///< host byte order
  uint16_t port = 0;
  uint32_t to_ip = 0;
  uint16_t to_port = 0;
};

struct ReplayConfig {
  std::string file;                 ///< a path; `-`: standard input
  const uint8_t* memory = nullptr;  ///< stays until the replay is gone
  uint64_t memory_bytes = 0;
  std::string label;  ///< what errors call the capture
  ThreadConfig thread;
  UdpSenderConfig sender;
  double speed = 1;    ///< times the original one; 0: as fast as it goes
  uint32_t times = 1;  ///< how often the capture is sent; 0: until the replay is closed
  uint16_t port = 0;   ///< only datagrams to it; 0: all
  std::vector<ReplayDestination> map;
};

struct ReplayCounts {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t passed_over = 0;    // not UDP over IPv4, or for another port
  uint64_t capture_bytes = 0;  // of the file, in this pass
  uint64_t passes = 0;
  int64_t last_late_ns = 0;  // of the last packet: what has added up
  int64_t most_late_ns = 0;
};

class MulticastReplay {
 public:
  explicit MulticastReplay(ReplayConfig config) : config_(std::move(config)) {}
  ~MulticastReplay() { close(); }
  MulticastReplay(const MulticastReplay&) = delete;
  MulticastReplay& operator=(const MulticastReplay&) = delete;

  void start();
  /// Stops and joins the thread; idempotent.
  void close();
  [[nodiscard]] bool done() const { return done_.load(); }
  [[nodiscard]] ReplayCounts counts();
  /// Of all passes.
  [[nodiscard]] CaptureCounters capture();
  /// Where datagrams went, `ip:port`, the first few.
  [[nodiscard]] std::vector<std::string> destinations();
  [[nodiscard]] bool failed(std::string& code, std::string& message);

 private:
  void run();
  void send_all();
  /// One pass over the capture; false: it was the last one, because of a failure or because the replay is closed.
  [[nodiscard]] bool pass();
  [[nodiscard]] std::unique_ptr<ByteSource> open();
  /// Keeps it for the next flush(); what is due before it goes first.
  [[nodiscard]] bool send(const CapturedPacket& packet);
  /// Sends what is kept, when it is due.
  [[nodiscard]] bool flush();
  [[nodiscard]] OutgoingDatagram addressed(const CapturedPacket& packet) const;
  [[nodiscard]] int64_t due_of(const CapturedPacket& packet);
  [[nodiscard]] bool fits(const CapturedPacket& packet) const;
  void note(const OutgoingDatagram& out);
  [[nodiscard]] bool wait_until(int64_t due_ns);
  void tell(const CaptureReader& reader, const CaptureInput& input);
  void fail(const char* code, const std::string& message);
  [[nodiscard]] std::string name() const;

  ReplayConfig config_;
  UdpSender sender_;
  EventLoop loop_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  bool timed_ = false;                  // this pass has a first packet
  bool first_kept_ = false;             // … which has not been sent yet
  int64_t base_ns_ = 0;                 // when it was due
  int64_t first_ns_ = 0;                // its time in the capture
  std::vector<OutgoingDatagram> kept_;  // not sent yet; their bytes are in `kept_bytes_`
  std::unique_ptr<uint8_t[]> kept_bytes_;
  size_t kept_size_ = 0;
  int64_t due_ns_ = 0;       // of the first that is kept
  int64_t last_due_ns_ = 0;  // of the last
  uint64_t told_packets_ = 0;
  int64_t told_ns_ = 0;
  std::vector<uint64_t> used_;  // destinations: address, then port
  ReplayCounts own_;            // the thread's; `counts_` is what others see of it
  std::mutex mutex_;            // guards what follows
  bool looping_ = false;
  ReplayCounts counts_;
  CaptureCounters before_, capture_;
  std::string code_, message_;
  std::vector<std::string> destinations_;
};

}  // namespace venuewire

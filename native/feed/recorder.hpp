// Records what comes to groups into pcapng files, on a thread of its own with rings of its own: it never holds up a
// feed, and what a slow disk costs is counted. Frames as they were where a packet ring may be opened, else datagrams
// behind the IP and UDP headers that they had, as far as a socket tells them.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/event_loop.hpp"
#include "io/pcapng_writer.hpp"
#include "io/receiver.hpp"

namespace venuewire {

struct RecordConfig {
  std::vector<ReceiveConfig> sources;  ///< one for each interface
  std::string receive = "auto";        ///< packetRing, socket, or the first of them that may be opened
  std::string path;                    ///< of the file; with rotation a number goes in front of its ending
  uint64_t rotate_bytes = 0;           ///< a new file after so many; 0: never
  int64_t rotate_ns = 0;               ///< a new file after so long; 0: never
  uint32_t keep = 0;                   ///< only the latest so many files; 0: all
};

struct RecordCounts {
  uint64_t packets = 0;
  uint64_t bytes = 0;  ///< of the files
  uint64_t files = 0;
  uint64_t dropped = 0;  ///< by the kernel, for want of room in the ring or the socket
};

class Recorder {
 public:
  explicit Recorder(RecordConfig config);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void start();
  /// Stops and joins the thread; the file is whole then. Idempotent.
  void close();
  [[nodiscard]] bool done() const { return done_.load(); }
  [[nodiscard]] RecordCounts counts();
  /// The file that is being written.
  [[nodiscard]] std::string file();
  /// How each source is received; empty until all are open.
  [[nodiscard]] std::vector<ReceiveDecision> received_by();
  [[nodiscard]] bool failed(std::string& code, std::string& message);

 private:
  struct Source;

  void run();
  void record();
  [[nodiscard]] bool open_source(const ReceiveConfig& config);
  [[nodiscard]] bool open_ring(const ReceiveConfig& config, Source& source, ReceiveProblem& problem);
  [[nodiscard]] bool open_file();
  [[nodiscard]] bool close_file();
  [[nodiscard]] bool drain(uint32_t number);
  [[nodiscard]] bool drain_ring(uint32_t number, Source& source);
  [[nodiscard]] bool drain_receivers(uint32_t number, Source& source);
  [[nodiscard]] bool rotate_when_due();
  [[nodiscard]] std::string path_of(uint64_t number) const;
  void count();
  void fail(const char* code, const std::string& message);
  [[nodiscard]] bool written(bool good);

  RecordConfig config_;
  EventLoop loop_;
  std::vector<std::unique_ptr<Source>> sources_;
  PcapngWriter writer_;
  std::deque<std::string> kept_;
  int64_t opened_ns_ = 0;
  RecordCounts own_;
  uint64_t bytes_before_ = 0;  // of the files that are closed
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  std::mutex mutex_;  // guards what follows
  bool looping_ = false;
  RecordCounts counts_;
  std::string file_;
  std::vector<ReceiveDecision> decisions_;
  std::string code_, message_;
};

}  // namespace venuewire

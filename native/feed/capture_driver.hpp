// Drives a session from a capture: packets to their lines, TCP flows put together, everything as fast as the reader
// takes it. Lives on the feed's thread.
#pragma once
#include "feed/delivery.hpp"
#include "feed/source.hpp"
#include "io/capture_input.hpp"
#include "io/event_loop.hpp"
#include "io/tcp_flow.hpp"

namespace venuewire {

/// A capture has no servers to ask.
class NoHost final : public Host {
 public:
  void connect(uint16_t, uint16_t) override {}
  void send(uint16_t, Bytes) override {}
  void close(uint16_t) override {}
};

class CaptureDriver final : private TcpFlowSink {
 public:
  /// All of them outlive this.
  CaptureDriver(const SessionSpec& spec, const SourceConfig& source, Delivery& delivery)
      : source_(source),
        delivery_(delivery),
        session_(spec, host_, delivery.writer(), delivery.channel_counters(), delivery.counters()),
        flows_(*this),
        router_(spec.lines) {
    for (const Route& r : source.routes) router_.add(r);
  }

  void run();

 private:
  [[nodiscard]] bool open();
  void read();
  /// Where packets went that are for no line; when all did, it is a notice.
  void tell_elsewhere();
  /// At the capture's own times, times `speed`; false when the feed is being closed.
  [[nodiscard]] bool wait_until_due(int64_t time_ns);
  /// False: the reader is gone, or the packet never fits.
  [[nodiscard]] bool take(const CapturedPacket& packet);
  [[nodiscard]] bool pass_on(const CapturedPacket& packet);
  void count();
  /// Whether reading ended with a fault, which is told.
  [[nodiscard]] bool fail();
  /// False when the feed is being closed.
  [[nodiscard]] bool make_room(uint32_t bytes);
  /// What the session holds because the ring was full goes out before more comes in.
  void unblock();
  void hand_over(const CapturedPacket& packet);
  /// Calls `take(line)` for each line that a flow is for.
  template <typename Take>
  bool each_line(const TcpFlow& flow, Take take);

  void on_bytes(const TcpFlow& flow, const TcpChunk& chunk) override;
  void on_hole(const TcpFlow& flow, uint64_t position, uint64_t bytes) override;
  void on_end(const TcpFlow& flow, TcpEnd why) override;

  const SourceConfig& source_;
  Delivery& delivery_;
  NoHost host_;
  Session session_;
  EventLoop loop_;
  std::unique_ptr<CaptureInput> input_;
  CaptureReader reader_;
  CaptureStatus status_ = CaptureStatus::end;
  TcpFlows flows_;
  Router router_;
  uint64_t for_lines_ = 0;  // packets that are for one at least
  uint64_t elsewhere_ = 0;  // packets that are for no line
  bool refused_ = false;    // a packet that never fits has ended the feed
  int64_t now_ns_ = 0;
  bool paced_ = false;      // the times of the first packet are known
  int64_t first_ns_ = 0;    // when it came, in the capture
  int64_t started_ns_ = 0;  // when it was delivered, by the monotonic clock
  uint32_t since_service_ = 0;
  uint32_t since_publish_ = 0;
};

}  // namespace venuewire

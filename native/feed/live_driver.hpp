// Drives a session from the network: receivers for the lines, sockets for the requesters, and what others carry. One
// event loop on the feed's thread waits for all of them.
#pragma once
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "feed/delivery.hpp"
#include "feed/external_driver.hpp"
#include "feed/hand_over.hpp"
#include "feed/router.hpp"
#include "feed/source.hpp"
#include "io/client.hpp"
#include "io/event_loop.hpp"
#include "io/receiver.hpp"

namespace venuewire {

class LiveDriver final : public Host, public ClientEvents, public Driven, public Sleeper {
 public:
  /// All of them outlive this.
  LiveDriver(const SessionSpec& spec, const SourceConfig& source, Delivery& delivery, HandOver& hand_over);
  ~LiveDriver() override { hand_over_.end(); }

  void run();

 private:
  /// What one interface hears: its receivers, and the lines that its datagrams are for.
  struct Port {
    explicit Port(const std::vector<LineSpec>& all) : router(all) {}
    ReceiveConfig config;
    std::string receive;                       // the backend that is asked for
    std::vector<std::vector<uint16_t>> lines;  // by group
    Router router;
    Receivers receivers;
  };

  void turn_now() override;
  [[nodiscard]] int64_t due() const override;
  [[nodiscard]] bool blocked() const override;
  [[nodiscard]] int64_t now() const override;
  void wake() override;

  [[nodiscard]] bool open_lines();
  [[nodiscard]] bool add_line(uint16_t index);
  [[nodiscard]] Port& port_of(const LineSpec& line, const std::string& receive);
  [[nodiscard]] bool open_port(Port& port, std::vector<LineReport>& reports);
  void note_decision(const Port& port, const ReceiveDecision& decision);
  void line_failed(uint16_t index, const std::string& why, const char* code = "VW_LINE_OPEN");

  /// Waits at most so long for something to do, and does it; when it began with that.
  int64_t turn(int64_t timeout);
  [[nodiscard]] int64_t timeout_ns(int64_t at) const;
  void note_cycle(int64_t at);
  void receive(size_t index);
  void take(Receiver& receiver, Port& port);
  void report();
  /// Each session is left as its protocol wants it; servers have a moment to take it in.
  void say_goodbye();

  void connect(uint16_t requester, uint16_t server) override;
  void send(uint16_t requester, Bytes bytes) override;
  void close(uint16_t requester) override;
  void leave(uint16_t requester) override;
  void on_connected(uint32_t id) override;
  void on_data(uint32_t id, Bytes bytes) override;
  void on_closed(uint32_t id, ClientCloseReason reason, int system_error) override;

  const SessionSpec& spec_;
  const SourceConfig& source_;
  Delivery& delivery_;
  HandOver& hand_over_;
  EventLoop loop_;
  Clients clients_;
  Session session_;
  ExternalDriver external_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::pair<Receiver*, Port*>> receivers_;  // by their tokens
  std::vector<Datagram> batch_;
  std::vector<LoopEvent> events_;
  int64_t base_ns_ = 0;
  int64_t gauges_ns_ = 0;
  int64_t cycle_ns_ = 0;
  std::exception_ptr thrown_;  // on the loop's thread
};

}  // namespace venuewire

// Lines and servers that somebody else connects to: hands what was pushed to the session, and asks for connections.
// Part of a live feed, on its thread. A line that breaks is connected to again; when a server is connected to is the
// session's business.
#pragma once
#include <memory>
#include <vector>

#include "core/session.hpp"
#include "feed/external_port.hpp"
#include "feed/router.hpp"

namespace venuewire {

class ExternalDriver {
 public:
  /// `spec` and `session` outlive this. Without a port there is nothing external.
  ExternalDriver(const SessionSpec& spec, Session& session, std::shared_ptr<ExternalPort> port);
  ~ExternalDriver();
  ExternalDriver(const ExternalDriver&) = delete;
  ExternalDriver& operator=(const ExternalDriver&) = delete;

  [[nodiscard]] bool has_line(uint16_t line) const;
  [[nodiscard]] bool has_requester(uint16_t requester) const;

  /// Asks for the lines. What is pushed wakes the loop from now on, until stop().
  void start(EventLoop& loop, int64_t now_ns);
  void stop();

  /// Hands over what has been pushed, as far as the session has room for it.
  void receive(int64_t now_ns);
  /// Connects lines again that are due, and gives up those that have not come about in time.
  void service(int64_t now_ns);
  /// When to come again; 0: at once.
  [[nodiscard]] int64_t deadline() const;

  // As the session's host.
  void connect(uint16_t requester, uint16_t server);
  void send(uint16_t requester, Bytes bytes);
  /// `in_peace`: what was sent goes out first.
  void close(uint16_t requester, bool in_peace);

  /// Datagrams that named a destination that is no external line's.
  [[nodiscard]] uint64_t foreign() const { return router_.foreign(); }
  [[nodiscard]] std::vector<std::string> foreign_destinations() const { return router_.foreign_destinations(); }

 private:
  struct End {
    uint32_t connection = 0;  ///< the latest
    bool open = false;        ///< … is asked for or there
    std::vector<uint8_t> queue;
    size_t at = 0;       ///< in the queue
    uint32_t taken = 0;  ///< of the bytes of the event at `at`
    bool up = false;     ///< a line that has been told to be up
    int64_t again_ns = INT64_MAX;
    int64_t pause_ns = 0;          ///< before the next attempt
    int64_t until_ns = INT64_MAX;  ///< it has to be there
  };

  void connect_line(uint32_t end, int64_t now_ns);
  [[nodiscard]] bool waits(const ExternalEnd& which) const;
  /// False: some of what was taken waits.
  [[nodiscard]] bool receive_end(uint32_t end, int64_t now_ns);
  /// The event at the head of the queue, or the next piece of its bytes.
  size_t receive_next(uint32_t end, int64_t now_ns);
  void take_line(uint32_t end, const ExternalEvent& event, Bytes bytes, int64_t now_ns);
  void take_requester(uint32_t end, const ExternalEvent& event, Bytes bytes, int64_t now_ns);
  void datagram(uint16_t line, const ExternalEvent& event, Bytes bytes, int64_t now_ns);
  void line_up(uint32_t end, int64_t now_ns);
  void line_closed(uint32_t end, Reason why, int64_t now_ns);

  const SessionSpec& spec_;
  Session& session_;
  std::shared_ptr<ExternalPort> port_;
  std::vector<End> ends_;
  std::vector<uint32_t> by_line_, by_requester_;  // end; kNone: not external
  Router router_;                                 // of the external lines' own addresses
  bool waiting_ = false;                          // an end has bytes that were taken and not handed over
};

}  // namespace venuewire

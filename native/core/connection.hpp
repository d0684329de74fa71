// A connection to a server, as requesters use it: opened and ended through the host, with its login, the messages sent
// on it, its time limits, the servers that can be tried, what a server allows, and what has come together of its
// stream. What is asked for and what answers mean is none of its business. Pure: sockets belong to the host, time is an
// argument.
#pragma once
#include <cstdint>
#include <vector>

#include "core/recovery_spec.hpp"
#include "core/reply_stream.hpp"
#include "core/request_limits.hpp"
#include "core/template_writer.hpp"

namespace venuewire {

/// What a driver gives the requesters: live sockets, or a simulated network.
class Host {
 public:
  virtual ~Host() = default;
  virtual void connect(uint16_t requester, uint16_t server) = 0;
  virtual void send(uint16_t requester, Bytes bytes) = 0;
  virtual void close(uint16_t requester) = 0;
  /// Closes once what was sent has gone out and the peer has had time to answer it.
  virtual void leave(uint16_t requester) { close(requester); }
};

/// Whether that says that the server could not be talked to, rather than what it said.
[[nodiscard]] bool unreachable(Reason why);

/// The servers of one requester, tried in turn.
class ServerList {
 public:
  enum class Verdict : uint8_t { try_next, rest, give_up };

  explicit ServerList(const RequesterSpec& spec) : spec_(spec) {}

  [[nodiscard]] uint16_t current() const { return current_; }
  [[nodiscard]] uint16_t size() const { return uint16_t(spec_.servers.size()); }
  void next() { current_ = size() > 1 ? uint16_t((current_ + 1) % size()) : current_; }
  /// A server has served us.
  void served() { failed_ = rounds_failed_ = 0; }
  /// One more has not.
  void count_failure() { failed_++; }
  /// What follows from it. `tries`: how often all of them in turn may be out of reach.
  [[nodiscard]] Verdict judge(Reason why, uint16_t tries, int64_t now_ns);
  /// What has been refused will be refused by every one of them.
  void condemn_all() { failed_ = size(); }

  /// None of them could be reached: they are left alone for a while.
  [[nodiscard]] bool resting(int64_t now_ns) const { return now_ns < rest_until_ns_; }
  [[nodiscard]] int64_t rest_until_ns() const { return rest_until_ns_; }
  /// All of them have refused.
  [[nodiscard]] bool cooling_down(int64_t now_ns) const { return now_ns < cooldown_until_ns_; }
  [[nodiscard]] Reason last_failure() const { return last_failure_; }
  void remember_failure(Reason why) { last_failure_ = why; }

 private:
  const RequesterSpec& spec_;
  uint16_t current_ = 0;
  uint16_t failed_ = 0;         // in turn
  uint16_t rounds_failed_ = 0;  // every one of them in turn could not be reached
  int64_t rest_until_ns_ = INT64_MIN;
  int64_t cooldown_until_ns_ = INT64_MIN;
  Reason last_failure_ = Reason::none;
};

class Connection {
 public:
  enum class State : uint8_t { closed, connecting, login, ready };
  enum class End : uint8_t {
    close,
    leave,  ///< the logout has been sent
    gone,   ///< the peer has closed: there is nothing to close
  };
  /// What has not come in its time.
  enum class Overdue : uint8_t { nothing, connection, login, traffic };

  Connection(const RequesterSpec& spec, const FramingSpec& framing, uint16_t index, Host& host);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool closed() const { return state_ == State::closed; }
  [[nodiscard]] bool ready() const { return state_ == State::ready; }
  /// When it came to this state, and when the peer was heard last.
  [[nodiscard]] int64_t since_ns() const { return since_ns_; }
  [[nodiscard]] int64_t heard_ns() const { return heard_ns_; }

  // ── its life ──
  /// The first time at which the server allows another login.
  [[nodiscard]] int64_t next_login_ns() const { return last_login_ns_ + spec_.login_gap_ns; }
  void open(int64_t now_ns);
  /// The host has connected. False: nobody had asked for it.
  [[nodiscard]] bool connected(int64_t now_ns);
  /// The login is accepted, or there is none.
  void let_in(int64_t now_ns);
  void end(End how);

  // ── what is sent ──
  /// Sends a message that takes the next of our numbers.
  void send(const Template& t, TemplateValues values, int64_t now_ns);
  /// Sends one that takes none, or that has had its number before.
  void send_uncounted(const Template& t, const TemplateValues& values, int64_t now_ns);
  void send_back(Bytes bytes, int64_t now_ns);
  [[nodiscard]] uint64_t messages_sent() const { return messages_sent_; }
  void count_messages_from_one() { messages_sent_ = 0; }
  [[nodiscard]] bool heartbeat_due(int64_t now_ns) const;

  // ── what is heard ──
  void heard(int64_t now_ns);
  [[nodiscard]] Overdue overdue(int64_t now_ns) const;
  /// Silence after which the peer is asked whether it is there; once.
  [[nodiscard]] bool probe_due(int64_t now_ns) const;
  void probed() { probed_ = true; }
  /// When the next of these times is over.
  [[nodiscard]] int64_t deadline() const;

  ServerList servers;
  RequestLimits limits;
  ReplyStream stream;

  [[nodiscard]] uint64_t held_bytes() const { return stream.held_bytes() + message_.capacity(); }
  [[nodiscard]] static uint64_t held_bytes_max(const RequesterSpec& spec);

 private:
  const RequesterSpec& spec_;
  uint16_t index_;
  Host& host_;
  State state_ = State::closed;
  bool probed_ = false;
  int64_t since_ns_ = 0;
  int64_t sent_ns_ = 0;
  int64_t heard_ns_ = 0;
  int64_t last_login_ns_ = INT64_MIN / 2;  // of the last login, or of a connection that has not come about
  uint64_t messages_sent_ = 0;             // that took a number
  std::vector<uint8_t> message_;           // that is being written
};

}  // namespace venuewire

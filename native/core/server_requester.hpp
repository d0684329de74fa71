// What all requesters with a connection have in common: one piece of work at a time, a request for it within the
// limits, and answers that are looked up in the rules. What the work is, when there is a connection, and what becomes
// of both when something fails, is for the classes built on it.
#pragma once
#include <cstdint>
#include <vector>

#include "core/connection.hpp"
#include "core/requester.hpp"
#include "core/work.hpp"

namespace venuewire {

/// What a rule has found in a packet or message of the server.
struct Reply {
  const ReplyRule& rule;
  Bytes whole, at;
  uint64_t number, last;  ///< 0 where there is none
  bool has_last;
  int64_t now_ns;

  [[nodiscard]] bool has_number() const { return rule.number.present(); }
  [[nodiscard]] Bytes payload() const { return at.from(rule.payload_offset); }
  /// The first number that a snapshot of this number does not contain.
  [[nodiscard]] uint64_t first_behind() const { return number + (rule.inclusive ? 1 : 0); }
};

class ServerRequester : public Requester {
 public:
  explicit ServerRequester(const RequesterParts& parts);

  void connected(int64_t now_ns) final;
  void received(Bytes bytes, int64_t now_ns) final;
  void closed(Reason why, uint32_t detail, int64_t now_ns) final;
  void line_packet(const Channel&, const FramingSpec&, const Packet&, const Arrival&) override {}
  [[nodiscard]] bool stalled() const final { return connection_.stream.stalled(); }
  void tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) final;
  [[nodiscard]] bool idle() const final { return !work_.under_way(); }
  [[nodiscard]] bool resting(int64_t now_ns) const final { return connection_.servers.resting(now_ns); }
  void stop() final;
  void leave(int64_t now_ns) override;
  [[nodiscard]] uint64_t held_bytes() const override { return connection_.held_bytes(); }

 protected:
  // ── the work: what it is … ──
  /// Takes up work. False: there is none.
  [[nodiscard]] virtual bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs,
                                  int64_t now_ns) = 0;
  /// How many of its numbers are still to come; 0 where its answer is not counted by numbers.
  [[nodiscard]] virtual uint64_t missing() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
  // ── … and what becomes of it ──
  /// Counts an attempt; true when there are no more.
  [[nodiscard]] virtual bool count_try(Reason why) { return work_.count_try(why); }
  virtual void to_next_rung(Reason why, int64_t now_ns) { work_.to_next_rung(why, now_ns); }
  /// The request under way has failed.
  virtual void request_failed(Reason why, uint32_t detail, int64_t now_ns) = 0;
  /// The server says that it has said all.
  virtual void request_completed(int64_t now_ns);
  /// Its channel has entered another session.
  virtual void work_outlived(int64_t now_ns) = 0;

  // ── the connection ──
  virtual void open(int64_t now_ns) = 0;
  /// The host has connected.
  virtual void log_in(int64_t now_ns) = 0;
  virtual void login_accepted(const Reply& reply) = 0;
  /// This server will not serve us: refused, rejected, unreachable.
  virtual void server_failed(Reason why, uint32_t detail, int64_t now_ns) = 0;
  /// The peer has closed it.
  virtual void peer_closed(Reason why, uint32_t detail, int64_t now_ns) = 0;
  /// What comes on it cannot be read, or is more than may be kept.
  virtual void stream_unusable(Reason why, int64_t now_ns) = 0;
  /// Nothing has come on it for too long.
  virtual void peer_silent(int64_t now_ns) = 0;
  /// It is over: what was known of its answers is void.
  virtual void forget_answers() {}
  /// What else time brings, and when.
  virtual void keep_up(int64_t) {}
  [[nodiscard]] virtual int64_t own_deadline(int64_t now_ns) const = 0;

  // ── what comes on it ──
  /// The channel that it is for, whose room it waits for.
  [[nodiscard]] virtual const Channel* taker() const = 0;
  /// A packet, before rules are looked at. False: there is no connection any more.
  [[nodiscard]] virtual bool packet_begins(const Packet&, int64_t) { return true; }
  /// A packet whose messages have been looked up. `found`: there was a rule for some of them.
  virtual void packet_ends(const Packet& packet, bool found, bool malformed, int64_t now_ns) = 0;
  virtual void stream_passed(int64_t) {}
  /// Does what a reply says. False: the consumer has no room for it, it comes again.
  [[nodiscard]] virtual bool act(const Reply& reply);

  // ── for those built on it ──
  [[nodiscard]] virtual TemplateValues values(int64_t now_ns) const;
  /// The channel whose counters tell of the connection; null: there is none.
  [[nodiscard]] virtual Channel* counted_channel() const { return work_.channel; }
  void send(const Template& t, int64_t now_ns) { connection_.send(t, values(now_ns), now_ns); }
  /// Asks, connects first, or waits, as it has to be.
  void go(int64_t now_ns);
  void ask(int64_t now_ns);
  /// Whether one more request may be sent now. If not, the time is set, or the next rung has the work.
  [[nodiscard]] bool within_limits(int64_t now_ns);
  void hang_up(int64_t now_ns, bool polite);
  void end_connection(Connection::End how);
  void finish_if_done(int64_t now_ns);
  /// The work ends here, to be picked up again, or goes on to the next rung.
  void count_failed_attempt(Reason why, uint32_t detail, int64_t now_ns);
  void announce_failure(Reason why, uint32_t detail, int64_t now_ns) const {
    work_.announce_failure(why, detail, connection_.servers.current(), now_ns);
  }
  [[nodiscard]] Arrival arrival_at(int64_t now_ns) const { return {0, Origin::recovery, now_ns, now_ns}; }
  /// The channel that data on this connection belongs to: that of the last request, whatever is wanted by now.
  [[nodiscard]] Channel* answering() const;
  /// Data of the last request has come, up to `linear_end`.
  void answer_reached(uint64_t linear_end);
  /// The server has ended an answer. Where it closes the connection behind it, that is still to come.
  void answer_ended();
  /// The number that a message of the feed has, by its own word or by counting.
  [[nodiscard]] uint64_t number_of(const Reply& r) { return r.has_number() ? r.number : next_counted_++; }
  /// A login without a request behind it asks for the range itself.
  [[nodiscard]] bool login_asks() const { return spec_.login.present() && !spec_.request.present(); }

  /// The last request of this connection: what it held, and whether its answer may still be coming.
  struct LastRequest {
    Channel* channel = nullptr;
    SessionId session;
    uint64_t end = 0;  // linear
    uint64_t values[kEchoedVariables] = {};
    bool outstanding = false;
  };
  /// The state that the server has announced: it can be asked for.
  struct Image {
    uint64_t number = 0, first_behind = 0;
    bool announced = false;
  };

  const FramingSpec& framing_;
  const uint16_t index_;
  ReplySink& sink_;
  Connection connection_;
  Work work_;
  LastRequest last_request_;
  Image image_;
  uint64_t correlation_ = 0;
  uint64_t next_counted_ = 0;       // wire number of the next message that carries none
  int64_t allowed_ns_ = INT64_MIN;  // when the limits allow the next request

 private:
  static constexpr size_t kEchoMax = 64;

  void read_stream(int64_t now_ns);
  [[nodiscard]] bool read_record(Bytes bytes, int64_t now_ns);
  [[nodiscard]] const ReplyRule* rule_for(Bytes at, bool in_message) const;
  [[nodiscard]] bool take_reply(const ReplyRule& rule, Bytes whole, Bytes at, int64_t now_ns);
  [[nodiscard]] bool answers_last_request(const ReplyRule& rule, Bytes at) const;
  void answer_peer(const Reply& reply);
  void take_status(const Reply& reply);
  void settle(Outcome outcome, uint32_t code, int64_t now_ns);
  void take_unavailable(const Reply& reply);
  void count_malformed();
  void begin_waiting(int64_t now_ns);
  void check_connection(int64_t now_ns);
  void check_answer(int64_t now_ns);
  void set_deadline(int64_t now_ns);

  bool has_complete_rule_ = false;
  uint8_t echo_[kEchoMax] = {};  // text of the message that is answered
  uint32_t echo_size_ = 0;
};

}  // namespace venuewire

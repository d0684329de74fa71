// A stream that is itself a line of a channel: connected to at the start and kept; after a break it logs in again from
// the first number that is missing. Its messages are live input; holes are asked for on the same connection.
#pragma once
#include "core/server_requester.hpp"
#include "core/subscription.hpp"

namespace venuewire {

class StreamLine final : public ServerRequester {
 public:
  explicit StreamLine(const RequesterParts& parts);

  [[nodiscard]] bool always_at_work() const override { return true; }
  void leave(int64_t now_ns) override;

 private:
  /// up: logged in, and the channel knows.
  enum class State : uint8_t { down, up };
  enum class Parting : uint8_t { silent, polite, peer_gone };
  enum class Return : uint8_t { soon, late };
  /// What the next login says, and what the last one was told.
  struct Login {
    bool resumes = false;      // this one was to go on where we were
    bool any_session = false;  // the session that we know is over, and asking for it was refused: whatever is there now
    bool numbers_anew = false;  // the server's numbers have begun again: the next login begins ours again too
    bool has_session = false;   // the server says which session this connection is logged into
    SessionId session;
  };

  [[nodiscard]] bool pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) override;
  [[nodiscard]] uint64_t missing() const override;
  [[nodiscard]] bool done() const override { return missing() == 0; }
  void request_failed(Reason why, uint32_t detail, int64_t now_ns) override {
    count_failed_attempt(why, detail, now_ns);
  }
  void work_outlived(int64_t) override { work_.finish(); }
  void open(int64_t now_ns) override;
  void log_in(int64_t now_ns) override;
  void login_accepted(const Reply& reply) override;
  void server_failed(Reason why, uint32_t detail, int64_t now_ns) override;
  void peer_closed(Reason why, uint32_t detail, int64_t now_ns) override;
  void stream_unusable(Reason why, int64_t now_ns) override { server_failed(why, 0, now_ns); }
  void peer_silent(int64_t now_ns) override;
  void keep_up(int64_t now_ns) override;
  [[nodiscard]] int64_t own_deadline(int64_t now_ns) const override;
  [[nodiscard]] const Channel* taker() const override { return &channel_; }
  [[nodiscard]] bool packet_begins(const Packet& packet, int64_t now_ns) override;
  void packet_ends(const Packet& packet, bool found, bool malformed, int64_t now_ns) override;
  void stream_passed(int64_t now_ns) override { subscription_.tell_when_delivered(channel_, index_, now_ns); }
  [[nodiscard]] bool act(const Reply& reply) override;
  [[nodiscard]] TemplateValues values(int64_t now_ns) const override;
  [[nodiscard]] Channel* counted_channel() const override { return &channel_; }

  // The session.
  void let_in(uint64_t next, int64_t now_ns);
  void session_unavailable(uint32_t detail, int64_t now_ns);
  void session_ended(int64_t now_ns);
  void peer_leaves(int64_t now_ns);
  void lost(Reason why, uint32_t detail, Parting parting, Return when, int64_t now_ns);
  void lost_to_implausible(uint32_t detail, int64_t now_ns);
  // What comes.
  [[nodiscard]] bool is_peer(Bytes message) const;
  [[nodiscard]] bool number_too_low(const Packet& packet, int64_t now_ns);
  void take_message(const Reply& r);
  // What is subscribed to.
  void subscribe(int64_t now_ns);
  void subscription_failed(Reason why, uint32_t detail, int64_t now_ns);
  // What the peer wants again.
  void send_again(uint64_t from, uint64_t to, int64_t now_ns);
  void fill(uint64_t from, uint64_t to, int64_t now_ns);
  // Holes.
  [[nodiscard]] bool is_mine(const Hole& hole, const std::vector<RungSpec>& rungs) const;
  [[nodiscard]] bool give_up_waiting(const Hole& hole, const RungSpec& rung, int64_t now_ns);
  void mend_by_state(uint8_t rung, int64_t now_ns);

  Channel& channel_;
  State state_ = State::down;
  Login login_;
  bool brought_news_ = false;  // this connection has
  Backoff backoff_;
  int64_t reopen_at_ns_ = 0;
  Subscription subscription_;
};

}  // namespace venuewire

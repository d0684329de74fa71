// Requesters that connect when a hole wants it: they log in, ask, and go on to the next server when one fails. When all
// have failed they leave them alone for a while, or give the hole to the next rung.
#pragma once
#include "core/server_requester.hpp"

namespace venuewire {

class HoleRequester : public ServerRequester {
 public:
  using ServerRequester::ServerRequester;

 protected:
  /// The answer to what was asked begins, with the login itself.
  virtual void answer_begins(const Reply& login) = 0;
  /// What has come of an answer will not be whole.
  virtual void answer_broken(Reason, uint32_t, int64_t) {}
  /// Counts an attempt that has failed against the work.
  virtual void attempt_failed(Reason why, uint32_t detail, int64_t now_ns) {
    count_failed_attempt(why, detail, now_ns);
  }

  void request_failed(Reason why, uint32_t detail, int64_t now_ns) final;
  void work_outlived(int64_t now_ns) final;
  void open(int64_t now_ns) final;
  void log_in(int64_t now_ns) final;
  void login_accepted(const Reply& reply) final;
  void server_failed(Reason why, uint32_t detail, int64_t now_ns) final;
  void peer_closed(Reason why, uint32_t detail, int64_t now_ns) final;
  void stream_unusable(Reason why, int64_t now_ns) final { request_failed(why, 0, now_ns); }
  void peer_silent(int64_t now_ns) final;
  [[nodiscard]] int64_t own_deadline(int64_t now_ns) const final;
  void packet_ends(const Packet& packet, bool found, bool malformed, int64_t now_ns) final;
};

}  // namespace venuewire

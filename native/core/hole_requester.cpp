#include "core/hole_requester.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Whether a text field equals the session's text, blanks and NULs aside.
bool same_session(const uint8_t* p, uint32_t width, const SessionId& e) {
  uint8_t text[16];
  store_uint(text, e.high, 8, true);
  store_uint(text + 8, e.low, 8, true);
  const auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  uint32_t i = 0, j = 0;
  for (;;) {
    while (i < width && blank(p[i])) i++;
    while (j < sizeof text && blank(text[j])) j++;
    if (i == width || j == sizeof text) return i == width && j == sizeof text;
    if (p[i++] != text[j++]) return false;
  }
}

}  // namespace

// ── the connection ───────────────────────────────────────────────────────────────────────────────────────────────

void HoleRequester::open(int64_t now_ns) {
  if (spec_.servers.empty()) return server_failed(Reason::noRecovery, 0, now_ns);
  if (now_ns < connection_.next_login_ns()) return;  // tick comes back
  if (login_asks() && !within_limits(now_ns)) return;
  connection_.count_messages_from_one();
  image_.announced = false;
  work_.channel->counters()[C::connects]++;
  connection_.open(now_ns);
}

void HoleRequester::log_in(int64_t now_ns) {
  if (!spec_.login.present()) {
    connection_.let_in(now_ns);
    return go(now_ns);
  }
  if (login_asks()) {
    // The login is the request: it names the first number wanted.
    connection_.limits.spend(now_ns);
    correlation_++;
    if (work_.under_way()) work_.channel->counters()[C::requests]++;
  }
  send(spec_.login, now_ns);
}

void HoleRequester::login_accepted(const Reply& r) {
  if (work_.under_way() && r.rule.session_width != 0 &&
      !same_session(r.at.data + r.rule.session_offset, r.rule.session_width, work_.channel->session())) {
    return server_failed(Reason::requestRefused, 0, r.now_ns);
  }
  connection_.let_in(r.now_ns);
  if (r.has_number()) next_counted_ = r.number;
  finish_if_done(r.now_ns);  // the other line may have filled the hole meanwhile
  if (!work_.under_way()) return;
  if (spec_.request.present()) return go(r.now_ns);
  ask(r.now_ns);
  answer_begins(r);
}

void HoleRequester::peer_closed(Reason why, uint32_t detail, int64_t now_ns) {
  const Connection::State was = connection_.state();
  const bool for_earlier_request = last_request_.outstanding && !work_.asked();
  end_connection(Connection::End::gone);
  if (!work_.under_way()) return;
  if (was == Connection::State::connecting) {
    server_failed(why == Reason::none ? Reason::connectionRefused : why, detail, now_ns);
  } else if (was == Connection::State::login) {
    server_failed(Reason::connectionClosed, detail, now_ns);
  } else if (for_earlier_request) {
    return;  // the next service connects again
  } else if (missing() < work_.missing) {
    work_.renew_tries();
    work_.finish();
  } else {
    request_failed(Reason::connectionClosed, detail, now_ns);
  }
}

void HoleRequester::peer_silent(int64_t now_ns) {
  if (work_.under_way()) return request_failed(Reason::timedOut, kTimedOutTraffic, now_ns);
  hang_up(now_ns, false);
}

int64_t HoleRequester::own_deadline(int64_t now_ns) const {
  int64_t at = resting(now_ns) ? connection_.servers.rest_until_ns() : INT64_MAX;
  if (work_.under_way() && connection_.closed())
    at = std::min(at, std::max({now_ns + 1, connection_.next_login_ns(), allowed_ns_}));
  return at;
}

// ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────

void HoleRequester::request_failed(Reason why, uint32_t detail, int64_t now_ns) {
  answer_broken(why, detail, now_ns);
  // Of several servers the next is tried: that takes another connection, or socket.
  if (spec_.tcp || connection_.servers.size() > 1) hang_up(now_ns, false);
  connection_.servers.next();
  if (work_.under_way()) attempt_failed(why, detail, now_ns);
}

void HoleRequester::server_failed(Reason why, uint32_t detail, int64_t now_ns) {
  answer_broken(why, detail, now_ns);
  hang_up(now_ns, false);
  if (work_.under_way()) work_.channel->counters()[C::refusals]++;
  announce_failure(why, detail, now_ns);
  connection_.servers.count_failure();
  connection_.servers.next();
  if (!work_.under_way()) return;
  if (connection_.servers.judge(why, work_.rung->tries, now_ns) == ServerList::Verdict::give_up) {
    to_next_rung(why, now_ns);
  } else {
    work_.finish();
  }
}

void HoleRequester::work_outlived(int64_t now_ns) {
  if (spec_.tcp) hang_up(now_ns, true);
  work_.finish();
}

// ── packets of the feed ──────────────────────────────────────────────────────────────────────────────────────────

/// What no rule is for is a packet of the feed, where that is declared.
void HoleRequester::packet_ends(const Packet& packet, bool found, bool malformed, int64_t now_ns) {
  if (found) return;
  if (!spec_.replies_are_feed) {
    if (malformed && work_.under_way()) work_.channel->counters()[C::malformed]++;
    return;
  }
  Channel* c = answering();
  if (c == nullptr && last_request_.channel != nullptr) return;  // of a session that is over
  sink_.reply_packets(framing_, c != nullptr ? c->index() : kAnyChannel, packet.whole, arrival_at(now_ns));
  if (c == nullptr || !last_request_.outstanding || packet.kind != PacketKind::data) return;
  const bool one = framing_.numbering == Numbering::packet || packet.count == kCountUnknown;
  answer_reached(c->linear(packet.sequence) + (one ? 1 : packet.count));
}

}  // namespace venuewire

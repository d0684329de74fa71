#include "core/server_requester.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Short pieces of work that may start and fail within one tick; the rest follows at the next one.
constexpr int kPicksMost = 4;
constexpr int64_t kStalledLookNs = 100'000;

}  // namespace

ServerRequester::ServerRequester(const RequesterParts& parts)
    : Requester(parts.spec),
      framing_(parts.framing),
      index_(parts.index),
      sink_(parts.sink),
      connection_(parts.spec, parts.framing, parts.index, parts.host),
      work_(parts.spec, parts.index) {
  for (const ReplyRule& r : spec_.rules) has_complete_rule_ = has_complete_rule_ || r.action == Action::complete;
}

// ── what the driver reports ──────────────────────────────────────────────────────────────────────────────────────

void ServerRequester::connected(int64_t now_ns) {
  if (connection_.connected(now_ns)) log_in(now_ns);
}

void ServerRequester::closed(Reason why, uint32_t detail, int64_t now_ns) {
  if (connection_.closed()) return;
  if (stalled()) read_stream(now_ns);
  peer_closed(why, detail, now_ns);
}

void ServerRequester::stop() {
  if (!connection_.closed()) connection_.end(Connection::End::close);
  work_.finish();
}

void ServerRequester::leave(int64_t now_ns) {
  hang_up(now_ns, true);
  work_.finish();
}

// ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void ServerRequester::tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (stalled()) read_stream(now_ns);
  if (work_.outlived()) work_outlived(now_ns);
  finish_if_done(now_ns);
  check_connection(now_ns);
  check_answer(now_ns);
  keep_up(now_ns);
  for (int i = 0; i < kPicksMost && !work_.under_way(); i++) {
    if (!pick(channels, rungs, now_ns)) break;
    work_.missing = missing();
    go(now_ns);
  }
  go(now_ns);
  if (connection_.heartbeat_due(now_ns)) send(spec_.heartbeat, now_ns);
  set_deadline(now_ns);
}

void ServerRequester::check_connection(int64_t now_ns) {
  switch (connection_.overdue(now_ns)) {
    case Connection::Overdue::nothing:
      return;
    case Connection::Overdue::connection:
      return server_failed(Reason::timedOut, 0, now_ns);
    case Connection::Overdue::login:
      return server_failed(Reason::timedOut, kTimedOutLogin, now_ns);
    case Connection::Overdue::traffic:
      return peer_silent(now_ns);
  }
}

void ServerRequester::check_answer(int64_t now_ns) {
  if (!work_.under_way() || stalled() || now_ns < work_.answer_due_ns) return;
  if (!work_.asked() && last_request_.outstanding) {
    // The answer to an earlier request never ended: nothing more can be asked on this connection.
    return hang_up(now_ns, false);
  }
  const bool awaits_image = connection_.ready() && spec_.needs_image && !work_.asked();
  if (!work_.asked() && !awaits_image) return;
  const uint64_t left = missing();
  if (left >= work_.missing) {
    work_.channel->counters()[C::requestTimeouts]++;
    return request_failed(Reason::timedOut, 0, now_ns);
  }
  // Some came: ask for the rest with a fresh budget.
  work_.renew_tries();
  if (spec_.request.present()) return work_.finish();
  work_.missing = left;
  work_.answer_due_ns = now_ns + work_.rung->timeout_ns;
}

void ServerRequester::set_deadline(int64_t now_ns) {
  deadline_ = std::min(connection_.deadline(), own_deadline(now_ns));
  if (stalled()) deadline_ = std::min(deadline_, now_ns + kStalledLookNs);
  if (work_.under_way() && connection_.ready()) deadline_ = std::min(deadline_, work_.answer_due_ns);
}

// ── the request ──────────────────────────────────────────────────────────────────────────────────────────────────

TemplateValues ServerRequester::values(int64_t now_ns) const {
  TemplateValues v;
  if (const Channel* c = counted_channel()) {
    v[Variable::begin] = c->wire(work_.begin);
    v[Variable::last] = work_.end > 0 ? c->wire(work_.end - 1) : 0;
    v[Variable::end] = c->wire(work_.end);
    v[Variable::channel] = c->key();
    v[Variable::session] = c->session().low;
    v.session = c->session();
  }
  v[Variable::count] = work_.end - work_.begin;
  v[Variable::correlation] = correlation_;
  v[Variable::client_sequence] = connection_.messages_sent();
  v[Variable::image] = image_.number;
  v[Variable::time] = uint64_t(now_ns);
  v.echo = {echo_, echo_size_};
  return v;
}

void ServerRequester::go(int64_t now_ns) {
  if (!work_.under_way()) return;
  if (connection_.closed()) return open(now_ns);
  if (!connection_.ready() || work_.asked() || now_ns < work_.not_before_ns) return;
  // A newer image is on its way when the one that is there would not close the gap.
  if (spec_.needs_image && !(image_.announced && work_.closed_by(image_.first_behind))) return;
  if (!last_request_.outstanding) ask(now_ns);
}

bool ServerRequester::within_limits(int64_t now_ns) {
  const int64_t wait = connection_.limits.wait_ns(now_ns);
  if (wait <= 0) return true;
  if (!work_.quota_told) work_.channel->counters()[C::quotaWaits]++;
  work_.quota_told = true;
  if (wait > spec_.patience_ns) {
    announce_failure(Reason::quota, 0, now_ns);
    to_next_rung(Reason::quota, now_ns);
  } else {
    allowed_ns_ = work_.answer_due_ns = now_ns + wait;
  }
  return false;
}

void ServerRequester::ask(int64_t now_ns) {
  if (!spec_.request.present()) return begin_waiting(now_ns);
  if (!within_limits(now_ns)) return;
  connection_.limits.spend(now_ns);
  correlation_++;
  work_.channel->counters()[C::requests]++;
  begin_waiting(now_ns);
  last_request_.outstanding = spec_.tcp && (spec_.serial || spec_.lifecycle == Lifecycle::server_closes);
  send(spec_.request, now_ns);
  const TemplateValues sent = values(now_ns);
  std::copy(sent.of, sent.of + kEchoedVariables, last_request_.values);
}

void ServerRequester::begin_waiting(int64_t now_ns) {
  work_.state = Work::State::asked;
  work_.missing = missing();
  work_.answer_due_ns = now_ns + work_.rung->timeout_ns;
  last_request_.channel = work_.channel;
  last_request_.session = work_.session;
  last_request_.end = work_.end;
}

Channel* ServerRequester::answering() const {
  if (last_request_.channel == nullptr) return work_.channel;
  return last_request_.channel->session() == last_request_.session ? last_request_.channel : nullptr;
}

/// A server that says when it is done has yet to say so.
void ServerRequester::answer_reached(uint64_t linear_end) {
  if (linear_end >= last_request_.end && !has_complete_rule_) answer_ended();
}

void ServerRequester::answer_ended() {
  if (spec_.lifecycle != Lifecycle::server_closes) last_request_.outstanding = false;
}

void ServerRequester::finish_if_done(int64_t now_ns) {
  if (!work_.under_way() || !done()) return;
  connection_.servers.served();
  work_.finish();
  if (spec_.lifecycle == Lifecycle::client_closes) hang_up(now_ns, true);
}

void ServerRequester::count_failed_attempt(Reason why, uint32_t detail, int64_t now_ns) {
  if (!work_.under_way()) return;
  if (!count_try(why)) return work_.finish();
  announce_failure(why, detail, now_ns);
  to_next_rung(why, now_ns);
}

void ServerRequester::hang_up(int64_t now_ns, bool polite) {
  if (connection_.closed()) return;
  const bool speaks = polite && connection_.ready() && spec_.logout.present();
  if (speaks) send(spec_.logout, now_ns);
  end_connection(speaks ? Connection::End::leave : Connection::End::close);
}

void ServerRequester::end_connection(Connection::End how) {
  last_request_.outstanding = false;
  last_request_.channel = nullptr;
  forget_answers();
  connection_.end(how);
}

// ── what the server says ─────────────────────────────────────────────────────────────────────────────────────────

void ServerRequester::received(Bytes bytes, int64_t now_ns) {
  connection_.heard(now_ns);
  if (connection_.closed() || connection_.state() == Connection::State::connecting) return;
  if (spec_.tcp) {
    if (!connection_.stream.keep(bytes)) {
      // The driver reads on although nobody takes it: what is still missing is asked for again later.
      return stream_unusable(Reason::connectionClosed, now_ns);
    }
    return read_stream(now_ns);
  }
  const uint64_t before = missing();
  (void)read_record(bytes, now_ns);
  if (work_.asked() && spec_.request_per_datagram && missing() < before) {
    work_.renew_tries();
    connection_.servers.served();
    work_.finish();
  }
  finish_if_done(now_ns);
}

void ServerRequester::read_stream(int64_t now_ns) {
  ReplyStream& stream = connection_.stream;
  if (!stream.begin_reading()) return;
  bool no_room = false;
  while (!connection_.closed()) {
    const Channel* c = taker();
    no_room = c != nullptr && c->blocked();
    if (no_room) break;
    Bytes packet;
    const ReplyStream::Front front = stream.front(packet);
    if (front == ReplyStream::Front::more_needed) break;
    if (front == ReplyStream::Front::broken) {
      count_malformed();
      announce_failure(Reason::malformedReply, 0, now_ns);
      stream_unusable(Reason::malformedReply, now_ns);
      break;
    }
    no_room = !read_record(packet, now_ns);
    if (no_room || connection_.closed()) break;
    stream.pass(packet.size);
    stream_passed(now_ns);
    finish_if_done(now_ns);
  }
  stream.end_reading(no_room);
}

void ServerRequester::count_malformed() {
  if (Channel* c = counted_channel()) c->counters()[C::malformed]++;
}

const ReplyRule* ServerRequester::rule_for(Bytes at, bool in_message) const {
  const auto is = [&](const Field& f, uint64_t value) { return !f.present() || (f.fits(at) && f.load(at) == value); };
  for (const ReplyRule& r : spec_.rules) {
    if (r.in_message == in_message && is(r.first, r.first_value) && is(r.second, r.second_value)) return &r;
  }
  return nullptr;
}

/// One record of the stream, or one datagram. False: the consumer has no room, keep it and come again.
bool ServerRequester::read_record(Bytes bytes, int64_t now_ns) {
  Packet packet;
  uint32_t consumed;
  if (read_packet(framing_, bytes, packet, consumed) != FrameStatus::ok || packet.cut) {
    count_malformed();
    return true;
  }
  if (!packet_begins(packet, now_ns)) return true;
  if (const ReplyRule* rule = rule_for(bytes, false)) return take_reply(*rule, bytes, bytes, now_ns);
  uint32_t& messages_done = connection_.stream.messages_done;
  bool found = false;
  MessageWalk walk(framing_, packet.body);
  Bytes message;
  for (uint32_t i = 0; !connection_.closed() && walk.next(message); i++) {
    const ReplyRule* rule = rule_for(message, true);
    found = found || rule != nullptr;
    if (rule == nullptr || i < messages_done) continue;
    if (!take_reply(*rule, bytes, message, now_ns)) {
      messages_done = i;  // the same record comes again: what it has given already is not given twice
      return false;
    }
  }
  messages_done = 0;
  packet_ends(packet, found, walk.malformed(), now_ns);
  return true;
}

bool ServerRequester::take_reply(const ReplyRule& rule, Bytes whole, Bytes at, int64_t now_ns) {
  const bool has_last = rule.number2.present() && rule.number2.fits(at);
  // The reason of a refused subscription may be left out.
  const bool lacks_last = rule.number2.present() && !has_last && rule.action != Action::subscription_rejected;
  if ((rule.number.present() && !rule.number.fits(at)) || lacks_last ||
      !at.holds(rule.session_offset, rule.session_width)) {
    count_malformed();
    return true;
  }
  if (!answers_last_request(rule, at)) return true;
  see(rule.action);
  return act({rule, whole, at, rule.number.present() ? rule.number.load(at) : 0, has_last ? rule.number2.load(at) : 0,
              has_last, now_ns});
}

/// Whether a reply repeats what the last request held. One that does not is somebody else's, or late.
bool ServerRequester::answers_last_request(const ReplyRule& rule, Bytes at) const {
  return std::all_of(rule.echoes.begin(), rule.echoes.end(), [&](const ReplyRule::Echo& e) {
    const uint64_t held = last_request_.values[uint32_t(e.variable)];
    const uint64_t mask = e.field.width >= 8 || e.field.digits ? ~0ull : (1ull << (8 * e.field.width)) - 1;
    return last_request_.channel != nullptr && e.field.fits(at) && e.field.load(at) == (held & mask);
  });
}

bool ServerRequester::act(const Reply& r) {
  switch (r.rule.action) {
    case Action::login_accepted:
      if (connection_.state() == Connection::State::login) login_accepted(r);
      return true;
    case Action::login_rejected:
    case Action::session_unavailable:
      server_failed(Reason::loginRejected, uint32_t(r.number), r.now_ns);
      return true;
    case Action::answer:
      answer_peer(r);
      return true;
    case Action::echo:
      connection_.send_back(r.whole, r.now_ns);
      return true;
    case Action::status:
      take_status(r);
      return true;
    case Action::begin:
      next_counted_ = r.number;
      return true;
    case Action::complete:
      answer_ended();
      if (work_.asked()) request_completed(r.now_ns);
      return true;
    case Action::unavailable:
      take_unavailable(r);
      return true;
    case Action::image:
      image_ = {r.number, r.first_behind(), true};
      go(r.now_ns);
      return true;
    case Action::packet:
      if (Channel* to = answering())
        sink_.reply_packets(sink_.feed_framing(), to->index(), r.payload(), arrival_at(r.now_ns));
      return true;
    default:
      return true;  // for other requesters, or nothing
  }
}

/// The peer wants to know whether we are there.
void ServerRequester::answer_peer(const Reply& r) {
  if (r.rule.key.tag) {
    const Bytes text = Field::find_tag(r.at, r.rule.key.offset).first(sizeof echo_);
    if (text.size != 0) std::memcpy(echo_, text.data, text.size);
    echo_size_ = text.size;
  }
  if (spec_.answer.present()) {
    send(spec_.answer, r.now_ns);
  } else if (spec_.heartbeat.present()) {
    send(spec_.heartbeat, r.now_ns);
  }
}

/// What the server says that it cannot give. What was not asked for may be somebody else's answer.
void ServerRequester::take_unavailable(const Reply& r) {
  if (!work_.under_way()) return;
  const Channel& c = *work_.channel;
  const uint64_t last = r.has_last ? r.last : r.number;
  const uint64_t from = std::max(c.linear(r.number), work_.begin), to = std::min(c.linear(last) + 1, work_.end);
  if (from < to) work_.channel->advance_on(work_.rung_index, from, to, Reason::unavailable, r.now_ns);
  // Holes that moved on are no longer ours to fill.
  if (from <= work_.begin && to >= work_.end) work_.finish();
}

void ServerRequester::take_status(const Reply& r) {
  Outcome outcome = r.rule.otherwise;
  for (const StatusOutcome& o : r.rule.outcomes) outcome = o.value == r.number ? o.outcome : outcome;
  settle(outcome, uint32_t(r.number), r.now_ns);
}

/// The request has been served with all of it, a part, or nothing.
void ServerRequester::request_completed(int64_t now_ns) {
  const uint64_t left = missing();
  if (left == 0) return finish_if_done(now_ns);
  if (left >= work_.missing) return settle(Outcome::unavailable, 0, now_ns);
  work_.renew_tries();
  work_.finish();
}

void ServerRequester::settle(Outcome outcome, uint32_t code, int64_t now_ns) {
  const bool of_earlier_request = last_request_.outstanding && !work_.asked();
  if (outcome != Outcome::accepted) answer_ended();
  if (!work_.under_way() || of_earlier_request) return;
  see(outcome);
  switch (outcome) {
    case Outcome::accepted:
      connection_.servers.served();
      return;
    case Outcome::wait:
      // Each answer of this kind is an attempt: a server that never has time is not asked for ever.
      if (count_try(Reason::requestRefused)) {
        announce_failure(Reason::requestRefused, code, now_ns);
        return to_next_rung(Reason::requestRefused, now_ns);
      }
      work_.state = Work::State::wanted;
      work_.not_before_ns = work_.answer_due_ns = now_ns + work_.rung->timeout_ns;
      return;
    case Outcome::retry:
      return request_failed(Reason::requestRefused, code, now_ns);
    case Outcome::unavailable:
      work_.channel->counters()[C::refusals]++;
      announce_failure(Reason::unavailable, code, now_ns);
      to_next_rung(Reason::unavailable, now_ns);
      if (spec_.lifecycle != Lifecycle::keep) hang_up(now_ns, true);
      return;
    case Outcome::give_up:
      connection_.servers.condemn_all();
      [[fallthrough]];
    case Outcome::next_server:
      return server_failed(Reason::requestRefused, code, now_ns);
  }
}

}  // namespace venuewire

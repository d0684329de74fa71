#include "core/stream_line.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Details of `malformedReply`: a number that is too low, and a reset to a number that is.
constexpr uint32_t kNumberTooLow = 1, kResetTooLow = 2;

/// The control of the framing that begins the numbers again within the session: this message's own is to be ignored.
const ControlRule* reset_within(const FramingSpec& framing, const Packet& packet, Bytes& message) {
  MessageWalk walk(framing, packet.body);
  if (!walk.next(message)) return nullptr;
  for (const ControlRule& r : framing.controls) {
    if (!r.type.fits(message) || r.type.load(message) != r.value) continue;
    if (r.also.present() && (!r.also.fits(message) || r.also.load(message) != r.also_value)) continue;
    return r.kind == PacketKind::reset && !r.counted ? &r : nullptr;
  }
  return nullptr;
}

/// The session that a text field names, at the left end of it, whichever end the protocol pads.
SessionId session_in(const uint8_t* at, uint32_t width) {
  uint8_t text[16] = {};
  width = std::min<uint32_t>(width, sizeof text);
  const auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  const bool is_text = std::all_of(at, at + width, [&](uint8_t c) { return blank(c) || (c > ' ' && c < 0x7F); });
  uint32_t begin = 0;
  while (is_text && begin < width && blank(at[begin])) begin++;
  if (begin == width) begin = 0;
  std::memcpy(text, at + begin, width - begin);
  if (is_text) std::memset(text + width - begin, ' ', begin);
  return {load_uint(text, 8, true), load_uint(text + 8, 8, true)};
}

}  // namespace

StreamLine::StreamLine(const RequesterParts& parts)
    : ServerRequester(parts),
      channel_(parts.channel),
      backoff_(parts.spec.reconnect_first_ns, parts.spec.reconnect_most_ns),
      subscription_(parts.spec) {
  if (spec_.refresh_items != 0) channel_.awaits_refreshes();
  deadline_ = 0;  // it is opened at once
}

// ── the session ──────────────────────────────────────────────────────────────────────────────────────────────────

void StreamLine::open(int64_t now_ns) {
  if (spec_.servers.empty()) {
    reopen_at_ns_ = INT64_MAX;
    return;
  }
  if (now_ns < connection_.next_login_ns()) return;  // tick comes back
  image_.announced = false;
  channel_.counters()[C::connects]++;
  connection_.open(now_ns);
}

void StreamLine::log_in(int64_t now_ns) {
  brought_news_ = false;
  subscription_.new_connection();
  login_.resumes = channel_.started() && spec_.resume.present() && !login_.numbers_anew;
  if (!login_.resumes) connection_.count_messages_from_one();
  const Template& t = login_.resumes ? spec_.resume : spec_.login;
  if (!t.present()) {
    // Whoever connects is served.
    login_.has_session = false;
    return let_in(0, now_ns);
  }
  TemplateValues v = values(now_ns);
  if (login_.any_session) {
    v[Variable::begin] = channel_.first_number();
    v.session = SessionId{};
  }
  connection_.send(t, v, now_ns);
}

void StreamLine::login_accepted(const Reply& r) {
  login_.has_session = r.rule.session_width != 0;
  if (login_.has_session) {
    login_.session = session_in(r.at.data + r.rule.session_offset, r.rule.session_width);
    const bool same = login_.session == channel_.session();
    // Another session than the one that was declared, or still the one that is over.
    if (channel_.session_fixed() && !same)
      return lost(Reason::requestRefused, 0, Parting::silent, Return::late, r.now_ns);
    if (channel_.session_over() && same) {
      connection_.let_in(r.now_ns);
      return lost(Reason::sessionEnded, 0, Parting::polite, Return::soon, r.now_ns);
    }
  }
  if (r.has_number()) next_counted_ = r.number;
  let_in(r.number, r.now_ns);
}

/// `next`: number of the message that follows; 0: not said.
void StreamLine::let_in(uint64_t next, int64_t now_ns) {
  connection_.let_in(now_ns);
  state_ = State::up;
  login_.any_session = login_.numbers_anew = false;
  channel_.stream_up(login_.has_session ? &login_.session : nullptr, next, now_ns, index_);
  if (login_.has_session && !(channel_.session() == login_.session)) {
    // The consumer had no room for the end of the session before: come again.
    return lost(Reason::connectionClosed, 0, Parting::polite, Return::soon, now_ns);
  }
  subscribe(now_ns);
}

/// The session that the login names is not there: whatever is there now is taken, from its first number.
void StreamLine::session_unavailable(uint32_t detail, int64_t now_ns) {
  const bool named = channel_.started() && !login_.any_session && !channel_.session_fixed();
  login_.any_session = login_.any_session || named;
  lost(Reason::loginRejected, detail, Parting::silent, named ? Return::soon : Return::late, now_ns);
}

void StreamLine::session_ended(int64_t now_ns) {
  channel_.stream_end(now_ns);
  login_.any_session = !channel_.session_fixed();
  lost(Reason::sessionEnded, 0, Parting::polite, channel_.session_fixed() ? Return::late : Return::soon, now_ns);
}

void StreamLine::peer_leaves(int64_t now_ns) {
  const bool refused = connection_.state() == Connection::State::login;
  lost(refused ? Reason::loginRejected : Reason::connectionClosed, 0, Parting::polite,
       refused ? Return::late : Return::soon, now_ns);
}

void StreamLine::peer_closed(Reason why, uint32_t detail, int64_t now_ns) {
  const bool refused = connection_.state() == Connection::State::connecting;
  const Reason of_connecting = why == Reason::none ? Reason::connectionRefused : why;
  lost(refused ? of_connecting : Reason::connectionClosed, detail, Parting::peer_gone, Return::soon, now_ns);
}

void StreamLine::server_failed(Reason why, uint32_t detail, int64_t now_ns) {
  lost(why, detail, Parting::silent, why == Reason::loginRejected ? Return::late : Return::soon, now_ns);
}

void StreamLine::peer_silent(int64_t now_ns) {
  lost(Reason::timedOut, kTimedOutTraffic, Parting::polite, Return::soon, now_ns);
}

/// The two sides do not mean the same numbers.
void StreamLine::lost_to_implausible(uint32_t detail, int64_t now_ns) {
  channel_.counters()[C::implausible]++;
  lost(Reason::malformedReply, detail, Parting::polite, Return::soon, now_ns);
}

/// The connection is over. Late: the server does not want us, or has nothing more.
void StreamLine::lost(Reason why, uint32_t detail, Parting parting, Return when, int64_t now_ns) {
  if (connection_.closed()) return;
  work_.finish();
  const int64_t up_for_ns = now_ns - connection_.since_ns();
  const uint16_t server = connection_.servers.current();
  if (parting == Parting::peer_gone) {
    end_connection(Connection::End::gone);
  } else {
    hang_up(now_ns, parting == Parting::polite);
  }
  const bool state_due = subscription_.dropped();
  // One that brought nothing is no better than one that is refused.
  if (brought_news_ || (state_ == State::up && up_for_ns >= spec_.reconnect_most_ns)) backoff_.reset();
  brought_news_ = false;
  if (state_ == State::up) {
    state_ = State::down;
    channel_.stream_down(why, detail, now_ns, index_, server);
    if (state_due) channel_.refresh_fail(why, detail, now_ns, index_, server);
  } else {
    channel_.counters()[C::refusals]++;
    channel_.say(NoticeType::recoveryFailed, why, channel_.next(), channel_.next(), now_ns, index_, detail, server);
  }
  connection_.servers.next();
  reopen_at_ns_ = now_ns + backoff_.next();
  if (when == Return::soon) return;
  backoff_.fill();
  reopen_at_ns_ = now_ns + spec_.reconnect_most_ns;
}

void StreamLine::leave(int64_t now_ns) {
  ServerRequester::leave(now_ns);
  reopen_at_ns_ = INT64_MAX;
}

// ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void StreamLine::keep_up(int64_t now_ns) {
  subscription_.tell_when_delivered(channel_, index_, now_ns);
  if (connection_.closed() && now_ns >= reopen_at_ns_) open(now_ns);
  if (!connection_.ready()) return;
  if (subscription_.timed_out(now_ns) && !stalled()) subscription_failed(Reason::timedOut, 0, now_ns);
  if (subscription_.due(now_ns)) {
    const int64_t wait = connection_.limits.wait_ns(now_ns);
    if (wait > 0) {
      subscription_.wait_until(now_ns + wait);
    } else {
      subscribe(now_ns);
    }
  }
  if (connection_.probe_due(now_ns)) {
    connection_.probed();
    send(spec_.probe, now_ns);
  }
}

int64_t StreamLine::own_deadline(int64_t) const {
  if (connection_.closed()) return std::max(reopen_at_ns_, connection_.next_login_ns());
  return connection_.ready() ? subscription_.deadline(stalled()) : INT64_MAX;
}

// ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────

TemplateValues StreamLine::values(int64_t now_ns) const {
  TemplateValues v = ServerRequester::values(now_ns);
  if (!work_.under_way()) v[Variable::begin] = channel_.resume_at();
  v[Variable::sent_time] = uint64_t(subscription_.sent_ns());
  return v;
}

void StreamLine::subscribe(int64_t now_ns) {
  if (spec_.subscribe.empty()) return subscription_.rest_over();
  correlation_++;
  connection_.limits.spend(now_ns);
  subscription_.begin(correlation_, connection_.messages_sent() + 1, now_ns);
  for (const Template& t : spec_.subscribe) send(t, now_ns);
  subscription_.sent(channel_, index_, now_ns);
}

/// Told, and tried again at growing intervals.
void StreamLine::subscription_failed(Reason why, uint32_t detail, int64_t now_ns) {
  subscription_.failed(now_ns);
  channel_.counters()[why == Reason::timedOut ? C::requestTimeouts : C::refusals]++;
  channel_.refresh_fail(why, detail, now_ns, index_, connection_.servers.current());
}

/// The peer wants our messages from `from` on, up to `to` (0: all). The subscription is said again, marked as sent
/// before: a peer that has had it passes it over, one that has not must not lose it. Everything else was of the moment,
/// and is filled over.
void StreamLine::send_again(uint64_t from, uint64_t to, int64_t now_ns) {
  const uint64_t last = connection_.messages_sent();
  const uint64_t end = (to == 0 || to > last ? last : to) + 1;
  if (from == 0 || from >= end) return;
  uint64_t at = from;
  for (size_t i = 0; subscription_.first_message() != 0 && i < spec_.resend.size(); i++) {
    const uint64_t number = subscription_.first_message() + i;
    if (number < at || number >= end) continue;
    if (at < number) fill(at, number, now_ns);
    TemplateValues v = values(now_ns);
    v[Variable::correlation] = subscription_.correlation();
    v[Variable::client_sequence] = number;
    connection_.send_uncounted(spec_.resend[i], v, now_ns);
    at = number + 1;
  }
  if (at < end) fill(at, end, now_ns);
}

void StreamLine::fill(uint64_t from, uint64_t to, int64_t now_ns) {
  TemplateValues v = values(now_ns);
  v[Variable::asked] = from;
  v[Variable::filled_to] = to;
  connection_.send_uncounted(spec_.gap_fill, v, now_ns);
}

// ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────

bool StreamLine::act(const Reply& r) {
  switch (r.rule.action) {
    case Action::session_unavailable:
      session_unavailable(uint32_t(r.number), r.now_ns);
      return true;
    case Action::session_end:
      session_ended(r.now_ns);
      return true;
    case Action::goodbye:
      peer_leaves(r.now_ns);
      return true;
    case Action::answer_number:
      if (spec_.gap_fill.present() && connection_.ready()) send_again(r.number, r.last, r.now_ns);
      return true;
    case Action::subscription_rejected:
      if (connection_.ready() && (!r.has_number() || r.number == subscription_.correlation()))
        subscription_failed(Reason::requestRefused, uint32_t(r.last), r.now_ns);
      return true;
    case Action::snapshot_end:
      // One message of the state that was subscribed to.
      brought_news_ = true;
      if (!r.has_number() || r.number == subscription_.correlation())
        subscription_.state_message(channel_, index_, r.now_ns);
      return true;
    case Action::message:
      take_message(r);
      return true;
    default:
      return ServerRequester::act(r);
  }
}

void StreamLine::take_message(const Reply& r) {
  if (!r.whole.holds(r.rule.payload_offset, 0)) return;
  const uint64_t sequence = number_of(r);
  if (login_.has_session && !(channel_.session() == login_.session)) {
    channel_.counters()[C::otherSession]++;  // another line is in the next session already
    return;
  }
  // What is behind the newest number fills a hole.
  const bool again = channel_.started() && channel_.linear(sequence) < channel_.highest();
  brought_news_ = brought_news_ || !again;
  channel_.message(sequence, r.payload(), {spec_.line, again ? Origin::recovery : Origin::live, r.now_ns, r.now_ns});
}

/// Whether the message says that it is from the peer that was declared, to us.
bool StreamLine::is_peer(Bytes message) const {
  return std::all_of(spec_.peer.begin(), spec_.peer.end(), [&](const RequesterSpec::PeerTag& p) {
    const Bytes text = Field::find_tag(message, p.tag);
    return text.size == p.text.size() && std::memcmp(text.data, p.text.data(), text.size) == 0;
  });
}

/// A number that has been, and no mark that says so. True: the connection was given up over it.
bool StreamLine::number_too_low(const Packet& packet, int64_t now_ns) {
  if (connection_.state() == Connection::State::login) {
    // The server has begun again while we were away. We begin again too, where we can ask for it.
    if (login_.resumes) {
      login_.numbers_anew = true;
      lost(Reason::reset, 0, Parting::silent, Return::soon, now_ns);
      return true;
    }
    if (channel_.stream_restart(packet.sequence, now_ns)) return false;
  }
  lost_to_implausible(kNumberTooLow, now_ns);
  return true;
}

/// What the stream itself numbers goes to the channel as a packet of a line.
bool StreamLine::packet_begins(const Packet& packet, int64_t now_ns) {
  if (!spec_.replies_are_feed) return true;
  if (!is_peer(packet.whole)) {
    channel_.counters()[C::implausible]++;
    lost(Reason::wrongPeer, 0, Parting::polite, Return::late, now_ns);
    return false;
  }
  Bytes message;
  const ControlRule* reset = reset_within(framing_, packet, message);
  if (reset != nullptr && reset->next.present() && reset->next.fits(message) && channel_.started() &&
      channel_.linear(reset->next.load(message)) < channel_.next()) {
    lost_to_implausible(kResetTooLow, now_ns);
    return false;
  }
  const bool resets = reset != nullptr || packet.kind == PacketKind::reset;
  const bool numbered = framing_.sequence.present() && channel_.started();
  bool again = numbered && channel_.linear(packet.sequence) < channel_.highest() && !resets;
  const Field& mark = spec_.resent;
  if (again && mark.present() && !(mark.fits(packet.whole) && mark.load(packet.whole) == spec_.resent_value)) {
    if (number_too_low(packet, now_ns)) return false;
    again = false;
  }
  const Arrival arrival{spec_.line, again ? Origin::recovery : Origin::live, now_ns, now_ns};
  sink_.reply_packets(framing_, channel_.index(), packet.whole, arrival);
  // What was subscribed to belongs to the numbers before.
  if (reset != nullptr && connection_.ready()) subscribe(now_ns);
  return true;
}

void StreamLine::packet_ends(const Packet&, bool found, bool, int64_t) {
  // What no rule is for is what the stream is there for.
  if (!found && spec_.replies_are_feed) brought_news_ = true;
}

// ── holes ────────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t StreamLine::missing() const {
  return work_.under_way() ? channel_.holes().missing(work_.begin, work_.end) : 0;
}

bool StreamLine::is_mine(const Hole& hole, const std::vector<RungSpec>& rungs) const {
  return hole.rung < rungs.size() && rungs[hole.rung].kind != RungKind::wait && rungs[hole.rung].requester == index_;
}

/// A hole to ask for again, or one that only new state can mend.
bool StreamLine::pick(std::vector<Channel*>&, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (!channel_.started() || channel_.waiting_for_snapshot()) return false;
  const HoleList& holes = channel_.holes();
  for (size_t i = 0; i < holes.size();) {
    const Hole h = holes[i];
    if (!is_mine(h, rungs)) {
      i++;
      continue;
    }
    const RungSpec& rung = rungs[h.rung];
    channel_.announce(i, now_ns);
    if (!connection_.ready()) {
      if (!give_up_waiting(h, rung, now_ns)) i++;
    } else if (rung.kind == RungKind::snapshot && connection_.limits.wait_ns(now_ns) <= 0) {
      mend_by_state(h.rung, now_ns);
      i = 0;
    } else if (rung.kind == RungKind::snapshot || h.unobtainable) {
      i++;
    } else {
      work_.take(channel_, rungs, h.rung, h.begin, work_.end_of_request(h), now_ns);
      return true;
    }
  }
  return false;
}

/// A hole waits for the connection, but not for ever.
bool StreamLine::give_up_waiting(const Hole& hole, const RungSpec& rung, int64_t now_ns) {
  if (now_ns - hole.rung_since_ns < rung.timeout_ns * rung.tries) return false;
  channel_.advance(hole.begin, hole.end, Reason::connectionClosed, now_ns);
  return true;
}

/// The state comes within the stream, behind what is lost: delivery goes on, and is good once all of it is there. One
/// subscription mends all holes of the rung.
void StreamLine::mend_by_state(uint8_t rung, int64_t now_ns) {
  channel_.counters()[C::requests]++;
  const HoleList& holes = channel_.holes();
  for (size_t i = 0; i < holes.size();) {
    const Hole lost = holes[i];
    if (lost.rung != rung) {
      i++;
      continue;
    }
    channel_.abandon(lost.begin, lost.end, lost.why == Reason::noRecovery ? Reason::unavailable : lost.why, now_ns);
    i = 0;
  }
  // A subscription that failed is made again at its time.
  if (subscription_.state() != Subscription::State::resting) subscribe(now_ns);
}

}  // namespace venuewire

// Stream feeds: connections that are themselves a line of a channel. Opened at the start and kept; after a break they
// log in again from the first number that is missing. Messages are live input; holes are asked for on the same
// connection.
#include <algorithm>

#include "core/recovery.hpp"

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
Epoch session_in(const uint8_t* at, uint32_t width) {
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

void Requester::feed_connected(int64_t now_ns) {
  probed_ = proved_ = false;
  state_ = State::login;
  subscription_number_ = 0;
  subscription_rest_ns_ = 0;
  login_resumes_ = feed_->started() && spec_.resume.present() && !anew_numbers_;
  const Template& t = login_resumes_ ? spec_.resume : spec_.login;
  if (!login_resumes_) client_sequence_ = 0;
  if (!t.present()) {
    // No login: whoever connects is served.
    feed_accepted(ReplyRule{}, {}, 0, now_ns);
    return;
  }
  logging_in_ = true;
  transmit(t, now_ns);
  logging_in_ = false;
}

void Requester::feed_accepted(const ReplyRule& rule, Bytes at, uint64_t number, int64_t now_ns) {
  has_login_epoch_ = rule.epoch_width != 0;
  if (has_login_epoch_) {
    login_epoch_ = session_in(at.data + rule.epoch_offset, rule.epoch_width);
    const bool same = login_epoch_ == feed_->epoch();
    // Another session than the one that was declared, or still the one that is over.
    if (feed_->session_fixed() && !same) return feed_lost(Reason::requestRefused, 0, now_ns, true, true);
    if (feed_->session_over() && same) {
      state_ = State::ready;
      return feed_lost(Reason::sessionEnded, 0, now_ns, true);
    }
  }
  state_ = State::ready;
  state_since_ns_ = now_ns;
  servers_failed_ = 0;
  up_ = true;
  anew_ = anew_numbers_ = false;
  if (rule.number.present()) implied_ = number;
  feed_->stream_up(has_login_epoch_ ? &login_epoch_ : nullptr, number, now_ns, index_);
  if (has_login_epoch_ && !(feed_->epoch() == login_epoch_)) {
    // The consumer had no room for the end of the session before: come again.
    return feed_lost(Reason::connectionClosed, 0, now_ns, true);
  }
  feed_subscribe(now_ns);
}

/// The session that the login names is not there: whatever is there now is taken, from its first number.
void Requester::feed_no_session(uint32_t detail, int64_t now_ns) {
  const bool named = feed_->started() && !anew_ && !feed_->session_fixed();
  anew_ = anew_ || named;
  feed_lost(Reason::loginRejected, detail, now_ns, false, !named);
}

void Requester::feed_message(uint64_t sequence, Bytes payload, int64_t now_ns) {
  if (has_login_epoch_ && !(feed_->epoch() == login_epoch_)) {
    feed_->counters()[C::otherSession]++;  // another line is in the next session already
    return;
  }
  // What is behind the newest number fills a hole.
  const bool again = feed_->started() && feed_->linear(sequence) < feed_->highest();
  proved_ = proved_ || !again;
  feed_->message(sequence, payload, {spec_.line, again ? Origin::recovery : Origin::live, now_ns, now_ns});
}

// ── what we have subscribed to ───────────────────────────────────────────────────────────────────────────────────

void Requester::feed_subscribe(int64_t now_ns) {
  subscribe_at_ns_ = INT64_MAX;
  if (spec_.subscribe.empty()) return;
  correlation_++;
  spend(now_ns);
  refresh_id_ = correlation_;
  subscription_number_ = client_sequence_ + 1;
  subscription_sent_ns_ = now_ns;
  for (const Template& t : spec_.subscribe) transmit(t, now_ns);
  // What answers it is the state, within the stream.
  if (spec_.refresh_items == 0) return;
  refresh_left_ = spec_.refresh_items;
  refreshed_ = false;
  subscription_due_ns_ = now_ns + spec_.refresh_timeout_ns;
  feed_->refresh_begin(now_ns, index_);
}

/// One message of the state that was subscribed to.
void Requester::feed_state(int64_t now_ns) {
  if (refresh_left_ == 0) return;
  subscription_due_ns_ = now_ns + spec_.refresh_timeout_ns;
  if (--refresh_left_ != 0) return;
  subscription_due_ns_ = INT64_MAX;
  subscription_rest_ns_ = 0;
  refreshed_ = true;
  refreshed_at_ = feed_->highest();
  feed_refreshed(now_ns);
}

/// Tells the end of a refresh in order with the data: once all of it has been delivered.
void Requester::feed_refreshed(int64_t now_ns) {
  if (!refreshed_ || feed_->next() < refreshed_at_) return;
  refreshed_ = false;
  feed_->refresh_end(now_ns, index_);
}

/// The subscription was refused, or its state did not come: told, and tried again at growing intervals.
void Requester::feed_refused(Reason why, uint32_t detail, int64_t now_ns) {
  refresh_left_ = 0;
  refreshed_ = false;
  subscription_number_ = 0;
  subscription_due_ns_ = INT64_MAX;
  subscription_rest_ns_ = subscription_rest_ns_ == 0 ? spec_.reconnect_first_ns
                                                     : std::min(2 * subscription_rest_ns_, spec_.reconnect_most_ns);
  subscribe_at_ns_ = now_ns + subscription_rest_ns_;
  feed_->counters()[why == Reason::timedOut ? C::requestTimeouts : C::refusals]++;
  feed_->refresh_fail(why, detail, now_ns, index_, server_);
}

/// The peer wants our messages from `from` on, up to `to` (0: all). The subscription is said again, marked as sent
/// before: a peer that has had it passes it over, one that has not must not lose it. Everything else was of the moment,
/// and is filled over.
void Requester::feed_send_again(uint64_t from, uint64_t to, int64_t now_ns) {
  const uint64_t end = (to == 0 || to > client_sequence_ ? client_sequence_ : to) + 1;
  if (from == 0 || from >= end) return;
  uint64_t at = from;
  for (size_t i = 0; subscription_number_ != 0 && i < spec_.resend.size(); i++) {
    const uint64_t number = subscription_number_ + i;
    if (number < at || number >= end) continue;
    if (at < number) feed_fill(at, number, now_ns);
    sending_again_ = true;
    again_number_ = number;
    transmit(spec_.resend[i], now_ns, false);
    sending_again_ = false;
    at = number + 1;
  }
  if (at < end) feed_fill(at, end, now_ns);
}

void Requester::feed_fill(uint64_t from, uint64_t to, int64_t now_ns) {
  asked_number_ = from;
  filled_to_ = to;
  transmit(spec_.gap_fill, now_ns, false);
}

// ── the connection ───────────────────────────────────────────────────────────────────────────────────────────────

/// The connection is over. `patient`: the server does not want us, or has nothing more: come back late.
void Requester::feed_lost(Reason why, uint32_t detail, int64_t now_ns, bool polite, bool patient) {
  if (state_ == State::idle) return;
  const bool ready = state_ == State::ready;
  if (work_channel_) finish_work();
  hang_up(now_ns, polite && ready);
  const bool state_due = refresh_left_ > 0 || refreshed_;
  refresh_left_ = 0;
  refreshed_ = false;
  subscription_due_ns_ = subscribe_at_ns_ = INT64_MAX;
  // One that brought nothing is no better than one that is refused.
  if (proved_ || (up_ && now_ns - state_since_ns_ >= spec_.reconnect_most_ns)) backoff_ns_ = 0;
  proved_ = false;
  if (up_) {
    up_ = false;
    feed_->stream_down(why, detail, now_ns, index_, server_);
    if (state_due) feed_->refresh_fail(why, detail, now_ns, index_, server_);
  } else {
    feed_->counters()[C::refusals]++;
    feed_->say(NoticeCode::recoveryFailed, why, feed_->next(), feed_->next(), now_ns, index_, detail, server_);
  }
  if (spec_.servers.size() > 1) server_ = uint16_t((server_ + 1) % spec_.servers.size());
  backoff_ns_ = backoff_ns_ == 0 ? spec_.reconnect_first_ns : std::min(2 * backoff_ns_, spec_.reconnect_most_ns);
  if (patient) backoff_ns_ = spec_.reconnect_most_ns;
  reopen_at_ns_ = now_ns + backoff_ns_;
}

/// Whether the message says that it is from the peer that was declared, to us.
bool Requester::is_peer(Bytes message) const {
  return std::all_of(spec_.peer.begin(), spec_.peer.end(), [&](const RequesterSpec::PeerTag& p) {
    const Bytes text = Field::find_tag(message, p.tag);
    return text.size == p.text.size() && std::memcmp(text.data, p.text.data(), text.size) == 0;
  });
}

/// A number that has been, and no mark that says so. True: the connection was given up over it.
bool Requester::feed_too_low(const Packet& packet, int64_t now_ns) {
  if (state_ == State::login) {
    // The server has begun again while we were away. We begin again too, where we can ask for it.
    if (login_resumes_) {
      anew_numbers_ = true;
      feed_lost(Reason::reset, 0, now_ns, false);
      return true;
    }
    if (feed_->stream_restart(packet.sequence, now_ns)) return false;
  }
  // The two sides do not mean the same numbers.
  feed_->counters()[C::implausible]++;
  feed_lost(Reason::malformedReply, kNumberTooLow, now_ns, true);
  return true;
}

/// A packet that the stream itself numbers. False: the connection was given up over it.
bool Requester::feed_packet(const Packet& packet, int64_t now_ns) {
  if (!is_peer(packet.whole)) {
    feed_->counters()[C::implausible]++;
    feed_lost(Reason::wrongPeer, 0, now_ns, true, true);
    return false;
  }
  Bytes message;
  const ControlRule* reset = reset_within(framing_, packet, message);
  if (reset != nullptr && reset->next.present() && reset->next.fits(message) && feed_->started() &&
      feed_->linear(reset->next.load(message)) < feed_->next()) {
    feed_->counters()[C::implausible]++;
    feed_lost(Reason::malformedReply, kResetTooLow, now_ns, true);
    return false;
  }
  const bool resets = reset != nullptr || packet.kind == PacketKind::reset;
  const bool numbered = framing_.sequence.present() && feed_->started();
  bool again = numbered && feed_->linear(packet.sequence) < feed_->highest() && !resets;
  if (again && spec_.resent.present() &&
      !(spec_.resent.fits(packet.whole) && spec_.resent.load(packet.whole) == spec_.resent_value)) {
    if (feed_too_low(packet, now_ns)) return false;
    again = false;
  }
  const Arrival arrival{spec_.line, again ? Origin::recovery : Origin::live, now_ns, now_ns};
  sink_.reply_packets(framing_, feed_->index(), packet.whole, arrival);
  // What was subscribed to belongs to the numbers before.
  if (reset != nullptr && state_ == State::ready) feed_subscribe(now_ns);
  return true;
}

/// Work for the connection: a hole to ask for again, or one that only new state can mend.
bool Requester::feed_pick(std::vector<Channel*>&, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  Channel* c = feed_;
  if (!c->started() || c->waiting_for_snapshot()) return false;
  const RangeList<Hole>& holes = c->holes();
  for (size_t i = 0; i < holes.size();) {
    const Hole& h = holes[i];
    const bool mine =
        h.rung < rungs.size() && rungs[h.rung].kind != RungKind::wait && rungs[h.rung].requester == index_;
    if (!mine) {
      i++;
      continue;
    }
    const RungSpec& rung = rungs[h.rung];
    c->announce(i, now_ns);
    if (state_ != State::ready) {
      // It waits for the connection, but not for ever.
      if (now_ns - h.rung_since_ns < rung.timeout_ns * rung.tries) {
        i++;
        continue;
      }
      c->advance(h.begin, h.end, Reason::connectionClosed, now_ns);
      continue;
    }
    if (rung.kind == RungKind::snapshot) {
      // The state comes within the stream, behind what is lost: delivery goes on, and is good once all of it is there.
      if (allowance(now_ns) > 0) {
        i++;
        continue;
      }
      // All of them at once: one subscription mends them all.
      c->counters()[C::requests]++;
      const uint8_t here = h.rung;
      for (size_t k = 0; k < holes.size();) {
        const Hole lost = holes[k];
        if (lost.rung != here) {
          k++;
          continue;
        }
        c->abandon(lost.begin, lost.end, lost.why == Reason::noRecovery ? Reason::unavailable : lost.why, now_ns);
        k = 0;
      }
      // A subscription that failed is made again at its time.
      if (subscribe_at_ns_ == INT64_MAX) feed_subscribe(now_ns);
      i = 0;
      continue;
    }
    if (h.unobtainable) {
      i++;
      continue;
    }
    work_channel_ = c;
    work_rung_ = &rung;
    work_rung_index_ = h.rung;
    work_begin_ = h.begin;
    work_end_ = h.end - h.begin > spec_.range_max ? h.begin + spec_.range_max : h.end;
    work_epoch_ = c->epoch();
    work_missing_ = missing();
    asked_ = false;
    quota_told_ = false;
    not_before_ns_ = now_ns;
    answer_due_ns_ = now_ns + rung.timeout_ns;
    return true;
  }
  return false;
}

void Requester::feed_tick(int64_t now_ns) {
  if (refreshed_) feed_refreshed(now_ns);
  if (state_ == State::idle && now_ns >= reopen_at_ns_) open(now_ns);
  if (state_ != State::ready) return;
  if (now_ns >= subscription_due_ns_ && !stalled_) feed_refused(Reason::timedOut, 0, now_ns);
  if (now_ns >= subscribe_at_ns_) {
    const int64_t wait = allowance(now_ns);
    if (wait > 0) {
      subscribe_at_ns_ = now_ns + wait;
    } else {
      feed_subscribe(now_ns);
    }
  }
  if (spec_.probe_ns != 0 && !probed_ && now_ns - last_heard_ns_ >= spec_.probe_ns && spec_.probe.present()) {
    probed_ = true;
    transmit(spec_.probe, now_ns);
  }
}

int64_t Requester::feed_deadline() const {
  if (state_ == State::idle) return std::max(reopen_at_ns_, next_login_ns());
  if (state_ != State::ready) return INT64_MAX;
  return std::min(subscribe_at_ns_, stalled_ ? INT64_MAX : subscription_due_ns_);
}

}  // namespace venuewire

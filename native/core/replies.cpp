// What a requester makes of what servers say: each reply is looked up in the rules, and does what they name.
#include <algorithm>

#include "core/recovery.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Whether a text field equals the epoch's text, blanks and NULs aside.
bool same_session(const uint8_t* p, uint32_t width, const Epoch& e) {
  uint8_t text[16];
  store_uint(text, e.high, 8, true);
  store_uint(text + 8, e.low, 8, true);
  const auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  uint32_t i = 0, j = 0;
  for (;;) {
    while (i < width && blank(p[i])) i++;
    while (j < 16 && blank(text[j])) j++;
    if (i == width || j == 16) return i == width && j == 16;
    if (p[i++] != text[j++]) return false;
  }
}

}  // namespace

void Requester::closed(Reason why, uint32_t detail, int64_t now_ns) {
  if (state_ == State::idle) return;
  if (stalled_) process(now_ns);
  if (spec_.purpose == Purpose::feed) {
    gone_ = true;
    if (state_ != State::connecting) {
      feed_lost(Reason::connectionClosed, detail, now_ns, false);
    } else {
      feed_lost(why == Reason::none ? Reason::connectionRefused : why, detail, now_ns, false);
    }
    gone_ = false;
    return;
  }
  const State was = state_;
  const bool earlier = outstanding_ && !asked_;
  outstanding_ = false;
  asked_channel_ = nullptr;
  state_ = State::idle;
  stalled_ = false;
  stream_.clear();
  stream_at_ = 0;
  applied_ = 0;
  if (!work_channel_) return;
  if (was == State::connecting) {
    fail(why == Reason::none ? Reason::connectionRefused : why, detail, now_ns, true);
  } else if (was == State::login) {
    fail(Reason::connectionClosed, detail, now_ns, true);
  } else if (earlier) {
    return;  // it had been opened for an earlier request; the next service connects again
  } else if (spec_.purpose != Purpose::snapshot && missing() < work_missing_) {
    renew_tries();
    finish_work();
  } else {
    fail(Reason::connectionClosed, detail, now_ns, false);
  }
}

void Requester::received(Bytes bytes, int64_t now_ns) {
  last_heard_ns_ = now_ns;
  probed_ = false;
  if (state_ == State::idle || state_ == State::connecting) return;
  if (!spec_.tcp) {
    const uint64_t before = missing();
    (void)record(bytes, now_ns);
    if (work_channel_ && spec_.request_per_datagram && asked_ && missing() < before) {
      renew_tries();
      served();
      finish_work();
    }
    check_done(now_ns);
    return;
  }
  if (stalled_ && stream_.size() + bytes.size > size_t(spec_.packet_bytes_max) + kStalledBytesMax) {
    // The driver reads on although nobody takes it: what is still missing is asked for again later.
    fail(Reason::connectionClosed, 0, now_ns, spec_.purpose == Purpose::feed);
    return;
  }
  stream_.insert(stream_.end(), bytes.data, bytes.data + bytes.size);
  process(now_ns);
}

void Requester::process(int64_t now_ns) {
  if (processing_) return;
  processing_ = true;
  stalled_ = false;
  while (state_ != State::idle) {
    const Channel* taker = feed_ ? feed_ : spec_.purpose == Purpose::replay ? work_channel_ : nullptr;
    if (taker && taker->blocked()) {
      stalled_ = true;
      break;
    }
    if (stream_at_ >= stream_.size()) break;
    const Bytes rest{stream_.data() + stream_at_, uint32_t(stream_.size() - stream_at_)};
    const int64_t size = stream_packet_size(framing_, rest, spec_.packet_bytes_max);
    if (size < 0) {
      if (counted_channel()) counted_channel()->counters()[C::malformed]++;
      announce_failure(Reason::malformedReply, 0, now_ns);
      fail(Reason::malformedReply, 0, now_ns, spec_.purpose == Purpose::feed);
      hang_up(now_ns, false);
      break;
    }
    if (size == 0 || size > int64_t(rest.size)) break;
    if (!record(rest.first(uint32_t(size)), now_ns)) {
      stalled_ = true;
      break;
    }
    if (state_ == State::idle) break;  // hung up: the stream is gone
    stream_at_ += uint32_t(size);
    if (refreshed_) feed_refreshed(now_ns);
    check_done(now_ns);
  }
  if (stream_at_ != 0 && !stream_.empty()) {
    stream_.erase(stream_.begin(), stream_.begin() + stream_at_);
    stream_at_ = 0;
  }
  processing_ = false;
}

/// One record of the stream, or one datagram. False: the consumer has no room, keep it and come again.
bool Requester::record(Bytes packet_bytes, int64_t now_ns) {
  Packet packet;
  uint32_t consumed;
  if (read_packet(framing_, packet_bytes, packet, consumed) != FrameStatus::ok) {
    if (counted_channel()) counted_channel()->counters()[C::malformed]++;
    return true;
  }
  if (feed_ && spec_.replies_are_feed && !feed_packet(packet, now_ns)) return true;
  const auto matches = [](const ReplyRule& r, Bytes at) {
    return (!r.first.present() || (r.first.fits(at) && r.first.load(at) == r.first_value)) &&
           (!r.second.present() || (r.second.fits(at) && r.second.load(at) == r.second_value));
  };
  for (const ReplyRule& r : spec_.rules) {
    if (!r.in_message && matches(r, packet_bytes)) return apply(r, packet_bytes, packet_bytes, now_ns);
  }
  bool any = false;
  MessageWalk walk(framing_, packet.body);
  Bytes message;
  uint32_t index = 0;
  while (state_ != State::idle && walk.next(message)) {
    const bool done = index++ < applied_;
    for (const ReplyRule& r : spec_.rules) {
      if (!r.in_message || !matches(r, message)) continue;
      any = true;
      if (!done && !apply(r, packet_bytes, message, now_ns)) {
        applied_ = index - 1;  // the same record comes again: what it has given already is not given twice
        return false;
      }
      break;
    }
  }
  applied_ = 0;
  // What no rule is for is what the stream is there for.
  if (feed_ && !any && spec_.replies_are_feed) proved_ = true;
  if (any || feed_) return true;
  if (spec_.replies_are_feed) {
    Arrival arrival{0, Origin::recovery, now_ns, now_ns};
    Channel* c = answering();
    if (c == nullptr && asked_channel_ != nullptr) return true;  // of a session that is over
    sink_.reply_packets(framing_, c ? c->index() : 0xFFFF, packet_bytes, arrival);
    if (c && outstanding_ && packet.kind == PacketKind::data) {
      const uint64_t count =
          framing_.numbering == Numbering::packet || packet.count == kCountUnknown ? 1 : packet.count;
      heard(c->linear(packet.sequence) + count);
    }
  } else if (work_channel_ && walk.malformed()) {
    work_channel_->counters()[C::malformed]++;
  }
  return true;
}

/// What a rule makes of a reply. False: the consumer has no room for it, it comes again.
bool Requester::apply(const ReplyRule& rule, Bytes whole, Bytes at, int64_t now_ns) {
  // A reason may be left out.
  const bool has_second = rule.number2.present() && rule.number2.fits(at);
  if ((rule.number.present() && !rule.number.fits(at)) ||
      (rule.number2.present() && !has_second && rule.action != Action::subscription_rejected) ||
      !at.holds(rule.epoch_offset, rule.epoch_width)) {
    if (counted_channel()) counted_channel()->counters()[C::malformed]++;
    return true;
  }
  if (!answers(rule, at)) return true;
  actions_seen_ |= 1u << uint32_t(rule.action);
  const Reply reply{
      rule,       whole, at, rule.number.present() ? rule.number.load(at) : 0, has_second ? rule.number2.load(at) : 0,
      has_second, now_ns};
  switch (rule.action) {
    case Action::ignore:
    case Action::snapshot_item:  // of snapshot lines only
      return true;
    case Action::login_accepted:
    case Action::login_rejected:
    case Action::session_unavailable:
    case Action::goodbye:
    case Action::session_end:
    case Action::answer:
    case Action::answer_number:
    case Action::echo:
    case Action::subscription_rejected:
      apply_to_session(reply);
      return true;
    case Action::status:
    case Action::begin:
    case Action::complete:
    case Action::unavailable:
    case Action::image:
      apply_to_request(reply);
      return true;
    case Action::message:
    case Action::packet:
    case Action::snapshot_message:
      return take_data(reply);
    case Action::snapshot_begin:
    case Action::snapshot_number:
    case Action::snapshot_end:
      apply_to_snapshot(reply);
      return true;
  }
  return true;
}

/// Whether a reply repeats what the last request held. One that does not is somebody else's, or late.
bool Requester::answers(const ReplyRule& rule, Bytes at) const {
  return std::all_of(rule.echoes.begin(), rule.echoes.end(), [&](const ReplyRule::Echo& e) {
    const uint64_t held = asked_values_[uint32_t(e.variable)];
    const uint64_t mask = e.field.width >= 8 || e.field.digits ? ~0ull : (1ull << (8 * e.field.width)) - 1;
    return asked_channel_ != nullptr && e.field.fits(at) && e.field.load(at) == (held & mask);
  });
}

/// What the peers of the session have to say to each other, whatever is asked for in it.
void Requester::apply_to_session(const Reply& r) {
  switch (r.rule.action) {
    case Action::login_accepted:
      let_in(r);
      break;
    case Action::session_unavailable:
      if (feed_) {
        feed_no_session(uint32_t(r.number), r.now_ns);
        break;
      }
      [[fallthrough]];
    case Action::login_rejected:
      fail(Reason::loginRejected, uint32_t(r.number), r.now_ns, true);
      break;
    case Action::answer:
      if (r.rule.key.tag) {
        const Bytes text = Field::find_tag(r.at, r.rule.key.offset).first(sizeof echo_);
        if (text.size != 0) std::memcpy(echo_, text.data, text.size);
        echo_size_ = text.size;
      }
      if (spec_.answer.present()) {
        transmit(spec_.answer, r.now_ns);
      } else if (spec_.heartbeat.present()) {
        transmit(spec_.heartbeat, r.now_ns);
      }
      break;
    case Action::answer_number:
      if (spec_.gap_fill.present() && state_ == State::ready) feed_send_again(r.number, r.last, r.now_ns);
      break;
    case Action::subscription_rejected:
      if (feed_ && state_ == State::ready && (!r.rule.number.present() || r.number == refresh_id_)) {
        feed_refused(Reason::requestRefused, uint32_t(r.last), r.now_ns);
      }
      break;
    case Action::session_end:
      if (feed_ == nullptr) break;
      feed_->stream_end(r.now_ns);
      anew_ = !feed_->session_fixed();
      feed_lost(Reason::sessionEnded, 0, r.now_ns, true, feed_->session_fixed());
      break;
    case Action::echo:
      last_sent_ns_ = r.now_ns;
      host_.send(index_, r.whole);
      break;
    case Action::goodbye:
      if (feed_) {
        const bool refused = state_ == State::login;
        feed_lost(refused ? Reason::loginRejected : Reason::connectionClosed, 0, r.now_ns, true, refused);
      }
      break;
    default:
      break;
  }
}

/// The login is accepted: a stream goes on, others ask for what they have connected for.
void Requester::let_in(const Reply& r) {
  if (state_ != State::login) return;
  if (feed_) return feed_accepted(r.rule, r.at, r.number, r.now_ns);
  if (work_channel_ && r.rule.epoch_width != 0 &&
      !same_session(r.at.data + r.rule.epoch_offset, r.rule.epoch_width, work_channel_->epoch())) {
    return fail(Reason::requestRefused, 0, r.now_ns, true);
  }
  state_ = State::ready;
  state_since_ns_ = r.now_ns;
  if (r.rule.number.present()) implied_ = r.number;
  check_done(r.now_ns);  // the other line may have filled the hole meanwhile
  Channel* c = work_channel_;
  if (c == nullptr || spec_.request.present()) return go(r.now_ns);
  ask(r.now_ns);
  if (spec_.purpose == Purpose::snapshot) {
    c->snapshot_begin(r.now_ns, index_);
  } else if (r.rule.number.present()) {
    const uint64_t from = c->linear(r.number);
    // The server begins later than we need: what is before it will not come from here.
    if (from > work_begin_) c->advance(work_begin_, std::min(from, work_end_), Reason::unavailable, r.now_ns);
    check_done(r.now_ns);
  }
}

/// What the server says of the request under way.
void Requester::apply_to_request(const Reply& r) {
  Channel* c = work_channel_;
  switch (r.rule.action) {
    case Action::status: {
      Outcome outcome = r.rule.otherwise;
      for (const auto& [value, o] : r.rule.outcomes) {
        if (value == r.number) outcome = o;
      }
      status(outcome, uint32_t(r.number), r.now_ns);
      break;
    }
    case Action::begin:
      implied_ = r.number;
      if (c && asked_ && spec_.purpose == Purpose::snapshot) c->snapshot_begin(r.now_ns, index_);
      break;
    case Action::complete:
      completed(r.now_ns);
      break;
    case Action::unavailable: {
      if (c == nullptr) break;
      // What was not asked for may be somebody else's answer.
      const uint64_t last = r.has_last ? r.last : r.number;
      const uint64_t from = std::max(c->linear(r.number), work_begin_), to = std::min(c->linear(last) + 1, work_end_);
      if (from < to) c->advance_on(work_rung_index_, from, to, Reason::unavailable, r.now_ns);
      // Holes that moved on are no longer ours to fill.
      if (from <= work_begin_ && to >= work_end_) finish_work();
      break;
    }
    case Action::image:
      image_ = r.number;
      image_first_ = r.first_behind();
      has_image_ = true;
      go(r.now_ns);
      break;
    default:
      break;
  }
}

/// The request has been served, as far as the server goes: with all of it, a part, or nothing.
void Requester::completed(int64_t now_ns) {
  if (spec_.lifecycle != Lifecycle::server_closes) outstanding_ = false;
  if (!work_channel_ || !asked_) return;
  if (spec_.purpose == Purpose::snapshot) {
    if (has_snapshot_number_) end_snapshot(snapshot_number_, now_ns);
    return;
  }
  const uint64_t left = missing();
  if (left == 0) return check_done(now_ns);
  if (left >= work_missing_) return status(Outcome::unavailable, 0, now_ns);
  renew_tries();
  finish_work();
}

/// Some of what was asked for has come: the rest has all its tries again.
void Requester::renew_tries() {
  for (Hole& h : work_channel_->holes()) {
    if (h.begin >= work_begin_ && h.end <= work_end_) h.tries = 0;
  }
}

/// Messages of the feed or of a snapshot. False: the consumer has no room.
bool Requester::take_data(const Reply& r) {
  Channel* c = work_channel_;
  const Arrival arrival{0, Origin::recovery, r.now_ns, r.now_ns};
  const Bytes payload = r.at.from(r.rule.payload_offset);
  if (r.rule.action == Action::packet) {
    if (Channel* to = answering()) sink_.reply_packets(sink_.feed_framing(), to->index(), payload, arrival);
    return true;
  }
  if (r.rule.action == Action::snapshot_message) {
    if (!c || !asked_) return true;
    c->snapshot_begin(r.now_ns, index_);
    if (!c->snapshot_message(kBareFraming, payload, arrival)) return false;
    if (!r.rule.number.present()) return true;
    snapshot_number_ = has_snapshot_number_ ? std::min(snapshot_number_, r.first_behind()) : r.first_behind();
    has_snapshot_number_ = true;
    return true;
  }
  if (!r.whole.holds(r.rule.payload_offset, 0)) return true;
  if (spec_.purpose == Purpose::snapshot) return !c || c->snapshot_message(kBareFraming, payload, arrival);
  const uint64_t sequence = r.rule.number.present() ? r.number : implied_++;
  if (feed_) {
    feed_message(sequence, payload, r.now_ns);
  } else if (Channel* to = answering()) {
    to->message(sequence, payload, arrival);
    heard(to->linear(sequence) + 1);
  }
  return true;
}

/// Where a snapshot begins, up to which number it is, and where it ends.
void Requester::apply_to_snapshot(const Reply& r) {
  if (feed_) {
    // Of a stream it is one message of the state that was subscribed to.
    if (r.rule.action != Action::snapshot_end) return;
    proved_ = true;
    if (!r.rule.number.present() || r.number == refresh_id_) feed_state(r.now_ns);
    return;
  }
  Channel* c = work_channel_;
  if (!c || !asked_) return;
  if (r.rule.action == Action::snapshot_number) {
    snapshot_number_ = r.first_behind();
    has_snapshot_number_ = true;
  }
  if (r.rule.action != Action::snapshot_end) return c->snapshot_begin(r.now_ns, index_);
  if (spec_.lifecycle != Lifecycle::server_closes) outstanding_ = false;
  if (!r.rule.number.present() && !has_snapshot_number_) {
    c->counters()[C::malformed]++;
    fail(Reason::malformedReply, 0, r.now_ns, false);
    return;
  }
  end_snapshot(r.rule.number.present() ? r.first_behind() : snapshot_number_, r.now_ns);
}

void Requester::end_snapshot(uint64_t first, int64_t now_ns) {
  has_snapshot_number_ = false;
  if (!work_channel_->snapshot_end(first, now_ns, index_)) {
    fail(Reason::tooOld, 0, now_ns, false);
    return;
  }
  snapshot_tries_ = 0;
  served();
  finish_work();
  if (spec_.lifecycle == Lifecycle::client_closes) hang_up(now_ns, true);
}

void Requester::status(Outcome outcome, uint32_t code, int64_t now_ns) {
  const bool earlier = outstanding_ && !asked_;
  if (outcome != Outcome::accepted && spec_.lifecycle != Lifecycle::server_closes) outstanding_ = false;
  if (!work_channel_ || earlier) return;  // the answer to a request that is settled
  outcomes_seen_ |= 1u << uint32_t(outcome);
  switch (outcome) {
    case Outcome::accepted:
      served();
      return;
    case Outcome::wait:
      // Each answer of this kind is an attempt: a server that never has time is not asked for ever.
      if (used_up(Reason::requestRefused)) {
        announce_failure(Reason::requestRefused, code, now_ns);
        next_rung(Reason::requestRefused, now_ns);
        return;
      }
      asked_ = false;
      not_before_ns_ = answer_due_ns_ = now_ns + work_rung_->timeout_ns;
      return;
    case Outcome::retry:
      fail(Reason::requestRefused, code, now_ns, false);
      return;
    case Outcome::unavailable:
      work_channel_->counters()[C::refusals]++;
      announce_failure(Reason::unavailable, code, now_ns);
      next_rung(Reason::unavailable, now_ns);
      if (spec_.lifecycle != Lifecycle::keep) hang_up(now_ns, true);
      return;
    case Outcome::next_server:
    case Outcome::give_up:
      if (outcome == Outcome::give_up) servers_failed_ = uint16_t(spec_.servers.size());
      fail(Reason::requestRefused, code, now_ns, true);
      return;
  }
}

}  // namespace venuewire

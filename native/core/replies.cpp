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
    work_channel_->forget_tries(work_begin_, work_end_);
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
      work_channel_->forget_tries(work_begin_, work_end_);
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
  if (read_packet(framing_, packet_bytes, packet, consumed) != FrameStatus::ok || packet.cut) {
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

bool Requester::apply(const ReplyRule& rule, Bytes whole, Bytes at, int64_t now_ns) {
  // A reason may be left out.
  const bool has_second = rule.number2.present() && rule.number2.fits(at);
  if ((rule.number.present() && !rule.number.fits(at)) ||
      (rule.number2.present() && !has_second && rule.action != Action::subscription_rejected) ||
      !at.holds(rule.epoch_offset, rule.epoch_width)) {
    if (counted_channel()) counted_channel()->counters()[C::malformed]++;
    return true;
  }
  for (const ReplyRule::Echo& e : rule.echoes) {
    const uint64_t held = asked_values_[uint32_t(e.variable)];
    const uint64_t mask = e.field.width >= 8 || e.field.digits ? ~0ull : (1ull << (8 * e.field.width)) - 1;
    // Somebody else's, or late.
    if (asked_channel_ == nullptr || !e.field.fits(at) || e.field.load(at) != (held & mask)) return true;
  }
  const uint64_t number = rule.number.present() ? rule.number.load(at) : 0;
  if (rule.action == Action::snapshot_end) proved_ = true;
  actions_seen_ |= 1u << uint32_t(rule.action);
  Channel* c = work_channel_;
  const Arrival arrival{0, Origin::recovery, now_ns, now_ns};
  switch (rule.action) {
    case Action::ignore:
      return true;
    case Action::login_accepted:
      if (state_ != State::login) return true;
      if (feed_) {
        feed_accepted(rule, at, number, now_ns);
        return true;
      }
      if (c && rule.epoch_width != 0 && !same_session(at.data + rule.epoch_offset, rule.epoch_width, c->epoch())) {
        fail(Reason::requestRefused, 0, now_ns, true);
        return true;
      }
      state_ = State::ready;
      state_since_ns_ = now_ns;
      if (rule.number.present()) implied_ = number;
      check_done(now_ns);  // the other line may have filled the hole meanwhile
      c = work_channel_;
      if (c && !spec_.request.present()) {
        ask(now_ns);
        if (spec_.purpose == Purpose::snapshot) {
          c->snapshot_begin(now_ns, index_);
        } else if (rule.number.present()) {
          const uint64_t from = c->linear(number);
          // The server begins later than we need: what is before it will not come from here.
          if (from > work_begin_) c->advance(work_begin_, std::min(from, work_end_), Reason::unavailable, now_ns);
          check_done(now_ns);
        }
      } else {
        go(now_ns);
      }
      return true;
    case Action::session_unavailable:
      if (feed_) {
        feed_no_session(uint32_t(number), now_ns);
        return true;
      }
      [[fallthrough]];
    case Action::login_rejected:
      fail(Reason::loginRejected, uint32_t(number), now_ns, true);
      return true;
    case Action::status: {
      Outcome outcome = rule.otherwise;
      for (const auto& [value, o] : rule.outcomes) {
        if (value == number) outcome = o;
      }
      status(outcome, uint32_t(number), now_ns);
      return true;
    }
    case Action::begin:
      implied_ = number;
      if (c && asked_ && spec_.purpose == Purpose::snapshot) c->snapshot_begin(now_ns, index_);
      return true;
    case Action::complete:
      if (spec_.lifecycle != Lifecycle::server_closes) outstanding_ = false;
      if (!c || !asked_) return true;
      if (spec_.purpose == Purpose::snapshot) {
        if (has_snapshot_number_) end_snapshot(snapshot_number_, now_ns);
        return true;
      }
      if (missing() == 0) {
        check_done(now_ns);
      } else if (missing() < work_missing_) {
        c->forget_tries(work_begin_, work_end_);
        finish_work();
      } else {
        status(Outcome::unavailable, 0, now_ns);
      }
      return true;
    case Action::message: {
      if (!whole.holds(rule.payload_offset, 0)) return true;
      const Bytes payload = at.from(rule.payload_offset);
      if (spec_.purpose == Purpose::snapshot) {
        return !c || c->snapshot_message(kBareFraming, payload, arrival);
      }
      const uint64_t sequence = rule.number.present() ? number : implied_++;
      if (feed_) {
        feed_message(sequence, payload, now_ns);
      } else if (Channel* to = answering()) {
        to->message(sequence, payload, arrival);
        heard(to->linear(sequence) + 1);
      }
      return true;
    }
    case Action::snapshot_message:
      if (!c || !asked_) return true;
      c->snapshot_begin(now_ns, index_);
      if (!c->snapshot_message(kBareFraming, at.from(rule.payload_offset), arrival)) return false;
      if (rule.number.present()) {
        const uint64_t first = number + (rule.inclusive ? 1 : 0);
        snapshot_number_ = has_snapshot_number_ ? std::min(snapshot_number_, first) : first;
        has_snapshot_number_ = true;
      }
      return true;
    case Action::packet:
      if (Channel* to = answering()) {
        sink_.reply_packets(sink_.feed_framing(), to->index(), at.from(rule.payload_offset), arrival);
      }
      return true;
    case Action::unavailable:
      if (c) {
        // What was not asked for may be somebody else's answer.
        const uint64_t last = rule.number2.present() ? rule.number2.load(at) : number;
        const uint64_t from = std::max(c->linear(number), work_begin_), to = std::min(c->linear(last) + 1, work_end_);
        if (from < to) c->advance_on(work_rung_index_, from, to, Reason::unavailable, now_ns);
        // Holes that moved on are no longer ours to fill.
        if (from <= work_begin_ && to >= work_end_) finish_work();
      }
      return true;
    case Action::answer:
      if (rule.key.tag) {
        const Bytes text = Field::find_tag(at, rule.key.offset).first(sizeof echo_);
        if (text.size != 0) std::memcpy(echo_, text.data, text.size);
        echo_size_ = text.size;
      }
      if (spec_.answer.present()) {
        transmit(spec_.answer, now_ns);
      } else if (spec_.heartbeat.present()) {
        transmit(spec_.heartbeat, now_ns);
      }
      return true;
    case Action::answer_number:
      if (spec_.gap_fill.present() && state_ == State::ready) {
        feed_send_again(number, has_second ? rule.number2.load(at) : 0, now_ns);
      }
      return true;
    case Action::subscription_rejected:
      if (feed_ && state_ == State::ready && (!rule.number.present() || number == refresh_id_)) {
        feed_refused(Reason::requestRefused, has_second ? uint32_t(rule.number2.load(at)) : 0, now_ns);
      }
      return true;
    case Action::session_end:
      if (feed_) {
        feed_->stream_end(now_ns);
        anew_ = !feed_->session_fixed();
        feed_lost(Reason::sessionEnded, 0, now_ns, true, feed_->session_fixed());
      }
      return true;
    case Action::echo:
      last_sent_ns_ = now_ns;
      host_.send(index_, whole);
      return true;
    case Action::goodbye:
      if (feed_) {
        const bool refused = state_ == State::login;
        feed_lost(refused ? Reason::loginRejected : Reason::connectionClosed, 0, now_ns, true, refused);
      }
      return true;
    case Action::snapshot_begin:
      if (c && asked_) c->snapshot_begin(now_ns, index_);
      return true;
    case Action::snapshot_number:
      if (!c || !asked_) return true;
      snapshot_number_ = number + (rule.inclusive ? 1 : 0);
      has_snapshot_number_ = true;
      c->snapshot_begin(now_ns, index_);
      return true;
    case Action::snapshot_end: {
      if (feed_) {
        if (!rule.number.present() || number == refresh_id_) feed_state(now_ns);
        return true;
      }
      if (!c || !asked_) return true;
      if (spec_.lifecycle != Lifecycle::server_closes) outstanding_ = false;
      if (!rule.number.present() && !has_snapshot_number_) {
        c->counters()[C::malformed]++;
        fail(Reason::malformedReply, 0, now_ns, false);
        return true;
      }
      const uint64_t first = rule.number.present() ? number + (rule.inclusive ? 1 : 0) : snapshot_number_;
      end_snapshot(first, now_ns);
      return true;
    }
    case Action::snapshot_item:
      return true;  // of snapshot lines only
    case Action::image:
      image_ = number;
      image_first_ = number + (rule.inclusive ? 1 : 0);
      has_image_ = true;
      go(now_ns);
      return true;
  }
  return true;
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

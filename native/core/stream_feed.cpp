// Stream feeds: connections that are themselves a line of a channel. Opened at the start and kept; after a break they
// log in again from the first number that is missing. Messages are live input; holes are asked for on the same
// connection.
#include <algorithm>

#include "core/recovery.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Whether a control of the framing says that this message's own number is to be ignored.
bool resets(const FramingSpec& framing, const Packet& packet) {
  if (packet.kind == PacketKind::reset) return true;
  MessageWalk walk(framing, packet.body);
  Bytes m;
  if (!walk.next(m)) return false;
  for (const ControlRule& r : framing.controls) {
    if (!r.type.fits(m) || r.type.load(m) != r.value) continue;
    if (r.also.present() && (!r.also.fits(m) || r.also.load(m) != r.also_value)) continue;
    return r.kind == PacketKind::reset && !r.counted;
  }
  return false;
}

}  // namespace

void Requester::feed_connected(int64_t now_ns) {
  probed_ = false;
  state_ = State::login;
  const bool resuming = feed_->started() && spec_.resume.present();
  const Template& t = resuming ? spec_.resume : spec_.login;
  if (!resuming) client_sequence_ = 0;
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
  state_ = State::ready;
  state_since_ns_ = now_ns;
  backoff_ns_ = 0;
  servers_failed_ = 0;
  up_ = true;
  anew_ = false;
  if (rule.number.present()) implied_ = number;
  Epoch epoch;
  if (rule.epoch_width != 0) {
    uint8_t text[16] = {};
    std::memcpy(text, at.data + rule.epoch_offset, std::min<uint32_t>(rule.epoch_width, 16));
    epoch.high = load_uint(text, 8, true);
    epoch.low = load_uint(text + 8, 8, true);
  }
  feed_->stream_up(rule.epoch_width != 0 ? &epoch : nullptr, number, now_ns, index_);
  feed_subscribe(now_ns);
}

void Requester::feed_subscribe(int64_t now_ns) {
  if (spec_.subscribe.empty()) return;
  correlation_++;
  spend(now_ns);
  for (const Template& t : spec_.subscribe) transmit(t, now_ns);
  // What answers it is the state, within the stream.
  if (spec_.refresh_items == 0) return;
  refresh_left_ = spec_.refresh_items;
  refreshed_ = false;
  refresh_id_ = correlation_;
  feed_->refresh_begin(now_ns, index_);
}

/// Tells the end of a refresh in order with the data: once all of it has been delivered.
void Requester::feed_refreshed(int64_t now_ns) {
  if (!refreshed_ || feed_->next() < refreshed_at_) return;
  refreshed_ = false;
  feed_->refresh_end(now_ns, index_);
}

/// The connection is over. `patient`: the server does not want us, or has nothing more: come back late.
void Requester::feed_lost(Reason why, uint32_t detail, int64_t now_ns, bool polite, bool patient) {
  if (state_ == State::idle) return;
  const bool ready = state_ == State::ready;
  if (work_channel_) finish_work();
  hang_up(now_ns, polite && ready);
  refresh_left_ = 0;
  refreshed_ = false;
  if (up_) {
    up_ = false;
    feed_->stream_down(why, detail, now_ns, index_, server_);
  } else {
    feed_->counters()[C::refusals]++;
    feed_->say(NoticeCode::recoveryFailed, why, feed_->next(), feed_->next(), now_ns, index_, detail, server_);
  }
  if (spec_.servers.size() > 1) server_ = uint16_t((server_ + 1) % spec_.servers.size());
  backoff_ns_ = backoff_ns_ == 0 ? spec_.reconnect_first_ns : std::min(2 * backoff_ns_, spec_.reconnect_most_ns);
  if (patient) backoff_ns_ = spec_.reconnect_most_ns;
  reopen_at_ns_ = now_ns + backoff_ns_;
}

/// A packet that the stream itself numbers. False: the connection was given up over it.
bool Requester::feed_packet(const Packet& packet, int64_t now_ns) {
  const bool numbered = framing_.sequence.present() && feed_->started();
  const bool again = numbered && feed_->linear(packet.sequence) < feed_->highest() && !resets(framing_, packet);
  if (again && spec_.resent.present() &&
      !(spec_.resent.fits(packet.whole) && spec_.resent.load(packet.whole) == spec_.resent_value)) {
    // Lower than expected and not marked as sent before: the two sides do not mean the same numbers.
    feed_->counters()[C::implausible]++;
    feed_lost(Reason::malformedReply, 1, now_ns, true);
    return false;
  }
  const Arrival arrival{spec_.line, again ? Origin::recovery : Origin::live, now_ns, now_ns};
  sink_.reply_packets(framing_, feed_->index(), packet.whole, arrival);
  return true;
}

/// Work for the connection: a hole to ask for again, or one that only new state can mend.
bool Requester::feed_pick(std::vector<Channel*>&, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  Channel* c = feed_;
  if (!c->started() || c->waiting_for_snapshot()) return false;
  std::vector<Hole>& holes = c->holes();
  for (size_t i = 0; i < holes.size();) {
    Hole& h = holes[i];
    const bool mine =
        h.rung < rungs.size() && rungs[h.rung].kind != RungKind::wait && rungs[h.rung].requester == index_;
    if (!mine) {
      i++;
      continue;
    }
    const RungSpec& rung = rungs[h.rung];
    c->announce(h, now_ns);
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
      feed_subscribe(now_ns);
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
  if (state_ == State::ready && spec_.probe_ns != 0 && !probed_ && now_ns - last_heard_ns_ >= spec_.probe_ns &&
      spec_.probe.present()) {
    probed_ = true;
    transmit(spec_.probe, now_ns);
  }
}

}  // namespace venuewire

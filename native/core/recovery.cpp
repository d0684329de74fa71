#include "core/recovery.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

}  // namespace

bool Template::sound() const {
  for (const Patch& p : patches) {
    const bool text = p.encoding == Encoding::fix_field || p.encoding == Encoding::fix_time;
    const bool number = p.encoding == Encoding::uint_big || p.encoding == Encoding::uint_little;
    if (size_t(p.offset) + (text ? 0u : p.width) > bytes.size() || (!text && p.width == 0) || (number && p.width > 8))
      return false;
  }
  return true;
}

Requester::Requester(const RequesterSpec& spec, const FramingSpec& framing, uint16_t index, Host& host, ReplySink& sink)
    : spec_(spec), framing_(framing), index_(index), host_(host), sink_(sink) {
  stream_.reserve(spec.tcp ? spec.packet_bytes_max + 4096 : 0);
  scratch_.reserve(1024);
  recent_.resize(spec.limits.size());
  for (const ReplyRule& r : spec.rules) {
    has_begin_rule_ = has_begin_rule_ || r.action == Action::snapshot_begin;
    has_end_rule_ = has_end_rule_ || r.action == Action::snapshot_end;
    has_item_rule_ = has_item_rule_ || r.action == Action::snapshot_item;
    has_complete_rule_ = has_complete_rule_ || r.action == Action::complete;
  }
}

uint64_t Requester::held_bytes() const {
  return stream_.capacity() + scratch_.capacity() + late_bytes_ + late_.capacity() * sizeof(Late) +
         marks_.capacity() * sizeof(Mark) + cycle_.numbers.capacity() * sizeof(ItemNumber);
}

uint64_t Requester::held_bytes_max(const RequesterSpec& spec) {
  uint64_t templates = 0;
  for (const Template* t : {&spec.login, &spec.request, &spec.heartbeat, &spec.logout, &spec.resume, &spec.probe,
                            &spec.answer, &spec.gap_fill}) {
    templates = std::max<uint64_t>(templates, t->bytes.size() + 32 * t->patches.size());
  }
  for (const Template& t : spec.subscribe)
    templates = std::max<uint64_t>(templates, t.bytes.size() + 32 * t.patches.size());
  // A buffer that grew has room for twice as much.
  uint64_t bytes = 2 * (1024 + templates);
  if (spec.tcp) bytes += 2 * (uint64_t(spec.packet_bytes_max) + kStalledBytesMax);
  if (spec.snapshot_from != SnapshotFrom::request) {
    bytes += kLateBytes + 2 * kLatePackets * sizeof(Late) + 2 * kDatagramMax * sizeof(Mark);
    if (spec.snapshot_count == SnapshotCount::item) bytes += 2 * kItemsMax * sizeof(ItemNumber);
  }
  return bytes;
}

// ── work ─────────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Requester::missing() const {
  if (!work_channel_ || spec_.purpose == Purpose::snapshot) return 0;
  return spec_.purpose == Purpose::replay ? work_channel_->missing_on(work_rung_index_, work_begin_, work_end_)
                                          : work_channel_->missing(work_begin_, work_end_);
}

/// The channel that data on this connection belongs to: that of the last request, whatever is wanted by now.
Channel* Requester::answering() const {
  if (asked_channel_ == nullptr) return work_channel_;
  return asked_channel_->epoch() == asked_epoch_ ? asked_channel_ : nullptr;
}

/// Data of the last request has come, up to `linear_end`. A server that says when it is done has yet to say so.
void Requester::heard(uint64_t linear_end) {
  if (linear_end >= asked_end_ && !has_complete_rule_ && spec_.lifecycle != Lifecycle::server_closes)
    outstanding_ = false;
}

/// Whether a hole of the channel stands on a rung of this requester.
bool Requester::has_work(const Channel& channel, const std::vector<RungSpec>& rungs, RungKind kind) const {
  for (size_t i = 0; i < rungs.size(); i++) {
    if (rungs[i].kind == kind && rungs[i].requester == index_ && channel.any_on(i)) return true;
  }
  return false;
}

bool Requester::pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (spec_.purpose == Purpose::feed) return feed_pick(channels, rungs, now_ns);
  if (resting(now_ns)) return false;
  const RungKind kind = spec_.purpose == Purpose::snapshot ? RungKind::snapshot : RungKind::request;
  for (Channel* c : channels) {
    if (spec_.channel >= 0 && c->index() != spec_.channel) continue;
    if (!c->started()) continue;
    if (c->waiting_for_snapshot()) {
      if (kind != RungKind::snapshot) continue;
      for (const RungSpec& r : rungs) {
        if (r.kind != kind || r.requester != index_) continue;
        if (now_ns < cooldown_until_ns_ || snapshot_tries_ >= r.tries) {
          snapshot_tries_ = 0;
          const Reason why = cooldown_why_ == Reason::none ? Reason::exhausted : cooldown_why_;
          c->say(NoticeCode::recoveryFailed, why, c->next(), c->next(), now_ns, index_, 0, server_);
          c->join_live(now_ns);
          break;
        }
        work_channel_ = c;
        work_rung_ = &r;
        work_begin_ = work_end_ = c->next();
        break;
      }
      if (work_channel_) break;
      continue;
    }
    const RangeList<Hole>& holes = c->holes();
    if (!has_work(*c, rungs, kind)) continue;
    for (size_t i = 0; i < holes.size() && !work_channel_; i++) {
      const Hole& h = holes[i];
      if (h.rung >= rungs.size() || rungs[h.rung].kind != kind || rungs[h.rung].requester != index_) continue;
      c->announce(i, now_ns);
      if (now_ns < cooldown_until_ns_) {
        c->advance(h.begin, h.end, cooldown_why_, now_ns);
        continue;
      }
      if (spec_.age_max < c->highest() && h.begin < c->highest() - spec_.age_max) {
        const uint64_t oldest = c->highest() - spec_.age_max;
        c->advance(h.begin, std::min(h.end, oldest), Reason::tooOld, now_ns);
        continue;
      }
      work_channel_ = c;
      work_rung_ = &rungs[h.rung];
      work_rung_index_ = h.rung;
      work_begin_ = h.begin;
      work_end_ =
          kind == RungKind::snapshot ? h.end : (h.end - h.begin > spec_.range_max ? h.begin + spec_.range_max : h.end);
    }
    if (work_channel_) break;
  }
  if (!work_channel_) return false;
  work_epoch_ = work_channel_->epoch();
  work_missing_ = missing();
  asked_ = false;
  quota_told_ = false;
  not_before_ns_ = now_ns;
  answer_due_ns_ = now_ns + work_rung_->timeout_ns;
  return true;
}

void Requester::finish_work() {
  cycle_.running = false;
  work_channel_ = nullptr;
  work_rung_ = nullptr;
  asked_ = false;
}

void Requester::check_done(int64_t now_ns) {
  if (!work_channel_) return;
  if (spec_.purpose != Purpose::snapshot) {
    if (missing() != 0) return;
  } else if (asked_ || cycle_.running || work_channel_->waiting_for_snapshot() ||
             work_channel_->missing(work_begin_, work_end_) != 0) {
    // A snapshot that has been asked for is taken to its end; one that nobody needs any more is not begun.
    return;
  }
  served();
  finish_work();
  if (spec_.lifecycle == Lifecycle::client_closes) hang_up(now_ns, true);
}

/// Whether that says that the server could not be talked to, rather than what it said.
bool Requester::unreachable(Reason why) {
  return why == Reason::connectionRefused || why == Reason::connectionClosed || why == Reason::timedOut ||
         why == Reason::hostNotFound;
}

void Requester::announce_failure(Reason why, uint32_t detail, int64_t now_ns) {
  if (!work_channel_) return;
  work_channel_->say(NoticeCode::recoveryFailed, why, work_begin_, work_end_, now_ns, index_, detail, server_);
}

void Requester::next_rung(Reason why, int64_t now_ns) {
  Channel* c = work_channel_;
  const uint64_t begin = work_begin_, end = work_end_;
  const uint16_t tries = work_rung_ ? work_rung_->tries : 0;
  finish_work();
  if (!c) return;
  if (c->waiting_for_snapshot()) {
    if (spec_.purpose == Purpose::snapshot) c->join_live(now_ns);
    return;
  }
  c->advance_on(work_rung_index_, begin, end, why, now_ns);
  if (spec_.purpose != Purpose::snapshot) return;
  for (size_t i = 0; i < c->holes().size(); i++) {
    const Hole h = c->holes()[i];
    if (h.rung == work_rung_index_ && h.tries >= tries) c->advance_on(work_rung_index_, h.begin, h.end, why, now_ns);
  }
}

/// The request under way has failed. `hard`: this server will not serve us (refused, rejected, unreachable).
void Requester::fail(Reason why, uint32_t detail, int64_t now_ns, bool hard) {
  if (spec_.purpose == Purpose::feed && hard)
    return feed_lost(why, detail, now_ns, false, why == Reason::loginRejected);
  Channel* c = work_channel_;
  if (c && spec_.purpose == Purpose::snapshot) c->snapshot_fail(why, detail, now_ns, index_);
  cycle_.running = false;
  const uint16_t servers = uint16_t(spec_.servers.size());
  // Of several servers the next is tried: that takes another connection, or socket.
  if (spec_.purpose != Purpose::feed && (spec_.tcp || hard || servers > 1)) hang_up(now_ns, false);
  if (hard) {
    if (c) c->counters()[C::refusals]++;
    announce_failure(why, detail, now_ns);
    servers_failed_++;
  }
  if (servers > 1 && spec_.purpose != Purpose::feed) server_ = uint16_t((server_ + 1) % servers);
  if (!c) return;
  if (hard && servers_failed_ >= servers) {
    servers_failed_ = 0;
    if (unreachable(why) && ++rounds_failed_ < work_rung_->tries) {
      // Each of them in turn is one try; a server that starts again needs time.
      rest_until_ns_ = now_ns + spec_.cooldown_ns;
      finish_work();
      return;
    }
    rounds_failed_ = 0;
    cooldown_until_ns_ = now_ns + spec_.cooldown_ns;
    cooldown_why_ = why;
    next_rung(why, now_ns);
    return;
  }
  if (hard) {
    finish_work();
    return;
  }
  if (c->waiting_for_snapshot()) {
    cooldown_why_ = why;
    snapshot_tries_++;  // pick() sees when they are used up
    finish_work();
    return;
  }
  if (used_up(why)) {
    announce_failure(why, detail, now_ns);
    next_rung(why, now_ns);
  } else {
    finish_work();
  }
}

/// Counts an attempt against every hole of the work under way; true when one has had all that its rung allows.
bool Requester::used_up(Reason why) {
  Channel* c = work_channel_;
  if (c->waiting_for_snapshot()) return ++snapshot_tries_ >= work_rung_->tries;
  bool over = false;
  // A snapshot would have closed every hole that waits for one.
  const bool all = spec_.purpose == Purpose::snapshot;
  const RangeList<Hole>& holes = c->holes();
  for (size_t i = all ? 0 : holes.behind(work_begin_); i < holes.size(); i++) {
    if (holes[i].begin >= work_end_ && !all) break;
    if (holes[i].rung != work_rung_index_) continue;
    c->count_try(i, why);
    over = over || holes[i].tries >= work_rung_->tries;
  }
  return over;
}

void Requester::tick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (stalled_) process(now_ns);
  if (work_channel_ && !(work_channel_->epoch() == work_epoch_)) {
    if (spec_.tcp && spec_.purpose != Purpose::feed) hang_up(now_ns, true);
    finish_work();
  }
  check_done(now_ns);
  if (state_ == State::connecting && now_ns - state_since_ns_ >= spec_.connect_timeout_ns) {
    fail(Reason::timedOut, 0, now_ns, true);
  } else if (state_ == State::login && now_ns - state_since_ns_ >= spec_.login_timeout_ns) {
    fail(Reason::timedOut, 1, now_ns, true);
  } else if (state_ == State::ready && spec_.silence_ns != 0 && now_ns - last_heard_ns_ >= spec_.silence_ns) {
    if (spec_.purpose == Purpose::feed) {
      feed_lost(Reason::timedOut, 2, now_ns, true);
    } else if (work_channel_) {
      fail(Reason::timedOut, 2, now_ns, false);
    } else {
      hang_up(now_ns, false);
    }
  }
  const bool awaits_image = state_ == State::ready && spec_.needs_image && !asked_ && !outstanding_;
  if (work_channel_ && !asked_ && outstanding_ && !stalled_ && now_ns >= answer_due_ns_) {
    // The answer to an earlier request never ended: nothing more can be asked on this connection.
    hang_up(now_ns, false);
  }
  if (work_channel_ && (asked_ || awaits_image) && !stalled_ && now_ns >= answer_due_ns_) {
    const uint64_t m = missing();
    if (spec_.purpose != Purpose::snapshot && m < work_missing_) {
      // Some came: ask for the rest with a fresh budget.
      renew_tries();
      if (spec_.request.present()) {
        finish_work();
      } else {
        work_missing_ = m;
        answer_due_ns_ = now_ns + work_rung_->timeout_ns;
      }
    } else {
      work_channel_->counters()[C::requestTimeouts]++;
      fail(Reason::timedOut, 0, now_ns, false);
    }
  }
  if (spec_.purpose == Purpose::feed) feed_tick(now_ns);
  // Several short pieces of work may start and fail at once; bounded, the rest follows at the next tick.
  for (int i = 0; i < 4 && !work_channel_; i++) {
    if (!pick(channels, rungs, now_ns)) break;
    go(now_ns);
  }
  if (work_channel_) go(now_ns);
  if (state_ == State::ready && spec_.heartbeat_ns != 0 && spec_.heartbeat.present() &&
      now_ns - last_sent_ns_ >= spec_.heartbeat_ns) {
    transmit(spec_.heartbeat, now_ns);
  }

  deadline_ = INT64_MAX;
  if (spec_.purpose == Purpose::feed) deadline_ = feed_deadline();
  if (resting(now_ns)) deadline_ = rest_until_ns_;
  const auto due = [&](int64_t at) { deadline_ = std::min(deadline_, at); };
  if (state_ == State::connecting) due(state_since_ns_ + spec_.connect_timeout_ns);
  if (state_ == State::login) due(state_since_ns_ + spec_.login_timeout_ns);
  if (state_ == State::ready) {
    if (spec_.heartbeat_ns != 0) due(last_sent_ns_ + spec_.heartbeat_ns);
    if (spec_.silence_ns != 0) due(last_heard_ns_ + spec_.silence_ns);
    if (spec_.probe_ns != 0 && spec_.probe.present() && !probed_) due(last_heard_ns_ + spec_.probe_ns);
  }
  if (stalled_) due(now_ns + 100'000);
  if (work_channel_) {
    if (state_ == State::idle && spec_.purpose != Purpose::feed)
      due(std::max({now_ns + 1, next_login_ns(), allowed_ns_}));
    if (state_ == State::ready) due(answer_due_ns_);
  }
}

// ── the ladder ───────────────────────────────────────────────────────────────────────────────────────────────────

Ladder::Ladder(const std::vector<RungSpec>& rungs) : rungs_(rungs) {
  // Holes are as old as they stand; as long as only the first rung waits, those that wait are the last of them.
  for (size_t i = 0; i < rungs.size(); i++) {
    if (i == 0 ? rungs[i].channel >= 0 : rungs[i].kind == RungKind::wait) in_order_ = false;
  }
}

/// The first hole that time can move, when nothing else has moved any since the last look at all of them.
size_t Ladder::first_waiting(const Channel& channel) const {
  const RangeList<Hole>& holes = channel.holes();
  const size_t first = holes.size() - channel.count_on_first_rung();
  const bool looked = channel.index() < seen_moves_.size() && seen_moves_[channel.index()] == channel.rung_moves();
  const bool last_ones = first == holes.size() || holes[first].rung == 0;
  return in_order_ && looked && last_ones ? first : 0;
}

void Ladder::tick(Channel& channel, int64_t now_ns) {
  if (channel.waiting_for_snapshot() || !channel.started()) return;
  const RangeList<Hole>& holes = channel.holes();
  size_t i = first_waiting(channel);
  const bool in_order = i != 0;
  while (i < holes.size()) {
    const Hole& h = holes[i];
    while (h.rung < rungs_.size()) {
      const RungSpec& r = rungs_[h.rung];
      if ((r.channel >= 0 && r.channel != channel.index()) || (h.unobtainable && r.kind != RungKind::snapshot)) {
        channel.to_next_rung(i, h.rung_since_ns);
        continue;
      }
      if (r.kind != RungKind::wait) break;
      const bool crowded = r.packets != 0 && channel.held_packets() >= r.packets;
      if (now_ns - h.rung_since_ns < r.timeout_ns && !crowded) break;
      channel.to_next_rung(i, now_ns);
    }
    if (h.rung >= rungs_.size()) {
      channel.abandon(h.begin, h.end, h.why, now_ns);  // takes the hole out of the list
      continue;
    }
    if (rungs_[h.rung].kind != RungKind::wait) {
      channel.announce(i, now_ns);
    } else if (in_order_ && h.rung == 0) {
      break;  // those behind it are younger
    }
    i++;
  }
  if (in_order) return;
  if (channel.index() >= seen_moves_.size()) seen_moves_.resize(channel.index() + 1u, ~0ull);
  seen_moves_[channel.index()] = channel.rung_moves();
}

int64_t Ladder::deadline(const Channel& channel) const {
  int64_t at = INT64_MAX;
  if (channel.waiting_for_snapshot()) return at;
  const RangeList<Hole>& holes = channel.holes();
  for (size_t i = first_waiting(channel); i < holes.size(); i++) {
    const Hole& h = holes[i];
    if (h.rung >= rungs_.size()) return 0;
    const RungSpec& r = rungs_[h.rung];
    if (r.kind != RungKind::wait) continue;
    at = std::min(at, h.rung_since_ns + r.timeout_ns);
    if (in_order_) return at;
  }
  return at;
}

}  // namespace venuewire

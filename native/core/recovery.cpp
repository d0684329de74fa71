#include "core/recovery.hpp"

#include <algorithm>

namespace venuewire {

namespace {

using C = ChannelCounter;

/// Bytes of a stream kept beyond one packet while the consumer has no room.
constexpr size_t kStalledBytesMax = 4u << 20;

void append_decimal(std::vector<uint8_t>& out, uint64_t v) {
  char text[20];
  uint32_t n = 0;
  do {
    text[n++] = char('0' + v % 10);
    v /= 10;
  } while (v != 0);
  while (n > 0) out.push_back(uint8_t(text[--n]));
}

void append_text(std::vector<uint8_t>& out, const char* text) {
  for (; *text != 0; text++) out.push_back(uint8_t(*text));
}

void append_digits(std::vector<uint8_t>& out, uint32_t v, uint32_t width) {
  for (uint32_t i = width; i > 0; i--) {
    uint32_t unit = 1;
    for (uint32_t k = 1; k < i; k++) unit *= 10;
    out.push_back(uint8_t('0' + v / unit % 10));
  }
}

/// YYYYMMDD-HH:MM:SS.mmm, UTC.
void append_time(std::vector<uint8_t>& out, int64_t ns) {
  const int64_t ms = ns / 1'000'000;
  const int64_t days = ms / 86'400'000;
  const uint32_t rest = uint32_t(ms % 86'400'000);
  // Days since 1970 to a civil date (H. Hinnant's algorithm).
  const int64_t z = days + 719'468, era = z / 146'097;
  const uint32_t doe = uint32_t(z - era * 146'097);
  const uint32_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const uint32_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
  append_digits(out, uint32_t(int64_t(yoe) + era * 400) + (month <= 2), 4);
  append_digits(out, month, 2);
  append_digits(out, doy - (153 * mp + 2) / 5 + 1, 2);
  out.push_back('-');
  append_digits(out, rest / 3'600'000, 2);
  out.push_back(':');
  append_digits(out, rest / 60'000 % 60, 2);
  out.push_back(':');
  append_digits(out, rest / 1'000 % 60, 2);
  out.push_back('.');
  append_digits(out, rest % 1'000, 3);
}

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

void Template::parse(SpecReader& r) {
  const Bytes b = r.bytes();
  bytes.assign(b.data, b.data + b.size);
  fix = r.flag();
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    Patch p;
    p.offset = r.u16();
    p.width = r.u8();
    p.encoding = Encoding(r.u8());
    p.variable = Variable(r.u8());
    p.add = r.i64();
    const bool text = p.encoding == Encoding::fix_field || p.encoding == Encoding::fix_time;
    if (size_t(p.offset) + (text ? 0u : p.width) > bytes.size() || (!text && p.width == 0) ||
        (p.encoding <= Encoding::uint_little && p.width > 8)) {
      r.fail();
    }
    patches.push_back(p);
  }
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

// ── requests out ─────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Requester::variable(Variable v, int64_t now_ns) const {
  const Channel* c = counted_channel();
  switch (v) {
    case Variable::begin:
      if (logging_in_ && anew_) return feed_->first_number();
      if (logging_in_ || (work_channel_ == nullptr && feed_ != nullptr)) return feed_->resume_at();
      return c ? c->wire(work_begin_) : 0;
    case Variable::last:
      return c && work_end_ > 0 ? c->wire(work_end_ - 1) : 0;
    case Variable::end:
      return c ? c->wire(work_end_) : 0;
    case Variable::count:
      return work_end_ - work_begin_;
    case Variable::channel:
      return c ? c->key() : 0;
    case Variable::correlation:
      return correlation_;
    case Variable::client_sequence:
      return client_sequence_;
    case Variable::image:
      return image_;
    case Variable::time_ns:
      return uint64_t(now_ns);
    case Variable::echo:
      return 0;
    case Variable::asked:
      return asked_number_;
    case Variable::epoch:
      return c ? c->epoch().low : 0;
  }
  return 0;
}

void Requester::transmit(const Template& t, int64_t now_ns, bool counted) {
  if (counted) client_sequence_++;
  scratch_.clear();
  if (t.fix) {
    // tag=value: the body is the bytes with decimals put in at their places; 9 and 10 are computed.
    std::vector<uint8_t> body;
    // Where 8 comes first it stays in front of 9; some venues leave it out.
    uint32_t at = 0, head = 0;
    if (t.bytes.size() > 2 && t.bytes[0] == '8' && t.bytes[1] == '=') {
      while (head < t.bytes.size() && t.bytes[head] != 1) head++;
      if (head < t.bytes.size()) head++;
    }
    at = head;
    for (const Patch& p : t.patches) {
      body.insert(body.end(), t.bytes.begin() + at, t.bytes.begin() + p.offset);
      if (p.variable == Variable::echo) {
        body.insert(body.end(), echo_, echo_ + echo_size_);
      } else if (p.encoding == Encoding::fix_time) {
        append_time(body, now_ns + p.add);
      } else {
        append_decimal(body, variable(p.variable, now_ns) + uint64_t(p.add));
      }
      at = p.offset;
    }
    body.insert(body.end(), t.bytes.begin() + at, t.bytes.end());
    scratch_.insert(scratch_.end(), t.bytes.begin(), t.bytes.begin() + head);
    append_text(scratch_, "9=");
    append_decimal(scratch_, body.size());
    scratch_.push_back(1);
    scratch_.insert(scratch_.end(), body.begin(), body.end());
    uint32_t sum = 0;
    for (const uint8_t b : scratch_) sum += b;
    append_text(scratch_, "10=");
    append_digits(scratch_, sum & 0xFF, 3);
    scratch_.push_back(1);
  } else {
    scratch_.insert(scratch_.end(), t.bytes.begin(), t.bytes.end());
    for (const Patch& p : t.patches) {
      uint8_t* to = scratch_.data() + p.offset;
      if (p.encoding == Encoding::raw) {
        const Epoch e = counted_channel() && !(logging_in_ && anew_) ? counted_channel()->epoch() : Epoch{};
        uint8_t text[16];
        store_uint(text, e.high, 8, true);
        store_uint(text + 8, e.low, 8, true);
        if (e == Epoch{}) std::memset(text, ' ', 16);  // no session: the current one
        std::memcpy(to, text, p.width < 16 ? p.width : 16);
        continue;
      }
      uint64_t v = variable(p.variable, now_ns) + uint64_t(p.add);
      if (p.encoding == Encoding::digits_left_blank || p.encoding == Encoding::digits_left_zero) {
        const uint8_t pad = p.encoding == Encoding::digits_left_blank ? ' ' : '0';
        for (uint32_t i = p.width; i > 0; i--) {
          to[i - 1] = v != 0 || i == p.width ? uint8_t('0' + v % 10) : pad;
          v /= 10;
        }
      } else {
        store_uint(to, v, p.width, p.encoding == Encoding::uint_big);
      }
    }
  }
  last_sent_ns_ = now_ns;
  host_.send(index_, {scratch_.data(), uint32_t(scratch_.size())});
}

/// Time until one more request is within every limit. A venue counts in any span of the window's length, so what counts
/// is when the request so many before this one was sent; nothing is saved up.
int64_t Requester::allowance(int64_t now_ns) const {
  int64_t wait = 0;
  for (size_t i = 0; i < recent_.size(); i++) {
    const Limit& l = spec_.limits[i];
    const Recent& r = recent_[i];
    if (r.times_ns.size() < l.count) continue;
    wait = std::max(wait, r.times_ns[r.oldest] + l.window_ns - now_ns);
  }
  return wait;
}

void Requester::spend(int64_t now_ns) {
  for (size_t i = 0; i < recent_.size(); i++) {
    Recent& r = recent_[i];
    if (r.times_ns.size() < spec_.limits[i].count) {
      r.times_ns.push_back(now_ns);
    } else {
      r.times_ns[r.oldest] = now_ns;
      r.oldest = (r.oldest + 1) % r.times_ns.size();
    }
  }
}

void Requester::open(int64_t now_ns) {
  if (spec_.snapshot_from == SnapshotFrom::loop) {
    state_ = State::ready;  // nothing to connect to: the lines are there already
    state_since_ns_ = last_heard_ns_ = now_ns;
    ask(now_ns);
    return;
  }
  if (spec_.servers.empty()) {
    fail(Reason::noRecovery, 0, now_ns, true);
    return;
  }
  if (now_ns < last_login_ns_ + spec_.login_gap_ns) return;  // tick comes back
  if (login_asks() && work_channel_ && !within_limits(now_ns)) return;
  last_login_ns_ = now_ns;
  state_ = State::connecting;
  state_since_ns_ = now_ns;
  if (spec_.purpose != Purpose::feed) client_sequence_ = 0;
  stream_.clear();
  stream_at_ = 0;
  has_image_ = false;
  outstanding_ = false;
  asked_channel_ = nullptr;
  if (counted_channel()) counted_channel()->counters()[C::connects]++;
  host_.connect(index_, server_);
}

void Requester::connected(int64_t now_ns) {
  if (state_ != State::connecting) return;
  last_heard_ns_ = last_sent_ns_ = now_ns;
  state_since_ns_ = now_ns;
  if (spec_.purpose == Purpose::feed) return feed_connected(now_ns);
  if (spec_.login.present()) {
    state_ = State::login;
    if (login_asks()) {
      // The login is the request: it names the first number wanted.
      spend(now_ns);
      correlation_++;
      if (work_channel_) work_channel_->counters()[C::requests]++;
    }
    transmit(spec_.login, now_ns);
  } else {
    state_ = State::ready;
    go(now_ns);
  }
}

void Requester::go(int64_t now_ns) {
  if (work_channel_ == nullptr) return;
  if (state_ == State::idle) {
    open(now_ns);
  } else if (state_ == State::ready && !asked_ && now_ns >= not_before_ns_) {
    // A newer image is on its way when the one that is there would not close the gap.
    if (spec_.needs_image && !(has_image_ && new_enough(image_first_))) return;
    if (outstanding_) return;
    ask(now_ns);
  }
}

/// Whether one more request may be sent now. If not, `allowed_ns_` says when, or the next rung has the work.
bool Requester::within_limits(int64_t now_ns) {
  const int64_t wait = allowance(now_ns);
  if (wait <= 0) return true;
  if (!quota_told_) work_channel_->counters()[C::quotaWaits]++;
  quota_told_ = true;
  if (wait > spec_.patience_ns) {
    announce_failure(Reason::quota, 0, now_ns);
    next_rung(Reason::quota, now_ns);
  } else {
    allowed_ns_ = answer_due_ns_ = now_ns + wait;
  }
  return false;
}

void Requester::ask(int64_t now_ns) {
  if (spec_.request.present()) {
    if (!within_limits(now_ns)) return;
    spend(now_ns);
    correlation_++;
    work_channel_->counters()[C::requests]++;
    asked_ = true;
    work_missing_ = missing();
    answer_due_ns_ = now_ns + work_rung_->timeout_ns;
    asked_channel_ = work_channel_;
    asked_epoch_ = work_epoch_;
    asked_end_ = work_end_;
    outstanding_ = spec_.tcp && (spec_.serial || spec_.lifecycle == Lifecycle::server_closes);
    transmit(spec_.request, now_ns);
    for (uint32_t i = 0; i < kVariables; i++) asked_values_[i] = variable(Variable(i), now_ns);
  } else {
    asked_channel_ = work_channel_;
    asked_epoch_ = work_epoch_;
    asked_end_ = work_end_;
    asked_ = true;
    work_missing_ = missing();
    answer_due_ns_ = now_ns + work_rung_->timeout_ns;
  }
}

void Requester::hang_up(int64_t now_ns, bool polite) {
  if (state_ == State::idle) return;
  if (polite && state_ == State::ready && spec_.logout.present()) transmit(spec_.logout, now_ns);
  state_ = State::idle;
  stream_.clear();
  stream_at_ = 0;
  applied_ = 0;
  stalled_ = false;
  cycle_.running = false;
  outstanding_ = false;
  asked_channel_ = nullptr;
  has_snapshot_number_ = false;
  if (spec_.snapshot_from != SnapshotFrom::loop && !gone_) host_.close(index_);
}

void Requester::stop() {
  if (state_ != State::idle && spec_.snapshot_from != SnapshotFrom::loop) host_.close(index_);
  state_ = State::idle;
  work_channel_ = nullptr;
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

bool Requester::pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  if (spec_.purpose == Purpose::feed) return feed_pick(channels, rungs, now_ns);
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
    std::vector<Hole>& holes = c->holes();
    for (size_t i = 0; i < holes.size() && !work_channel_; i++) {
      Hole& h = holes[i];
      if (h.rung >= rungs.size() || rungs[h.rung].kind != kind || rungs[h.rung].requester != index_) continue;
      c->announce(h, now_ns);
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
  servers_failed_ = 0;
  finish_work();
  if (spec_.lifecycle == Lifecycle::client_closes) hang_up(now_ns, true);
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
  for (Hole& h : c->holes()) {
    if (h.begin >= work_end_ && !all) break;
    if ((h.end <= work_begin_ && !all) || h.rung != work_rung_index_) continue;
    h.tries++;
    h.why = why;
    over = over || h.tries >= work_rung_->tries;
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
      for (Hole& h : work_channel_->holes()) {
        if (h.begin >= work_begin_ && h.end <= work_end_) h.tries = 0;
      }
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
  if (spec_.purpose == Purpose::feed && state_ == State::idle) deadline_ = reopen_at_ns_;
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
      due(std::max({now_ns + 1, last_login_ns_ + spec_.login_gap_ns, allowed_ns_}));
    if (state_ == State::ready) due(answer_due_ns_);
  }
}

// ── replies in ───────────────────────────────────────────────────────────────────────────────────────────────────

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
    for (Hole& h : work_channel_->holes()) {
      if (h.begin >= work_begin_ && h.end <= work_end_) h.tries = 0;
    }
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
      for (Hole& h : work_channel_->holes()) {
        if (h.begin >= work_begin_ && h.end <= work_end_) h.tries = 0;
      }
      servers_failed_ = 0;
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
  if ((rule.number.present() && !rule.number.fits(at)) || (rule.number2.present() && !rule.number2.fits(at)) ||
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
    case Action::login_rejected:
      if (feed_ && feed_->session_over()) anew_ = true;
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
        for (Hole& h : c->holes()) {
          if (h.begin >= work_begin_ && h.end <= work_end_) h.tries = 0;
        }
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
        // What is behind the newest number fills a hole.
        const bool again = feed_->started() && feed_->linear(sequence) < feed_->highest();
        feed_->message(sequence, payload, {spec_.line, again ? Origin::recovery : Origin::live, now_ns, now_ns});
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
      asked_number_ = number;
      if (spec_.gap_fill.present() && state_ == State::ready) transmit(spec_.gap_fill, now_ns, false);
      return true;
    case Action::session_end:
      if (feed_) {
        feed_->stream_end(now_ns);
        feed_lost(Reason::sessionEnded, 0, now_ns, false, true);
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
        const bool ours = !rule.number.present() || number == refresh_id_;
        if (ours && refresh_left_ > 0 && --refresh_left_ == 0) {
          refreshed_ = true;
          refreshed_at_ = feed_->highest();
          feed_refreshed(now_ns);
        }
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
  servers_failed_ = 0;
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
      servers_failed_ = 0;
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

// ── the ladder ───────────────────────────────────────────────────────────────────────────────────────────────────

void Ladder::tick(Channel& channel, int64_t now_ns) {
  if (channel.waiting_for_snapshot() || !channel.started()) return;
  std::vector<Hole>& holes = channel.holes();
  for (size_t i = 0; i < holes.size();) {
    Hole& h = holes[i];
    while (h.rung < rungs_.size()) {
      const RungSpec& r = rungs_[h.rung];
      if ((r.channel >= 0 && r.channel != channel.index()) || (h.unobtainable && r.kind != RungKind::snapshot)) {
        h.rung++;
        continue;
      }
      if (r.kind != RungKind::wait) break;
      const bool crowded = r.packets != 0 && channel.held_packets() >= r.packets;
      if (now_ns - h.rung_since_ns < r.timeout_ns && !crowded) break;
      h.rung++;
      h.rung_since_ns = now_ns;
    }
    if (h.rung < rungs_.size()) {
      if (rungs_[h.rung].kind != RungKind::wait) channel.announce(h, now_ns);
      i++;
      continue;
    }
    channel.abandon(h.begin, h.end, h.why, now_ns);  // takes the hole out of the list
  }
}

int64_t Ladder::deadline(Channel& channel) const {
  int64_t at = INT64_MAX;
  if (channel.waiting_for_snapshot()) return at;
  for (const Hole& h : channel.holes()) {
    if (h.rung >= rungs_.size()) return 0;
    const RungSpec& r = rungs_[h.rung];
    if (r.kind == RungKind::wait) at = std::min(at, h.rung_since_ns + r.timeout_ns);
  }
  return at;
}

}  // namespace venuewire

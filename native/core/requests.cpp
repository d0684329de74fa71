// What a requester says: connections, logins and requests, written by templates and held to the limits.
#include <algorithm>

#include "core/recovery.hpp"

namespace venuewire {

namespace {

using C = ChannelCounter;

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

/// A session in a field of a message of ours; none is all blanks: the current one. `right`: its text stands at the end.
void put_session(uint8_t* to, uint32_t width, const Epoch& e, bool right) {
  uint8_t text[16];
  store_uint(text, e.high, 8, true);
  store_uint(text + 8, e.low, 8, true);
  if (e == Epoch{}) std::memset(text, ' ', 16);
  if (!right) {
    std::memcpy(to, text, width < 16 ? width : 16);
    return;
  }
  const auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  uint32_t begin = 0, end = 16;
  while (begin < end && blank(text[begin])) begin++;
  while (end > begin && blank(text[end - 1])) end--;
  const uint32_t size = std::min(end - begin, width);
  std::memset(to, ' ', width - size);
  std::memcpy(to + width - size, text + begin, size);
}

}  // namespace

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
      return sending_again_ ? refresh_id_ : correlation_;
    case Variable::client_sequence:
      return sending_again_ ? again_number_ : client_sequence_;
    case Variable::image:
      return image_;
    case Variable::time:
      return uint64_t(now_ns);
    case Variable::echo:
      return 0;
    case Variable::asked:
      return asked_number_;
    case Variable::sent_time:
      return uint64_t(subscription_sent_ns_);
    case Variable::filled_to:
      return filled_to_;
    case Variable::session:
      return c ? c->epoch().low : 0;
  }
  return 0;
}

void Requester::transmit(const Template& t, int64_t now_ns, bool counted) {
  if (counted) client_sequence_++;
  scratch_.clear();
  if (t.fix) {
    transmit_fix(t, now_ns);
  } else {
    transmit_fields(t, now_ns);
  }
  last_sent_ns_ = now_ns;
  host_.send(index_, {scratch_.data(), uint32_t(scratch_.size())});
}

/// tag=value: the body is the bytes with decimals put in at their places; 9 and 10 are computed.
void Requester::transmit_fix(const Template& t, int64_t now_ns) {
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
      append_time(body, int64_t(variable(p.variable, now_ns)) + p.add);
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
}

void Requester::transmit_fields(const Template& t, int64_t now_ns) {
  scratch_.insert(scratch_.end(), t.bytes.begin(), t.bytes.end());
  for (const Patch& p : t.patches) {
    uint8_t* to = scratch_.data() + p.offset;
    if (p.encoding == Encoding::raw || p.encoding == Encoding::raw_right) {
      const Epoch e = counted_channel() && !(logging_in_ && anew_) ? counted_channel()->epoch() : Epoch{};
      put_session(to, p.width, e, p.encoding == Encoding::raw_right);
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
    reopen_at_ns_ = INT64_MAX;
    fail(Reason::noRecovery, 0, now_ns, true);
    return;
  }
  if (now_ns < next_login_ns()) return;  // tick comes back
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
  last_login_ns_ = now_ns;  // the login goes out now, not when the connection was begun
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
    for (uint32_t i = 0; i < kEchoedVariables; i++) asked_values_[i] = variable(Variable(i), now_ns);
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
  const bool said = polite && state_ == State::ready && spec_.logout.present();
  if (said) transmit(spec_.logout, now_ns);
  state_ = State::idle;
  stream_.clear();
  stream_at_ = 0;
  applied_ = 0;
  stalled_ = false;
  cycle_.running = false;
  outstanding_ = false;
  asked_channel_ = nullptr;
  has_snapshot_number_ = false;
  if (spec_.snapshot_from == SnapshotFrom::loop || gone_) return;
  if (said) {
    host_.leave(index_);
  } else {
    host_.close(index_);
  }
}

void Requester::leave(int64_t now_ns) {
  hang_up(now_ns, true);
  reopen_at_ns_ = INT64_MAX;
  finish_work();
}

void Requester::stop() {
  if (state_ != State::idle && spec_.snapshot_from != SnapshotFrom::loop) host_.close(index_);
  state_ = State::idle;
  work_channel_ = nullptr;
}

}  // namespace venuewire

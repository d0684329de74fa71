#include "core/connection.hpp"

#include <algorithm>

namespace venuewire {

namespace {

constexpr size_t kMessageBytes = 1024;  // room for a usual message to a server
constexpr size_t kPatchBytesMax = 32;   // text that one value can become

}  // namespace

bool unreachable(Reason why) {
  return why == Reason::connectionRefused || why == Reason::connectionClosed || why == Reason::timedOut ||
         why == Reason::hostNotFound;
}

// ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────

ServerList::Verdict ServerList::judge(Reason why, uint16_t tries, int64_t now_ns) {
  if (failed_ < size()) return Verdict::try_next;
  failed_ = 0;
  if (unreachable(why) && ++rounds_failed_ < tries) {
    // Each of them in turn is one try; a server that starts again needs time.
    rest_until_ns_ = now_ns + spec_.cooldown_ns;
    return Verdict::rest;
  }
  rounds_failed_ = 0;
  cooldown_until_ns_ = now_ns + spec_.cooldown_ns;
  last_failure_ = why;
  return Verdict::give_up;
}

// ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────

Connection::Connection(const RequesterSpec& spec, const FramingSpec& framing, uint16_t index, Host& host)
    : servers(spec),
      limits(spec.limits),
      stream(framing, spec.packet_bytes_max, spec.tcp),
      spec_(spec),
      index_(index),
      host_(host) {
  message_.reserve(kMessageBytes);
}

void Connection::open(int64_t now_ns) {
  last_login_ns_ = now_ns;
  state_ = State::connecting;
  since_ns_ = now_ns;
  stream.clear();
  host_.connect(index_, servers.current());
}

bool Connection::connected(int64_t now_ns) {
  if (state_ != State::connecting) return false;
  state_ = State::login;
  since_ns_ = heard_ns_ = sent_ns_ = now_ns;
  last_login_ns_ = now_ns;  // the login goes out now, not when the connection was begun
  probed_ = false;
  return true;
}

void Connection::let_in(int64_t now_ns) {
  state_ = State::ready;
  since_ns_ = now_ns;
}

void Connection::end(End how) {
  state_ = State::closed;
  stream.clear();
  if (how == End::leave) host_.leave(index_);
  if (how == End::close) host_.close(index_);
}

// ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────

void Connection::send(const Template& t, TemplateValues values, int64_t now_ns) {
  values[Variable::client_sequence] = ++messages_sent_;
  send_uncounted(t, values, now_ns);
}

void Connection::send_uncounted(const Template& t, const TemplateValues& values, int64_t now_ns) {
  message_.clear();
  write_template(t, values, message_);
  sent_ns_ = now_ns;
  host_.send(index_, {message_.data(), uint32_t(message_.size())});
}

void Connection::send_back(Bytes bytes, int64_t now_ns) {
  sent_ns_ = now_ns;
  host_.send(index_, bytes);
}

bool Connection::heartbeat_due(int64_t now_ns) const {
  return ready() && spec_.heartbeat_ns != 0 && spec_.heartbeat.present() && now_ns - sent_ns_ >= spec_.heartbeat_ns;
}

// ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────

void Connection::heard(int64_t now_ns) {
  heard_ns_ = now_ns;
  probed_ = false;
}

Connection::Overdue Connection::overdue(int64_t now_ns) const {
  switch (state_) {
    case State::connecting:
      return now_ns - since_ns_ >= spec_.connect_timeout_ns ? Overdue::connection : Overdue::nothing;
    case State::login:
      return now_ns - since_ns_ >= spec_.login_timeout_ns ? Overdue::login : Overdue::nothing;
    case State::ready:
      return spec_.silence_ns != 0 && now_ns - heard_ns_ >= spec_.silence_ns ? Overdue::traffic : Overdue::nothing;
    case State::closed:
      break;
  }
  return Overdue::nothing;
}

bool Connection::probe_due(int64_t now_ns) const {
  return spec_.probe_ns != 0 && spec_.probe.present() && !probed_ && now_ns - heard_ns_ >= spec_.probe_ns;
}

int64_t Connection::deadline() const {
  int64_t at = INT64_MAX;
  const auto due = [&](int64_t from_ns, int64_t span_ns) { at = std::min(at, from_ns + span_ns); };
  if (state_ == State::connecting) due(since_ns_, spec_.connect_timeout_ns);
  if (state_ == State::login) due(since_ns_, spec_.login_timeout_ns);
  if (state_ != State::ready) return at;
  if (spec_.heartbeat_ns != 0) due(sent_ns_, spec_.heartbeat_ns);
  if (spec_.silence_ns != 0) due(heard_ns_, spec_.silence_ns);
  if (spec_.probe_ns != 0 && spec_.probe.present() && !probed_) due(heard_ns_, spec_.probe_ns);
  return at;
}

// ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Connection::held_bytes_max(const RequesterSpec& spec) {
  uint64_t longest = 0;
  const auto count = [&](const Template& t) {
    longest = std::max<uint64_t>(longest, t.bytes.size() + kPatchBytesMax * t.patches.size());
  };
  for (const Template* t : {&spec.login, &spec.request, &spec.heartbeat, &spec.logout, &spec.resume, &spec.probe,
                            &spec.answer, &spec.gap_fill}) {
    count(*t);
  }
  for (const Template& t : spec.subscribe) count(t);
  for (const Template& t : spec.resend) count(t);
  // A buffer that grew has room for twice as much.
  const uint64_t messages = 2 * (kMessageBytes + longest);
  return messages + (spec.tcp ? ReplyStream::held_bytes_max(spec.packet_bytes_max) : 0);
}

}  // namespace venuewire

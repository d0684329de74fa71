// See external_driver.hpp.
#include "feed/external_driver.hpp"

#include <algorithm>

#include "io/address.hpp"

namespace venuewire {

namespace {

constexpr uint32_t kNone = UINT32_MAX;
/// Bytes of a stream handed over at once: what one piece holds finds room in the reorder window when the reader has
/// none.
constexpr uint32_t kPiece = 16u << 10;
/// Bytes of one end in a turn; then the others have theirs.
constexpr size_t kTurn = 1u << 20;
constexpr int64_t kRetryFirstNs = 100'000'000;
constexpr int64_t kRetryMostNs = 10'000'000'000;
constexpr int64_t kConnectNs = 10'000'000'000;

}  // namespace

ExternalDriver::ExternalDriver(const SessionSpec& spec, Session& session, std::shared_ptr<ExternalPort> port)
    : spec_(spec),
      session_(session),
      port_(std::move(port)),
      by_line_(spec.lines.size(), kNone),
      by_requester_(spec.requesters.size(), kNone),
      router_(spec.lines) {
  if (!port_) return;
  ends_.resize(port_->ends().size());
  for (uint32_t i = 0; i < ends_.size(); i++) {
    const ExternalEnd& e = port_->ends()[i];
    (e.is_line ? by_line_ : by_requester_)[e.index] = i;
    if (!e.is_line) continue;
    const std::optional<uint32_t> ip = parse_ipv4(spec.lines[e.index].group);
    if (ip) router_.add({*ip == 0, IpAddress::v4(*ip), spec.lines[e.index].port, 0, e.index});
  }
}

bool ExternalDriver::has_line(uint16_t line) const { return by_line_[line] != kNone; }
bool ExternalDriver::has_requester(uint16_t requester) const { return by_requester_[requester] != kNone; }

ExternalDriver::~ExternalDriver() {
  if (port_) port_->set_loop(nullptr);
}

void ExternalDriver::start(EventLoop& loop, int64_t now_ns) {
  if (!port_) return;
  port_->set_loop(&loop);
  for (uint32_t i = 0; i < ends_.size(); i++) {
    if (port_->ends()[i].is_line) connect_line(i, now_ns);
  }
}

void ExternalDriver::stop() {
  if (!port_) return;
  for (uint32_t i = 0; i < ends_.size(); i++) {
    if (port_->ends()[i].is_line && ends_[i].open) {
      port_->ask({ExternalAction::Kind::close, i, ends_[i].connection, 0, {}});
    }
  }
  port_->set_loop(nullptr);
}

void ExternalDriver::connect_line(uint32_t end, int64_t now_ns) {
  End& e = ends_[end];
  e.connection++;
  e.open = true;
  e.again_ns = INT64_MAX;
  e.until_ns = port_->ends()[end].connects ? now_ns + kConnectNs : INT64_MAX;
  port_->ask({ExternalAction::Kind::connect, end, e.connection, 0, {}});
}

// ── what was pushed ──────────────────────────────────────────────────────────────────────────────────────────────

/// Whether the session has no room for more of that end: its carrier waits then, instead of losing anything.
bool ExternalDriver::waits(const ExternalEnd& which) const {
  if (which.is_line) return session_.blocked();
  return session_.requester(which.index).stalled();
}

void ExternalDriver::receive(int64_t now_ns) {
  if (!port_ || (!port_->look() && !waiting_)) return;
  waiting_ = false;
  for (uint32_t i = 0; i < ends_.size(); i++) {
    if (!receive_end(i, now_ns)) waiting_ = true;
  }
}

bool ExternalDriver::receive_end(uint32_t end, int64_t now_ns) {
  End& e = ends_[end];
  for (size_t handed = 0;;) {
    if (e.at == e.queue.size()) {
      e.queue.clear();
      e.at = 0;
      if (!port_->take(end, e.queue)) return true;
    }
    if (waits(port_->ends()[end])) return false;
    if (handed >= kTurn) return false;
    handed += receive_next(end, now_ns);
  }
}

size_t ExternalDriver::receive_next(uint32_t end, int64_t now_ns) {
  End& e = ends_[end];
  const ExternalEnd& which = port_->ends()[end];
  ExternalEvent event;
  std::memcpy(&event, e.queue.data() + e.at, sizeof event);
  const Bytes all{e.queue.data() + e.at + sizeof event, event.size};
  const bool stream = event.kind == ExternalEvent::Kind::bytes && (which.is_line || spec_.requesters[which.index].tcp);
  const Bytes piece = stream ? all.from(e.taken).first(kPiece) : all;
  // Else it is of an earlier connection, which the session has left.
  const auto current = [&] { return e.open && event.connection == e.connection; };
  if (current()) {
    e.taken += piece.size;
    which.is_line ? take_line(end, event, piece, now_ns) : take_requester(end, event, piece, now_ns);
    if (current() && e.taken < all.size) return piece.size;
  }
  e.at += sizeof event + all.size;
  e.taken = 0;
  port_->done(end, sizeof event + all.size);
  return piece.size + sizeof event;
}

void ExternalDriver::take_line(uint32_t end, const ExternalEvent& event, Bytes bytes, int64_t now_ns) {
  const uint16_t line = port_->ends()[end].index;
  const int64_t receive_ns = event.receive_ns != 0 ? event.receive_ns : now_ns;
  switch (event.kind) {
    case ExternalEvent::Kind::connected:
      return line_up(end, now_ns);
    case ExternalEvent::Kind::closed:
      return line_closed(end, event.why, now_ns);
    case ExternalEvent::Kind::datagram:
      ends_[end].pause_ns = 0;
      if (event.destination_ip == 0) return datagram(line, event, bytes, now_ns);
      (void)router_.each(IpAddress::v4(event.destination_ip), event.destination_port, event.source_ip,
                         [&](uint16_t to) { datagram(to, event, bytes, now_ns); });
      return;
    case ExternalEvent::Kind::bytes:
      ends_[end].pause_ns = 0;
      if (!session_.stream(line, bytes, receive_ns, now_ns, event.connection)) {
        // Not this framing, and no place in it to go on from: a new connection begins anew.
        port_->ask({ExternalAction::Kind::abort, end, event.connection, 0, {}});
        line_closed(end, Reason::malformedReply, now_ns);
      }
  }
}

void ExternalDriver::datagram(uint16_t line, const ExternalEvent& event, Bytes bytes, int64_t now_ns) {
  session_.datagram(line, bytes, event.receive_ns != 0 ? event.receive_ns : now_ns, now_ns,
                    Sender{event.source_ip, event.source_port});
}

void ExternalDriver::line_up(uint32_t end, int64_t now_ns) {
  ends_[end].up = true;
  ends_[end].until_ns = INT64_MAX;
  session_.line_up(port_->ends()[end].index, now_ns);
}

void ExternalDriver::line_closed(uint32_t end, Reason why, int64_t now_ns) {
  End& e = ends_[end];
  const uint16_t line = port_->ends()[end].index;
  session_.stream_break(line, e.connection);
  e.open = false;
  e.until_ns = INT64_MAX;
  if (e.up || e.pause_ns == 0) session_.line_down(line, why, now_ns);
  e.up = false;
  e.pause_ns = std::clamp(e.pause_ns * 2, kRetryFirstNs, kRetryMostNs);
  e.again_ns = now_ns + e.pause_ns;
}

void ExternalDriver::take_requester(uint32_t end, const ExternalEvent& event, Bytes bytes, int64_t now_ns) {
  Requester& requester = session_.requester(port_->ends()[end].index);
  switch (event.kind) {
    case ExternalEvent::Kind::connected:
      return requester.connected(now_ns);
    case ExternalEvent::Kind::closed:
      ends_[end].open = false;
      return requester.closed(event.why, 0, now_ns);
    default:
      return requester.received(bytes, now_ns);
  }
}

void ExternalDriver::service(int64_t now_ns) {
  for (uint32_t i = 0; i < ends_.size(); i++) {
    if (ends_[i].until_ns <= now_ns) {
      port_->ask({ExternalAction::Kind::abort, i, ends_[i].connection, 0, {}});
      line_closed(i, Reason::timedOut, now_ns);
    }
    if (ends_[i].again_ns <= now_ns) connect_line(i, now_ns);
  }
}

int64_t ExternalDriver::deadline() const {
  int64_t first = INT64_MAX;
  for (uint32_t i = 0; i < ends_.size(); i++) {
    const End& e = ends_[i];
    if (e.at < e.queue.size() && !waits(port_->ends()[i])) return 0;
    first = std::min({first, e.again_ns, e.until_ns});
  }
  return first;
}

// ── what the session asks ────────────────────────────────────────────────────────────────────────────────────────

void ExternalDriver::connect(uint16_t requester, uint16_t server) {
  const uint32_t end = by_requester_[requester];
  End& e = ends_[end];
  if (e.open) close(requester, false);
  e.connection++;
  e.open = true;
  port_->ask({ExternalAction::Kind::connect, end, e.connection, server, {}});
}

void ExternalDriver::send(uint16_t requester, Bytes bytes) {
  const uint32_t end = by_requester_[requester];
  if (!ends_[end].open) return;
  port_->ask({ExternalAction::Kind::send, end, ends_[end].connection, 0, {bytes.data, bytes.data + bytes.size}});
}

void ExternalDriver::close(uint16_t requester, bool in_peace) {
  const uint32_t end = by_requester_[requester];
  End& e = ends_[end];
  if (!e.open) return;
  e.open = false;
  port_->ask({in_peace ? ExternalAction::Kind::close : ExternalAction::Kind::abort, end, e.connection, 0, {}});
}

}  // namespace venuewire

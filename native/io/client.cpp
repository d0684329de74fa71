// See client.hpp.
#include "io/client.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/address.hpp"
#include "io/system.hpp"

namespace venuewire {
namespace {

constexpr uint32_t kReadBytes = 64 << 10;  // also the longest datagram
constexpr int kReadsPerEvent = 16;         // then the other sockets have their turn
constexpr uint32_t kMaxSlots = 1 << 29;    // twice that is what a token has room for

ClientCloseReason reason_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ClientCloseReason::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return ClientCloseReason::reset;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return ClientCloseReason::unreachable;
    case ETIMEDOUT:
      return ClientCloseReason::timed_out;
    default:
      return ClientCloseReason::local;
  }
}

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Clients::Clients(EventLoop& loop, ClientEvents& events, uint32_t capacity)
    : loop_(loop),
      events_(events),
      slots_(std::min(capacity, kMaxSlots)),
      leaving_(slots_.size()),
      resolver_(loop),
      buffer_(kReadBytes) {}

Clients::~Clients() {
  for (Slot& slot : slots_) release(slot);
  for (Leaving& l : leaving_) release(l);
}

uint64_t Clients::token(uint32_t id, uint32_t generation) {
  return EventLoop::kClientToken | uint64_t(id) << 32 | generation;
}

bool Clients::is_open(uint32_t id) const { return id < slots_.size() && slots_[id].state == State::open; }

void Clients::release(Slot& slot) {
  if (slot.fd >= 0) {
    loop_.remove(slot.fd);
    ::close(slot.fd);
  }
  if (slot.state == State::failed) deferred_--;
  slot.state = State::closed;
  slot.fd = -1;
  slot.wants_write = false;
  slot.system_error = 0;
  slot.generation++;
  slot.pending.clear();
  slot.pending_from = 0;
}

void Clients::close(uint32_t id) {
  if (id < slots_.size()) release(slots_[id]);
}

void Clients::defer(Slot& slot, ClientCloseReason reason, int system_error) {
  release(slot);
  slot.state = State::failed;
  slot.reason = reason;
  slot.system_error = system_error;
  deferred_++;
  loop_.wake();
}

void Clients::finish(uint32_t id, ClientCloseReason reason, int system_error) {
  release(slots_[id]);
  events_.on_closed(id, reason, system_error);
}

void Clients::run_deferred() {
  run_resolved();
  for (uint32_t id = 0; deferred_ != 0 && id < slots_.size(); id++) {
    const Slot& slot = slots_[id];
    if (slot.state == State::failed) finish(id, slot.reason, slot.system_error);
  }
}

/// Connects where a name has got its addresses. Of several each attempt takes the next one.
void Clients::run_resolved() {
  Resolver::Answer answer;
  while (resolver_.take(answer)) {
    if (answer.id >= slots_.size()) continue;
    Slot& slot = slots_[answer.id];
    if (slot.state != State::resolving || slot.generation != answer.generation) continue;
    if (answer.error != 0) {
      defer(slot, ClientCloseReason::unresolved, answer.error < 0 ? -answer.error : answer.error);
    } else {
      begin(answer.id, slot.config, answer.addresses[slot.attempts++ % answer.addresses.size()]);
    }
  }
}

bool Clients::connect(uint32_t id, const ClientConfig& config) {
  if (id >= slots_.size()) return false;
  Slot& slot = slots_[id];
  release(slot);
  slot.kind = config.kind;
  slot.send_bound = config.send_buffer_bytes;
  counters_.connects++;
  if (const std::optional<uint32_t> address = parse_ipv4(config.host)) {
    begin(id, config, *address);
  } else {
    slot.state = State::resolving;
    slot.config = config;
    resolver_.start(id, slot.generation, config.host);
  }
  return true;
}

void Clients::begin(uint32_t id, const ClientConfig& config, uint32_t address) {
  Slot& slot = slots_[id];
  int error = open_socket(slot, config, address);
  // Connected sockets are writable, UDP ones from the start: on_connected comes from the first such event.
  if (error == 0 && !loop_.add(slot.fd, token(id), LoopEvent::kReadable | LoopEvent::kWritable)) error = errno;
  if (error != 0) return defer(slot, reason_of(error), error);
  slot.wants_write = true;
  slot.paused = false;
  slot.state = State::connecting;
}

/// 0, or the errno that it failed with.
int Clients::open_socket(Slot& slot, const ClientConfig& config, uint32_t address) {
  if (config.port == 0) return EINVAL;
  const std::optional<NetworkInterface> interface = find_interface(config.interface);
  if (!interface) return ENODEV;
  const bool tcp = config.kind == ClientKind::tcp;
  slot.fd = system_socket(tcp ? SOCK_STREAM : SOCK_DGRAM, true);
  if (slot.fd < 0) return errno;
  const int on = 1;
  if (tcp && ::setsockopt(slot.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return errno;
  if (!config.interface.empty()) {
    if (parse_ipv4(config.interface)) {
      const sockaddr_in local = socket_address(interface->ip, 0);
      if (::bind(slot.fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return errno;
    } else if (!bind_to_interface(slot.fd, *interface)) {
      return errno;
    }
  }
  const sockaddr_in peer = socket_address(address, config.port);
  if (::connect(slot.fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0 && errno != EINPROGRESS &&
      errno != EINTR) {
    return errno;
  }
  return 0;
}

// ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────

void Clients::leave(uint32_t id, int64_t deadline) {
  if (id >= slots_.size()) return;
  Slot& slot = slots_[id];
  const bool whole = slot.state == State::open && slot.kind == ClientKind::tcp && slot.system_error == 0;
  const auto free = std::find_if(leaving_.begin(), leaving_.end(), [](const Leaving& l) { return l.fd < 0; });
  if (!whole || free == leaving_.end()) return release(slot);
  Leaving& l = *free;
  l.fd = slot.fd;
  l.deadline = deadline;
  l.pending = std::move(slot.pending);
  l.pending_from = slot.pending_from;
  slot.fd = -1;  // it is no longer the slot's to close
  release(slot);
  if (!loop_.change(l.fd, token(uint32_t(slots_.size() + size_t(free - leaving_.begin())), l.generation),
                    LoopEvent::kReadable | LoopEvent::kWritable)) {
    release(l);
  }
}

void Clients::release(Leaving& l) {
  if (l.fd < 0) return;
  loop_.remove(l.fd);
  ::close(l.fd);
  l.fd = -1;
  l.generation++;
  l.pending.clear();
}

uint32_t Clients::end_leaving(int64_t now) {
  uint32_t left = 0;
  for (Leaving& l : leaving_) {
    if (l.fd >= 0 && now >= l.deadline) release(l);
    if (l.fd >= 0) left++;
  }
  return left;
}

/// What waits goes out; then the peer is told that no more will come.
void Clients::flush_leaving(Leaving& l) {
  while (l.pending_from < l.pending.size()) {
    const ssize_t n =
        ::send(l.fd, l.pending.data() + l.pending_from, l.pending.size() - l.pending_from, kNoSignal | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && would_block(errno)) return;
    if (n < 0) return release(l);
    counters_.bytes_out += uint64_t(n);
    l.pending_from += size_t(n);
  }
  const uint32_t id = uint32_t(slots_.size() + size_t(&l - leaving_.data()));
  if (::shutdown(l.fd, SHUT_WR) != 0 || !loop_.change(l.fd, token(id, l.generation), LoopEvent::kReadable)) release(l);
}

void Clients::handle_leaving(Leaving& l, uint32_t events) {
  if (events & LoopEvent::kWritable) flush_leaving(l);
  if (l.fd < 0 || (events & ~LoopEvent::kWritable) == 0) return;
  for (int i = 0; i < kReadsPerEvent; i++) {
    const ssize_t n = ::recv(l.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && would_block(errno)) return;
    if (n <= 0) return release(l);  // the peer has closed too
    counters_.bytes_in += uint64_t(n);
  }
}

void Clients::ask(uint32_t id, bool write) {
  Slot& slot = slots_[id];
  if (slot.wants_write == write) return;
  slot.wants_write = write;
  watch(id);
}

void Clients::pause(uint32_t id, bool paused) {
  if (id >= slots_.size() || slots_[id].fd < 0 || slots_[id].paused == paused) return;
  slots_[id].paused = paused;
  watch(id);
}

void Clients::watch(uint32_t id) {
  const Slot& slot = slots_[id];
  (void)loop_.change(slot.fd, token(id),
                     (slot.paused ? 0 : LoopEvent::kReadable) | (slot.wants_write ? LoopEvent::kWritable : 0));
}

/// Gives the kernel what it takes. False when the connection is broken: what the peer sent before is still read, and
/// the end of that reports the error kept here.
bool Clients::write_some(Slot& slot, Bytes bytes, uint32_t& taken) {
  taken = 0;
  while (taken < bytes.size) {
    const ssize_t n = ::send(slot.fd, bytes.data + taken, bytes.size - taken, kNoSignal | MSG_DONTWAIT);
    if (n >= 0) {
      taken += uint32_t(n);
      counters_.bytes_out += uint64_t(n);
    } else if (errno != EINTR) {
      if (would_block(errno) || errno == ENOBUFS || errno == ENOMEM) return true;
      slot.system_error = errno;
      return false;
    }
  }
  return true;
}

bool Clients::send(uint32_t id, Bytes bytes) {
  if (id >= slots_.size()) return false;
  Slot& slot = slots_[id];
  if (slot.state != State::open && slot.state != State::connecting) return false;

  if (slot.kind == ClientKind::udp) {
    ssize_t n;
    do {
      n = ::send(slot.fd, bytes.data, bytes.size, kNoSignal | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
      counters_.bytes_out += uint64_t(n);
      return true;
    }
    const int error = errno;
    if (would_block(error) || error == ENOBUFS || error == EMSGSIZE) {
      counters_.datagrams_not_sent++;
    } else {
      defer(slot, reason_of(error), error);
    }
    return false;
  }

  if (slot.system_error != 0) return false;
  uint32_t taken = 0;
  if (slot.state == State::open && slot.pending.empty()) {
    if (!write_some(slot, bytes, taken)) {
      const ClientCloseReason reason = reason_of(slot.system_error);
      if (reason == ClientCloseReason::local) defer(slot, reason, slot.system_error);  // no event would follow
      return false;
    }
    if (taken == bytes.size) return true;
  }
  const Bytes rest = bytes.from(taken);
  const size_t held = slot.pending.size() - slot.pending_from;
  if (held + rest.size > slot.send_bound) {
    defer(slot, ClientCloseReason::send_overflow, 0);
    return false;
  }
  if (slot.pending_from != 0) {
    slot.pending.erase(slot.pending.begin(), slot.pending.begin() + ptrdiff_t(slot.pending_from));
    slot.pending_from = 0;
  }
  slot.pending.insert(slot.pending.end(), rest.data, rest.data + rest.size);
  ask(id, true);
  return true;
}

void Clients::write_ready(uint32_t id) {
  Slot& slot = slots_[id];
  const Bytes rest{slot.pending.data() + slot.pending_from, uint32_t(slot.pending.size() - slot.pending_from)};
  uint32_t taken = 0;
  const bool whole = slot.system_error == 0 && write_some(slot, rest, taken);
  slot.pending_from += taken;
  if (whole && slot.pending_from < slot.pending.size()) return;
  slot.pending.clear();
  slot.pending_from = 0;
  ask(id, false);
  if (slot.system_error != 0 && reason_of(slot.system_error) == ClientCloseReason::local) {
    finish(id, ClientCloseReason::local, slot.system_error);
  }
}

void Clients::read_ready(uint32_t id) {
  Slot& slot = slots_[id];
  const uint32_t generation = slot.generation;
  for (int i = 0; i < kReadsPerEvent; i++) {
    const ssize_t n = ::recv(slot.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      if (!would_block(error)) finish(id, reason_of(error), error);
      return;
    }
    if (n == 0 && slot.kind == ClientKind::tcp) {
      const int error = slot.system_error;
      finish(id, error ? reason_of(error) : ClientCloseReason::peer_closed, error);
      return;
    }
    counters_.bytes_in += uint64_t(n);
    events_.on_data(id, {buffer_.data(), uint32_t(n)});
    if (slot.generation != generation) return;  // the callback closed or reopened the slot
  }
}

void Clients::handle(const LoopEvent& event) {
  const uint32_t id = uint32_t(event.token >> 32) & 0x7FFFFFFF;
  const uint32_t generation = uint32_t(event.token);
  if (id >= slots_.size()) {
    const size_t at = id - slots_.size();
    if (at < leaving_.size() && leaving_[at].generation == generation && leaving_[at].fd >= 0) {
      handle_leaving(leaving_[at], event.events);
    }
    return;
  }
  if (slots_[id].generation != generation || slots_[id].fd < 0) return;
  Slot& slot = slots_[id];
  const bool broken = event.events & (LoopEvent::kError | LoopEvent::kHangUp);

  if (slot.state == State::connecting) {
    if (!broken && !(event.events & LoopEvent::kWritable)) return;
    const int error = pending_error(slot.fd);
    if (error != 0) return finish(id, reason_of(error), error);
    slot.state = State::open;
    events_.on_connected(id);
    if (slot.generation != generation) return;
  }
  if ((event.events & LoopEvent::kReadable) || broken) {
    read_ready(id);
    if (slot.generation != generation) return;
  }
  if (slot.wants_write && (event.events & LoopEvent::kWritable)) {
    write_ready(id);
    if (slot.generation != generation) return;
  }
  if (event.events & LoopEvent::kError) {
    // An error that reading did not meet would be reported again for ever.
    const int error = pending_error(slot.fd);
    if (error != 0) finish(id, reason_of(error), error);
  }
}

}  // namespace venuewire

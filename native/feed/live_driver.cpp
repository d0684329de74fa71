// See live_driver.hpp.
#include "feed/live_driver.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>

#include "io/address.hpp"

namespace venuewire {

namespace {

using F = FeedCounter;

/// How long a server may take to answer our goodbye, and to close.
constexpr int64_t kLeaveNs = 500'000'000;
/// The longest sleep, and the longest while the reader has no room.
constexpr int64_t kSleepMostNs = 100'000'000;
constexpr int64_t kSleepBlockedNs = 200'000;
constexpr int64_t kGaugesNs = 1'000'000;
/// Batches of one receiver in a row: one busy line starves neither the other nor the requesters.
constexpr int kRounds = 4;

int64_t clock_ns(clockid_t which) {
  timespec t;
  clock_gettime(which, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

Reason reason_of(ClientCloseReason r) {
  switch (r) {
    case ClientCloseReason::refused:
    case ClientCloseReason::unreachable:
    case ClientCloseReason::local:
      return Reason::connectionRefused;
    case ClientCloseReason::timed_out:
      return Reason::timedOut;
    case ClientCloseReason::unresolved:
      return Reason::hostNotFound;
    default:
      return Reason::connectionClosed;
  }
}

StampClock stamp_clock(ReceiveClock c) {
  switch (c) {
    case ReceiveClock::none:
      return StampClock::own;
    case ReceiveClock::kernel:
      return StampClock::kernel;
    case ReceiveClock::hardware:
      return StampClock::hardware;
    case ReceiveClock::poller:
      return StampClock::poller;
  }
  return StampClock::own;
}

/// The code of the error by which a feed fails whose lines could not be opened.
const char* receive_code(const std::string& asked, const ReceiveProblem& problem) {
  // A socket needs no rights but for an option, and then there is a command that grants it.
  if (asked == "socket" && problem.remedy.empty()) return "VW_LINE_OPEN";
  switch (problem.error) {
    case ReceiveError::not_permitted:
      return "VW_RECEIVE_RIGHT";
    case ReceiveError::not_supported:
      return "VW_RECEIVE_UNSUPPORTED";
    case ReceiveError::no_reception:
      return "VW_LIVE_UNSUPPORTED";
    case ReceiveError::no_resources:
      return "VW_RECEIVE_MEMORY";
    case ReceiveError::address_in_use:
      return "VW_RECEIVE_BUSY";
    case ReceiveError::no_ring:
      return "VW_RECEIVE_ABSENT";
    case ReceiveError::bad_ring:
      return "VW_RECEIVE_RING";
    case ReceiveError::no_backend:
      return "VW_OPTION";
    default:
      return "VW_LINE_OPEN";
  }
}

}  // namespace

LiveDriver::LiveDriver(const SessionSpec& spec, const SourceConfig& source, Delivery& delivery, HandOver& hand_over)
    : spec_(spec),
      source_(source),
      delivery_(delivery),
      hand_over_(hand_over),
      clients_(loop_, *this, uint32_t(spec.requesters.size())),
      session_(spec, *this, delivery.writer(), delivery.channel_counters(), delivery.counters()),
      external_(spec, session_, source.external),
      batch_(kReceiveBatch),
      events_(EventLoop::kMaxEvents) {}

int64_t LiveDriver::now() const { return base_ns_ + clock_ns(CLOCK_MONOTONIC); }

// ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

bool LiveDriver::open_lines() {
  std::vector<LineReport> reports(spec_.lines.size());
  for (uint16_t i = 0; i < spec_.lines.size(); i++) {
    reports[i].name = spec_.lines[i].name;
    if (!external_.has_line(i) && !add_line(i)) return false;
  }
  for (const auto& port : ports_) {
    if (!open_port(*port, reports)) return false;
  }
  delivery_.set_report(std::move(reports));
  return true;
}

LiveDriver::Port& LiveDriver::port_of(const LineSpec& line, const std::string& receive) {
  for (const auto& port : ports_) {
    if (port->config.interface == line.interface && port->receive == receive) return *port;
  }
  ports_.push_back(std::make_unique<Port>(spec_.lines));
  ports_.back()->receive = receive;
  ReceiveConfig& config = ports_.back()->config;
  config.interface = line.interface;
  config.receive_buffer_bytes = source_.receive_buffer_bytes;
  config.busy_poll_us = source_.busy_poll_us;
  config.prefer_busy_poll = source_.prefer_busy_poll;
  return *ports_.back();
}

bool LiveDriver::add_line(uint16_t index) {
  const LineSpec& line = spec_.lines[index];
  const auto address = [&](const std::string& text) { return text.empty() ? 0 : parse_ipv4(text); };
  const std::optional<uint32_t> ip = address(line.group), source = address(line.source);
  if (!ip || !source) {
    line_failed(index, "'" + (ip ? line.source : line.group) + "' is not a numeric IPv4 address");
    return false;
  }
  const auto lane = uint8_t(uint32_t(line.role) * kLinesMax + line.line);
  // Only groups can be chosen out of frames; what is sent to this machine comes by its sockets.
  const std::string own = source_.receive.empty() ? line.receive : source_.receive;
  Port& port = port_of(line, is_multicast(*ip) ? own : "socket");
  port.router.add({*ip == 0, IpAddress::v4(*ip), line.port, *source, index});
  std::vector<ReceiveGroup>& groups = port.config.groups;
  size_t at = 0;
  while (at < groups.size() && !(groups[at].ip == *ip && groups[at].port == line.port && groups[at].source == *source))
    at++;
  if (at == groups.size()) groups.push_back({*ip, line.port, *source, lane});
  port.lines.resize(groups.size());
  port.lines[at].push_back(index);
  return true;
}

void LiveDriver::line_failed(uint16_t index, const std::string& why, const char* code) {
  const LineSpec& line = spec_.lines[index];
  delivery_.fail(code, "Line " + line.name + " (" + line.group + ":" + std::to_string(line.port) +
                           ") could not be opened: " + why);
}

void LiveDriver::note_decision(const Port& port, const ReceiveDecision& decision) {
  ReceiveReport report{port.config.interface, {}, decision};
  for (const std::vector<uint16_t>& of_group : port.lines) {
    for (const uint16_t line : of_group) report.lines.push_back(spec_.lines[line].name);
  }
  delivery_.add_received_by(std::move(report));
}

bool LiveDriver::open_port(Port& port, std::vector<LineReport>& reports) {
  ReceiveDecision decision;
  const ReceiveProblem p = open_receivers(port.receive, port.config, port.receivers, decision);
  note_decision(port, decision);
  if (p.error != ReceiveError::none) {
    line_failed(port.lines[p.group].front(), p.remedy.empty() ? p.text : p.text + "; " + p.remedy,
                receive_code(port.receive, p));
    return false;
  }
  for (const auto& receiver : port.receivers) {
    const uint32_t granted = receiver->buffer_bytes();
    uint64_t& smallest = delivery_.counter(F::receiveBufferBytes);
    if (smallest == 0 || granted < smallest) smallest = granted;
    for (const uint16_t group : receiver->groups) {
      for (const uint16_t line : port.lines[group]) {
        reports[line].receive_buffer_bytes = granted;
        reports[line].buffer_is_short = granted < port.config.receive_buffer_bytes;
      }
    }
    if (!loop_.add(receiver->fd(), receivers_.size())) {
      delivery_.fail("VW_EPOLL", "Line " + spec_.lines[port.lines[receiver->groups[0]][0]].name +
                                     " could not be watched (errno " + std::to_string(errno) + ")");
      return false;
    }
    receivers_.emplace_back(receiver.get(), &port);
  }
  return true;
}

// ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────

void LiveDriver::run() {
  base_ns_ = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
  if (!loop_.open()) {
    return delivery_.fail("VW_EPOLL", "The event loop could not be opened (errno " + std::to_string(errno) + ")");
  }
  if (!open_lines()) return;
  delivery_.set_waker(this);
  external_.start(loop_, now());
  if (source_.stamps) delivery_.writer().stamp_by([] { return clock_ns(CLOCK_MONOTONIC); });
  cycle_ns_ = now();
  // What cannot be watched as one descriptor stays on its own thread.
  const bool movable = loop_.descriptor() >= 0 &&
                       std::ranges::all_of(receivers_, [](const auto& r) { return r.first->moves_between_threads(); });
  hand_over_.begin(*this, loop_.descriptor(), movable);
  while (!delivery_.stopping()) {
    if (!source_.spin) cycle_ns_ = now();
    const int64_t from = turn(source_.spin ? 0 : timeout_ns(cycle_ns_));
    hand_over_.worked(from, now());
    if (hand_over_.taken()) hand_over_.rest(delivery_.stop_flag());
    if (thrown_) std::rethrow_exception(thrown_);
  }
  hand_over_.end();
  delivery_.set_waker(nullptr);
  say_goodbye();
  report();
  session_.update_gauges();
  delivery_.publish();
  delivery_.end(FeedState::closed);
}

int64_t LiveDriver::timeout_ns(int64_t at) const {
  const int64_t deadline = std::min(session_.deadline(), external_.deadline());
  const int64_t most = session_.blocked() ? kSleepBlockedNs : kSleepMostNs;
  return deadline == INT64_MAX ? most : std::clamp<int64_t>(deadline - at, 0, most);
}

/// How long a thread that never sleeps took since it looked last.
void LiveDriver::note_cycle(int64_t at) {
  uint64_t& longest = delivery_.counter(F::longestCycleNs);
  longest = std::max(longest, uint64_t(at - cycle_ns_));
  cycle_ns_ = at;
}

void LiveDriver::wake() {
  loop_.wake();
  hand_over_.wake();
}

int64_t LiveDriver::due() const { return std::min(session_.deadline(), external_.deadline()); }

bool LiveDriver::blocked() const { return thrown_ || session_.blocked(); }

void LiveDriver::turn_now() {
  // What is thrown ends the feed by its own thread, as if that had been at work.
  try {
    (void)turn(0);
  } catch (...) {
    thrown_ = std::current_exception();
  }
}

int64_t LiveDriver::turn(int64_t timeout) {
  const int n = loop_.wait(timeout, events_.data(), int(events_.size()));
  int64_t at = now();
  const int64_t from = at;
  if (source_.spin) note_cycle(at);
  for (size_t i = 0; i < size_t(n); i++) {
    if (Clients::owns(events_[i].token)) {
      clients_.handle(events_[i]);
    } else {
      receive(size_t(events_[i].token));
    }
  }
  external_.receive(at);
  clients_.run_deferred();
  at = now();
  if (session_.blocked()) session_.resume(at);
  session_.service(at);
  external_.service(at);
  clients_.run_deferred();
  (void)clients_.end_leaving(at);
  // A stream waits for the consumer; its server waits for us.
  for (uint16_t i = 0; i < session_.requesters(); i++) clients_.pause(i, session_.requester(i).stalled());
  if (at - gauges_ns_ > kGaugesNs) {
    gauges_ns_ = at;
    session_.update_gauges();
    report();
  }
  delivery_.publish();
  return from;
}

void LiveDriver::receive(size_t index) {
  const auto [receiver, port] = receivers_[index];
  const bool was_connected = receiver->connected();
  take(*receiver, *port);
  if (receiver->connected() == was_connected) return;
  for (const uint16_t group : receiver->groups) {
    for (const uint16_t line : port->lines[group]) {
      if (was_connected)
        session_.line_down(line, Reason::connectionClosed, now());
      else
        session_.line_up(line, now());
    }
  }
}

void LiveDriver::take(Receiver& receiver, Port& port) {
  for (int round = 0; round < kRounds; round++) {
    const int n = receiver.receive(batch_.data(), kReceiveBatch);
    if (n <= 0) return;
    const int64_t at = now();
    const bool stamping = delivery_.writer().stamping();
    // The kernel counts from 1970, and its clock may be set; stages are told apart by one that nobody sets.
    const int64_t had_ns = stamping ? clock_ns(CLOCK_MONOTONIC) : 0;
    const int64_t offset_ns = stamping ? clock_ns(CLOCK_REALTIME) - had_ns : 0;
    for (size_t i = 0; i < size_t(n); i++) {
      const Datagram& d = batch_[i];
      if (d.truncated) delivery_.counter(F::truncatedDatagrams)++;
      const int64_t receive_ns = d.clock != ReceiveClock::none ? d.time_ns : at;
      const Sender sender{d.source_ip, d.source_port};
      if (stamping) {
        const bool timed = d.clock != ReceiveClock::none;
        delivery_.writer().stamp(receive_ns, had_ns, timed ? d.time_ns - offset_ns : 0, stamp_clock(d.clock));
      }
      (void)port.router.each(IpAddress::v4(d.destination_ip), d.destination_port, d.source_ip,
                             [&](uint16_t line) { session_.datagram(line, d.bytes, receive_ns, at, sender); });
    }
    if (stamping) delivery_.writer().stamp_over();
    if (n < kReceiveBatch) return;
    delivery_.publish();
  }
}

void LiveDriver::report() {
  ReceiveCounters sum;
  uint64_t foreign = external_.foreign();
  for (const auto& port : ports_) foreign += port->router.foreign();
  for (const auto& [receiver, port] : receivers_) {
    const ReceiveCounters& c = receiver->counters();
    sum.kernel_drops += c.kernel_drops;
    sum.ring_drops += c.ring_drops;
    sum.fragments += c.fragments;
    sum.fragments_lost += c.fragments_lost;
    sum.errors += c.errors;
    foreign += c.foreign;
    for (const uint16_t group : receiver->groups) {
      for (const uint16_t line : port->lines[group]) delivery_.set_kernel_drops(line, c.kernel_drops + c.ring_drops);
    }
  }
  delivery_.counter(F::kernelDrops) = sum.kernel_drops;
  delivery_.counter(F::ringDrops) = sum.ring_drops;
  delivery_.counter(F::fragments) = sum.fragments;
  delivery_.counter(F::fragmentsLost) = sum.fragments_lost;
  delivery_.counter(F::receiveErrors) = sum.errors;
  if (foreign == delivery_.counter(F::foreignDatagrams)) return;
  delivery_.counter(F::foreignDatagrams) = foreign;
  std::vector<std::string> destinations;
  for (const auto& port : ports_) {
    for (std::string& d : port->router.foreign_destinations()) destinations.push_back(std::move(d));
  }
  for (std::string& d : external_.foreign_destinations()) destinations.push_back(std::move(d));
  delivery_.set_foreign(std::move(destinations));
}

void LiveDriver::say_goodbye() {
  session_.leave(now());
  external_.stop();
  const int64_t until = now() + kLeaveNs;
  for (const auto& [receiver, port] : receivers_) loop_.remove(receiver->fd());
  while (clients_.end_leaving(now()) != 0) {
    const int n = loop_.wait(std::clamp<int64_t>(until - now(), 0, kLeaveNs), events_.data(), int(events_.size()));
    for (size_t i = 0; i < size_t(n); i++) {
      if (Clients::owns(events_[i].token)) clients_.handle(events_[i]);
    }
  }
}

// ── requesters ───────────────────────────────────────────────────────────────────────────────────────────────────

void LiveDriver::connect(uint16_t requester, uint16_t server) {
  if (external_.has_requester(requester)) return external_.connect(requester, server);
  const RequesterSpec& q = spec_.requesters[requester];
  ClientConfig config;
  config.kind = q.tcp ? ClientKind::tcp : ClientKind::udp;
  config.host = q.servers[server].host;
  config.port = q.servers[server].port;
  config.interface = q.local_address;
  clients_.connect(requester, config);
}

void LiveDriver::send(uint16_t requester, Bytes bytes) {
  if (external_.has_requester(requester)) return external_.send(requester, bytes);
  (void)clients_.send(requester, bytes);
}

void LiveDriver::close(uint16_t requester) {
  if (external_.has_requester(requester)) return external_.close(requester, false);
  clients_.close(requester);
}

void LiveDriver::leave(uint16_t requester) {
  if (external_.has_requester(requester)) return external_.close(requester, true);
  clients_.leave(requester, now() + kLeaveNs);
}

void LiveDriver::on_connected(uint32_t id) { session_.requester(uint16_t(id)).connected(now()); }

void LiveDriver::on_data(uint32_t id, Bytes bytes) { session_.requester(uint16_t(id)).received(bytes, now()); }

void LiveDriver::on_closed(uint32_t id, ClientCloseReason reason, int system_error) {
  session_.requester(uint16_t(id)).closed(reason_of(reason), uint32_t(system_error), now());
}

}  // namespace venuewire

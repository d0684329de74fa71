#include "feed/feed.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "core/relax.hpp"
#include "feed/capture_driver.hpp"
#include "feed/router.hpp"
#include "io/address.hpp"
#include "io/client.hpp"
#include "io/event_loop.hpp"
#include "io/receiver.hpp"

namespace venuewire {

namespace {

using F = FeedCounter;

int64_t clock_ns(clockid_t which) {
  timespec t;
  clock_gettime(which, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

void pause_for(int64_t ns) {
  const timespec t{ns / 1'000'000'000, ns % 1'000'000'000};
  nanosleep(&t, nullptr);
}

uint32_t* word(uint8_t* ring, uint32_t at) { return reinterpret_cast<uint32_t*>(ring + at); }

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

/// How long a server may take to answer our goodbye, and to close.
constexpr int64_t kLeaveNs = 500'000'000;

}  // namespace

// ── live ─────────────────────────────────────────────────────────────────────────────────────────────────────────

class Feed::Live final : public Host, public ClientEvents {
 public:
  explicit Live(Feed& feed)
      : feed_(feed),
        clients_(loop_, *this, uint32_t(feed.spec_.requesters.size())),
        session_(feed.spec_, *this, feed.writer_, feed.channel_counters_, feed.counters_) {}

  void run() {
    base_ns_ = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
    if (!loop_.open())
      return feed_.fail("VW_EPOLL", "The event loop could not be opened (errno " + std::to_string(errno) + ")");
    if (!open_lines()) return;
    feed_.set_waker(&loop_);
    std::vector<Datagram> batch(kReceiveBatch);
    std::vector<LoopEvent> events(EventLoop::kMaxEvents);
    int64_t cycle_ns = now();
    while (!feed_.stop_.load(std::memory_order_relaxed)) {
      int64_t timeout = 0;
      if (!feed_.source_.spin) {
        const int64_t at = now();
        timeout = std::clamp<int64_t>(session_.deadline() - at, 0, 100'000'000);
        if (session_.deadline() == INT64_MAX) timeout = 100'000'000;
        if (session_.blocked()) timeout = std::min<int64_t>(timeout, 200'000);
        cycle_ns = at;
      }
      const int n = loop_.wait(timeout, events.data(), int(events.size()));
      int64_t at = now();
      if (feed_.source_.spin) {
        feed_.counters_[F::longestCycleNs] =
            std::max<uint64_t>(feed_.counters_[F::longestCycleNs], uint64_t(at - cycle_ns));
        cycle_ns = at;
      }
      for (int i = 0; i < n; i++) {
        if (Clients::owns(events[size_t(i)].token)) {
          clients_.handle(events[size_t(i)]);
        } else {
          receive(size_t(events[size_t(i)].token), batch);
        }
      }
      clients_.run_deferred();
      at = now();
      if (session_.blocked()) session_.resume(at);
      session_.service(at);
      clients_.run_deferred();
      (void)clients_.end_leaving(at);
      // A stream waits for the consumer; its server waits for us.
      for (uint16_t i = 0; i < session_.requesters(); i++) clients_.pause(i, session_.requester(i).stalled());
      if (at - gauges_ns_ > 1'000'000) {
        gauges_ns_ = at;
        session_.update_gauges();
        report();
      }
      feed_.publish();
    }
    feed_.set_waker(nullptr);
    say_goodbye(events);
    session_.update_gauges();
    feed_.publish();
    feed_.writer_.set_state(FeedState::closed);
  }

  /// Each session is left as its protocol wants it; servers have a moment to take it in.
  void say_goodbye(std::vector<LoopEvent>& events) {
    session_.leave(now());
    const int64_t until = now() + kLeaveNs;
    for (const auto& [receiver, port] : receivers_) loop_.remove(receiver->fd());
    while (clients_.end_leaving(now()) != 0) {
      const int n = loop_.wait(std::clamp<int64_t>(until - now(), 0, kLeaveNs), events.data(), int(events.size()));
      for (int i = 0; i < n; i++) {
        if (Clients::owns(events[size_t(i)].token)) clients_.handle(events[size_t(i)]);
      }
    }
  }

  void connect(uint16_t requester, uint16_t server) override {
    const RequesterSpec& q = feed_.spec_.requesters[requester];
    ClientConfig config;
    config.kind = q.tcp ? ClientKind::tcp : ClientKind::udp;
    config.host = q.servers[server].host;
    config.port = q.servers[server].port;
    config.interface = q.local_address;
    clients_.connect(requester, config);
  }
  void send(uint16_t requester, Bytes bytes) override { (void)clients_.send(requester, bytes); }
  void close(uint16_t requester) override { clients_.close(requester); }
  void leave(uint16_t requester) override { clients_.leave(requester, now() + kLeaveNs); }

  void on_connected(uint32_t id) override { session_.requester(uint16_t(id)).connected(now()); }
  void on_data(uint32_t id, Bytes bytes) override { session_.requester(uint16_t(id)).received(bytes, now()); }
  void on_closed(uint32_t id, ClientCloseReason reason, int system_error) override {
    session_.requester(uint16_t(id)).closed(reason_of(reason), uint32_t(system_error), now());
  }

 private:
  [[nodiscard]] int64_t now() const { return base_ns_ + clock_ns(CLOCK_MONOTONIC); }

  /// What one interface hears: its receivers, and the lines that its datagrams are for.
  struct Port {
    explicit Port(const std::vector<LineSpec>& all) : router(all) {}
    ReceiveConfig config;
    std::vector<std::vector<uint16_t>> lines;  // by group
    Router router;
    Receivers receivers;
  };

  bool open_lines() {
    for (uint16_t i = 0; i < feed_.spec_.lines.size(); i++) {
      if (!add_line(i)) return false;
    }
    std::vector<LineReport> reports(feed_.spec_.lines.size());
    for (const auto& port : ports_) {
      if (!open_port(*port, reports)) return false;
    }
    const std::lock_guard<std::mutex> lock(feed_.mutex_);
    feed_.report_ = std::move(reports);
    return true;
  }

  bool add_line(uint16_t index) {
    const LineSpec& line = feed_.spec_.lines[index];
    ReceiveGroup group;
    group.port = line.port;
    group.lane = uint8_t(uint32_t(line.role) * kLinesMax + line.line);
    const std::pair<const std::string&, uint32_t&> addresses[] = {{line.group, group.ip}, {line.source, group.source}};
    for (const auto& [text, ip] : addresses) {
      const std::optional<uint32_t> parsed = text.empty() ? 0 : parse_ipv4(text);
      if (!parsed) {
        line_failed(index, "'" + text + "' is not a numeric IPv4 address");
        return false;
      }
      ip = *parsed;
    }
    const auto same = [&](const auto& p) { return p->config.interface == line.interface; };
    auto at = std::find_if(ports_.begin(), ports_.end(), same);
    if (at == ports_.end()) {
      at = ports_.insert(at, std::make_unique<Port>(feed_.spec_.lines));
      (*at)->config.interface = line.interface;
      (*at)->config.receive_buffer_bytes = feed_.source_.receive_buffer_bytes;
      (*at)->config.busy_poll_us = feed_.source_.busy_poll_us;
    }
    Port& port = **at;
    port.router.add({group.ip == 0, IpAddress::v4(group.ip), group.port, group.source, index});
    std::vector<ReceiveGroup>& groups = port.config.groups;
    const auto heard = std::find_if(groups.begin(), groups.end(), [&](const ReceiveGroup& g) {
      return g.ip == group.ip && g.port == group.port && g.source == group.source;
    });
    port.lines.resize(groups.size() + (heard == groups.end()));
    port.lines[size_t(heard - groups.begin())].push_back(index);
    if (heard == groups.end()) groups.push_back(group);
    return true;
  }

  void line_failed(uint16_t index, const std::string& why) {
    const LineSpec& line = feed_.spec_.lines[index];
    feed_.fail("VW_LINE_OPEN", "Line " + line.name + " (" + line.group + ":" + std::to_string(line.port) +
                                   ") could not be opened: " + why);
  }

  bool open_port(Port& port, std::vector<LineReport>& reports) {
    const ReceiveBackend* backend = find_receive_backend(feed_.source_.receive);
    if (backend == nullptr) {
      feed_.fail("VW_OPTION",
                 "There is no receive backend '" + feed_.source_.receive + "': there are " + receive_backend_names());
      return false;
    }
    const ReceiveProblem p = backend->open(port.config, port.receivers);
    if (p.error != ReceiveError::none) {
      line_failed(port.lines[p.group].front(), p.text);
      return false;
    }
    for (const auto& receiver : port.receivers) {
      uint64_t& smallest = feed_.counters_[F::receiveBufferBytes];
      if (smallest == 0 || receiver->buffer_bytes() < smallest) smallest = receiver->buffer_bytes();
      for (const uint16_t group : receiver->groups) {
        for (const uint16_t line : port.lines[group]) {
          reports[line].name = feed_.spec_.lines[line].name;
          reports[line].receive_buffer_bytes = receiver->buffer_bytes();
          reports[line].buffer_is_short = receiver->buffer_bytes() < port.config.receive_buffer_bytes;
        }
      }
      if (!loop_.add(receiver->fd(), receivers_.size())) {
        feed_.fail("VW_EPOLL", "Line " + feed_.spec_.lines[port.lines[receiver->groups[0]][0]].name +
                                   " could not be watched (errno " + std::to_string(errno) + ")");
        return false;
      }
      receivers_.push_back({receiver.get(), &port});
    }
    return true;
  }

  void receive(size_t index, std::vector<Datagram>& batch) {
    const auto [receiver, port] = receivers_[index];
    // Bounded, so that one busy line starves neither the other nor the requesters.
    for (int round = 0; round < 4; round++) {
      const int n = receiver->receive(batch.data(), kReceiveBatch);
      if (n <= 0) return;
      const int64_t at = now();
      for (int i = 0; i < n; i++) {
        const Datagram& d = batch[size_t(i)];
        if (d.truncated) feed_.counters_[F::truncatedDatagrams]++;
        const int64_t receive_ns = d.clock != ReceiveClock::none ? d.time_ns : at;
        (void)port->router.each(IpAddress::v4(d.destination_ip), d.destination_port, d.source_ip, [&](uint16_t line) {
          session_.datagram(line, d.bytes, receive_ns, at, Sender{d.source_ip, d.source_port});
        });
      }
      if (n < kReceiveBatch) return;
      feed_.publish();
    }
  }

  void report() {
    uint64_t drops = 0, errors = 0;
    for (const auto& [receiver, port] : receivers_) {
      drops += receiver->counters().kernel_drops;
      errors += receiver->counters().errors;
    }
    feed_.counters_[F::kernelDrops] = drops;
    feed_.counters_[F::receiveErrors] = errors;
    const std::lock_guard<std::mutex> lock(feed_.mutex_);
    for (const auto& [receiver, port] : receivers_) {
      for (const uint16_t group : receiver->groups) {
        for (const uint16_t line : port->lines[group])
          feed_.report_[line].kernel_drops = receiver->counters().kernel_drops;
      }
    }
  }

  Feed& feed_;
  EventLoop loop_;
  Clients clients_;
  Session session_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::pair<Receiver*, Port*>> receivers_;  // by their tokens
  int64_t base_ns_ = 0;
  int64_t gauges_ns_ = 0;
};

// ── the thread ───────────────────────────────────────────────────────────────────────────────────────────────────

Feed::Feed(SessionSpec spec, uint8_t* ring, uint32_t data_at, uint32_t data_bytes, SourceConfig source,
           Doorbell* doorbell)
    : spec_(std::move(spec)),
      ring_(ring),
      source_(std::move(source)),
      doorbell_(doorbell),
      writer_(ring, data_at, data_bytes, spec_.catalogue, spec_.selection),
      counters_{reinterpret_cast<uint64_t*>(ring + kCountersAt)},
      channel_counters_(reinterpret_cast<uint64_t*>(ring + kCountersAt) + kFeedCounters) {}

Feed::~Feed() { close(); }

void Feed::start() {
  if (thread_.joinable() || stop_.load()) return;
  thread_ = std::thread([this] { run_guarded(); });
}

void Feed::close() {
  stop_.store(true);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waker_) waker_->wake();
  }
  if (thread_.joinable()) thread_.join();
}

void Feed::set_waker(EventLoop* loop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waker_ = loop;
}

void Feed::run_guarded() {
  // Nothing leaves the thread: an exception that did would end the process.
  try {
    run();
  } catch (const std::bad_alloc&) {
    failed_early("VW_MEMORY", "There is not enough memory for the feed");
  } catch (const std::length_error&) {
    failed_early("VW_MEMORY", "There is not enough memory for the feed");
  } catch (const std::exception& error) {
    failed_early("VW_INTERNAL", error.what());
  }
  // The state changed after the last batch: the reader must come and see it.
  if (doorbell_) doorbell_->ring();
  wake_waiters();
}

void Feed::failed_early(const char* code, const char* message) {
  try {
    set_waker(nullptr);
    fail(code, message);
  } catch (...) {
    // Not even memory for the text: the state alone says it.
    writer_.set_state(FeedState::failed);
  }
}

void Feed::run() {
  pthread_setname_np(pthread_self(), "venuewire");
  prctl(PR_SET_TIMERSLACK, 1000UL);  // the default of 50 µs would be added to every short wait
  bool pinned = true;
  if (source_.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(size_t(source_.cpu), &set);
    pinned = pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
  }
  if (!pinned) {
    fail("VW_CPU", "The feed thread could not be pinned to CPU " + std::to_string(source_.cpu));
  } else if (source_.live) {
    std::make_unique<Live>(*this)->run();
  } else {
    std::make_unique<Capture>(*this)->run();
  }
}

void Feed::wake_waiters() {
  if (waiters_.load() != 0) syscall(SYS_futex, word(ring_, kHeadAt), FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

void Feed::publish() {
  if (!writer_.unpublished()) return;
  counters_[F::batches]++;
  const bool wake = writer_.publish();
  if (wake && doorbell_) {
    counters_[F::doorbells]++;
    doorbell_->ring();
  }
  wake_waiters();
}

void Feed::flush() {
  while (writer_.unpublished()) {
    publish();
    if (writer_.unpublished() && !wait_for_room(0)) break;
  }
}

bool Feed::wait_for_room(uint32_t bytes) {
  publish();
  counters_[F::ringWaits]++;
  for (uint32_t i = 0; !writer_.roomy() || !writer_.room(bytes); i++) {
    if (stop_.load(std::memory_order_relaxed)) return false;
    if (!writer_.tail_possible()) {
      fail("VW_RING_DAMAGED", "The tail of the ring is one that no reader has written");
      stop_.store(true);
      return false;
    }
    publish();  // notices that have found room meanwhile: the reader cannot free what it cannot see
    // A reader at work makes room within microseconds; one that does not read is not worth a core.
    if (i < 4096) {
      for (int k = 0; k < 32; k++) relax_cpu();
    } else {
      pause_for(50'000);
    }
  }
  return true;
}

void Feed::fail(const char* code, const std::string& message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failure_code_ = code;
    failure_ = message;
  }
  has_failed_ = true;
  publish();
  writer_.set_state(FeedState::failed);
}

bool Feed::wait(uint32_t seen, int64_t timeout_ns) {
  uint32_t* head = word(ring_, kHeadAt);
  const auto changed = [&] {
    return std::atomic_ref<uint32_t>(*head).load(std::memory_order_acquire) != seen ||
           std::atomic_ref<uint32_t>(*word(ring_, kStateAt)).load() != uint32_t(FeedState::running);
  };
  if (changed()) return true;
  waiters_.fetch_add(1);
  // Looked at again: what changed before the writer could count us in does not wake us.
  if (timeout_ns > 0 && !changed()) {
    const timespec t{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    syscall(SYS_futex, head, FUTEX_WAIT, seen, &t, nullptr, 0);
  }
  waiters_.fetch_sub(1);
  return changed();
}

bool Feed::failed(std::string& code, std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code = failure_code_;
  message = failure_;
  return !failure_code_.empty();
}

std::vector<LineReport> Feed::describe() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return report_;
}

}  // namespace venuewire

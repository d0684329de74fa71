// Tests of native/io/udp_receiver, udp_sender and event_loop over multicast on the loopback interface; no rights and no
// fixed ports are needed. With `--bench` it measures how fast a full socket is drained instead.
#include "io/udp_receiver.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <string>
#include <thread>
#include <vector>

#include "io/address.hpp"
#include "io/event_loop.hpp"
#include "io/udp_sender.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kGroup = 0xEFFF2A01;  // 239.255.42.1
constexpr uint32_t kLoopback = 0x7F000001;

Bytes view(const std::string& s) { return {reinterpret_cast<const uint8_t*>(s.data()), uint32_t(s.size())}; }
std::string text(Bytes b) { return std::string(reinterpret_cast<const char*>(b.data), b.size); }

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

UdpReceiverConfig loopback(uint32_t group = kGroup, uint16_t port = 0) {
  UdpReceiverConfig config;
  config.group = format_ipv4(group);
  config.port = port;
  config.interface = "127.0.0.1";
  return config;
}

struct Got {
  std::string bytes;
  Datagram datagram;
};

/// Reads until `wanted` datagrams have come or two seconds have passed.
std::vector<Got> collect(UdpReceiver& receiver, size_t wanted, int max = UdpReceiver::kBatch) {
  std::vector<Got> got;
  Datagram datagrams[UdpReceiver::kBatch];
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver.fd(), 42));
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(2);
  while (got.size() < wanted && Clock::now() < deadline) {
    LoopEvent event;
    if (loop.wait(100'000'000, &event, 1) == 0) continue;
    CHECK(event.token == 42 && (event.events & EPOLLIN));
    const int count = receiver.receive(datagrams, max);
    CHECK(count <= max);
    for (int i = 0; i < count; i++) got.push_back({text(datagrams[i].bytes), datagrams[i]});
  }
  return got;
}

/// Whether nothing arrives within a moment.
bool silent(UdpReceiver& receiver) {
  EventLoop loop;
  LoopEvent event;
  return loop.open() && loop.add(receiver.fd(), 1) && loop.wait(50'000'000, &event, 1) == 0;
}

UdpSender& sender() {
  static UdpSender one;
  static const bool opened = one.open({.interface = "127.0.0.1"}) == UdpSendError::none;
  CHECK(opened);
  return one;
}

void multicast() {
  UdpReceiver receiver;
  if (!CHECK(receiver.open(loopback()) == UdpOpenError::none))
    std::fprintf(stderr, "  %s\n", receiver.problem().c_str());
  CHECK(receiver.port() != 0 && receiver.granted_buffer_bytes() > 0);
  Datagram none;
  CHECK(receiver.receive(&none, 1) == 0 && receiver.counters().errors == 0);

  std::vector<std::string> content;
  std::vector<OutgoingDatagram> out;
  for (int i = 0; i < 200; i++) content.push_back("datagram " + std::to_string(i));
  for (const std::string& s : content) out.push_back({kGroup, receiver.port(), view(s)});
  const int64_t before = now_ns();
  uint32_t sent = 0;
  CHECK(sender().send(out.data(), uint32_t(out.size()), &sent) == UdpSendError::none && sent == 200);
  const std::vector<Got> got = collect(receiver, 200, 50);
  if (CHECK(got.size() == 200)) {
    uint64_t timed = 0;
    for (size_t i = 0; i < 200; i++) {
      CHECK(got[i].bytes == content[i] && !got[i].datagram.truncated);
      CHECK(got[i].datagram.source_ip == kLoopback && got[i].datagram.source_port == got[0].datagram.source_port);
      const int64_t time = got[i].datagram.kernel_time_ns;
      CHECK(time == 0 || (time > before - 1'000'000'000 && time < now_ns() + 1'000'000'000));
      timed += time != 0;
    }
    CHECK(timed > 0);
  }
  uint64_t bytes = 0;
  for (const std::string& s : content) bytes += s.size();
  CHECK(receiver.counters().packets == 200 && receiver.counters().bytes == bytes);
  CHECK(receiver.counters().kernel_drops == 0 && receiver.counters().truncated == 0);

  // An empty datagram is one too. A receiver can be opened again.
  CHECK(sender().send(kGroup, receiver.port(), {}) == UdpSendError::none);
  CHECK(collect(receiver, 1).size() == 1);
  CHECK(receiver.open(loopback()) == UdpOpenError::none && receiver.counters().packets == 0);
  CHECK(sender().send(kGroup, receiver.port(), view("again")) == UdpSendError::none);
  CHECK(collect(receiver, 1).size() == 1);
  receiver.close();
  CHECK(receiver.receive(&none, 1) == 0 && receiver.fd() == -1);
}

void groups_are_separate() {
  UdpReceiver a, b, again;
  CHECK(a.open(loopback(kGroup)) == UdpOpenError::none);
  CHECK(b.open(loopback(kGroup + 1, a.port())) == UdpOpenError::none);
  CHECK(again.open(loopback(kGroup, a.port())) == UdpOpenError::none);
  CHECK(sender().send(kGroup, a.port(), view("for a")) == UdpSendError::none);
  CHECK(sender().send(kGroup + 1, a.port(), view("for b")) == UdpSendError::none);
  for (UdpReceiver* r : {&a, &again}) {
    const std::vector<Got> got = collect(*r, 1);
    CHECK(got.size() == 1 && got[0].bytes == "for a");
  }
  const std::vector<Got> got = collect(b, 1);
  CHECK(got.size() == 1 && got[0].bytes == "for b");
  CHECK(silent(a) && silent(b) && silent(again));
}

void one_source() {
  UdpReceiver right, wrong;
  UdpReceiverConfig config = loopback();
  config.source = "127.0.0.1";
  CHECK(right.open(config) == UdpOpenError::none);
  config.source = "127.0.0.77";
  config.port = right.port();
  CHECK(wrong.open(config) == UdpOpenError::none);
  CHECK(sender().send(kGroup, right.port(), view("mine")) == UdpSendError::none);
  CHECK(collect(right, 1).size() == 1);
  CHECK(silent(wrong));
}

void sizes() {
  UdpReceiver receiver;
  UdpReceiverConfig config = loopback();
  config.datagram_bytes = 64;
  CHECK(receiver.open(config) == UdpOpenError::none);
  CHECK(sender().send(kGroup, receiver.port(), view(std::string(64, 'a'))) == UdpSendError::none);
  CHECK(sender().send(kGroup, receiver.port(), view(std::string(65, 'b'))) == UdpSendError::none);
  CHECK(sender().send(kGroup, receiver.port(), view("c")) == UdpSendError::none);
  std::vector<Got> got = collect(receiver, 3);
  CHECK(got.size() == 3 && got[0].bytes == std::string(64, 'a') && !got[0].datagram.truncated);
  CHECK(got.size() == 3 && got[1].bytes == std::string(64, 'b') && got[1].datagram.truncated);
  CHECK(got.size() == 3 && got[2].bytes == "c" && !got[2].datagram.truncated);
  CHECK(receiver.counters().truncated == 1);

  config.datagram_bytes = 65536;
  CHECK(receiver.open(config) == UdpOpenError::none);
  const std::string longest(65507, 'x');
  CHECK(sender().send(kGroup, receiver.port(), view(longest)) == UdpSendError::none);
  got = collect(receiver, 1);
  CHECK(got.size() == 1 && got[0].bytes == longest && !got[0].datagram.truncated);
  CHECK(sender().send(kGroup, receiver.port(), view(longest + "x")) == UdpSendError::too_long);
  CHECK(!sender().problem().empty());
}

void drops_are_counted() {
  UdpReceiver receiver;
  UdpReceiverConfig config = loopback();
  config.receive_buffer_bytes = 4096;
  CHECK(receiver.open(config) == UdpOpenError::none);
  CHECK(!receiver.buffer_is_short());
  const std::string content(200, 'x');
  uint64_t sent = 0;
  uint64_t read = 0;
  for (int round = 0; round < 3; round++) {  // the counter is cumulative: twice the same must not count twice
    for (int i = 0; i < 500; i++) sent += sender().send(kGroup, receiver.port(), view(content)) == UdpSendError::none;
    for (std::vector<Got> got = collect(receiver, 1); !got.empty(); got.clear()) read += got.size();
    Datagram datagrams[64];
    while (const int n = receiver.receive(datagrams, 64)) read += uint64_t(n);
    // The kernel tells of a loss with the next datagram it queues.
    sent += sender().send(kGroup, receiver.port(), view(content)) == UdpSendError::none;
    read += collect(receiver, 1).size();
    CHECK(receiver.counters().kernel_drops == sent - read);
  }
  CHECK(receiver.counters().packets == read && receiver.counters().kernel_drops > 1000);
}

void unicast() {
  UdpReceiver server;
  UdpReceiverConfig config;
  config.group = "127.0.0.1";
  CHECK(server.open(config) == UdpOpenError::none);
  UdpReceiver line;  // asks from the multicast socket and is answered there
  config = loopback();
  config.accept_unicast = true;
  CHECK(line.open(config) == UdpOpenError::none);
  CHECK(line.send_to(kLoopback, server.port(), view("request")));
  const std::vector<Got> asked = collect(server, 1);
  if (CHECK(asked.size() == 1 && asked[0].bytes == "request" && asked[0].datagram.source_port == line.port())) {
    CHECK(server.send_to(asked[0].datagram.source_ip, asked[0].datagram.source_port, view("reply")));
  }
  UdpReceiver neighbour;  // because of it the machine takes the other group; the line must not
  CHECK(neighbour.open(loopback(kGroup + 1, line.port())) == UdpOpenError::none);
  CHECK(sender().send(kGroup, line.port(), view("multicast")) == UdpSendError::none);
  CHECK(sender().send(kGroup + 1, line.port(), view("not joined")) == UdpSendError::none);
  const std::vector<Got> got = collect(line, 2);
  CHECK(got.size() == 2 && got[0].bytes == "reply" && got[1].bytes == "multicast");
  CHECK(silent(line));

  // A unicast port belongs to one program.
  UdpReceiver second;
  config = {};
  config.group = "127.0.0.1";
  config.port = server.port();
  CHECK(second.open(config) == UdpOpenError::address_in_use && second.system_error() == EADDRINUSE);
}

void errors() {
  UdpReceiver receiver;
  const auto fails = [&](const UdpReceiverConfig& config, UdpOpenError wanted) {
    const UdpOpenError error = receiver.open(config);
    if (!CHECK(error == wanted && receiver.fd() == -1 && !receiver.problem().empty())) {
      std::fprintf(stderr, "  %d: %s\n", int(error), receiver.problem().c_str());
    }
  };
  UdpReceiverConfig config = loopback();
  config.group = "feed.example";
  fails(config, UdpOpenError::bad_config);
  config = loopback();
  config.source = "nobody";
  fails(config, UdpOpenError::bad_config);
  config = {};
  config.group = "127.0.0.1";
  config.source = "127.0.0.1";
  fails(config, UdpOpenError::bad_config);
  for (const uint32_t size : {0u, 65537u}) {
    config = loopback();
    config.datagram_bytes = size;
    fails(config, UdpOpenError::bad_config);
  }
  for (const char* name : {"no-such-if0", "192.0.2.9"}) {
    config = loopback();
    config.interface = name;
    fails(config, UdpOpenError::no_interface);
    UdpSender other;
    CHECK(other.open({.interface = name}) == UdpSendError::no_interface && !other.problem().empty());
  }
  config = {};
  config.group = "192.0.2.9";
  fails(config, UdpOpenError::address_not_here);
  UdpSender closed;
  CHECK(closed.send(kGroup, 1, view("x")) == UdpSendError::closed);

  CHECK(parse_ipv4("255.255.255.254") == 0xFFFFFFFEu && format_ipv4(0xFFFFFFFE) == "255.255.255.254");
  CHECK(!parse_ipv4("1.2.3") && !parse_ipv4("1.2.3.4 ") && !parse_ipv4("") && !parse_ipv4("::1"));
  const auto found = find_interface("127.0.0.1");
  CHECK(found && found->index > 0 && found->ip == kLoopback);
  CHECK(found && find_interface(found->name) && find_interface(found->name)->index == found->index);
  CHECK(find_interface("") && find_interface("")->index == 0);
}

void event_loop(bool fine_timeouts) {
  EventLoop loop;
  CHECK(loop.open(fine_timeouts));
  LoopEvent events[4];
  const auto timed = [&](int64_t timeout_ns) {
    const Clock::time_point begin = Clock::now();
    CHECK(loop.wait(timeout_ns, events, 4) == 0 && !loop.woken());
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
  };
  CHECK(timed(0) < 500'000'000);
  CHECK(timed(20'000'000) >= 20'000'000);
  CHECK(timed(200'000) >= 200'000);  // finer than a millisecond

  loop.wake();
  loop.wake();
  CHECK(loop.wait(-1, events, 4) == 0 && loop.woken());
  CHECK(loop.wait(0, events, 4) == 0 && !loop.woken());

  std::atomic<int> seen{0};
  int handed_over = 0;  // not atomic: the wake-up itself must order it
  std::thread waker([&] {
    for (int i = 1; i <= 100; i++) {
      handed_over = i;
      loop.wake();
      while (seen.load(std::memory_order_acquire) < i) std::this_thread::yield();
    }
  });
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(5);
  for (int i = 1; i <= 100 && Clock::now() < deadline;) {
    (void)loop.wait(1'000'000'000, events, 4);
    if (!loop.woken()) continue;
    CHECK(handed_over == i);
    seen.store(i++, std::memory_order_release);
  }
  seen.store(100, std::memory_order_release);
  waker.join();

  // Tokens come back, a removed descriptor is silent, room for fewer events than are ready is not a loss.
  UdpReceiver a, b;
  CHECK(a.open(loopback()) == UdpOpenError::none && b.open(loopback(kGroup, a.port())) == UdpOpenError::none);
  CHECK(loop.add(a.fd(), 1) && loop.add(b.fd(), uint64_t(1) << 62) && !loop.add(a.fd(), 3));
  CHECK(sender().send(kGroup, a.port(), view("x")) == UdpSendError::none);
  CHECK(loop.wait(1'000'000'000, events, 1) == 1);
  const uint64_t first = events[0].token;
  Datagram datagram;
  CHECK((first == 1 ? a : b).receive(&datagram, 1) == 1);
  CHECK(loop.wait(1'000'000'000, events, 1) == 1 && events[0].token + first == 1 + (uint64_t(1) << 62));
  loop.remove(a.fd());
  loop.remove(b.fd());
  CHECK(loop.wait(0, events, 4) == 0);
}

void bench() {
  UdpReceiver receiver;
  UdpReceiverConfig config = loopback();
  config.receive_buffer_bytes = 64 << 20;
  if (receiver.open(config) != UdpOpenError::none) return;
  std::printf("socket buffer %u bytes%s\n", receiver.granted_buffer_bytes(),
              receiver.buffer_is_short() ? " (short)" : "");
  const std::string content(128, 'x');
  const std::vector<OutgoingDatagram> out(64, {kGroup, receiver.port(), view(content)});
  Datagram datagrams[64];
  double best = 0;
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 100; i++) (void)sender().send(out.data(), 64);
    uint64_t count = 0;
    const Clock::time_point begin = Clock::now();
    while (const int n = receiver.receive(datagrams, 64)) count += uint64_t(n);
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    best = std::max(best, double(count) / took.count());
  }
  std::printf("drain: %.2f million datagrams a second, best of 20; %" PRIu64 " read, %" PRIu64 " dropped\n", best,
              receiver.counters().packets, receiver.counters().kernel_drops);
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  if (argc > 1 && std::string(argv[1]) == "--bench") {
    bench();
    return 0;
  }
  multicast();
  groups_are_separate();
  one_source();
  sizes();
  drops_are_counted();
  unicast();
  errors();
  event_loop(true);
  event_loop(false);
  return checks_result();
}

// Tests of native/io/udp_receiver and udp_sender over multicast on the loopback interface; no rights and no
// fixed ports are needed. With `--bench` it measures how fast a full socket is drained instead.
#include "io/udp_receiver.hpp"

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <string>
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

ReceiveConfig loopback(uint32_t group = kGroup, uint16_t port = 0) {
  ReceiveConfig config;
  config.groups.push_back({group, port});
  config.interface = "127.0.0.1";
  return config;
}

bool opens(UdpReceiver& receiver, const ReceiveConfig& config) {
  const ReceiveProblem p = receiver.open(config);
  if (p.error != ReceiveError::none) std::fprintf(stderr, "  %s\n", p.text.c_str());
  return p.error == ReceiveError::none;
}

struct Got {
  std::string bytes;
  Datagram datagram;
};

/// Reads until `wanted` datagrams have come or two seconds have passed.
std::vector<Got> collect(UdpReceiver& receiver, size_t wanted, int max = kReceiveBatch) {
  std::vector<Got> got;
  Datagram datagrams[kReceiveBatch];
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver.fd(), 42));
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(2);
  while (got.size() < wanted && Clock::now() < deadline) {
    LoopEvent event;
    if (loop.wait(100'000'000, &event, 1) == 0) continue;
    CHECK(event.token == 42 && (event.events & LoopEvent::kReadable));
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
  CHECK(opens(receiver, loopback()));
  CHECK(receiver.port() != 0 && receiver.buffer_bytes() > 0);
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
      CHECK(got[i].datagram.destination_ip == kGroup && got[i].datagram.destination_port == receiver.port());
      CHECK(got[i].datagram.source_ip == kLoopback && got[i].datagram.source_port == got[0].datagram.source_port);
      const int64_t time = got[i].datagram.time_ns;
      CHECK((time == 0) == (got[i].datagram.clock == ReceiveClock::none));
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
  CHECK(opens(receiver, loopback()) && receiver.counters().packets == 0);
  CHECK(sender().send(kGroup, receiver.port(), view("again")) == UdpSendError::none);
  CHECK(collect(receiver, 1).size() == 1);
  receiver.close();
  CHECK(receiver.receive(&none, 1) == 0 && receiver.fd() == -1);
}

void groups_are_separate() {
  UdpReceiver a, b, again;
  CHECK(opens(a, loopback(kGroup)));
  CHECK(opens(b, loopback(kGroup + 1, a.port())));
  CHECK(opens(again, loopback(kGroup, a.port())));
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
  ReceiveConfig config = loopback();
  config.groups[0].source = kLoopback;
  CHECK(opens(right, config));
  config.groups[0].source = kLoopback + 76;
  config.groups[0].port = right.port();
  CHECK(opens(wrong, config));
  CHECK(sender().send(kGroup, right.port(), view("mine")) == UdpSendError::none);
  CHECK(collect(right, 1).size() == 1);
  CHECK(silent(wrong));
}

void sizes() {
  UdpReceiver receiver;
  ReceiveConfig config = loopback();
  config.datagram_bytes = 64;
  CHECK(opens(receiver, config));
  CHECK(sender().send(kGroup, receiver.port(), view(std::string(64, 'a'))) == UdpSendError::none);
  CHECK(sender().send(kGroup, receiver.port(), view(std::string(65, 'b'))) == UdpSendError::none);
  CHECK(sender().send(kGroup, receiver.port(), view("c")) == UdpSendError::none);
  std::vector<Got> got = collect(receiver, 3);
  CHECK(got.size() == 3 && got[0].bytes == std::string(64, 'a') && !got[0].datagram.truncated);
  CHECK(got.size() == 3 && got[1].bytes == std::string(64, 'b') && got[1].datagram.truncated);
  CHECK(got.size() == 3 && got[2].bytes == "c" && !got[2].datagram.truncated);
  CHECK(receiver.counters().truncated == 1);

  config.datagram_bytes = 65536;
  CHECK(opens(receiver, config));
  const std::string longest(65507, 'x');
  CHECK(sender().send(kGroup, receiver.port(), view(longest)) == UdpSendError::none);
  got = collect(receiver, 1);
  CHECK(got.size() == 1 && got[0].bytes == longest && !got[0].datagram.truncated);
  CHECK(sender().send(kGroup, receiver.port(), view(longest + "x")) == UdpSendError::too_long);
  CHECK(!sender().problem().empty());
}

void drops_are_counted() {
  UdpReceiver receiver;
  ReceiveConfig config = loopback();
  config.receive_buffer_bytes = 4096;
  CHECK(opens(receiver, config));
  CHECK(receiver.buffer_bytes() >= config.receive_buffer_bytes);
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
  UdpReceiver one, any;
  ReceiveConfig config;
  config.groups.push_back({kLoopback, 0});
  CHECK(opens(one, config));
  CHECK(sender().send(kLoopback, one.port(), view("to one")) == UdpSendError::none);
  std::vector<Got> got = collect(one, 1);
  CHECK(got.size() == 1 && got[0].datagram.destination_ip == kLoopback);
  CHECK(got.size() == 1 && got[0].datagram.destination_port == one.port());

  // Bound to no address it is told where each datagram was sent.
  config.groups[0] = {};
  config.interface = "lo";
  CHECK(opens(any, config));
  CHECK(sender().send(kLoopback + 1, any.port(), view("to any")) == UdpSendError::none);
  got = collect(any, 1);
  CHECK(got.size() == 1 && got[0].datagram.destination_ip == kLoopback + 1);

  // A unicast port belongs to one program.
  UdpReceiver second;
  config = {};
  config.groups.push_back({kLoopback, one.port()});
  const ReceiveProblem p = second.open(config);
  CHECK(p.error == ReceiveError::address_in_use && p.system_error == EADDRINUSE);
}

/// A port that nobody has just now.
uint16_t free_port() {
  UdpReceiver one;
  return opens(one, loopback()) ? one.port() : 0;
}

/// More groups than one socket may join, on one port: as few sockets as it takes, and each datagram says its group.
void many_groups() {
  constexpr uint32_t kGroups = 45;
  const uint16_t port = free_port();
  ReceiveConfig config = loopback();
  config.groups.clear();
  for (uint32_t i = 0; i < kGroups; i++) config.groups.push_back({kGroup + i, port});
  Receivers receivers;
  const ReceiveProblem opened = open_udp_receivers(config, receivers);
  if (!CHECK(opened.error == ReceiveError::none)) std::fprintf(stderr, "  %s\n", opened.text.c_str());
  CHECK(receivers.size() == 3);  // 20, 20, 5

  UdpReceiver neighbour;  // because of it the machine takes this group too; the others must not
  CHECK(opens(neighbour, loopback(kGroup + 100, port)));
  CHECK(sender().send(kGroup + 100, port, view("not joined")) == UdpSendError::none);
  for (uint32_t i = 0; i < kGroups; i++) {
    CHECK(sender().send(kGroup + i, port, view(std::to_string(i))) == UdpSendError::none);
  }
  uint32_t heard = 0;
  for (const auto& receiver : receivers) {
    auto& socket = static_cast<UdpReceiver&>(*receiver);
    for (const Got& g : collect(socket, socket.groups.size())) {
      const uint32_t number = uint32_t(std::stoul(g.bytes));
      CHECK(g.datagram.destination_ip == kGroup + number && g.datagram.destination_port == port);
      heard++;
    }
    CHECK(silent(socket));
  }
  CHECK(heard == kGroups);

  // Lines A and B keep sockets of their own: a full buffer must not lose both copies.
  config.groups = {{kGroup, port, 0, 0}, {kGroup + 1, port, 0, 0}, {kGroup + 2, port, 0, 1}};
  receivers.clear();
  CHECK(open_udp_receivers(config, receivers).error == ReceiveError::none && receivers.size() == 2);

  // Who has the port on one address keeps it; the groups then have a socket each.
  config.groups.push_back({kLoopback, port, 0, 2});
  receivers.clear();
  CHECK(open_udp_receivers(config, receivers).error == ReceiveError::none && receivers.size() == 4);
  receivers.clear();
  config.groups.pop_back();

  // Nothing stays open when one of them cannot be.
  config.groups.push_back({0xC0000209, port});  // 192.0.2.9
  receivers.clear();
  const ReceiveProblem p = open_udp_receivers(config, receivers);
  CHECK(p.error == ReceiveError::address_not_here && p.group == 3 && receivers.empty());
}

void backends_have_names() {
  CHECK(find_receive_backend("socket") != nullptr && find_receive_backend("carrier-pigeon") == nullptr);
  CHECK(receive_backend_names().find("socket") != std::string::npos);
}

void errors() {
  UdpReceiver receiver;
  const auto fails = [&](const ReceiveConfig& config, ReceiveError wanted) {
    const ReceiveProblem p = receiver.open(config);
    if (!CHECK(p.error == wanted && receiver.fd() == -1 && !p.text.empty())) {
      std::fprintf(stderr, "  %d: %s\n", int(p.error), p.text.c_str());
    }
  };
  ReceiveConfig config;
  fails(config, ReceiveError::bad_config);
  config.groups.push_back({kLoopback, 0, kLoopback});
  fails(config, ReceiveError::bad_config);
  for (const uint32_t size : {0u, 65537u}) {
    config = loopback();
    config.datagram_bytes = size;
    fails(config, ReceiveError::bad_config);
  }
  for (const char* name : {"no-such-if0", "192.0.2.9"}) {
    config = loopback();
    config.interface = name;
    fails(config, ReceiveError::no_interface);
    UdpSender other;
    CHECK(other.open({.interface = name}) == UdpSendError::no_interface && !other.problem().empty());
  }
  config = {};
  config.groups.push_back({0xC0000209, 0});  // 192.0.2.9
  fails(config, ReceiveError::address_not_here);
  UdpSender closed;
  CHECK(closed.send(kGroup, 1, view("x")) == UdpSendError::closed);

  CHECK(parse_ipv4("255.255.255.254") == 0xFFFFFFFEu && format_ipv4(0xFFFFFFFE) == "255.255.255.254");
  CHECK(!parse_ipv4("1.2.3") && !parse_ipv4("1.2.3.4 ") && !parse_ipv4("") && !parse_ipv4("::1"));
  const auto found = find_interface("127.0.0.1");
  CHECK(found && found->index > 0 && found->ip == kLoopback);
  CHECK(found && find_interface(found->name) && find_interface(found->name)->index == found->index);
  CHECK(find_interface("") && find_interface("")->index == 0);
}

void bench() {
  UdpReceiver receiver;
  ReceiveConfig config = loopback();
  config.receive_buffer_bytes = 64 << 20;
  if (!opens(receiver, config)) return;
  std::printf("socket buffer %u bytes\n", receiver.buffer_bytes());
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
  many_groups();
  backends_have_names();
  errors();
  return checks_result();
}

// Tests of native/io/client against servers on the loopback interface that refuse, close, reset, dawdle and split. One
// thread: servers are plain sockets the test drives between turns of the loop.
#include "io/client.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "io/address.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

using Clock = std::chrono::steady_clock;

Bytes view(const std::string& s) { return {reinterpret_cast<const uint8_t*>(s.data()), uint32_t(s.size())}; }

struct Log final : ClientEvents {
  struct Slot {
    int connected = 0;
    int closed = 0;
    ClientCloseReason reason = ClientCloseReason::local;
    int system_error = 0;
    std::string bytes;
    std::vector<std::string> pieces;
  };
  std::vector<Slot> slots = std::vector<Slot>(8);
  std::function<void(uint32_t)> after_connect, after_data, after_close;
  bool allowed = false;  // callbacks come out of handle() and run_deferred() only

  void on_connected(uint32_t id) override {
    CHECK(allowed);
    slots[id].connected++;
    if (after_connect) after_connect(id);
  }
  void on_data(uint32_t id, Bytes bytes) override {
    CHECK(allowed);
    slots[id].pieces.emplace_back(reinterpret_cast<const char*>(bytes.data), bytes.size);
    slots[id].bytes += slots[id].pieces.back();
    if (after_data) after_data(id);
  }
  void on_closed(uint32_t id, ClientCloseReason reason, int system_error) override {
    CHECK(allowed);
    slots[id].closed++;
    slots[id].reason = reason;
    slots[id].system_error = system_error;
    if (after_close) after_close(id);
  }
};

struct Fixture {
  EventLoop loop;
  Log log;
  Clients clients{loop, log, 8};

  Fixture() { CHECK(loop.open()); }

  void turn(int64_t timeout_ns) {
    LoopEvent events[4];
    const int count = loop.wait(timeout_ns, events, 4);
    log.allowed = true;
    for (int i = 0; i < count; i++) {
      CHECK(Clients::owns(events[i].token));
      clients.handle(events[i]);
    }
    clients.run_deferred();
    log.allowed = false;
  }
  bool until(const std::function<bool()>& done) {
    const Clock::time_point deadline = Clock::now() + std::chrono::seconds(5);
    while (!done() && Clock::now() < deadline) turn(20'000'000);
    return done();
  }
  bool connected(uint32_t id) {
    return until([&] { return log.slots[id].connected > 0; });
  }
  bool closed(uint32_t id, ClientCloseReason reason) {
    return until([&] { return log.slots[id].closed > 0; }) && log.slots[id].closed == 1 &&
           log.slots[id].reason == reason && !clients.is_open(id);
  }
  /// Nothing more happens.
  void settle() {
    for (int i = 0; i < 5; i++) turn(5'000'000);
  }
};

/// A listening socket on a port of the system's choice.
struct Server {
  int fd = -1;
  uint16_t port = 0;

  explicit Server(int type = SOCK_STREAM, int receive_buffer = 0) {
    fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (receive_buffer) CHECK(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0);
    sockaddr_in address = socket_address(0x7F000001, 0);
    socklen_t length = sizeof address;
    CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
    CHECK(type == SOCK_DGRAM || ::listen(fd, 8) == 0);
    CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = ntohs(address.sin_port);
  }
  ~Server() { stop(); }
  void stop() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  /// The other end of the next connection; the kernel completes it without us.
  int accept() {
    pollfd wait{fd, POLLIN, 0};
    CHECK(::poll(&wait, 1, 5000) == 1);
    return ::accept(fd, nullptr, nullptr);
  }
  ClientConfig config(ClientKind kind = ClientKind::tcp) const {
    return {.kind = kind, .host = "127.0.0.1", .port = port};
  }
};

bool write_all(int fd, const std::string& s) {
  return ::send(fd, s.data(), s.size(), MSG_NOSIGNAL) == ssize_t(s.size());
}

void reset(int fd) {
  const linger now{1, 0};
  CHECK(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
  ::close(fd);
}

/// What is there within a moment, up to `wanted` bytes.
std::string read_some(int fd, size_t wanted) {
  std::string all;
  char buffer[65536];
  while (all.size() < wanted) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, 2000) != 1) break;
    const ssize_t n = ::recv(fd, buffer, std::min(sizeof buffer, wanted - all.size()), 0);
    if (n <= 0) break;
    all.append(buffer, size_t(n));
  }
  return all;
}

std::string pattern(size_t size) {
  std::string s(size, 0);
  for (size_t i = 0; i < size; i++) s[i] = char('a' + i * 7 % 26 + i / 65536 % 3);
  return s;
}

void refused() {
  Server server;
  const ClientConfig config = server.config();
  server.stop();
  Fixture f;
  CHECK(f.clients.connect(2, config) && !f.clients.is_open(2));
  CHECK(f.closed(2, ClientCloseReason::refused) && f.log.slots[2].system_error == ECONNREFUSED);
  CHECK(f.log.slots[2].connected == 0);
  CHECK(!f.clients.connect(8, config));
  CHECK(!f.clients.send(8, view("x")) && !f.clients.send(2, view("x")));
  f.clients.close(8);
  f.settle();
  CHECK(f.log.slots[2].closed == 1);

  // Connecting again from within the notice is what a retry does.
  int left = 3;
  f.log.after_close = [&](uint32_t id) {
    if (left-- > 0) f.clients.connect(id, config);
  };
  f.clients.connect(3, config);
  CHECK(f.until([&] { return f.log.slots[3].closed == 4; }));
}

void names_are_looked_up_for_each_connection() {
  Server server;
  Fixture f;
  ClientConfig config = server.config();
  config.host = "localhost";
  for (int i = 1; i <= 3; i++) {
    f.log.slots[0] = {};
    CHECK(f.clients.connect(0, config) && f.log.slots[0].connected == 0);
    CHECK(f.connected(0));
    const int peer = server.accept();
    CHECK(write_all(peer, "hello"));
    CHECK(f.until([&] { return f.log.slots[0].bytes == "hello"; }));
    f.clients.close(0);
    ::close(peer);
  }
}

void a_name_without_an_address_is_told_as_that() {
  Fixture f;
  CHECK(f.clients.connect(0, {.host = "no-such-host.invalid", .port = 1}));
  CHECK(f.closed(0, ClientCloseReason::unresolved) && f.log.slots[0].system_error != 0);
  // What was wanted meanwhile is what counts.
  Server server;
  CHECK(f.clients.connect(1, {.host = "no-such-host.invalid", .port = 1}));
  CHECK(f.clients.connect(1, server.config()) && f.connected(1));
  CHECK(f.clients.connect(2, {.host = "no-such-host.invalid", .port = 1}));
  f.clients.close(2);
  f.settle();
  CHECK(f.log.slots[1].closed == 0 && f.log.slots[2].closed == 0);
}

void a_lookup_outlives_its_owner() {
  for (int i = 0; i < 8; i++) {
    Fixture f;
    CHECK(f.clients.connect(0, {.host = "no-such-host.invalid", .port = 1}));
  }
}

void leaving_sends_all_and_waits_for_the_peer() {
  Server server(SOCK_STREAM, 4096);
  Fixture f;
  ClientConfig config = server.config();
  config.send_buffer_bytes = 8u << 20;
  f.clients.connect(0, config);
  CHECK(f.connected(0));
  const int peer = server.accept();
  const std::string much(4u << 20, 'x');
  CHECK(f.clients.send(0, view(much + "bye")));
  f.clients.leave(0, 1'000);
  CHECK(!f.clients.is_open(0) && f.clients.end_leaving(0) == 1);
  // The slot is free for the next connection at once.
  f.clients.connect(0, server.config());
  std::string got;
  CHECK(write_all(peer, "an answer that nobody reads"));
  CHECK(f.until([&] {
    got += read_some(peer, 1u << 16);
    return got.size() >= much.size() + 3;
  }));
  CHECK(got.size() == much.size() + 3 && got.substr(much.size()) == "bye");
  f.settle();
  CHECK(f.clients.end_leaving(999) == 1);
  ::close(peer);
  CHECK(f.until([&] { return f.clients.end_leaving(999) == 0; }));
  CHECK(f.log.slots[0].closed == 0 && f.log.slots[0].bytes.empty());
}

void leaving_has_an_end() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  CHECK(f.connected(0));
  const int peer = server.accept();
  CHECK(f.clients.send(0, view("bye")));
  f.clients.leave(0, 1'000);
  f.settle();
  CHECK(read_some(peer, 3) == "bye");
  CHECK(f.clients.end_leaving(999) == 1 && f.clients.end_leaving(1'000) == 0);
  ::close(peer);
  // Nothing to say it to: that is all.
  f.clients.leave(0, 2'000);
  f.clients.leave(7, 2'000);
  f.clients.leave(70, 2'000);
  CHECK(f.clients.end_leaving(0) == 0);
}

void bad_configurations() {
  Fixture f;
  const auto fails = [&](const ClientConfig& config, int error) {
    f.log.slots[0] = {};
    CHECK(f.clients.connect(0, config) && f.log.slots[0].closed == 0);
    CHECK(f.closed(0, ClientCloseReason::local) && f.log.slots[0].system_error == error);
  };
  fails({.host = "127.0.0.1", .port = 0}, EINVAL);
  fails({.host = "127.0.0.1", .port = 1, .interface = "no-such-if0"}, ENODEV);
  fails({.host = "127.0.0.1", .port = 1, .interface = "192.0.2.9"}, ENODEV);
  fails({.kind = ClientKind::udp, .host = "255.255.255.255", .port = 9}, EACCES);

  // The loop does not sleep over a failure that waits to be told.
  LoopEvent event;
  f.clients.connect(0, {.host = "nowhere", .port = 1});
  const Clock::time_point begin = Clock::now();
  CHECK(f.loop.wait(3'000'000'000, &event, 1) == 0 && f.loop.woken());
  CHECK(Clock::now() - begin < std::chrono::seconds(2));

  // A failure of before is forgotten once the slot is closed or used again.
  f.log.slots[0] = {};
  f.clients.connect(0, {.host = "nowhere", .port = 1});
  f.clients.close(0);
  f.settle();
  CHECK(f.log.slots[0].closed == 0);
  Server server;
  f.clients.connect(0, {.host = "nowhere", .port = 1});
  f.clients.connect(0, server.config());
  CHECK(f.connected(0) && f.log.slots[0].closed == 0);
}

void accepted_then_closed() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  const int peer = server.accept();
  ::close(peer);
  CHECK(f.closed(0, ClientCloseReason::peer_closed));
  CHECK(f.log.slots[0].connected == 1 && f.log.slots[0].bytes.empty() && f.log.slots[0].system_error == 0);
}

void half_closed() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  const int peer = server.accept();
  const std::string content = pattern(200'000);
  CHECK(write_all(peer, content));
  CHECK(::shutdown(peer, SHUT_WR) == 0);
  CHECK(f.closed(0, ClientCloseReason::peer_closed));
  CHECK(f.log.slots[0].bytes == content);  // everything before the end, then the end
  CHECK(f.clients.counters().bytes_in == content.size());
  ::close(peer);
}

void broken() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  int peer = server.accept();
  CHECK(f.connected(0));
  reset(peer);
  CHECK(f.closed(0, ClientCloseReason::reset) && f.log.slots[0].system_error == ECONNRESET);

  // The peer says something, breaks the connection, and we write before we have read: what it said still comes.
  f.log.slots[0] = {};
  f.clients.connect(0, server.config());
  peer = server.accept();
  CHECK(f.connected(0));
  CHECK(f.clients.send(0, view("hello")));
  CHECK(write_all(peer, "bye"));
  ::close(peer);  // with "hello" unread this is a reset
  (void)f.clients.send(0, view("are you there"));
  (void)f.clients.send(0, view("are you there"));
  CHECK(f.until([&] { return f.log.slots[0].closed == 1; }));
  CHECK(f.log.slots[0].bytes == "bye" && f.log.slots[0].reason == ClientCloseReason::reset);
}

void in_pieces() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  CHECK(f.clients.send(0, view("early ")));  // while still connecting
  CHECK(f.clients.send(0, view("bird")));
  const int peer = server.accept();
  CHECK(f.connected(0));
  CHECK(f.clients.send(0, view("!")));
  f.settle();
  CHECK(read_some(peer, 11) == "early bird!");
  const std::string content = "one message in pieces";
  for (size_t i = 0; i < content.size(); i++) {
    CHECK(write_all(peer, content.substr(i, 1)));
    CHECK(f.until([&] { return f.log.slots[0].bytes.size() == i + 1; }));
  }
  CHECK(f.log.slots[0].bytes == content && f.log.slots[0].pieces.size() == content.size());
  f.clients.close(0);
  CHECK(read_some(peer, 1).empty());
  f.settle();
  CHECK(f.log.slots[0].closed == 0);  // the caller knows
  ::close(peer);
}

void slow_reader() {
  Server server(SOCK_STREAM, 4096);
  Fixture f;
  ClientConfig config = server.config();
  config.send_buffer_bytes = 32u << 20;
  f.clients.connect(0, config);
  const int peer = server.accept();
  CHECK(f.connected(0));
  const std::string content = pattern(12u << 20);  // more than kernel buffers take
  for (size_t at = 0; at < content.size(); at += 1 << 20) CHECK(f.clients.send(0, view(content.substr(at, 1 << 20))));
  std::string got;
  char buffer[65536];
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  while (got.size() < content.size() && Clock::now() < deadline) {
    f.turn(1'000'000);
    ssize_t n;
    while ((n = ::recv(peer, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) got.append(buffer, size_t(n));
  }
  CHECK(got == content && f.clients.counters().bytes_out == content.size());
  CHECK(f.clients.is_open(0));

  // With nothing to write the loop sleeps.
  LoopEvent event;
  CHECK(f.loop.wait(20'000'000, &event, 1) == 0);
  ::close(peer);
}

void overflow() {
  Server server(SOCK_STREAM, 4096);
  Fixture f;
  ClientConfig config = server.config();
  config.send_buffer_bytes = 1 << 20;
  f.clients.connect(0, config);
  const int peer = server.accept();
  CHECK(f.connected(0));
  const std::string chunk(1 << 20, 'x');
  int taken = 0;
  while (taken < 100 && f.clients.send(0, view(chunk))) taken++;
  CHECK(taken > 0 && taken < 100 && f.log.slots[0].closed == 0);
  CHECK(!f.clients.send(0, view("x")));
  CHECK(f.closed(0, ClientCloseReason::send_overflow));
  ::close(peer);

  config.send_buffer_bytes = 4;  // also while connecting
  f.log.slots[0] = {};
  f.clients.connect(0, config);
  CHECK(f.clients.send(0, view("abcd")));
  CHECK(!f.clients.send(0, view("e")));
  CHECK(f.closed(0, ClientCloseReason::send_overflow));
}

void stale_events() {
  Server server;
  Fixture f;
  f.clients.connect(0, server.config());
  f.clients.connect(1, server.config());
  const int first = server.accept();
  const int second = server.accept();
  CHECK(f.connected(0) && f.connected(1));
  CHECK(write_all(first, "old"));
  CHECK(write_all(second, "old"));

  // Both are ready in one turn; whichever is first reopens the other, whose event is then of a connection that is gone.
  f.log.after_data = [&](uint32_t id) {
    f.log.after_data = nullptr;
    f.clients.connect(1 - id, server.config());
  };
  LoopEvent events[4];
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(5);
  int count = 0;
  while ((count = f.loop.wait(1'000'000, events, 4)) < 2 && Clock::now() < deadline) {
  }
  f.log.allowed = true;
  for (int i = 0; i < count; i++) f.clients.handle(events[i]);
  f.log.allowed = false;
  CHECK(count == 2 && f.log.slots[0].bytes.size() + f.log.slots[1].bytes.size() == 3);

  const uint32_t reopened = f.log.slots[0].bytes.empty() ? 0 : 1;
  const int third = server.accept();
  CHECK(f.until([&] { return f.log.slots[reopened].connected == 2; }));
  CHECK(write_all(third, "new"));
  CHECK(f.until([&] { return f.log.slots[reopened].bytes == "new"; }));
  f.settle();
  CHECK(f.log.slots[0].closed == 0 && f.log.slots[1].closed == 0);

  // Neither does a late event of the former connection pass for the new one's.
  f.log.slots[2] = {};
  f.clients.connect(2, server.config());
  const int former = server.accept();
  LoopEvent late{};
  while (f.loop.wait(20'000'000, &late, 1) == 0 && Clock::now() < deadline) {
  }
  f.clients.connect(2, server.config());
  f.log.allowed = true;
  f.clients.handle({late.token, LoopEvent::kReadable | LoopEvent::kWritable | LoopEvent::kHangUp});
  f.log.allowed = false;
  CHECK(late.token != 0 && f.log.slots[2].connected == 0 && f.log.slots[2].closed == 0);
  CHECK(f.connected(2));
  f.clients.close(2);
  ::close(former);

  // Closing from within a callback ends its slot then and there.
  f.log.after_data = [&](uint32_t id) { f.clients.close(id); };
  CHECK(write_all(third, pattern(300'000)));
  CHECK(f.until([&] { return !f.clients.is_open(reopened); }));
  f.settle();
  CHECK(f.log.slots[reopened].pieces.size() == 2 && f.log.slots[reopened].closed == 0);
  for (const int fd : {first, second, third}) ::close(fd);
}

void datagrams() {
  Server server(SOCK_DGRAM);
  Fixture f;
  ClientConfig config = server.config(ClientKind::udp);
  f.clients.connect(0, config);
  config.interface = "127.0.0.1";
  f.clients.connect(1, config);
  CHECK(f.connected(0) && f.connected(1));
  sockaddr_in from[2];
  char buffer[64];
  for (uint32_t id = 0; id < 2; id++) {  // each on a port of its own, so the replies find their way
    CHECK(f.clients.send(id, view("request")));
    socklen_t length = sizeof from[id];
    CHECK(::recvfrom(server.fd, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from[id]), &length) == 7);
  }
  CHECK(from[0].sin_port != from[1].sin_port);
  const std::string longest = pattern(65507);
  for (const std::string& s : {std::string("zero"), std::string(), longest}) {
    CHECK(::sendto(server.fd, s.data(), s.size(), 0, reinterpret_cast<sockaddr*>(&from[0]), sizeof from[0]) ==
          ssize_t(s.size()));
  }
  CHECK(::sendto(server.fd, "one", 3, 0, reinterpret_cast<sockaddr*>(&from[1]), sizeof from[1]) == 3);
  CHECK(f.until([&] { return f.log.slots[0].pieces.size() == 3 && f.log.slots[1].pieces.size() == 1; }));
  CHECK(f.log.slots[0].pieces == std::vector<std::string>({"zero", "", longest}));
  CHECK(f.log.slots[1].bytes == "one");
  CHECK(!f.clients.send(0, view(longest + "x")) && f.clients.counters().datagrams_not_sent == 1);

  // A stranger's datagram is not a reply.
  Server stranger(SOCK_DGRAM);
  CHECK(::sendto(stranger.fd, "no", 2, 0, reinterpret_cast<sockaddr*>(&from[0]), sizeof from[0]) == 2);
  f.settle();
  CHECK(f.log.slots[0].pieces.size() == 3);

  server.stop();
  CHECK(f.clients.send(0, view("anybody?")));
  CHECK(f.closed(0, ClientCloseReason::refused));
  CHECK(f.log.slots[1].closed == 0);
}

void tokens() {
  CHECK(!Clients::owns(0) && !Clients::owns(~uint64_t(0) >> 1) && !Clients::owns(EventLoop::kWakeToken));
  CHECK(Clients::owns(EventLoop::kClientToken));
  Fixture f;
  f.log.allowed = true;
  f.clients.handle({EventLoop::kClientToken | uint64_t(7) << 32 | 12345, LoopEvent::kReadable});  // never open
  f.clients.handle({EventLoop::kClientToken | uint64_t(8) << 32, LoopEvent::kReadable});          // no such slot
  f.clients.handle(
      {EventLoop::kClientToken, LoopEvent::kReadable | LoopEvent::kWritable});  // closed, of the first generation
  for (const Log::Slot& slot : f.log.slots) CHECK(slot.connected == 0 && slot.closed == 0);
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  refused();
  bad_configurations();
  names_are_looked_up_for_each_connection();
  a_name_without_an_address_is_told_as_that();
  a_lookup_outlives_its_owner();
  leaving_sends_all_and_waits_for_the_peer();
  leaving_has_an_end();
  accepted_then_closed();
  half_closed();
  broken();
  in_pieces();
  slow_reader();
  overflow();
  stale_events();
  datagrams();
  tokens();
  return checks_result();
}

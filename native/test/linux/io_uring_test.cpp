// Tests of native/io/io_uring over multicast on the loopback interface; no rights and no fixed ports are needed.
#include "io/io_uring.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <thread>

#include "io/address.hpp"
#include "io/event_loop.hpp"
#include "io/udp_receiver.hpp"
#include "io/udp_sender.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

constexpr uint32_t kGroup = 0xEFFF2A51;  // 239.255.42.81

/// A port that nobody has: the system's choice for a socket that is gone again.
uint16_t free_port() {
  UdpReceiver probe;
  ReceiveConfig config;
  config.groups = {{kGroup, 0, 0, 0}};
  config.interface = "127.0.0.1";
  CHECK(probe.open(config).error == ReceiveError::none);
  return probe.port();
}

ReceiveConfig config_of(uint16_t port) {
  ReceiveConfig config;
  config.groups = {{kGroup, port, 0, 0}, {kGroup + 1, port, 0, 1}};
  config.interface = "127.0.0.1";
  return config;
}

void send(uint32_t group, uint16_t port, uint32_t number, uint32_t bytes = 64) {
  static UdpSender sender;
  static const bool opened = sender.open({.interface = "127.0.0.1"}) == UdpSendError::none;
  CHECK(opened);
  std::vector<uint8_t> payload(bytes);
  store_uint(payload.data(), number, 4, true);
  const OutgoingDatagram out{group, port, {payload.data(), bytes}};
  CHECK(sender.send(&out, 1) == UdpSendError::none);
}

struct Got {
  uint32_t number, destination, bytes;
  bool truncated;
};

std::vector<Got> collect(Receiver& receiver, size_t wanted, int64_t patience_ns = 500'000'000) {
  std::vector<Got> got;
  std::vector<Datagram> batch(kReceiveBatch);
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver.fd(), 1));
  LoopEvent event;
  while (got.size() < wanted && loop.wait(patience_ns, &event, 1) > 0) {
    const int n = receiver.receive(batch.data(), kReceiveBatch);
    for (size_t i = 0; i < size_t(n); i++) {
      const Datagram& d = batch[i];
      got.push_back({uint32_t(load_uint(d.bytes.data, 4, true)), d.destination_ip, d.bytes.size, d.truncated});
    }
  }
  return got;
}

std::unique_ptr<Receiver> open_one(const ReceiveConfig& config) {
  Receivers opened;
  const ReceiveProblem problem = open_io_uring(config, opened);
  if (problem.error != ReceiveError::none) {
    std::fprintf(stderr, "NOT RUN: %s; %s\n", problem.text.c_str(), problem.remedy.c_str());
    return nullptr;
  }
  return std::move(opened.front());
}

void datagrams_of_all_groups(Receiver& receiver, uint16_t port) {
  CHECK((receiver.groups == std::vector<uint16_t>{0, 1}));
  // Many times as many as there are buffers, in turns that leave the reader asleep between them.
  uint32_t number = 0;
  size_t wrong = 0;
  for (int turn = 0; turn < 200; turn++) {
    const uint32_t first = number;
    for (int i = 0; i < 32; i++, number++) send(kGroup + number % 2, port, number);
    const std::vector<Got> got = collect(receiver, 32);
    if (!CHECK(got.size() == 32)) return;
    // In order within a group; the groups are sockets of their own.
    uint32_t next[2] = {first, first + 1};
    for (const Got& g : got) {
      const uint32_t of = g.destination - kGroup;
      wrong += of > 1 || g.number != next[of & 1] || g.bytes != 64 || g.truncated;
      next[of & 1] += 2;
    }
  }
  CHECK(wrong == 0 && receiver.counters().packets == number && receiver.counters().errors == 0);
}

void long_ones_are_told(Receiver& receiver, uint16_t port) {
  send(kGroup, port, 7, 3000);
  const std::vector<Got> got = collect(receiver, 1);
  CHECK(got.size() == 1 && got[0].truncated && got[0].bytes == 2048 && receiver.counters().truncated == 1);
}

/// More than the socket and the buffers hold while nobody reads: it goes on afterwards, and what was lost is counted.
void losses_are_counted(uint16_t port) {
  ReceiveConfig config = config_of(port);
  config.receive_buffer_bytes = 64 << 10;
  const std::unique_ptr<Receiver> receiver = open_one(config);
  if (!receiver) return;
  constexpr uint32_t kSent = 20'000;
  for (uint32_t i = 0; i < kSent; i++) send(kGroup, port, i, 500);
  const size_t before = collect(*receiver, kSent, 200'000'000).size();
  // A socket tells of its losses with the datagram behind them.
  send(kGroup, port, kSent, 500);
  const size_t after = collect(*receiver, 1).size();
  const ReceiveCounters& c = receiver->counters();
  CHECK(before > 0 && before < kSent && after == 1 && c.kernel_drops > 0);
  CHECK(c.packets + c.kernel_drops == kSent + 1);
}

/// As a container forbids it: io_uring_setup fails with EPERM.
void forbidden() {
  const pid_t child = ::fork();
  if (child == 0) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, uint32_t(SYS_io_uring_setup), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{uint16_t(std::size(program)), program};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
      ::_exit(2);
    }
    Receivers opened;
    const ReceiveProblem p = open_io_uring(config_of(4000), opened);
    const bool told =
        p.error == ReceiveError::not_permitted && p.remedy.find("kernel.io_uring_disabled=0") != p.remedy.npos;
    ::_exit(told && opened.empty() ? 0 : 1);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child && WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) {
    std::fprintf(stderr, "NOT RUN: no system call filter could be set\n");
  } else {
    CHECK(WEXITSTATUS(status) == 0);
  }
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  forbidden();
  const uint16_t port = free_port();
  if (const std::unique_ptr<Receiver> receiver = open_one(config_of(port))) {
    datagrams_of_all_groups(*receiver, port);
    long_ones_are_told(*receiver, port);
  }
  losses_are_counted(port);
  return checks_result();
}

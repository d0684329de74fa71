// Tests of the backends that read frames (packet_ring, af_xdp) and of the programs that choose them (frame_filter), on
// the loopback interface of a network namespace that the test makes for itself. What needs rights that are missing says
// so.
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "io/address.hpp"
#include "io/af_xdp.hpp"
#include "io/event_loop.hpp"
#include "io/packet_ring.hpp"
#include "test/capture_builder.hpp"
#include "test/check.hpp"
#include "test/linux/frame_traffic.hpp"

namespace venuewire {
namespace {

using Clock = std::chrono::steady_clock;
using Opener = ReceiveProblem (*)(const ReceiveConfig&, Receivers&);

/// A namespace of its own with loopback up: as root, or as any user whose kernel lets him.
bool enter_namespace() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK | IFF_MULTICAST;
  const bool up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  ::close(fd);
  return up;
}

class FrameSender {
 public:
  FrameSender() : fd_(::socket(AF_PACKET, SOCK_RAW, 0)) {
    address_.sll_family = AF_PACKET;
    address_.sll_protocol = htons(0x0800);
    address_.sll_ifindex = int(::if_nametoindex("lo"));
  }
  ~FrameSender() { ::close(fd_); }
  [[nodiscard]] bool send(const Buffer& frame) const {
    return ::sendto(fd_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
                    sizeof address_) == ssize_t(frame.size());
  }

 private:
  int fd_;
  sockaddr_ll address_{};
};

ReceiveConfig config_of(uint32_t bytes = 1 << 20) {
  ReceiveConfig config;
  config.groups = {{kDestinationIp, kPort, 0, 0}};
  config.interface = "lo";
  config.receive_buffer_bytes = bytes;
  return config;
}

/// Reads until `wanted` datagrams have come, or none does for a while.
std::vector<std::string> collect(Receiver& receiver, size_t wanted, int64_t patience_ns = 500'000'000) {
  std::vector<std::string> got;
  std::vector<Datagram> batch(16);
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver.fd(), 1));
  LoopEvent event;
  while (got.size() < wanted && loop.wait(patience_ns, &event, 1) > 0) {
    const int n = receiver.receive(batch.data(), int(batch.size()));
    for (int i = 0; i < n; i++) {
      const Datagram& d = batch[size_t(i)];
      got.emplace_back(reinterpret_cast<const char*>(d.bytes.data), d.bytes.size);
      CHECK(d.destination_ip == kDestinationIp && d.destination_port == kPort && d.source_ip == kSourceIp);
    }
  }
  return got;
}

std::unique_ptr<Receiver> open_one(Opener open, const ReceiveConfig& config) {
  Receivers opened;
  const ReceiveProblem problem = open(config, opened);
  if (!CHECK(problem.error == ReceiveError::none && opened.size() == 1)) {
    std::fprintf(stderr, "%s\n", problem.text.c_str());
    return nullptr;
  }
  return std::move(opened.front());
}

void same_datagrams(Opener open, const char* name) {
  const std::unique_ptr<Receiver> receiver = open_one(open, config_of());
  if (!receiver) return;
  const FrameSender sender;
  std::vector<std::string> expected;
  for (const Sent& sent : traffic()) {
    CHECK(sender.send(sent.frame));
    if (!sent.payload.empty()) expected.push_back(sent.payload);
  }
  const std::vector<std::string> got = collect(*receiver, expected.size());
  if (!CHECK(got == expected)) {
    for (const std::string& g : got) std::fprintf(stderr, "%s: %s\n", name, g.c_str());
  }
  const ReceiveCounters& c = receiver->counters();
  CHECK(c.packets == expected.size() && c.truncated == 1 && c.ring_drops == 0 && c.errors == 0);
  // The program has kept back all but what it cannot tell: another port's datagram in fragments.
  CHECK(c.fragments == 4 && c.fragments_lost == 0 && c.foreign == 1);
}

/// More than the ring has room for: what was taken and what was lost are all there was.
void losses_are_counted(Opener open, uint32_t bytes) {
  const std::unique_ptr<Receiver> receiver = open_one(open, config_of(bytes));
  if (!receiver) return;
  const FrameSender sender;
  constexpr uint32_t kSent = 20'000;
  const Buffer frame = ethernet(ipv4(udp(Buffer(1000))));
  for (uint32_t i = 0; i < kSent; i++) CHECK(sender.send(frame));
  const size_t got = collect(*receiver, kSent).size();
  const ReceiveCounters& c = receiver->counters();
  CHECK(got > 0 && got < kSent && c.ring_drops > 0 && c.packets == got);
  CHECK(c.packets + c.ring_drops == kSent);
  // It goes on after the loss.
  CHECK(sender.send(ethernet(ipv4(udp(text("afterwards"))))));
  CHECK(collect(*receiver, 1) == std::vector<std::string>{"afterwards"});
}

void senders_are_told_apart(Opener open) {
  ReceiveConfig config = config_of();
  config.groups[0].source = kSourceIp;
  const std::unique_ptr<Receiver> receiver = open_one(open, config);
  if (!receiver) return;
  const FrameSender sender;
  CHECK(sender.send(ethernet(ipv4(udp(text("of another")), {.source = kSourceIp + 1}))));
  CHECK(sender.send(ethernet(ipv4(udp(text("of the wanted one"))))));
  CHECK(collect(*receiver, 2, 200'000'000) == std::vector<std::string>{"of the wanted one"});
  CHECK(receiver->counters().foreign == 1);
}

/// So many groups that no classic program could name them.
void many_groups(Opener open, uint32_t count) {
  ReceiveConfig config = config_of();
  for (uint32_t i = 1; i < count; i++) config.groups.push_back({kDestinationIp + i, uint16_t(kPort + i % 7), 0, 0});
  const std::unique_ptr<Receiver> receiver = open_one(open, config);
  if (!receiver) return;
  const FrameSender sender;
  CHECK(sender.send(ethernet(ipv4(udp(text("not wanted"), 0, 4000, 99)))));
  CHECK(sender.send(ethernet(ipv4(udp(text("wanted"))))));
  CHECK(collect(*receiver, 2, 200'000'000) == std::vector<std::string>{"wanted"});
}

void of_every_lane() {
  ReceiveConfig config = config_of();
  config.groups.push_back({kDestinationIp + 1, kPort, 0, 1});
  Receivers opened;
  CHECK(open_packet_rings(config, opened).error == ReceiveError::none && opened.size() == 2);
  CHECK(opened.size() == 2 && opened[0]->groups == std::vector<uint16_t>{0} &&
        opened[1]->groups == std::vector<uint16_t>{1});
}

void no_such_interface(Opener open) {
  ReceiveConfig config = config_of();
  config.interface = "none0";
  Receivers opened;
  CHECK(open(config, opened).error == ReceiveError::no_interface && opened.empty());
  // Nothing but loopback is here: no route leads to a group.
  config.interface = "";
  CHECK(open(config, opened).error == ReceiveError::no_interface && opened.empty());
}

void all(Opener open, const char* name, uint32_t small_ring) {
  same_datagrams(open, name);
  losses_are_counted(open, small_ring);
  senders_are_told_apart(open);
  many_groups(open, 100);
  many_groups(open, 2000);
  no_such_interface(open);
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  if (!enter_namespace()) {
    std::fprintf(stderr, "NOT RUN: no network namespace could be made (errno %d); run it as root\n", errno);
    return 0;
  }
  all(open_packet_rings, "packetRing", 64 << 10);
  of_every_lane();
  Receivers opened;
  const ReceiveProblem problem = open_af_xdp(config_of(), opened);
  opened.clear();
  if (problem.error == ReceiveError::not_permitted) {
    std::fprintf(stderr, "NOT RUN for AF_XDP: %s\n", problem.text.c_str());
  } else {
    all(open_af_xdp, "afXdp", 256 << 10);
  }
  return checks_result();
}

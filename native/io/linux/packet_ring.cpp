// See packet_ring.hpp.
#include "io/packet_ring.hpp"

#include <linux/if_ether.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

namespace venuewire {
namespace {

// A block that is not full is handed over at the next tick of this; the kernel knows no shorter one.
constexpr uint32_t kBlockMs = 1;
// Small blocks: at a trickle each holds a millisecond, however large it is.
constexpr uint32_t kBlockBytes = 32 << 10;
constexpr uint32_t kBlockBytesMost = 256 << 10;
constexpr uint32_t kBlocksLeast = 2;
constexpr uint32_t kFrameExtra = 512;   // headers of the block and the frame, link layer
constexpr uint32_t kFrameBytes = 2048;  // the kernel asks for it, and packs frames as they come

/// The longest packet that the interface carries.
uint32_t mtu_of(int fd, const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return ::ioctl(fd, SIOCGIFMTU, &request) == 0 ? uint32_t(request.ifr_mtu) : 1500;
}

}  // namespace

ReceiveProblem PacketRing::fail(const char* what, int error, const NetworkInterface& interface) {
  close();
  const std::string what_failed = "the packet ring on " + interface.name + " cannot " + what + errno_text(error);
  if (error == EPERM || error == EACCES) {
    return {ReceiveError::not_permitted, error, what_failed + ": the right CAP_NET_RAW is missing",
            grant_command("cap_net_raw")};
  }
  if (error == ENOMEM || error == ENOBUFS) {
    return {ReceiveError::no_resources, error, what_failed + ": the kernel has no such piece of memory",
            "give a smaller receiveBufferBytes"};
  }
  if (error == ENETDOWN) {
    return {ReceiveError::no_interface, error, what_failed, "ip link set dev " + interface.name + " up"};
  }
  const bool unknown = error == EAFNOSUPPORT || error == ENOPROTOOPT || error == EINVAL;
  return {unknown ? ReceiveError::not_supported : ReceiveError::system, error,
          what_failed + ": this kernel has no packet sockets with rings of version 3", "use receive: socket"};
}

ReceiveProblem PacketRing::open(const NetworkInterface& interface, std::span<const sock_filter> filter,
                                uint32_t bytes) {
  close();
  // Protocol 0: nothing is taken in before the filter is in place.
  fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail("be opened", errno, interface);
  std::vector<sock_filter> program(filter.begin(), filter.end());
  const sock_fprog attach{uint16_t(program.size()), program.data()};
  if (!program.empty() && ::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &attach, sizeof attach) != 0) {
    return fail("take its filter", errno, interface);
  }
  const ReceiveProblem mapped = map_ring(interface, bytes);
  if (mapped.error != ReceiveError::none) return mapped;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // ETH_P_IP would not see what has a VLAN tag
  address.sll_ifindex = interface.index;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail("listen", errno, interface);
  }
  return {};
}

ReceiveProblem PacketRing::map_ring(const NetworkInterface& interface, uint32_t bytes) {
  const int version = TPACKET_V3;
  if (::setsockopt(fd_, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) {
    return fail("be made", errno, interface);
  }
  const uint32_t longest = std::bit_ceil(mtu_of(fd_, interface.name) + kFrameExtra);
  block_bytes_ = std::clamp(longest, kBlockBytes, kBlockBytesMost);
  blocks_ = std::max(bytes / block_bytes_, kBlocksLeast);
  tpacket_req3 request{};
  request.tp_block_size = block_bytes_;
  request.tp_block_nr = blocks_;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = request.tp_block_size / request.tp_frame_size * blocks_;
  request.tp_retire_blk_tov = kBlockMs;
  if (::setsockopt(fd_, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    return fail("be made", errno, interface);
  }
  void* memory = ::mmap(nullptr, size_t(block_bytes_) * blocks_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED) return fail("be mapped", errno, interface);
  memory_ = static_cast<uint8_t*>(memory);
  return {};
}

void PacketRing::close() {
  if (memory_) ::munmap(memory_, size_t(block_bytes_) * blocks_);
  if (fd_ >= 0) ::close(fd_);
  memory_ = nullptr;
  fd_ = -1;
  at_ = read_ = left_ = 0;
  drops_ = 0;
}

bool PacketRing::next(RingFrame& frame) {
  while (left_ == 0) {
    if (read_ == blocks_ || !memory_) return false;
    tpacket_hdr_v1& head = block(at_)->hdr.bh1;
    if ((std::atomic_ref<uint32_t>(head.block_status).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) {
      return false;
    }
    left_ = head.num_pkts;
    frame_ = reinterpret_cast<const uint8_t*>(block(at_)) + head.offset_to_first_pkt;
    if (left_ == 0) {
      at_ = (at_ + 1) % blocks_;
      read_++;
    }
  }
  const auto* head = reinterpret_cast<const tpacket3_hdr*>(frame_);
  frame.bytes = {frame_ + head->tp_mac, head->tp_snaplen};
  frame.original = head->tp_len;
  frame.time_ns = int64_t(head->tp_sec) * 1'000'000'000 + head->tp_nsec;
  frame.vlan = 0;
  if (head->tp_status & TP_STATUS_VLAN_VALID) {
    const uint32_t type = head->tp_status & TP_STATUS_VLAN_TPID_VALID ? head->hv1.tp_vlan_tpid : uint32_t(ETH_P_8021Q);
    frame.vlan = type << 16 | (head->hv1.tp_vlan_tci & 0xFFFF);
  }
  frame_ += head->tp_next_offset;
  if (--left_ == 0) {
    at_ = (at_ + 1) % blocks_;
    read_++;
  }
  return true;
}

void PacketRing::release() {
  for (; read_ != 0; read_--) {
    tpacket_hdr_v1& head = block((at_ + blocks_ - read_) % blocks_)->hdr.bh1;
    std::atomic_ref<uint32_t>(head.block_status).store(TP_STATUS_KERNEL, std::memory_order_release);
  }
}

uint64_t PacketRing::drops() {
  tpacket_stats_v3 since{};  // the kernel begins anew with each reading
  socklen_t length = sizeof since;
  if (fd_ >= 0 && ::getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) drops_ += since.tp_drops;
  return drops_;
}

// ---- the backend ----

namespace {

class PacketRingReceiver final : public Receiver {
 public:
  explicit PacketRingReceiver(std::span<const ReceiveGroup> wanted) : datagrams_(wanted) {}
  ~PacketRingReceiver() override { close(); }

  [[nodiscard]] ReceiveProblem open(std::span<const ReceiveGroup> wanted, const NetworkInterface& interface,
                                    uint32_t bytes) {
    // The ring first: what comes as soon as the group is joined is in it.
    const ReceiveProblem problem = ring_.open(interface, packet_filter(wanted), bytes);
    return problem.error == ReceiveError::none ? members_.join(wanted, interface) : problem;
  }

  [[nodiscard]] int receive(Datagram* out, int max) override {
    ring_.release();
    int count = 0;
    RingFrame frame;
    while (count < max && ring_.next(frame)) {
      if (!datagrams_.take(frame.bytes, frame.original, frame.time_ns, ReceiveClock::kernel, out[count])) continue;
      count++;
      if (datagrams_.reassembled()) break;
    }
    return count;
  }

  [[nodiscard]] int fd() const override { return ring_.fd(); }
  [[nodiscard]] const ReceiveCounters& counters() const override {
    ReceiveCounters& counters = datagrams_.counters();
    counters.ring_drops = ring_.drops();
    return counters;
  }
  [[nodiscard]] uint32_t buffer_bytes() const override { return ring_.bytes(); }
  [[nodiscard]] std::string detail() const override {
    return "TPACKET_V3, blocks handed over after 1 ms at the latest";
  }
  void close() override {
    members_.close();
    ring_.close();
  }

 private:
  // Counters are brought up to date when they are asked for.
  mutable PacketRing ring_;
  mutable FrameDatagrams datagrams_;
  Memberships members_;
};

}  // namespace

ReceiveProblem open_packet_rings(const ReceiveConfig& config, Receivers& out) {
  if (config.busy_poll_us != 0) {
    return {ReceiveError::not_supported, 0, "a packet ring is filled by the kernel and cannot be busy-polled",
            "leave busyPollUs out, or use receive: socket or afXdp"};
  }
  const size_t before = out.size();
  for (uint32_t lane = 0; lane <= UINT8_MAX; lane++) {
    std::vector<ReceiveGroup> wanted;
    std::vector<uint16_t> places;
    for (size_t i = 0; i < config.groups.size(); i++) {
      if (config.groups[i].lane != lane) continue;
      wanted.push_back(config.groups[i]);
      places.push_back(uint16_t(i));
    }
    if (wanted.empty()) continue;
    NetworkInterface interface;
    ReceiveProblem problem = choose_interface(config.interface, wanted.front().ip, interface);
    if (problem.error == ReceiveError::none) {
      auto receiver = std::make_unique<PacketRingReceiver>(wanted);
      receiver->groups = std::move(places);
      problem = receiver->open(wanted, interface, config.receive_buffer_bytes);
      if (problem.error == ReceiveError::none) out.push_back(std::move(receiver));
    }
    if (problem.error == ReceiveError::none) continue;
    out.resize(before);
    return problem;
  }
  return {};
}

}  // namespace venuewire

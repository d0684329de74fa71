// See af_xdp.hpp. The kernel's interface as it is, without libxdp: include/uapi/linux/if_xdp.h and bpf.h.
#include "io/af_xdp.hpp"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/descriptor.hpp"
#include "io/frame_filter.hpp"
#include "io/membership.hpp"

namespace venuewire {
namespace {

constexpr uint32_t kChunk = 2048, kLongChunk = 4096;  // one frame
constexpr uint32_t kHeadroom = 256;                   // that the kernel keeps before each
constexpr uint32_t kLinkBytes = 14 + 2 * 4;
constexpr uint32_t kFramesLeast = 512, kFramesMost = 1 << 20;
// A socket's buffer is charged about so much for a small packet: the same receiveBufferBytes holds as many.
constexpr uint32_t kBytesOfSmallPacket = 512;
constexpr uint32_t kQueuesMost = 128;
// A queue stays taken after its owner has closed: for a tenth of a second, or for several on a machine that is busy
// with other things. Whoever else had it would have a program there, and attaching ours would have failed at once.
constexpr int kBindTries = 300;
constexpr int64_t kBindPauseNs = 50'000'000;

class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { unmap(); }
  [[nodiscard]] bool map(size_t bytes, int flags, int fd, uint64_t offset) {
    unmap();
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, off_t(offset));
    if (memory == MAP_FAILED) return false;
    data_ = static_cast<uint8_t*>(memory);
    bytes_ = bytes;
    return true;
  }
  void unmap() {
    if (data_) ::munmap(data_, bytes_);
    data_ = nullptr;
  }
  [[nodiscard]] uint8_t* data() const { return data_; }

 private:
  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

/// A ring of the kernel: one side moves `producer`, the other `consumer`.
struct Ring {
  Mapping memory;
  uint32_t* producer = nullptr;
  uint32_t* consumer = nullptr;
  uint32_t* flags = nullptr;
  uint8_t* entries = nullptr;
  uint32_t mask = 0;

  [[nodiscard]] bool map(int fd, uint64_t page, const xdp_ring_offset& at, uint32_t count, size_t entry_bytes) {
    if (!memory.map(at.desc + count * entry_bytes, MAP_SHARED | MAP_POPULATE, fd, page)) return false;
    const auto word = [&](uint64_t offset) { return reinterpret_cast<uint32_t*>(memory.data() + offset); };
    producer = word(at.producer);
    consumer = word(at.consumer);
    flags = word(at.flags);
    entries = memory.data() + at.desc;
    mask = count - 1;
    return true;
  }
  [[nodiscard]] bool wants_wakeup() const {
    return std::atomic_ref<uint32_t>(*flags).load(std::memory_order_relaxed) & XDP_RING_NEED_WAKEUP;
  }
};

int bpf(bpf_cmd command, bpf_attr& attributes) {
  return int(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

uint64_t pointer(const void* p) { return uint64_t(reinterpret_cast<uintptr_t>(p)); }

Descriptor make_map(bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries) {
  bpf_attr a{};
  a.map_type = type;
  a.key_size = key_bytes;
  a.value_size = value_bytes;
  a.max_entries = entries;
  return Descriptor(bpf(BPF_MAP_CREATE, a));
}

bool put(const Descriptor& map, const void* key, const void* value) {
  bpf_attr a{};
  a.map_fd = uint32_t(map.get());
  a.key = pointer(key);
  a.value = pointer(value);
  return bpf(BPF_MAP_UPDATE_ELEM, a) == 0;
}

struct Device {
  NetworkInterface interface;
  uint32_t mtu = 1500;
  uint32_t queues = 1;
};

Device look_at(const NetworkInterface& interface) {
  Device out{interface};
  const Descriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, interface.name.c_str(), IFNAMSIZ - 1);
  if (::ioctl(fd.get(), SIOCGIFMTU, &request) == 0) out.mtu = uint32_t(request.ifr_mtu);
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  request.ifr_data = reinterpret_cast<char*>(&channels);
  if (::ioctl(fd.get(), SIOCETHTOOL, &request) == 0) {
    out.queues = std::clamp(channels.rx_count + channels.combined_count, 1u, kQueuesMost);
  }
  return out;
}

/// Why a step was refused, and what to do about it.
ReceiveProblem problem_of(const char* what, int error, const Device& device) {
  const std::string& name = device.interface.name;
  const std::string failed = "AF_XDP on " + name + " cannot " + what + errno_text(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return {ReceiveError::not_permitted, error,
              failed + ": the rights CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF are needed",
              grant_command("cap_net_raw,cap_net_admin,cap_bpf")};
    case EBUSY:
    case EEXIST:
      return {ReceiveError::address_in_use, error,
              failed + ": another program has this interface's XDP program or queue",
              "end it, or: ip link set dev " + name + " xdp off"};
    case ENOBUFS:
    case ENOMEM:
      return {ReceiveError::no_resources, error, failed + ": so much memory may not be locked (RLIMIT_MEMLOCK)",
              "ulimit -l unlimited, or " + grant_command("cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock")};
    case ENETDOWN:
      return {ReceiveError::no_interface, error, failed, "ip link set dev " + name + " up"};
    case EAFNOSUPPORT:
    case ENOSYS:
      return {ReceiveError::not_supported, error, failed + ": this kernel is built without it (CONFIG_XDP_SOCKETS)",
              "use receive: socket"};
    default:
      return {ReceiveError::not_supported, error, failed + ": the driver or the kernel does not do it",
              "use receive: socket, or Linux 5.9 and later on an Ethernet interface"};
  }
}

/// The program on the interface, and its maps. Closing them takes it off again.
class Redirect {
 public:
  [[nodiscard]] ReceiveProblem attach(std::span<const ReceiveGroup> groups, const Device& device) {
    const std::vector<WantedKey> keys = wanted_keys(groups);
    const auto entries = uint32_t(keys.size());
    wanted_ = make_map(BPF_MAP_TYPE_HASH, sizeof(WantedKey), sizeof(uint32_t), entries);
    if (!wanted_.open()) return problem_of("make the map of groups", errno, device);
    const uint32_t yes = 1;
    for (const WantedKey& key : keys) {
      if (!put(wanted_, &key, &yes)) return problem_of("fill the map of groups", errno, device);
    }
    sockets_ = make_map(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), sizeof(uint32_t), device.queues);
    if (!sockets_.open()) return problem_of("make the map of queues", errno, device);
    if (!load()) return problem_of("load its program", errno, device);
    int error = link(device, XDP_FLAGS_DRV_MODE);
    native_ = error == 0;
    if (error != 0 && error != EPERM && error != EBUSY && error != EEXIST) error = link(device, XDP_FLAGS_SKB_MODE);
    return error == 0 ? ReceiveProblem{} : problem_of("attach its program", error, device);
  }
  [[nodiscard]] bool send_to(uint32_t queue, int socket) { return put(sockets_, &queue, &socket); }
  [[nodiscard]] bool native() const { return native_; }
  void detach() { link_ = Descriptor(); }

 private:
  [[nodiscard]] bool load() {
    const std::vector<bpf_insn> program = redirect_program(wanted_.get(), sockets_.get());
    bpf_attr a{};
    a.prog_type = BPF_PROG_TYPE_XDP;
    a.expected_attach_type = BPF_XDP;
    a.insns = pointer(program.data());
    a.insn_cnt = uint32_t(program.size());
    a.license = pointer("Apache-2.0");
    std::strncpy(a.prog_name, "venuewire", sizeof a.prog_name - 1);
    program_ = Descriptor(bpf(BPF_PROG_LOAD, a));
    return program_.open();
  }
  [[nodiscard]] int link(const Device& device, uint32_t mode) {
    bpf_attr a{};
    a.link_create.prog_fd = uint32_t(program_.get());
    a.link_create.target_ifindex = uint32_t(device.interface.index);
    a.link_create.attach_type = BPF_XDP;
    a.link_create.flags = mode;
    link_ = Descriptor(bpf(BPF_LINK_CREATE, a));
    return link_.open() ? 0 : errno;
  }

  Descriptor wanted_, sockets_, program_, link_;
  bool native_ = false;
};

/// The frames of all queues: one piece of memory, of which each queue has its part.
struct Frames {
  Mapping memory;
  uint32_t chunk = kChunk;
  uint32_t of_queue = 0;  // a power of two
};

class Queue {
 public:
  /// `first`: the socket that has the memory registered; this one, when it has none.
  [[nodiscard]] int open(const Frames& frames, uint32_t number, const Queue* first, const Device& device, bool native) {
    chunk_ = frames.chunk;
    memory_ = frames.memory.data();
    const uint32_t size = frames.of_queue;
    for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING}) {
      if (::setsockopt(socket_.get(), SOL_XDP, ring, &size, sizeof size) != 0) return errno;
    }
    xdp_mmap_offsets at{};
    socklen_t length = sizeof at;
    if (::getsockopt(socket_.get(), SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) != 0) return errno;
    if (!fill_.map(socket_.get(), XDP_UMEM_PGOFF_FILL_RING, at.fr, size, sizeof(uint64_t)) ||
        !received_.map(socket_.get(), XDP_PGOFF_RX_RING, at.rx, size, sizeof(xdp_desc))) {
      return errno;
    }
    spent_.reserve(size);
    for (uint32_t i = 0; i < size; i++) spent_.push_back((uint64_t(number) * size + i) * chunk_);
    give_back();
    return bind(number, first, device, native);
  }

  [[nodiscard]] bool make_socket() {
    socket_ = Descriptor(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
    return socket_.open();
  }
  [[nodiscard]] int socket() const { return socket_.get(); }

  /// The next frame; it is ours until give_back().
  [[nodiscard]] bool next(Bytes& frame) {
    if (at_ == seen_) {
      seen_ = std::atomic_ref<uint32_t>(*received_.producer).load(std::memory_order_acquire);
      if (at_ == seen_) return false;
    }
    const auto& d = reinterpret_cast<const xdp_desc*>(received_.entries)[at_++ & received_.mask];
    frame = {memory_ + d.addr, d.len};
    spent_.push_back(d.addr & ~uint64_t(chunk_ - 1));
    return true;
  }

  void give_back() {
    if (spent_.empty()) return;
    uint32_t to = *fill_.producer;  // ours to write
    for (const uint64_t address : spent_) reinterpret_cast<uint64_t*>(fill_.entries)[to++ & fill_.mask] = address;
    spent_.clear();
    std::atomic_ref<uint32_t>(*received_.consumer).store(at_, std::memory_order_release);
    std::atomic_ref<uint32_t>(*fill_.producer).store(to, std::memory_order_release);
    if (fill_.wants_wakeup()) (void)::recvfrom(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  }

  [[nodiscard]] bool zero_copy() const {
    xdp_options options{};
    socklen_t length = sizeof options;
    return ::getsockopt(socket_.get(), SOL_XDP, XDP_OPTIONS, &options, &length) == 0 &&
           (options.flags & XDP_OPTIONS_ZEROCOPY);
  }
  /// Frames that found no room: neither a free frame nor a free place in the ring.
  [[nodiscard]] uint64_t drops() const {
    xdp_statistics s{};
    socklen_t length = sizeof s;
    if (::getsockopt(socket_.get(), SOL_XDP, XDP_STATISTICS, &s, &length) != 0) return 0;
    return s.rx_dropped + s.rx_ring_full;
  }

 private:
  [[nodiscard]] int bind(uint32_t number, const Queue* first, const Device& device, bool native) {
    sockaddr_xdp address{};
    address.sxdp_family = AF_XDP;
    address.sxdp_ifindex = uint32_t(device.interface.index);
    address.sxdp_queue_id = number;
    if (first != this) {
      address.sxdp_flags = XDP_SHARED_UMEM;
      address.sxdp_shared_umem_fd = uint32_t(first->socket());
    } else {
      // Without a word about it the kernel does without copies where the driver can.
      address.sxdp_flags = native ? XDP_USE_NEED_WAKEUP : XDP_COPY | XDP_USE_NEED_WAKEUP;
    }
    for (int tries = 1;; tries++) {
      if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return 0;
      if (errno != EBUSY || tries == kBindTries) return errno;
      const timespec pause{0, kBindPauseNs};
      ::nanosleep(&pause, nullptr);
    }
  }

  // The socket last: what is mapped goes before it.
  Descriptor socket_;
  Ring fill_, received_;
  uint8_t* memory_ = nullptr;
  uint32_t chunk_ = 0;
  uint32_t at_ = 0;    // the next frame
  uint32_t seen_ = 0;  // up to where the kernel has written
  std::vector<uint64_t> spent_;
};

class XdpReceiver final : public Receiver {
 public:
  explicit XdpReceiver(std::span<const ReceiveGroup> wanted) : datagrams_(wanted) {}
  ~XdpReceiver() override { close(); }

  [[nodiscard]] ReceiveProblem open(const ReceiveConfig& config, const Device& device) {
    queues_ = std::vector<Queue>(device.queues);
    for (Queue& queue : queues_) {
      if (!queue.make_socket()) return problem_of("be opened", errno, device);
    }
    ReceiveProblem problem = register_frames(config, device);
    if (problem.error == ReceiveError::none) problem = members_.join(config.groups, device.interface);
    // The program first: whether the driver runs it decides how the sockets are bound. Until a queue has its socket the
    // program passes its frames on.
    if (problem.error == ReceiveError::none) problem = redirect_.attach(config.groups, device);
    for (uint32_t i = 0; problem.error == ReceiveError::none && i < device.queues; i++) {
      const int error = queues_[i].open(frames_, i, &queues_[0], device, redirect_.native());
      if (error != 0)
        problem = problem_of("take a queue", error, device);
      else if (!redirect_.send_to(i, queues_[i].socket()))
        problem = problem_of("name a queue", errno, device);
    }
    if (problem.error == ReceiveError::none) problem = watch(config, device);
    return problem;
  }

  [[nodiscard]] int receive(Datagram* out, int max) override {
    for (Queue& queue : queues_) queue.give_back();
    int count = 0;
    // Each queue begins once, so that a busy one does not starve the others.
    begin_ = begin_ + 1 < queues_.size() ? begin_ + 1 : 0;
    for (size_t i = 0; i < queues_.size() && count < max; i++) {
      const size_t at = begin_ + i < queues_.size() ? begin_ + i : begin_ + i - queues_.size();
      if (take(queues_[at], out, max, count)) break;
    }
    return count;
  }

  [[nodiscard]] int fd() const override { return poll_.open() ? poll_.get() : queues_.front().socket(); }
  [[nodiscard]] const ReceiveCounters& counters() const override {
    uint64_t drops = 0;
    for (const Queue& queue : queues_) drops += queue.drops();
    ReceiveCounters& counters = datagrams_.counters();
    counters.ring_drops = drops;
    return counters;
  }
  [[nodiscard]] uint32_t buffer_bytes() const override {
    return frames_.of_queue * uint32_t(queues_.size()) * kBytesOfSmallPacket;
  }
  [[nodiscard]] std::string detail() const override {
    return std::string(redirect_.native() ? "native" : "generic") + " mode, " +
           (queues_.front().zero_copy() ? "no copies" : "copies") + ", " + std::to_string(queues_.size()) +
           (queues_.size() == 1 ? " queue, " : " queues, ") + std::to_string(frames_.of_queue * queues_.size()) +
           " frames";
  }
  void close() override {
    redirect_.detach();
    members_.close();
  }

 private:
  /// True: the batch ends here, because the last datagram is in memory that the next frame may need.
  [[nodiscard]] bool take(Queue& queue, Datagram* out, int max, int& count) {
    Bytes frame;
    while (count < max && queue.next(frame)) {
      if (!datagrams_.take(frame, frame.size, 0, ReceiveClock::none, out[count])) continue;
      count++;
      if (datagrams_.reassembled()) return true;
    }
    return false;
  }

  /// As many frames as may be locked, at most as many as were asked for.
  [[nodiscard]] ReceiveProblem register_frames(const ReceiveConfig& config, const Device& device) {
    frames_.chunk = device.mtu + kLinkBytes <= kChunk - kHeadroom ? kChunk : kLongChunk;
    const uint32_t asked = std::clamp(config.receive_buffer_bytes / kBytesOfSmallPacket, kFramesLeast, kFramesMost);
    uint32_t of_queue = std::bit_ceil(asked) / std::bit_ceil(device.queues);
    for (of_queue = std::max(of_queue, 64u);; of_queue /= 2) {
      const uint64_t bytes = uint64_t(of_queue) * device.queues * frames_.chunk;
      if (!frames_.memory.map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        return problem_of("have memory", errno, device);
      xdp_umem_reg registration{};
      registration.addr = pointer(frames_.memory.data());
      registration.len = bytes;
      registration.chunk_size = frames_.chunk;
      frames_.of_queue = of_queue;
      if (::setsockopt(queues_[0].socket(), SOL_XDP, XDP_UMEM_REG, &registration, sizeof registration) == 0) return {};
      if (errno != ENOBUFS || of_queue * device.queues <= kFramesLeast) return problem_of("lock memory", errno, device);
    }
  }

  [[nodiscard]] ReceiveProblem watch(const ReceiveConfig& config, const Device& device) {
    const int busy = int(std::min<uint32_t>(config.busy_poll_us, INT32_MAX));
    for (const Queue& queue : queues_) {
      if (busy != 0 && ::setsockopt(queue.socket(), SOL_SOCKET, SO_BUSY_POLL, &busy, sizeof busy) != 0) {
        return problem_of("busy-poll", errno, device);
      }
      if (!config.prefer_busy_poll) continue;
      ReceiveProblem problem = prefer_busy_poll(queue.socket(), "AF_XDP on " + device.interface.name);
      if (problem.error != ReceiveError::none) return problem;
    }
    if (queues_.size() == 1) return {};
    poll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!poll_.open()) return problem_of("watch its queues", errno, device);
    for (const Queue& queue : queues_) {
      epoll_event event{};
      event.events = EPOLLIN;
      if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, queue.socket(), &event) != 0) {
        return problem_of("watch its queues", errno, device);
      }
    }
    return {};
  }

  mutable FrameDatagrams datagrams_;  // counters are brought up to date when they are asked for
  Memberships members_;
  Frames frames_;
  std::vector<Queue> queues_;
  Redirect redirect_;
  Descriptor poll_;
  size_t begin_ = 0;
};

}  // namespace

ReceiveProblem open_af_xdp(const ReceiveConfig& config, Receivers& out) {
  NetworkInterface interface;
  ReceiveProblem problem = choose_interface(config.interface, config.groups.front().ip, interface);
  if (problem.error != ReceiveError::none) return problem;
  auto receiver = std::make_unique<XdpReceiver>(config.groups);
  for (size_t i = 0; i < config.groups.size(); i++) receiver->groups.push_back(uint16_t(i));
  problem = receiver->open(config, look_at(interface));
  if (problem.error == ReceiveError::none) out.push_back(std::move(receiver));
  return problem;
}

}  // namespace venuewire

// See dpdk.hpp.
#include "io/dpdk.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "io/descriptor.hpp"
#include "io/frame_filter.hpp"
#include "io/membership.hpp"

namespace venuewire {
namespace {

// The same measure as a socket's buffer has: the ring holds so many small packets.
constexpr uint32_t kBytesOfSmallPacket = 512;
// The program looks for readers every millisecond.
constexpr int kGreetingMs = 2000;
constexpr long kLookAgainNs = 100'000'000;
// Who was overtaken leaves so much of the ring out, or he would be overtaken at once again.
constexpr uint64_t kHeadStart = 16;

bool good_name(const std::string& name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::strchr("-_.:", c);
  };
  return !name.empty() && name.size() <= kDpdkNameMost && name[0] != '.' && std::all_of(name.begin(), name.end(), good);
}

ReceiveProblem absent(const std::string& path, const std::string& name, int error) {
  if (error == EACCES || error == EPERM) {
    return {ReceiveError::not_permitted, error, path + " may not be opened" + errno_text(error),
            "start venuewire-dpdk with --group " + std::to_string(::getegid()) + ", or this program as the same user"};
  }
  return {ReceiveError::no_ring, error, "no program fills the ring '" + name + "': " + path + errno_text(error),
          "start venuewire-dpdk for it (docs/receive.md), or use receive: socket"};
}

ReceiveProblem bad(const std::string& why) {
  return {ReceiveError::bad_ring, 0, "the ring is not one that can be read: " + why,
          "build venuewire-dpdk from this version (native/dpdk), and start it again"};
}

std::string text_of(const char* text, size_t size) { return {text, ::strnlen(text, size)}; }

/// A ring that is mapped, and the connection that it came by. Everything in it may change at any time.
class Ring {
 public:
  Ring() = default;
  Ring(Ring&& other) noexcept { *this = std::move(other); }
  Ring& operator=(Ring&& other) noexcept {
    std::swap(bell, other.bell);
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    slot_bytes = other.slot_bytes;
    slots = other.slots;
    return *this;
  }
  ~Ring() {
    if (memory_) ::munmap(memory_, bytes_);
  }

  [[nodiscard]] ReceiveProblem map(Descriptor memory, Descriptor bell_of_ours) {
    struct stat file {};
    if (::fstat(memory.get(), &file) != 0 || file.st_size < off_t(sizeof(DpdkHeader))) return bad("it has no header");
    // What can be cut off under a reader ends it (SIGBUS).
    const int seals = ::fcntl(memory.get(), F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK)) return bad("its memory is not sealed against shrinking");
    DpdkHeader head;
    if (::pread(memory.get(), &head, sizeof head, 0) != ssize_t(sizeof head)) return bad("its header cannot be read");
    if (std::memcmp(head.magic, kDpdkMagic, sizeof head.magic) != 0) return bad("it has another magic");
    if (head.version != kDpdkVersion) {
      return bad("it is of version " + std::to_string(head.version) + ", and this reads version " +
                 std::to_string(kDpdkVersion));
    }
    const bool sound = head.header_bytes == sizeof(DpdkHeader) && std::has_single_bit(head.slots) &&
                       head.slots >= kDpdkSlotsLeast && head.slots <= kDpdkSlotsMost && head.slot_bytes % 64 == 0 &&
                       head.slot_bytes >= kDpdkSlotBytesLeast && head.slot_bytes <= kDpdkSlotBytesMost;
    const uint64_t bytes = sizeof(DpdkHeader) + uint64_t(head.slots) * head.slot_bytes;
    if (!sound || bytes > uint64_t(file.st_size)) {
      return bad(std::to_string(head.slots) + " slots of " + std::to_string(head.slot_bytes) + " bytes in " +
                 std::to_string(file.st_size));
    }
    void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, memory.get(), 0);
    if (at == MAP_FAILED) {
      return {ReceiveError::no_resources, errno, "the ring cannot be mapped" + errno_text(errno),
              "start venuewire-dpdk with fewer --slots"};
    }
    memory_ = static_cast<uint8_t*>(at);
    bytes_ = bytes;
    slot_bytes = head.slot_bytes;
    slots = head.slots;
    bell = std::move(bell_of_ours);
    // Whatever it is that we were given, reading it must not wait.
    const int flags = ::fcntl(bell.get(), F_GETFL);
    if (flags < 0 || ::fcntl(bell.get(), F_SETFL, flags | O_NONBLOCK) != 0) return bad("its bell cannot be read");
    return {};
  }

  [[nodiscard]] bool mapped() const { return memory_ != nullptr; }
  [[nodiscard]] const DpdkHeader& header() const { return *reinterpret_cast<const DpdkHeader*>(memory_); }
  [[nodiscard]] uint64_t head() const { return load(header().head, std::memory_order_acquire); }
  [[nodiscard]] uint64_t missed() const { return load(header().missed, std::memory_order_relaxed); }
  [[nodiscard]] const DpdkSlot& slot(uint64_t at) const {
    return *reinterpret_cast<const DpdkSlot*>(memory_ + sizeof(DpdkHeader) + size_t(at & (slots - 1)) * slot_bytes);
  }
  [[nodiscard]] uint32_t frame_bytes_most() const { return slot_bytes - uint32_t(sizeof(DpdkSlot)); }

  template <typename T>
  [[nodiscard]] static T load(const T& from, std::memory_order order) {
    return std::atomic_ref<T>(const_cast<T&>(from)).load(order);
  }

  Descriptor bell;
  uint32_t slot_bytes = 0, slots = 0;

 private:
  uint8_t* memory_ = nullptr;
  size_t bytes_ = 0;
};

/// The hello and what comes with it; an empty answer is the end of the connection.
ReceiveProblem take_hello(int socket, Ring& ring) {
  DpdkHello hello{};
  iovec bytes{&hello, sizeof hello};
  alignas(cmsghdr) char control[CMSG_SPACE(kDpdkDescriptors * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t length = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  std::array<Descriptor, kDpdkDescriptors> given;
  size_t count = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); length >= 0 && c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, reinterpret_cast<const char*>(c) + at, sizeof fd);
      Descriptor one(fd);
      if (count < given.size()) given[count++] = std::move(one);
    }
  }
  if (length == 0) {
    return {ReceiveError::no_ring, 0,
            "venuewire-dpdk ended the connection: it stops, or " + std::to_string(kDpdkReadersMost) + " others read it",
            "close one of them, or start another venuewire-dpdk"};
  }
  if (length != ssize_t(sizeof hello) || std::memcmp(hello.magic, kDpdkMagic, sizeof hello.magic) != 0)
    return bad("its greeting is not that of venuewire-dpdk");
  if (count != given.size()) return bad("its greeting came without its memory");
  return ring.map(std::move(given[0]), std::move(given[1]));
}

class DpdkReceiver final : public Receiver {
 public:
  DpdkReceiver(std::string path, std::string name, std::span<const ReceiveGroup> wanted)
      : path_(std::move(path)), name_(std::move(name)), datagrams_(wanted) {}
  ~DpdkReceiver() override { close(); }

  [[nodiscard]] ReceiveProblem open(std::span<const ReceiveGroup> wanted) {
    poll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    timer_ = Descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!poll_.open() || !timer_.open() || !watch(timer_.get())) {
      return {ReceiveError::system, errno, "the ring '" + name_ + "' cannot be watched" + errno_text(errno), {}};
    }
    if (const int error = connect(); error != 0) return absent(path_, name_, error);
    pollfd hello{socket_.get(), POLLIN, 0};
    if (::poll(&hello, 1, kGreetingMs) <= 0) {
      return {ReceiveError::no_ring, ETIMEDOUT, path_ + " does not answer", "look whether venuewire-dpdk still runs"};
    }
    ReceiveProblem problem = attach();
    if (problem.error != ReceiveError::none) return problem;
    at_ = seen_ = ring_.head();  // what was there before is nobody's loss
    missed_ = ring_.missed();
    return join(wanted);
  }

  [[nodiscard]] int receive(Datagram* out, int max) override {
    if (!ring_.mapped() && !look_for_it()) return 0;
    bool is_empty = false;
    const int count = take(out, max, is_empty);
    if (!is_empty || !ring_.mapped()) return count;  // the bell is left alone: there is more
    uint64_t rung = 0;
    const bool had_rung = ::read(ring_.bell.get(), &rung, sizeof rung) > 0;
    const uint64_t again = 1;
    if (ring_.head() != at_)
      (void)!::write(ring_.bell.get(), &again, sizeof again);
    else if (!had_rung && has_ended())
      lose();
    return count;
  }

  [[nodiscard]] int fd() const override { return poll_.get(); }
  [[nodiscard]] bool connected() const override { return ring_.mapped(); }
  [[nodiscard]] const ReceiveCounters& counters() const override {
    ReceiveCounters& counters = datagrams_.counters();
    counters.ring_drops = lost_ + (ring_.mapped() ? ring_.missed() - missed_ : 0);
    counters.errors = errors_;
    counters.last_error = errors_ == 0 ? 0 : EPROTO;
    return counters;
  }
  [[nodiscard]] uint32_t buffer_bytes() const override { return buffer_bytes_; }
  [[nodiscard]] std::string detail() const override { return detail_; }
  void close() override {
    members_.close();
    ring_ = Ring();
    socket_ = Descriptor();
  }

 private:
  [[nodiscard]] bool watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    return ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }

  /// 0, or the errno of the refusal.
  [[nodiscard]] int connect() {
    Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (!socket.open() || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        !watch(socket.get())) {
      return errno;
    }
    socket_ = std::move(socket);
    return 0;
  }

  [[nodiscard]] ReceiveProblem attach() {
    Ring ring;
    ReceiveProblem problem = take_hello(socket_.get(), ring);
    if (problem.error != ReceiveError::none) return problem;
    if (!watch(ring.bell.get())) return bad("its bell cannot be watched");
    ring_ = std::move(ring);
    room_.resize(size_t(kReceiveBatch) * ring_.frame_bytes_most());
    buffer_bytes_ = ring_.slots * kBytesOfSmallPacket;
    return {};
  }

  /// Memberships are the kernel's to tell, where it has an interface of the same name and number.
  [[nodiscard]] ReceiveProblem join(std::span<const ReceiveGroup> wanted) {
    const DpdkHeader& head = ring_.header();
    const std::string name = text_of(head.interface, sizeof head.interface);
    const std::optional<NetworkInterface> interface = name.empty() ? std::nullopt : find_interface(name);
    const bool here = interface && interface->index != 0 && uint32_t(interface->index) == head.interface_index;
    detail_ = "ring " + name_ + ", " + text_of(head.driver, sizeof head.driver) + ", " + std::to_string(ring_.slots) +
              " slots" + (here ? "" : ", groups not joined: the kernel has no such interface");
    return here ? members_.join(wanted, *interface) : ReceiveProblem{};
  }

  [[nodiscard]] int take(Datagram* out, int max, bool& is_empty) {
    int count = 0;
    while (count < std::min(max, kReceiveBatch)) {
      if (at_ == seen_) {
        seen_ = ring_.head();
        is_empty = at_ == seen_;
        if (is_empty) break;
        if (int64_t(seen_ - at_) < 0) {
          errors_++;
          lose();
          break;
        }
      }
      DpdkSlot slot;
      uint8_t* frame = room_.data() + size_t(count) * ring_.frame_bytes_most();
      if (!copy(slot, frame)) continue;
      const Bytes bytes{frame, slot.bytes};
      if (!datagrams_.take(bytes, slot.original, slot.taken_ns, ReceiveClock::poller, out[count])) continue;
      count++;
      if (datagrams_.reassembled()) break;  // the next frame may overwrite it
    }
    return count;
  }

  /// The next frame, out of the ring and whole; false: there was none, or it was lost.
  [[nodiscard]] bool copy(DpdkSlot& out, uint8_t* frame) {
    const DpdkSlot& slot = ring_.slot(at_);
    if (Ring::load(slot.position, std::memory_order_acquire) != at_ + 1) return overtaken();
    out.bytes = Ring::load(slot.bytes, std::memory_order_relaxed);
    out.original = Ring::load(slot.original, std::memory_order_relaxed);
    out.taken_ns = Ring::load(slot.taken_ns, std::memory_order_relaxed);
    const bool fits = out.bytes <= ring_.frame_bytes_most() && out.bytes <= out.original;
    // The writer may be at it: what was copied counts only if the slot is still the same afterwards.
    if (fits) std::memcpy(frame, &slot + 1, out.bytes);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (Ring::load(slot.position, std::memory_order_relaxed) != at_ + 1) return overtaken();
    at_++;
    if (fits) return true;
    errors_++;
    lost_++;
    return false;
  }

  bool overtaken() {
    const uint64_t head = ring_.head();
    const uint64_t slots = ring_.slots;
    uint64_t next = at_ + 1;
    if (int64_t(head - at_) > int64_t(slots)) next = head - slots + slots / kHeadStart;
    lost_ += next - at_;
    at_ = next;
    if (int64_t(seen_ - at_) < 0) seen_ = at_;
    return false;
  }

  [[nodiscard]] bool has_ended() const {
    pollfd look{socket_.get(), 0, 0};
    return ::poll(&look, 1, 0) > 0;
  }

  void lose() {
    lost_ += ring_.missed() - missed_;
    // The program may have it still: only taken off by name is it not watched any more.
    (void)::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, ring_.bell.get(), nullptr);
    ring_ = Ring();
    socket_ = Descriptor();
    const itimerspec again{{0, kLookAgainNs}, {0, kLookAgainNs}};
    (void)::timerfd_settime(timer_.get(), 0, &again, nullptr);
  }

  /// The program may have been started again.
  [[nodiscard]] bool look_for_it() {
    uint64_t ticks = 0;
    const bool due = ::read(timer_.get(), &ticks, sizeof ticks) > 0;
    if (!socket_.open()) {
      if (!due || connect() != 0) return false;
    }
    pollfd hello{socket_.get(), POLLIN, 0};
    if (::poll(&hello, 1, 0) <= 0) return false;
    const ReceiveError error = attach().error;
    if (error != ReceiveError::none) {
      errors_ += error == ReceiveError::bad_ring;
      socket_ = Descriptor();
      return false;
    }
    const itimerspec never{};
    (void)::timerfd_settime(timer_.get(), 0, &never, nullptr);
    // All of it came since the old ring ended.
    const uint64_t head = ring_.head();
    at_ = seen_ = head > ring_.slots ? head - ring_.slots : 0;
    lost_ += at_;
    missed_ = 0;
    return true;
  }

  std::string path_, name_, detail_;
  mutable FrameDatagrams datagrams_;  // counters are brought up to date when they are asked for
  Memberships members_;
  Descriptor poll_, timer_, socket_;
  Ring ring_;
  std::vector<uint8_t> room_;  // copies of the frames of a batch
  uint64_t at_ = 0;            // the next frame
  uint64_t seen_ = 0;          // up to where the program has written
  uint64_t missed_ = 0;        // by the program, before we came
  uint64_t lost_ = 0;
  uint64_t errors_ = 0;
  uint32_t buffer_bytes_ = 0;
};

}  // namespace

ReceiveProblem open_dpdk_in(const std::string& directory, const ReceiveConfig& config, Receivers& out) {
  if (config.busy_poll_us != 0) {
    return {ReceiveError::not_supported, 0, "venuewire-dpdk polls the card already: the feed cannot",
            "leave busyPollUs out"};
  }
  // Where the kernel has no such interface, the text is the ring's name as it is.
  std::string name = config.interface;
  NetworkInterface interface;
  if (choose_interface(config.interface, config.groups.front().ip, interface).error == ReceiveError::none)
    name = interface.name;
  if (name.empty()) {
    return {ReceiveError::bad_config, 0, "no route leads to " + format_ipv4(config.groups.front().ip),
            "name the ring (interface: eth1)"};
  }
  if (!good_name(name)) {
    return {ReceiveError::bad_config, 0, "'" + name + "' cannot be the name of a ring",
            "use letters, digits, '-', '_', '.' and ':'"};
  }
  auto receiver = std::make_unique<DpdkReceiver>(directory + "/" + name + kDpdkSuffix, name, config.groups);
  for (size_t i = 0; i < config.groups.size(); i++) receiver->groups.push_back(uint16_t(i));
  ReceiveProblem problem = receiver->open(config.groups);
  if (problem.error == ReceiveError::none) out.push_back(std::move(receiver));
  return problem;
}

ReceiveProblem open_dpdk(const ReceiveConfig& config, Receivers& out) {
  return open_dpdk_in(kDpdkDirectory, config, out);
}

}  // namespace venuewire

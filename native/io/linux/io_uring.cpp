// See io_uring.hpp. The kernel's interface as it is, without liburing: include/uapi/linux/io_uring.h.
#include "io/io_uring.hpp"

#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "io/membership.hpp"
#include "io/udp_receiver.hpp"

namespace venuewire {

#ifndef IORING_RECV_MULTISHOT

ReceiveProblem open_io_uring(const ReceiveConfig&, Receivers&) {
  return {ReceiveError::not_supported, 0, "io_uring: built with kernel headers that do not know multishot receives",
          "build the addon on a system with headers of Linux 6.0 or later, or use receive: socket"};
}

#else

namespace {

constexpr uint32_t kBuffers = 1024;  // a power of two
constexpr uint32_t kSubmissions = 64;
constexpr uint32_t kCompletions = 4 * kBuffers;
constexpr uint16_t kBufferGroup = 0;
constexpr uint32_t kCacheLine = 64;

template <typename T>
T load(T* word) {
  return std::atomic_ref<T>(*word).load(std::memory_order_acquire);
}
template <typename T>
void store(T* word, T value) {
  std::atomic_ref<T>(*word).store(value, std::memory_order_release);
}

uint64_t pointer(const void* p) { return uint64_t(reinterpret_cast<uintptr_t>(p)); }

ReceiveProblem problem_of(const char* what, int error) {
  const std::string failed = std::string("io_uring cannot ") + what + errno_text(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return {ReceiveError::not_permitted, error, failed + ": it is switched off for this process",
              "sysctl -w kernel.io_uring_disabled=0; in a container allow io_uring_setup, io_uring_enter and "
              "io_uring_register in its seccomp profile"};
    case ENOMEM:
      return {ReceiveError::no_resources, error, failed + ": so much memory may not be locked (RLIMIT_MEMLOCK)",
              "ulimit -l unlimited, or " + grant_command("cap_ipc_lock")};
    case ENOSYS:
      return {ReceiveError::not_supported, error, failed + ": this kernel is built without it (CONFIG_IO_URING)",
              "use receive: socket"};
    case EMFILE:
    case ENFILE:
      return {ReceiveError::no_resources, error, failed, "ulimit -n 65536"};
    default:
      return {ReceiveError::not_supported, error, failed + ": Linux 6.0 is needed", "use receive: socket"};
  }
}

class UringReceiver final : public Receiver {
 public:
  ~UringReceiver() override { close(); }

  [[nodiscard]] ReceiveProblem open(const ReceiveConfig& config) {
    // Submissions and completions on the thread that opens: the feed's.
    io_uring_params params{};
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    params.cq_entries = kCompletions;
    ring_ = int(::syscall(SYS_io_uring_setup, kSubmissions, &params));
    if (ring_ < 0 && errno == EINVAL) {
      params = {};
      params.flags = IORING_SETUP_CQSIZE;
      params.cq_entries = kCompletions;
      ring_ = int(::syscall(SYS_io_uring_setup, kSubmissions, &params));
    }
    if (ring_ < 0) return problem_of("be set up", errno);
    // Waiting on the ring itself does not wake for work that only the ring's own thread may complete.
    event_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (event_ < 0 || ::syscall(SYS_io_uring_register, ring_, IORING_REGISTER_EVENTFD, &event_, 1) != 0) {
      return problem_of("be watched", errno);
    }
    if (!map_rings(params) || !provide_buffers(config.datagram_bytes)) return problem_of("have memory", errno);
    ReceiveProblem problem = open_udp_receivers(config, sockets_);
    if (problem.error != ReceiveError::none) return problem;
    for (size_t i = 0; i < sockets_.size(); i++) {
      for (const uint16_t group : sockets_[i]->groups) groups.push_back(group);
      waiting_.push_back(uint32_t(i));
    }
    arm();
    return {};
  }

  [[nodiscard]] int receive(Datagram* out, int max) override {
    give_back();
    int count = 0;
    uint32_t at = *completion_head_;
    uint32_t end = load(completion_tail_);
    if (at == end) {
      // Completions wait to be written until we ask for them. In this order: what comes behind the question wakes us.
      uint64_t woken;
      (void)!::read(event_, &woken, sizeof woken);
      (void)enter(0);
      end = load(completion_tail_);
    }
    for (; at != end && count < max; at++) count += complete(completions_[at & completion_mask_], out[count]);
    store(completion_head_, at);
    // Now and not at the next call: a socket without a request wakes nobody.
    arm();
    return count;
  }

  [[nodiscard]] bool moves_between_threads() const override { return false; }  // IORING_SETUP_SINGLE_ISSUER
  [[nodiscard]] int fd() const override { return event_; }
  [[nodiscard]] const ReceiveCounters& counters() const override {
    ReceiveCounters sum = own_;
    for (const auto& socket : sockets_) {
      const ReceiveCounters& c = socket->counters();
      sum.packets += c.packets;
      sum.bytes += c.bytes;
      sum.kernel_drops += c.kernel_drops;
      sum.truncated += c.truncated;
    }
    counters_ = sum;
    return counters_;
  }
  [[nodiscard]] uint32_t buffer_bytes() const override {
    uint32_t least = UINT32_MAX;
    for (const auto& socket : sockets_) least = std::min(least, socket->buffer_bytes());
    return sockets_.empty() ? 0 : least;
  }
  [[nodiscard]] std::string detail() const override {
    return std::to_string(sockets_.size()) + (sockets_.size() == 1 ? " socket" : " sockets") + ", multishot, " +
           std::to_string(kBuffers) + " buffers";
  }
  void close() override {
    if (ring_ >= 0) ::close(ring_);
    if (event_ >= 0) ::close(event_);
    ring_ = event_ = -1;
    sockets_.clear();
    for (Memory* memory : {&submission_ring_, &completion_ring_, &submissions_memory_, &buffer_ring_memory_, &data_}) {
      if (memory->data) ::munmap(memory->data, memory->bytes);
      *memory = {};
    }
  }

 private:
  struct Memory {
    uint8_t* data = nullptr;
    size_t bytes = 0;
    [[nodiscard]] bool map(size_t size, int flags, int fd, uint64_t offset) {
      void* got = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, off_t(offset));
      if (got == MAP_FAILED) return false;
      data = static_cast<uint8_t*>(got);
      bytes = size;
      return true;
    }
    [[nodiscard]] uint32_t* word(uint32_t offset) const { return reinterpret_cast<uint32_t*>(data + offset); }
  };

  [[nodiscard]] bool map_rings(const io_uring_params& p) {
    if (!submission_ring_.map(p.sq_off.array + p.sq_entries * sizeof(uint32_t), MAP_SHARED | MAP_POPULATE, ring_,
                              IORING_OFF_SQ_RING) ||
        !completion_ring_.map(p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe), MAP_SHARED | MAP_POPULATE, ring_,
                              IORING_OFF_CQ_RING) ||
        !submissions_memory_.map(p.sq_entries * sizeof(io_uring_sqe), MAP_SHARED | MAP_POPULATE, ring_,
                                 IORING_OFF_SQES)) {
      return false;
    }
    submission_head_ = submission_ring_.word(p.sq_off.head);
    submission_tail_ = submission_ring_.word(p.sq_off.tail);
    submission_mask_ = *submission_ring_.word(p.sq_off.ring_mask);
    submission_places_ = submission_ring_.word(p.sq_off.array);
    submissions_ = reinterpret_cast<io_uring_sqe*>(submissions_memory_.data);
    completion_head_ = completion_ring_.word(p.cq_off.head);
    completion_tail_ = completion_ring_.word(p.cq_off.tail);
    completion_mask_ = *completion_ring_.word(p.cq_off.ring_mask);
    completions_ = reinterpret_cast<const io_uring_cqe*>(completion_ring_.data + p.cq_off.cqes);
    return true;
  }

  [[nodiscard]] bool provide_buffers(uint32_t datagram_bytes) {
    template_.msg_namelen = sizeof(sockaddr_in);
    template_.msg_controllen = UdpReceiver::kControlBytes;
    payload_at_ = uint32_t(sizeof(io_uring_recvmsg_out) + template_.msg_namelen + template_.msg_controllen);
    datagram_bytes_ = datagram_bytes;
    buffer_bytes_ = (payload_at_ + datagram_bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
    constexpr int kOwn = MAP_PRIVATE | MAP_ANONYMOUS;
    if (!data_.map(size_t(buffer_bytes_) * kBuffers, kOwn, -1, 0) ||
        !buffer_ring_memory_.map(kBuffers * sizeof(io_uring_buf), kOwn, -1, 0)) {
      return false;
    }
    io_uring_buf_reg registration{};
    registration.ring_addr = pointer(buffer_ring_memory_.data);
    registration.ring_entries = kBuffers;
    registration.bgid = kBufferGroup;
    if (::syscall(SYS_io_uring_register, ring_, IORING_REGISTER_PBUF_RING, &registration, 1) != 0) return false;
    spent_.reserve(kBuffers);
    for (uint32_t i = 0; i < kBuffers; i++) spent_.push_back(uint16_t(i));
    give_back();
    return true;
  }

  void give_back() {
    if (spent_.empty()) return;
    auto* entries = reinterpret_cast<io_uring_buf*>(buffer_ring_memory_.data);
    for (const uint16_t buffer : spent_) {
      io_uring_buf& entry = entries[buffers_given_++ & (kBuffers - 1)];
      entry.addr = pointer(data_.data + size_t(buffer) * buffer_bytes_);
      entry.len = payload_at_ + datagram_bytes_;
      entry.bid = buffer;
    }
    spent_.clear();
    store(&reinterpret_cast<io_uring_buf_ring*>(buffer_ring_memory_.data)->tail, buffers_given_);
  }

  /// Asks for datagrams of the sockets whose request has ended, for want of buffers or because it is the first.
  void arm() {
    uint32_t asked = 0;
    uint32_t tail = *submission_tail_;
    while (!waiting_.empty() && tail - load(submission_head_) < kSubmissions) {
      const uint32_t place = tail++ & submission_mask_;
      io_uring_sqe& request = submissions_[place];
      request = {};
      request.opcode = IORING_OP_RECVMSG;
      request.fd = sockets_[waiting_.back()]->fd();
      request.addr = pointer(&template_);
      request.ioprio = IORING_RECV_MULTISHOT;
      request.flags = IOSQE_BUFFER_SELECT;
      request.buf_group = kBufferGroup;
      request.user_data = waiting_.back();
      submission_places_[place] = place;
      waiting_.pop_back();
      asked++;
    }
    if (asked == 0) return;
    store(submission_tail_, tail);
    (void)enter(asked);
  }

  int enter(uint32_t submissions) {
    int result;
    do {
      result = int(::syscall(SYS_io_uring_enter, ring_, submissions, 0, IORING_ENTER_GETEVENTS, nullptr, 0));
    } while (result < 0 && errno == EINTR);
    return result;
  }

  /// 1: `out` is a datagram. 0: the request has ended, or brought none.
  [[nodiscard]] int complete(const io_uring_cqe& c, Datagram& out) {
    const auto index = size_t(c.user_data);
    if ((c.flags & IORING_CQE_F_MORE) == 0) waiting_.push_back(uint32_t(index));
    if (c.res < 0 && c.res != -ENOBUFS) {
      own_.errors++;
      own_.last_error = -c.res;
    }
    if ((c.flags & IORING_CQE_F_BUFFER) == 0) return 0;
    const auto buffer = uint16_t(c.flags >> IORING_CQE_BUFFER_SHIFT);
    spent_.push_back(buffer);
    if (c.res < int32_t(payload_at_)) return 0;
    uint8_t* at = data_.data + size_t(buffer) * buffer_bytes_;
    io_uring_recvmsg_out head;
    std::memcpy(&head, at, sizeof head);
    sockaddr_in from;
    std::memcpy(&from, at + sizeof head, sizeof from);
    msghdr header{};
    header.msg_control = at + sizeof head + template_.msg_namelen;
    header.msg_controllen = std::min<size_t>(head.controllen, template_.msg_controllen);
    header.msg_flags = int(head.flags);
    const uint32_t held = uint32_t(c.res) - payload_at_;
    static_cast<UdpReceiver&>(*sockets_[index])
        .take(header, from, {at + payload_at_, std::min(held, head.payloadlen)}, out);
    return 1;
  }

  int ring_ = -1;
  int event_ = -1;
  Memory submission_ring_, completion_ring_, submissions_memory_, buffer_ring_memory_, data_;
  uint32_t* submission_head_ = nullptr;
  uint32_t* submission_tail_ = nullptr;
  uint32_t* submission_places_ = nullptr;
  uint32_t submission_mask_ = 0;
  io_uring_sqe* submissions_ = nullptr;
  uint32_t* completion_head_ = nullptr;
  uint32_t* completion_tail_ = nullptr;
  uint32_t completion_mask_ = 0;
  const io_uring_cqe* completions_ = nullptr;
  uint16_t buffers_given_ = 0;
  uint32_t buffer_bytes_ = 0;
  uint32_t payload_at_ = 0;
  uint32_t datagram_bytes_ = 0;
  msghdr template_{};  // the lengths that each buffer is laid out by
  std::vector<uint16_t> spent_;
  std::vector<uint32_t> waiting_;  // sockets without a request
  Receivers sockets_;
  ReceiveCounters own_;
  mutable ReceiveCounters counters_;
};

}  // namespace

ReceiveProblem open_io_uring(const ReceiveConfig& config, Receivers& out) {
  auto receiver = std::make_unique<UringReceiver>();
  ReceiveProblem problem = receiver->open(config);
  if (problem.error == ReceiveError::none) out.push_back(std::move(receiver));
  return problem;
}

#endif

}  // namespace venuewire

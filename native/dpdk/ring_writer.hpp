// The writing side of dpdk_layout.hpp: the memory, the socket by which readers come to it, and their bells. It knows
// nothing of DPDK. One thread uses it; it never waits for a reader.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "io/dpdk_layout.hpp"

namespace venuewire {

struct DpdkRingSpec {
  std::string directory = kDpdkDirectory;
  std::string name = {};
  uint32_t slots = 16384;
  uint32_t slot_bytes = 2048;
  std::string interface = {};
  uint32_t interface_index = 0;
  std::string driver = {};
  int64_t group = -1;  ///< whose members may read, beside the user that runs this; −1: nobody
};

class DpdkRingWriter {
 public:
  DpdkRingWriter() = default;
  DpdkRingWriter(const DpdkRingWriter&) = delete;
  DpdkRingWriter& operator=(const DpdkRingWriter&) = delete;
  ~DpdkRingWriter() { close(); }

  /// Empty: readers may come. Otherwise what failed, and what to do about it.
  [[nodiscard]] std::string open(const DpdkRingSpec& spec) {
    path_ = spec.directory + "/" + spec.name + kDpdkSuffix;
    if (std::string why = make_memory(spec); !why.empty()) return why;
    return listen(spec);
  }

  void close() {
    for (const Reader& reader : readers_) end(reader);
    readers_.clear();
    if (listener_ >= 0) {
      ::unlink(path_.c_str());
      ::close(listener_);
    }
    if (memory_) ::munmap(memory_, bytes_);
    if (fd_ >= 0) ::close(fd_);
    listener_ = fd_ = -1;
    memory_ = nullptr;
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] uint32_t frame_bytes_most() const { return slot_bytes_ - uint32_t(sizeof(DpdkSlot)); }
  [[nodiscard]] uint64_t written() const { return next_; }
  [[nodiscard]] size_t readers() const { return readers_.size(); }

  /// Where the next frame goes, up to frame_bytes_most(). Nobody sees it before end_frame() and publish().
  [[nodiscard]] uint8_t* begin_frame() {
    DpdkSlot& slot = next_slot();
    std::atomic_ref(slot.position).store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    return reinterpret_cast<uint8_t*>(&slot + 1);
  }
  void end_frame(uint32_t bytes, uint32_t original, int64_t taken_ns) {
    DpdkSlot& slot = next_slot();
    slot.bytes = bytes;
    slot.original = original;
    slot.taken_ns = taken_ns;
    std::atomic_ref(slot.position).store(++next_, std::memory_order_release);
  }
  /// Shows what was written, and wakes who sleeps.
  void publish() {
    std::atomic_ref(header().head).store(next_, std::memory_order_release);
    const uint64_t one = 1;
    for (const Reader& reader : readers_) (void)!::write(reader.bell, &one, sizeof one);
  }
  void count(uint64_t missed, uint64_t passed_over) {
    std::atomic_ref(header().missed).store(missed, std::memory_order_relaxed);
    std::atomic_ref(header().passed_over).store(passed_over, std::memory_order_relaxed);
  }

  /// Lets in who came, and forgets who left: now and then.
  void serve() {
    for (size_t i = readers_.size(); i-- > 0;) {
      pollfd look{readers_[i].socket, 0, 0};
      if (::poll(&look, 1, 0) <= 0) continue;
      end(readers_[i]);
      readers_[i] = readers_.back();
      readers_.pop_back();
    }
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket < 0) return;
      const Reader reader{socket, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
      if (readers_.size() < kDpdkReadersMost && reader.bell >= 0 && greet(reader))
        readers_.push_back(reader);
      else
        end(reader);
    }
  }

  [[nodiscard]] DpdkHeader& header() { return *reinterpret_cast<DpdkHeader*>(memory_); }

 private:
  struct Reader {
    int socket;
    int bell;
  };

  [[nodiscard]] static std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }
  static void end(const Reader& reader) {
    ::close(reader.socket);
    if (reader.bell >= 0) ::close(reader.bell);
  }
  [[nodiscard]] DpdkSlot& next_slot() {
    return *reinterpret_cast<DpdkSlot*>(memory_ + sizeof(DpdkHeader) + size_t(next_ & (slots_ - 1)) * slot_bytes_);
  }

  [[nodiscard]] std::string make_memory(const DpdkRingSpec& spec) {
    slots_ = spec.slots;
    slot_bytes_ = spec.slot_bytes;
    bytes_ = sizeof(DpdkHeader) + size_t(slots_) * slot_bytes_;
    fd_ = ::memfd_create("venuewire-dpdk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd_ < 0 || ::ftruncate(fd_, off_t(bytes_)) != 0) return failed("the ring cannot be made");
    void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, 0);
    if (memory == MAP_FAILED) return failed("the ring cannot be mapped; give fewer --slots");
    memory_ = static_cast<uint8_t*>(memory);
    // Readers rely on the first; that none can write is our own safety, and needs Linux 5.1.
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    if (::fcntl(fd_, F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE) != 0 && ::fcntl(fd_, F_ADD_SEALS, seals) != 0) {
      return failed("the ring cannot be sealed");
    }
    DpdkHeader& head = header();
    std::memcpy(head.magic, kDpdkMagic, sizeof head.magic);
    head.version = kDpdkVersion;
    head.header_bytes = sizeof(DpdkHeader);
    head.slot_bytes = slot_bytes_;
    head.slots = slots_;
    head.interface_index = spec.interface_index;
    std::strncpy(head.interface, spec.interface.c_str(), sizeof head.interface - 1);
    std::strncpy(head.driver, spec.driver.c_str(), sizeof head.driver - 1);
    return {};
  }

  [[nodiscard]] std::string listen(const DpdkRingSpec& spec) {
    if (::mkdir(spec.directory.c_str(), 0755) != 0 && errno != EEXIST) return failed(spec.directory);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return path_ + ": too long for a socket; give a shorter --ring";
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return failed(path_);
    if (::bind(socket, to, sizeof address) != 0) {
      // Left behind by one that was killed, or another one is at work.
      const bool is_there = errno == EADDRINUSE;
      const int other = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
      const bool taken = is_there && ::connect(other, to, sizeof address) == 0;
      ::close(other);
      if (taken || ::unlink(path_.c_str()) != 0 || ::bind(socket, to, sizeof address) != 0) {
        const std::string why =
            taken ? path_ + ": another venuewire-dpdk fills this ring; give another --ring" : failed(path_);
        ::close(socket);
        return why;
      }
    }
    listener_ = socket;
    const bool shared = spec.group >= 0;
    if ((shared && ::chown(path_.c_str(), uid_t(-1), gid_t(spec.group)) != 0) ||
        ::chmod(path_.c_str(), shared ? 0660 : 0600) != 0 || ::listen(socket, int(kDpdkReadersMost)) != 0) {
      return failed(path_);
    }
    return {};
  }

  [[nodiscard]] bool greet(const Reader& reader) {
    DpdkHello hello{};
    std::memcpy(hello.magic, kDpdkMagic, sizeof hello.magic);
    hello.version = kDpdkVersion;
    iovec bytes{&hello, sizeof hello};
    const int descriptors[kDpdkDescriptors] = {fd_, reader.bell};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
    return ::sendmsg(reader.socket, &message, MSG_NOSIGNAL) == ssize_t(sizeof hello);
  }

  std::string path_;
  int fd_ = -1, listener_ = -1;
  uint8_t* memory_ = nullptr;
  size_t bytes_ = 0;
  uint32_t slots_ = 0, slot_bytes_ = 0;
  uint64_t next_ = 0;
  std::vector<Reader> readers_;
};

}  // namespace venuewire

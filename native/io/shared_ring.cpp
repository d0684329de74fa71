#include "io/shared_ring.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

namespace venuewire {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kUnit = sizeof(SharedRingBlock);
constexpr uint64_t kFillBytes = 1 << 20;
constexpr int kOwnerAndGroup = 0660;

uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }
/// Zeros: a file system that is full says so now, and not by a signal while the mapping is written.
bool fill(int fd, uint64_t bytes) {
  const std::vector<uint8_t> zeros(kFillBytes);
  for (uint64_t done = 0; done < bytes;) {
    const ssize_t n = ::write(fd, zeros.data(), size_t(std::min<uint64_t>(zeros.size(), bytes - done)));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += uint64_t(n);
  }
  return true;
}
std::string said_by_system(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

}  // namespace

// ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────

SharedFile::~SharedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
  if (fd_ >= 0) ::close(fd_);
}

bool SharedFile::map(uint64_t bytes, std::string& error) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (at == MAP_FAILED) {
    error = said_by_system("it cannot be mapped");
    return false;
  }
  data_ = static_cast<uint8_t*>(at);
  size_ = bytes;
  return true;
}

bool SharedFile::create(const std::string& path, uint64_t bytes, bool& taken, std::string& error) {
  taken = false;
  // The name is taken from a writer that is gone, never from one that is there.
  SharedFile before;
  std::string nobody;
  if (before.open(path, nobody) && !before.is_abandoned()) {
    taken = true;
    error = "it has a writer already";
    return false;
  }
  const std::string made = path + "." + std::to_string(::getpid());
  ::unlink(made.c_str());
  fd_ = ::open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerAndGroup);
  if (fd_ < 0) {
    error = said_by_system("it cannot be made");
    return false;
  }
  const bool good = ::flock(fd_, LOCK_EX | LOCK_NB) == 0 && fill(fd_, bytes);
  if (!good) error = said_by_system("there is no room for it");
  if (good && map(bytes, error) && ::rename(made.c_str(), path.c_str()) == 0) return true;
  if (error.empty()) error = said_by_system("it cannot be given its name");
  ::unlink(made.c_str());
  return false;
}

bool SharedFile::open(const std::string& path, std::string& error) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  struct stat found {};
  if (fd_ < 0 || ::fstat(fd_, &found) != 0) {
    error = said_by_system("it cannot be opened");
    return false;
  }
  if (!S_ISREG(found.st_mode) || uint64_t(found.st_size) < kPage) {
    error = "it is no shared ring";
    return false;
  }
  return map(uint64_t(found.st_size), error);
}

bool SharedFile::is_abandoned() const {
  if (::flock(fd_, LOCK_SH | LOCK_NB) != 0) return false;
  ::flock(fd_, LOCK_UN);
  return true;
}

bool SharedFile::is_replaced(const std::string& path) const {
  struct stat named {
  }, own{};
  if (::stat(path.c_str(), &named) != 0 || ::fstat(fd_, &own) != 0) return false;
  return named.st_ino != own.st_ino || named.st_dev != own.st_dev;
}

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

std::string SharedRingWriter::create(const std::string& path, uint64_t data_bytes, uint32_t contract, Bytes said,
                                     bool& taken) {
  const uint64_t data_at = round_up(sizeof(SharedRingHead) + said.size, kPage);
  std::string error;
  if (!file_.create(path, data_at + data_bytes, taken, error)) return error;
  head_ = new (file_.data()) SharedRingHead{};
  head_->contract = contract;
  head_->said_bytes = said.size;
  head_->data_at = data_at;
  head_->data_bytes = data_bytes;
  data_ = file_.data() + data_at;
  std::memcpy(file_.data() + sizeof(SharedRingHead), said.data, said.size);
  std::atomic_thread_fence(std::memory_order_release);
  head_->magic = SharedRingHead::kMagic;
  return {};
}

void SharedRingWriter::publish(Bytes records, uint32_t entries, uint64_t position) {
  const uint64_t size = head_->data_bytes;
  uint64_t at = head_->published.load(std::memory_order_relaxed);
  const uint64_t bytes = round_up(kUnit + records.size, kUnit);
  const uint64_t left = size - (at & (size - 1));
  const uint64_t pad = left < bytes ? left : 0;
  head_->claimed.store(at + pad + bytes, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (pad != 0) {
    const SharedRingBlock fill{uint32_t(pad), 0, position, 0, 1, at};
    std::memcpy(data_ + (at & (size - 1)), &fill, kUnit);
    at += pad;
  }
  uint8_t* to = data_ + (at & (size - 1));
  const SharedRingBlock block{uint32_t(bytes), records.size, position, entries, 0, at};
  std::memcpy(to, &block, kUnit);
  if (records.size > 0) std::memcpy(to + kUnit, records.data, records.size);
  head_->published.store(at + bytes, std::memory_order_release);
  head_->last.store(at, std::memory_order_release);
  head_->bell.fetch_add(1);
  if (head_->sleepers.load() != 0) shared_wake(head_->bell);
}

void SharedRingWriter::end() {
  if (head_ == nullptr) return;
  head_->ended.store(1, std::memory_order_release);
  head_->bell.fetch_add(1);
  shared_wake(head_->bell);
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

std::string SharedRingReader::open(const std::string& path, uint32_t contract) {
  path_ = path;
  std::string error;
  if (!file_.open(path, error)) return error;
  head_ = std::launder(reinterpret_cast<SharedRingHead*>(file_.data()));
  if (head_->magic != SharedRingHead::kMagic) return "it is no shared ring";
  if (head_->contract != contract) return "it is written by another version of venuewire";
  // What is checked here is not looked at again: whoever may write the file could change it.
  const uint64_t data_at = head_->data_at;
  data_bytes_ = head_->data_bytes;
  said_bytes_ = head_->said_bytes;
  const bool power = data_bytes_ >= kPage && (data_bytes_ & (data_bytes_ - 1)) == 0;
  if (!power || data_at > file_.size() || data_bytes_ > file_.size() - data_at ||
      sizeof(SharedRingHead) + uint64_t(said_bytes_) > data_at)
    return "its head is not right";
  data_ = file_.data() + data_at;
  at_ = head_->published.load(std::memory_order_acquire);
  return {};
}

Bytes SharedRingReader::said() const { return {file_.data() + sizeof(SharedRingHead), said_bytes_}; }

bool SharedRingReader::overtaken(uint64_t data_bytes) const {
  std::atomic_thread_fence(std::memory_order_acquire);
  return head_->claimed.load(std::memory_order_relaxed) - at_ > data_bytes;
}

SharedRingReader::Found SharedRingReader::read(uint8_t* into, uint64_t room, SharedRingBlock& block) {
  for (;;) {
    const uint64_t published = head_->published.load(std::memory_order_acquire);
    if (at_ == published) return head_->ended.load(std::memory_order_acquire) != 0 ? Found::ended : Found::nothing;
    const uint64_t offset = at_ & (data_bytes_ - 1);
    std::memcpy(&block, data_ + offset, kUnit);
    const bool sound = block.number == at_ && block.bytes >= kUnit && block.bytes % kUnit == 0 &&
                       block.bytes <= data_bytes_ - offset && block.records <= block.bytes - kUnit;
    if (sound && block.records > 0 && block.records <= room) {
      std::memcpy(into, data_ + offset + kUnit, block.records);
    }
    if (overtaken(data_bytes_)) {
      at_ = head_->last.load(std::memory_order_acquire);
      return Found::lost;
    }
    if (!sound) return Found::damaged;
    if (block.records > room) return Found::no_room;
    at_ += block.bytes;
    if (block.is_pad == 0) return Found::block;
  }
}

void SharedRingReader::wait(int64_t timeout_ns) {
  const uint32_t ticket = head_->bell.load();
  head_->sleepers.fetch_add(1);
  if (head_->published.load() == at_ && head_->ended.load() == 0) shared_wait(head_->bell, ticket, timeout_ns);
  head_->sleepers.fetch_sub(1);
}

}  // namespace venuewire

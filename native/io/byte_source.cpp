// See byte_source.hpp.
#include "io/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/event_loop.hpp"
#include "io/system.hpp"

namespace venuewire {

FileSource::~FileSource() {
  if (waits_) loop_.remove(fd_);
  if (own_) ::close(fd_);
}

bool FileSource::fail(const std::string& what, int system_error) {
  problem_ = what;
  if (system_error) problem_ += std::string(": ") + std::strerror(system_error);
  return false;
}

bool FileSource::open(const std::string& path) {
  own_ = path != "-";
  // Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
  fd_ = own_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
  if (fd_ < 0) {
    own_ = false;
    return fail("it cannot be opened", errno);
  }
  struct stat status;
  if (::fstat(fd_, &status) != 0) return fail("its size cannot be read", errno);
  if (S_ISDIR(status.st_mode)) return fail("it is a directory", 0);
  if (::isatty(fd_)) return fail("it is a terminal: pipe a capture into it", 0);
  sized_ = own_ && S_ISREG(status.st_mode);
  if (sized_) {
    size_ = uint64_t(status.st_size);
    will_read_all(fd_);
    return true;
  }
  // What cannot be watched (a regular file, /dev/zero) never makes a reader wait.
  waits_ = loop_.add(fd_, 0);
  return true;
}

bool FileSource::wait() {
  LoopEvent event;
  for (;;) {
    const int n = loop_.wait(-1, &event, 1);
    if (loop_.woken()) return false;
    if (n > 0) return true;
  }
}

SourceStatus FileSource::read(uint8_t* into, uint32_t size, uint32_t& got) {
  for (;;) {
    if (waits_ && !wait()) return SourceStatus::stopped;
    const ssize_t n = ::read(fd_, into, size);
    if (n > 0) {
      got = uint32_t(n);
      position_ += got;
      return SourceStatus::bytes;
    }
    if (n == 0) {
      if (position_ >= size_) return SourceStatus::end;
      (void)fail("the file had " + std::to_string(size_) + " bytes when it was opened and ends at byte " +
                     std::to_string(position_) + " now: somebody has made it shorter",
                 0);
      return SourceStatus::damaged;
    }
    if (errno == EINTR || (errno == EAGAIN && waits_)) continue;
    (void)fail("it cannot be read at byte " + std::to_string(position_), errno);
    return position_ == 0 ? SourceStatus::unreadable : SourceStatus::damaged;
  }
}

SourceStatus MemorySource::read(uint8_t* into, uint32_t size, uint32_t& got) {
  got = uint32_t(std::min<uint64_t>(size, size_ - position_));
  if (got == 0) return SourceStatus::end;
  std::memcpy(into, data_ + position_, got);
  position_ += got;
  return SourceStatus::bytes;
}

}  // namespace venuewire

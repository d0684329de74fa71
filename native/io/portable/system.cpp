// See system.hpp. POSIX, and what macOS has instead of what it leaves open.
#include "io/system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace venuewire {

#ifdef SO_NOSIGPIPE  // macOS: an option of the socket
const int kNoSignal = 0;
#else
const int kNoSignal = MSG_NOSIGNAL;
#endif

int system_socket(int type, bool nonblocking) {
  const int fd = ::socket(AF_INET, type, 0);
  if (fd < 0) return -1;
  bool good = ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
  if (nonblocking) good = good && ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
#ifdef SO_NOSIGPIPE
  const int on = 1;
  good = good && ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == 0;
#endif
  if (good) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

bool bind_to_interface(int fd, const NetworkInterface& interface) {
#ifdef IP_BOUND_IF
  const int index = interface.index;
  return ::setsockopt(fd, IPPROTO_IP, IP_BOUND_IF, &index, sizeof index) == 0;
#else
  const sockaddr_in own = socket_address(interface.ip, 0);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
#endif
}

bool cut_into_datagrams(int, uint16_t) {
  errno = ENOTSUP;
  return false;
}

int send_datagrams(int fd, const OutgoingDatagram* datagrams, uint32_t count) {
  uint32_t sent = 0;
  for (; sent < count; sent++) {
    const OutgoingDatagram& d = datagrams[sent];
    const sockaddr_in to = socket_address(d.ip, d.port);
    const auto* address = reinterpret_cast<const sockaddr*>(&to);
    if (::sendto(fd, d.bytes.data, d.bytes.size, kNoSignal, address, sizeof to) < 0) break;
  }
  return sent == 0 && count != 0 ? -1 : int(sent);
}

void will_read_all(int) {}

}  // namespace venuewire

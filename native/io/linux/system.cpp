// See system.hpp.
#include "io/system.hpp"

#include <fcntl.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>

namespace venuewire {
namespace {
constexpr uint32_t kBatch = 64;
}

const int kNoSignal = MSG_NOSIGNAL;

int system_socket(int type, bool nonblocking) {
  return ::socket(AF_INET, type | SOCK_CLOEXEC | (nonblocking ? int(SOCK_NONBLOCK) : 0), 0);
}

bool bind_to_interface(int fd, const NetworkInterface& interface) {
  return ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.name.c_str(), socklen_t(interface.name.size())) == 0;
}

bool cut_into_datagrams(int fd, uint16_t bytes) {
  const int segment = bytes;
  return ::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0;
}

int send_datagrams(int fd, const OutgoingDatagram* datagrams, uint32_t count) {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts;
  std::array<sockaddr_in, kBatch> addresses;
  const uint32_t n = std::min(kBatch, count);
  for (uint32_t i = 0; i < n; i++) {
    const OutgoingDatagram& d = datagrams[i];
    addresses[i] = socket_address(d.ip, d.port);
    parts[i] = {const_cast<uint8_t*>(d.bytes.data), d.bytes.size};
    msghdr& header = headers[i].msg_hdr;
    header.msg_name = &addresses[i];
    header.msg_namelen = sizeof addresses[i];
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
  }
  return ::sendmmsg(fd, headers.data(), n, MSG_NOSIGNAL);
}

void will_read_all(int fd) { (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); }

}  // namespace venuewire

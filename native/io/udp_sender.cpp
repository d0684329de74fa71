// See udp_sender.hpp.
#include "io/udp_sender.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/address.hpp"
#include "io/system.hpp"

namespace venuewire {
UdpSendError UdpSender::fail(UdpSendError error, int system_error, const std::string& text) {
  system_error_ = system_error;
  problem_ = text;
  if (system_error) problem_ += std::string(" (") + std::strerror(system_error) + ")";
  return error;
}

void UdpSender::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

UdpSendError UdpSender::open(const UdpSenderConfig& config) {
  close();
  packets_ = bytes_ = 0;
  problem_.clear();
  system_error_ = 0;
  const std::optional<NetworkInterface> interface = find_interface(config.interface);
  if (!interface) {
    return fail(
        UdpSendError::no_interface, 0,
        "no interface '" + config.interface + "' here; give the name or the IPv4 address of one ('ip address')");
  }
  fd_ = system_socket(SOCK_DGRAM, false);
  if (fd_ < 0) return fail(UdpSendError::system, errno, "cannot open a socket");
  const int ttl = config.ttl;
  const int loop = config.loop;
  ip_mreqn leave{};
  leave.imr_ifindex = interface->index;
  leave.imr_address.s_addr = htonl(interface->ip);
  if (::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) != 0 ||
      ::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof loop) != 0 ||
      (interface->index != 0 && ::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_IF, &leave, sizeof leave) != 0)) {
    const int error = errno;
    close();
    return fail(UdpSendError::system, error, "cannot set how multicast leaves");
  }
  if (config.segment_bytes != 0 && !cut_into_datagrams(fd_, config.segment_bytes)) {
    const int error = errno;
    close();
    return fail(UdpSendError::system, error, "this kernel cannot segment datagrams");
  }
  return UdpSendError::none;
}

UdpSendError UdpSender::send(const OutgoingDatagram* datagrams, uint32_t count, uint32_t* sent) {
  uint32_t done = 0;
  if (sent) *sent = 0;
  if (fd_ < 0) return fail(UdpSendError::closed, 0, "the sender is not open");
  while (done < count) {
    const int result = send_datagrams(fd_, datagrams + done, count - done);
    if (result < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      const std::string what = "cannot send to " + format_ipv4(datagrams[done].ip);
      switch (error) {
        case EMSGSIZE:
          return fail(UdpSendError::too_long, error, what);
        case EPERM:
        case EACCES:
          return fail(UdpSendError::not_permitted, error, what);
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
          return fail(UdpSendError::unreachable, error, what + ": name the interface, or check that it is up");
        default:
          return fail(UdpSendError::system, error, what);
      }
    }
    for (int i = 0; i < result; i++) bytes_ += datagrams[done + uint32_t(i)].bytes.size;
    packets_ += uint32_t(result);
    done += uint32_t(result);
    if (sent) *sent = done;
  }
  return UdpSendError::none;
}

}  // namespace venuewire

// See udp_receiver.hpp.
#include "io/udp_receiver.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <vector>

#include "io/address.hpp"

namespace venuewire {

struct UdpReceiver::Buffers {
  // Room for the timestamp and the overflow count.
  static constexpr size_t kControl = CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(uint32_t));

  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_in, kBatch> sources{};
  struct alignas(cmsghdr) Control {
    uint8_t bytes[kControl];
  };
  std::array<Control, kBatch> controls{};
  std::vector<uint8_t> data;
};

UdpReceiver::UdpReceiver() = default;
UdpReceiver::~UdpReceiver() { close(); }

void UdpReceiver::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

UdpOpenError UdpReceiver::fail(UdpOpenError error, int system_error, const std::string& text) {
  close();
  system_error_ = system_error;
  problem_ = text;
  if (system_error) problem_ += std::string(" (") + std::strerror(system_error) + ")";
  return error;
}

UdpOpenError UdpReceiver::fail_call(const char* what, int error, const UdpReceiverConfig& config) {
  const std::string at = config.group + ":" + std::to_string(config.port);
  const std::string start = std::string("cannot ") + what + " " + at + ": ";
  switch (error) {
    case EADDRINUSE:
      return fail(UdpOpenError::address_in_use, error,
                  start + "another program has this port and does not share it; end it or choose another port");
    case EADDRNOTAVAIL:
      return fail(UdpOpenError::address_not_here, error,
                  start + "the address is not one of this machine's; name a multicast group, an own address or none");
    case ENODEV:
      return fail(UdpOpenError::no_interface, error,
                  start + "no interface leads to this group; name the interface, or check that it is up");
    case ENOBUFS:
      return fail(UdpOpenError::too_many_memberships, error,
                  start +
                      "the kernel's limit of group memberships is reached; raise net.ipv4.igmp_max_memberships "
                      "(with a source: net.ipv4.igmp_max_msf)");
    case EPERM:
    case EACCES:
      return fail(
          UdpOpenError::not_permitted, error,
          start + "the right is missing; ports below 1024 need CAP_NET_BIND_SERVICE, some options CAP_NET_ADMIN");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return fail(UdpOpenError::no_resources, error,
                  start + "out of descriptors or memory; raise the limit (ulimit -n)");
    default:
      return fail(UdpOpenError::system, error, start + "unexpected error");
  }
}

UdpOpenError UdpReceiver::join(const UdpReceiverConfig& config, uint32_t group, uint32_t source) {
  const std::optional<NetworkInterface> interface = find_interface(config.interface);
  if (!interface) {
    return fail(
        UdpOpenError::no_interface, 0,
        "no interface '" + config.interface + "' here; give the name or the IPv4 address of one ('ip address')");
  }
  // Otherwise the socket hears every group any program on this machine has joined on the port.
  const int off = 0;
  if (::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off) != 0) {
    return fail_call("separate the groups of", errno, config);
  }
  int result;
  if (source != 0) {
    // Not IP_ADD_SOURCE_MEMBERSHIP: that one knows an interface by address only, and some have none.
    group_source_req request{};
    request.gsr_interface = uint32_t(interface->index);
    const sockaddr_in g = socket_address(group, 0);
    const sockaddr_in s = socket_address(source, 0);
    std::memcpy(&request.gsr_group, &g, sizeof g);
    std::memcpy(&request.gsr_source, &s, sizeof s);
    result = ::setsockopt(fd_, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
  } else {
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(group);
    request.imr_address.s_addr = htonl(interface->ip);
    request.imr_ifindex = interface->index;
    result = ::setsockopt(fd_, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
  }
  return result == 0 ? UdpOpenError::none : fail_call("join", errno, config);
}

UdpOpenError UdpReceiver::open(const UdpReceiverConfig& config) {
  close();
  counters_ = {};
  overflow_ = 0;
  used_ = kBatch;
  problem_.clear();
  system_error_ = 0;

  uint32_t group = 0;
  uint32_t source = 0;
  if (!config.group.empty()) {
    const std::optional<uint32_t> parsed = parse_ipv4(config.group);
    if (!parsed) return fail(UdpOpenError::bad_config, 0, "'" + config.group + "' is not a numeric IPv4 address");
    group = *parsed;
  }
  if (!config.source.empty()) {
    const std::optional<uint32_t> parsed = parse_ipv4(config.source);
    if (!parsed || !is_multicast(group)) {
      return fail(UdpOpenError::bad_config, 0,
                  "source '" + config.source + "' must be a numeric IPv4 address, and the group a multicast one");
    }
    source = *parsed;
  }
  if (config.datagram_bytes == 0 || config.datagram_bytes > 65536) {
    return fail(UdpOpenError::bad_config, 0, "the datagram buffer must have 1 to 65536 bytes");
  }

  fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd_ < 0) return fail_call("open a socket for", errno, config);
  const int on = 1;
  // Multicast only: with it a second program could take a unicast port away without either noticing.
  if (is_multicast(group) && ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return fail_call("share", errno, config);
  }

  const int asked = int(std::min<uint32_t>(config.receive_buffer_bytes, INT_MAX / 2));
  if (asked > 0 && ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof asked) != 0) {
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &asked, sizeof asked);  // capped in silence: read back below
  }
  int granted = 0;
  socklen_t length = sizeof granted;
  if (::getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0) {
    return fail_call("read the buffer size of", errno, config);
  }
  asked_buffer_bytes_ = uint32_t(asked);
  granted_buffer_bytes_ = uint32_t(granted);

  if (::setsockopt(fd_, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0) {
    return fail_call("ask for the drop counter of", errno, config);
  }
  if (::setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
    return fail_call("ask for the receive times of", errno, config);
  }
  if (config.busy_poll_us != 0) {
    const int busy = int(std::min<uint32_t>(config.busy_poll_us, INT_MAX));
    if (::setsockopt(fd_, SOL_SOCKET, SO_BUSY_POLL, &busy, sizeof busy) != 0) {
      return fail_call("busy-poll on", errno, config);
    }
  }

  const sockaddr_in address = socket_address(config.accept_unicast ? 0 : group, config.port);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_call("bind to", errno, config);
  }
  if (is_multicast(group)) {
    const UdpOpenError joined = join(config, group, source);
    if (joined != UdpOpenError::none) return joined;
  }
  sockaddr_in bound{};
  length = sizeof bound;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return fail_call("read the port of", errno, config);
  }
  port_ = ntohs(bound.sin_port);

  if (!buffers_) buffers_ = std::make_unique<Buffers>();
  Buffers& b = *buffers_;
  b.data.resize(size_t(config.datagram_bytes) * kBatch);
  for (int i = 0; i < kBatch; i++) {
    b.parts[i] = {b.data.data() + size_t(i) * config.datagram_bytes, config.datagram_bytes};
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.sources[i];
    header.msg_iov = &b.parts[i];
    header.msg_iovlen = 1;
    header.msg_control = b.controls[i].bytes;
  }
  return UdpOpenError::none;
}

int UdpReceiver::receive(Datagram* out, int max) {
  if (fd_ < 0 || max <= 0) return 0;
  Buffers& b = *buffers_;
  for (int i = 0; i < used_; i++) {
    b.headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    b.headers[i].msg_hdr.msg_controllen = Buffers::kControl;
  }
  used_ = 0;
  int count;
  do {
    count = ::recvmmsg(fd_, b.headers.data(), unsigned(std::min(max, kBatch)), MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      counters_.errors++;
      counters_.last_error = errno;
    }
    return 0;
  }
  used_ = count;
  for (int i = 0; i < count; i++) {
    msghdr& header = b.headers[i].msg_hdr;
    Datagram& datagram = out[i];
    datagram.bytes = {static_cast<const uint8_t*>(b.parts[i].iov_base), b.headers[i].msg_len};
    datagram.kernel_time_ns = 0;
    datagram.source_ip = ntohl(b.sources[i].sin_addr.s_addr);
    datagram.source_port = ntohs(b.sources[i].sin_port);
    datagram.truncated = header.msg_flags & MSG_TRUNC;
    for (const cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(c))) {
      if (c->cmsg_level != SOL_SOCKET) continue;
      if (c->cmsg_type == SCM_TIMESTAMPNS) {
        timespec time;
        std::memcpy(&time, CMSG_DATA(c), sizeof time);
        datagram.kernel_time_ns = int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
      } else if (c->cmsg_type == SO_RXQ_OVFL) {
        uint32_t overflow;
        std::memcpy(&overflow, CMSG_DATA(c), sizeof overflow);
        counters_.kernel_drops += overflow - overflow_;  // in 32 bits, so a wrap is a small difference
        overflow_ = overflow;
      }
    }
    counters_.packets++;
    counters_.bytes += datagram.bytes.size;
    counters_.truncated += datagram.truncated;
  }
  return count;
}

bool UdpReceiver::send_to(uint32_t ip, uint16_t port, Bytes bytes) {
  const sockaddr_in address = socket_address(ip, port);
  ssize_t sent;
  do {
    sent = ::sendto(fd_, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (sent < 0 && errno == EINTR);
  return sent == ssize_t(bytes.size);
}

}  // namespace venuewire

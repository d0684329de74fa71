// See udp_receiver.hpp.
#include "io/udp_receiver.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "io/address.hpp"
#include "io/membership.hpp"

namespace venuewire {

struct UdpReceiver::Buffers {
  static constexpr size_t kBatch = kReceiveBatch;
  // Room for the time, the overflow count and the destination.
  static constexpr size_t kControl =
      CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(in_pktinfo));

  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_in, kBatch> sources{};
  struct alignas(cmsghdr) Control {
    uint8_t bytes[kControl];
  };
  std::array<Control, kBatch> controls{};
  std::vector<uint8_t> data;
};

namespace {

ReceiveProblem problem(ReceiveError error, int system_error, std::string text) {
  if (system_error != 0) text += std::string(" (") + std::strerror(system_error) + ")";
  return {error, system_error, std::move(text)};
}

ReceiveProblem failed(const char* what, int error, const ReceiveGroup& group) {
  const std::string start =
      std::string("cannot ") + what + " " + format_ipv4(group.ip) + ":" + std::to_string(group.port) + ": ";
  switch (error) {
    case EADDRINUSE:
      return problem(ReceiveError::address_in_use, error,
                     start + "another program has this port and does not share it; end it or choose another port");
    case EADDRNOTAVAIL:
      return problem(
          ReceiveError::address_not_here, error,
          start + "the address is not one of this machine's; name a multicast group, an own address or none");
    case ENODEV:
      return problem(ReceiveError::no_interface, error,
                     start + "no interface leads to this group; name the interface, or check that it is up");
    case ENOBUFS:
      return problem(ReceiveError::too_many_memberships, error,
                     start +
                         "the kernel's limit of group memberships is reached; raise net.ipv4.igmp_max_memberships "
                         "(with a source: net.ipv4.igmp_max_msf)");
    case EPERM:
    case EACCES:
      return problem(
          ReceiveError::not_permitted, error,
          start + "the right is missing; ports below 1024 need CAP_NET_BIND_SERVICE, some options CAP_NET_ADMIN");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return problem(ReceiveError::no_resources, error,
                     start + "out of descriptors or memory; raise the limit (ulimit -n)");
    default:
      return problem(ReceiveError::system, error, start + "unexpected error");
  }
}

}  // namespace

UdpReceiver::UdpReceiver() = default;
UdpReceiver::~UdpReceiver() { UdpReceiver::close(); }

void UdpReceiver::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

ReceiveProblem UdpReceiver::option(int level, int name, int value, const char* what, const ReceiveGroup& group) {
  if (::setsockopt(fd_, level, name, &value, sizeof value) == 0) return {};
  return failed(what, errno, group);
}

ReceiveProblem UdpReceiver::open(const ReceiveConfig& config) {
  std::vector<uint16_t> all(config.groups.size());
  for (size_t i = 0; i < all.size(); i++) all[i] = uint16_t(i);
  return open(config, all);
}

ReceiveProblem UdpReceiver::open(const ReceiveConfig& config, const std::vector<uint16_t>& wanted) {
  close();
  groups.clear();
  counters_ = {};
  overflow_ = 0;
  used_ = kReceiveBatch;
  if (wanted.empty()) return problem(ReceiveError::bad_config, 0, "there is no group to receive");
  const ReceiveGroup& first = config.groups[wanted.front()];
  const bool shared = wanted.size() > 1;
  for (const uint16_t i : wanted) {
    const ReceiveGroup& g = config.groups[i];
    if ((g.source != 0 || shared) && (!is_multicast(g.ip) || g.port != first.port)) {
      return problem(ReceiveError::bad_config, 0,
                     format_ipv4(g.ip) + ": only multicast groups have a source, or share the socket of a port");
    }
  }
  if (config.datagram_bytes == 0 || config.datagram_bytes > 65536) {
    return problem(ReceiveError::bad_config, 0, "the datagram buffer must have 1 to 65536 bytes");
  }
  ReceiveProblem p = open_socket(config, first);
  if (p.error == ReceiveError::none) p = bind_to(first, shared);
  if (p.error == ReceiveError::none) p = join_all(config, wanted);
  if (p.error != ReceiveError::none) {
    close();
    if (p.group == 0) p.group = wanted.front();
    return p;
  }
  make_buffers(config.datagram_bytes);
  return {};
}

ReceiveProblem UdpReceiver::open_socket(const ReceiveConfig& config, const ReceiveGroup& first) {
  fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd_ < 0) return failed("open a socket for", errno, first);
  ReceiveProblem p = set_buffer(config, first);
  // Multicast only: with it a second program could take a unicast port away without either noticing.
  if (p.error == ReceiveError::none && is_multicast(first.ip)) p = option(SOL_SOCKET, SO_REUSEADDR, 1, "share", first);
  if (p.error == ReceiveError::none) p = option(SOL_SOCKET, SO_RXQ_OVFL, 1, "ask for the drop counter of", first);
  if (p.error == ReceiveError::none) p = option(SOL_SOCKET, SO_TIMESTAMPNS, 1, "ask for the receive times of", first);
  if (p.error == ReceiveError::none && config.busy_poll_us != 0) {
    p = option(SOL_SOCKET, SO_BUSY_POLL, int(std::min<uint32_t>(config.busy_poll_us, INT_MAX)), "busy-poll on", first);
  }
  if (p.error == ReceiveError::none && config.prefer_busy_poll) p = prefer_busy_poll(fd_, "the socket");
  return p;
}

ReceiveProblem UdpReceiver::set_buffer(const ReceiveConfig& config, const ReceiveGroup& first) {
  const int asked = int(std::min<uint32_t>(config.receive_buffer_bytes, INT_MAX / 2));
  if (asked > 0 && ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof asked) != 0) {
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &asked, sizeof asked);  // capped in silence: read back below
  }
  int granted = 0;
  socklen_t length = sizeof granted;
  if (::getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0) {
    return failed("read the buffer size of", errno, first);
  }
  granted_buffer_bytes_ = uint32_t(granted) / 2;  // the kernel counts twice what was asked for
  return {};
}

ReceiveProblem UdpReceiver::bind_to(const ReceiveGroup& first, bool shared) {
  bound_ip_ = shared ? 0 : first.ip;
  if (bound_ip_ == 0) {
    ReceiveProblem p = option(IPPROTO_IP, IP_PKTINFO, 1, "ask for the destinations of", first);
    if (p.error != ReceiveError::none) return p;
  }
  const sockaddr_in address = socket_address(bound_ip_, first.port);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed("bind to", errno, first);
  }
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return failed("read the port of", errno, first);
  }
  port_ = ntohs(bound.sin_port);
  return {};
}

ReceiveProblem UdpReceiver::join_all(const ReceiveConfig& config, const std::vector<uint16_t>& wanted) {
  const std::optional<NetworkInterface> interface = find_interface(config.interface);
  if (!interface) {
    return problem(
        ReceiveError::no_interface, 0,
        "no interface '" + config.interface + "' here; give the name or the IPv4 address of one ('ip address')");
  }
  const ReceiveGroup& first = config.groups[wanted.front()];
  if (!is_multicast(first.ip)) {
    groups = wanted;
    if (interface->index == 0) return {};
    const std::string& name = interface->name;
    if (::setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(), socklen_t(name.size())) == 0) return {};
    return failed("receive by the named interface at", errno, first);
  }
  // Otherwise the socket hears every group any program on this machine has joined on the port.
  ReceiveProblem p = option(IPPROTO_IP, IP_MULTICAST_ALL, 0, "separate the groups of", first);
  if (p.error != ReceiveError::none) return p;
  for (const uint16_t i : wanted) {
    const int error = join_group(fd_, config.groups[i], *interface);
    if (error == ENOBUFS && !groups.empty()) break;  // another socket has a limit of its own
    if (error != 0) {
      p = failed("join", error, config.groups[i]);
      p.group = i;
      return p;
    }
    groups.push_back(i);
  }
  return {};
}

void UdpReceiver::make_buffers(uint32_t datagram_bytes) {
  if (!buffers_) buffers_ = std::make_unique<Buffers>();
  Buffers& b = *buffers_;
  b.data.resize(size_t(datagram_bytes) * Buffers::kBatch);
  for (size_t i = 0; i < Buffers::kBatch; i++) {
    b.parts[i] = {b.data.data() + i * datagram_bytes, datagram_bytes};
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.sources[i];
    header.msg_iov = &b.parts[i];
    header.msg_iovlen = 1;
    header.msg_control = b.controls[i].bytes;
  }
}

int UdpReceiver::receive(Datagram* out, int max) {
  if (fd_ < 0 || max <= 0) return 0;
  Buffers& b = *buffers_;
  for (size_t i = 0; i < size_t(used_); i++) {
    b.headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    b.headers[i].msg_hdr.msg_controllen = Buffers::kControl;
  }
  used_ = 0;
  int count;
  do {
    count = ::recvmmsg(fd_, b.headers.data(), unsigned(std::min(max, kReceiveBatch)), MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      counters_.errors++;
      counters_.last_error = errno;
    }
    return 0;
  }
  used_ = count;
  for (size_t i = 0; i < size_t(count); i++) {
    take(b.headers[i].msg_hdr, b.sources[i], {static_cast<const uint8_t*>(b.parts[i].iov_base), b.headers[i].msg_len},
         out[i]);
  }
  return count;
}

const size_t UdpReceiver::kControlBytes = Buffers::kControl;

void UdpReceiver::take(const msghdr& header, const sockaddr_in& from, Bytes bytes, Datagram& datagram) {
  datagram.bytes = bytes;
  datagram.time_ns = 0;
  datagram.clock = ReceiveClock::none;
  datagram.destination_ip = bound_ip_;
  datagram.destination_port = port_;
  datagram.source_ip = ntohl(from.sin_addr.s_addr);
  datagram.source_port = ntohs(from.sin_port);
  datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  read_control(header, datagram);
  counters_.packets++;
  counters_.bytes += datagram.bytes.size;
  counters_.truncated += datagram.truncated;
}

void UdpReceiver::read_control(const msghdr& header, Datagram& datagram) {
  for (const cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr;
       c = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(c))) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      datagram.destination_ip = ntohl(info.ipi_addr.s_addr);
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time;
      std::memcpy(&time, CMSG_DATA(c), sizeof time);
      datagram.time_ns = int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
      datagram.clock = ReceiveClock::kernel;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
      uint32_t overflow;
      std::memcpy(&overflow, CMSG_DATA(c), sizeof overflow);
      counters_.kernel_drops += overflow - overflow_;  // in 32 bits, so a wrap is a small difference
      overflow_ = overflow;
    }
  }
}

ReceiveProblem open_udp_receivers(const ReceiveConfig& config, Receivers& out) {
  const size_t before = out.size();
  std::vector<uint16_t> left(config.groups.size());
  for (size_t i = 0; i < left.size(); i++) left[i] = uint16_t(i);
  const auto multicast = [&](uint16_t i) { return is_multicast(config.groups[i].ip); };
  // Unicast first: who shares a port is bound to all addresses, and keeps a later socket from one of them.
  std::stable_partition(left.begin(), left.end(), [&](uint16_t i) { return !multicast(i); });
  bool alone = false;
  while (!left.empty()) {
    const ReceiveGroup& first = config.groups[left.front()];
    std::vector<uint16_t> wanted;
    for (const uint16_t i : left) {
      const ReceiveGroup& g = config.groups[i];
      const bool beside = !alone && multicast(i) && multicast(left.front()) && g.port == first.port &&
                          g.lane == first.lane && wanted.size() < UdpReceiver::kGroupsMost;
      if (wanted.empty() || beside) wanted.push_back(i);
    }
    auto receiver = std::make_unique<UdpReceiver>();
    ReceiveProblem p = receiver->open(config, wanted);
    if (p.error == ReceiveError::address_in_use && wanted.size() > 1) {
      alone = true;  // a program has the port on one address: groups of our own still do
      continue;
    }
    if (p.error != ReceiveError::none) {
      out.resize(before);
      return p;
    }
    const std::vector<uint16_t>& heard = receiver->groups;
    std::erase_if(left, [&](uint16_t i) { return std::find(heard.begin(), heard.end(), i) != heard.end(); });
    out.push_back(std::move(receiver));
  }
  return {};
}

}  // namespace venuewire

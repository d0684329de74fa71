// See membership.hpp.
#include "io/membership.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

namespace venuewire {

int join_group(int fd, const ReceiveGroup& group, const NetworkInterface& interface) {
  int result;
  if (group.source != 0) {
    // Not IP_ADD_SOURCE_MEMBERSHIP: that one knows an interface by address only, and some have none.
    group_source_req request{};
    request.gsr_interface = uint32_t(interface.index);
    const sockaddr_in g = socket_address(group.ip, 0);
    const sockaddr_in s = socket_address(group.source, 0);
    std::memcpy(&request.gsr_group, &g, sizeof g);
    std::memcpy(&request.gsr_source, &s, sizeof s);
    result = ::setsockopt(fd, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
  } else {
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(group.ip);
    request.imr_address.s_addr = htonl(interface.ip);
    request.imr_ifindex = interface.index;
    result = ::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
  }
  return result == 0 ? 0 : errno;
}

int Memberships::join_one(const ReceiveGroup& group, const NetworkInterface& interface) {
  int error = ENOBUFS;
  if (!sockets_.empty()) error = join_group(sockets_.back(), group, interface);
  if (error != ENOBUFS) return error;
  // The limits of a socket (net.ipv4.igmp_max_memberships, igmp_max_msf) are reached, or there is none yet.
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return errno;
  sockets_.push_back(fd);
  return join_group(fd, group, interface);
}

ReceiveProblem Memberships::join(std::span<const ReceiveGroup> groups, const NetworkInterface& interface) {
  std::set<std::pair<uint32_t, uint32_t>> joined;
  for (const ReceiveGroup& group : groups) {
    if (!joined.emplace(group.ip, group.source).second) continue;
    const int error = join_one(group, interface);
    if (error == 0) continue;
    close();
    const bool limit = error == ENOBUFS || error == EMFILE || error == ENFILE;
    return {error == ENODEV ? ReceiveError::no_interface
            : limit         ? ReceiveError::too_many_memberships
                            : ReceiveError::system,
            error, "cannot join " + format_ipv4(group.ip) + " on " + interface.name + errno_text(error),
            limit ? "sysctl -w net.ipv4.igmp_max_memberships=256; ulimit -n 65536"
                  : "ip link set dev " + interface.name + " up multicast on"};
  }
  return {};
}

void Memberships::close() {
  for (const int fd : sockets_) ::close(fd);
  sockets_.clear();
}

ReceiveProblem choose_interface(const std::string& name, uint32_t group, NetworkInterface& out) {
  std::string wanted = name;
  if (wanted.empty()) {
    // Connecting a datagram socket sends nothing; it asks the routes.
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    const sockaddr_in to = socket_address(group, 9);
    sockaddr_in own{};
    socklen_t length = sizeof own;
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0) {
      wanted = format_ipv4(ntohl(own.sin_addr.s_addr));
    }
    if (fd >= 0) ::close(fd);
    if (wanted.empty()) {
      return {ReceiveError::no_interface, 0, "no route leads to " + format_ipv4(group),
              "name the line's interface (interface: eth1)"};
    }
  }
  const std::optional<NetworkInterface> found = find_interface(wanted);
  if (!found || found->index == 0) {
    return {ReceiveError::no_interface, 0, "no interface '" + wanted + "' here",
            "give the name or the IPv4 address of one (ip address)"};
  }
  out = *found;
  return {};
}

bool has_members(uint32_t group, const NetworkInterface& interface) {
  // An interface is one line that begins with its number; its groups follow in lines that begin with blanks, as hex in
  // the machine's own order of an address in network order.
  std::ifstream file("/proc/thread-self/net/igmp");
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    if (line[0] != '\t' && line[0] != ' ') {
      here = std::strtol(line.c_str(), nullptr, 10) == interface.index;
    } else if (here && std::strtoul(line.c_str(), nullptr, 16) == htonl(group)) {
      return true;
    }
  }
  return false;
}

ReceiveProblem prefer_busy_poll(int fd, const std::string& name) {
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, sizeof on) == 0) return {};
  const int error = errno;
  if (error == EPERM || error == EACCES) {
    return {ReceiveError::not_permitted, error,
            name + " cannot prefer busy polling" + errno_text(error) + ": the right CAP_NET_ADMIN is missing",
            grant_command("cap_net_admin") + ", or leave preferBusyPoll out"};
  }
  return {ReceiveError::not_supported, error, name + " cannot prefer busy polling" + errno_text(error),
          "leave preferBusyPoll out: it needs Linux 5.11"};
}

std::string grant_command(const char* rights) {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string program = length > 0 ? std::string(path.data(), size_t(length)) : "$(which node)";
  return std::string("setcap ") + rights + "+ep " + program;
}

std::string errno_text(int error) {
  return error == 0 ? std::string() : std::string(" (") + std::strerror(error) + ")";
}

}  // namespace venuewire

// See address.hpp.
#include "io/address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

namespace venuewire {

std::optional<uint32_t> parse_ipv4(const std::string& text) {
  in_addr address;
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string format_ipv4(uint32_t ip) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(ip >> shift & 255);
    if (shift) text += '.';
  }
  return text;
}

sockaddr_in socket_address(uint32_t ip, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  return address;
}

std::optional<NetworkInterface> find_interface(const std::string& name_or_address) {
  NetworkInterface found;
  if (name_or_address.empty()) return found;
  const std::optional<uint32_t> wanted = parse_ipv4(name_or_address);
  if (!wanted) {
    found.name = name_or_address;
    found.index = int(::if_nametoindex(name_or_address.c_str()));
    if (found.index == 0) return std::nullopt;
  }
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) == 0) {
    for (const ifaddrs* one = all; one; one = one->ifa_next) {
      if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
      sockaddr_in address;
      std::memcpy(&address, one->ifa_addr, sizeof address);
      const uint32_t ip = ntohl(address.sin_addr.s_addr);
      if (wanted ? ip != *wanted : found.name != one->ifa_name) continue;
      found.ip = ip;
      found.name = one->ifa_name;
      break;
    }
    ::freeifaddrs(all);
  }
  if (wanted) {
    // An alias may be labelled "eth0:1"; the interface is what stands before the colon.
    found.name = found.name.substr(0, found.name.find(':'));
    found.index = found.name.empty() ? 0 : int(::if_nametoindex(found.name.c_str()));
    if (found.index == 0) return std::nullopt;
  }
  return found;
}

}  // namespace venuewire

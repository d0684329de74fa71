// Numeric IPv4 addresses and network interfaces as configuration names them. Used while opening sockets, on the thread
// that opens them; it never asks a name server.
#pragma once
#include <netinet/in.h>

#include <optional>
#include <string>

#include "core/wire.hpp"

namespace venuewire {

/// "192.0.2.1" in host byte order; nothing when the text is anything else.
[[nodiscard]] std::optional<uint32_t> parse_ipv4(const std::string& text);

[[nodiscard]] std::string format_ipv4(uint32_t ip);

[[nodiscard]] inline bool is_multicast(uint32_t ip) { return ip >> 28 == 14; }

/// Both in host byte order.
[[nodiscard]] sockaddr_in socket_address(uint32_t ip, uint16_t port);

struct NetworkInterface {
  int index = 0;    // 0: the system's choice
  uint32_t ip = 0;  // 0: the interface has no IPv4 address, or the system's choice
  std::string name;
};

/// Finds an interface by name or by its own IPv4 address; an empty text is the system's choice. Nothing when this
/// machine has no such interface.
[[nodiscard]] std::optional<NetworkInterface> find_interface(const std::string& name_or_address);

}  // namespace venuewire

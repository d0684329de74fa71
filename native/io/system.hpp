// Small things that every system does in its own way, for sockets and files; `linux` and `portable` have a file each.
#pragma once
#include <sys/socket.h>

#include "io/address.hpp"
#include "io/udp_sender.hpp"

namespace venuewire {

/// Flag of send(): a peer that has gone is an error and no signal. Only for sockets of system_socket().
extern const int kNoSignal;

/// An IPv4 socket of this type (SOCK_STREAM, SOCK_DGRAM) that child processes do not inherit. −1: see errno.
[[nodiscard]] int system_socket(int type, bool nonblocking);

/// What is sent leaves by this interface, whatever the routes say. False: see errno.
[[nodiscard]] bool bind_to_interface(int fd, const NetworkInterface& interface);

/// What is sent is cut into datagrams of so many bytes. False: see errno; not every system can.
[[nodiscard]] bool cut_into_datagrams(int fd, uint16_t bytes);

/// Sends some of them, at least one; how many, or −1: see errno.
[[nodiscard]] int send_datagrams(int fd, const OutgoingDatagram* datagrams, uint32_t count);

/// Advice that a file is going to be read from its beginning to its end.
void will_read_all(int fd);

}  // namespace venuewire

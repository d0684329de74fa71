// The receive backend `socket`: ordinary UDP sockets, read in batches with recvmmsg. Linux.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "io/receiver.hpp"

namespace venuewire {

/// One socket: one unicast address and port, or up to kGroupsMost multicast groups of one port.
class UdpReceiver final : public Receiver {
 public:
  /// The kernel's default limit of memberships (net.ipv4.igmp_max_memberships); it also looks through all of them for
  /// each datagram.
  static constexpr size_t kGroupsMost = 20;

  UdpReceiver();
  ~UdpReceiver() override;
  UdpReceiver(const UdpReceiver&) = delete;
  UdpReceiver& operator=(const UdpReceiver&) = delete;

  /// `wanted`: places in `config.groups`, of one port; several must be multicast. `groups` says which of them are
  /// heard: at least the first, and fewer than all when the kernel allows one socket no more. Port 0 is the system's
  /// choice.
  [[nodiscard]] ReceiveProblem open(const ReceiveConfig& config, const std::vector<uint16_t>& wanted);
  /// All groups of the configuration.
  [[nodiscard]] ReceiveProblem open(const ReceiveConfig& config);
  void close() override;

  /// At most kReceiveBatch a call.
  [[nodiscard]] int receive(Datagram* out, int max) override;
  [[nodiscard]] int fd() const override { return fd_; }
  [[nodiscard]] const ReceiveCounters& counters() const override { return counters_; }
  [[nodiscard]] uint32_t buffer_bytes() const override { return granted_buffer_bytes_; }

  /// Room for the kernel's time, its count of losses and the destination.
  static const size_t kControlBytes;
  /// Fills in a datagram that was read from fd() in another way, and counts it. `header` has flags and control
  /// messages.
  void take(const msghdr& header, const sockaddr_in& from, Bytes bytes, Datagram& datagram);

  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  struct Buffers;

  [[nodiscard]] ReceiveProblem open_socket(const ReceiveConfig& config, const ReceiveGroup& first);
  [[nodiscard]] ReceiveProblem set_buffer(const ReceiveConfig& config, const ReceiveGroup& first);
  [[nodiscard]] ReceiveProblem bind_to(const ReceiveGroup& first, bool shared);
  [[nodiscard]] ReceiveProblem join_all(const ReceiveConfig& config, const std::vector<uint16_t>& wanted);
  [[nodiscard]] ReceiveProblem option(int level, int name, int value, const char* what, const ReceiveGroup& group);
  void make_buffers(uint32_t datagram_bytes);
  void read_control(const msghdr& header, Datagram& datagram);

  int fd_ = -1;
  uint32_t bound_ip_ = 0;  // 0: the socket hears several destinations and is told with each datagram which one it is
  uint16_t port_ = 0;
  uint32_t granted_buffer_bytes_ = 0;
  uint32_t overflow_ = 0;  // the kernel's own count, which wraps
  int used_ = 0;           // headers the last receive() changed
  std::unique_ptr<Buffers> buffers_;
  ReceiveCounters counters_;
};

/// Opens sockets for all groups of the configuration: one for each unicast address, and for multicast as few as ports,
/// lanes and the limit of memberships allow.
[[nodiscard]] ReceiveProblem open_udp_receivers(const ReceiveConfig& config, Receivers& out);

}  // namespace venuewire

// One multicast group (or unicast port) on one socket, read in batches with recvmmsg. Linux. Runs on the thread that
// polls it; it never blocks, and never allocates after open().
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "io/receiver.hpp"

namespace venuewire {

struct UdpReceiverConfig {
  std::string group = {};      // IPv4: a multicast group, or for unicast an address of this machine; empty: any
  uint16_t port = 0;           // 0: the system's choice, see UdpReceiver::port()
  std::string interface = {};  // name or IPv4 address; empty: the system's choice
  std::string source = {};     // only datagrams of this IPv4 sender are joined; empty: all
  uint32_t receive_buffer_bytes = 8u << 20;
  uint32_t busy_poll_us = 0;
  uint32_t datagram_bytes = 2048;  // buffer of one datagram, up to 65536
  // Also take datagrams sent to this machine at the same port: answers to what send_to() asked. The socket is then
  // bound to no address, and of several such sockets on one port only the last hears them.
  bool accept_unicast = false;
};

enum class UdpOpenError : uint8_t {
  none,
  bad_config,
  no_interface,
  address_in_use,
  address_not_here,
  too_many_memberships,
  not_permitted,
  no_resources,
  system,
};

class UdpReceiver final : public Receiver {
 public:
  static constexpr int kBatch = 64;

  UdpReceiver();
  ~UdpReceiver() override;
  UdpReceiver(const UdpReceiver&) = delete;
  UdpReceiver& operator=(const UdpReceiver&) = delete;

  [[nodiscard]] UdpOpenError open(const UdpReceiverConfig& config);
  void close();

  /// At most kBatch a call.
  [[nodiscard]] int receive(Datagram* out, int max) override;
  [[nodiscard]] int fd() const override { return fd_; }
  [[nodiscard]] const ReceiveCounters& counters() const override { return counters_; }

  /// Sends from this socket: some venues answer a request only to the address it came from. Host byte order. False
  /// when the datagram was not taken (see errno).
  [[nodiscard]] bool send_to(uint32_t ip, uint16_t port, Bytes bytes);

  [[nodiscard]] uint16_t port() const { return port_; }
  /// What the kernel granted, as it counts (twice the bytes asked for); compare with the configuration and warn.
  [[nodiscard]] uint32_t granted_buffer_bytes() const { return granted_buffer_bytes_; }
  [[nodiscard]] bool buffer_is_short() const { return granted_buffer_bytes_ / 2 < asked_buffer_bytes_; }
  /// After a failed open(): what happened and what to do about it, and the errno.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] int system_error() const { return system_error_; }

 private:
  struct Buffers;

  UdpOpenError fail(UdpOpenError error, int system_error, const std::string& text);
  UdpOpenError fail_call(const char* what, int system_error, const UdpReceiverConfig& config);
  UdpOpenError join(const UdpReceiverConfig& config, uint32_t group, uint32_t source);

  int fd_ = -1;
  uint16_t port_ = 0;
  uint32_t granted_buffer_bytes_ = 0;
  uint32_t asked_buffer_bytes_ = 0;
  uint32_t overflow_ = 0;  // the kernel's own count, which wraps
  int used_ = 0;           // headers the last receive() changed
  std::unique_ptr<Buffers> buffers_;
  ReceiveCounters counters_;
  std::string problem_;
  int system_error_ = 0;
};

}  // namespace venuewire

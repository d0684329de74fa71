// Sends datagrams, multicast or not, in batches where the system has them: for replaying captures, for simulators and
// for tests. Runs on the thread that owns it; it blocks while the socket's buffer is full and leaves nothing out.
#pragma once
#include <string>

#include "core/wire.hpp"

namespace venuewire {

struct UdpSenderConfig {
  std::string interface = {};  // name or IPv4 address multicast leaves by; empty: the system's choice
  uint8_t ttl = 1;
  bool loop = true;            // receivers on this machine hear it too
  uint16_t segment_bytes = 0;  // not 0: the kernel cuts what is sent into datagrams of this size (UDP_SEGMENT, udp(7))
};

struct OutgoingDatagram {
  uint32_t ip = 0;  // host byte order
  uint16_t port = 0;
  Bytes bytes;
};

enum class UdpSendError : uint8_t { none, no_interface, not_permitted, too_long, unreachable, closed, system };

class UdpSender {
 public:
  UdpSender() = default;
  ~UdpSender() { close(); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  [[nodiscard]] UdpSendError open(const UdpSenderConfig& config);
  void close();

  /// Sends them in order; on an error `sent` (when given) says how many went before it.
  [[nodiscard]] UdpSendError send(const OutgoingDatagram* datagrams, uint32_t count, uint32_t* sent = nullptr);
  [[nodiscard]] UdpSendError send(uint32_t ip, uint16_t port, Bytes bytes) {
    const OutgoingDatagram one{ip, port, bytes};
    return send(&one, 1);
  }

  [[nodiscard]] uint64_t packets() const { return packets_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] int system_error() const { return system_error_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  UdpSendError fail(UdpSendError error, int system_error, const std::string& text);

  int fd_ = -1;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  int system_error_ = 0;
  std::string problem_;
};

}  // namespace venuewire

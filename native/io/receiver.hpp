// What every live receive backend looks like to the thread that polls it. Calls are per batch, so they may be virtual;
// nothing here is shared between threads.
#pragma once
#include "core/wire.hpp"

namespace venuewire {

struct Datagram {
  Bytes bytes;                 // in the receiver's buffers, until its next receive()
  int64_t kernel_time_ns = 0;  // since the Unix epoch; 0 when the kernel gave none, as it does for the first datagrams
  uint32_t source_ip = 0;      // host byte order
  uint16_t source_port = 0;
  bool truncated = false;  // longer than the receiver's buffers
};

struct ReceiveCounters {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  // By the kernel, for want of room in the socket's buffer. It tells with the next datagram queued after the loss.
  uint64_t kernel_drops = 0;
  uint64_t truncated = 0;
  uint64_t errors = 0;
  int last_error = 0;  // errno
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Fills up to `max` datagrams without blocking; returns how many.
  [[nodiscard]] virtual int receive(Datagram* out, int max) = 0;
  /// What to wait on, readable when receive() has something.
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual const ReceiveCounters& counters() const = 0;
};

}  // namespace venuewire

// The receive backend `ioUring`: ordinary UDP sockets, of which one io_uring reads all: each has one request that goes
// on for as long as there is room (multishot recvmsg), into buffers that we provide. Linux 6.0.
#pragma once
#include "io/receiver.hpp"

namespace venuewire {

/// One receiver for all sockets of the configuration.
[[nodiscard]] ReceiveProblem open_io_uring(const ReceiveConfig& config, Receivers& out);

}  // namespace venuewire

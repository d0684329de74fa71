// Frames from the driver (AF_XDP), past the kernel's stack: an XDP program puts those of wanted groups and ports into
// memory that is shared with us, in native mode (by the driver) or generic mode (any interface). All else goes its
// usual way. What is taken here is seen by nobody else on this machine.
#pragma once
#include "io/receiver.hpp"

namespace venuewire {

/// The backend `afXdp`: one receiver for all queues of the interface.
[[nodiscard]] ReceiveProblem open_af_xdp(const ReceiveConfig& config, Receivers& out);

}  // namespace venuewire

// Frames that another program, venuewire-dpdk (native/dpdk), takes from a card with DPDK and leaves in memory that it
// shares (dpdk_layout.hpp). Frames are copied out of it before they are looked at: whatever the program does, or
// however it ends, what is read does not change under the reader.
#pragma once
#include "io/dpdk_layout.hpp"
#include "io/receiver.hpp"

namespace venuewire {

/// The backend `dpdk`: one receiver, for the ring that the lines' interface names.
[[nodiscard]] ReceiveProblem open_dpdk(const ReceiveConfig& config, Receivers& out);

/// The same for rings in another folder.
[[nodiscard]] ReceiveProblem open_dpdk_in(const std::string& directory, const ReceiveConfig& config, Receivers& out);

}  // namespace venuewire

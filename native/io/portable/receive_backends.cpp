// Live datagrams are received by Linux alone: elsewhere there is no backend, and this is what is said of it.
#include "io/receiver.hpp"

namespace venuewire {

const ReceiveBackend* find_receive_backend(std::string_view) { return nullptr; }

std::string receive_backend_names() { return "none"; }

ReceiveProblem open_receivers(const std::string& name, const ReceiveConfig&, Receivers&, ReceiveDecision& decision) {
  decision = {name, {}, {}, {}};
  return {ReceiveError::no_reception, 0, "multicast and UDP lines are received on Linux alone",
          "replay a capture, certify the venue in the simulator, or run this part on Linux"};
}

}  // namespace venuewire

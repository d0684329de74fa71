// The table of receive backends: one line each, the fastest first; and how one of them is chosen.
#include <algorithm>

#include "io/af_xdp.hpp"
#include "io/dpdk.hpp"
#include "io/io_uring.hpp"
#include "io/membership.hpp"
#include "io/packet_ring.hpp"
#include "io/receiver.hpp"
#include "io/udp_receiver.hpp"

namespace venuewire {
namespace {

constexpr ReceiveBackend kBackends[] = {
    {"dpdk", nullptr, open_dpdk},
    {"afXdp", nullptr, open_af_xdp},
    {"socket", nullptr, open_udp_receivers},
    {"ioUring", "it reads the same sockets, and no faster", open_io_uring},
    {"packetRing", "it keeps each packet for up to a millisecond", open_packet_rings},
};

constexpr std::string_view kAutomatic = "auto";

/// What AF_XDP takes, nobody else on this machine sees: that is for somebody to decide, and not for us.
ReceiveProblem taken_from_others(const ReceiveConfig& config) {
  for (const ReceiveGroup& group : config.groups) {
    NetworkInterface interface;
    if (choose_interface(config.interface, group.ip, interface).error != ReceiveError::none) continue;
    if (!has_members(group.ip, interface)) continue;
    return {ReceiveError::address_in_use, 0,
            "another program here listens to " + format_ipv4(group.ip) + " on " + interface.name +
                " and would get nothing any more",
            "name the backend (receive: afXdp) if that is wanted"};
  }
  return {};
}

ReceiveProblem try_one(const ReceiveBackend& backend, const ReceiveConfig& config, Receivers& out) {
  if (backend.not_automatic != nullptr) {
    return {ReceiveError::not_supported, 0, backend.not_automatic,
            "name it (receive: " + std::string(backend.name) + ") where that does not matter"};
  }
  if (backend.open == open_af_xdp) {
    ReceiveProblem others = taken_from_others(config);
    if (others.error != ReceiveError::none) return others;
  }
  return backend.open(config, out);
}

}  // namespace

const ReceiveBackend* find_receive_backend(std::string_view name) {
  const auto* at = std::find_if(std::begin(kBackends), std::end(kBackends),
                                [&](const ReceiveBackend& backend) { return backend.name == name; });
  return at == std::end(kBackends) ? nullptr : at;
}

std::string receive_backend_names() {
  std::string names(kAutomatic);
  for (const ReceiveBackend& b : kBackends) names += ", " + std::string(b.name);
  return names;
}

ReceiveProblem open_receivers(const std::string& name, const ReceiveConfig& config, Receivers& out,
                              ReceiveDecision& decision) {
  decision = {name, {}, {}, {}};
  const size_t before = out.size();
  const auto taken = [&](const ReceiveBackend& backend) {
    decision.backend = backend.name;
    decision.detail = out[before]->detail();
  };
  if (name != kAutomatic) {
    const ReceiveBackend* backend = find_receive_backend(name);
    if (backend == nullptr) {
      return {ReceiveError::no_backend, 0, "there is no receive backend '" + name + "'",
              "use one of " + receive_backend_names()};
    }
    ReceiveProblem problem = backend->open(config, out);
    if (problem.error == ReceiveError::none) taken(*backend);
    return problem;
  }
  ReceiveProblem last;
  for (const ReceiveBackend& backend : kBackends) {
    if (!decision.backend.empty()) {
      // What was not tried is told as well, where somebody has to name it.
      if (backend.not_automatic != nullptr)
        decision.refused.push_back({std::string(backend.name), try_one(backend, config, out)});
      continue;
    }
    last = try_one(backend, config, out);
    if (last.error == ReceiveError::none)
      taken(backend);
    else
      decision.refused.push_back({std::string(backend.name), last});
  }
  return decision.backend.empty() ? last : ReceiveProblem{};
}

}  // namespace venuewire

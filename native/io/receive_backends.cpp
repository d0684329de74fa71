// The table of receive backends: one line each.
#include "io/receiver.hpp"
#include "io/udp_receiver.hpp"

namespace venuewire {
namespace {

constexpr ReceiveBackend kBackends[] = {
    {"socket", open_udp_receivers},
};

}  // namespace

const ReceiveBackend* find_receive_backend(std::string_view name) {
  for (const ReceiveBackend& b : kBackends) {
    if (b.name == name) return &b;
  }
  return nullptr;
}

std::string receive_backend_names() {
  std::string names;
  for (const ReceiveBackend& b : kBackends) names += (names.empty() ? "" : ", ") + std::string(b.name);
  return names;
}

}  // namespace venuewire

// Group memberships for backends that take frames before the kernel's UDP does: sockets that nobody reads and that have
// no port, so that nothing is queued on them. They make the kernel answer IGMP queries and the card let the groups in.
#pragma once
#include <span>
#include <vector>

#include "io/address.hpp"
#include "io/receiver.hpp"

namespace venuewire {

/// 0, or the errno that the kernel refused the membership with.
[[nodiscard]] int join_group(int fd, const ReceiveGroup& group, const NetworkInterface& interface);

class Memberships {
 public:
  Memberships() = default;
  ~Memberships() { close(); }
  Memberships(const Memberships&) = delete;
  Memberships& operator=(const Memberships&) = delete;

  /// Joins each group once, with as many sockets as the kernel's limits ask for. On an error nothing stays joined.
  [[nodiscard]] ReceiveProblem join(std::span<const ReceiveGroup> groups, const NetworkInterface& interface);
  void close();

 private:
  [[nodiscard]] int join_one(const ReceiveGroup& group, const NetworkInterface& interface);

  std::vector<int> sockets_;
};

/// The interface that is named, or else the one that the system's routes choose for the group.
[[nodiscard]] ReceiveProblem choose_interface(const std::string& name, uint32_t group, NetworkInterface& out);

/// Whether a program on this machine, this one included, has joined the group there.
[[nodiscard]] bool has_members(uint32_t group, const NetworkInterface& interface);

/// SO_PREFER_BUSY_POLL of a socket that is polled already.
[[nodiscard]] ReceiveProblem prefer_busy_poll(int fd, const std::string& name);

/// "setcap RIGHTS+ep PROGRAM" for the program that is running.
[[nodiscard]] std::string grant_command(const char* rights);

/// " (Operation not permitted)"
[[nodiscard]] std::string errno_text(int error);

}  // namespace venuewire

// Host names looked up beside the feed thread, which must never wait for a name server. Each lookup is a thread of its
// own that nobody waits for: one that hangs outlives its resolver and touches nothing but what it shares with it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.hpp"

namespace venuewire {

class Resolver {
 public:
  /// Most lookups under way at once; further ones fail with EAI_AGAIN.
  static constexpr uint32_t kLookupsMax = 64;

  struct Answer {
    uint32_t id = 0, generation = 0;  ///< as they were given to start()
    int error = 0;                    ///< EAI_…; 0: there are addresses
    std::vector<uint32_t> addresses;  ///< IPv4, in host byte order, as the name server gave them
  };

  /// Answers wake the loop, which must be open whenever start() is called and outlive this.
  explicit Resolver(EventLoop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Looks a name up; its answer comes out of take(). Failures to begin come as answers too.
  void start(uint32_t id, uint32_t generation, const std::string& host);
  /// The next answer that has come; false: there is none.
  [[nodiscard]] bool take(Answer& answer);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace venuewire

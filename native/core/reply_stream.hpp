// The bytes of a connection, put together to packets.
#pragma once
#include <cstdint>
#include <vector>

#include "core/framing.hpp"

namespace venuewire {

class ReplyStream {
 public:
  /// stalled: the consumer has no room, packets wait here and the driver should stop reading.
  enum class State : uint8_t { waiting, reading, stalled };
  enum class Front : uint8_t { packet, more_needed, broken };

  ReplyStream(const FramingSpec& framing, uint32_t packet_bytes_max, bool used);

  [[nodiscard]] bool stalled() const { return state_ == State::stalled; }
  /// Keeps bytes that have come. False: it is stalled, and holds all that it may.
  [[nodiscard]] bool keep(Bytes bytes);
  /// What stands at the front. `packet` is valid until bytes are kept or the stream is cleared.
  [[nodiscard]] Front front(Bytes& packet) const;
  void pass(uint32_t bytes) { at_ += bytes; }

  /// False: packets are being read already, further up.
  [[nodiscard]] bool begin_reading();
  void end_reading(bool stalled);
  /// The connection is over.
  void clear();

  /// Messages of the packet at the front that have been dealt with: when it comes again they are passed over.
  uint32_t messages_done = 0;

  [[nodiscard]] uint64_t held_bytes() const { return bytes_.capacity(); }
  [[nodiscard]] static uint64_t held_bytes_max(uint32_t packet_bytes_max);

 private:
  const FramingSpec& framing_;
  uint32_t packet_bytes_max_;
  State state_ = State::waiting;
  std::vector<uint8_t> bytes_;
  uint32_t at_ = 0;
};

}  // namespace venuewire

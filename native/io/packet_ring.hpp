// Frames from a packet socket (AF_PACKET, TPACKET_V3): the kernel writes them into blocks of memory that it shares with
// us, and hands a block over when it is full or a millisecond old. The kernel's own stack goes on seeing everything.
#pragma once
#include <linux/if_packet.h>

#include <memory>
#include <span>

#include "io/frame_filter.hpp"
#include "io/membership.hpp"

namespace venuewire {

/// One frame as the card or its driver gave it.
struct RingFrame {
  Bytes bytes;            ///< from the Ethernet header on, without the outer VLAN tag; until release()
  uint32_t original = 0;  ///< length on the wire, without that tag
  int64_t time_ns = 0;
  uint32_t vlan = 0;  ///< the outer tag's type and control information, 16 bits each; 0: there was none
};

/// The ring itself: the backend below reads datagrams out of it, a recorder keeps its frames.
class PacketRing {
 public:
  PacketRing() = default;
  ~PacketRing() { close(); }
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  /// `bytes`: of the ring, at least two blocks. A frame longer than a block is cut: blocks are as long as the
  /// interface's frames ask for.
  [[nodiscard]] ReceiveProblem open(const NetworkInterface& interface, std::span<const sock_filter> filter,
                                    uint32_t bytes);
  void close();

  /// The next frame, if the kernel has handed one over.
  [[nodiscard]] bool next(RingFrame& frame);
  /// Gives back the blocks that have been read to their end.
  void release();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] uint32_t bytes() const { return block_bytes_ * blocks_; }
  /// Frames that found the ring full, as the kernel has counted them by now.
  [[nodiscard]] uint64_t drops();

 private:
  [[nodiscard]] ReceiveProblem fail(const char* what, int error, const NetworkInterface& interface);
  [[nodiscard]] ReceiveProblem map_ring(const NetworkInterface& interface, uint32_t bytes);
  [[nodiscard]] tpacket_block_desc* block(uint32_t index) const {
    return reinterpret_cast<tpacket_block_desc*>(memory_ + size_t(index) * block_bytes_);
  }

  int fd_ = -1;
  uint8_t* memory_ = nullptr;
  uint32_t block_bytes_ = 0;
  uint32_t blocks_ = 0;
  uint32_t at_ = 0;    // the block that is being read
  uint32_t read_ = 0;  // blocks before it that have not been given back
  uint32_t left_ = 0;  // frames in it
  const uint8_t* frame_ = nullptr;
  uint64_t drops_ = 0;
};

/// The backend `packetRing`: a ring for each lane.
[[nodiscard]] ReceiveProblem open_packet_rings(const ReceiveConfig& config, Receivers& out);

}  // namespace venuewire

// The memory by which venuewire-dpdk, which polls a card with DPDK, gives frames to feeds in other processes, and how
// they come by it. The program includes this as the library does; docs/receive.md says the same in words.
//
// The program listens on a Unix socket (SOCK_SEQPACKET), /run/venuewire/NAME.dpdk. Who connects is sent one
// DpdkHello with two descriptors: the memory (a memfd, sealed against shrinking), and an eventfd of its own, which is
// written to after each burst of frames. The end of the connection is the end of the program.
//
// The memory is one header and then the slots. There is one writer; it waits for no reader, and none can write. Frame p
// is in slot p mod `slots`, until frame p + `slots` is. All numbers are in the machine's byte order.
#pragma once
#include <cstddef>
#include <cstdint>

namespace venuewire {

inline constexpr const char* kDpdkDirectory = "/run/venuewire";
inline constexpr const char* kDpdkSuffix = ".dpdk";
inline constexpr char kDpdkMagic[8] = {'V', 'W', 'F', 'R', 'A', 'M', 'E', 'S'};
inline constexpr uint32_t kDpdkVersion = 1;
inline constexpr uint32_t kDpdkReadersMost = 16;
inline constexpr uint32_t kDpdkNameMost = 64;  // of a ring's name: letters, digits, '-', '_', '.', ':'
inline constexpr uint32_t kDpdkSlotsLeast = 64, kDpdkSlotsMost = 1 << 20;
inline constexpr uint32_t kDpdkSlotBytesLeast = 128, kDpdkSlotBytesMost = 16384;
inline constexpr uint32_t kDpdkDescriptors = 2;

struct DpdkHello {
  char magic[8];
  uint32_t version;
  uint32_t reserved;
};

struct DpdkHeader {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;     ///< where slot 0 begins
  uint32_t slot_bytes;       ///< a multiple of 64
  uint32_t slots;            ///< a power of two
  uint32_t interface_index;  ///< of the kernel's interface behind the port; 0: it has none
  uint32_t reserved;
  char interface[16];           ///< its name; ends with a zero
  char driver[32];              ///< as DPDK names it; ends with a zero
  alignas(64) uint64_t head;    ///< frames written so far
  alignas(64) uint64_t missed;  ///< frames that the card, its driver or the program had no room for
  uint64_t passed_over;         ///< frames that were no UDP over IPv4 to a group
  uint8_t reserved_to_end[48];
};
static_assert(sizeof(DpdkHeader) == 256 && offsetof(DpdkHeader, head) == 128 && offsetof(DpdkHeader, missed) == 192);

/// In front of each frame, which is as it was on the wire, from the Ethernet header on.
struct DpdkSlot {
  uint64_t position;  ///< p + 1; 0: being written. Who finds another one after the copy has read what was overwritten.
  int64_t taken_ns;   ///< CLOCK_REALTIME, when the program took it from the card
  uint32_t bytes;     ///< of the frame, in this slot
  uint32_t original;  ///< of the frame on the wire
};
static_assert(sizeof(DpdkSlot) == 24);

}  // namespace venuewire

// Batches: writes runs and notices into a ring in memory that JavaScript owns and reads without a crossing. One writer
// (the feed thread), one reader (a JavaScript thread). The layout is mirrored in src/feed/ring.ts.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/catalogue.hpp"
#include "core/channel.hpp"

namespace venuewire {

// Ring memory, all little-endian. Positions count 8-byte units and wrap at 2^32.
//   byte 0     u32 head      written by the core (release), read by JavaScript
//   byte 64    u32 tail      written by JavaScript, read by the core (acquire)
//   byte 128   u32 bell      1: a wake-up is on its way
//   byte 192   u32 state     FeedState
//   byte 256   u64 counters  kFeedCounters, then kChannelCounters per channel
//   data       a power of two of bytes, 64-byte aligned
inline constexpr uint32_t kHeadAt = 0, kTailAt = 64, kBellAt = 128, kStateAt = 192, kCountersAt = 256;

enum class FeedState : uint32_t { running = 0, ended = 1, failed = 2, closed = 3 };

// A record: u32 units (8 bytes each, header included), u8 kind, u8 flags, u16 channel, then by kind:
//   run     u64 sequence, i64 receive time, u32 count, u8 line, u8 origin, u16 0, then messages, each
//           u32 length, u16 type index (0xFFFF unknown), u16 offset from the run's sequence, bytes padded to 8
//   notice  u64 begin, u64 end, u64 count, i64 time, u8 code, u8 reason, u16 requester, u16 server, u16 0, u32 detail,
//           u32 0, u64 epoch high, u64 epoch low
//   packet  u64 number, i64 time, u32 source ip, u32 destination ip, u16 source port, u16 destination port,
//           u32 length, u32 flags, u32 TCP sequence number, bytes padded to 8
//           flags: bit 0 TCP, 1 truncated, 2 reassembled, 3 a file's record; 8 to 15 the TCP flags; 16 to 31 how many
//           bytes of the payload the capture left out (65535: that many or more)
enum class RecordKind : uint8_t { pad = 0, run = 1, notice = 2, packet = 3 };
inline constexpr uint8_t kRunUnsequenced = 1;
inline constexpr uint8_t kRunPacketNumbered = 2;
inline constexpr uint32_t kRunHeader = 32, kNoticeBytes = 72, kPacketHeader = 48;

/// Which messages cross: all, or some types, or some instruments. Messages without an instrument always cross.
struct Selection {
  std::vector<uint8_t> types;  ///< one byte an index; empty: all
  bool unknown = true;         ///< messages whose type the decoder does not know
  bool by_instrument = false;
  std::vector<uint64_t> instruments;  ///< keys, sorted
  std::vector<std::string> symbols;   ///< blank-padded text, sorted; keys are learnt from directory messages
  uint16_t directory_type = Catalogue::kUnknown;
  uint16_t symbol_offset = 0;
  uint8_t symbol_width = 0;
  void parse(SpecReader& r);
};

class BatchWriter : public Output {
 public:
  /// `memory` is 64-byte aligned and outlives the writer; `data_bytes` is a power of two of at least 64 KiB.
  BatchWriter(uint8_t* memory, uint32_t data_at, uint32_t data_bytes, const Catalogue& catalogue, Selection selection);

  [[nodiscard]] bool room(uint32_t bytes) override;
  [[nodiscard]] uint32_t bytes_max() const override;
  [[nodiscard]] uint32_t deliver(const Run& run, ChannelCounters& counters) override;
  void notice(const Notice& notice) override;
  /// Whether the reader has given back a good part of the ring: a writer that resumes at the first free byte would go
  /// on packet by packet, waking the reader for each.
  [[nodiscard]] bool roomy();
  struct PacketInfo {
    uint64_t number;
    int64_t time_ns;
    uint32_t source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint32_t flags;
    uint32_t tcp_sequence;
  };
  /// The payload as it is, for tools that look at packets. False: no room.
  [[nodiscard]] bool packet(const PacketInfo& info, Bytes payload);

  /// Makes what was written visible; true when the reader has to be woken.
  [[nodiscard]] bool publish();
  [[nodiscard]] bool unpublished() const { return head_ != published_ || !pending_.empty(); }
  [[nodiscard]] uint32_t unpublished_bytes() const { return (head_ - published_) * 8; }
  void set_state(FeedState state);
  /// The reader has taken everything.
  [[nodiscard]] bool drained() const;
  [[nodiscard]] uint32_t data_bytes() const { return capacity_ * 8; }

 private:
  [[nodiscard]] uint32_t free_units();
  [[nodiscard]] bool room_units(uint64_t need);
  [[nodiscard]] uint8_t* reserve(uint32_t units);
  void write_notice(const Notice& n);
  [[nodiscard]] bool wanted(uint16_t index, Bytes message);
  void learn(Bytes message);
  template <bool kSelect, typename Walk>
  uint32_t write_run(const Run& run, Walk walk, ChannelCounters& counters);

  uint8_t* memory_;
  uint8_t* data_;
  uint32_t capacity_;  // units
  uint32_t head_ = 0, published_ = 0, tail_seen_ = 0;
  const Catalogue& catalogue_;
  Selection selection_;
  bool select_ = false;
  std::vector<Notice> pending_;
};

}  // namespace venuewire

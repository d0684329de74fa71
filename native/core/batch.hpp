// Batches: writes runs and notices into a ring in memory that JavaScript owns and reads without a crossing. One writer
// (the feed thread), one reader (a JavaScript thread). The layout is declared in native/contract.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/catalogue.hpp"
#include "core/channel.hpp"
#include "core/instrument_set.hpp"

namespace venuewire {

/// Which messages cross: all, or some types, or some instruments. Messages without an instrument always cross.
struct Selection {
  std::vector<uint8_t> types;  ///< one byte an index; empty: all
  bool unknown = true;         ///< messages whose type the decoder does not know
  bool by_instrument = false;
  std::vector<uint64_t> instruments;  ///< keys
  std::vector<std::string> symbols;   ///< blank-padded text, sorted; keys are learnt from directory messages
  uint16_t directory_type = Catalogue::kUnknown;
  uint16_t symbol_offset = 0;
  uint8_t symbol_width = 0;
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
  /// False: the tail is one that no reader has written; room will never come.
  [[nodiscard]] bool tail_possible();
  struct PacketInfo {
    uint64_t number;
    int64_t time_ns;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint32_t flags;
    uint32_t tcp_sequence;
  };
  /// The payload as it is, for tools that look at packets. False: no room.
  [[nodiscard]] bool packet(const PacketInfo& info, Bytes payload);

  /// From now on the stages of what is published are stamped by `clock`. Null: they are not.
  void stamp_by(int64_t (*clock)());
  [[nodiscard]] bool stamping() const { return clock_ != nullptr; }
  /// A datagram is about to be looked at. Its stages are told behind the first messages that it brings, which have its
  /// `receive_ns`; the feed's thread has it since `had_ns`, and the kernel since `kernel_ns`, or 0.
  void stamp(int64_t receive_ns, int64_t had_ns, int64_t kernel_ns, StampClock clock) {
    stamps_ = {true, receive_ns, had_ns, kernel_ns, clock};
  }
  /// It has been: what is delivered from now on is not its.
  void stamp_over() { stamps_.wanted = false; }

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
  [[nodiscard]] uint32_t write(const Run& run, ChannelCounters& counters);
  [[nodiscard]] bool wanted(uint16_t index, Bytes message);
  void learn(Bytes message);
  struct Written;
  /// What is asked of a message before it is written: nothing, its type alone, or all that a selection can say.
  enum class Select : uint8_t { all, types, any };
  template <Select kSelect, typename Walk, typename Types>
  uint8_t* write_messages(const Run& run, Walk& walk, Types types, uint8_t* p, Written& out);
  template <Select kSelect, typename Walk>
  uint32_t write_run(const Run& run, ChannelCounters& counters);
  template <typename Walk>
  uint32_t write_selected(const Run& run, ChannelCounters& counters);

  uint8_t* memory_;
  uint8_t* data_;
  uint32_t capacity_;  // units
  uint32_t head_ = 0, published_ = 0, tail_seen_ = 0;
  const Catalogue& catalogue_;
  Selection selection_;
  InstrumentSet instruments_;
  Select select_ = Select::all;
  std::vector<Notice> pending_;
  struct Stamps {
    bool wanted = false;
    int64_t run_ns = 0, had_ns = 0, kernel_ns = 0;
    StampClock clock = StampClock::own;
  };
  void write_stamps(int64_t arbitrate_ns, int64_t decode_ns);
  int64_t (*clock_)() = nullptr;
  Stamps stamps_;
  std::vector<StampsRecord*> stamped_;  // not published yet: when they are is not known
};

}  // namespace venuewire

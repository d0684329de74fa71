// Snapshots that come on lines: one turn of a loop that repeats the state, or the state that follows a request. It is
// put together in order from all lines that carry it, from its beginning on; one joined midway is passed over, one that
// lost a packet on every line is given up and the next one taken.
#pragma once
#include <cstdint>
#include <vector>

#include "core/work.hpp"

namespace venuewire {

class SnapshotCycle {
 public:
  /// begun: nothing of it has come yet, its numbers may go on or begin again.
  enum class State : uint8_t { none, begun, running };

  /// `work` says which channel the snapshot is for, and what it has to close.
  explicit SnapshotCycle(const Work& work);

  /// One packet of a line. True: with it a snapshot is whole, and the channel has taken it.
  [[nodiscard]] bool packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival);
  void stop() { state_ = State::none; }
  [[nodiscard]] bool under_way() const { return state_ != State::none; }
  /// Which actions packets have led to, as bits.
  [[nodiscard]] uint32_t actions_seen() const { return actions_seen_; }

  [[nodiscard]] uint64_t held_bytes() const;
  [[nodiscard]] static uint64_t held_bytes_max(const RequesterSpec& spec);

 private:
  /// A rule that a packet or one of its messages meets.
  struct Mark {
    const ReplyRule* rule;
    Bytes at;
    uint32_t index;  ///< of the message
  };
  struct Late {
    uint64_t sequence;
    Arrival arrival;
    std::vector<uint8_t> bytes;
  };
  /// A packet on its way through the marks. `given`: messages before it have been dealt with.
  struct Passage {
    const FramingSpec& framing;
    const Packet& packet;
    const Arrival& arrival;
    uint32_t messages;
    uint32_t given = 0;
  };
  struct Turn {
    uint64_t next = 0;      // number that continues it
    uint64_t identity = 0;  // of the packet that began it
    int64_t begin_send_ns = 0, last_send_ns = 0;
    uint32_t lines = 0;      // those that have shown its beginning
    uint32_t strangers = 0;  // beginnings on other lines since
    bool numbered = false;
    uint64_t least = 0, greatest = 0;
    bool total_known = false;
    uint64_t total = 0, items = 0;
    bool keyed = false;
    uint64_t first_key = 0;
  };

  [[nodiscard]] bool find_marks(const FramingSpec& framing, const Packet& packet, uint32_t& messages);
  [[nodiscard]] bool can_begin_here() const;
  [[nodiscard]] bool arbitrate(const Passage& p);
  [[nodiscard]] bool continues(const Passage& p) const;
  [[nodiscard]] bool same_beginning(const Passage& p);
  [[nodiscard]] bool of_this_cycle(const Passage& p) const;
  [[nodiscard]] bool keep_late(const Passage& p);
  [[nodiscard]] bool take_late(const FramingSpec& framing);
  // In order: each true when a snapshot is whole and taken.
  [[nodiscard]] bool in_order(Passage p);
  [[nodiscard]] bool meet(Passage& p, size_t mark);
  [[nodiscard]] bool meet_begin(Passage& p, size_t mark);
  [[nodiscard]] bool meet_item(Passage& p, size_t mark);
  [[nodiscard]] bool meet_end(Passage& p, const Mark& mark);
  [[nodiscard]] bool complete(int64_t now_ns);
  void give(Passage& p, uint32_t to);
  [[nodiscard]] bool begin(const Passage& p, size_t mark, bool marked);
  void note_number(const Passage& p, const Mark& mark);
  void note_item_number(uint64_t item, uint64_t first);
  void lose(Reason why, int64_t now_ns);
  void drop_late();
  [[nodiscard]] bool too_old_already(size_t mark) const;

  const RequesterSpec& spec_;
  const Work& work_;
  bool has_begin_rule_ = false, has_end_rule_ = false;
  uint32_t actions_seen_ = 0;
  State state_ = State::none;
  Turn turn_;
  std::vector<ItemNumber> item_numbers_;  // when items have a count of their own
  std::vector<Mark> marks_;               // of the packet that is read
  std::vector<Late> late_;                // packets behind one that a line lost and another may still bring
  size_t late_bytes_ = 0;
};

}  // namespace venuewire

#include "core/batch.hpp"

#include <algorithm>
#include <new>

namespace venuewire {

namespace {

using C = ChannelCounter;

std::atomic_ref<uint32_t> word(uint8_t* memory, uint32_t at) {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory + at));
}

// Records are made in the ring itself, laid out as the contract says: one that was built elsewhere in pieces would be
// copied as a whole, and the processor waits for the pieces.
constexpr uint32_t kNoticeUnits = sizeof(NoticeRecord) / kUnitBytes;
constexpr uint32_t kStampsUnits = sizeof(StampsRecord) / kUnitBytes;
/// Datagrams whose stages are told of one publication: some batches of receivers.
constexpr size_t kStampedMost = 1024;

/// Worst growth of wire bytes in the ring: a message of one byte that is its own length or delimiter takes sixteen.
constexpr uint64_t kGrowth = 16;
constexpr size_t kPendingMax = 1024;   // notices that wait for room
constexpr uint32_t kSlackUnits = 512;  // kept free for notices
constexpr uint32_t kShort = 48;        // bytes copied at once

constexpr uint32_t run_units(uint32_t wire_bytes) {
  return uint32_t((uint64_t(wire_bytes) * kGrowth + sizeof(RunRecord) + kShort) / 8 + 1);
}

/// Bytes of a message of at most kShort that may not be read beyond: pieces that overlap, all of one size, so that
/// nothing has to be guessed.
void copy_exactly(uint8_t* to, const uint8_t* from, uint32_t size) {
  constexpr uint32_t kPiece = kShort / 3;
  if (size < kPiece) [[unlikely]] {
    std::memcpy(to, from, size);
    return;
  }
  const uint32_t middle = std::min(kPiece, size - kPiece);
  std::memcpy(to, from, kPiece);
  std::memcpy(to + middle, from + middle, kPiece);
  std::memcpy(to + size - kPiece, from + size - kPiece, kPiece);
}

}  // namespace

BatchWriter::BatchWriter(uint8_t* memory, uint32_t data_at, uint32_t data_bytes, const Catalogue& catalogue,
                         Selection selection)
    : memory_(memory),
      data_(memory + data_at),
      capacity_(data_bytes / 8),
      catalogue_(catalogue),
      selection_(std::move(selection)) {
  instruments_ = InstrumentSet(selection_.instruments);
  std::sort(selection_.symbols.begin(), selection_.symbols.end());
  if (selection_.by_instrument || !selection_.unknown) {
    select_ = Select::any;
  } else if (!selection_.types.empty()) {
    select_ = Select::types;
    for (uint8_t& kept : selection_.types) kept = kept != 0;
  }
  pending_.reserve(256);
  word(memory_, kContractAt).store(kContract, std::memory_order_release);
}

uint32_t BatchWriter::free_units() {
  const uint32_t used = head_ - tail_seen_;
  // A tail that no reader can have written leaves no room: nothing is ever written outside the ring.
  return used <= capacity_ ? capacity_ - used : 0;
}

bool BatchWriter::room(uint32_t bytes) { return room_units(uint64_t(run_units(bytes)) + kSlackUnits); }

uint32_t BatchWriter::bytes_max() const {
  // Half the ring, so that it fits wherever the ring's end lies.
  return uint32_t((uint64_t(capacity_ / 2 - kSlackUnits - 1) * 8 - sizeof(RunRecord) - kShort) / kGrowth);
}

bool BatchWriter::room_units(uint64_t need) {
  const auto enough = [&] {
    const uint32_t to_end = capacity_ - (head_ & (capacity_ - 1));
    // A run is contiguous: what is left before the ring's end may have to be skipped.
    const uint64_t skipped = to_end < need ? to_end : 0;
    return free_units() >= need + skipped;
  };
  if (enough() && pending_.empty()) [[likely]]
    return true;
  tail_seen_ = word(memory_, kTailAt).load(std::memory_order_acquire);
  size_t told = 0;
  while (told < pending_.size() && free_units() > kSlackUnits / 4) write_notice(pending_[told++]);
  pending_.erase(pending_.begin(), pending_.begin() + long(told));
  return enough() && pending_.empty();
}

bool BatchWriter::tail_possible() {
  return head_ - word(memory_, kTailAt).load(std::memory_order_acquire) <= capacity_;
}

bool BatchWriter::roomy() {
  tail_seen_ = word(memory_, kTailAt).load(std::memory_order_acquire);
  return free_units() >= capacity_ / 2;
}

uint8_t* BatchWriter::reserve(uint32_t units) {
  const uint32_t at = head_ & (capacity_ - 1);
  if (capacity_ - at < units) {
    uint8_t* pad = data_ + size_t(at) * 8;
    ::new (pad) RecordHead{.units = capacity_ - at, .kind = uint8_t(RecordKind::pad), .flags = 0, .channel = 0};
    head_ += capacity_ - at;
  }
  return data_ + size_t(head_ & (capacity_ - 1)) * 8;
}

bool BatchWriter::wanted(uint16_t index, Bytes message) {
  if (index == Catalogue::kUnknown) return selection_.unknown;
  if (!selection_.types.empty() && !(index < selection_.types.size() && selection_.types[index])) return false;
  if (!selection_.by_instrument) return true;
  uint64_t key;
  if (!catalogue_.instrument(index, message, key) || key == 0) return true;
  return instruments_.has(key);
}

/// A directory message ties a symbol to the key that later messages carry.
void BatchWriter::learn(Bytes message) {
  if (!message.holds(selection_.symbol_offset, selection_.symbol_width)) return;
  const auto* p = reinterpret_cast<const char*>(message.data + selection_.symbol_offset);
  const std::string symbol(p, selection_.symbol_width);
  uint64_t key;
  if (!std::binary_search(selection_.symbols.begin(), selection_.symbols.end(), symbol) ||
      !catalogue_.instrument(selection_.directory_type, message, key)) {
    return;
  }
  instruments_.add(key);
}

/// Which message it is, and whether it can be: the general way, and the one for types of one byte.
struct ByCatalogue {
  static constexpr bool kHasQuick = false;
  const Catalogue& catalogue;
  [[nodiscard]] uint16_t index(Bytes message) const { return catalogue.classify(message); }
  [[nodiscard]] bool too_short(uint16_t index, Bytes message) const {
    return catalogue.check_length(index, message.size) == Catalogue::LengthCheck::too_short;
  }
};
struct ByOneByte {
  static constexpr bool kHasQuick = true;
  Catalogue::ByType types;
  /// Of a message that has bytes behind it which may be read: of an unknown type none is long enough.
  [[nodiscard]] const Catalogue::ByType::Entry& quick(Bytes message) const {
    return types.entries[message.data[types.at]];
  }
  [[nodiscard]] uint16_t index(Bytes message) const {
    return message.size < types.bytes ? Catalogue::kUnknown : types.entries[message.data[types.at]].index;
  }
  [[nodiscard]] bool too_short(uint16_t, Bytes message) const {
    return message.size < types.entries[message.data[types.at]].length_min;
  }
};

/// What has become of a run's messages.
struct BatchWriter::Written {
  uint32_t walked = 0, written = 0, left_out = 0, faults = 0, unknown = 0;
};

template <BatchWriter::Select kSelect, typename Walk, typename Types>
uint8_t* BatchWriter::write_messages(const Run& run, Walk& walk, const Types types, uint8_t* p, Written& out) {
  const uint8_t* const body_end = run.body.data + run.body.size;
  const uint32_t take = run.take;
  uint32_t walked = 0, left_out = 0, faults = 0, unknown = 0;
  // What most messages are: short, not the packet's last, of a known type and long enough for it.
  constexpr bool kQuick = kSelect != Select::any && Walk::kHasQuick && Types::kHasQuick;
  const uint8_t* const kept = selection_.types.data();
  const auto kinds = uint32_t(selection_.types.size());
  Bytes message;
  while (walked < take) {
    bool found = false;
    if constexpr (kQuick) {
      if (walk.next_within(kShort, message)) [[likely]] {
        const Catalogue::ByType::Entry& type = types.quick(message);
        if (message.size >= type.length_min) [[likely]] {
          ::new (p) MessageHead{.length = message.size, .type = type.index, .offset = uint16_t(walked)};
          std::memcpy(p + sizeof(MessageHead), message.data, kShort);
          const uint32_t bytes = sizeof(MessageHead) + ((message.size + 7) & ~7u);
          walked++;
          if constexpr (kSelect == Select::types) {
            // Written in any case, and gone past or written over: which it is cannot be guessed.
            const uint32_t keep = type.index < kinds ? kept[type.index] : 0;
            p += bytes & (0 - keep);
            left_out += 1 - keep;
          } else {
            p += bytes;
          }
          continue;
        }
        found = true;
      }
    }
    if (!found && !walk.next(message)) break;
    uint16_t index = types.index(message);
    if (index == Catalogue::kUnknown) [[unlikely]] {
      unknown++;
    } else if (types.too_short(index, message)) [[unlikely]] {
      index = Catalogue::kUnknown;
      faults++;
    }
    if constexpr (kSelect != Select::all) {
      if (index == selection_.directory_type && index != Catalogue::kUnknown) learn(message);
      if (!wanted(index, message)) {
        walked++;
        left_out++;
        continue;
      }
    }
    ::new (p) MessageHead{.length = message.size, .type = index, .offset = uint16_t(walked)};
    p += sizeof(MessageHead);
    // Most messages are short and not the packet's last: a copy of fixed size has no branch to mispredict. What it
    // writes past the message lies in space reserved for this run, what it reads past it in the packet.
    if (message.size > kShort) [[unlikely]] {
      std::memcpy(p, message.data, message.size);
    } else if (body_end - message.data >= int64_t(kShort)) [[likely]] {
      std::memcpy(p, message.data, kShort);
    } else {
      copy_exactly(p, message.data, message.size);
    }
    p += (message.size + 7) & ~7u;
    walked++;
  }
  out = {walked, walked - left_out, left_out, faults, unknown};
  return p;
}

template <BatchWriter::Select kSelect, typename Walk>
uint32_t BatchWriter::write_run(const Run& run, ChannelCounters& counters) {
  Walk walk(*run.framing, run.body);
  uint8_t* const start = reserve(run_units(run.body.size));
  Bytes message;
  for (uint32_t skip = run.skip; skip > 0; skip--) {
    if (walk.next(message)) continue;
    if (walk.bounded_by_packet()) return run.take == kCountUnknown ? 0 : run.take;  // inside what nobody can part
    counters[C::malformed]++;
    return 0;
  }
  Written w;
  uint8_t* const messages = start + sizeof(RunRecord);
  const Catalogue::ByType types = catalogue_.by_type();
  const uint8_t* const p = types.entries != nullptr && types.bytes <= kShort
                               ? write_messages<kSelect>(run, walk, ByOneByte{types}, messages, w)
                               : write_messages<kSelect>(run, walk, ByCatalogue{catalogue_}, messages, w);
  if (walk.bounded_by_packet() && run.take != kCountUnknown) [[unlikely]] {
    // What is behind a message of unknown length cannot be parted: it is in that message, to the packet's end.
    w.unknown += run.take - w.walked;
    w.walked = run.take;
  }
  if (walk.malformed() || (run.take != kCountUnknown && w.walked < run.take)) w.faults++;
  if ((w.faults | w.unknown | w.left_out) != 0) [[unlikely]] {
    counters[C::malformed] += w.faults;
    counters[C::unknownMessages] += w.unknown;
    counters[C::selectedOut] += w.left_out;
  }
  counters[run.origin == Origin::snapshot ? C::snapshotMessages : C::messages] += w.written;
  if (w.written == 0) return w.walked;
  const bool numbered = run.framing->numbering == Numbering::packet;
  const uint32_t units = uint32_t(p - start) / 8;
  ::new (start)
      RunRecord{.units = units,
                .kind = uint8_t(RecordKind::run),
                .flags = uint8_t((run.unsequenced ? kRunUnsequenced : 0) | (numbered ? kRunPacketNumbered : 0)),
                .channel = run.channel,
                .sequence = run.sequence,
                .receive_time = run.receive_ns,
                .count = w.written,
                .line = run.line,
                .origin = uint8_t(run.origin),
                .reserved = 0};
  head_ += units;
  return w.walked;
}

void BatchWriter::stamp_by(int64_t (*clock)()) {
  clock_ = clock;
  stamped_.reserve(kStampedMost);
}

uint32_t BatchWriter::deliver(const Run& run, ChannelCounters& counters) {
  // What was held has the time of the datagram that brought it.
  if (!stamps_.wanted || run.origin != Origin::live || run.receive_ns != stamps_.run_ns) [[likely]]
    return write(run, counters);
  stamps_.wanted = false;
  const int64_t arbitrate_ns = clock_();
  const uint32_t walked = write(run, counters);
  write_stamps(arbitrate_ns, clock_());
  return walked;
}

uint32_t BatchWriter::write(const Run& run, ChannelCounters& counters) {
  return run.framing->block16 ? write_selected<Block16Walk>(run, counters) : write_selected<MessageWalk>(run, counters);
}

template <typename Walk>
uint32_t BatchWriter::write_selected(const Run& run, ChannelCounters& counters) {
  switch (select_) {
    case Select::all:
      return write_run<Select::all, Walk>(run, counters);
    case Select::types:
      return write_run<Select::types, Walk>(run, counters);
    case Select::any:
      return write_run<Select::any, Walk>(run, counters);
  }
  return 0;
}

void BatchWriter::write_notice(const Notice& n) {
  ::new (reserve(kNoticeUnits)) NoticeRecord{.units = kNoticeUnits,
                                             .kind = uint8_t(RecordKind::notice),
                                             .flags = 0,
                                             .channel = n.channel,
                                             .begin = n.begin,
                                             .end = n.end,
                                             .count = n.count,
                                             .time = n.time_ns,
                                             .code = uint8_t(n.code),
                                             .reason = uint8_t(n.reason),
                                             .requester = n.requester,
                                             .server = n.server,
                                             .sender_port = n.sender.port,
                                             .detail = n.detail,
                                             .sender_ip = n.sender.ip,
                                             .session_high = n.session.high,
                                             .session_low = n.session.low};
  head_ += kNoticeUnits;
}

void BatchWriter::notice(const Notice& n) {
  constexpr uint32_t need = 2 * kNoticeUnits;
  if (free_units() < need + kNoticeUnits) tail_seen_ = word(memory_, kTailAt).load(std::memory_order_acquire);
  // Order is kept: nothing overtakes a notice that waits.
  if (!pending_.empty() || free_units() < need + kNoticeUnits) {
    if (pending_.size() < kPendingMax) {
      pending_.push_back(n);
      return;
    }
    // A reader who does not read: from here on it is told how many notices it has missed.
    Notice& last = pending_.back();
    if (last.code != NoticeType::slowConsumer) {
      const Notice first_missed = last;
      last = Notice{};
      last.code = NoticeType::slowConsumer;
      last.channel = first_missed.channel;
      last.time_ns = first_missed.time_ns;
      last.count = 1;
    }
    last.count++;
    return;
  }
  write_notice(n);
}

bool BatchWriter::packet(const PacketInfo& info, Bytes payload) {
  const uint32_t units = (uint32_t(sizeof(PacketRecord)) + payload.size + 7) / 8;
  if (!room_units(uint64_t(units) + kSlackUnits)) return false;
  uint8_t* p = reserve(units);
  ::new (p) PacketRecord{.units = units,
                         .kind = uint8_t(RecordKind::packet),
                         .flags = 0,
                         .channel = 0,
                         .number = info.number,
                         .time = info.time_ns,
                         .source_high = load_uint(info.source, 8, false),
                         .source_low = load_uint(info.source + 8, 8, false),
                         .destination_high = load_uint(info.destination, 8, false),
                         .destination_low = load_uint(info.destination + 8, 8, false),
                         .source_port = info.source_port,
                         .destination_port = info.destination_port,
                         .length = payload.size,
                         .packet_flags = info.flags,
                         .tcp_sequence = info.tcp_sequence};
  if (payload.size != 0) std::memcpy(p + sizeof(PacketRecord), payload.data, payload.size);
  head_ += units;
  return true;
}

/// Where the reader has left no room for it, nothing is told of this datagram.
void BatchWriter::write_stamps(int64_t arbitrate_ns, int64_t decode_ns) {
  if (free_units() < kSlackUnits || stamped_.size() == kStampedMost) return;
  stamped_.push_back(::new (reserve(kStampsUnits)) StampsRecord{.units = kStampsUnits,
                                                                .kind = uint8_t(RecordKind::stamps),
                                                                .flags = 0,
                                                                .channel = 0,
                                                                .kernel = stamps_.kernel_ns,
                                                                .receive = stamps_.had_ns,
                                                                .arbitrate = arbitrate_ns,
                                                                .decode = decode_ns,
                                                                .ring = 0,
                                                                .clock = uint64_t(stamps_.clock)});
  head_ += kStampsUnits;
}

bool BatchWriter::publish() {
  if (!pending_.empty()) (void)room(0);
  if (head_ == published_) return false;
  if (!stamped_.empty()) {
    const int64_t now = clock_();
    for (StampsRecord* record : stamped_) record->ring = now;
    stamped_.clear();
  }
  // Release: the records are complete before the head covers them. Sequentially consistent with the bell, so that
  // either the reader sees this head or we see that it has put the bell down.
  word(memory_, kHeadAt).store(head_, std::memory_order_seq_cst);
  published_ = head_;
  return word(memory_, kBellAt).exchange(1, std::memory_order_seq_cst) == 0;
}

void BatchWriter::set_state(FeedState state) {
  // Sequentially consistent with the count of waiters, as the head is: a waiter is woken or sees the state.
  word(memory_, kStateAt).store(uint32_t(state), std::memory_order_seq_cst);
}

bool BatchWriter::drained() const {
  return word(memory_, kTailAt).load(std::memory_order_acquire) == published_ && head_ == published_ &&
         pending_.empty();
}

}  // namespace venuewire

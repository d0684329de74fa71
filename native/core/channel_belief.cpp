// Who is believed. One packet can be damaged, forged, or meant for somebody else: what contradicts the present count
// waits here until enough packets agree, and is then taken with all that was kept of it.
#include <algorithm>
#include <utility>

#include "core/channel.hpp"

namespace venuewire {

namespace {
using C = ChannelCounter;

constexpr int64_t kFirstAloneNs = 100'000'000;   // a first packet that nothing contradicts for so long is believed
constexpr int64_t kCopyAgeNs = 5'000'000'000;    // a copy on the same line that is older is no copy of it
constexpr uint32_t kContradictionsMin = 2;       // packets that are no copies, in a rising row
constexpr uint32_t kOldNumbersMin = 8;           // packets of numbers that were passed, in a rising row
constexpr uint32_t kOldNumbersInterleaved = 64;  // … when new numbers came between the first of them
constexpr uint32_t kKeptPackets = 64;
constexpr uint32_t kMarks = 512;
constexpr uint32_t kMarkedBytes = 24;
constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ull;  // 2^64 divided by the golden ratio

/// Some of the bytes: enough to tell two packets of messages with times in them apart.
uint64_t mark_of(Bytes b) {
  uint64_t h = b.size * kOdd;
  if (b.size >= kMarkedBytes) [[likely]] {
    // Independent of each other, so that they are computed side by side.
    h += load_uint(b.data, 8, false) * 0xBF58476D1CE4E5B9ull;
    h ^= load_uint(b.data + 8, 8, false) * 0x94D049BB133111EBull;
    h += load_uint(b.data + 16, 8, false) * 0xD6E8FEB86659FD93ull;
    h ^= load_uint(b.data + b.size - 8, 8, false) * 0xA0761D6478BD642Full;
    return h ^ h >> 32;
  }
  for (uint32_t i = 0; i < b.size; i++) h = (h ^ b.data[i]) * kOdd;
  return h;
}

size_t place_of(uint64_t first) { return size_t((first * kOdd) >> 55) % kMarks; }

}  // namespace

uint64_t Channel::belief_bytes_max() {
  return 2 * kDatagramMax + 2 * kKeptPackets * sizeof(Kept) + kMarks * sizeof(PacketMark);
}

void Channel::prepare_belief() { belief_.marks.resize(kMarks); }

/// How many numbers one wire number is behind another, around the wrap where there is one.
uint64_t Channel::numbers_ahead(uint64_t from, uint64_t to) const {
  if (framing_.wrap_max == ~0ull) return to >= from ? to - from : ~0ull;
  const uint64_t period = framing_.wrap_max - framing_.wrap_first + 1;
  return to >= from ? (to - from) % period : period - (from - to) % period;
}

/// Whether a wire number stands near those of another packet, so that both mean the same count.
bool Channel::is_near(uint64_t number, uint64_t begin, uint64_t next) const {
  return numbers_ahead(begin, number) <= spec_.jump_max || numbers_ahead(next, number) <= spec_.jump_max ||
         numbers_ahead(number, begin) <= spec_.window_packets;
}

/// Whether a packet of live numbers may be taken as it says.
bool Channel::is_believed(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                          const Arrival& arrival) {
  if (arrival.origin != Origin::live || arrival.connected || arrival.line >= kLinesMax) return true;
  if (!started()) {
    return first_agrees(framing, packet, packet.sequence, wire(first + count), arrival, true);
  }
  if (belief_.replaying || first + count > next_) return true;
  return !starts_over(framing, packet, first, count, arrival);
}

// ── the first number ─────────────────────────────────────────────────────────────────────────────────────────────

/// A first number needs a second packet, of any line, or a heartbeat that agrees. A few that contradict each other wait
/// side by side. `keeps`: the packet has something to deliver. True: the count has begun.
bool Channel::first_agrees(const FramingSpec& framing, const Packet& packet, uint64_t begin, uint64_t next,
                           const Arrival& arrival, bool keeps) {
  for (uint32_t i = 0; i < belief_.firsts_count; i++) {
    const FirstSeen& f = belief_.firsts[i];
    if (!(f.session == packet.session) || !is_near(begin, f.begin, f.next)) continue;
    begin_with(i, arrival.now_ns);
    return true;
  }
  if (belief_.claim.of != Claim::Of::first_number) {
    drop_claim();
    belief_.claim.of = Claim::Of::first_number;
    belief_.claim.since_ns = arrival.now_ns;
    look_after();
  }
  if (belief_.firsts_count == kFirsts || !keeps_more(packet)) {
    const int64_t since_ns = belief_.claim.since_ns;
    drop_claim();
    belief_.claim.of = Claim::Of::first_number;
    belief_.claim.since_ns = since_ns;
  }
  if (keeps) keep_for_claim(framing, packet, arrival, 1);
  belief_.firsts[belief_.firsts_count++] = {packet.session, begin, next,
                                            keeps ? uint32_t(belief_.kept.list.size()) : 0};
  return false;
}

void Channel::begin_with(uint32_t which, int64_t now_ns) {
  const FirstSeen first = belief_.firsts[which];
  KeptPackets kept = take_claim();
  counters_[C::implausible] += kept.list.size() - (first.kept != 0 ? 1 : 0);
  if (first.kept == 0) {
    kept.list.clear();
  } else {
    kept.list = {kept.list[first.kept - 1]};
  }
  if (framing_.session_width != 0 && !spec_.session_fixed) session_ = first.session;
  start_at(linear(first.begin), now_ns);
  replay(std::move(kept), now_ns);
}

int64_t Channel::first_due_ns() const {
  return belief_.claim.of == Claim::Of::first_number ? belief_.claim.since_ns + kFirstAloneNs : INT64_MAX;
}

void Channel::believe_first(int64_t now_ns) {
  if (belief_.firsts_count != 0 && !started()) begin_with(belief_.firsts_count - 1, now_ns);
}

// ── another session ──────────────────────────────────────────────────────────────────────────────────────────────

/// Counts a packet of another session; true when so many of them have come that it is the one.
bool Channel::session_agrees(const FramingSpec& framing, const Packet& packet, uint64_t end, const PastSession* past,
                             uint32_t needed, const Arrival& arrival) {
  if (belief_.claim.of != Claim::Of::session || !(belief_.claim.session == packet.session)) {
    drop_claim();
    belief_.claim.of = Claim::Of::session;
    belief_.claim.session = packet.session;
  } else if (past != nullptr && end <= belief_.claim.next) {
    counters_[C::otherSession]++;  // the other line's copy
    return false;
  }
  belief_.claim.next = end;
  belief_.claim.packets++;
  keep_for_claim(framing, packet, arrival, 1);
  return belief_.claim.packets >= needed;
}

// ── the same session from an old number ──────────────────────────────────────────────────────────────────────────

/// Whether a packet of numbers that have been passed repeats what was delivered. `contradicts`: it has the number of a
/// packet of this line, and says something else.
bool Channel::is_copy(const Packet& packet, uint64_t first, uint64_t count, const Arrival& arrival,
                      bool& contradicts) const {
  const PacketMark& m = belief_.marks[place_of(first)];
  contradicts = false;
  if (m.first != first || m.count != uint32_t(count)) return false;
  if (m.mark != mark_of(packet.body)) {
    contradicts = m.line == arrival.line;
    return false;
  }
  return m.line != arrival.line || arrival.receive_ns - m.receive_ns < kCopyAgeNs;
}

/// A line that goes back and then rises through old numbers, while no line brings new ones, shows that the count has
/// begun again (or that it had been led astray). True: it has, and the packets of the run have been taken.
bool Channel::starts_over(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                          const Arrival& arrival) {
  LineTrace& t = belief_.traces[arrival.line];
  const uint64_t end = first + count;
  const bool far_back = next_ - end > spec_.jump_max;
  if (first >= t.end && !far_back) {
    t.end = end;  // it is behind the other line
    t.running = false;
    return false;
  }
  const bool goes_on = t.running && first >= t.run_next && first - t.run_next <= spec_.window_packets;
  if (!goes_on || t.advances != belief_.advances) {
    t.interleaved = goes_on;
    t.running = true;
    t.run_packets = t.contradictions = 0;
    t.advances = belief_.advances;
  }
  t.run_next = end;
  bool contradicts = false;
  const bool copy = is_copy(packet, first, count, arrival, contradicts);
  if (contradicts) t.contradictions++;
  // One late datagram may hold many packets: they rise together and show nothing.
  const bool same_datagram = framing.many_packets && arrival.receive_ns == t.counted_ns;
  if (!copy && !same_datagram) {
    t.run_packets++;
    t.counted_ns = arrival.receive_ns;
  }
  keep_old(framing, packet, first, count, arrival);
  const uint32_t needed = t.interleaved ? kOldNumbersInterleaved : kOldNumbersMin;
  if (t.contradictions < kContradictionsMin && t.run_packets < needed) return false;
  return start_over(arrival);
}

/// Keeps a packet of numbers that were passed, of whichever line, until a new number comes.
void Channel::keep_old(const FramingSpec& framing, const Packet& packet, uint64_t first, uint64_t count,
                       const Arrival& arrival) {
  const bool of_restart = belief_.claim.of == Claim::Of::restart;
  if (of_restart && (belief_.claim.next != belief_.advances || !keeps_more(packet))) drop_claim();
  if (belief_.claim.of == Claim::Of::nothing) {
    belief_.claim.of = Claim::Of::restart;
    belief_.claim.next = belief_.advances;
  }
  if (belief_.claim.of == Claim::Of::restart) keep_for_claim(framing, packet, arrival, count, first);
}

/// The count begins again with what was kept: at its least number, or, where the beginning was lost, at the first.
bool Channel::start_over(const Arrival& arrival) {
  if (belief_.claim.of != Claim::Of::restart || belief_.kept.list.empty()) return false;
  uint64_t begin = ~0ull;
  for (const Kept& k : belief_.kept.list) begin = std::min(begin, k.first);
  const uint64_t origin = linear(framing_.wrap_first);
  // Numbers that were given up and come now: a leap had been believed that was none.
  const bool led_astray = begin >= belief_.given_up_begin && begin < belief_.given_up_end;
  const bool beginning_lost = !led_astray && begin > origin && begin - origin <= spec_.window_packets;
  const uint64_t before = highest_;
  const uint64_t next = wire(beginning_lost ? origin : begin);
  if (!switch_session(session_, next, NoticeType::reset, arrival.now_ns, false)) return false;
  resets_.highest_before = before;
  resets_.count++;
  shows_present_count(arrival.line);
  counters_[C::duplicates] += belief_.kept.list.back().numbers;  // as those before it had been
  take_restart(arrival.now_ns);
  return true;
}

/// The packets that were kept belong to the count that has begun; the lines that brought them have shown it.
void Channel::take_restart(int64_t now_ns) {
  if (belief_.claim.of != Claim::Of::restart) return;
  for (const Kept& k : belief_.kept.list) {
    shows_present_count(k.arrival.line);
    counters_[C::duplicates] -= k.numbers;  // what they had seemed to be
  }
  replay(take_claim(), now_ns);
}

/// Whether a line rises through the numbers of the old count, while another one brings those of the present.
bool Channel::goes_on_as_before(const Packet& packet, uint64_t first, const Arrival& arrival) {
  LineTrace& t = belief_.traces[arrival.line];
  if (t.end == 0 || first < t.end || first >= resets_.highest_before + spec_.window_packets) return false;
  const PacketMark& m = belief_.marks[place_of(first)];
  if (m.first == first && m.mark == mark_of(packet.body)) return false;  // a copy of what the present count brought
  if (t.advances != belief_.advances) t.run_packets = 0;
  t.advances = belief_.advances;
  if (++t.run_packets > kOldCountPackets) return false;
  t.end = first;
  return true;
}

// ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────

void Channel::note_advance(Bytes body, uint64_t first, uint64_t end, const Arrival& arrival) {
  if (arrival.origin != Origin::live || arrival.line >= kLinesMax) return;
  belief_.advances++;
  LineTrace& t = belief_.traces[arrival.line];
  t.end = std::max(t.end, end);
  belief_.marks[place_of(first)] = {first, mark_of(body), arrival.receive_ns, uint32_t(end - first), arrival.line};
  if (belief_.claim.of == Claim::Of::session) [[unlikely]]
    belief_.claim.packets = 0;  // the present session goes on
}

bool Channel::keeps_more(const Packet& packet) const {
  return belief_.kept.list.size() < kKeptPackets && belief_.kept.bytes.size() + packet.whole.size <= kDatagramMax;
}

void Channel::keep_for_claim(const FramingSpec& framing, const Packet& packet, const Arrival& arrival, uint64_t numbers,
                             uint64_t first) {
  if (!keeps_more(packet)) {
    const Claim claim = belief_.claim;
    drop_claim();
    belief_.claim = claim;
  }
  belief_.kept.list.push_back(
      {&framing, uint32_t(belief_.kept.bytes.size()), packet.whole.size, arrival, numbers, first});
  belief_.kept.bytes.insert(belief_.kept.bytes.end(), packet.whole.data, packet.whole.data + packet.whole.size);
}

/// Nothing came of it: its packets are counted for what they are now. (Old numbers had been at once.)
void Channel::drop_claim() {
  if (belief_.claim.of == Claim::Of::first_number) counters_[C::implausible] += belief_.kept.list.size();
  if (belief_.claim.of == Claim::Of::session) counters_[C::otherSession] += belief_.kept.list.size();
  belief_.claim = Claim{};
  belief_.firsts_count = 0;
  belief_.kept.list.clear();
  belief_.kept.bytes.clear();
}

Channel::KeptPackets Channel::take_claim() {
  belief_.claim = Claim{};
  belief_.firsts_count = 0;
  return std::exchange(belief_.kept, KeptPackets{});
}

void Channel::replay(KeptPackets kept, int64_t now_ns) {
  belief_.replaying = true;
  for (const Kept& k : kept.list) {
    Packet packet;
    uint32_t consumed;
    Arrival arrival = k.arrival;
    arrival.now_ns = now_ns;
    sender_ = arrival.sender;
    if (read_packet(*k.framing, Bytes{kept.bytes.data() + k.at, k.size}, packet, consumed) == FrameStatus::ok)
      take_packet(*k.framing, packet, arrival);
  }
  belief_.replaying = false;
}

// ── what exists ──────────────────────────────────────────────────────────────────────────────────────────────────

void Channel::note_existing(uint64_t first, uint64_t end, const Arrival& arrival) {
  if (!started() || arrival.origin != Origin::live || end <= highest_ || end < first) return;
  if (end - first > spec_.jump_max || !is_plausible(first, end, arrival.now_ns)) return;
  raise_highest(end, arrival.now_ns);
}

/// The header states more bytes than there are: its whole messages are taken, the others exist.
void Channel::take_cut_packet(const FramingSpec& framing, const Packet& packet, const Arrival& arrival) {
  counters_[C::malformed]++;
  uint64_t whole = 0;
  if (framing.numbering == Numbering::message) {
    MessageWalk walk(framing, packet.body);
    Bytes message;
    while (whole < packet.count && walk.next(message) && !walk.bounded_by_packet()) whole++;
  }
  const uint64_t stated = packet.count == kCountUnknown ? whole + 1 : std::max<uint64_t>(packet.count, 1);
  if (whole != 0 && is_believed(framing, packet, linear(packet.sequence), whole, arrival)) {
    take_data(framing, packet.body, linear(packet.sequence), whole, arrival);
  }
  if (framing.numbering == Numbering::none) return;
  const uint64_t first = linear(packet.sequence);
  note_existing(first, first + stated, arrival);
}

}  // namespace venuewire

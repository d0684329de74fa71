// What the batch writer puts into the ring: every byte in its reserved space, every record readable, notices in order
// and bounded, selection before the crossing.
#include "core/batch.hpp"

#include <cstdlib>
#include <set>
#include <span>

#include "fuzz/random.hpp"
#include "test/scenario.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;

/// A ring whose data ends where its allocation ends: a write past the end is then found by the address sanitizer.
class Rig {
 public:
  explicit Rig(uint32_t data_bytes = 65536, Selection selection = {}, FramingSpec f = moldudp64())
      : framing(std::move(f)), data_at((kCountersAt + 8 * (kFeedCounters + kChannelCounters) + 63) / 64 * 64) {
    memory = static_cast<uint8_t*>(std::aligned_alloc(64, data_at + data_bytes));
    std::memset(memory, 0, data_at + data_bytes);
    units = data_bytes / 8;
    writer = std::make_unique<BatchWriter>(memory, data_at, data_bytes, catalogue, std::move(selection));
  }
  ~Rig() { std::free(memory); }

  FramingSpec framing;
  Catalogue catalogue;
  uint8_t* memory;
  uint32_t data_at, units;
  uint64_t counts[kChannelCounters] = {};
  ChannelCounters counters{counts};
  std::unique_ptr<BatchWriter> writer;
  uint32_t tail = 0;
  Origin origin = Origin::live;

  uint64_t operator[](C c) { return counts[uint32_t(c)]; }
  uint32_t word(uint32_t at) const {
    uint32_t v;
    std::memcpy(&v, memory + at, 4);
    return v;
  }
  /// False: there was no room.
  bool deliver(Bytes body, uint64_t sequence = 1, uint32_t skip = 0, uint32_t take = kCountUnknown) {
    if (!writer->room(body.size)) return false;
    const Run run{&framing, body, skip, take, sequence, 7, 0, 0, origin, false};
    last = writer->deliver(run, counters);
    return true;
  }
  bool deliver(const Buffer& datagram, uint64_t sequence = 1) {
    const Buffer body(datagram.begin() + 20, datagram.end());
    return deliver(view(body), sequence);
  }
  void notice(uint64_t begin) {
    Notice n;
    n.code = NoticeType::gapOpened;
    n.begin = begin;
    n.end = begin + 1;
    n.count = 1;
    writer->notice(n);
  }
  /// Reads what is published, as src/feed/batch.ts does.
  std::string read(uint32_t most_units = ~0u) {
    (void)writer->publish();
    std::string out;
    const uint32_t head = word(kHeadAt);
    const uint8_t* data = memory + data_at;
    const uint32_t from = tail;
    while (tail != head && tail - from < most_units) {
      const uint32_t at = tail & (units - 1);
      const uint8_t* p = data + size_t(at) * 8;
      const uint32_t size = uint32_t(load_uint(p, 4, false));
      const uint32_t kind = p[4];
      if (!CHECK(size != 0 && at + size <= units && size <= head - tail)) return out + " broken";
      if (kind == uint32_t(RecordKind::run)) {
        const uint64_t sequence = load_uint(p + 8, 8, false);
        const uint8_t* m = p + sizeof(RunRecord);
        for (uint32_t n = uint32_t(load_uint(p + 24, 4, false)); n > 0; n--) {
          const uint32_t length = uint32_t(load_uint(m, 4, false));
          const uint64_t offset = load_uint(m + 6, 2, false);
          out += std::string(" ") + std::to_string(sequence + offset) + "=" +
                 std::string(reinterpret_cast<const char*>(m + 8), length);
          m += 8 + (length + 7) / 8 * 8;
        }
        CHECK(m == p + size * 8);
      } else if (kind == uint32_t(RecordKind::notice)) {
        out += std::string(" ") + name_of(NoticeType(p[40])) + std::to_string(load_uint(p + 8, 8, false));
        if (NoticeType(p[40]) == NoticeType::slowConsumer) out += "x" + std::to_string(load_uint(p + 24, 8, false));
      } else if (kind == uint32_t(RecordKind::packet)) {
        out +=
            " packet" + std::to_string(load_uint(p + 60, 4, false)) + "@" + std::to_string(load_uint(p + 68, 4, false));
      } else if (kind == uint32_t(RecordKind::stamps)) {
        out += " stamps";
        for (uint32_t field = 8; field < 48; field += 8) out += " " + std::to_string(load_uint(p + field, 8, false));
        out += std::string(" ") + (StampClock(p[48]) == StampClock::kernel ? "kernel" : "other");
      } else {
        CHECK(kind == uint32_t(RecordKind::pad));
      }
      tail += size;
    }
    std::memcpy(memory + kTailAt, &tail, 4);
    return out;
  }
  uint32_t last = 0;
};

SCENARIO("a run's messages can be read back with their numbers and bytes") {
  Rig r;
  CHECK(r.deliver(mold("DAY1", 5, 3, {"five", "", "a message longer than eight bytes"}), 5));
  CHECK_LOG(r.read(), " 5=five 6= 7=a message longer than eight bytes");
  CHECK(r.last == 3 && r[C::messages] == 3);
}

SCENARIO("passes over what is not wanted of a packet") {
  Rig r;
  const Buffer d = mold("DAY1", 5, 4, {"5", "6", "7", "8"});
  const Buffer body(d.begin() + 20, d.end());
  CHECK(r.deliver(view(body), 6, 1, 2));
  CHECK_LOG(r.read(), " 6=6 7=7");
  CHECK(r.last == 2);
  CHECK(r.deliver(view(body), 20, 9, 1));  // more to pass over than there is
  CHECK(r.last == 0);
  CHECK_LOG(r.read(), "");
}

SCENARIO("a length that leads past the packet ends the run and is counted") {
  Rig r;
  Buffer d = mold("DAY1", 1, 2, {"one", "two"});
  d[20 + 5 + 1] = 200;
  CHECK(r.deliver(d));
  CHECK_LOG(r.read(), " 1=one");
  CHECK(r.last == 1 && r[C::malformed] == 1);
  d.resize(20 + 5 + 1);
  CHECK(r.deliver(d));
  CHECK(r.last == 1 && r[C::malformed] == 2);
}

SCENARIO("records wrap around the ring's end and stay whole") {
  Rig r;
  uint64_t n = 1;
  for (int round = 0; round < 3000; round++) {
    CHECK(r.deliver(mold_data(n, 3), n));
    const std::string expected = std::string(" ") + std::to_string(n) + "=" + std::to_string(n) + " " +
                                 std::to_string(n + 1) + "=" + std::to_string(n + 1) + " " + std::to_string(n + 2) +
                                 "=" + std::to_string(n + 2);
    CHECK_LOG(r.read(), expected);
    n += 3;
  }
}

SCENARIO("without room nothing is written, and what was written stays") {
  Rig r;
  uint64_t n = 1;
  while (r.deliver(mold("DAY1", n, 1, {std::to_string(n) + std::string(900, '.')}), n)) n++;
  CHECK(n > 20);
  while (r.deliver(mold("DAY1", n, 1, {std::to_string(n) + "."}), n)) n++;
  const std::string all = r.read();
  for (uint64_t i = 1; i < n; i++)
    CHECK(all.find(std::string(" ") + std::to_string(i) + "=" + std::to_string(i) + ".") != std::string::npos);
  CHECK(r.deliver(mold_data(n, 1), n));
}

SCENARIO("notices that find no room wait, in order and ahead of later data") {
  Rig r;
  uint64_t n = 1;
  while (r.deliver(mold("DAY1", n, 1, {std::string(900, '.')}), n)) n++;
  for (uint64_t i = 0; i < 200; i++) r.notice(1000 + i);
  CHECK(!r.deliver(mold_data(n, 1), n));
  std::string all;
  for (int i = 0; i < 200 && r.writer->unpublished(); i++) all += r.read();
  CHECK(r.deliver(mold_data(7777, 1), 7777));
  all += r.read();
  size_t at = 0;
  for (uint64_t i = 0; i < 200; i++) {
    at = all.find(" gapOpened" + std::to_string(1000 + i), at);
    if (!CHECK(at != std::string::npos)) return;
  }
  CHECK(all.find(" 7777=7777", at) != std::string::npos);
}

SCENARIO("a reader who does not read costs bounded memory and is told how many notices it missed") {
  Rig r;
  uint64_t n = 1;
  while (r.deliver(mold("DAY1", n, 1, {std::string(900, '.')}), n)) n++;
  for (uint64_t i = 0; i < 100'000; i++) r.notice(i);
  std::string all;
  uint64_t told = 0;
  for (int i = 0; i < 1000 && r.writer->unpublished(); i++) all += r.read();
  for (size_t at = all.find(" gapOpened"); at != std::string::npos; at = all.find(" gapOpened", at + 1)) told++;
  const size_t slow = all.find(" slowConsumer0x");
  CHECK(slow != std::string::npos && told > 100 && told < 3000);
  CHECK(told + std::stoull(all.substr(slow + 15)) == 100'000);
  r.notice(5);
  CHECK_LOG(r.read(), " gapOpened5");
}

SCENARIO("the bell is rung once until the reader puts it down") {
  Rig r;
  CHECK(r.deliver(mold_data(1, 1)));
  CHECK(r.writer->publish());
  CHECK(!r.writer->publish());  // nothing new
  CHECK(r.deliver(mold_data(2, 1), 2));
  CHECK(!r.writer->publish());  // rung already
  std::memset(r.memory + kBellAt, 0, 4);
  CHECK(r.deliver(mold_data(3, 1), 3));
  CHECK(r.writer->publish());
  CHECK(!r.writer->drained());
  r.read();
  CHECK(r.writer->drained());
}

SCENARIO("there is room at once in an empty ring for every run up to the longest, wherever its end lies") {
  Rig r;
  const uint32_t most = r.writer->bytes_max();
  CHECK(most >= 1500);
  for (uint32_t i = 0; i < 2000; i++) {
    CHECK(r.deliver(mold_data(1, 1)));
    r.read();
    if (!CHECK(r.writer->room(most))) return;
  }
}

SCENARIO("packets as they are take no more room than their bytes") {
  Rig r;
  const Buffer payload(20'000, 'x');
  BatchWriter::PacketInfo info{1, 2, {3}, {4}, 5, 6, 0, 7};
  for (int i = 0; i < 50; i++) {
    CHECK(r.writer->packet(info, view(payload)));
    CHECK_LOG(r.read(), " packet20000@7");
  }
  CHECK(r.writer->packet(info, {}));
  CHECK_LOG(r.read(), " packet0@7");
}

// ── selection ────────────────────────────────────────────────────────────────────────────────────────────────────

/// `D`irectory and `Q`uote, 11 bytes each: type, u16 key, eight bytes of text. As src/layout/catalogue.ts compiles it.
Buffer compiled_catalogue() {
  Buffer b;
  const auto little = [&](uint64_t v, uint32_t width) {
    b.resize(b.size() + width);
    store_uint(b.data() + b.size() - width, v, width, false);
  };
  const auto text = [&](const std::string& t) {
    little(t.size(), 2);
    put(b, t);
  };
  little(kContract, 4);
  text("hand-made");
  for (const auto& [v, width] : {std::pair<uint64_t, uint32_t>{1, 4},
                                 {0, 2},
                                 {1, 1},
                                 {1, 1},
                                 {0, 1},
                                 {0, 1},
                                 {1, 2},
                                 {0, 2},
                                 {0, 1},
                                 {0, 1},
                                 {0, 2},  // no schema version
                                 {0, 1},
                                 {0, 1},
                                 {0, 4},
                                 {2, 4}}) {
    little(v, width);
  }
  for (const char type : {'D', 'Q'}) {
    text(std::string(1, type));
    for (const auto& [v, width] : {std::pair<uint64_t, uint32_t>{11, 4},
                                   {11, 4},
                                   {1, 4},
                                   {uint64_t(type), 2},
                                   {1, 1},
                                   {1, 4},
                                   {2, 4},
                                   {0, 1},
                                   {1, 1},
                                   {0, 2},  // the key
                                   {0, 1},
                                   {11, 4},
                                   {3, 4},
                                   {3, 4}}) {
      little(v, width);
    }
    for (const auto& [at, size] : {std::pair<uint32_t, uint32_t>{0, 1}, {1, 2}, {3, 8}}) {
      for (const auto& [v, width] : {std::pair<uint64_t, uint32_t>{0, 1},
                                     {at, 4},
                                     {size, 4},
                                     {0xFFFF, 2},
                                     {0, 1},
                                     {1, 1},
                                     {0, 4},
                                     {0, 1},
                                     {0, 8}}) {
        little(v, width);
      }
    }
  }
  return b;
}

std::string typed(char type, uint16_t key, const std::string& text) {
  std::string m(1, type);
  m += char(key >> 8);
  m += char(key);
  return m + (text + "        ").substr(0, 8);
}

void give_catalogue(Rig& r) {
  const Buffer compiled = compiled_catalogue();
  SpecReader reader(view(compiled));
  CHECK(r.catalogue.parse(reader) && r.catalogue.message_count() == 2);
}

/// The texts that crossed, with their numbers.
std::string crossing(Rig& r, uint64_t first, const std::vector<std::string>& messages) {
  CHECK(r.deliver(mold("DAY1", first, uint32_t(messages.size()), messages), first));
  std::string out;
  const std::string all = r.read();
  for (size_t at = all.find('='); at != std::string::npos; at = all.find('=', at + 1)) {
    const size_t from = all.rfind(' ', at) + 1;
    out += std::string(out.empty() ? "" : " ") + all.substr(from, at - from) + all.substr(at + 1, 1);
  }
  return out;
}

SCENARIO("leaves out types that were not asked for, and keeps the numbers of the rest") {
  Selection unknown;
  unknown.unknown = false;
  Rig r(65536, unknown);
  CHECK(r.deliver(mold_data(1, 3)));
  CHECK_LOG(r.read(), "");
  CHECK(r.last == 3 && r[C::selectedOut] == 3 && r[C::unknownMessages] == 3);

  Selection quotes;
  quotes.types = {0, 1};
  Rig q(65536, quotes);
  give_catalogue(q);
  CHECK_LOG(crossing(q, 7, {typed('D', 1, "ONE"), typed('Q', 1, ""), "?", typed('Q', 2, "")}), "8Q 9? 10Q");
  CHECK(q[C::selectedOut] == 1 && q[C::messages] == 3);
}

SCENARIO("counts of a snapshot what crosses, not what the selection leaves out") {
  Selection quotes;
  quotes.types = {0, 1};
  Rig r(65536, quotes);
  give_catalogue(r);
  r.origin = Origin::snapshot;
  CHECK_LOG(crossing(r, 7, {typed('D', 1, "ONE"), typed('Q', 1, ""), "?", typed('Q', 2, "")}), "8Q 9? 10Q");
  CHECK(r[C::selectedOut] == 1 && r[C::snapshotMessages] == 3 && r[C::messages] == 0);
}

SCENARIO("leaves out other instruments; what has none crosses") {
  Selection s;
  s.by_instrument = true;
  s.instruments = {2, 5};
  Rig r(65536, s);
  give_catalogue(r);
  CHECK_LOG(crossing(r, 1, {typed('Q', 1, ""), typed('Q', 2, ""), typed('Q', 0, ""), typed('Q', 5, ""), "?"}),
            "2Q 3Q 4Q 5?");
}

int64_t stamp_clock = 0;

SCENARIO("stages of each datagram that brought something are told once, behind its messages, and only when asked for") {
  Rig r;  // whose runs were received at 7
  CHECK(r.deliver(mold("DAY1", 1, 1, {"one"}), 1));
  CHECK_LOG(r.read(), " 1=one");
  stamp_clock = 100;
  r.writer->stamp_by([] { return stamp_clock += 10; });
  r.writer->stamp(7, 60, 50, StampClock::kernel);  // of a copy, which brings nothing
  r.writer->stamp(7, 95, 90, StampClock::kernel);
  CHECK(r.deliver(mold("DAY1", 2, 1, {"two"}), 2));
  r.writer->stamp(7, 95, 0, StampClock::own);
  CHECK(r.deliver(mold("DAY1", 3, 1, {"three"}), 3));
  CHECK(r.deliver(mold("DAY1", 4, 1, {"four"}), 4));  // its second packet
  CHECK_LOG(r.read(), " 2=two stamps 90 95 110 120 150 kernel 3=three stamps 0 95 130 140 150 other 4=four");
  r.writer->stamp(8, 95, 90, StampClock::kernel);  // what comes now was held since 7
  CHECK(r.deliver(mold("DAY1", 5, 1, {"five"}), 5));
  r.writer->stamp(7, 95, 90, StampClock::kernel);
  r.writer->stamp_over();  // … or is let go by a timer
  CHECK(r.deliver(mold("DAY1", 6, 1, {"six"}), 6));
  r.origin = Origin::recovery;
  r.writer->stamp(7, 95, 90, StampClock::kernel);
  CHECK(r.deliver(mold("DAY1", 7, 1, {"seven"}), 7));
  CHECK_LOG(r.read(), " 5=five 6=six 7=seven");
}

SCENARIO("a set of instruments has what was added to it, however far apart, and nothing else") {
  fuzz::Random random{7};
  std::vector<uint64_t> keys;
  std::set<uint64_t> expected;
  for (int i = 0; i < 50'000; i++) {
    // Close together, far apart, and at the ends.
    const uint64_t near = random.below(100'000), far = random.next();
    const uint64_t key = i % 3 == 0 ? far : i % 3 == 1 ? near : i % 2 ? UINT64_MAX - near : near << 32;
    keys.push_back(key);
    expected.insert(key);
  }
  InstrumentSet set{std::span<const uint64_t>(keys).first(keys.size() / 2)};
  for (const uint64_t key : std::span<const uint64_t>(keys).subspan(keys.size() / 2)) set.add(key);
  for (const uint64_t key : keys) CHECK(set.has(key));
  for (int i = 0; i < 100'000; i++) {
    const uint64_t key = i % 2 ? random.next() : random.below(200'000);
    CHECK(set.has(key) == expected.contains(key));
  }
  CHECK(!InstrumentSet().has(0));
}

SCENARIO("learns an instrument's key from the directory message that has its symbol") {
  Selection s;
  s.by_instrument = true;
  s.symbols = {"TWO     "};
  s.directory_type = 0;
  s.symbol_offset = 3;
  s.symbol_width = 8;
  Rig r(65536, s);
  give_catalogue(r);
  CHECK_LOG(
      crossing(r, 1,
               {typed('Q', 2, ""), typed('D', 1, "ONE"), typed('D', 2, "TWO"), typed('Q', 1, ""), typed('Q', 2, "")}),
      "3D 5Q");
  // The same symbol under another key: both are its.
  CHECK_LOG(crossing(r, 6, {typed('D', 9, "TWO"), typed('Q', 9, ""), typed('Q', 2, "")}), "6D 7Q 8Q");
}

SCENARIO("a message shorter than its table crosses as unknown and is counted") {
  Rig r;
  give_catalogue(r);
  CHECK_LOG(crossing(r, 1, {"Q..", typed('Q', 1, "")}), "1Q 2Q");
  CHECK(r[C::malformed] == 1);
}

// ── the reserved space ───────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("no packet of any framing, however cut, is written outside of its reserved space") {
  uint64_t state = 88172645463325252ull;
  const auto random = [&](uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  for (int round = 0; round < 400; round++) {
    FramingSpec f;
    switch (round % 5) {
      case 0:  // delimiters
        f.message_delimiter = 3;
        break;
      case 1:  // a one-byte length that counts itself and is part of the message
        f.message_length = be(0, 1);
        break;
      case 2:  // a one-byte length that counts neither itself
        f.message_length = be(0, 1);
        f.message_length_add = 1;
        f.message_prefix = 1;
        break;
      case 3:
        f = moldudp64();
        break;
      default:  // aligned, with a trailer
        f.message_length = be(0, 2);
        f.message_length_add = 3;
        f.message_prefix = 2;
        f.message_trailer = 1;
        f.message_align = 4;
        break;
    }
    Rig r(65536, {}, f);
    for (int i = 0; i < 60; i++) {
      Buffer body(1 + random(r.writer->bytes_max()));
      const uint64_t shape = random(4);
      for (uint8_t& b : body) {
        b = shape == 0 ? 3 : shape == 1 ? 1 : shape == 2 ? uint8_t(random(4)) : uint8_t(random(256));
      }
      if (!r.deliver(view(body))) {
        r.read(uint32_t(random(8192)));
        continue;
      }
      if (random(3) == 0) r.read(uint32_t(random(8192)));
    }
    r.read();
  }
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

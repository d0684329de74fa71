// Columns out of a ring: what is written is what a slow reading of the same records says, and whatever a ring, a
// message or a specification claims, nothing outside of them is read or written (sanitizers watch). Random rings by
// seed. usage: columns_test [SEEDS] [FIRST-SEED]
#include "core/columns.hpp"

#include <cstdlib>
#include <string>

#include "fuzz/random.hpp"
#include "test/catalogue_builder.hpp"
#include "test/check.hpp"

using namespace venuewire;

namespace {

using fuzz::Buffer;

constexpr uint16_t kFixed = 0, kGrouped = 1, kRecords = 0xFFFF;
constexpr uint8_t kMessage = 0, kEntry = 1, kSequence = 2, kMessageAt = 8;
constexpr uint8_t kUint = 0, kInt = 1;
constexpr uint8_t kI64 = 3, kU16 = 5, kU32 = 6, kU64 = 7, kF64 = 9;
constexpr uint32_t kLeastFixed = 11;

CatalogueWriter& column(CatalogueWriter& w, uint8_t source, uint8_t wire, uint8_t dtype, uint32_t at, uint8_t size,
                        bool big) {
  return w.u8(source).u8(wire).u8(dtype).u32(at).u8(size).u8(big).u32(0).u8(0).u64(0).u8(0);
}

/// Tables of `small`: fixed (a lane), grouped's entries with where they stood, and grouped with sequence numbers.
CatalogueWriter columns_of_small() {
  CatalogueWriter w;
  w.u16(1).u32(3);
  w.u16(kFixed).u8(0).u32(0).u32(4);
  column(w, kMessage, kUint, kU16, 1, 2, true);
  column(w, kMessage, kInt, kI64, 3, 8, false);
  column(w, kMessage, kUint, kF64, 3, 4, true);
  column(w, kMessage, kUint, kU32, 8, 3, true);
  w.u16(kGrouped).u8(0).u32(1).u16(3).u32(3);
  column(w, kEntry, kUint, kU16, 0, 2, true);
  column(w, kMessage, kUint, kU16, 1, 2, true);
  column(w, kMessageAt, kUint, kU32, 0, 4, false);
  w.u16(kGrouped).u8(0).u32(0).u32(1);
  column(w, kSequence, kUint, kU64, 0, 8, false);
  return w;
}

/// A ring whose data ends where its allocation ends, and cells that end where theirs do.
class Rig {
 public:
  explicit Rig(const CatalogueWriter& spec, uint32_t rows = 4096, uint32_t units = 1024) : units_(units) {
    const CatalogueWriter table = catalogue_builder::small(true);
    SpecReader reader(table.bytes());
    CHECK(catalogue.parse(reader));
    ring.resize(units * kUnitBytes);
    SpecReader columns(spec.bytes());
    sound = writer.parse(columns, &catalogue);
    if (!sound) return;
    cells.resize(writer.tables());
    for (size_t t = 0; t < writer.tables(); t++) {
      for (size_t c = 0; c < writer.columns(t); c++) {
        cells[t].push_back(std::make_unique<uint8_t[]>(size_t(rows) * writer.cell_bytes(t, c)));
        bits.push_back(std::make_unique<uint8_t[]>(rows / 8 + 1));
        writer.memory(t, c, cells[t].back().get(), bits.back().get());
      }
      writer.capacity(t, rows);
    }
  }
  /// A run of these messages. False: the ring is full.
  bool write(const std::vector<Buffer>& messages, uint64_t sequence) {
    size_t bytes = sizeof(RunRecord);
    for (const Buffer& m : messages) bytes += sizeof(MessageHead) + (m.size() + 7) / 8 * 8;
    if (head + bytes / kUnitBytes > units_) return false;
    uint8_t* p = ring.data() + size_t(head) * kUnitBytes;
    const RunRecord run{.units = uint32_t(bytes / kUnitBytes),
                        .kind = uint8_t(RecordKind::run),
                        .flags = 0,
                        .channel = 0,
                        .sequence = sequence,
                        .receive_time = 5,
                        .count = uint32_t(messages.size()),
                        .line = 0,
                        .origin = 0,
                        .reserved = 0};
    std::memcpy(p, &run, sizeof run);
    p += sizeof run;
    for (uint32_t i = 0; i < messages.size(); i++) {
      const Buffer& m = messages[i];
      const uint16_t type = m.empty() ? Catalogue::kUnknown : catalogue.classify({m.data(), uint32_t(m.size())});
      const MessageHead h{.length = uint32_t(m.size()), .type = type, .offset = uint16_t(i)};
      std::memcpy(p, &h, sizeof h);
      if (!m.empty()) std::memcpy(p + sizeof h, m.data(), m.size());
      p += sizeof h + (m.size() + 7) / 8 * 8;
    }
    head += run.units;
    return true;
  }
  ColumnWriter::Taken take() { return writer.take(ring.data(), units_ - 1, 0, head); }
  template <class Cell>
  Cell cell(size_t table, size_t column, uint32_t row) const {
    Cell value;
    std::memcpy(&value, cells[table][column].get() + size_t(row) * sizeof value, sizeof value);
    return value;
  }

  Catalogue catalogue;
  ColumnWriter writer;
  Buffer ring;
  std::vector<std::vector<std::unique_ptr<uint8_t[]>>> cells;
  std::vector<std::unique_ptr<uint8_t[]>> bits;
  uint32_t head = 0;
  bool sound = false;

 private:
  uint32_t units_;
};

/// Messages of both kinds, unknown ones, and those that are cut or lie about what is in them.
Buffer some_message(fuzz::Random& random) {
  Buffer m;
  const bool fixed = random.one_in(2);
  const uint32_t entries = random.below(5), text = random.below(9);
  const uint32_t size = fixed ? kLeastFixed + random.below(3) : 3 + 2 * entries + text;
  for (uint32_t i = 0; i < size; i++) m.push_back(uint8_t(random.next()));
  m[0] = fixed ? 'A' : 'G';
  if (!fixed) {
    m[1] = uint8_t(entries);
    m[2] = uint8_t(text);
  }
  if (random.one_in(4)) fuzz::mutate(m, random);
  return m;
}

struct Slow {
  std::vector<Buffer> fixed;
  std::vector<uint64_t> entries, sequences;
  uint32_t short_fixed = 0, broken_grouped = 0, short_grouped = 0, others = 0;
};

uint64_t big(const Buffer& m, size_t at, uint32_t size) { return load_uint(m.data() + at, size, true); }

void read_slowly(const Buffer& m, uint64_t sequence, Slow& slow) {
  if (m.empty() || (m[0] != 'A' && m[0] != 'G' && m[0] != 'g')) {
    slow.others++;
  } else if (m[0] == 'A') {
    m.size() < kLeastFixed ? void(slow.short_fixed++) : slow.fixed.push_back(m);
  } else {
    slow.sequences.push_back(sequence);
    if (m.size() < 3 || m.size() < 3u + 2u * m[1] + m[2]) {
      slow.broken_grouped++;
    } else {
      for (uint32_t i = 0; i < m[1]; i++) slow.entries.push_back(big(m, 3 + 2 * i, 2));
    }
  }
}

void columns_are_what_a_slow_reading_says(uint64_t seed) {
  fuzz::Random random{seed};
  Rig rig(columns_of_small());
  CHECK(rig.sound);
  Slow slow;
  uint64_t sequence = 100, messages = 0;
  for (;;) {
    std::vector<Buffer> run;
    for (uint32_t n = random.below(9); n > 0; n--) run.push_back(some_message(random));
    if (!rig.write(run, sequence)) break;
    for (size_t i = 0; i < run.size(); i++) read_slowly(run[i], sequence + i, slow);
    sequence += run.size();
    messages += run.size();
  }
  for (int again = 0; again < 2; again++) {
    const ColumnWriter::Taken taken = rig.take();
    CHECK(taken.sound && taken.messages == messages && taken.others == slow.others);
    CHECK(rig.writer.rows(0) == slow.fixed.size() && rig.writer.malformed(0) == slow.short_fixed);
    CHECK(rig.writer.rows(1) == slow.entries.size() && rig.writer.malformed(1) == slow.broken_grouped);
    CHECK(rig.writer.rows(2) == slow.sequences.size());
  }
  for (uint32_t i = 0; i < slow.fixed.size() && checks_failed == 0; i++) {
    const Buffer& m = slow.fixed[i];
    CHECK(rig.cell<uint16_t>(0, 0, i) == big(m, 1, 2));
    CHECK(rig.cell<uint64_t>(0, 1, i) == load_uint(m.data() + 3, 8, false));
    CHECK(rig.cell<double>(0, 2, i) == double(big(m, 3, 4)));
    CHECK(rig.cell<uint32_t>(0, 3, i) == big(m, 8, 3));
  }
  for (uint32_t i = 0; i < slow.entries.size() && checks_failed == 0; i++) {
    CHECK(rig.cell<uint16_t>(1, 0, i) == slow.entries[i]);
  }
  for (uint32_t i = 0; i < slow.sequences.size() && checks_failed == 0; i++) {
    CHECK(rig.cell<uint64_t>(2, 0, i) == slow.sequences[i]);
  }
}

/// What another thread has scribbled over the ring: lengths, counts, types, sizes of records.
void scribbled_rings_stay_inside(uint64_t seed) {
  fuzz::Random random{seed};
  Rig rig(columns_of_small(), 64, 128);
  uint64_t sequence = 1;
  while (rig.write({some_message(random), some_message(random)}, sequence)) sequence += 2;
  for (int round = 0; round < 50; round++) {
    const Buffer before = rig.ring;
    for (uint32_t n = 1 + random.below(4); n > 0; n--) {
      const uint32_t at = random.below(rig.ring.size() / 4) * 4;
      static constexpr uint32_t kValues[] = {0, 1, 2, 7, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFF8, 0xFFFFFFFF};
      const uint32_t value = random.one_in(3) ? uint32_t(random.next()) : kValues[random.below(8)];
      std::memcpy(rig.ring.data() + at, &value, sizeof value);
    }
    (void)rig.take();
    for (size_t t = 0; t < rig.writer.tables(); t++) CHECK(rig.writer.rows(t) <= 64);
    rig.ring = before;
  }
}

void what_has_no_room_is_said() {
  Rig rig(columns_of_small(), 3);
  for (uint64_t i = 0; i < 4; i++) CHECK(rig.write({{'A', 0, uint8_t(i), 0, 0, 0, 0, 0, 0, 0, 0}}, i));
  CHECK(!rig.take().sound);
  CHECK(rig.writer.rows(0) == 3 && rig.cell<uint16_t>(0, 0, 2) == 2);
}

/// Cut anywhere, or with any byte changed, a specification is refused or as safe.
void specifications_that_lie(uint64_t seed) {
  fuzz::Random random{seed};
  const CatalogueWriter whole = columns_of_small();
  for (uint32_t size = 0; size < whole.out.size(); size++) {
    CatalogueWriter cut;
    cut.out.assign(whole.out.begin(), whole.out.begin() + size);
    CHECK(!Rig(cut).sound);
  }
  for (int round = 0; round < 100; round++) {
    CatalogueWriter changed = whole;
    fuzz::mutate(changed.out, random);
    Rig rig(changed, 64);
    while (rig.sound && rig.write({some_message(random)}, 1)) continue;
    if (rig.sound) (void)rig.take();
  }
}

/// Records that are handed over, as events are: the first bytes of one have nothing in front of them.
void records_are_rows() {
  CatalogueWriter spec;
  spec.u16(1).u32(1).u16(kRecords).u8(0).u32(0).u32(1);
  column(spec, kMessage, kUint, kU64, 0, 8, false);
  Rig rig(spec, 300);
  CHECK(rig.sound);
  Buffer records(300 * 8);
  for (uint32_t i = 0; i < 300; i++) store_uint(records.data() + size_t(i) * 8, i, 8, false);
  CHECK(rig.writer.records(records.data(), 299, 8, 1));
  CHECK(rig.cell<uint64_t>(0, 0, 1) == 0 && rig.cell<uint64_t>(0, 0, 299) == 298);
  CHECK(!rig.writer.records(records.data(), 300, 8, 1));
  CHECK(!rig.writer.records(records.data(), 1, 7, 0));
  CatalogueWriter narrow;
  narrow.u16(1).u32(1).u16(kRecords).u8(0).u32(0).u32(1);
  column(narrow, kMessage, kUint, kU16, 0, 2, false);
  CHECK(!Rig(narrow).sound);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200;
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  what_has_no_room_is_said();
  records_are_rows();
  for (uint64_t seed = first; seed < first + seeds && checks_failed == 0; seed++) {
    columns_are_what_a_slow_reading_says(seed);
    scribbled_rings_stay_inside(seed);
    if (seed < first + 10) specifications_that_lie(seed);
    if (checks_failed != 0) std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(seed));
  }
  return checks_result();
}

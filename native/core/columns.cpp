#include "core/columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace venuewire {

namespace {

constexpr uint16_t kVersion = 1;
constexpr uint32_t kMostTables = 1024;
constexpr uint32_t kMostColumns = 4096;
constexpr uint32_t kFarthest = 0xFFFFFF;
constexpr uint32_t kWord = 8;
constexpr uint32_t kAhead = 1024;

template <class Cell>
void put(uint8_t* cells, uint32_t row, Cell value) {
  std::memcpy(cells + size_t(row) * sizeof(Cell), &value, sizeof value);
}

/// An integer of at most eight bytes: the eight that end with it, and shifts.
template <bool kBig, bool kSigned, class Cell, class Column>
void fill_integers(const Column& c, const uint8_t* const* rows, uint32_t count, uint32_t first) {
  const int64_t at = int64_t(c.at) + c.size - kWord;
  const uint32_t shift = kWord * (kWord - c.size);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t v;
    std::memcpy(&v, rows[i] + at, sizeof v);
    if constexpr (kBig) v = __builtin_bswap64(v) << shift;
    if constexpr (kSigned) {
      put(c.cells, first + i, Cell(int64_t(v) >> shift));
    } else {
      put(c.cells, first + i, Cell(v >> shift));
    }
  }
}

template <class Cell>
Cell float_of(uint64_t bits, uint32_t size) {
  return size == sizeof(float) ? Cell(std::bit_cast<float>(uint32_t(bits))) : Cell(std::bit_cast<double>(bits));
}

template <class Cell, class Column>
void fill_floats(const Column& c, const uint8_t* const* rows, uint32_t count, uint32_t first) {
  for (uint32_t i = 0; i < count; i++) {
    put(c.cells, first + i, float_of<Cell>(load_uint(rows[i] + c.at, c.size, c.big), c.size));
  }
}

/// Bytes of a cell that says where a row stood; 0: it is not that.
uint32_t place_bytes(uint8_t source) {
  // sequence, receive_time, channel, line, origin, index, and places of 32 bits
  static constexpr uint8_t kBytes[] = {0, 0, 8, 8, 2, 1, 1, 2, 4, 4, 4, 4};
  return kBytes[source];
}

void set_bit(uint8_t* bits, uint32_t row, bool value) {
  const auto mask = uint8_t(1u << (row & 7));
  bits[row >> 3] = uint8_t(value ? bits[row >> 3] | mask : bits[row >> 3] & ~mask);
}

}  // namespace

// ── specification ────────────────────────────────────────────────────────────────────────────────────────────────

uint32_t ColumnWriter::cell_bytes(size_t table, size_t column) const {
  return bytes_of(tables_[table].columns[column].dtype);
}

uint32_t ColumnWriter::bytes_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::i8:
    case Dtype::u8:
      return 1;
    case Dtype::i16:
    case Dtype::u16:
      return 2;
    case Dtype::i32:
    case Dtype::u32:
    case Dtype::f32:
      return 4;
    default:
      return 8;
  }
}

template <class Cell>
ColumnWriter::Fill ColumnWriter::fill_of(const Column& c) {
  if (c.wire == Wire::signed_bits)
    return c.big ? fill_integers<true, true, Cell, Column> : fill_integers<false, true, Cell, Column>;
  return c.big ? fill_integers<true, false, Cell, Column> : fill_integers<false, false, Cell, Column>;
}

ColumnWriter::Fill ColumnWriter::fill_for(const Column& c) {
  const bool floats = c.wire == Wire::floating_bits;
  switch (c.dtype) {
    case Dtype::i8:
      return fill_of<int8_t>(c);
    case Dtype::i16:
      return fill_of<int16_t>(c);
    case Dtype::i32:
      return fill_of<int32_t>(c);
    case Dtype::i64:
      return fill_of<int64_t>(c);
    case Dtype::u8:
      return fill_of<uint8_t>(c);
    case Dtype::u16:
      return fill_of<uint16_t>(c);
    case Dtype::u32:
      return fill_of<uint32_t>(c);
    case Dtype::u64:
      return fill_of<uint64_t>(c);
    case Dtype::f32:
      return fill_floats<float, Column>;
    case Dtype::f64:
      return floats ? fill_floats<double, Column> : fill_of<double>(c);
  }
  return nullptr;
}

bool ColumnWriter::parse_column(SpecReader& spec, Table& table) {
  Column c;
  const uint8_t source = spec.u8(), wire = spec.u8(), dtype = spec.u8();
  c.at = spec.u32();
  c.size = spec.u8();
  c.big = spec.flag();
  c.since = spec.u32();
  c.has_null = spec.flag();
  c.null_bits = spec.u64();
  c.nan_is_null = spec.flag();
  if (source > uint8_t(Source::entry_length) || wire > uint8_t(Wire::floating_bits) || dtype > uint8_t(Dtype::f64)) {
    return false;
  }
  c.source = Source(source);
  c.wire = Wire(wire);
  c.dtype = Dtype(dtype);
  c.nullable = c.has_null || c.since > 0;
  const bool floats = c.wire == Wire::floating_bits;
  if (c.size == 0 || c.size > kWord || c.at > kFarthest || (floats && c.size != 4 && c.size != 8)) return false;
  if (floats != (c.dtype == Dtype::f32 || c.dtype == Dtype::f64) && c.dtype != Dtype::f64) return false;
  const bool of_entry = c.source == Source::entry || c.source == Source::entry_at || c.source == Source::entry_length;
  if (of_entry && !table.of_entries) return false;
  if (c.source >= Source::sequence && (c.nullable || bytes_of(c.dtype) != place_bytes(source))) return false;
  if (c.source >= Source::sequence && c.source <= Source::index) {
    if (table.message == kRecords) return false;
    table.positioned = true;
  }
  if (c.source <= Source::entry) {
    // Eight bytes that end with the field are in front of every message (its head), but not of a record.
    if (table.message == kRecords && c.at + c.size < kWord) return false;
    uint32_t& need = c.source == Source::entry ? table.entry_need : table.message_need;
    if (c.since == 0) need = std::max(need, c.at + c.size);
    c.fill = c.nullable ? nullptr : fill_for(c);
  }
  table.columns.push_back(c);
  return spec.ok();
}

bool ColumnWriter::parse_table(SpecReader& spec, Table& table) {
  table.message = spec.u16();
  table.whole = spec.flag();
  std::vector<uint16_t> path;
  for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) path.push_back(spec.u16());
  if (table.message == kRecords) {
    if (!path.empty() || table.whole) return false;
  } else if (catalogue_ == nullptr || table.message >= catalogue_->message_count()) {
    return false;
  }
  if (!path.empty()) {
    table.of_entries = true;
    if (!catalogue_->group(table.message, path.data(), uint32_t(path.size()), table.group)) return false;
  }
  const uint32_t count = spec.count();
  if (count > kMostColumns) return false;
  for (uint32_t n = count; n > 0 && spec.ok(); n--) {
    if (!parse_column(spec, table)) return false;
  }
  return spec.ok();
}

bool ColumnWriter::parse(SpecReader& spec, const Catalogue* catalogue) {
  catalogue_ = catalogue;
  if (spec.u16() != kVersion) return false;
  const uint32_t count = spec.count();
  if (count > kMostTables) return false;
  for (uint32_t n = count; n > 0 && spec.ok(); n--) {
    Table table;
    if (!parse_table(spec, table)) return false;
    tables_.push_back(std::move(table));
  }
  index_tables();
  return spec.ok();
}

void ColumnWriter::index_tables() {
  if (catalogue_ == nullptr) return;
  table_of_.assign(catalogue_->message_count(), kNoTable);
  for (size_t t = tables_.size(); t-- > 0;) {
    Table& table = tables_[t];
    if (table.message == kRecords) continue;
    table.next = table_of_[table.message];
    table_of_[table.message] = uint16_t(t);
  }
  lanes_.clear();
  for (size_t t = 0; t < tables_.size(); t++) {
    if (plain(tables_[t]) && table_of_[tables_[t].message] == t) add_lane(uint16_t(t));
  }
  add_lane(kNoTable);
  lane_of_.resize(table_of_.size());
  for (size_t type = 0; type < table_of_.size(); type++) {
    const auto lane =
        std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return l.table == table_of_[type]; });
    lane_of_[type] = lane == lanes_.end() ? kNoLane : uint16_t(lane - lanes_.begin());
  }
}

/// Its rows are messages, the only ones of their type that are asked for, and all that a column needs is in a message.
bool ColumnWriter::plain(const Table& table) {
  return table.message != kRecords && table.next == kNoTable && !table.of_entries && !table.whole &&
         !table.positioned &&
         std::all_of(table.columns.begin(), table.columns.end(), [](const Column& c) { return c.fill != nullptr; });
}

void ColumnWriter::add_lane(uint16_t table) {
  Lane& lane = lanes_.emplace_back();
  lane.table = table;
  if (table != kNoTable) lane.need = tables_[table].message_need;
}

// ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ColumnWriter::Taken ColumnWriter::take(const uint8_t* data, uint32_t mask, uint32_t from, uint32_t to) {
  data_ = data;
  for (Table& table : tables_) table.rows = table.malformed = table.pending.count = 0;
  for (Lane& lane : lanes_) lane.count = 0;
  Taken taken;
  bool room = true;
  const uint16_t* const table_of = table_of_.data();
  const uint16_t* const lane_of = lane_of_.data();
  Lane* const lanes = lanes_.data();
  const auto known = uint32_t(table_of_.size());
  taken.sound = each_record(data, mask, from, to, [&](const RecordHead& head, const uint8_t* p, uint32_t bytes) {
    if (head.kind != uint8_t(RecordKind::run)) {
      taken.others++;
      return true;
    }
    if (bytes < sizeof(RunRecord)) return false;
    const auto run = load_record<RunRecord>(p);
    taken.messages += run.count;
    return each_message(p, bytes, run.count, [&](const MessageHead& m, Bytes bytes_of_message) {
      // The core has written it on another processor: ask for what comes before it is looked at.
      __builtin_prefetch(bytes_of_message.data + kAhead);
      if (m.type >= known) [[unlikely]] {
        taken.others++;
        return;
      }
      const uint16_t at = lane_of[m.type];
      if (at != kNoLane) [[likely]] {
        Lane& lane = lanes[at];
        if (bytes_of_message.size < lane.need) [[unlikely]] {
          tables_[lane.table].malformed++;
          return;
        }
        lane.rows[lane.count++] = bytes_of_message.data;
        if (lane.count == kPending) room &= flush(lane);
        return;
      }
      for (uint32_t t = table_of[m.type]; t != kNoTable; t = tables_[t].next) {
        room &= message(tables_[t], Run{run, m}, bytes_of_message);
      }
    });
  });
  for (Table& table : tables_) flush(table);
  for (Lane& lane : lanes_) room &= flush(lane);
  taken.sound &= room;
  return taken;
}

bool ColumnWriter::message(Table& table, const Run& run, Bytes message) {
  if (table.of_entries) return entries(table, run, message);
  const bool whole = !table.whole || catalogue_->walk(table.message, message, [](uint32_t, uint32_t) {});
  if (!whole || message.size < table.message_need) [[unlikely]] {
    table.malformed++;
    return true;
  }
  if (table.rows == table.capacity) [[unlikely]]
    return false;
  add(table, run, message, Bytes{});
  return true;
}

bool ColumnWriter::entries(Table& table, const Run& run, Bytes message) {
  struct Visitor {
    ColumnWriter& writer;
    Table& table;
    const Run& run;
    Bytes message;
    bool room, short_entry;

    void operator()(uint32_t, uint32_t) const {}
    void entry(uint32_t group, uint64_t at, uint64_t bytes) {
      if (group != table.group) return;
      if (bytes < table.entry_need) {
        short_entry = true;
      } else if (table.rows == table.capacity) {
        room = false;
      } else {
        writer.add(table, run, message, Bytes{message.data + at, uint32_t(bytes)});
      }
    }
  };
  // What a malformed message has given is taken back.
  const uint32_t rows = table.rows;
  Visitor visitor{*this, table, run, message, true, false};
  const bool needed = message.size >= table.message_need;
  if (!needed || !catalogue_->walk(table.message, message, visitor) || visitor.short_entry) {
    const uint32_t written = table.rows - table.pending.count;
    table.pending.count = written < rows ? rows - written : 0;
    table.rows = rows;
    table.malformed++;
  }
  return visitor.room;
}

void ColumnWriter::add(Table& table, const Run& run, Bytes message, Bytes entry) {
  Pending& p = table.pending;
  const uint32_t i = p.count++;
  p.message[i] = message.data;
  p.entry[i] = entry.data;
  p.message_bytes[i] = message.size;
  p.entry_bytes[i] = entry.size;
  if (table.positioned) position(table, run);
  table.rows++;
  if (p.count == kPending) flush(table);
}

void ColumnWriter::position(Table& table, const Run& run) {
  const RunRecord& r = run.record;
  const bool unsequenced = (r.flags & kRunUnsequenced) != 0;
  for (const Column& c : table.columns) {
    switch (c.source) {
      case Source::sequence:
        put(c.cells, table.rows, unsequenced ? 0 : r.flags != 0 ? r.sequence : r.sequence + run.head.offset);
        break;
      case Source::receive_time:
        put(c.cells, table.rows, r.receive_time);
        break;
      case Source::channel:
        put(c.cells, table.rows, r.channel);
        break;
      case Source::line:
        put(c.cells, table.rows, r.line);
        break;
      case Source::origin:
        put(c.cells, table.rows, r.origin);
        break;
      case Source::index:
        put(c.cells, table.rows, run.head.offset);
        break;
      default:
        break;
    }
  }
}

bool ColumnWriter::records(const uint8_t* data, uint32_t count, uint32_t size, uint32_t first) {
  Table& table = tables_[0];
  if (size < table.message_need || first > table.capacity || count > table.capacity - first) return false;
  Pending& p = table.pending;
  table.rows = first;
  p.count = 0;
  for (uint32_t i = 0; i < count; i++) {
    p.message[p.count] = data + size_t(i) * size;
    p.message_bytes[p.count++] = size;
    table.rows++;
    if (p.count == kPending) flush(table);
  }
  flush(table);
  return true;
}

// ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────

void ColumnWriter::flush(Table& table) {
  Pending& p = table.pending;
  if (p.count == 0) return;
  const uint32_t first = table.rows - p.count;
  for (const Column& c : table.columns) {
    if (c.fill != nullptr) {
      c.fill(c, c.source == Source::entry ? p.entry : p.message, p.count, first);
    } else if (c.source <= Source::entry) {
      fill_checked(table, c, first);
    } else if (c.source >= Source::message_at) {
      place(table, c, first);
    }
  }
  p.count = 0;
}

bool ColumnWriter::flush(Lane& lane) {
  const uint32_t count = lane.count;
  lane.count = 0;
  if (lane.table == kNoTable) return true;
  Table& table = tables_[lane.table];
  const uint32_t taken = std::min(count, table.capacity - table.rows);
  for (const Column& c : table.columns) c.fill(c, lane.rows, taken, table.rows);
  table.rows += taken;
  return taken == count;
}

void ColumnWriter::place(const Table& table, const Column& c, uint32_t first) const {
  const Pending& p = table.pending;
  for (uint32_t i = 0; i < p.count; i++) {
    uint32_t value = 0;
    if (c.source == Source::message_at) value = uint32_t(p.message[i] - data_);
    if (c.source == Source::message_length) value = p.message_bytes[i];
    if (c.source == Source::entry_at) value = uint32_t(p.entry[i] - data_);
    if (c.source == Source::entry_length) value = p.entry_bytes[i];
    put(c.cells, first + i, value);
  }
}

bool ColumnWriter::present(const Column& c, Bytes message, Bytes entry, uint64_t& bits) const {
  const Bytes from = c.source == Source::entry ? entry : message;
  bits = 0;
  if (c.since > 0) {
    const uint64_t end = c.source == Source::entry ? entry.size : catalogue_->block_end(message);
    if (c.at + c.size > end || !from.holds(c.at, c.size) || catalogue_->version(message) < c.since) return false;
  }
  bits = load_uint(from.data + c.at, c.size, c.big);
  if (c.nan_is_null) return !std::isnan(float_of<double>(bits, c.size));
  return !c.has_null || bits != c.null_bits;
}

void ColumnWriter::fill_checked(const Table& table, const Column& c, uint32_t first) const {
  const Pending& p = table.pending;
  for (uint32_t i = 0; i < p.count; i++) {
    const uint32_t row = first + i;
    uint64_t bits = 0;
    const bool there = present(c, Bytes{p.message[i], p.message_bytes[i]}, Bytes{p.entry[i], p.entry_bytes[i]}, bits);
    set_bit(c.bits, row, there);
    const int64_t value = c.wire == Wire::signed_bits ? sign_extend(bits, c.size) : int64_t(bits);
    switch (c.dtype) {
      case Dtype::f64: {
        double number = c.wire == Wire::signed_bits ? double(value) : double(bits);
        if (c.wire == Wire::floating_bits) number = float_of<double>(bits, c.size);
        put(c.cells, row, there ? number : std::numeric_limits<double>::quiet_NaN());
        break;
      }
      case Dtype::f32:
        put(c.cells, row, float_of<float>(bits, c.size));
        break;
      case Dtype::i8:
      case Dtype::u8:
        put(c.cells, row, uint8_t(bits));
        break;
      case Dtype::i16:
      case Dtype::u16:
        put(c.cells, row, uint16_t(bits));
        break;
      case Dtype::i32:
      case Dtype::u32:
        put(c.cells, row, uint32_t(bits));
        break;
      default:
        put(c.cells, row, value);
        break;
    }
  }
}

}  // namespace venuewire

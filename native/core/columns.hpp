// Columns: of the messages of a feed, or of the entries of their repeating groups, the fields that a reader asks for,
// each written into an array of its own. The specification is compiled (src/feed/columns.ts). Rows are collected first
// and written column by column, so that the loops that write ask nothing. Pure; nothing is allocated for a message.
#pragma once
#include <vector>

#include "core/catalogue.hpp"
#include "core/ring_walk.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

class ColumnWriter {
 public:
  /// False when the specification is malformed. `catalogue` (null: all tables are of records) outlives the writer.
  [[nodiscard]] bool parse(SpecReader& spec, const Catalogue* catalogue);
  [[nodiscard]] size_t tables() const { return tables_.size(); }
  [[nodiscard]] size_t columns(size_t table) const { return tables_[table].columns.size(); }
  [[nodiscard]] uint32_t cell_bytes(size_t table, size_t column) const;
  /// Whether the column has a bit a row for "there is a value".
  [[nodiscard]] bool nullable(size_t table, size_t column) const { return tables_[table].columns[column].nullable; }
  /// Where column `column` is written: `capacity` cells, and as many bits (null where it is not nullable).
  void memory(size_t table, size_t column, uint8_t* cells, uint8_t* bits) {
    tables_[table].columns[column].cells = cells;
    tables_[table].columns[column].bits = bits;
  }
  /// Rows that the table's columns have room for.
  void capacity(size_t table, uint32_t rows) { tables_[table].capacity = rows; }

  struct Taken {
    uint64_t messages = 0;
    uint64_t others = 0;  ///< records that are no runs, and messages that the catalogue does not know
    bool sound = true;    ///< false: a record contradicts itself, or there was no room
  };
  /// The rows of [from, to) of a ring's data, from row 0 of each table on.
  [[nodiscard]] Taken take(const uint8_t* data, uint32_t mask, uint32_t from, uint32_t to);
  /// `count` records of `size` bytes as rows of table 0, from row `first` on. False: there is no room.
  [[nodiscard]] bool records(const uint8_t* data, uint32_t count, uint32_t size, uint32_t first);

  [[nodiscard]] uint32_t rows(size_t table) const { return tables_[table].rows; }
  [[nodiscard]] uint32_t malformed(size_t table) const { return tables_[table].malformed; }

 private:
  static constexpr uint32_t kPending = 256;
  static constexpr uint16_t kRecords = 0xFFFF;
  static constexpr uint16_t kNoTable = 0xFFFF;
  static constexpr uint16_t kNoLane = 0xFFFF;

  enum class Source : uint8_t {
    message = 0,
    entry = 1,
    sequence = 2,
    receive_time = 3,
    channel = 4,
    line = 5,
    origin = 6,
    index = 7,
    message_at = 8,
    message_length = 9,
    entry_at = 10,
    entry_length = 11,
  };
  enum class Wire : uint8_t { unsigned_bits = 0, signed_bits = 1, floating_bits = 2 };
  enum class Dtype : uint8_t { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 };

  /// Rows that are not written yet: where each stands.
  struct Pending {
    const uint8_t* message[kPending];
    const uint8_t* entry[kPending];
    uint32_t message_bytes[kPending];
    uint32_t entry_bytes[kPending];
    uint32_t count = 0;
  };
  /// Rows of a table whose columns ask nothing of them, or, in the last lane, what no table wants: so that the walk
  /// does the same whatever a message is.
  struct Lane {
    const uint8_t* rows[kPending];
    uint32_t count = 0;
    uint32_t need = 0;  ///< bytes that its columns read
    uint16_t table = kNoTable;
  };
  struct Column;
  using Fill = void (*)(const Column& column, const uint8_t* const* rows, uint32_t count, uint32_t first);
  struct Column {
    Source source = Source::message;
    Wire wire = Wire::unsigned_bits;
    Dtype dtype = Dtype::u64;
    bool big = false, nullable = false, has_null = false, nan_is_null = false;
    uint8_t size = 0;
    uint32_t at = 0;
    uint32_t since = 0;
    uint64_t null_bits = 0;
    Fill fill = nullptr;  ///< of fields without an absence
    uint8_t* cells = nullptr;
    uint8_t* bits = nullptr;
  };
  struct Table {
    uint16_t message = kRecords;
    uint32_t group = 0;  ///< its part in the catalogue
    bool of_entries = false, positioned = false;
    bool whole = false;                         ///< a message that is not whole has no row
    uint32_t message_need = 0, entry_need = 0;  ///< bytes that its columns read
    uint32_t capacity = 0, rows = 0, malformed = 0;
    uint16_t next = kNoTable;  ///< another table of the same message
    std::vector<Column> columns;
    Pending pending;
  };
  struct Run {
    const RunRecord& record;
    const MessageHead& head;
  };

  [[nodiscard]] static uint32_t bytes_of(Dtype dtype);
  [[nodiscard]] bool parse_table(SpecReader& spec, Table& table);
  [[nodiscard]] bool parse_column(SpecReader& spec, Table& table);
  void index_tables();
  [[nodiscard]] static bool plain(const Table& table);
  void add_lane(uint16_t table);
  [[nodiscard]] bool flush(Lane& lane);
  [[nodiscard]] bool message(Table& table, const Run& run, Bytes message);
  [[nodiscard]] bool entries(Table& table, const Run& run, Bytes message);
  void add(Table& table, const Run& run, Bytes message, Bytes entry);
  void position(Table& table, const Run& run);
  void flush(Table& table);
  void place(const Table& table, const Column& column, uint32_t first) const;
  void fill_checked(const Table& table, const Column& column, uint32_t first) const;
  [[nodiscard]] bool present(const Column& column, Bytes message, Bytes entry, uint64_t& bits) const;
  template <class Cell>
  [[nodiscard]] static Fill fill_of(const Column& column);
  [[nodiscard]] static Fill fill_for(const Column& column);

  const Catalogue* catalogue_ = nullptr;
  const uint8_t* data_ = nullptr;
  std::vector<Table> tables_;
  std::vector<uint16_t> table_of_;  // by message: the first of its tables
  std::vector<uint16_t> lane_of_;   // by message; kNoLane: it has tables that are no lanes
  std::vector<Lane> lanes_;
};

}  // namespace venuewire

// A message table in the form the core works from: which message a type code means, how long it may be, which field
// tells its instrument, and where every field stands. Compiled by src/layout/catalogue.ts. Nothing allocates after
// `parse`; every read of a message is bounded by its length, whatever counts and lengths its bytes claim.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "contract/contract.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

/// FNV-1a, 64 bits; integers enter least significant byte first.
struct Fnv1a64 {
  uint64_t value = 0xcbf29ce484222325ull;
  void byte(uint8_t b) { value = (value ^ b) * 0x100000001b3ull; }
  void uint(uint64_t v, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) byte(uint8_t(v >> (8 * i)));
  }
  void bytes(const uint8_t* p, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) byte(p[i]);
  }
};

class Catalogue {
 public:
  static constexpr uint16_t kUnknown = 0xFFFF;
  enum class LengthCheck { ok, too_short, too_long };

  /// False when the compiled table is malformed; the catalogue is then empty. Call once.
  [[nodiscard]] bool parse(SpecReader& spec);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] uint16_t message_count() const { return uint16_t(messages_.size()); }
  [[nodiscard]] const std::string& name(uint16_t index) const { return names_[index]; }

  /// The index of the message that these bytes begin, or kUnknown.
  [[nodiscard]] uint16_t classify(Bytes message) const {
    if (message.size < type_end_) return kUnknown;
    const uint32_t low = message.data[type_low_];
    if (type_width_ == 1) return types_[low];
    if (type_width_ == 2) return types_[uint32_t(message.data[type_high_]) << 8 | low];
    return wide_type(message.data);
  }

  /// What a loop over many messages asks, by value: nothing that it writes can change it. Not for types of more bytes.
  struct ByType {
    struct Entry {
      uint16_t index;
      uint32_t length_min;  ///< at least what the type takes; of an unknown type all ones
    };
    const Entry* entries;  ///< 256, by the type's one byte; null: the types have another width
    uint32_t at, bytes;    ///< of the type, and of what a message must have for one
  };
  [[nodiscard]] ByType by_type() const { return {by_type_.empty() ? nullptr : by_type_.data(), type_low_, type_end_}; }

  /// Whether a message of that many bytes can be message `index`; `too_long` is never the answer of a table that
  /// tolerates longer messages.
  [[nodiscard]] LengthCheck check_length(uint16_t index, uint32_t size) const {
    const Message& m = messages_[index];
    if (size < m.min_length) return LengthCheck::too_short;
    return size > m.max_length ? LengthCheck::too_long : LengthCheck::ok;
  }

  /// Bytes that every message `index` has.
  [[nodiscard]] uint32_t min_length(uint16_t index) const { return messages_[index].min_length; }

  /// Bytes of the message at the front of `rest`, by its type; 0: unknown, or it leads past the end.
  [[nodiscard]] uint64_t length(Bytes rest) const {
    const uint16_t index = classify(rest);
    if (index == kUnknown) return 0;
    const Message& m = messages_[index];
    if (m.min_length == m.max_length || rest.size < m.min_length) return m.min_length;
    uint64_t end = 0;
    const bool whole =
        walk(index, rest, [&](uint32_t offset, uint32_t size) { end = std::max<uint64_t>(end, offset + size); });
    return whole ? std::max<uint64_t>(end, m.min_length) : 0;
  }

  /// The instrument's key (see `instrumentKey` in src/layout/catalogue.ts). False where the message has none.
  [[nodiscard]] bool instrument(uint16_t index, Bytes message, uint64_t& key) const {
    const Message& m = messages_[index];
    if (m.key_size == 0 || !message.holds(m.key_at, m.key_size)) return false;
    const uint8_t* p = message.data + m.key_at;
    key = m.key_is_text ? text_key(p, m.key_size) : load_uint(p, m.key_size, m.key_big);
    return true;
  }

  /// Finds a repeating group by its place among the parts of its record, outermost first. False: there is none.
  [[nodiscard]] bool group(uint16_t index, const uint16_t* path, uint32_t depth, uint32_t& part) const {
    const Record* record = &messages_[index].record;
    for (uint32_t i = 0; i < depth; i++) {
      if (path[i] >= record->count) return false;
      part = record->first + path[i];
      if (parts_[part].kind != Kind::group) return false;
      record = &parts_[part].record;
    }
    return depth > 0;
  }

  /// Where the fixed part of a message ends: its block, where the header tells one (SBE), else the message itself.
  [[nodiscard]] uint64_t block_end(Bytes message) const {
    if (block_size_ == 0 || !message.holds(block_at_, block_size_)) return message.size;
    return header_size_ + load_uint(message.data + block_at_, block_size_, block_big_);
  }

  /// The version of the schema that a message is of.
  [[nodiscard]] uint64_t version(Bytes message) const {
    if (version_size_ == 0 || !message.holds(version_at_, version_size_)) return version_;
    return load_uint(message.data + version_at_, version_size_, version_big_);
  }

  /// Calls `visit(offset, size)` for each piece of the message in wire order: the walk that `walk` in
  /// src/layout/walk.ts makes. A visitor with `entry(group, offset, size)` also hears of each entry of a repeating
  /// group, behind its pieces. False when counts or lengths in the message lead past its end.
  template <class Visitor>
  [[nodiscard]] bool walk(uint16_t index, Bytes message, Visitor&& visit) const {
    const Message& m = messages_[index];
    if (message.size < m.min_length) return false;
    uint64_t registers[kMostRegisters] = {};
    uint64_t block_end = m.record.fixed_end;
    uint64_t version = version_;
    if (version_size_ != 0) version = load_uint(message.data + version_at_, version_size_, version_big_);
    if (block_size_ != 0) {
      block_end = header_size_ + load_uint(message.data + block_at_, block_size_, block_big_);
      if (block_end > message.size) return false;
    }
    Walk<Visitor> w{*this, message, version, registers, visit};
    uint64_t end = 0;
    return w.record(m.record, 0, block_end, end);
  }

  /// What a walk sees as one number; `digest` in src/layout/walk.ts computes the same. False when it is malformed.
  [[nodiscard]] bool digest(uint16_t index, Bytes message, Fnv1a64& into) const {
    into.uint(index, 2);
    return walk(index, message, [&](uint32_t offset, uint32_t size) {
      into.uint(offset, 4);
      into.uint(size, 4);
      into.bytes(message.data + offset, size);
    });
  }

  /// A text as an instrument's key: see `instrumentKey` in src/layout/catalogue.ts.
  static uint64_t text_key(const uint8_t* p, uint32_t size) {
    while (size > 0 && (p[size - 1] == ' ' || p[size - 1] == 0)) size--;
    if (size <= 8) {
      uint64_t key = 0;
      for (uint32_t i = 0; i < 8; i++) key = key << 8 | (i < size ? p[i] : uint8_t(' '));
      return key;
    }
    Fnv1a64 hash;
    hash.bytes(p, size);
    return hash.value;
  }

 private:
  static constexpr uint32_t kWidestType = 8;
  static constexpr uint32_t kMostRegisters = 64;
  static constexpr uint32_t kDeepest = 8;
  static constexpr uint16_t kNoRegister = 0xFFFF;
  static constexpr uint32_t kAfter = 0xFFFFFFFF;

  struct Field {
    uint32_t at = 0;  // kAfter: directly after what precedes
    uint32_t size = 0;
    uint16_t slot = kNoRegister;
    Reading reading = Reading::unsigned_bits;
    bool big = false;
    bool has_null = false;
    uint32_t since = 0;  // the schema version that added it; absent when the message's is older or its block shorter
    uint64_t null_bits = 0;
  };
  struct Record {
    bool block = false;
    uint32_t fixed_end = 0;
    uint32_t first_dynamic = 0;
    uint32_t first = 0;  // into parts_
    uint32_t count = 0;
  };
  using Kind = PartKind;
  using Count = GroupCount;
  struct Part {
    Kind kind = Kind::field;
    Count count_kind = Count::fixed;
    bool has_prefix = false;
    bool has_above = false;
    uint8_t compare_size = 8;
    uint16_t slot = kNoRegister;
    uint32_t at = 0;
    uint32_t count = 0;
    uint32_t dimension_size = 0;
    uint32_t entry_size = 0;
    uint32_t since = 0;
    int64_t value = 0;  // what is added to a length, or the bound of `above`
    Field field;        // the field; the block length of a dimension; the prefix of data
    Field number;
    Record record;
    uint32_t first_value = 0;  // into values_
    uint32_t value_count = 0;
  };
  struct Message {
    uint32_t min_length = 0;
    uint32_t max_length = 0xFFFFFFFF;
    uint32_t key_at = 0;
    uint32_t key_size = 0;
    bool key_is_text = false;
    bool key_big = false;
    Record record;
  };

  template <class Visitor>
  struct Walk {
    const Catalogue& c;
    Bytes message;
    uint64_t version;
    uint64_t* registers;
    Visitor& visit;

    bool field(const Field& f, uint64_t at) {
      if (!message.holds(at, f.size)) return false;
      if (f.slot != kNoRegister) registers[f.slot] = read(f, message.data + at);
      visit(uint32_t(at), f.size);
      return true;
    }

    bool record(const Record& r, uint64_t origin, uint64_t block_end, uint64_t& end) {
      if (block_end > message.size || origin > block_end) return false;
      uint64_t cursor = block_end;
      const Part* parts = c.parts_.data() + r.first;
      for (uint32_t i = 0; i < r.count; i++) {
        const Part& p = parts[i];
        if (i < r.first_dynamic) {
          const uint64_t at = origin + p.field.at;
          if (version < p.field.since || (r.block && at + p.field.size > block_end)) {
            if (p.field.since == 0) return false;
            if (p.field.slot != kNoRegister) registers[p.field.slot] = 0;
            continue;
          }
          if (!field(p.field, at)) return false;
          continue;
        }
        if (!part(p, origin, cursor)) return false;
      }
      end = cursor;
      return true;
    }

    bool part(const Part& p, uint64_t origin, uint64_t& cursor) {
      const uint64_t at = p.at == kAfter ? cursor : origin + p.at;
      // A group or data that a later version added is not in this message.
      if (p.since > 0 && (at == message.size || version < p.since)) return true;
      switch (p.kind) {
        case Kind::field:
          if (!field(p.field, at)) return false;
          cursor = at + p.field.size;
          return true;
        case Kind::data: {
          uint64_t start = at;
          int64_t length;
          if (p.has_prefix) {
            if (!field(p.field, at)) return false;
            length = int64_t(load_uint(message.data + at, p.field.size, p.field.big));
            start += p.field.size;
          } else {
            if (__builtin_add_overflow(int64_t(registers[p.slot]), p.value, &length)) return false;
            if (length < 0) length = 0;
          }
          if (uint64_t(length) > message.size || !message.holds(start, uint64_t(length))) return false;
          if (length > 0) visit(uint32_t(start), uint32_t(length));
          cursor = start + uint64_t(length);
          return true;
        }
        case Kind::when: {
          if (!holds(p)) return true;
          return record(p.record, at, at + p.record.fixed_end, cursor);
        }
        case Kind::group:
          return group(p, origin, at, cursor);
      }
      return false;
    }

    [[nodiscard]] bool holds(const Part& p) const {
      const uint64_t value = registers[p.slot];
      if (p.has_above) return int64_t(value) > p.value;
      const uint64_t mask = p.compare_size >= 8 ? ~0ull : (1ull << (8 * p.compare_size)) - 1;
      for (uint32_t i = 0; i < p.value_count; i++) {
        if (c.values_[p.first_value + i] == (value & mask)) return true;
      }
      return false;
    }

    bool group(const Part& p, uint64_t origin, uint64_t at, uint64_t& cursor) {
      uint64_t step = p.entry_size;
      uint64_t from = at;
      uint64_t limit = message.size;
      int64_t n = -1;
      switch (p.count_kind) {
        case Count::fixed:
          n = p.count;
          break;
        case Count::field:
          n = int64_t(registers[p.slot]);
          if (n < 0) return false;
          break;
        case Count::to_end:
          break;
        case Count::until_length: {
          const uint64_t length = registers[p.slot];
          if (length > message.size || origin + length > message.size) return false;
          limit = origin + length;
          if (limit < from) return false;
          break;
        }
        case Count::dimension:
          if (!message.holds(at, p.dimension_size)) return false;
          if (!field(p.field, at + p.field.at) || !field(p.number, at + p.number.at)) return false;
          step = load_uint(message.data + at + p.field.at, p.field.size, p.field.big);
          n = int64_t(load_uint(message.data + at + p.number.at, p.number.size, p.number.big));
          from = at + p.dimension_size;
          break;
      }
      // Entries without bytes are bounded by the bytes of the whole message.
      if (n > 0 && (uint64_t(n) > message.size || from + uint64_t(n) * step > message.size)) return false;
      // Nothing to read: an entry of no bytes at all cannot be counted on to end.
      if (step == 0 && p.record.first_dynamic == p.record.count) {
        cursor = from;
        return true;
      }
      for (int64_t i = 0; n < 0 ? from < limit : i < n; i++) {
        uint64_t to = 0;
        if (!record(p.record, from, from + step, to)) return false;
        if (to <= from && (n < 0 || step == 0)) return false;
        if constexpr (requires { visit.entry(0u, from, step); })
          visit.entry(uint32_t(&p - c.parts_.data()), from, step);
        from = to;
      }
      if (n < 0 && from != limit) return false;
      cursor = from;
      return true;
    }
  };

  /// A type of three to eight bytes: looked up in the sorted codes.
  void index_types();
  [[nodiscard]] uint16_t wide_type(const uint8_t* message) const;
  static uint64_t read(const Field& f, const uint8_t* p);

  bool parse_record(SpecReader& spec, Record& record, uint32_t depth);
  bool parse_part(SpecReader& spec, Part& part, uint32_t depth);
  bool parse_field(SpecReader& spec, Field& field);
  bool parse_all(SpecReader& spec);
  bool parse_messages(SpecReader& spec, bool tolerant, bool block, bool wide);

  uint32_t type_high_ = 0;
  uint32_t type_low_ = 0;
  uint32_t type_end_ = 0xFFFFFFFF;  // no type field: nothing is known
  uint32_t type_width_ = 1;
  uint32_t type_places_[kWidestType] = {};  // most significant byte first
  std::vector<uint16_t> types_;             // by code, of a type of one or two bytes
  std::vector<ByType::Entry> by_type_;      // the same with lengths, of a type of one byte
  std::vector<std::pair<uint64_t, uint16_t>> wide_types_;
  std::vector<Message> messages_;
  std::vector<Part> parts_;
  std::vector<uint64_t> values_;
  uint32_t header_size_ = 0;
  uint32_t block_at_ = 0;
  uint32_t block_size_ = 0;  // 0: no block length on the wire
  bool block_big_ = false;
  uint32_t version_at_ = 0;
  uint32_t version_size_ = 0;  // 0: no version on the wire, every message has `version_`
  bool version_big_ = false;
  uint32_t version_ = 0;
  uint32_t registers_ = 0;
  std::vector<std::string> names_;
  std::string id_;
};

}  // namespace venuewire

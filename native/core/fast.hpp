// FAST 1.1 (FIX Adapted for Streaming): compiled templates (src/fast/compile.ts writes them) run over bytes,
// each message put down as one record in a normal form. src/fast/decoder.ts is the other execution of the same
// program; src/fast/normal.ts writes and reads the same records.
//
// A record, integers least significant byte first: the template identifier (u32), then one item a node of the template.
// An item is u8 0 where the field is absent, else u8 1 and
//   integer        8 bytes, two's complement
//   decimal        the mantissa as an integer, then the exponent (i32)
//   string, bytes  a length (u32), then so many bytes; strings in UTF-8
//   sequence       the number of entries (u32), then each entry's items
//   group          its items
//   reference      a record: template identifier and items
#pragma once
#include <array>
#include <string>
#include <vector>

#include "contract/contract.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

struct FastLimits {
  static constexpr uint32_t kDeepest = 64;
  uint32_t text = 1u << 16;     // bytes of a string or byte vector, also of one put together by delta or tail
  uint32_t entries = 1u << 14;  // of all sequences of a message together
  uint32_t depth = 16;          // templates inside templates, by references in the stream; at most kDeepest
  uint32_t record = 1u << 24;   // bytes of a message's record
};

/// Wider than any value: sums are exact, and looked at afterwards.
using FastWide = __int128;

class FastProgram {
 public:
  using Type = FastType;
  using Operator = FastOperator;
  using Kind = FastNode;

  struct Field {
    Type type = Type::uInt32;
    Operator op = Operator::none;
    bool optional = false;
    bool has_initial = false;
    uint32_t slot = 0;  // its dictionary entry; 0 (that of template identifiers): none
    uint32_t number = 0;
    int32_t exponent = 0;  // of the initial value
    uint64_t bits = 0;     // the initial integer or mantissa
    uint32_t text_at = 0;  // into texts
    uint32_t text_size = 0;
  };
  struct Node {
    Kind kind = Kind::field;
    bool optional = false;
    uint32_t body = 0;  // sequence, group: into bodies; reference: the context
    Field field;        // the field, the exponent, the length
    Field mantissa;
  };
  struct Body {
    bool segment = false;  // with a presence map of its own
    uint32_t first = 0;    // into nodes
    uint32_t count = 0;
  };
  struct Template {
    uint64_t key = 0;  // context << 32 | identifier
    bool reset = false;
    uint32_t body = 0;
  };

  /// False when the compiled program is malformed; it is then empty. Call once.
  [[nodiscard]] bool parse(SpecReader& spec);

  [[nodiscard]] uint32_t slots() const { return slots_; }
  [[nodiscard]] const Body& body(uint32_t i) const { return bodies_[i]; }
  [[nodiscard]] const Node& node(uint32_t i) const { return nodes_[i]; }
  [[nodiscard]] const uint8_t* text(uint32_t at) const { return texts_.data() + at; }
  /// The template of that identifier where references of that context stand; null: there is none.
  [[nodiscard]] const Template* find(uint32_t context, uint32_t id) const;

  [[nodiscard]] static bool is_integer(Type t) { return t <= Type::uInt64; }
  [[nodiscard]] static bool is_signed(Type t) { return (uint8_t(t) & 1) == 0; }
  [[nodiscard]] static FastWide least(Type t) {
    return is_signed(t) ? -(FastWide(1) << (bits_of(t) - 1)) : FastWide(0);
  }
  [[nodiscard]] static FastWide most(Type t) {
    return (FastWide(1) << (is_signed(t) ? bits_of(t) - 1 : bits_of(t))) - 1;
  }

 private:
  static uint32_t bits_of(Type t) { return 8u << (uint8_t(t) >> 1); }
  bool parse_all(SpecReader& spec);
  bool parse_field(SpecReader& spec, Field& f);
  bool parse_node(SpecReader& spec, Node& n, uint32_t within, std::vector<bool>& used, uint32_t& depth,
                  const std::vector<uint32_t>& depths);

  uint32_t slots_ = 0;
  uint32_t contexts_ = 0;
  uint32_t fields_ = 0;
  std::vector<Body> bodies_;
  std::vector<Node> nodes_;
  std::vector<Template> templates_;  // by key
  std::vector<uint8_t> texts_;
};

/// The state of one stream: its dictionaries. Nothing allocates per message once the longest have been seen.
class FastDecoder {
 public:
  /// `program` outlives the decoder. `strict`: what the specification leaves to the decoder (R1 to R9) is refused.
  FastDecoder(const FastProgram& program, const FastLimits& limits, bool strict);

  /// Forgets what earlier messages said.
  void reset();

  /// The message at `at`: its record is in `record()` until the next call, and `next()` is where the following one
  /// begins. After an error the dictionaries are as the broken message left them.
  FastError decode(Bytes bytes, uint32_t at);

  [[nodiscard]] Bytes record() const { return {record_.data(), used_}; }
  [[nodiscard]] uint32_t next() const { return at_; }
  /// Where the last error was: the field's number in the compiled program, kNowhere outside of fields.
  [[nodiscard]] uint32_t failed_field() const { return failed_; }
  /// How often each error was met; at `none` the messages that were sound.
  [[nodiscard]] const std::array<uint64_t, kFastErrors>& counts() const { return counts_; }
  static constexpr uint32_t kNowhere = 0xFFFFFFFF;

 private:
  using Field = FastProgram::Field;
  using Type = FastProgram::Type;
  struct Value {
    bool there = false;
    int32_t exponent = 0;
    FastWide number = 0;  // or the mantissa
    Bytes text;
  };
  struct Entry {
    int32_t exponent = 0;
    uint64_t bits = 0;
    std::vector<uint8_t> text;
  };
  struct Map {
    uint8_t byte = 0;
    uint8_t mask = 0;
    uint32_t at = 0, end = 0, from = 0;
  };

  bool fail(FastError e) {
    error_ = e;
    return false;
  }
  bool open_map();
  bool close_map();
  bool bit();

  bool message(uint32_t context);
  bool body(const FastProgram::Body& b);
  bool segment(const FastProgram::Body& b);
  bool node(const FastProgram::Node& n);
  bool field(const Field& f, Value& v);
  bool operate(const Field& f, Value& v);
  bool read(const Field& f, Value& v);
  bool delta(const Field& f, Value& v);
  bool tail(const Field& f, Value& v);
  bool decimal(FastWide exponent, FastWide mantissa, Value& v);

  bool read_unsigned(FastWide& v);
  bool read_signed(FastWide& v);
  bool go_on(int64_t value, uint32_t at, FastWide& v);
  bool ascii(bool optional, Value& v);
  bool characters(uint32_t from, Value& v);
  bool vector(bool optional, Value& v);
  bool unicode(Value& v);

  void initial(const Field& f, Value& v) const;
  void load(const Field& f, Value& v) const;
  void put(const Field& f, const Value& v);
  uint8_t* room(uint32_t size);
  bool write(const Field& f, const Value& v);
  bool write_absent();
  bool write_count(uint32_t n);

  const FastProgram& program_;
  FastLimits limits_;
  bool strict_;
  std::vector<uint8_t> tags_;  // of each entry: 0 undefined, 1 empty, else the type of its value
  std::vector<Entry> entries_;
  const uint8_t* data_ = nullptr;
  uint32_t at_ = 0, end_ = 0;
  Map map_;
  uint32_t seen_entries_ = 0, depth_ = 0;
  FastError error_ = FastError::none;
  uint32_t failed_ = kNowhere;
  std::vector<uint8_t> characters_, joined_, repaired_;
  std::vector<uint8_t> record_;
  uint32_t used_ = 0;
  std::array<uint64_t, kFastErrors> counts_{};
};

}  // namespace venuewire

// What the messages of a table mean for books and events: for each message type its rules, compiled from the table's
// roles (src/events/compile.ts). Running one loads the fields that a rule names and gives book operations; nothing
// venue-specific is code. Every load is bounded by the message, whatever its counts and lengths claim.
#pragma once
#include <vector>

#include "core/books.hpp"
#include "core/catalogue.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

class EventProgram {
 public:
  /// False when the compiled program is malformed. `messages`: how many the catalogue has.
  [[nodiscard]] bool parse(SpecReader& spec, const Catalogue& catalogue);
  [[nodiscard]] bool present() const { return !messages_.empty(); }
  [[nodiscard]] const BooksSpec& books() const { return books_; }

  /// What follows comes from this channel: times and instruments that messages leave out are those of the channel.
  void channel(uint16_t number) {
    if (channels_.size() <= number) channels_.resize(number + 1u);
    channel_ = number;
  }

  /// Calls `emit(operation)` for what message `index` means. `books` numbers the instruments. Messages whose counts or
  /// lengths lead past their end give what stands before the fault; false then. The event ends with the last operation
  /// of the message, where the roles do not say otherwise; an end that comes without one is an operation of its own.
  template <class Emit>
  bool run(uint16_t index, Bytes message, Books& books, Emit&& emit) {
    const Message& m = messages_[index];
    if (m.bounded) return bound(m, message, emit);
    if (m.single && !channels_[channel_].open) [[likely]] {
      BookOperation op;
      if (fill(rules_[m.rules.first], Place{message, {}, {}}, books, op)) emit(op);
      return true;
    }
    BookOperation held;
    bool holds = false, ends = false, whole = true;
    const auto hold = [&](const Rule& rule, BookOperation& op) {
      if (holds) emit(held);
      held = op;
      holds = true;
      ends = op.last;
      if (rule.last.source != Source::entry) held.last = false;
    };
    for (uint32_t i = m.rules.first; i < m.rules.end;) {
      const uint32_t first = i++;
      if (rules_[first].path_end == rules_[first].path_first) {
        BookOperation op;
        if (fill(rules_[first], Place{message, {}, {}}, books, op)) hold(rules_[first], op);
        continue;
      }
      while (i < m.rules.end && rules_[i].joined) i++;
      whole &= entries(Span{first, i}, message, books, hold);
    }
    if (!holds) {
      int64_t value = 0;
      if (channels_[channel_].open) return whole;
      held.last = m.end.source != Source::absent && load(m.end, Place{message, {}, {}}, value) && value != 0;
      if (held.last) emit(held);
      return whole;
    }
    held.last = ends && !channels_[channel_].open;
    emit(held);
    return whole;
  }

 private:
  enum class Source : uint8_t { absent = 0, message = 1, entry = 2, constant = 3, other = 4 };
  enum class Reading : uint8_t {
    unsigned_bits = 0,
    signed_bits = 1,
    digits = 2,
    text = 3,
    decimal = 4,        // text with a point
    floating_bits = 5,  // IEEE 754
  };
  struct Load {
    Source source = Source::absent;
    Reading reading = Reading::unsigned_bits;
    uint8_t size = 0;
    bool big = false;
    bool guarded = false;  // absent where the block is shorter
    bool has_null = false;
    uint8_t shift = 0;
    uint32_t at = 0;
    uint32_t exponent_at = 0;  // of a signed byte with the decimal exponent; 0: none
    int8_t exponent_base = 0;  // the exponent that the result has
    uint64_t mask = ~0ull;
    uint64_t null_bits = 0;
    int64_t value = 0;  // of a constant
    int64_t multiplier = 1;
  };
  struct Span {
    uint32_t first = 0, end = 0;
  };
  enum class Count : uint8_t { fixed = 0, field = 1, to_end = 2, dimension = 3, until = 4 };
  /// A group that is passed over, or (the last of a path) whose entries the rule is for.
  struct Step {
    Count count = Count::fixed;
    bool after = false;  // directly after the step before it; of the first: after the block
    uint32_t at = 0;
    uint32_t fixed = 0;
    uint32_t entry_size = 0;
    uint32_t dimension_size = 0;
    Load number, block;
  };
  struct Condition {
    Load load;
    bool negated = false;
    Span values;
  };
  /// Messages that begin or end an event of several messages.
  enum class Bounds : uint8_t { none = 0, begins = 1, ends = 2 };
  /// The decimal exponent of a price: what the load gives, its negative, or what its code stands for.
  struct Scale {
    Load load;
    bool decimals = false;
    Span codes;
  };
  struct Rule {
    BookAction action = BookAction::none;
    bool action_loaded = false;
    uint8_t flags = 0;
    BookSide side = BookSide::none;
    bool side_loaded = false;
    bool base_time = false;  // `time` is added to what the last rule that sets it said
    bool sets_base_time = false;
    bool refers = false;  // loads of Source::other come from entry `reference` of the path's first group
    Bounds bounds = Bounds::none;
    bool joined = false;   // for the same entries as the rule before it: both take an entry before the next one
    bool follows = false;  // instrument and side are those of the operation before it
    uint8_t depth = 0;     // of numbered levels
    uint32_t path_first = 0, path_end = 0;
    Span conditions, actions, bids, asks, states, keys, names;
    Load which_action, which_side, which_state, reference;
    Scale scale, instrument_scale, trade_scale;
    Load instrument, id, new_id, price, size, remaining, orders, level, time, seconds, last;
    Load name;  // of the instrument
  };

  struct Message {
    Span rules;
    bool bounded = false;  // it begins or ends events
    bool single = false;   // one rule and no group
    Load end;              // of the event, where no rule gives an operation
  };
  /// What messages of a channel leave out because an earlier one has said it.
  struct Channel {
    int64_t base_time_ns = 0;
    uint32_t instrument = kNoInstrument;
    BookSide side = BookSide::none;
    bool open = false;  // an event of several messages has begun
  };

  [[nodiscard]] bool parse_rule(SpecReader& spec, Rule& rule);
  [[nodiscard]] bool parse_load(SpecReader& spec, Load& load);
  [[nodiscard]] bool parse_keys(SpecReader& spec, Span& keys);
  [[nodiscard]] bool parse_scale(SpecReader& spec, Scale& scale);
  [[nodiscard]] bool parse_step(SpecReader& spec, Step& step);
  void parse_values(SpecReader& spec, Span& span);

  struct Place {
    Bytes message, entry, other;
  };
  /// False: the field is not there, or says "no value".
  [[nodiscard]] bool load(const Load& l, const Place& place, int64_t& value) const;
  [[nodiscard]] bool load_rest(const Load& l, Bytes from, int64_t& value) const;
  [[nodiscard]] bool among(const Span& span, uint64_t value) const {
    for (uint32_t i = span.first; i < span.end; i++) {
      if (values_[i] == value) return true;
    }
    return false;
  }
  [[nodiscard]] bool wanted(const Rule& rule, const Place& place) const;
  /// False: nothing is to be done for this message or entry.
  [[nodiscard]] bool fill(const Rule& rule, const Place& place, Books& books, BookOperation& op);
  [[nodiscard]] uint32_t block_end(Bytes message) const;
  static void name(const Load& l, const Place& place, Books& books, uint32_t instrument);
  void name_whole(const Load& first, const Span& more, const Place& place, Books& books, uint32_t instrument) const;
  void find_instrument(const Rule& rule, const Place& place, Books& books, BookOperation& op) const;
  void find_time(const Rule& rule, const Place& place, BookOperation& op) const;
  [[nodiscard]] bool exponent(const Scale& scale, const Place& place, int& exponent) const;
  void define(const Rule& rule, const Place& place, Books& books, uint32_t instrument) const;
  [[nodiscard]] bool scaled(const Rule& rule, const Place& place, int64_t& price) const;
  [[nodiscard]] uint8_t state(const Rule& rule, const Place& place) const;
  [[nodiscard]] static bool raise(int64_t& value, int exponent);
  /// Where a step's entries begin, how many there are and how far apart; false where they lead past the end.
  struct Run {
    uint64_t at = 0, count = 0, size = 0, end = 0;
  };
  [[nodiscard]] bool step(const Step& s, Bytes message, uint64_t cursor, Run& run) const;

  template <class Emit>
  bool bound(const Message& m, Bytes message, Emit& emit) {
    for (uint32_t i = m.rules.first; i < m.rules.end; i++) {
      const Rule& rule = rules_[i];
      if (rule.bounds == Bounds::none || !wanted(rule, Place{message, {}, {}})) continue;
      channels_[channel_].open = rule.bounds == Bounds::begins;
      BookOperation end;
      if (rule.bounds == Bounds::ends) emit(end);
    }
    return true;
  }

  template <class Hold>
  bool entries(const Span& rules, Bytes message, Books& books, Hold& hold) {
    const Rule& path = rules_[rules.first];
    uint64_t cursor = block_end(message);
    Run run, first;
    for (uint32_t i = path.path_first; i < path.path_end; i++) {
      if (!step(steps_[i], message, cursor, run)) return false;
      cursor = run.end;
      if (i == path.path_first) first = run;
    }
    for (uint64_t i = 0; i < run.count; i++) {
      Place place{message, Bytes{message.data + run.at + i * run.size, uint32_t(run.size)}, Bytes{}};
      for (uint32_t r = rules.first; r < rules.end; r++) {
        const Rule& rule = rules_[r];
        if (rule.refers) {
          int64_t n = 0;
          if (!load(rule.reference, place, n) || n < 1 || uint64_t(n) > first.count) continue;
          place.other = Bytes{message.data + first.at + uint64_t(n - 1) * first.size, uint32_t(first.size)};
        }
        BookOperation op;
        if (fill(rule, place, books, op)) hold(rule, op);
      }
    }
    return true;
  }

  BooksSpec books_;
  std::vector<Message> messages_;
  std::vector<Rule> rules_;
  std::vector<Step> steps_;
  std::vector<Condition> conditions_;
  std::vector<uint64_t> values_;
  std::vector<std::pair<uint64_t, BookAction>> actions_;
  std::vector<std::pair<uint64_t, uint8_t>> states_;
  std::vector<std::pair<uint64_t, int8_t>> exponents_;
  std::vector<Load> keys_;
  uint32_t header_size_ = 0, block_at_ = 0, block_size_ = 0;
  bool block_big_ = false;
  std::vector<Channel> channels_ = std::vector<Channel>(1);
  uint32_t channel_ = 0;
  bool has_implied_ = false;
};

}  // namespace venuewire

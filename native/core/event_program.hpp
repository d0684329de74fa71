// What the messages of a table mean for books and events: for each message type its rules, compiled from the table's
// roles (src/events/compile.ts). Running one loads the fields that a rule names and gives book operations; nothing
// venue-specific is code. Every load is bounded by the message, whatever its counts and lengths claim.
#pragma once
#include <array>
#include <vector>

#include "core/books.hpp"
#include "core/catalogue.hpp"
#include "core/quick_load.hpp"
#include "core/spec.hpp"
#include "core/wire.hpp"

namespace venuewire {

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

class EventProgram {
 public:
  /// False when the compiled program is malformed. `messages`: how many the catalogue has.
  [[nodiscard]] bool parse(SpecReader& spec, const Catalogue& catalogue);
  [[nodiscard]] bool present() const { return !messages_.empty(); }
  [[nodiscard]] const BooksSpec& books() const { return books_; }
  [[nodiscard]] size_t rules() const { return rules_.size(); }
  [[nodiscard]] size_t quick_rules() const {
    size_t n = 0;
    for (const QuickRule& q : quick_) n += q.usable ? 1 : 0;
    return n;
  }
  /// From here on every rule takes the general way; for tests, which compare the two.
  void forget_quick_rules() {
    for (QuickRule& q : quick_) q.usable = false;
    forget_gathered();
  }
  /// Messages whose fields are gathered; `forget_gathered`: they are read field by field from here on. For tests.
  [[nodiscard]] size_t gathered_messages() const { return gathers_.size(); }
  void forget_gathered() {
    for (Message& m : messages_) m.gather = kNotGathered;
    gathers_.clear();
  }

  /// What follows comes from this channel: times and instruments that messages leave out are those of the channel.
  void channel(uint16_t number) {
    if (channels_.size() <= number) channels_.resize(number + 1u);
    channel_ = number;
  }

  /// Gives `into` what message `index` means, operation by operation: `into.next()` is where to put one, `into.done()`
  /// says that it is there, `into.newest()` is that one until the next is done. `books` numbers the instruments.
  /// Messages whose counts or lengths lead past their end give what stands before the fault; false then. The event ends
  /// with the last operation of the message, where the roles do not say otherwise; an end that comes without one is an
  /// operation of its own.
  template <class Into>
  bool run(uint16_t index, Bytes message, Books& books, Into& into) {
    const Message& m = messages_[index];
    if (m.gather != kNotGathered && message.size >= gathers_[m.gather].message_bytes) [[likely]] {
      gather(gathers_[m.gather], m, message, books, into.next());
      into.done();
      return true;
    }
    return run_by_field(m, message, books, into);
  }

 private:
  friend class BookCheckpoint;
  using Source = EventSource;
  struct Message;
  template <class Into>
  [[gnu::noinline]] bool run_by_field(const Message& m, Bytes message, Books& books, Into& into) {
    if (m.single && !channels_[channel_].open) [[likely]] {
      if (fill<true>(m.rules.first, Place{message, {}, {}}, books, into.next())) into.done();
      return true;
    }
    return m.bounded ? bound(m, message, into) : run_all(m, message, books, into);
  }

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
  using Count = GroupCount;
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
  using Bounds = EventBounds;
  /// The decimal exponent of a price: what the load gives, its negative, or what its code stands for.
  struct Scale {
    Load load;
    bool decimals = false;
    Span codes;
  };
  static constexpr uint32_t kNoKinds = 0xFFFFFFFF;
  static constexpr uint32_t kMostKinds = 32;
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
    uint32_t kinds = kNoKinds;  // of the first of joined rules
    Span conditions, actions, bids, asks, states, keys, names;
    Load which_action, which_side, which_state, reference;
    Scale scale, instrument_scale, trade_scale;
    Load instrument, id, new_id, price, size, remaining, orders, level, time, seconds, last;
    Load name;  // of the instrument
  };

  static constexpr uint32_t kQuickConditions = 4;
  static constexpr uint32_t kQuickLoads = 5;
  /// A byte, and what each of its values means.
  struct QuickByte {
    uint32_t at = 0;
    uint16_t table = 0;
    uint8_t from = 0;
  };
  /// Of each rule, what running it takes where nothing about it is unusual (event_quick.cpp).
  struct QuickRule {
    BookOperation operation;  // with all that is the same for every message
    bool usable = false, big = false, base_time = false;
    bool has_action = false, has_last = false, has_orders = false, has_level = false, has_seconds = false;
    bool has_instrument = false, plain_instrument = false;
    uint8_t condition_count = 0;
    uint32_t message_bytes = 0, entry_bytes = 0, other_bytes = 0, block_bytes = 0;  // that it takes
    QuickByte action, side, last;
    QuickLoad loads[kQuickLoads];  // of fewer, one is said again: so that messages of any rule take the same way
    uint32_t load_count = 0;       // for entries, whose rule is mostly the one of the entry before
    QuickLoad instrument;
    QuickLoad orders, level, seconds;
    QuickByte conditions[kQuickConditions];
  };

  /// Unsigned fields of a message that go straight into sixteen bytes of an operation, each out of its own window.
  struct Gather {
    uint8_t order[2][Lanes::kBytes];
    uint32_t at[2] = {};
    Gather() { std::memset(order, Lanes::kNothing, sizeof order); }
  };
  /// The operation's sixteen bytes of ids, of price and size, and of times.
  static constexpr uint32_t kGathers = 3;
  /// A message of one rule whose fields are unsigned numbers, or bytes that stand for a side: no field is asked for
  /// singly, and no question is put. Those that are not there are zero in what is gathered.
  struct GatherRule {
    BookOperation operation;                 // with all that is the same for every message
    uint32_t message_bytes = Lanes::kBytes;  // that it takes
    bool has_instrument = false;
    Gather gathers[kGathers];
    uint32_t instrument_at = 0;
    uint8_t instrument_order[Lanes::kBytes];
    uint32_t side_at = 0;
    std::array<uint8_t, 256> sides;
    GatherRule() { std::memset(instrument_order, Lanes::kNothing, sizeof instrument_order); }
  };
  static constexpr uint32_t kNotGathered = 0xFFFFFFFF;

  /// Of rules that take the same entries: which of them can want one, by a byte of it. A bit a rule, the first the
  /// lowest.
  struct EntryKinds {
    uint32_t at = 0;
    std::array<uint32_t, 256> rules;
  };
  struct Message {
    uint32_t gather = kNotGathered;
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
  /// False: nothing is to be done for this message or entry. `kWhole`: everything is read from the message itself.
  template <bool kWhole>
  [[nodiscard]] bool fill(uint32_t rule, const Place& place, Books& books, BookOperation& op) {
    const QuickRule& q = quick_[rule];
    if (q.usable && fits(q, place)) [[likely]] {
      return q.big ? fill_quick<true, kWhole>(rule, q, place, books, op)
                   : fill_quick<false, kWhole>(rule, q, place, books, op);
    }
    op = BookOperation{};
    return fill_general(rules_[rule], place, books, op);
  }
  [[nodiscard]] bool fill_general(const Rule& rule, const Place& place, Books& books, BookOperation& op);
  template <bool kBig, bool kWhole>
  [[nodiscard]] bool fill_quick(uint32_t rule, const QuickRule& q, const Place& place, Books& books, BookOperation& op);
  void gather(const GatherRule& g, const Message& m, Bytes message, Books& books, BookOperation& op) const;
  [[nodiscard]] bool can_gather(const Message& m) const;
  [[nodiscard]] bool make_gather(const Message& m, uint32_t message_bytes, GatherRule& g) const;
  void make_gathers(const Catalogue& catalogue);
  void make_kinds(const Span& rules);
  void make_quick(const Rule& rule, const Catalogue& catalogue, uint16_t index);
  [[nodiscard]] bool quick_rule(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q);
  [[nodiscard]] bool quick_codes(const Rule& r, QuickRule& q);
  [[nodiscard]] bool quick_fields(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q);
  [[nodiscard]] bool quick_instrument(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q);
  [[nodiscard]] static bool quick_load(const Load& l, uint32_t limit, int64_t absent, QuickRule& q, QuickLoad& out);
  template <class Means>
  [[nodiscard]] bool quick_byte(const Load& l, QuickRule& q, QuickByte& out, Means means);
  static void need(const Load& l, uint32_t bytes, QuickRule& q);
  [[nodiscard]] bool fits(const QuickRule& q, const Place& place) const {
    return place.message.size >= q.message_bytes && place.entry.size >= q.entry_bytes &&
           place.other.size >= q.other_bytes && (q.block_bytes == 0 || block_end(place.message) >= q.block_bytes);
  }
  [[nodiscard]] uint32_t block_end(Bytes message) const {
    if (block_size_ == 0 || !message.holds(block_at_, block_size_)) return header_size_;
    return uint32_t(header_size_ + load_uint(message.data + block_at_, block_size_, block_big_));
  }
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

  template <class Into>
  bool bound(const Message& m, Bytes message, Into& into) {
    for (uint32_t i = m.rules.first; i < m.rules.end; i++) {
      const Rule& rule = rules_[i];
      if (rule.bounds == Bounds::none || !wanted(rule, Place{message, {}, {}})) continue;
      channels_[channel_].open = rule.bounds == Bounds::begins;
      if (rule.bounds != Bounds::ends) continue;
      into.next() = BookOperation{};
      into.done();
    }
    return true;
  }

  template <class Into>
  bool run_all(const Message& m, Bytes message, Books& books, Into& into) {
    bool any = false, ends = false, whole = true;
    const auto done = [&](const Rule& rule) {
      BookOperation& op = into.next();
      ends = op.last;
      if (rule.last.source != Source::entry) op.last = false;
      any = true;
      into.done();
    };
    for (uint32_t i = m.rules.first; i < m.rules.end;) {
      const uint32_t first = i++;
      if (rules_[first].path_end == rules_[first].path_first) {
        if (fill<true>(first, Place{message, {}, {}}, books, into.next())) done(rules_[first]);
        continue;
      }
      while (i < m.rules.end && rules_[i].joined) i++;
      whole &= entries(Span{first, i}, message, books, into, done);
    }
    const bool open = channels_[channel_].open;
    if (any) {
      into.newest().last = ends && !open;
    } else if (!open && m.end.source != Source::absent) {
      int64_t value = 0;
      if (!load(m.end, Place{message, {}, {}}, value) || value == 0) return whole;
      into.next() = BookOperation{};
      into.done();
    }
    return whole;
  }

  template <class Into, class Done>
  bool entries(const Span& rules, Bytes message, Books& books, Into& into, Done& done) {
    const Rule& path = rules_[rules.first];
    uint64_t cursor = block_end(message);
    Run run, first;
    for (uint32_t i = path.path_first; i < path.path_end; i++) {
      if (!step(steps_[i], message, cursor, run)) return false;
      cursor = run.end;
      if (i == path.path_first) first = run;
    }
    const EntryKinds* const kinds = path.kinds == kNoKinds ? nullptr : &kinds_[path.kinds];
    for (uint64_t i = 0; i < run.count; i++) {
      Place place{message, Bytes{message.data + run.at + i * run.size, uint32_t(run.size)}, Bytes{}};
      uint32_t wanted = ~0u;
      if (kinds != nullptr && kinds->at < run.size) wanted = kinds->rules[place.entry.data[kinds->at]];
      for (uint32_t r = rules.first; r < rules.end; r++, wanted >>= 1) {
        // With kinds there are at most as many rules as bits.
        if (kinds != nullptr && (wanted & 1) == 0) continue;
        const Rule& rule = rules_[r];
        if (rule.refers) {
          int64_t n = 0;
          if (!load(rule.reference, place, n) || n < 1 || uint64_t(n) > first.count) continue;
          place.other = Bytes{message.data + first.at + uint64_t(n - 1) * first.size, uint32_t(first.size)};
        }
        if (fill<false>(r, place, books, into.next())) done(rule);
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
  std::vector<QuickRule> quick_;  // as many as rules
  std::vector<std::array<uint8_t, 256>> quick_tables_;
  std::vector<GatherRule> gathers_;
  std::vector<EntryKinds> kinds_;
  uint32_t header_size_ = 0, block_at_ = 0, block_size_ = 0;
  bool block_big_ = false;
  std::vector<Channel> channels_ = std::vector<Channel>(1);
  uint32_t channel_ = 0;
  bool has_implied_ = false, has_follows_ = false;
};

[[gnu::always_inline]] inline void EventProgram::gather(const GatherRule& g, const Message& m, Bytes message,
                                                        Books& books, BookOperation& op) const {
  const auto* const same = reinterpret_cast<const uint8_t*>(&g.operation);
  auto* const into = reinterpret_cast<uint8_t*>(&op);
  for (uint32_t i = 0; i < kGathers; i++) {
    const Gather& two = g.gathers[i];
    const Lanes fields = Lanes::load(message.data + two.at[0]).picked(two.order[0]) |
                         Lanes::load(message.data + two.at[1]).picked(two.order[1]);
    (fields | Lanes::load(same + i * Lanes::kBytes)).store(into + i * Lanes::kBytes);
  }
  constexpr size_t kDone = size_t(kGathers) * Lanes::kBytes;
  std::memcpy(into + kDone, same + kDone, sizeof op - kDone);
  op.side = BookSide(g.sides[message.data[g.side_at]]);
  if (!g.has_instrument) return;
  op.instrument = books.known(Lanes::load(message.data + g.instrument_at).picked(g.instrument_order).first());
  if (op.instrument == kNoInstrument) [[unlikely]]
    find_instrument(rules_[m.rules.first], Place{message, {}, {}}, books, op);
}

template <bool kBig, bool kWhole>
[[gnu::always_inline]] inline bool EventProgram::fill_quick(uint32_t rule, const QuickRule& q, const Place& place,
                                                            Books& books, BookOperation& op) {
  const uint8_t* const message = place.message.data;
  const uint8_t* const entry = place.entry.data;
  const uint8_t* const other = place.other.data;
  const auto base = [&](uint8_t source) {
    if constexpr (kWhole) return message;
    return source == uint8_t(Source::message) ? message : source == uint8_t(Source::entry) ? entry : other;
  };
  const auto means = [&](const QuickByte& b) { return quick_tables_[b.table][base(b.from)[b.at]]; };
  const auto value_of = [&](const QuickLoad& l) { return quick_value<kBig>(l, base(l.from)); };
  for (uint32_t i = 0; i < q.condition_count; i++) {
    if (means(q.conditions[i]) == 0) return false;
  }
  op = q.operation;
  if (q.has_action) {
    op.action = BookAction(means(q.action));
    if (op.action == BookAction::none) return false;
  }
  op.side = BookSide(means(q.side));
  if (q.has_last) op.last = means(q.last) != 0;
  const uint32_t load_count = kWhole ? kQuickLoads : q.load_count;
  for (uint32_t i = 0; i < load_count; i++) {
    const QuickLoad& l = q.loads[i];
    const int64_t value = value_of(l);
    std::memcpy(reinterpret_cast<uint8_t*>(&op) + l.into, &value, sizeof value);
  }
  if (q.has_seconds) {
    int64_t ns = 0;
    if (!__builtin_mul_overflow(value_of(q.seconds), kNanosecondsPerSecond, &ns)) op.time_ns += ns;
  }
  if (q.base_time) op.time_ns += channels_[channel_].base_time_ns;
  if (q.has_orders) op.orders = uint32_t(value_of(q.orders));
  if (q.has_level) {
    const int64_t level = value_of(q.level);
    op.level = level > 0 && level < 256 ? uint8_t(level) : 0;
  }
  if (q.has_instrument) {
    if (q.plain_instrument) op.instrument = books.known(uint64_t(value_of(q.instrument)));
    if (op.instrument == kNoInstrument) [[unlikely]]
      find_instrument(rules_[rule], place, books, op);
  }
  if (has_follows_) {
    channels_[channel_].instrument = op.instrument;
    channels_[channel_].side = op.side;
  }
  return true;
}

}  // namespace venuewire

#include "core/event_program.hpp"

#include <bit>
#include <cmath>

#include "contract/compiled.hpp"

namespace venuewire {

namespace {
struct Block {
  uint16_t header_size = 0, block_at = 0;
  uint8_t block_size = 0;
  bool block_big = false;
};
constexpr uint32_t kMost = 1u << 16;  // rules, steps, values: more is no program
}  // namespace

bool EventProgram::parse(SpecReader& spec, const Catalogue& catalogue) {
  if (spec.u32() != kContract) return false;
  compiled::read_event_head(spec, books_);
  if (books_.orders_expected > (1u << 28) || books_.orders_max > (1u << 29) || books_.instruments_max > (1u << 26))
    return false;
  Block block;
  compiled::read_event_block(spec, block);
  header_size_ = block.header_size;
  block_at_ = block.block_at;
  block_size_ = block.block_size;
  block_big_ = block.block_big;
  if (block_size_ > 4 || block_at_ + block_size_ > header_size_) {
    if (block_size_ != 0) return false;
  }
  const uint32_t messages = spec.count();
  if (!spec.ok() || messages != catalogue.message_count()) return false;
  messages_.resize(messages);
  for (Message& m : messages_) {
    Span& span = m.rules;
    span.first = uint32_t(rules_.size());
    for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
      Rule rule;
      if (!parse_rule(spec, rule) || rules_.size() >= kMost) return false;
      rules_.push_back(rule);
      make_quick(rule, catalogue, uint16_t(&m - messages_.data()));
    }
    span.end = uint32_t(rules_.size());
    m.single = span.end == span.first + 1 && rules_.back().path_end == rules_.back().path_first;
    for (uint32_t i = span.first; i < span.end; i++) {
      if (rules_[i].last.source == Source::message) m.end = rules_[i].last;
      m.bounded |= rules_[i].bounds != Bounds::none;
      has_follows_ |= rules_[i].follows;
    }
    m.single &= !m.bounded;
    for (uint32_t i = span.first; i < span.end;) {
      const uint32_t first = i++;
      while (i < span.end && rules_[i].joined) i++;
      make_kinds(Span{first, i});
    }
  }
  make_gathers(catalogue);
  return spec.ok();
}

void EventProgram::parse_values(SpecReader& spec, Span& span) {
  span.first = uint32_t(values_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok() && values_.size() < kMost; n--) values_.push_back(spec.u64());
  span.end = uint32_t(values_.size());
}

bool EventProgram::parse_load(SpecReader& spec, Load& l) {
  l.source = compiled::read_enumeration<EventSource>(spec, kEventSources);
  if (l.source == Source::absent) return spec.ok();
  if (l.source == Source::constant) {
    l.value = spec.i64();
    return spec.ok();
  }
  compiled::read_event_load(spec, l);
  const bool number = l.reading == Reading::unsigned_bits || l.reading == Reading::signed_bits;
  const bool floats = l.reading == Reading::floating_bits;
  return spec.ok() && l.size > 0 && (!number || l.size <= 8) && (!floats || l.size == 4 || l.size == 8) &&
         l.at <= 0xFFFFFF && l.exponent_at <= 0xFFFFFF && l.shift < 64;
}

bool EventProgram::parse_keys(SpecReader& spec, Span& span) {
  span.first = uint32_t(keys_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
    Load key;
    if (!parse_load(spec, key) || keys_.size() >= kMost) return false;
    keys_.push_back(key);
  }
  span.end = uint32_t(keys_.size());
  return spec.ok();
}

bool EventProgram::parse_scale(SpecReader& spec, Scale& s) {
  if (!parse_load(spec, s.load)) return false;
  s.decimals = spec.flag();
  s.codes.first = uint32_t(exponents_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok() && exponents_.size() < kMost; n--) {
    const uint64_t code = spec.u64();
    exponents_.emplace_back(code, int8_t(spec.u8()));
  }
  s.codes.end = uint32_t(exponents_.size());
  return spec.ok();
}

bool EventProgram::parse_step(SpecReader& spec, Step& s) {
  compiled::read_event_step(spec, s);
  if (!parse_load(spec, s.number) || !parse_load(spec, s.block)) return false;
  const auto in_dimension = [&](const Load& l) {
    return l.source == Source::message && l.size <= 4 && uint64_t(l.at) + l.size <= s.dimension_size;
  };
  if (s.count == Count::dimension && (!in_dimension(s.number) || !in_dimension(s.block))) return false;
  return spec.ok() && s.at <= 0xFFFFFF && s.entry_size <= 0xFFFFFF && s.dimension_size <= 0xFFFF &&
         (s.count == Count::dimension || s.entry_size > 0);
}

bool EventProgram::parse_rule(SpecReader& spec, Rule& r) {
  const uint8_t action = spec.u8();
  r.action_loaded = action == 0xFF;
  if (!r.action_loaded) {
    if (action >= kBookActions) return false;
    r.action = BookAction(action);
  } else {
    if (!parse_load(spec, r.which_action)) return false;
    r.actions.first = uint32_t(actions_.size());
    for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
      const uint64_t code = spec.u64();
      const uint8_t means = spec.u8();
      if (means >= kBookActions || actions_.size() >= kMost) return false;
      actions_.emplace_back(code, BookAction(means));
    }
    r.actions.end = uint32_t(actions_.size());
  }
  compiled::read_event_rule(spec, r);
  has_implied_ |= (r.flags & kOperationImplied) != 0;
  r.path_first = uint32_t(steps_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
    Step step;
    if (!parse_step(spec, step) || steps_.size() >= kMost) return false;
    steps_.push_back(step);
  }
  r.path_end = uint32_t(steps_.size());
  r.refers = spec.flag();
  if (r.refers && !parse_load(spec, r.reference)) return false;
  r.conditions.first = uint32_t(conditions_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
    Condition c;
    if (!parse_load(spec, c.load)) return false;
    c.negated = spec.flag();
    parse_values(spec, c.values);
    if (conditions_.size() >= kMost) return false;
    conditions_.push_back(c);
  }
  r.conditions.end = uint32_t(conditions_.size());
  const uint8_t side = spec.u8();
  r.side_loaded = side == 0xFF;
  if (r.side_loaded) {
    if (!parse_load(spec, r.which_side)) return false;
    parse_values(spec, r.bids);
    parse_values(spec, r.asks);
  } else {
    if (side > uint8_t(BookSide::none)) return false;
    r.side = BookSide(side);
  }
  // In the order of EventRole.
  Load* const roles[] = {&r.instrument, &r.id,    &r.new_id, &r.price,   &r.size, &r.remaining,
                         &r.orders,     &r.level, &r.time,   &r.seconds, &r.last, &r.name};
  static_assert(std::size(roles) == kEventRoles && uint32_t(EventRole::name) == kEventRoles - 1);
  for (Load* l : roles) {
    if (!parse_load(spec, *l)) return false;
  }
  if (!parse_keys(spec, r.keys) || !parse_keys(spec, r.names)) return false;
  if (!parse_load(spec, r.which_state)) return false;
  r.states.first = uint32_t(states_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok() && states_.size() < kMost; n--) {
    const uint64_t code = spec.u64();
    states_.emplace_back(code, spec.u8());
  }
  r.states.end = uint32_t(states_.size());
  return parse_scale(spec, r.scale) && parse_scale(spec, r.instrument_scale) && parse_scale(spec, r.trade_scale);
}

bool EventProgram::step(const Step& s, Bytes message, uint64_t cursor, Run& run) const {
  uint64_t at = s.after ? cursor : s.at;
  run.size = s.entry_size;
  switch (s.count) {
    case Count::fixed:
      run.count = s.fixed;
      break;
    case Count::field: {
      int64_t n = 0;
      if (!load(s.number, Place{message, {}, {}}, n) || n < 0) n = 0;
      run.count = uint64_t(n);
      break;
    }
    case Count::until_length: {
      int64_t end = 0;
      if (!load(s.number, Place{message, {}, {}}, end) || end < 0 || uint64_t(end) > message.size) end = 0;
      run.count = at < uint64_t(end) ? (uint64_t(end) - at) / run.size : 0;
      break;
    }
    case Count::to_end:
      run.count = at < message.size ? (message.size - at) / run.size : 0;
      break;
    case Count::dimension:
      // A message of an older schema ends before it.
      if (at == message.size) {
        run = Run{at, 0, 0, at};
        return true;
      }
      if (!message.holds(at, s.dimension_size)) return false;
      run.size = load_uint(message.data + at + s.block.at, s.block.size, s.block.big);
      run.count = load_uint(message.data + at + s.number.at, s.number.size, s.number.big);
      at += s.dimension_size;
      break;
  }
  run.at = at;
  if (run.size == 0) run.count = 0;
  if (run.count > message.size || !message.holds(at, run.count * run.size)) return false;
  run.end = at + run.count * run.size;
  return true;
}

bool EventProgram::load(const Load& l, const Place& place, int64_t& value) const {
  if (l.source == Source::constant) {
    value = l.value;
    return true;
  }
  if (l.source == Source::absent) return false;
  const Bytes from = l.source == Source::message ? place.message
                     : l.source == Source::entry ? place.entry
                                                 : place.other;
  if (!from.holds(l.at, l.size)) return false;
  if (l.guarded && l.source == Source::message && l.at + l.size > block_end(from)) return false;
  if (l.reading <= Reading::signed_bits) [[likely]] {
    const uint64_t bits = load_uint(from.data + l.at, l.size, l.big);
    if (l.has_null && bits == l.null_bits) return false;
    const uint64_t part = (bits & l.mask) >> l.shift;
    value = l.reading == Reading::signed_bits ? sign_extend(part, l.size) : int64_t(part);
    if (l.multiplier == 1 && l.exponent_at == 0) [[likely]]
      return true;
  }
  return load_rest(l, from, value);
}

namespace {
/// The number that text says, with `decimals` digits behind the point; false where it is none, or does not fit.
bool read_decimal(const uint8_t* p, uint32_t size, int decimals, int64_t& value) {
  uint32_t at = 0, end = size;
  while (end > at && (p[end - 1] == ' ' || p[end - 1] == 0)) end--;
  while (at < end && p[at] == ' ') at++;
  if (at == end) return false;
  const bool negative = p[at] == '-';
  if (negative || p[at] == '+') at++;
  value = 0;
  int behind = -1;  // digits behind the point so far
  for (; at < end; at++) {
    if (p[at] == '.' && behind < 0 && decimals >= 0) {
      behind = 0;
      continue;
    }
    if (p[at] < '0' || p[at] > '9') return false;
    if (behind >= 0 && ++behind > decimals) {
      if (p[at] != '0') return false;
      continue;
    }
    if (__builtin_mul_overflow(value, int64_t(10), &value) ||
        __builtin_add_overflow(value, int64_t(p[at] - '0'), &value))
      return false;
  }
  for (int i = behind < 0 ? 0 : behind; i < decimals; i++) {
    if (__builtin_mul_overflow(value, int64_t(10), &value)) return false;
  }
  if (negative) value = -value;
  return true;
}
}  // namespace

bool EventProgram::raise(int64_t& value, int exponent) {
  for (; exponent > 0; exponent--) {
    if (__builtin_mul_overflow(value, int64_t(10), &value)) return false;
  }
  for (; exponent < 0; exponent++) {
    if (value % 10 != 0) return false;
    value /= 10;
  }
  return true;
}

bool EventProgram::load_rest(const Load& l, Bytes from, int64_t& value) const {
  const uint8_t* p = from.data + l.at;
  switch (l.reading) {
    case Reading::text:
      value = int64_t(Catalogue::text_key(p, l.size));
      return true;
    case Reading::decimal:
      return read_decimal(p, l.size, -l.exponent_base, value);
    case Reading::floating_bits: {
      const uint64_t bits = load_uint(p, l.size, l.big);
      double number = l.size == 4 ? double(std::bit_cast<float>(uint32_t(bits))) : std::bit_cast<double>(bits);
      for (int e = l.exponent_base; e < 0; e++) number *= 10;
      if (!(number > -9e18 && number < 9e18)) return false;
      value = std::llround(number);
      return true;
    }
    case Reading::digits:
      if (!read_decimal(p, l.size, -1, value)) return false;
      break;
    default:
      break;
  }
  if (l.exponent_at != 0) {
    return from.holds(l.exponent_at, 1) && raise(value, int8_t(from.data[l.exponent_at]) - l.exponent_base);
  }
  return !__builtin_mul_overflow(value, l.multiplier, &value);
}

bool EventProgram::exponent(const Scale& scale, const Place& place, int& exponent) const {
  int64_t value = 0;
  if (!load(scale.load, place, value)) return false;
  if (scale.codes.first == scale.codes.end) {
    exponent = int(scale.decimals ? -value : value);
    return value > -32 && value < 32;
  }
  for (uint32_t i = scale.codes.first; i < scale.codes.end; i++) {
    if (exponents_[i].first != uint64_t(value)) continue;
    exponent = exponents_[i].second;
    return true;
  }
  return false;
}

/// Text of a symbol, without padding.
void EventProgram::name(const Load& l, const Place& place, Books& books, uint32_t instrument) {
  const Bytes from = l.source == Source::message ? place.message : place.entry;
  if (instrument == kNoInstrument || !from.holds(l.at, l.size)) return;
  uint32_t size = l.size;
  while (size > 0 && (from.data[l.at + size - 1] == ' ' || from.data[l.at + size - 1] == 0)) size--;
  books.name(instrument, Bytes{from.data + l.at, size});
}

/// A name of several fields.
void EventProgram::name_whole(const Load& first, const Span& more, const Place& place, Books& books,
                              uint32_t instrument) const {
  if (instrument == kNoInstrument) return;
  std::string whole;
  const auto put = [&](const Load& l) {
    int64_t value = 0;
    if (!load(l, place, value)) return;
    if (!whole.empty()) whole.push_back(' ');
    if (l.reading != Reading::text) {
      whole.append(std::to_string(value));
      return;
    }
    const Bytes from = l.source == Source::message ? place.message : place.entry;
    uint32_t size = l.size;
    while (size > 0 && (from.data[l.at + size - 1] == ' ' || from.data[l.at + size - 1] == 0)) size--;
    whole.append(reinterpret_cast<const char*>(from.data + l.at), size);
  };
  put(first);
  for (uint32_t i = more.first; i < more.end; i++) put(keys_[i]);
  books.name(instrument, Bytes{reinterpret_cast<const uint8_t*>(whole.data()), uint32_t(whole.size())});
}

void EventProgram::find_instrument(const Rule& rule, const Place& place, Books& books, BookOperation& op) const {
  int64_t value = 0;
  if (!load(rule.instrument, place, value)) return;
  auto key = uint64_t(value);
  if (rule.keys.first != rule.keys.end) {
    Fnv1a64 hash;
    hash.bytes(reinterpret_cast<const uint8_t*>(&key), sizeof key);
    for (uint32_t i = rule.keys.first; i < rule.keys.end; i++) {
      if (!load(keys_[i], place, value)) value = 0;
      hash.bytes(reinterpret_cast<const uint8_t*>(&value), sizeof value);
    }
    key = hash.value;
  }
  const uint32_t known = books.instruments();
  uint64_t apart = (rule.flags & kOperationImplied) != 0 ? kImpliedKey : 0;
  if ((rule.flags & kOperationByOrder) != 0) apart |= kByOrderKey;
  op.instrument = books.instrument(key | apart);
  if (books.instruments() != known) {
    if (rule.keys.first != rule.keys.end) {
      name_whole(rule.instrument, rule.keys, place, books, op.instrument);
    } else if (rule.instrument.reading == Reading::text) {
      name(rule.instrument, place, books, op.instrument);
    }
  }
  // Definitions may rename; other messages name an instrument that nothing has named.
  const bool names = rule.action == BookAction::define || rule.action == BookAction::none;
  if (rule.name.source == Source::absent || (!names && books.instruments() == known)) return;
  if (rule.names.first == rule.names.end) {
    name(rule.name, place, books, op.instrument);
  } else {
    name_whole(rule.name, rule.names, place, books, op.instrument);
  }
}

void EventProgram::find_time(const Rule& rule, const Place& place, BookOperation& op) const {
  int64_t value = 0;
  if (load(rule.time, place, value)) op.time_ns = value;
  if (rule.seconds.source != Source::absent && load(rule.seconds, place, value)) {
    int64_t ns = 0;
    if (!__builtin_mul_overflow(value, kNanosecondsPerSecond, &ns)) op.time_ns += ns;
  }
  if (rule.base_time) op.time_ns += channels_[channel_].base_time_ns;
}

bool EventProgram::wanted(const Rule& rule, const Place& place) const {
  for (uint32_t i = rule.conditions.first; i < rule.conditions.end; i++) {
    const Condition& c = conditions_[i];
    int64_t value = 0;
    const bool there = load(c.load, place, value);
    if ((there && among(c.values, uint64_t(value))) == c.negated) return false;
  }
  return true;
}

bool EventProgram::fill_general(const Rule& rule, const Place& place, Books& books, BookOperation& op) {
  if (rule.conditions.first != rule.conditions.end && !wanted(rule, place)) return false;
  int64_t value = 0;
  op.action = rule.action;
  if (rule.action_loaded) {
    if (!load(rule.which_action, place, value)) return false;
    for (uint32_t i = rule.actions.first; i < rule.actions.end; i++) {
      if (actions_[i].first == uint64_t(value)) op.action = actions_[i].second;
    }
    if (op.action == BookAction::none) return false;
  }
  find_time(rule, place, op);
  if (rule.sets_base_time) {
    channels_[channel_].base_time_ns = op.time_ns;
    return false;
  }
  op.flags = rule.flags;
  op.depth = rule.depth;
  op.side = rule.side;
  if (rule.side_loaded && load(rule.which_side, place, value)) {
    op.side = among(rule.bids, uint64_t(value))   ? BookSide::bid
              : among(rule.asks, uint64_t(value)) ? BookSide::ask
                                                  : BookSide::none;
  }
  find_instrument(rule, place, books, op);
  if (rule.follows) {
    if (op.instrument == kNoInstrument) op.instrument = channels_[channel_].instrument;
    if (op.side == BookSide::none) op.side = channels_[channel_].side;
  }
  channels_[channel_].instrument = op.instrument;
  channels_[channel_].side = op.side;
  if (load(rule.id, place, value)) op.id = uint64_t(value);
  if (load(rule.new_id, place, value)) op.new_id = uint64_t(value);
  if (load(rule.price, place, value) && (rule.scale.load.source == Source::absent || scaled(rule, place, value))) {
    op.price = value;
  }
  if (load(rule.size, place, value)) op.size = value;
  if (rule.remaining.source != Source::absent && load(rule.remaining, place, value)) op.remaining = value;
  if (load(rule.orders, place, value)) op.orders = uint32_t(value);
  if (load(rule.level, place, value)) op.level = value > 0 && value < 256 ? uint8_t(value) : 0;
  if (rule.last.source != Source::absent) op.last = load(rule.last, place, value) && value != 0;
  if (rule.which_state.source != Source::absent) op.level = state(rule, place);
  if (op.action == BookAction::define && op.instrument != kNoInstrument) define(rule, place, books, op.instrument);
  return true;
}

/// What a definition tells for the prices that follow; implied books have the same.
void EventProgram::define(const Rule& rule, const Place& place, Books& books, uint32_t instrument) const {
  const uint32_t apart = has_implied_ ? books.instrument(books.key_of(instrument) | kImpliedKey) : kNoInstrument;
  int value = 0;
  for (const uint32_t i : {instrument, apart}) {
    if (i == kNoInstrument) continue;
    if (exponent(rule.instrument_scale, place, value)) books.price_exponent(i, int8_t(value));
    if (exponent(rule.trade_scale, place, value)) books.trade_exponent(i, int8_t(value));
  }
}

/// The price in the exponent that all prices of the books have.
bool EventProgram::scaled(const Rule& rule, const Place& place, int64_t& price) const {
  int scale = 0;
  return exponent(rule.scale, place, scale) && raise(price, scale - books_.price_exponent);
}

uint8_t EventProgram::state(const Rule& rule, const Place& place) const {
  int64_t value = 0;
  if (!load(rule.which_state, place, value)) return 0;
  if (rule.which_state.source == Source::constant) return uint8_t(value);
  for (uint32_t i = rule.states.first; i < rule.states.end; i++) {
    if (states_[i].first == uint64_t(value)) return states_[i].second;
  }
  return 0;
}

}  // namespace venuewire

#include "core/event_program.hpp"

namespace venuewire {

namespace {
constexpr uint16_t kVersion = 1;
constexpr uint32_t kMost = 1u << 16;  // rules, steps, values: more is no program
}  // namespace

bool EventProgram::parse(SpecReader& spec, const Catalogue& catalogue) {
  if (spec.u16() != kVersion) return false;
  const uint8_t scope = spec.u8();
  if (scope > uint8_t(OrderScope::instrument_and_side)) return false;
  books_.scope = OrderScope(scope);
  books_.price_exponent = int8_t(spec.u8());
  books_.size_exponent = int8_t(spec.u8());
  books_.depth = spec.u8();
  books_.orders_expected = spec.u32();
  books_.orders_max = spec.u32();
  books_.instruments_max = spec.u32();
  if (books_.orders_expected > (1u << 28) || books_.orders_max > (1u << 29) || books_.instruments_max > (1u << 26))
    return false;
  header_size_ = spec.u16();
  block_at_ = spec.u16();
  block_size_ = spec.u8();
  block_big_ = spec.flag();
  if (block_size_ > 4 || block_at_ + block_size_ > header_size_) {
    if (block_size_ != 0) return false;
  }
  const uint32_t messages = spec.count();
  if (!spec.ok() || messages != catalogue.message_count()) return false;
  rules_of_.resize(messages);
  for (Span& span : rules_of_) {
    span.first = uint32_t(rules_.size());
    for (uint32_t n = spec.count(); n > 0 && spec.ok(); n--) {
      Rule rule;
      if (!parse_rule(spec, rule) || rules_.size() >= kMost) return false;
      rules_.push_back(rule);
    }
    span.end = uint32_t(rules_.size());
  }
  return spec.ok();
}

void EventProgram::parse_values(SpecReader& spec, Span& span) {
  span.first = uint32_t(values_.size());
  for (uint32_t n = spec.count(); n > 0 && spec.ok() && values_.size() < kMost; n--) values_.push_back(spec.u64());
  span.end = uint32_t(values_.size());
}

bool EventProgram::parse_load(SpecReader& spec, Load& l) {
  const uint8_t source = spec.u8();
  if (source > uint8_t(Source::other)) return false;
  l.source = Source(source);
  if (l.source == Source::absent) return spec.ok();
  if (l.source == Source::constant) {
    l.value = spec.i64();
    return spec.ok();
  }
  const uint8_t reading = spec.u8();
  if (reading > uint8_t(Reading::text)) return false;
  l.reading = Reading(reading);
  l.at = spec.u32();
  l.size = spec.u8();
  l.big = spec.flag();
  l.guarded = spec.flag();
  l.has_null = spec.flag();
  l.null_bits = spec.u64();
  l.mask = spec.u64();
  l.shift = spec.u8();
  l.multiplier = spec.i64();
  l.exponent_at = spec.u32();
  l.exponent_base = int8_t(spec.u8());
  const bool number = l.reading == Reading::unsigned_bits || l.reading == Reading::signed_bits;
  return spec.ok() && l.size > 0 && (!number || l.size <= 8) && l.at <= 0xFFFFFF && l.exponent_at <= 0xFFFFFF &&
         l.shift < 64;
}

bool EventProgram::parse_step(SpecReader& spec, Step& s) {
  const uint8_t count = spec.u8();
  if (count > uint8_t(Count::dimension)) return false;
  s.count = Count(count);
  s.after = spec.flag();
  s.at = spec.u32();
  s.fixed = spec.u32();
  s.entry_size = spec.u32();
  s.dimension_size = spec.u32();
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
  r.flags = spec.u8();
  r.base_time = spec.flag();
  r.sets_base_time = spec.flag();
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
  for (Load* l : {&r.instrument, &r.id, &r.new_id, &r.price, &r.size, &r.orders, &r.level, &r.time, &r.seconds, &r.last,
                  &r.name}) {
    if (!parse_load(spec, *l)) return false;
  }
  return spec.ok();
}

uint32_t EventProgram::block_end(Bytes message) const {
  if (block_size_ == 0 || !message.holds(block_at_, block_size_)) return header_size_;
  return uint32_t(header_size_ + load_uint(message.data + block_at_, block_size_, block_big_));
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

bool EventProgram::load_rest(const Load& l, Bytes from, int64_t& value) const {
  const uint8_t* p = from.data + l.at;
  if (l.reading == Reading::text) {
    value = int64_t(Catalogue::text_key(p, l.size));
    return true;
  }
  if (l.reading == Reading::digits) {
    uint32_t at = 0, end = l.size;
    while (end > at && (p[end - 1] == ' ' || p[end - 1] == 0)) end--;
    while (at < end && p[at] == ' ') at++;
    if (at == end) return false;
    const bool negative = p[at] == '-';
    if (negative || p[at] == '+') at++;
    value = 0;
    for (; at < end; at++) {
      if (p[at] < '0' || p[at] > '9' || __builtin_mul_overflow(value, int64_t(10), &value) ||
          __builtin_add_overflow(value, int64_t(p[at] - '0'), &value))
        return false;
    }
    if (negative) value = -value;
  }
  if (l.exponent_at != 0) {
    if (!from.holds(l.exponent_at, 1)) return false;
    int exponent = int8_t(from.data[l.exponent_at]) - l.exponent_base;
    for (; exponent > 0; exponent--) {
      if (__builtin_mul_overflow(value, int64_t(10), &value)) return false;
    }
    for (; exponent < 0; exponent++) {
      if (value % 10 != 0) return false;
      value /= 10;
    }
    return true;
  }
  return !__builtin_mul_overflow(value, l.multiplier, &value);
}

/// Text of a symbol, without padding.
void EventProgram::name(const Load& l, const Place& place, Books& books, uint32_t instrument) {
  const Bytes from = l.source == Source::message ? place.message : place.entry;
  if (instrument == kNoInstrument || !from.holds(l.at, l.size)) return;
  uint32_t size = l.size;
  while (size > 0 && (from.data[l.at + size - 1] == ' ' || from.data[l.at + size - 1] == 0)) size--;
  books.name(instrument, Bytes{from.data + l.at, size});
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

bool EventProgram::fill(const Rule& rule, const Place& place, Books& books, BookOperation& op) {
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
  if (load(rule.time, place, value)) op.time_ns = value;
  if (rule.seconds.source != Source::absent && load(rule.seconds, place, value)) {
    int64_t ns = 0;
    if (!__builtin_mul_overflow(value, int64_t(1'000'000'000), &ns)) op.time_ns += ns;
  }
  if (rule.base_time) op.time_ns += base_time_ns_;
  if (rule.sets_base_time) {
    base_time_ns_ = op.time_ns;
    return false;
  }
  op.flags = rule.flags;
  op.side = rule.side;
  if (rule.side_loaded && load(rule.which_side, place, value)) {
    op.side = among(rule.bids, uint64_t(value))   ? BookSide::bid
              : among(rule.asks, uint64_t(value)) ? BookSide::ask
                                                  : BookSide::none;
  }
  if (load(rule.instrument, place, value)) {
    const uint32_t known = books.instruments();
    const uint64_t apart = (rule.flags & kOperationImplied) != 0 ? kImpliedKey : 0;
    op.instrument = books.instrument(uint64_t(value) | apart);
    if (books.instruments() != known && rule.instrument.reading == Reading::text) {
      name(rule.instrument, place, books, op.instrument);
    }
    if (rule.name.source != Source::absent) name(rule.name, place, books, op.instrument);
  }
  if (load(rule.id, place, value)) op.id = uint64_t(value);
  if (load(rule.new_id, place, value)) op.new_id = uint64_t(value);
  if (load(rule.price, place, value)) op.price = value;
  if (load(rule.size, place, value)) op.size = value;
  if (load(rule.orders, place, value)) op.orders = uint32_t(value);
  if (load(rule.level, place, value)) op.level = value > 0 && value < 256 ? uint8_t(value) : 0;
  if (rule.last.source != Source::absent) op.last = load(rule.last, place, value) && value != 0;
  return true;
}

}  // namespace venuewire

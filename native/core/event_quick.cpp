// Rules whose fields can all be read by quick loads, made ready for that. What they give is what the general loads
// give: native/fuzz/event_fuzz.cpp holds them to it.
#include <algorithm>
#include <cstddef>

#include "core/event_program.hpp"

namespace venuewire {

namespace {
constexpr uint32_t kWindow = 8;  // bytes of a quick load
}

/// `limit`: bytes that the place always has, so that a load may read past its field.
bool EventProgram::quick_load(const Load& l, uint32_t limit, int64_t absent, QuickRule& q, QuickLoad& out) {
  if (l.reading > Reading::signed_bits || l.mask != ~0ull || l.shift != 0 || l.exponent_at != 0) return false;
  const uint32_t end = l.at + l.size;
  const uint32_t at = l.at + kWindow <= limit ? l.at : end > kWindow ? end - kWindow : 0;
  const uint32_t before = 8 * (l.at - at), width = 8u * l.size;
  out.at = at;
  out.from = uint8_t(l.source);
  // Most significant byte first: the field stands behind `before` bits; else in front of what follows it.
  out.left = uint8_t(q.big ? before : 64 - before - width);
  out.right = uint8_t(64 - width);
  out.has_null = l.has_null;
  out.null_bits = l.null_bits;
  out.sign = l.reading == Reading::signed_bits ? 1ull << (width - 1) : 0;
  out.multiplier = l.multiplier;
  out.absent = absent;
  out.plain = !out.has_null && out.sign == 0 && out.multiplier == 1;
  need(l, at + kWindow, q);
  return true;
}

void EventProgram::need(const Load& l, uint32_t bytes, QuickRule& q) {
  uint32_t& needed = l.source == Source::message ? q.message_bytes
                     : l.source == Source::entry ? q.entry_bytes
                                                 : q.other_bytes;
  needed = std::max(needed, bytes);
  if (l.guarded && l.source == Source::message) q.block_bytes = std::max(q.block_bytes, l.at + l.size);
}

/// What each byte of the field means: asked of the general load, once.
template <class Means>
bool EventProgram::quick_byte(const Load& l, QuickRule& q, QuickByte& out, Means means) {
  if (l.source == Source::absent || l.source == Source::constant || l.size != 1 || l.exponent_at != 0) return false;
  out.from = uint8_t(l.source);
  out.at = l.at;
  if (quick_tables_.size() > 0xFFFF) return false;
  out.table = uint16_t(quick_tables_.size());
  need(l, l.at + 1, q);
  Load alone = l;
  alone.at = 0;
  alone.source = Source::message;
  alone.guarded = false;
  auto& table = quick_tables_.emplace_back();
  for (uint32_t b = 0; b < table.size(); b++) {
    const auto byte = uint8_t(b);
    int64_t value = 0;
    const bool there = load(alone, Place{Bytes{&byte, 1}, {}, {}}, value);
    table[b] = uint8_t(means(there, uint64_t(value)));
  }
  return true;
}

bool EventProgram::quick_codes(const Rule& r, QuickRule& q) {
  if (r.action_loaded && !quick_byte(r.which_action, q, q.action, [&](bool there, uint64_t value) {
        BookAction action = BookAction::none;
        for (uint32_t i = r.actions.first; i < r.actions.end; i++) {
          if (there && actions_[i].first == value) action = actions_[i].second;
        }
        return action;
      })) {
    return false;
  }
  // A side that is always the same is what every value of the first byte means.
  Load first;
  first.source = Source::message;
  first.size = 1;
  if (!quick_byte(r.side_loaded ? r.which_side : first, q, q.side, [&](bool there, uint64_t value) {
        if (!r.side_loaded) return r.side;
        if (!there) return BookSide::none;
        return among(r.bids, value) ? BookSide::bid : among(r.asks, value) ? BookSide::ask : BookSide::none;
      })) {
    return false;
  }
  if (r.conditions.end - r.conditions.first > kQuickConditions) return false;
  for (uint32_t i = r.conditions.first; i < r.conditions.end; i++) {
    const Condition& c = conditions_[i];
    if (!quick_byte(c.load, q, q.conditions[q.condition_count++],
                    [&](bool there, uint64_t value) { return (there && among(c.values, value)) != c.negated; })) {
      return false;
    }
  }
  // Either it is a byte with a bit, or nothing.
  if (r.last.source == Source::absent) return true;
  q.has_last = true;
  return quick_byte(r.last, q, q.last, [](bool there, uint64_t value) { return there && value != 0; });
}

/// Fields that go into the operation as they are.
bool EventProgram::quick_fields(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q) {
  struct Field {
    const Load& load;
    size_t into;
    int64_t absent;
  };
  BookOperation& op = q.operation;
  const Field fields[] = {{r.id, offsetof(BookOperation, id), 0},
                          {r.new_id, offsetof(BookOperation, new_id), 0},
                          {r.price, offsetof(BookOperation, price), kNoPrice},
                          {r.size, offsetof(BookOperation, size), kNoSize},
                          {r.time, offsetof(BookOperation, time_ns), 0}};
  uint32_t n = 0;
  for (const Field& f : fields) {
    if (f.load.source == Source::absent) continue;
    if (f.load.source == Source::constant) {
      std::memcpy(reinterpret_cast<uint8_t*>(&op) + f.into, &f.load.value, sizeof f.load.value);
      continue;
    }
    QuickLoad& load = q.loads[n];
    const uint32_t limit = f.load.source == Source::message ? message_bytes : entry_bytes;
    if (!quick_load(f.load, limit, f.absent, q, load)) return false;
    load.into = uint8_t(f.into);
    n++;
  }
  if (n == 0) return false;
  q.load_count = n;
  std::fill(q.loads + n, q.loads + kQuickLoads, q.loads[0]);
  return true;
}

bool EventProgram::quick_instrument(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q) {
  const Load& l = r.instrument;
  if (l.source == Source::absent) return true;
  q.has_instrument = true;
  // What is no plain number, or names the instrument each time, is for the general way to find.
  const bool names = r.name.source != Source::absent && r.action == BookAction::none;
  if (l.source == Source::constant || l.has_null || l.multiplier != 1 || names || r.keys.first != r.keys.end ||
      (r.flags & (kOperationImplied | kOperationByOrder)) != 0) {
    return true;
  }
  const uint32_t limit = l.source == Source::message ? message_bytes : entry_bytes;
  q.plain_instrument = quick_load(l, limit, 0, q, q.instrument);
  return true;
}

bool EventProgram::quick_rule(const Rule& r, uint32_t message_bytes, uint32_t entry_bytes, QuickRule& q) {
  const bool unusual = r.sets_base_time || r.follows || r.bounds != Bounds::none || r.action == BookAction::define ||
                       r.remaining.source != Source::absent || r.which_state.source != Source::absent ||
                       r.scale.load.source != Source::absent;
  if (unusual || !quick_codes(r, q)) return false;
  for (uint32_t i = r.actions.first; i < r.actions.end; i++) {
    if (actions_[i].second == BookAction::define) return false;
  }
  bool big = false, little = false;
  for (const Load* l : {&r.id, &r.new_id, &r.price, &r.size, &r.time, &r.seconds, &r.orders, &r.level, &r.instrument}) {
    if (l->source == Source::absent || l->source == Source::constant || l->size == 1) continue;
    if (l->reading <= Reading::signed_bits) (l->big ? big : little) = true;
  }
  if (big && little) return false;
  q.big = big;
  q.base_time = r.base_time;
  q.has_action = r.action_loaded;
  q.operation.action = r.action;
  q.operation.flags = r.flags;
  q.operation.depth = r.depth;
  const auto optional = [&](const Load& l, bool& has, QuickLoad& out) {
    has = l.source != Source::absent;
    if (!has) return true;
    const uint32_t limit = l.source == Source::message ? message_bytes : entry_bytes;
    return l.source != Source::constant && quick_load(l, limit, 0, q, out);
  };
  return quick_fields(r, message_bytes, entry_bytes, q) && quick_instrument(r, message_bytes, entry_bytes, q) &&
         optional(r.seconds, q.has_seconds, q.seconds) && optional(r.orders, q.has_orders, q.orders) &&
         optional(r.level, q.has_level, q.level);
}

// ── gathered ─────────────────────────────────────────────────────────────────────────────────────────────────────

namespace {
/// Where a window of sixteen bytes that holds the field begins, and which of its bytes are the field's. It ends with
/// the message at the latest. False: the message is too short for one.
bool window(uint32_t at, uint32_t size, bool big, uint32_t message_bytes, uint32_t& from, uint8_t* order) {
  const uint32_t end = std::max(at + size, std::min(at + Lanes::kBytes, message_bytes));
  if (end < Lanes::kBytes) return false;
  from = end - Lanes::kBytes;
  for (uint32_t i = 0; i < size; i++) order[i] = uint8_t(at - from + (big ? size - 1 - i : i));
  return true;
}
}  // namespace

bool EventProgram::can_gather(const Message& m) const {
  if (!m.single) return false;
  const QuickRule& q = quick_[m.rules.first];
  if (!q.usable || q.has_action || q.has_last || q.has_seconds || q.has_orders || q.has_level || q.base_time ||
      q.block_bytes != 0 || q.condition_count != 0 || (q.has_instrument && !q.plain_instrument)) {
    return false;
  }
  return std::all_of(q.loads, q.loads + q.load_count, [](const QuickLoad& l) { return l.plain; });
}

bool EventProgram::make_gather(const Message& m, uint32_t message_bytes, GatherRule& g) const {
  static_assert(offsetof(BookOperation, new_id) == 8 && offsetof(BookOperation, size) == 24 &&
                offsetof(BookOperation, time_ns) == 40 && offsetof(BookOperation, instrument) == 48);
  const Rule& r = rules_[m.rules.first];
  const QuickRule& q = quick_[m.rules.first];
  g.operation = q.operation;
  struct Field {
    const Load& load;
    size_t into;
  };
  const Field fields[] = {{r.id, offsetof(BookOperation, id)},
                          {r.new_id, offsetof(BookOperation, new_id)},
                          {r.price, offsetof(BookOperation, price)},
                          {r.size, offsetof(BookOperation, size)},
                          {r.time, offsetof(BookOperation, time_ns)}};
  g.message_bytes = std::max(q.message_bytes, Lanes::kBytes);
  const auto needs = [&](uint32_t from) { g.message_bytes = std::max(g.message_bytes, from + Lanes::kBytes); };
  for (const Field& f : fields) {
    const Load& l = f.load;
    if (l.source == Source::absent || l.source == Source::constant) continue;
    const uint32_t half = (f.into / sizeof(uint64_t)) % 2;
    Gather& two = g.gathers[f.into / Lanes::kBytes];
    if (!window(l.at, l.size, l.big, message_bytes, two.at[half], two.order[half] + half * sizeof(uint64_t)))
      return false;
    std::memset(reinterpret_cast<uint8_t*>(&g.operation) + f.into, 0, sizeof(uint64_t));
    needs(two.at[half]);
  }
  const Load& key = r.instrument;
  g.has_instrument = q.has_instrument;
  if (g.has_instrument && !window(key.at, key.size, key.big, message_bytes, g.instrument_at, g.instrument_order))
    return false;
  needs(g.instrument_at);
  g.side_at = q.side.at;
  g.sides = quick_tables_[q.side.table];
  return true;
}

void EventProgram::make_gathers(const Catalogue& catalogue) {
  // An event of several messages, and fields that an earlier message has told, are for the other ways.
  if (has_follows_ || std::any_of(messages_.begin(), messages_.end(), [](const Message& m) { return m.bounded; }))
    return;
  for (Message& m : messages_) {
    GatherRule g;
    if (!can_gather(m) || !make_gather(m, catalogue.min_length(uint16_t(&m - messages_.data())), g)) continue;
    m.gather = uint32_t(gathers_.size());
    gathers_.push_back(g);
  }
}

/// Where each of the rules asks for the same byte of the entry: most ask for its type, and one of them wants it.
void EventProgram::make_kinds(const Span& rules) {
  if (rules.end - rules.first < 2 || rules.end - rules.first > kMostKinds) return;
  EntryKinds kinds;
  bool found = false;
  kinds.rules.fill(~0u);
  for (uint32_t r = rules.first; r < rules.end; r++) {
    const QuickRule& q = quick_[r];
    for (uint32_t c = 0; q.usable && c < q.condition_count; c++) {
      const QuickByte& byte = q.conditions[c];
      if (byte.from != uint8_t(Source::entry) || (found && byte.at != kinds.at)) continue;
      found = true;
      kinds.at = byte.at;
      for (uint32_t b = 0; b < kinds.rules.size(); b++) {
        if (quick_tables_[byte.table][b] == 0) kinds.rules[b] &= ~(1u << (r - rules.first));
      }
    }
  }
  if (!found) return;
  rules_[rules.first].kinds = uint32_t(kinds_.size());
  kinds_.push_back(kinds);
}

void EventProgram::make_quick(const Rule& rule, const Catalogue& catalogue, uint16_t index) {
  QuickRule q;
  // Entries of a length that the message tells are never read past their fields.
  const Step* const last = rule.path_end == rule.path_first ? nullptr : &steps_[rule.path_end - 1];
  const uint32_t entry_bytes = last == nullptr || last->count == Count::dimension || rule.refers ? 0 : last->entry_size;
  const size_t tables = quick_tables_.size();
  q.usable = quick_rule(rule, catalogue.min_length(index), entry_bytes, q);
  if (!q.usable) quick_tables_.resize(tables);
  quick_.push_back(q);
}

}  // namespace venuewire

#include "core/books.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <new>

namespace venuewire {

namespace {

constexpr uint32_t kOrdersALevel = 4;  // for how many levels there is memory at once

uint64_t mix(uint64_t key) {
  key *= 0x9E3779B97F4A7C15ull;
  return key ^ key >> 29;
}

uint64_t power_of_two_of(uint64_t least) { return std::bit_ceil(least); }

/// Absurd sizes wrap around: what is added is taken away again, so that a level ends as it began.
int64_t plus(int64_t a, int64_t b) { return int64_t(uint64_t(a) + uint64_t(b)); }

}  // namespace

Books::Books(const BooksSpec& spec, BookTop* tops)
    : spec_(spec),
      scope_mask_(spec.scope == OrderScope::all          ? 0
                  : spec.scope == OrderScope::instrument ? ~1u
                                                         : ~0u),
      index_(std::min(spec.orders_expected, spec.orders_max)),
      orders_(spec.orders_max, spec.orders_expected),
      levels_(spec.orders_max, spec.orders_expected / kOrdersALevel),
      books_(spec.instruments_max, 0),
      places_(spec.instruments_max, 0),
      tops_(tops),
      by_small_key_(kSmallKeys, kNone),
      by_key_(power_of_two_of(2 * (uint64_t(spec.instruments_max) + 1)) * sizeof(Keyed)),
      by_key_mask_(power_of_two_of(2 * (uint64_t(spec.instruments_max) + 1)) - 1) {
  by_key_.use((by_key_mask_ + 1) * sizeof(Keyed));
  if (tops_ != nullptr) return;
  // Zeroed pages come from the system untouched: only those of instruments that exist cost memory.
  own_tops_.reset(static_cast<BookTop*>(std::calloc(spec.instruments_max + 1u, sizeof(BookTop))));
  if (own_tops_ == nullptr) throw std::bad_alloc();
  tops_ = own_tops_.get();
}

Books::~Books() {
  for (uint32_t i = 0; i < books_.used(); i++) {
    for (SideLevels& side : books_[i].sides) side.release();
  }
}

void Books::restart() {
  auto* const keyed = reinterpret_cast<Keyed*>(by_key_.data());
  for (uint32_t i = 0; i < books_.used(); i++) {
    for (SideLevels& side : books_[i].sides) side.release();
    tops_[i] = BookTop{};
    const uint64_t key = keys_[i];
    if (key < kSmallKeys) by_small_key_[key] = kNone;
    if (key < kSmallKeys) continue;
    // All go, so it does not matter which of its neighbours go with it.
    for (uint64_t at = mix(key) & by_key_mask_; keyed[at].number != 0; at = (at + 1) & by_key_mask_) keyed[at] = {};
  }
  index_.clear();
  orders_.reset();
  levels_.reset();
  books_.reset();
  places_.reset();
  keys_.clear();
  numbered_.clear();
  names_.clear();
  channel_of_.clear();
  exponents_.clear();
  trade_exponents_.clear();
  counters_ = {};
  channel_ = 0;
  shown_count_ = 0;
}

// ── instruments ──────────────────────────────────────────────────────────────────────────────────────────────────

uint32_t Books::known_large(uint64_t key) const {
  const auto* const keyed = reinterpret_cast<const Keyed*>(by_key_.data());
  for (uint64_t at = mix(key) & by_key_mask_; keyed[at].number != 0; at = (at + 1) & by_key_mask_) {
    if (keyed[at].key == key) return keyed[at].number - 1;
  }
  return kNoInstrument;
}

uint32_t Books::instrument_of(uint64_t key) {
  Keyed* const keyed = reinterpret_cast<Keyed*>(by_key_.data());
  uint64_t at = mix(key) & by_key_mask_;
  if (key >= kSmallKeys) {
    for (; keyed[at].number != 0; at = (at + 1) & by_key_mask_) {
      if (keyed[at].key == key) return keyed[at].number - 1;
    }
  }
  if (!books_.any()) {
    counters_.refused++;
    return kNoInstrument;
  }
  const uint32_t number = books_.take();
  books_[number] = Book{};
  (void)places_.take();
  keys_.push_back(key);
  channel_of_.push_back(channel_);
  tops_[number].bid_price = tops_[number].ask_price = kNoPrice;
  if (key < kSmallKeys) {
    by_small_key_[key] = number;
  } else {
    keyed[at] = {key, number + 1};
  }
  return number;
}

const std::string& Books::name_of(uint32_t instrument) const {
  static const std::string kUnnamed;
  return instrument < names_.size() ? names_[instrument] : kUnnamed;
}

void Books::name(uint32_t instrument, Bytes text) {
  if (names_.size() <= instrument) names_.resize(instrument + 1u);
  names_[instrument].assign(reinterpret_cast<const char*>(text.data), text.size);
}

void Books::price_exponent(uint32_t instrument, int8_t exponent) {
  if (exponents_.size() <= instrument) exponents_.resize(instrument + 1u, kNoExponent);
  exponents_[instrument] = exponent;
}

void Books::trade_exponent(uint32_t instrument, int8_t exponent) {
  if (trade_exponents_.size() <= instrument) trade_exponents_.resize(instrument + 1u, kNoExponent);
  trade_exponents_[instrument] = exponent;
}

int8_t Books::exponent_of(EventKind kind, uint32_t instrument) const {
  const bool own =
      kind == EventKind::trade && instrument < trade_exponents_.size() && trade_exponents_[instrument] != kNoExponent;
  return own ? trade_exponents_[instrument] : price_exponent(instrument);
}

namespace {
/// One of two places, without a question that a processor could guess wrong.
const void* either(bool first, const void* a, const void* b) {
  const auto x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return reinterpret_cast<const void*>(y ^ ((x ^ y) & -uintptr_t(first)));
}
}  // namespace

// ── what will be touched ─────────────────────────────────────────────────────────────────────────────────────────

[[gnu::always_inline]] inline void Books::fetch_order(BookOperation& op) const {
  op.hint = index_.guess(op.hash);
  if (op.hint != kNone) [[likely]]
    __builtin_prefetch(&orders_[op.hint], 1);
}

[[gnu::always_inline]] inline void Books::fetch_level(const BookOperation& op) const {
  if (op.hint == kNone) return;
  const Order& o = orders_[op.hint];
  if (o.level == kNone) return;
  __builtin_prefetch(&levels_[o.level], 1);
  __builtin_prefetch(either(o.before != kNone, &orders_[o.before], &o), 1);
  __builtin_prefetch(either(o.next != kNone, &orders_[o.next], &o), 1);
  __builtin_prefetch(&side(o.where), 1);
}

[[gnu::always_inline]] inline void Books::fetch_neighbours(const BookOperation& op) const {
  if (op.hint == kNone) return;
  const Order& o = orders_[op.hint];
  if (o.level == kNone) return;
  const SideLevels& s = side(o.where);
  __builtin_prefetch(either(s.best() == o.level, &tops_[o.where >> 1], &s), 1);
  uint64_t place = s.second();
  if (op.action == BookAction::replace)
    place = s.place_of(rank_of(BookSide(o.where & 1), op.price)) % SideLevels::kPlaces;
  __builtin_prefetch(&places(o.where).level[place], 1);
  s.prefetch_others();
}

[[gnu::always_inline]] inline void Books::fetch_side(BookOperation& op) const {
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  const SideLevels& s = side(where);
  op.hint = uint32_t(s.place_of(rank_of(op.side, op.price)));
  __builtin_prefetch(&places(where).level[op.hint % SideLevels::kPlaces], 1);
  s.prefetch_others();
}

/// The level at the place that `fetch_side` has found, or any.
[[gnu::always_inline]] inline uint32_t Books::level_near(const BookOperation& op) const {
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  const uint32_t place = op.hint % SideLevels::kPlaces;
  return places(where).level[place] & -uint32_t(side(where).stands_at(place));
}

[[gnu::always_inline]] inline void Books::fetch_place(const BookOperation& op) const {
  const SideLevels& s = side_of(op);
  __builtin_prefetch(&levels_[level_near(op)], 1);
  __builtin_prefetch(either(s.is_top(op.hint % SideLevels::kPlaces), &tops_[op.instrument], &s), 1);
}

[[gnu::always_inline]] inline void Books::fetch_last(const BookOperation& op) const {
  const uint32_t last = levels_[level_near(op)].last;
  __builtin_prefetch(either(last != kNone, &orders_[last], &orders_[0]), 1);
}

void Books::bring_near(BookOperation* ops, const uint8_t* orders, uint32_t order_count, const uint8_t* prices,
                       uint32_t price_count) const {
  for (uint32_t i = 0; i < order_count; i++) fetch_order(ops[orders[i]]);
  for (uint32_t i = 0; i < price_count; i++) fetch_side(ops[prices[i]]);
  for (uint32_t i = 0; i < order_count; i++) fetch_level(ops[orders[i]]);
  for (uint32_t i = 0; i < price_count; i++) fetch_place(ops[prices[i]]);
  for (uint32_t i = 0; i < order_count; i++) fetch_neighbours(ops[orders[i]]);
  for (uint32_t i = 0; i < price_count; i++) fetch_last(ops[prices[i]]);
}

// ── orders and levels ────────────────────────────────────────────────────────────────────────────────────────────

[[gnu::always_inline]] inline uint32_t Books::find_level(uint32_t where, int64_t price, uint32_t hint) {
  SideLevels& s = side(where);
  const int64_t rank = rank_of(BookSide(where & 1), price);
  uint64_t place = 0;
  const uint32_t known = s.find(places(where), rank, hint, place);
  if (known != kNone) return known;
  if (!levels_.any()) return kNone;
  const uint32_t level = levels_.take();
  levels_[level] = Level{price, 0, 0, kNone, kNone, where};
  s.insert(places(where), rank, place, level);
  return level;
}

uint32_t Books::level_at(uint32_t where, int64_t price, uint32_t hint) { return find_level(where, price, hint); }

[[gnu::always_inline]] inline void Books::drop_level(uint32_t level) {
  Level& l = levels_[level];
  side(l.where).erase(places(l.where), rank_of(BookSide(l.where & 1), l.price));
  l.where = kNone;
  levels_.give_back(level);
}

[[gnu::always_inline]] inline void Books::queue_up(uint32_t order, uint32_t level) {
  Level& l = levels_[level];
  Order& o = orders_[order];
  o.level = level;
  o.where = l.where;
  o.before = l.last;
  o.next = kNone;
  *(l.last != kNone ? &orders_[l.last].next : &l.first) = order;
  l.last = order;
  l.orders++;
  l.size = plus(l.size, o.size);
}

void Books::enqueue(uint32_t order, uint32_t level) { queue_up(order, level); }

[[gnu::always_inline]] inline void Books::dequeue(uint32_t order) {
  const Order& o = orders_[order];
  Level& l = levels_[o.level];
  *(o.before != kNone ? &orders_[o.before].next : &l.first) = o.next;
  *(o.next != kNone ? &orders_[o.next].before : &l.last) = o.before;
  l.orders--;
  l.size = plus(l.size, -o.size);
  if (l.orders == 0) drop_level(o.level);
}

/// A level's size has changed: only the best one is shown at the top.
[[gnu::always_inline]] inline void Books::changed(uint32_t level, int64_t time_ns) {
  const uint32_t where = levels_[level].where;
  SideLevels& s = side(where);
  s.updates++;
  s.time_ns = time_ns;
  if (s.best() == level) changed_best(where, time_ns);
}

void Books::changed_best(uint32_t where, int64_t time_ns) {
  const uint32_t best = side(where).best();
  if (best == kNone) {
    show_top(where, kNoPrice, 0, 0, time_ns);
  } else {
    const Level& l = levels_[best];
    show_top(where, l.price, l.size, l.orders, time_ns);
  }
}

/// Other threads see either the old or the new one.
void Books::show_top(uint32_t where, int64_t price, int64_t size, uint32_t orders, int64_t time_ns) {
  BookTop& t = tops_[where >> 1];
  const uint32_t ask = where & 1;
  std::atomic_ref<uint32_t> version(t.version);
  version.store(t.version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);  // no reader sees new figures with the old even version
  // By numbers instead of questions: nobody guesses which side comes next.
  constexpr size_t kPrices = offsetof(BookTop, bid_price), kOrders = offsetof(BookTop, bid_orders);
  constexpr size_t kNextPrice = offsetof(BookTop, ask_price) - kPrices;
  constexpr size_t kNextOrders = offsetof(BookTop, ask_orders) - kOrders;
  static_assert(offsetof(BookTop, bid_size) == kPrices + sizeof price &&
                offsetof(BookTop, ask_size) == kPrices + kNextPrice + sizeof price);
  auto* const bytes = reinterpret_cast<uint8_t*>(&t);
  std::memcpy(bytes + kPrices + ask * kNextPrice, &price, sizeof price);
  std::memcpy(bytes + kPrices + ask * kNextPrice + sizeof price, &size, sizeof size);
  std::memcpy(bytes + kOrders + ask * kNextOrders, &orders, sizeof orders);
  t.event_time = time_ns;
  t.changes++;
  version.store(t.version + 1, std::memory_order_release);
  const uint32_t instrument = where >> 1;
  if (shown_count_ != 0 && shown_[shown_count_ - 1] == instrument) return;
  if (shown_count_ == kShown) look_at_shown();
  shown_[shown_count_++] = instrument;
}

/// `end`: where the search for the id ended in the index.
[[gnu::always_inline]] inline bool Books::add(uint32_t where, uint64_t id, uint32_t hash, uint32_t end, uint32_t hint,
                                              int64_t price, int64_t size, int64_t time_ns) {
  if (index_.size() >= spec_.orders_max || !levels_.any()) {
    counters_.refused++;
    return false;
  }
  const uint32_t order = orders_.take();
  orders_[order].id = id;
  orders_[order].size = size;
  const uint32_t level = find_level(where, price, hint);
  queue_up(order, level);
  index_.insert_at(end, hash, order);
  counters_.most_orders = std::max<uint64_t>(counters_.most_orders, index_.size());
  changed(level, time_ns);
  return true;
}

/// The order leaves its level, and the level the book with its last order.
[[gnu::always_inline]] inline void Books::leave(uint32_t order, int64_t time_ns) {
  const uint32_t level = orders_[order].level;
  const uint32_t where = orders_[order].where;
  SideLevels& s = side(where);
  const bool best = s.best() == level;
  dequeue(order);
  s.updates++;
  s.time_ns = time_ns;
  if (best) changed_best(where, time_ns);
}

[[gnu::always_inline]] inline void Books::forget(uint32_t order, uint32_t hash, int64_t time_ns) {
  leave(order, time_ns);
  index_.erase(hash, order);
  orders_[order].level = kNone;
  orders_.give_back(order);
}

[[gnu::always_inline]] inline void Books::shrink(uint32_t order, uint32_t hash, int64_t by, int64_t time_ns) {
  Order& o = orders_[order];
  if (by >= o.size) {
    if (by > o.size) counters_.overfilled++;
    forget(order, hash, time_ns);
    return;
  }
  o.size -= by;
  levels_[o.level].size = plus(levels_[o.level].size, -by);
  changed(o.level, time_ns);
}

// ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────

[[gnu::noinline]] Event* Books::make_event(Event* at, const BookOperation& op, EventKind kind, EventAction action,
                                           uint32_t instrument, BookSide side, uint64_t id, int64_t price,
                                           int64_t size) const {
  *at = Event{.event_time = op.time_ns,
              .receive_time = 0,
              .sequence = 0,
              .order_id = id,
              .price = price,
              .size = size,
              .instrument = instrument,
              .channel = 0,
              .kind = uint8_t(kind),
              .action = uint8_t(action),
              .side = uint8_t(side),
              .flags = 0,
              .price_exponent = exponents_.empty() ? spec_.price_exponent : exponent_of(kind, instrument),
              .size_exponent = spec_.size_exponent,
              .level = op.level,
              .line = 0,
              .reserved = 0};
  if (kind == EventKind::level) at->flags = kEventByPrice;
  if (kind == EventKind::quote) at->flags = kEventTopOfBook;
  if (instrument != kNoInstrument && is_stale(instrument)) at->flags = uint8_t(at->flags | kEventMaybeBadBook);
  return at + 1;
}

/// What changes no book.
uint32_t Books::told(const BookOperation& op, EventKind kind, Event* into) const {
  if (into == nullptr) return 0;
  event(into, op, kind, EventAction::none, op.instrument, op.side, op.id, op.price, op.size);
  return 1;
}

uint32_t Books::on_modify(const BookOperation& op, uint32_t order, Event* into) {
  Order& o = orders_[order];
  const uint32_t from = levels_[o.level].where;
  const int64_t old_price = levels_[o.level].price;
  const BookSide side = op.side == BookSide::none ? BookSide(from & 1) : op.side;
  const uint32_t instrument = op.instrument == kNoInstrument ? from >> 1 : op.instrument;
  const int64_t price = op.price == kNoPrice ? old_price : op.price;
  const int64_t size = op.size == kNoSize ? o.size : op.size;
  if (size <= 0) {
    const int64_t had = o.size;
    forget(order, op.hash, op.time_ns);
    if (into == nullptr) return 0;
    event(into, op, EventKind::order, EventAction::cancel, from >> 1, BookSide(from & 1), op.id, old_price, had);
    return 1;
  }
  const uint32_t to = instrument * 2 + uint32_t(side);
  // As venues do: another price or a larger size goes to the back of the queue.
  if (to != from || price != old_price || (size > o.size && (op.flags & kOperationKeeps) == 0)) {
    if (!levels_.any()) {
      counters_.refused++;
      return 0;
    }
    leave(order, op.time_ns);
    o.size = size;
    enqueue(order, level_at(to, price));
  } else {
    levels_[o.level].size = plus(levels_[o.level].size, size - o.size);
    o.size = size;
  }
  changed(o.level, op.time_ns);
  if (into == nullptr) return 0;
  event(into, op, EventKind::order, EventAction::modify, instrument, side, op.id, price, size);
  return 1;
}

uint32_t Books::on_level(const BookOperation& op, Event* into) {
  if (op.side == BookSide::none || op.instrument == kNoInstrument || op.price == kNoPrice) {
    counters_.refused++;
    return 0;
  }
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  const uint32_t level = level_at(where, op.price, op.hint);
  if (level == kNone) {
    counters_.refused++;
    return 0;
  }
  Level& l = levels_[level];
  const int64_t had = l.size;
  const bool gone = op.size <= 0 || op.size == kNoSize;
  l.size = gone ? 0 : op.size;
  l.orders = op.orders;
  if (gone) {
    if (had == 0 && (op.flags & kOperationIfKnown) == 0) counters_.unknown_levels++;
    const bool best = side(where).best() == level;
    drop_level(level);
    side(where).updates++;
    if (best) changed_best(where, op.time_ns);
  } else {
    changed(level, op.time_ns);
  }
  if (into == nullptr || (gone && had == 0)) return 0;
  const EventAction action = gone ? EventAction::cancel : had == 0 ? EventAction::add : EventAction::modify;
  event(into, op, EventKind::level, action, op.instrument, op.side, op.orders, op.price, gone ? had : op.size);
  return 1;
}

/// The rules of CME MDP 3.0 ("Market by Price - Multiple Depth Book"), which others share: a sparse list by number.
uint32_t Books::on_numbered(const BookOperation& op, Event* into) {
  if (op.side == BookSide::none || op.instrument == kNoInstrument || op.level == 0) {
    counters_.refused++;
    return 0;
  }
  if (numbered_.size() < books_.used() * 2) numbered_.resize(books_.used() * 2);
  NumberedSide& list = numbered_[op.instrument * 2 + uint32_t(op.side)];
  const size_t at = op.level - 1u;
  const size_t depth = op.depth != 0 ? op.depth : spec_.depth != 0 ? spec_.depth : 255;
  if (at >= depth) {
    counters_.refused++;
    return 0;
  }
  if (list.size() <= at) list.resize(at + 1);
  const bool known = list[at].known;
  EventAction action = EventAction::cancel;
  const int64_t had = list[at].level.size, had_price = list[at].level.price;
  const auto set = [&] {
    list[at] = Numbered{{op.price, op.size == kNoSize ? 0 : op.size, op.orders, op.level}, true};
  };
  switch (op.action) {
    case BookAction::level_insert:
      list.insert(list.begin() + long(at), Numbered{});
      if (list.size() > depth) list.resize(depth);
      set();
      action = EventAction::add;
      break;
    case BookAction::level_change:
      if (!known && (op.flags & kOperationIfKnown) == 0) counters_.unknown_levels++;
      set();
      action = EventAction::modify;
      break;
    case BookAction::level_remove:
      if (!known && (op.flags & kOperationIfKnown) == 0) counters_.unknown_levels++;
      list.erase(list.begin() + long(at));
      break;
    case BookAction::level_remove_from:
      list.resize(at);
      break;
    default:
      list.erase(list.begin(), list.begin() + long(at) + 1);
      break;
  }
  while (!list.empty() && !list.back().known) list.pop_back();
  books_[op.instrument].sides[uint32_t(op.side)].updates++;
  books_[op.instrument].sides[uint32_t(op.side)].time_ns = op.time_ns;
  if (at == 0 || list.empty() || !list[0].known) {
    const bool best = !list.empty() && list[0].known;
    show_top(op.instrument * 2 + uint32_t(op.side), best ? list[0].level.price : kNoPrice,
             best ? list[0].level.size : 0, best ? list[0].level.orders : 0, op.time_ns);
  }
  if (into == nullptr) return 0;
  const bool removed = action == EventAction::cancel;
  event(into, op, EventKind::level, action, op.instrument, op.side, op.orders, removed && known ? had_price : op.price,
        removed && known ? had : op.size);
  return 1;
}

bool Books::show_quote(const BookOperation& op) {
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  empty_side(where);
  if (op.size > 0 && op.size != kNoSize && op.price != kNoPrice) {
    const uint32_t level = level_at(where, op.price);
    if (level == kNone) {
      counters_.refused++;
      return false;
    }
    Level& l = levels_[level];
    l.size = op.size;
    l.orders = op.orders;
  }
  books_[op.instrument].sides[uint32_t(op.side)].updates++;
  books_[op.instrument].sides[uint32_t(op.side)].time_ns = op.time_ns;
  changed_best(where, op.time_ns);
  return true;
}

uint32_t Books::on_quote(const BookOperation& op, Event* into) {
  if (op.side == BookSide::none || op.instrument == kNoInstrument) {
    counters_.refused++;
    return 0;
  }
  if ((op.flags & kOperationAside) == 0 && !show_quote(op)) return 0;
  if (into == nullptr) return 0;
  event(into, op, EventKind::quote, EventAction::modify, op.instrument, op.side, op.orders, op.price, op.size);
  return 1;
}

[[gnu::always_inline]] inline uint32_t Books::on_replace(const BookOperation& op, uint32_t order, Event* into) {
  const Order& o = orders_[order];
  const Level& l = levels_[o.level];
  const uint32_t where = l.where;
  const int64_t old_price = l.price, old_size = o.size;
  const BookSide side = op.side == BookSide::none ? BookSide(where & 1) : op.side;
  const int64_t price = op.price == kNoPrice ? old_price : op.price;
  const int64_t size = op.size == kNoSize ? old_size : op.size;
  forget(order, op.hash, op.time_ns);
  Event* at = event(into, op, EventKind::order, EventAction::cancel, where >> 1, BookSide(where & 1), op.id, old_price,
                    old_size);
  const uint32_t instrument = where >> 1, to = instrument * 2 + uint32_t(side);
  const uint32_t scope = to & scope_mask_;
  const uint32_t hash = OrderIndex::hash(op.new_id, scope);
  uint32_t end = 0;
  const auto same = [&](uint32_t slot) { return is(orders_[slot], op.new_id, scope); };
  const uint32_t taken = index_.find(hash, end, same);
  if (taken != kNone) {
    counters_.duplicate_orders++;
    forget(taken, hash, op.time_ns);
    (void)index_.find(hash, end, same);
  }
  if (size <= 0) {
    counters_.refused++;
  } else if (add(to, op.new_id, hash, end, kNone, price, size, op.time_ns)) {
    at = event(at, op, EventKind::order, EventAction::add, instrument, side, op.new_id, price, size);
  }
  return into == nullptr ? 0 : uint32_t(at - into);
}

[[gnu::always_inline]] inline uint32_t Books::on_known(const BookOperation& op, uint32_t order, Event* into) {
  const Order& o = orders_[order];
  const Level& l = levels_[o.level];
  const uint32_t instrument = l.where >> 1;
  const BookSide side = BookSide(l.where & 1);
  const int64_t price = l.price, size = o.size;
  switch (op.action) {
    case BookAction::add:
      counters_.duplicate_orders++;
      [[fallthrough]];
    case BookAction::put:
    case BookAction::modify:
      return on_modify(op, order, into);
    case BookAction::replace:
      return on_replace(op, order, into);
    case BookAction::remove: {
      forget(order, op.hash, op.time_ns);
      if (into == nullptr) return 0;
      event(into, op, EventKind::order, EventAction::cancel, instrument, side, op.id, price, size);
      return 1;
    }
    case BookAction::set_size:
    case BookAction::reduce:
    case BookAction::execute: {
      int64_t by = op.action == BookAction::set_size ? size - op.size : op.size;
      if (by < 0 || by == kNoSize) {
        counters_.refused++;
        return 0;
      }
      const bool told = op.remaining != kNoSize && op.remaining >= 0 && op.remaining <= size;
      shrink(order, op.hash, told ? size - op.remaining : by, op.time_ns);
      by = told ? size - op.remaining : std::min(by, size);
      const bool traded = op.action == BookAction::execute;
      if (traded && (op.flags & kOperationNoPrint) == 0) counters_.trades++;
      if (into == nullptr) return 0;
      Event* at = into;
      if (traded) {
        const int64_t at_price = (op.flags & kOperationAtPrice) != 0 && op.price != kNoPrice ? op.price : price;
        const BookSide aggressor = side == BookSide::bid ? BookSide::ask : BookSide::bid;
        at = event(at, op, EventKind::trade, EventAction::trade, instrument, aggressor, op.new_id, at_price, by);
        at = event(at, op, EventKind::order, EventAction::fill, instrument, side, op.id, at_price, by);
      }
      at = event(at, op, EventKind::order, EventAction::cancel, instrument, side, op.id, price, by);
      return uint32_t(at - into);
    }
    default:
      return 0;
  }
}

[[gnu::always_inline]] inline uint32_t Books::on_order(const BookOperation& op, Event* into) {
  const uint32_t scope = scope_of(op);
  uint32_t end = 0;
  if (op.action != BookAction::add && op.hint != kNone && orders_[op.hint].level != kNone &&
      is(orders_[op.hint], op.id, scope)) [[likely]] {
    return on_known(op, op.hint, into);
  }
  const uint32_t order = index_.find(op.hash, end, [&](uint32_t slot) { return is(orders_[slot], op.id, scope); });
  if (order != kNone) return on_known(op, order, into);
  if (op.action != BookAction::add && op.action != BookAction::put) {
    if ((op.flags & kOperationIfKnown) == 0) counters_.unknown_orders++;
    return 0;
  }
  if (op.side == BookSide::none || op.instrument == kNoInstrument || op.price == kNoPrice || op.size <= 0 ||
      op.size == kNoSize) {
    counters_.refused++;
    return 0;
  }
  const uint32_t hint = op.action == BookAction::add ? op.hint : kNone;
  if (!add(where_of(op), op.id, op.hash, end, hint, op.price, op.size, op.time_ns) || into == nullptr) return 0;
  event(into, op, EventKind::order, EventAction::add, op.instrument, op.side, op.id, op.price, op.size);
  return 1;
}

[[gnu::always_inline]] inline uint32_t Books::apply_one(const BookOperation& op, Event* into) {
  if (op.action == BookAction::none) return 0;
  counters_.operations++;
  switch (op.action) {
    case BookAction::clear:
      if (op.instrument == kNoInstrument) {
        clear_channel();
      } else if (op.side != BookSide::none) {
        empty_side(op.instrument * 2 + uint32_t(op.side));
        changed_best(op.instrument * 2 + uint32_t(op.side), op.time_ns);
      } else {
        clear(op.instrument);
      }
      return into == nullptr ? 0
                             : uint32_t(event(into, op, EventKind::order, EventAction::clear, op.instrument, op.side, 0,
                                              kNoPrice, kNoSize) -
                                        into);
    case BookAction::trade:
      counters_.trades++;
      return into == nullptr ? 0
                             : uint32_t(event(into, op, EventKind::trade, EventAction::trade, op.instrument, op.side,
                                              op.id, op.price, op.size) -
                                        into);
    case BookAction::trade_cancel:
      if (into == nullptr) return 0;
      event(into, op, EventKind::trade, EventAction::cancel, op.instrument, op.side, op.id, op.price, op.size);
      return 1;
    case BookAction::remove_from:
    case BookAction::remove_through:
      return 0;  // the keeper takes one order after the other
    case BookAction::status:
      return told(op, EventKind::status, into);
    case BookAction::define:
      return told(op, EventKind::definition, into);
    case BookAction::imbalance:
      return told(op, EventKind::imbalance, into);
    case BookAction::statistic:
      return told(op, EventKind::statistic, into);
    case BookAction::quote:
      return on_quote(op, into);
    case BookAction::level_set:
      return on_level(op, into);
    case BookAction::level_insert:
    case BookAction::level_change:
    case BookAction::level_remove:
    case BookAction::level_remove_from:
    case BookAction::level_remove_through:
      return on_numbered(op, into);
    default:
      return on_order(op, into);
  }
}

uint32_t Books::apply(const BookOperation& op, Event* into) {
  // Twice the same: where no events are made, nothing is asked about them.
  return into == nullptr ? apply_one(op, nullptr) : apply_one(op, into);
}

uint32_t Books::apply_quietly(const BookOperation* ops, uint32_t from, uint32_t count) {
  for (uint32_t i = from; i < count; i++) {
    const BookOperation& op = ops[i];
    if (op.action == BookAction::remove_from || op.action == BookAction::remove_through) [[unlikely]]
      return i;
    (void)apply_one(op, nullptr);
    if (op.last) event_end();
  }
  return count;
}

// ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────

void Books::empty_side(uint32_t where) {
  side(where).each(places(where), [&](int64_t, uint32_t level) {
    for (uint32_t o = levels_[level].first; o != kNone;) {
      const uint32_t next = orders_[o].next;
      index_.erase(hash_of(orders_[o]), o);
      orders_[o].level = kNone;
      orders_.give_back(o);
      o = next;
    }
    levels_[level].where = kNone;
    levels_.give_back(level);
    return true;
  });
  side(where).clear();
  if (where < numbered_.size()) numbered_[where].clear();
}

void Books::clear(uint32_t instrument) {
  for (uint32_t s = 0; s < 2; s++) {
    empty_side(instrument * 2 + s);
    changed_best(instrument * 2 + s, books_[instrument].time_ns());
  }
}

void Books::clear_all() {
  for (uint32_t i = 0; i < books_.used(); i++) clear(i);
}

void Books::clear_channel() {
  for (uint32_t i = 0; i < books_.used(); i++) {
    if (channel_of_[i] == channel_) clear(i);
  }
}

void Books::stale(uint32_t instrument) {
  std::atomic_ref<uint32_t>(tops_[instrument].state).fetch_or(kBookStale, std::memory_order_release);
}
void Books::good(uint32_t instrument) {
  std::atomic_ref<uint32_t>(tops_[instrument].state).fetch_and(~kBookStale, std::memory_order_release);
}
void Books::stale_all() {
  for (uint32_t i = 0; i < books_.used(); i++) stale(i);
}
void Books::good_all() {
  for (uint32_t i = 0; i < books_.used(); i++) good(i);
}

void Books::look_at_shown() {
  for (uint32_t i = 0; i < shown_count_; i++) {
    BookTop& t = tops_[shown_[i]];
    // No ask is beyond any bid; no bid shall be below any ask.
    const int64_t bid = t.bid_price == kNoPrice ? INT64_MIN : t.bid_price;
    const bool crossed = bid > t.ask_price;
    counters_.locked += bid == t.ask_price ? 1 : 0;
    if (crossed == ((t.state & kBookCrossed) != 0)) continue;
    if (crossed) {
      counters_.crossed++;
      std::atomic_ref<uint32_t>(t.state).fetch_or(kBookCrossed, std::memory_order_release);
    } else {
      std::atomic_ref<uint32_t>(t.state).fetch_and(~kBookCrossed, std::memory_order_release);
    }
  }
  shown_count_ = 0;
}

uint32_t Books::depth(uint32_t instrument, BookSide wanted, BookLevel* into, uint32_t most) const {
  const uint32_t where = instrument * 2 + uint32_t(wanted);
  uint32_t n = 0;
  if (where < numbered_.size()) {
    for (const Numbered& l : numbered_[where]) {
      if (n < most && l.known) into[n++] = l.level;
    }
  }
  if (n == most) return n;
  side(where).each(places(where), [&](int64_t, uint32_t level) {
    const Level& l = levels_[level];
    into[n++] = BookLevel{l.price, l.size, l.orders, 0};
    return n < most;
  });
  return n;
}

uint32_t Books::queue(uint32_t instrument, BookSide wanted, int64_t price, uint64_t* into, uint32_t most) const {
  const uint32_t where = instrument * 2 + uint32_t(wanted);
  uint64_t place = 0;
  const uint32_t level = side(where).find(places(where), rank_of(wanted, price), SideLevels::kPlaces, place);
  uint32_t n = 0;
  for (uint32_t o = level == kNone ? kNone : levels_[level].first; o != kNone && n < most; o = orders_[o].next) {
    into[n++] = orders_[o].id;
  }
  return n;
}

void Books::ids_of(uint32_t instrument, BookSide wanted, uint32_t from, uint32_t to, std::vector<uint64_t>& ids) const {
  const uint32_t where = instrument * 2 + uint32_t(wanted);
  uint32_t place = 1;
  side(where).each(places(where), [&](int64_t, uint32_t level) {
    for (uint32_t o = levels_[level].first; o != kNone && place <= to; o = orders_[o].next, place++) {
      if (place >= from) ids.push_back(orders_[o].id);
    }
    return place <= to;
  });
}

uint64_t Books::levels() const {
  uint64_t n = 0;
  for (uint32_t i = 0; i < books_.used(); i++) n += books_[i].sides[0].size() + books_[i].sides[1].size();
  for (const NumberedSide& side : numbered_) {
    for (const Numbered& l : side) n += l.known ? 1 : 0;
  }
  return n;
}

int64_t Books::size() const {
  int64_t sum = 0;
  for (uint32_t i = 0; i < books_.used(); i++) {
    for (uint32_t s = 0; s < 2; s++) {
      books_[i].sides[s].each(places_[i].sides[s], [&](int64_t, uint32_t level) {
        sum = plus(sum, levels_[level].size);
        return true;
      });
    }
  }
  for (const NumberedSide& side : numbered_) {
    for (const Numbered& l : side) sum += l.known ? l.level.size : 0;
  }
  return sum;
}

uint64_t Books::bytes() const {
  uint64_t n = index_.bytes() + orders_.bytes() + levels_.bytes() + books_.bytes() + places_.bytes() +
               books_.used() * (sizeof(BookTop) + sizeof(Keyed)) + by_small_key_.size() * sizeof(uint32_t);
  for (uint32_t i = 0; i < books_.used(); i++) n += books_[i].sides[0].bytes() + books_[i].sides[1].bytes();
  for (const NumberedSide& side : numbered_) n += side.capacity() * sizeof(Numbered);
  return n;
}

bool Books::consistent() const {
  uint64_t orders = 0;
  bool good = true;
  for (uint32_t where = 0; where < 2 * books_.used(); where++) {
    good &= side(where).consistent(places(where));
    int64_t before = INT64_MAX;
    uint32_t n = 0;
    side(where).each(places(where), [&](int64_t rank, uint32_t level) {
      const Level& l = levels_[level];
      good &= l.where == where && rank == rank_of(BookSide(where & 1), l.price) && (n == 0 || rank < before);
      good &= consistent_level(level, orders);
      before = rank;
      n++;
      return good;
    });
    good &= n == side(where).size();
    if (!good) return false;
  }
  return orders == index_.size();
}

bool Books::consistent_level(uint32_t level, uint64_t& orders) const {
  const Level& l = levels_[level];
  int64_t size = 0;
  uint32_t n = 0, before = kNone;
  for (uint32_t o = l.first; o != kNone; o = orders_[o].next) {
    const Order& order = orders_[o];
    if (order.level != level || order.where != l.where || order.before != before || order.size <= 0) return false;
    uint32_t end = 0;
    if (index_.find(hash_of(order), end, [&](uint32_t slot) { return slot == o; }) != o) return false;
    size = plus(size, order.size);
    before = o;
    n++;
  }
  orders += n;
  return n == 0 || (size == l.size && n == l.orders && l.last == before);
}

}  // namespace venuewire

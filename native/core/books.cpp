#include "core/books.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>

namespace venuewire {

namespace {

uint64_t mix(uint64_t key) {
  key *= 0x9E3779B97F4A7C15ull;
  return key ^ key >> 29;
}

}  // namespace

Books::Books(const BooksSpec& spec, BookTop* tops)
    : spec_(spec), index_(spec.orders_expected), tops_(tops), by_small_key_(65536, kNone), by_key_(1024) {
  if (tops_ != nullptr) return;
  // Zeroed pages come from the system untouched: only those of instruments that exist cost memory.
  own_tops_.reset(static_cast<BookTop*>(std::calloc(spec.instruments_max + 1u, sizeof(BookTop))));
  if (own_tops_ == nullptr) throw std::bad_alloc();
  tops_ = own_tops_.get();
}

// ── instruments ──────────────────────────────────────────────────────────────────────────────────────────────────

uint32_t Books::instrument(uint64_t key) {
  if (key < by_small_key_.size() && by_small_key_[key] != kNone) [[likely]]
    return by_small_key_[key];
  const size_t mask = by_key_.size() - 1;
  size_t at = mix(key) & mask;
  if (key >= by_small_key_.size()) {
    for (; by_key_[at].second != 0; at = (at + 1) & mask) {
      if (by_key_[at].first == key) return by_key_[at].second - 1;
    }
  }
  if (books_.size() >= spec_.instruments_max) {
    counters_.refused++;
    return kNoInstrument;
  }
  const uint32_t number = uint32_t(books_.size());
  books_.emplace_back();
  books_.back().key = key;
  channel_of_.push_back(channel_);
  tops_[number].bid_price = tops_[number].ask_price = kNoPrice;
  if (key < by_small_key_.size()) {
    by_small_key_[key] = number;
    return number;
  }
  by_key_[at] = {key, number + 1};
  if (books_.size() * 2 > by_key_.size()) {
    std::vector<std::pair<uint64_t, uint32_t>> larger(by_key_.size() * 2);
    for (const auto& e : by_key_) {
      if (e.second == 0) continue;
      size_t to = mix(e.first) & (larger.size() - 1);
      while (larger[to].second != 0) to = (to + 1) & (larger.size() - 1);
      larger[to] = e;
    }
    by_key_ = std::move(larger);
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

// ── orders and levels ────────────────────────────────────────────────────────────────────────────────────────────

uint64_t Books::scope_of(uint32_t instrument, BookSide side) const {
  switch (spec_.scope) {
    case OrderScope::all:
      return 0;
    case OrderScope::instrument:
      return uint64_t(instrument) + 1;
    case OrderScope::instrument_and_side:
      return (uint64_t(instrument) + 1) * 4 + uint64_t(side);
  }
  return 0;
}

void Books::prepare(BookOperation& op) const {
  op.hash = OrderIndex::hash(op.id, scope_of(op.instrument, op.side));
  if (op.action <= BookAction::replace) index_.prefetch(op.hash);
  if (op.instrument != kNoInstrument) __builtin_prefetch(&books_[op.instrument]);
}

void Books::fetch_order(const BookOperation& op) const {
  if (op.action > BookAction::replace) return;
  const uint32_t slot = index_.guess(op.hash);
  if (slot != kNone) {
    __builtin_prefetch(&orders_[slot]);
  } else if (op.instrument != kNoInstrument && op.side != BookSide::none) {
    const Rungs& rungs = books_[op.instrument].rungs[uint32_t(op.side)];
    if (!rungs.empty()) __builtin_prefetch(&rungs.back());
  }
}

void Books::fetch_level(const BookOperation& op) const {
  if (op.action > BookAction::replace) return;
  const uint32_t slot = index_.guess(op.hash);
  if (slot != kNone) {
    const Order& o = orders_[slot];
    __builtin_prefetch(&levels_[o.level]);
    if (o.before != kNone) __builtin_prefetch(&orders_[o.before]);
    if (o.next != kNone) __builtin_prefetch(&orders_[o.next]);
  } else if (op.instrument != kNoInstrument && op.side != BookSide::none) {
    const uint32_t best = books_[op.instrument].best[uint32_t(op.side)];
    if (best != kNone) __builtin_prefetch(&levels_[best]);
  }
}

uint32_t Books::find(const BookOperation& op, uint64_t id, uint32_t hash) const {
  const uint32_t scope = uint32_t(scope_of(op.instrument, op.side));
  return index_.find(hash, [&](uint32_t slot) { return orders_[slot].id == id && orders_[slot].scope == scope; });
}

void Books::Rungs::insert(uint32_t at, Rung rung) {
  if (count_ == room_) {
    const uint32_t room = room_ == 0 ? 4 : room_ * 2;
    void* const larger = std::realloc(data_, room * sizeof(Rung));
    if (larger == nullptr) throw std::bad_alloc();
    data_ = static_cast<Rung*>(larger);
    room_ = room;
  }
  std::memmove(data_ + at + 1, data_ + at, (count_ - at) * sizeof(Rung));
  data_[at] = rung;
  count_++;
}

/// The first rung that is not worse than `rank`. Most changes are near the best, at the end; deep ones are found by
/// halving.
uint32_t Books::place_of(const Rungs& rungs, int64_t rank) {
  uint32_t at = rungs.size();
  const uint32_t near = at > 8 ? at - 8 : 0;
  while (at > near && rungs[at - 1].rank >= rank) at--;
  if (at > near || at == 0) return at;
  return uint32_t(
      std::lower_bound(rungs.begin(), rungs.begin() + at, rank, [](const Rung& r, int64_t v) { return r.rank < v; }) -
      rungs.begin());
}

uint32_t Books::level_at(uint32_t side, int64_t price) {
  Book& book = books_[side >> 1];
  Rungs& rungs = book.rungs[side & 1];
  const int64_t rank = rank_of(BookSide(side & 1), price);
  const uint32_t at = place_of(rungs, rank);
  if (at < rungs.size() && rungs[at].rank == rank) return rungs[at].level;
  const uint32_t level = levels_.take();
  levels_[level] = Level{price, 0, 0, kNone, kNone, side, kNone};
  rungs.insert(at, Rung{rank, level});
  if (at + 1 == rungs.size()) book.best[side & 1] = level;
  return level;
}

void Books::drop_level(uint32_t level) {
  const Level& l = levels_[level];
  Book& book = books_[l.side >> 1];
  Rungs& rungs = book.rungs[l.side & 1];
  rungs.erase(place_of(rungs, rank_of(BookSide(l.side & 1), l.price)));
  book.best[l.side & 1] = rungs.empty() ? kNone : rungs.back().level;
  levels_.give_back(level);
}

void Books::enqueue(uint32_t order, uint32_t level) {
  Level& l = levels_[level];
  Order& o = orders_[order];
  o.level = level;
  o.before = l.last;
  o.next = kNone;
  if (l.last != kNone) {
    orders_[l.last].next = order;
  } else {
    l.first = order;
  }
  l.last = order;
  l.orders++;
  l.size += o.size;
}

void Books::dequeue(uint32_t order) {
  const Order& o = orders_[order];
  Level& l = levels_[o.level];
  if (o.before != kNone) {
    orders_[o.before].next = o.next;
  } else {
    l.first = o.next;
  }
  if (o.next != kNone) {
    orders_[o.next].before = o.before;
  } else {
    l.last = o.before;
  }
  l.orders--;
  l.size -= o.size;
  if (l.orders == 0) drop_level(o.level);
}

/// A level's size has changed: only the best one is shown at the top.
void Books::changed(uint32_t level, int64_t time_ns) {
  const uint32_t side = levels_[level].side;
  Book& book = books_[side >> 1];
  book.updates++;
  book.time_ns = time_ns;
  if (book.best[side & 1] == level) changed_best(side, time_ns);
}

void Books::changed_best(uint32_t side, int64_t time_ns) {
  const uint32_t best = books_[side >> 1].best[side & 1];
  if (best == kNone) {
    show_top(side, kNoPrice, 0, 0, time_ns);
  } else {
    const Level& l = levels_[best];
    show_top(side, l.price, l.size, l.orders, time_ns);
  }
}

/// Other threads see either the old or the new one.
void Books::show_top(uint32_t side, int64_t price, int64_t size, uint32_t orders, int64_t time_ns) {
  BookTop& t = tops_[side >> 1];
  const bool bid = (side & 1) == 0;
  std::atomic_ref<uint32_t> version(t.version);
  version.store(t.version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);  // no reader sees new figures with the old even version
  (bid ? t.bid_price : t.ask_price) = price;
  (bid ? t.bid_size : t.ask_size) = size;
  (bid ? t.bid_orders : t.ask_orders) = orders;
  t.event_time = time_ns;
  t.changes++;
  version.store(t.version + 1, std::memory_order_release);
}

bool Books::add(uint32_t instrument, BookSide side, uint64_t id, uint32_t hash, int64_t price, int64_t size,
                int64_t time_ns) {
  if (index_.size() >= spec_.orders_max) {
    counters_.refused++;
    return false;
  }
  const uint32_t order = orders_.take();
  orders_[order] = Order{id, size, kNone, kNone, kNone, uint32_t(scope_of(instrument, side))};
  const uint32_t where = instrument * 2 + uint32_t(side);
  const uint32_t level = level_at(where, price);
  enqueue(order, level);
  index_.insert(hash, order);
  counters_.most_orders = std::max<uint64_t>(counters_.most_orders, index_.size());
  changed(level, time_ns);
  return true;
}

void Books::forget(uint32_t order, uint32_t hash, int64_t time_ns) {
  leave(order, time_ns);
  index_.erase(hash, order);
  orders_.give_back(order);
}

/// The order leaves its level, and the level the book with its last order.
void Books::leave(uint32_t order, int64_t time_ns) {
  const uint32_t level = orders_[order].level;
  const uint32_t side = levels_[level].side;
  Book& book = books_[side >> 1];
  const bool best = book.best[side & 1] == level;
  dequeue(order);
  book.updates++;
  book.time_ns = time_ns;
  if (best) changed_best(side, time_ns);
}

void Books::shrink(uint32_t order, uint32_t hash, int64_t by, int64_t time_ns) {
  Order& o = orders_[order];
  if (by >= o.size) {
    if (by > o.size) counters_.overfilled++;
    forget(order, hash, time_ns);
    return;
  }
  o.size -= by;
  levels_[o.level].size -= by;
  changed(o.level, time_ns);
}

// ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────

Event* Books::event(Event* at, const BookOperation& op, EventKind kind, EventAction action, uint32_t instrument,
                    BookSide side, uint64_t id, int64_t price, int64_t size) const {
  if (at == nullptr) return nullptr;
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

uint32_t Books::apply(const BookOperation& op, Event* into) {
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

/// What changes no book.
uint32_t Books::told(const BookOperation& op, EventKind kind, Event* into) const {
  if (into == nullptr) return 0;
  event(into, op, kind, EventAction::none, op.instrument, op.side, op.id, op.price, op.size);
  return 1;
}

uint32_t Books::on_order(const BookOperation& op, Event* into) {
  const uint32_t order = find(op, op.id, op.hash);
  if (order != kNone) return on_known(op, order, into);
  const bool whole = op.action == BookAction::add || op.action == BookAction::put;
  if (!whole) {
    if ((op.flags & kOperationIfKnown) == 0) counters_.unknown_orders++;
    return 0;
  }
  if (op.side == BookSide::none || op.instrument == kNoInstrument || op.price == kNoPrice || op.size <= 0 ||
      op.size == kNoSize) {
    counters_.refused++;
    return 0;
  }
  if (!add(op.instrument, op.side, op.id, op.hash, op.price, op.size, op.time_ns) || into == nullptr) return 0;
  event(into, op, EventKind::order, EventAction::add, op.instrument, op.side, op.id, op.price, op.size);
  return 1;
}

uint32_t Books::on_known(const BookOperation& op, uint32_t order, Event* into) {
  const Order& o = orders_[order];
  const Level& l = levels_[o.level];
  const uint32_t instrument = l.side >> 1;
  const BookSide side = BookSide(l.side & 1);
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

uint32_t Books::on_modify(const BookOperation& op, uint32_t order, Event* into) {
  Order& o = orders_[order];
  const uint32_t from = levels_[o.level].side;
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
    leave(order, op.time_ns);
    o.size = size;
    enqueue(order, level_at(to, price));
  } else {
    levels_[o.level].size += size - o.size;
    o.size = size;
  }
  changed(o.level, op.time_ns);
  if (into == nullptr) return 0;
  event(into, op, EventKind::order, EventAction::modify, instrument, side, op.id, price, size);
  return 1;
}

uint32_t Books::on_replace(const BookOperation& op, uint32_t order, Event* into) {
  const Order& o = orders_[order];
  const Level& l = levels_[o.level];
  const uint32_t where = l.side;
  const int64_t old_price = l.price, old_size = o.size;
  const BookSide side = op.side == BookSide::none ? BookSide(where & 1) : op.side;
  const int64_t price = op.price == kNoPrice ? old_price : op.price;
  const int64_t size = op.size == kNoSize ? old_size : op.size;
  forget(order, op.hash, op.time_ns);
  Event* at = event(into, op, EventKind::order, EventAction::cancel, where >> 1, BookSide(where & 1), op.id, old_price,
                    old_size);
  const uint32_t instrument = where >> 1;
  const uint32_t hash = OrderIndex::hash(op.new_id, scope_of(instrument, side));
  BookOperation fresh = op;
  fresh.instrument = instrument;
  fresh.side = side;
  const uint32_t taken = find(fresh, op.new_id, hash);
  if (taken != kNone) {
    counters_.duplicate_orders++;
    forget(taken, hash, op.time_ns);
  }
  if (size <= 0) {
    counters_.refused++;
  } else if (add(instrument, side, op.new_id, hash, price, size, op.time_ns)) {
    at = event(at, op, EventKind::order, EventAction::add, instrument, side, op.new_id, price, size);
  }
  return into == nullptr ? 0 : uint32_t(at - into);
}

uint32_t Books::on_level(const BookOperation& op, Event* into) {
  if (op.side == BookSide::none || op.instrument == kNoInstrument || op.price == kNoPrice) {
    counters_.refused++;
    return 0;
  }
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  const uint32_t level = level_at(where, op.price);
  Level& l = levels_[level];
  const int64_t had = l.size;
  const bool gone = op.size <= 0 || op.size == kNoSize;
  l.size = gone ? 0 : op.size;
  l.orders = op.orders;
  if (gone) {
    if (had == 0 && (op.flags & kOperationIfKnown) == 0) counters_.unknown_levels++;
    const bool best = books_[op.instrument].best[uint32_t(op.side)] == level;
    drop_level(level);
    books_[op.instrument].updates++;
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
  if (numbered_.size() < books_.size() * 2) numbered_.resize(books_.size() * 2);
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
  books_[op.instrument].updates++;
  books_[op.instrument].time_ns = op.time_ns;
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

uint32_t Books::on_quote(const BookOperation& op, Event* into) {
  if (op.side == BookSide::none || op.instrument == kNoInstrument) {
    counters_.refused++;
    return 0;
  }
  const uint32_t where = op.instrument * 2 + uint32_t(op.side);
  empty_side(where);
  if (op.size > 0 && op.size != kNoSize && op.price != kNoPrice) {
    Level& l = levels_[level_at(where, op.price)];
    l.size = op.size;
    l.orders = op.orders;
  }
  books_[op.instrument].updates++;
  books_[op.instrument].time_ns = op.time_ns;
  changed_best(where, op.time_ns);
  if (into == nullptr) return 0;
  event(into, op, EventKind::quote, EventAction::modify, op.instrument, op.side, op.orders, op.price, op.size);
  return 1;
}

// ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────

void Books::empty_side(uint32_t side) {
  Book& book = books_[side >> 1];
  Rungs& rungs = book.rungs[side & 1];
  for (const Rung& r : rungs) {
    for (uint32_t o = levels_[r.level].first; o != kNone;) {
      const uint32_t next = orders_[o].next;
      index_.erase(OrderIndex::hash(orders_[o].id, orders_[o].scope), o);
      orders_.give_back(o);
      o = next;
    }
    levels_.give_back(r.level);
  }
  rungs.clear();
  book.best[side & 1] = kNone;
  if (side < numbered_.size()) numbered_[side].clear();
}

void Books::clear(uint32_t instrument) {
  for (uint32_t s = 0; s < 2; s++) {
    empty_side(instrument * 2 + s);
    changed_best(instrument * 2 + s, books_[instrument].time_ns);
  }
}

void Books::clear_all() {
  for (uint32_t i = 0; i < books_.size(); i++) clear(i);
}

void Books::clear_channel() {
  for (uint32_t i = 0; i < books_.size(); i++) {
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
  for (uint32_t i = 0; i < books_.size(); i++) stale(i);
}
void Books::good_all() {
  for (uint32_t i = 0; i < books_.size(); i++) good(i);
}

void Books::event_end(uint32_t instrument) {
  counters_.events++;
  if (instrument != kNoInstrument) look_crossed(instrument);
}

void Books::look_crossed(uint32_t instrument) {
  BookTop& t = tops_[instrument];
  const bool both = t.bid_price != kNoPrice && t.ask_price != kNoPrice;
  const bool crossed = both && t.bid_price > t.ask_price;
  if (both && t.bid_price == t.ask_price) counters_.locked++;
  if (crossed == ((t.state & kBookCrossed) != 0)) return;
  if (crossed) {
    counters_.crossed++;
    std::atomic_ref<uint32_t>(t.state).fetch_or(kBookCrossed, std::memory_order_release);
  } else {
    std::atomic_ref<uint32_t>(t.state).fetch_and(~kBookCrossed, std::memory_order_release);
  }
}

uint32_t Books::depth(uint32_t instrument, BookSide side, BookLevel* into, uint32_t most) const {
  const Rungs& rungs = books_[instrument].rungs[uint32_t(side)];
  const uint32_t where = instrument * 2 + uint32_t(side);
  uint32_t n = 0;
  if (where < numbered_.size()) {
    for (const Numbered& l : numbered_[where]) {
      if (n < most && l.known) into[n++] = l.level;
    }
  }
  for (uint32_t r = rungs.size(); r-- > 0 && n < most;) {
    const Level& l = levels_[rungs[r].level];
    into[n++] = BookLevel{l.price, l.size, l.orders, 0};
  }
  return n;
}

uint32_t Books::queue(uint32_t instrument, BookSide side, int64_t price, uint64_t* into, uint32_t most) const {
  const int64_t rank = rank_of(side, price);
  uint32_t n = 0;
  for (const Rung& r : books_[instrument].rungs[uint32_t(side)]) {
    if (r.rank != rank) continue;
    for (uint32_t o = levels_[r.level].first; o != kNone && n < most; o = orders_[o].next) into[n++] = orders_[o].id;
  }
  return n;
}

void Books::places(uint32_t instrument, BookSide side, uint32_t from, uint32_t to, std::vector<uint64_t>& ids) const {
  const Rungs& rungs = books_[instrument].rungs[uint32_t(side)];
  uint32_t place = 1;
  for (uint32_t r = rungs.size(); r-- > 0 && place <= to;) {
    for (uint32_t o = levels_[rungs[r].level].first; o != kNone && place <= to; o = orders_[o].next, place++) {
      if (place >= from) ids.push_back(orders_[o].id);
    }
  }
}

uint64_t Books::levels() const {
  uint64_t n = 0;
  for (const Book& b : books_) n += b.rungs[0].size() + b.rungs[1].size();
  for (const NumberedSide& side : numbered_) {
    for (const Numbered& l : side) n += l.known ? 1 : 0;
  }
  return n;
}

int64_t Books::size() const {
  int64_t sum = 0;
  for (const Book& b : books_) {
    for (const Rungs& rungs : b.rungs) {
      for (const Rung& r : rungs) sum += levels_[r.level].size;
    }
  }
  for (const NumberedSide& side : numbered_) {
    for (const Numbered& l : side) sum += l.known ? l.level.size : 0;
  }
  return sum;
}

uint64_t Books::bytes() const {
  uint64_t n = index_.bytes() + orders_.bytes() + levels_.bytes() + books_.capacity() * sizeof(Book) +
               books_.size() * sizeof(BookTop) + by_small_key_.size() * 4 + by_key_.size() * 16;
  for (const Book& b : books_) n += (b.rungs[0].room() + b.rungs[1].room()) * sizeof(Rung);
  for (const NumberedSide& side : numbered_) n += side.capacity() * sizeof(Numbered);
  return n;
}

bool Books::consistent() const {
  uint64_t orders = 0;
  for (uint32_t i = 0; i < books_.size(); i++) {
    for (uint32_t s = 0; s < 2; s++) {
      const Rungs& rungs = books_[i].rungs[s];
      if (books_[i].best[s] != (rungs.empty() ? kNone : rungs.back().level)) return false;
      int64_t worse = INT64_MIN;
      bool first = true;
      for (const Rung& r : books_[i].rungs[s]) {
        const Level& l = levels_[r.level];
        if (l.side != i * 2 + s || r.rank != rank_of(BookSide(s), l.price) || l.size <= 0) return false;
        if (!first && r.rank <= worse) return false;
        worse = r.rank;
        first = false;
        int64_t size = 0;
        uint32_t n = 0, before = kNone;
        for (uint32_t o = l.first; o != kNone; o = orders_[o].next) {
          const Order& order = orders_[o];
          if (order.level != r.level || order.before != before || order.size <= 0) return false;
          const uint32_t h = OrderIndex::hash(order.id, order.scope);
          if (index_.find(h, [&](uint32_t slot) { return slot == o; }) != o) return false;
          size += order.size;
          before = o;
          n++;
        }
        if (n != 0 && (size != l.size || n != l.orders || l.last != before)) return false;
        orders += n;
      }
    }
  }
  return orders == index_.size();
}

}  // namespace venuewire

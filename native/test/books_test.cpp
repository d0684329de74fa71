// Books against a reference that is simple on purpose: lists that are searched from end to end. Random streams, legal
// and illegal, by seed; after every operation the instrument that it touched is compared, level by level and order by
// order. usage: books_test [SEEDS] [FIRST-SEED]
#include "core/books.hpp"

#include <algorithm>
#include <cstdlib>
#include <list>
#include <map>
#include <string>

#include "../fuzz/random.hpp"
#include "check.hpp"

using namespace venuewire;

namespace {

constexpr uint32_t kInstruments = 3;

struct PlainOrder {
  uint64_t id;
  uint32_t instrument;
  BookSide side;
  int64_t price, size;
};

/// One list of orders, first in time first.
class PlainBooks {
 public:
  explicit PlainBooks(OrderScope scope) : scope_(scope) {}
  uint64_t unknown = 0, duplicate = 0, overfilled = 0, refused = 0;
  std::list<PlainOrder> orders;

  void apply(const BookOperation& op) {
    switch (op.action) {
      case BookAction::clear:
        orders.remove_if([&](const PlainOrder& o) {
          return op.instrument == kNoInstrument ||
                 (o.instrument == op.instrument && (op.side == BookSide::none || o.side == op.side));
        });
        return;
      case BookAction::none:
      case BookAction::trade:
        return;
      default:
        break;
    }
    const auto at = find(op, op.id);
    if (at == orders.end()) {
      if (op.action != BookAction::add && op.action != BookAction::put) {
        if ((op.flags & kOperationIfKnown) == 0) unknown++;
      } else if (op.side == BookSide::none || op.instrument == kNoInstrument || op.price == kNoPrice || op.size <= 0 ||
                 op.size == kNoSize) {
        refused++;
      } else {
        orders.push_back({op.id, op.instrument, op.side, op.price, op.size});
      }
      return;
    }
    known(op, at);
  }

 private:
  using At = std::list<PlainOrder>::iterator;
  At find(const BookOperation& op, uint64_t id) {
    return std::find_if(orders.begin(), orders.end(), [&](const PlainOrder& o) {
      if (o.id != id) return false;
      if (scope_ == OrderScope::all) return true;
      return o.instrument == op.instrument && (scope_ == OrderScope::instrument || o.side == op.side);
    });
  }
  void known(const BookOperation& op, At at) {
    switch (op.action) {
      case BookAction::add:
        duplicate++;
        [[fallthrough]];
      case BookAction::put:
      case BookAction::modify:
        return modify(op, at);
      case BookAction::remove:
        orders.erase(at);
        return;
      case BookAction::reduce:
      case BookAction::execute:
      case BookAction::set_size: {
        const int64_t by = op.action == BookAction::set_size ? at->size - op.size : op.size;
        if (by < 0 || by == kNoSize) {
          refused++;
          return;
        }
        if (by > at->size) overfilled++;
        if ((at->size -= by) <= 0) orders.erase(at);
        return;
      }
      case BookAction::replace: {
        PlainOrder fresh = *at;
        fresh.id = op.new_id;
        if (op.side != BookSide::none) fresh.side = op.side;
        if (op.price != kNoPrice) fresh.price = op.price;
        if (op.size != kNoSize) fresh.size = op.size;
        BookOperation scope = op;
        scope.instrument = fresh.instrument;
        scope.side = fresh.side;
        orders.erase(at);
        const auto taken = find(scope, op.new_id);
        if (taken != orders.end()) {
          duplicate++;
          orders.erase(taken);
        }
        if (fresh.size <= 0) {
          refused++;
        } else {
          orders.push_back(fresh);
        }
        return;
      }
      default:
        return;
    }
  }
  void modify(const BookOperation& op, At at) {
    PlainOrder now = *at;
    if (op.side != BookSide::none) now.side = op.side;
    if (op.instrument != kNoInstrument) now.instrument = op.instrument;
    if (op.price != kNoPrice) now.price = op.price;
    if (op.size != kNoSize) now.size = op.size;
    const bool back = now.side != at->side || now.instrument != at->instrument || now.price != at->price ||
                      (now.size > at->size && (op.flags & kOperationKeeps) == 0);
    if (now.size <= 0) {
      orders.erase(at);
    } else if (back) {
      orders.erase(at);
      orders.push_back(now);
    } else {
      *at = now;
    }
  }
  OrderScope scope_;
};

struct PlainLevel {
  int64_t size = 0;
  std::vector<uint64_t> ids;
};

bool same_side(const Books& books, const PlainBooks& plain, uint32_t instrument, BookSide side) {
  std::map<int64_t, PlainLevel> levels;
  for (const PlainOrder& o : plain.orders) {
    if (o.instrument != instrument || o.side != side) continue;
    PlainLevel& l = levels[side == BookSide::bid ? ~o.price : o.price];
    l.size += o.size;
    l.ids.push_back(o.id);
  }
  std::vector<BookLevel> got(levels.size() + 1);
  if (books.depth(instrument, side, got.data(), uint32_t(got.size())) != levels.size()) return false;
  size_t i = 0;
  std::vector<uint64_t> ids;
  for (const auto& [rank, level] : levels) {
    const BookLevel& l = got[i++];
    const int64_t price = side == BookSide::bid ? ~rank : rank;
    if (l.price != price || l.size != level.size || l.orders != level.ids.size()) return false;
    ids.resize(level.ids.size() + 1);
    ids.resize(books.queue(instrument, side, price, ids.data(), uint32_t(ids.size())));
    if (ids != level.ids) return false;
  }
  const BookTop& top = books.top(instrument);
  const int64_t price = side == BookSide::bid ? top.bid_price : top.ask_price;
  const int64_t size = side == BookSide::bid ? top.bid_size : top.ask_size;
  return levels.empty() ? price == kNoPrice : price == got[0].price && size == got[0].size;
}

/// Prices by seed: next to each other, steps apart, on a market that moves away, between the steps, at the ends of 64
/// bits.
int64_t any_price(fuzz::Random& random, uint64_t seed, uint32_t turn) {
  const int64_t near = int64_t(random.below(12)) - 3;
  switch (seed % 5) {
    case 0:
      return near;
    case 1:
      return 250'000 + 100 * near;
    case 2:
      return 100 * (near + (seed % 2 == 0 ? 2 : -2) * int64_t(turn));
    case 3:
      return random.one_in(4) ? 7 * near + 100'000 * int64_t(random.below(3)) : 100 * near;
    default:
      return random.one_in(3) ? INT64_MAX - 1 - near * near : random.one_in(2) ? INT64_MIN + near * near : near << 57;
  }
}

BookOperation any_operation(fuzz::Random& random, uint64_t seed, uint32_t turn) {
  static constexpr BookAction kActions[] = {
      BookAction::add,     BookAction::add,      BookAction::add,    BookAction::add,    BookAction::put,
      BookAction::reduce,  BookAction::execute,  BookAction::remove, BookAction::remove, BookAction::modify,
      BookAction::replace, BookAction::set_size, BookAction::trade};
  BookOperation op;
  op.action = random.one_in(400) ? BookAction::clear : kActions[random.below(std::size(kActions))];
  op.instrument = random.below(kInstruments);
  if (random.one_in(50)) op.instrument = op.action == BookAction::add ? kNoInstrument : op.instrument;
  op.side = BookSide(random.below(random.one_in(30) ? 3 : 2));
  op.id = 1 + random.below(60);
  op.new_id = 1 + random.below(60);
  op.price = random.one_in(20) ? kNoPrice : any_price(random, seed, turn);
  op.size = random.one_in(20) ? int64_t(random.below(3)) - 1 : 1 + random.below(40);
  op.flags = uint8_t((random.one_in(5) ? kOperationKeeps : 0) | (random.one_in(5) ? kOperationIfKnown : 0));
  return op;
}

/// Sizes of events add up to what the books hold: what is told is what was done.
int64_t effect(const Event& e) {
  if (EventKind(e.kind) != EventKind::order) return 0;
  return EventAction(e.action) == EventAction::add      ? e.size
         : EventAction(e.action) == EventAction::cancel ? -e.size
                                                        : 0;
}

void fetch(const Books& books, BookOperation& op) {
  const uint8_t first = 0;
  const Books::Seeks seeks = Books::seeks(op);
  books.bring_near(&op, &first, seeks == Books::Seeks::order ? 1 : 0, &first, seeks == Books::Seeks::price ? 1 : 0);
}

bool one_stream(fuzz::Random& random, uint64_t seed, Books& books) {
  const bool small_keys = seed % 2 == 0;
  PlainBooks plain(books.spec().scope);
  for (uint64_t key = 0; key < kInstruments; key++) {
    const uint32_t number = books.instrument(small_keys ? key + 1 : key << 40);
    if (!CHECK(number == key && books.top(number).changes == 0 && books.updates(number) == 0)) return false;
  }
  // One stream of three is told without events, which is a way of its own.
  bool modified = seed % 3 == 0;
  int64_t told = 0;
  for (uint32_t i = 0; i < 300; i++) {
    BookOperation op = any_operation(random, seed, i);
    modified |= op.action == BookAction::put || op.action == BookAction::modify || op.action == BookAction::add ||
                op.action == BookAction::clear;
    books.prepare(op);
    fetch(books, op);
    Event events[Books::kEventsEach];
    const uint32_t made = books.apply(op, seed % 3 == 0 ? nullptr : events);
    for (uint32_t k = 0; k < made; k++) told += effect(events[k]);
    plain.apply(op);
    for (uint32_t n = 0; n < kInstruments; n++) {
      if (!CHECK(same_side(books, plain, n, BookSide::bid)) || !CHECK(same_side(books, plain, n, BookSide::ask))) {
        return false;
      }
    }
    const BookCounters& c = books.counters();
    if (!CHECK(c.unknown_orders == plain.unknown && c.duplicate_orders == plain.duplicate &&
               c.overfilled == plain.overfilled && c.refused == plain.refused)) {
      return false;
    }
  }
  return CHECK(books.consistent()) && CHECK(books.orders() == plain.orders.size()) &&
         CHECK(modified || told == books.size());
}

/// The same books are used again, for instruments of the other kind of keys: nothing of before is in them.
bool one_seed(uint64_t seed) {
  fuzz::Random random{seed};
  BooksSpec spec;
  spec.scope = OrderScope(seed % kOrderScopes);
  spec.orders_expected = 1;
  spec.instruments_max = 16;
  Books books(spec);
  for (uint32_t round = 0; round < 3; round++) {
    if (!one_stream(random, seed + round, books)) return false;
    books.restart();
    if (!CHECK(books.instruments() == 0 && books.orders() == 0 && books.levels() == 0)) return false;
    if (!CHECK(books.counters().operations == 0 && books.consistent())) return false;
  }
  return true;
}

void many_orders_and_growth() {
  BooksSpec spec;
  spec.orders_expected = 1;
  spec.orders_max = 100'000;
  Books books(spec);
  const uint32_t a = books.instrument(7);
  for (uint64_t id = 0; id < 100'010; id++) {
    BookOperation op;
    op.action = BookAction::add;
    op.side = BookSide::bid;
    op.instrument = a;
    op.id = id * 977;
    op.price = int64_t(id % 5'000);
    op.size = 1;
    books.prepare(op);
    (void)books.apply(op, nullptr);
  }
  CHECK(books.orders() == 100'000);
  CHECK(books.counters().refused == 10);
  CHECK(books.consistent());
  for (uint64_t id = 0; id < 100'000; id++) {
    BookOperation op;
    op.action = BookAction::remove;
    op.id = id * 977;
    books.prepare(op);
    (void)books.apply(op, nullptr);
  }
  CHECK(books.orders() == 0 && books.levels() == 0 && books.counters().unknown_orders == 0);
  CHECK(books.top(a).bid_price == kNoPrice);
}

BookOperation level(BookAction action, uint8_t number, int64_t price, int64_t size) {
  BookOperation op;
  op.action = action;
  op.side = BookSide::ask;
  op.instrument = 0;
  op.level = number;
  op.price = price;
  op.size = size;
  return op;
}

std::string ladder(const Books& books) {
  BookLevel levels[10];
  std::string out;
  const uint32_t n = books.depth(0, BookSide::ask, levels, 10);
  for (uint32_t i = 0; i < n; i++) out += std::to_string(levels[i].price) + "x" + std::to_string(levels[i].size) + " ";
  return out;
}

void restart_forgets_growth_names_and_numbered_levels() {
  BooksSpec spec;
  spec.depth = 3;
  spec.orders_expected = 1;
  Books books(spec);
  for (uint64_t round = 0; round < 2; round++) {
    const uint32_t i = books.instrument((1ull << 40) + round);
    CHECK(i == 0 && books.name_of(i).empty() && books.price_exponent(i) == 0 && !books.is_stale(i));
    CHECK(ladder(books).empty() && books.top(i).ask_price == kNoPrice);
    for (uint64_t id = 0; id < 20'000; id++) {
      BookOperation op;
      op.action = BookAction::add;
      op.side = BookSide::bid;
      op.instrument = i;
      op.id = id;
      op.price = int64_t(id % 100);
      op.size = 1;
      books.prepare(op);
      (void)books.apply(op, nullptr);
    }
    CHECK(books.orders() == 20'000 && books.counters().duplicate_orders == 0 && books.consistent());
    (void)books.apply(level(BookAction::level_insert, 1, 10, 1), nullptr);
    CHECK(ladder(books) == "10x1 ");
    books.name(i, Bytes{reinterpret_cast<const uint8_t*>("AB"), 2});
    books.price_exponent(i, -4);
    books.stale(i);
    books.restart();
  }
}

void absurd_sizes_leave_a_level_as_it_was() {
  BooksSpec spec;
  Books books(spec);
  (void)books.instrument(1);
  const auto order = [&](BookAction action, uint64_t id, int64_t size) {
    BookOperation op = level(action, 0, 10, size);
    op.id = id;
    books.prepare(op);
    (void)books.apply(op, nullptr);
  };
  order(BookAction::add, 1, 5);
  for (uint64_t id = 2; id < 6; id++) order(BookAction::add, id, INT64_MAX - 1);
  CHECK(books.orders() == 5 && books.consistent());
  for (uint64_t id = 2; id < 6; id++) order(BookAction::remove, id, 0);
  CHECK(ladder(books) == "10x5 " && books.consistent());
}

void numbered_levels_follow_the_depth_rule() {
  BooksSpec spec;
  spec.depth = 3;
  Books books(spec);
  (void)books.instrument(1);
  using A = BookAction;
  for (const auto& op : {level(A::level_insert, 1, 10, 1), level(A::level_insert, 2, 12, 2),
                         level(A::level_insert, 3, 13, 3), level(A::level_insert, 2, 11, 9)}) {
    (void)books.apply(op, nullptr);
  }
  CHECK(ladder(books) == "10x1 11x9 12x2 ");  // the fourth left silently
  (void)books.apply(level(A::level_change, 1, 10, 5), nullptr);
  (void)books.apply(level(A::level_remove, 2, 11, 0), nullptr);
  CHECK(ladder(books) == "10x5 12x2 ");
  CHECK(books.top(0).ask_price == 10 && books.top(0).ask_size == 5);
  (void)books.apply(level(A::level_remove_through, 1, 0, 0), nullptr);
  CHECK(ladder(books) == "12x2 ");
  CHECK(books.top(0).ask_price == 12);
  (void)books.apply(level(A::level_remove_from, 1, 0, 0), nullptr);
  CHECK(ladder(books).empty() && books.top(0).ask_price == kNoPrice);
  (void)books.apply(level(A::level_change, 2, 12, 2), nullptr);
  CHECK(books.counters().unknown_levels == 1);
  CHECK(books.top(0).ask_price == kNoPrice);  // the best is not known
  (void)books.apply(level(A::level_insert, 4, 12, 2), nullptr);
  CHECK(books.counters().refused == 1);
}

void levels_by_price_and_quotes() {
  Books books(BooksSpec{});
  (void)books.instrument(1);
  (void)books.apply(level(BookAction::level_set, 0, 12, 4), nullptr);
  (void)books.apply(level(BookAction::level_set, 0, 10, 3), nullptr);
  (void)books.apply(level(BookAction::level_set, 0, 12, 6), nullptr);
  CHECK(ladder(books) == "10x3 12x6 ");
  (void)books.apply(level(BookAction::level_set, 0, 10, 0), nullptr);
  CHECK(ladder(books) == "12x6 " && books.top(0).ask_price == 12);
  (void)books.apply(level(BookAction::level_set, 0, 99, 0), nullptr);
  CHECK(books.counters().unknown_levels == 1 && books.levels() == 1);
  (void)books.apply(level(BookAction::quote, 0, 9, 1), nullptr);
  CHECK(ladder(books) == "9x1 ");
  (void)books.apply(level(BookAction::quote, 0, 0, 0), nullptr);
  CHECK(ladder(books).empty() && books.levels() == 0 && books.consistent());
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  many_orders_and_growth();
  absurd_sizes_leave_a_level_as_it_was();
  numbered_levels_follow_the_depth_rule();
  levels_by_price_and_quotes();
  restart_forgets_growth_names_and_numbered_levels();
  for (uint64_t seed = first; seed < first + seeds; seed++) {
    if (one_seed(seed)) continue;
    std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(seed));
    break;
  }
  return checks_result();
}

// Order books of every instrument of a feed, per order, per level and at the top, kept from the operations that a
// table's roles name (event_program.hpp). A book is either right or says that it is not: what it is told about orders
// and levels that it does not know is counted, and a stale book says so until it is whole again. Pure: no clock, no
// lock, no venue. Nothing is allocated for a message; stores grow by blocks up to declared bounds.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/order_index.hpp"
#include "core/pages.hpp"
#include "core/side_levels.hpp"
#include "core/wire.hpp"

namespace venuewire {

/// One operation, prices and sizes already in the feed's own units (`price_exponent`, `size_exponent` of the spec).
struct BookOperation {
  uint64_t id = 0, new_id = 0;
  int64_t price = kNoPrice, size = kNoSize;
  int64_t remaining = kNoSize;  ///< of an executed order, where the venue tells
  int64_t time_ns = 0;
  uint32_t instrument = 0xFFFFFFFF;  ///< dense number, kNoInstrument: the order tells
  uint32_t orders = 0;               ///< of a level
  uint32_t hash = 0;                 ///< of the order: set by `prepare`
  uint32_t hint = 0xFFFFFFFF;        ///< where it probably is: set by `fetch_order` and `fetch_level`
  BookAction action = BookAction::none;
  BookSide side = BookSide::none;
  uint8_t level = 0;  ///< counts from 1
  uint8_t flags = 0;  ///< kOperation…
  bool last = true;   ///< the venue's event ends with it
  uint8_t depth = 0;  ///< of numbered levels; 0: that of the feed
};
inline constexpr uint32_t kNoInstrument = 0xFFFFFFFF;
inline constexpr uint8_t kOperationIfKnown = 1;   ///< an order or level that is not known is nothing to count
inline constexpr uint8_t kOperationKeeps = 2;     ///< a modified order keeps its place
inline constexpr uint8_t kOperationNoPrint = 4;   ///< the trade is counted elsewhere
inline constexpr uint8_t kOperationAtPrice = 8;   ///< executed at `price`, not at the order's
inline constexpr uint8_t kOperationImplied = 16;  ///< kept apart from real orders
inline constexpr uint8_t kOperationByOrder = 32;  ///< orders of a feed that has levels too
inline constexpr uint8_t kOperationAside = 64;    ///< a quote of a feed whose book is told by levels: an event alone

/// Implied orders and levels are books of their own: the instrument's key with this bit.
inline constexpr uint64_t kImpliedKey = 1ull << 63;
/// And so are the orders of a feed that tells levels beside them.
inline constexpr uint64_t kByOrderKey = 1ull << 62;

inline constexpr int8_t kNoExponent = INT8_MAX;

struct BooksSpec {
  OrderScope scope = OrderScope::all;
  int8_t price_exponent = 0;
  int8_t size_exponent = 0;
  uint8_t depth = 0;                    ///< of level numbers; 0: none
  uint32_t orders_expected = 1u << 16;  ///< room before the first growth
  uint32_t orders_max = 1u << 26;       ///< bound; what is beyond it is refused and counted
  uint32_t instruments_max = 1u << 16;
};

struct BookCounters {
  uint64_t operations = 0, events = 0;
  uint64_t unknown_orders = 0, duplicate_orders = 0, overfilled = 0, unknown_levels = 0, crossed = 0, locked = 0;
  uint64_t refused = 0;  ///< beyond a bound
  uint64_t trades = 0, most_orders = 0;
};

struct BookLevel {
  int64_t price = 0, size = 0;
  uint32_t orders = 0;
  uint32_t number = 0;  ///< of the level, where the venue numbers them
};

class Books {
 public:
  /// `tops`: memory for `instruments_max` records, zeroed, 64-byte aligned, that outlives the books; null: their own.
  explicit Books(const BooksSpec& spec, BookTop* tops = nullptr);
  ~Books();
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  /// As they were made: no instrument, no order, nothing counted. The memory stays.
  void restart();

  /// A dense number for the venue's key, made at the first sight; kNoInstrument at the bound.
  [[nodiscard]] uint32_t instrument(uint64_t key) {
    if (key < kSmallKeys && by_small_key_[key] != kNone) [[likely]]
      return by_small_key_[key];
    return instrument_of(key);
  }
  /// Instruments that are new from now on are of this channel, and a clear that names none is of its instruments.
  void channel(uint16_t number) { channel_ = number; }
  /// The same if the key has been seen; else kNoInstrument.
  [[nodiscard]] uint32_t known(uint64_t key) const { return key < kSmallKeys ? by_small_key_[key] : known_large(key); }
  [[nodiscard]] uint16_t channel_of(uint32_t instrument) const { return channel_of_[instrument]; }
  [[nodiscard]] uint64_t key_of(uint32_t instrument) const { return keys_[instrument]; }
  /// The symbol, where the venue has told it; else empty.
  [[nodiscard]] const std::string& name_of(uint32_t instrument) const;
  void name(uint32_t instrument, Bytes text);
  /// Prices are value * 10^exponent: the feed's, or what the venue has told for this instrument. kNoExponent: not told.
  [[nodiscard]] int8_t price_exponent(uint32_t instrument) const {
    return instrument < exponents_.size() && exponents_[instrument] != kNoExponent ? exponents_[instrument]
                                                                                   : spec_.price_exponent;
  }
  void price_exponent(uint32_t instrument, int8_t exponent);
  /// Of prints, where the venue tells another one for them.
  void trade_exponent(uint32_t instrument, int8_t exponent);
  [[nodiscard]] uint32_t instruments() const { return books_.used(); }

  /// What an operation looks for: nothing, a known order, or a price on a side.
  enum class Seeks : uint8_t { nothing, order, price };
  static constexpr uint32_t kSeeks = 3;
  [[nodiscard]] static Seeks seeks(const BookOperation& op) {
    const bool has_side = (op.instrument != kNoInstrument) & (op.side != BookSide::none);
    return kSeeksOf[has_side][uint32_t(op.action)];
  }
  /// `apply` needs this first. Asks for what the search in the index begins with.
  void prepare(BookOperation& op) const {
    op.hash = OrderIndex::hash(op.id, scope_of(op));
    index_.prefetch(op.hash);
    if (op.action == BookAction::replace) index_.prefetch(OrderIndex::hash(op.new_id, scope_of(op)));
    __builtin_prefetch(&side_of(op.instrument != kNoInstrument ? op.instrument : 0, op.side), 1);
  }
  /// Brings what the operations `orders`, which seek one, and `prices` will touch towards the cache: step by step,
  /// each for all of them, so that memory is asked for early and for many at once.
  void bring_near(BookOperation* ops, const uint8_t* orders, uint32_t order_count, const uint8_t* prices,
                  uint32_t price_count) const;
  /// Events go to `into` (null: none are made); returns how many. There is room for kEventsEach.
  uint32_t apply(const BookOperation& op, Event* into);
  /// Applies operations from number `from` on without events, and ends theirs; returns how far it came: `count`, or
  /// the number of one by orders' places, which is no single operation.
  uint32_t apply_quietly(const BookOperation* ops, uint32_t from, uint32_t count);
  static constexpr uint32_t kEventsEach = 4;

  /// The books cannot be trusted: everything known is dropped at the next snapshot, or kept until `good`.
  void stale(uint32_t instrument);
  void good(uint32_t instrument);
  void stale_all();
  void good_all();
  void clear(uint32_t instrument);
  void clear_all();
  void clear_channel();
  /// Counts what an event has left crossed or locked.
  void event_end() {
    counters_.events++;
    if (shown_count_ != 0) look_at_shown();
  }

  /// Levels of a side, best first; returns how many were written.
  uint32_t depth(uint32_t instrument, BookSide side, BookLevel* into, uint32_t most) const;
  /// Order ids of a level in priority; returns how many were written.
  uint32_t queue(uint32_t instrument, BookSide side, int64_t price, uint64_t* into, uint32_t most) const;
  /// Ids of a side's orders, first in its queue first, from place `from` (counted from 1) up to `to`.
  void ids_of(uint32_t instrument, BookSide side, uint32_t from, uint32_t to, std::vector<uint64_t>& ids) const;
  [[nodiscard]] const BookTop& top(uint32_t instrument) const { return tops_[instrument]; }
  [[nodiscard]] uint64_t updates(uint32_t instrument) const { return books_[instrument].updates(); }
  [[nodiscard]] bool is_stale(uint32_t instrument) const { return (tops_[instrument].state & kBookStale) != 0; }

  [[nodiscard]] const BookCounters& counters() const { return counters_; }
  [[nodiscard]] const BooksSpec& spec() const { return spec_; }
  [[nodiscard]] uint32_t orders() const { return index_.size(); }
  [[nodiscard]] uint64_t levels() const;
  [[nodiscard]] int64_t size() const;  ///< of all levels together
  [[nodiscard]] uint64_t bytes() const;
  /// Sums and order hold everywhere; for tests and fuzzers.
  [[nodiscard]] bool consistent() const;
  /// Calls `visit(order id, instrument, side, price, size)` for each order, level by level in priority.
  template <class Visitor>
  void each_order(Visitor&& visit) const;

 private:
  friend class BookCheckpoint;
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  /// By action, without and with a side of an instrument: a table, because a processor would guess it wrong.
  using SeeksOf = std::array<std::array<Seeks, kBookActions>, 2>;
  static constexpr SeeksOf kSeeksOf = [] {
    SeeksOf table{};
    for (auto& seeks : table) {
      for (auto a = uint32_t(BookAction::put); a <= uint32_t(BookAction::replace); a++) seeks[a] = Seeks::order;
    }
    table[1][uint32_t(BookAction::add)] = table[1][uint32_t(BookAction::level_set)] = Seeks::price;
    return table;
  }();
  static_assert(uint32_t(BookAction::add) + 1 == uint32_t(BookAction::put));

  struct Order {
    uint64_t id;
    int64_t size;
    uint32_t level;  // kNone: the slot is free
    uint32_t before, next;
    uint32_t where;  // 2 * instrument + side
    uint32_t& next_free() { return next; }
  };
  static_assert(sizeof(Order) == 32);
  struct Level {
    int64_t price, size;
    uint32_t orders;
    uint32_t first, last;  // of the queue
    uint32_t where;        // 2 * instrument + side; kNone: the slot is free
    uint32_t& next_free() { return first; }
  };
  static_assert(sizeof(Level) == 32);
  struct Numbered {
    BookLevel level;
    bool known = false;
  };
  struct Book {
    SideLevels sides[2];
    [[nodiscard]] uint64_t updates() const { return sides[0].updates + sides[1].updates; }
    [[nodiscard]] int64_t time_ns() const { return std::max(sides[0].time_ns, sides[1].time_ns); }
  };
  struct Places {
    SideLevels::Places sides[2];
  };
  using NumberedSide = std::vector<Numbered>;  // by level number less 1

  /// Of asks, the price with every bit turned: lower ones are better.
  [[nodiscard]] static int64_t rank_of(BookSide side, int64_t price) { return price ^ -int64_t(side); }
  [[nodiscard]] static uint32_t where_of(const BookOperation& op) {
    return op.side == BookSide::none ? kNone : op.instrument * 2 + uint32_t(op.side);
  }
  /// What makes an id unique besides itself: nothing, the instrument, or the instrument and the side.
  [[nodiscard]] uint32_t scope_of(const BookOperation& op) const {
    // Where the side does not matter, an operation without one has a scope all the same.
    const uint32_t where = scope_mask_ == kNone ? where_of(op) : op.instrument * 2;
    return where & scope_mask_;
  }
  [[nodiscard]] uint32_t hash_of(const Order& o) const { return OrderIndex::hash(o.id, o.where & scope_mask_); }
  [[nodiscard]] bool is(const Order& o, uint64_t id, uint32_t scope) const {
    return o.id == id && (o.where & scope_mask_) == scope;
  }
  [[nodiscard]] uint32_t instrument_of(uint64_t key);
  [[nodiscard]] uint32_t known_large(uint64_t key) const;
  [[nodiscard]] SideLevels& side(uint32_t where) { return books_[where >> 1].sides[where & 1]; }
  [[nodiscard]] const SideLevels& side(uint32_t where) const { return books_[where >> 1].sides[where & 1]; }
  [[nodiscard]] SideLevels::Places& places(uint32_t where) { return places_[where >> 1].sides[where & 1]; }
  [[nodiscard]] const SideLevels::Places& places(uint32_t where) const { return places_[where >> 1].sides[where & 1]; }
  [[nodiscard]] const SideLevels& side_of(uint32_t instrument, BookSide side) const {
    return books_[instrument].sides[uint32_t(side) & 1];
  }
  [[nodiscard]] const SideLevels& side_of(const BookOperation& op) const { return side_of(op.instrument, op.side); }
  void fetch_order(BookOperation& op) const;
  void fetch_level(const BookOperation& op) const;
  void fetch_neighbours(const BookOperation& op) const;
  void fetch_side(BookOperation& op) const;
  void fetch_place(const BookOperation& op) const;
  void fetch_last(const BookOperation& op) const;
  /// kNone: there is no room for another one. `hint`: its place, if it is.
  [[nodiscard]] uint32_t level_at(uint32_t where, int64_t price, uint32_t hint = kNone);
  [[nodiscard]] uint32_t find_level(uint32_t where, int64_t price, uint32_t hint);
  [[nodiscard]] uint32_t level_near(const BookOperation& op) const;
  void drop_level(uint32_t level);
  void leave(uint32_t order, int64_t time_ns);
  void enqueue(uint32_t order, uint32_t level);
  void queue_up(uint32_t order, uint32_t level);
  void dequeue(uint32_t order);
  void changed(uint32_t level, int64_t time_ns);
  void changed_best(uint32_t where, int64_t time_ns);
  void show_top(uint32_t where, int64_t price, int64_t size, uint32_t orders, int64_t time_ns);
  [[nodiscard]] bool add(uint32_t where, uint64_t id, uint32_t hash, uint32_t end, uint32_t hint, int64_t price,
                         int64_t size, int64_t time_ns);
  void forget(uint32_t order, uint32_t hash, int64_t time_ns);
  void shrink(uint32_t order, uint32_t hash, int64_t by, int64_t time_ns);
  Event* make_event(Event* at, const BookOperation& op, EventKind kind, EventAction action, uint32_t instrument,
                    BookSide side, uint64_t id, int64_t price, int64_t size) const;
  Event* event(Event* at, const BookOperation& op, EventKind kind, EventAction action, uint32_t instrument,
               BookSide side, uint64_t id, int64_t price, int64_t size) const {
    return at == nullptr ? nullptr : make_event(at, op, kind, action, instrument, side, id, price, size);
  }
  uint32_t apply_one(const BookOperation& op, Event* into);
  uint32_t on_order(const BookOperation& op, Event* into);
  uint32_t on_known(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_replace(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_modify(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_level(const BookOperation& op, Event* into);
  uint32_t on_numbered(const BookOperation& op, Event* into);
  uint32_t on_quote(const BookOperation& op, Event* into);
  [[nodiscard]] bool show_quote(const BookOperation& op);  ///< false: there is no room
  uint32_t told(const BookOperation& op, EventKind kind, Event* into) const;
  [[nodiscard]] int8_t exponent_of(EventKind kind, uint32_t instrument) const;
  void empty_side(uint32_t where);
  void look_at_shown();
  [[nodiscard]] bool consistent_level(uint32_t level, uint64_t& orders) const;

  BooksSpec spec_;
  uint32_t scope_mask_;
  OrderIndex index_;
  Pool<Order> orders_;
  Pool<Level> levels_;
  Pool<Book> books_;
  Pool<Places> places_;  // as many as books
  struct Release {
    void operator()(BookTop* p) const { std::free(p); }
  };
  std::unique_ptr<BookTop, Release> own_tops_;
  BookTop* tops_;
  static constexpr uint32_t kSmallKeys = 1u << 16;
  struct Keyed {
    uint64_t key;
    uint32_t number;  // and 1
  };
  std::vector<NumberedSide> numbered_;  // two a book, where the venue numbers levels
  std::vector<uint32_t> by_small_key_;
  Pages by_key_;  // of Keyed, open addressing
  uint64_t by_key_mask_;
  std::vector<std::string> names_;
  std::vector<uint64_t> keys_;        // by instrument
  std::vector<uint16_t> channel_of_;  // …
  uint16_t channel_ = 0;
  std::vector<int8_t> exponents_, trade_exponents_;  // by instrument, where definitions have told them
  BookCounters counters_;
  /// Instruments whose best prices have changed since the last event's end.
  static constexpr uint32_t kShown = 16;
  uint32_t shown_[kShown] = {};
  uint32_t shown_count_ = 0;
};

template <class Visitor>
void Books::each_order(Visitor&& visit) const {
  for (uint32_t where = 0; where < 2 * books_.used(); where++) {
    side(where).each(places(where), [&](int64_t, uint32_t level) {
      const Level& l = levels_[level];
      for (uint32_t o = l.first; o != kNone; o = orders_[o].next) {
        visit(orders_[o].id, where >> 1, BookSide(where & 1), l.price, orders_[o].size);
      }
      return true;
    });
  }
}

}  // namespace venuewire

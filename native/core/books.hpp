// Order books of every instrument of a feed, per order, per level and at the top, kept from the operations that a
// table's roles name (event_program.hpp). A book is either right or says that it is not: what it is told about orders
// and levels that it does not know is counted, and a stale book says so until it is whole again. Pure: no clock, no
// lock, no venue. Nothing is allocated for a message; stores grow by blocks up to declared bounds.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/order_index.hpp"
#include "core/wire.hpp"

namespace venuewire {

/// One operation, prices and sizes already in the feed's own units (`price_exponent`, `size_exponent` of the spec).
struct BookOperation {
  BookAction action = BookAction::none;
  BookSide side = BookSide::none;
  uint8_t level = 0;                 ///< counts from 1
  uint8_t flags = 0;                 ///< kOperation…
  bool last = true;                  ///< the venue's event ends with it
  uint8_t depth = 0;                 ///< of numbered levels; 0: that of the feed
  uint32_t orders = 0;               ///< of a level
  uint32_t instrument = 0xFFFFFFFF;  ///< dense number, kNoInstrument: the order tells
  uint32_t hash = 0;                 ///< of the order, filled in by `prepare`
  uint64_t id = 0, new_id = 0;
  int64_t price = kNoPrice, size = kNoSize;
  int64_t remaining = kNoSize;  ///< of an executed order, where the venue tells
  int64_t time_ns = 0;
  uint64_t sequence = 0;
};
inline constexpr uint32_t kNoInstrument = 0xFFFFFFFF;
inline constexpr uint8_t kOperationIfKnown = 1;   ///< an order or level that is not known is nothing to count
inline constexpr uint8_t kOperationKeeps = 2;     ///< a modified order keeps its place
inline constexpr uint8_t kOperationNoPrint = 4;   ///< the trade is counted elsewhere
inline constexpr uint8_t kOperationAtPrice = 8;   ///< executed at `price`, not at the order's
inline constexpr uint8_t kOperationImplied = 16;  ///< kept apart from real orders
inline constexpr uint8_t kOperationByOrder = 32;  ///< orders of a feed that has levels too

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

/// Slots that never move, in blocks: growing copies nothing. A free slot's `next` is the next free one.
template <class T>
class Pool {
 public:
  static constexpr uint32_t kBlockBits = 14, kBlock = 1u << kBlockBits, kNone = 0xFFFFFFFF;
  [[nodiscard]] T& operator[](uint32_t i) { return blocks_[i >> kBlockBits][i & (kBlock - 1)]; }
  [[nodiscard]] const T& operator[](uint32_t i) const { return blocks_[i >> kBlockBits][i & (kBlock - 1)]; }
  [[nodiscard]] uint32_t take() {
    if (free_ != kNone) {
      const uint32_t i = free_;
      free_ = (*this)[i].next;
      return i;
    }
    if (used_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique_for_overwrite<T[]>(kBlock));
    return used_++;
  }
  void give_back(uint32_t i) {
    (*this)[i].next = free_;
    free_ = i;
  }
  void clear() {
    used_ = 0;
    free_ = kNone;
  }
  [[nodiscard]] uint64_t bytes() const { return blocks_.size() * uint64_t(kBlock) * sizeof(T); }

 private:
  std::vector<std::unique_ptr<T[]>> blocks_;
  uint32_t used_ = 0;
  uint32_t free_ = kNone;
};

class Books {
 public:
  /// `tops`: memory for `instruments_max` records, zeroed, 64-byte aligned, that outlives the books; null: their own.
  explicit Books(const BooksSpec& spec, BookTop* tops = nullptr);

  /// A dense number for the venue's key, made at the first sight; kNoInstrument at the bound.
  [[nodiscard]] uint32_t instrument(uint64_t key);
  /// Instruments that are new from now on are of this channel, and a clear that names none is of its instruments.
  void channel(uint16_t number) { channel_ = number; }
  [[nodiscard]] uint64_t key_of(uint32_t instrument) const { return books_[instrument].key; }
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
  [[nodiscard]] uint32_t instruments() const { return uint32_t(books_.size()); }

  /// Brings what `op` will touch towards the cache; call for a run of operations before `apply`.
  void prepare(BookOperation& op) const;
  void fetch_order(const BookOperation& op) const;  ///< some operations after `prepare`
  void fetch_level(const BookOperation& op) const;  ///< some operations after that
  /// Events go to `into` (null: none are made); returns how many. There is room for kEventsEach.
  uint32_t apply(const BookOperation& op, Event* into);
  static constexpr uint32_t kEventsEach = 4;

  /// The books cannot be trusted: everything known is dropped at the next snapshot, or kept until `good`.
  void stale(uint32_t instrument);
  void good(uint32_t instrument);
  void stale_all();
  void good_all();
  void clear(uint32_t instrument);
  void clear_all();
  void clear_channel();
  /// Counts what is crossed or locked at an event's end.
  void event_end(uint32_t instrument);
  void look_crossed(uint32_t instrument);

  /// Levels of a side, best first; returns how many were written.
  uint32_t depth(uint32_t instrument, BookSide side, BookLevel* into, uint32_t most) const;
  /// Order ids of a level in priority; returns how many were written.
  uint32_t queue(uint32_t instrument, BookSide side, int64_t price, uint64_t* into, uint32_t most) const;
  /// Ids of a side's orders, first in its queue first, from place `from` (counted from 1) up to `to`.
  void places(uint32_t instrument, BookSide side, uint32_t from, uint32_t to, std::vector<uint64_t>& ids) const;
  [[nodiscard]] const BookTop& top(uint32_t instrument) const { return tops_[instrument]; }
  [[nodiscard]] uint64_t updates(uint32_t instrument) const { return books_[instrument].updates; }
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
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  struct Order {
    uint64_t id;
    int64_t size;
    uint32_t level;
    uint32_t before, next;
    uint32_t scope;
  };
  static_assert(sizeof(Order) == 32);
  struct Level {
    int64_t price, size;
    uint32_t orders;
    uint32_t first, last;  // of the queue
    uint32_t side;         // 2 * instrument + side
    uint32_t next;         // of the free ones
  };
  /// A place on a side: worse ones first, so that the best are at the end and most changes move little.
  struct Rung {
    int64_t rank;  // rises with how good the price is
    uint32_t level;
  };
  struct Numbered {
    BookLevel level;
    bool known = false;
  };
  /// The rungs of a side, best last: a pointer and two counts, so that a book is one cache line.
  class Rungs {
   public:
    Rungs() = default;
    Rungs(Rungs&& other) noexcept : data_(other.data_), count_(other.count_), room_(other.room_) {
      other.data_ = nullptr;
      other.count_ = other.room_ = 0;
    }
    Rungs& operator=(Rungs&&) = delete;
    ~Rungs() { std::free(data_); }
    [[nodiscard]] Rung* begin() const { return data_; }
    [[nodiscard]] Rung* end() const { return data_ + count_; }
    [[nodiscard]] const Rung& operator[](size_t i) const { return data_[i]; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] uint32_t size() const { return count_; }
    [[nodiscard]] uint32_t room() const { return room_; }
    [[nodiscard]] const Rung& back() const { return data_[count_ - 1]; }
    void insert(uint32_t at, Rung rung);
    void erase(uint32_t at) {
      std::memmove(data_ + at, data_ + at + 1, (count_ - at - 1) * sizeof(Rung));
      count_--;
    }
    void clear() { count_ = 0; }

   private:
    Rung* data_ = nullptr;
    uint32_t count_ = 0, room_ = 0;
  };
  struct Book {
    uint64_t key = 0;
    uint64_t updates = 0;
    int64_t time_ns = 0;
    uint32_t best[2] = {kNone, kNone};  // levels
    Rungs rungs[2];
  };
  static_assert(sizeof(Book) == 64);
  using NumberedSide = std::vector<Numbered>;  // by level number less 1

  [[nodiscard]] static int64_t rank_of(BookSide side, int64_t price) { return side == BookSide::bid ? price : ~price; }
  [[nodiscard]] uint64_t scope_of(uint32_t instrument, BookSide side) const;
  [[nodiscard]] uint32_t find(const BookOperation& op, uint64_t id, uint32_t hash) const;
  [[nodiscard]] uint32_t level_at(uint32_t side, int64_t price);
  void drop_level(uint32_t level);
  [[nodiscard]] static uint32_t place_of(const Rungs& rungs, int64_t rank);
  void leave(uint32_t order, int64_t time_ns);
  void enqueue(uint32_t order, uint32_t level);
  void dequeue(uint32_t order);
  void changed(uint32_t level, int64_t time_ns);
  void changed_best(uint32_t side, int64_t time_ns);
  void show_top(uint32_t side, int64_t price, int64_t size, uint32_t orders, int64_t time_ns);
  [[nodiscard]] bool add(uint32_t instrument, BookSide side, uint64_t id, uint32_t hash, int64_t price, int64_t size,
                         int64_t time_ns);
  void forget(uint32_t order, uint32_t hash, int64_t time_ns);
  void shrink(uint32_t order, uint32_t hash, int64_t by, int64_t time_ns);
  Event* event(Event* at, const BookOperation& op, EventKind kind, EventAction action, uint32_t instrument,
               BookSide side, uint64_t id, int64_t price, int64_t size) const;
  uint32_t on_order(const BookOperation& op, Event* into);
  uint32_t on_known(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_replace(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_modify(const BookOperation& op, uint32_t order, Event* into);
  uint32_t on_level(const BookOperation& op, Event* into);
  uint32_t on_numbered(const BookOperation& op, Event* into);
  uint32_t on_quote(const BookOperation& op, Event* into);
  uint32_t told(const BookOperation& op, EventKind kind, Event* into) const;
  void empty_side(uint32_t side);

  BooksSpec spec_;
  OrderIndex index_;
  Pool<Order> orders_;
  Pool<Level> levels_;
  std::vector<Book> books_;
  struct Release {
    void operator()(BookTop* p) const { std::free(p); }
  };
  std::unique_ptr<BookTop, Release> own_tops_;
  BookTop* tops_;
  std::vector<NumberedSide> numbered_;                 // two a book, where the venue numbers levels
  std::vector<uint32_t> by_small_key_;                 // keys below 65,536
  std::vector<std::pair<uint64_t, uint32_t>> by_key_;  // open addressing; second: number + 1
  std::vector<std::string> names_;
  std::vector<uint16_t> channel_of_;  // by instrument
  uint16_t channel_ = 0;
  std::vector<int8_t> exponents_, trade_exponents_;  // by instrument, where definitions have told them
  [[nodiscard]] int8_t exponent_of(EventKind kind, uint32_t instrument) const;
  BookCounters counters_;
};

template <class Visitor>
void Books::each_order(Visitor&& visit) const {
  for (uint32_t i = 0; i < books_.size(); i++) {
    for (uint32_t s = 0; s < 2; s++) {
      const auto& rungs = books_[i].rungs[s];
      for (size_t r = rungs.size(); r-- > 0;) {
        const Level& l = levels_[rungs[r].level];
        for (uint32_t o = l.first; o != kNone; o = orders_[o].next) {
          visit(orders_[o].id, i, BookSide(s), l.price, orders_[o].size);
        }
      }
    }
  }
}

}  // namespace venuewire

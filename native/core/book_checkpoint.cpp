#include "core/book_checkpoint.hpp"

#include <atomic>

namespace venuewire {

class BookCheckpoint::Writer {
 public:
  explicit Writer(std::vector<uint8_t>& out) : out_(out) {}
  Writer& uint(uint64_t v, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) out_.push_back(uint8_t(v >> (8 * i)));
    return *this;
  }
  Writer& u8(uint64_t v) { return uint(v, 1); }
  Writer& u16(uint64_t v) { return uint(v, 2); }
  Writer& u32(uint64_t v) { return uint(v, 4); }
  Writer& u64(uint64_t v) { return uint(v, 8); }
  Writer& i64(int64_t v) { return uint(uint64_t(v), 8); }
  void text(const std::string& s) {
    u16(s.size());
    out_.insert(out_.end(), s.begin(), s.end());
  }

 private:
  std::vector<uint8_t>& out_;
};

namespace {
template <class Counters, class Visit>
void each_counter(Counters& c, Visit&& visit) {
  for (auto* v : {&c.operations, &c.events, &c.unknown_orders, &c.duplicate_orders, &c.overfilled, &c.unknown_levels,
                  &c.crossed, &c.locked, &c.refused, &c.trades, &c.most_orders}) {
    visit(*v);
  }
}
}  // namespace

void BookCheckpoint::save(const Books& books, const EventProgram& program, const std::vector<BookPosition>& channels,
                          std::vector<uint8_t>& out) {
  Writer w(out);
  w.u32(kMagic).u16(kVersion);
  const BooksSpec& spec = books.spec_;
  w.u8(uint8_t(spec.scope)).u8(uint8_t(spec.price_exponent)).u8(uint8_t(spec.size_exponent)).u8(spec.depth);
  each_counter(books.counters_, [&](uint64_t v) { w.u64(v); });
  w.u32(channels.size());
  for (const BookPosition& c : channels) w.u64(c.next).u64(c.session_high).u64(c.session_low).u8(c.stale);
  w.u32(program.channels_.size());
  for (const EventProgram::Channel& c : program.channels_) {
    w.i64(c.base_time_ns).u32(c.instrument).u8(uint8_t(c.side)).u8(c.open);
  }
  w.u32(books.instruments());
  for (uint32_t i = 0; i < books.instruments(); i++) {
    const Books::Book& b = books.books_[i];
    w.u64(books.keys_[i]).u64(b.updates()).i64(b.time_ns()).u16(books.channel_of_[i]).u8(books.tops_[i].state);
    w.u8(uint8_t(i < books.exponents_.size() ? books.exponents_[i] : kNoExponent));
    w.u8(uint8_t(i < books.trade_exponents_.size() ? books.trade_exponents_[i] : kNoExponent));
    w.text(books.name_of(i));
    save_side(books, 2 * i, w);
    save_side(books, 2 * i + 1, w);
  }
}

void BookCheckpoint::save_side(const Books& books, uint32_t where, Writer& w) {
  // Worst first, so that each becomes the best one when it is read.
  std::vector<uint32_t> levels;
  books.side(where).each(books.places(where), [&](int64_t, uint32_t level) {
    levels.push_back(level);
    return true;
  });
  w.u32(levels.size());
  for (size_t n = levels.size(); n-- > 0;) {
    const Books::Level& l = books.levels_[levels[n]];
    w.i64(l.price).i64(l.size).u32(l.orders);
    uint32_t queued = 0;
    for (uint32_t o = l.first; o != Books::kNone; o = books.orders_[o].next) queued++;
    w.u32(queued);
    for (uint32_t o = l.first; o != Books::kNone; o = books.orders_[o].next) {
      w.u64(books.orders_[o].id).i64(books.orders_[o].size);
    }
  }
  const bool numbered = where < books.numbered_.size();
  w.u8(numbered ? books.numbered_[where].size() : 0);
  if (!numbered) return;
  for (const Books::Numbered& n : books.numbered_[where]) {
    w.u8(n.known).i64(n.level.price).i64(n.level.size).u32(n.level.orders).u32(n.level.number);
  }
}

bool BookCheckpoint::load(Bytes bytes, Books& books, EventProgram& program, std::vector<BookPosition>& channels) {
  SpecReader r(bytes);
  if (books.instruments() != 0 || r.u32() != kMagic || r.u16() != kVersion) return false;
  const BooksSpec& spec = books.spec_;
  if (r.u8() != uint8_t(spec.scope) || r.u8() != uint8_t(spec.price_exponent) ||
      r.u8() != uint8_t(spec.size_exponent) || r.u8() != spec.depth) {
    return false;
  }
  each_counter(books.counters_, [&](uint64_t& v) { v = r.u64(); });
  channels.clear();
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    BookPosition& c = channels.emplace_back();
    c.next = r.u64();
    c.session_high = r.u64();
    c.session_low = r.u64();
    c.stale = r.flag();
  }
  program.channels_.clear();
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    EventProgram::Channel& c = program.channels_.emplace_back();
    c.base_time_ns = r.i64();
    c.instrument = r.u32();
    c.side = BookSide(r.u8() % 3);
    c.open = r.flag();
  }
  const uint32_t instruments = r.count();
  if (!r.ok() || channels.size() > 0xFFFF || program.channels_.empty() || program.channels_.size() > 0xFFFF + 1u) {
    return false;
  }
  for (uint32_t i = 0; i < instruments; i++) {
    if (!load_instrument(books, i, r)) return false;
  }
  for (const EventProgram::Channel& c : program.channels_) {
    if (c.instrument != kNoInstrument && c.instrument >= instruments) return false;
  }
  books.shown_count_ = 0;
  return r.ok() && r.at_end() && books.consistent();
}

bool BookCheckpoint::load_instrument(Books& books, uint32_t number, SpecReader& r) {
  const uint64_t key = r.u64();
  if (!r.ok() || books.instrument(key) != number) return false;
  Books::Book& b = books.books_[number];
  const uint64_t updates = r.u64();
  b.sides[0].time_ns = b.sides[1].time_ns = r.i64();
  books.channel_of_[number] = r.u16();
  const uint8_t state = r.u8();
  const auto exponent = int8_t(r.u8()), trade_exponent = int8_t(r.u8());
  if (exponent != kNoExponent) books.price_exponent(number, exponent);
  if (trade_exponent != kNoExponent) books.trade_exponent(number, trade_exponent);
  const Bytes name = r.bytes();
  if (name.size != 0) books.name(number, name);
  if (!load_side(books, 2 * number, r) || !load_side(books, 2 * number + 1, r)) return false;
  b.sides[0].updates = updates;
  b.sides[1].updates = 0;
  std::atomic_ref<uint32_t>(books.tops_[number].state).store(state, std::memory_order_release);
  return true;
}

bool BookCheckpoint::load_side(Books& books, uint32_t where, SpecReader& r) {
  for (uint32_t n = r.count(); n > 0; n--) {
    if (!load_level(books, where, r)) return false;
  }
  const uint8_t numbered = r.u8();
  if (numbered != 0 && books.numbered_.size() <= where) books.numbered_.resize(where + 2u);
  for (uint32_t i = 0; i < numbered && r.ok(); i++) {
    Books::Numbered& n = books.numbered_[where].emplace_back();
    n.known = r.flag();
    n.level.price = r.i64();
    n.level.size = r.i64();
    n.level.orders = r.u32();
    n.level.number = r.u32();
  }
  const int64_t time_ns = books.side(where).time_ns;
  if (numbered != 0 && books.numbered_[where][0].known) {
    const BookLevel& best = books.numbered_[where][0].level;
    books.show_top(where, best.price, best.size, best.orders, time_ns);
  } else {
    books.changed_best(where, time_ns);
  }
  return r.ok();
}

bool BookCheckpoint::load_level(Books& books, uint32_t where, SpecReader& r) {
  const int64_t price = r.i64(), size = r.i64();
  const uint32_t orders = r.u32();
  const uint32_t queued = r.count();
  const uint32_t known = books.side(where).size();
  const uint32_t level = r.ok() ? books.level_at(where, price) : Books::kNone;
  // Levels are in order and none is there twice.
  if (level == Books::kNone || books.side(where).best() != level) return false;
  if (books.side(where).size() != known + 1) return false;
  for (uint32_t i = 0; i < queued; i++) {
    const uint64_t id = r.u64();
    const int64_t order_size = r.i64();
    if (!r.ok() || order_size <= 0 || order_size > size - books.levels_[level].size ||
        books.index_.size() >= books.spec_.orders_max)
      return false;
    const uint32_t order = books.orders_.take();
    books.orders_[order].id = id;
    books.orders_[order].size = order_size;
    books.enqueue(order, level);
    const uint32_t hash = books.hash_of(books.orders_[order]);
    uint32_t end = 0;
    const uint32_t scope = where & books.scope_mask_;
    if (books.index_.find(hash, end, [&](uint32_t o) { return books.is(books.orders_[o], id, scope); }) !=
        OrderIndex::kNone) {
      return false;
    }
    books.index_.insert_at(end, hash, order);
  }
  Books::Level& l = books.levels_[level];
  if (queued == 0) {
    l.size = size;
    l.orders = orders;
  }
  return l.size == size && l.orders == orders && size > 0;
}

}  // namespace venuewire

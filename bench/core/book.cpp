// Books of a file of messages (BinaryFILE: each behind its length, 16 bits, most significant first), without feed and
// Node: decode only, with events, with books, and beside a book of std::map and std::unordered_map, in one run.
// usage: book MESSAGES COMPILED-TABLE [PASSES]   (bench/book/input.mjs makes both)
#include <algorithm>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <unordered_map>
#include <vector>

#include "core/book_checkpoint.hpp"
#include "core/book_keeper.hpp"

using namespace venuewire;

namespace {

/// CPU time of this thread: on a machine shared with other work the wall clock measures the others.
struct Clock {
  static double now_ns() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
  }
};

struct Input {
  std::vector<uint8_t> bytes;
  uint64_t messages = 0;
};

template <class Visit>
void each(const Input& in, Visit&& visit) {
  const uint8_t* p = in.bytes.data();
  const uint8_t* const end = p + in.bytes.size();
  while (end - p >= 2) {
    const uint32_t n = uint32_t(load_uint(p, 2, true));
    if (n == 0 || uint64_t(end - p) < 2ull + n) break;
    visit(Bytes{p + 2, n});
    p += 2 + n;
  }
}

void print(const char* what, double ns, uint64_t messages, const char* more) {
  std::printf("{\"name\":\"%s\",\"nsPerMessage\":%.2f,\"millionPerSecond\":%.2f%s}\n", what, ns / double(messages),
              double(messages) / ns * 1e3, more);
}

/// Allocations of this process: by `operator new`, and by `aligned_alloc`, from which the levels of a side have theirs.
uint64_t allocations = 0;
uint64_t aligned_allocations = 0;

/// How long single messages take, each applied at once: no batch hides one behind others.
class Histogram {
 public:
  void add(uint64_t ns) {
    uint32_t i = 0;
    while (i + 1 < kSteps && ns >= kFrom << i) i++;
    counts_[i]++;
    worst_ = std::max(worst_, ns);
  }
  void print(const char* name) const {
    std::printf("{\"name\":\"%s\",\"worstNs\":%llu,\"below\":{", name, static_cast<unsigned long long>(worst_));
    for (uint32_t i = 0; i < kSteps; i++) {
      std::printf("%s\"%llu\":%llu", i == 0 ? "" : ",", static_cast<unsigned long long>(kFrom << i),
                  static_cast<unsigned long long>(counts_[i]));
    }
    std::printf("}}\n");
  }

 private:
  static constexpr uint64_t kFrom = 64;
  static constexpr uint32_t kSteps = 16;
  uint64_t counts_[kSteps] = {};
  uint64_t worst_ = 0;
};

class Count final : public EventSink {
 public:
  void events(const Event* e, uint32_t n) override {
    count += n;
    sum += uint64_t(e[n - 1].price);
  }
  uint64_t count = 0, sum = 0;
};

/// Takes operations and leaves them.
class Leave {
 public:
  BookOperation& next() { return operation_; }
  BookOperation& newest() { return operation_; }
  void done() {
    sum += operation_.id + uint64_t(operation_.price) + operation_.instrument;
    count++;
  }
  uint64_t sum = 0, count = 0;

 private:
  BookOperation operation_;
};

/// The book that one writes first: ITCH 5.0 alone, a tree of levels and a table of orders.
class PlainBooks {
 public:
  void message(Bytes m) {
    const uint8_t* p = m.data;
    const uint16_t locate = uint16_t(load_uint(p + 1, 2, true));
    const auto u32 = [&](uint32_t at) { return uint32_t(load_uint(p + at, 4, true)); };
    const uint64_t id = m.size >= 19 ? load_uint(p + 11, 8, true) : 0;
    switch (*p) {
      case 'A':
      case 'F':
        add(id, locate, p[19] == 'B', u32(32), u32(20));
        break;
      case 'E':
      case 'C':
      case 'X':
        take(id, u32(19));
        break;
      case 'D':
        take(id, ~0u);
        break;
      case 'U': {
        const auto at = orders_.find(id);
        if (at == orders_.end()) break;
        const Order o = at->second;
        take(id, ~0u);
        add(load_uint(p + 19, 8, true), o.locate, o.bid, u32(31), u32(27));
        break;
      }
      default:
        break;
    }
  }
  [[nodiscard]] size_t orders() const { return orders_.size(); }
  uint64_t best = 0;

 private:
  struct Order {
    uint16_t locate;
    bool bid;
    uint32_t price, shares;
  };
  void add(uint64_t id, uint16_t locate, bool bid, uint32_t price, uint32_t shares) {
    orders_[id] = {locate, bid, price, shares};
    side(locate, bid)[price] += shares;
    top(locate, bid);
  }
  void take(uint64_t id, uint32_t shares) {
    const auto at = orders_.find(id);
    if (at == orders_.end()) return;
    Order& o = at->second;
    shares = std::min(shares, o.shares);
    auto& levels = side(o.locate, o.bid);
    const auto level = levels.find(o.price);
    if ((level->second -= shares) == 0) levels.erase(level);
    const uint16_t locate = o.locate;
    const bool bid = o.bid;
    if ((o.shares -= shares) == 0) orders_.erase(at);
    top(locate, bid);
  }
  std::map<uint32_t, uint64_t>& side(uint16_t locate, bool bid) {
    if (books_.size() <= locate) books_.resize(locate + 1u);
    return books_[locate][bid ? 0 : 1];
  }
  void top(uint16_t locate, bool bid) {
    const auto& levels = side(locate, bid);
    if (!levels.empty()) best ^= bid ? levels.rbegin()->first : levels.begin()->first;
  }
  struct Sides {
    std::map<uint32_t, uint64_t> of[2];
    std::map<uint32_t, uint64_t>& operator[](int i) { return of[i]; }
  };
  std::unordered_map<uint64_t, Order> orders_;
  std::vector<Sides> books_;
};

template <class Each>
void each_known(const Input& in, const Catalogue& catalogue, Each&& visit) {
  const Catalogue::ByType types = catalogue.by_type();
  if (types.entries == nullptr) {
    each(in, [&](Bytes m) {
      const uint16_t index = catalogue.classify(m);
      if (index == Catalogue::kUnknown) return;
      if (catalogue.check_length(index, m.size) != Catalogue::LengthCheck::too_short) visit(index, m);
    });
    return;
  }
  each(in, [&](Bytes m) {
    if (m.size < types.bytes) return;
    const Catalogue::ByType::Entry& entry = types.entries[m.data[types.at]];
    if (m.size >= entry.length_min) visit(entry.index, m);
  });
}

void checkpoint(const Books& books, EventProgram& program) {
  std::vector<uint8_t> saved;
  const std::vector<BookPosition> positions(1);
  double from = Clock::now_ns();
  BookCheckpoint::save(books, program, positions, saved);
  const double save_ns = Clock::now_ns() - from;
  Books again(program.books());
  std::vector<BookPosition> read;
  from = Clock::now_ns();
  const bool good = BookCheckpoint::load({saved.data(), uint32_t(saved.size())}, again, program, read);
  const double load_ns = Clock::now_ns() - from;
  std::printf("{\"name\":\"checkpoint\",\"bytes\":%zu,\"orders\":%u,\"saveMs\":%.1f,\"loadMs\":%.1f,\"same\":%s}\n",
              saved.size(), again.orders(), save_ns / 1e6, load_ns / 1e6,
              good && again.orders() == books.orders() && again.size() == books.size() ? "true" : "false");
}


/// Message by message, each applied at once. What other work on the machine adds does not hit one message every time:
/// of each, the least of some passes counts. Page faults, growth and rehashing come again in every pass.
void singly(const Input& input, const Catalogue& catalogue, EventProgram& program) {
  constexpr int kPasses = 5;
  std::vector<uint32_t> least(input.messages + 1, UINT32_MAX);
  for (int pass = 0; pass < kPasses; pass++) {
    Books books(program.books());
    BookKeeper keeper(program, books);
    uint64_t n = 0;
    each_known(input, catalogue, [&](uint16_t index, Bytes m) {
      const auto from = std::chrono::steady_clock::now();
      keeper.message(index, m, ++n);
      keeper.flush();
      const auto took = std::chrono::steady_clock::now() - from;
      least[n] = uint32_t(std::min<uint64_t>(least[n], uint64_t(std::chrono::nanoseconds(took).count())));
    });
    if (pass + 1 == kPasses) checkpoint(books, program);
  }
  Histogram histogram;
  for (const uint32_t ns : least) {
    if (ns != UINT32_MAX) histogram.add(ns);
  }
  histogram.print("single messages, the least of five passes");
}

/// What is allocated once the day has begun.
void allocated(const Input& input, const Catalogue& catalogue, EventProgram& program) {
  Books books(program.books());
  BookKeeper keeper(program, books);
  uint64_t n = 0, before = 0, levels_before = 0;
  each_known(input, catalogue, [&](uint16_t index, Bytes m) {
    if (++n == input.messages / 2) {
      before = allocations;
      levels_before = aligned_allocations;
    }
    keeper.message(index, m, n);
  });
  keeper.flush();
  const uint64_t made = allocations - before, grown = aligned_allocations - levels_before;
  std::printf("{\"name\":\"allocations in the second half\",\"messages\":%llu,\"allocations\":%llu,\"sidesThatGrew\":%llu}\n",
              static_cast<unsigned long long>(input.messages - input.messages / 2),
              static_cast<unsigned long long>(made), static_cast<unsigned long long>(grown));
}
}  // namespace

void* operator new(size_t bytes) {
  allocations++;
  if (void* const p = std::malloc(bytes != 0 ? bytes : 1)) return p;
  throw std::bad_alloc();
}
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  aligned_allocations++;
  void* p = nullptr;
  return posix_memalign(&p, alignment, bytes) == 0 ? p : nullptr;
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }


/// The contenders of one pass, each over the whole day.
class Pass {
 public:
  Pass(const Input& input, const Catalogue& catalogue, EventProgram& program, const char* only)
      : input_(input), catalogue_(catalogue), program_(program), only_(only) {}

  void run() {
    if (wanted("classify and check")) classify();
    books("decode to operations", nullptr, std::true_type{});
    books("books: orders, levels, top", nullptr, std::false_type{});
    Count count;
    books("books and events", &count, std::false_type{});
    if (!wanted("std::map and std::unordered_map")) return;
    PlainBooks plain;
    const double from = Clock::now_ns();
    each(input_, [&](Bytes m) { plain.message(m); });
    print("std::map and std::unordered_map", Clock::now_ns() - from, input_.messages, plain.best == 1 ? " " : "");
  }

 private:
  [[nodiscard]] bool wanted(const char* name) const {
    return only_ == nullptr || std::strcmp(only_, "each") == 0 || std::strncmp(name, only_, std::strlen(only_)) == 0;
  }
  void classify() const {
    uint64_t sum = 0;
    const double from = Clock::now_ns();
    each_known(input_, catalogue_, [&](uint16_t index, Bytes m) { sum += index + m.data[m.size - 1]; });
    print("classify and check", Clock::now_ns() - from, input_.messages, sum == 1 ? " " : "");
  }
  template <class DecodeOnly>
  void books(const char* name, EventSink* sink, DecodeOnly) const {
    if (!wanted(name)) return;
    Books books(program_.books());
    BookKeeper keeper(program_, books);
    keeper.sink(sink);
    Leave leave;
    uint64_t n = 0;
    const double from = Clock::now_ns();
    each_known(input_, catalogue_, [&](uint16_t index, Bytes m) {
      if constexpr (DecodeOnly::value) {
        (void)program_.run(index, m, books, leave);
      } else {
        keeper.message(index, m, ++n);
      }
    });
    keeper.flush();
    const double ns = Clock::now_ns() - from;
    char more[400];
    const BookCounters& c = books.counters();
    std::snprintf(more, sizeof more,
                  ",\"orders\":%u,\"mostOrders\":%llu,\"levels\":%llu,\"unknownOrders\":%llu,\"crossed\":%llu,"
                  "\"bytesPerOrder\":%.1f,\"operations\":%llu,\"consistent\":%s",
                  books.orders(), static_cast<unsigned long long>(c.most_orders),
                  static_cast<unsigned long long>(books.levels()), static_cast<unsigned long long>(c.unknown_orders),
                  static_cast<unsigned long long>(c.crossed), double(books.bytes()) / double(c.most_orders + 1),
                  static_cast<unsigned long long>(leave.count + c.operations), leave.sum != 1 && books.consistent() ? "true" : "false");
    print(name, ns, input_.messages, more);
  }

  const Input& input_;
  const Catalogue& catalogue_;
  EventProgram& program_;
  const char* only_;
};

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: book MESSAGES COMPILED-TABLE [PASSES] [each|NAME]\n");
    return 2;
  }
  std::ifstream table(argv[2], std::ios::binary);
  const std::vector<char> compiled((std::istreambuf_iterator<char>(table)), {});
  SpecReader spec({reinterpret_cast<const uint8_t*>(compiled.data()), uint32_t(compiled.size())});
  Catalogue catalogue;
  EventProgram program;
  if (!catalogue.parse(spec) || !program.parse(spec, catalogue)) {
    std::fprintf(stderr, "%s is not a compiled table with roles\n", argv[2]);
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  Input input;
  input.bytes.assign((std::istreambuf_iterator<char>(in)), {});
  each(input, [&](Bytes) { input.messages++; });
  const char* const only = argc > 4 ? argv[4] : nullptr;
  if (only == nullptr) {
    singly(input, catalogue, program);
    allocated(input, catalogue, program);
  }
  const int passes = argc > 3 ? std::atoi(argv[3]) : 3;
  Pass pass(input, catalogue, program, only);
  for (int i = 0; i < passes; i++) pass.run();
}

// Every decoder's roles against mutated messages: the quick ways of a rule (fields gathered, and field by field) give
// the operations that the general way gives, each the same, and books stay consistent whatever they are told. Mutated
// programs are refused or as safe. Usage: event_fuzz [iterations] [seed] [corpus folder] [--each]
// `--each`: so many iterations for every table instead of in all. Without a folder there is nothing to do.
#include <cinttypes>
#include <memory>

#include "core/book_keeper.hpp"
#include "fuzz/random.hpp"

namespace {

using namespace venuewire;

/// Operations as they come.
class Operations {
 public:
  BookOperation& next() {
    if (count == list.size()) list.emplace_back();
    return list[count];
  }
  void done() { count++; }
  BookOperation& newest() { return list[count - 1]; }
  std::vector<BookOperation> list;
  size_t count = 0;
};

struct Table {
  explicit Table(std::string name) : id(std::move(name)) {}
  std::string id;
  fuzz::Buffer compiled;
  Catalogue catalogue;
  EventProgram quick, by_field, general;
  std::unique_ptr<Books> quick_books, field_books, general_books;
  std::unique_ptr<BookKeeper> keeper;
  std::vector<fuzz::Buffer> messages;
};

struct Totals {
  uint64_t messages = 0, operations = 0;
};

bool same(const BookOperation& a, const BookOperation& b) {
  return a.action == b.action && a.side == b.side && a.level == b.level && a.flags == b.flags && a.last == b.last &&
         a.depth == b.depth && a.orders == b.orders && a.instrument == b.instrument && a.id == b.id &&
         a.new_id == b.new_id && a.price == b.price && a.size == b.size && a.remaining == b.remaining &&
         a.time_ns == b.time_ns;
}

[[nodiscard]] bool once(Table& table, fuzz::Random& random, Totals& t) {
  fuzz::Buffer b = table.messages[random.below(table.messages.size())];
  if (!random.one_in(8)) fuzz::mutate(b, random);
  const fuzz::Exact exact(b);
  const uint16_t index = table.catalogue.classify(exact.view());
  if (index == Catalogue::kUnknown) return true;
  if (table.catalogue.check_length(index, exact.view().size) == Catalogue::LengthCheck::too_short) return true;
  Operations quick, by_field, general;
  const bool whole = table.quick.run(index, exact.view(), *table.quick_books, quick);
  if (table.general.run(index, exact.view(), *table.general_books, general) != whole) return false;
  if (table.by_field.run(index, exact.view(), *table.field_books, by_field) != whole) return false;
  if (quick.count != general.count || by_field.count != general.count) return false;
  for (size_t i = 0; i < quick.count; i++) {
    if (!same(quick.list[i], general.list[i]) || !same(by_field.list[i], general.list[i])) return false;
  }
  table.keeper->message(index, exact.view(), t.messages);
  t.messages++;
  t.operations += quick.count;
  return true;
}

/// A program that is damaged itself: parsed or refused, never followed out of bounds.
void damaged(const Table& table, fuzz::Random& random) {
  fuzz::Buffer b = table.compiled;
  const uint64_t from = random.below(b.size());
  for (uint32_t n = 1 + random.below(3); n > 0; n--) b[from + random.below(b.size() - from)] = uint8_t(random.next());
  const fuzz::Exact exact(b);
  SpecReader reader(exact.view());
  Catalogue catalogue;
  EventProgram program;
  if (!catalogue.parse(reader) || !program.parse(reader, catalogue)) return;
  BooksSpec small = program.books();
  small.orders_expected = 1;
  small.orders_max = small.instruments_max = 1000;
  Books books(small);
  BookKeeper keeper(program, books);
  const fuzz::Exact message(table.messages[random.below(table.messages.size())]);
  const uint16_t index = catalogue.classify(message.view());
  if (index == Catalogue::kUnknown) return;
  if (catalogue.check_length(index, message.view().size) == Catalogue::LengthCheck::too_short) return;
  keeper.message(index, message.view(), 0);
  keeper.flush();
}

std::unique_ptr<Table> open(const std::string& folder, const std::string& name) {
  auto t = std::make_unique<Table>(name);
  t->compiled = fuzz::read_file(folder + "/" + name + ".catalogue");
  const fuzz::Buffer roles = fuzz::read_file(folder + "/" + name + ".roles");
  t->compiled.insert(t->compiled.end(), roles.begin(), roles.end());
  t->messages = fuzz::read_records(folder + "/" + name + ".messages");
  const Bytes compiled{t->compiled.data(), uint32_t(t->compiled.size())};
  SpecReader reader(compiled);
  if (!t->catalogue.parse(reader) || !t->quick.parse(reader, t->catalogue) || t->messages.empty()) return nullptr;
  t->by_field = t->general = t->quick;
  t->by_field.forget_gathered();
  t->general.forget_quick_rules();
  BooksSpec small = t->quick.books();
  small.orders_expected = 16;
  small.orders_max = small.instruments_max = 5'000;
  t->quick_books = std::make_unique<Books>(small);
  t->field_books = std::make_unique<Books>(small);
  t->general_books = std::make_unique<Books>(small);
  t->keeper = std::make_unique<BookKeeper>(t->quick, *t->quick_books);
  return t;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::string folder = argc > 3 ? argv[3] : "";
  const bool each = argc > 4 && std::string(argv[4]) == "--each";
  std::printf("event_fuzz: %" PRIu64 " iterations%s, seed %" PRIu64 "\n", iterations, each ? " each" : "", seed);
  const std::vector<std::string> names = fuzz::corpus(folder, ".roles");
  if (names.empty()) {
    std::printf("event_fuzz: no corpus, nothing done\n");
    return folder.empty() ? 0 : 2;
  }
  Totals totals;
  size_t quick_rules = 0, rules = 0, gathered = 0;
  for (const std::string& name : names) {
    const std::unique_ptr<Table> t = open(folder, name);
    if (t == nullptr) {
      std::printf("event_fuzz: %s cannot be used\n", name.c_str());
      return 1;
    }
    quick_rules += t->quick.quick_rules();
    rules += t->quick.rules();
    gathered += t->quick.gathered_messages();
    fuzz::Random random{seed};
    const uint64_t own = each ? iterations : iterations / names.size() + 1;
    for (uint64_t i = 0; i < own; i++) {
      if (!once(*t, random, totals)) {
        std::printf("event_fuzz: %s: the quick way differs, seed %" PRIu64 ", iteration %" PRIu64 "\n", name.c_str(),
                    seed, i);
        return 1;
      }
      if (i % 64 == 0) damaged(*t, random);
    }
    t->keeper->flush();
    if (!t->quick_books->consistent()) {
      std::printf("event_fuzz: %s: inconsistent books, seed %" PRIu64 "\n", name.c_str(), seed);
      return 1;
    }
  }
  std::printf("event_fuzz: %" PRIu64 " messages of %zu tables, %" PRIu64
              " operations, %zu of %zu rules quick, "
              "%zu messages gathered\n",
              totals.messages, names.size(), totals.operations, quick_rules, rules, gathered);
  return 0;
}

// Every decoder's table against mutated messages: classify, length check, instrument key, walk and digest stay inside
// the message and end. Mutated tables must be refused or be as safe.
// Usage: catalogue_fuzz [iterations] [seed] [corpus folder] [--each]
// `--each`: so many iterations for every table instead of in all. Without a folder there is nothing to do.
#include <algorithm>
#include <cinttypes>

#include "core/catalogue.hpp"
#include "fuzz/random.hpp"

namespace {

using namespace venuewire;

struct Table {
  std::string id;
  fuzz::Buffer compiled;
  Catalogue catalogue;
  std::vector<fuzz::Buffer> messages;
};

struct Totals {
  uint64_t known = 0, walked = 0, pieces = 0;
};

void look(const Catalogue& c, uint16_t index, Bytes message, Totals& t) {
  (void)c.check_length(index, message.size);
  uint64_t key = 0;
  (void)c.instrument(index, message, key);
  uint64_t sum = 0;
  const bool sound = c.walk(index, message, [&](uint32_t offset, uint32_t size) {
    if (uint64_t(offset) + size > message.size) std::abort();
    for (uint32_t i = 0; i < size; i++) sum += message.data[offset + i];
    t.pieces++;
  });
  Fnv1a64 hash;
  if (c.digest(index, message, hash) != sound) std::abort();
  t.walked += sound;
}

void once(const Table& table, fuzz::Random& random, Totals& t) {
  fuzz::Buffer b = table.messages[random.below(table.messages.size())];
  if (!random.one_in(16)) fuzz::mutate(b, random);
  const fuzz::Exact exact(b);
  const uint16_t index = table.catalogue.classify(exact.view());
  if (index != Catalogue::kUnknown) {
    t.known++;
    look(table.catalogue, index, exact.view(), t);
  }
  // As if the type had been something else.
  if (random.one_in(4)) look(table.catalogue, uint16_t(random.below(table.catalogue.message_count())), exact.view(), t);
}

/// A table that is damaged itself: parsed or refused, never followed out of bounds.
void damaged(const Table& table, fuzz::Random& random, Totals& t) {
  fuzz::Buffer b = table.compiled;
  for (uint32_t n = 1 + random.below(3); n > 0 && !b.empty(); n--) b[random.below(b.size())] = uint8_t(random.next());
  const fuzz::Exact exact(b);
  SpecReader reader(exact.view());
  Catalogue c;
  if (!c.parse(reader) || !reader.ok() || c.message_count() == 0) return;
  const fuzz::Exact message(table.messages[random.below(table.messages.size())]);
  const uint16_t index = c.classify(message.view());
  if (index != Catalogue::kUnknown) look(c, index, message.view(), t);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::string folder = argc > 3 ? argv[3] : "";
  const bool each = argc > 4 && std::string(argv[4]) == "--each";
  std::printf("catalogue_fuzz: %" PRIu64 " iterations%s, seed %" PRIu64 "\n", iterations, each ? " each" : "", seed);
  std::vector<std::unique_ptr<Table>> tables;
  const std::vector<std::string> names = fuzz::corpus(folder, ".catalogue");
  if (names.empty()) {
    std::printf("catalogue_fuzz: no corpus, nothing done\n");
    return folder.empty() ? 0 : 2;
  }
  for (const std::string& name : names) {
    auto t = std::make_unique<Table>();
    t->id = name;
    t->compiled = fuzz::read_file(folder + "/" + name + ".catalogue");
    t->messages = fuzz::read_records(folder + "/" + name + ".messages");
    SpecReader reader({t->compiled.data(), uint32_t(t->compiled.size())});
    if (!t->catalogue.parse(reader) || t->messages.empty()) {
      std::printf("catalogue_fuzz: %s cannot be used\n", name.c_str());
      return 1;
    }
    tables.push_back(std::move(t));
  }
  fuzz::Random random{seed};
  Totals totals;
  const uint64_t all = each ? iterations * tables.size() : iterations;
  for (uint64_t i = 0; i < all && !tables.empty(); i++) {
    const Table& t = *tables[i % tables.size()];
    once(t, random, totals);
    if (i % 64 == 0) damaged(t, random, totals);
  }
  std::printf("catalogue_fuzz: %" PRIu64 " messages of %zu tables, %" PRIu64 " of a known type, %" PRIu64
              " walked whole, %" PRIu64 " pieces\n",
              all, tables.size(), totals.known, totals.walked, totals.pieces);
  return 0;
}

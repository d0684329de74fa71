// Catalogues built by hand, and, when a directory is given (argument or VENUEWIRE_CATALOGUES), catalogues and messages
// that the TypeScript side wrote there: NAME.catalogue, and NAME.messages with the digest it computed of each message.
#include "core/catalogue.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "test/catalogue_builder.hpp"

using namespace venuewire;

namespace {

using Writer = CatalogueWriter;
using catalogue_builder::small;

int failures = 0;

void expect(bool ok, const std::string& what) {
  if (ok) return;
  failures++;
  std::fprintf(stderr, "FAILED: %s\n", what.c_str());
}

using Pieces = std::vector<std::pair<uint32_t, uint32_t>>;

bool pieces(const Catalogue& c, uint16_t index, const std::vector<uint8_t>& message, Pieces& out) {
  out.clear();
  return c.walk(index, {message.data(), uint32_t(message.size())},
                [&](uint32_t at, uint32_t size) { out.emplace_back(at, size); });
}

void types_lengths_and_keys() {
  const Writer w = small(false);
  Catalogue c;
  SpecReader spec(w.bytes());
  expect(c.parse(spec) && spec.at_end(), "a sound table is read to its end");
  expect(c.message_count() == 2 && c.name(0) == "fixed" && c.id() == "small", "names");
  const uint8_t a[] = {'A', 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0};
  const uint8_t g[] = {'g'};
  const uint8_t unknown[] = {'z'};
  expect(c.classify({a, 11}) == 0, "type A");
  expect(c.classify({g, 1}) == 1, "a second code of the same layout");
  expect(c.classify({unknown, 1}) == Catalogue::kUnknown, "an unknown type");
  expect(c.classify({a, 0}) == Catalogue::kUnknown, "an empty message has no type");
  using L = Catalogue::LengthCheck;
  expect(c.check_length(0, 10) == L::too_short && c.check_length(0, 11) == L::ok, "shortest");
  expect(c.check_length(0, 12) == L::too_long, "longer than the table");
  expect(c.check_length(1, 2) == L::too_short && c.check_length(1, 60000) == L::ok,
         "a variable message has no longest");
  uint64_t key = 0;
  expect(c.instrument(0, {a, 11}, key) && key == 0x0102, "the key in the byte order of its field");
  expect(!c.instrument(1, {g, 1}, key), "a message without a key");
  expect(!c.instrument(0, {a, 2}, key), "a key beyond the end");
  const Writer tolerant = small(true);
  Catalogue t;
  SpecReader again(tolerant.bytes());
  expect(t.parse(again) && t.check_length(0, 12) == L::ok, "a tolerant table takes longer messages");
}

void walks_stay_inside() {
  const Writer w = small(false);
  Catalogue c;
  SpecReader spec(w.bytes());
  expect(c.parse(spec), "parse");
  Pieces p;
  expect(pieces(c, 1, {'G', 2, 3, 1, 2, 3, 4, 7, 8, 9}, p), "two entries and three bytes of data");
  expect(p == Pieces{{0, 1}, {1, 1}, {2, 1}, {3, 2}, {5, 2}, {7, 3}}, "their places");
  expect(pieces(c, 1, {'G', 0, 0}, p) && p.size() == 3, "nothing variable");
  expect(!pieces(c, 1, {'G', 2, 0, 1, 2, 3}, p), "a count that lies");
  expect(!pieces(c, 1, {'G', 0, 200, 1, 2, 3}, p), "a length that lies");
  expect(!pieces(c, 1, {'G', 0}, p), "shorter than its fixed part");
}

/// Types of five characters, as the Korean feeds have them: two codes of one layout, one of another.
Writer wide() {
  Writer w;
  w.u32(kContract).text("wide").u32(1).u16(1).u8(5).u8(1);
  w.u8(0).u8(0).u16(0).u16(0).u8(0).u8(0);
  w.u16(0).u8(0).u8(0).u32(0xFFFFFFFF);  // no schema version
  w.u32(2);
  const auto code = [](const char* s) {
    uint64_t value = 0;
    for (; *s != 0; s++) value = value << 8 | uint8_t(*s);
    return value;
  };
  w.text("quote").u32(7).u32(7).u32(2).u64(code("B601S")).u64(code("B601Q"));
  w.u8(0).u32(0).u32(0).u8(0).u8(0).u16(0).record(false, 7, 2, 2).field(0, 1).field(1, 6);
  w.text("trade").u32(6).u32(6).u32(1).u64(code("A301S"));
  w.u8(0).u32(0).u32(0).u8(0).u8(0).u16(0).record(false, 6, 2, 2).field(0, 1).field(1, 5);
  return w;
}

void wide_types() {
  const Writer w = wide();
  Catalogue c;
  SpecReader spec(w.bytes());
  expect(c.parse(spec) && spec.at_end(), "a table with wide types");
  const auto type = [&](const char* s) {
    return c.classify({reinterpret_cast<const uint8_t*>(s), uint32_t(std::strlen(s))});
  };
  expect(type("xB601Sy") == 0 && type("xB601Q") == 0 && type("xA301S") == 1, "a type of five bytes");
  expect(type("xA301T") == Catalogue::kUnknown && type("xZZZZZ") == Catalogue::kUnknown, "an unknown wide type");
  expect(type("xB601") == Catalogue::kUnknown, "a message that ends inside its type");
  Writer nine;
  nine.u32(kContract).text("nine").u32(2).u16(0).u8(8).u8(1).u16(8).u8(1).u8(1);
  Catalogue n;
  SpecReader refused(nine.bytes());
  expect(!n.parse(refused), "a type of nine bytes is refused");
}

// Whatever the bytes of a message are, a walk ends and never reads outside (sanitizers watch).
void hostile_messages(const Catalogue& c, uint64_t seed) {
  for (int round = 0; round < 200; round++) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    std::vector<uint8_t> bytes((seed >> 40) % 120);
    for (auto& b : bytes) {
      seed = seed * 6364136223846793005ull + 1442695040888963407ull;
      b = uint8_t(seed >> 33) & uint8_t(round % 3 == 0 ? 0xFF : 0x03);
    }
    const Bytes exact{bytes.data(), uint32_t(bytes.size())};
    for (uint16_t i = 0; i < c.message_count(); i++) {
      uint64_t end = 0;
      const bool ok = c.walk(
          i, exact, [&](uint32_t at, uint32_t size) { end = uint64_t(at) + size > end ? uint64_t(at) + size : end; });
      expect(end <= bytes.size(), "a walk left the message");
      (void)ok;
      uint64_t key;
      (void)c.instrument(i, exact, key);
    }
    (void)c.classify(exact);
  }
}

// A damaged table is refused, or is one that still cannot make a walk leave a message.
void hostile_tables(Bytes table) {
  for (uint32_t cut = 0; cut<table.size; cut += table.size> 4096 ? 97 : 1) {
    Catalogue c;
    SpecReader spec({table.data, cut});
    expect(!c.parse(spec), "a table cut short is refused");
    expect(c.message_count() == 0, "a refused table knows nothing");
  }
  uint64_t seed = table.size;
  std::vector<uint8_t> bytes(table.data, table.data + table.size);
  for (int round = 0; round < 300; round++) {
    std::vector<uint8_t> damaged = bytes;
    for (int k = 0; k <= round % 4; k++) {
      seed = seed * 6364136223846793005ull + 1442695040888963407ull;
      damaged[(seed >> 33) % damaged.size()] = uint8_t(seed >> 20);
    }
    Catalogue c;
    SpecReader spec({damaged.data(), uint32_t(damaged.size())});
    if (c.parse(spec) && round % 16 == 0) hostile_messages(c, seed);
  }
}

std::vector<uint8_t> load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// NAME.messages: for each message its index (2 bytes), its length (4), its bytes, whether the walk is sound (1) and
/// the digest (8).
void as_typescript_has_it(const std::filesystem::path& path, uint64_t& compared) {
  const std::vector<uint8_t> table = load(path);
  Catalogue c;
  SpecReader spec({table.data(), uint32_t(table.size())});
  if (!c.parse(spec) || !spec.at_end()) {
    expect(false, path.string() + " is refused");
    return;
  }
  hostile_messages(c, table.size());
  hostile_tables({table.data(), uint32_t(table.size())});
  std::filesystem::path messages = path;
  messages.replace_extension(".messages");
  const std::vector<uint8_t> all = load(messages);
  size_t at = 0;
  while (at + 6 <= all.size()) {
    const auto index = uint16_t(load_uint(all.data() + at, 2, false));
    const auto length = uint32_t(load_uint(all.data() + at + 2, 4, false));
    at += 6;
    if (at + length + 9 > all.size() || index >= c.message_count()) {
      expect(false, messages.string() + " is damaged");
      return;
    }
    // A copy of exactly this size: an over-read is a fault that sanitizers see.
    const std::vector<uint8_t> message(all.begin() + long(at), all.begin() + long(at + length));
    at += length;
    const bool sound = all[at] != 0;
    const uint64_t digest = load_uint(all.data() + at + 1, 8, false);
    at += 9;
    Fnv1a64 ours;
    const bool ok = c.digest(index, {message.data(), length}, ours);
    const std::string where = path.filename().string() + ", " + c.name(index);
    expect(ok == sound, where + (sound ? ": sound there, malformed here" : ": malformed there, sound here"));
    if (ok && sound) expect(ours.value == digest, where + ": another digest");
    compared++;
  }
}

}  // namespace

int main(int argc, char** argv) {
  types_lengths_and_keys();
  walks_stay_inside();
  wide_types();
  hostile_tables(small(false).bytes());
  hostile_tables(wide().bytes());
  const char* folder = argc > 1 ? argv[1] : std::getenv("VENUEWIRE_CATALOGUES");
  uint64_t tables = 0;
  uint64_t compared = 0;
  if (folder != nullptr) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".catalogue") continue;
      tables++;
      as_typescript_has_it(entry.path(), compared);
    }
    expect(tables > 0, "no catalogue in the folder");
  }
  if (failures > 0) {
    std::fprintf(stderr, "%d failed\n", failures);
    return 1;
  }
  std::printf("ok, %llu tables, %llu messages compared\n", static_cast<unsigned long long>(tables),
              static_cast<unsigned long long>(compared));
  return 0;
}

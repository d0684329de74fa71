// FAST programs against mutated messages, refusing and accepting what is reportable: every message ends inside its
// bytes with an error or with a record that is well-formed for the program and within the limits. Mutated programs must
// be refused or be as safe. Usage: fast_fuzz [iterations] [seed] [corpus folder] [--each]
// `--each`: so many iterations for every program instead of in all. Without a folder there is nothing to do.
#include <algorithm>
#include <cinttypes>

#include "core/fast.hpp"
#include "fuzz/random.hpp"

namespace {

using namespace venuewire;

constexpr FastLimits kLimits{500, 2000, 8, 1u << 20};

/// Reads a record by the program that wrote it; aborts where it is not one.
class Reader {
 public:
  Reader(const FastProgram& program, Bytes record) : program_(program), record_(record) {}
  void message(uint32_t context, uint32_t depth) {
    if (depth > kLimits.depth) std::abort();
    const FastProgram::Template* t = program_.find(context, uint32_t(uint(4)));
    if (t == nullptr) std::abort();
    items(program_.body(t->body), depth);
  }
  [[nodiscard]] bool at_end() const { return at_ == record_.size; }

 private:
  uint64_t uint(uint32_t width) {
    if (!record_.holds(at_, width)) std::abort();
    const uint64_t v = load_uint(record_.data + at_, width, false);
    at_ += width;
    return v;
  }
  void items(const FastProgram::Body& b, uint32_t depth) {
    for (uint32_t i = 0; i < b.count; i++) item(program_.node(b.first + i), depth);
  }
  void item(const FastProgram::Node& n, uint32_t depth) {
    using Kind = FastProgram::Kind;
    const uint64_t there = uint(1);
    if (there > 1) std::abort();
    if (there == 0) {
      const bool optional = n.kind == Kind::group ? n.optional : n.kind != Kind::reference && n.field.optional;
      if (!optional) std::abort();
      return;
    }
    switch (n.kind) {
      case Kind::field:
        field(n.field);
        return;
      case Kind::split:
        decimal();
        return;
      case Kind::sequence: {
        const uint64_t entries = uint(4);
        if (entries > kLimits.entries) std::abort();
        for (uint64_t i = 0; i < entries; i++) items(program_.body(n.body), depth);
        return;
      }
      case Kind::group:
        items(program_.body(n.body), depth);
        return;
      case Kind::reference:
        message(n.body, depth + 1);
    }
  }
  void field(const FastProgram::Field& f) {
    if (f.type == FastProgram::Type::decimal) return decimal();
    if (f.type < FastProgram::Type::decimal) {
      const uint64_t bits = uint(8);
      const FastWide v = FastProgram::is_signed(f.type) ? FastWide(int64_t(bits)) : FastWide(bits);
      if (v < FastProgram::least(f.type) || v > FastProgram::most(f.type)) std::abort();
      return;
    }
    const uint64_t size = uint(4);
    if (!record_.holds(at_, size)) std::abort();
    if (f.type == FastProgram::Type::ascii) {
      for (uint64_t i = 0; i < size; i++) {
        if (record_.data[at_ + i] > 0x7F) std::abort();
      }
    }
    at_ += uint32_t(size);
  }
  void decimal() {
    (void)uint(8);
    const auto exponent = int32_t(uint32_t(uint(4)));
    if (exponent > 2048 || exponent < -2048) std::abort();
  }

  const FastProgram& program_;
  Bytes record_;
  uint32_t at_ = 0;
};

struct Stream {
  fuzz::Buffer compiled;
  FastProgram program;
  std::vector<fuzz::Buffer> messages;
  std::unique_ptr<FastDecoder> decoders[2];
};

struct Totals {
  uint64_t messages = 0, mutated = 0, bytes = 0, programs = 0;
  uint64_t counts[kFastErrors] = {};
};

FastError look(const FastProgram& program, FastDecoder& decoder, Bytes bytes, Totals& t) {
  const FastError e = decoder.decode(bytes, 0);
  t.messages++;
  t.counts[uint32_t(e)]++;
  if (decoder.record().size > kLimits.record) std::abort();
  if (e != FastError::none) return e;
  if (decoder.next() == 0 || decoder.next() > bytes.size) std::abort();
  Reader reader(program, decoder.record());
  reader.message(0, 0);
  if (!reader.at_end()) std::abort();
  t.bytes += decoder.record().size;
  return e;
}

void once(Stream& s, uint64_t i, fuzz::Random& random, Totals& t) {
  FastDecoder& decoder = *s.decoders[random.below(2)];
  // A sound message between two mutated ones mostly: dictionaries then have what the next one counts on.
  if (!random.one_in(4)) {
    const fuzz::Exact sound(s.messages[i % s.messages.size()]);
    if (look(s.program, decoder, sound.view(), t) != FastError::none) decoder.reset();
  }
  fuzz::Buffer b = s.messages[random.one_in(4) ? random.below(s.messages.size()) : (i + 1) % s.messages.size()];
  fuzz::mutate(b, random);
  const fuzz::Exact exact(b);
  t.mutated++;
  if (look(s.program, decoder, exact.view(), t) != FastError::none && random.one_in(3)) decoder.reset();
}

/// A program that is damaged itself: parsed or refused, never followed out of bounds.
void damaged(const Stream& s, fuzz::Random& random, Totals& t) {
  fuzz::Buffer b = s.compiled;
  for (uint32_t n = 1 + random.below(3); n > 0; n--) b[random.below(b.size())] = uint8_t(random.next());
  const fuzz::Exact exact(b);
  SpecReader spec(exact.view());
  FastProgram program;
  if (!program.parse(spec)) return;
  t.programs++;
  FastDecoder decoder(program, kLimits, random.one_in(2));
  for (int i = 0; i < 4; i++) {
    const fuzz::Exact message(s.messages[random.below(s.messages.size())]);
    (void)look(program, decoder, message.view(), t);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::string folder = argc > 3 ? argv[3] : "";
  const bool each = argc > 4 && std::string(argv[4]) == "--each";
  std::printf("fast_fuzz: %" PRIu64 " iterations%s, seed %" PRIu64 "\n", iterations, each ? " each" : "", seed);
  const std::vector<std::string> names = fuzz::corpus(folder, ".fast");
  if (names.empty()) {
    std::printf("fast_fuzz: no corpus, nothing done\n");
    return folder.empty() ? 0 : 2;
  }
  std::vector<std::unique_ptr<Stream>> streams;
  for (const std::string& name : names) {
    auto s = std::make_unique<Stream>();
    s->compiled = fuzz::read_file(folder + "/" + name + ".fast");
    s->messages = fuzz::read_records(folder + "/" + name + ".fastmessages");
    SpecReader spec({s->compiled.data(), uint32_t(s->compiled.size())});
    if (!s->program.parse(spec) || s->messages.empty()) {
      std::printf("fast_fuzz: %s cannot be used\n", name.c_str());
      return 1;
    }
    for (int strict = 0; strict < 2; strict++)
      s->decoders[strict] = std::make_unique<FastDecoder>(s->program, kLimits, strict == 1);
    // As they are, they are sound.
    Totals sound;
    for (const fuzz::Buffer& b : s->messages) {
      const fuzz::Exact exact(b);
      if (look(s->program, *s->decoders[1], exact.view(), sound) != FastError::none) {
        std::printf("fast_fuzz: a message of %s is not sound\n", name.c_str());
        return 1;
      }
    }
    streams.push_back(std::move(s));
  }
  if (streams.empty()) {
    std::printf("fast_fuzz: no programs in %s\n", folder.c_str());
    return 1;
  }
  fuzz::Random random{seed};
  Totals totals;
  const uint64_t all = each ? iterations * streams.size() : iterations;
  for (uint64_t i = 0; i < all; i++) {
    Stream& s = *streams[i % streams.size()];
    once(s, i / streams.size(), random, totals);
    if (i % 64 == 0) damaged(s, random, totals);
  }
  std::printf("fast_fuzz: %" PRIu64 " messages, %" PRIu64 " of them mutated, of %zu programs (and %" PRIu64
              " damaged ones), %" PRIu64 " bytes of records:",
              totals.messages, totals.mutated, streams.size(), totals.programs, totals.bytes);
  for (uint32_t i = 0; i < kFastErrors; i++) std::printf(" %s %" PRIu64, kFastErrorNames[i], totals.counts[i]);
  std::printf("\n");
  return 0;
}

// Mutated packets and mutated server replies against a whole session with its ladder, in any order, with time passing
// and a reader that sometimes does not read. After every input the ledger must balance and memory must be within its
// bounds. Usage: session_fuzz [iterations] [seed] [corpus folder] [--each]
// The folder adds compiled venues (NAME.venue) with recorded inputs (NAME.inputs: u8 kind — 0 datagram, 1 reply, 2 the
// requester was connected, 3 another run begins —, u8 line or requester, u16 0, then the bytes).
// --each: only the folder's venues with one requester. The recorded runs are played again, the lines as they were, the
// replies mutated, until each reply decoder has been given `iterations` mutated replies to a request that it had open.
// Prints for each what was fed, what was counted as malformed, and the most memory beside the bound known at open.
#include <algorithm>
#include <cinttypes>
#include <new>

#include "core/replay.hpp"
#include "core/snapshot_on_lines.hpp"
#include "core/stream_line.hpp"
#include "fuzz/random.hpp"
#include "test/servers.hpp"

namespace {
uint64_t live_bytes = 0, most_bytes = 0;
}
void* operator new(size_t size) {
  auto* p = static_cast<uint64_t*>(std::malloc(size + 16));
  if (p == nullptr) std::abort();
  p[0] = size;
  live_bytes += size;
  if (live_bytes > most_bytes) most_bytes = live_bytes;
  return p + 2;
}
void operator delete(void* p) noexcept {
  if (p == nullptr) return;
  auto* q = static_cast<uint64_t*>(p) - 2;
  live_bytes -= q[0];
  std::free(q);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }
void* operator new[](size_t size) { return operator new(size); }
void operator delete[](void* p) noexcept { operator delete(p); }
void operator delete[](void* p, size_t) noexcept { operator delete(p); }

namespace venuewire {
namespace {

using C = ChannelCounter;
constexpr uint32_t kRingBytes = 1u << 17;
constexpr uint64_t kMemoryMax = 48u << 20;
fuzz::Digest given_out;
uint64_t corpus_bytes = 0;  // what the venues and their inputs take, however many there are

struct Input {
  uint8_t kind, of;
  Buffer bytes;
};
struct Venue {
  std::string name;
  SessionSpec spec;
  std::vector<Input> inputs;
};

/// One recorded run: what came on the live lines, and what the servers said, on connections or on lines of theirs.
struct Reply {
  const Input* input;
  size_t live;     ///< packets on the live lines before it
  bool connected;  ///< the first on its connection
};
struct Run {
  std::vector<const Input*> live;
  std::vector<Reply> replies;
};
std::vector<Run> runs_of(const Venue& v) {
  std::vector<Run> runs(1);
  bool connected = false;
  for (const Input& in : v.inputs) {
    Run& run = runs.back();
    if (in.kind == 3) {
      runs.emplace_back();
      connected = false;
    } else if (in.kind == 2) {
      connected = true;
    } else if (in.kind == 0 && in.of < v.spec.lines.size() && v.spec.lines[in.of].role == LineRole::live) {
      run.live.push_back(&in);
    } else if (in.kind == 1 ? in.of < v.spec.requesters.size() : in.of < v.spec.lines.size()) {
      run.replies.push_back({&in, run.live.size(), connected});
      connected = false;
    }
  }
  runs.erase(std::remove_if(runs.begin(), runs.end(), [](const Run& r) { return r.replies.empty(); }), runs.end());
  return runs;
}

/// What one reply decoder was put through.
struct Tally {
  uint64_t mutated = 0, malformed = 0, held = 0, heap = 0;
};
/// Of the batch writer, which is not the session's.
constexpr uint64_t kWriterBytes = 64u << 10;

/// Bytes of other values in a few places: nothing moves.
void turn(Buffer& b, fuzz::Random& random) {
  for (uint32_t n = 1 + random.below(3); n > 0 && !b.empty(); n--) {
    uint8_t& at = b[random.below(b.size())];
    at = random.one_in(2) ? uint8_t(at ^ (1u << random.below(8))) : uint8_t(random.next());
  }
}

/// Makes length and checksum of a FIX message right again, so that what is inside gets past the framing.
void mend_fix(Buffer& b) {
  std::string text(b.begin(), b.end());
  const size_t head = text.find(
                   "\x01"
                   "9="),
               body = head == std::string::npos ? head : text.find('\x01', head + 1),
               tail = text.rfind(
                   "\x01"
                   "10=");
  if (body == std::string::npos || tail == std::string::npos || tail < body) return;
  text = text.substr(0, head + 1) + "9=" + std::to_string(tail - body) + text.substr(body, tail + 1 - body);
  uint32_t sum = 0;
  for (const char c : text) sum += uint8_t(c);
  char trailer[16];
  std::snprintf(trailer, sizeof trailer, "10=%03u\x01", sum & 0xFF);
  text += trailer;
  b.assign(text.begin(), text.end());
}

std::unique_ptr<Venue> built_in(uint32_t ladder, Join join) {
  auto v = std::make_unique<Venue>();
  v->name = "built-in " + std::to_string(ladder);
  SessionSpec& s = v->spec;
  s.framings = {moldudp64(), soup_framing()};
  LineSpec a, b, r;
  b.line = 1;
  r.role = LineRole::retransmission;
  s.lines = {a, b, r};
  ChannelSpec c;
  c.join = join;
  c.window_packets = 64;
  c.window_bytes = 1u << 16;
  c.holes_max = 32;
  c.jump_max = 5000;
  s.channels = {c};
  s.requesters = {mold_server(), soup_server(), status_server(), snapshot_server()};
  for (RequesterSpec& q : s.requesters) {
    q.packet_bytes_max = 4096;
    q.range_max = 50;
    q.cooldown_ns = 50 * kMs;
    q.limits = {{20, 100 * kMs}};
    if (ladder & 1) q.servers.push_back({"second", 2});
  }
  s.rungs = {wait_rung(kMs, 16)};
  if (ladder & 2) s.rungs.push_back(ask_rung(0, 2, 5 * kMs));
  if (ladder & 4) s.rungs.push_back(ask_rung(1, 2, 20 * kMs));
  if (ladder & 8) s.rungs.push_back(ask_rung(2, 3, 20 * kMs));
  if ((ladder & 16) || join == Join::snapshot) s.rungs.push_back(ask_rung(3, 2, 40 * kMs, RungKind::snapshot));
  return v;
}

[[noreturn]] void fail(const char* what, uint64_t i) {
  std::printf("session_fuzz: %s at input %" PRIu64 "\n", what, i);
  std::abort();
}

class Driver final : public Host {
 public:
  Driver(const Venue& venue, fuzz::Random& random)
      : venue_(venue), random_(random), connected_(venue.spec.requesters.size()) {
    const size_t channels = venue.spec.channels.size();
    data_at_ = uint32_t((kCountersAt + 8 * (kFeedCounters + kChannelCounters * channels) + 63) / 64 * 64);
    memory_ = static_cast<uint8_t*>(std::aligned_alloc(64, data_at_ + kRingBytes));
    std::memset(memory_, 0, data_at_ + kRingBytes);
    auto* counters = reinterpret_cast<uint64_t*>(memory_ + kCountersAt);
    writer_ = std::make_unique<BatchWriter>(memory_, data_at_, kRingBytes, venue.spec.catalogue, venue.spec.selection);
    const uint64_t before = live_bytes;
    feed_ = FeedCounters{counters};
    session_ = std::make_unique<Session>(venue.spec, *this, *writer_, counters + kFeedCounters, feed_);
    before_ = before;
  }
  ~Driver() override {
    session_.reset();
    writer_.reset();
    std::free(memory_);
  }

  void connect(uint16_t q, uint16_t server) override {
    if (server >= venue_.spec.requesters[q].servers.size()) fail("a server that is not declared", 0);
    connected_[q] = 1;
    given_out.add(1'000'000u * (q + 1u) + server);
  }
  void send(uint16_t q, Bytes b) override {
    given_out.add(q);
    given_out.add(b);
  }
  void close(uint16_t q) override {
    connected_[q] = 0;
    given_out.add(2'000'000u + q);
  }
  void leave(uint16_t q) override {
    connected_[q] = 0;
    given_out.add(3'000'000u + q);
  }

  void step(uint64_t i) {
    now_ += random_.below(random_.one_in(8) ? 30'000'000 : 100'000);
    switch (random_.below(10)) {
      case 0:
        events();
        break;
      case 1:
      case 2:
      case 3:
        reply();
        break;
      default:
        packet();
    }
    if (session_->blocked()) session_->resume(now_);
    session_->service(now_);
    if (session_->deadline() <= now_ && random_.one_in(4)) session_->service(++now_);
    if (!session_->ledger_balances()) fail("the ledger does not balance", i);
    for (uint16_t c = 0; c < session_->channels(); c++) {
      Channel& channel = session_->channel(c);
      const ChannelSpec& spec = venue_.spec.channels[c];
      if (channel.held_packets() > spec.window_packets) fail("more packets held than the window allows", i);
      if (channel.counters()[C::windowBytes] > spec.window_bytes) fail("more bytes held than the window allows", i);
      if (channel.holes().size() > spec.holes_max + 2 * spec.window_packets + 64) fail("holes without bound", i);
    }
    if (live_bytes > corpus_bytes + kMemoryMax) fail("memory without bound", i);
    if (!random_.one_in(30)) read(i);
  }
  /// Plays a recorded run with mutated replies. The requester is the venue's only one.
  void play(const Run& run, uint64_t iterations, Tally& tally) {
    const RequesterSpec& spec = venue_.spec.requesters[0];
    Requester& requester = session_->requester(0);
    const bool dials = spec.snapshot_from != SnapshotFrom::loop || spec.purpose != Purpose::snapshot;
    const bool stream = spec.purpose == Purpose::feed;
    const uint64_t bound = Session::held_bytes_max(venue_.spec);
    size_t live = 0, next = 0;
    for (uint64_t i = 0; i < 40'000 && tally.mutated < iterations; i++) {
      now_ += 1'000 + random_.below(40'000);
      const auto listens = [&] { return (!dials || connected_[0] == 2) && (stream || !requester.idle()); };
      if (dials && connected_[0] == 1) {
        connected_[0] = 2;
        if (random_.one_in(32)) {
          connected_[0] = 0;
          requester.closed(Reason::connectionRefused, 111, now_);
        } else {
          requester.connected(now_);
          next = conversation(run, live);
        }
      } else if (listens() && next < run.replies.size() && (live == run.live.size() || !random_.one_in(4))) {
        const Input& in = *run.replies[next++].input;
        for (uint32_t n = random_.below(4); n > 0 && listens() && tally.mutated < iterations; n--) {
          Buffer b = in.bytes;
          if (random_.one_in(2)) {
            fuzz::mutate(b, random_);
          } else {
            turn(b, random_);
          }
          if (venue_.spec.framings[spec.framing].fix && !random_.one_in(4)) mend_fix(b);
          say(in, b);
          tally.mutated++;
          check(i, bound, tally);
        }
        if (listens() && !random_.one_in(4)) say(in, in.bytes);
        if (!dials && next == run.replies.size()) next = 0;
      } else if (live < run.live.size()) {
        const Input& in = *run.live[live++];
        if (!random_.one_in(8)) {
          const fuzz::Exact exact(in.bytes);
          session_->datagram(in.of, exact.view(), now_, now_);
        }
      } else if (session_->settled() && (!stream || next == run.replies.size())) {
        break;
      } else {
        if (session_->deadline() == INT64_MAX) break;
        now_ = std::max(now_, session_->deadline());
      }
      check(i, bound, tally);
    }
    tally.malformed += session_->channel(0).counters()[C::malformed];
  }
  void finish(uint64_t i) {
    session_->finish(Reason::closed, now_);
    for (int n = 0; n < 100'000 && (session_->blocked() || writer_->unpublished()); n++) {
      read(i);
      session_->resume(now_);
    }
    if (!session_->ledger_balances()) fail("the ledger does not balance at the end", i);
    for (uint16_t c = 0; c < session_->channels(); c++) {
      session_->update_gauges();
      if (session_->channel(c).counters()[C::inFlight] != 0) fail("something is still in flight at the end", i);
      for (uint32_t k = 0; k < kChannelCounters; k++) given_out.add(session_->channel(c).counters()[C(k)]);
    }
    for (uint16_t q = 0; q < session_->requesters(); q++) {
      given_out.add(session_->requester(q).actions_seen());
      given_out.add(session_->requester(q).outcomes_seen());
    }
  }
  uint64_t delivered() {
    return session_->channel(0).counters()[C::delivered] + session_->channel(0).counters()[C::recovered];
  }

 private:
  /// Where what the server says on a new connection begins: with the connection that was made at this point of the run.
  static size_t conversation(const Run& run, size_t live) {
    size_t from = 0;
    for (size_t i = 0; i < run.replies.size(); i++) {
      if (run.replies[i].live > live && from != 0) break;
      if (run.replies[i].connected) from = i;
    }
    return from;
  }
  void say(const Input& in, const Buffer& b) {
    if (in.kind == 0) {
      const fuzz::Exact exact(b);
      session_->datagram(in.of, exact.view(), now_, now_);
      return;
    }
    const bool split = venue_.spec.requesters[0].tcp && random_.one_in(4);
    const size_t cut = split ? random_.below(b.size() + 1) : b.size();
    for (const Buffer& part : {Buffer(b.begin(), b.begin() + long(cut)), Buffer(b.begin() + long(cut), b.end())}) {
      if (part.empty() && !b.empty()) continue;
      const fuzz::Exact exact(part);
      session_->requester(0).received(exact.view(), now_);
    }
  }
  /// The law, and the bounds.
  void check(uint64_t i, uint64_t bound, Tally& tally) {
    if (session_->blocked()) session_->resume(now_);
    session_->service(now_);
    // The reader sleeps now and then, until everything that stands before it is full.
    if (asleep_ == 0 && random_.one_in(1'000)) asleep_ = 1 + random_.below(1'000);
    if (asleep_ == 0) read(i);
    if (asleep_ > 0) asleep_--;
    if (!session_->ledger_balances()) fail("the ledger does not balance", i);
    session_->update_gauges();
    const uint64_t held = feed_[FeedCounter::heldBytes], heap = live_bytes - before_;
    if (held > bound || feed_[FeedCounter::heldBytesMax] != bound) fail("more is held than was declared", i);
    if (heap > bound + kWriterBytes + fixed()) fail("the heap grew beyond what was declared", i);
    tally.held = std::max(tally.held, held);
    tally.heap = std::max(tally.heap, heap);
  }
  /// Objects that are made once, at open, whatever comes.
  [[nodiscard]] uint64_t fixed() const {
    uint64_t bytes = sizeof(Session) + 4096;
    for (const RequesterSpec& q : venue_.spec.requesters) {
      bytes += std::max({sizeof(Replay), sizeof(SnapshotOnLines), sizeof(StreamLine)}) + 256;
      for (const Limit& l : q.limits) bytes += 2 * sizeof(int64_t) * l.count + 64;
    }
    return bytes + venue_.spec.channels.size() * (sizeof(Channel) + 256);
  }
  /// A number about where the channel stands, or anywhere.
  uint64_t near() {
    const Channel& c = session_->channel(0);
    switch (random_.below(20)) {
      case 0:
        return random_.next();
      case 1:
        return c.highest() + random_.below(6000);
      case 2:
        return 0;
      default: {
        const uint64_t from = random_.one_in(3) ? c.highest() : c.next();
        return from + (random_.one_in(3) ? random_.below(8) : 0) -
               (from > 4 && random_.one_in(3) ? random_.below(4) : 0);
      }
    }
  }
  std::string session_name() {
    if (random_.one_in(1000)) day_++;  // two packets of it make a new session
    return "DAY" + std::to_string(day_ - (random_.one_in(100) && day_ > 1 ? 1 : 0));
  }
  Buffer number_text(uint64_t first, uint32_t count) { return mold_data(first, count, session_name()); }
  void give(uint16_t line, Buffer b) {
    if (random_.one_in(3)) fuzz::mutate(b, random_);
    const fuzz::Exact exact(b);
    session_->datagram(line, exact.view(), now_, now_);
  }
  void packet() {
    if (!venue_.inputs.empty()) {
      const Input& in = venue_.inputs[(at_ + random_.below(8)) % venue_.inputs.size()];
      at_ += random_.one_in(2);
      if (in.kind == 0 && in.of < venue_.spec.lines.size()) give(in.of, in.bytes);
      return;
    }
    const uint16_t line = uint16_t(random_.below(venue_.spec.lines.size()));
    const uint64_t n = near();
    switch (random_.below(12)) {
      case 0:
        return give(line, mold_heartbeat(n, session_name()));
      case 1:
        return give(line, random_.one_in(50) ? mold_end(n, session_name()) : mold_heartbeat(n, session_name()));
      default:
        return give(line, number_text(n, 1 + random_.below(6)));
    }
  }
  void reply() {
    if (session_->requesters() == 0) return;
    const auto q = uint16_t(random_.below(session_->requesters()));
    if (connected_[q] == 1) {
      connected_[q] = 2;
      session_->requester(q).connected(now_);
      return;
    }
    Buffer b;
    if (!venue_.inputs.empty()) {
      const Input& in = venue_.inputs[random_.below(venue_.inputs.size())];
      if (in.kind != 1 || in.of != q) return;
      b = in.bytes;
    } else if (q == 0) {
      b = number_text(near(), 1 + random_.below(20));
    } else {
      for (uint32_t n = 1 + random_.below(5); n > 0; n--) {
        Buffer one;
        const uint64_t at = near();
        switch (random_.below(9)) {
          case 0:
            one = soup_accept(at);
            break;
          case 1:
            one = soup('J', "A");
            break;
          case 2:
            one = soup('T', std::string(1, char('0' + random_.below(6))));
            break;
          case 3:
            one = soup('M', eight(at % 100'000'000) + std::to_string(at));
            break;
          case 4:
            one = soup('U', eight(at % 100'000'000) + eight((at + random_.below(10)) % 100'000'000));
            break;
          case 5:
            one = soup('Z');
            break;
          case 6:
            one = soup('G', padded(at));
            break;
          default:
            one = soup('S', std::to_string(at));
        }
        b.insert(b.end(), one.begin(), one.end());
      }
    }
    if (random_.one_in(3)) fuzz::mutate(b, random_);
    const size_t cut = random_.one_in(4) ? random_.below(b.size() + 1) : b.size();
    for (const Buffer& part : {Buffer(b.begin(), b.begin() + long(cut)), Buffer(b.begin() + long(cut), b.end())}) {
      const fuzz::Exact exact(part);
      session_->requester(q).received(exact.view(), now_);
    }
  }
  void events() {
    if (session_->requesters() == 0) return;
    const auto q = uint16_t(random_.below(session_->requesters()));
    switch (random_.below(4)) {
      case 0:
        connected_[q] = 0;
        session_->requester(q).closed(random_.one_in(2) ? Reason::connectionClosed : Reason::connectionRefused, 111,
                                      now_);
        break;
      case 1:
        session_->requester(q).connected(now_);
        break;
      default:
        now_ += random_.below(200) * kMs;
    }
  }
  /// Reads what is published, checking every record.
  void read(uint64_t i) {
    (void)writer_->publish();
    const uint32_t head = uint32_t(load_uint(memory_ + kHeadAt, 4, false)), units = kRingBytes / 8;
    while (tail_ != head) {
      const uint32_t at = tail_ & (units - 1);
      const uint8_t* p = memory_ + data_at_ + size_t(at) * 8;
      const auto size = uint32_t(load_uint(p, 4, false));
      if (size == 0 || at + size > units || size > head - tail_) fail("a broken record", i);
      if (p[4] == uint8_t(RecordKind::run)) {
        const uint8_t* m = p + sizeof(RunRecord);
        for (auto n = uint32_t(load_uint(p + 24, 4, false)); n > 0; n--) {
          m += 8 + (load_uint(m, 4, false) + 7) / 8 * 8;
          if (m > p + size * 8) fail("a message outside of its run", i);
        }
        if (m != p + size * 8) fail("a run that does not end where it says", i);
      }
      if (p[4] != uint8_t(RecordKind::pad)) given_out.add({p, size * 8});
      tail_ += size;
    }
    given_out.add(uint64_t(session_->deadline()));
    std::memcpy(memory_ + kTailAt, &tail_, 4);
  }

  const Venue& venue_;
  fuzz::Random& random_;
  std::vector<uint8_t> connected_;  // 1: wanted, 2: told
  uint8_t* memory_;
  uint32_t data_at_, tail_ = 0;
  std::unique_ptr<BatchWriter> writer_;
  std::unique_ptr<Session> session_;
  FeedCounters feed_;
  uint64_t before_ = 0;  // heap in use before the session was made
  int64_t now_ = 1'000 * kMs;
  uint64_t at_ = 0;
  uint32_t day_ = 1, asleep_ = 0;
};

/// Puts every reply decoder of the venues through `iterations` mutated replies. False: one cannot be reached.
bool each(const std::vector<std::unique_ptr<Venue>>& venues, uint64_t iterations, uint64_t seed) {
  uint64_t decoders = 0, mutated = 0;
  std::printf("%-52s %10s %10s %12s %12s %12s\n", "REPLY DECODER", "MUTATED", "MALFORMED", "MOST HELD", "DECLARED",
              "HEAP");
  for (const auto& v : venues) {
    if (v->spec.requesters.size() != 1) continue;
    const std::vector<Run> runs = runs_of(*v);
    fuzz::Random random{seed};
    Tally tally;
    uint64_t idle = 0;
    while (tally.mutated < iterations && !runs.empty()) {
      const uint64_t before = tally.mutated, heap = live_bytes;
      {
        Driver driver(*v, random);
        driver.play(runs[random.below(runs.size())], iterations, tally);
        driver.finish(tally.mutated);
      }
      if (live_bytes != heap) fail("bytes leaked", tally.mutated);
      idle = tally.mutated == before ? idle + 1 : 0;
      if (idle == 1'000) break;
    }
    if (tally.mutated < iterations) {
      std::printf("session_fuzz: nothing recorded reaches %s\n", v->name.c_str());
      return false;
    }
    std::printf("%-52s %10" PRIu64 " %10" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n", v->name.c_str(),
                tally.mutated, tally.malformed, tally.held, Session::held_bytes_max(v->spec), tally.heap);
    std::fflush(stdout);
    decoders++;
    mutated += tally.mutated;
  }
  std::printf("session_fuzz: %" PRIu64 " reply decoders, %" PRIu64
              " mutated replies, all within their bounds, digest %016" PRIx64 "\n",
              decoders, mutated, given_out.value);
  return decoders > 0;
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  const uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::string folder = argc > 3 ? argv[3] : "";
  const bool one_by_one = argc > 4 && std::string(argv[4]) == "--each";
  std::printf("session_fuzz: %" PRIu64 " iterations, seed %" PRIu64 "\n", iterations, seed);
  std::vector<std::unique_ptr<Venue>> venues;
  for (uint32_t ladder = 0; ladder < 32 && !one_by_one; ladder++) {
    for (const Join join : {Join::live, Join::beginning, Join::snapshot}) venues.push_back(built_in(ladder, join));
  }
  const std::vector<std::string> names = fuzz::corpus(folder, ".venue");
  const size_t recorded = names.size();
  for (const std::string& name : names) {
    auto v = std::make_unique<Venue>();
    v->name = name;
    const Buffer spec = fuzz::read_file(folder + "/" + name + ".venue");
    if (!v->spec.parse(view(spec))) {
      std::printf("session_fuzz: %s cannot be used\n", name.c_str());
      return 1;
    }
    for (const Buffer& b : fuzz::read_records(folder + "/" + name + ".inputs")) {
      if (b.size() >= 4) v->inputs.push_back({b[0], b[1], Buffer(b.begin() + 4, b.end())});
    }
    venues.push_back(std::move(v));
    // Declarations come from this library itself; damaged ones are refused or parsed, never followed out of bounds.
    fuzz::Random damage{seed};
    for (int i = 0; i < 200 && !one_by_one; i++) {
      Buffer b = spec;
      fuzz::mutate(b, damage);
      const fuzz::Exact exact(b);
      SessionSpec other;
      (void)other.parse(exact.view());
    }
  }
  corpus_bytes = live_bytes;
  if (one_by_one) return each(venues, iterations, seed) ? 0 : 1;
  fuzz::Random random{seed};
  uint64_t delivered = 0;
  for (uint64_t i = 0; i < iterations;) {
    const size_t which =
        recorded != 0 && random.one_in(3) ? venues.size() - 1 - random.below(recorded) : random.below(venues.size());
    const uint64_t before = live_bytes;
    {
      Driver driver(*venues[which], random);
      for (uint64_t n = 200 + random.below(3000); n > 0 && i < iterations; n--, i++) driver.step(i);
      driver.finish(i);
      delivered += driver.delivered();
    }
    if (live_bytes != before) {
      std::printf("session_fuzz: %" PRId64 " bytes leaked by %s\n", (live_bytes - before), venues[which]->name.c_str());
      return 1;
    }
  }
  std::printf("session_fuzz: %zu venues (%zu recorded), %" PRIu64 " numbers delivered, at most %" PRIu64
              " KiB in use, digest %016" PRIx64 "\n",
              venues.size(), recorded, delivered, (most_bytes >> 10), given_out.value);
  return 0;
}

// Snapshot lines and streams against mutated bytes: a seeded driver that runs alone. Each round plays sound packets of
// a loop and of a FIX session with some bytes turned, cut, doubled or left out, in any order, on live and snapshot
// lines. The ledger must balance after each, memory must stay within what was declared, and the sanitizers must stay
// silent.
//   loop_fuzz [PACKETS = 1000000] [SEED = 1]
#include <cinttypes>

#include "fuzz/random.hpp"
#include "test/servers.hpp"

namespace venuewire {
namespace {

using fuzz::Random;

Field number(uint16_t offset, uint8_t width) {
  Field f;
  f.offset = offset;
  f.width = width;
  f.big_endian = true;
  return f;
}
fuzz::Digest given_out;

class Taker final : public Output {
 public:
  bool full = false;
  bool room(uint32_t) override { return !full; }
  uint32_t deliver(const Run& run, ChannelCounters&) override {
    MessageWalk walk(*run.framing, run.body);
    Bytes m;
    uint32_t n = 0;
    for (uint32_t i = 0; i < run.skip; i++) {
      if (!walk.next(m)) return 0;
    }
    while (n < run.take && walk.next(m)) {
      given_out.add(m);
      n++;
    }
    given_out.add(run.sequence);
    return n;
  }
  void notice(const Notice& n) override {
    for (const uint64_t v : {uint64_t(n.code), uint64_t(n.reason), n.begin, n.end, n.count, uint64_t(n.time_ns),
                             uint64_t(n.requester), uint64_t(n.server), uint64_t(n.detail)}) {
      given_out.add(v);
    }
  }
};

class Deaf final : public Host {
 public:
  bool connects = false;
  void connect(uint16_t, uint16_t server) override {
    connects = true;
    given_out.add(1'000'000u + server);
  }
  void send(uint16_t, Bytes b) override { given_out.add(b); }
  void close(uint16_t) override { given_out.add(2'000'000u); }
  void leave(uint16_t) override { given_out.add(3'000'000u); }
};

FramingSpec loop_framing(Random& r) {
  FramingSpec f;
  f.header_length = f.header_length_min = 16;
  f.sequence = number(0, 4);
  if (r.below(2)) f.send_time = number(4, 4);
  f.item = number(8, 4);
  f.item_number = number(0, 4);
  f.numbering = r.below(3) == 0 ? Numbering::message : Numbering::packet;
  f.restarts = f.send_time.present() && r.below(2);
  f.message_length = number(0, 2);
  f.message_length_add = 2;
  f.message_prefix = 2;
  f.kinds.push_back({number(12, 1), 1, {}, 0, PacketKind::reset, HeartbeatNumber::none});
  f.kinds.push_back({number(12, 1), 2, {}, 0, PacketKind::heartbeat, HeartbeatNumber::next});
  return f;
}

RequesterSpec loop_requester(Random& r) {
  RequesterSpec q;
  q.purpose = Purpose::snapshot;
  q.snapshot_from = SnapshotFrom::loop;
  q.snapshot_number = SnapshotNumber(r.below(3));
  q.snapshot_count = SnapshotCount(r.below(2));
  const auto rule = [&](Action a, uint64_t type, bool with_number) {
    ReplyRule x;
    x.in_message = true;
    x.first = number(4, 1);
    x.first_value = type;
    x.action = a;
    x.inclusive = r.below(2);
    if (with_number) x.number = number(5, 4);
    if (r.below(2)) x.key = number(9, 1);
    if (r.below(4) == 0) x.number2 = number(10, 1);
    q.rules.push_back(x);
  };
  const uint32_t style = r.below(4);
  if (style == 0 || style == 1) rule(Action::snapshot_begin, 'B', r.below(2));
  if (style == 0 || style == 2) rule(Action::snapshot_end, 'E', r.below(2));
  if (style == 3) rule(Action::snapshot_item, 'N', true);
  rule(Action::snapshot_number, 'N', true);
  return q;
}

Buffer loop_packet(Random& r, uint32_t sequence, uint32_t kind, uint32_t numbers) {
  std::vector<uint8_t> b(16);
  store_uint(b.data(), sequence, 4, true);
  store_uint(b.data() + 4, sequence + r.below(4), 4, true);
  store_uint(b.data() + 8, r.below(3), 4, true);
  b[12] = uint8_t(kind);
  static const char types[] = "BENDDD";
  for (uint32_t n = 1 + r.below(4); n > 0; n--) {
    const uint32_t size = 11 + r.below(8);
    const size_t at = b.size();
    b.resize(at + 2 + size);
    store_uint(b.data() + at, size, 2, true);
    store_uint(b.data() + at + 2, sequence + r.below(8), 4, true);
    b[at + 6] = uint8_t(types[r.below(6)]);
    store_uint(b.data() + at + 7, numbers + r.below(4), 4, true);
    b[at + 11] = uint8_t(r.below(3));
    b[at + 12] = uint8_t(r.below(5));
  }
  return b;
}

Buffer fix_packet(Random& r, uint32_t sequence) {
  static const char types[] = "XAX1X4X2X05W";
  std::string body = std::string("35=") + types[r.below(12)] + "|34=" + std::to_string(sequence) + "|";
  if (r.below(4) == 0) body += "43=Y|";
  if (r.below(4) == 0) body += "123=Y|";
  if (r.below(8) == 0) body += "141=Y|";
  if (r.below(3) == 0) body += "36=" + std::to_string(sequence + r.below(9)) + "|";
  if (r.below(3) == 0) body += "112=" + std::string(r.below(90), 't') + "|";
  if (r.below(3) == 0) body += "7=" + std::to_string(r.below(9)) + "|262=" + std::to_string(r.below(4)) + "|";
  return fix(body);
}

void mutate(Random& r, Buffer& b) {
  if (r.below(4) == 0) fuzz::mutate(b, r);
}

Template fix_template(const char* text) {
  Template t;
  t.fix = true;
  for (; *text != 0; text++) t.bytes.push_back(uint8_t(*text == '|' ? 1 : *text));
  t.patches.push_back({uint16_t(t.bytes.size()), 0, Encoding::fix_field, Variable::begin, 0});
  t.patches.push_back({uint16_t(t.bytes.size()), 0, Encoding::fix_time, Variable::time, 0});
  t.patches.push_back({uint16_t(t.bytes.size()), 0, Encoding::fix_field, Variable::echo, 0});
  t.bytes.push_back(1);
  return t;
}

RequesterSpec fix_requester(Random& r) {
  RequesterSpec q;
  q.tcp = true;
  q.purpose = Purpose::feed;
  q.servers = {{"a", 1}, {"b", 1}};
  q.replies_are_feed = true;
  q.login = fix_template("8=FIX.4.4|35=A|34=");
  q.request = fix_template("8=FIX.4.4|35=2|34=");
  q.heartbeat = q.answer = q.probe = q.gap_fill = q.logout = q.login;
  q.subscribe = {q.login};
  q.refresh_items = r.below(3);
  const auto rule = [&](char type, Action a, uint16_t n = 0) {
    ReplyRule x;
    x.first = tag(35, true);
    x.first_value = uint8_t(type);
    x.action = a;
    if (n) x.number = tag(n);
    q.rules.push_back(x);
  };
  rule('A', Action::login_accepted);
  rule('1', Action::answer);
  q.rules.back().key = tag(112, true);
  rule('2', Action::answer_number, 7);
  rule('5', Action::goodbye);
  rule('W', Action::snapshot_end, 262);
  if (r.below(2)) {
    q.resent = tag(43, true);
    q.resent_value = 'Y';
  }
  q.packet_bytes_max = 4096;
  q.heartbeat_ns = q.probe_ns = 1'000'000;
  q.silence_ns = 5'000'000;
  return q;
}

struct Round {
  Round(Random& r, bool stream) {
    spec.framings = {stream ? fix_framing() : loop_framing(r), loop_framing(r)};
    ChannelSpec c;
    c.join = stream ? Join::live : Join(r.below(2) * 2);
    c.window_packets = 64;
    c.window_bytes = 1u << 16;
    c.holes_max = 16;
    c.jump_max = 1u << 12;
    spec.channels = {c};
    for (uint8_t i = 0; i < 4; i++) {
      LineSpec l;
      l.role = i < 2 ? LineRole::live : LineRole::snapshot;
      l.framing = i < 2 ? 0 : 1;
      l.channel = 0;
      l.line = i & 1;
      spec.lines.push_back(l);
    }
    spec.requesters = {stream ? fix_requester(r) : loop_requester(r)};
    RungSpec ask, state;
    ask.kind = RungKind::request;
    state.kind = RungKind::snapshot;
    ask.timeout_ns = state.timeout_ns = 3'000'000;
    spec.rungs = stream ? std::vector<RungSpec>{ask, state} : std::vector<RungSpec>{state};
    session = std::make_unique<Session>(spec, host, out, counters, FeedCounters{feed});
  }
  SessionSpec spec;
  Taker out;
  Deaf host;
  uint64_t counters[kChannelCounters] = {}, feed[kFeedCounters] = {};
  std::unique_ptr<Session> session;
};

int run(uint64_t rounds, uint64_t seed) {
  Random r{seed};
  uint64_t played = 0, snapshots = 0, delivered = 0, malformed = 0;
  while (played < rounds) {
    const bool stream = r.below(2);
    Round round(r, stream);
    Session& s = *round.session;
    int64_t now = 1'000'000'000;
    uint32_t live = 1 + r.below(5), loop = 1 + r.below(3);
    for (uint32_t i = 0; i < 500; i++, played++) {
      now += r.below(400'000);
      round.out.full = r.below(16) == 0;
      if (stream) {
        if (round.host.connects) {
          round.host.connects = false;
          s.requester(0).connected(now);
          live = r.below(4) == 0 ? 1 : live;
        }
        if (r.below(64) == 0) {
          s.requester(0).closed(Reason::connectionClosed, 0, now);
        } else {
          Buffer b = fix_packet(r, live);
          live += r.below(8) == 0 ? r.below(4) : 1;
          if (r.below(32) == 0) live = live > 6 ? live - 5 : live;
          mutate(r, b);
          s.requester(0).received({b.data(), uint32_t(b.size())}, now);
        }
      } else if (r.below(3) == 0) {
        Buffer b = loop_packet(r, live, r.below(24) == 0 ? 1 + r.below(2) : 0, live);
        live += r.below(6) == 0 ? r.below(6) : 1;
        if (r.below(200) == 0) live = 1;
        mutate(r, b);
        s.datagram(uint16_t(r.below(2)), {b.data(), uint32_t(b.size())}, now, now);
      } else {
        Buffer b = loop_packet(r, loop, 0, live);
        loop = r.below(12) == 0 ? 1 : loop + 1;
        mutate(r, b);
        s.datagram(uint16_t(2 + r.below(2)), {b.data(), uint32_t(b.size())}, now, now);
        if (r.below(2)) s.datagram(uint16_t(2 + r.below(2)), {b.data(), uint32_t(b.size())}, now, now);
      }
      if (s.blocked() && !round.out.full) s.resume(now);
      s.service(now);
      if (!s.ledger_balances() || round.counters[uint32_t(ChannelCounter::windowBytes)] > (1u << 16)) {
        std::fprintf(stderr, "seed %" PRIu64 ", packet %" PRIu64 ": the ledger or the window\n", seed, played);
        return 1;
      }
      given_out.add(uint64_t(s.deadline()));
    }
    s.finish(Reason::closed, now);
    for (const uint64_t v : round.counters) given_out.add(v);
    snapshots += round.counters[uint32_t(ChannelCounter::snapshots)];
    delivered += round.counters[uint32_t(ChannelCounter::delivered)];
    malformed += round.counters[uint32_t(ChannelCounter::malformed)];
  }
  std::fprintf(stderr,
               "%" PRIu64 " packets: %" PRIu64 " delivered, %" PRIu64 " snapshots, %" PRIu64
               " malformed, digest %016" PRIx64 "\n",
               played, delivered, snapshots, malformed, given_out.value);
  return 0;
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  return venuewire::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000,
                        argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
}

// The ladder and its requesters, against servers that answer well, badly, late, partly, twice or not at all. A whole
// session is driven: datagrams and replies in, requests and an ordered log out. The ledger is checked at every step.
#include "core/requester.hpp"
#include "test/servers.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;

// ── the rig ──────────────────────────────────────────────────────────────────────────────────────────────────────

class Rig final : public Host {
 public:
  explicit Rig(std::vector<RequesterSpec> requesters, std::vector<RungSpec> rungs, ChannelSpec channel = {}) {
    spec.framings = {moldudp64(), soup_framing()};
    LineSpec a, b;
    b.line = 1;
    spec.lines = {a, b};
    spec.channels = {channel};
    spec.requesters = std::move(requesters);
    spec.rungs = std::move(rungs);
    session = std::make_unique<Session>(spec, *this, out, counters, FeedCounters{feed});
  }

  SessionSpec spec;
  Recorder out;
  uint64_t counters[kChannelCounters] = {}, feed[kFeedCounters] = {};
  std::unique_ptr<Session> session;
  int64_t now = 1'000 * kMs;
  std::string actions;
  std::vector<Buffer> sent;

  uint64_t operator[](C c) { return counters[uint32_t(c)]; }
  void connect(uint16_t q, uint16_t server) override { act("connect" + at(q, server)); }
  void send(uint16_t q, Bytes b) override {
    sent.emplace_back(b.data, b.data + b.size);
    act("send" + at(q));
  }
  void close(uint16_t q) override { act("close" + at(q)); }
  static std::string at(uint16_t q, uint16_t server = 0) {
    return (q ? std::to_string(q) : "") + (server ? "/" + std::to_string(server) : "");
  }
  void act(const std::string& text) { actions += (actions.empty() ? "" : " ") + text; }
  std::string did() { return std::exchange(actions, std::string()); }
  std::string log() { return out.take(); }

  void service() {
    session->service(now);
    CHECK(session->ledger_balances());
  }
  void packet(const Buffer& b, uint16_t line = 0) {
    const Buffer exact(b);
    session->datagram(line, view(exact), now, now);
    session->channel(0).believe_first(now);
    service();
  }
  void data(uint64_t first, uint32_t count = 1, uint16_t line = 0) { packet(mold_data(first, count), line); }
  void pass(int64_t ns) {
    // As a driver does: at every deadline.
    const int64_t until = now + ns;
    for (int i = 0; i < 10'000 && session->deadline() <= until; i++) {
      now = std::max(now, session->deadline());
      service();
    }
    now = until;
    service();
  }
  void connected(uint16_t q = 0) {
    session->requester(q).connected(now);
    service();
  }
  void reply(const Buffer& b, uint16_t q = 0) {
    const Buffer exact(b);
    session->requester(q).received(view(exact), now);
    service();
  }
  void hang_up(uint16_t q = 0, Reason why = Reason::connectionClosed) {
    session->requester(q).closed(why, 0, now);
    service();
  }
  uint64_t asked_begin() const { return load_uint(sent.back().data() + 10, 8, true); }
  uint64_t asked_count() const { return load_uint(sent.back().data() + 18, 2, true); }
};

/// A gap of `count` numbers after 1, and one message behind it.
void open_gap(Rig& r, uint32_t count = 2) {
  r.data(1);
  r.data(2 + count);
}

ChannelSpec joins_by_snapshot() {
  ChannelSpec c;
  c.join = Join::snapshot;
  return c;
}

// ── the ladder ───────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("waits for the other line before it says anything") {
  Rig r({}, {wait_rung(5 * kMs)});
  open_gap(r);
  r.pass(4 * kMs);
  CHECK_LOG(r.log(), "sessionStarted 1");
  r.data(2, 2, 1);
  CHECK_LOG(r.log(), "2 3 4");
}

SCENARIO("declares lost what no rung brings, exactly when the wait is over") {
  Rig r({}, {wait_rung(5 * kMs)});
  open_gap(r);
  r.log();
  r.pass(5 * kMs - 1);
  CHECK_LOG(r.log(), "");
  r.pass(1);
  CHECK_LOG(r.log(), "gapOpened[2,4) stale[2,4) gapAbandoned[2,4):noRecovery 4");
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("the wait ends early once enough packets are held") {
  Rig r({}, {wait_rung(1000 * kMs, 3)});
  open_gap(r);
  r.data(5);
  CHECK(r[C::abandoned] == 0);
  r.data(6);
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("an empty ladder gives up at once") {
  Rig r({}, {});
  open_gap(r);
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[2,4) stale[2,4) gapAbandoned[2,4):noRecovery 4");
}

// ── UDP requests ─────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("asks for exactly what is missing and delivers the answer in order") {
  Rig r({mold_server()}, {wait_rung(kMs), ask_rung(0)});
  open_gap(r, 3);
  CHECK_LOG(r.did(), "");
  r.pass(kMs);
  CHECK_LOG(r.did(), "connect");
  r.connected();
  CHECK_LOG(r.did(), "send");
  CHECK(r.sent.back().size() == 20 && r.asked_begin() == 2 && r.asked_count() == 3);
  CHECK(std::memcmp(r.sent.back().data(), "DAY1      ", 10) == 0);
  r.reply(mold_data(2, 3));
  CHECK_LOG(r.log(), "sessionStarted 1 gapOpened[2,5) stale[2,5) r2 r3 r4 gapFilled[2,5):retransmission 5 good");
  CHECK(r[C::recovered] == 3 && r[C::requests] == 1 && r[C::abandoned] == 0);
}

SCENARIO("a short answer is followed by a request for the rest") {
  Rig r({mold_server()}, {ask_rung(0)});
  open_gap(r, 5);
  r.connected();
  r.reply(mold_data(2, 2));
  CHECK(r.sent.size() == 2 && r.asked_begin() == 4 && r.asked_count() == 3);
  r.reply(mold_data(4, 3));
  CHECK(r[C::recovered] == 5 && r[C::requests] == 2 && r[C::inFlight] == 0);
}

SCENARIO("answers may come unordered, twice, overlapping and with what was not asked for") {
  Rig r({mold_server()}, {ask_rung(0)});
  open_gap(r, 6);
  r.connected();
  r.log();
  r.reply(mold_data(5, 2));
  r.reply(mold_data(5, 2));
  r.reply(mold_data(1, 3));
  r.reply(mold_data(3, 8));
  CHECK(r[C::inFlight] == 0 && r[C::abandoned] == 0);
  CHECK(r[C::delivered] + r[C::recovered] == 10);
}

SCENARIO("an answer that no line has come near is ignored: live data is never mistaken for old") {
  Rig r({mold_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.reply(mold_data(5000, 3));
  CHECK(r[C::implausible] == 1);
  r.reply(mold_data(2, 2));
  r.data(5);
  r.log();
  r.data(6);
  CHECK_LOG(r.log(), "6");
  CHECK(r[C::abandoned] == 0 && r[C::expected] == 6);
}

SCENARIO("an answer before the first live packet is somebody else's") {
  Rig r({mold_server()}, {ask_rung(0)});
  r.session->requester(0).connected(r.now);
  LineSpec line;
  line.role = LineRole::retransmission;
  r.spec.lines.push_back(line);
  r.packet(mold_data(5, 1), 2);
  CHECK_LOG(r.log(), "");
  r.data(100);
  CHECK_LOG(r.log(), "sessionStarted 100");
}

SCENARIO("tries again when nothing comes, as often as the rung says, then gives up") {
  Rig r({mold_server()}, {ask_rung(0, 3, 10 * kMs)});
  open_gap(r);
  r.connected();
  r.log();
  r.pass(29 * kMs);
  CHECK(r.sent.size() == 3);
  CHECK_LOG(r.log(), "");
  r.pass(kMs);
  CHECK_LOG(r.log(), "recoveryFailed[2,4):timedOut gapAbandoned[2,4):timedOut 4");
  CHECK(r[C::requestTimeouts] == 3 && r[C::requests] == 3);
}

SCENARIO("progress gives a fresh budget of tries") {
  RequesterSpec q = mold_server();
  q.request_per_datagram = false;
  Rig r({q}, {ask_rung(0, 2, 10 * kMs)});
  open_gap(r, 6);
  r.connected();
  for (uint64_t n = 2; n < 8; n++) {
    r.pass(10 * kMs);  // one attempt goes by
    r.reply(mold_data(n, 1));
    r.pass(10 * kMs);
  }
  CHECK(r[C::recovered] == 6 && r[C::abandoned] == 0);
}

SCENARIO("a range is split by the server's limit") {
  RequesterSpec q = mold_server();
  q.range_max = 10;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 25);
  r.connected();
  CHECK(r.asked_begin() == 2 && r.asked_count() == 10);
  r.reply(mold_data(2, 10));
  CHECK(r.asked_begin() == 12 && r.asked_count() == 10);
  r.reply(mold_data(12, 10));
  CHECK(r.asked_begin() == 22 && r.asked_count() == 5);
  r.reply(mold_data(22, 5));
  CHECK(r[C::recovered] == 25 && r[C::requests] == 3);
}

SCENARIO("what is older than the server keeps is not asked for") {
  RequesterSpec q = mold_server();
  q.age_max = 10;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 25);
  r.connected();
  CHECK(r.asked_begin() == 18 && r.asked_count() == 9);
  r.reply(mold_data(18, 9));
  CHECK(r[C::recovered] == 9 && r[C::abandoned] == 16);
  CHECK(r.log().find("gapAbandoned[2,18):tooOld") != std::string::npos);
}

SCENARIO("requests wait for their allowance") {
  RequesterSpec q = mold_server();
  q.limits = {{2, 100 * kMs}};
  q.range_max = 1;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 4);
  r.connected();
  r.reply(mold_data(2, 1));
  r.reply(mold_data(3, 1));
  CHECK(r.sent.size() == 2 && r[C::quotaWaits] == 1);
  // Two in any span of 100 ms: the third when the first is so long ago, and nothing is saved up.
  r.pass(99 * kMs);
  CHECK(r.sent.size() == 2);
  r.pass(2 * kMs);
  CHECK(r.sent.size() == 3);
  r.reply(mold_data(4, 1));
  r.reply(mold_data(5, 1));
  CHECK(r[C::recovered] == 4 && r[C::abandoned] == 0);
}

SCENARIO("requests never crowd a span of the limit's length") {
  RequesterSpec q = mold_server();
  q.limits = {{3, 100 * kMs}};
  q.range_max = 1;
  q.patience_ns = 1'000 * kMs;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 12);
  r.connected();
  std::vector<int64_t> times;
  for (uint64_t n = 2; n < 14; n++) {
    for (int i = 0; i < 400 && r.sent.size() < n - 1; i++) r.pass(1 * kMs);
    times.push_back(r.now);
    r.reply(mold_data(n, 1));
  }
  CHECK(r[C::recovered] == 12);
  for (size_t i = 3; i < times.size(); i++) CHECK(times[i] - times[i - 3] >= 100 * kMs);
}

SCENARIO("a login that asks for the range is a request, and keeps its limits") {
  RequesterSpec q = soup_server();
  q.limits = {{1, 100 * kMs}};
  Rig r({q}, {ask_rung(0, 5, 20 * kMs)});
  open_gap(r, 2);
  r.connected();
  r.reply(soup_accept(2));
  r.did();
  r.session->requester(0).closed(Reason::connectionClosed, 0, r.now);  // another try is due
  r.pass(90 * kMs);
  CHECK(r.did().find("connect") == std::string::npos && r[C::quotaWaits] == 1);
  r.pass(20 * kMs);
  CHECK(r.did().find("connect") != std::string::npos && r[C::abandoned] == 0);
}

/// Whether a login goes out less than the gap after the one before, when its connection comes about faster.
void check_login_gap(RequesterSpec q, std::vector<RungSpec> rungs, ChannelSpec channel = {}) {
  q.login_gap_ns = 100 * kMs;
  Rig r({q}, std::move(rungs), channel);
  open_gap(r, 2);
  CHECK_LOG(r.did(), "connect");
  r.pass(5 * kMs);
  r.connected();
  CHECK_LOG(r.did(), "send");
  const int64_t first = r.now;
  r.hang_up();
  r.pass(first + 100 * kMs - 1 - r.now);
  CHECK_LOG(r.did(), "");
  r.pass(1);
  CHECK_LOG(r.did(), "connect");
  r.connected();
  CHECK(r.did().find("send") == 0 && r.now - first >= 100 * kMs);
}

SCENARIO("the gap between logins counts from when a login was sent, however long its connection took") {
  const RungSpec snapshot = ask_rung(0, 3, 10 * kMs, RungKind::snapshot);
  RequesterSpec asks = soup_server();
  asks.cooldown_ns = 0;
  check_login_gap(asks, {ask_rung(0)});
  asks.request.bytes = soup('Q', std::string(16, ' '));
  check_login_gap(asks, {ask_rung(0)});
  RequesterSpec state = snapshot_server();
  state.cooldown_ns = 0;
  check_login_gap(state, {snapshot}, joins_by_snapshot());
}

SCENARIO("the gap between logins is kept whichever server the next one is for") {
  RequesterSpec q = soup_server();
  q.servers = {{"10.0.0.2", 2}, {"10.0.0.3", 2}};
  q.login_gap_ns = 100 * kMs;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 2);
  r.pass(5 * kMs);
  r.connected();
  r.did();
  r.reply(soup('J', "A"));
  r.pass(100 * kMs - 1);
  CHECK_LOG(r.did(), "close");
  r.pass(1);
  CHECK_LOG(r.did(), "connect/1");
}

SCENARIO("a silent datagram server is left for the next") {
  RequesterSpec q = mold_server();
  q.servers = {{"10.0.0.1", 1}, {"10.0.0.2", 1}};
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 3);
  r.connected();
  r.did();
  r.pass(int64_t(q.servers.size()) * 200 * kMs);
  CHECK(r.did().find("close connect/1") != std::string::npos);
}

SCENARIO("an allowance that is too far off is not waited for") {
  RequesterSpec q = mold_server();
  q.limits = {{1, 86'400'000 * kMs}};
  q.range_max = 1;
  Rig r({q}, {ask_rung(0)});
  open_gap(r, 2);
  r.connected();
  r.reply(mold_data(2, 1));
  CHECK_LOG(r.log(),
            "sessionStarted 1 gapOpened[2,4) stale[2,4) r2 gapFilled[2,3):retransmission recoveryFailed[3,4):quota "
            "gapAbandoned[3,4):quota 4");
}

SCENARIO("a gap that the other line fills meanwhile needs no answer") {
  Rig r({mold_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.data(2, 2, 1);
  r.pass(1000 * kMs);
  CHECK(r.sent.size() == 1 && r[C::abandoned] == 0 && r[C::requestTimeouts] == 0);
}

SCENARIO("a new session ends the work for the old one") {
  Rig r({mold_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.packet(mold_data(1, 1, "DAY2"));
  r.packet(mold_data(2, 1, "DAY2"));
  r.did();
  r.pass(100 * kMs);
  CHECK_LOG(r.did(), "");
  CHECK(r[C::abandoned] == 2);
}

// ── TCP sessions ─────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("logs in with the first number wanted and counts the messages that follow") {
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r, 3);
  CHECK_LOG(r.did(), "connect");
  r.connected();
  CHECK(std::string(r.sent.back().begin() + 29, r.sent.back().end()) == padded(2));
  r.reply(soup_accept(2));
  for (const char* n : {"2", "3", "4"}) r.reply(soup('S', n));
  CHECK_LOG(r.did(), "send close");
  CHECK_LOG(
      r.log(),
      "sessionStarted 1 gapOpened[2,5) stale[2,5) r2 gapFilled[2,3):retransmission r3 gapFilled[3,4):retransmission "
      "r4 gapFilled[4,5):retransmission 5 good");
}

SCENARIO("a reply cut at any byte is the same reply") {
  Buffer stream = soup_accept(2);
  for (const Buffer& b : {soup('S', "2"), soup('H'), soup('S', "3")}) stream.insert(stream.end(), b.begin(), b.end());
  for (size_t cut = 1; cut < stream.size(); cut++) {
    Rig r({soup_server()}, {ask_rung(0)});
    open_gap(r);
    r.connected();
    r.reply(Buffer(stream.begin(), stream.begin() + long(cut)));
    r.reply(Buffer(stream.begin() + long(cut), stream.end()));
    CHECK(r[C::recovered] == 2 && r[C::abandoned] == 0 && r[C::malformed] == 0);
  }
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  for (const uint8_t b : stream) r.reply(Buffer{b});
  CHECK(r[C::recovered] == 2);
}

SCENARIO("a rejected login goes to the next server, then cools down and moves the gap on") {
  RequesterSpec q = soup_server();
  q.servers = {{"a", 1}, {"b", 2}};
  q.cooldown_ns = 500 * kMs;
  Rig r({q}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.reply(soup('J', "A"));
  CHECK_LOG(r.did(), "connect send close connect/1");
  r.connected();
  r.reply(soup('J', "S"));
  CHECK_LOG(r.did(), "send close");
  CHECK_LOG(r.log(),
            "sessionStarted 1 gapOpened[2,4) stale[2,4) recoveryFailed[2,4):loginRejected "
            "recoveryFailed[2,4):loginRejected gapAbandoned[2,4):loginRejected 4");
  CHECK(r.out.notices[3].detail == 'A' && r.out.notices[4].detail == 'S');
  // While it cools down nobody is bothered.
  r.data(6);
  CHECK_LOG(r.did(), "");
  r.pass(500 * kMs);
  r.data(8);
  CHECK_LOG(r.did(), "connect");
}

SCENARIO("a refused connection fails over at once") {
  RequesterSpec q = soup_server();
  q.servers = {{"a", 1}, {"b", 2}};
  Rig r({q}, {ask_rung(0)});
  open_gap(r);
  r.hang_up(0, Reason::connectionRefused);
  CHECK_LOG(r.did(), "connect connect/1");
  r.connected();
  r.reply(soup_accept(2));
  r.reply(soup('S', "2"));
  r.reply(soup('S', "3"));
  CHECK(r[C::recovered] == 2);
}

SCENARIO("a server that does not accept the connection or the login in time is left") {
  RequesterSpec q = soup_server();
  q.connect_timeout_ns = 20 * kMs;
  q.login_timeout_ns = 30 * kMs;
  q.servers = {{"a", 1}, {"b", 2}};
  Rig r({q}, {ask_rung(0, 1)});
  open_gap(r);
  r.pass(20 * kMs);
  CHECK_LOG(r.did(), "connect close connect/1");
  r.connected();
  r.pass(30 * kMs);
  CHECK_LOG(r.did(), "send close");
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("servers that cannot be reached are tried as often as the rung allows, with a rest in between") {
  RequesterSpec q = soup_server();
  q.servers = {{"a", 1}, {"b", 2}};
  Rig r({q}, {ask_rung(0, 3)});
  open_gap(r);
  for (int round = 1; round < 3; round++) {
    r.hang_up(0, Reason::connectionRefused);
    r.hang_up(0, Reason::connectionRefused);
    CHECK_LOG(r.did(), "connect connect/1");
    r.pass(1'000 * kMs - 1);
    CHECK_LOG(r.did(), "");
    CHECK(r[C::abandoned] == 0);
    r.pass(1);
  }
  r.connected();
  r.reply(soup_accept(2));
  r.reply(soup('S', "2"));
  r.reply(soup('S', "3"));
  CHECK(r[C::recovered] == 2 && r[C::abandoned] == 0);
}

SCENARIO("after the last round everything that waits for these servers moves on at once") {
  Rig r({soup_server()}, {ask_rung(0, 2)});
  r.data(1);
  r.data(4);
  r.data(8);
  r.hang_up(0, Reason::connectionRefused);
  r.pass(1'000 * kMs);
  CHECK(r[C::abandoned] == 0);
  r.hang_up(0, Reason::connectionRefused);
  r.pass(0);
  CHECK(r[C::abandoned] == 5);
}

SCENARIO("a server that says no is not asked as often as one that is not there") {
  Rig r({soup_server()}, {ask_rung(0, 3)});
  open_gap(r);
  r.connected();
  r.reply(soup('J', "A"));
  CHECK(r[C::abandoned] == 2 && r[C::connects] == 1);
}

SCENARIO("a server that closes half-way is asked for the rest with a fresh budget") {
  Rig r({soup_server()}, {ask_rung(0, 1)});
  open_gap(r, 4);
  for (uint64_t n = 2; n < 6; n++) {
    r.connected();
    CHECK(std::string(r.sent.back().begin() + 29, r.sent.back().end()) == padded(n));
    r.reply(soup_accept(n));
    r.reply(soup('S', std::to_string(n)));
    if (n < 5) r.hang_up();
  }
  CHECK(r[C::recovered] == 4 && r[C::abandoned] == 0);
}

SCENARIO("a server that closes and closes again is given up") {
  Rig r({soup_server()}, {ask_rung(0, 2)});
  open_gap(r);
  for (int i = 0; i < 2; i++) {
    r.connected();
    r.reply(soup_accept(2));
    r.hang_up();
  }
  CHECK(r[C::abandoned] == 2);
  CHECK(r.log().find("gapAbandoned[2,4):connectionClosed") != std::string::npos);
}

SCENARIO("a server that stalls is left after the rung's timeout") {
  Rig r({soup_server()}, {ask_rung(0, 1, 50 * kMs)});
  open_gap(r);
  r.connected();
  r.reply(soup_accept(2));
  r.reply(soup('S', "2"));
  r.pass(49 * kMs);
  CHECK(r[C::abandoned] == 0);
  r.pass(51 * kMs);
  CHECK(r[C::recovered] == 1 && r[C::abandoned] == 1);
}

SCENARIO("a server that begins later than asked leaves the front to the next rung") {
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r, 4);
  r.connected();
  r.reply(soup_accept(4));
  r.reply(soup('S', "4"));
  r.reply(soup('S', "5"));
  CHECK(r[C::recovered] == 2 && r[C::abandoned] == 2);
  CHECK(r.log().find("gapAbandoned[2,4):unavailable") != std::string::npos);
}

SCENARIO("a server of another session is refused") {
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.reply(soup_accept(2, "DAY9      "));
  CHECK(r[C::recovered] == 0 && r[C::abandoned] == 2);
}

SCENARIO("a stream that is not the declared framing is hung up on") {
  RequesterSpec q = soup_server();
  q.packet_bytes_max = 64;
  Rig r({q}, {ask_rung(0, 1)});
  open_gap(r);
  r.connected();
  r.reply(Buffer(200, 0xFF));
  CHECK_LOG(r.did(), "connect send close");
  CHECK(r[C::malformed] == 1 && r[C::abandoned] == 2);
}

SCENARIO("a heartbeat is sent when nothing else is") {
  RequesterSpec q = soup_server();
  q.lifecycle = Lifecycle::keep;
  Rig r({q}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.reply(soup_accept(2));
  r.reply(soup('S', "2"));
  r.reply(soup('S', "3"));
  r.did();
  r.pass(999 * kMs);
  CHECK_LOG(r.did(), "");
  r.pass(1001 * kMs);
  CHECK_LOG(r.did(), "send send");
  CHECK(r.sent.back() == soup('R'));
}

SCENARIO("a server that falls silent is left") {
  RequesterSpec q = soup_server();
  q.silence_ns = 100 * kMs;
  Rig r({q}, {ask_rung(0, 1, 10'000 * kMs)});
  open_gap(r);
  r.connected();
  r.reply(soup_accept(2));
  r.pass(100 * kMs);
  CHECK(r[C::abandoned] == 2);
}

// ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("numbered answers are delivered, whatever their order") {
  Rig r({status_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  CHECK(std::string(r.sent.back().begin() + 3, r.sent.back().end()) == "0000000200000003");
  r.reply(soup('T', "0"));
  r.reply(soup('M', eight(3) + "3"));
  r.reply(soup('M', eight(2) + "2"));
  CHECK(r[C::recovered] == 2 && r[C::abandoned] == 0);
}

SCENARIO("'unavailable' moves the range to the next rung at once") {
  Rig r({status_server(), mold_server()}, {ask_rung(0), ask_rung(1)});
  open_gap(r);
  r.connected(0);
  r.reply(soup('T', "1"));
  CHECK_LOG(r.did(), "connect send connect1");
  r.connected(1);
  r.reply(mold_data(2, 2), 1);
  CHECK(r[C::recovered] == 2 && r[C::refusals] == 1);
}

SCENARIO("a range the server will never give is given up, and only what was asked for") {
  Rig r({status_server()}, {wait_rung(5 * kMs), ask_rung(0)});
  open_gap(r, 4);
  r.pass(5 * kMs);
  r.connected();
  r.data(10);  // another gap, still waiting for the other line
  r.reply(soup('U', eight(0) + eight(99'999'999)));
  CHECK(r[C::abandoned] == 4);
  CHECK(r.session->channel(0).holes().size() == 1 && r.session->channel(0).holes()[0].rung == 0);
}

SCENARIO("'wait' is waited for, and not for ever") {
  Rig r({status_server()}, {ask_rung(0, 3, 10 * kMs)});
  open_gap(r);
  r.connected();
  r.reply(soup('T', "4"));
  CHECK(r.sent.size() == 1);
  r.pass(9 * kMs);
  CHECK(r.sent.size() == 1);
  r.pass(kMs);
  CHECK(r.sent.size() == 2);
  r.reply(soup('T', "4"));
  r.pass(10 * kMs);
  CHECK(r.sent.size() == 3);
  r.reply(soup('T', "4"));
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("a complete answer with nothing in it moves on; with something in it, the rest is asked for") {
  Rig r({status_server()}, {ask_rung(0)});
  open_gap(r, 2);
  r.connected();
  r.reply(soup('M', eight(2) + "2"));
  r.reply(soup('Z'));
  CHECK(r.sent.size() == 2 && std::string(r.sent.back().begin() + 3, r.sent.back().end()) == "0000000300000003");
  r.reply(soup('Z'));
  CHECK(r[C::recovered] == 1 && r[C::abandoned] == 1);
}

SCENARIO("a request waits for the server's image, and not for ever") {
  RequesterSpec q = status_server();
  q.needs_image = true;
  Rig r({q}, {ask_rung(0, 1, 10 * kMs)});
  open_gap(r);
  r.connected();
  CHECK(r.sent.empty());
  r.pass(9 * kMs);
  CHECK(r.session->deadline() > r.now);
  r.pass(2 * kMs);
  CHECK(r[C::abandoned] == 2);
}

// ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("joins with a snapshot: its messages, then live ones from its number on") {
  for (const bool inclusive : {false, true}) {
    Rig r({snapshot_server(inclusive)}, {ask_rung(0, 3, 100 * kMs, RungKind::snapshot)}, joins_by_snapshot());
    r.data(10, 3);
    r.connected();
    r.reply(soup_accept(1));
    r.reply(soup('S', "state"));
    r.reply(soup('G', padded(inclusive ? 11 : 12)));
    CHECK_LOG(r.log(), "sessionStarted snapshotStarted s(state) snapshotEnded 12");
    CHECK(r[C::snapshots] == 1 && r[C::snapshotMessages] == 1 && r[C::delivered] == 1);
    CHECK_LOG(r.did(), "connect send close");
  }
}

SCENARIO("a snapshot that is too old for the gap is tried again, and then given up") {
  Rig r({snapshot_server()}, {ask_rung(0, 2, 100 * kMs, RungKind::snapshot)});
  r.data(1, 5);
  r.data(8);
  for (int i = 0; i < 2; i++) {
    r.connected();
    r.reply(soup_accept(1));
    r.reply(soup('G', padded(4)));
  }
  CHECK(r[C::snapshotsFailed] == 2 && r[C::abandoned] == 2);
}

SCENARIO("a snapshot that ends where the gap begins is not taken again and again") {
  Rig r({snapshot_server()}, {ask_rung(0, 3, 100 * kMs, RungKind::snapshot)});
  r.data(1, 5);
  r.data(8);
  for (int i = 0; i < 3; i++) {
    r.connected();
    r.reply(soup_accept(1));
    r.reply(soup('G', padded(6)));
  }
  r.did();
  r.pass(1000 * kMs);
  CHECK_LOG(r.did(), "");
  CHECK(r[C::abandoned] == 2 && r[C::snapshots] == 0);
}

SCENARIO("joins live when no snapshot can be had") {
  Rig r({snapshot_server()}, {ask_rung(0, 1, 100 * kMs, RungKind::snapshot)}, joins_by_snapshot());
  r.data(10, 3);
  r.connected();
  r.reply(soup('J'));
  r.pass(kMs);
  CHECK(r[C::delivered] == 3 && !r.session->channel(0).waiting_for_snapshot());
}

SCENARIO("the number of a snapshot goes with the connection that brought it") {
  RequesterSpec q = snapshot_server();
  ReplyRule number = soup_rule('N', Action::snapshot_number);
  number.number = digits(3, 20);
  q.rules.push_back(number);
  q.rules.push_back(soup_rule('Z', Action::complete));
  Rig r({q}, {ask_rung(0, 3, 100 * kMs, RungKind::snapshot)}, joins_by_snapshot());
  r.data(10, 3);
  r.connected();
  r.reply(soup_accept(1));
  r.reply(soup('N', padded(12)));
  r.hang_up();
  r.pass(kMs);
  r.connected();
  r.reply(soup_accept(1));
  r.reply(soup('S', "state"));
  r.reply(soup('Z'));
  CHECK(r[C::snapshots] == 0 && r.session->channel(0).waiting_for_snapshot());
}

SCENARIO("the snapshot's connection breaks half-way: the stream goes on and another one is tried") {
  Rig r({snapshot_server()}, {ask_rung(0, 2, 100 * kMs, RungKind::snapshot)});
  r.data(1);
  r.data(4);
  r.connected();
  r.reply(soup_accept(1));
  r.reply(soup('S', "half"));
  r.hang_up();
  CHECK(r[C::snapshotsFailed] == 1);
  r.connected();
  r.reply(soup_accept(1));
  r.reply(soup('S', "whole"));
  r.reply(soup('G', padded(4)));
  CHECK(r[C::snapshots] == 1 && r[C::abandonedToSnapshot] == 2);
  CHECK(r.log().find("gapAbandoned[2,4):snapshot snapshotEnded 4 good") != std::string::npos);
}

// ── a consumer without room ──────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a stream waits for a consumer without room, and loses nothing") {
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r, 3);
  r.connected();
  r.reply(soup_accept(2));
  r.out.full = true;
  r.reply(soup('S', "2"));
  r.reply(soup('S', "3"));
  CHECK(r.session->requester(0).stalled());
  r.out.full = false;
  r.session->resume(r.now);
  r.service();
  CHECK(!r.session->requester(0).stalled());
  r.reply(soup('S', "4"));
  CHECK(r[C::recovered] == 3 && r[C::abandoned] == 0);
}

SCENARIO("a stream nobody takes is bounded, though the driver reads on") {
  RequesterSpec q = soup_server();
  q.lifecycle = Lifecycle::keep;
  Rig r({q}, {ask_rung(0, 1)});
  open_gap(r, 60'000);
  r.connected();
  r.reply(soup_accept(2));
  r.out.full = true;
  const Buffer message = soup('S', std::string(60'000, 'x'));
  r.did();
  for (int i = 0; i < 100; i++) r.reply(message);
  CHECK(r.did().find("close") != std::string::npos);
}

SCENARIO("a record of several snapshot messages that meets a full ring is not repeated from its start") {
  RequesterSpec q = snapshot_server();
  q.framing = 2;
  Rig r({q}, {ask_rung(0, 3, 100 * kMs, RungKind::snapshot)}, joins_by_snapshot());
  // Records of many messages: a SoupBin packet whose body is a list of length-prefixed messages.
  FramingSpec f = soup_framing();
  f.message_length = be(0, 1);
  f.message_length_add = 1;
  f.message_prefix = 1;
  r.spec.framings.push_back(f);
  ReplyRule message;
  message.in_message = true;
  message.first = be(0, 1);
  message.first_value = 'm';
  message.action = Action::snapshot_message;
  r.spec.requesters[0].rules.pop_back();
  r.spec.requesters[0].rules.push_back(message);
  r.session = std::make_unique<Session>(r.spec, r, r.out, r.counters, FeedCounters{r.feed});
  r.data(10);
  r.connected();
  r.reply(soup_accept(1));
  r.out.room_bytes = 5;  // room for two of three
  r.reply(soup('S', "\2ma\2mb\2mc"));
  CHECK(r.session->requester(0).stalled());
  r.out.room_bytes = ~0u;
  r.service();
  CHECK_LOG(r.log(), "sessionStarted snapshotStarted s(ma) s(mb) s(mc)");
  r.reply(soup('G', padded(10)));
  CHECK(r[C::snapshotMessages] == 3 && r[C::delivered] == 1);
}

SCENARIO("the end of input stops every connection and settles every gap") {
  Rig r({soup_server()}, {ask_rung(0)});
  open_gap(r);
  r.connected();
  r.did();
  r.session->finish(Reason::closed, r.now);
  CHECK(r.session->ledger_balances());
  CHECK_LOG(r.did(), "close");
  CHECK(r[C::abandoned] == 2 && r[C::inFlight] == 0);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

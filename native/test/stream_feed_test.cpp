// Streams that are lines: a SoupBinTCP session that resumes by count, and a FIX session that numbers, resends, fills
// gaps, resets, probes and resumes. A whole session is driven in virtual time; the ledger is checked at every step.
#include "core/requester.hpp"
#include "test/servers.hpp"

namespace venuewire {
namespace {

using C = ChannelCounter;

// ── FIX ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Buffer say(const char* type, uint32_t number, const std::string& more = "") {
  return fix(std::string("35=") + type + "|34=" + std::to_string(number) + "|" + more);
}
Buffer quote(uint32_t number, const std::string& more = "") { return say("X", number, more); }

/// `$` in the text are the variables, in order.
Template fix_template(const std::string& text, const std::vector<Variable>& variables) {
  Template t;
  t.fix = true;
  size_t next = 0;
  for (const char c : "8=FIX.4.4|" + text) {
    if (c != '$') {
      t.bytes.push_back(uint8_t(c == '|' ? 1 : c));
      continue;
    }
    const Variable v = variables[next++];
    const bool time = v == Variable::time || v == Variable::sent_time;
    t.patches.push_back({uint16_t(t.bytes.size()), 0, time ? Encoding::fix_time : Encoding::fix_field, v, 0});
  }
  return t;
}
ReplyRule on(char type, Action action) {
  ReplyRule r;
  r.first = tag(35, true);
  r.first_value = uint8_t(type);
  r.action = action;
  return r;
}

RequesterSpec fix_session() {
  constexpr auto seq = Variable::client_sequence;
  RequesterSpec q;
  q.name = "A";
  q.tcp = true;
  q.purpose = Purpose::feed;
  q.servers = {{"10.0.0.1", 1}, {"10.0.0.2", 1}};
  q.replies_are_feed = true;
  q.login = fix_template("35=A|34=$|52=$|98=0|108=30|141=Y|", {seq, Variable::time});
  q.resume = fix_template("35=A|34=$|98=0|108=30|789=$|", {seq, Variable::begin});
  q.request = fix_template("35=2|34=$|7=$|16=$|", {seq, Variable::begin, Variable::last});
  q.heartbeat = fix_template("35=0|34=$|", {seq});
  q.answer = fix_template("35=0|34=$|112=$|", {seq, Variable::echo});
  q.probe = fix_template("35=1|34=$|112=?|", {seq});
  q.gap_fill = fix_template("35=4|34=$|43=Y|123=Y|36=$|", {Variable::asked, Variable::filled_to});
  q.logout = fix_template("35=5|34=$|", {seq});
  q.subscribe = {fix_template("35=V|34=$|262=$|", {seq, Variable::correlation})};
  q.resend = {fix_template("35=V|34=$|43=Y|122=$|262=$|", {seq, Variable::sent_time, Variable::correlation})};
  q.refresh_items = 1;
  q.refresh_timeout_ns = 5'000 * kMs;
  ReplyRule test = on('1', Action::answer);
  test.key = tag(112, true);
  ReplyRule again = on('2', Action::answer_number);
  again.number = tag(7);
  again.number2 = tag(16);
  ReplyRule refused = on('Y', Action::subscription_rejected), unknown = on('j', Action::subscription_rejected);
  refused.number = tag(262);
  refused.number2 = tag(281);
  unknown.second = tag(372, true);
  unknown.second_value = 'V';
  unknown.number2 = tag(380);
  ReplyRule state = on('W', Action::snapshot_end);
  state.number = tag(262);
  q.rules = {on('A', Action::login_accepted), test, again, on('5', Action::goodbye), state, refused, unknown,
             on('0', Action::ignore)};
  q.resent = tag(43, true);
  q.resent_value = 'Y';
  q.heartbeat_ns = 30'000 * kMs;
  q.probe_ns = 36'000 * kMs;
  q.silence_ns = 60'000 * kMs;
  return q;
}

// ── the rig ──────────────────────────────────────────────────────────────────────────────────────────────────────

RungSpec rung(RungKind kind) {
  RungSpec r;
  r.kind = kind;
  r.timeout_ns = 1'000 * kMs;
  r.tries = 2;
  return r;
}

class Rig final : public Host {
 public:
  Rig(FramingSpec feed_framing, std::vector<RequesterSpec> requesters, std::vector<RungSpec> rungs,
      Join join = Join::live) {
    spec.framings = {std::move(feed_framing)};
    FramingSpec soup;
    soup.header_length = soup.header_length_min = 3;
    soup.packet_length = be(0, 2);
    soup.packet_length_add = 2;
    soup.numbering = Numbering::none;
    spec.framings.push_back(soup);
    ChannelSpec c;
    c.join = join;
    spec.channels = {c};
    spec.requesters = std::move(requesters);
    spec.rungs = std::move(rungs);
    out.checks_numbers = false;
    session = std::make_unique<Session>(spec, *this, out, counters, FeedCounters{feed});
    pass(0);
  }
  SessionSpec spec;
  Recorder out;
  uint64_t counters[kChannelCounters] = {}, feed[kFeedCounters] = {};
  std::unique_ptr<Session> session;
  int64_t now = 1'700'000'000'123 * kMs;
  std::string actions;

  uint64_t operator[](C c) { return counters[uint32_t(c)]; }
  void act(const std::string& text) { actions += (actions.empty() ? "" : " ") + text; }
  void connect(uint16_t q, uint16_t server) override {
    act("connect" + std::to_string(q) + "/" + std::to_string(server));
  }
  void close(uint16_t q) override { act("close" + std::to_string(q)); }
  void leave(uint16_t q) override { act("leave" + std::to_string(q)); }
  void send(uint16_t, Bytes b) override {
    std::string text(reinterpret_cast<const char*>(b.data), b.size);
    if (text.compare(0, 2, "8=") == 0) {
      // A message of ours must itself be sound.
      Packet p;
      uint32_t consumed;
      CHECK(read_packet(spec.framings[0], b, p, consumed) == FrameStatus::ok && consumed == b.size);
      text = text.substr(text.find("35="));
      text = text.substr(0, text.find("10="));
      for (char& c : text) c = c == 1 ? '|' : c;
    }
    act("<" + text + ">");
  }
  std::string did() { return std::exchange(actions, std::string()); }
  std::string log() {
    // Of FIX messages type and number.
    std::string all = out.take(), result;
    for (size_t at = 0; at < all.size();) {
      if (all.compare(at, 6, "8=FIX.") == 0) {
        const Buffer rest(all.begin() + long(at), all.end());
        const Bytes type = Field::find_tag(view(rest), 35), number = Field::find_tag(view(rest), 34);
        result += std::string(type.data, type.data + type.size) + std::string(number.data, number.data + number.size);
        at = all.find(
                 "\x01"
                 "10=",
                 at) +
             8;
      } else {
        result += all[at++];
      }
    }
    return result;
  }
  void pass(int64_t ns) {
    const int64_t until = now + ns;
    session->service(now);
    for (int i = 0; i < 100'000 && session->deadline() <= until; i++) {
      now = std::max(now, session->deadline());
      session->service(now);
    }
    now = until;
    session->service(now);
    CHECK(session->ledger_balances());
  }
  void connected(uint16_t q = 0) {
    session->requester(q).connected(now);
    pass(0);
  }
  void in(const Buffer& b, uint16_t q = 0) {
    const Buffer exact(b);
    session->requester(q).received(view(exact), now);
    session->service(now);
    CHECK(session->ledger_balances());
  }
  void broken(uint16_t q = 0) {
    session->requester(q).closed(Reason::connectionClosed, 0, now);
    session->service(now);
    CHECK(session->ledger_balances());
  }
};

Rig* fix_rig(bool with_rungs = true) {
  return new Rig(
      fix_framing(), {fix_session()},
      with_rungs ? std::vector<RungSpec>{rung(RungKind::request), rung(RungKind::snapshot)} : std::vector<RungSpec>{});
}
struct Owned {
  std::unique_ptr<Rig> rig;
  explicit Owned(Rig* r) : rig(r) {}
  Rig* operator->() { return rig.get(); }
  uint64_t operator[](C c) { return (*rig)[c]; }
  /// Connects and logs in: the server's Logon is number 1. What is subscribed to has not come yet.
  void up() {
    rig->connected();
    rig->in(say("A", 1, "98=0|108=30|141=Y|"));
  }
  /// The same, and the state has come: it is number 2.
  void whole() {
    up();
    rig->in(say("W", 2, "262=1|"));
    rig->did();
    rig->log();
  }
};

// ── framing ──────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a FIX stream is cut by its BodyLength, whatever pieces it comes in") {
  Owned r(fix_rig());
  r.up();
  r->log();
  Buffer all = quote(2, "55=A|");
  const Buffer second = quote(3, "58=a 10=000 inside|");
  all.insert(all.end(), second.begin(), second.end());
  for (const uint8_t b : all) r->in(Buffer{b});
  CHECK_LOG(r->log(), "X2 X3");
}

SCENARIO("a bad checksum is counted and its number asked for again") {
  Owned r(fix_rig());
  r.whole();
  r->in(fix("35=X|34=3|", false));
  r->in(quote(4));
  CHECK(r[C::malformed] == 1);
  CHECK_LOG(r->did(), "<35=2|34=3|7=3|16=3|>");
  r->in(quote(3, "43=Y|"));
  CHECK_LOG(r->log(), "gapOpened[3,4) stale[3,4) rX3 gapFilled[3,4):retransmission X4 good");
  CHECK(r[C::recovered] == 1);
}

SCENARIO("what is no FIX, or lies about its length, ends the connection and not the process") {
  for (const std::string& text : {std::string("HTTP/1.1 400"),
                                  std::string("8=FIX.4.4\x01"
                                              "9=99999999999\x01"),
                                  std::string("8=FIX.4.4\x01"
                                              "9=x\x01"),
                                  std::string("8=FIX.4.4\x01"
                                              "9=5\x01"
                                              "35=0\x01"
                                              "11=000\x01")}) {
    Owned r(fix_rig());
    r.up();
    r->did();
    r->in(Buffer(text.begin(), text.end()));
    CHECK(r[C::malformed] == 1 && r[C::disconnects] == 1);
    CHECK_LOG(r->did(), "close0");
    r->pass(100 * kMs);
    CHECK_LOG(r->did(), "connect0/1");
  }
}

// ── login and keep-alive ─────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("logs in, subscribes, and is good") {
  Owned r(fix_rig());
  CHECK_LOG(r->did(), "connect0/0");
  r->connected();
  CHECK_LOG(r->did(), "<35=A|34=1|52=20231114-22:13:20.123|98=0|108=30|141=Y|>");
  r->in(say("A", 1, "141=Y|"));
  CHECK_LOG(r->did(), "<35=V|34=2|262=1|>");
  r->in(say("W", 2, "262=1|"));
  r->in(quote(3));
  CHECK_LOG(r->log(), "sessionStarted A1 lineUp snapshotStarted W2 snapshotEnded X3");
}

SCENARIO("a refused login is told, and tried again late, on the next server") {
  Owned r(fix_rig());
  r->connected();
  r->did();
  r->in(say("5", 1, "58=no|"));
  CHECK_LOG(r->did(), "close0");
  CHECK(r->log().find("recoveryFailed:loginRejected") != std::string::npos);
  r->pass(9'999 * kMs);
  CHECK_LOG(r->did(), "");
  r->pass(1 * kMs);
  CHECK_LOG(r->did(), "connect0/1");
}

SCENARIO("a stream keeps the gap between its logins, and sleeps until it is over") {
  RequesterSpec q = fix_session();
  q.login_gap_ns = 1'000 * kMs;
  Rig r(fix_framing(), {q}, {});
  r.pass(5 * kMs);
  r.connected();
  r.in(say("A", 1, "98=0|108=30|141=Y|"));
  r.did();
  const int64_t sent = r.now;
  r.broken();
  CHECK(r.session->deadline() == sent + 1'000 * kMs);
  r.pass(1'000 * kMs - 1);
  CHECK_LOG(r.did(), "");
  r.pass(1);
  CHECK_LOG(r.did(), "connect0/1");
}

SCENARIO("a server that cannot be reached is tried again at growing intervals") {
  Owned r(fix_rig());
  r->did();
  int64_t wait = 100 * kMs;
  for (int i = 0; i < 10; i++) {
    r->broken();
    r->pass(wait - 1);
    CHECK_LOG(r->did(), "");
    r->pass(1);
    CHECK_LOG(r->did(), i % 2 == 0 ? "connect0/1" : "connect0/0");
    wait = std::min<int64_t>(2 * wait, 10'000 * kMs);
  }
}

SCENARIO("answers a TestRequest, sends heartbeats, probes a silent peer and leaves it") {
  Owned r(fix_rig());
  r.whole();
  r->in(say("1", 3, "112=hello|"));
  CHECK_LOG(r->did(), "<35=0|34=3|112=hello|>");
  r->pass(30'000 * kMs);
  CHECK_LOG(r->did(), "<35=0|34=4|>");
  r->pass(6'000 * kMs);
  CHECK_LOG(r->did(), "<35=1|34=5|112=?|>");
  r->log();
  r->pass(24'000 * kMs);
  CHECK_LOG(r->did(), "<35=5|34=6|> leave0");
  CHECK_LOG(r->log(), "lineDown:timedOut stale:timedOut");
}

SCENARIO("what we said of the session is filled over when the peer asks for it, the subscription is said again") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->in(say("2", 2, "7=1|16=0|"));
  CHECK_LOG(r->did(), "<35=4|34=1|43=Y|123=Y|36=2|> <35=V|34=2|43=Y|122=20231114-22:13:20.123|262=1|>");
  r->in(say("1", 3, "112=x|"));
  CHECK_LOG(r->did(), "<35=0|34=3|112=x|>");  // neither took a number
  r->in(say("2", 4, "7=1|16=0|"));
  CHECK_LOG(r->did(),
            "<35=4|34=1|43=Y|123=Y|36=2|> <35=V|34=2|43=Y|122=20231114-22:13:20.123|262=1|> "
            "<35=4|34=3|43=Y|123=Y|36=4|>");
}

SCENARIO("only what the peer asks for is said again, and nothing that we have not said") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->in(say("2", 2, "7=1|16=1|"));
  CHECK_LOG(r->did(), "<35=4|34=1|43=Y|123=Y|36=2|>");
  r->in(say("2", 3, "7=2|16=99|"));
  CHECK_LOG(r->did(), "<35=V|34=2|43=Y|122=20231114-22:13:20.123|262=1|>");
  r->in(say("2", 4, "7=3|16=0|"));
  r->in(say("2", 5, "7=0|16=0|"));
  r->in(say("2", 6, "7=4|16=2|"));
  r->in(say("2", 7, "7=18446744073709551615|16=18446744073709551615|"));
  CHECK_LOG(r->did(), "");
}

SCENARIO("a subscription of an earlier connection is over: it is filled over, the present one is said again") {
  Owned r(fix_rig());
  r.whole();
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->did();
  r->in(say("A", 3, "108=30|"));
  CHECK_LOG(r->did(), "<35=V|34=4|262=2|>");
  r->in(say("2", 4, "7=2|16=0|"));  // it has neither the first subscription nor our logon
  CHECK_LOG(r->did(), "<35=4|34=2|43=Y|123=Y|36=4|> <35=V|34=4|43=Y|122=20231114-22:13:20.223|262=2|>");
}

// ── the subscription ─────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a subscription that nobody answers is told and made again, at growing intervals") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->log();
  r->pass(5'000 * kMs);
  CHECK_LOG(r->log(), "snapshotFailed:timedOut stale:timedOut");
  CHECK_LOG(r->did(), "");
  r->pass(100 * kMs);
  CHECK_LOG(r->did(), "<35=V|34=3|262=2|>");
  r->in(say("W", 2, "262=1|"));  // of the first one, late: nobody waits for it
  r->pass(5'000 * kMs + 199 * kMs);
  CHECK_LOG(r->did(), "");
  r->pass(1 * kMs);
  CHECK_LOG(r->did(), "<35=V|34=4|262=3|>");
  r->in(say("W", 3, "262=3|"));
  CHECK_LOG(r->log(), "snapshotStarted W2 snapshotFailed:timedOut snapshotStarted W3 snapshotEnded good");
  CHECK(r[C::snapshotsFailed] == 2 && r[C::snapshots] == 1 && r[C::disconnects] == 0);
}

SCENARIO("a subscription that is refused is told with the server's reason, and made again later") {
  for (const std::string& reject : {std::string("Y|262=1|281=0|"), std::string("j|372=V|380=5|")}) {
    Owned r(fix_rig());
    r.up();
    r->did();
    r->log();
    r->in(say(reject.substr(0, 1).c_str(), 2, reject.substr(2)));
    const uint32_t detail = reject[0] == 'Y' ? '0' - '0' : 5;
    CHECK(r->out.notices.size() >= 2 && r->out.notices[r->out.notices.size() - 2].detail == detail);
    CHECK_LOG(r->log(), reject.substr(0, 1) + "2 snapshotFailed:requestRefused stale:requestRefused");
    r->pass(100 * kMs);
    CHECK_LOG(r->did(), "<35=V|34=3|262=2|>");
    r->in(say("Y", 3, "262=1|281=0|"));  // again of the first one
    CHECK_LOG(r->log(), "snapshotStarted Y3");
    r->in(say("W", 4, "262=2|"));
    CHECK_LOG(r->log(), "W4 snapshotEnded good");
  }
}

SCENARIO("a server that refuses every subscription is asked less and less often") {
  Owned r(fix_rig());
  r.up();
  r->did();
  int64_t rest = 100 * kMs;
  uint32_t number = 2;
  for (uint32_t id = 1; id < 10; id++) {
    r->in(say("Y", number++, "262=" + std::to_string(id) + "|"));
    r->pass(rest - 1);
    CHECK_LOG(r->did(), "");
    r->pass(1);
    CHECK(r->did().find("35=V") != std::string::npos);
    rest = std::min<int64_t>(2 * rest, 10'000 * kMs);
  }
}

SCENARIO("after a break nothing is good before the state that was asked for has come") {
  Owned r(fix_rig());
  r.whole();
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->in(say("A", 3, "108=30|"));
  r->in(quote(4));
  r->in(quote(5));
  CHECK_LOG(r->log(), "lineDown:connectionClosed stale:connectionClosed A3 lineUp snapshotStarted X4 X5");
  r->in(say("W", 6, "262=2|"));
  CHECK_LOG(r->log(), "W6 snapshotEnded good");
}

SCENARIO("state that a break cuts off is void") {
  Owned r(fix_rig());
  r.up();
  r->log();
  r->broken();
  CHECK_LOG(r->log(), "lineDown:connectionClosed stale:connectionClosed snapshotFailed:connectionClosed");
}

// ── who it is ────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a message of another peer ends the connection, whichever of its names is wrong") {
  for (const char* names : {"49=OTHER|56=US|", "49=THEM|56=OTHER|", "49=THEMX|56=US|", "56=US|", "49=|56=US|"}) {
    RequesterSpec q = fix_session();
    q.peer = {{49, "THEM"}, {56, "US"}};
    Owned r(new Rig(fix_framing(), {q}, {}));
    r->connected();
    r->in(say("A", 1, "49=THEM|56=US|141=Y|"));
    r->in(say("W", 2, "49=THEM|56=US|262=1|"));
    r->did();
    r->log();
    r->in(quote(3, names));
    CHECK_LOG(r->log(), "lineDown:wrongPeer stale:wrongPeer");
    CHECK_LOG(r->did(), "<35=5|34=3|> leave0");
    CHECK(r[C::delivered] == 2);
    r->pass(9'999 * kMs);
    CHECK_LOG(r->did(), "");
    r->pass(1 * kMs);
    CHECK_LOG(r->did(), "connect0/1");
  }
}

// ── numbers that begin again ─────────────────────────────────────────────────────────────────────────────────────

SCENARIO("a server whose numbers began again while we were away is told so, logged on to anew, and followed") {
  Owned r(fix_rig());
  r.whole();
  r->in(quote(3));
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->did();
  r->log();
  r->in(say("A", 1, "108=30|"));  // it does not say that it has begun again
  CHECK_LOG(r->log(), "recoveryFailed:reset");
  CHECK_LOG(r->did(), "close0");
  r->pass(200 * kMs);
  r->connected();
  CHECK_LOG(r->did(), "connect0/0 <35=A|34=1|52=20231114-22:13:20.423|98=0|108=30|141=Y|>");
  r->in(say("A", 1, "108=30|141=Y|"));
  CHECK_LOG(r->did(), "<35=V|34=2|262=2|>");
  r->in(say("W", 2, "262=2|"));
  r->in(quote(3));
  CHECK_LOG(r->log(), "reset A1 lineUp snapshotStarted W2 snapshotEnded good X3");
  CHECK(r[C::delivered] == 6 && r[C::malformed] == 0);
  // And from there on it is resumed like any other.
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  CHECK_LOG(r->did(), "connect0/1 <35=A|34=3|98=0|108=30|789=4|>");
}

SCENARIO("what was missing when the numbers began again is given up and counted") {
  Owned r(fix_rig());
  r.whole();
  r->in(quote(6));
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->in(say("A", 1, "108=30|"));
  r->pass(200 * kMs);
  r->connected();
  r->in(say("A", 1, "108=30|141=Y|"));
  const std::string log = r->log();
  CHECK(log.find("gapAbandoned[3,6):reset X6 reset A1 lineUp") != std::string::npos);
  CHECK(r[C::abandoned] == 3);
}

SCENARIO("a server that begins again and does not repeat the flag is believed by its number") {
  RequesterSpec q = fix_session();
  q.resume = {};
  Owned r(new Rig(fix_framing(), {q}, {}));
  r.whole();
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->in(say("A", 1, "108=30|"));
  r->in(say("W", 2, "262=2|"));
  CHECK_LOG(r->log(),
            "lineDown:connectionClosed stale:connectionClosed reset A1 lineUp snapshotStarted W2 snapshotEnded good");
}

SCENARIO("two logons that reset and are alike to the byte are two resets") {
  RequesterSpec q = fix_session();
  q.resume = {};
  Owned r(new Rig(fix_framing(), {q}, {}));
  for (int i = 1; i <= 3; i++) {
    r->connected();
    r->in(say("A", 1, "141=Y|"));
    r->in(say("W", 2, "262=" + std::to_string(i) + "|"));
    r->broken();
    r->pass(100 * kMs);
  }
  CHECK(r[C::delivered] == 6 && r[C::resets] == 2 && r[C::implausible] == 0);
}

// ── holes ────────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("what the server fills over will never come: lost, subscribed to again, good with the new state") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->log();
  r->in(quote(6));
  CHECK_LOG(r->did(), "<35=2|34=3|7=2|16=5|>");
  r->in(quote(2, "43=Y|"));
  r->in(say("4", 3, "43=Y|123=Y|36=6|"));
  CHECK_LOG(
      r->log(),
      "gapOpened[2,6) stale[2,6) rX2 gapFilled[2,3):retransmission gapAbandoned[3,6):unavailable X6 snapshotStarted");
  CHECK_LOG(r->did(), "<35=V|34=4|262=3|>");
  r->in(say("W", 7, "262=1|"));  // of the subscription before
  r->in(say("W", 8, "262=3|"));
  CHECK_LOG(r->log(), "W7 W8 snapshotEnded good");
  CHECK(r[C::abandoned] == 3 && r[C::recovered] == 1);
}

SCENARIO("a gap fill in its turn moves the stream on, and says what is lost") {
  Owned r(fix_rig(false));
  r.up();
  r->log();
  r->in(say("4", 2, "123=Y|36=5|"));
  r->in(quote(5));
  CHECK_LOG(r->log(), "gapOpened[2,5) stale[2,5) gapAbandoned[2,5):unavailable X5");
  r->in(say("4", 6, "123=Y|36=6|"));  // nothing
  CHECK(r[C::malformed] == 1);
}

SCENARIO("a sequence reset ignores its own number") {
  Owned r(fix_rig());
  r.up();
  r->log();
  r->in(say("4", 1, "36=100|"));
  r->in(quote(100));
  CHECK_LOG(r->log(), "(41) reset stale:reset snapshotStarted X100");
  CHECK(r[C::abandoned] == 0);
}

SCENARIO("a reset within the session voids the state: it is subscribed to again before anything is good") {
  Owned r(fix_rig());
  r.whole();
  r->in(say("4", 3, "36=10|"));
  CHECK_LOG(r->did(), "<35=V|34=3|262=2|>");
  r->in(quote(10));
  r->in(say("W", 11, "262=2|"));
  CHECK_LOG(r->log(), "(43) reset stale:reset snapshotStarted X10 W11 snapshotEnded good");
}

SCENARIO("a reset to a lower number is refused: the numbers may only rise") {
  Owned r(fix_rig());
  r.whole();
  r->in(quote(3));
  r->log();
  r->in(say("4", 4, "36=2|"));
  CHECK_LOG(r->log(), "lineDown:malformedReply stale:malformedReply");
  CHECK(r->out.notices[r->out.notices.size() - 2].detail == 2);
  CHECK_LOG(r->did(), "<35=5|34=3|> leave0");
  CHECK(r[C::implausible] == 1 && r[C::resets] == 0);
}

SCENARIO("a number that is too low and not marked as resent ends the connection") {
  Owned r(fix_rig());
  r.up();
  r->in(quote(2));
  r->in(quote(3));
  r->log();
  r->did();
  r->in(quote(2, "43=Y|"));
  CHECK_LOG(r->did(), "");
  r->in(quote(2));
  CHECK_LOG(r->did(), "<35=5|34=3|> leave0");
  CHECK_LOG(r->log(), "lineDown:malformedReply stale:malformedReply snapshotFailed:malformedReply");
}

SCENARIO("asks twice, then gives up, and keeps the connection") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->in(quote(4));
  r->pass(3'000 * kMs);
  CHECK_LOG(r->did(), "<35=2|34=3|7=2|16=3|> <35=2|34=4|7=2|16=3|> <35=V|34=5|262=4|>");
  CHECK(r[C::abandoned] == 2 && r[C::requestTimeouts] == 2 && r[C::disconnects] == 0);
}

// ── reconnect ────────────────────────────────────────────────────────────────────────────────────────────────────

SCENARIO("resumes in the same session: what was missed is asked for") {
  Owned r(fix_rig());
  r.up();
  r->in(quote(2));
  r->did();
  r->log();
  r->broken();
  CHECK_LOG(r->log(), "lineDown:connectionClosed stale:connectionClosed snapshotFailed:connectionClosed");
  r->pass(100 * kMs);
  r->connected();
  CHECK_LOG(r->did(), "connect0/1 <35=A|34=3|98=0|108=30|789=3|>");
  r->in(say("A", 6, "108=30|"));
  CHECK_LOG(r->did(), "<35=V|34=4|262=2|> <35=2|34=5|7=3|16=5|>");
  for (uint32_t i = 3; i < 6; i++) r->in(quote(i, "43=Y|"));
  r->in(say("W", 7, "262=2|"));
  CHECK_LOG(
      r->log(),
      "lineUp snapshotStarted gapOpened[3,6) rX3 gapFilled[3,4):retransmission rX4 gapFilled[4,5):retransmission rX5 "
      "gapFilled[5,6):retransmission A6 W7 snapshotEnded good");
  CHECK(r[C::abandoned] == 0);
}

SCENARIO("a server that begins a new session is followed: numbers start again") {
  Owned r(fix_rig());
  r.up();
  r->in(quote(2));
  r->broken();
  r->pass(100 * kMs);
  r->connected();
  r->log();
  r->in(say("A", 1, "141=Y|52=x|"));
  r->in(quote(2));
  const std::string log = r->log();
  CHECK(log.find("reset") != std::string::npos && log.find("A1") != std::string::npos &&
        log.find("X2") != std::string::npos);
}

SCENARIO("a hole does not wait for ever for a connection that does not come back") {
  Owned r(fix_rig());
  r.up();
  r->in(quote(4));
  r->broken();
  r->pass(10'000 * kMs);
  CHECK(r[C::abandoned] == 2);
}

SCENARIO("a consumer without room stops the stream, and nothing is lost") {
  Owned r(fix_rig());
  r.up();
  r->log();
  r->out.full = true;
  for (uint32_t i = 2; i < 50; i++) r->in(quote(i));
  CHECK(r->session->requester(0).stalled());
  r->out.full = false;
  r->session->resume(r->now);
  r->pass(10 * kMs);
  CHECK(r[C::delivered] == 49 && r[C::abandoned] == 0);
}

// ── SoupBinTCP ───────────────────────────────────────────────────────────────────────────────────────────────────

Buffer soup(char type, const std::string& text = "") {
  Buffer b;
  put(b, text.size() + 1, 2);
  b.push_back(uint8_t(type));
  put(b, text);
  return b;
}
std::string padded(uint64_t n) {
  const std::string text = std::to_string(n);
  return std::string(20 - text.size(), ' ') + text;
}
RequesterSpec soup_feed(uint8_t line = 0) {
  RequesterSpec q;
  q.name = "soup";
  q.tcp = true;
  q.purpose = Purpose::feed;
  q.framing = 1;
  q.line = line;
  q.servers = {{"10.0.0.1", 1}};
  q.login.bytes = soup('L', std::string(30, ' '));
  q.login.patches = {{3, 10, Encoding::raw_right, Variable::session, 0},
                     {13, 20, Encoding::digits_left_blank, Variable::begin, 0}};
  const auto rule = [](char type, Action action) {
    ReplyRule r;
    r.first = be(2, 1);
    r.first_value = uint8_t(type);
    r.action = action;
    return r;
  };
  ReplyRule accept = rule('A', Action::login_accepted), message = rule('S', Action::message);
  accept.number = digits(13, 20);
  accept.session_offset = 3;
  accept.session_width = 10;
  message.payload_offset = 3;
  ReplyRule gone = rule('J', Action::session_unavailable), refused = rule('J', Action::login_rejected);
  gone.second = be(3, 1);
  gone.second_value = 'S';
  gone.number = refused.number = be(3, 1);
  q.logout.bytes = soup('O');
  q.rules = {accept, gone, refused, message, rule('H', Action::ignore), rule('Z', Action::session_end)};
  return q;
}
FramingSpec bare() { return {}; }
std::string login(const std::string& session, uint64_t n) {
  const Buffer b = soup('L', std::string(10 - session.size(), ' ') + session + padded(n));
  return "<" + std::string(b.begin(), b.end()) + ">";
}

SCENARIO("a SoupBinTCP feed counts, and resumes with the next number of its session") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  const std::string first = r.did();
  CHECK(first.find(padded(0)) != std::string::npos);  // join live: from the newest on
  r.in(soup('A', "DAY1      " + padded(7)));
  r.in(soup('S', "7"));
  r.in(soup('H'));
  r.in(soup('S', "8"));
  CHECK_LOG(r.log(), "sessionStarted lineUp 7 8");
  r.broken();
  r.pass(100 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY1", 9));
  r.in(soup('A', "DAY1      " + padded(9)));
  r.in(soup('S', "9"));
  CHECK_LOG(r.log(), "lineDown:connectionClosed stale:connectionClosed lineUp good 9");
  CHECK(r[C::delivered] == 3 && r[C::abandoned] == 0 && r[C::connects] == 2);
}

SCENARIO("from the beginning; and a server that has forgotten some says so at once") {
  Rig r(bare(), {soup_feed()}, {}, Join::beginning);
  r.connected();
  CHECK(r.did().find(padded(1)) != std::string::npos);
  r.in(soup('A', "DAY1      " + padded(4)));
  CHECK_LOG(r.log(), "sessionStarted lineUp gapOpened[1,4) stale[1,4) gapAbandoned[1,4):noRecovery");
  r.in(soup('S', "4"));
  CHECK(r[C::delivered] == 1 && r[C::abandoned] == 3);
}

SCENARIO("two streams of one feed are arbitrated like two lines") {
  Rig r(bare(), {soup_feed(0), soup_feed(1)}, {});
  for (uint16_t q = 0; q < 2; q++) {
    r.connected(q);
    r.in(soup('A', "DAY1      " + padded(1)), q);
  }
  r.in(soup('S', "1"), 0);
  r.in(soup('S', "1"), 1);
  r.in(soup('S', "2"), 1);
  r.broken(0);
  r.in(soup('S', "3"), 1);
  CHECK_LOG(r.log(), "sessionStarted lineUp lineUp 1 2 lineDown:connectionClosed 3");  // not stale: B is there
  CHECK(r[C::duplicates] == 1);
}

SCENARIO("the end of the session: the next one is joined at once, from its first number") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  r.in(soup('A', "      DAY1" + padded(1)));
  r.in(soup('S', "1"));
  r.did();
  r.in(soup('Z'));
  CHECK_LOG(r.log(), "sessionStarted lineUp 1 sessionEnded lineDown:sessionEnded");
  CHECK_LOG(r.did(), "<" + std::string("\0\1O", 3) + "> leave0");
  r.pass(100 * kMs);
  r.connected();
  CHECK_LOG(r.did(), "connect0/0 " + login("", 1));
  r.in(soup('A', "      DAY2" + padded(1)));
  r.in(soup('S', "1"));
  CHECK_LOG(r.log(), "sessionStarted lineUp 1");
  CHECK(r[C::delivered] == 2);
}

SCENARIO("a session that is over and still the current one is left at once, and looked at less and less often") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  r.in(soup('A', "      DAY1" + padded(1)));
  r.in(soup('S', "1"));
  r.in(soup('Z'));
  r.log();
  int64_t rest = 100 * kMs;
  for (int i = 0; i < 10; i++) {
    r.pass(rest - 1);
    r.did();
    r.pass(1);
    r.connected();
    CHECK_LOG(r.did(), "connect0/0 " + login("", 1));
    r.in(soup('A', "      DAY1" + padded(1)));
    CHECK_LOG(r.did(), "<" + std::string("\0\1O", 3) + "> leave0");
    CHECK_LOG(r.log(), "recoveryFailed:sessionEnded");
    rest = std::min<int64_t>(2 * rest, 10'000 * kMs);
  }
  CHECK(r[C::duplicates] == 0);
}

SCENARIO("a session that changed and never said that it ended: what is there now is taken from its first number") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  r.in(soup('A', "      DAY1" + padded(1)));
  r.in(soup('S', "1"));
  r.broken();
  r.pass(100 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY1", 2));
  r.log();
  r.in(soup('J', "S"));
  CHECK_LOG(r.log(), "recoveryFailed:loginRejected");
  CHECK(r.out.notices.back().detail == 'S');
  r.pass(200 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("", 1));
  r.in(soup('A', "      DAY2" + padded(1)));
  r.in(soup('S', "1"));
  CHECK_LOG(r.log(), "sessionEnded:sessionEnded sessionStarted lineUp good 1");
  CHECK(r[C::delivered] == 2 && r[C::abandoned] == 0);
}

SCENARIO("no session at all is waited for; a user who is not wanted is not let in by asking for another session") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  r.in(soup('A', "      DAY1" + padded(1)));
  r.broken();
  r.pass(100 * kMs);
  r.connected();
  r.in(soup('J', "A"));
  r.pass(9'999 * kMs);
  r.did();
  r.pass(1 * kMs);
  r.connected();
  CHECK_LOG(r.did(), "connect0/0 " + login("DAY1", 1));
  r.in(soup('J', "S"));
  for (const int64_t rest : {10'000 * kMs, 10'000 * kMs, 10'000 * kMs}) {
    r.did();
    r.pass(rest);
    r.connected();
    CHECK_LOG(r.did(), "connect0/0 " + login("", 1));
    r.in(soup('J', "S"));
  }
}

SCENARIO("a session that the venue has fixed is never left for another") {
  Rig r(bare(), {soup_feed()}, {});
  r.spec.channels[0].session_fixed = true;
  r.spec.channels[0].session = {load_uint(reinterpret_cast<const uint8_t*>("DAY1    "), 8, true), 0x2020ull << 48};
  r.session = std::make_unique<Session>(r.spec, r, r.out, r.counters, FeedCounters{r.feed});
  r.pass(0);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY1", 0));
  r.in(soup('A', "      DAY2" + padded(1)));
  CHECK_LOG(r.log(), "recoveryFailed:requestRefused");
  r.pass(10'000 * kMs);
  r.did();
  r.connected();
  r.in(soup('J', "S"));
  r.pass(10'000 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY1", 0));
  r.in(soup('A', "DAY1      " + padded(1)));
  CHECK_LOG(r.log(), "recoveryFailed:loginRejected sessionStarted lineUp");
}

SCENARIO("a server that lets us in and closes is tried at growing intervals, one that brings something at once") {
  Rig r(bare(), {soup_feed()}, {});
  int64_t rest = 100 * kMs;
  for (int i = 0; i < 9; i++) {
    r.connected();
    r.in(soup('A', "      DAY1" + padded(1)));
    r.in(soup('H'));
    r.broken();
    r.did();
    r.pass(rest - 1);
    CHECK_LOG(r.did(), "");
    r.pass(1);
    CHECK_LOG(r.did(), "connect0/0");
    rest = std::min<int64_t>(2 * rest, 10'000 * kMs);
  }
  r.connected();
  r.in(soup('A', "      DAY1" + padded(1)));
  r.in(soup('S', "1"));
  r.broken();
  r.did();
  r.pass(100 * kMs);
  CHECK_LOG(r.did(), "connect0/0");
}

SCENARIO("a connection that is still in the session before is not taken for the next one") {
  Rig r(bare(), {soup_feed(0), soup_feed(1)}, {});
  for (uint16_t q = 0; q < 2; q++) {
    r.connected(q);
    r.in(soup('A', "      DAY1" + padded(1)), q);
  }
  for (const char* text : {"1", "2"}) r.in(soup('S', text), 0);
  r.in(soup('Z'), 0);
  r.pass(100 * kMs);
  r.connected(0);
  r.in(soup('A', "      DAY2" + padded(1)), 0);
  r.log();
  r.in(soup('S', "1"), 1);
  r.in(soup('S', "2"), 1);
  CHECK_LOG(r.log(), "");
  CHECK(r[C::otherSession] == 2);
  r.in(soup('S', "1"), 0);
  CHECK_LOG(r.log(), "1");
}

SCENARIO("at the end each session is left by its own words") {
  Rig r(bare(), {soup_feed(0), soup_feed(1)}, {});
  r.connected(0);
  r.in(soup('A', "      DAY1" + padded(1)), 0);
  r.connected(1);  // not let in yet
  r.did();
  r.session->leave(r.now);
  CHECK_LOG(r.did(), "<" + std::string("\0\1O", 3) + "> leave0 close1");
  r.pass(60'000 * kMs);
  CHECK_LOG(r.did(), "");
  Owned f(fix_rig());
  f.whole();
  f->session->leave(f->now);
  CHECK_LOG(f->did(), "<35=5|34=3|> leave0");
}

SCENARIO("a time to probe without anything to say is no deadline") {
  RequesterSpec q = soup_feed();
  q.probe_ns = 1'000 * kMs;
  Rig r(bare(), {q}, {});
  r.connected();
  r.in(soup('A', "DAY1      " + padded(1)));
  r.pass(2'000 * kMs);
  CHECK(r.session->deadline() > r.now);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

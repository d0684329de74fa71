// Streams that are lines: a SoupBinTCP session that resumes by count, and a FIX session that numbers, resends, fills
// gaps, resets, probes and resumes. A whole session is driven in virtual time; the ledger is checked at every step.
#include "core/recovery.hpp"
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
    t.patches.push_back({uint16_t(t.bytes.size()), 0, v == Variable::time ? Encoding::fix_time : Encoding::fix_field, v,
                         v == Variable::client_sequence && text.find("35=4|") == 0 ? 1 : 0});
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
  q.gap_fill = fix_template("35=4|34=$|43=Y|123=Y|36=$|", {Variable::asked, seq});
  q.logout = fix_template("35=5|34=$|", {seq});
  q.subscribe = {fix_template("35=V|34=$|262=$|", {seq, Variable::correlation})};
  q.refresh_items = 1;
  ReplyRule test = on('1', Action::answer);
  test.key = tag(112, true);
  ReplyRule again = on('2', Action::answer_number);
  again.number = tag(7);
  ReplyRule state = on('W', Action::snapshot_end);
  state.number = tag(262);
  q.rules = {on('A', Action::login_accepted), test, again, on('5', Action::goodbye), state};
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
  /// Connects and logs in: the server's Logon is number 1.
  void up() {
    rig->connected();
    rig->in(say("A", 1, "98=0|108=30|141=Y|"));
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
  r.up();
  r->did();
  r->log();
  r->in(fix("35=X|34=2|", false));
  r->in(quote(3));
  CHECK(r[C::malformed] == 1);
  CHECK_LOG(r->did(), "<35=2|34=3|7=2|16=2|>");
  r->in(quote(2, "43=Y|"));
  CHECK_LOG(r->log(), "gapOpened[2,3) stale[2,3) rX2 gapFilled[2,3):retransmission X3 good");
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
  r.up();
  r->did();
  r->in(say("1", 2, "112=hello|"));
  CHECK_LOG(r->did(), "<35=0|34=3|112=hello|>");
  r->pass(30'000 * kMs);
  CHECK_LOG(r->did(), "<35=0|34=4|>");
  r->pass(6'000 * kMs);
  CHECK_LOG(r->did(), "<35=1|34=5|112=?|>");
  r->log();
  r->pass(24'000 * kMs);
  CHECK_LOG(r->did(), "<35=5|34=6|> close0");
  CHECK_LOG(r->log(), "lineDown:timedOut stale:timedOut");
}

SCENARIO("our own messages are filled over when the peer asks for them") {
  Owned r(fix_rig());
  r.up();
  r->did();
  r->in(say("2", 2, "7=1|16=0|"));
  CHECK_LOG(r->did(), "<35=4|34=1|43=Y|123=Y|36=3|>");
  r->in(say("1", 3, "112=x|"));
  CHECK_LOG(r->did(), "<35=0|34=3|112=x|>");  // the fill took no number
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
  const std::string log = r->log();
  CHECK_LOG(log, "(41) reset X100");
  CHECK(r[C::abandoned] == 0);
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
  CHECK_LOG(r->did(), "<35=5|34=3|> close0");
  CHECK_LOG(r->log(), "lineDown:malformedReply stale:malformedReply");
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
  CHECK_LOG(r->log(), "lineDown:connectionClosed stale:connectionClosed");
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
      "gapFilled[5,6):retransmission A6 good W7 snapshotEnded");
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
  q.login.patches = {{3, 10, Encoding::raw, Variable::session, 0},
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
  accept.epoch_offset = 3;
  accept.epoch_width = 10;
  message.payload_offset = 3;
  q.rules = {accept, rule('J', Action::login_rejected), message, rule('H', Action::ignore),
             rule('Z', Action::session_end)};
  return q;
}
FramingSpec bare() { return {}; }
std::string login(const std::string& session, uint64_t n) {
  const Buffer b = soup('L', (session + "          ").substr(0, 10) + padded(n));
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

SCENARIO("the end of the session, and another one the next day") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  r.in(soup('A', "DAY1      " + padded(1)));
  r.in(soup('S', "1"));
  r.in(soup('Z'));
  CHECK_LOG(r.log(), "sessionStarted lineUp 1 sessionEnded lineDown:sessionEnded");
  r.did();
  r.pass(10'000 * kMs);
  r.connected();
  r.in(soup('A', "DAY2      " + padded(1)));
  r.in(soup('S', "1"));
  CHECK_LOG(r.log(), "sessionStarted lineUp 1");
  CHECK(r[C::delivered] == 2);
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

SCENARIO("a session that is over is asked for once more, then whatever there is from its first number") {
  Rig r(bare(), {soup_feed()}, {});
  r.connected();
  CHECK_LOG(r.did(), "connect0/0 " + login("", 0));
  r.in(soup('A', "DAY1      " + padded(5)));
  r.in(soup('S', "5"));
  r.in(soup('Z'));
  r.pass(10'000 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY1", 6));
  r.in(soup('J', "S"));
  r.pass(10'000 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("", 1));
  r.log();
  r.in(soup('A', "DAY2      " + padded(1)));
  r.in(soup('S', "1"));
  CHECK_LOG(r.log(), "sessionStarted lineUp 1");
  r.broken();
  r.pass(100 * kMs);
  r.did();
  r.connected();
  CHECK_LOG(r.did(), login("DAY2", 2));
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

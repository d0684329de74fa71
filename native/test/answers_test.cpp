// Answers and the requests that they belong to: late ones, others', several in a row on one connection, control
// messages that are repeated, messages without lengths.
#include "test/servers.hpp"

namespace venuewire {
namespace {

class Rig final : public Host {
 public:
  Rig(RequesterSpec q, std::vector<RungSpec> rungs) {
    spec.framings = {moldudp64(), soup_framing()};
    spec.lines = {LineSpec{}};
    spec.channels = {ChannelSpec{}};
    spec.requesters = {std::move(q)};
    spec.rungs = std::move(rungs);
    session = std::make_unique<Session>(spec, *this, out, counters, FeedCounters{feed});
  }
  void connect(uint16_t, uint16_t) override { did += "connect "; }
  void send(uint16_t, Bytes b) override { did += "send[" + std::string(b.data + 3, b.data + b.size) + "] "; }
  void close(uint16_t) override { did += "close "; }
  void service() {
    session->service(now);
    CHECK(session->ledger_balances());
  }
  void data(uint64_t first, uint32_t count = 1) {
    const Buffer b = mold_data(first, count);
    session->datagram(0, view(b), now, now);
    service();
  }
  void connected() {
    session->requester(0).connected(now);
    service();
  }
  void reply(const Buffer& b) {
    session->requester(0).received(view(b), now);
    service();
  }
  void pass(int64_t ns) {
    now += ns;
    service();
  }
  std::string said() { return std::exchange(did, std::string()); }

  SessionSpec spec;
  Recorder out;
  uint64_t counters[kChannelCounters] = {}, feed[kFeedCounters] = {};
  std::unique_ptr<Session> session;
  int64_t now = 1'000 * kMs;
  std::string did;
};

/// The status server, whose statuses repeat the first number asked for behind the code.
RequesterSpec echoing(bool serial) {
  RequesterSpec q = status_server();
  q.serial = serial;
  q.rules[0].echoes = {{digits(4, 8), Variable::begin}};
  return q;
}
Buffer status(char code, uint64_t begin) { return soup('T', std::string(1, code) + eight(begin)); }
Buffer served(uint64_t n) { return soup('M', eight(n) + std::to_string(n)); }

SCENARIO("a refusal of an earlier request does not end the one under way") {
  Rig r(echoing(false), {ask_rung(0, 3, 1'000 * kMs)});
  r.data(1);
  r.data(3);
  r.connected();
  r.data(2);  // the line brought it after all
  r.data(6);
  CHECK_LOG(r.said(), "connect send[0000000200000002] send[0000000400000005] ");
  r.reply(status('1', 2));
  r.reply(served(4));
  r.reply(served(5));
  r.out.take();
  CHECK(r.session->settled());
}

SCENARIO("one thing at a time: the next request waits for the end of the answer, which is nobody's otherwise") {
  RequesterSpec q = status_server();
  q.serial = true;
  Rig r(q, {ask_rung(0, 3, 1'000 * kMs)});
  r.data(1);
  r.data(3);
  r.connected();
  r.data(2);
  r.data(5);
  CHECK_LOG(r.said(), "connect send[0000000200000002] ");
  r.reply(soup('Z'));
  CHECK_LOG(r.said(), "send[0000000400000004] ");
  r.reply(served(4));
  CHECK(r.session->settled());
}

SCENARIO("a server that never ends its answer loses the connection, not the next request") {
  RequesterSpec q = status_server();
  q.serial = true;
  Rig r(q, {ask_rung(0, 3, 1'000 * kMs)});
  r.data(1);
  r.data(3);
  r.connected();
  r.data(2);
  r.data(5);
  r.said();
  r.pass(1'001 * kMs);
  CHECK_LOG(r.said(), "close connect ");
  r.connected();
  CHECK_LOG(r.said(), "send[0000000400000004] ");
}

SCENARIO("where the server closes after a request, the next one takes another connection") {
  RequesterSpec q = status_server();
  q.lifecycle = Lifecycle::server_closes;
  Rig r(q, {ask_rung(0, 3, 1'000 * kMs)});
  r.data(1);
  r.data(3);
  r.connected();
  r.reply(served(2));
  r.data(5);
  CHECK_LOG(r.said(), "connect send[0000000200000002] ");
  r.session->requester(0).closed(Reason::connectionClosed, 0, r.now);
  r.service();
  CHECK_LOG(r.said(), "connect ");
  r.connected();
  CHECK_LOG(r.said(), "send[0000000400000004] ");
  r.reply(served(4));
  CHECK(r.session->settled());
}

SCENARIO("what has moved on to the next rung is not counted against the one before") {
  RequesterSpec q = status_server();
  Rig r(q, {ask_rung(0, 1, 1'000 * kMs), wait_rung(10'000 * kMs)});
  r.data(1);
  r.data(4);
  r.connected();
  r.reply(soup('U', eight(2) + eight(3)));
  r.pass(2'000 * kMs);
  CHECK(r.session->channel(0).holes().missing(2, 4) == 2);  // still waiting on the second rung
}

SCENARIO("a FIX text without BeginString has its length in front") {
  RequesterSpec q = status_server();
  const std::string text =
      "35=V\x01"
      "1182=\x01";
  q.request = {};
  q.request.bytes.assign(text.begin(), text.end());
  q.request.fix = true;
  q.request.patches = {{uint16_t(text.size() - 1), 0, Encoding::fix_field, Variable::begin, 0}};
  Rig r(q, {ask_rung(0)});
  r.data(1);
  r.data(3);
  r.connected();
  CHECK(r.did.find("2\x01"
                   "35=V\x01"
                   "1182=2\x01"
                   "10=") != std::string::npos);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

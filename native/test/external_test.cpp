// Connections that somebody else carries: two threads meet at the port; the driver hands over, asks, waits and connects
// again. Run under the thread sanitizer too.
#include <atomic>
#include <thread>

#include "feed/external_driver.hpp"
#include "feed/feed.hpp"
#include "io/event_loop.hpp"
#include "test/scenario.hpp"

namespace venuewire {
namespace {

using Kind = ExternalEvent::Kind;
using Pushed = ExternalPort::Pushed;
using Ask = ExternalAction::Kind;

class Bell final : public Doorbell {
 public:
  void offer(HandOver&) override {}
  std::atomic<uint32_t> rung{0};
  bool ring() override {
    rung.fetch_add(1);
    return true;
  }
};

ExternalEvent event(Kind kind, uint32_t connection, int64_t receive_ns = 0) {
  ExternalEvent e;
  e.kind = kind;
  e.connection = connection;
  e.receive_ns = receive_ns;
  return e;
}
ExternalAction action(Ask kind, uint32_t connection) {
  ExternalAction a;
  a.kind = kind;
  a.connection = connection;
  return a;
}

void a_port_has_bounds() {
  Bell bell;
  ExternalPort port({{true, 0}}, &bell);
  CHECK(port.claim() && !port.claim());
  const Buffer megabyte(1u << 20);
  const Bytes bytes{megabyte.data(), uint32_t(megabyte.size())};
  CHECK(port.push(0, event(Kind::bytes, 1), bytes) == Pushed::gone);  // no feed yet
  EventLoop loop;
  CHECK(loop.open());
  port.set_loop(&loop);
  CHECK(port.push(0, event(Kind::bytes, 1), bytes) == Pushed::gone);  // no connection yet
  port.ask(action(Ask::connect, 1));
  port.ask(action(Ask::send, 1));
  CHECK(bell.rung == 1 && port.take_actions().size() == 2 && port.take_actions().empty());
  CHECK(port.push(1, event(Kind::bytes, 1), bytes) == Pushed::gone);
  CHECK(port.push(0, event(Kind::bytes, 2), bytes) == Pushed::gone);

  CHECK(!port.look());
  CHECK(port.push(0, event(Kind::bytes, 1), bytes.first(10)) == Pushed::more && port.look() && !port.look());
  uint32_t taken = 0;
  Pushed last = Pushed::enough;
  while (last == Pushed::enough && taken < 64) {
    last = port.push(0, event(Kind::bytes, 1), bytes);
    taken++;
  }
  CHECK(last == Pushed::full && taken == ExternalPort::kMost / bytes.size);
  // The end of a connection always finds room, and nothing behind it is heard.
  CHECK(port.push(0, event(Kind::closed, 1), {}) == Pushed::enough);
  CHECK(port.push(0, event(Kind::closed, 1), {}) == Pushed::gone);
  Buffer queue;
  CHECK(port.take(0, queue) && queue.size() > 15 * bytes.size);
  Buffer nothing;
  CHECK(!port.take(0, nothing));
  port.done(0, queue.size());
  CHECK(port.take_actions().empty());  // nobody is left to resume

  port.ask(action(Ask::connect, 2));
  CHECK(port.push(0, event(Kind::bytes, 2), bytes) == Pushed::enough);
  queue.clear();
  CHECK(port.take(0, queue));
  port.done(0, queue.size() / 2);
  CHECK(port.take_actions().size() == 1);  // still half of it
  port.done(0, queue.size() - queue.size() / 2);
  const std::vector<ExternalAction> asked = port.take_actions();
  CHECK(asked.size() == 1 && asked[0].kind == Ask::resume && asked[0].connection == 2);
  port.ask(action(Ask::close, 2));
  CHECK(port.push(0, event(Kind::bytes, 2), bytes) == Pushed::gone);
  port.silence();
  port.set_loop(nullptr);
}

/// A feed whose only line is carried by this thread.
class Rig {
 public:
  Rig() {
    data_at_ = (kCountersAt + 8 * (kFeedCounters + kChannelCounters) + 63) / 64 * 64;
    memory = static_cast<uint8_t*>(std::aligned_alloc(64, data_at_ + kData));
    std::memset(memory, 0, data_at_ + kData);
    SessionSpec spec;
    spec.framings = {moldudp64()};
    LineSpec line;
    line.name = "A";
    spec.lines = {line};
    spec.channels = {ChannelSpec{}};
    RungSpec wait;
    wait.timeout_ns = 10'000'000;
    spec.rungs = {wait};
    port = std::make_shared<ExternalPort>(std::vector<ExternalEnd>{{true, 0}}, &external_bell);
    SourceConfig source;
    source.external = port;
    feed = std::make_unique<Feed>(std::move(spec), memory, data_at_, kData, source, &bell);
    feed->start();
  }
  ~Rig() {
    feed.reset();
    std::free(memory);
  }
  /// Waits for the next action.
  ExternalAction next_action() {
    for (int i = 0; i < 10'000; i++) {
      for (ExternalAction& a : port->take_actions()) actions.push_back(std::move(a));
      if (!actions.empty()) {
        ExternalAction a = std::move(actions.front());
        actions.erase(actions.begin());
        return a;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(false);
    return {};
  }
  /// As another thread sees it: the core writes counters with plain stores.
  __attribute__((no_sanitize("thread"))) uint64_t counter(ChannelCounter c) const {
    return *reinterpret_cast<const volatile uint64_t*>(memory + kCountersAt + 8 * (kFeedCounters + uint32_t(c)));
  }
  /// Gives the whole ring back.
  void read() {
    const auto word = [&](uint32_t at) { return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory + at)); };
    word(kTailAt).store(word(kHeadAt).load());
  }
  bool delivered(uint64_t count) {
    for (int i = 0; i < 10'000 && counter(ChannelCounter::delivered) < count; i++) {
      read();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return counter(ChannelCounter::delivered) == count;
  }

  static constexpr uint32_t kData = 65536;
  Bell bell, external_bell;
  uint8_t* memory = nullptr;
  std::shared_ptr<ExternalPort> port;
  std::vector<ExternalAction> actions;
  std::unique_ptr<Feed> feed;

 private:
  uint32_t data_at_ = 0;
};

void a_line_is_connected_again() {
  Rig rig;
  ExternalAction asked = rig.next_action();
  CHECK(asked.kind == Ask::connect && asked.end == 0 && asked.connection == 1);
  const auto send = [&](uint32_t connection, uint64_t first) {
    const Buffer packet = mold_data(first, 3);
    return rig.port->push(0, event(Kind::datagram, connection), {packet.data(), uint32_t(packet.size())});
  };
  CHECK(send(1, 1) == Pushed::more && rig.delivered(3));
  CHECK(rig.port->push(0, event(Kind::closed, 1), {}) == Pushed::more);
  asked = rig.next_action();
  CHECK(asked.kind == Ask::connect && asked.connection == 2);
  CHECK(send(1, 4) == Pushed::gone && send(2, 4) == Pushed::more && rig.delivered(6));
  rig.feed->close();
  asked = rig.next_action();
  CHECK(asked.kind == Ask::close && asked.connection == 2);
  CHECK(send(2, 7) == Pushed::gone);
}

/// More than the ring and the port hold, pushed from one thread and read by another.
void a_pusher_that_pauses_loses_nothing() {
  Rig rig;
  (void)rig.next_action();
  constexpr uint64_t kPackets = 60'000;
  std::atomic<bool> pushed{false};
  std::atomic<uint64_t> pauses{0};
  std::thread pusher([&] {
    for (uint64_t i = 0; i < kPackets; i++) {
      const Buffer packet = mold_data(1 + 3 * i, 3);
      if (rig.port->push(0, event(Kind::datagram, 1), {packet.data(), uint32_t(packet.size())}) != Pushed::enough)
        continue;
      pauses++;
      while (rig.next_action().kind != Ask::resume) {
      }
    }
    pushed = true;
  });
  // Nobody reads until the pusher has been told to pause.
  while (pauses == 0 && !pushed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(rig.delivered(3 * kPackets));
  pusher.join();
  CHECK(pushed && pauses > 0 && rig.counter(ChannelCounter::abandoned) == 0);
}

void closed_at_any_moment() {
  for (uint32_t i = 0; i < 50; i++) {
    Rig rig;
    std::thread pusher([&] {
      const Buffer packet = mold_data(1, 3);
      for (uint32_t k = 0; k < 20 * i; k++) {
        (void)rig.port->push(0, event(Kind::datagram, 1), {packet.data(), uint32_t(packet.size())});
        if (k % 7 == 0) (void)rig.port->take_actions();
      }
    });
    rig.feed->close();
    pusher.join();
    CHECK(rig.port->push(0, event(Kind::datagram, 1), {}) == Pushed::gone);
  }
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  a_port_has_bounds();
  a_line_is_connected_again();
  a_pusher_that_pauses_loses_nothing();
  closed_at_any_moment();
  return checks_result();
}

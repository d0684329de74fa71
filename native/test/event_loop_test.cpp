// Tests of native/io/event_loop and native/feed/event_count, of whichever system they are built for.
#include "io/event_loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "feed/event_count.hpp"
#include "test/scenario.hpp"

namespace venuewire {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kLongNs = 20'000'000'000;

int64_t since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
}

/// Two sockets that are connected to each other.
struct Pair {
  int ends[2] = {-1, -1};
  Pair() { CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
  ~Pair() { close_both(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  void write() const { CHECK(::write(ends[1], "x", 1) == 1); }
  void read() const {
    char one;
    CHECK(::read(ends[0], &one, 1) == 1);
  }
  void close_both() {
    for (int& end : ends) {
      if (end >= 0) ::close(end);
      end = -1;
    }
  }
};

void waits_no_shorter(bool fine_timeouts) {
  EventLoop loop;
  CHECK(loop.open(fine_timeouts));
  LoopEvent events[4];
  const auto timed = [&](int64_t timeout_ns) {
    const Clock::time_point begin = Clock::now();
    CHECK(loop.wait(timeout_ns, events, 4) == 0 && !loop.woken());
    return since(begin);
  };
  CHECK(timed(0) < 500'000'000);
  CHECK(timed(20'000'000) >= 20'000'000);
  CHECK(timed(200'000) >= 200'000);  // finer than a millisecond
}

SCENARIO("a wait lasts no shorter than it is told to") {
  waits_no_shorter(true);
  waits_no_shorter(false);
}

SCENARIO("wake-ups before a wait are one, and a wake-up orders what was stored before it") {
  EventLoop loop;
  CHECK(loop.open());
  LoopEvent events[4];
  for (int i = 0; i < 100'000; i++) loop.wake();  // more than a pipe has room for
  CHECK(loop.wait(-1, events, 4) == 0 && loop.woken());
  CHECK(loop.wait(0, events, 4) == 0 && !loop.woken());

  std::atomic<int> seen{0};
  int handed_over = 0;  // not atomic: the wake-up itself must order it
  std::thread waker([&] {
    for (int i = 1; i <= 100; i++) {
      handed_over = i;
      loop.wake();
      while (seen.load(std::memory_order_acquire) < i) std::this_thread::yield();
    }
  });
  const Clock::time_point begin = Clock::now();
  for (int i = 1; i <= 100 && since(begin) < kLongNs;) {
    (void)loop.wait(1'000'000'000, events, 4);
    if (!loop.woken()) continue;
    CHECK(handed_over == i);
    seen.store(i++, std::memory_order_release);
  }
  seen.store(100, std::memory_order_release);
  waker.join();
}

SCENARIO("tokens come back, and room for fewer events than are ready loses none and starves nobody") {
  EventLoop loop;
  CHECK(loop.open());
  LoopEvent events[4];
  constexpr size_t kPairs = 5;
  Pair pairs[kPairs];
  for (size_t i = 0; i < kPairs; i++) CHECK(loop.add(pairs[i].ends[0], (uint64_t(1) << 62) + i));
  CHECK(!loop.add(pairs[0].ends[0], 7) && errno == EEXIST);
  for (const Pair& pair : pairs) pair.write();
  std::set<uint64_t> seen;  // although nobody reads them
  for (size_t i = 0; i < kPairs; i++) {
    CHECK(loop.wait(kLongNs, events, 1) == 1 && events[0].events == LoopEvent::kReadable);
    seen.insert(events[0].token);
  }
  CHECK(seen.size() == kPairs);
  loop.wake();
  CHECK(loop.wait(kLongNs, events, 4) > 0);
  for (const Pair& pair : pairs) loop.remove(pair.ends[0]);
  CHECK(loop.wait(0, events, 4) == 0);
}

SCENARIO("what is watched for can be changed, and an end is told whatever that is") {
  EventLoop loop;
  CHECK(loop.open());
  LoopEvent events[4];
  Pair pair;
  CHECK(loop.add(pair.ends[0], 1, LoopEvent::kReadable | LoopEvent::kWritable));
  CHECK(loop.wait(kLongNs, events, 4) == 1 && events[0].events == LoopEvent::kWritable);
  CHECK(loop.change(pair.ends[0], 2, LoopEvent::kReadable));
  CHECK(loop.wait(0, events, 4) == 0);
  pair.write();
  CHECK(loop.wait(kLongNs, events, 4) == 1 && events[0].token == 2 && events[0].events == LoopEvent::kReadable);
  pair.read();
  CHECK(loop.change(pair.ends[0], 2, 0));
  pair.write();
  CHECK(loop.wait(0, events, 4) == 0);
  ::close(pair.ends[1]);
  pair.ends[1] = -1;
  CHECK(loop.wait(kLongNs, events, 4) == 1 && (events[0].events & LoopEvent::kHangUp) != 0);
  loop.remove(pair.ends[0]);
  CHECK(!loop.change(pair.ends[0], 2, LoopEvent::kReadable));
}

SCENARIO("a regular file cannot be waited for, and a loop can be opened again") {
  EventLoop loop;
  CHECK(loop.open());
  const int file = ::open(__FILE__, O_RDONLY | O_CLOEXEC);
  const int folder = ::open("/", O_RDONLY | O_CLOEXEC);
  CHECK(folder >= 0 && !loop.add(folder, 1) && errno == EPERM);
  if (file >= 0) CHECK(!loop.add(file, 1) && errno == EPERM);
  ::close(file);
  ::close(folder);
  Pair pair;
  pair.write();
  CHECK(loop.add(pair.ends[0], 1));
  CHECK(loop.open());
  LoopEvent events[4];
  CHECK(loop.wait(0, events, 4) == 0);
  loop.wake();
  CHECK(loop.wait(kLongNs, events, 4) == 0 && loop.woken());
}

SCENARIO("what happens between the look and the sleep ends the sleep") {
  const std::unique_ptr<EventCount> count = make_event_count();
  const Clock::time_point begin = Clock::now();
  const uint32_t ticket = count->ticket();
  count->notify();
  count->wait(ticket, kLongNs);
  CHECK(since(begin) < kLongNs);
  const Clock::time_point again = Clock::now();
  const uint32_t later = count->ticket();
  while (since(again) < 5'000'000) count->wait(later, 5'000'000);
}

SCENARIO("every sleeper is woken, by another thread") {
  const std::unique_ptr<EventCount> count = make_event_count();
  std::atomic<uint32_t> value{0}, seen{0};
  const auto sleep = [&] {
    for (uint32_t last = 0; last < 1000;) {
      const uint32_t ticket = count->ticket();
      if (value.load() == last) count->wait(ticket, kLongNs);
      last = value.load();
    }
    seen.fetch_add(1);
  };
  const Clock::time_point begin = Clock::now();
  std::thread a(sleep), b(sleep);
  for (uint32_t i = 1; i <= 1000; i++) {
    value.store(i);
    count->notify();
  }
  a.join();
  b.join();
  CHECK(seen.load() == 2 && since(begin) < kLongNs);
}

}  // namespace
}  // namespace venuewire

int main() { return venuewire::run_scenarios(); }

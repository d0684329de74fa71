// Who drives a live feed: offered when there is little to do, taken back when there is much, when the loop leaves it
// lying or blocks; never driven by two threads. Run under the thread sanitizer too.
#include "feed/hand_over.hpp"

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "feed/delivery.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

constexpr int64_t kMilli = 1'000'000;

class Bell final : public Doorbell {
 public:
  bool ring() override { return true; }
  void offer(HandOver& hand_over) override { offered.store(&hand_over); }
  std::atomic<HandOver*> offered{nullptr};
};

/// A clock that is set, and turns that are counted. Plain members: the sanitizer sees two drivers at once.
class Work final : public Driven {
 public:
  Work() : descriptor(::eventfd(0, EFD_NONBLOCK)) {}
  ~Work() override { ::close(descriptor); }
  void turn_now() override {
    uint64_t count = 0;
    (void)!::read(descriptor, &count, sizeof count);
    turns++;
    clock_ns += turn_ns;
    if (on_turn) on_turn();
  }
  int64_t due() const override { return due_ns; }
  bool blocked() const override { return is_blocked; }
  int64_t now() const override { return clock_ns; }
  void something() {
    const uint64_t one = 1;
    (void)!::write(descriptor, &one, sizeof one);
  }

  int descriptor;
  int64_t clock_ns = 1'000'000'000, turn_ns = 0, due_ns = INT64_MAX;
  bool is_blocked = false;
  int turns = 0;
  std::function<void()> on_turn;
};

/// One window with so much work in it.
void window(HandOver& h, Work& work, int64_t work_ns) {
  work.clock_ns += 20 * kMilli;
  h.worked(work.clock_ns - work_ns, work.clock_ns);
}

void waits_until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

void little_work_is_offered_and_much_withdrawn() {
  Bell bell;
  Work work;
  HandOver h(&bell);
  h.begin(work, work.descriptor);
  CHECK(!h.drive());
  window(h, work, 19 * kMilli);
  CHECK(bell.offered.load() == nullptr);
  CHECK(!h.take());
  window(h, work, 100'000);
  CHECK(bell.offered.load() == &h);
  window(h, work, 19 * kMilli);
  CHECK(!h.take());
  work.is_blocked = true;
  window(h, work, 100'000);
  CHECK(!h.take());
  work.is_blocked = false;
  window(h, work, 100'000);
  CHECK(h.take());
  CHECK(h.taken());
  h.end();
  CHECK(!h.drive());
}

void without_a_doorbell_or_what_may_move_nothing_is_offered() {
  Bell bell;
  Work work;
  HandOver bound(&bell);
  bound.begin(work, work.descriptor, false);
  window(bound, work, 0);
  CHECK(bell.offered.load() == nullptr);
  bound.end();
  HandOver h(nullptr);
  h.begin(work, work.descriptor);
  window(h, work, 0);
  CHECK(!h.take());
  h.end();
}

/// Runs `loop` while the feed thread rests, and ends when the feed thread drives again.
void while_it_rests(Work& work, const std::function<void(HandOver&)>& loop) {
  Bell bell;
  HandOver h(&bell);
  std::atomic<bool> stop{false};
  std::atomic<bool> began{false}, took{false};
  std::thread feed([&] {
    h.begin(work, work.descriptor);
    window(h, work, 0);
    began.store(true);
    waits_until([&] { return took.load(); });  // it may have been given back by then
    h.rest(stop);
    h.end();
  });
  waits_until([&] { return began.load(); });
  CHECK(h.take());
  took.store(true);
  loop(h);
  feed.join();
  CHECK(!h.taken());
}

void the_loop_drives_until_a_burst() {
  Work work;
  while_it_rests(work, [&](HandOver& h) {
    // Nothing lies in the descriptor, so however late this thread is, the feed thread does not take it back.
    waits_until([&] {
      CHECK(h.drive());
      return work.turns > 100;
    });
    work.turn_ns = kMilli;
    waits_until([&] { return !h.drive(); });
  });
  CHECK(work.turns > 0);
}

void what_the_loop_leaves_lying_is_taken_back() {
  Work work;
  while_it_rests(work, [&](HandOver&) { work.something(); });
  CHECK(work.turns == 0);  // by the feed thread's next turn
}

void a_loop_that_will_block_gives_back() {
  Work work;
  while_it_rests(work, [&](HandOver& h) {
    h.give_back();
    CHECK(!h.drive());
  });
}

void a_blocked_reader_gives_back() {
  Work work;
  while_it_rests(work, [&](HandOver& h) {
    work.on_turn = [&] { work.is_blocked = true; };
    waits_until([&] { return !h.drive(); });
  });
}

void two_threads_take_turns() {
  Bell bell;
  Work work;
  HandOver h(&bell);
  std::atomic<bool> stop{false};
  int times = 0;
  std::thread feed([&] {
    h.begin(work, work.descriptor);
    while (!stop.load()) {
      work.turn_now();
      window(h, work, 0);
      if (h.taken()) {
        h.rest(stop);
        times++;
      }
    }
    h.end();
  });
  for (int i = 0; i < 2000; i++) {
    waits_until([&] { return h.take(); });
    for (int k = 0; k < 5; k++) (void)h.drive();
    h.give_back();
  }
  stop.store(true);
  h.wake();
  feed.join();
  CHECK(times > 0);
  CHECK(work.turns > 0);
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  little_work_is_offered_and_much_withdrawn();
  without_a_doorbell_or_what_may_move_nothing_is_offered();
  the_loop_drives_until_a_burst();
  what_the_loop_leaves_lying_is_taken_back();
  a_loop_that_will_block_gives_back();
  a_blocked_reader_gives_back();
  two_threads_take_turns();
  return checks_result();
}

// See event_loop.hpp.
#include "io/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

namespace venuewire {
namespace {

// Called by number: the C library's wrapper is newer than the oldest library the package runs on.
#ifdef SYS_epoll_pwait2
constexpr long kEpollPwait2 = SYS_epoll_pwait2;
#else
constexpr long kEpollPwait2 = 441;
#endif

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

static_assert(LoopEvent::kReadable == EPOLLIN && LoopEvent::kWritable == EPOLLOUT && LoopEvent::kError == EPOLLERR &&
              LoopEvent::kHangUp == EPOLLHUP);

}  // namespace

struct EventLoop::System {
  int epoll = -1;
  int event = -1;
  bool fine_timeout = true;  // epoll_pwait2, from Linux 5.11 on
};

EventLoop::EventLoop() : system_(std::make_unique<System>()) {}

EventLoop::~EventLoop() { close(); }

int EventLoop::descriptor() const { return system_->epoll; }

bool EventLoop::open(bool fine_timeouts) {
  close();
  system_->fine_timeout = fine_timeouts;
  woken_ = false;
  system_->epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (system_->epoll < 0) return false;
  system_->event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (system_->event >= 0 && add(system_->event, kWakeToken)) return true;
  const int error = errno;
  close();
  errno = error;
  return false;
}

void EventLoop::close() {
  if (system_->event >= 0) ::close(system_->event);
  if (system_->epoll >= 0) ::close(system_->epoll);
  system_->event = system_->epoll = -1;
}

bool EventLoop::add(int fd, uint64_t token, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(system_->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool EventLoop::change(int fd, uint64_t token, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(system_->epoll, EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::remove(int fd) { (void)::epoll_ctl(system_->epoll, EPOLL_CTL_DEL, fd, nullptr); }

int EventLoop::wait(int64_t timeout_ns, LoopEvent* out, int max) {
  woken_ = false;
  epoll_event events[kMaxEvents];
  const int room = std::clamp(max, 1, kMaxEvents);
  int count = -1;
  bool waited = false;
  if (system_->fine_timeout && timeout_ns > 0) {
    const timespec timeout{time_t(timeout_ns / kNanosPerSecond), long(timeout_ns % kNanosPerSecond)};
    count = int(::syscall(kEpollPwait2, system_->epoll, events, room, &timeout, nullptr, 0));
    waited = count >= 0 || (errno != ENOSYS && errno != EPERM);  // EPERM: a sandbox that does not know the call
    system_->fine_timeout = waited;
  }
  if (!waited) {
    int millis = timeout_ns < 0 ? -1 : 0;
    if (timeout_ns > 0) millis = int(std::min<int64_t>((timeout_ns - 1) / kNanosPerMilli + 1, INT_MAX));
    count = ::epoll_wait(system_->epoll, events, room, millis);
  }
  int filled = 0;
  for (int i = 0; i < count; i++) {
    if (events[i].data.u64 == kWakeToken) {
      uint64_t times;
      (void)!::read(system_->event, &times, sizeof times);
      woken_ = true;
    } else if (filled < max) {
      out[filled++] = {events[i].data.u64, events[i].events};
    }
  }
  return filled;
}

void EventLoop::wake() {
  const uint64_t one = 1;
  (void)!::write(system_->event, &one, sizeof one);  // fails only when the counter is full, and then the loop is awake
}

}  // namespace venuewire

// See event_loop.hpp. With poll, which every system has: each wait tells the kernel everything that is watched, which
// is a handful of sockets here.
#include "io/event_loop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

namespace venuewire {
namespace {

static_assert(LoopEvent::kReadable == POLLIN && LoopEvent::kWritable == POLLOUT && LoopEvent::kError == POLLERR &&
              LoopEvent::kHangUp == POLLHUP);

constexpr int64_t kNanosPerMilli = 1'000'000;

bool set_up_pipe_end(int fd) { return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0; }

/// Regular files and folders are always ready: nobody can wait for them.
bool can_be_awaited(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return false;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return true;
  errno = EPERM;
  return false;
}

}  // namespace

struct EventLoop::System {
  int wake_from = -1, wake_to = -1;  // a pipe
  std::vector<pollfd> watched;
  std::vector<uint64_t> tokens;  // of the same places
  size_t next = 0;               // who is looked at first: no busy one keeps others from their turn

  [[nodiscard]] size_t find(int fd) const {
    const auto at = std::find_if(watched.begin(), watched.end(), [fd](const pollfd& w) { return w.fd == fd; });
    return size_t(at - watched.begin());
  }
};

EventLoop::EventLoop() : system_(std::make_unique<System>()) {}

EventLoop::~EventLoop() { close(); }

int EventLoop::descriptor() const { return -1; }

bool EventLoop::open(bool) {
  close();
  woken_ = false;
  int ends[2];
  if (::pipe(ends) != 0) return false;
  system_->wake_from = ends[0];
  system_->wake_to = ends[1];
  if (set_up_pipe_end(ends[0]) && set_up_pipe_end(ends[1]) && add(ends[0], kWakeToken)) return true;
  const int error = errno;
  close();
  errno = error;
  return false;
}

void EventLoop::close() {
  if (system_->wake_from >= 0) ::close(system_->wake_from);
  if (system_->wake_to >= 0) ::close(system_->wake_to);
  system_->wake_from = system_->wake_to = -1;
  system_->watched.clear();
  system_->tokens.clear();
}

bool EventLoop::add(int fd, uint64_t token, uint32_t events) {
  if (system_->find(fd) != system_->watched.size()) {
    errno = EEXIST;
    return false;
  }
  if (!can_be_awaited(fd)) return false;
  system_->watched.push_back({fd, short(events), 0});
  system_->tokens.push_back(token);
  return true;
}

bool EventLoop::change(int fd, uint64_t token, uint32_t events) {
  const size_t at = system_->find(fd);
  if (at == system_->watched.size()) {
    errno = ENOENT;
    return false;
  }
  system_->watched[at].events = short(events);
  system_->tokens[at] = token;
  return true;
}

void EventLoop::remove(int fd) {
  const size_t at = system_->find(fd);
  if (at == system_->watched.size()) return;
  system_->watched.erase(system_->watched.begin() + ptrdiff_t(at));
  system_->tokens.erase(system_->tokens.begin() + ptrdiff_t(at));
}

int EventLoop::wait(int64_t timeout_ns, LoopEvent* out, int max) {
  woken_ = false;
  System& system = *system_;
  int millis = timeout_ns < 0 ? -1 : 0;
  if (timeout_ns > 0) millis = int(std::min<int64_t>((timeout_ns - 1) / kNanosPerMilli + 1, INT_MAX));
  const size_t all = system.watched.size();
  int ready = ::poll(system.watched.data(), nfds_t(all), millis);
  const size_t first = system.next;
  int filled = 0;
  for (size_t i = 0; i < all && ready > 0; i++) {
    const size_t at = (first + i) % all;
    const short events = system.watched[at].revents;
    if (events == 0) continue;
    ready--;
    if (system.tokens[at] == kWakeToken) {
      uint8_t times[64];
      while (::read(system.wake_from, times, sizeof times) > 0) {
      }
      woken_ = true;
    } else if (filled < max) {
      // What poll cannot watch, reading says.
      out[filled++] = {system.tokens[at], (events & POLLNVAL) != 0 ? LoopEvent::kReadable : uint32_t(events)};
      system.next = at + 1;
    }
  }
  return filled;
}

void EventLoop::wake() {
  const uint8_t one = 1;
  (void)!::write(system_->wake_to, &one, 1);  // fails only when the pipe is full, and then the loop is awake
}

}  // namespace venuewire

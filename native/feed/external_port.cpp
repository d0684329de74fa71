// See external_port.hpp.
#include "feed/external_port.hpp"

#include <utility>

#include "io/event_loop.hpp"

namespace venuewire {

ExternalPort::ExternalPort(std::vector<ExternalEnd> ends, Doorbell* bell)
    : ends_(std::move(ends)), queues_(ends_.size()), bell_(bell) {}

ExternalPort::Pushed ExternalPort::push(uint32_t end, const ExternalEvent& event, Bytes bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (end >= queues_.size() || loop_ == nullptr) return Pushed::gone;
  Queue& q = queues_[end];
  if (q.connection == 0 || event.connection != q.connection) return Pushed::gone;
  const bool last = event.kind == ExternalEvent::Kind::closed;
  if (!last && q.waiting + sizeof event + bytes.size > kMost) return Pushed::full;
  ExternalEvent stamped = event;
  stamped.size = bytes.size;
  const auto* head = reinterpret_cast<const uint8_t*>(&stamped);
  q.bytes.insert(q.bytes.end(), head, head + sizeof stamped);
  q.bytes.insert(q.bytes.end(), bytes.data, bytes.data + bytes.size);
  q.waiting += sizeof stamped + bytes.size;
  if (last) q.connection = 0;  // nothing comes behind it
  if (!woken_) {
    woken_ = true;
    loop_->wake();
  }
  if (q.waiting < kEnough) return Pushed::more;
  q.paused = true;
  return Pushed::enough;
}

std::vector<ExternalAction> ExternalPort::take_actions() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<ExternalAction> out;
  out.swap(actions_);
  return out;
}

void ExternalPort::silence() {
  const std::lock_guard<std::mutex> lock(mutex_);
  bell_ = nullptr;
}

void ExternalPort::set_loop(EventLoop* loop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  loop_ = loop;
}

void ExternalPort::add_action(ExternalAction&& action) {
  const bool first = actions_.empty();
  actions_.push_back(std::move(action));
  if (first && bell_ != nullptr) bell_->ring();
}

void ExternalPort::ask(ExternalAction action) {
  using Kind = ExternalAction::Kind;
  const std::lock_guard<std::mutex> lock(mutex_);
  Queue& q = queues_[action.end];
  if (action.kind == Kind::connect) {
    q.waiting -= q.bytes.size();  // of an earlier connection
    q.bytes.clear();
    q.paused = false;
    q.connection = action.connection;
  } else if (action.kind == Kind::close || action.kind == Kind::abort) {
    q.connection = 0;
  }
  add_action(std::move(action));
}

bool ExternalPort::look() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(woken_, false);
}

bool ExternalPort::take(uint32_t end, std::vector<uint8_t>& queue) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (queues_[end].bytes.empty()) return false;
  queue.swap(queues_[end].bytes);
  return true;
}

void ExternalPort::done(uint32_t end, size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Queue& q = queues_[end];
  q.waiting -= bytes;
  if (!q.paused || q.waiting > kLittle || q.connection == 0) return;
  q.paused = false;
  ExternalAction resume;
  resume.kind = ExternalAction::Kind::resume;
  resume.end = end;
  resume.connection = q.connection;
  add_action(std::move(resume));
}

}  // namespace venuewire

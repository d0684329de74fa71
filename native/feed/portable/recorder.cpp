// See recorder.hpp. What cannot be received cannot be recorded: each recording fails as it begins, and says so.
#include "feed/recorder.hpp"

namespace venuewire {

struct Recorder::Source {};

Recorder::Recorder(RecordConfig config) : config_(std::move(config)) {}

Recorder::~Recorder() { close(); }

void Recorder::start() {
  ReceiveDecision decision;
  Receivers none;
  const ReceiveProblem problem = open_receivers(config_.receive, {}, none, decision);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    code_ = "VW_LIVE_UNSUPPORTED";
    message_ = problem.text + "; " + problem.remedy;
  }
  done_.store(true);
}

void Recorder::close() {}

RecordCounts Recorder::counts() { return {}; }

std::string Recorder::file() { return {}; }

std::vector<ReceiveDecision> Recorder::received_by() { return {}; }

bool Recorder::failed(std::string& code, std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code = code_;
  message = message_;
  return !code_.empty();
}

}  // namespace venuewire

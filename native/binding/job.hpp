// Work on a thread of its own (a replay, a recording) that a JavaScript object owns: it is ended by `stop`, by the
// owner's destructor, or before the environment goes away, whichever comes first. JavaScript's thread only.
#pragma once
#include <memory>
#include <string>

#include "binding/arguments.hpp"

namespace venuewire {

template <class Work>
class Job {
 public:
  explicit Job(Napi::Env env) : env_(env) {}
  ~Job() { stop(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Throws VW_ENVIRONMENT_ENDED where nobody would end it.
  void hold(std::unique_ptr<Work> work) {
    work_ = std::move(work);
    hooked_ = napi_add_env_cleanup_hook(env_, &Job::on_env_end, this) == napi_ok;
    if (!hooked_) throw_coded(env_, "VW_ENVIRONMENT_ENDED", "This thread is ending");
  }
  void stop() {
    if (work_) work_->close();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &Job::on_env_end, this);
    hooked_ = false;
  }
  /// Null where it could not be made.
  [[nodiscard]] Work* operator->() const { return work_.get(); }
  [[nodiscard]] explicit operator bool() const { return work_ != nullptr; }
  /// { code, message }, or null.
  [[nodiscard]] Napi::Value failure() const {
    std::string code, message;
    if (!work_ || !work_->failed(code, message)) return env_.Null();
    Napi::Object o = Napi::Object::New(env_);
    o.Set("code", code);
    o.Set("message", message);
    return o;
  }

 private:
  static void on_env_end(void* self) {
    auto* job = static_cast<Job*>(self);
    job->hooked_ = false;
    job->stop();
  }

  Napi::Env env_;
  std::unique_ptr<Work> work_;
  bool hooked_ = false;
};

}  // namespace venuewire

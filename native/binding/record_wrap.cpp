#include "binding/record_wrap.hpp"

#include <memory>

#include "binding/arguments.hpp"
#include "binding/decision.hpp"
#include "binding/job.hpp"
#include "feed/recorder.hpp"
#include "io/address.hpp"

namespace venuewire {

namespace {

constexpr double kMostBytes = 1e15;
constexpr double kMostNs = 1e18;
constexpr double kMost32 = 4294967295.0;

class RecordWrap final : public Napi::ObjectWrap<RecordWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Recorder",
                       {InstanceMethod<&RecordWrap::call<&RecordWrap::start>>("start"),
                        InstanceMethod<&RecordWrap::call<&RecordWrap::close>>("close"),
                        InstanceMethod<&RecordWrap::call<&RecordWrap::progress>>("progress"),
                        InstanceMethod<&RecordWrap::call<&RecordWrap::failure>>("failure")});
  }

  explicit RecordWrap(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<RecordWrap>(info), env_(info.Env()), recorder_(info.Env()) {
    guarded(env_, [&] { open(info); });
  }

 private:
  template <Napi::Value (RecordWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    if (!info[0].IsObject()) throw_coded(env_, "VW_ARGUMENT", "Expected options");
    const auto o = info[0].As<Napi::Object>();
    RecordConfig config;
    config.path = text_in(o.Get("path"), "path");
    config.receive = text_in(o.Get("receive"), "receive");
    config.rotate_bytes = uint64_t(number_in(o.Get("rotateBytes"), "rotateBytes", 0, kMostBytes));
    config.rotate_ns = number_in(o.Get("rotateNs"), "rotateNs", 0, kMostNs);
    config.keep = uint32_t(number_in(o.Get("keep"), "keep", 0, kMost32));
    const auto buffer = uint32_t(number_in(o.Get("receiveBufferBytes"), "receiveBufferBytes", 0, 1 << 30));
    if (!o.Get("sources").IsArray()) throw_coded(env_, "VW_ARGUMENT", "sources must be a list");
    const auto sources = o.Get("sources").As<Napi::Array>();
    for (uint32_t i = 0; i < sources.Length(); i++) {
      config.sources.push_back(read_source(sources.Get(i)));
      config.sources.back().receive_buffer_bytes = buffer;
    }
    if (config.sources.empty()) throw_coded(env_, "VW_ARGUMENT", "There is nothing to record");
    recorder_.hold(std::make_unique<Recorder>(std::move(config)));
  }

  ReceiveConfig read_source(const Napi::Value& v) {
    if (!v.IsObject() || !v.As<Napi::Object>().Get("groups").IsArray())
      throw_coded(env_, "VW_ARGUMENT", "A source must be { interface, groups }");
    const auto o = v.As<Napi::Object>();
    ReceiveConfig out;
    out.interface = text_in(o.Get("interface"), "interface");
    const auto groups = o.Get("groups").As<Napi::Array>();
    for (uint32_t i = 0; i < groups.Length(); i++) {
      if (!groups.Get(i).IsObject()) throw_coded(env_, "VW_ARGUMENT", "A group must be { ip, port, source }");
      const auto g = groups.Get(i).As<Napi::Object>();
      ReceiveGroup group;
      group.ip = ip_in(g.Get("ip"), "ip");
      group.port = uint16_t(number_in(g.Get("port"), "port", 1, UINT16_MAX));
      const std::string source = text_in(g.Get("source"), "source");
      if (!source.empty()) group.source = ip_in(g.Get("source"), "source");
      out.groups.push_back(group);
    }
    if (out.groups.empty()) throw_coded(env_, "VW_ARGUMENT", "A source has no groups");
    return out;
  }

  static uint32_t ip_in(const Napi::Value& v, const char* name) {
    const std::optional<uint32_t> ip = parse_ipv4(text_in(v, name));
    if (!ip) throw_coded(v.Env(), "VW_ARGUMENT", std::string(name) + " must be an IPv4 address");
    return *ip;
  }

  Napi::Value start(const Napi::CallbackInfo& info) {
    if (recorder_) recorder_->start();
    return info.Env().Undefined();
  }
  Napi::Value close(const Napi::CallbackInfo& info) {
    recorder_.stop();
    return info.Env().Undefined();
  }
  Napi::Value progress(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object out = Napi::Object::New(env);
    // Looked at first: what is counted before it ends is seen.
    out.Set("done", Napi::Boolean::New(env, !recorder_ || recorder_->done()));
    const RecordCounts c = recorder_ ? recorder_->counts() : RecordCounts{};
    out.Set("packets", Napi::Number::New(env, double(c.packets)));
    out.Set("bytes", Napi::Number::New(env, double(c.bytes)));
    out.Set("files", Napi::Number::New(env, double(c.files)));
    out.Set("dropped", Napi::Number::New(env, double(c.dropped)));
    out.Set("file", recorder_ ? recorder_->file() : std::string());
    Napi::Array receive = Napi::Array::New(env);
    if (recorder_) {
      for (const ReceiveDecision& d : recorder_->received_by()) receive.Set(receive.Length(), decision_object(env, d));
    }
    out.Set("receive", receive);
    return out;
  }
  Napi::Value failure(const Napi::CallbackInfo&) { return recorder_.failure(); }

  Napi::Env env_;
  Job<Recorder> recorder_;
};

}  // namespace

void define_record(Napi::Env env, Napi::Object exports) { exports.Set("Recorder", RecordWrap::define(env)); }

}  // namespace venuewire

#include "binding/replay_wrap.hpp"

#include <arpa/inet.h>

#include <cmath>
#include <memory>

#include "binding/arguments.hpp"
#include "binding/job.hpp"
#include "feed/multicast_replay.hpp"

namespace venuewire {

namespace {

constexpr double kMost32 = 4294967295.0;
constexpr double kPriorityMost = 99;

bool read_ip(const Napi::Value& v, uint32_t& out) {
  uint8_t bytes[4];
  if (!v.IsString() || inet_pton(AF_INET, v.As<Napi::String>().Utf8Value().c_str(), bytes) != 1) return false;
  out = uint32_t(load_uint(bytes, sizeof bytes, true));
  return true;
}

class ReplayWrap final : public Napi::ObjectWrap<ReplayWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "MulticastReplay",
                       {InstanceMethod<&ReplayWrap::call<&ReplayWrap::start>>("start"),
                        InstanceMethod<&ReplayWrap::call<&ReplayWrap::close>>("close"),
                        InstanceMethod<&ReplayWrap::call<&ReplayWrap::progress>>("progress"),
                        InstanceMethod<&ReplayWrap::call<&ReplayWrap::destinations>>("destinations"),
                        InstanceMethod<&ReplayWrap::call<&ReplayWrap::failure>>("failure")});
  }

  explicit ReplayWrap(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<ReplayWrap>(info), env_(info.Env()), replay_(info.Env()) {
    guarded(env_, [&] { open(info); });
  }

 private:
  template <Napi::Value (ReplayWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    ReplayConfig config;
    if (!info[0].IsObject() || !read(info[0].As<Napi::Object>(), config))
      throw_coded(env_, "VW_ARGUMENT",
                  "Expected { file or memory, interface, ttl, speed, times, port, realtimePriority, map }");
    replay_.hold(std::make_unique<MulticastReplay>(std::move(config)));
  }
  bool read(const Napi::Object& o, ReplayConfig& out) {
    for (const char* name : {"ttl", "speed", "times", "port", "realtimePriority"}) {
      if (!o.Get(name).IsNumber()) return false;
    }
    const auto number = [&](const char* name) { return o.Get(name).As<Napi::Number>().DoubleValue(); };
    if (is_bytes(o.Get("memory"))) {
      auto memory = o.Get("memory").As<Napi::Uint8Array>();
      if (memory.Get("buffer").IsArrayBuffer()) return false;  // it could be taken away
      memory_ = Napi::Persistent(memory.As<Napi::Object>());
      out.memory = memory.Data();
      out.memory_bytes = memory.ByteLength();
    } else if (o.Get("file").IsString()) {
      out.file = o.Get("file").As<Napi::String>();
    } else {
      return false;
    }
    if (o.Get("name").IsString()) out.label = o.Get("name").As<Napi::String>();
    if (!o.Get("interface").IsString()) return false;
    out.sender.interface = o.Get("interface").As<Napi::String>();
    out.sender.ttl = uint8_t(integer(number("ttl"), 0, 255));
    out.speed = std::isfinite(number("speed")) && number("speed") > 0 ? number("speed") : 0;
    out.times = uint32_t(integer(number("times"), 0, kMost32));
    out.port = uint16_t(integer(number("port"), 0, 65535));
    out.thread.realtime_priority = int(integer(number("realtimePriority"), 0, kPriorityMost));
    out.thread.briefly = true;
    return read_map(o.Get("map"), out);
  }

  static bool read_map(const Napi::Value& value, ReplayConfig& out) {
    if (!value.IsArray()) return false;
    const auto map = value.As<Napi::Array>();
    for (uint32_t i = 0; i < map.Length(); i++) {
      if (!map.Get(i).IsObject()) return false;
      const auto o = map.Get(i).As<Napi::Object>();
      ReplayDestination d;
      if (!read_ip(o.Get("ip"), d.ip) || !read_ip(o.Get("toIp"), d.to_ip)) return false;
      if (!o.Get("port").IsNumber() || !o.Get("toPort").IsNumber()) return false;
      d.port = uint16_t(integer(o.Get("port").As<Napi::Number>().DoubleValue(), 0, 65535));
      d.to_port = uint16_t(integer(o.Get("toPort").As<Napi::Number>().DoubleValue(), 0, 65535));
      out.map.push_back(d);
    }
    return true;
  }

  Napi::Value start(const Napi::CallbackInfo& info) {
    if (replay_) replay_->start();
    return info.Env().Undefined();
  }
  Napi::Value close(const Napi::CallbackInfo& info) {
    replay_.stop();
    return info.Env().Undefined();
  }

  Napi::Value progress(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object out = Napi::Object::New(env);
    const auto set = [&](const char* name, double value) { out.Set(name, Napi::Number::New(env, value)); };
    // Looked at first: what is counted before it ends is seen.
    out.Set("done", Napi::Boolean::New(env, !replay_ || replay_->done()));
    const ReplayCounts c = replay_ ? replay_->counts() : ReplayCounts{};
    set("packets", double(c.packets));
    set("bytes", double(c.bytes));
    set("passedOver", double(c.passed_over));
    set("captureBytes", double(c.capture_bytes));
    set("passes", double(c.passes));
    set("lastLateNs", double(c.last_late_ns));
    set("mostLateNs", double(c.most_late_ns));
    const CaptureCounters f = replay_ ? replay_->capture() : CaptureCounters{};
    set("captureFrames", double(f.frames));
    set("captureSkipped", double(f.skipped() + f.fragments_dropped));
    set("captureNotIp", double(f.not_ip));
    set("captureUnknownLink", double(f.unknown_link));
    set("captureUnknownLinkType", double(f.unknown_link_type));
    set("captureUnknownEncapsulation", double(f.unknown_encapsulation));
    set("captureOtherTransports", double(f.other_transports));
    set("captureCutHeaders", double(f.cut_headers));
    set("captureBadHeaders", double(f.bad_headers));
    set("captureFragmentsLost", double(f.fragments_dropped));
    set("captureTruncated", double(f.truncated));
    return out;
  }

  Napi::Value destinations(const Napi::CallbackInfo& info) {
    Napi::Array out = Napi::Array::New(info.Env());
    if (!replay_) return out;
    for (const std::string& text : replay_->destinations()) out.Set(out.Length(), Napi::String::New(info.Env(), text));
    return out;
  }

  Napi::Value failure(const Napi::CallbackInfo&) { return replay_.failure(); }

  Napi::Env env_;
  Napi::ObjectReference memory_;
  Job<MulticastReplay> replay_;
};

}  // namespace

void define_replay(Napi::Env env, Napi::Object exports) { exports.Set("MulticastReplay", ReplayWrap::define(env)); }

}  // namespace venuewire

// See external_wrap.hpp.
#include "binding/external_wrap.hpp"

#include <set>
#include <utility>

#include "binding/arguments.hpp"
#include "binding/doorbell.hpp"
#include "io/address.hpp"

namespace venuewire {

namespace {

constexpr napi_type_tag kTag = {0x76656E7565776972u, 0x6578746572000001u};

class ExternalWrap final : public Napi::ObjectWrap<ExternalWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "External",
                       {InstanceMethod<&ExternalWrap::call<&ExternalWrap::connected>>("connected"),
                        InstanceMethod<&ExternalWrap::call<&ExternalWrap::bytes>>("bytes"),
                        InstanceMethod<&ExternalWrap::call<&ExternalWrap::datagram>>("datagram"),
                        InstanceMethod<&ExternalWrap::call<&ExternalWrap::closed>>("closed"),
                        InstanceMethod<&ExternalWrap::call<&ExternalWrap::actions>>("actions"),
                        InstanceMethod<&ExternalWrap::call<&ExternalWrap::release>>("release")});
  }

  explicit ExternalWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ExternalWrap>(info), env_(info.Env()) {
    guarded(env_, [&] { open(info); });
  }
  ~ExternalWrap() override { end(); }

  [[nodiscard]] const std::shared_ptr<ExternalPort>& port() const { return port_; }

 private:
  template <Napi::Value (ExternalWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    if (!info[0].IsArray() || !info[1].IsFunction())
      throw_coded(env_, "VW_ARGUMENT", "Expected (ends: { line, connects: boolean, index: number }[], bell: function)");
    std::vector<ExternalEnd> ends;
    const auto list = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      const Napi::Value item = list.Get(i);
      if (!item.IsObject()) throw_coded(env_, "VW_ARGUMENT", "An end must be an object");
      const auto o = item.As<Napi::Object>();
      ends.push_back({flag_in(o.Get("line"), "line"), uint16_t(number_in(o.Get("index"), "index", 0, UINT16_MAX)),
                      flag_in(o.Get("connects"), "connects")});
    }
    bell_ = UvDoorbell::make(env_, info[1].As<Napi::Function>());
    if (bell_ == nullptr) throw_coded(env_, "VW_DOORBELL", "This Node offers no event loop to wake");
    bell_->keep_alive(false);  // the feed's own does, where something does
    port_ = std::make_shared<ExternalPort>(std::move(ends), bell_);
    // The handle must be closed while the loop still runs.
    hooked_ = napi_add_env_cleanup_hook(env_, &ExternalWrap::on_env_end, this) == napi_ok;
    if (napi_type_tag_object(env_, info.This(), &kTag) == napi_ok && hooked_) return;
    end();
    throw_coded(env_, "VW_ENVIRONMENT_ENDED", "This thread is ending");
  }

  static void on_env_end(void* self) {
    auto* wrap = static_cast<ExternalWrap*>(self);
    wrap->hooked_ = false;
    wrap->end();
  }

  void end() {
    if (port_) port_->silence();
    if (bell_ != nullptr) std::exchange(bell_, nullptr)->release();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &ExternalWrap::on_env_end, this);
    hooked_ = false;
  }

  /// The connection that an event is of; unknown ones are of none, and so gone.
  static uint32_t whole(const Napi::Value& v) { return v.IsNumber() ? v.As<Napi::Number>().Uint32Value() : 0; }

  Napi::Value push(const Napi::CallbackInfo& info, const ExternalEvent& event, Bytes bytes = {}) {
    static constexpr const char* kAnswers[] = {"more", "enough", "full", "gone"};
    const uint32_t end_at = info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : UINT32_MAX;
    return Napi::String::New(info.Env(), kAnswers[size_t(port_->push(end_at, event, bytes))]);
  }
  Napi::Value connected(const Napi::CallbackInfo& info) {
    ExternalEvent event;
    event.kind = ExternalEvent::Kind::connected;
    event.connection = whole(info[1]);
    return push(info, event);
  }
  Bytes checked_bytes(const Napi::CallbackInfo& info) {
    if (!is_bytes(info[2])) throw_coded(env_, "VW_ARGUMENT", "Expected (end, connection, bytes: Uint8Array, …)");
    if (info[2].As<Napi::Uint8Array>().ByteLength() > UINT32_MAX)
      throw_coded(env_, "VW_ARGUMENT", "Too many bytes at once");
    return bytes_of(info[2]);
  }
  Napi::Value bytes(const Napi::CallbackInfo& info) {
    ExternalEvent event;
    event.kind = ExternalEvent::Kind::bytes;
    event.connection = whole(info[1]);
    event.receive_ns = time_of(info[3]);
    return push(info, event, checked_bytes(info));
  }
  Napi::Value datagram(const Napi::CallbackInfo& info) {
    ExternalEvent event;
    event.kind = ExternalEvent::Kind::datagram;
    event.connection = whole(info[1]);
    event.receive_ns = time_of(info[3]);
    if (info[4].IsString()) event.destination_ip = address_of(info[4]);
    if (info[5].IsNumber()) event.destination_port = uint16_t(number_in(info[5], "port", 0, UINT16_MAX));
    if (info[6].IsString()) event.source_ip = address_of(info[6]);
    if (info[7].IsNumber()) event.source_port = uint16_t(number_in(info[7], "port", 0, UINT16_MAX));
    return push(info, event, checked_bytes(info));
  }
  Napi::Value closed(const Napi::CallbackInfo& info) {
    const std::string text = text_in(info[2], "reason");
    ExternalEvent event;
    event.kind = ExternalEvent::Kind::closed;
    event.connection = whole(info[1]);
    event.why = Reason::connectionClosed;
    for (uint32_t i = 0; i < kReasons; i++) {
      if (text == kReasonNames[i]) event.why = Reason(i);
    }
    return push(info, event);
  }

  int64_t time_of(const Napi::Value& v) {
    if (!v.IsBigInt()) return 0;
    bool lossless = false;
    const int64_t ns = v.As<Napi::BigInt>().Int64Value(&lossless);
    return lossless && ns > 0 ? ns : 0;
  }
  uint32_t address_of(const Napi::Value& v) {
    const std::string text = v.As<Napi::String>();
    const std::optional<uint32_t> ip = parse_ipv4(text);
    if (!ip) throw_coded(env_, "VW_ARGUMENT", "Not an IPv4 address: " + text);
    return *ip;
  }

  Napi::Value actions(const Napi::CallbackInfo& info) {
    static constexpr const char* kKinds[] = {"connect", "send", "close", "abort", "resume"};
    const Napi::Env env = info.Env();
    Napi::Array list = Napi::Array::New(env);
    for (const ExternalAction& a : port_->take_actions()) {
      Napi::Object o = Napi::Object::New(env);
      o.Set("kind", kKinds[size_t(a.kind)]);
      o.Set("end", Napi::Number::New(env, a.end));
      o.Set("connection", Napi::Number::New(env, a.connection));
      if (a.kind == ExternalAction::Kind::connect) o.Set("server", Napi::Number::New(env, a.server));
      if (a.kind == ExternalAction::Kind::send) {
        Napi::Uint8Array bytes = Napi::Uint8Array::New(env, a.bytes.size());
        if (!a.bytes.empty()) std::memcpy(bytes.Data(), a.bytes.data(), a.bytes.size());
        o.Set("bytes", bytes);
      }
      list.Set(list.Length(), o);
    }
    return list;
  }
  Napi::Value release(const Napi::CallbackInfo& info) {
    end();
    return info.Env().Undefined();
  }

  Napi::Env env_;
  UvDoorbell* bell_ = nullptr;
  std::shared_ptr<ExternalPort> port_;
  bool hooked_ = false;
};

}  // namespace

void define_external(Napi::Env env, Napi::Object exports) { exports.Set("External", ExternalWrap::define(env)); }

std::shared_ptr<ExternalPort> external_port(const Napi::Value& value, const SessionSpec& spec) {
  const Napi::Env env = value.Env();
  bool is_external = false;
  if (!value.IsObject() || napi_check_object_type_tag(env, value, &kTag, &is_external) != napi_ok || !is_external) {
    throw_coded(env, "VW_ARGUMENT", "external must be an External of this addon");
  }
  std::shared_ptr<ExternalPort> port = ExternalWrap::Unwrap(value.As<Napi::Object>())->port();
  std::set<std::pair<bool, uint16_t>> seen;
  for (const ExternalEnd& e : port->ends()) {
    const bool known = e.index < (e.is_line ? spec.lines.size() : spec.requesters.size());
    if (!known || !seen.insert({e.is_line, e.index}).second) {
      throw_coded(env, "VW_ARGUMENT", "external names a line or server that is not declared, or the same one twice");
    }
  }
  if (!port->claim()) throw_coded(env, "VW_ARGUMENT", "external is another feed's");
  return port;
}

}  // namespace venuewire

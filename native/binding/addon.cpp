// Node-API: arguments, object wraps, wake-up and errors. No protocol knowledge, no mutable statics: every object hangs
// on its environment, and the environment's end stops its threads first.
#include <arpa/inet.h>
#include <napi.h>

#include <cmath>
#include <memory>

#include "binding/arguments.hpp"
#include "binding/books_wrap.hpp"
#include "binding/columns_wrap.hpp"
#include "binding/decision.hpp"
#include "binding/doorbell.hpp"
#include "binding/external_wrap.hpp"
#include "binding/fast_wrap.hpp"
#include "binding/log_wrap.hpp"
#include "binding/record_wrap.hpp"
#include "binding/replay_wrap.hpp"
#include "binding/shared_ring_wrap.hpp"
#include "feed/feed.hpp"

namespace venuewire {

namespace {

/// One that the machine does not have is refused when the thread is pinned.
constexpr double kCpuMost = 1 << 20;
constexpr double kNodeMost = 1023;
constexpr double kPriorityMost = 99;

/// The ring argument, checked: 64-byte aligned, and holding header, counters and data.
struct RingArgs {
  uint8_t* memory = nullptr;
  uint32_t data_at = 0, data_bytes = 0;
};

RingArgs read_ring(const Napi::CallbackInfo& info, const SessionSpec& spec) {
  RingArgs out;
  auto ring = info[1].As<Napi::Uint8Array>();
  out.memory = ring.Data();
  out.data_at = uint32_t(number_in(info[2], "dataAt", 0, UINT32_MAX));
  out.data_bytes = uint32_t(number_in(info[3], "dataBytes", 0, UINT32_MAX));
  const uint64_t counters =
      kCountersAt + sizeof(uint64_t) * (kFeedCounters + uint64_t(kChannelCounters) * spec.channels.size());
  const bool power = out.data_bytes >= 65536 && (out.data_bytes & (out.data_bytes - 1)) == 0;
  if (reinterpret_cast<uintptr_t>(out.memory) % 64 != 0 || out.data_at % 64 != 0 || out.data_at < counters || !power ||
      uint64_t(out.data_at) + out.data_bytes > ring.ByteLength()) {
    throw_coded(info.Env(), "VW_RING", "The ring is not aligned to 64 bytes, too small, or not a power of two");
  }
  // An ArrayBuffer can be transferred or made shorter while the feed's thread writes into it; shared memory stays.
  if (ring.Get("buffer").IsArrayBuffer())
    throw_coded(info.Env(), "VW_ARGUMENT", "The ring must be in a SharedArrayBuffer");
  return out;
}

void read_spec(const Napi::CallbackInfo& info, SessionSpec& spec) {
  if (info.Length() < 4 || !is_bytes(info[0]) || !is_bytes(info[1]) || !info[2].IsNumber() || !info[3].IsNumber()) {
    throw_coded(info.Env(), "VW_ARGUMENT",
                "Expected (spec: Uint8Array, ring: Uint8Array, dataAt: number, dataBytes: number)");
  }
  if (!spec.parse(bytes_of(info[0])))
    throw_coded(info.Env(), "VW_SPEC", "The compiled declaration does not fit this addon's version");
}

// ── Session ──────────────────────────────────────────────────────────────────────────────────────────────────────

class SessionWrap final : public Napi::ObjectWrap<SessionWrap>, public Host {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Session",
                       {InstanceMethod<&SessionWrap::call<&SessionWrap::datagram>>("datagram"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::stream>>("stream"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::connected>>("connected"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::received>>("received"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::closed>>("closed"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::service>>("service"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::actions>>("actions"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::resume>>("resume"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::settled>>("settled"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::finish>>("finish"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::ledger_balances>>("ledgerBalances"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::coverage>>("coverage"),
                        InstanceMethod<&SessionWrap::call<&SessionWrap::update_gauges>>("updateGauges")});
  }

  explicit SessionWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionWrap>(info) {
    guarded(info.Env(), [&] {
      read_spec(info, spec_);
      const RingArgs ring = read_ring(info, spec_);
      ring_ = Napi::Persistent(info[1].As<Napi::Object>());
      uint64_t* counters = reinterpret_cast<uint64_t*>(ring.memory + kCountersAt);
      writer_ =
          std::make_unique<BatchWriter>(ring.memory, ring.data_at, ring.data_bytes, spec_.catalogue, spec_.selection);
      session_ = std::make_unique<Session>(spec_, *this, *writer_, counters + kFeedCounters, FeedCounters{counters});
      Napi::MemoryManagement::AdjustExternalMemory(info.Env(), kBytes);
    });
  }
  void Finalize(Napi::BasicEnv env) override {
    if (session_ != nullptr) Napi::MemoryManagement::AdjustExternalMemory(env, -kBytes);
  }

 private:
  // What one keeps at least, measured; V8 would not know, and collect too late where many are made.
  static constexpr int64_t kBytes = 88 * 1024;

  template <Napi::Value (SessionWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  struct Wanted {
    uint8_t kind;
    uint16_t requester, server;
    std::vector<uint8_t> bytes;
  };

  void connect(uint16_t requester, uint16_t server) override { wanted_.push_back({0, requester, server, {}}); }
  void send(uint16_t requester, Bytes bytes) override {
    wanted_.push_back({1, requester, 0, std::vector<uint8_t>(bytes.data, bytes.data + bytes.size)});
  }
  void close(uint16_t requester) override { wanted_.push_back({2, requester, 0, {}}); }

  static int64_t ns(const Napi::Value& v) {
    return v.IsNumber() ? integer(v.As<Napi::Number>().DoubleValue(), 0, 9e18) : 0;
  }
  static uint32_t index(const Napi::Value& v) { return v.IsNumber() ? v.As<Napi::Number>().Uint32Value() : ~0u; }
  bool line_ok(const Napi::CallbackInfo& info, uint32_t line) {
    if (line < spec_.lines.size() && is_bytes(info[1])) return true;
    throw_coded(info.Env(), "VW_ARGUMENT", "Expected (line: number of a declared line, bytes: Uint8Array, …)");
  }
  bool requester_ok(const Napi::CallbackInfo& info, uint32_t requester, bool with_bytes = false) {
    if (requester < session_->requesters() && (!with_bytes || is_bytes(info[1]))) return true;
    throw_coded(info.Env(), "VW_ARGUMENT",
                with_bytes ? "Expected (requester, bytes: Uint8Array, …)" : "No such requester");
  }

  Napi::Value datagram(const Napi::CallbackInfo& info) {
    const uint32_t line = index(info[0]);
    if (line_ok(info, line)) session_->datagram(uint16_t(line), bytes_of(info[1]), ns(info[2]), ns(info[3]));
    return info.Env().Undefined();
  }
  Napi::Value stream(const Napi::CallbackInfo& info) {
    const uint32_t line = index(info[0]);
    if (!line_ok(info, line)) return info.Env().Undefined();
    return Napi::Boolean::New(info.Env(),
                              session_->stream(uint16_t(line), bytes_of(info[1]), ns(info[2]), ns(info[3])));
  }
  Napi::Value connected(const Napi::CallbackInfo& info) {
    const uint32_t q = index(info[0]);
    if (requester_ok(info, q)) session_->requester(uint16_t(q)).connected(ns(info[1]));
    return info.Env().Undefined();
  }
  Napi::Value received(const Napi::CallbackInfo& info) {
    const uint32_t q = index(info[0]);
    if (requester_ok(info, q, true)) session_->requester(uint16_t(q)).received(bytes_of(info[1]), ns(info[2]));
    return info.Env().Undefined();
  }
  Napi::Value closed(const Napi::CallbackInfo& info) {
    const uint32_t q = index(info[0]);
    if (!requester_ok(info, q)) return info.Env().Undefined();
    const std::string text = text_in(info[1], "reason");
    Reason why = Reason::connectionClosed;
    for (uint32_t i = 0; i < kReasons; i++) {
      if (text == kReasonNames[i]) why = Reason(i);
    }
    session_->requester(uint16_t(q)).closed(why, 0, ns(info[2]));
    return info.Env().Undefined();
  }
  Napi::Value service(const Napi::CallbackInfo& info) {
    const int64_t now = ns(info[0]);
    if (session_->blocked()) session_->resume(now);
    session_->service(now);
    (void)writer_->publish();
    const int64_t at = session_->deadline();
    return Napi::Number::New(info.Env(), at == INT64_MAX ? HUGE_VAL : double(at));
  }
  Napi::Value actions(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    static constexpr const char* kKinds[] = {"connect", "send", "close"};
    const std::vector<Wanted> wanted = std::move(wanted_);
    wanted_.clear();
    Napi::Array list = Napi::Array::New(env, wanted.size());
    for (size_t i = 0; i < wanted.size(); i++) {
      const Wanted& w = wanted[i];
      Napi::Object o = Napi::Object::New(env);
      o.Set("kind", kKinds[w.kind]);
      o.Set("requester", Napi::Number::New(env, w.requester));
      if (w.kind == 0) o.Set("server", Napi::Number::New(env, w.server));
      if (w.kind == 1) {
        Napi::Uint8Array bytes = Napi::Uint8Array::New(env, w.bytes.size());
        if (!w.bytes.empty()) std::memcpy(bytes.Data(), w.bytes.data(), w.bytes.size());
        o.Set("bytes", bytes);
      }
      list.Set(uint32_t(i), o);
    }
    return list;
  }
  Napi::Value resume(const Napi::CallbackInfo& info) {
    session_->resume(ns(info[0]));
    return info.Env().Undefined();
  }
  Napi::Value settled(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), session_->settled()); }
  Napi::Value finish(const Napi::CallbackInfo& info) {
    session_->finish(Reason::closed, ns(info[0]));
    session_->update_gauges();
    (void)writer_->publish();
    return info.Env().Undefined();
  }
  /// For each requester the bits of the actions and of the outcomes that replies have led to.
  Napi::Value coverage(const Napi::CallbackInfo& info) {
    Napi::Array out = Napi::Array::New(info.Env());
    for (uint16_t i = 0; i < session_->requesters(); i++) {
      const Requester& q = session_->requester(i);
      Napi::Array pair = Napi::Array::New(info.Env(), 2);
      pair.Set(0u, q.actions_seen());
      pair.Set(1u, q.outcomes_seen());
      out.Set(uint32_t(i), pair);
    }
    return out;
  }
  Napi::Value ledger_balances(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), session_->ledger_balances());
  }
  Napi::Value update_gauges(const Napi::CallbackInfo& info) {
    session_->update_gauges();
    return info.Env().Undefined();
  }

  SessionSpec spec_;
  Napi::ObjectReference ring_;
  std::vector<Wanted> wanted_;
  std::unique_ptr<BatchWriter> writer_;
  std::unique_ptr<Session> session_;
};

// ── Feed ─────────────────────────────────────────────────────────────────────────────────────────────────────────

class FeedWrap final : public Napi::ObjectWrap<FeedWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Feed",
                       {InstanceMethod<&FeedWrap::call<&FeedWrap::start>>("start"),
                        InstanceMethod<&FeedWrap::call<&FeedWrap::close>>("close"),
                        InstanceMethod<&FeedWrap::call<&FeedWrap::wait>>("wait"),
                        InstanceMethod<&FeedWrap::call<&FeedWrap::failure>>("failure"),
                        InstanceMethod<&FeedWrap::call<&FeedWrap::describe>>("describe"),
                        InstanceMethod<&FeedWrap::call<&FeedWrap::keep_alive>>("keepAlive")});
  }

  explicit FeedWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FeedWrap>(info), env_(info.Env()) {
    guarded(env_, [&] { open(info); });
  }
  ~FeedWrap() override { stop(); }

 private:
  template <Napi::Value (FeedWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    SessionSpec spec;
    read_spec(info, spec);
    const RingArgs ring = read_ring(info, spec);
    if (!info[4].IsObject()) throw_coded(env_, "VW_ARGUMENT", "Expected a source");
    SourceConfig source = read_source(info[4].As<Napi::Object>(), spec);
    ring_ = Napi::Persistent(info[1].As<Napi::Object>());
    memory_ = ring.memory;
    if (info[5].IsFunction()) {
      bell_ = UvDoorbell::make(env_, info[5].As<Napi::Function>());
      if (bell_ == nullptr) throw_coded(env_, "VW_DOORBELL", "This Node offers no event loop to wake");
    }
    try {
      feed_ =
          std::make_unique<Feed>(std::move(spec), ring.memory, ring.data_at, ring.data_bytes, std::move(source), bell_);
    } catch (...) {
      stop();
      throw;
    }
    // Threads must be gone before the environment is; close() takes the hook away again.
    hooked_ = napi_add_env_cleanup_hook(env_, &FeedWrap::on_env_end, this) == napi_ok;
    if (hooked_) return;
    stop();
    throw_coded(env_, "VW_ENVIRONMENT_ENDED", "This thread is ending");
  }

  SourceConfig read_source(const Napi::Object& o, const SessionSpec& spec) {
    SourceConfig out;
    const std::string kind = text_in(o.Get("kind"), "kind");
    out.live = kind == "live";
    if (!out.live && kind != "capture") throw_coded(env_, "VW_ARGUMENT", "kind must be live or capture");
    out.thread.cpu = int(number_in(o.Get("cpu"), "cpu", -1, kCpuMost));
    out.thread.numa_node = int(number_in(o.Get("numaNode"), "numaNode", -1, kNodeMost));
    out.thread.realtime_priority = int(number_in(o.Get("realtimePriority"), "realtimePriority", 0, kPriorityMost));
    if (out.live) {
      out.receive_buffer_bytes = uint32_t(number_in(o.Get("receiveBufferBytes"), "receiveBufferBytes", 0, 1 << 30));
      out.busy_poll_us = uint32_t(number_in(o.Get("busyPollUs"), "busyPollUs", 0, 1'000'000));
      out.prefer_busy_poll = flag_in(o.Get("preferBusyPoll"), "preferBusyPoll");
      out.stamps = flag_in(o.Get("stamps"), "stamps");
      out.spin = flag_in(o.Get("spin"), "spin");
      if (o.Get("receive").IsString()) out.receive = o.Get("receive").As<Napi::String>();
      if (!o.Get("external").IsUndefined()) out.external = external_port(o.Get("external"), spec);
      return out;
    }
    if (is_bytes(o.Get("memory"))) {
      auto memory = o.Get("memory").As<Napi::Uint8Array>();
      // An ArrayBuffer can be transferred or made shorter while the feed's thread reads it; shared memory stays.
      if (memory.Get("buffer").IsArrayBuffer())
        throw_coded(env_, "VW_ARGUMENT", "The bytes of a capture must be in a SharedArrayBuffer");
      capture_ = Napi::Persistent(memory.As<Napi::Object>());
      out.memory = memory.Data();
      out.memory_bytes = memory.ByteLength();
    } else {
      out.file = text_in(o.Get("file"), "file");
    }
    if (o.Get("name").IsString()) out.label = o.Get("name").As<Napi::String>();
    out.packets = flag_in(o.Get("packets"), "packets");
    if (o.Get("speed").IsNumber()) out.speed = o.Get("speed").As<Napi::Number>().DoubleValue();
    if (!o.Get("routes").IsArray()) throw_coded(env_, "VW_ARGUMENT", "routes must be a list");
    const auto routes = o.Get("routes").As<Napi::Array>();
    for (uint32_t i = 0; i < routes.Length(); i++) out.routes.push_back(read_route(routes.Get(i), spec));
    return out;
  }

  Route read_route(const Napi::Value& v, const SessionSpec& spec) {
    if (!v.IsObject()) throw_coded(env_, "VW_ARGUMENT", "A route must be an object");
    const auto r = v.As<Napi::Object>();
    Route route;
    const std::string ip = text_in(r.Get("ip"), "ip");
    route.any_ip = ip == "*";
    const bool six = ip.find(':') != std::string::npos;
    uint8_t bytes[16] = {};
    if (!route.any_ip && inet_pton(six ? AF_INET6 : AF_INET, ip.c_str(), bytes) != 1)
      throw_coded(env_, "VW_ARGUMENT", "Not an IP address: " + ip);
    route.ip = six ? IpAddress::v6(bytes) : IpAddress::v4(uint32_t(load_uint(bytes, 4, true)));
    route.port = uint16_t(number_in(r.Get("port"), "port", 0, UINT16_MAX));
    const int64_t line = number_in(r.Get("line"), "line", 0, UINT16_MAX);
    if (uint64_t(line) >= spec.lines.size())
      throw_coded(env_, "VW_ARGUMENT", "A route names a line that is not declared");
    route.line = uint16_t(line);
    return route;
  }

  static void on_env_end(void* self) {
    auto* wrap = static_cast<FeedWrap*>(self);
    wrap->hooked_ = false;
    wrap->stop();
  }

  void stop() {
    if (feed_) {
      feed_->close();
      // Tables and windows go now: a loop of opens and closes that never waits would keep them until it does.
      failed_ = feed_->failed(failure_code_, failure_);
      report_ = feed_->describe();
      received_by_ = feed_->received_by();
      foreign_ = feed_->foreign();
      feed_.reset();
    }
    if (bell_) {
      bell_->release();
      bell_ = nullptr;
    }
    // The thread is gone: what it read and wrote is the reader's alone, and need not wait for this object's collection.
    ring_.Reset();
    capture_.Reset();
    memory_ = nullptr;
    if (hooked_) {
      napi_remove_env_cleanup_hook(env_, &FeedWrap::on_env_end, this);
      hooked_ = false;
    }
  }

  Napi::Value start(const Napi::CallbackInfo& info) {
    if (feed_) feed_->start();
    return info.Env().Undefined();
  }
  Napi::Value close(const Napi::CallbackInfo& info) {
    stop();
    return info.Env().Undefined();
  }
  Napi::Value wait(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) throw_coded(info.Env(), "VW_ARGUMENT", "Expected (timeoutMs: number)");
    if (memory_ == nullptr) return Napi::Boolean::New(info.Env(), true);
    const uint32_t seen = std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory_ + kTailAt)).load();
    // Whole days at most: a wait is not for ever, and the arithmetic stays exact.
    const int64_t timeout_ns = integer(info[0].As<Napi::Number>().DoubleValue() * 1e6, 0, 86'400e9);
    return Napi::Boolean::New(info.Env(), feed_ && feed_->wait(seen, timeout_ns));
  }
  Napi::Value failure(const Napi::CallbackInfo& info) {
    if (feed_) failed_ = feed_->failed(failure_code_, failure_);
    if (!failed_) return info.Env().Null();
    Napi::Object o = Napi::Object::New(info.Env());
    o.Set("code", failure_code_);
    o.Set("message", failure_);
    return o;
  }
  Napi::Value describe(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object o = Napi::Object::New(env);
    Napi::Array lines = Napi::Array::New(env);
    if (feed_) report_ = feed_->describe();
    for (const LineReport& r : report_) {
      Napi::Object l = Napi::Object::New(env);
      l.Set("name", r.name);
      l.Set("receiveBufferBytes", Napi::Number::New(env, r.receive_buffer_bytes));
      l.Set("bufferIsShort", Napi::Boolean::New(env, r.buffer_is_short));
      l.Set("kernelDrops", Napi::Number::New(env, double(r.kernel_drops)));
      lines.Set(lines.Length(), l);
    }
    o.Set("lines", lines);
    if (feed_) received_by_ = feed_->received_by();
    Napi::Array receive = Napi::Array::New(env);
    for (const ReceiveReport& r : received_by_) receive.Set(receive.Length(), decision_of(env, r));
    o.Set("receive", receive);
    if (feed_) foreign_ = feed_->foreign();
    Napi::Array foreign = Napi::Array::New(env);
    for (const std::string& destination : foreign_) foreign.Set(foreign.Length(), destination);
    o.Set("foreign", foreign);
    return o;
  }
  static Napi::Object decision_of(Napi::Env env, const ReceiveReport& r) {
    Napi::Object o = decision_object(env, r.decision);
    o.Set("interface", r.interface);
    Napi::Array lines = Napi::Array::New(env);
    for (const std::string& name : r.lines) lines.Set(lines.Length(), name);
    o.Set("lines", lines);
    return o;
  }
  Napi::Value keep_alive(const Napi::CallbackInfo& info) {
    if (bell_) bell_->keep_alive(info[0].ToBoolean());
    return info.Env().Undefined();
  }

  Napi::Env env_;
  Napi::ObjectReference ring_, capture_;
  uint8_t* memory_ = nullptr;
  UvDoorbell* bell_ = nullptr;
  std::unique_ptr<Feed> feed_;
  // Of a feed that is closed.
  bool failed_ = false;
  std::string failure_code_, failure_;
  std::vector<LineReport> report_;
  std::vector<ReceiveReport> received_by_;
  std::vector<std::string> foreign_;
  bool hooked_ = false;
};

Napi::Value alignment(const Napi::CallbackInfo& info) {
  if (!is_bytes(info[0])) {
    throw_coded(info.Env(), "VW_ARGUMENT", "Expected a Uint8Array");
  }
  const auto at = reinterpret_cast<uintptr_t>(info[0].As<Napi::Uint8Array>().Data());
  return Napi::Number::New(info.Env(), double((64 - at % 64) % 64));
}

/// Walks each message of a buffer (length, 4 bytes little-endian, then the message) by a compiled table: what the walks
/// saw as one number, and how many messages were sound, malformed, of no known type.
Napi::Value digest(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !is_bytes(info[0]) || !is_bytes(info[1])) {
    throw_coded(env, "VW_ARGUMENT", "Expected (catalogue: Uint8Array, messages: Uint8Array)");
  }
  Catalogue catalogue;
  SpecReader spec(bytes_of(info[0]));
  if (!catalogue.parse(spec)) {
    throw_coded(env, "VW_SPEC", "The compiled table does not fit this addon's version");
  }
  const Bytes all = bytes_of(info[1]);
  uint64_t total = 0, messages = 0, malformed = 0, unknown = 0;
  for (uint64_t at = 0; all.holds(at, 4);) {
    const Bytes message{all.data + at + 4, uint32_t(load_uint(all.data + at, 4, false))};
    if (!all.holds(at + 4, message.size)) break;
    at += 4 + uint64_t(message.size);
    const uint16_t index = catalogue.classify(message);
    Fnv1a64 one;
    if (index == Catalogue::kUnknown) {
      unknown++;
    } else if (catalogue.check_length(index, message.size) != Catalogue::LengthCheck::ok ||
               !catalogue.digest(index, message, one)) {
      malformed++;
    } else {
      messages++;
      total = total * 0x100000001b3ull + one.value;
    }
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("digest", Napi::BigInt::New(env, total));
  result.Set("messages", Napi::Number::New(env, double(messages)));
  result.Set("malformed", Napi::Number::New(env, double(malformed)));
  result.Set("unknown", Napi::Number::New(env, double(unknown)));
  return result;
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value call(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return function(info); });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("contract", Napi::Number::New(env, kContract));
  exports.Set("Session", SessionWrap::define(env));
  exports.Set("Feed", FeedWrap::define(env));
  define_external(env, exports);
  define_fast(env, exports);
  define_log(env, exports);
  define_shared_ring(env, exports);
  define_replay(env, exports);
  define_record(env, exports);
  define_books(env, exports);
  define_columns(env, exports);
  exports.Set("alignment", Napi::Function::New<call<alignment>>(env, "alignment"));
  exports.Set("digest", Napi::Function::New<call<digest>>(env, "digest"));
  return exports;
}

}  // namespace

}  // namespace venuewire

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return venuewire::init(env, exports); }
NODE_API_MODULE(venuewire, Init)

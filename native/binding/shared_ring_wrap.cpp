#include "binding/shared_ring_wrap.hpp"

#include <memory>

#include "binding/arguments.hpp"
#include "contract/contract.hpp"
#include "io/shared_ring.hpp"

namespace venuewire {

namespace {

constexpr double kDataMost = double(1ull << 34);
constexpr double kWaitMostMs = 60'000;
constexpr int64_t kNanosPerMs = 1'000'000;

/// A part of an array, checked: (bytes, offset, length).
Bytes part_of(const Napi::CallbackInfo& info, size_t first) {
  if (info.Length() < first + 3 || !is_bytes(info[first])) {
    throw_coded(info.Env(), "VW_ARGUMENT", "Expected (bytes: Uint8Array, offset, length: number)");
  }
  const Bytes all = bytes_of(info[first]);
  const int64_t offset = number_in(info[first + 1], "offset", 0, all.size);
  const int64_t length = number_in(info[first + 2], "length", 0, double(all.size - uint32_t(offset)));
  return {all.data + offset, uint32_t(length)};
}

class WriterWrap final : public Napi::ObjectWrap<WriterWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SharedRingWriter",
                       {InstanceMethod<&WriterWrap::most>("most"), InstanceMethod<&WriterWrap::publish>("publish"),
                        InstanceMethod<&WriterWrap::close>("close")});
  }
  explicit WriterWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<WriterWrap>(info) {
    guarded(info.Env(), [&] {
      const std::string path = text_in(info[0], "path");
      const auto bytes = uint64_t(number_in(info[1], "bytes", 65536, kDataMost));
      if ((bytes & (bytes - 1)) != 0) throw_coded(info.Env(), "VW_ARGUMENT", "bytes must be a power of two");
      if (!is_bytes(info[2])) throw_coded(info.Env(), "VW_ARGUMENT", "Expected (path, bytes, said: Uint8Array)");
      auto made = std::make_unique<SharedRingWriter>();
      bool taken = false;
      const std::string error = made->create(path, bytes, kContract, bytes_of(info[2]), taken);
      if (!error.empty()) throw_coded(info.Env(), taken ? "VW_IPC_TAKEN" : "VW_IPC_OPEN", path + ": " + error);
      writer_ = std::move(made);
    });
  }

 private:
  SharedRingWriter& open(Napi::Env env) {
    if (!writer_) throw_coded(env, "VW_IPC_CLOSED", "The writer is closed");
    return *writer_;
  }
  Napi::Value most(const Napi::CallbackInfo& info) {
    return guarded(info.Env(),
                   [&]() -> Napi::Value { return Napi::Number::New(info.Env(), double(open(info.Env()).most())); });
  }
  /// (bytes, offset, length, entries, position)
  Napi::Value publish(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
      SharedRingWriter& writer = open(env);
      const Bytes records = part_of(info, 0);
      if (records.size > writer.most()) throw_coded(env, "VW_ARGUMENT", "The records are longer than a block can be");
      writer.publish(records, uint32_t(number_in(info[3], "entries", 0, UINT32_MAX)),
                     uint64_t(number_in(info[4], "position", 0, 9007199254740991.0)));
      return env.Undefined();
    });
  }
  Napi::Value close(const Napi::CallbackInfo& info) {
    if (writer_) writer_->end();
    writer_.reset();
    return info.Env().Undefined();
  }
  std::unique_ptr<SharedRingWriter> writer_;
};

/// Sleeps on a thread of libuv, for at most so long: the environment's end is not kept waiting.
class Sleep final : public Napi::AsyncWorker {
 public:
  Sleep(Napi::Env env, std::shared_ptr<SharedRingReader> reader, int64_t timeout_ns)
      : Napi::AsyncWorker(env), done_(Napi::Promise::Deferred::New(env)), reader_(std::move(reader)), ns_(timeout_ns) {}
  Napi::Promise promise() const { return done_.Promise(); }
  void Execute() override { reader_->wait(ns_); }
  void OnOK() override { done_.Resolve(Env().Undefined()); }

 private:
  Napi::Promise::Deferred done_;
  std::shared_ptr<SharedRingReader> reader_;
  int64_t ns_;
};

class ReaderWrap final : public Napi::ObjectWrap<ReaderWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SharedRingReader",
                       {InstanceMethod<&ReaderWrap::said>("said"), InstanceMethod<&ReaderWrap::most>("most"),
                        InstanceMethod<&ReaderWrap::read>("read"), InstanceMethod<&ReaderWrap::change>("change"),
                        InstanceMethod<&ReaderWrap::is_abandoned>("isAbandoned"),
                        InstanceMethod<&ReaderWrap::is_replaced>("isReplaced")});
  }
  explicit ReaderWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ReaderWrap>(info) {
    guarded(info.Env(), [&] {
      const std::string path = text_in(info[0], "path");
      auto made = std::make_shared<SharedRingReader>();
      const std::string error = made->open(path, kContract);
      if (!error.empty()) throw_coded(info.Env(), "VW_IPC_OPEN", path + ": " + error);
      reader_ = std::move(made);
    });
  }

 private:
  Napi::Value said(const Napi::CallbackInfo& info) {
    const Bytes said = reader_->said();
    Napi::Uint8Array out = Napi::Uint8Array::New(info.Env(), said.size);
    if (said.size > 0) std::memcpy(out.Data(), said.data, said.size);
    return out;
  }
  Napi::Value most(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), double(reader_->most())); }
  /// (into: Uint8Array, state: Float64Array): what was found; bytes of records, entries and position into `state`.
  Napi::Value read(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
      if (info.Length() < 2 || !is_bytes(info[0]) || !info[1].IsTypedArray() ||
          info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array ||
          info[1].As<Napi::TypedArray>().ElementLength() < 3) {
        throw_coded(env, "VW_ARGUMENT", "Expected (into: Uint8Array, state: Float64Array)");
      }
      auto into = info[0].As<Napi::Uint8Array>();
      auto state = info[1].As<Napi::Float64Array>();
      SharedRingBlock block{};
      const SharedRingReader::Found found = reader_->read(into.Data(), into.ByteLength(), block);
      state[0] = block.records;
      state[1] = block.entries;
      state[2] = double(block.position);
      return Napi::Number::New(env, double(found));
    });
  }
  /// (timeoutMs): a promise of a change, or of the time's end.
  Napi::Value change(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
      const auto ns = int64_t(number_in(info[0], "timeoutMs", 0, kWaitMostMs)) * kNanosPerMs;
      auto* sleep = new Sleep(env, reader_, ns);
      const Napi::Promise promise = sleep->promise();
      sleep->Queue();
      return promise;
    });
  }
  Napi::Value is_abandoned(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), reader_->is_abandoned());
  }
  Napi::Value is_replaced(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), reader_->is_replaced());
  }
  std::shared_ptr<SharedRingReader> reader_;
};

}  // namespace

void define_shared_ring(Napi::Env env, Napi::Object exports) {
  exports.Set("SharedRingWriter", WriterWrap::define(env));
  exports.Set("SharedRingReader", ReaderWrap::define(env));
}

}  // namespace venuewire

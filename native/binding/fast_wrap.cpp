#include "binding/fast_wrap.hpp"

#include <algorithm>
#include <memory>

#include "binding/arguments.hpp"
#include "core/catalogue.hpp"
#include "core/fast.hpp"

namespace venuewire {

namespace {

class FastWrap final : public Napi::ObjectWrap<FastWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "FastDecoder",
                       {InstanceMethod<&FastWrap::call<&FastWrap::reset>>("reset"),
                        InstanceMethod<&FastWrap::call<&FastWrap::decode>>("decode"),
                        InstanceMethod<&FastWrap::call<&FastWrap::record>>("record"),
                        InstanceMethod<&FastWrap::call<&FastWrap::digest>>("digest"),
                        InstanceMethod<&FastWrap::call<&FastWrap::counts>>("counts")});
  }

  explicit FastWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FastWrap>(info) {
    guarded(info.Env(), [&] { open(info); });
  }

 private:
  template <Napi::Value (FastWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    bool good = info.Length() >= 6 && is_bytes(info[0]);
    for (size_t i = 1; good && i < 5; i++) good = info[i].IsNumber();
    if (!good) {
      throw_coded(info.Env(), "VW_ARGUMENT",
                  "Expected (program: Uint8Array, text, entries, depth, record: number, strict: boolean)");
    }
    SpecReader spec(bytes_of(info[0]));
    if (!program_.parse(spec)) {
      throw_coded(info.Env(), "VW_SPEC", "The compiled program does not fit this addon's version");
    }
    const auto number = [&](size_t i, double most) {
      return uint32_t(integer(info[i].As<Napi::Number>().DoubleValue(), 0, most));
    };
    const FastLimits limits{number(1, 1 << 30), number(2, 1 << 30), number(3, FastLimits::kDeepest),
                            number(4, 1 << 30)};
    decoder_ = std::make_unique<FastDecoder>(program_, limits, info[5].ToBoolean());
  }

  Napi::Value reset(const Napi::CallbackInfo& info) {
    decoder_->reset();
    return info.Env().Undefined();
  }

  /// (bytes, offset, end, into, state): the record into `into` where it fits; error, next, record size and failed field
  /// into `state`.
  Napi::Value decode(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 5 || !is_bytes(info[0]) || !info[1].IsNumber() || !info[2].IsNumber() || !is_bytes(info[3]) ||
        !info[4].IsTypedArray() || info[4].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array ||
        info[4].As<Napi::TypedArray>().ElementLength() < 4) {
      throw_coded(env, "VW_ARGUMENT",
                  "Expected (bytes: Uint8Array, offset: number, end: number, into: Uint8Array, state: Float64Array)");
    }
    const Bytes all = bytes_of(info[0]);
    const auto end = uint32_t(integer(info[2].As<Napi::Number>().DoubleValue(), 0, all.size));
    const auto at = uint32_t(integer(info[1].As<Napi::Number>().DoubleValue(), 0, end));
    auto state = info[4].As<Napi::Float64Array>();
    state[0] = double(decoder_->decode(all.first(end), at));
    state[1] = decoder_->next();
    state[2] = decoder_->record().size;
    state[3] = decoder_->failed_field() == FastDecoder::kNowhere ? -1 : double(decoder_->failed_field());
    copy(info[3].As<Napi::Uint8Array>());
    return env.Undefined();
  }
  void copy(Napi::Uint8Array into) {
    const Bytes r = decoder_->record();
    if (r.size > 0 && r.size <= into.ByteLength()) std::memcpy(into.Data(), r.data, r.size);
  }
  /// The last record again, for who had too little room.
  Napi::Value record(const Napi::CallbackInfo& info) {
    if (is_bytes(info[0])) copy(info[0].As<Napi::Uint8Array>());
    return info.Env().Undefined();
  }

  /// All messages of a stream, with `preamble` bytes in front of each, as one number; it ends at the first error.
  Napi::Value digest(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 2 || !is_bytes(info[0]) || !info[1].IsNumber()) {
      throw_coded(env, "VW_ARGUMENT", "Expected (bytes: Uint8Array, preamble: number)");
    }
    const Bytes all = bytes_of(info[0]);
    const auto preamble = uint64_t(integer(info[1].As<Napi::Number>().DoubleValue(), 0, 65'535));
    uint64_t total = 0, messages = 0;
    FastError error = FastError::none;
    for (uint32_t at = 0; at < all.size; at = decoder_->next()) {
      error = decoder_->decode(all, uint32_t(std::min<uint64_t>(at + preamble, all.size)));
      if (error != FastError::none) break;
      Fnv1a64 one;
      const Bytes r = decoder_->record();
      one.bytes(r.data, r.size);
      total = total * 0x100000001b3ull + one.value;
      messages++;
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("digest", Napi::BigInt::New(env, total));
    result.Set("messages", Napi::Number::New(env, double(messages)));
    result.Set("error", Napi::String::New(env, kFastErrorNames[uint32_t(error)]));
    return result;
  }

  Napi::Value counts(const Napi::CallbackInfo& info) {
    Napi::Object o = Napi::Object::New(info.Env());
    for (uint32_t i = 0; i < kFastErrors; i++)
      o.Set(kFastErrorNames[i], Napi::Number::New(info.Env(), double(decoder_->counts()[i])));
    return o;
  }

  FastProgram program_;
  std::unique_ptr<FastDecoder> decoder_;
};

}  // namespace

void define_fast(Napi::Env env, Napi::Object exports) { exports.Set("FastDecoder", FastWrap::define(env)); }

}  // namespace venuewire

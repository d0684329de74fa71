#include "binding/columns_wrap.hpp"

#include <vector>

#include "binding/arguments.hpp"
#include "core/columns.hpp"

namespace venuewire {

namespace {

class ColumnsWrap final : public Napi::ObjectWrap<ColumnsWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Columns",
                       {InstanceMethod<&ColumnsWrap::call<&ColumnsWrap::memory>>("memory"),
                        InstanceMethod<&ColumnsWrap::call<&ColumnsWrap::take>>("take"),
                        InstanceMethod<&ColumnsWrap::call<&ColumnsWrap::records>>("records")});
  }

  /// (compiled table and specification, ring or null, dataAt, dataBytes)
  explicit ColumnsWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ColumnsWrap>(info) {
    guarded(info.Env(), [&] { open(info); });
  }

 private:
  template <Napi::Value (ColumnsWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 4 || !is_bytes(info[0]) || !(info[1].IsNull() || is_bytes(info[1])) || !info[2].IsNumber() ||
        !info[3].IsNumber()) {
      throw_coded(env, "VW_ARGUMENT", "Expected (compiled, ring: Uint8Array or null, dataAt, dataBytes: number)");
    }
    SpecReader spec(bytes_of(info[0]));
    const bool has_ring = !info[1].IsNull();
    if ((has_ring && !catalogue_.parse(spec)) || !writer_.parse(spec, has_ring ? &catalogue_ : nullptr)) {
      throw_coded(env, "VW_SPEC", "The compiled columns do not fit this addon's version");
    }
    memory_.resize(writer_.tables());
    if (!has_ring) return;
    const Bytes ring = bytes_of(info[1]);
    const auto at = uint32_t(integer(info[2].As<Napi::Number>().DoubleValue(), 0, 1u << 30));
    const auto bytes = uint32_t(integer(info[3].As<Napi::Number>().DoubleValue(), 0, 1u << 30));
    if (!ring.holds(at, bytes) || bytes < 64 || (bytes & (bytes - 1)) != 0) {
      throw_coded(env, "VW_ARGUMENT", "The ring is too small");
    }
    ring_ = Napi::Persistent(info[1].As<Napi::Object>());
    data_ = ring.data + at;
    mask_ = bytes / kUnitBytes - 1;
  }

  /// The bytes of a typed array of any kind
  [[nodiscard]] static Bytes memory_of(const Napi::Value& v) {
    if (!v.IsTypedArray()) return {};
    const auto array = v.As<Napi::TypedArray>();
    // Node-API knows shared memory by its address only through the array itself.
    void* data = nullptr;
    size_t length = 0;
    napi_get_typedarray_info(v.Env(), v, nullptr, &length, &data, nullptr, nullptr);
    return {static_cast<const uint8_t*>(data), uint32_t(length * array.ElementSize())};
  }

  /// (table, capacity, arrays, bits)
  Napi::Value memory(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 4 || !info[2].IsArray() || !info[3].IsArray()) {
      throw_coded(env, "VW_ARGUMENT", "Expected (table, capacity: number, arrays, bits: typed arrays)");
    }
    const auto table = size_t(number_in(info[0], "table", 0, double(memory_.size()) - 1));
    const auto capacity = uint32_t(number_in(info[1], "capacity", 0, 1u << 30));
    const auto arrays = info[2].As<Napi::Array>(), bits = info[3].As<Napi::Array>();
    std::vector<Napi::ObjectReference> kept;
    writer_.capacity(table, 0);
    for (uint32_t c = 0; c < writer_.columns(table); c++) {
      const Napi::Value cells_given = arrays.Get(c), bits_given = bits.Get(c);
      const Bytes cells = memory_of(cells_given), marks = memory_of(bits_given);
      if (cells.size / writer_.cell_bytes(table, c) < capacity ||
          (writer_.nullable(table, c) && uint64_t(marks.size) * 8 < capacity)) {
        throw_coded(env, "VW_ARGUMENT", "A column has no room for its rows");
      }
      writer_.memory(table, c, const_cast<uint8_t*>(cells.data), const_cast<uint8_t*>(marks.data));
      kept.push_back(Napi::Persistent(cells_given.As<Napi::Object>()));
      if (marks.size > 0) kept.push_back(Napi::Persistent(bits_given.As<Napi::Object>()));
    }
    writer_.capacity(table, capacity);
    memory_[table] = std::move(kept);
    return env.Undefined();
  }

  /// (from, to, state: Float64Array)
  Napi::Value take(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const bool typed = info.Length() >= 3 && info[0].IsNumber() && info[1].IsNumber() && info[2].IsTypedArray() &&
                       info[2].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
    if (!typed || data_ == nullptr) throw_coded(env, "VW_ARGUMENT", "Expected (from, to: number, state: Float64Array)");
    auto state = info[2].As<Napi::Float64Array>();
    if (state.ElementLength() < kHead + 2 * writer_.tables()) throw_coded(env, "VW_ARGUMENT", "The state is too short");
    const uint32_t from = info[0].As<Napi::Number>().Uint32Value(), to = info[1].As<Napi::Number>().Uint32Value();
    if (to - from > mask_ + 1) throw_coded(env, "VW_ARGUMENT", "The range is longer than the ring");
    const auto taken = writer_.take(data_, mask_, from, to);
    state[0] = double(taken.messages);
    state[1] = taken.sound ? 1 : 0;
    state[2] = double(taken.others);
    for (size_t t = 0; t < writer_.tables(); t++) {
      state[kHead + 2 * t] = writer_.rows(t);
      state[kHead + 1 + 2 * t] = writer_.malformed(t);
    }
    return env.Undefined();
  }

  /// (records: Uint8Array, size, first)
  Napi::Value records(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 3 || !is_bytes(info[0]) || writer_.tables() != 1) {
      throw_coded(env, "VW_ARGUMENT", "Expected (records: Uint8Array, size, first: number)");
    }
    const Bytes all = bytes_of(info[0]);
    const auto size = uint32_t(number_in(info[1], "size", 1, 1u << 20));
    const auto first = uint32_t(number_in(info[2], "first", 0, 1u << 30));
    if (!writer_.records(all.data, all.size / size, size, first)) {
      throw_coded(env, "VW_ARGUMENT", "There is no room for the records");
    }
    return env.Undefined();
  }

  static constexpr size_t kHead = 3;  // of the state, before what is said of each table
  Catalogue catalogue_;
  ColumnWriter writer_;
  Napi::ObjectReference ring_;
  std::vector<std::vector<Napi::ObjectReference>> memory_;
  const uint8_t* data_ = nullptr;
  uint32_t mask_ = 0;
};

}  // namespace

void define_columns(Napi::Env env, Napi::Object exports) { exports.Set("Columns", ColumnsWrap::define(env)); }

}  // namespace venuewire

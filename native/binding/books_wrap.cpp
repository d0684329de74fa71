#include "binding/books_wrap.hpp"

#include <algorithm>
#include <memory>

#include "binding/arguments.hpp"
#include "core/book_reader.hpp"

namespace venuewire {

namespace {

class BooksWrap final : public Napi::ObjectWrap<BooksWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Books",
                       {InstanceMethod<&BooksWrap::call<&BooksWrap::take>>("take"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::save>>("save"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::load>>("load"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::restart>>("restart"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::depth>>("depth"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::queue>>("queue"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::keys>>("keys"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::name>>("name"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::instruments>>("instruments"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::updates>>("updates"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::size>>("size"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::counters>>("counters"),
                        InstanceMethod<&BooksWrap::call<&BooksWrap::consistent>>("consistent")});
  }

  /// (compiled table and program, ring, dataAt, dataBytes, tops or null)
  explicit BooksWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BooksWrap>(info) {
    guarded(info.Env(), [&] { open(info); });
  }

 private:
  template <Napi::Value (BooksWrap::*method)(const Napi::CallbackInfo&)>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*method)(info); });
  }

  void open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 5 || !is_bytes(info[0]) || !is_bytes(info[1]) || !info[2].IsNumber() || !info[3].IsNumber() ||
        !(info[4].IsNull() || is_bytes(info[4]))) {
      throw_coded(env, "VW_ARGUMENT",
                  "Expected (compiled, ring: Uint8Array, dataAt, dataBytes: number, tops: Uint8Array or null)");
    }
    SpecReader spec(bytes_of(info[0]));
    EventProgram program;
    if (!catalogue_.parse(spec) || !program.parse(spec, catalogue_)) {
      throw_coded(env, "VW_SPEC", "The compiled table does not fit this addon's version");
    }
    const Bytes ring = bytes_of(info[1]);
    const auto at = uint32_t(integer(info[2].As<Napi::Number>().DoubleValue(), 0, 1u << 30));
    const auto bytes = uint32_t(integer(info[3].As<Napi::Number>().DoubleValue(), 0, 1u << 30));
    BookTop* tops = nullptr;
    bool fits = ring.holds(at, bytes) && bytes >= 64 && (bytes & (bytes - 1)) == 0;
    if (!info[4].IsNull()) {
      const Bytes memory = bytes_of(info[4]);
      tops = reinterpret_cast<BookTop*>(const_cast<uint8_t*>(memory.data));
      fits &= memory.size / sizeof(BookTop) >= program.books().instruments_max &&
              reinterpret_cast<uintptr_t>(memory.data) % alignof(BookTop) == 0;
      tops_ = Napi::Persistent(info[4].As<Napi::Object>());
    }
    if (!fits) {
      throw_coded(env, "VW_ARGUMENT", "The ring or the table of best prices is too small");
    }
    ring_ = Napi::Persistent(info[1].As<Napi::Object>());
    program_ = std::move(program);
    data_ = ring.data + at;
    data_bytes_ = bytes;
    top_records_ = tops;
    make();
  }

  void make() { reader_ = std::make_unique<BookReader>(catalogue_, program_, data_, data_bytes_, top_records_); }

  Napi::Value restart(const Napi::CallbackInfo& info) {
    const uint32_t used = books().instruments();
    reader_.reset();
    if (top_records_ != nullptr) std::fill_n(top_records_, used, BookTop{});
    make();
    return info.Env().Undefined();
  }

  [[nodiscard]] Books& books() { return reader_->books(); }

  template <class T>
  [[nodiscard]] static bool array(const Napi::Value& v, napi_typedarray_type type, T*& data, uint32_t& length) {
    if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != type) return false;
    auto a = v.As<Napi::TypedArrayOf<T>>();
    data = a.Data();
    length = uint32_t(a.ElementLength());
    return true;
  }

  /// (from, to, events: Uint8Array or null, state: Float64Array of position, events, more, sound and, where it has a
  /// fifth, the position of the notice behind which it has stopped, or -1)
  Napi::Value take(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    double* state = nullptr;
    uint32_t length = 0;
    if (info.Length() < 4 || !info[0].IsNumber() || !info[1].IsNumber() || !(info[2].IsNull() || is_bytes(info[2])) ||
        !array(info[3], napi_float64_array, state, length) || length < 4) {
      throw_coded(env, "VW_ARGUMENT", "Expected (from, to: number, events: Uint8Array or null, state: Float64Array)");
    }
    Event* into = nullptr;
    uint32_t most = 0;
    if (!info[2].IsNull()) {
      const Bytes memory = bytes_of(info[2]);
      into = reinterpret_cast<Event*>(const_cast<uint8_t*>(memory.data));
      most = memory.size / uint32_t(sizeof(Event));
    }
    const bool each_notice = length > 4;
    const auto taken = reader_->take(info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value(),
                                     into, most, each_notice);
    state[0] = taken.position;
    state[1] = taken.events;
    state[2] = taken.more ? 1 : 0;
    state[3] = taken.sound ? 1 : 0;
    if (each_notice) state[4] = taken.notice == BookReader::Taken::kNoNotice ? -1 : double(taken.notice);
    return env.Undefined();
  }

  /// A checkpoint: bytes of their own
  Napi::Value save(const Napi::CallbackInfo& info) {
    std::vector<uint8_t> out;
    reader_->save(out);
    auto bytes = Napi::Uint8Array::New(info.Env(), out.size());
    std::copy(out.begin(), out.end(), bytes.Data());
    return bytes;
  }

  /// (checkpoint: Uint8Array): whether it is one for these roles
  Napi::Value load(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !is_bytes(info[0])) {
      throw_coded(info.Env(), "VW_ARGUMENT", "Expected (checkpoint: Uint8Array)");
    }
    return Napi::Boolean::New(info.Env(), reader_->load(bytes_of(info[0])));
  }

  [[nodiscard]] bool place(const Napi::CallbackInfo& info, uint32_t& instrument, BookSide& side) {
    if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsNumber()) return false;
    instrument = info[0].As<Napi::Number>().Uint32Value();
    const uint32_t s = info[1].As<Napi::Number>().Uint32Value();
    side = BookSide(s & 1);
    return instrument < books().instruments() && s < 2;
  }

  /// (instrument, side, prices, sizes: BigInt64Array, orders: Uint32Array): how many levels, best first
  Napi::Value depth(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    uint32_t instrument = 0, n = 0, sizes_length = 0, orders_length = 0;
    BookSide side = BookSide::bid;
    int64_t *prices = nullptr, *sizes = nullptr;
    uint32_t* orders = nullptr;
    if (!place(info, instrument, side) || !array(info[2], napi_bigint64_array, prices, n) ||
        !array(info[3], napi_bigint64_array, sizes, sizes_length) ||
        !array(info[4], napi_uint32_array, orders, orders_length)) {
      throw_coded(env, "VW_ARGUMENT", "Expected (instrument, side, prices, sizes: BigInt64Array, orders: Uint32Array)");
    }
    n = std::min({n, sizes_length, orders_length});
    levels_.resize(n);
    n = books().depth(instrument, side, levels_.data(), n);
    for (uint32_t i = 0; i < n; i++) {
      prices[i] = levels_[i].price;
      sizes[i] = levels_[i].size;
      orders[i] = levels_[i].orders;
    }
    return Napi::Number::New(env, n);
  }

  /// (instrument, side, price: bigint, ids: BigUint64Array): how many orders, in priority
  Napi::Value queue(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    uint32_t instrument = 0, n = 0;
    BookSide side = BookSide::bid;
    uint64_t* ids = nullptr;
    if (!place(info, instrument, side) || !info[2].IsBigInt() || !array(info[3], napi_biguint64_array, ids, n)) {
      throw_coded(env, "VW_ARGUMENT", "Expected (instrument, side, price: bigint, ids: BigUint64Array)");
    }
    bool lossless = false;
    const int64_t price = info[2].As<Napi::BigInt>().Int64Value(&lossless);
    return Napi::Number::New(env, books().queue(instrument, side, price, ids, n));
  }

  /// (from, into: BigUint64Array): the keys of instruments `from` and on
  Napi::Value keys(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    uint64_t* into = nullptr;
    uint32_t room = 0;
    if (info.Length() < 2 || !info[0].IsNumber() || !array(info[1], napi_biguint64_array, into, room)) {
      throw_coded(env, "VW_ARGUMENT", "Expected (from: number, into: BigUint64Array)");
    }
    uint32_t n = 0;
    for (uint32_t i = info[0].As<Napi::Number>().Uint32Value(); i < books().instruments() && n < room; i++) {
      into[n++] = books().key_of(i);
    }
    return Napi::Number::New(env, n);
  }

  /// (instrument): its symbol, in the bytes of ISO 8859-1
  Napi::Value name(const Napi::CallbackInfo& info) {
    const uint32_t i = info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : kNoInstrument;
    static const std::string kNone;
    const std::string& text = i < books().instruments() ? books().name_of(i) : kNone;
    napi_value out = nullptr;
    napi_create_string_latin1(info.Env(), text.data(), text.size(), &out);
    return Napi::Value(info.Env(), out);
  }

  Napi::Value instruments(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), books().instruments());
  }

  Napi::Value updates(const Napi::CallbackInfo& info) {
    const uint32_t i = info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : kNoInstrument;
    return Napi::Number::New(info.Env(), i < books().instruments() ? double(books().updates(i)) : 0);
  }

  Napi::Value size(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), books().size()); }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object o = Napi::Object::New(env);
    const auto set = [&](const char* name, uint64_t v) { o.Set(name, Napi::Number::New(env, double(v))); };
    const BookCounters& c = books().counters();
    set("messages", reader_->messages());
    set("operations", c.operations);
    set("events", c.events);
    set("unknownOrders", c.unknown_orders);
    set("duplicateOrders", c.duplicate_orders);
    set("overfilled", c.overfilled);
    set("unknownLevels", c.unknown_levels);
    set("crossed", c.crossed);
    set("locked", c.locked);
    set("refused", c.refused);
    set("trades", c.trades);
    set("mostOrders", c.most_orders);
    set("malformed", reader_->malformed());
    set("orders", books().orders());
    set("levels", books().levels());
    set("bytes", books().bytes());
    return o;
  }

  Napi::Value consistent(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), books().consistent());
  }

  Catalogue catalogue_;
  Napi::ObjectReference ring_, tops_;
  EventProgram program_;
  const uint8_t* data_ = nullptr;
  uint32_t data_bytes_ = 0;
  BookTop* top_records_ = nullptr;
  std::unique_ptr<BookReader> reader_;
  std::vector<BookLevel> levels_;
};

}  // namespace

void define_books(Napi::Env env, Napi::Object exports) { exports.Set("Books", BooksWrap::define(env)); }

}  // namespace venuewire

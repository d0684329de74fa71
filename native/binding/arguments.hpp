// What the wraps share: arguments checked, errors with a code.
#pragma once
#include <napi.h>

#include <cmath>
#include <string>

#include "core/wire.hpp"

namespace venuewire {

inline void throw_coded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
}

inline bool is_bytes(const Napi::Value& v) {
  return v.IsTypedArray() && v.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
}

/// A number of JavaScript's as an integer: what is none, or beyond the limits, is brought inside them.
inline int64_t integer(double v, double least, double most) {
  if (std::isnan(v)) return int64_t(least > 0 ? least : 0);
  return int64_t(v < least ? least : v > most ? most : v);
}

inline Bytes bytes_of(const Napi::Value& v) {
  auto a = v.As<Napi::Uint8Array>();
  return {a.Data(), uint32_t(a.ByteLength())};
}

}  // namespace venuewire

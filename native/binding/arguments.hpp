// What the wraps share: arguments checked, errors with a code.
#pragma once
#include <napi.h>

#include <cmath>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "core/wire.hpp"

namespace venuewire {

[[noreturn]] inline void throw_coded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  throw error;
}

/// Runs what JavaScript called. No C++ exception passes into Node but those that Node-API turns into JavaScript's.
template <class Call>
auto guarded(Napi::Env env, Call&& call) {
  try {
    return call();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw_coded(env, "VW_MEMORY", "There is not enough memory");
  } catch (const std::length_error&) {
    throw_coded(env, "VW_MEMORY", "There is not enough memory");
  } catch (const std::system_error& error) {
    throw_coded(env, "VW_THREAD", std::string("A thread could not be started: ") + error.what());
  } catch (const std::exception& error) {
    throw_coded(env, "VW_INTERNAL", error.what());
  }
}

inline bool is_bytes(const Napi::Value& v) {
  return v.IsTypedArray() && v.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
}

/// A number of JavaScript's as an integer: what is none, or beyond the limits, is brought inside them.
inline int64_t integer(double v, double least, double most) {
  if (std::isnan(v)) return int64_t(least > 0 ? least : 0);
  return int64_t(v < least ? least : v > most ? most : v);
}

/// A number within the limits; anything else is an error that names it.
inline int64_t number_in(const Napi::Value& v, const char* name, double least, double most) {
  const double number = v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : NAN;
  if (std::isnan(number) || number < least || number > most) {
    throw_coded(v.Env(), "VW_ARGUMENT",
                std::string(name) + " must be a number from " + std::to_string(int64_t(least)) + " to " +
                    std::to_string(int64_t(most)));
  }
  return int64_t(number);
}
inline bool flag_in(const Napi::Value& v, const char* name) {
  if (!v.IsBoolean()) throw_coded(v.Env(), "VW_ARGUMENT", std::string(name) + " must be true or false");
  return v.As<Napi::Boolean>();
}
inline std::string text_in(const Napi::Value& v, const char* name) {
  if (!v.IsString()) throw_coded(v.Env(), "VW_ARGUMENT", std::string(name) + " must be text");
  return v.As<Napi::String>();
}

inline Bytes bytes_of(const Napi::Value& v) {
  auto a = v.As<Napi::Uint8Array>();
  return {a.Data(), uint32_t(a.ByteLength())};
}

}  // namespace venuewire

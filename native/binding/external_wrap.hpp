// Connections that JavaScript carries, as an object that a feed is opened with.
#pragma once
#include <napi.h>

#include <memory>

#include "core/session.hpp"
#include "feed/external_port.hpp"

namespace venuewire {

void define_external(Napi::Env env, Napi::Object exports);

/// The port of an `External`, checked against the declaration. Throws `VW_ARGUMENT`.
[[nodiscard]] std::shared_ptr<ExternalPort> external_port(const Napi::Value& value, const SessionSpec& spec);

}  // namespace venuewire

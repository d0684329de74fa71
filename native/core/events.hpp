// Normalised events: one record of 64 bytes for every feed (`Event` of the contract), with the meanings of Databento's
// DBN, so that a conversion loses nothing.
#pragma once
#include "contract/contract.hpp"

namespace venuewire {

/// No price, no size: as in DBN.
inline constexpr int64_t kNoPrice = INT64_MAX;
inline constexpr int64_t kNoSize = INT64_MAX;

}  // namespace venuewire

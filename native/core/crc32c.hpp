// CRC-32C (Castagnoli, RFC 3720 section 12.1): what a block of the event log is checked by. By the processor's own
// instruction where it has one, else by tables; both give the same.
#pragma once
#include "core/wire.hpp"

namespace venuewire {

/// Of `bytes`, as a continuation of `before` (0: of nothing).
[[nodiscard]] uint32_t crc32c(Bytes bytes, uint32_t before = 0);

/// The same by tables, on any machine: for tests, and for processors without the instruction.
[[nodiscard]] uint32_t crc32c_portable(Bytes bytes, uint32_t before = 0);

}  // namespace venuewire

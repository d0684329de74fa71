// Writes messages to a server: the bytes that are declared, with values put in at their places.
#pragma once
#include <vector>

#include "core/recovery_spec.hpp"

namespace venuewire {

/// What can be filled into a message.
struct TemplateValues {
  uint64_t of[kVariables] = {};  ///< by Variable, those that are numbers
  SessionId session;             ///< none: the current one, written as blanks
  Bytes echo;                    ///< text of the message that is answered (FIX)

  uint64_t& operator[](Variable v) { return of[uint32_t(v)]; }
  uint64_t operator[](Variable v) const { return of[uint32_t(v)]; }
};

/// Appends the message to `out`. Of a tag=value message BodyLength and CheckSum are computed.
void write_template(const Template& t, const TemplateValues& values, std::vector<uint8_t>& out);

}  // namespace venuewire

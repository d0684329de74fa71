// Books as bytes, and back: what a program that ends saves, so that the next one goes on from there. The form
// (docs/books.md) has a version, and says of each channel how far it goes. Little-endian, without padding.
#pragma once
#include <vector>

#include "core/books.hpp"
#include "core/event_program.hpp"
#include "core/spec.hpp"

namespace venuewire {

/// How far a channel had been taken, and in which session.
struct BookPosition {
  uint64_t next = 0;  ///< the number of the next message; 0: nothing has come
  uint64_t session_high = 0, session_low = 0;
  bool stale = false;
};

class BookCheckpoint {
 public:
  static constexpr uint32_t kMagic = 0x4B425756;  // "VWBK"
  static constexpr uint16_t kVersion = 1;

  static void save(const Books& books, const EventProgram& program, const std::vector<BookPosition>& channels,
                   std::vector<uint8_t>& out);
  /// False: the bytes are no checkpoint of this version and of these roles, or contradict themselves; the books, which
  /// were empty, are not to be used then.
  [[nodiscard]] static bool load(Bytes bytes, Books& books, EventProgram& program, std::vector<BookPosition>& channels);

 private:
  class Writer;
  static void save_side(const Books& books, uint32_t where, Writer& w);
  [[nodiscard]] static bool load_side(Books& books, uint32_t where, SpecReader& r);
  [[nodiscard]] static bool load_level(Books& books, uint32_t where, SpecReader& r);
  [[nodiscard]] static bool load_instrument(Books& books, uint32_t number, SpecReader& r);
};

}  // namespace venuewire

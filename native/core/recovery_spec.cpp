#include "core/recovery_spec.hpp"

namespace venuewire {

bool Template::sound() const {
  for (const Patch& p : patches) {
    const bool text = p.encoding == Encoding::fix_field || p.encoding == Encoding::fix_time;
    const bool number = p.encoding == Encoding::uint_big || p.encoding == Encoding::uint_little;
    if (size_t(p.offset) + (text ? 0u : p.width) > bytes.size() || (!text && p.width == 0) || (number && p.width > 8))
      return false;
  }
  return true;
}

}  // namespace venuewire

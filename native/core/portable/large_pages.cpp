// See wish_for_large_pages in pages.hpp: POSIX has no such wish.
#include "core/pages.hpp"

namespace venuewire {

void wish_for_large_pages(void*, uint64_t) {}

}  // namespace venuewire

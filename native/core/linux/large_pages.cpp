// See wish_for_large_pages in pages.hpp.
#include "core/pages.hpp"

namespace venuewire {

void wish_for_large_pages(void* from, uint64_t bytes) { (void)madvise(from, bytes, MADV_HUGEPAGE); }

}  // namespace venuewire

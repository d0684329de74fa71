// See capture_input.hpp.
#include "io/capture_input.hpp"

#include <algorithm>
#include <new>

#include "io/gzip_source.hpp"

namespace venuewire {

bool CaptureInput::make_room(uint64_t held) {
  if (held < capacity_) return true;
  const uint64_t capacity = std::max<uint64_t>(kWindowBytes, 2 * capacity_);
  std::unique_ptr<uint8_t[]> larger(new (std::nothrow) uint8_t[capacity]);
  if (!larger) return false;
  if (held != 0) std::memcpy(larger.get(), window_.get(), held);
  window_ = std::move(larger);
  capacity_ = capacity;
  return true;
}

/// The first bytes say whether the capture is packed; they then go through the unpacker.
void CaptureInput::unpack() {
  looked_ = true;
  packed_ = std::memcmp(window_.get(), GzipSource::kMagic, sizeof GzipSource::kMagic) == 0;
  if (!packed_) return;
  source_ = std::make_unique<GzipSource>(std::move(source_), Bytes{window_.get(), uint32_t(held_)});
  held_ = 0;
}

bool CaptureInput::fill(CaptureReader& reader) {
  const uint64_t used = reader.offset() - begin_;
  held_ -= used;
  begin_ += used;
  if (held_ != 0) std::memmove(window_.get(), window_.get() + used, held_);
  while (status_ == SourceStatus::bytes) {
    if (!make_room(held_)) {
      problem_ = "there is no memory for a record of " + std::to_string(reader.wanted()) + " bytes";
      status_ = SourceStatus::damaged;
      break;
    }
    uint32_t got = 0;
    status_ = source_->read(window_.get() + held_, uint32_t(capacity_ - held_), got);
    held_ += got;
    if (status_ != SourceStatus::bytes) break;
    if (!looked_ && held_ >= sizeof GzipSource::kMagic) {
      unpack();
      if (packed_) continue;
    }
    if (held_ < reader.wanted()) continue;
    reader.show(window_.get(), held_, false);
    return true;
  }
  reader.show(window_.get(), held_, true);
  return false;
}

uint64_t CaptureInput::position(const CaptureReader& reader) const {
  return packed_ ? source_->position() : reader.offset();
}

}  // namespace venuewire

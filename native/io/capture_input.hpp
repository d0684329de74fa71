// Brings a source's bytes to a CaptureReader, a window at a time, and unpacks gzip on the way. Holds one window, which
// grows only for a record that really is longer.
#pragma once
#include <memory>

#include "io/byte_source.hpp"
#include "io/capture.hpp"

namespace venuewire {

class CaptureInput {
 public:
  explicit CaptureInput(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  /// After the reader has said `more`: waits for bytes and shows them. False: the reader has been shown all there is,
  /// and status() says why it ends there.
  [[nodiscard]] bool fill(CaptureReader& reader);
  [[nodiscard]] SourceStatus status() const { return status_; }
  [[nodiscard]] const std::string& problem() const { return problem_.empty() ? source_->problem() : problem_; }
  /// Bytes of the file that were needed for what `reader` has read.
  [[nodiscard]] uint64_t position(const CaptureReader& reader) const;
  [[nodiscard]] bool packed() const { return packed_; }

 private:
  static constexpr uint32_t kWindowBytes = 512 << 10;

  [[nodiscard]] bool make_room(uint64_t held);
  void unpack();

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<uint8_t[]> window_;
  uint64_t capacity_ = 0;
  uint64_t held_ = 0;   // bytes in the window
  uint64_t begin_ = 0;  // of the window, in the capture
  bool looked_ = false;
  bool packed_ = false;
  std::string problem_;
  SourceStatus status_ = SourceStatus::bytes;
};

}  // namespace venuewire

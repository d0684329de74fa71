// Unpacks gzip (RFC 1952, any number of members) as it is read, in memory that does not depend on what it unpacks to.
// Uses the zlib that Node carries, or else the system's.
#pragma once
#include <vector>

#include "io/byte_source.hpp"

namespace venuewire {

struct ZlibStream;

class GzipSource final : public ByteSource {
 public:
  static constexpr uint8_t kMagic[2] = {0x1F, 0x8B};

  /// `taken`: bytes of `packed` that were read before.
  GzipSource(std::unique_ptr<ByteSource> packed, Bytes taken);
  ~GzipSource() override;

  [[nodiscard]] SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) override;
  [[nodiscard]] uint64_t position() const override;

 private:
  enum class Place : uint8_t { before, inside, between };

  [[nodiscard]] SourceStatus refill();
  [[nodiscard]] SourceStatus step(uint8_t* into, uint32_t size, uint32_t& got);
  [[nodiscard]] SourceStatus begin_member();
  SourceStatus fail(SourceStatus status, const std::string& what);

  std::unique_ptr<ByteSource> packed_;
  std::unique_ptr<ZlibStream> stream_;
  std::vector<uint8_t> input_;
  Place place_ = Place::before;
  bool ready_ = false;  // zlib has been asked for its state
  SourceStatus final_ = SourceStatus::bytes;
};

}  // namespace venuewire

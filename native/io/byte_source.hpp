// Where the bytes of a capture come from, front to back: a file, a pipe, memory. Used by one thread. Nothing here maps
// a file: what another process cuts off meanwhile is then the end of the data and not the end of this process.
#pragma once
#include <memory>
#include <string>

#include "core/wire.hpp"

namespace venuewire {

class EventLoop;

/// `unreadable`: it cannot be read at all; `damaged`: what was read so far is good. See ByteSource::problem().
enum class SourceStatus : uint8_t { bytes, end, stopped, unreadable, damaged };

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Puts 1 to `size` bytes at `into` and says how many in `got`; waits until there is one. Anything but `bytes` is
  /// final.
  [[nodiscard]] virtual SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) = 0;
  /// Bytes taken of the file, pipe or memory so far.
  [[nodiscard]] virtual uint64_t position() const = 0;
  [[nodiscard]] const std::string& problem() const { return problem_; }

 protected:
  std::string problem_;
};

/// A regular file, a FIFO, a device, or what a descriptor of this process leads to.
class FileSource final : public ByteSource {
 public:
  /// `loop` is where reading waits; waking it ends the wait with `stopped`. It outlives the source.
  explicit FileSource(EventLoop& loop) : loop_(loop) {}
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  /// A path, or `-` for standard input. False: see problem(). Never waits, not even for the writer of a FIFO.
  [[nodiscard]] bool open(const std::string& path);
  [[nodiscard]] SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) override;
  [[nodiscard]] uint64_t position() const override { return position_; }

 private:
  bool fail(const std::string& what, int system_error);
  [[nodiscard]] bool wait();

  EventLoop& loop_;
  int fd_ = -1;
  bool own_ = false;    // to be closed here
  bool waits_ = false;  // a read may have to wait for a writer
  bool sized_ = false;
  uint64_t size_ = 0;  // of a regular file, when it was opened
  uint64_t position_ = 0;
};

/// Memory that stays, but that others may be writing to: each byte is copied once, before anything looks at it.
class MemorySource final : public ByteSource {
 public:
  MemorySource(const uint8_t* data, uint64_t size) : data_(data), size_(size) {}
  [[nodiscard]] SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) override;
  [[nodiscard]] uint64_t position() const override { return position_; }

 private:
  const uint8_t* data_;
  uint64_t size_;
  uint64_t position_ = 0;
};

}  // namespace venuewire

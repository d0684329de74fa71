// A ring in a file that one process writes and others read, each from a position of its own: one copy of the data, and
// the writer waits for nobody. Who is overtaken finds out, and goes on with what is newest. Host byte order: it is for
// one machine.
//
// The file: a head, what the writer says of itself, and the data. Blocks of 32 bytes lie behind one another in the
// data; none crosses its end, where a pad fills what is left. The writer claims what it is about to overwrite, writes
// it, and publishes it; a reader copies, and looks at the claim afterwards. A writer that is killed between the two
// leaves a claim behind, and nothing that was published is damaged.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/wire.hpp"

namespace venuewire {

struct SharedRingHead {
  static constexpr uint64_t kMagic = 0x474E'4952'5756'0001ull;
  uint64_t magic;
  uint32_t contract;  ///< what the records are laid out by
  uint32_t said_bytes;
  uint64_t data_at;
  uint64_t data_bytes;  ///< a power of two
  alignas(64) std::atomic<uint64_t> published;
  std::atomic<uint64_t> last;  ///< where the newest block begins: one that is overtaken goes on there
  alignas(64) std::atomic<uint64_t> claimed;
  alignas(64) std::atomic<uint32_t> bell;  ///< changes with each block
  std::atomic<uint32_t> sleepers;
  std::atomic<uint32_t> ended;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

/// In front of each block's records.
struct SharedRingBlock {
  uint32_t bytes;     ///< with this head, a multiple of its size
  uint32_t records;   ///< bytes of them
  uint64_t position;  ///< of the first entry
  uint32_t entries;
  uint32_t is_pad;
  uint64_t number;  ///< where it was published: what is not the same is no head
};
static_assert(sizeof(SharedRingBlock) == 32);

/// A file in memory; unmapped and closed with the object. `error` says what failed.
class SharedFile {
 public:
  SharedFile() = default;
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;
  /// A new one in place of whatever has the name, kept from other writers. `taken`: somebody writes there.
  [[nodiscard]] bool create(const std::string& path, uint64_t bytes, bool& taken, std::string& error);
  [[nodiscard]] bool open(const std::string& path, std::string& error);
  /// Whether nobody holds it as its writer any more.
  [[nodiscard]] bool is_abandoned() const;
  /// Whether the name is another file's by now.
  [[nodiscard]] bool is_replaced(const std::string& path) const;
  [[nodiscard]] uint8_t* data() const { return data_; }
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  [[nodiscard]] bool map(uint64_t bytes, std::string& error);
  int fd_ = -1;
  uint8_t* data_ = nullptr;
  uint64_t size_ = 0;
};

class SharedRingWriter {
 public:
  /// Empty: it was made.
  [[nodiscard]] std::string create(const std::string& path, uint64_t data_bytes, uint32_t contract, Bytes said,
                                   bool& taken);
  /// The longest block of records.
  [[nodiscard]] uint64_t most() const { return head_->data_bytes / 4 - sizeof(SharedRingBlock); }
  void publish(Bytes records, uint32_t entries, uint64_t position);
  void end();

 private:
  SharedFile file_;
  SharedRingHead* head_ = nullptr;
  uint8_t* data_ = nullptr;
};

class SharedRingReader {
 public:
  enum class Found : uint8_t { nothing, block, lost, ended, damaged, no_room };
  [[nodiscard]] std::string open(const std::string& path, uint32_t contract);
  [[nodiscard]] Bytes said() const;
  /// Copies the next block's records. `lost`: it was overtaken, and goes on with what is newest.
  [[nodiscard]] Found read(uint8_t* into, uint64_t room, SharedRingBlock& block);
  /// Sleeps until there is more, or for so long.
  void wait(int64_t timeout_ns);
  [[nodiscard]] bool is_abandoned() const { return file_.is_abandoned(); }
  [[nodiscard]] bool is_replaced() const { return file_.is_replaced(path_); }
  [[nodiscard]] uint64_t most() const { return head_->data_bytes / 4; }

 private:
  [[nodiscard]] bool overtaken(uint64_t data_bytes) const;
  SharedFile file_;
  std::string path_;
  SharedRingHead* head_ = nullptr;
  const uint8_t* data_ = nullptr;
  uint64_t data_bytes_ = 0;  ///< as it was when it was checked
  uint32_t said_bytes_ = 0;
  uint64_t at_ = 0;
};

/// Sleeps while `word` is `value`, in whatever process; may return early. Linux: futex; elsewhere: a short sleep.
void shared_wait(const std::atomic<uint32_t>& word, uint32_t value, int64_t timeout_ns);
void shared_wake(const std::atomic<uint32_t>& word);

}  // namespace venuewire

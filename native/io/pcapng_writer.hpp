// Writes a pcapng file: one section, its interfaces, frames with times in nanoseconds, and at its end what each
// interface lost. Bytes go to the file in large pieces; a file that cannot be written on ends behind its last whole
// block. Belongs to one thread.
#pragma once
#include <string>
#include <vector>

#include "core/wire.hpp"

namespace venuewire {

class PcapngWriter {
 public:
  struct Interface {
    std::string name;
    uint16_t link = 0;  ///< link type as in the registry of the tcpdump group
    std::string filter = {};
  };

  PcapngWriter() = default;
  ~PcapngWriter() { (void)close(); }
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;

  /// A new file; one of that name is overwritten. False: see error(), which is ESPIPE for a pipe or a socket.
  [[nodiscard]] bool open(const std::string& path, const std::vector<Interface>& interfaces);
  /// `vlan`: a tag to be put back into an Ethernet frame, type and control information; 0: none.
  [[nodiscard]] bool frame(uint32_t interface, int64_t time_ns, Bytes bytes, uint32_t original, uint32_t vlan = 0);
  /// Interface statistics: frames that were received, and that were lost, since the recording began.
  [[nodiscard]] bool statistics(uint32_t interface, int64_t time_ns, uint64_t received, uint64_t dropped);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool close();

  /// Bytes of this file so far.
  [[nodiscard]] uint64_t bytes() const { return written_ + buffer_.size(); }
  /// Nothing is in it but what the file begins with.
  [[nodiscard]] bool is_empty() const { return bytes() == begun_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int error() const { return error_; }

 private:
  [[nodiscard]] bool open_file(const std::string& path);
  void put(uint64_t value, uint32_t width);
  void put_text_option(uint32_t code, const std::string& text);
  void put_number_option(uint32_t code, uint64_t value);
  void put_time(int64_t time_ns);
  void pad();
  /// Begins a block; end_block() fills in its lengths.
  void begin_block(uint32_t type);
  void end_block();

  int fd_ = -1;
  int error_ = 0;
  uint64_t written_ = 0;
  uint64_t begun_ = 0;  // bytes that a file begins with
  size_t block_at_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace venuewire

// See pcapng_writer.hpp. Block and option codes are those of draft-ietf-opsawg-pcapng.
#include "io/pcapng_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace venuewire {
namespace {

constexpr size_t kFlushBytes = 1 << 20;
constexpr uint32_t kSectionBlock = 0x0A0D0D0A, kInterfaceBlock = 1, kStatisticsBlock = 5, kPacketBlock = 6;
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint32_t kApplication = 4;                          // options of the section
constexpr uint32_t kName = 2, kResolution = 9, kFilter = 11;  // of an interface
constexpr uint32_t kReceived = 4, kDropped = 5;               // of its statistics
constexpr uint32_t kNanoseconds = 9;                          // ten to the power of minus so much
constexpr uint32_t kAddressBytes = 12;                        // of an Ethernet header, in front of a tag
constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kBlockHeader = 8;

}  // namespace

void PcapngWriter::put(uint64_t value, uint32_t width) {
  const size_t at = buffer_.size();
  buffer_.resize(at + width);
  store_uint(buffer_.data() + at, value, width, false);
}

void PcapngWriter::pad() { buffer_.resize((buffer_.size() - block_at_ + 3) / 4 * 4 + block_at_); }

void PcapngWriter::put_text_option(uint32_t code, const std::string& text) {
  if (text.empty()) return;
  put(code, 2);
  put(text.size(), 2);
  buffer_.insert(buffer_.end(), text.begin(), text.end());
  pad();
}

void PcapngWriter::put_number_option(uint32_t code, uint64_t value) {
  put(code, 2);
  put(8, 2);
  put(value, 8);
}

void PcapngWriter::put_time(int64_t time_ns) {
  put(uint64_t(time_ns) >> 32, 4);
  put(uint64_t(time_ns), 4);
}

void PcapngWriter::begin_block(uint32_t type) {
  block_at_ = buffer_.size();
  put(type, 4);
  put(0, 4);
}

void PcapngWriter::end_block() {
  pad();
  const size_t length = buffer_.size() - block_at_ + 4;
  put(length, 4);
  store_uint(buffer_.data() + block_at_ + 4, length, 4, false);
}

/// Without O_NONBLOCK, opening a FIFO waits until somebody reads it. What is no file is left as it is.
bool PcapngWriter::open_file(const std::string& path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
  struct stat status;
  if (fd_ < 0) {
    error_ = errno == ENXIO ? ESPIPE : errno;
  } else if (::fstat(fd_, &status) != 0 || ::fcntl(fd_, F_SETFL, 0) != 0) {
    error_ = errno;
  } else if (S_ISREG(status.st_mode)) {
    error_ = ::ftruncate(fd_, 0) == 0 ? 0 : errno;
  } else if (!S_ISCHR(status.st_mode)) {
    error_ = ESPIPE;
  }
  if (error_ == 0) return true;
  if (fd_ >= 0) (void)::close(fd_);
  fd_ = -1;
  return false;
}

bool PcapngWriter::open(const std::string& path, const std::vector<Interface>& interfaces) {
  (void)close();
  written_ = 0;
  error_ = 0;
  if (!open_file(path)) return false;
  begin_block(kSectionBlock);
  put(kByteOrderMagic, 4);
  put(1, 2);
  put(0, 2);
  put(~uint64_t(0), 8);  // the section's length is not known before its end
  put_text_option(kApplication, "venuewire");
  put(0, 4);
  end_block();
  for (const Interface& interface : interfaces) {
    begin_block(kInterfaceBlock);
    put(interface.link, 2);
    put(0, 2);
    put(0, 4);  // frames are not cut
    put_text_option(kName, interface.name);
    put(kResolution, 2);
    put(1, 2);
    put(kNanoseconds, 4);
    // The first byte of a filter says what it is: text.
    if (!interface.filter.empty()) put_text_option(kFilter, std::string(1, '\0') + interface.filter);
    put(0, 4);
    end_block();
  }
  if (!flush()) return false;
  begun_ = written_;
  return true;
}

bool PcapngWriter::frame(uint32_t interface, int64_t time_ns, Bytes bytes, uint32_t original, uint32_t vlan) {
  const uint32_t tag = vlan != 0 && bytes.size >= kAddressBytes ? kTagBytes : 0;
  begin_block(kPacketBlock);
  put(interface, 4);
  put_time(time_ns);
  put(bytes.size + tag, 4);
  put(original + tag, 4);
  const uint8_t* rest = bytes.data;
  if (tag != 0) {
    buffer_.insert(buffer_.end(), rest, rest + kAddressBytes);
    put(vlan >> 24 | (vlan >> 8 & 0xFF00), 2);  // in the wire's byte order
    put((vlan >> 8 & 0xFF) | (vlan & 0xFF) << 8, 2);
    rest += kAddressBytes;
  }
  buffer_.insert(buffer_.end(), rest, bytes.data + bytes.size);
  end_block();
  return buffer_.size() < kFlushBytes || flush();
}

bool PcapngWriter::statistics(uint32_t interface, int64_t time_ns, uint64_t received, uint64_t dropped) {
  begin_block(kStatisticsBlock);
  put(interface, 4);
  put_time(time_ns);
  put_number_option(kReceived, received);
  put_number_option(kDropped, dropped);
  put(0, 4);
  end_block();
  return buffer_.size() < kFlushBytes || flush();
}

bool PcapngWriter::flush() {
  size_t done = 0;
  while (done < buffer_.size() && error_ == 0) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n >= 0)
      done += size_t(n);
    else if (errno != EINTR)
      error_ = errno;
  }
  if (error_ == 0) {
    written_ += done;
    buffer_.clear();
    return true;
  }
  // Up to the last whole block of what the disk took.
  size_t whole = 0;
  while (whole + kBlockHeader <= done) {
    const size_t length = size_t(load_uint(buffer_.data() + whole + 4, 4, false));
    if (whole + length > done) break;
    whole += length;
  }
  written_ += whole;
  buffer_.clear();
  (void)!::ftruncate(fd_, off_t(written_));
  return false;
}

bool PcapngWriter::close() {
  if (fd_ < 0) return error_ == 0;
  const bool good = error_ == 0 && flush();
  if (::close(fd_) != 0 && error_ == 0) error_ = errno;
  fd_ = -1;
  return good && error_ == 0;
}

}  // namespace venuewire

// See capture.hpp: the file formats. What is inside a frame is in frames.cpp.
#include "io/capture.hpp"

namespace venuewire {
namespace {

constexpr uint64_t kPcapHeader = 24;
constexpr uint32_t kPcapRecord = 16;

constexpr uint32_t kSectionBlock = 0x0A0D0D0A;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kObsoletePacketBlock = 2;
constexpr uint32_t kSimplePacketBlock = 3;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint32_t kMaxInterfaces = 65536;  // what the obsolete block's 16 bits can name

// Automatic detection of a BinaryFILE walks this many records and believes in messages up to this long: the first byte
// of any text file, read as a length, is larger.
constexpr uint32_t kProbeRecords = 64;
constexpr uint32_t kProbeMaxLength = 2048;

constexpr uint64_t kNotCounted = UINT64_MAX;  // how many bytes there are would depend on what is shown

uint32_t be16(const uint8_t* p) { return uint32_t(load_uint(p, 2, true)); }

uint32_t padded(uint32_t length) { return (length + 3) & ~uint32_t(3); }

uint64_t power_of_ten(uint32_t exponent) {
  uint64_t v = 1;
  while (exponent--) v *= 10;
  return v;
}

constexpr uint64_t kNanos = 1'000'000'000;

/// Holds a product of two u64.
using Wide = unsigned __int128;

// All arithmetic is unsigned: a capture with absurd times gives absurd times, not undefined behaviour.
int64_t pcapng_time(uint64_t ticks, bool binary, uint32_t resolution, int64_t offset_seconds) {
  uint64_t ns;
  if (!binary) {
    ns = resolution <= 9 ? ticks * power_of_ten(9 - resolution) : ticks / power_of_ten(resolution - 9);
  } else {
    const uint64_t mask = (uint64_t(1) << resolution) - 1;
    ns = (ticks >> resolution) * kNanos;
    ns += uint64_t((Wide(ticks & mask) * kNanos) >> resolution);
  }
  return int64_t(ns + uint64_t(offset_seconds) * kNanos);
}

}  // namespace

// ---- file formats ----

bool CaptureReader::open(const uint8_t* data, uint64_t size, CaptureFormat format) {
  open_stream(format);
  show(data, size, true);
  return recognise() == CaptureStatus::packet;
}

void CaptureReader::open_stream(CaptureFormat format) {
  data_ = nullptr;
  size_ = at_ = base_ = wanted_ = 0;
  last_ = opened_ = session_over_ = false;
  format_ = format;
  final_ = CaptureStatus::packet;
  drop_fragments();
  counters_ = {};
  problem_.clear();
  interfaces_.clear();
}

void CaptureReader::show(const uint8_t* data, uint64_t size, bool last) {
  base_ += at_;
  at_ = 0;
  data_ = data;
  size_ = size;
  last_ = last;
}

/// Finds out what the bytes are: `packet` when it is known, or else why next() cannot go on.
CaptureStatus CaptureReader::recognise() {
  if (size_ < 4 && !last_) return want(4);
  const uint32_t magic = size_ >= 4 ? uint32_t(load_uint(data_, 4, false)) : 0;
  const bool automatic = format_ == CaptureFormat::automatic;
  CaptureFormat found = CaptureFormat::binary_file;
  Look look = Look::yes;
  if ((automatic && magic == kSectionBlock) || format_ == CaptureFormat::pcapng) {
    found = CaptureFormat::pcapng;
    look = look_for_pcapng();
  } else if (format_ != CaptureFormat::binary_file) {
    found = CaptureFormat::pcap;
    look = look_for_pcap();
    if (look == Look::no && automatic) {
      found = CaptureFormat::binary_file;
      look = look_for_binary_file();
    }
  }
  if (look == Look::more) return CaptureStatus::more;
  if (look == Look::no) return refuse();
  format_ = found;
  opened_ = true;
  return CaptureStatus::packet;
}

CaptureStatus CaptureReader::refuse() {
  const uint32_t magic = size_ >= 4 ? uint32_t(load_uint(data_, 4, false)) : 0;
  const char* hint = "";
  if (size_ == 0) {
    hint = " (it is empty)";
  } else if ((magic & 0xFFFF) == 0x8B1F) {
    hint = " (it is gzip: decompress it first)";
  } else if (magic == 0xFD2FB528) {
    hint = " (it is zstd: decompress it first)";
  }
  problem_ = std::string(format_ == CaptureFormat::automatic ? "not a pcap, pcapng or length-prefixed capture"
                         : format_ == CaptureFormat::pcapng  ? "not a pcapng capture"
                                                             : "not a pcap capture") +
             hint;
  return final_ = CaptureStatus::malformed;
}

CaptureStatus CaptureReader::stop(const char* reason, uint64_t stated, uint64_t held) {
  problem_ = "frame " + std::to_string(counters_.frames + 1) + " at byte " + std::to_string(offset()) + ": " + reason;
  if (stated) problem_ += ": " + std::to_string(stated) + " bytes are stated";
  if (stated && held != kNotCounted) problem_ += ", " + std::to_string(held) + " are there";
  return CaptureStatus::malformed;
}

CaptureStatus CaptureReader::next(CapturedPacket& packet) {
  if (final_ != CaptureStatus::packet) [[unlikely]]
    return final_;
  if (!opened_) [[unlikely]] {
    const CaptureStatus known = recognise();
    if (known != CaptureStatus::packet) return known;
  }
  Frame frame;
  for (;;) {
    CaptureStatus status;
    if (format_ == CaptureFormat::pcap) {
      status = next_pcap(packet, frame);
    } else if (format_ == CaptureFormat::pcapng) {
      status = next_pcapng(packet, frame);
    } else {
      return next_message(packet);
    }
    if (status != CaptureStatus::packet) [[unlikely]] {
      if (status == CaptureStatus::more) return status;
      drop_fragments();
      return final_ = status;
    }
    if (read(frame, packet)) [[likely]]
      return CaptureStatus::packet;
  }
}

CaptureReader::Look CaptureReader::look_for_pcap() {
  const uint32_t magic = size_ >= 4 ? uint32_t(load_uint(data_, 4, false)) : 0;
  switch (magic) {
    case 0xA1B2C3D4:
    case 0xA1B23C4D:
      big_endian_ = false;
      break;
    case 0xD4C3B2A1:
    case 0x4D3CB2A1:
      big_endian_ = true;
      break;
    default:
      return Look::no;
  }
  if (size_ < kPcapHeader) {
    if (last_) return Look::no;
    wanted_ = kPcapHeader;
    return Look::more;
  }
  fraction_ns_ = magic == 0xA1B2C3D4 || magic == 0xD4C3B2A1 ? 1000 : 1;
  link_ = uint16_t(load_uint(data_ + 20, 4, big_endian_));  // the upper half is about frame check sequences
  at_ = kPcapHeader;
  return Look::yes;
}

CaptureStatus CaptureReader::next_pcap(CapturedPacket& packet, Frame& frame) {
  const uint64_t left = size_ - at_;
  if (left < kPcapRecord) [[unlikely]] {
    if (!last_) return want(kPcapRecord);
    return left == 0 ? CaptureStatus::end : stop("the record header is cut", kPcapRecord, left);
  }
  const uint8_t* record = data_ + at_;
  const uint32_t captured = uint32_t(load_uint(record + 8, 4, big_endian_));
  if (captured > left - kPcapRecord) [[unlikely]] {
    if (captured > kCaptureRecordMax) return stop("a record length that cannot be", captured, kNotCounted);
    if (!last_) return want(kPcapRecord + captured);
    return stop("the record is cut", captured, left - kPcapRecord);
  }
  packet.time_ns =
      int64_t(load_uint(record, 4, big_endian_) * kNanos + load_uint(record + 4, 4, big_endian_) * fraction_ns_);
  packet.record_offset = offset();
  frame.bytes = {record + kPcapRecord, captured};
  frame.original = uint32_t(load_uint(record + 12, 4, big_endian_));
  frame.link = link_;
  at_ += kPcapRecord + captured;
  return CaptureStatus::packet;
}

CaptureReader::Look CaptureReader::look_for_pcapng() {
  if (size_ >= 4 && load_uint(data_, 4, false) != kSectionBlock) return Look::no;
  if (size_ < 12) {
    if (last_) return Look::no;
    wanted_ = 12;
    return Look::more;
  }
  return read_section_header(data_, size_) ? Look::yes : Look::no;
}

bool CaptureReader::read_section_header(const uint8_t* block, uint64_t left) {
  if (left < 12) return false;
  const uint32_t magic = uint32_t(load_uint(block + 8, 4, false));
  if (magic != kByteOrderMagic && magic != __builtin_bswap32(kByteOrderMagic)) return false;
  big_endian_ = magic != kByteOrderMagic;
  interfaces_.clear();  // interface numbers are a section's own
  return true;
}

bool CaptureReader::read_interface(const uint8_t* block, uint32_t length) {
  if (length < 20 || interfaces_.size() >= kMaxInterfaces) return false;
  Interface interface;
  interface.link = uint16_t(load_uint(block + 8, 2, big_endian_));
  interface.snap_length = uint32_t(load_uint(block + 12, 4, big_endian_));
  const uint32_t end = length - 4;
  for (uint32_t at = 16; at + 4 <= end;) {
    const uint32_t code = uint32_t(load_uint(block + at, 2, big_endian_));
    const uint32_t size = uint32_t(load_uint(block + at + 2, 2, big_endian_));
    at += 4;
    if (code == 0) break;
    if (padded(size) > end - at) return false;
    if (code == 9 && size == 1) {  // if_tsresol
      interface.binary_resolution = block[at] & 0x80;
      interface.resolution = block[at] & 0x7F;
      if (interface.resolution > (interface.binary_resolution ? 63 : 19)) return false;
    } else if (code == 14 && size == 8) {  // if_tsoffset
      interface.offset_seconds = int64_t(load_uint(block + at, 8, big_endian_));
    }
    at += padded(size);
  }
  interfaces_.push_back(interface);
  return true;
}

CaptureStatus CaptureReader::next_pcapng(CapturedPacket& packet, Frame& frame) {
  for (;;) {
    const uint64_t left = size_ - at_;
    if (left < 12) {
      if (!last_) return want(12);
      return left == 0 ? CaptureStatus::end : stop("the block header is cut", 12, left);
    }
    const uint8_t* block = data_ + at_;
    const uint32_t type = uint32_t(load_uint(block, 4, big_endian_));
    if (type == kSectionBlock && !read_section_header(block, left)) {
      return stop("a section header without a byte order");
    }
    const uint32_t length = uint32_t(load_uint(block + 4, 4, big_endian_));
    if (length < 12 || length % 4 != 0) return stop("a block length that cannot be");
    if (length > left) {
      if (length > kCaptureRecordMax) return stop("a block length that cannot be", length, kNotCounted);
      if (!last_) return want(length);
      return stop("the block is cut", length, left);
    }
    if (load_uint(block + length - 4, 4, big_endian_) != length) return stop("a block whose two lengths differ");

    uint32_t number = 0;
    uint32_t header = 28;
    uint32_t captured = 0;
    switch (type) {
      case kEnhancedPacketBlock:
      case kObsoletePacketBlock:
        if (length < 32) return stop("a packet block that is too short");
        number = uint32_t(load_uint(block + 8, type == kEnhancedPacketBlock ? 4 : 2, big_endian_));
        captured = uint32_t(load_uint(block + 20, 4, big_endian_));
        frame.original = uint32_t(load_uint(block + 24, 4, big_endian_));
        break;
      case kSimplePacketBlock:
        if (length < 16) return stop("a packet block that is too short");
        header = 12;
        frame.original = captured = uint32_t(load_uint(block + 8, 4, big_endian_));
        break;
      case kInterfaceBlock:
        if (!read_interface(block, length)) return stop("an interface description that cannot be");
        at_ += length;
        continue;
      default:
        counters_.other_blocks += type != kSectionBlock;
        at_ += length;
        continue;
    }
    if (number >= interfaces_.size()) return stop("a packet of an interface that is not described");
    const Interface& interface = interfaces_[number];
    packet.time_ns = 0;
    if (type == kSimplePacketBlock) {
      // It states the original length only; what was captured is bounded by the snap length, or else by the block.
      const uint32_t room = length - 16;
      if (interface.snap_length && captured > interface.snap_length) captured = interface.snap_length;
      if (captured > room) return stop("the packet is longer than its block", captured, room);
    } else {
      if (captured > length - 32) return stop("the packet is longer than its block", captured, length - 32);
      const uint64_t ticks = load_uint(block + 12, 4, big_endian_) << 32 | load_uint(block + 16, 4, big_endian_);
      packet.time_ns = pcapng_time(ticks, interface.binary_resolution, interface.resolution, interface.offset_seconds);
    }
    packet.record_offset = offset();
    frame.bytes = {block + header, captured};
    frame.link = interface.link;
    at_ += length;
    return CaptureStatus::packet;
  }
}

CaptureReader::Look CaptureReader::look_for_binary_file() {
  const auto ends = [this](bool is_one) {
    if (last_) return is_one ? Look::yes : Look::no;
    wanted_ = size_ + 1;
    return Look::more;
  };
  uint64_t at = 0;
  for (uint32_t i = 0; i < kProbeRecords; i++) {
    if (at == size_) return ends(i > 0);
    if (size_ - at < 2) return ends(i > 1);  // the last record may be cut, the first may not
    const uint32_t length = be16(data_ + at);
    if (length == 0) return i > 0 ? Look::yes : Look::no;
    if (length > kProbeMaxLength) return Look::no;
    if (length > size_ - at - 2) return ends(i > 1);
    at += 2 + length;
  }
  return Look::yes;
}

/// A length of zero has ended the session of a BinaryFILE. Zeros may fill a block of the file; anything else would be
/// lost.
CaptureStatus CaptureReader::behind_session() {
  while (at_ < size_ && data_[at_] == 0) at_++;
  if (at_ < size_) return final_ = stop("there are bytes behind the end of the session");
  return last_ ? final_ = CaptureStatus::end : want(1);
}

CaptureStatus CaptureReader::next_message(CapturedPacket& packet) {
  if (session_over_) return behind_session();
  const uint64_t left = size_ - at_;
  if (left < 2 && !last_) return want(2);
  if (left < 2) return final_ = left == 0 ? CaptureStatus::end : stop("the length is cut", 2, left);
  const uint32_t length = be16(data_ + at_);
  if (length == 0) {
    session_over_ = true;
    return behind_session();
  }
  if (length > left - 2 && !last_) return want(2 + uint64_t(length));
  if (length > left - 2) return final_ = stop("the message is cut", length, left - 2);
  packet = {};
  packet.number = ++counters_.frames;
  packet.record_offset = offset();
  packet.payload = {data_ + at_ + 2, length};
  packet.stated_length = length;
  at_ += 2 + length;
  counters_.packets++;
  return CaptureStatus::packet;
}

}  // namespace venuewire

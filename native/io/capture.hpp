// Reads captures (pcap, pcapng, length-prefixed BinaryFILE) out of memory somebody else holds, whole or piece by piece,
// and hands out the transport payloads one by one. Runs on whichever thread owns the reader; it never copies a payload
// (reassembled IP fragments aside), never reads a clock and never touches memory outside the range it was given.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "io/frames.hpp"

namespace venuewire {

enum class CaptureFormat : uint8_t { automatic, pcap, pcapng, binary_file };

/// `malformed` is final, like `end`: see CaptureReader::problem() for where and why. `more`: the next record is not all
/// there yet, see CaptureReader::show().
enum class CaptureStatus : uint8_t { packet, more, end, malformed };

/// No frame of any recorder is as long; a length beyond it is a fault and not a reason to wait for so many bytes.
constexpr uint32_t kCaptureRecordMax = 64u << 20;

class CaptureReader : private FrameReader {
 public:
  /// Starts reading from the first byte; the memory must stay as it is while the reader is used. False when the bytes
  /// are not of that format (`automatic`: of none), and problem() says what they look like.
  [[nodiscard]] bool open(const uint8_t* data, uint64_t size, CaptureFormat format = CaptureFormat::automatic);
  [[nodiscard]] bool open(Bytes bytes, CaptureFormat format = CaptureFormat::automatic) {
    return open(bytes.data, bytes.size, format);
  }

  /// Starts reading bytes that come piece by piece: next() answers `more` until show() has brought enough of them.
  void open_stream(CaptureFormat format = CaptureFormat::automatic);
  /// The bytes from offset() on, as many as there are so far. They must stay as they are until show() is called again.
  /// `last`: nothing comes behind them.
  void show(const uint8_t* data, uint64_t size, bool last);
  /// After `more`: how many bytes from offset() on have to be shown.
  [[nodiscard]] uint64_t wanted() const { return wanted_; }
  /// Whether the bytes were found to be a capture.
  [[nodiscard]] bool opened() const { return opened_; }

  /// Fills `packet` with the next payload. Everything that is not one is counted and passed over.
  [[nodiscard]] CaptureStatus next(CapturedPacket& packet);

  using FrameReader::counters;
  [[nodiscard]] CaptureFormat format() const { return format_; }
  /// Bytes of the capture read so far.
  [[nodiscard]] uint64_t offset() const { return base_ + at_; }
  /// After `malformed` or a failed open(): the reason with its byte offset. Empty otherwise.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Interface {
    uint16_t link = 0;
    uint32_t snap_length = 0;
    bool binary_resolution = false;
    uint8_t resolution = 6;  // ticks per second: 10 or 2 to this power
    int64_t offset_seconds = 0;
  };
  enum class Look : uint8_t { no, yes, more };

  [[nodiscard]] CaptureStatus recognise();
  [[nodiscard]] CaptureStatus refuse();
  [[nodiscard]] Look look_for_pcap();
  [[nodiscard]] Look look_for_pcapng();
  [[nodiscard]] Look look_for_binary_file();
  [[nodiscard]] CaptureStatus next_pcap(CapturedPacket& packet, Frame& frame);
  [[nodiscard]] CaptureStatus next_pcapng(CapturedPacket& packet, Frame& frame);
  [[nodiscard]] CaptureStatus next_message(CapturedPacket& packet);
  [[nodiscard]] CaptureStatus behind_session();
  [[nodiscard]] bool read_section_header(const uint8_t* block, uint64_t left);
  [[nodiscard]] bool read_interface(const uint8_t* block, uint32_t length);

  CaptureStatus stop(const char* reason, uint64_t stated = 0, uint64_t held = 0);
  CaptureStatus want(uint64_t bytes) {
    wanted_ = bytes;
    return CaptureStatus::more;
  }

  const uint8_t* data_ = nullptr;  // what is shown
  uint64_t size_ = 0;
  uint64_t at_ = 0;    // in what is shown
  uint64_t base_ = 0;  // of what is shown, in the capture
  uint64_t wanted_ = 0;
  bool last_ = true;
  bool opened_ = false;
  bool session_over_ = false;  // of a BinaryFILE
  CaptureFormat format_ = CaptureFormat::automatic;
  CaptureStatus final_ = CaptureStatus::end;  // what next() answers once reading is over
  uint16_t link_ = 0;                         // pcap
  uint32_t fraction_ns_ = 1000;               // pcap: nanoseconds in one unit of the fraction
  std::vector<Interface> interfaces_;
  std::string problem_;
};

}  // namespace venuewire

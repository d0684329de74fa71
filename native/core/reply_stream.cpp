#include "core/reply_stream.hpp"

namespace venuewire {

namespace {

/// Bytes kept beyond one packet while the consumer has no room.
constexpr size_t kStalledBytesMax = 4u << 20;
/// What is read from a socket at once, about.
constexpr size_t kReadBytes = 4096;

}  // namespace

ReplyStream::ReplyStream(const FramingSpec& framing, uint32_t packet_bytes_max, bool used)
    : framing_(framing), packet_bytes_max_(packet_bytes_max) {
  if (used) bytes_.reserve(packet_bytes_max + kReadBytes);
}

bool ReplyStream::keep(Bytes bytes) {
  if (stalled() && bytes_.size() + bytes.size > packet_bytes_max_ + kStalledBytesMax) return false;
  bytes_.insert(bytes_.end(), bytes.data, bytes.data + bytes.size);
  return true;
}

ReplyStream::Front ReplyStream::front(Bytes& packet) const {
  if (at_ >= bytes_.size()) return Front::more_needed;
  const Bytes rest{bytes_.data() + at_, uint32_t(bytes_.size() - at_)};
  const int64_t size = stream_packet_size(framing_, rest, packet_bytes_max_);
  if (size < 0) return Front::broken;
  if (size == 0 || size > int64_t(rest.size)) return Front::more_needed;
  packet = rest.first(uint32_t(size));
  return Front::packet;
}

bool ReplyStream::begin_reading() {
  if (state_ == State::reading) return false;
  state_ = State::reading;
  return true;
}

void ReplyStream::end_reading(bool stalled) {
  if (at_ != 0 && !bytes_.empty()) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + at_);
    at_ = 0;
  }
  state_ = stalled ? State::stalled : State::waiting;
}

void ReplyStream::clear() {
  bytes_.clear();
  at_ = 0;
  messages_done = 0;
  if (state_ == State::stalled) state_ = State::waiting;
}

uint64_t ReplyStream::held_bytes_max(uint32_t packet_bytes_max) {
  return 2 * (uint64_t(packet_bytes_max) + kStalledBytesMax);  // a buffer that grew has room for twice as much
}

}  // namespace venuewire

// See capture_driver.hpp.
#include "feed/capture_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace venuewire {

namespace {

using F = FeedCounter;

constexpr uint32_t kPublishBytes = 64 * 1024;
constexpr uint32_t kServicePackets = 64;
/// A feed that is being closed is seen so soon.
constexpr int64_t kLongestSleepNs = 20'000'000;
constexpr double kFarthestNs = 4e18;

int64_t monotonic_ns() { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

bool CaptureDriver::open() {
  if (!loop_.open()) {
    delivery_.fail("VW_EPOLL", "The event loop could not be opened (errno " + std::to_string(errno) + ")");
    return false;
  }
  delivery_.set_waker(&loop_);
  std::unique_ptr<ByteSource> bytes;
  if (source_.memory != nullptr) {
    bytes = std::make_unique<MemorySource>(source_.memory, source_.memory_bytes);
  } else {
    auto file = std::make_unique<FileSource>(loop_);
    if (!file->open(source_.file)) {
      delivery_.fail("VW_CAPTURE_OPEN", source_.name() + ": " + file->problem());
      return false;
    }
    bytes = std::move(file);
  }
  input_ = std::make_unique<CaptureInput>(std::move(bytes));
  return true;
}

void CaptureDriver::run() {
  if (open()) {
    read();
    input_.reset();  // it uses the loop
  }
  delivery_.set_waker(nullptr);
}

void CaptureDriver::read() {
  reader_.open_stream();
  CapturedPacket packet;
  while (!delivery_.stopping()) {
    status_ = reader_.next(packet);
    if (status_ == CaptureStatus::more) {
      // Whoever writes into the pipe may take its time: what has come is seen now.
      count();
      delivery_.publish();
      if (!input_->fill(reader_) && input_->status() == SourceStatus::stopped) break;
      continue;
    }
    if (status_ != CaptureStatus::packet) break;
    if (packet.time_ns > now_ns_) now_ns_ = packet.time_ns;
    if (source_.speed > 0 && !wait_until_due(packet.time_ns)) break;
    if (!take(packet)) break;
    since_publish_ += packet.payload.size + 64;
    if (since_publish_ < kPublishBytes) continue;
    since_publish_ = 0;
    count();
    delivery_.publish();
  }
  if (refused_) return;
  flows_.finish();
  count();
  if (!source_.packets) {
    // Waits out the reader, so that what is held or lost reaches it too.
    session_.finish(Reason::endOfData, now_ns_);
    unblock();
    session_.update_gauges();
  }
  tell_elsewhere();
  if (delivery_.has_failed() || fail()) return;
  Notice end;
  end.code = NoticeType::endOfData;
  end.time_ns = now_ns_;
  delivery_.writer().notice(end);
  delivery_.flush();
  delivery_.end(FeedState::ended);
}

void CaptureDriver::tell_elsewhere() {
  if (elsewhere_ == 0) return;
  delivery_.set_foreign(router_.foreign_destinations());
  if (for_lines_ != 0) return;
  Notice n;
  n.code = NoticeType::elsewhere;
  n.count = elsewhere_;
  n.time_ns = now_ns_;
  delivery_.writer().notice(n);
}

bool CaptureDriver::wait_until_due(int64_t time_ns) {
  if (!paced_) {
    paced_ = true;
    first_ns_ = time_ns;
    started_ns_ = monotonic_ns();
  }
  // Absurd times wait, but do not overflow.
  const double after_ns = std::clamp(double(time_ns - first_ns_) / source_.speed, 0.0, kFarthestNs);
  const int64_t due_ns = started_ns_ + int64_t(after_ns);
  bool told = false;
  while (!delivery_.stopping()) {
    const int64_t left_ns = due_ns - monotonic_ns();
    if (left_ns <= 0) return true;
    if (!told) {
      // What has come is seen before the wait.
      count();
      delivery_.publish();
      since_publish_ = 0;
      told = true;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left_ns, kLongestSleepNs)));
  }
  return false;
}

bool CaptureDriver::take(const CapturedPacket& packet) {
  // A file waits for its reader: nothing is dropped, nothing grows.
  if (!make_room(packet.payload.size)) return false;
  if (source_.packets) return pass_on(packet);
  hand_over(packet);
  unblock();
  if (session_.deadline() <= now_ns_ || ++since_service_ >= kServicePackets) {
    since_service_ = 0;
    session_.service(now_ns_);
  }
  return true;
}

void CaptureDriver::hand_over(const CapturedPacket& p) {
  const IpAddress to = p.ip_version == 6 ? IpAddress::v6(p.destination_ip6) : IpAddress::v4(p.destination_ip);
  bool flow = false;
  const bool any = router_.each(to, p.destination_port, p.source_ip, [&](uint16_t line) {
    if (p.transport == Transport::tcp) {
      flow = true;
    } else if (p.transport == Transport::none) {
      session_.record(line, p.payload, p.time_ns, now_ns_);
    } else {
      session_.datagram(line, p.payload, p.time_ns, now_ns_, Sender{p.source_ip, p.source_port});
    }
  });
  if (flow) flows_.add(p);
  (any ? for_lines_ : elsewhere_)++;
}

bool CaptureDriver::pass_on(const CapturedPacket& p) {
  BatchWriter::PacketInfo info{};
  info.number = p.number;
  info.time_ns = p.time_ns;
  info.source_port = p.source_port;
  info.destination_port = p.destination_port;
  info.tcp_sequence = p.tcp_sequence;
  info.flags = (p.transport == Transport::tcp ? kPacketTcp : 0u) | (p.truncated ? kPacketTruncated : 0u) |
               (p.reassembled ? kPacketReassembled : 0u) | (p.transport == Transport::none ? kPacketFileRecord : 0u) |
               (p.ip_version == 6 ? kPacketIpv6 : 0u) | uint32_t(p.tcp_flags) << kPacketTcpFlagsShift |
               (p.truncated ? std::min(p.stated_length - p.payload.size, 0xFFFFu) << kPacketMissingShift : 0u);
  if (p.ip_version == 6) {
    std::memcpy(info.source, p.source_ip6, sizeof info.source);
    std::memcpy(info.destination, p.destination_ip6, sizeof info.destination);
  } else {
    store_uint(info.source, p.source_ip, 4, true);
    store_uint(info.destination, p.destination_ip, 4, true);
  }
  while (!delivery_.writer().packet(info, p.payload)) {
    if (p.payload.size > delivery_.writer().data_bytes() / 4) {
      refused_ = true;
      delivery_.fail("VW_RING", "A packet of " + std::to_string(p.payload.size) + " bytes does not fit the ring");
      return false;
    }
    if (!delivery_.wait_for_room(0)) return false;
  }
  return true;
}

void CaptureDriver::count() {
  const CaptureCounters& c = reader_.counters();
  FeedCounters counters = delivery_.counters();
  counters[F::captureBytes] = input_->position(reader_);
  counters[F::captureFrames] = c.frames;
  counters[F::captureSkipped] = c.skipped() + c.fragments_dropped + elsewhere_;
  counters[F::captureNotIp] = c.not_ip;
  counters[F::captureUnknownLink] = c.unknown_link;
  counters[F::captureUnknownLinkType] = c.unknown_link_type;
  counters[F::captureUnknownEncapsulation] = c.unknown_encapsulation;
  counters[F::captureOtherTransports] = c.other_transports;
  counters[F::captureCutHeaders] = c.cut_headers;
  counters[F::captureBadHeaders] = c.bad_headers;
  counters[F::captureFragmentsLost] = c.fragments_dropped;
  counters[F::captureElsewhere] = elsewhere_;
  counters[F::captureTruncated] = c.truncated;
}

bool CaptureDriver::fail() {
  const SourceStatus source = input_->status();
  if (source == SourceStatus::unreadable) {
    delivery_.fail("VW_CAPTURE_OPEN", source_.name() + ": " + input_->problem());
    return true;
  }
  const bool damaged = source == SourceStatus::damaged;
  if (!damaged && status_ != CaptureStatus::malformed) return false;
  if (!damaged && !reader_.opened()) {
    delivery_.fail("VW_CAPTURE_FORMAT", source_.name() + ": " + reader_.problem());
    return true;
  }
  // The fault of the file is the cause; that the capture ends inside a record is what comes of it.
  const std::string at = input_->packed()
                             ? " (byte " + std::to_string(reader_.offset()) + " of the unpacked capture, after frame " +
                                   std::to_string(reader_.counters().frames) + ")"
                             : "";
  delivery_.counter(F::captureMalformed)++;
  delivery_.flush();
  delivery_.fail("VW_CAPTURE_MALFORMED",
                 source_.name() + ": " + (damaged ? input_->problem() + at : reader_.problem()));
  return true;
}

bool CaptureDriver::make_room(uint32_t bytes) {
  const uint32_t wanted = std::min(bytes + uint32_t(sizeof(NoticeRecord)), delivery_.writer().bytes_max());
  return delivery_.writer().room(wanted) || delivery_.wait_for_room(wanted);
}

void CaptureDriver::unblock() {
  while (session_.blocked() && make_room(65536)) session_.resume(now_ns_);
}

template <typename Take>
bool CaptureDriver::each_line(const TcpFlow& flow, Take take) {
  const bool six = flow.ip_version == 6;
  const IpAddress to =
      six ? IpAddress::v6(flow.destination) : IpAddress::v4(uint32_t(load_uint(flow.destination, 4, true)));
  const uint32_t source = six ? 0 : uint32_t(load_uint(flow.source, 4, true));
  return router_.each(to, flow.destination_port, source, take);
}

void CaptureDriver::on_bytes(const TcpFlow& flow, const TcpChunk& chunk) {
  if (!make_room(chunk.bytes.size)) return;
  const Sender sender{flow.ip_version == 4 ? uint32_t(load_uint(flow.source, 4, true)) : 0, flow.source_port};
  (void)each_line(
      flow, [&](uint16_t line) { (void)session_.stream(line, chunk.bytes, chunk.time_ns, now_ns_, flow.id, sender); });
  unblock();
}

void CaptureDriver::on_end(const TcpFlow& flow, TcpEnd) {
  (void)each_line(flow, [&](uint16_t line) { session_.stream_break(line, flow.id); });
}

void CaptureDriver::on_hole(const TcpFlow& flow, uint64_t, uint64_t) {
  on_end(flow, TcpEnd::capture_end);  // what has been kept of a packet does not go on
  session_.channel(0).counters()[ChannelCounter::malformed]++;
}

}  // namespace venuewire

// See multicast_replay.hpp.
#include "feed/multicast_replay.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>

#include "core/relax.hpp"

namespace venuewire {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kSpinNs = 40'000;            // a sleeping thread is woken up to so late
constexpr int64_t kLongestSleep = 20'000'000;  // between two looks at whether the replay is closed
constexpr int64_t kLeadNs = 2'000'000;         // before the first packet, so that it is as punctual as the others
constexpr double kFarthestNs = 4e18;           // a capture with absurd times waits, but does not overflow
constexpr uint32_t kTellPackets = 256;
constexpr int64_t kTellNs = 50'000'000;
constexpr size_t kKeptPackets = 64;
constexpr size_t kKeptBytes = 256 << 10;  // some of the longest datagrams
constexpr size_t kDestinations = 16;      // remembered for the report

int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t(t.tv_sec) * kSecond + t.tv_nsec;
}

void add(CaptureCounters& sum, const CaptureCounters& c) {
  sum.frames += c.frames;
  sum.not_ip += c.not_ip;
  if (sum.unknown_link == 0) sum.unknown_link_type = c.unknown_link_type;
  sum.unknown_link += c.unknown_link;
  sum.unknown_encapsulation += c.unknown_encapsulation;
  sum.other_transports += c.other_transports;
  sum.cut_headers += c.cut_headers;
  sum.bad_headers += c.bad_headers;
  sum.fragments_dropped += c.fragments_dropped;
  sum.truncated += c.truncated;
}

}  // namespace

void MulticastReplay::start() {
  if (thread_.joinable() || stop_.load()) return;
  thread_ = std::thread([this] { run(); });
}

void MulticastReplay::close() {
  stop_.store(true);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (looping_) loop_.wake();
  }
  if (thread_.joinable()) thread_.join();
}

std::string MulticastReplay::name() const {
  if (!config_.label.empty()) return config_.label;
  if (config_.memory != nullptr) return "the capture in memory";
  return config_.file == "-" ? "standard input" : config_.file;
}

void MulticastReplay::fail(const char* code, const std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code_ = code;
  message_ = message;
}

void MulticastReplay::run() {
  // Nothing leaves the thread: an exception that did would end the process.
  try {
    send_all();
  } catch (const std::bad_alloc&) {
    fail("VW_MEMORY", "There is not enough memory to send " + name());
  } catch (const std::length_error&) {
    fail("VW_MEMORY", "There is not enough memory to send " + name());
  } catch (const std::exception& error) {
    fail("VW_INTERNAL", error.what());
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    looping_ = false;
  }
  done_.store(true);
}

void MulticastReplay::send_all() {
  const ThreadProblem problem = set_up_thread(config_.thread, "The thread that sends");
  if (problem.code != nullptr) {
    fail(problem.code, problem.text);
  } else if (!loop_.open()) {
    fail("VW_EPOLL", "The event loop could not be opened (errno " + std::to_string(errno) + ")");
  } else if (sender_.open(config_.sender) != UdpSendError::none) {
    fail("VW_INTERFACE", "Datagrams cannot be sent from " + config_.sender.interface + ": " + sender_.problem());
  } else {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      looping_ = true;
    }
    kept_.reserve(kKeptPackets);
    kept_bytes_ = std::make_unique<uint8_t[]>(kKeptBytes);
    for (uint32_t n = 0; (config_.times == 0 || n < config_.times) && pass(); n++) continue;
  }
}

std::unique_ptr<ByteSource> MulticastReplay::open() {
  if (config_.memory != nullptr) return std::make_unique<MemorySource>(config_.memory, config_.memory_bytes);
  auto file = std::make_unique<FileSource>(loop_);
  if (file->open(config_.file)) return file;
  fail("VW_CAPTURE_OPEN", name() + ": " + file->problem());
  return nullptr;
}

bool MulticastReplay::pass() {
  std::unique_ptr<ByteSource> source = open();
  if (!source) return false;
  CaptureInput input(std::move(source));
  CaptureReader reader;
  reader.open_stream();
  timed_ = false;
  kept_.clear();
  kept_size_ = 0;
  CapturedPacket packet;
  CaptureStatus status = CaptureStatus::more;
  while (!stop_.load(std::memory_order_relaxed)) {
    status = reader.next(packet);
    if (status == CaptureStatus::more) {
      if (!flush()) break;  // who writes a pipe may wait for it
      if (!input.fill(reader) && input.status() == SourceStatus::stopped) return false;
      continue;
    }
    if (status != CaptureStatus::packet) {
      if (!flush()) status = CaptureStatus::packet;
      break;
    }
    if (!send(packet)) break;
    if (own_.packets >= told_packets_ + kTellPackets || now_ns() > told_ns_ + kTellNs) tell(reader, input);
  }
  own_.passes++;
  tell(reader, input);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    before_ = capture_;
  }
  if (input.status() == SourceStatus::unreadable) {
    fail("VW_CAPTURE_OPEN", name() + ": " + input.problem());
  } else if (input.status() == SourceStatus::damaged) {
    fail("VW_CAPTURE_MALFORMED", name() + ": " + input.problem());
  } else if (status == CaptureStatus::malformed) {
    fail(reader.opened() ? "VW_CAPTURE_MALFORMED" : "VW_CAPTURE_FORMAT", name() + ": " + reader.problem());
  } else {
    return status == CaptureStatus::end;
  }
  return false;
}

void MulticastReplay::tell(const CaptureReader& reader, const CaptureInput& input) {
  told_packets_ = own_.packets;
  told_ns_ = now_ns();
  own_.capture_bytes = input.position(reader);
  const std::lock_guard<std::mutex> lock(mutex_);
  counts_ = own_;
  capture_ = before_;
  add(capture_, reader.counters());
}

bool MulticastReplay::wait_until(int64_t due_ns) {
  for (int64_t now = now_ns(); due_ns - now > kSpinNs; now = now_ns()) {
    if (stop_.load(std::memory_order_relaxed)) return false;
    const int64_t until = std::min(due_ns - kSpinNs, now + kLongestSleep);
    const timespec at{until / kSecond, until % kSecond};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  }
  while (now_ns() < due_ns) relax_cpu();
  return true;
}

void MulticastReplay::note(const OutgoingDatagram& out) {
  const uint64_t key = uint64_t(out.ip) << 16 | out.port;
  if (used_.size() >= kDestinations || std::find(used_.begin(), used_.end(), key) != used_.end()) return;
  used_.push_back(key);
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += std::to_string(out.ip >> shift & 255) + (shift ? "." : ":");
  const std::lock_guard<std::mutex> lock(mutex_);
  destinations_.push_back(text + std::to_string(out.port));
}

OutgoingDatagram MulticastReplay::addressed(const CapturedPacket& p) const {
  for (const ReplayDestination& d : config_.map) {
    if (d.ip == p.destination_ip && d.port == p.destination_port) return {d.to_ip, d.to_port, {}};
  }
  return {p.destination_ip, p.destination_port, {}};
}

/// Counted from the first packet: lateness of one packet is not handed on to the next.
int64_t MulticastReplay::due_of(const CapturedPacket& p) {
  if (config_.speed <= 0) return 0;
  if (!timed_) {
    timed_ = first_kept_ = true;
    first_ns_ = p.time_ns;
    base_ns_ = now_ns() + kLeadNs;
  }
  const double after = double(int64_t(uint64_t(p.time_ns) - uint64_t(first_ns_))) / config_.speed;
  return base_ns_ + int64_t(std::clamp(after, -kFarthestNs, kFarthestNs));
}

bool MulticastReplay::fits(const CapturedPacket& p) const {
  return kept_.size() < kKeptPackets && kept_size_ + p.payload.size <= kKeptBytes;
}

bool MulticastReplay::send(const CapturedPacket& p) {
  const bool other = config_.port != 0 && p.destination_port != config_.port;
  if (p.transport != Transport::udp || p.ip_version != 4 || other) {
    own_.passed_over++;
    return true;
  }
  int64_t due = due_of(p);
  const bool together = kept_.empty() || (fits(p) && (due <= due_ns_ || due <= now_ns()));
  if (!together) {
    const bool first = first_kept_;
    if (!flush()) return false;
    if (first) due = due_of(p);
  }
  OutgoingDatagram out = addressed(p);
  std::memcpy(kept_bytes_.get() + kept_size_, p.payload.data, p.payload.size);
  out.bytes = {kept_bytes_.get() + kept_size_, p.payload.size};
  kept_size_ += p.payload.size;
  if (kept_.empty()) due_ns_ = due;
  last_due_ns_ = due;
  kept_.push_back(out);
  return true;
}

bool MulticastReplay::flush() {
  if (kept_.empty()) return true;
  if (config_.speed > 0) {
    if (!wait_until(due_ns_)) return false;
    const int64_t now = now_ns();
    // The first packet is due when it goes: all others are counted from it, also when it is late itself.
    if (first_kept_) {
      last_due_ns_ += now - base_ns_;
      due_ns_ = base_ns_ = now;
      first_kept_ = false;
    }
    own_.last_late_ns = now - last_due_ns_;
    own_.most_late_ns = std::max(own_.most_late_ns, now - due_ns_);
  }
  uint32_t sent = 0;
  const UdpSendError error = sender_.send(kept_.data(), uint32_t(kept_.size()), &sent);
  for (const OutgoingDatagram& out : std::span(kept_).first(sent)) {
    note(out);
    own_.packets++;
    own_.bytes += out.bytes.size;
  }
  kept_.clear();
  kept_size_ = 0;
  if (error != UdpSendError::none) fail("VW_SEND", "A datagram could not be sent: " + sender_.problem());
  return error == UdpSendError::none;
}

ReplayCounts MulticastReplay::counts() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

CaptureCounters MulticastReplay::capture() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return capture_;
}

std::vector<std::string> MulticastReplay::destinations() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return destinations_;
}

bool MulticastReplay::failed(std::string& code, std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code = code_;
  message = message_;
  return !code_.empty();
}

}  // namespace venuewire

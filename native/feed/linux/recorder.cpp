// See recorder.hpp.
#include "feed/recorder.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "feed/thread_setup.hpp"
#include "io/packet_ring.hpp"

namespace venuewire {
namespace {

constexpr int64_t kLookNs = 100'000'000;  // clocks and counters are looked at so often when nothing comes
constexpr int kFramesAtOnce = 512;        // of one source, before the next has its turn
constexpr uint32_t kLastTurns = 10'000;
constexpr uint32_t kIpHeader = 20, kUdpHeader = 8;
constexpr uint32_t kDatagramMost = 65536;

int64_t now_ns() {
  timespec t;
  ::clock_gettime(CLOCK_REALTIME, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

/// The headers that a datagram had, with a length and a checksum that are right; the UDP checksum is left out (0).
void put_headers(const Datagram& d, uint8_t* to) {
  std::memset(to, 0, kIpHeader + kUdpHeader);
  to[0] = 0x45;
  store_uint(to + 2, kIpHeader + kUdpHeader + d.bytes.size, 2, true);
  to[8] = 1;   // time to live: a socket does not tell
  to[9] = 17;  // UDP
  store_uint(to + 12, d.source_ip, 4, true);
  store_uint(to + 16, d.destination_ip, 4, true);
  uint32_t sum = 0;
  for (uint32_t at = 0; at < kIpHeader; at += 2) sum += uint32_t(load_uint(to + at, 2, true));
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  store_uint(to + 10, ~sum, 2, true);
  store_uint(to + 20, d.source_port, 2, true);
  store_uint(to + 22, d.destination_port, 2, true);
  store_uint(to + 24, kUdpHeader + d.bytes.size, 2, true);
}

const char* code_of(ReceiveError error) {
  switch (error) {
    case ReceiveError::not_permitted:
      return "VW_RECEIVE_RIGHT";
    case ReceiveError::not_supported:
      return "VW_RECEIVE_UNSUPPORTED";
    case ReceiveError::no_resources:
      return "VW_RECEIVE_MEMORY";
    default:
      return "VW_LINE_OPEN";
  }
}

}  // namespace

struct Recorder::Source {
  std::string name;
  PacketRing ring;
  Memberships members;
  Receivers receivers;  // instead of the ring
  uint64_t received = 0;
  uint64_t dropped = 0;
  ReceiveDecision decision;
};

Recorder::Recorder(RecordConfig config) : config_(std::move(config)) {}

Recorder::~Recorder() { close(); }

void Recorder::start() {
  if (thread_.joinable() || stop_.load()) return;
  thread_ = std::thread([this] { run(); });
}

void Recorder::close() {
  stop_.store(true);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (looping_) loop_.wake();
  }
  if (thread_.joinable()) thread_.join();
}

void Recorder::run() {
  name_thread("venuewire-rec");
  try {
    record();
    if (writer_.is_open()) (void)close_file();
  } catch (const std::exception& error) {
    fail("VW_INTERNAL", error.what());
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    looping_ = false;
  }
  sources_.clear();
  count();
  done_.store(true);
}

void Recorder::record() {
  if (!loop_.open())
    return fail("VW_EPOLL", "The event loop could not be opened (errno " + std::to_string(errno) + ")");
  for (const ReceiveConfig& config : config_.sources) {
    if (!open_source(config)) return;
  }
  if (!open_file()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    looping_ = true;
    for (const auto& source : sources_) decisions_.push_back(source->decision);
  }
  std::vector<LoopEvent> events(EventLoop::kMaxEvents);
  int64_t looked_ns = now_ns();
  while (!stop_.load()) {
    const int n = loop_.wait(kLookNs, events.data(), int(events.size()));
    for (size_t i = 0; i < size_t(n); i++) {
      if (!drain(uint32_t(events[i].token))) return;
    }
    if (!rotate_when_due()) return;
    if (n != 0 && now_ns() - looked_ns < kLookNs) continue;
    looked_ns = now_ns();
    // Whoever looks into the file meanwhile finds whole blocks.
    if (!written(writer_.flush())) return;
    count();
  }
  // What had come when we were stopped.
  for (uint32_t i = 0; i < sources_.size(); i++) {
    for (uint32_t turns = 0; turns < kLastTurns; turns++) {
      const uint64_t before = sources_[i]->received;
      if (!drain(i)) return;
      if (sources_[i]->received == before) break;
    }
  }
}

bool Recorder::open_ring(const ReceiveConfig& config, Source& source, ReceiveProblem& problem) {
  NetworkInterface interface;
  problem = choose_interface(config.interface, config.groups.front().ip, interface);
  if (problem.error == ReceiveError::none)
    problem = source.ring.open(interface, packet_filter(config.groups), config.receive_buffer_bytes);
  if (problem.error == ReceiveError::none) problem = source.members.join(config.groups, interface);
  if (problem.error != ReceiveError::none) {
    source.ring.close();
    return false;
  }
  source.name = interface.name;
  return true;
}

bool Recorder::open_source(const ReceiveConfig& config) {
  auto source = std::make_unique<Source>();
  const auto number = uint64_t(sources_.size());
  source->decision.asked = config_.receive;
  source->name = config.interface;
  ReceiveProblem problem;
  bool ring = false;
  if (config_.receive != "socket") {
    ring = open_ring(config, *source, problem);
    if (!ring) source->decision.refused.push_back({"packetRing", problem});
  }
  if (!ring && config_.receive != "packetRing") {
    ReceiveConfig whole = config;
    whole.datagram_bytes = kDatagramMost;
    ReceiveDecision decision;
    problem = open_receivers("socket", whole, source->receivers, decision);
  }
  if (problem.error != ReceiveError::none && source->receivers.empty()) {
    fail(code_of(problem.error), problem.remedy.empty() ? problem.text : problem.text + "; " + problem.remedy);
    return false;
  }
  source->decision.backend = ring ? "packetRing" : "socket";
  bool watched = !ring || loop_.add(source->ring.fd(), number);
  for (const auto& receiver : source->receivers) watched = watched && loop_.add(receiver->fd(), number);
  if (!watched) fail("VW_EPOLL", "A socket could not be watched (errno " + std::to_string(errno) + ")");
  sources_.push_back(std::move(source));
  return watched;
}

// ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────

std::string Recorder::path_of(uint64_t number) const {
  if (config_.rotate_bytes == 0 && config_.rotate_ns == 0) return config_.path;
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%05llu", static_cast<unsigned long long>(number));
  const size_t slash = config_.path.find_last_of('/');
  const size_t dot = config_.path.find_last_of('.');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const size_t at = has_ending ? dot : config_.path.size();
  return config_.path.substr(0, at) + digits + config_.path.substr(at);
}

bool Recorder::written(bool good) {
  if (good) return true;
  const char* why = writer_.error() == ESPIPE ? "a pipe, and a recording needs a file" : std::strerror(writer_.error());
  fail("VW_RECORD_WRITE", path_of(own_.files) + ": " + why);
  return false;
}

bool Recorder::open_file() {
  std::vector<PcapngWriter::Interface> interfaces;
  for (size_t i = 0; i < sources_.size(); i++) {
    std::string filter;
    for (const ReceiveGroup& g : config_.sources[i].groups) {
      filter += (filter.empty() ? "" : " or ") + ("dst host " + format_ipv4(g.ip) + " and udp dst port ") +
                std::to_string(g.port);
    }
    const uint16_t link = sources_[i]->receivers.empty() ? kLinkEthernet : kLinkRaw;
    interfaces.push_back({sources_[i]->name, link, std::move(filter)});
  }
  own_.files++;
  const std::string path = path_of(own_.files);
  if (!writer_.open(path, interfaces)) return written(false);
  opened_ns_ = now_ns();
  kept_.push_back(path);
  if (config_.keep != 0 && kept_.size() > config_.keep) {
    (void)::unlink(kept_.front().c_str());
    kept_.pop_front();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  file_ = path;
  return true;
}

bool Recorder::close_file() {
  count();
  for (uint32_t i = 0; i < sources_.size(); i++) {
    if (!written(writer_.statistics(i, now_ns(), sources_[i]->received, sources_[i]->dropped))) return false;
  }
  bool good = writer_.flush();
  bytes_before_ += writer_.bytes();
  good = writer_.close() && good;
  return written(good);
}

bool Recorder::rotate_when_due() {
  const bool by_size = config_.rotate_bytes != 0 && !writer_.is_empty() && writer_.bytes() >= config_.rotate_bytes;
  const bool by_time = config_.rotate_ns != 0 && now_ns() - opened_ns_ >= config_.rotate_ns;
  return !(by_size || by_time) || (close_file() && open_file());
}

// ── frames ───────────────────────────────────────────────────────────────────────────────────────────────────────

bool Recorder::drain(uint32_t number) {
  Source& source = *sources_[number];
  return source.receivers.empty() ? drain_ring(number, source) : drain_receivers(number, source);
}

bool Recorder::drain_ring(uint32_t number, Source& source) {
  RingFrame frame;
  bool good = true;
  for (int i = 0; good && i < kFramesAtOnce && source.ring.next(frame); i++) {
    source.received++;
    good = writer_.frame(number, frame.time_ns, frame.bytes, frame.original, frame.vlan);
  }
  source.ring.release();
  return written(good);
}

bool Recorder::drain_receivers(uint32_t number, Source& source) {
  std::vector<uint8_t> packet;
  Datagram batch[kReceiveBatch];
  for (const auto& receiver : source.receivers) {
    const int n = receiver->receive(batch, kReceiveBatch);
    for (int i = 0; i < n; i++) {
      const Datagram& d = batch[i];
      packet.resize(kIpHeader + kUdpHeader + d.bytes.size);
      put_headers(d, packet.data());
      if (d.bytes.size != 0) std::memcpy(packet.data() + kIpHeader + kUdpHeader, d.bytes.data, d.bytes.size);
      source.received++;
      const auto length = uint32_t(packet.size());
      const int64_t at = d.clock == ReceiveClock::none ? now_ns() : d.time_ns;
      if (!written(writer_.frame(number, at, {packet.data(), length}, length))) return false;
    }
  }
  return true;
}

// ── what others see ──────────────────────────────────────────────────────────────────────────────────────────────

void Recorder::count() {
  uint64_t received = 0, dropped = 0;
  for (const auto& source : sources_) {
    source->dropped = source->ring.drops();
    for (const auto& receiver : source->receivers) source->dropped += receiver->counters().kernel_drops;
    received += source->received;
    dropped += source->dropped;
  }
  if (!sources_.empty()) {
    own_.packets = received;
    own_.dropped = dropped;
  }
  own_.bytes = bytes_before_ + (writer_.is_open() ? writer_.bytes() : 0);
  const std::lock_guard<std::mutex> lock(mutex_);
  counts_ = own_;
}

RecordCounts Recorder::counts() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

std::string Recorder::file() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return file_;
}

std::vector<ReceiveDecision> Recorder::received_by() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return decisions_;
}

void Recorder::fail(const char* code, const std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!code_.empty()) return;
  code_ = code;
  message_ = message;
}

bool Recorder::failed(std::string& code, std::string& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  code = code_;
  message = message_;
  return !code_.empty();
}

}  // namespace venuewire

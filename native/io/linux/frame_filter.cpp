// See frame_filter.hpp. Offsets are those of Ethernet II, IEEE 802.1Q, RFC 791 and RFC 768.
#include "io/frame_filter.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

namespace venuewire {
namespace {

constexpr uint32_t kEthernetHeader = 14;
constexpr uint32_t kTypeAt = 12;
constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kTypeIpv4 = 0x0800;
constexpr uint32_t kTypesOfTags[] = {0x8100, 0x88A8};
constexpr uint32_t kTagsMost = 2;
constexpr uint32_t kFragmentAt = 6, kProtocolAt = 9, kDestinationAt = 16, kIpv4Header = 20;
constexpr uint32_t kFragmentBits = 0x3FFF;  // more fragments, or an offset
constexpr uint32_t kProtocolUdp = 17;
constexpr uint32_t kPortAt = 2, kUdpHeader = 8;

std::map<uint32_t, std::vector<uint16_t>> by_group(std::span<const ReceiveGroup> groups) {
  std::map<uint32_t, std::vector<uint16_t>> out;
  for (const ReceiveGroup& g : groups) {
    std::vector<uint16_t>& ports = out[g.ip];
    if (std::find(ports.begin(), ports.end(), g.port) == ports.end()) ports.push_back(g.port);
  }
  return out;
}

// ---- classic BPF ----

constexpr uint16_t kLoadHalf = BPF_LD | BPF_H, kLoadByte = BPF_LD | BPF_B, kLoadWord = BPF_LD | BPF_W;
constexpr uint16_t kJumpEqual = BPF_JMP | BPF_JEQ | BPF_K, kJump = BPF_JMP | BPF_JA;
constexpr uint32_t kWholeFrame = 0x40000;

class PacketProgram {
 public:
  void add(uint16_t code, uint32_t k, uint8_t then = 0, uint8_t otherwise = 0) {
    program_.push_back(sock_filter{code, then, otherwise, k});
  }
  void take() { add(BPF_RET | BPF_K, kWholeFrame); }
  void refuse() { add(BPF_RET | BPF_K, 0); }
  /// Goes on only where the accumulator is `k`.
  void must_be(uint32_t k) {
    add(kJumpEqual, k, 1, 0);
    refuse();
  }
  void take_if(uint32_t k) {
    add(kJumpEqual, k, 0, 1);
    take();
  }
  /// A jump from here to a place that land() tells.
  [[nodiscard]] size_t jump() {
    add(kJump, 0);
    return program_.size() - 1;
  }
  void land(size_t from) { program_[from].k = uint32_t(program_.size() - from - 1); }
  [[nodiscard]] std::vector<sock_filter> done() { return std::move(program_); }

 private:
  std::vector<sock_filter> program_;
};

/// Leaves the offset of the IPv4 header in the index register.
void find_ipv4(PacketProgram& p) {
  std::array<size_t, kTagsMost + 1> found{};
  for (uint32_t tags = 0; tags <= kTagsMost; tags++) {
    const uint32_t type_at = kTypeAt + tags * kTagBytes;
    p.add(BPF_LDX | BPF_W | BPF_IMM, type_at + 2);
    p.add(kLoadHalf | BPF_ABS, type_at);
    p.add(kJumpEqual, kTypeIpv4, 0, 1);
    found[tags] = p.jump();
    if (tags == kTagsMost) break;
    p.add(kJumpEqual, kTypesOfTags[0], 2, 0);
    p.add(kJumpEqual, kTypesOfTags[1], 1, 0);
    p.refuse();
  }
  p.refuse();
  for (const size_t from : found) p.land(from);
}

void take_any_multicast(PacketProgram& p) {
  p.add(kLoadByte | BPF_IND, kDestinationAt);
  p.add(BPF_ALU | BPF_AND | BPF_K, 0xF0);
  p.take_if(0xE0);
  p.refuse();
}

}  // namespace

std::vector<sock_filter> packet_filter(std::span<const ReceiveGroup> groups) {
  const auto wanted = by_group(groups);
  PacketProgram p;
  // What this machine sends is seen on its way out, and perhaps once more where it loops back.
  p.add(kLoadWord | BPF_ABS, uint32_t(SKF_AD_OFF + SKF_AD_PKTTYPE));
  p.add(kJumpEqual, PACKET_OUTGOING, 0, 1);
  p.refuse();
  find_ipv4(p);
  p.add(kLoadByte | BPF_IND, kProtocolAt);
  p.must_be(kProtocolUdp);
  size_t length = 0;
  for (const auto& [ip, ports] : wanted) length += 6 + 2 * ports.size();
  if (length > BPF_MAXINSNS / 2) {
    take_any_multicast(p);
    return p.done();
  }

  p.add(kLoadHalf | BPF_IND, kFragmentAt);
  p.add(BPF_JMP | BPF_JSET | BPF_K, kFragmentBits, 1, 0);
  const size_t whole = p.jump();
  p.add(kLoadWord | BPF_IND, kDestinationAt);
  for (const auto& [ip, ports] : wanted) p.take_if(ip);
  p.refuse();

  p.land(whole);
  p.add(kLoadWord | BPF_IND, kDestinationAt);
  p.add(BPF_ST, 0);
  p.add(kLoadByte | BPF_IND, 0);  // the header's length in words is in the low bits
  p.add(BPF_ALU | BPF_AND | BPF_K, 0x0F);
  p.add(BPF_ALU | BPF_LSH | BPF_K, 2);
  p.add(BPF_ALU | BPF_ADD | BPF_X, 0);
  p.add(BPF_MISC | BPF_TAX, 0);
  for (const auto& [ip, ports] : wanted) {
    p.add(BPF_LD | BPF_MEM, 0);
    p.add(kJumpEqual, ip, 1, 0);
    const size_t next = p.jump();
    p.add(kLoadHalf | BPF_IND, kPortAt);
    for (const uint16_t port : ports) p.take_if(port);
    p.refuse();
    p.land(next);
  }
  p.refuse();
  return p.done();
}

// ---- eBPF ----

namespace {

constexpr int16_t kKeyAt = -int16_t(sizeof(WantedKey));  // on the program's stack
constexpr int16_t kKeyPortAt = kKeyAt + int16_t(offsetof(WantedKey, port));

class XdpProgram {
 public:
  void add(int code, uint8_t to, uint8_t from, int16_t offset, int32_t value) {
    program_.push_back(bpf_insn{uint8_t(code), uint8_t(to & 15), uint8_t(from & 15), offset, value});
  }
  void load(int size, uint8_t to, uint8_t from, uint32_t at) {
    add(BPF_LDX | BPF_MEM | size, to, from, int16_t(at), 0);
  }
  void store(int size, int16_t at, uint8_t from) { add(BPF_STX | BPF_MEM | size, BPF_REG_10, from, at, 0); }
  void copy(uint8_t to, uint8_t from) { add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void set(uint8_t to, int32_t value) { add(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
  void plus(uint8_t to, uint32_t value) { add(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, int32_t(value)); }
  void plus_register(uint8_t to, uint8_t from) { add(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0); }
  void calculate(int operation, uint8_t to, int32_t value) { add(BPF_ALU64 | operation | BPF_K, to, 0, 0, value); }
  void map(uint8_t to, int fd) {
    add(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd);
    add(0, 0, 0, 0, 0);
  }
  void call(int32_t helper) { add(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void end() { add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
  /// A jump to a place that land() tells.
  [[nodiscard]] size_t jump_if(int condition, uint8_t left, int32_t value) {
    add(BPF_JMP | condition | BPF_K, left, 0, 0, value);
    return program_.size() - 1;
  }
  [[nodiscard]] size_t jump_if_registers(int condition, uint8_t left, uint8_t right) {
    add(BPF_JMP | condition | BPF_X, left, right, 0, 0);
    return program_.size() - 1;
  }
  /// A jump to where frames are passed to the kernel.
  void pass(size_t from) { passing_.push_back(from); }
  void land(size_t from) { program_[from].off = int16_t(program_.size() - from - 1); }
  [[nodiscard]] std::vector<bpf_insn> done() {
    for (const size_t from : passing_) land(from);
    set(BPF_REG_0, XDP_PASS);
    end();
    return std::move(program_);
  }

 private:
  std::vector<bpf_insn> program_;
  std::vector<size_t> passing_;
};

constexpr uint8_t kContext = BPF_REG_6, kFrame = BPF_REG_2, kEnd = BPF_REG_3, kIp = BPF_REG_7, kLimit = BPF_REG_4,
                  kValue = BPF_REG_5, kOther = BPF_REG_8;

/// Leaves the place of the IPv4 header, the whole of which is inside the frame, in kIp.
void find_ipv4(XdpProgram& p) {
  std::array<size_t, kTagsMost> found{};
  p.copy(kIp, kFrame);
  p.plus(kIp, kEthernetHeader);
  p.copy(kLimit, kIp);
  p.plus(kLimit, kIpv4Header);
  for (uint32_t tags = 0; tags <= kTagsMost; tags++) {
    p.pass(p.jump_if_registers(BPF_JGT, kLimit, kEnd));
    p.load(BPF_H, kValue, kFrame, kTypeAt + tags * kTagBytes);
    if (tags == kTagsMost) {
      p.pass(p.jump_if(BPF_JNE, kValue, htons(kTypeIpv4)));
      break;
    }
    found[tags] = p.jump_if(BPF_JEQ, kValue, htons(kTypeIpv4));
    const size_t tagged = p.jump_if(BPF_JEQ, kValue, htons(uint16_t(kTypesOfTags[0])));
    p.pass(p.jump_if(BPF_JNE, kValue, htons(uint16_t(kTypesOfTags[1]))));
    p.land(tagged);
    p.plus(kIp, kTagBytes);
    p.plus(kLimit, kTagBytes);
  }
  for (const size_t from : found) p.land(from);
}

}  // namespace

std::vector<WantedKey> wanted_keys(std::span<const ReceiveGroup> groups) {
  std::vector<WantedKey> keys;
  for (const auto& [ip, ports] : by_group(groups)) {
    keys.push_back({htonl(ip), 0, 0});
    for (const uint16_t port : ports) keys.push_back({htonl(ip), htons(port), 0});
  }
  return keys;
}

std::vector<bpf_insn> redirect_program(int wanted, int sockets) {
  XdpProgram p;
  p.copy(kContext, BPF_REG_1);
  p.load(BPF_W, kFrame, kContext, offsetof(xdp_md, data));
  p.load(BPF_W, kEnd, kContext, offsetof(xdp_md, data_end));
  find_ipv4(p);

  p.load(BPF_B, kValue, kIp, kProtocolAt);
  p.pass(p.jump_if(BPF_JNE, kValue, kProtocolUdp));
  p.load(BPF_B, kValue, kIp, 0);
  p.copy(kOther, kValue);
  p.calculate(BPF_RSH, kOther, 4);
  p.pass(p.jump_if(BPF_JNE, kOther, 4));
  p.calculate(BPF_AND, kValue, 0x0F);
  p.pass(p.jump_if(BPF_JLT, kValue, int32_t(kIpv4Header / 4)));
  p.calculate(BPF_LSH, kValue, 2);  // the header's length

  p.load(BPF_W, kOther, kIp, kDestinationAt);
  p.store(BPF_W, kKeyAt, kOther);
  p.set(kOther, 0);
  p.store(BPF_W, kKeyPortAt, kOther);
  p.load(BPF_H, kOther, kIp, kFragmentAt);
  p.calculate(BPF_AND, kOther, htons(kFragmentBits));
  const size_t fragment = p.jump_if(BPF_JNE, kOther, 0);
  p.plus_register(kIp, kValue);
  p.copy(kLimit, kIp);
  p.plus(kLimit, kUdpHeader);
  p.pass(p.jump_if_registers(BPF_JGT, kLimit, kEnd));
  p.load(BPF_H, kValue, kIp, kPortAt);
  p.store(BPF_H, kKeyPortAt, kValue);
  p.land(fragment);

  p.map(BPF_REG_1, wanted);
  p.copy(BPF_REG_2, BPF_REG_10);
  p.calculate(BPF_ADD, BPF_REG_2, kKeyAt);
  p.call(BPF_FUNC_map_lookup_elem);
  p.pass(p.jump_if(BPF_JEQ, BPF_REG_0, 0));
  p.load(BPF_W, BPF_REG_2, kContext, offsetof(xdp_md, rx_queue_index));
  p.map(BPF_REG_1, sockets);
  p.set(BPF_REG_3, XDP_PASS);
  p.call(BPF_FUNC_redirect_map);
  p.end();
  return p.done();
}

// ---- datagrams ----

FrameDatagrams::FrameDatagrams(std::span<const ReceiveGroup> groups) {
  for (const ReceiveGroup& g : groups) wanted_.push_back({uint64_t(g.ip) << 16 | g.port, g.source});
  std::sort(wanted_.begin(), wanted_.end(),
            [](const Wanted& a, const Wanted& b) { return a.destination < b.destination; });
}

bool FrameDatagrams::wants() const {
  if (packet_.transport != Transport::udp || packet_.ip_version != 4) return false;
  const uint64_t destination = uint64_t(packet_.destination_ip) << 16 | packet_.destination_port;
  auto at = std::lower_bound(wanted_.begin(), wanted_.end(), destination,
                             [](const Wanted& w, uint64_t value) { return w.destination < value; });
  for (; at != wanted_.end() && at->destination == destination; ++at) {
    if (at->source == 0 || at->source == packet_.source_ip) return true;
  }
  return false;
}

bool FrameDatagrams::take(Bytes frame, uint32_t original, int64_t time_ns, ReceiveClock clock, Datagram& out) {
  packet_.time_ns = time_ns;
  if (!frames_.read({frame, original, kLinkEthernet}, packet_) || !wants()) return false;
  out.bytes = packet_.payload;
  out.time_ns = time_ns;
  out.destination_ip = packet_.destination_ip;
  out.source_ip = packet_.source_ip;
  out.destination_port = packet_.destination_port;
  out.source_port = packet_.source_port;
  out.clock = clock;
  out.truncated = packet_.truncated;
  counters_.packets++;
  counters_.bytes += out.bytes.size;
  counters_.truncated += out.truncated;
  return true;
}

ReceiveCounters& FrameDatagrams::counters() {
  const CaptureCounters& c = frames_.counters();
  counters_.fragments = c.fragments;
  counters_.fragments_lost = c.fragments_dropped;
  counters_.foreign = c.frames + c.reassembled - c.fragments - counters_.packets;
  return counters_;
}

}  // namespace venuewire

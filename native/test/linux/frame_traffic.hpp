// Frames as a wire may carry them, and what a receiver of one group is to make of each.
#pragma once
#include <string>
#include <vector>

#include "test/capture_builder.hpp"

namespace venuewire {

constexpr uint16_t kPort = 26477;

struct Sent {
  Buffer frame;
  std::string payload;  // as a receiver has it; empty: for nobody
};

inline Buffer part(const Buffer& b, size_t from, size_t to) {
  return Buffer(b.begin() + ptrdiff_t(from), b.begin() + ptrdiff_t(to));
}

/// Whatever a wire may carry, and what a receiver of the group is to make of it.
inline std::vector<Sent> traffic() {
  const Buffer datagram = udp(text("in fragments, in order"));
  const Buffer other = udp(text("another port"), 0, 4000, 26478);
  Buffer elsewhere = ethernet(ipv4(udp(text("another group"))));
  elsewhere[14 + 19] ^= 1;
  return {
      {ethernet(ipv4(udp(text("plain")))), "plain"},
      {ethernet(ipv4(udp(text("one tag"))), 0x0800, {0x8100}), "one tag"},
      {ethernet(ipv4(udp(text("two tags"))), 0x0800, {0x88A8, 0x8100}), "two tags"},
      {ethernet(ipv4(udp(text("options")), {.option_words = 3})), "options"},
      {ethernet(ipv4(other)), ""},
      {elsewhere, ""},
      {ethernet(ipv4(part(datagram, 0, 16), {.id = 8, .more = true})), ""},
      {ethernet(ipv4(part(datagram, 16, datagram.size()), {.id = 8, .fragment_at = 16})), "in fragments, in order"},
      {ethernet(ipv4(part(other, 0, 16), {.id = 9, .more = true})), ""},
      {ethernet(ipv4(part(other, 16, other.size()), {.id = 9, .fragment_at = 16})), ""},
      {ethernet(ipv4(tcp(text("no datagram"), 1, 0x18, 0, 4000, kPort), {.protocol = 6})), ""},
      {ethernet(ipv6(udp(text("not of version 4"))), 0x86DD), ""},
      {ethernet(Buffer(28), 0x0806), ""},
      {ethernet(Buffer(3)), ""},
      {ethernet(ipv4(udp(text("overlong"), 40))), "overlong"},
      {ethernet(ipv4(udp(text("the last one")))), "the last one"},
  };
}

}  // namespace venuewire

// Tests of native/io/capture and native/io/tcp_flow on captures built in memory, and on the files of the folder that
// VENUEWIRE_CAPTURES names where it is set. With `--bench` it measures CaptureReader::next instead.
#include "io/capture.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "io/capture_input.hpp"
#include "io/tcp_flow.hpp"
#include "test/capture_builder.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

struct Taken {
  CapturedPacket packet;
  Buffer payload;  // a copy: a reassembled one lives until the next call only
};

struct Run {
  bool opened = false;
  CaptureStatus status = CaptureStatus::packet;
  std::vector<Taken> packets;
  CaptureCounters counters;
  CaptureFormat format = CaptureFormat::automatic;
  std::string problem;
};

Run read(Bytes bytes, CaptureFormat format = CaptureFormat::automatic) {
  Run run;
  CaptureReader reader;
  run.opened = reader.open(bytes, format);
  CapturedPacket packet;
  while ((run.status = reader.next(packet)) == CaptureStatus::packet) {
    run.packets.push_back({packet, Buffer(packet.payload.data, packet.payload.data + packet.payload.size)});
    const CaptureCounters& c = reader.counters();
    if (c.frames + c.reassembled != c.packets + c.skipped() + c.fragments) CHECK(!"the counters do not add up");
  }
  CHECK(reader.next(packet) == run.status);  // the end is final
  run.counters = reader.counters();
  run.format = reader.format();
  run.problem = reader.problem();
  CHECK((run.status == CaptureStatus::malformed) == !run.problem.empty());
  return run;
}
Run read(const Buffer& b, CaptureFormat format = CaptureFormat::automatic) { return read(view(b), format); }

bool is(const Taken& taken, const std::string& wanted) {
  return std::string(taken.payload.begin(), taken.payload.end()) == wanted;
}
bool one(const Run& run, const std::string& wanted) {
  return run.status == CaptureStatus::end && run.packets.size() == 1 && is(run.packets[0], wanted);
}

void pcap_formats() {
  for (const bool big : {false, true}) {
    for (const bool nano : {false, true}) {
      Pcap file(1, big, nano);
      file.add(ethernet(ipv4(udp(text("hello")))), 1700000000, 123456);
      file.add(ethernet(ipv4(udp(text("world!"), 0, 1, 65535))), 4000000000, 999999);
      const Run run = read(file.bytes);
      if (!CHECK(run.status == CaptureStatus::end && run.packets.size() == 2)) continue;
      const CapturedPacket& p = run.packets[0].packet;
      CHECK(run.format == CaptureFormat::pcap);
      CHECK(p.number == 1 && p.time_ns == 1700000000'000000000 + (nano ? 123456 : 123456000));
      CHECK(p.transport == Transport::udp && p.ip_version == 4);
      CHECK(p.source_ip == kSourceIp && p.destination_ip == kDestinationIp);
      CHECK(p.source_port == 4000 && p.destination_port == 26477);
      CHECK(is(run.packets[0], "hello") && !p.truncated && !p.reassembled && p.stated_length == 5);
      CHECK(p.payload_offset == 42 && p.record_offset == 24);
      CHECK(run.packets[1].packet.number == 2 && is(run.packets[1], "world!"));
      CHECK(run.packets[1].packet.destination_port == 65535);
      CHECK(run.packets[1].packet.time_ns == 4000000000'000000000 + (nano ? 999999 : 999999000));
    }
  }
  CHECK(read(Pcap().bytes).status == CaptureStatus::end);  // no frames

  // The upper half of the link field is about something else.
  Pcap file(0x24000001);
  file.add(ethernet(ipv4(udp(text("fcs")))));
  CHECK(one(read(file.bytes), "fcs"));
}

void not_a_capture() {
  for (const std::string& s : {std::string(), std::string("x"), std::string("{\"packets\": []}"),
                               std::string(4000, 'a'), std::string("\x1f\x8b\x08\x00 gzip", 9),
                               std::string("\x28\xb5\x2f\xfd zstd"), std::string("\xd4\xc3\xb2\xa1 too short")}) {
    const Run run = read(text(s));
    CHECK(!run.opened && run.status == CaptureStatus::malformed && run.packets.empty());
  }
  CHECK(read(text("\x1f\x8b\x08 gzip")).problem.find("gzip") != std::string::npos);
  CHECK(read(text("\x28\xb5\x2f\xfd zstd")).problem.find("zstd") != std::string::npos);
  CHECK(!read(Pcap().bytes, CaptureFormat::pcapng).opened);
  CHECK(!read(Pcapng().bytes, CaptureFormat::pcap).opened);
  CHECK(!read(text("\x0a\x0d\x0d\x0a....no order")).opened);

  CaptureReader reader;
  CapturedPacket packet;
  CHECK(reader.next(packet) == CaptureStatus::end);  // never opened
}

void cut_pcap() {
  Pcap file;
  file.add(ethernet(ipv4(udp(text("first")))));
  file.add(ethernet(ipv4(udp(text("second")))));
  const size_t second = file.bytes.size() - (16 + 42 + 6);
  for (size_t size = second + 1; size < file.bytes.size(); size++) {
    const Run run = read(Bytes{file.bytes.data(), uint32_t(size)});
    CHECK(run.status == CaptureStatus::malformed && run.packets.size() == 1 && is(run.packets[0], "first"));
    CHECK(run.problem.find("frame 2 at byte " + std::to_string(second)) == 0);
    CHECK(run.problem.find("is cut") != std::string::npos);
  }
}

void pcapng_format() {
  for (const bool big : {false, true}) {
    Pcapng file(big);
    file.interface(1);             // microseconds
    file.interface(101, 9, 5);     // nanoseconds, five seconds later
    file.interface(1, 0x80 | 20);  // 2^-20 seconds
    file.interface(1, 12);         // picoseconds
    file.interface(1, 3);          // milliseconds
    file.block(5, Buffer(20));     // interface statistics
    const Buffer frame = ethernet(ipv4(udp(text("abc"))));
    file.enhanced(0, 1700000000'000001, frame);
    file.enhanced(1, 1700000000'000000002, ipv4(udp(text("raw"))));
    file.enhanced(2, (uint64_t(1700000000) << 20) + (1 << 19), frame);
    file.enhanced(3, 1700000'000000000003, frame);
    file.enhanced(4, 1700000000'004, frame);
    file.enhanced(0, 7, frame, true);
    file.simple(frame);
    const Run run = read(file.bytes);
    CHECK(run.status == CaptureStatus::end && run.format == CaptureFormat::pcapng);
    if (!CHECK(run.packets.size() == 7)) continue;
    CHECK(run.packets[0].packet.time_ns == 1700000000'000001000);
    CHECK(run.packets[1].packet.time_ns == 1700000005'000000002 && is(run.packets[1], "raw"));
    CHECK(run.packets[2].packet.time_ns == 1700000000'500000000);
    CHECK(run.packets[3].packet.time_ns == 1700000'000000000);
    CHECK(run.packets[4].packet.time_ns == 1700000000'004000000);
    CHECK(run.packets[5].packet.time_ns == 7000 && is(run.packets[5], "abc"));
    CHECK(run.packets[6].packet.time_ns == 0 && is(run.packets[6], "abc"));
    CHECK(run.packets[6].packet.number == 7 && run.counters.frames == 7 && run.counters.other_blocks == 1);
  }

  // A second section in the other byte order brings its own interfaces.
  Pcapng file(false);
  file.interface(1);
  file.enhanced(0, 1, ethernet(ipv4(udp(text("one")))));
  file.section(true);
  file.interface(101, 6, -1);
  file.enhanced(0, 2, ipv4(udp(text("two"))));
  Run run = read(file.bytes);
  CHECK(run.status == CaptureStatus::end && run.packets.size() == 2);
  CHECK(run.packets.size() == 2 && is(run.packets[1], "two") && run.packets[1].packet.time_ns == -1000000000 + 2000);

  // A simple block says how long the frame was, the interface how much of it was kept.
  Pcapng snapped;
  snapped.interface(1, -1, 0, 44);
  snapped.simple(ethernet(ipv4(udp(text("abcdefgh")))), 44);
  run = read(snapped.bytes);
  CHECK(run.packets.size() == 1 && is(run.packets[0], "ab") && run.packets[0].packet.truncated);
  CHECK(run.packets.size() == 1 && run.packets[0].packet.stated_length == 8);
}

void malformed_pcapng() {
  Pcapng good;
  good.interface(1);
  good.enhanced(0, 1, ethernet(ipv4(udp(text("abc")))));
  const size_t before = good.bytes.size();
  const auto stops = [&](const Pcapng& file, const char* reason) {
    const Run run = read(file.bytes);
    CHECK(run.status == CaptureStatus::malformed && run.packets.size() == 1);
    if (!CHECK(run.problem.find(reason) != std::string::npos)) std::fprintf(stderr, "  %s\n", run.problem.c_str());
  };
  Pcapng file = good;
  file.enhanced(1, 1, Buffer(20));
  stops(file, "not described");

  file = good;
  file.section(false);
  file.enhanced(0, 1, Buffer(20));  // the new section has no interface
  stops(file, "not described");

  file = good;
  file.block(6, Buffer(8));
  stops(file, "too short");
  file = good;
  file.block(3, Buffer());
  stops(file, "too short");

  file = good;
  file.enhanced(0, 1, Buffer(20));
  file.bytes[before + 20] = 21;
  stops(file, "longer than its block");
  file = good;
  file.simple(Buffer(20));
  file.bytes[before + 8] = 21;
  stops(file, "longer than its block");

  file = good;
  file.block(99, Buffer(8));
  file.bytes[before + 4] = 21;
  stops(file, "cannot be");
  file.bytes[before + 4] = 8;
  stops(file, "cannot be");
  file.bytes[before + 4] = 24;
  stops(file, "is cut");
  file.bytes[before + 4] = 20;
  file.bytes[before + 16] = 24;
  stops(file, "lengths differ");
  file.bytes.resize(before + 11);
  stops(file, "is cut");

  file = good;
  file.interface(1, 64 | 0x80);
  stops(file, "interface description");
  file = good;
  file.interface(1, 20);
  stops(file, "interface description");
  file = good;
  file.block(1, Buffer(4));
  stops(file, "interface description");
  file = good;
  file.interface(1, 6);
  file.bytes[before + 18] = 200;  // the option's length
  stops(file, "interface description");

  file = good;
  file.section(false);
  file.bytes[before + 8] = 0;
  stops(file, "byte order");
}

void binary_file() {
  Buffer file;
  for (const char* s : {"S1", "R22", "A333"}) {
    put16(file, uint32_t(std::strlen(s)));
    append(file, text(s));
  }
  Run run = read(file);
  CHECK(run.format == CaptureFormat::binary_file && run.status == CaptureStatus::end);
  if (CHECK(run.packets.size() == 3)) {
    CHECK(is(run.packets[0], "S1") && is(run.packets[2], "A333"));
    const CapturedPacket& p = run.packets[2].packet;
    CHECK(p.number == 3 && p.time_ns == 0 && p.transport == Transport::none && p.ip_version == 0 && !p.truncated);
  }
  Buffer ended = file;
  put16(ended, 0);
  append(ended, text("rest"));
  run = read(ended);
  CHECK(run.status == CaptureStatus::end && run.packets.size() == 3);

  Buffer cut = file;
  cut.pop_back();
  run = read(cut);
  CHECK(run.status == CaptureStatus::malformed && run.packets.size() == 2);
  CHECK(run.problem.find("the message is cut: 4 bytes are stated, 3 are there") != std::string::npos);
  cut.resize(cut.size() - 4);
  run = read(cut);
  CHECK(run.status == CaptureStatus::malformed && run.packets.size() == 2);

  // Long messages need the format named; a pcap can be read as one too when asked for.
  Buffer big;
  put16(big, 60000);
  big.resize(60002, 'x');
  CHECK(!read(big).opened);
  CHECK(one(read(big, CaptureFormat::binary_file), std::string(60000, 'x')));
  CHECK(read(Buffer(), CaptureFormat::binary_file).status == CaptureStatus::end);
}

Run frame(uint32_t link, const Buffer& bytes, uint32_t snap = UINT32_MAX) {
  Pcap file(link);
  file.add(bytes, 1, 0, snap);
  return read(file.bytes);
}

void link_layers() {
  const Buffer ip = ipv4(udp(text("abc")));
  const Buffer ip6 = ipv6(udp(text("abc")));
  CHECK(one(frame(1, ethernet(ip, 0x0800, {0x8100})), "abc"));
  CHECK(one(frame(1, ethernet(ip, 0x0800, {0x88A8, 0x8100})), "abc"));
  CHECK(one(frame(1, ethernet(ip, 0x0800, {0x88A8, 0x9100, 0x8100, 0x8100, 0x8100})), "abc"));
  CHECK(one(frame(1, ethernet(ip6, 0x86DD, {0x8100})), "abc"));
  CHECK(one(frame(113, cooked(ip)), "abc"));
  CHECK(one(frame(113, cooked(ip6, 0x86DD)), "abc"));
  CHECK(one(frame(276, cooked2(ip)), "abc"));
  for (const uint32_t raw : {101u, 12u, 14u}) {
    CHECK(one(frame(raw, ip), "abc"));
    CHECK(one(frame(raw, ip6), "abc"));
  }
  CHECK(one(frame(228, ip), "abc"));
  CHECK(one(frame(229, ip6), "abc"));
  for (const uint32_t loopback : {0u, 108u}) {
    for (const bool big : {false, true}) {
      Buffer b;
      put(b, 2, 4, big);
      append(b, ip);
      CHECK(one(frame(loopback, b), "abc"));
      for (const uint32_t family : {10u, 23u, 24u, 28u, 30u}) {
        b.clear();
        put(b, family, 4, big);
        append(b, ip6);
        CHECK(one(frame(loopback, b), "abc"));
      }
      b.clear();
      put(b, 7, 4, big);
      append(b, ip);
      CHECK(frame(loopback, b).counters.not_ip == 1);
    }
  }
  CHECK(frame(1, ethernet(Buffer(28), 0x0806)).counters.not_ip == 1);
  CHECK(frame(101, Buffer(40)).counters.not_ip == 1);
  CHECK(frame(195, ethernet(ip)).counters.unknown_link == 1);
  CHECK(frame(1, Buffer(13)).counters.cut_headers == 1);
  CHECK(frame(1, ethernet(Buffer(3), 0x8100)).counters.cut_headers == 1);
  CHECK(frame(113, Buffer(15)).counters.cut_headers == 1);
  CHECK(frame(276, Buffer(19)).counters.cut_headers == 1);
  CHECK(frame(0, Buffer(3)).counters.cut_headers == 1);
  CHECK(frame(101, Buffer()).counters.cut_headers == 1);
}

void internet_layers() {
  // The frame is padded to Ethernet's smallest size; the padding is not payload.
  Buffer padded = ethernet(ipv4(udp(text("a"))));
  padded.resize(60, 0xEE);
  CHECK(one(frame(1, padded), "a"));
  padded = ethernet(ipv4(tcp(text("a"), 1, 0x18), {.protocol = 6}));
  padded.resize(60, 0xEE);
  CHECK(one(frame(1, padded), "a"));

  Ipv4Options o;
  o.option_words = 10;
  CHECK(one(frame(1, ethernet(ipv4(udp(text("opt")), o))), "opt"));
  o = {};
  o.zero_length = true;  // filled in by the network card
  CHECK(one(frame(101, ipv4(udp(text("tso")), o)), "tso"));
  o.protocol = 6;
  CHECK(one(frame(101, ipv4(tcp(text("tso"), 1, 0x18), o)), "tso"));

  // Lengths that say more than is there: the packet comes, marked.
  o = {};
  o.length_error = 100;
  Run run = frame(1, ethernet(ipv4(udp(text("short"), 100), o)));
  CHECK(one(run, "short") && run.packets[0].packet.truncated && run.packets[0].packet.stated_length == 105);
  CHECK(run.counters.truncated == 1);
  run = frame(1, ethernet(ipv4(udp(text("0123456789")))), 46);
  CHECK(one(run, "0123") && run.packets[0].packet.truncated && run.packets[0].packet.stated_length == 10);
  run = frame(1, ethernet(ipv4(udp(text("0123456789")))), 42);
  CHECK(one(run, "") && run.packets[0].packet.truncated && run.packets[0].packet.payload_offset == 42);
  run = frame(1, ethernet(ipv4(udp(text("abc"), 7))));  // UDP says more than IP
  CHECK(one(run, "abc") && run.packets[0].packet.truncated);
  run = frame(1, ethernet(ipv4(udp(text("abcdef"), -2))));  // and less
  CHECK(one(run, "abcd") && !run.packets[0].packet.truncated);
  o = {};
  o.protocol = 6;
  run = frame(1, ethernet(ipv4(tcp(text("0123456789"), 1, 0x18), o)), 58);
  CHECK(one(run, "0123") && run.packets[0].packet.truncated && run.packets[0].packet.stated_length == 10);

  for (uint32_t snap = 14; snap < 42; snap++) {
    CHECK(frame(1, ethernet(ipv4(udp(text("abc")))), snap).counters.cut_headers == 1);
  }
  for (uint32_t snap = 14; snap < 54; snap++) {
    CHECK(frame(1, ethernet(ipv4(tcp(text("abc"), 1, 0), o)), snap).counters.cut_headers == 1);
  }

  // Headers that contradict themselves.
  Buffer bad = ipv4(udp(text("abc")));
  bad[0] = 0x44;
  CHECK(frame(228, bad).counters.bad_headers == 1);
  bad[0] = 0x65;
  CHECK(frame(1, ethernet(bad)).counters.bad_headers == 1);
  o = {};
  o.length_error = -20;
  CHECK(frame(228, ipv4(udp(text("abc")), o)).counters.bad_headers == 1);
  CHECK(frame(228, ipv4(udp(text("abc"), -4))).counters.bad_headers == 1);
  CHECK(frame(228, ipv4(text("abc"))).counters.bad_headers == 1);
  o = {};
  o.protocol = 6;
  bad = ipv4(tcp(text("abc"), 1, 0), o);
  bad[32] = 0x40;
  CHECK(frame(228, bad).counters.bad_headers == 1);
  bad[32] = 0xF0;
  CHECK(frame(228, bad).counters.bad_headers == 1);

  o = {};
  for (const uint8_t protocol : std::initializer_list<uint8_t>{1, 2, 103}) {
    o.protocol = protocol;
    CHECK(frame(228, ipv4(Buffer(8), o)).counters.other_transports == 1);
  }
  run = frame(228, ipv4(tcp(text("abc"), 0xFFFFFFFE, kTcpSyn | kTcpFin, 3), {.protocol = 6}));
  if (CHECK(one(run, "abc"))) {
    const CapturedPacket& p = run.packets[0].packet;
    CHECK(p.transport == Transport::tcp && p.tcp_sequence == 0xFFFFFFFE && p.tcp_flags == 3 && p.payload_offset == 52);
  }
  CHECK(one(frame(228, ipv4(tcp({}, 1, 0x10), {.protocol = 6})), ""));
}

void ipv6_layers() {
  const Buffer ip = ipv6(udp(text("abc")));
  Pcap file(101);
  file.add(ip);
  CaptureReader reader;
  CapturedPacket p;
  CHECK(reader.open(view(file.bytes)) && reader.next(p) == CaptureStatus::packet);
  CHECK(p.ip_version == 6 && p.source_ip == 0 && p.source_ip6 == file.bytes.data() + 40 + 8);
  CHECK(p.destination_ip6 == p.source_ip6 + 16 && p.payload_offset == 48);

  const Buffer chain = extension(43, 1, extension(60, 3, extension(51, 1, extension(135, 2, {}))));
  Buffer all = extension(43, 1, extension(60, 3, extension(135, 1, extension(17, 2, udp(text("deep"))))));
  CHECK(one(frame(101, ipv6(all, 0)), "deep"));
  Buffer authentication;
  be8(authentication, 17);
  be8(authentication, 4);  // in words of four bytes, less two
  authentication.resize(24);
  append(authentication, udp(text("auth")));
  CHECK(one(frame(101, ipv6(authentication, 51)), "auth"));
  CHECK(one(frame(101, ipv6(ipv6_fragment(17, 0, false, 1, udp(text("atom"))), 44)), "atom"));
  CHECK(frame(101, ipv6(chain, 0)).counters.other_transports + frame(101, ipv6(chain, 0)).counters.bad_headers == 1);
  CHECK(frame(101, ipv6({}, 59)).counters.other_transports == 1);
  CHECK(frame(101, ipv6(Buffer(4), 0)).counters.other_transports +
            frame(101, ipv6(Buffer(4), 0)).counters.bad_headers ==
        1);
  CHECK(frame(101, ipv6(extension(17, 200, {}), 0), 60).counters.cut_headers == 1);
  CHECK(frame(101, ip, 39).counters.cut_headers == 1);
  CHECK(one(frame(101, ipv6(udp(text("jumbo")), 17, -13)), "jumbo"));  // a length of zero: the frame's own counts
  Buffer bad = ip;
  bad[0] = 0x50;
  CHECK(frame(229, bad).counters.not_ip == 1);
  CHECK(frame(1, ethernet(bad, 0x86DD)).counters.bad_headers == 1);
}

Buffer piece(const Buffer& whole, size_t at, size_t size) {
  return Buffer(whole.begin() + ptrdiff_t(at), whole.begin() + ptrdiff_t(std::min(at + size, whole.size())));
}

void fragments() {
  std::string content;
  for (int i = 0; content.size() < 3000; i++) content += std::to_string(i) + ",";
  const Buffer whole = udp(text(content));
  const auto fragment = [&](uint32_t at, uint32_t size, uint16_t id = 7, uint32_t source = kSourceIp) {
    const bool more = at + size < whole.size();
    return ethernet(ipv4(piece(whole, at, size), {.id = id, .fragment_at = at, .more = more, .source = source}));
  };
  std::vector<uint32_t> order = {0, 1000, 2000, 3000};
  do {
    Pcap file;
    uint32_t second = 1;
    for (const uint32_t at : order) file.add(fragment(at, 1000), second++);
    const Run run = read(file.bytes);
    if (CHECK(one(run, content))) {
      CHECK(run.packets[0].packet.reassembled && run.packets[0].packet.number == 4);
      CHECK(run.packets[0].packet.time_ns == 4'000000000 && !run.packets[0].packet.truncated);
    }
    CHECK(run.counters.fragments == 4 && run.counters.reassembled == 1 && run.counters.fragments_dropped == 0);
  } while (std::next_permutation(order.begin(), order.end()));

  // Two datagrams mixed, with repeats and overlaps; the second never gets whole.
  Pcap mixed;
  mixed.add(fragment(0, 1000, 1));
  mixed.add(fragment(0, 1000, 2));
  mixed.add(fragment(0, 1000, 1));
  mixed.add(ethernet(ipv4(udp(text("between")))));
  mixed.add(fragment(800, 1400, 1));
  mixed.add(fragment(2000, 2000, 2));
  mixed.add(fragment(2000, 2000, 1));
  Run run = read(mixed.bytes);
  CHECK(run.packets.size() == 2 && is(run.packets[0], "between") && is(run.packets[1], content));
  CHECK(run.counters.fragments == 6 && run.counters.reassembled == 1 && run.counters.fragments_dropped == 2);

  // The same identifier, 31 seconds later, is another datagram.
  Pcap late;
  late.add(fragment(0, 2000), 100);
  late.add(fragment(2000, 2000), 131);
  run = read(late.bytes);
  CHECK(run.packets.empty() && run.counters.fragments_dropped == 2);

  // More datagrams than the table has room for: the oldest go.
  Pcap many;
  for (uint16_t id = 0; id < 65; id++) many.add(fragment(0, 2000, id));
  for (uint16_t id = 0; id < 65; id++) {
    if (id != 0) many.add(fragment(2000, 2000, id));
  }
  run = read(many.bytes);
  CHECK(run.packets.size() == 64 && run.counters.fragments_dropped == 1);

  // What cannot be part of anything.
  Pcap wrong;
  wrong.add(ethernet(ipv4(Buffer(9), {.more = true})));                               // not a multiple of eight
  wrong.add(ethernet(ipv4({}, {.fragment_at = 8})));                                  // empty
  wrong.add(ethernet(ipv4(Buffer(100), {.fragment_at = 65528})));                     // past the largest datagram
  wrong.add(ethernet(ipv4(Buffer(80), {.fragment_at = 8, .more = true})), 1, 0, 60);  // cut by the snap length
  wrong.add(ethernet(ipv4(Buffer(80), {.id = 1, .fragment_at = 80})));
  wrong.add(ethernet(ipv4(Buffer(80), {.id = 1, .fragment_at = 160})));  // a second end
  wrong.add(ethernet(ipv4(Buffer(80), {.id = 2, .fragment_at = 160, .more = true})));
  wrong.add(ethernet(ipv4(Buffer(80), {.id = 2, .fragment_at = 80})));  // an end before known bytes
  run = read(wrong.bytes);
  CHECK(run.packets.empty() && run.counters.fragments == 8 && run.counters.fragments_dropped == 8);

  // A last fragment that was captured in part must not end the datagram.
  Pcap cut;
  cut.add(fragment(0, 2000));
  cut.add(fragment(2000, 2000), 1, 0, 500);
  run = read(cut.bytes);
  CHECK(run.packets.empty() && run.counters.fragments_dropped == 2);

  // Complete, but not a UDP datagram: the frames stay accounted for (read() checks the sum).
  Pcap hollow;
  hollow.add(ethernet(ipv4(Buffer(8), {.more = true})));
  hollow.add(ethernet(ipv4(Buffer(8), {.fragment_at = 8})));
  run = read(hollow.bytes);
  CHECK(run.packets.empty() && run.counters.reassembled == 1 && run.counters.bad_headers == 1);

  Pcap six(101);
  six.add(ipv6(ipv6_fragment(17, 0, true, 9, piece(whole, 0, 1600)), 44));
  six.add(ipv6(ipv6_fragment(17, 1600, false, 9, piece(whole, 1600, 4000)), 44));
  six.add(ipv6(ipv6_fragment(44, 0, true, 10, Buffer(16, 1)), 44));  // fragments within a fragmented datagram
  six.add(ipv6(ipv6_fragment(44, 16, false, 10, Buffer(16, 1)), 44));
  run = read(six.bytes);
  CHECK(one(run, content) && run.packets[0].packet.reassembled && run.packets[0].packet.ip_version == 6);
  CHECK(run.counters.bad_headers == 1);
}

// ---- TCP flows ----

struct Collected final : TcpFlowSink {
  struct One {
    std::string bytes;  // holes as <n>
    uint64_t position = 0;
    std::vector<uint64_t> numbers;
    int ends = 0;
    TcpEnd why = TcpEnd::fin;
  };
  std::map<uint32_t, One> flows;

  void on_bytes(const TcpFlow& flow, const TcpChunk& chunk) override {
    One& one = flows[flow.id];
    CHECK(chunk.position == one.position && chunk.bytes.size > 0 && one.ends == 0);
    one.position += chunk.bytes.size;
    one.bytes.append(reinterpret_cast<const char*>(chunk.bytes.data), chunk.bytes.size);
    one.numbers.push_back(chunk.number);
  }
  void on_hole(const TcpFlow& flow, uint64_t position, uint64_t bytes) override {
    One& one = flows[flow.id];
    CHECK(position == one.position && bytes > 0 && one.ends == 0);
    one.position += bytes;
    one.bytes += '<';
    one.bytes += std::to_string(bytes);
    one.bytes += '>';
  }
  void on_end(const TcpFlow& flow, TcpEnd why) override {
    flows[flow.id].ends++;
    flows[flow.id].why = why;
  }
};

struct FlowTest {
  Collected out;
  TcpFlows flows;
  uint64_t number = 0;

  explicit FlowTest(const TcpFlowLimits& limits = {}) : flows(out, limits) {}
  void add(uint32_t sequence, const std::string& s, uint8_t flags = 0x10, uint16_t port = 4000, uint32_t missing = 0) {
    CapturedPacket p;
    p.transport = Transport::tcp;
    p.ip_version = 4;
    p.source_ip = kSourceIp;
    p.destination_ip = kDestinationIp;
    p.source_port = port;
    p.destination_port = 5000;
    p.tcp_sequence = sequence;
    p.tcp_flags = flags;
    p.payload = {reinterpret_cast<const uint8_t*>(s.data()), uint32_t(s.size())};
    p.stated_length = p.payload.size + missing;
    p.truncated = missing;
    p.number = ++number;
    flows.add(p);
  }
  std::string bytes(uint32_t id = 0) { return out.flows[id].bytes; }
  bool ended(TcpEnd why, uint32_t id = 0) { return out.flows[id].ends == 1 && out.flows[id].why == why; }
};

void tcp_flows() {
  {
    FlowTest t;  // in order, from SYN to FIN, across the wrap of sequence numbers
    t.add(0xFFFFFFFA, "", kTcpSyn);
    t.add(0xFFFFFFFA, "", kTcpSyn);
    t.add(0xFFFFFFFB, "abcd");
    t.add(0xFFFFFFFF, "efgh");
    t.add(3, "", 0x10);
    t.add(3, "ij", kTcpFin);
    t.add(3, "ij", kTcpFin);
    t.add(6, "", kTcpReset);
    CHECK(t.bytes() == "abcdefghij" && t.ended(TcpEnd::fin));
    CHECK(t.flows.counters().late_segments == 2 && t.flows.counters().flows == 1);
    t.flows.finish();
    CHECK(t.ended(TcpEnd::fin));
  }
  {
    FlowTest t;  // out of order and repeated across the wrap
    t.add(0xFFFFFFFE, "ab");
    t.add(2, "ef");
    t.add(0, "cd");
    t.add(0xFFFFFFFE, "abcdefgh");
    CHECK(t.bytes() == "abcdefgh" && t.flows.counters().repeated_bytes == 6);
  }
  {
    FlowTest t;  // starts in mid-stream; repeats, overlaps, keep-alives
    t.add(1000, "", 0x10);
    t.add(1000, "abcd");
    t.add(1000, "abcd");
    t.add(1002, "cdef");
    t.add(1005, "f");
    t.add(990, "##########");
    t.add(1004, "efgh");
    CHECK(t.bytes() == "abcdefgh" && t.flows.counters().repeated_bytes == 4 + 2 + 1 + 10 + 2);
    t.flows.finish();
    CHECK(t.ended(TcpEnd::capture_end) && t.flows.counters().holes == 0);
  }
  {
    FlowTest t;  // out of order: held, with its own frame number
    t.add(100, "ab");
    t.add(106, "gh", kTcpFin);
    t.add(104, "ef");
    t.add(104, "ef");
    t.add(103, "def");
    CHECK(t.bytes() == "ab" && t.flows.counters().held_segments == 3);
    t.add(102, "cd");
    CHECK(t.bytes() == "abcdefgh" && t.ended(TcpEnd::fin));
    CHECK((t.out.flows[0].numbers == std::vector<uint64_t>{1, 6, 5, 2} ||
           t.out.flows[0].numbers == std::vector<uint64_t>{1, 6, 3, 2}));
  }
  {
    FlowTest t;  // holes at the end, and when the connection is reset
    t.add(100, "ab");
    t.add(110, "cd");
    t.add(120, "ef");
    t.add(1, "xx", 0x10, 4001);
    t.add(5, "yy", 0x10, 4001);
    t.add(9, "", kTcpReset, 4001);
    CHECK(t.bytes(1) == "xx<2>yy" && t.ended(TcpEnd::reset, 1));
    t.flows.finish();
    CHECK(t.bytes() == "ab<8>cd<8>ef" && t.ended(TcpEnd::capture_end));
    CHECK(t.flows.counters().holes == 3 && t.flows.counters().hole_bytes == 18);
  }
  {
    FlowTest t({.flows = 4, .held_bytes = 8, .held_segments = 100});
    t.add(0, "ab");
    t.add(4, "cdef");
    t.add(10, "ghij");
    CHECK(t.bytes() == "ab");
    t.add(20, "k");  // nine bytes would be held
    CHECK(t.bytes() == "ab<2>cdef");
    t.add(8, "XX");
    CHECK(t.bytes() == "ab<2>cdefXXghij");
  }
  {
    FlowTest t({.flows = 4, .held_bytes = 1000, .held_segments = 2});
    t.add(0, "a");
    t.add(2, "b");
    t.add(4, "c");
    t.add(6, "d");
    CHECK(t.bytes() == "a<1>b");
  }
  {
    FlowTest t;  // the capture keeps only the head of each segment
    t.add(0, "ab", 0x10, 4000, 8);
    t.add(20, "ef", 0x10, 4000, 8);
    t.add(10, "cd", 0x10, 4000, 8);
    CHECK(t.bytes() == "ab<8>cd<8>ef<8>");
  }
  {
    FlowTest t;  // the ports are used again
    t.add(10, "", kTcpSyn);
    t.add(11, "ab");
    t.add(5000, "", kTcpSyn);
    t.add(5001, "cd", kTcpFin);
    t.add(9000, "", kTcpSyn);
    t.add(9001, "ef");
    CHECK(t.bytes(0) == "ab" && t.ended(TcpEnd::replaced, 0));
    CHECK(t.bytes(1) == "cd" && t.ended(TcpEnd::fin, 1));
    CHECK(t.bytes(2) == "ef");
  }
  {
    FlowTest t({.flows = 2, .held_bytes = 100, .held_segments = 100});
    t.add(0, "a", 0x10, 1);
    t.add(0, "b", 0x10, 2);
    t.add(1, "a", 0x10, 1);
    t.add(0, "c", 0x10, 3);  // the longest silent makes room
    CHECK(t.ended(TcpEnd::evicted, 1) && t.flows.counters().evicted == 1);
    t.add(2, "", kTcpReset, 1);
    t.add(0, "d", 0x10, 4);  // and one that is over, first of all
    CHECK(t.flows.counters().evicted == 1 && t.bytes(0) == "aa" && t.bytes(3) == "d");
    CHECK(t.out.flows[2].ends == 0);
  }
}

// ---- files ----

/// Gives a capture in pieces of `step` bytes, and fails behind the last one when it is told to.
struct Pieces final : ByteSource {
  Bytes bytes;
  uint32_t step;
  bool fails;
  uint32_t at = 0;
  Pieces(Bytes b, uint32_t s, bool f) : bytes(b), step(s), fails(f) {}
  SourceStatus read(uint8_t* into, uint32_t size, uint32_t& got) override {
    got = std::min({size, step, bytes.size - at});
    if (got != 0) {
      std::memcpy(into, bytes.data + at, got);
      at += got;
      return SourceStatus::bytes;
    }
    if (fails) problem_ = "the disk is gone";
    return fails ? SourceStatus::damaged : SourceStatus::end;
  }
  uint64_t position() const override { return at; }
};

/// What read() makes of the whole, with the addresses in it told apart by value.
std::string told(const Run& run) {
  std::string out = run.opened ? "" : "not opened ";
  for (const Taken& t : run.packets) {
    const CapturedPacket& p = t.packet;
    out += std::to_string(p.number) + "@" + std::to_string(p.record_offset) + "+" + std::to_string(p.payload_offset) +
           "/" + std::to_string(p.time_ns) + ":" + std::string(t.payload.begin(), t.payload.end()) + " ";
  }
  return out + run.problem + (run.status == CaptureStatus::end ? "end" : "malformed");
}

Run read_pieces(Bytes bytes, uint32_t step, bool fails = false) {
  Run run;
  CaptureReader reader;
  reader.open_stream();
  CaptureInput input(std::make_unique<Pieces>(bytes, step, fails));
  CapturedPacket packet;
  for (;;) {
    run.status = reader.next(packet);
    if (run.status == CaptureStatus::more) {
      const bool more = input.fill(reader);
      CHECK(more == (input.status() == SourceStatus::bytes));
      if (!more && fails) CHECK(input.status() == SourceStatus::damaged && input.problem() == "the disk is gone");
      continue;
    }
    if (run.status != CaptureStatus::packet) break;
    run.packets.push_back({packet, Buffer(packet.payload.data, packet.payload.data + packet.payload.size)});
  }
  run.opened = reader.opened();
  run.counters = reader.counters();
  run.problem = reader.problem();
  CHECK(reader.offset() <= bytes.size);
  return run;
}

void pieces() {
  std::vector<Buffer> captures;
  for (const bool big : {false, true}) {
    Pcap pcap(1, big, big);
    pcap.add(ethernet(ipv4(udp(text("first")))));
    pcap.add(ethernet(Buffer(28), 0x0806));
    pcap.add(ethernet(ipv6(udp(text("second"))), 0x86DD));
    captures.push_back(pcap.bytes);
    Pcapng pcapng(big);
    pcapng.interface(1, 9, 3, 200);
    pcapng.enhanced(0, 1700000000'000000000, ethernet(ipv4(udp(text("third")))));
    pcapng.block(5, Buffer(16));
    pcapng.section(!big);
    pcapng.interface(101);
    pcapng.simple(ipv4(udp(text("fourth"))));
    captures.push_back(pcapng.bytes);
  }
  Buffer binary;
  for (uint32_t i = 0; i < 100; i++) {
    put16(binary, 3 + i);
    binary.resize(binary.size() + 3 + i, uint8_t('A' + i % 26));
  }
  captures.push_back(binary);
  Buffer ended = binary;
  put16(ended, 0);
  captures.push_back(ended);
  captures.push_back(text("neither this nor that, but long enough to be looked at"));
  captures.push_back({});
  for (const Buffer& whole : captures) {
    for (size_t size = 0; size <= whole.size(); size += size < 200 || size + 200 > whole.size() ? 1u : 37u) {
      const Bytes cut{whole.data(), uint32_t(size)};
      const std::string wanted = told(read(cut));
      for (const uint32_t step : {1u, 2u, 7u, 64u, 100000u}) {
        const std::string got = told(read_pieces(cut, step));
        if (!CHECK(got == wanted))
          std::fprintf(stderr, "  %zu by %u\n  %s\n  %s\n", size, step, wanted.c_str(), got.c_str());
      }
      CHECK(told(read_pieces(cut, 5, true)) == wanted);
    }
  }

  // A record longer than the window makes it grow; one that only says so does not.
  Pcap large;
  large.add(ethernet(Buffer(3 << 20, 'x'), 0x9999));
  large.add(ethernet(ipv4(udp(text("behind")))));
  CHECK(one(read_pieces(view(large.bytes), 1 << 16), "behind"));
  for (const uint32_t length : {0x7FFFFFFFu, kCaptureRecordMax + 1}) {
    Pcap absurd;
    absurd.add(ethernet(ipv4(udp(text("before")))));
    absurd.add(Buffer(40));
    store_uint(absurd.bytes.data() + absurd.bytes.size() - 48, length, 4, false);
    const Run run = read_pieces(view(absurd.bytes), 1000);
    CHECK(run.status == CaptureStatus::malformed && run.packets.size() == 1);
    CHECK(run.problem.find("cannot be") != std::string::npos);
  }
}

Buffer read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void find_captures(const std::string& folder, std::vector<std::string>& out) {
  DIR* dir = ::opendir(folder.c_str());
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = folder + "/" + name;
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) {
      find_captures(path, out);
    } else if (name.ends_with(".pcap") || name.ends_with(".pcapng") || name.ends_with(".itch")) {
      out.push_back(path);
    }
  }
  ::closedir(dir);
}

void real_captures(const char* folder) {
  // Frames, by the recorders' own counts.
  const std::map<std::string, uint64_t> known = {{"cme-mdp3-v1.6-ab.pcapng", 10000},
                                                 {"cme-mdp3-v1.9-multichannel.pcap", 100},
                                                 {"ice-impact-v1.1.33.pcap", 8680},
                                                 {"miax-tom-v1.9.pcap", 20560},
                                                 {"nyse-imbalances-xdp-v2.1.f.pcap", 11819},
                                                 {"cboe-csm-marketlevel2-v1.0.4.pcap", 18518},
                                                 {"miax-ctom-v1.1.pcap", 9982},
                                                 {"miax-esesm-tcp.pcap", 1897},
                                                 {"sample.itch", 1000}};
  std::vector<std::string> paths;
  find_captures(folder, paths);
  std::sort(paths.begin(), paths.end());
  CHECK(!paths.empty());
  CaptureCounters sum;
  uint64_t udp_packets = 0;
  uint64_t tcp_packets = 0;
  for (const std::string& path : paths) {
    const Buffer file = read_file(path);
    const Run run = read(file);
    if (!CHECK(run.opened && run.status == CaptureStatus::end && run.counters.packets > 0)) {
      std::fprintf(stderr, "  %s: %s\n", path.c_str(), run.problem.c_str());
      continue;
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    const auto wanted = known.find(name);
    if (wanted != known.end()) CHECK(run.counters.frames == wanted->second);
    CHECK(run.counters.truncated == 0);
    FlowTest flows;
    for (const Taken& taken : run.packets) {
      udp_packets += taken.packet.transport == Transport::udp;
      tcp_packets += taken.packet.transport == Transport::tcp;
      CHECK(taken.packet.number >= 1 && taken.packet.number <= run.counters.frames);
      if (taken.packet.transport == Transport::tcp) flows.flows.add(taken.packet);
    }
    flows.flows.finish();
    if (name == "miax-esesm-tcp.pcap") {
      const TcpFlowCounters& c = flows.flows.counters();
      std::fprintf(stderr,
                   "  %s: %" PRIu64 " flows, %" PRIu64 " bytes, %" PRIu64 " repeated, %" PRIu64 " held, %" PRIu64
                   " holes\n",
                   name.c_str(), c.flows, c.bytes, c.repeated_bytes, c.held_segments, c.holes);
    }
    sum.frames += run.counters.frames;
    sum.packets += run.counters.packets;
    sum.not_ip += run.counters.not_ip;
    sum.other_transports += run.counters.other_transports;
    sum.cut_headers += run.counters.cut_headers;
    sum.bad_headers += run.counters.bad_headers;
    sum.unknown_link += run.counters.unknown_link;
    sum.fragments += run.counters.fragments;
  }
  std::fprintf(stderr,
               "%zu captures: %" PRIu64 " frames, %" PRIu64 " udp, %" PRIu64 " tcp, %" PRIu64 " not ip, %" PRIu64
               " other transports, %" PRIu64 " cut, %" PRIu64
               " bad, "
               "%" PRIu64 " fragments\n",
               paths.size(), sum.frames, udp_packets, tcp_packets, sum.not_ip, sum.other_transports, sum.cut_headers,
               sum.bad_headers, sum.fragments);
  CHECK(sum.unknown_link == 0 && sum.bad_headers == 0 && sum.cut_headers == 0);
}

void bench(const char* path) {
  Pcap pcap;
  Buffer file;
  Bytes bytes;
  if (path) {
    file = read_file(path);
    bytes = view(file);
  } else {
    const Buffer frame = ethernet(ipv4(udp(Buffer(1000, 'x'))));
    for (uint32_t i = 0; i < 100000; i++) pcap.add(frame, i, i);
    bytes = view(pcap.bytes);
  }
  double best = 1e9;
  uint64_t sum = 0;
  for (int round = 0; round < 15; round++) {
    CaptureReader reader;
    if (!reader.open(bytes)) return;
    CapturedPacket packet;
    const auto begin = std::chrono::steady_clock::now();
    while (reader.next(packet) == CaptureStatus::packet) sum += packet.payload.size + uint64_t(packet.time_ns);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / double(reader.counters().frames));
  }
  std::printf("next: %.1f ns a packet, best of 15 (%" PRIu64 ")\n", best, (sum & 1));
}

}  // namespace

/// The short way of the commonest frames and the general one read the same IP packet alike, however it is damaged.
void quick_frames() {
  const Buffer good = ipv4(udp(text("0123456789abcdef")));
  uint64_t random = 7;
  const auto draw = [&](uint64_t below) {
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    return (random >> 33) % below;
  };
  uint32_t read = 0;
  for (uint32_t i = 0; i < 200'000; i++) {
    Buffer ip = good;
    // Damage of the headers; the first bits stay those of IPv4, without which a raw packet is of another kind.
    for (uint64_t n = draw(3); n > 0; n--) ip[1 + draw(27)] = uint8_t(draw(4) == 0 ? draw(256) : draw(32));
    if (draw(4) == 0) ip[0] = uint8_t(0x40 | draw(16));
    ip.resize(draw(4) == 0 ? draw(ip.size() + 1) : ip.size() + draw(8));
    Buffer frame(12, 0);
    put16(frame, 0x0800);
    append(frame, ip);
    FrameReader quick, general;
    CapturedPacket a, b;
    const uint32_t size = uint32_t(ip.size());
    const bool taken = quick.read({view(frame), size + 14, kLinkEthernet}, a);
    const bool wanted = size != 0 && general.read({view(ip), size, kLinkRaw}, b);
    bool same = taken == wanted;
    if (same && taken && !a.reassembled) {
      read++;
      same = a.payload_offset == b.payload_offset + 14 && a.payload.size == b.payload.size &&
             a.stated_length == b.stated_length && a.source_ip == b.source_ip && a.destination_ip == b.destination_ip &&
             a.source_port == b.source_port && a.destination_port == b.destination_port && a.transport == b.transport &&
             a.truncated == b.truncated && a.tcp_sequence == b.tcp_sequence && a.tcp_flags == b.tcp_flags &&
             a.ip_version == b.ip_version;
    }
    if (!same) {
      std::fprintf(stderr, "frame %u\n", i);
      CHECK(!"read alike both ways");
      return;
    }
  }
  CHECK(read > 50'000);
}

}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  if (argc > 1 && std::string(argv[1]) == "--bench") {
    bench(argc > 2 ? argv[2] : nullptr);
    return 0;
  }
  pcap_formats();
  not_a_capture();
  cut_pcap();
  pcapng_format();
  malformed_pcapng();
  binary_file();
  link_layers();
  quick_frames();
  internet_layers();
  ipv6_layers();
  fragments();
  tcp_flows();
  pieces();
  if (const char* folder = std::getenv("VENUEWIRE_CAPTURES")) real_captures(folder);
  return checks_result();
}

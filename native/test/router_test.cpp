// Destinations and their lines.
#include "feed/router.hpp"

#include <chrono>

#include "check.hpp"

namespace venuewire {
namespace {

constexpr uint32_t kGroup = 0xEFFF2A01;  // 239.255.42.1

LineSpec line(LineRole role = LineRole::live, int32_t channel = 0) {
  LineSpec l;
  l.role = role;
  l.channel = channel;
  return l;
}

Route route(uint32_t ip, uint16_t port, uint16_t to, uint32_t source = 0) {
  return {ip == 0, IpAddress::v4(ip), port, source, to};
}

std::vector<uint16_t> lines_of(Router& router, IpAddress ip, uint16_t port, uint32_t source = 0) {
  std::vector<uint16_t> out;
  const bool any = router.each(ip, port, source, [&](uint16_t l) { out.push_back(l); });
  CHECK(any == !out.empty());
  return out;
}
std::vector<uint16_t> lines_of(Router& router, uint32_t ip, uint16_t port, uint32_t source = 0) {
  return lines_of(router, IpAddress::v4(ip), port, source);
}

using Lines = std::vector<uint16_t>;

void destinations() {
  const std::vector<LineSpec> lines(1000, line());
  Router router(lines);
  CHECK(lines_of(router, 0, 0).empty());
  for (uint16_t i = 0; i < 1000; i++) router.add(route(kGroup + i / 2, uint16_t(5000 + i % 2), i));
  for (uint16_t i = 0; i < 1000; i++) {
    CHECK(lines_of(router, kGroup + i / 2, uint16_t(5000 + i % 2)) == Lines{i});
  }
  CHECK(lines_of(router, kGroup, 5002).empty() && lines_of(router, kGroup + 500, 5000).empty());
  CHECK(router.foreign() == 3 && router.foreign_destinations().size() == 2);
  CHECK(router.foreign_destinations()[0] == "239.255.42.1:5002");
  // What comes again and again is told once, and a flood of them stays bounded.
  for (uint32_t i = 0; i < 100; i++) (void)lines_of(router, i, 1);
  CHECK(router.foreign() == 103 && router.foreign_destinations().size() == 8);
}

void the_first_route_wins() {
  const std::vector<LineSpec> lines(4, line());
  Router router(lines);
  router.add(route(kGroup, 0, 0));
  router.add(route(kGroup + 1, 7, 1));
  router.add(route(0, 7, 2));
  router.add(route(0, 0, 3));
  CHECK(lines_of(router, kGroup, 7) == Lines{0});
  CHECK(lines_of(router, kGroup + 1, 7) == Lines{1});
  CHECK(lines_of(router, kGroup + 2, 7) == Lines{2});
  CHECK(lines_of(router, kGroup + 1, 8) == Lines{3});
  Router all(lines);
  all.add(route(0, 0, 3));
  all.add(route(kGroup, 7, 1));
  CHECK(lines_of(all, kGroup, 7) == Lines{3});
}

void several_lines_of_one_destination() {
  // Two channels and a snapshot line hear it; the second line of a channel is told apart by nothing.
  const std::vector<LineSpec> lines = {line(), line(LineRole::live, 1), line(LineRole::snapshot), line()};
  Router router(lines);
  for (uint16_t i = 0; i < 4; i++) router.add(route(kGroup, 7, i));
  CHECK(lines_of(router, kGroup, 7) == (Lines{0, 1, 2}));

  // One group, two senders: A and B.
  const std::vector<LineSpec> ab(3, line());
  Router by_source(ab);
  by_source.add(route(kGroup, 7, 0, 100));
  CHECK(lines_of(by_source, kGroup, 7, 300) == Lines{0});  // alone it needs no telling apart
  by_source.add(route(kGroup, 7, 1, 200));
  CHECK(lines_of(by_source, kGroup, 7, 100) == Lines{0});
  CHECK(lines_of(by_source, kGroup, 7, 200) == Lines{1});
  CHECK(lines_of(by_source, kGroup, 7, 300).empty() && by_source.foreign() == 1);
}

void addresses_of_both_versions() {
  const std::vector<LineSpec> lines(2, line());
  uint8_t six[16] = {0xFF, 0x0E};
  six[15] = 1;
  Router router(lines);
  router.add({false, IpAddress::v6(six), 7, 0, 1});
  router.add(route(1, 7, 0));
  CHECK(lines_of(router, IpAddress::v6(six), 7) == Lines{1});
  CHECK(lines_of(router, 1u, 7) == Lines{0});
  six[14] = 1;
  CHECK(lines_of(router, IpAddress::v6(six), 7).empty());
  CHECK(router.foreign_destinations() == std::vector<std::string>{"[ff0e::101]:7"});
}

/// Nanoseconds for a look-up that is not the last one's.
double cost(uint16_t count) {
  const std::vector<LineSpec> lines(count, line());
  Router router(lines);
  for (uint16_t i = 0; i < count; i++) router.add(route(kGroup + i, 5000, i));
  uint64_t sum = 0;
  const auto begin = std::chrono::steady_clock::now();
  constexpr uint32_t kTimes = 2'000'000;
  for (uint32_t i = 0; i < kTimes; i++) {
    (void)router.each(IpAddress::v4(kGroup + i * 7 % count), 5000, 0, [&](uint16_t l) { sum += l; });
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  CHECK(sum > 0);
  return took.count() / kTimes;
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  if (argc > 1 && std::string(argv[1]) == "--bench") {
    for (const uint16_t n : std::initializer_list<uint16_t>{2, 16, 256, 4096})
      std::printf("%5u destinations: %.1f ns a look-up\n", unsigned(n), cost(n));
    return 0;
  }
  destinations();
  the_first_route_wins();
  several_lines_of_one_destination();
  addresses_of_both_versions();
  return checks_result();
}

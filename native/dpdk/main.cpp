// venuewire-dpdk: polls one port of DPDK, and leaves its UDP multicast in a ring that feeds read (receive: dpdk).
// Usage: venuewire-dpdk [options of DPDK] -- [--port N] [--ring NAME] [--slots N] [--frame-bytes N] [--group NAME]
// [--rest US]
#include <getopt.h>
#include <grp.h>
#include <net/if.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <time.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "dpdk/ring_writer.hpp"

namespace {

using namespace venuewire;

constexpr uint16_t kBurst = 64;
constexpr uint16_t kDescriptors = 4096;
constexpr unsigned kBuffers = 16383, kBuffersCached = 256;
constexpr uint32_t kLinkBytes = 14 + 2 * 4;
constexpr int64_t kServeNs = 1'000'000;
/// Empty looks before it rests, where it may rest at all.
constexpr uint32_t kEmptyLooks = 1000;

volatile std::sig_atomic_t stopping = 0;

const char* const kUsage =
    "venuewire-dpdk polls a card with DPDK and gives its UDP multicast to feeds on this machine (receive: dpdk).\n\n"
    "  venuewire-dpdk [options of DPDK] -- [options]\n\n"
    "  --port N         DPDK's number of the port (0)\n"
    "  --ring NAME      name of the ring, the interface of the feed's lines (the kernel's name of the port, or portN)\n"
    "  --slots N        frames that the ring holds, a power of two (16384)\n"
    "  --frame-bytes N  longest frame that is kept whole (what the port's MTU asks for)\n"
    "  --group NAME     group whose members may read, beside the user that runs this\n"
    "  --rest US        microseconds to sleep where nothing comes (0: never, a core is busy all the time)\n\n"
    "A card that is bound to vfio-pci:\n"
    "  venuewire-dpdk -l 2 -a 0000:3b:00.0 --in-memory -- --ring line-a --group feeds\n"
    "An interface of the kernel, without huge pages:\n"
    "  venuewire-dpdk -l 0 --no-huge -m 256 --no-shconf --no-pci --vdev=net_af_packet0,iface=eth1 -- --rest 50\n";

struct Options {
  uint16_t port = 0;
  uint32_t frame_bytes = 0;  // 0: as the MTU asks for
  uint32_t rest_us = 0;
  DpdkRingSpec ring;
};

int64_t now_ns(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

bool number_of(const char* text, uint32_t least, uint32_t most, uint32_t& out) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0' || text[0] == '-' || value < least || value > most) return false;
  out = uint32_t(value);
  return true;
}

bool group_of(const char* text, int64_t& out) {
  uint32_t id = 0;
  const group* found = ::getgrnam(text);
  if (found != nullptr)
    out = int64_t(found->gr_gid);
  else if (number_of(text, 0, UINT32_MAX - 1, id))
    out = int64_t(id);
  return out >= 0;
}

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= kDpdkNameMost && name[0] != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") ==
             std::string::npos;
}

/// False: what is wrong has been said.
bool read_options(int count, char** arguments, Options& out) {
  const option known[] = {{"port", required_argument, nullptr, 'p'},
                          {"ring", required_argument, nullptr, 'r'},
                          {"slots", required_argument, nullptr, 's'},
                          {"frame-bytes", required_argument, nullptr, 'f'},
                          {"group", required_argument, nullptr, 'g'},
                          {"rest", required_argument, nullptr, 'w'},
                          {nullptr, 0, nullptr, 0}};
  optind = 1;
  for (int which; (which = ::getopt_long(count, arguments, "", known, nullptr)) != -1;) {
    uint32_t port = 0;
    bool good = true;
    if (which == 'p') {
      good = number_of(optarg, 0, RTE_MAX_ETHPORTS - 1, port);
      out.port = uint16_t(port);
    } else if (which == 'r') {
      out.ring.name = optarg;
      good = good_name(out.ring.name);
    } else if (which == 's') {
      good = number_of(optarg, kDpdkSlotsLeast, kDpdkSlotsMost, out.ring.slots) && std::has_single_bit(out.ring.slots);
    } else if (which == 'f') {
      good = number_of(optarg, 64, kDpdkSlotBytesMost - uint32_t(sizeof(DpdkSlot)), out.frame_bytes);
    } else if (which == 'g') {
      good = group_of(optarg, out.ring.group);
    } else if (which == 'w') {
      good = number_of(optarg, 0, 1'000'000, out.rest_us);
    } else {
      return false;  // getopt has said why
    }
    if (good) continue;
    std::fprintf(stderr, "venuewire-dpdk: '%s' is not a value of this option\n\n%s", optarg, kUsage);
    return false;
  }
  if (optind == count) return true;
  std::fprintf(stderr, "venuewire-dpdk: '%s' is no option\n\n%s", arguments[optind], kUsage);
  return false;
}

int failed(const char* what, int error) {
  std::fprintf(stderr, "venuewire-dpdk: %s: %s\n", what, rte_strerror(std::abs(error)));
  return EXIT_FAILURE;
}

/// UDP over IPv4 to a group, behind up to two VLAN tags; fragments too.
bool is_wanted(const uint8_t* frame, uint32_t bytes) {
  uint32_t at = 12;
  for (int tags = 0; tags < 2 && bytes >= at + 2; tags++) {
    const uint32_t type = uint32_t(frame[at]) << 8 | frame[at + 1];
    if (type != 0x8100 && type != 0x88A8) break;
    at += 4;
  }
  const uint8_t* ip = frame + at + 2;
  return bytes >= at + 2 + 20 && frame[at] == 0x08 && frame[at + 1] == 0x00 && ip[0] >> 4 == 4 && ip[9] == 17 &&
         ip[16] >> 4 == 14;
}

class Port {
 public:
  explicit Port(const Options& options) : options_(options) {}

  int open() {
    rte_eth_dev_info info{};
    if (const int error = rte_eth_dev_info_get(options_.port, &info); error != 0) {
      return failed("there is no such port (--vdev, -a, --port)", error);
    }
    if (const int error = start(info); error != 0) return error;
    describe(info);
    const std::string why = ring_.open(options_.ring);
    if (!why.empty()) {
      std::fprintf(stderr, "venuewire-dpdk: %s\n", why.c_str());
      return EXIT_FAILURE;
    }
    std::printf("venuewire-dpdk: port %u (%s) into %s, %u slots of %u bytes\n", unsigned(options_.port),
                info.driver_name, ring_.path().c_str(), options_.ring.slots, options_.ring.slot_bytes);
    std::fflush(stdout);
    return 0;
  }

  void run() {
    int64_t served_ns = 0;
    uint32_t empty = 0;
    while (stopping == 0) {
      if (poll() != 0)
        empty = 0;
      else if (options_.rest_us != 0 && ++empty > kEmptyLooks)
        rest();
      const int64_t at = now_ns(CLOCK_MONOTONIC);
      if (at - served_ns < kServeNs) continue;
      served_ns = at;
      ring_.serve();
      count();
    }
    count();
    std::printf("venuewire-dpdk: %llu frames written, %llu missed, %llu passed over\n",
                static_cast<unsigned long long>(ring_.written()), static_cast<unsigned long long>(missed_),
                static_cast<unsigned long long>(passed_over_));
    ring_.close();
    (void)rte_eth_dev_stop(options_.port);
    (void)rte_eth_dev_close(options_.port);
  }

 private:
  int start(const rte_eth_dev_info& info) {
    const uint16_t port = options_.port;
    const int socket = rte_eth_dev_socket_id(port);
    rte_eth_conf configuration{};
    uint16_t received = kDescriptors, sent = info.tx_desc_lim.nb_min == 0 ? uint16_t(512) : info.tx_desc_lim.nb_min;
    uint16_t mtu = 0;
    int error = rte_eth_dev_configure(port, 1, 1, &configuration);
    if (error == 0) error = rte_eth_dev_adjust_nb_rx_tx_desc(port, &received, &sent);
    if (error == 0) error = rte_eth_dev_get_mtu(port, &mtu);
    if (error != 0) return failed("the port cannot be set up", error);
    if (options_.frame_bytes == 0) options_.frame_bytes = mtu + kLinkBytes;
    const uint32_t room = std::max<uint32_t>(RTE_MBUF_DEFAULT_BUF_SIZE, mtu + kLinkBytes + RTE_PKTMBUF_HEADROOM);
    rte_mempool* pool = rte_pktmbuf_pool_create("frames", kBuffers, kBuffersCached, 0, uint16_t(room), socket);
    if (pool == nullptr) return failed("no memory for frames (-m)", rte_errno);
    error = rte_eth_rx_queue_setup(port, 0, received, unsigned(socket), nullptr, pool);
    if (error == 0) error = rte_eth_tx_queue_setup(port, 0, sent, unsigned(socket), nullptr);
    if (error == 0) error = rte_eth_dev_start(port);
    if (error != 0) return failed("the port cannot be started", error);
    // Groups are not told to the card: it gives all of them.
    if (rte_eth_allmulticast_enable(port) != 0) (void)rte_eth_promiscuous_enable(port);
    return 0;
  }

  void describe(const rte_eth_dev_info& info) {
    char name[IF_NAMESIZE] = {};
    DpdkRingSpec& ring = options_.ring;
    if (info.if_index != 0 && ::if_indextoname(info.if_index, name) != nullptr) {
      ring.interface = name;
      ring.interface_index = info.if_index;
    }
    if (ring.name.empty()) ring.name = ring.interface.empty() ? "port" + std::to_string(options_.port) : ring.interface;
    ring.driver = info.driver_name;
    ring.slot_bytes = std::min((options_.frame_bytes + uint32_t(sizeof(DpdkSlot)) + 63) / 64 * 64, kDpdkSlotBytesMost);
  }

  uint16_t poll() {
    rte_mbuf* burst[kBurst];
    const uint16_t n = rte_eth_rx_burst(options_.port, 0, burst, kBurst);
    if (n == 0) return 0;
    const int64_t taken_ns = now_ns(CLOCK_REALTIME);
    bool any = false;
    for (uint16_t i = 0; i < n; i++) any |= keep(*burst[i], taken_ns);
    rte_pktmbuf_free_bulk(burst, n);
    if (any) ring_.publish();
    return n;
  }

  bool keep(const rte_mbuf& first, int64_t taken_ns) {
    if (!is_wanted(rte_pktmbuf_mtod(&first, const uint8_t*), first.data_len)) {
      passed_over_++;
      return false;
    }
    const uint32_t most = ring_.frame_bytes_most();
    uint8_t* to = ring_.begin_frame();
    uint32_t bytes = 0;
    for (const rte_mbuf* part = &first; part != nullptr && bytes < most; part = part->next) {
      const uint32_t length = std::min<uint32_t>(part->data_len, most - bytes);
      std::memcpy(to + bytes, rte_pktmbuf_mtod(part, const uint8_t*), length);
      bytes += length;
    }
    ring_.end_frame(bytes, first.pkt_len, taken_ns);
    return true;
  }

  void count() {
    rte_eth_stats stats{};
    if (rte_eth_stats_get(options_.port, &stats) == 0) missed_ = stats.imissed + stats.ierrors + stats.rx_nombuf;
    ring_.count(missed_, passed_over_);
  }

  void rest() const {
    const timespec pause{options_.rest_us / 1'000'000, long(options_.rest_us % 1'000'000) * 1000};
    ::nanosleep(&pause, nullptr);
  }

  Options options_;
  DpdkRingWriter ring_;
  uint64_t missed_ = 0, passed_over_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--help") {
    std::printf("%s\nOptions of DPDK: venuewire-dpdk -h\n", kUsage);
    return 0;
  }
  // DPDK takes what is before the "--" and ends the program where it does not understand it.
  const int taken = rte_eal_init(count, arguments);
  if (taken < 0)
    return failed("DPDK does not start (--no-huge -m 256 --no-shconf where there are no huge pages)", rte_errno);
  Options options;
  int result = EXIT_FAILURE;
  if (read_options(count - taken, arguments + taken, options)) {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { stopping = 1; });
    Port port(options);
    result = port.open();
    if (result == 0) port.run();
  }
  (void)rte_eal_cleanup();
  return result;
}

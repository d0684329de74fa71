// Tests of the ring that venuewire-dpdk and feeds share (io/dpdk, dpdk/ring_writer): with the program's own writer, and
// with programs that lie. They need no rights, no DPDK and no network.
#include "io/dpdk.hpp"

#include <cstdlib>
#include <random>
#include <thread>

#include "dpdk/ring_writer.hpp"
#include "io/event_loop.hpp"
#include "test/capture_builder.hpp"
#include "test/check.hpp"
#include "test/linux/frame_traffic.hpp"

namespace venuewire {
namespace {

constexpr int64_t kPatienceNs = 5'000'000'000;
std::string directory;  // of this run

ReceiveConfig config_of(const std::string& name) {
  ReceiveConfig config;
  config.groups = {{kDestinationIp, kPort, 0, 0}};
  config.interface = name;
  return config;
}

DpdkRingSpec spec_of(const std::string& name, uint32_t slots = 64) {
  DpdkRingSpec spec;
  spec.directory = directory;
  spec.name = name;
  spec.slots = slots;
  spec.slot_bytes = 2048;
  spec.driver = "net_test";
  return spec;
}

void write(DpdkRingWriter& ring, const Buffer& frame) {
  std::memcpy(ring.begin_frame(), frame.data(), frame.size());
  ring.end_frame(uint32_t(frame.size()), uint32_t(frame.size()), 77);
}

/// Opens while somebody serves.
template <typename Serve>
ReceiveProblem open_served(const std::string& name, std::unique_ptr<Receiver>& out, Serve serve) {
  ReceiveProblem problem;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    Receivers opened;
    problem = open_dpdk_in(directory, config_of(name), opened);
    if (!opened.empty()) out = std::move(opened.front());
    done = true;
  });
  while (!done) {
    serve();
    std::this_thread::yield();
  }
  reader.join();
  return problem;
}

std::unique_ptr<Receiver> attached(DpdkRingWriter& ring, const std::string& name) {
  std::unique_ptr<Receiver> receiver;
  const ReceiveProblem problem = open_served(name, receiver, [&] { ring.serve(); });
  if (!CHECK(problem.error == ReceiveError::none)) std::fprintf(stderr, "%s\n", problem.text.c_str());
  return receiver;
}

/// What comes until `wanted` datagrams have, or the receiver is not connected any more, or none comes.
std::vector<std::string> collect(Receiver& receiver, size_t wanted, int64_t patience_ns = kPatienceNs) {
  std::vector<std::string> got;
  std::vector<Datagram> batch(kReceiveBatch);
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver.fd(), 1));
  LoopEvent event;
  while (got.size() < wanted && receiver.connected() && loop.wait(patience_ns, &event, 1) > 0) {
    const int n = receiver.receive(batch.data(), kReceiveBatch);
    for (int i = 0; i < n; i++) {
      const Datagram& d = batch[size_t(i)];
      CHECK(d.time_ns == 77 && d.clock == ReceiveClock::poller);
      got.emplace_back(reinterpret_cast<const char*>(d.bytes.data), d.bytes.size);
    }
  }
  return got;
}

void same_datagrams() {
  DpdkRingWriter ring;
  CHECK(ring.open(spec_of("same")).empty());
  const std::unique_ptr<Receiver> receiver = attached(ring, "same");
  std::vector<std::string> expected;
  for (const Sent& sent : traffic()) {
    write(ring, sent.frame);
    if (!sent.payload.empty()) expected.push_back(sent.payload);
  }
  ring.publish();
  CHECK(collect(*receiver, expected.size()) == expected);
  const ReceiveCounters& c = receiver->counters();
  CHECK(c.packets == expected.size() && c.truncated == 1 && c.ring_drops == 0 && c.errors == 0);
  CHECK(c.fragments == 4 && c.fragments_lost == 0 && c.foreign == traffic().size() - 1 - expected.size() - 1);
}

void who_comes_late_begins_with_what_comes() {
  DpdkRingWriter ring;
  CHECK(ring.open(spec_of("late")).empty());
  write(ring, ethernet(ipv4(udp(text("before")))));
  ring.count(5, 0);
  ring.publish();
  const std::unique_ptr<Receiver> receiver = attached(ring, "late");
  write(ring, ethernet(ipv4(udp(text("after")))));
  ring.publish();
  CHECK(collect(*receiver, 1) == std::vector<std::string>{"after"});
  CHECK(receiver->counters().ring_drops == 0);
  ring.count(8, 0);
  CHECK(receiver->counters().ring_drops == 3);
}

void overtaken() {
  DpdkRingWriter ring;
  CHECK(ring.open(spec_of("overtaken")).empty());
  const std::unique_ptr<Receiver> receiver = attached(ring, "overtaken");
  constexpr uint32_t kSent = 1000;
  for (uint32_t i = 0; i < kSent; i++) write(ring, ethernet(ipv4(udp(text(std::to_string(i))))));
  write(ring, ethernet(ipv4(udp(text("the last one")))));
  ring.publish();
  std::vector<std::string> got;
  while (got.empty() || got.back() != "the last one") {
    for (std::string& text : collect(*receiver, 1)) got.push_back(std::move(text));
  }
  const ReceiveCounters& c = receiver->counters();
  CHECK(got.size() > 32 && got.size() <= 64 && c.ring_drops > 0 && c.packets + c.ring_drops == kSent + 1);
  write(ring, ethernet(ipv4(udp(text("afterwards")))));
  ring.publish();
  CHECK(collect(*receiver, 1) == std::vector<std::string>{"afterwards"});
}

/// A writer that does not wait, over a ring that is too small: nothing torn, nothing twice, all accounted for.
void at_the_same_time() {
  DpdkRingWriter ring;
  CHECK(ring.open(spec_of("race")).empty());
  const std::unique_ptr<Receiver> receiver = attached(ring, "race");
  constexpr uint32_t kSent = 200'000;
  std::thread writer([&] {
    for (uint32_t i = 1; i <= kSent; i++) {
      write(ring, ethernet(ipv4(udp(text(std::string(100 + i % 900, char('a' + i % 26)) + std::to_string(i))))));
      if (i % 7 == 0 || i == kSent) ring.publish();
      if (i % 64 == 0) std::this_thread::yield();
    }
  });
  uint64_t last = 0;
  bool torn = false;
  while (last != kSent && receiver->counters().packets + receiver->counters().ring_drops < kSent) {
    for (const std::string& got : collect(*receiver, 1)) {
      const size_t digits = got.find_first_of("0123456789");
      const uint64_t i = std::strtoull(got.c_str() + digits, nullptr, 10);
      torn = torn || i <= last || digits != 100 + i % 900 ||
             got.substr(0, digits) != std::string(digits, char('a' + i % 26));
      last = i;
    }
  }
  writer.join();
  const ReceiveCounters& c = receiver->counters();
  CHECK(!torn && c.packets > 0 && c.packets + c.ring_drops == kSent && c.errors == 0);
}

void the_program_ends_and_comes_again() {
  auto ring = std::make_unique<DpdkRingWriter>();
  CHECK(ring->open(spec_of("again")).empty());
  const std::unique_ptr<Receiver> receiver = attached(*ring, "again");
  write(*ring, ethernet(ipv4(udp(text("its last")))));
  ring->publish();
  ring.reset();
  // What it has left is read before it is said to have gone.
  CHECK(collect(*receiver, 1) == std::vector<std::string>{"its last"} && receiver->connected());
  CHECK(collect(*receiver, 1).empty() && !receiver->connected());

  ring = std::make_unique<DpdkRingWriter>();
  CHECK(ring->open(spec_of("again", 128)).empty());
  write(*ring, ethernet(ipv4(udp(text("before it was found")))));
  ring->publish();
  EventLoop loop;
  CHECK(loop.open() && loop.add(receiver->fd(), 1));
  LoopEvent event;
  std::vector<Datagram> batch(kReceiveBatch);
  int n = 0;
  while (n == 0) {
    ring->serve();
    if (loop.wait(1'000'000, &event, 1) > 0) n = receiver->receive(batch.data(), kReceiveBatch);
  }
  CHECK(receiver->connected() && n == 1 && batch[0].bytes.size == 19);
  CHECK(receiver->counters().ring_drops == 0 && receiver->counters().errors == 0);
}

void readers_have_a_bound_and_cannot_write() {
  DpdkRingWriter ring, second;
  CHECK(ring.open(spec_of("many")).empty());
  CHECK(second.open(spec_of("many")).find("another venuewire-dpdk") != std::string::npos);
  std::vector<std::unique_ptr<Receiver>> readers;
  for (uint32_t i = 0; i < kDpdkReadersMost; i++) readers.push_back(attached(ring, "many"));
  std::unique_ptr<Receiver> none;
  CHECK(open_served("many", none, [&] { ring.serve(); }).error == ReceiveError::no_ring && !none);
  write(ring, ethernet(ipv4(udp(text("to all")))));
  ring.publish();
  for (const auto& reader : readers) CHECK(collect(*reader, 1) == std::vector<std::string>{"to all"});
  readers.clear();
  ring.serve();
  CHECK(ring.readers() == 0);
  CHECK(attached(ring, "many") != nullptr);
}

void names() {
  Receivers opened;
  for (const char* name : {"../etc", ".hidden", "a/b", "a b"}) {
    CHECK(open_dpdk_in(directory, config_of(name), opened).error == ReceiveError::bad_config);
  }
  CHECK(open_dpdk_in(directory, config_of("nobody"), opened).error == ReceiveError::no_ring);
  ReceiveConfig polled = config_of("nobody");
  polled.busy_poll_us = 10;
  CHECK(open_dpdk_in(directory, polled, opened).error == ReceiveError::not_supported && opened.empty());
}

// ── programs that lie ──

/// What a program gives to who comes.
struct Lie {
  DpdkHello hello{{'V', 'W', 'F', 'R', 'A', 'M', 'E', 'S'}, kDpdkVersion, 0};
  DpdkHeader header{};
  size_t file_bytes = sizeof(DpdkHeader) + 64 * 2048;
  int seals = F_SEAL_SHRINK;
  uint32_t descriptors = 2;
};

Lie honest() {
  Lie lie;
  std::memcpy(lie.header.magic, kDpdkMagic, sizeof kDpdkMagic);
  lie.header.version = kDpdkVersion;
  lie.header.header_bytes = sizeof(DpdkHeader);
  lie.header.slot_bytes = 2048;
  lie.header.slots = 64;
  return lie;
}

class Liar {
 public:
  explicit Liar(const Lie& lie) : lie_(lie) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (directory + "/liar.dpdk").c_str(), sizeof address.sun_path - 1);
    ::unlink(address.sun_path);
    listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener_, 4) == 0);
    memory_ = ::memfd_create("liar", MFD_ALLOW_SEALING);
    CHECK(::ftruncate(memory_, off_t(lie.file_bytes)) == 0);
    (void)!::pwrite(memory_, &lie.header, std::min(sizeof lie.header, lie.file_bytes), 0);
    if (lie.seals != 0) CHECK(::fcntl(memory_, F_ADD_SEALS, lie.seals) == 0);
    bell_ = ::eventfd(0, 0);
  }
  ~Liar() {
    for (const int fd : {listener_, memory_, bell_, reader_}) {
      if (fd >= 0) ::close(fd);
    }
  }
  void serve() {
    const int reader = ::accept(listener_, nullptr, nullptr);
    if (reader < 0) return;
    if (reader_ >= 0) ::close(reader_);
    reader_ = reader;
    iovec bytes{&lie_.hello, sizeof lie_.hello};
    const int descriptors[4] = {memory_, bell_, bell_, bell_};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (lie_.descriptors != 0) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(lie_.descriptors * sizeof(int));
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(lie_.descriptors * sizeof(int));
      std::memcpy(CMSG_DATA(rights), descriptors, lie_.descriptors * sizeof(int));
    }
    CHECK(::sendmsg(reader, &message, MSG_NOSIGNAL) == ssize_t(sizeof lie_.hello));
  }
  [[nodiscard]] int memory() const { return memory_; }
  void ring() const {
    const uint64_t one = 1;
    (void)!::write(bell_, &one, sizeof one);
  }

 private:
  Lie lie_;
  int listener_ = -1, memory_ = -1, bell_ = -1, reader_ = -1;
};

void lies_are_found_out() {
  const auto answer = [](const Lie& lie) {
    Liar liar(lie);
    std::unique_ptr<Receiver> receiver;
    return open_served("liar", receiver, [&] { liar.serve(); });
  };
  CHECK(answer(honest()).error == ReceiveError::none);
  const auto lying = [&](auto change, const char* why) {
    Lie lie = honest();
    change(lie);
    const ReceiveProblem problem = answer(lie);
    const bool good = problem.error == ReceiveError::bad_ring && problem.text.find(why) != std::string::npos;
    if (!CHECK(good && !problem.remedy.empty())) std::fprintf(stderr, "%s: %s\n", why, problem.text.c_str());
  };
  lying([](Lie& l) { l.hello.magic[0] = 'X'; }, "greeting");
  lying([](Lie& l) { l.descriptors = 0; }, "without its memory");
  lying([](Lie& l) { l.descriptors = 1; }, "without its memory");
  lying([](Lie& l) { l.header.magic[7]++; }, "magic");
  lying([](Lie& l) { l.header.version = 2; }, "version 2");
  lying([](Lie& l) { l.seals = 0; }, "sealed");
  lying([](Lie& l) { l.file_bytes = 100; }, "header");
  lying([](Lie& l) { l.file_bytes--; }, "slots of");
  lying([](Lie& l) { l.header.slots = 63; }, "slots of");
  lying([](Lie& l) { l.header.slots = 0; }, "slots of");
  lying([](Lie& l) { l.header.slots = 1u << 31; }, "slots of");
  lying([](Lie& l) { l.header.slot_bytes = 0; }, "slots of");
  lying([](Lie& l) { l.header.slot_bytes = 100; }, "slots of");
  lying([](Lie& l) { l.header.slot_bytes = 0xFFFFFFC0; }, "slots of");
  lying([](Lie& l) { l.header.header_bytes = 0; }, "slots of");
  // Descriptors that nobody asked for are closed again.
  const int before = ::dup(0);
  Lie more = honest();
  more.descriptors = 4;
  CHECK(answer(more).error == ReceiveError::bad_ring || answer(more).error == ReceiveError::none);
  const int after = ::dup(0);
  CHECK(after == before + 1);
  ::close(before);
  ::close(after);
}

/// Whatever is written into the ring while it is read: what comes out lies in the reader's own memory, and turns end.
void scribbled_over(uint32_t seed) {
  std::mt19937_64 random(seed);
  Liar liar(honest());
  std::unique_ptr<Receiver> receiver;
  CHECK(open_served("liar", receiver, [&] { liar.serve(); }).error == ReceiveError::none);
  uint64_t head = 0;
  std::vector<Datagram> batch(kReceiveBatch);
  const Buffer frame = ethernet(ipv4(udp(text("something"))));
  uint64_t sum = 0;
  for (int turn = 0; turn < 3000; turn++) {
    for (int i = 0; i < 4; i++) {
      const uint64_t at = sizeof(DpdkHeader) + (head & 63) * 2048;
      DpdkSlot slot{head + 1, 77, uint32_t(frame.size()), uint32_t(frame.size())};
      if (random() % 4 == 0) slot.bytes = uint32_t(random()) >> random() % 32;
      if (random() % 4 == 0) slot.original = uint32_t(random()) >> random() % 32;
      if (random() % 8 == 0) slot.position = random() >> random() % 64;
      CHECK(::pwrite(liar.memory(), &slot, sizeof slot, off_t(at)) == ssize_t(sizeof slot));
      CHECK(::pwrite(liar.memory(), frame.data(), frame.size(), off_t(at + sizeof slot)) == ssize_t(frame.size()));
      head++;
    }
    uint64_t told = head;
    if (random() % 16 == 0) told = random() >> random() % 64;
    if (random() % 16 == 0) head = told;
    CHECK(::pwrite(liar.memory(), &told, sizeof told, offsetof(DpdkHeader, head)) == ssize_t(sizeof told));
    liar.ring();
    const int n = receiver->receive(batch.data(), kReceiveBatch);
    CHECK(n >= 0 && n <= kReceiveBatch);
    for (int i = 0; i < n; i++) {
      for (uint32_t k = 0; k < batch[size_t(i)].bytes.size; k++) sum += batch[size_t(i)].bytes.data[k];
    }
    if (receiver->connected()) continue;
    // It contradicted itself, and was left; it is taken again as any other would be.
    receiver.reset();
    CHECK(open_served("liar", receiver, [&] { liar.serve(); }).error == ReceiveError::none);
    CHECK(::pread(liar.memory(), &head, sizeof head, offsetof(DpdkHeader, head)) == ssize_t(sizeof head));
  }
  std::fprintf(stderr, "scribbled over with seed %u: %llu\n", seed, static_cast<unsigned long long>(sum));
}

}  // namespace
}  // namespace venuewire

int main(int argc, char** argv) {
  using namespace venuewire;
  char folder[] = "/tmp/venuewire-dpdk-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return 1;
  directory = folder;
  same_datagrams();
  who_comes_late_begins_with_what_comes();
  overtaken();
  at_the_same_time();
  the_program_ends_and_comes_again();
  readers_have_a_bound_and_cannot_write();
  names();
  lies_are_found_out();
  scribbled_over(argc > 1 ? uint32_t(std::strtoul(argv[1], nullptr, 10)) : std::random_device()());
  ::unlink((directory + "/liar.dpdk").c_str());
  ::rmdir(folder);
  return checks_result();
}

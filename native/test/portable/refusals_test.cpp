// What the portable implementations refuse, each with a code and what to do instead.
#include <string>

#include "feed/recorder.hpp"
#include "feed/thread_setup.hpp"
#include "io/receiver.hpp"
#include "io/udp_sender.hpp"
#include "test/check.hpp"

namespace venuewire {
namespace {

void nothing_is_received() {
  for (const char* name : {"auto", "dpdk", "socket", "afXdp", "packetRing", "ioUring"}) {
    Receivers receivers;
    ReceiveDecision decision;
    const ReceiveProblem problem = open_receivers(name, {}, receivers, decision);
    CHECK(problem.error == ReceiveError::no_reception && receivers.empty());
    CHECK(problem.text.find("Linux") != std::string::npos && problem.remedy.find("capture") != std::string::npos);
    CHECK(find_receive_backend(name) == nullptr);
  }
}

void a_recording_fails_as_it_begins() {
  Recorder recorder({});
  recorder.start();
  std::string code, text;
  CHECK(recorder.done() && recorder.failed(code, text) && code == "VW_LIVE_UNSUPPORTED");
  CHECK(text.find("Linux") != std::string::npos);
  recorder.close();
}

void threads_are_refused_what_they_ask_for() {
  CHECK(set_up_thread({}, "A thread").code == nullptr);
  CHECK(std::string(set_up_thread({.cpu = 0}, "A thread").code) == "VW_CPU");
  CHECK(std::string(set_up_thread({.numa_node = 0}, "A thread").code) == "VW_NUMA");
  CHECK(std::string(set_up_thread({.realtime_priority = 1}, "A thread").code) == "VW_REALTIME");
}

void datagrams_are_sent_but_not_cut() {
  UdpSender sender;
  CHECK(sender.open({.interface = "127.0.0.1"}) == UdpSendError::none);
  const uint8_t bytes[] = {1, 2, 3};
  const OutgoingDatagram out[] = {{0x7F000001, 9, {bytes, 3}}, {0x7F000001, 9, {bytes, 2}}};
  CHECK(sender.send(out, 2) == UdpSendError::none && sender.packets() == 2 && sender.bytes() == 5);
  CHECK(sender.open({.interface = "127.0.0.1", .segment_bytes = 2}) == UdpSendError::system);
  CHECK(sender.problem().find("segment") != std::string::npos);
}

}  // namespace
}  // namespace venuewire

int main() {
  using namespace venuewire;
  nothing_is_received();
  a_recording_fails_as_it_begins();
  threads_are_refused_what_they_ask_for();
  datagrams_are_sent_but_not_cut();
  return checks_result();
}

// See thread_setup.hpp.
#include "feed/thread_setup.hpp"

#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>

#include "io/membership.hpp"

namespace venuewire {

namespace {

/// The kernel's default of 50 µs would be added to every short wait.
constexpr unsigned long kTimerSlackNs = 1000;
/// The shortest that the kernel gives. Who asks for little at a time is let in before those who run longer (from 6.12
/// on).
constexpr uint64_t kBriefSliceNs = 100'000;
constexpr size_t kNodesMost = 1024;
constexpr size_t kMaskBits = 8 * sizeof(unsigned long);

/// The first version of the kernel's structure of that name, sched_setattr(2): C libraries have it late, its header not
/// beside theirs.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;  ///< of SCHED_OTHER: the slice; kernels before 6.12 pass it over
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

/// Needs no right. Where it is refused, or passed over, the thread is as punctual as all are.
void ask_for_brief_slices() {
  SchedulingAttributes attributes;
  attributes.nice = getpriority(PRIO_PROCESS, 0);
  attributes.runtime_ns = kBriefSliceNs;
  syscall(SYS_sched_setattr, 0, &attributes, 0u);
}

/// "0-3,8": the CPUs of a list as the kernel writes it. None: it is no such list.
std::optional<cpu_set_t> cpus_of(const std::string& text) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const char* at = text.data();
  const char* end = at + text.find_last_not_of(" \n") + 1;
  while (at < end) {
    unsigned first = 0, last = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc{}) return std::nullopt;
    last = first;
    if (read.ptr < end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
      if (read.ec != std::errc{}) return std::nullopt;
    }
    for (unsigned cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &set);
    at = read.ptr < end && *read.ptr == ',' ? read.ptr + 1 : read.ptr;
    if (at == read.ptr && at < end) return std::nullopt;
  }
  return set;
}

ThreadProblem set_node(int node, const std::string& name) {
  const std::string folder = "/sys/devices/system/node/node" + std::to_string(node);
  std::ifstream file(folder + "/cpulist");
  std::string text;
  if (!file || !std::getline(file, text)) {
    return {"VW_NUMA", "There is no NUMA node " + std::to_string(node) + " here (ls /sys/devices/system/node)"};
  }
  const std::optional<cpu_set_t> cpus = cpus_of(text);
  if (!cpus || CPU_COUNT(&*cpus) == 0) {
    return {"VW_NUMA", "NUMA node " + std::to_string(node) + " has no CPU: " + folder + "/cpulist says '" + text + "'"};
  }
  if (pthread_setaffinity_np(pthread_self(), sizeof *cpus, &*cpus) != 0) {
    return {"VW_NUMA", name + " may use none of the CPUs of NUMA node " + std::to_string(node) + " (" + text + ")"};
  }
  unsigned long mask[kNodesMost / kMaskBits] = {};
  mask[size_t(node) / kMaskBits] = 1ul << size_t(node) % kMaskBits;
  // Preferred and not bound: where its node is full, memory of another one is better than none. Kernels without NUMA
  // have one node and no such call.
  if (syscall(SYS_set_mempolicy, MPOL_PREFERRED, mask, kNodesMost) != 0 && errno != ENOSYS) {
    return {"VW_NUMA", "Memory of NUMA node " + std::to_string(node) + " cannot be asked for" + errno_text(errno)};
  }
  return {};
}

}  // namespace

ThreadProblem set_up_thread(const ThreadConfig& config, const std::string& name) {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  if (config.numa_node >= 0) {
    ThreadProblem problem = set_node(config.numa_node, name);
    if (problem.code != nullptr) return problem;
  }
  if (config.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (config.cpu < CPU_SETSIZE) CPU_SET(size_t(config.cpu), &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
      return {"VW_CPU", name + " could not be pinned to CPU " + std::to_string(config.cpu)};
    }
  }
  if (config.realtime_priority <= 0) {
    if (config.briefly) ask_for_brief_slices();
  } else {
    sched_param parameter{};
    parameter.sched_priority = config.realtime_priority;
    const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
    if (error != 0) {
      return {"VW_REALTIME", name + " may not have the real-time priority " + std::to_string(config.realtime_priority) +
                                 errno_text(error) + ": CAP_SYS_NICE is missing; " + grant_command("cap_sys_nice") +
                                 ", or 'ulimit -r " + std::to_string(config.realtime_priority) +
                                 "' before it is started"};
    }
  }
  return {};
}

}  // namespace venuewire

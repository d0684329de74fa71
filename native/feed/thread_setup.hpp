// What a thread of ours asks of the scheduler, when it begins: a CPU, a NUMA node, a real-time priority. What is asked
// for and not granted is a problem for who started it, and never passed over.
#pragma once
#include <string>

namespace venuewire {

struct ThreadConfig {
  int cpu = -1;               ///< pin the thread to it; −1: do not
  int numa_node = -1;         ///< run on its CPUs, and take memory there; −1: anywhere
  int realtime_priority = 0;  ///< SCHED_FIFO, 1 to 99; 0: as every thread
  bool briefly = false;       ///< it works for microseconds at a time, and is to be woken punctually

  /// Whether the thread was asked for itself, so that no other may do its work.
  [[nodiscard]] bool asks() const { return cpu >= 0 || numa_node >= 0 || realtime_priority > 0; }
};

struct ThreadProblem {
  const char* code = nullptr;  ///< null: none
  std::string text;
};

/// For the thread that calls; `name` is what the messages call it ("The feed thread").
[[nodiscard]] ThreadProblem set_up_thread(const ThreadConfig& config, const std::string& name);

}  // namespace venuewire

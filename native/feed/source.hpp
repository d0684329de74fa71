// Where a feed's packets come from, as configured.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feed/router.hpp"
#include "feed/thread_setup.hpp"

namespace venuewire {

class ExternalPort;

struct SourceConfig {
  bool live = true;
  ThreadConfig thread;
  // live
  std::string receive;  ///< name of a receive backend, for all multicast lines; empty: as each line says
  uint32_t receive_buffer_bytes = 8u << 20;
  uint32_t busy_poll_us = 0;
  bool prefer_busy_poll = false;           ///< the card's interrupts wait while the thread polls it
  bool stamps = false;                     ///< of the stages of each batch
  bool spin = false;                       ///< never sleep: lowest latency, one core
  std::shared_ptr<ExternalPort> external;  ///< lines and servers that somebody else connects to; null: none
  // capture
  std::string file;                 ///< a path; `-`: standard input
  const uint8_t* memory = nullptr;  ///< stays where it is and as large as it is until the feed is gone
  uint64_t memory_bytes = 0;
  std::vector<Route> routes;
  bool packets = false;  ///< payloads as they are, without channels
  double speed = 0;      ///< times the speed of the capture; 0: as fast as it is read

  std::string label;  ///< what errors call the capture; empty: the path

  [[nodiscard]] std::string name() const {
    if (!label.empty()) return label;
    if (memory != nullptr) return "the capture in memory";
    return file == "-" ? "standard input" : file;
  }
};

}  // namespace venuewire

// Turns the TCP segments of a capture into contiguous bytes, one stream a direction. Runs on the thread that reads the
// capture; it holds bounded memory, acknowledges nothing and never waits for a segment beyond its bounds: what a
// capture does not contain is reported as a hole.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "io/capture.hpp"

namespace venuewire {

struct TcpFlowLimits {
  uint32_t flows = 256;             // the longest silent one makes room for a new one
  uint32_t held_bytes = 256 << 10;  // a flow's, ahead of a hole; reaching either bound gives the hole up
  uint32_t held_segments = 512;
};

/// One direction of a connection.
struct TcpFlow {
  uint32_t id = 0;  // never used twice
  uint8_t ip_version = 4;
  uint8_t source[16] = {};  // IPv4: the first 4 bytes
  uint8_t destination[16] = {};
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
};

struct TcpChunk {
  Bytes bytes;            // valid during the call
  uint64_t position = 0;  // of the first byte, counted from the first byte seen of the stream
  uint64_t number = 0;    // of the frame that brought the bytes
  int64_t time_ns = 0;
};

enum class TcpEnd : uint8_t { fin, reset, replaced, evicted, capture_end };

class TcpFlowSink {
 public:
  virtual ~TcpFlowSink() = default;
  virtual void on_bytes(const TcpFlow& flow, const TcpChunk& chunk) = 0;
  /// `bytes` of the stream from `position` on are not in the capture.
  virtual void on_hole(const TcpFlow& flow, uint64_t position, uint64_t bytes) = 0;
  virtual void on_end(const TcpFlow& flow, TcpEnd why) = 0;
};

struct TcpFlowCounters {
  uint64_t segments = 0;  // with payload
  uint64_t bytes = 0;     // delivered
  uint64_t repeated_bytes = 0;
  uint64_t late_segments = 0;  // of a flow that is over
  uint64_t held_segments = 0;  // came ahead of a hole
  uint64_t holes = 0;
  uint64_t hole_bytes = 0;
  uint64_t flows = 0;
  uint64_t evicted = 0;
};

class TcpFlows {
 public:
  explicit TcpFlows(TcpFlowSink& sink, const TcpFlowLimits& limits = {});
  ~TcpFlows();
  TcpFlows(const TcpFlows&) = delete;
  TcpFlows& operator=(const TcpFlows&) = delete;

  /// Takes a packet whose transport is TCP.
  void add(const CapturedPacket& packet);
  /// The capture is over: gives up every hole, delivers what is held and ends every flow.
  void finish();

  [[nodiscard]] const TcpFlowCounters& counters() const { return counters_; }

 private:
  struct Key {
    uint8_t bytes[36];
    bool operator==(const Key& other) const { return std::memcmp(bytes, other.bytes, sizeof bytes) == 0; }
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Held {
    uint64_t position;
    uint32_t stated;
    uint64_t number;
    int64_t time_ns;
    std::vector<uint8_t> bytes;
  };
  struct State {
    TcpFlow flow;
    bool ended = false;  // FIN or RST: kept to recognise stragglers
    bool has_syn = false;
    bool has_fin = false;
    uint32_t syn_sequence = 0;
    uint32_t sequence = 0;  // of the next byte, at `position`
    uint64_t position = 0;
    int64_t fin_position = 0;
    uint64_t last_use = 0;
    uint32_t held_bytes = 0;
    std::vector<Held> held;  // by position
  };

  static Key key_of(const CapturedPacket& packet);
  State& make(const Key& key, const CapturedPacket& packet);
  void place(State& state, int64_t position, uint32_t stated, const TcpChunk& from);
  void hold(State& state, uint64_t position, const CapturedPacket& packet);
  void drain(State& state);
  void advance(State& state, uint64_t bytes);
  void report_hole(State& state, uint64_t bytes);
  void give_up_hole(State& state);
  void end(State& state, TcpEnd why);

  TcpFlowSink& sink_;
  TcpFlowLimits limits_;
  std::unordered_map<Key, std::unique_ptr<State>, KeyHash> flows_;
  uint32_t next_id_ = 0;
  uint64_t use_ = 0;
  TcpFlowCounters counters_;
};

}  // namespace venuewire

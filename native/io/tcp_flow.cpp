// See tcp_flow.hpp.
#include "io/tcp_flow.hpp"

#include <algorithm>

namespace venuewire {

TcpFlows::TcpFlows(TcpFlowSink& sink, const TcpFlowLimits& limits) : sink_(sink), limits_(limits) {
  if (limits_.flows == 0) limits_.flows = 1;
}
TcpFlows::~TcpFlows() = default;

size_t TcpFlows::KeyHash::operator()(const Key& key) const {
  uint64_t hash = 0x9E3779B97F4A7C15;
  for (uint32_t at = 0; at < sizeof key.bytes; at += 4) {
    hash = (hash ^ load_uint(key.bytes + at, 4, false)) * 0xFF51AFD7ED558CCD;
    hash ^= hash >> 32;
  }
  return size_t(hash);
}

TcpFlows::Key TcpFlows::key_of(const CapturedPacket& packet) {
  Key key{};
  if (packet.ip_version == 6) {
    std::memcpy(key.bytes, packet.source_ip6, 16);
    std::memcpy(key.bytes + 16, packet.destination_ip6, 16);
  } else {
    store_uint(key.bytes, packet.source_ip, 4, true);
    store_uint(key.bytes + 16, packet.destination_ip, 4, true);
  }
  store_uint(key.bytes + 32, packet.source_port, 2, true);
  store_uint(key.bytes + 34, packet.destination_port, 2, true);
  return key;
}

TcpFlows::State& TcpFlows::make(const Key& key, const CapturedPacket& packet) {
  if (flows_.size() >= limits_.flows) {
    auto victim = flows_.begin();
    for (auto it = flows_.begin(); it != flows_.end(); ++it) {
      const State& a = *it->second;
      const State& b = *victim->second;
      if (a.ended != b.ended ? a.ended : a.last_use < b.last_use) victim = it;
    }
    if (!victim->second->ended) {
      counters_.evicted++;
      end(*victim->second, TcpEnd::evicted);
    }
    flows_.erase(victim);
  }
  std::unique_ptr<State>& state = flows_[key];
  state = std::make_unique<State>();
  state->flow.id = next_id_++;
  state->flow.ip_version = packet.ip_version;
  std::memcpy(state->flow.source, key.bytes, 16);
  std::memcpy(state->flow.destination, key.bytes + 16, 16);
  state->flow.source_port = packet.source_port;
  state->flow.destination_port = packet.destination_port;
  counters_.flows++;
  return *state;
}

void TcpFlows::add(const CapturedPacket& packet) {
  const bool syn = packet.tcp_flags & kTcpSyn;
  const bool reset = packet.tcp_flags & kTcpReset;
  const Key key = key_of(packet);
  const auto found = flows_.find(key);
  State* state = found == flows_.end() ? nullptr : found->second.get();

  if (state && syn && !(state->has_syn && state->syn_sequence == packet.tcp_sequence)) {
    // The same ports, used for another connection.
    if (!state->ended) end(*state, TcpEnd::replaced);
    flows_.erase(found);
    state = nullptr;
  }
  // Where a stream begins is known from its SYN or, in a capture that starts later, taken from the first payload: an
  // empty segment may be a keep-alive, which bears the number before the next.
  uint32_t sequence = packet.tcp_sequence + (syn ? 1 : 0);
  if (!state) {
    if (reset || (!syn && packet.stated_length == 0)) return;
    state = &make(key, packet);
    state->sequence = sequence;
    state->has_syn = syn;
    state->syn_sequence = packet.tcp_sequence;
  }
  state->last_use = ++use_;
  if (state->ended) {
    counters_.late_segments++;
    return;
  }

  const int64_t position = int64_t(state->position) + int32_t(sequence - state->sequence);
  if (packet.stated_length != 0) {
    counters_.segments++;
    if (position > int64_t(state->position)) {
      hold(*state, uint64_t(position), packet);
    } else {
      place(*state, position, packet.stated_length, {packet.payload, 0, packet.number, packet.time_ns});
      drain(*state);
    }
  }
  if (packet.tcp_flags & kTcpFin) {
    state->has_fin = true;
    state->fin_position = position + packet.stated_length;
  }
  if (reset) {
    end(*state, TcpEnd::reset);
  } else if (state->has_fin && int64_t(state->position) >= state->fin_position) {
    end(*state, TcpEnd::fin);
  }
}

void TcpFlows::advance(State& state, uint64_t bytes) {
  state.position += bytes;
  state.sequence += uint32_t(bytes);
}

void TcpFlows::report_hole(State& state, uint64_t bytes) {
  counters_.holes++;
  counters_.hole_bytes += bytes;
  sink_.on_hole(state.flow, state.position, bytes);
  advance(state, bytes);
}

/// Delivers what is new of a segment that starts at or before the next byte.
void TcpFlows::place(State& state, int64_t position, uint32_t stated, const TcpChunk& from) {
  const uint64_t old = uint64_t(int64_t(state.position) - position);
  if (old >= stated) {
    counters_.repeated_bytes += stated;
    return;
  }
  counters_.repeated_bytes += old;
  TcpChunk chunk = from;
  chunk.bytes = from.bytes.from(uint32_t(old));
  chunk.position = state.position;
  uint64_t missing = stated - old;
  if (chunk.bytes.size != 0) {
    missing -= chunk.bytes.size;
    counters_.bytes += chunk.bytes.size;
    advance(state, chunk.bytes.size);
    sink_.on_bytes(state.flow, chunk);
  }
  if (missing != 0) report_hole(state, missing);  // the capture kept only the head of the segment
}

void TcpFlows::hold(State& state, uint64_t position, const CapturedPacket& packet) {
  std::vector<Held>& held = state.held;
  auto at = std::lower_bound(held.begin(), held.end(), position,
                             [](const Held& h, uint64_t wanted) { return h.position < wanted; });
  if (at != held.end() && at->position == position && at->stated >= packet.stated_length) {
    counters_.repeated_bytes += packet.stated_length;
    return;
  }
  counters_.held_segments++;
  const Bytes bytes = packet.payload;
  held.insert(at, {position, packet.stated_length, packet.number, packet.time_ns,
                   std::vector<uint8_t>(bytes.data, bytes.data + bytes.size)});
  state.held_bytes += bytes.size;
  while (state.held_bytes > limits_.held_bytes || held.size() > limits_.held_segments) give_up_hole(state);
}

/// Delivers the held segments that have become contiguous.
void TcpFlows::drain(State& state) {
  size_t count = 0;
  for (; count < state.held.size() && state.held[count].position <= state.position; count++) {
    const Held& h = state.held[count];
    state.held_bytes -= uint32_t(h.bytes.size());
    place(state, int64_t(h.position), h.stated, {{h.bytes.data(), uint32_t(h.bytes.size())}, 0, h.number, h.time_ns});
  }
  state.held.erase(state.held.begin(), state.held.begin() + ptrdiff_t(count));
}

void TcpFlows::give_up_hole(State& state) {
  report_hole(state, state.held.front().position - state.position);
  drain(state);
}

void TcpFlows::end(State& state, TcpEnd why) {
  while (!state.held.empty()) give_up_hole(state);
  state.ended = true;
  sink_.on_end(state.flow, why);
}

void TcpFlows::finish() {
  std::vector<State*> open;
  for (const auto& [key, state] : flows_) {
    if (!state->ended) open.push_back(state.get());
  }
  std::sort(open.begin(), open.end(), [](const State* a, const State* b) { return a->flow.id < b->flow.id; });
  for (State* state : open) end(*state, TcpEnd::capture_end);
  flows_.clear();
}

}  // namespace venuewire

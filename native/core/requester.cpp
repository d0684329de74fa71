#include "core/requester.hpp"

#include "core/replay.hpp"
#include "core/snapshot_loop.hpp"
#include "core/snapshot_on_lines.hpp"
#include "core/snapshot_request.hpp"
#include "core/stream_line.hpp"

namespace venuewire {

namespace {

enum class Kind : uint8_t { replay, snapshot_request, snapshot_on_lines, snapshot_loop, stream_line };

Kind kind_of(const RequesterSpec& spec) {
  switch (spec.purpose) {
    case Purpose::replay:
      return Kind::replay;
    case Purpose::feed:
      return Kind::stream_line;
    case Purpose::snapshot:
      break;
  }
  if (spec.snapshot_from == SnapshotFrom::loop) return Kind::snapshot_loop;
  return spec.snapshot_from == SnapshotFrom::request ? Kind::snapshot_request : Kind::snapshot_on_lines;
}

}  // namespace

std::unique_ptr<Requester> make_requester(const RequesterParts& parts) {
  switch (kind_of(parts.spec)) {
    case Kind::replay:
      return std::make_unique<Replay>(parts);
    case Kind::snapshot_request:
      return std::make_unique<SnapshotRequest>(parts);
    case Kind::snapshot_on_lines:
      return std::make_unique<SnapshotOnLines>(parts);
    case Kind::snapshot_loop:
      return std::make_unique<SnapshotLoop>(parts);
    case Kind::stream_line:
      return std::make_unique<StreamLine>(parts);
  }
  return nullptr;
}

uint64_t requester_held_bytes_max(const RequesterSpec& spec) {
  switch (kind_of(spec)) {
    case Kind::snapshot_loop:
      return SnapshotCycle::held_bytes_max(spec);
    case Kind::snapshot_on_lines:
      return Connection::held_bytes_max(spec) + SnapshotCycle::held_bytes_max(spec);
    default:
      return Connection::held_bytes_max(spec);
  }
}

}  // namespace venuewire

#include "core/snapshot_request.hpp"

#include <algorithm>

namespace venuewire {

namespace {
using C = ChannelCounter;
}

bool SnapshotRequest::pick(std::vector<Channel*>& channels, const std::vector<RungSpec>& rungs, int64_t now_ns) {
  return !resting(now_ns) && snapshot_.pick(channels, rungs, connection_.servers, now_ns);
}

void SnapshotRequest::answer_broken(Reason why, uint32_t detail, int64_t now_ns) {
  if (work_.under_way()) work_.channel->snapshot_fail(why, detail, now_ns, index_);
}

void SnapshotRequest::attempt_failed(Reason why, uint32_t detail, int64_t now_ns) {
  if (snapshot_.count_failed_join(why, connection_.servers)) return;
  count_failed_attempt(why, detail, now_ns);
}

void SnapshotRequest::answer_begins(const Reply& login) { begin(login.now_ns); }

void SnapshotRequest::request_completed(int64_t now_ns) {
  if (answer_ == Answer::numbered) end_at(first_behind_, now_ns);
}

bool SnapshotRequest::act(const Reply& r) {
  switch (r.rule.action) {
    case Action::begin:
    case Action::snapshot_begin:
      if (work_.asked()) begin(r.now_ns);
      return HoleRequester::act(r);
    case Action::snapshot_number:
      if (!work_.asked()) return true;
      first_behind_ = r.first_behind();
      answer_ = Answer::numbered;
      begin(r.now_ns);
      return true;
    case Action::snapshot_message:
      return !work_.asked() || take_message(r);
    case Action::message:
      if (!r.whole.holds(r.rule.payload_offset, 0) || !work_.under_way()) return true;
      return work_.channel->snapshot_message(kBareFraming, r.payload(), arrival_at(r.now_ns));
    case Action::snapshot_end:
      if (work_.asked()) end(r);
      return true;
    default:
      return HoleRequester::act(r);
  }
}

/// Where each message has a number, the least of them counts.
bool SnapshotRequest::take_message(const Reply& r) {
  begin(r.now_ns);
  if (!work_.channel->snapshot_message(kBareFraming, r.payload(), arrival_at(r.now_ns))) return false;
  if (!r.has_number()) return true;
  first_behind_ = answer_ == Answer::numbered ? std::min(first_behind_, r.first_behind()) : r.first_behind();
  answer_ = Answer::numbered;
  return true;
}

void SnapshotRequest::end(const Reply& r) {
  answer_ended();
  if (r.has_number()) return end_at(r.first_behind(), r.now_ns);
  if (answer_ == Answer::numbered) return end_at(first_behind_, r.now_ns);
  work_.channel->counters()[C::malformed]++;
  request_failed(Reason::malformedReply, 0, r.now_ns);
}

void SnapshotRequest::end_at(uint64_t first, int64_t now_ns) {
  answer_ = Answer::unnumbered;
  if (!work_.channel->snapshot_end(first, now_ns, index_)) return request_failed(Reason::tooOld, 0, now_ns);
  taken(now_ns);
}

void SnapshotRequest::taken(int64_t now_ns) {
  snapshot_.taken();
  connection_.servers.served();
  work_.finish();
  if (spec_.lifecycle == Lifecycle::client_closes) hang_up(now_ns, true);
}

}  // namespace venuewire

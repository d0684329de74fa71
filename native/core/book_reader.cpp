#include "core/book_reader.hpp"

#include <algorithm>
#include <utility>

#include "core/ring_walk.hpp"

namespace venuewire {

namespace {
/// The core has written it on another processor: what comes so many bytes later is asked for before it is looked at.
constexpr uint32_t kAhead = 1024;
}  // namespace

BookReader::BookReader(const Catalogue& catalogue, EventProgram program, const uint8_t* data, uint32_t data_bytes,
                       Books& books)
    : catalogue_(catalogue),
      program_(std::move(program)),
      data_(data),
      mask_(data_bytes / kUnitBytes - 1),
      books_(books),
      keeper_(program_, books_) {}

uint32_t BookReader::give(Event* into, uint32_t most) {
  const auto n = uint32_t(std::min<size_t>(most, collect_.made.size() - collect_.given));
  if (n > 0) std::memcpy(into, collect_.made.data() + collect_.given, n * sizeof(Event));
  collect_.given += n;
  if (collect_.given == collect_.made.size()) {
    collect_.made.clear();
    collect_.given = 0;
  }
  return n;
}

BookReader::Taken BookReader::take(uint32_t from, uint32_t to, Event* into, uint32_t most, bool each_notice) {
  keeper_.sink(into == nullptr ? nullptr : &collect_);
  Taken taken{.position = from};
  const auto full = [&] {
    if (into == nullptr) return false;
    taken.events += give(into + taken.events, most - taken.events);
    taken.more = !collect_.made.empty();
    return taken.more;
  };
  // What a call had no room for comes first, and then the notice behind it.
  if (full()) return taken;
  taken.notice = std::exchange(stopped_behind_, Taken::kNoNotice);
  while (taken.position != to && taken.sound && !taken.more && taken.notice == Taken::kNoNotice) {
    const uint32_t at = taken.position & mask_;
    const uint8_t* p = data_ + size_t(at) * kUnitBytes;
    const auto head = load_record<RecordHead>(p);
    const uint32_t bytes = head.units * kUnitBytes;
    taken.sound = head.units != 0 && head.units <= to - taken.position && head.units <= mask_ + 1 - at;
    if (!taken.sound) break;
    taken.position += head.units;
    if (head.kind == uint8_t(RecordKind::run)) {
      taken.sound = bytes >= sizeof(RunRecord) && run(p, bytes);
      (void)full();
    } else if (head.kind == uint8_t(RecordKind::notice)) {
      taken.sound = bytes >= sizeof(NoticeRecord);
      keeper_.flush();
      if (!taken.sound) break;
      notice(load_record<NoticeRecord>(p));
      if (each_notice) taken.notice = taken.position - head.units;
    }
  }
  keeper_.flush();
  if (full()) stopped_behind_ = std::exchange(taken.notice, Taken::kNoNotice);
  return taken;
}

bool BookReader::run(const uint8_t* record, uint32_t bytes) {
  __builtin_prefetch(record + kAhead);
  const auto r = load_record<RunRecord>(record);
  see(r.channel);
  const bool sequenced =
      (r.flags & kRunUnsequenced) == 0 && r.origin != uint8_t(Origin::snapshot) && r.sequence != UINT64_MAX;
  BookPosition& position = positions_[r.channel];
  const uint64_t resume = sequenced ? resume_[r.channel] : 0;
  keeper_.source({r.receive_time, r.channel, r.line,
                  r.origin == uint8_t(Origin::snapshot) ? uint8_t(kEventSnapshot) : uint8_t(0)});
  const bool counted = (r.flags & (kRunUnsequenced | kRunPacketNumbered)) == 0;
  const bool sound = each_message(record, bytes, r.count, [&](const MessageHead& m, Bytes message) {
    __builtin_prefetch(message.data + kAhead);
    const uint64_t number = counted ? r.sequence + m.offset : r.sequence;
    if (number < resume) [[unlikely]]
      return;
    if (sequenced) position.next = number + 1;
    if (m.type < catalogue_.message_count() &&
        catalogue_.check_length(m.type, m.length) != Catalogue::LengthCheck::too_short) {
      keeper_.message(m.type, message, number);
      if (books_.instruments() != channel_of_.size()) adopt(r.channel);
    }
  });
  if (sound) messages_ += r.count;
  return sound;
}

void BookReader::see(uint16_t channel) {
  if (channel < positions_.size()) return;
  positions_.resize(channel + 1u);
  resume_.resize(channel + 1u);
}

bool BookReader::load(Bytes checkpoint) {
  if (messages_ != 0 || !BookCheckpoint::load(checkpoint, books_, program_, positions_)) return false;
  resume_.clear();
  for (const BookPosition& p : positions_) resume_.push_back(p.next);
  channel_of_.clear();
  for (uint32_t i = 0; i < books_.instruments(); i++) channel_of_.push_back(books_.channel_of(i));
  return true;
}

void BookReader::adopt(uint16_t channel) {
  const bool stale = channel < positions_.size() && positions_[channel].stale;
  while (channel_of_.size() < books_.instruments()) {
    if (stale) books_.stale(uint32_t(channel_of_.size()));
    channel_of_.push_back(channel);
  }
}

void BookReader::notice(const NoticeRecord& n) {
  see(n.channel);
  BookPosition& position = positions_[n.channel];
  switch (NoticeType(n.code)) {
    case NoticeType::stale:
      position.stale = true;
      each_of(n.channel, [&](uint32_t i) { books_.stale(i); });
      break;
    case NoticeType::good:
      position.stale = false;
      each_of(n.channel, [&](uint32_t i) { books_.good(i); });
      break;
    case NoticeType::sessionStarted: {
      const bool same =
          resume_[n.channel] != 0 && n.session_high == position.session_high && n.session_low == position.session_low;
      position.session_high = n.session_high;
      position.session_low = n.session_low;
      if (same) break;  // the one that was saved goes on
      position.next = resume_[n.channel] = 0;
      each_of(n.channel, [&](uint32_t i) { books_.clear(i); });
      break;
    }
    case NoticeType::snapshotStarted:  // what follows is the whole state
    case NoticeType::snapshotFailed:   // what came of it is not
    case NoticeType::reset:
      position.next = resume_[n.channel] = 0;
      each_of(n.channel, [&](uint32_t i) { books_.clear(i); });
      break;
    default:
      break;
  }
}

}  // namespace venuewire

// Scenarios of the core's tests: named functions, a MoldUDP64 framing and its packets, and an output that writes down
// what it was given as one line of text: `1 2 3 gapOpened[4,6) r4 r5 gapFilled[4,6):retransmission 6`.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/session.hpp"
#include "test/check.hpp"

namespace venuewire {

struct Scenario {
  const char* name;
  void (*run)();
};
inline std::vector<Scenario>& scenarios() {
  static std::vector<Scenario> list;
  return list;
}
struct AddScenario {
  AddScenario(const char* name, void (*run)()) { scenarios().push_back({name, run}); }
};
#define SCENARIO_JOIN2(a, b) a##b
#define SCENARIO_JOIN(a, b) SCENARIO_JOIN2(a, b)
#define SCENARIO_AS(body, added, name)                     \
  static void body();                                      \
  static const ::venuewire::AddScenario added(name, body); \
  static void body()
#define SCENARIO(name) SCENARIO_AS(SCENARIO_JOIN(scenario_, __LINE__), SCENARIO_JOIN(added_, __LINE__), name)

inline int run_scenarios() {
  for (const Scenario& s : scenarios()) {
    const int failed = checks_failed;
    s.run();
    if (checks_failed != failed) std::fprintf(stderr, "  in: %s\n", s.name);
  }
  return checks_result();
}

inline bool check_log(const std::string& got, const std::string& expected, const char* file, int line) {
  if (got == expected) return check(true, "", file, line);
  std::fprintf(stderr, "%s:%d:\n  expected: %.2000s\n  got:      %.2000s\n", file, line, expected.c_str(), got.c_str());
  return check(false, "the log is as expected", file, line);
}
#define CHECK_LOG(got, expected) ::venuewire::check_log(got, expected, __FILE__, __LINE__)

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────

using Buffer = std::vector<uint8_t>;

inline Bytes view(const Buffer& b) { return {b.data(), uint32_t(b.size())}; }
inline void put(Buffer& b, uint64_t v, uint32_t width) {
  b.resize(b.size() + width);
  store_uint(b.data() + b.size() - width, v, width, true);
}
inline void put(Buffer& b, const std::string& text) {
  b.resize(b.size() + text.size());
  if (!text.empty()) std::memcpy(b.data() + b.size() - text.size(), text.data(), text.size());
}

inline Field be(uint16_t offset, uint8_t width) {
  Field f;
  f.offset = offset;
  f.width = width;
  f.big_endian = true;
  return f;
}
inline Field digits(uint16_t offset, uint8_t width) {
  Field f = be(offset, width);
  f.digits = true;
  return f;
}

inline FramingSpec moldudp64() {
  FramingSpec f;
  f.header_length = 20;
  f.header_length_min = 20;
  f.sequence = be(10, 8);
  f.count = be(18, 2);
  f.session_width = 10;
  f.kinds.push_back({be(18, 2), 0, {}, 0, PacketKind::heartbeat, HeartbeatNumber::next});
  f.kinds.push_back({be(18, 2), 0xFFFF, {}, 0, PacketKind::end_of_session, HeartbeatNumber::next});
  f.message_length = be(0, 2);
  f.message_length_add = 2;
  f.message_prefix = 2;
  return f;
}

inline Buffer mold(const std::string& session, uint64_t sequence, uint32_t count,
                   const std::vector<std::string>& messages) {
  Buffer b;
  put(b, (session + "          ").substr(0, 10));
  put(b, sequence, 8);
  put(b, count, 2);
  for (const std::string& m : messages) {
    put(b, m.size(), 2);
    put(b, m);
  }
  return b;
}
/// Messages `first` to `first + count − 1`; each one's text is its number.
inline Buffer mold_data(uint64_t first, uint32_t count, const std::string& session = "DAY1") {
  std::vector<std::string> messages;
  for (uint32_t i = 0; i < count; i++) messages.push_back(std::to_string(first + i));
  return mold(session, first, count, messages);
}
inline Buffer mold_heartbeat(uint64_t next, const std::string& session = "DAY1") { return mold(session, next, 0, {}); }
inline Buffer mold_end(uint64_t next, const std::string& session = "DAY1") { return mold(session, next, 0xFFFF, {}); }

// ── output ───────────────────────────────────────────────────────────────────────────────────────────────────────

inline const char* name_of(NoticeType c) { return kNoticeTypeNames[uint32_t(c)]; }
inline const char* name_of(Reason r) { return kReasonNames[uint32_t(r)]; }

/// Writes down what happens. A message's text must be its number (`checks_numbers`).
class Recorder final : public Output {
 public:
  bool full = false;
  uint32_t room_bytes = ~0u;  ///< what is left; a run takes the size of its body
  bool checks_numbers = true;
  std::vector<Notice> notices;

  bool room(uint32_t bytes) override { return !full && bytes <= room_bytes; }
  uint32_t deliver(const Run& run, ChannelCounters& counters) override {
    if (room_bytes != ~0u) room_bytes -= run.body.size < room_bytes ? run.body.size : room_bytes;
    MessageWalk walk(*run.framing, run.body);
    Bytes m;
    for (uint32_t i = 0; i < run.skip; i++) {
      if (!walk.next(m)) return 0;
    }
    uint32_t n = 0;
    while (n < run.take && walk.next(m)) {
      const std::string text(reinterpret_cast<const char*>(m.data), m.size);
      if (checks_numbers && !run.unsequenced && run.framing->numbering == Numbering::message) {
        CHECK(text == std::to_string(run.sequence + n));
      }
      const char* mark = run.origin == Origin::live ? "" : run.origin == Origin::recovery ? "r" : "s";
      add(mark + (run.unsequenced ? "(" + text + ")" : text));
      n++;
    }
    if (run.origin == Origin::snapshot) counters[ChannelCounter::snapshotMessages] += n;
    return n;
  }
  void notice(const Notice& n) override {
    notices.push_back(n);
    std::string text = name_of(n.code);
    if (n.count != 0) {
      text += '[';
      text += std::to_string(n.begin) + ",";
      text += std::to_string(n.end) + ")";
    }
    if (n.reason != Reason::none) text += std::string(":") + name_of(n.reason);
    add(text);
  }
  void add(const std::string& text) { log_ += (log_.empty() ? "" : " ") + text; }
  /// What happened since the last call.
  std::string take() { return std::exchange(log_, std::string()); }

 private:
  std::string log_;
};

}  // namespace venuewire

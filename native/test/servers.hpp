// Recovery servers as their records declare them, for the recovery test and the session fuzz target: a MoldUDP64
// request server, a SoupBinTCP replay, a snapshot server, one that answers with statuses, and FIX.
#pragma once
#include "test/scenario.hpp"

namespace venuewire {

constexpr int64_t kMs = 1'000'000;

/// MoldUDP64's request server: 20 bytes out, packets of the feed back.
inline RequesterSpec mold_server() {
  RequesterSpec q;
  q.name = "request";
  q.servers = {{"10.0.0.1", 1}};
  q.replies_are_feed = true;
  q.request_per_datagram = true;
  q.request.bytes.resize(20);
  q.request.patches = {{0, 10, Encoding::raw, Variable::session, 0},
                       {10, 8, Encoding::uint_big, Variable::begin, 0},
                       {18, 2, Encoding::uint_big, Variable::count, 0}};
  q.range_max = 1000;
  return q;
}

inline FramingSpec soup_framing() {
  FramingSpec f;
  f.header_length = f.header_length_min = 3;
  f.packet_length = be(0, 2);
  f.packet_length_add = 2;
  f.numbering = Numbering::none;
  return f;
}
inline ReplyRule soup_rule(char type, Action action) {
  ReplyRule r;
  r.first = be(2, 1);
  r.first_value = uint8_t(type);
  r.action = action;
  return r;
}
inline Buffer soup(char type, const std::string& text = "") {
  Buffer b;
  put(b, text.size() + 1, 2);
  b.push_back(uint8_t(type));
  put(b, text);
  return b;
}
inline std::string padded(uint64_t n) {
  const std::string text = std::to_string(n);
  return std::string(20 - text.size(), ' ') + text;
}
inline Buffer soup_accept(uint64_t next, const std::string& session = "DAY1      ") {
  return soup('A', session + padded(next));
}

/// A SoupBinTCP replay server: the login names the first number, the messages follow and are counted.
inline RequesterSpec soup_server() {
  RequesterSpec q;
  q.name = "replay";
  q.tcp = true;
  q.framing = 1;
  q.servers = {{"10.0.0.2", 2}};
  q.login.bytes = soup('L', std::string(46, ' '));
  q.login.patches = {{29, 20, Encoding::digits_left_blank, Variable::begin, 0}};
  ReplyRule accept = soup_rule('A', Action::login_accepted);
  accept.number = digits(13, 20);
  accept.session_offset = 3;
  accept.session_width = 10;
  ReplyRule reject = soup_rule('J', Action::login_rejected);
  reject.number = be(3, 1);
  ReplyRule message = soup_rule('S', Action::message);
  message.payload_offset = 3;
  q.rules = {accept, reject, message, soup_rule('Z', Action::complete), soup_rule('H', Action::ignore)};
  q.heartbeat.bytes = soup('R');
  q.heartbeat_ns = 1000 * kMs;
  q.lifecycle = Lifecycle::client_closes;
  return q;
}

/// A GLIMPSE-like snapshot: messages, then `G` and the first number that the snapshot does not contain.
inline RequesterSpec snapshot_server(bool inclusive = false) {
  RequesterSpec q = soup_server();
  q.name = "snapshot";
  q.purpose = Purpose::snapshot;
  q.login.patches.clear();
  ReplyRule accept = soup_rule('A', Action::login_accepted);
  ReplyRule end = soup_rule('G', Action::snapshot_end);
  end.number = digits(3, 20);
  end.inclusive = inclusive;
  ReplyRule message = soup_rule('S', Action::snapshot_message);
  message.payload_offset = 3;
  q.rules = {accept, soup_rule('J', Action::login_rejected), end, message};
  return q;
}

/// Asks by a request of two numbers and answers with a status byte, then numbered messages in the request's framing.
inline RequesterSpec status_server() {
  RequesterSpec q = soup_server();
  q.name = "status";
  q.login = {};
  q.request.bytes = soup('Q', std::string(16, ' '));
  q.request.patches = {{3, 8, Encoding::digits_left_zero, Variable::begin, 0},
                       {11, 8, Encoding::digits_left_zero, Variable::last, 0}};
  ReplyRule status = soup_rule('T', Action::status);
  status.number = be(3, 1);
  status.outcomes = {{'0', Outcome::accepted},
                     {'1', Outcome::unavailable},
                     {'2', Outcome::next_server},
                     {'3', Outcome::retry},
                     {'4', Outcome::wait}};
  ReplyRule message = soup_rule('M', Action::message);
  message.number = digits(3, 8);
  message.payload_offset = 11;
  ReplyRule gone = soup_rule('U', Action::unavailable);
  gone.number = digits(3, 8);
  gone.number2 = digits(11, 8);
  q.rules = {status, message, gone, soup_rule('Z', Action::complete)};
  q.lifecycle = Lifecycle::keep;
  return q;
}
inline std::string eight(uint64_t n) {
  const std::string text = std::to_string(n);
  return std::string(8 - text.size(), '0') + text;
}

inline RungSpec wait_rung(int64_t ns, uint32_t packets = 0) {
  RungSpec r;
  r.timeout_ns = ns;
  r.packets = packets;
  return r;
}
inline RungSpec ask_rung(uint16_t requester, uint16_t tries = 3, int64_t timeout_ns = 10 * kMs,
                         RungKind kind = RungKind::request) {
  RungSpec r;
  r.kind = kind;
  r.requester = requester;
  r.tries = tries;
  r.timeout_ns = timeout_ns;
  return r;
}

/// A FIX tag, as a number or as the first character of its text.
inline Field tag(uint16_t number, bool text = false) {
  Field f;
  f.offset = number;
  f.width = 1;
  f.tag = true;
  f.tag_text = text;
  return f;
}
/// FIX 4.4: MsgSeqNum counts, SequenceReset fills gaps or begins anew, ResetSeqNumFlag of a logon resets.
inline FramingSpec fix_framing() {
  FramingSpec f;
  f.fix = true;
  f.sequence = tag(34);
  f.kinds.push_back({tag(35, true), 'A', tag(141, true), 'Y', PacketKind::reset, HeartbeatNumber::numbered});
  ControlRule fill, reset;
  fill.type = reset.type = tag(35, true);
  fill.value = reset.value = '4';
  fill.also = tag(123, true);
  fill.also_value = 'Y';
  fill.kind = PacketKind::unavailable;
  fill.last = tag(36);
  fill.last_add = -1;
  reset.kind = PacketKind::reset;
  reset.next = tag(36);
  reset.counted = false;
  f.controls = {fill, reset};
  return f;
}
/// `|` stands for the separator; 8, 9 and 10 are put around.
inline Buffer fix(const std::string& fields, bool good_sum = true) {
  std::string body = fields;
  for (char& c : body) c = c == '|' ? '\x01' : c;
  std::string text =
      "8=FIX.4.4\x01"
      "9=" +
      std::to_string(body.size()) + "\x01" + body;
  uint32_t sum = good_sum ? 0 : 1;
  for (const char c : text) sum += uint8_t(c);
  char trailer[16];
  std::snprintf(trailer, sizeof trailer, "10=%03u\x01", sum & 0xFF);
  text += trailer;
  return Buffer(text.begin(), text.end());
}

}  // namespace venuewire

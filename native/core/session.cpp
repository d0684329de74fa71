#include "core/session.hpp"

#include <algorithm>

namespace venuewire {

namespace {

void parse_rule(SpecReader& r, ReplyRule& rule) {
  rule.first.parse(r);
  rule.first_value = r.u64();
  rule.second.parse(r);
  rule.second_value = r.u64();
  rule.in_message = r.flag();
  rule.action = Action(r.u8());
  rule.number.parse(r);
  rule.number2.parse(r);
  rule.key.parse(r);
  rule.payload_offset = r.u16();
  rule.epoch_offset = r.u16();
  rule.epoch_width = r.u8();
  rule.inclusive = r.flag();
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    const uint64_t value = r.u64();
    rule.outcomes.emplace_back(value, Outcome(r.u8()));
  }
  rule.otherwise = Outcome(r.u8());
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    ReplyRule::Echo& e = rule.echoes.emplace_back();
    e.field.parse(r);
    e.variable = Variable(r.u8());
    if (uint32_t(e.variable) >= kEchoedVariables || !e.field.present()) r.fail();
  }
}

void parse_requester(SpecReader& r, RequesterSpec& q) {
  q.name = r.text();
  q.tcp = r.flag();
  q.purpose = Purpose(r.u8());
  q.lifecycle = Lifecycle(r.u8());
  q.channel = int32_t(r.u32());
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    ServerSpec s;
    s.host = r.text();
    s.port = r.u16();
    q.servers.push_back(s);
  }
  q.local_address = r.text();
  q.framing = r.u16();
  q.replies_are_feed = r.flag();
  q.request_per_datagram = r.flag();
  q.serial = r.flag();
  q.needs_image = r.flag();
  q.login.parse(r);
  q.request.parse(r);
  q.heartbeat.parse(r);
  q.logout.parse(r);
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) parse_rule(r, q.rules.emplace_back());
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    Limit l;
    l.count = r.u32();
    l.window_ns = r.i64();
    if (l.count == 0 || l.window_ns <= 0) r.fail();
    q.limits.push_back(l);
  }
  q.range_max = r.u64();
  q.age_max = r.u64();
  q.connect_timeout_ns = r.i64();
  q.login_timeout_ns = r.i64();
  q.heartbeat_ns = r.i64();
  q.silence_ns = r.i64();
  q.login_gap_ns = r.i64();
  q.cooldown_ns = r.i64();
  q.patience_ns = r.i64();
  q.packet_bytes_max = r.u32();
  q.snapshot_from = SnapshotFrom(r.u8());
  q.snapshot_number = SnapshotNumber(r.u8());
  q.snapshot_count = SnapshotCount(r.u8());
  q.resume.parse(r);
  q.probe.parse(r);
  q.answer.parse(r);
  q.gap_fill.parse(r);
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) q.subscribe.emplace_back().parse(r);
  q.probe_ns = r.i64();
  q.reconnect_first_ns = r.i64();
  q.reconnect_most_ns = r.i64();
  q.resent.parse(r);
  q.resent_value = r.u64();
  q.refresh_items = r.u32();
  q.line = r.u8();
  if (q.line >= kLinesMax || q.reconnect_first_ns <= 0 || q.reconnect_most_ns < q.reconnect_first_ns) r.fail();
  if (q.range_max == 0 || q.packet_bytes_max == 0 || q.packet_bytes_max > (64u << 20)) r.fail();
}

}  // namespace

bool SessionSpec::parse(Bytes bytes) {
  SpecReader r(bytes);
  if (r.u32() != kContract) return false;
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    if (!framings.emplace_back().parse(r)) return false;
  }
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    LineSpec l;
    l.name = r.text();
    l.role = LineRole(r.u8());
    l.channel = int32_t(r.u32());
    l.framing = r.u16();
    l.group = r.text();
    l.port = r.u16();
    l.interface = r.text();
    l.source = r.text();
    l.line = r.u8();
    if (l.line >= kLinesMax) r.fail();
    lines.push_back(l);
  }
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    ChannelSpec c;
    c.key = r.u64();
    c.join = Join(r.u8());
    c.session_fixed = r.flag();
    c.session.high = r.u64();
    c.session.low = r.u64();
    c.window_packets = r.u32();
    c.window_bytes = r.u32();
    c.holes_max = r.u32();
    c.jump_max = r.u64();
    if (c.window_packets == 0 || c.holes_max == 0) r.fail();
    channels.push_back(c);
  }
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) {
    RungSpec g;
    g.kind = RungKind(r.u8());
    g.requester = r.u16();
    g.tries = r.u16();
    g.timeout_ns = r.i64();
    g.packets = r.u32();
    g.channel = int32_t(r.u32());
    rungs.push_back(g);
  }
  for (uint32_t n = r.count(); n > 0 && r.ok(); n--) parse_requester(r, requesters.emplace_back());
  selection.parse(r);
  if (!r.ok() || !catalogue.parse(r) || !r.ok() || !r.at_end()) return false;

  for (FramingSpec& f : framings) {
    if (f.message_table) f.table = std::make_shared<const Catalogue>(catalogue);
  }
  if (framings.empty() || channels.empty() || channels.size() > 4096) return false;
  for (const LineSpec& l : lines) {
    if (l.framing >= framings.size() || l.channel >= int32_t(channels.size())) return false;
  }
  for (const RungSpec& g : rungs) {
    if (g.kind != RungKind::wait && g.requester >= requesters.size()) return false;
  }
  for (const RequesterSpec& q : requesters) {
    if (q.framing >= framings.size() || q.channel >= int32_t(channels.size())) return false;
  }
  return true;
}

Session::Session(const SessionSpec& spec, Host& host, Output& output, uint64_t* counters, FeedCounters feed)
    : spec_(spec), feed_(feed), ladder_(spec.rungs) {
  for (uint16_t i = 0; i < spec.channels.size(); i++) {
    channels_.push_back(std::make_unique<Channel>(spec.channels[i], spec.framings[0], i, output,
                                                  ChannelCounters{counters + size_t(i) * kChannelCounters}));
    channel_list_.push_back(channels_.back().get());
    by_key_.emplace(spec.channels[i].key, i);
  }
  for (uint16_t i = 0; i < spec.requesters.size(); i++) {
    const RequesterSpec& q = spec.requesters[i];
    requesters_.push_back(std::make_unique<Requester>(q, spec.framings[q.framing], i, host, *this));
    if (q.purpose == Purpose::feed) {
      requesters_.back()->attach(*channels_[q.channel >= 0 ? size_t(q.channel) : 0]);
      deadline_ = 0;  // it is opened at once
    }
  }
  streams_.resize(spec.lines.size());
  feed_[FeedCounter::heldBytesMax] = held_bytes_max(spec);
}

Channel* Session::find(int32_t fixed, const FramingSpec& framing, const Packet& packet) {
  if (fixed >= 0) return channel_list_[size_t(fixed)];
  if (!framing.channel.present()) return channel_list_[0];
  const auto at = by_key_.find(packet.channel);
  return at == by_key_.end() ? nullptr : channel_list_[at->second];
}

void Session::datagram(uint16_t line, Bytes datagram, int64_t receive_ns, int64_t now_ns) {
  const LineSpec& l = spec_.lines[line];
  const FramingSpec& framing = spec_.framings[l.framing];
  const Origin origin = l.role == LineRole::live ? Origin::live : Origin::recovery;
  const Arrival arrival{l.line, origin, receive_ns, now_ns};
  Bytes rest = datagram;
  while (rest.size > 0) {
    Packet packet;
    uint32_t consumed;
    if (read_packet(framing, rest, packet, consumed) != FrameStatus::ok) {
      Channel* c = l.channel >= 0 ? channel_list_[size_t(l.channel)] : channel_list_[0];
      c->counters()[ChannelCounter::malformed]++;
      return;
    }
    rest = rest.from(consumed);
    Channel* c = find(l.channel, framing, packet);
    if (c == nullptr) {
      feed_[FeedCounter::unknownChannel]++;
      continue;
    }
    if (l.role == LineRole::snapshot) {
      for (const auto& q : requesters_) q->line_packet(*c, framing, packet, arrival);
    } else {
      c->packet(framing, packet, arrival);
    }
  }
}

bool Session::stream(uint16_t line, Bytes bytes, int64_t receive_ns, int64_t now_ns) {
  const FramingSpec& framing = spec_.framings[spec_.lines[line].framing];
  std::vector<uint8_t>& held = streams_[line].bytes;
  held.insert(held.end(), bytes.data, bytes.data + bytes.size);
  size_t at = 0;
  bool ok = true;
  while (at < held.size()) {
    const Bytes rest{held.data() + at, uint32_t(held.size() - at)};
    const int64_t size = stream_packet_size(framing, rest, 1u << 20);
    if (size < 0) {
      ok = false;
      at = held.size();
      break;
    }
    if (size == 0 || size > int64_t(rest.size)) break;
    datagram(line, rest.first(uint32_t(size)), receive_ns, now_ns);
    at += size_t(size);
  }
  held.erase(held.begin(), held.begin() + long(at));
  return ok;
}

void Session::record(uint16_t line, Bytes message, int64_t receive_ns, int64_t now_ns) {
  const LineSpec& l = spec_.lines[line];
  Channel* c = channel_list_[l.channel >= 0 ? size_t(l.channel) : 0];
  const uint64_t sequence = spec_.framings[0].wrap_first + streams_[line].counted++;
  c->message(sequence, message, Arrival{l.line, Origin::live, receive_ns, now_ns});
}

void Session::reply_packets(const FramingSpec& framing, uint16_t channel_hint, Bytes datagram, const Arrival& arrival) {
  Bytes rest = datagram;
  while (rest.size > 0) {
    Packet packet;
    uint32_t consumed;
    if (read_packet(framing, rest, packet, consumed) != FrameStatus::ok) {
      if (channel_hint != 0xFFFF) channel_list_[channel_hint]->counters()[ChannelCounter::malformed]++;
      return;
    }
    rest = rest.from(consumed);
    Channel* c = find(framing.channel.present() || channel_hint == 0xFFFF ? -1 : channel_hint, framing, packet);
    if (c == nullptr) {
      feed_[FeedCounter::unknownChannel]++;
      continue;
    }
    c->packet(framing, packet, arrival);
  }
}

void Session::service(int64_t now_ns) {
  deadline_ = INT64_MAX;
  bool open = false;
  for (Channel* c : channel_list_) {
    if (c->holes().empty() && !c->waiting_for_snapshot()) continue;
    open = true;
    ladder_.tick(*c, now_ns);
  }
  for (const auto& q : requesters_) {
    if (open || q->spec().purpose == Purpose::feed || !q->idle() || q->deadline() <= now_ns ||
        q->deadline() != INT64_MAX) {
      q->tick(channel_list_, spec_.rungs, now_ns);
    }
  }
  if (open) {
    for (Channel* c : channel_list_) {
      if (c->holes().empty()) continue;
      ladder_.tick(*c, now_ns);  // what a requester gave up moves on at once
      deadline_ = std::min(deadline_, ladder_.deadline(*c));
      for (const Hole& h : c->holes()) {
        // Ready for a requester that has not taken it up: look again soon. A busy one says itself when.
        if (h.rung < spec_.rungs.size() && spec_.rungs[h.rung].kind != RungKind::wait &&
            requesters_[spec_.rungs[h.rung].requester]->idle()) {
          deadline_ = std::min(deadline_, now_ns + 1'000'000);
          break;
        }
      }
    }
  }
  for (const auto& q : requesters_) deadline_ = std::min(deadline_, q->deadline());
}

bool Session::blocked() const {
  for (const Channel* c : channel_list_) {
    if (c->blocked()) return true;
  }
  return false;
}

void Session::resume(int64_t now_ns) {
  for (Channel* c : channel_list_) c->resume(now_ns);
}

void Session::finish(Reason why, int64_t now_ns) {
  for (const auto& q : requesters_) q->stop();
  for (Channel* c : channel_list_) c->finish(why, now_ns);
}

bool Session::settled() {
  for (Channel* c : channel_list_) {
    if (!c->holes().empty() || c->waiting_for_snapshot() || c->blocked()) return false;
  }
  return true;
}

void Session::update_gauges() {
  uint64_t held = 0;
  for (Channel* c : channel_list_) {
    c->update_gauges();
    held += c->held_bytes();
  }
  for (const auto& q : requesters_) held += q->held_bytes();
  feed_[FeedCounter::heldBytes] = std::max(feed_[FeedCounter::heldBytes], held);
}

uint64_t Session::held_bytes_max(const SessionSpec& spec) {
  uint64_t bytes = 0;
  for (const ChannelSpec& c : spec.channels) bytes += Channel::held_bytes_max(c);
  for (const RequesterSpec& q : spec.requesters) bytes += Requester::held_bytes_max(q);
  return bytes;
}

bool Session::ledger_balances() {
  bool ok = true;
  for (Channel* c : channel_list_) ok = c->ledger_balances() && ok;
  return ok;
}

}  // namespace venuewire

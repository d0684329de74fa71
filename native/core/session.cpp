#include "core/session.hpp"

#include <algorithm>

#include "contract/compiled.hpp"

namespace venuewire {

namespace {

constexpr uint32_t kMalformedRow = 8;            // datagrams
constexpr uint32_t kStreamPacketMax = 1u << 20;  // bytes
constexpr int64_t kLookAgainNs = 1'000'000;

}  // namespace

bool SessionSpec::parse(Bytes bytes) {
  SpecReader r(bytes);
  if (r.u32() != kContract) return false;
  compiled::read_session(r, *this);
  if (!r.ok() || !catalogue.parse(r) || !r.ok() || !r.at_end()) return false;
  for (FramingSpec& f : framings) {
    if (f.message_table) f.table = std::make_shared<const Catalogue>(catalogue);
    f.derive();
  }
  return true;
}

bool SessionSpec::sound() const {
  if (framings.empty() || channels.empty() || channels.size() > kChannelsMax) return false;
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
    channels_.back()->attend(attention_);
    held_bytes_.push_back(channels_.back()->held_bytes());
    channels_held_ += held_bytes_.back();
    by_key_.emplace(spec.channels[i].key, i);
  }
  for (uint16_t i = 0; i < spec.requesters.size(); i++) {
    const RequesterSpec& q = spec.requesters[i];
    Channel& channel = *channels_[q.channel >= 0 ? size_t(q.channel) : 0];
    requesters_.push_back(make_requester({q, spec.framings[q.framing], i, host, *this, channel}));
    deadline_ = std::min(deadline_, requesters_.back()->deadline());
  }
  counted_.resize(spec.lines.size());
  health_.resize(spec.lines.size());
  feed_[FeedCounter::heldBytesMax] = held_bytes_max(spec);
}

Channel* Session::find(int32_t fixed, const FramingSpec& framing, const Packet& packet) {
  if (fixed >= 0) return channel_list_[size_t(fixed)];
  if (!framing.channel.present()) return channel_list_[0];
  const auto at = by_key_.find(packet.channel);
  return at == by_key_.end() ? nullptr : channel_list_[at->second];
}

void Session::datagram(uint16_t line, Bytes datagram, int64_t receive_ns, int64_t now_ns, Sender sender) {
  const LineSpec& l = spec_.lines[line];
  Arrival arrival{l.line, l.role == LineRole::live ? Origin::live : Origin::recovery, receive_ns, now_ns};
  arrival.sender = sender;
  packets(line, datagram, arrival);
}

void Session::packets(uint16_t line, Bytes bytes, const Arrival& arrival) {
  const LineSpec& l = spec_.lines[line];
  const FramingSpec& framing = spec_.framings[l.framing];
  uint64_t& malformed = channel_of(l).counters()[ChannelCounter::malformed];
  const uint64_t before = malformed;
  for (Bytes rest = bytes; rest.size > 0;) {
    Packet packet;
    uint32_t consumed;
    const bool cut_reply = l.role != LineRole::live;
    if (read_packet(framing, rest, packet, consumed) != FrameStatus::ok || (packet.cut && cut_reply)) {
      malformed++;
      break;
    }
    rest = rest.from(consumed);
    line_packet(line, framing, packet, arrival);
  }
  watch(line, malformed != before, arrival);
}

void Session::line_packet(uint16_t line, const FramingSpec& framing, Packet& packet, const Arrival& arrival) {
  const LineSpec& l = spec_.lines[line];
  Channel* c = find(l.channel, framing, packet);
  if (c == nullptr) {
    feed_[FeedCounter::unknownChannel]++;
    return;
  }
  if (l.role == LineRole::snapshot) {
    for (const auto& q : requesters_) q->line_packet(*c, framing, packet, arrival);
    return;
  }
  if (framing.numbering == Numbering::none && arrival.connected && packet.kind == PacketKind::data) {
    packet.sequence = spec_.framings[0].wrap_first + counted_[line]++;
  }
  c->packet(framing, packet, arrival);
}

/// A line that brings nothing but what cannot be read is told about: most often it is declared with another framing.
void Session::watch(uint16_t line, bool malformed, const Arrival& arrival) {
  if (line >= health_.size()) return;
  LineHealth& h = health_[line];
  if (!malformed) {
    h.good = true;
    h.malformed_row = 0;
    h.told = false;
    return;
  }
  h.malformed++;
  if (++h.malformed_row >= kMalformedRow && !h.told) tell_malformed(line, arrival.now_ns);
}

void Session::tell_malformed(uint16_t line, int64_t now_ns) {
  health_[line].told = true;
  Channel& c = channel_of(spec_.lines[line]);
  c.say(NoticeType::malformed, Reason::none, c.next(), c.next(), now_ns, kNoRequester,
        uint32_t(health_[line].malformed), line);
}

bool Session::stream(uint16_t line, Bytes bytes, int64_t receive_ns, int64_t now_ns, uint32_t flow, Sender sender) {
  const LineSpec& l = spec_.lines[line];
  const FramingSpec& framing = spec_.framings[l.framing];
  Arrival arrival{l.line, Origin::live, receive_ns, now_ns};
  arrival.connected = true;
  arrival.sender = sender;
  std::vector<uint8_t>& held = stream_rest_[uint64_t(line) << 32 | flow];
  held.insert(held.end(), bytes.data, bytes.data + bytes.size);
  size_t at = 0;
  bool ok = true;
  while (at < held.size()) {
    const Bytes rest{held.data() + at, uint32_t(held.size() - at)};
    const int64_t size = stream_packet_size(framing, rest, kStreamPacketMax);
    if (size < 0) {
      channel_of(l).counters()[ChannelCounter::malformed]++;
      ok = false;
      at = held.size();
      break;
    }
    if (size == 0 || size > int64_t(rest.size)) break;
    packets(line, rest.first(uint32_t(size)), arrival);
    at += size_t(size);
  }
  held.erase(held.begin(), held.begin() + long(at));
  return ok;
}

void Session::stream_break(uint16_t line, uint32_t flow) { stream_rest_.erase(uint64_t(line) << 32 | flow); }

void Session::line_up(uint16_t line, int64_t now_ns) {
  Channel& c = channel_of(spec_.lines[line]);
  c.say(NoticeType::lineUp, Reason::none, c.next(), c.next(), now_ns, kNoRequester, 0, line);
}

void Session::line_down(uint16_t line, Reason why, int64_t now_ns) {
  Channel& c = channel_of(spec_.lines[line]);
  c.say(NoticeType::lineDown, why, c.next(), c.next(), now_ns, kNoRequester, 0, line);
}

void Session::record(uint16_t line, Bytes message, int64_t receive_ns, int64_t now_ns) {
  const LineSpec& l = spec_.lines[line];
  Channel* c = channel_list_[l.channel >= 0 ? size_t(l.channel) : 0];
  const uint64_t sequence = spec_.framings[0].wrap_first + counted_[line]++;
  c->message(sequence, message, Arrival{l.line, Origin::live, receive_ns, now_ns});
}

void Session::reply_packets(const FramingSpec& framing, uint16_t channel_hint, Bytes datagram, const Arrival& from) {
  Arrival arrival = from;
  arrival.connected = true;
  Bytes rest = datagram;
  while (rest.size > 0) {
    Packet packet;
    uint32_t consumed;
    if (read_packet(framing, rest, packet, consumed) != FrameStatus::ok || packet.cut) {
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
  std::vector<Channel*>& wanted = attention_.wanted;
  const auto by_index = [](const Channel* a, const Channel* b) { return a->index() < b->index(); };
  if (!std::is_sorted(wanted.begin(), wanted.end(), by_index)) std::sort(wanted.begin(), wanted.end(), by_index);
  // What is done may add channels to the list: they wait for the next time.
  const size_t looked_at = wanted.size();
  for (size_t i = 0; i < looked_at; i++) {
    Channel& c = *wanted[i];
    if (c.first_due_ns() <= now_ns) c.believe_first(now_ns);
    ladder_.tick(c, now_ns);
  }
  for (const auto& q : requesters_) {
    const bool waits_for_time = q->deadline() != INT64_MAX;
    if (looked_at != 0 || q->always_at_work() || !q->idle() || waits_for_time) q->tick(wanted, spec_.rungs, now_ns);
  }
  size_t kept = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    Channel& c = *wanted[i];
    ladder_.tick(c, now_ns);  // what a requester gave up moves on at once
    deadline_ = std::min({deadline_, c.first_due_ns(), ladder_.deadline(c)});
    if (ready_for_requester(c, now_ns)) deadline_ = std::min(deadline_, now_ns + kLookAgainNs);
    if (c.wants_service()) {
      wanted[kept++] = &c;
    } else {
      leave_alone(c);
    }
  }
  wanted.resize(kept);
  for (const auto& q : requesters_) deadline_ = std::min(deadline_, q->deadline());
}

/// Whether a hole is ready for a requester that has not taken it up. A busy one says itself when.
bool Session::ready_for_requester(const Channel& channel, int64_t now_ns) const {
  for (size_t i = 0; i < spec_.rungs.size(); i++) {
    const RungSpec& r = spec_.rungs[i];
    if (r.kind == RungKind::wait || !channel.holes().any_on(i)) continue;
    if (requesters_[r.requester]->idle() && !requesters_[r.requester]->resting(now_ns)) return true;
  }
  return false;
}

void Session::leave_alone(Channel& channel) {
  channel.left_alone();
  count_held(channel);
}

bool Session::blocked() const { return attention_.blocked != 0; }

void Session::resume(int64_t now_ns) {
  for (Channel* c : channel_list_) c->resume(now_ns);
}

void Session::leave(int64_t now_ns) {
  for (const auto& q : requesters_) q->leave(now_ns);
}

void Session::finish(Reason why, int64_t now_ns) {
  for (const auto& q : requesters_) q->stop();
  for (uint16_t i = 0; i < health_.size(); i++) {
    if (health_[i].malformed != 0 && !health_[i].good && !health_[i].told) tell_malformed(i, now_ns);
  }
  for (Channel* c : channel_list_) c->finish(why, now_ns);
}

bool Session::settled() {
  for (Channel* c : channel_list_) {
    if (c->wants_service() || c->blocked()) return false;
  }
  return true;
}

void Session::update_gauges() {
  // Of channels without a hole nothing has changed since the last look at them.
  for (Channel* c : attention_.wanted) count_held(*c);
  uint64_t held = channels_held_;
  for (const auto& q : requesters_) held += q->held_bytes();
  feed_[FeedCounter::heldBytes] = std::max(feed_[FeedCounter::heldBytes], held);
}

void Session::count_held(Channel& channel) {
  channel.update_gauges();
  uint64_t& counted = held_bytes_[channel.index()];
  channels_held_ -= counted;
  counted = channel.held_bytes();
  channels_held_ += counted;
}

uint64_t Session::held_bytes_max(const SessionSpec& spec) {
  uint64_t bytes = 0;
  for (const ChannelSpec& c : spec.channels) bytes += Channel::held_bytes_max(c);
  for (const RequesterSpec& q : spec.requesters) bytes += requester_held_bytes_max(q);
  return bytes;
}

bool Session::ledger_balances() {
  bool ok = true;
  for (Channel* c : channel_list_) ok = c->sound() && ok;
  return ok;
}

}  // namespace venuewire

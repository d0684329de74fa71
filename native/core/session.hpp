// A session: the channels, ladder and requesters of one venue connection, put together from its compiled declaration.
// Pure: datagrams, replies, connection events and the time come in; runs, notices and requests go out. Live sockets,
// capture files and simulations drive this same object.
#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/batch.hpp"
#include "core/catalogue.hpp"
#include "core/channel.hpp"
#include "core/ladder.hpp"
#include "core/requester.hpp"

namespace venuewire {

struct LineSpec {
  LineRole role = LineRole::live;
  uint8_t line = 0;  ///< A = 0, B = 1 …
  uint16_t framing = 0;
  int32_t channel = -1;  ///< −1: by the framing's channel field
  std::string name;
  std::string group, interface, source;  ///< sockets only
  std::string receive;                   ///< name of a receive backend, or `auto`
  uint16_t port = 0;
  [[nodiscard]] bool sound() const { return line < kLinesMax; }
};

inline constexpr uint32_t kChannelsMax = 4096;

struct SessionSpec {
  std::vector<FramingSpec> framings;
  std::vector<LineSpec> lines;
  std::vector<ChannelSpec> channels;
  std::vector<RungSpec> rungs;
  std::vector<RequesterSpec> requesters;
  Catalogue catalogue;
  Selection selection;

  /// False: the bytes are not a compiled declaration of this version.
  [[nodiscard]] bool parse(Bytes bytes);
  /// Whether every index names what it must.
  [[nodiscard]] bool sound() const;
};

class Session final : public ReplySink {
 public:
  /// `counters`: kChannelCounters for each channel, zeroed. `spec` outlives the session.
  Session(const SessionSpec& spec, Host& host, Output& output, uint64_t* counters, FeedCounters feed);

  void datagram(uint16_t line, Bytes datagram, int64_t receive_ns, int64_t now_ns, Sender sender = {});
  /// Bytes of a TCP stream that is itself a line (a capture): whole packets are taken, the rest is kept. Where packets
  /// carry no numbers each takes the next one of its line. `flow`: one direction of a connection. False: not this
  /// framing.
  [[nodiscard]] bool stream(uint16_t line, Bytes bytes, int64_t receive_ns, int64_t now_ns, uint32_t flow = 0,
                            Sender sender = {});
  /// The flow is over, or bytes of it are missing: what is kept of a packet is of no use.
  void stream_break(uint16_t line, uint32_t flow = 0);
  /// The connection that brings a line's packets is there, or is lost: told on the line's channel.
  void line_up(uint16_t line, int64_t now_ns);
  void line_down(uint16_t line, Reason why, int64_t now_ns);
  /// One bare message of a file that counts by position.
  void record(uint16_t line, Bytes message, int64_t receive_ns, int64_t now_ns);

  [[nodiscard]] Requester& requester(uint16_t i) { return *requesters_[i]; }
  [[nodiscard]] uint16_t requesters() const { return uint16_t(requesters_.size()); }
  [[nodiscard]] Channel& channel(uint16_t i) { return *channels_[i]; }
  [[nodiscard]] uint16_t channels() const { return uint16_t(channels_.size()); }

  /// Ladder and requesters: after a batch of packets, and when `deadline()` has come.
  void service(int64_t now_ns);
  [[nodiscard]] int64_t deadline() const { return deadline_; }
  [[nodiscard]] bool blocked() const;
  void resume(int64_t now_ns);
  /// Says goodbye on every connection, as its protocol wants it, and ends it. Nothing is asked for any more.
  void leave(int64_t now_ns);
  /// No more input: whatever recovery has not brought is given up.
  void finish(Reason why, int64_t now_ns);
  /// Nothing is missing and no request is under way.
  [[nodiscard]] bool settled();
  void update_gauges();
  /// The most that the counter `heldBytes` can ever be: known from the declaration alone.
  [[nodiscard]] static uint64_t held_bytes_max(const SessionSpec& spec);
  [[nodiscard]] bool ledger_balances();

 private:
  void reply_packets(const FramingSpec& framing, uint16_t channel_hint, Bytes datagram,
                     const Arrival& arrival) override;
  [[nodiscard]] const FramingSpec& feed_framing() const override { return spec_.framings[0]; }
  void packets(uint16_t line, Bytes bytes, const Arrival& arrival);
  void line_packet(uint16_t line, const FramingSpec& framing, Packet& packet, const Arrival& arrival);
  void watch(uint16_t line, bool malformed, const Arrival& arrival);
  void tell_malformed(uint16_t line, int64_t now_ns);
  [[nodiscard]] Channel& channel_of(const LineSpec& line) {
    return *channel_list_[line.channel >= 0 ? size_t(line.channel) : 0];
  }
  [[nodiscard]] Channel* find(int32_t fixed, const FramingSpec& framing, const Packet& packet);

  [[nodiscard]] bool ready_for_requester(const Channel& channel, int64_t now_ns) const;
  void leave_alone(Channel& channel);
  void count_held(Channel& channel);

  const SessionSpec& spec_;
  FeedCounters feed_;
  Attention attention_;
  std::vector<uint64_t> held_bytes_;  // by channel, when it was last looked at
  uint64_t channels_held_ = 0;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Channel*> channel_list_;
  std::vector<std::unique_ptr<Requester>> requesters_;
  Ladder ladder_;
  std::unordered_map<uint64_t, uint16_t> by_key_;
  /// Whether a line brings anything that can be read.
  struct LineHealth {
    uint64_t malformed = 0;      ///< datagrams, in all
    uint32_t malformed_row = 0;  ///< … since the last one that was not
    bool good = false, told = false;
  };
  std::vector<LineHealth> health_;
  std::vector<uint64_t> counted_;                                   // by line: messages of streams and files so far
  std::unordered_map<uint64_t, std::vector<uint8_t>> stream_rest_;  // by line and flow: bytes of the next packet
  int64_t deadline_ = INT64_MAX;
};

}  // namespace venuewire

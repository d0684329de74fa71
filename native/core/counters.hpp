// The counters table: one enum, one label each. Counters live in memory that JavaScript reads directly; one thread
// writes them. A lost message is in exactly one of the ledger's terms.
#pragma once
#include <cstdint>

namespace venuewire {

// X(name, label)
#define VENUEWIRE_CHANNEL_COUNTERS(X)                                                                    \
  /* The ledger: expected = delivered + recovered + abandoned + inFlight, in the feed's sequence unit */ \
  X(expected, "sequence numbers the venue is known to have used since the join")                         \
  X(delivered, "delivered in order from a live line")                                                    \
  X(recovered, "delivered in order from a recovery server or retransmission line")                       \
  X(abandoned, "declared lost, each named in a gapAbandoned notice")                                     \
  X(inFlight, "missing or held behind a gap right now")                                                  \
  X(missing, "part of inFlight that has not arrived")                                                    \
  X(held, "part of inFlight held behind a gap")                                                          \
  X(abandonedToSnapshot, "part of abandoned whose effect a snapshot carried")                            \
  /* What came in */                                                                                     \
  X(packets, "packets received on live lines")                                                           \
  X(packetsA, "packets received on line 0")                                                              \
  X(packetsB, "packets received on line 1")                                                              \
  X(recoveryPackets, "packets and records received from recovery")                                       \
  X(messages, "messages handed to the consumer")                                                         \
  X(snapshotMessages, "messages handed to the consumer from snapshots")                                  \
  X(selectedOut, "messages not handed over because the selection left them out")                         \
  X(duplicates, "sequence numbers that had already arrived")                                             \
  X(late, "sequence numbers that arrived after they were abandoned")                                     \
  X(heartbeats, "heartbeats")                                                                            \
  X(unsequenced, "messages without a sequence number")                                                   \
  X(malformed, "packets, records or messages that contradict their own lengths")                         \
  X(unknownMessages, "messages whose type the decoder does not know")                                    \
  X(otherSession, "packets of a session or epoch that is not the current one")                           \
  X(implausible, "packets ignored because their number is too far from the expected one")                \
  X(compressed, "packets left out because their body is compressed")                                     \
  /* Gaps */                                                                                             \
  X(gapsOpened, "gaps announced")                                                                        \
  X(gapsFilled, "ranges of announced gaps filled")                                                       \
  X(gapsAbandoned, "ranges of gaps given up")                                                            \
  X(reordered, "holes closed within the reorder wait, never announced")                                  \
  X(windowFull, "packets dropped because the reorder window was full; their numbers become a gap")       \
  X(windowPacketsMax, "most packets ever held at once")                                                  \
  X(windowBytes, "bytes the reorder window has allocated")                                               \
  X(consumerFull, "packets held because the consumer had not made room")                                 \
  /* Recovery */                                                                                         \
  X(requests, "requests sent")                                                                           \
  X(requestTimeouts, "requests that got no useful answer in time")                                       \
  X(refusals, "logins and requests a server refused")                                                    \
  X(connects, "connections attempted to recovery servers")                                               \
  X(disconnects, "connections of stream feeds that were lost")                                           \
  X(quotaWaits, "times a request waited for an allowance")                                               \
  X(resets, "sequence resets and epoch changes")                                                         \
  X(snapshots, "snapshots applied")                                                                      \
  X(snapshotsFailed, "snapshots given up before their end")                                              \
  X(oversized, "packets dropped because a ring of this size can never take them; their numbers become a gap")

#define VENUEWIRE_FEED_COUNTERS(X)                                             \
  X(kernelDrops, "datagrams the kernel dropped before we read them")           \
  X(batches, "batches published")                                              \
  X(doorbells, "wake-ups sent to JavaScript")                                  \
  X(ringWaits, "times a file or stream waited for the consumer")               \
  X(unknownChannel, "packets whose channel is not declared")                   \
  X(receiveErrors, "receive calls that failed")                                \
  X(receiveBufferBytes, "smallest receive buffer the kernel granted")          \
  X(captureFrames, "frames read from the capture")                             \
  X(captureSkipped, "frames of the capture that carry no packet of this feed") \
  X(captureBytes, "bytes of the capture read so far")                          \
  X(longestCycleNs, "longest time between two looks at the sockets")           \
  X(truncatedDatagrams, "datagrams longer than the receive buffer")            \
  X(heldBytes, "most bytes so far held for gaps, replies and snapshots")       \
  X(heldBytesMax, "the most that it can be, by what is declared")              \
  X(captureMalformed, "faults in the capture file itself")

enum class ChannelCounter : uint32_t {
#define X(name, label) name,
  VENUEWIRE_CHANNEL_COUNTERS(X)
#undef X
      kCount
};
enum class FeedCounter : uint32_t {
#define X(name, label) name,
  VENUEWIRE_FEED_COUNTERS(X)
#undef X
      kCount
};

inline constexpr uint32_t kFeedCounters = uint32_t(FeedCounter::kCount);
inline constexpr uint32_t kChannelCounters = uint32_t(ChannelCounter::kCount);

struct ChannelCounters {
  uint64_t* at = nullptr;
  uint64_t& operator[](ChannelCounter c) { return at[uint32_t(c)]; }
  uint64_t operator[](ChannelCounter c) const { return at[uint32_t(c)]; }
};
struct FeedCounters {
  uint64_t* at = nullptr;
  uint64_t& operator[](FeedCounter c) { return at[uint32_t(c)]; }
};

}  // namespace venuewire

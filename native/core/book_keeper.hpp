// Between messages and books: messages become operations first, which are applied a batch at a time. Before that,
// stages pass over the batch, each of which brings nearer what the next one looks at, so that memory is asked for early
// and for many operations at once. Gives events, where they are asked for, to a sink, many at a time.
#pragma once
#include <array>

#include "core/books.hpp"
#include "core/event_program.hpp"

namespace venuewire {

/// Takes events in order; called for many at once, never for a message.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void events(const Event* events, uint32_t count) = 0;
};

class BookKeeper {
 public:
  BookKeeper(EventProgram& program, Books& books) : program_(program), books_(books) {}

  /// Where events go from now on; null: none are made.
  void sink(EventSink* sink) {
    sink_ = sink;
    if (sink_ != nullptr) events_.resize(2 * size_t(kBatch) * Books::kEventsEach);
  }

  /// One message of the table, already classified and long enough.
  void message(uint16_t index, Bytes bytes, uint64_t sequence) {
    sequence_ = sequence;
    if (!program_.run(index, bytes, books_, *this)) malformed_++;
  }

  struct Source {
    int64_t receive_ns = 0;
    uint16_t channel = 0;
    uint8_t line = 0;
    uint8_t flags = 0;
    bool operator==(const Source&) const = default;
  };
  /// Where the messages from here on come from.
  void source(const Source& s) {
    // Records of a file have no time of their own: each is a run, and all come from the same place.
    if (s == sources_[source_]) return;
    // What is pending is of the channel that it came from.
    if (source_ + 1u == kSources || s.channel != sources_[source_].channel) flush();
    sources_[++source_] = s;
    program_.channel(s.channel);
    books_.channel(s.channel);
  }

  /// Applies what is pending. Call before books are read.
  void flush() {
    constexpr auto kOrder = uint32_t(Books::Seeks::order), kPrice = uint32_t(Books::Seeks::price);
    books_.bring_near(pending_.data(), seek_[kOrder].data(), counts_[kOrder], seek_[kPrice].data(), counts_[kPrice]);
    apply();
    count_ = 0;
    counts_ = {};
    sources_[0] = sources_[source_];
    source_ = 0;
  }

  [[nodiscard]] uint64_t malformed() const { return malformed_; }

  // For the program: where an operation is put.
  [[nodiscard]] BookOperation& next() { return pending_[count_]; }
  void done() {
    if (count_ == kBatch) {
      flush();
      pending_[0] = pending_[kBatch];
    }
    BookOperation& op = pending_[count_];
    books_.prepare(op);
    const auto seeks = uint32_t(Books::seeks(op));
    seek_[seeks][counts_[seeks]++] = uint8_t(count_);
    origins_[count_++] = {sequence_, source_};
  }
  [[nodiscard]] BookOperation& newest() { return pending_[count_ - 1]; }

 private:
  /// Small enough that what is brought near for a batch is still there when it is applied.
  static constexpr uint32_t kBatch = 64;
  static constexpr uint32_t kSources = 64;

  void apply() {
    if (sink_ == nullptr) {
      for (uint32_t i = 0; (i = books_.apply_quietly(pending_.data(), i, count_)) < count_; i++) {
        (void)remove_places(pending_[i], origins_[i], nullptr, nullptr);
        if (pending_[i].last) books_.event_end();
      }
      return;
    }
    Event* const from = events_.data();
    Event* into = from;
    for (uint32_t i = 0; i < count_; i++) {
      const BookOperation& op = pending_[i];
      if (op.action == BookAction::remove_from || op.action == BookAction::remove_through) [[unlikely]] {
        into = remove_places(op, origins_[i], from, into);
      } else {
        into = finish(op, origins_[i], into, books_.apply(op, into));
      }
      if (op.last) books_.event_end();
    }
    if (into != from) sink_->events(from, uint32_t(into - from));
  }

  struct Origin {
    uint64_t sequence;
    uint32_t source;
  };

  /// Orders by their places, one after the other: events are handed over whenever there is no room for more.
  Event* remove_places(const BookOperation& op, const Origin& origin, Event* from, Event* into) {
    if (op.instrument == kNoInstrument || op.side == BookSide::none || op.orders == 0) return into;
    const bool on = op.action == BookAction::remove_from;
    places_.clear();
    books_.ids_of(op.instrument, op.side, on ? op.orders : 1, on ? UINT32_MAX : op.orders, places_);
    BookOperation one = op;
    one.action = BookAction::remove;
    for (size_t i = 0; i < places_.size(); i++) {
      one.id = places_[i];
      one.last = op.last && i + 1 == places_.size();
      books_.prepare(one);
      const uint32_t made = books_.apply(one, into);
      if (into == nullptr) continue;
      into = finish(one, origin, into, made);
      if (size_t(into - from) < size_t(kBatch) * Books::kEventsEach) continue;
      sink_->events(from, uint32_t(into - from));
      into = from;
    }
    return into;
  }

  Event* finish(const BookOperation& op, const Origin& origin, Event* into, uint32_t made) const {
    const Source& source = sources_[origin.source];
    for (uint32_t k = 0; k < made; k++, into++) {
      into->receive_time = source.receive_ns;
      into->sequence = origin.sequence;
      into->channel = source.channel;
      into->line = source.line;
      into->flags = uint8_t(into->flags | source.flags);
      if (op.last && k + 1 == made) into->flags = uint8_t(into->flags | kEventLast);
    }
    return into;
  }

  EventProgram& program_;
  Books& books_;
  EventSink* sink_ = nullptr;
  std::array<Source, kSources> sources_{};
  uint32_t source_ = 0;  // the current one
  uint64_t sequence_ = 0;
  std::array<BookOperation, kBatch + 1> pending_;  // one more: the newest stays until there is another
  std::array<Origin, kBatch> origins_;
  uint32_t count_ = 0;
  std::array<std::array<uint8_t, kBatch>, Books::kSeeks> seek_;  // which of the pending seek what
  std::array<uint32_t, Books::kSeeks> counts_{};
  std::vector<uint64_t> places_;
  uint64_t malformed_ = 0;
  std::vector<Event> events_;
};

}  // namespace venuewire

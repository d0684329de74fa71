// Between messages and books: a run of messages becomes operations first, so that what they touch is on its way to the
// cache, and is applied then. Gives events, where they are asked for, to a sink once a run.
#pragma once
#include <algorithm>
#include <array>

#include "core/books.hpp"
#include "core/event_program.hpp"

namespace venuewire {

/// Takes events in order; called once for a run, never for a message.
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
    if (!program_.run(index, bytes, books_, [&](BookOperation& op) {
          op.sequence = sequence;
          books_.prepare(op);
          pending_[count_] = op;
          if (++count_ == kBatch) flush();
        })) {
      malformed_++;
    }
  }

  struct Source {
    int64_t receive_ns = 0;
    uint16_t channel = 0;
    uint8_t line = 0;
    uint8_t flags = 0;
  };
  void source(const Source& s) {
    source_ = s;
    program_.channel(s.channel);
    books_.channel(s.channel);
  }

  /// Applies what is pending. Call at the end of a run.
  void flush() {
    Event* const from = sink_ == nullptr ? nullptr : events_.data();
    Event* into = from;
    for (uint32_t i = 0; i < 2 * kAhead && i < count_; i++) books_.fetch_order(pending_[i]);
    for (uint32_t i = 0; i < kAhead && i < count_; i++) books_.fetch_level(pending_[i]);
    for (uint32_t i = 0; i < count_; i++) {
      if (i + 2 * kAhead < count_) books_.fetch_order(pending_[i + 2 * kAhead]);
      if (i + kAhead < count_) books_.fetch_level(pending_[i + kAhead]);
      const BookOperation& op = pending_[i];
      if (op.action == BookAction::remove_from || op.action == BookAction::remove_through) [[unlikely]] {
        into = remove_places(op, from, into);
        end_event(op);
        continue;
      }
      const uint32_t made = books_.apply(op, into);
      if (into != nullptr) into = finish(op, into, made);
      end_event(op);
    }
    count_ = 0;
    if (into != from) sink_->events(from, uint32_t(into - from));
  }

  [[nodiscard]] uint64_t malformed() const { return malformed_; }

 private:
  static constexpr uint32_t kBatch = 64;
  static constexpr size_t kMostTouched = 4096;
  static constexpr uint32_t kAhead = 4;  // orders fetched before they are needed

  /// Orders by their places, one after the other: events are handed over whenever there is no room for more.
  Event* remove_places(const BookOperation& op, Event* from, Event* into) {
    if (op.instrument == kNoInstrument || op.side == BookSide::none || op.orders == 0) return into;
    const bool on = op.action == BookAction::remove_from;
    places_.clear();
    books_.places(op.instrument, op.side, on ? op.orders : 1, on ? UINT32_MAX : op.orders, places_);
    BookOperation one = op;
    one.action = BookAction::remove;
    for (size_t i = 0; i < places_.size(); i++) {
      one.id = places_[i];
      one.last = op.last && i + 1 == places_.size();
      books_.prepare(one);
      const uint32_t made = books_.apply(one, into);
      if (into == nullptr) continue;
      into = finish(one, into, made);
      if (size_t(into - from) < size_t(kBatch) * Books::kEventsEach) continue;
      sink_->events(from, uint32_t(into - from));
      into = from;
    }
    return into;
  }

  /// Crossed books are looked for at the end of an event only, in all instruments that it touched.
  void end_event(const BookOperation& op) {
    if (!op.last) {
      const bool again = !touched_.empty() && touched_.back() == op.instrument;
      if (op.instrument != kNoInstrument && !again && touched_.size() < kMostTouched) touched_.push_back(op.instrument);
      return;
    }
    if (!touched_.empty()) [[unlikely]] {
      std::sort(touched_.begin(), touched_.end());
      touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
      for (const uint32_t instrument : touched_) {
        if (instrument != op.instrument) books_.look_crossed(instrument);
      }
      touched_.clear();
    }
    books_.event_end(op.instrument);
  }

  Event* finish(const BookOperation& op, Event* into, uint32_t made) const {
    for (uint32_t k = 0; k < made; k++, into++) {
      into->receive_time = source_.receive_ns;
      into->sequence = op.sequence;
      into->channel = source_.channel;
      into->line = source_.line;
      into->flags = uint8_t(into->flags | source_.flags);
      if (op.last && k + 1 == made) into->flags = uint8_t(into->flags | kEventLast);
    }
    return into;
  }

  EventProgram& program_;
  Books& books_;
  EventSink* sink_ = nullptr;
  Source source_;
  std::array<BookOperation, kBatch> pending_;
  std::vector<uint64_t> places_;
  std::vector<uint32_t> touched_;  // by an event that has not ended
  uint32_t count_ = 0;
  uint64_t malformed_ = 0;
  std::vector<Event> events_;
};

}  // namespace venuewire

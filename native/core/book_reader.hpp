// Builds books from what a feed has delivered: reads the records of the ring, messages and notices in their order, on
// the reader's thread. One call takes a batch. The ring may be scribbled over: every place in it is checked.
#pragma once
#include <memory>
#include <vector>

#include "core/book_checkpoint.hpp"
#include "core/book_keeper.hpp"

namespace venuewire {

class BookReader {
 public:
  /// `data`: the ring's data, a power of two of bytes. `books`: as they were made (`restart`). All outlive the reader.
  BookReader(const Catalogue& catalogue, EventProgram program, const uint8_t* data, uint32_t data_bytes, Books& books);

  struct Taken {
    static constexpr uint32_t kNoNotice = 0xFFFFFFFF;
    uint32_t position = 0;  ///< where to go on
    uint32_t events = 0;
    bool more = false;            ///< there was no room for all events: call again with this position
    bool sound = true;            ///< false: a record contradicts itself
    uint32_t notice = kNoNotice;  ///< position of the notice that it has stopped behind
  };
  /// Records from `from` (a position of the ring, in units) up to `to`. At most `most` events are put into `into`
  /// (null: none are made).
  /// `each_notice`: stops behind each notice, so that a reader tells it between the events around it.
  [[nodiscard]] Taken take(uint32_t from, uint32_t to, Event* into, uint32_t most, bool each_notice = false);

  /// The books as they are after what has been taken, and how far that goes (book_checkpoint.hpp).
  void save(std::vector<uint8_t>& out) const { BookCheckpoint::save(books_, program_, positions_, out); }
  /// Goes on from what was saved; call before anything is taken. What comes with a number that is in it already is
  /// passed over, as long as the session is the same. False: it is no checkpoint for these roles.
  [[nodiscard]] bool load(Bytes checkpoint);

  [[nodiscard]] Books& books() { return books_; }
  [[nodiscard]] uint64_t malformed() const { return keeper_.malformed() + malformed_; }
  [[nodiscard]] uint64_t messages() const { return messages_; }

 private:
  class Collect final : public EventSink {
   public:
    void events(const Event* events, uint32_t count) override { made.insert(made.end(), events, events + count); }
    std::vector<Event> made;  // by one run
    size_t given = 0;
  };

  uint32_t give(Event* into, uint32_t most);
  [[nodiscard]] bool run(const uint8_t* record, uint32_t bytes);
  void notice(const NoticeRecord& n);
  void adopt(uint16_t channel);
  void see(uint16_t channel);
  template <class Do>
  void each_of(uint16_t channel, Do&& act) {
    for (uint32_t i = 0; i < channel_of_.size(); i++) {
      if (channel_of_[i] == channel) act(i);
    }
  }

  const Catalogue& catalogue_;
  EventProgram program_;
  const uint8_t* data_;
  uint32_t mask_;  // units
  Books& books_;
  Collect collect_;
  BookKeeper keeper_;
  std::vector<uint16_t> channel_of_;
  std::vector<BookPosition> positions_;  // by channel
  std::vector<uint64_t> resume_;         // by channel: numbers below it are in the books already; 0: none
  uint32_t stopped_behind_ = Taken::kNoNotice;
  uint64_t malformed_ = 0, messages_ = 0;
};

}  // namespace venuewire

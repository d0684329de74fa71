// See gzip_source.hpp.
#include "io/gzip_source.hpp"

#include <dlfcn.h>

#include <algorithm>

namespace venuewire {

/// zlib's z_stream. Its layout has not changed since 1.0; inflateInit2_ is told its size and refuses another one.
/// Declared here so that the core builds and tests without zlib's headers.
struct ZlibStream {
  const uint8_t* next_in;
  unsigned avail_in;
  unsigned long total_in;
  uint8_t* next_out;
  unsigned avail_out;
  unsigned long total_out;
  const char* message;
  void* state;
  void* allocate;
  void* release;
  void* opaque;
  int data_type;
  unsigned long check;
  unsigned long reserved;
};

namespace {

constexpr int kOk = 0, kStreamEnd = 1, kBufferError = -5, kMemoryError = -4;
constexpr int kNoFlush = 0;
constexpr int kGzipWindow = 16 + 15;  // a gzip header is expected; the window is as large as it may be
constexpr uint32_t kInputBytes = 64 << 10;

struct Zlib {
  int (*init)(ZlibStream*, int, const char*, int) = nullptr;
  int (*inflate)(ZlibStream*, int) = nullptr;
  int (*reset)(ZlibStream*) = nullptr;
  int (*end)(ZlibStream*) = nullptr;
};

template <typename F>
bool find(void* where, const char* name, F& out) {
  out = reinterpret_cast<F>(::dlsym(where, name));
  return out != nullptr;
}

bool find_all(void* where, Zlib& z) {
  return find(where, "inflateInit2_", z.init) && find(where, "inflate", z.inflate) &&
         find(where, "inflateReset", z.reset) && find(where, "inflateEnd", z.end);
}

/// Node exports the zlib that it is linked with; a Node that does not may run where the system has one.
const Zlib& zlib() {
  static const Zlib found = [] {
    Zlib z;
    if (find_all(RTLD_DEFAULT, z)) return z;
    void* library = ::dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    return library != nullptr && find_all(library, z) ? z : Zlib{};
  }();
  return found;
}

}  // namespace

GzipSource::GzipSource(std::unique_ptr<ByteSource> packed, Bytes taken)
    : packed_(std::move(packed)), stream_(new ZlibStream{}), input_(std::max(kInputBytes, taken.size)) {
  if (taken.size != 0) std::memcpy(input_.data(), taken.data, taken.size);
  stream_->next_in = input_.data();
  stream_->avail_in = taken.size;
}

GzipSource::~GzipSource() {
  if (ready_) (void)zlib().end(stream_.get());
}

uint64_t GzipSource::position() const { return packed_->position() - stream_->avail_in; }

SourceStatus GzipSource::fail(SourceStatus status, const std::string& what) {
  problem_ = what;
  return final_ = status;
}

/// Brings packed bytes when there are none left; `end` when there are no more.
SourceStatus GzipSource::refill() {
  if (stream_->avail_in != 0) return SourceStatus::bytes;
  uint32_t got = 0;
  const SourceStatus status = packed_->read(input_.data(), uint32_t(input_.size()), got);
  if (status == SourceStatus::bytes) {
    stream_->next_in = input_.data();
    stream_->avail_in = got;
  } else if (status != SourceStatus::end) {
    problem_ = packed_->problem();
    final_ = status;
  }
  return status;
}

/// Between two members: zeros are padding, as tapes and disks leave it.
SourceStatus GzipSource::begin_member() {
  while (stream_->avail_in != 0 && *stream_->next_in == 0 && place_ == Place::between) {
    stream_->next_in++;
    stream_->avail_in--;
  }
  if (stream_->avail_in == 0) return SourceStatus::bytes;
  if (place_ == Place::between && *stream_->next_in != kMagic[0]) {
    return fail(SourceStatus::damaged,
                "what follows the gzip data at byte " + std::to_string(position()) + " of the file is not gzip");
  }
  const int error =
      ready_ ? zlib().reset(stream_.get()) : zlib().init(stream_.get(), kGzipWindow, "1.2.11", int(sizeof(ZlibStream)));
  if (error != kOk) {
    return fail(SourceStatus::unreadable, "zlib cannot be used (its error " + std::to_string(error) + ")");
  }
  ready_ = true;
  place_ = Place::inside;
  return SourceStatus::bytes;
}

SourceStatus GzipSource::step(uint8_t* into, uint32_t size, uint32_t& got) {
  const SourceStatus more = refill();
  if (more == SourceStatus::end && place_ != Place::inside) return final_ = SourceStatus::end;
  if (more == SourceStatus::end) {
    return fail(SourceStatus::damaged, "the gzip data is cut at byte " + std::to_string(position()) + " of the file");
  }
  if (more != SourceStatus::bytes) return more;
  if (place_ != Place::inside) {
    const SourceStatus begun = begin_member();
    if (begun != SourceStatus::bytes || place_ != Place::inside) return begun;
  }
  stream_->next_out = into;
  stream_->avail_out = size;
  const int result = zlib().inflate(stream_.get(), kNoFlush);
  got = size - stream_->avail_out;
  if (result == kStreamEnd) {
    place_ = Place::between;
  } else if (result == kMemoryError) {
    (void)fail(SourceStatus::damaged, "there is no memory to unpack it");
  } else if (result != kOk && result != kBufferError) {
    (void)fail(SourceStatus::damaged, "the gzip data is damaged at byte " + std::to_string(position()) +
                                          " of the file" +
                                          (stream_->message ? std::string(": ") + stream_->message : std::string()));
  }
  // What came before the fault is passed on first.
  return got != 0 ? SourceStatus::bytes : final_;
}

SourceStatus GzipSource::read(uint8_t* into, uint32_t size, uint32_t& got) {
  got = 0;
  if (zlib().inflate == nullptr) {
    return fail(SourceStatus::unreadable, "it is gzip, and neither this Node nor the system has zlib: unpack it first");
  }
  SourceStatus status = final_;
  while (status == SourceStatus::bytes && got == 0) status = step(into, size, got);
  return status;
}

}  // namespace venuewire

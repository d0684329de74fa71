// What the standalone fuzz drivers share: a seeded generator, mutations, blocks of exactly their size, corpus files of
// records (u32 length, little-endian, then the bytes; scripts/corpus.mjs writes them).
#pragma once
#include <dirent.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/wire.hpp"

namespace venuewire::fuzz {

using Buffer = std::vector<uint8_t>;

struct Random {
  uint64_t state;
  uint64_t next() {  // splitmix64
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint32_t below(uint64_t n) { return n == 0 ? 0 : uint32_t(next() % n); }
  bool one_in(uint32_t n) { return below(n) == 0; }
};

/// A few changes: bits, bytes, interesting values, cuts, insertions, copies of other parts.
inline void mutate(Buffer& b, Random& random) {
  static constexpr uint8_t kBytes[] = {0, 1, 3, 0x0A, 0x20, '0', '9', 0x7F, 0x80, 0xFE, 0xFF};
  for (uint32_t n = 1 + random.below(4); n > 0; n--) {
    const uint32_t at = random.below(b.size());
    switch (random.below(8)) {
      case 0:
        if (!b.empty()) b[at] ^= uint8_t(1u << random.below(8));
        break;
      case 1:
        if (!b.empty()) b[at] = uint8_t(random.next());
        break;
      case 2:
        if (!b.empty()) b[at] = kBytes[random.below(sizeof kBytes)];
        break;
      case 3:
        for (uint32_t i = at; i < b.size() && i < at + 8; i++) b[i] = kBytes[random.below(2) * 10];
        break;
      case 4:
        b.resize(at);
        break;
      case 5:
        if (b.size() < 4096) b.insert(b.begin() + long(at), 1 + random.below(16), uint8_t(random.next()));
        break;
      case 6:
        if (b.size() > 2) b.erase(b.begin() + long(at), b.begin() + long(at + random.below(b.size() - at)));
        break;
      default:
        if (b.size() > 4 && b.size() < 4096) {
          const uint32_t from = random.below(b.size()), size = random.below(b.size() - from);
          const Buffer piece(b.begin() + long(from), b.begin() + long(from + size));
          b.insert(b.begin() + long(at), piece.begin(), piece.end());
        }
    }
  }
}

/// Bytes in a block of exactly their size, so that a sanitizer sees the first byte too many.
class Exact {
 public:
  explicit Exact(const Buffer& b) : data_(new uint8_t[b.size()]), size_(uint32_t(b.size())) {
    if (!b.empty()) std::memcpy(data_.get(), b.data(), b.size());
  }
  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> data_;
  uint32_t size_;
};

/// Of all that a session has given out. Two versions of the core that behave alike print the same for the same seed.
struct Digest {
  uint64_t value = 1469598103934665603ull;
  void add(uint64_t number) { value = (value ^ number ^ value >> 29) * 1099511628211ull; }
  void add(Bytes b) {
    add(b.size);
    for (uint32_t i = 0; i < b.size; i++) add(b.data[i]);
  }
};

inline Buffer read_file(const std::string& path) {
  Buffer b;
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (f == nullptr) return b;
  uint8_t chunk[65536];
  for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, f)) > 0;) b.insert(b.end(), chunk, chunk + n);
  std::fclose(f);
  return b;
}

inline std::vector<Buffer> read_records(const std::string& path) {
  std::vector<Buffer> out;
  const Buffer all = read_file(path);
  for (size_t at = 0; at + 4 <= all.size();) {
    const size_t size = load_uint(all.data() + at, 4, false);
    at += 4;
    if (size > all.size() - at) break;
    out.emplace_back(all.begin() + long(at), all.begin() + long(at + size));
    at += size;
  }
  return out;
}

/// The corpus files with that ending, without it, in order; empty where there is no such folder.
inline std::vector<std::string> corpus(const std::string& folder, const std::string& ending) {
  std::vector<std::string> names;
  DIR* dir = folder.empty() ? nullptr : opendir(folder.c_str());
  if (dir == nullptr) return names;
  while (const dirent* e = readdir(dir)) {
    const std::string name = e->d_name;
    const size_t stem = name.size() - std::min(name.size(), ending.size());
    if (stem > 0 && name.substr(stem) == ending) names.push_back(name.substr(0, stem));
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace venuewire::fuzz

// The one assertion of the C++ tests: CHECK(condition) prints what failed and where, and the test's main returns
// checks_result(). Not safe from several threads at once.
#pragma once
#include <cstdio>

namespace venuewire {

inline int checks_run = 0;
inline int checks_failed = 0;

inline bool check(bool good, const char* text, const char* file, int line) {
  checks_run++;
  if (!good) {
    checks_failed++;
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
  }
  return good;
}

inline int checks_result() {
  std::fprintf(stderr, "%d checks, %d failed\n", checks_run, checks_failed);
  return checks_failed == 0 ? 0 : 1;
}

}  // namespace venuewire

#define CHECK(condition) ::venuewire::check(bool(condition), #condition, __FILE__, __LINE__)

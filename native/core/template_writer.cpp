#include "core/template_writer.hpp"

#include <algorithm>

namespace venuewire {

namespace {

constexpr uint8_t kFixSeparator = 1;

void append_decimal(std::vector<uint8_t>& out, uint64_t v) {
  char text[20];
  uint32_t n = 0;
  do {
    text[n++] = char('0' + v % 10);
    v /= 10;
  } while (v != 0);
  while (n > 0) out.push_back(uint8_t(text[--n]));
}

void append_text(std::vector<uint8_t>& out, const char* text) {
  for (; *text != 0; text++) out.push_back(uint8_t(*text));
}

void append_digits(std::vector<uint8_t>& out, uint32_t v, uint32_t width) {
  for (uint32_t i = width; i > 0; i--) {
    uint32_t unit = 1;
    for (uint32_t k = 1; k < i; k++) unit *= 10;
    out.push_back(uint8_t('0' + v / unit % 10));
  }
}

/// YYYYMMDD-HH:MM:SS.mmm, UTC.
void append_time(std::vector<uint8_t>& out, int64_t ns) {
  const int64_t ms = ns / 1'000'000;
  const int64_t days = ms / 86'400'000;
  const uint32_t rest = uint32_t(ms % 86'400'000);
  // Days since 1970 to a civil date (H. Hinnant's algorithm).
  const int64_t z = days + 719'468, era = z / 146'097;
  const uint32_t doe = uint32_t(z - era * 146'097);
  const uint32_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const uint32_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
  append_digits(out, uint32_t(int64_t(yoe) + era * 400) + (month <= 2 ? 1 : 0), 4);
  append_digits(out, month, 2);
  append_digits(out, doy - (153 * mp + 2) / 5 + 1, 2);
  out.push_back('-');
  append_digits(out, rest / 3'600'000, 2);
  out.push_back(':');
  append_digits(out, rest / 60'000 % 60, 2);
  out.push_back(':');
  append_digits(out, rest / 1'000 % 60, 2);
  out.push_back('.');
  append_digits(out, rest % 1'000, 3);
}

/// A session in a field of a message of ours; none is all blanks: the current one. `right`: its text stands at the end.
void put_session(uint8_t* to, uint32_t width, const SessionId& e, bool right) {
  uint8_t text[16];
  store_uint(text, e.high, 8, true);
  store_uint(text + 8, e.low, 8, true);
  if (e == SessionId{}) std::memset(text, ' ', 16);
  if (!right) {
    std::memcpy(to, text, width < 16 ? width : 16);
    return;
  }
  const auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  uint32_t begin = 0, end = 16;
  while (begin < end && blank(text[begin])) begin++;
  while (end > begin && blank(text[end - 1])) end--;
  const uint32_t size = std::min(end - begin, width);
  std::memset(to, ' ', width - size);
  std::memcpy(to + width - size, text + begin, size);
}

/// Where 8 (BeginString) comes first it stays in front of 9 (BodyLength); some venues leave it out.
uint32_t begin_string_size(const std::vector<uint8_t>& bytes) {
  if (bytes.size() <= 2 || bytes[0] != '8' || bytes[1] != '=') return 0;
  const auto end = std::find(bytes.begin(), bytes.end(), kFixSeparator);
  return uint32_t(end - bytes.begin()) + (end != bytes.end() ? 1 : 0);
}

/// tag=value: the body is the bytes with decimals put in at their places; 9 and 10 are computed.
void write_fix(const Template& t, const TemplateValues& values, std::vector<uint8_t>& out) {
  const uint32_t head = begin_string_size(t.bytes);
  const size_t begin = out.size();
  std::vector<uint8_t> body;
  const auto append = [](std::vector<uint8_t>& to, const std::vector<uint8_t>& from, size_t first, size_t last) {
    to.insert(to.end(), from.data() + first, from.data() + last);
  };
  size_t at = head;
  for (const Patch& p : t.patches) {
    append(body, t.bytes, at, p.offset);
    if (p.variable == Variable::echo) {
      body.insert(body.end(), values.echo.data, values.echo.data + values.echo.size);
    } else if (p.encoding == Encoding::fix_time) {
      append_time(body, int64_t(values[p.variable]) + p.add);
    } else {
      append_decimal(body, values[p.variable] + uint64_t(p.add));
    }
    at = p.offset;
  }
  append(body, t.bytes, at, t.bytes.size());
  append(out, t.bytes, 0, head);
  append_text(out, "9=");
  append_decimal(out, body.size());
  out.push_back(kFixSeparator);
  append(out, body, 0, body.size());
  uint32_t sum = 0;
  for (size_t i = begin; i < out.size(); i++) sum += out[i];
  append_text(out, "10=");
  append_digits(out, sum & 0xFF, 3);
  out.push_back(kFixSeparator);
}

void write_digits(uint8_t* to, uint32_t width, uint64_t v, uint8_t pad) {
  for (uint32_t i = width; i > 0; i--) {
    to[i - 1] = v != 0 || i == width ? uint8_t('0' + v % 10) : pad;
    v /= 10;
  }
}

void write_fields(const Template& t, const TemplateValues& values, std::vector<uint8_t>& out) {
  const size_t begin = out.size();
  out.insert(out.end(), t.bytes.begin(), t.bytes.end());
  for (const Patch& p : t.patches) {
    uint8_t* to = out.data() + begin + p.offset;
    const uint64_t v = values[p.variable] + uint64_t(p.add);
    switch (p.encoding) {
      case Encoding::raw:
      case Encoding::raw_right:
        put_session(to, p.width, values.session, p.encoding == Encoding::raw_right);
        break;
      case Encoding::digits_left_blank:
        write_digits(to, p.width, v, ' ');
        break;
      case Encoding::digits_left_zero:
        write_digits(to, p.width, v, '0');
        break;
      default:
        store_uint(to, v, p.width, p.encoding == Encoding::uint_big);
    }
  }
}

}  // namespace

void write_template(const Template& t, const TemplateValues& values, std::vector<uint8_t>& out) {
  if (t.fix) {
    write_fix(t, values, out);
  } else {
    write_fields(t, values, out);
  }
}

}  // namespace venuewire

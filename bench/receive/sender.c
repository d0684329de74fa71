/* Sends MoldUDP64 packets of ITCH messages out of an interface as raw frames, at a steady rate, past the queueing layer: the
   same frames for every receiver. The first message of each has the time of its sending as its timestamp. With BURST so many
   packets leave at once, one by one, and then nothing until the mean rate is kept.
   Usage: sender INTERFACE GROUP PORT PAYLOAD(64|200|1000) PACKETS PACKETS-A-SECOND [FIRST-NUMBER [BURST]] */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADERS = 42, BATCH = 32, FRAME = 1600, TIMESTAMP = HEADERS + 20 + 2 + 5, TIMESTAMP_BYTES = 6 };

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void put(uint8_t *p, uint64_t v, int width) {
  for (int i = 0; i < width; i++) p[i] = (uint8_t)(v >> 8 * (width - 1 - i));
}

/* Messages by type and length that add up to the payload: 64 = 2 Y; 200 = F F A U D; 1000 = five times that, F, A. */
static int fill(uint8_t *p, int payload) {
  static const char *const parts[] = {"YY", "FFAUD", "FFAUDFFAUDFFAUDFFAUDFFAUDFA"};
  const char *types = parts[payload == 64 ? 0 : payload == 200 ? 1 : 2];
  int at = 20;
  for (const char *t = types; *t; t++) {
    const int length = *t == 'Y' ? 20 : *t == 'F' ? 40 : *t == 'A' ? 36 : *t == 'U' ? 35 : 19;
    put(p + at, (uint64_t)length, 2);
    memset(p + at + 2, ' ', (size_t)length);
    p[at + 2] = (uint8_t)*t;
    put(p + at + 2 + 5, 0, TIMESTAMP_BYTES);
    at += 2 + length;
  }
  memcpy(p, "BENCH00001", 10);
  put(p + 18, strlen(types), 2);
  if (at != payload) exit(4);
  return (int)strlen(types);
}

static void headers(uint8_t *f, uint32_t group, int port, int payload) {
  memcpy(f, "\x01\x00\x5e", 3);
  f[3] = (uint8_t)(group >> 16 & 0x7f);
  put(f + 4, group & 0xffff, 2);
  memcpy(f + 6, "\x02\x00\x0a\x01\x01\x0a", 6);
  put(f + 12, 0x0800, 2);
  uint8_t *ip = f + 14;
  memset(ip, 0, 28);
  ip[0] = 0x45;
  put(ip + 2, (uint64_t)(28 + payload), 2);
  ip[8] = 16;
  ip[9] = 17;
  put(ip + 12, 0x0a01010a, 4);
  put(ip + 16, group, 4);
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += (uint32_t)ip[i] << 8 | ip[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  put(ip + 10, ~sum & 0xffff, 2);
  put(ip + 20, 40000, 2);
  put(ip + 22, (uint64_t)port, 2);
  put(ip + 24, (uint64_t)(8 + payload), 2);
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  struct in_addr group;
  inet_pton(AF_INET, argv[2], &group);
  const int payload = atoi(argv[4]);
  const long packets = atol(argv[5]);
  const double rate = atof(argv[6]);
  static uint8_t frames[BATCH][FRAME];
  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  int count = 0;
  for (int i = 0; i < BATCH; i++) {
    headers(frames[i], ntohl(group.s_addr), atoi(argv[3]), payload);
    count = fill(frames[i] + HEADERS, payload);
    parts[i] = (struct iovec){frames[i], (size_t)(HEADERS + payload)};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  const int on = 1;
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) ||
      bind(fd, (struct sockaddr *)&to, sizeof to)) {
    perror("sender");
    return 3;
  }
  prctl(PR_SET_TIMERSLACK, 1);
  uint64_t sequence = argc > 7 ? strtoull(argv[7], NULL, 10) : 1;
  const long burst = argc > 8 ? atol(argv[8]) : 0;
  long refused = 0;
  const int64_t start = now_ns();
  for (long sent = 0; sent < packets;) {
    const int64_t due = start + (int64_t)((double)sent / rate * 1e9);
    for (int64_t left; (left = due - now_ns()) > 0;) {
      if (left < 20000) continue;
      const struct timespec t = {0, left - 10000};
      nanosleep(&t, NULL);
    }
    long n = burst ? burst : 1 + (long)((double)(now_ns() - due) * rate / 1e9);
    if (n > BATCH) n = BATCH;
    if (n > packets - sent) n = packets - sent;
    for (long i = 0; i < n; i++) {
      put(frames[i] + HEADERS + 10, sequence, 8);
      sequence += (uint64_t)count;
    }
    for (long done = 0; done < n;) {
      /* In a burst each frame has its own time; else one call has one. */
      const unsigned together = burst ? 1 : (unsigned)(n - done);
      const uint64_t now = (uint64_t)now_ns();
      for (unsigned i = 0; i < together; i++) put(frames[done + i] + TIMESTAMP, now, TIMESTAMP_BYTES);
      const int r = sendmmsg(fd, messages + done, together, 0);
      if (r > 0) done += r;
      else { refused++; done++; } /* the cable's queue was full: a loss that is nobody's */
    }
    sent += n;
  }
  const double seconds = (double)(now_ns() - start) / 1e9;
  printf("{\"packets\":%ld,\"refused\":%ld,\"perSecond\":%.0f}\n", packets, refused, (double)packets / seconds);
  return 0;
}

/* The least that a program in C does to receive: a joined socket, recvmmsg, counting; with `delay` it reads the time of sending,
   which the first message of a packet has. At SIGUSR2 it prints what came since it did so last, and what it cost. It ends with
   SIGTERM. Usage: recvmmsg INTERFACE GROUP PORT [delay] */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, BYTES = 2048, DELAYS = 1 << 20, TIMESTAMP = 20 + 2 + 5, TIMESTAMP_BYTES = 6 };
static volatile sig_atomic_t over, report;
static void end(int s) { (void)s; over = 1; }
static void ask(int s) { (void)s; report = 1; }
static uint64_t delays[DELAYS];
static size_t delay_count;

static void note_delay(const uint8_t *p) {
  uint64_t sent = 0;
  for (int i = 0; i < TIMESTAMP_BYTES; i++) sent = sent << 8 | p[i];
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  const uint64_t now = ((uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec) & ((1ull << 48) - 1);
  if (delay_count < DELAYS) delays[delay_count++] = now > sent ? now - sent : 0;
}

static int ascending(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static unsigned long delay_at(double part) {
  return delay_count ? (unsigned long)delays[(size_t)((double)(delay_count - 1) * part)] : 0;
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  struct sigaction asked = {.sa_handler = ask};
  sigaction(SIGUSR2, &asked, NULL);
  const int with_delays = argc > 4 && strcmp(argv[4], "delay") == 0;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1, bytes = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
  inet_pton(AF_INET, argv[2], &at.sin_addr);
  struct ip_mreqn join = {.imr_multiaddr = at.sin_addr, .imr_ifindex = (int)if_nametoindex(argv[1])};
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join)) {
    perror("recvmmsg");
    return 3;
  }
  static char data[BATCH][BYTES];
  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){data[i], BYTES};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const struct timeval look = {0, 50000}; /* a signal that comes just before the call is seen then */
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
  puts("{\"ready\":true}");
  fflush(stdout);
  long packets = 0;
  uint64_t sum = 0;
  double before = cpu_seconds();
  while (!over) {
    const int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) {
      if (with_delays) note_delay((const uint8_t *)data[i] + TIMESTAMP);
      else sum += (uint8_t)data[i][17];
    }
    if (n > 0) packets += n;
    if (!report) continue;
    report = 0;
    qsort(delays, delay_count, sizeof delays[0], ascending);
    printf("{\"packets\":%ld,\"cpuSeconds\":%.6f,\"sum\":%lu,\"delays\":{\"p50\":%lu,\"p99\":%lu,\"p999\":%lu,\"most\":%lu}}\n", packets,
           cpu_seconds() - before, (unsigned long)sum, delay_at(0.5), delay_at(0.99),
           delay_at(0.999), delay_at(1));
    fflush(stdout);
    packets = 0;
    delay_count = 0;
    before = cpu_seconds();
  }
  return 0;
}

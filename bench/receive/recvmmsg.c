/* The least that a program in C does to receive: a joined socket, recvmmsg, counting. Ends with SIGTERM and prints what came
   and what it cost. Usage: recvmmsg INTERFACE GROUP PORT */
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

enum { BATCH = 64, BYTES = 2048 };
static volatile sig_atomic_t over;
static void end(int s) { (void)s; over = 1; }

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
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
  puts("{\"ready\":true}");
  fflush(stdout);
  long packets = 0;
  uint64_t sum = 0;
  while (!over) {
    const int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) sum += (uint8_t)data[i][17];
    if (n > 0) packets += n;
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  const double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"packets\":%ld,\"cpuSeconds\":%.6f,\"sum\":%lu}\n", packets, cpu, (unsigned long)sum);
  return 0;
}

/* When datagrams come in, by the kernel's clock: joins groups on an interface, and prints the time of each datagram in
   nanoseconds, one a line. Ends with SIGTERM. Usage: stamps INTERFACE-ADDRESS GROUP:PORT… */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, BYTES = 64, SOCKETS = 256, CONTROL = 64, SETTLE_US = 200000 };
static volatile sig_atomic_t over;
static void end(int s) { (void)s; over = 1; }

static int joined(const char *text, const char *interface) {
  char ip[64];
  snprintf(ip, sizeof ip, "%s", text);
  char *colon = strchr(ip, ':');
  if (!colon) return -1;
  *colon = 0;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1, off = 0, bytes = 4 << 20;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
  struct ip_mreqn join = {0};
  inet_pton(AF_INET, ip, &at.sin_addr);
  join.imr_multiaddr = at.sin_addr;
  inet_pton(AF_INET, interface, &join.imr_address);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) || bind(fd, (struct sockaddr *)&at, sizeof at) ||
      setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join))
    return -1;
  return fd;
}

static int64_t stamp(struct msghdr *m) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3 || argc - 2 > SOCKETS) return 2;
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  static struct pollfd sockets[SOCKETS];
  const nfds_t count = (nfds_t)(argc - 2);
  for (nfds_t i = 0; i < count; i++) {
    sockets[i] = (struct pollfd){.fd = joined(argv[i + 2], argv[1]), .events = POLLIN};
    if (sockets[i].fd < 0) {
      perror(argv[i + 2]);
      return 3;
    }
  }
  static char data[BATCH][BYTES], control[BATCH][CONTROL];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  usleep(SETTLE_US); /* the kernel begins to take times a moment after it is asked to */
  puts("ready");
  fflush(stdout);
  while (!over) {
    if (poll(sockets, count, -1) <= 0) continue;
    for (nfds_t s = 0; s < count; s++) {
      for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){data[i], BYTES};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = CONTROL};
      }
      const int n = recvmmsg(sockets[s].fd, messages, BATCH, MSG_DONTWAIT, NULL);
      for (int i = 0; i < n; i++) printf("%lld\n", (long long)stamp(&messages[i].msg_hdr));
    }
  }
  return 0;
}

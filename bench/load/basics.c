#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int64_t cpu_us(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) fail("the CPU clock of a process");
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int64_t own_cpu_us(void) { return cpu_us(CLOCK_PROCESS_CPUTIME_ID); }

int64_t cpu_of_us(const char *pids) {
  int64_t sum = 0;
  for (const char *p = pids; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
    clockid_t clock;
    if (clock_getcpuclockid(atoi(p), &clock)) fail("the CPU clock of a process");
    sum += cpu_us(clock);
  }
  return sum;
}

void digits_write(char *to, uint64_t value, int width) {
  while (width-- > 0) {
    to[width] = '0' + value % 10;
    value /= 10;
  }
}

static int digits_read(const char *from, int width, int64_t *value) {
  int64_t sum = 0;
  for (int i = 0; i < width; i++) {
    unsigned digit = (unsigned)from[i] - '0';
    if (digit > 9) return 0;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return 1;
}

void marker_write(char *to, const Marker *m) {
  *to++ = '^';
  digits_write(to, m->run, RUN_DIGITS), to += RUN_DIGITS;
  digits_write(to, m->publisher, PUBLISHER_DIGITS), to += PUBLISHER_DIGITS;
  digits_write(to, m->seq, SEQ_DIGITS), to += SEQ_DIGITS;
  digits_write(to, m->at, TIME_DIGITS);
}

/* Reads a whole marker at its '^'; 0 where there is none. */
int marker_read(const char *from, Marker *m) {
  int64_t run, publisher, seq;
  from++;
  if (!digits_read(from, RUN_DIGITS, &run)) return 0;
  from += RUN_DIGITS;
  if (!digits_read(from, PUBLISHER_DIGITS, &publisher)) return 0;
  from += PUBLISHER_DIGITS;
  if (!digits_read(from, SEQ_DIGITS, &seq) || !digits_read(from + SEQ_DIGITS, TIME_DIGITS, &m->at)) return 0;
  m->run = run, m->publisher = publisher, m->seq = seq;
  return 1;
}

static int bucket_of(int64_t us) {
  if (us < 64) return us < 0 ? 0 : us;
  int shift = 63 - __builtin_clzll(us) - 6;
  return shift > 37 ? 64 * 40 - 1 : 64 * (shift + 1) + (int)(us >> shift) - 64;
}

static int64_t value_of(int bucket) {
  if (bucket < 64) return bucket;
  int shift = bucket / 64 - 1;
  return (int64_t)(64 + bucket % 64) << shift;
}

void histogram_add(Histogram *h, int64_t us) {
  h->count[bucket_of(us)]++;
  h->total++;
  if (us > h->max) h->max = us;
}

int64_t histogram_at(const Histogram *h, double share) {
  uint64_t seen = 0;
  for (int i = 0; i < 64 * 40; i++) {
    seen += h->count[i];
    if (h->total && seen >= share * h->total) return value_of(i);
  }
  return 0;
}

void histogram_print(const char *name, const Histogram *h) {
  printf("\"%s\":{\"count\":%lu,\"p50\":%ld,\"p99\":%ld,\"max\":%ld}", name, h->total, histogram_at(h, 0.5),
         histogram_at(h, 0.99), h->max);
}

/* A non-blocking socket that connects from 127.0.0.(1 + source), so that ports do not run out. */
int open_socket(int port, int source, int receive_buffer) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0) fail("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (source > 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + source)};
    if (bind(fd, (void *)&own, sizeof own)) fail("bind");
  }
  struct sockaddr_in to = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (void *)&to, sizeof to) && errno != EINPROGRESS) fail("connect");
  return fd;
}

void watch(int fd, uint32_t events, int kind, int index, int operation) {
  struct epoll_event e = {.events = events, .data.u64 = (uint64_t)kind << 32 | (uint32_t)index};
  if (epoll_ctl(loop, operation, fd, &e)) fail("epoll_ctl");
}

char *read_file(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f) fail(path);
  char *text = NULL;
  size_t length = 0, room = 0;
  do {
    if (length + 65536 > room) text = realloc(text, (room = room * 2 + 65537));
    length += fread(text + length, 1, 65536, f);
  } while (!feof(f) && !ferror(f));
  fclose(f);
  text[length] = 0;
  return text;
}

/* A new text in which each `what` is `with`. */
char *replace(const char *text, const char *what, const char *with) {
  size_t room = strlen(text) + 1;
  for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) room += strlen(with);
  char *result = malloc(room), *to = result;
  for (const char *p; (p = strstr(text, what)); text = p + strlen(what)) {
    memcpy(to, text, p - text), to += p - text;
    strcpy(to, with), to += strlen(with);
  }
  strcpy(to, text);
  return result;
}

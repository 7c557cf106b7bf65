/* Requesters: connections that publish or poll, at intended times or as fast as they are answered. */
#include "load.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER = 1 << 16 };

typedef struct {
  int fd, is_open, is_busy, channel;
  int64_t due, asked, retry; /* when to ask, when it asked, when to connect again */
  char *request, *answer;
  size_t length, answered, marker_at, channel_at;
  uint32_t *seq, *acked; /* by channel */
} Requester;

static Requester *all;
static double *shares; /* cumulated weight of each channel */
static int64_t from, until;
static int busy, are_asking;
static uint64_t chance = 0x9E3779B97F4A7C15ULL;

static double draw(void) {
  chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
  return (chance >> 11) * 0x1p-53;
}

static int draw_channel(void) {
  if (plan.channels == 1) return 0;
  double at = draw() * shares[plan.channels - 1];
  int low = 0, high = plan.channels - 1;
  while (low < high) {
    int middle = (low + high) / 2;
    if (shares[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void prepare(Requester *q) {
  q->request = strdup(plan.post);
  q->length = strlen(q->request);
  char *marker = strchr(q->request, '^'), *channel = strstr(q->request, "@CH@");
  q->marker_at = marker ? marker - q->request : 0;
  q->channel_at = channel ? channel - q->request : 0;
  q->answer = malloc(ANSWER + 1);
  q->seq = calloc(plan.channels, sizeof(uint32_t));
  q->acked = calloc(plan.channels, sizeof(uint32_t));
}

static void open_one(int index) {
  all[index].answered = 0;
  all[index].fd = open_socket(plan.post_port ? plan.post_port : plan.port, 0, 0);
  all[index].is_open = 0;
  watch(all[index].fd, EPOLLOUT, REQUESTER, index, EPOLL_CTL_ADD);
}

void requesters_start(void) {
  all = calloc(plan.requesters + 1, sizeof *all);
  shares = calloc(plan.channels, sizeof *shares);
  double sum = 0;
  for (int i = 0; i < plan.channels; i++) shares[i] = sum += pow(i + 1, -plan.zipf);
  for (int i = 0; i < plan.requesters; i++) prepare(&all[i]);
}

void requesters_go(int64_t start, int64_t end) {
  from = start, until = end;
  double interval = plan.rate > 0 ? plan.requesters / plan.rate * 1e6 : 0;
  for (int i = 0; i < plan.requesters; i++) {
    all[i].due = from + (int64_t)(interval * i / plan.requesters);
    open_one(i);
  }
  are_asking = 1;
}

void requesters_rest(void) {
  are_asking = 0;
  for (int i = 0; i < plan.requesters; i++) {
    if (all[i].fd >= 0) close(all[i].fd);
    all[i].fd = -1, all[i].is_open = all[i].is_busy = 0;
  }
  busy = 0;
}

int requesters_busy(void) { return busy; }

uint32_t acknowledged(int publisher, int channel) { return all[publisher].acked[channel]; }

static void ask(Requester *q, int index, int64_t now) {
  q->asked = plan.rate > 0 ? q->due : now;
  q->channel = draw_channel();
  if (q->channel_at) digits_write(q->request + q->channel_at, q->channel, 4);
  if (q->marker_at) {
    Marker m = {plan.run, index, ++q->seq[q->channel], q->asked};
    marker_write(q->request + q->marker_at, &m);
  }
  if (window.is_open) window.sent++, histogram_add(&window.lateness, now - q->asked);
  q->is_busy = 1, busy++;
  q->answered = 0;
  if (send(q->fd, q->request, q->length, MSG_NOSIGNAL) != (ssize_t)q->length) fail("send a request");
  if (plan.rate > 0) q->due += (int64_t)(plan.requesters / plan.rate * 1e6);
}

int requesters_tick(int64_t now) {
  int asked = 0;
  if (!are_asking) return 0;
  for (int i = 0; i < plan.requesters; i++)
    if (all[i].fd < 0 && all[i].retry <= now) open_one(i);
  if (now < from || now >= until) return 0;
  for (int i = 0; i < plan.requesters; i++)
    if (all[i].is_open && !all[i].is_busy && all[i].due <= now) ask(&all[i], i, now), asked++;
  return asked;
}

int64_t requesters_next(void) {
  int64_t next = INT64_MAX / 2;
  if (are_asking)
    for (int i = 0; i < plan.requesters; i++) {
      Requester *q = &all[i];
      if (q->is_open && !q->is_busy && q->due < next && q->due < until) next = q->due;
    }
  return next < from ? from : next;
}

static const char *header(const char *head, const char *body, const char *name) {
  size_t length = strlen(name);
  for (const char *p = head; p < body && (p = strchr(p, '\n')); ) {
    p++;
    if (!strncasecmp(p, name, length)) return p + length;
  }
  return NULL;
}

/* Whether the answer is whole. */
static int is_whole(Requester *q) {
  char *body = strstr(q->answer, "\r\n\r\n");
  if (!body) return 0;
  body += 4;
  int status = atoi(q->answer + 9);
  if (status == 204 || status == 304) return 1;
  const char *length = header(q->answer, body, "content-length:");
  if (length) return q->answer + q->answered - body >= atol(length);
  return q->answered >= 5 && !memcmp(q->answer + q->answered - 5, "0\r\n\r\n", 5);
}

static int is_expected(int status) {
  return plan.expected_status ? status == plan.expected_status : status >= 200 && status < 300;
}

static void take_answer(Requester *q, int index, int64_t now) {
  int status = atoi(q->answer + 9);
  q->is_busy = 0, busy--;
  if (!is_expected(status)) {
    if (counts.wrong_status++ < 3) fprintf(stderr, "load: answered: %.300s\n", q->answer);
  } else {
    q->acked[q->channel] = q->seq[q->channel];
    counts.all_answered++;
    if (window.is_open) window.answered++, histogram_add(&window.answer, now - q->asked);
  }
  if (plan.rate <= 0 && now >= from && now < until) ask(q, index, now);
}

/* A server may be away for a while. */
static void lost_connection(Requester *q) {
  if (q->is_busy) q->is_busy = 0, busy--, counts.wrong_status++;
  close(q->fd);
  q->is_open = 0, q->fd = -1;
  q->retry = now_us() + 50000;
}

void requester_event(int index, uint32_t events) {
  Requester *q = &all[index];
  if (q->fd < 0) return;
  if (!q->is_open) {
    if (events & (EPOLLERR | EPOLLHUP)) return lost_connection(q);
    q->is_open = 1;
    watch(q->fd, EPOLLIN, REQUESTER, index, EPOLL_CTL_MOD);
    return;
  }
  ssize_t got = read(q->fd, q->answer + q->answered, ANSWER - q->answered);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return lost_connection(q);
  q->answered += got;
  q->answer[q->answered] = 0;
  if (is_whole(q)) take_answer(q, index, now_us());
  else if (q->answered == ANSWER) fail("an answer is too long");
}

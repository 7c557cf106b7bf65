/* Readers: each opens a connection, asks, and then counts and checks the markers in what it gets. */
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_PUBLISHERS = 64, TOKEN = 160, SMALL = 256 };

typedef struct {
  int fd, state, channel, is_ready, is_caught_up;
  int is_told;          /* of a gap, and nothing came since */
  uint32_t *last;       /* newest sequence number by publisher */
  char *carry;          /* what an earlier read left: a part of a frame's head, of a marker or of an answer */
  uint32_t carried, carry_room;
  uint64_t frame_left;  /* bytes of a WebSocket frame that are still to come */
  int64_t started, newest;
  uint32_t got, wanted; /* messages since it opened, and how many make it caught up */
  char token[TOKEN];    /* its position, as the server told it */
  char name[TOKEN];     /* who it is to a server that knows readers by name */
} Reader;

static Reader *all;
static int next, opening, ready, failed, caught_up;
static char buffer[4 << 20];

static int is_watched(int index) { return index >= plan.stalled + plan.slow; }

static void load_tokens(void) {
  char *text = read_file(plan.tokens_file), *line = text;
  for (int i = 0; i < plan.readers; i++) {
    if (!*line) line = text;
    unsigned wanted = 0;
    if (sscanf(line, "%159s %u", all[i].token, &wanted) < 1) fail("a line of tokens");
    all[i].wanted = wanted;
    line = strchr(line, '\n');
    line = line ? line + 1 : text;
  }
}

void readers_start(void) {
  if (!all) {
    all = calloc(plan.readers + 1, sizeof *all);
    for (int i = 0; i < plan.readers; i++) {
      all[i].channel = i % plan.channels;
      all[i].last = calloc(MOST_PUBLISHERS, sizeof(uint32_t));
      strcpy(all[i].token, "newest");
    }
    if (plan.tokens_file) load_tokens();
  }
  next = opening = ready = failed = caught_up = 0;
  readers_open_more();
}

int readers_ready(void) { return ready; }
int readers_failed(void) { return failed; }
int readers_opening(void) { return plan.readers - ready - failed; }
int readers_caught_up(void) { return caught_up; }

void readers_open_more(void) {
  while (next < plan.readers && opening < plan.opening) {
    Reader *r = &all[next];
    int small = next < plan.stalled + plan.slow ? 4096 : 0;
    r->fd = open_socket(plan.port, plan.sources ? next % plan.sources : 0, small);
    r->state = CONNECTING;
    r->is_ready = r->is_caught_up = 0;
    r->got = r->carried = 0, r->frame_left = 0;
    r->started = now_us();
    watch(r->fd, EPOLLOUT, READER, next, EPOLL_CTL_ADD);
    next++, opening++;
  }
}

static void gone(Reader *r) {
  if (r->state == GONE) return;
  if (r->is_ready) counts.closed++;
  else failed++, opening--;
  close(r->fd);
  r->state = GONE;
  readers_open_more();
}

static int is_wanted(const Reader *r) { return r->wanted > 0 && r->got >= r->wanted; }

static void now_ready(Reader *r) {
  if (r->is_ready) return;
  r->is_ready = 1, ready++, opening--;
  readers_open_more();
}

static void send_text(Reader *r, const char *text, size_t length, int opcode) {
  unsigned char frame[4200];
  if (length > 4096) fail("a frame to send is too long");
  size_t head = 2;
  frame[0] = 0x80 | opcode, frame[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) frame[2] = length >> 8, frame[3] = length & 255, head = 4;
  memset(frame + head, 0, 4); /* a mask of zeros changes nothing */
  memcpy(frame + head + 4, text, length);
  if (send(r->fd, frame, head + 4 + length, MSG_NOSIGNAL) < 0 && errno != EAGAIN) gone(r);
}

static char *fill(const Reader *r, const char *template) {
  char channel[8] = {0};
  digits_write(channel, r->channel, 4);
  char *with_channel = replace(template, "@CH@", channel);
  char *with_name = replace(with_channel, "@NAME@", r->name);
  char *text = replace(with_name, "@TOKEN@", r->token);
  free(with_channel), free(with_name);
  return text;
}

static void ask(Reader *r) {
  char *request = fill(r, plan.request);
  ssize_t sent = send(r->fd, request, strlen(request), MSG_NOSIGNAL);
  if (sent != (ssize_t)strlen(request)) gone(r);
  free(request);
}

static void send_frames(Reader *r) {
  if (!plan.frames) return;
  char *text = fill(r, plan.frames);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
    if (r->state != GONE) send_text(r, line, strlen(line), 1);
  free(text);
}

/* One marker: in the reader's order without a hole, or it is counted as what is wrong. */
static void take(Reader *r, const Marker *m, int64_t now, int watched) {
  if (m->run != plan.run || m->publisher >= MOST_PUBLISHERS) return;
  uint32_t last = r->last[m->publisher];
  if (m->seq <= last) {
    counts.repeated++;
    return;
  }
  if (watched && m->seq > last + 1 && (last > 0 || r->wanted == 0)) {
    if (r->is_told) counts.signalled += m->seq - last - 1;
    else counts.lost += m->seq - last - 1;
  }
  r->is_told = 0;
  r->last[m->publisher] = m->seq;
  if (m->at > r->newest) r->newest = m->at;
  counts.all_deliveries++;
  if (!r->is_caught_up && ++r->got && is_wanted(r)) {
    r->is_caught_up = 1, caught_up++;
    histogram_add(&counts.caught_up, now - r->started);
  }
  if (!window.is_open || !watched) return;
  window.deliveries++;
  histogram_add(&window.delay, now - m->at);
}

/* Keeps what stands last between `start` and `last` in what came. */
static void keep(char *kept, const char *start, char last, const char *from, const char *to) {
  size_t length = strlen(start);
  const char *found = NULL;
  for (const char *p = from; (p = memmem(p, to - p, start, length)); p += length) found = p + length;
  const char *end = found ? memchr(found, last, to - found) : NULL;
  if (!end || end - found >= TOKEN) return;
  memcpy(kept, found, end - found);
  kept[end - found] = 0;
}

static int find(const char *from, const char *to, const char *text) {
  return memmem(from, to - from, text, strlen(text)) != NULL;
}

/* Looks through a piece of what came. Returns where a marker begins that is not whole yet, else the end. */
static const char *scan(Reader *r, const char *from, const char *to, int64_t now) {
  int watched = is_watched(r - all);
  if (!r->is_ready && (!plan.ready_text || find(from, to, plan.ready_text))) now_ready(r);
  if (plan.token_start) keep(r->token, plan.token_start, plan.token_end, from, to);
  if (plan.name_start) keep(r->name, plan.name_start, '"', from, to);
  if (plan.gap_text && find(from, to, plan.gap_text)) r->is_told = 1, counts.told++;
  for (const char *p = from; (p = memchr(p, '^', to - p)); p++) {
    Marker m;
    if (to - p < MARKER) return p;
    if (marker_read(p, &m)) take(r, &m, now, watched);
  }
  return to;
}

static void carry(Reader *r, const char *from, size_t length) {
  if (length > r->carry_room) {
    r->carry_room = length + SMALL;
    r->carry = realloc(r->carry, r->carry_room);
  }
  memmove(r->carry, from, length);
  r->carried = length;
}

/* An own heartbeat of Engine.IO ("2") or Centrifugo ("{}") wants an answer; a ping of the protocol too. */
static void answer_heartbeat(Reader *r, const char *payload, size_t length, int opcode) {
  if (opcode == 9) send_text(r, payload, length, 10);
  if (opcode == 1 && length == 1 && *payload == '2') send_text(r, "3", 1, 1);
  if (opcode == 1 && length == 2 && !memcmp(payload, "{}", 2)) send_text(r, "{}", 2, 1);
  if (opcode == 8) gone(r);
}

/* Goes through WebSocket frames; data frames are scanned as they come, small and control frames whole. */
static void take_frames(Reader *r, const char *p, const char *end, int64_t now) {
  while (p < end && r->state != GONE) {
    if (r->frame_left > 0) {
      const char *to = (uint64_t)(end - p) < r->frame_left ? end : p + r->frame_left;
      const char *done = scan(r, p, to, now);
      int is_cut = to == end && (uint64_t)(end - p) < r->frame_left;
      if (!is_cut) done = to;
      r->frame_left -= done - p;
      if (is_cut && done < to) return carry(r, done, to - done);
      p = done;
      continue;
    }
    size_t have = end - p, head = 2;
    if (have < 2) return carry(r, p, have);
    uint64_t length = p[1] & 127;
    if (length == 126) head = 4;
    if (length == 127) head = 10;
    if (have < head) return carry(r, p, have);
    if (head > 2) {
      length = 0;
      for (size_t i = 2; i < head; i++) length = length << 8 | (unsigned char)p[i];
    }
    int opcode = p[0] & 15;
    if (length <= 125 && (opcode >= 8 || length <= 2)) {
      if (have < head + length) return carry(r, p, have);
      answer_heartbeat(r, p + head, length, opcode);
      p += head + length;
      continue;
    }
    r->frame_left = length;
    p += head;
  }
}

/* Whole answers of a long-poll, each followed by the next question from the position that it told. */
static void take_answers(Reader *r, char *p, char *end, int64_t now) {
  while (p < end && r->state != GONE) {
    char *body = memmem(p, end - p, "\r\n\r\n", 4);
    if (!body) return carry(r, p, end - p);
    body += 4;
    char *length_at = memmem(p, body - p, "ontent-", 7);
    while (length_at && strncasecmp(length_at, "ontent-length:", 14))
      length_at = memmem(length_at + 1, body - length_at - 1, "ontent-", 7);
    long length = length_at ? atol(length_at + 14) : 0;
    if (end - body < length) return carry(r, p, end - p);
    if (strncmp(p + 9, "200", 3) && strncmp(p + 9, "304", 3)) {
      counts.refused++;
      return gone(r);
    }
    scan(r, body, body + length, now);
    p = body + length;
    ask(r);
  }
}

static void take_bytes(Reader *r, char *from, char *end, int64_t now) {
  if (plan.mode == WEBSOCKET) return take_frames(r, from, end, now);
  if (plan.mode == LONG_POLL) return take_answers(r, from, end, now);
  const char *done = scan(r, from, end, now);
  if (done < end) carry(r, done, end - done);
}

/* The head of the answer; what follows it is content already. */
static void take_head(Reader *r, char *from, char *end, int64_t now) {
  char *body = memmem(from, end - from, "\r\n\r\n", 4);
  if (!body) return carry(r, from, end - from);
  if (strncmp(from, plan.mode == WEBSOCKET ? "HTTP/1.1 101" : "HTTP/1.1 200", 12)) {
    if (counts.refused++ < 3) fprintf(stderr, "load: refused: %.*s\n", (int)(end - from > 300 ? 300 : end - from), from);
    return gone(r);
  }
  r->state = OPEN;
  if (!plan.ready_text) now_ready(r);
  send_frames(r);
  if (r->state == OPEN && body + 4 < end) take_bytes(r, body + 4, end, now);
}

static int read_some(Reader *r, size_t most) {
  size_t before = r->carried;
  if (before) memcpy(buffer, r->carry, before);
  ssize_t got = read(r->fd, buffer + before, most);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) {
    gone(r);
    return 0;
  }
  r->carried = 0;
  int64_t now = now_us();
  if (window.is_open) window.bytes += got, window.reads++;
  if (r->state == ASKED && plan.mode != LONG_POLL) take_head(r, buffer, buffer + before + got, now);
  else take_bytes(r, buffer, buffer + before + got, now);
  return 1;
}

void reader_event(int index, uint32_t events) {
  Reader *r = &all[index];
  if (r->state == GONE) return;
  if (r->state == CONNECTING) {
    if (events & (EPOLLERR | EPOLLHUP)) return gone(r);
    r->state = ASKED;
    watch(r->fd, EPOLLIN, READER, index, EPOLL_CTL_MOD);
    ask(r);
    /* Who missed something is answered at once, and others when there is something. */
    if (plan.mode == LONG_POLL && r->state != GONE && !strcmp(r->token, "newest")) now_ready(r);
    return;
  }
  read_some(r, sizeof buffer - r->carried);
  if (r->state == OPEN && r->is_ready && !is_watched(index)) watch(r->fd, 0, READER, index, EPOLL_CTL_MOD);
}

/* Ten times a second: slow readers take 100 bytes each. */
void readers_tick(int64_t now) {
  static int64_t due;
  if (now < due || !all) return;
  due = now + 100000;
  for (int i = plan.stalled; i < plan.stalled + plan.slow; i++)
    if (all[i].state == OPEN) read_some(&all[i], 100);
}

/* Cuts all connections at once, by a reset. */
void readers_close(void) {
  for (int i = 0; i < plan.readers; i++) {
    if (all[i].state == GONE || all[i].state == NEW) continue;
    struct linger reset = {.l_onoff = 1};
    setsockopt(all[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(all[i].fd);
    all[i].state = GONE;
  }
}

int64_t readers_spread_us(void) {
  int64_t newest = 0, oldest = INT64_MAX;
  for (int i = plan.stalled + plan.slow; i < plan.readers; i++) {
    if (all[i].state != OPEN || all[i].newest == 0) continue;
    if (all[i].newest > newest) newest = all[i].newest;
    if (all[i].newest < oldest) oldest = all[i].newest;
  }
  return newest > oldest ? newest - oldest : 0;
}

uint64_t readers_missing(void) {
  uint64_t missing = 0;
  for (int i = plan.stalled + plan.slow; i < plan.readers; i++)
    for (int p = all[i].state == GONE ? MOST_PUBLISHERS : 0; p < plan.requesters && p < MOST_PUBLISHERS; p++) {
      uint32_t sent = acknowledged(p, all[i].channel);
      if (all[i].last[p] < sent) missing += sent - all[i].last[p];
    }
  return missing;
}

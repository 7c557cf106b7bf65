/*
 * load: a load generator. Flags say what readers and requesters do; lines on standard input say when:
 *   open               connect all readers; answers {"event":"ready",...} when each is or has failed
 *   catch SECONDS      wait until every reader has as many messages as its token line wants, or else all there are
 *   run WARM SECONDS   requests at intended times; {"event":"result",...}
 *   hold SECONDS       only go on reading and answering heartbeats, then {"event":"held",...}
 *   cut                reset every reader's connection
 *   port NUMBER        where readers connect from now on
 *   quit
 */
#include "load.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LATEST_US = 5000000 }; /* who is later than this behind a window is missing */

int loop;
Plan plan = {.channels = 1, .opening = 200, .token_end = '"', .zipf = 1};
Counts counts;
Window window;
/*
 * Whether it looks for events without a pause. Who sleeps is woken by who sends to it, and on one machine the sender
 * pays for that, so it sleeps only where nothing is measured that is sent.
 */
static int spins;

/* How long it may sleep, in milliseconds: not past the time at which a requester asks. */
static int rest_ms(void) {
  int64_t rest = (requesters_next() - now_us() + 999) / 1000;
  return rest < 0 ? 0 : rest > 100 ? 100 : rest;
}

/* One turn of the loop. Its time counts as work where there was something to do. */
static void turn(void) {
  struct epoll_event events[1024];
  int n = epoll_wait(loop, events, 1024, spins ? 0 : rest_ms()), asked = 0;
  int64_t start = now_us();
  for (int i = 0; i < n; i++) {
    int kind = events[i].data.u64 >> 32, index = (uint32_t)events[i].data.u64;
    if (kind == READER) reader_event(index, events[i].events);
    if (kind == REQUESTER) requester_event(index, events[i].events);
    if ((i & 63) == 63) asked += requesters_tick(now_us());
  }
  int64_t now = now_us();
  asked += requesters_tick(now);
  readers_tick(now);
  if (window.is_open && (n > 0 || asked > 0)) window.worked += now_us() - start;
}

static void turns_until(int64_t at) {
  int64_t sample = 0;
  for (int64_t now; (now = now_us()) < at; turn()) {
    if (now < sample || !window.is_open) continue;
    sample = now + 50000;
    int64_t is = readers_spread_us();
    if (is > window.spread) window.spread = is;
  }
}

static void print_totals(void) {
  printf("\"lost\":%lu,\"signalled\":%lu,\"told\":%lu,\"repeated\":%lu,\"closed\":%lu,\"refused\":%lu,\"wrongStatus\":%lu,\"deliveries\":%lu}\n",
         counts.lost, counts.signalled, counts.told, counts.repeated, counts.closed, counts.refused, counts.wrong_status, counts.all_deliveries);
  fflush(stdout);
}

static void open_readers(void) {
  int64_t start = now_us();
  counts.closed = counts.refused = 0;
  readers_start();
  while (readers_opening() > 0 && now_us() < start + 60000000) turn();
  printf("{\"event\":\"ready\",\"ready\":%d,\"failed\":%d,\"us\":%ld,", readers_ready(),
         readers_failed() + readers_opening(), now_us() - start);
  print_totals();
}

static int have_all(void) {
  return plan.tokens_file ? readers_caught_up() == plan.readers : readers_missing() == 0;
}

static void catch_up(double seconds) {
  int64_t start = now_us();
  while (!have_all() && now_us() < start + seconds * 1e6) turn();
  printf("{\"event\":\"caughtUp\",\"missing\":%lu,\"caughtUp\":%d,\"us\":%ld,", readers_missing(),
         readers_caught_up(), now_us() - start);
  histogram_print("each", &counts.caught_up), printf(",");
  print_totals();
}

static void say(const char *event) {
  printf("{\"event\":\"%s\"}\n", event);
  fflush(stdout);
}

static void print_result(double seconds, uint64_t missing) {
  printf("{\"event\":\"result\",\"seconds\":%.6f,\"busyShare\":%.4f,\"cpuUs\":%ld,\"ownCpuUs\":%ld,\"windowDeliveries\":%lu,\"bytes\":%lu,\"reads\":%lu,",
         seconds, window.worked / 1e6 / seconds, window.cpu, window.own_cpu, window.deliveries, window.bytes, window.reads);
  printf("\"sent\":%lu,\"answered\":%lu,\"allAnswered\":%lu,\"missing\":%lu,\"spread\":%ld,", window.sent,
         window.answered, counts.all_answered, missing, window.spread);
  histogram_print("delay", &window.delay), printf(",");
  histogram_print("answer", &window.answer), printf(",");
  histogram_print("lateness", &window.lateness), printf(",");
  print_totals();
}

static void run_window(double warm, double seconds) {
  int64_t start = now_us() + 10000, begin = start + warm * 1e6, end = begin + seconds * 1e6;
  requesters_go(start, end);
  turns_until(begin);
  window = (Window){.is_open = 1, .cpu = -cpu_of_us(plan.pids), .own_cpu = -own_cpu_us()};
  int64_t began = now_us();
  turns_until(end);
  window.is_open = 0;
  window.cpu += cpu_of_us(plan.pids), window.own_cpu += own_cpu_us();
  double took = (now_us() - began) / 1e6;
  int64_t limit = now_us() + LATEST_US;
  while ((requesters_busy() > 0 || readers_missing() > 0) && now_us() < limit) turn();
  uint64_t missing = readers_missing() + requesters_busy();
  requesters_rest();
  print_result(took, missing);
}

static int obey(const char *line) {
  double a = 0, b = 0;
  spins = !plan.sleeps && strncmp(line, "hold", 4) != 0;
  if (!strncmp(line, "open", 4)) open_readers();
  else if (sscanf(line, "catch %lf", &a) == 1) catch_up(a);
  else if (sscanf(line, "run %lf %lf", &a, &b) == 2) run_window(a, b);
  else if (sscanf(line, "hold %lf", &a) == 1) {
    turns_until(now_us() + a * 1e6);
    printf("{\"event\":\"held\",");
    print_totals();
  } else if (!strncmp(line, "cut", 3)) readers_close(), say("cut");
  else if (sscanf(line, "port %lf", &a) == 1) plan.port = a, say("port");
  else return 0;
  return 1;
}

/* Goes on reading and answering until there is a command; the end of the input is one that nothing obeys. */
static const char *read_command(char *line, size_t room) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  spins = 0;
  while (poll(&input, 1, 0) == 0) turn();
  ssize_t got = read(0, line, room - 1);
  line[got > 0 ? got : 0] = 0;
  return line;
}

static Mode mode_of(const char *name) {
  if (!strcmp(name, "websocket")) return WEBSOCKET;
  if (!strcmp(name, "long-poll")) return LONG_POLL;
  return STREAM;
}

static void take_flag(const char *name, const char *value) {
#define FLAG(text, action) if (!strcmp(name, text)) { action; return; }
  FLAG("--port", plan.port = atoi(value))
  FLAG("--post-port", plan.post_port = atoi(value))
  FLAG("--sleeps", plan.sleeps = atoi(value))
  FLAG("--sources", plan.sources = atoi(value))
  FLAG("--run", plan.run = atoi(value))
  FLAG("--channels", plan.channels = atoi(value))
  FLAG("--opening", plan.opening = atoi(value))
  FLAG("--readers", plan.readers = atoi(value))
  FLAG("--mode", plan.mode = mode_of(value))
  FLAG("--pids", plan.pids = value)
  FLAG("--request", plan.request = value)
  FLAG("--frames", plan.frames = value)
  FLAG("--ready-text", plan.ready_text = value)
  FLAG("--token-start", plan.token_start = value)
  FLAG("--token-end", plan.token_end = *value)
  FLAG("--name-start", plan.name_start = value)
  FLAG("--gap-text", plan.gap_text = value)
  FLAG("--tokens", plan.tokens_file = value)
  FLAG("--stalled", plan.stalled = atoi(value))
  FLAG("--slow", plan.slow = atoi(value))
  FLAG("--requesters", plan.requesters = atoi(value))
  FLAG("--rate", plan.rate = atof(value))
  FLAG("--post", plan.post = value)
  FLAG("--expected-status", plan.expected_status = atoi(value))
  FLAG("--zipf", plan.zipf = atof(value))
#undef FLAG
  fprintf(stderr, "load: %s is no flag\n", name);
  exit(2);
}

int main(int count, char **arguments) {
  for (int i = 1; i + 1 < count; i += 2) take_flag(arguments[i], arguments[i + 1]);
  if (plan.requesters > 64 || plan.channels > 9999) fail("at most 64 requesters and 9999 channels");
  loop = epoll_create1(0);
  watch(0, EPOLLIN, COMMAND, 0, EPOLL_CTL_ADD);
  requesters_start();
  say("started");
  /* Commands come one at a time, each after the answer to the one before, so what is read is a line. */
  for (char line[256]; obey(read_command(line, sizeof line)); ) continue;
  return 0;
}

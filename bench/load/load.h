/* The load generator: readers that count and check what they are sent, and requesters that publish or poll. */
#ifndef LOAD_H
#define LOAD_H
#define _GNU_SOURCE
#include <stdint.h>
#include <stddef.h>

/* ---- a message's marker: ^RRRPPSSSSSSSTTTTTTTTTTTTTT, digits of fixed width somewhere in its data ---- */
enum { RUN_DIGITS = 3, PUBLISHER_DIGITS = 2, SEQ_DIGITS = 7, TIME_DIGITS = 14, MARKER = 1 + 3 + 2 + 7 + 14 };

typedef struct { int run, publisher; uint32_t seq; int64_t at; } Marker;
void marker_write(char *to, const Marker *marker);
int marker_read(const char *from, Marker *marker);
void digits_write(char *to, uint64_t value, int width);

/* ---- delays in microseconds: exact below 64, then within 1/64 ---- */
typedef struct { uint64_t count[64 * 40]; uint64_t total; int64_t max; } Histogram;
void histogram_add(Histogram *histogram, int64_t us);
int64_t histogram_at(const Histogram *histogram, double share);
void histogram_print(const char *name, const Histogram *histogram);

/* ---- the machine ---- */
int64_t now_us(void);
/* CPU time that the processes of a list like "12,13" have used. */
int64_t cpu_of_us(const char *pids);
int64_t own_cpu_us(void);
int open_socket(int port, int source, int receive_buffer);
void fail(const char *what);
char *read_file(const char *path);
char *replace(const char *text, const char *what, const char *with);

/* ---- epoll: one loop for both sides; `data.u64` is kind << 32 | index ---- */
enum { READER = 1, REQUESTER = 2, COMMAND = 3 };
extern int loop;
void watch(int fd, uint32_t events, int kind, int index, int operation);

/* ---- what was asked for ---- */
typedef enum { WEBSOCKET, STREAM, LONG_POLL } Mode;
typedef struct {
  int port, post_port, sources, run, channels, opening, sleeps;
  int readers; Mode mode;
  const char *pids, *request, *frames, *ready_text, *token_start, *tokens_file, *gap_text, *name_start;
  char token_end;
  int stalled, slow;
  int requesters; double rate; const char *post; int expected_status; double zipf;
} Plan;
extern Plan plan;

/* ---- what is going on ---- */
typedef struct {
  uint64_t all_deliveries, lost, repeated, signalled, told, closed, refused, all_answered, wrong_status;
  Histogram caught_up;
} Counts;
extern Counts counts;

/* ---- what a window counts, from its begin to its end ---- */
typedef struct {
  int is_open;
  uint64_t deliveries, bytes, reads, answered, sent;
  Histogram delay, answer, lateness;
  int64_t spread, worked, cpu, own_cpu; /* most between two readers; time with something to do; the server's CPU time and ours */
} Window;
extern Window window;

/* readers */
enum { NEW, CONNECTING, ASKED, OPEN, GONE };
void readers_start(void);
void readers_open_more(void);
void reader_event(int index, uint32_t events);
void readers_tick(int64_t now);
void readers_close(void);
int readers_ready(void);
int readers_failed(void);
int readers_opening(void);
int readers_caught_up(void);
int64_t readers_spread_us(void);
/* How many messages connected readers have not got that were acknowledged. */
uint64_t readers_missing(void);

/* requesters */
void requesters_start(void);
/* Connects them; they ask between the two times. */
void requesters_go(int64_t from, int64_t until);
/* Closes their connections: a server need not hold them while nothing is asked. */
void requesters_rest(void);
void requester_event(int index, uint32_t events);
/* Returns how many asked. */
int requesters_tick(int64_t now);
/* When the next one asks by intended times, if no answer is awaited before. */
int64_t requesters_next(void);
int requesters_busy(void);
/* The newest sequence number of a publisher in a channel whose publish was acknowledged. */
uint32_t acknowledged(int publisher, int channel);
#endif

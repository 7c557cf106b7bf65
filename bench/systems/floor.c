/*
 * The server that does the least: what is posted goes to every reader, framed once, by one send each.
 * What it costs is what the kernel costs. `floor PORT`
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 20000 };
enum { ASKS = 0, WEBSOCKET = 1, STREAM = 2 };
static char kinds[MOST];
static int most, loop;

static void put(int fd, const char *text, size_t length) {
  if (send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) shutdown(fd, SHUT_RDWR);
}

static void deliver(const char *body, size_t length) {
  static char frame[70000], chunk[70000];
  size_t head = length < 126 ? 2 : 4;
  frame[0] = (char)0x81, frame[1] = length < 126 ? length : 126;
  if (head == 4) frame[2] = length >> 8, frame[3] = length & 255;
  memcpy(frame + head, body, length);
  int chunked = snprintf(chunk, sizeof chunk, "%zx\r\ndata: %.*s\n\n\r\n", length + 8, (int)length, body);
  for (int fd = 0; fd <= most; fd++) {
    if (kinds[fd] == WEBSOCKET) put(fd, frame, head + length);
    if (kinds[fd] == STREAM) put(fd, chunk, chunked);
  }
}

static void obey(int fd, char *request, size_t length) {
  static const char switching[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  static const char streaming[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  static const char stored[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
  if (!strncmp(request, "POST", 4)) {
    char *body = strstr(request, "\r\n\r\n");
    put(fd, stored, sizeof stored - 1);
    if (body) deliver(body + 4, request + length - body - 4);
  } else if (strstr(request, "Upgrade: websocket")) {
    kinds[fd] = WEBSOCKET, put(fd, switching, sizeof switching - 1);
  } else {
    kinds[fd] = STREAM, put(fd, streaming, sizeof streaming - 1);
  }
}

static void take(int listener) {
  int fd = accept(listener, NULL, NULL), on = 1;
  if (fd < 0 || fd >= MOST) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  kinds[fd] = ASKS;
  if (fd > most) most = fd;
  struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
}

int main(int count, char **arguments) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4096)) return perror("listen"), 1;
  loop = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &e);
  for (;;) {
    struct epoll_event events[256];
    int n = epoll_wait(loop, events, 256, -1);
    for (int i = 0; i < n; i++) {
      static char request[70000];
      int fd = events[i].data.fd;
      if (fd == listener) {
        take(fd);
        continue;
      }
      ssize_t got = read(fd, request, sizeof request - 1);
      if (got <= 0) kinds[fd] = ASKS, close(fd);
      else request[got] = 0, obey(fd, request, got);
    }
  }
}

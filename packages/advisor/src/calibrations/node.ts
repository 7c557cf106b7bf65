import type { Calibration } from '../calibration.js'

/** Measured of `gamut serve` with the memory broker on one core. */
export const nodeCalibration: Calibration = {
  machine: 'AMD EPYC, 2 cores, Linux 6.18',
  date: '2026-11-30',
  runtime: 'Node 24.21',
  work: {
    emptyAnswer: { user: 22, kernel: 18 },
    answer: { user: 28, kernel: 20 },
    answeredMessage: { user: 0.5, kernel: 0 },
    post: { user: 30, kernel: 15 },
    frame: { user: 10, kernel: 8 },
    append: { user: 12, kernel: 0 },
    delivery: { sse: { user: 1.5, kernel: 6.5 }, websocket: { user: 1.8, kernel: 6.7 } },
    kilobyte: { user: 0.2, kernel: 0.6 },
    open: {
      request: { user: 40, kernel: 40 },
      sse: { user: 110, kernel: 55 },
      websocket: { user: 170, kernel: 60 },
    },
    heartbeat: { user: 2, kernel: 7 },
    tlsHandshake: { user: 900, kernel: 40 },
  },
  memory: { idle: 9000, 'long-poll': 5170, sse: 5600, websocket: 6960, kernel: 2800, tls: 22_000 },
  proxy: {
    request: { user: 20, kernel: 35 },
    delivery: { user: 3, kernel: 9 },
    heldBytes: 34_000,
    idleBytes: 24_000,
  },
  bytes: {
    heads: {
      1.1: { request: 520, empty: 260, answer: 420 },
      2: { request: 110, empty: 70, answer: 130 },
      3: { request: 110, empty: 70, answer: 130 },
    },
    upgrade: 900,
    around: { answer: 80, sse: 39, websocket: 158 },
    aroundAnswer: 160,
    heartbeat: { sse: 15, websocket: 30 },
    frame: 60,
    segment: { down: 52, up: 52 },
    tlsRecord: 22,
    tlsHandshake: { down: 3500, up: 800 },
  },
  delayMs: { expected: 1, p99: 10 },
  keepAliveMs: { direct: 65_000, proxied: 75_000 },
  slow: { percent: 1, bytes: 256 * 1024 },
  process: {
    emptyBytes: 77_000_000,
    youngBytes: 90_000_000,
    windowBytes: 256 * 1024,
    windowTotalBytes: 64 * 1024 * 1024,
    descriptors: 64,
  },
  systemBytes: 300_000_000,
  log: { memory: { message: 200, channel: 500 }, redis: { message: 100, channel: 550 } },
  redis: {
    // From appends of 5,000/s (58 µs, one message a run), of many publishers (11.3 µs, 8 a run) and 20 at a time (6.8 µs, 40).
    run: 16,
    runMs: 1.5,
    message: 6,
    // Rough: measured for seconds, beside other work.
    announcement: 3,
    head: 6,
    page: 16,
    wake: { each: 36, mostPerSecond: 5000 },
    node: {
      run: { user: 18, kernel: 8 },
      message: { user: 1.5, kernel: 0 },
      announcement: { user: 4, kernel: 2 },
      told: { user: 8, kernel: 0 },
    },
    bytes: { append: 300, announcement: 150, read: 200 },
  },
  sqlite: { appendsPerSecond: 25_000 },
  node: { memoryBytes: 2 * 1024 ** 3, bytesPerSecond: 31_250_000, readers: 10_000 },
}

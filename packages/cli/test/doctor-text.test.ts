import { describe, expect, it } from 'vitest'
import type { Examination } from '../src/doctor/examine.js'
import { examinationLines } from '../src/doctor/report-text.js'
import { fronts, type Problem, settingsFor } from '../src/doctor/settings.js'
import type { Terminal } from '../src/terminal.js'

const terminalOf = (columns: number | undefined, isColoured = false): Terminal => ({
  columns,
  print: () => {},
  note: () => {},
  paint: (style, text) => (isColoured ? `<${style}>${text}</>` : text),
  onBroken: () => {},
})

const finding = (problem: Problem, says: string) => ({
  check: 'buffering' as const,
  severity: 'fault' as const,
  says,
  means: 'Whatever is published waits in the proxy until its buffer is full or the stream ends.',
  problem,
  settings: settingsFor(problem, ['caddy'], ''),
})

const examination: Examination = {
  url: 'https://example.com/realtime',
  channel: 'doctor/0123456789ab',
  published: true,
  plainMs: 12,
  front: { names: ['caddy'], server: 'Caddy\u001b[31m', isProxied: true },
  patterns: { poll: 'ok', 'long-poll': 'ok', sse: 'fault', ndjson: 'fault', websocket: 'ok' },
  counts: { ok: 1, note: 0, warning: 0, fault: 2 },
  findings: [
    finding(
      'buffering',
      'SSE: no event came within 5 s with every Accept-Encoding; a plain request takes 12 ms.',
    ),
    finding(
      'buffering',
      'NDJSON: no event came within 5 s with every Accept-Encoding; a plain request takes 12 ms.',
    ),
    { check: 'websocket', severity: 'ok', says: 'A WebSocket opens and carries both ways.', settings: [] },
  ],
}

describe('what the doctor prints', () => {
  it.each([40, 60, 80, 120, undefined])('fits a terminal of %s columns', (columns) => {
    const lines = examinationLines(examination, terminalOf(columns))
    // What cannot be broken may stand out: a regular expression is copied as a whole.
    const long = lines.filter(
      (line) => line.length > Math.min(columns ?? 110, 110) && / .* /.test(line.trim()),
    )
    expect(long).toEqual([])
    expect(lines.at(-1)).toBe('2 faults, 1 ok')
  })

  it('names the server in front first, and each setting and meaning once', () => {
    const text = examinationLines(examination, terminalOf(80)).join('\n')
    expect(text).toMatchInlineSnapshot(`
      "https://example.com/realtime
      channel doctor/0123456789ab (read and published) · behind Caddy\\u001b[31m · a
      plain request takes 12 ms

      fault    buffering    SSE: no event came within 5 s with every Accept-Encoding;
                            a plain request takes 12 ms.
                            Whatever is published waits in the proxy until its buffer
                            is full or the stream ends.
               → Caddy      reverse_proxy … { flush_interval -1 } and no
                            buffer_responses or response_buffers; encode, if at all,
                            as encode gzip { match { header Content-Type text/html*
                            header Content-Type application/json* } }
               → nginx      proxy_buffering off; proxy_http_version 1.1; and no
                            proxy_ignore_headers X-Accel-Buffering; with
                            proxy_cache_lock also proxy_cache_bypass for streams
               → HAProxy    option http-no-delay, and no http-response wait-for-body
               → Varnish    in vcl_recv: if (req.http.Accept ~ "event-stream|ndjson"
                            || req.url ~ "[?&]as=(sse|ndjson)") { return (pass); } and
                            in vcl_backend_response: no beresp.do_stream = false, no
                            beresp.do_gzip

      fault    buffering    NDJSON: no event came within 5 s with every
                            Accept-Encoding; a plain request takes 12 ms.
               →            The same setting as above.

      ok       websocket    A WebSocket opens and carries both ways.

      poll ok · long-poll ok · sse fault · ndjson fault · websocket ok
      2 faults, 1 ok"
    `)
  })

  it('dims what is not of the server in front, and lets no header steer a terminal', () => {
    const text = examinationLines(examination, terminalOf(80, true)).join('\n')
    expect(text).toContain('<red>fault    </>buffering')
    expect(text).not.toMatch(/<dim> +→ Caddy/)
    expect(text).toMatch(/<dim> +→ nginx/)
    expect(text).toContain('Caddy\\u001b[31m')
  })
})

describe('a setting', () => {
  it('is there for each server, and knows the base path', () => {
    for (const problem of ['buffering', 'idle', 'cache', 'operators'] as const)
      expect(settingsFor(problem, [], '').map(({ server }) => server)).toEqual(fronts)
    const [nginx] = settingsFor('operators', ['nginx'], '/live')
    expect(nginx?.setting).toMatch(/^location ~ \^\/live\/\(metrics\|/)
  })
})

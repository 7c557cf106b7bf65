import { readFileSync } from 'node:fs'

/** Limits of the kernel that bound how many readers come back at once, and what a stalled one takes. */
export interface KernelLimits {
  /** Handshakes that may wait to be accepted: `net.core.somaxconn`. */
  readonly somaxconn?: number
  /** What the kernel holds for one reader that reads nothing: the third value of `net.ipv4.tcp_wmem`. */
  readonly tcpWmemMaxBytes?: number
}

function readNumbers(path: string): readonly number[] {
  try {
    return readFileSync(path, 'utf8').trim().split(/\s+/).map(Number)
  } catch {
    // Not every system has this file.
    return []
  }
}

/** Reads the limits of this machine's kernel, as far as it says them: on Linux. */
export function readKernelLimits(folder = '/proc/sys/net'): KernelLimits {
  const [somaxconn] = readNumbers(`${folder}/core/somaxconn`)
  const [, , tcpWmemMaxBytes] = readNumbers(`${folder}/ipv4/tcp_wmem`)
  return {
    ...(somaxconn !== undefined && { somaxconn }),
    ...(tcpWmemMaxBytes !== undefined && { tcpWmemMaxBytes }),
  }
}

// What HAProxy printed when it would not start → an error that a user can act on. Pure.
import { fail } from '../../core/errors.ts'
import { versionAtLeast } from './diff.ts'
import { alerts, takenAddress } from './master-cli.ts'

export function startFailure(words: string): Error {
  const address = takenAddress(words)
  if (address !== null) return fail('PORT_TAKEN', { address, by: '' })
  const version = versionIn(words)
  if (version !== null && isTooOld(version)) return fail('PROXY_TOO_OLD', { version })
  return fail('PROXY_REFUSED', {
    command: 'haproxy -f haproxy.cfg',
    answer: alerts(words) || 'it ended without a word',
  })
}

/** 3.0 is the oldest that knows all we say to it. */
export function isTooOld(version: string): boolean {
  return !versionAtLeast(version, 3, 0)
}

/** `HAProxy version 3.2.26-1 2026/10/14`, `haproxy version is 3.2.26-1` */
export function versionIn(words: string): string | null {
  return /haproxy version (?:is )?(\d+\.\d\S*)/i.exec(words)?.[1] ?? null
}

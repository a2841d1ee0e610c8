import { describe, expect, it } from 'vitest'
import { isTooOld, startFailure, versionIn } from './start-failure.ts'

describe('why HAProxy does not start', () => {
  it('may be an address that somebody else has', () => {
    const words =
      '[ALERT]    (8) : Binding [a:21] for frontend x: protocol tcpv4: cannot bind socket (Address already in use) for [0.0.0.0:80].'
    expect(startFailure(words)).toMatchObject({ code: 'PORT_TAKEN', details: { address: '0.0.0.0:80' } })
  })
  it('may be its age', () => {
    const words =
      "[NOTICE]   (1) : haproxy version is 2.6.12-1+deb12u2\n[ALERT]    (1) : config : parsing [a:5] : unknown keyword 'set-var'"
    expect(startFailure(words)).toMatchObject({ code: 'PROXY_TOO_OLD', details: { version: '2.6.12-1+deb12u2' } })
  })
  it('may be anything else, which is shown', () => {
    const words =
      "[NOTICE]   (1) : haproxy version is 3.2.26-1\n[ALERT]    (1) : config : parsing [a:5] : unknown keyword 'x'"
    expect(startFailure(words)).toMatchObject({
      code: 'PROXY_REFUSED',
      details: { answer: "config : parsing [a:5] : unknown keyword 'x'" },
    })
  })
  it('may be a secret of its own', () => {
    expect(startFailure('')).toMatchObject({ code: 'PROXY_REFUSED', details: { answer: 'it ended without a word' } })
  })
})

describe('versions', () => {
  it.each([
    ['HAProxy version 3.2.26-1 2026/10/14 - https://haproxy.org/', '3.2.26-1'],
    ['HAProxy version 3.0.11-1+deb13u4 2026/10/15', '3.0.11-1+deb13u4'],
    ['[NOTICE]   (1) : haproxy version is 2.6.12', '2.6.12'],
    ['command not found', null],
  ])('%s', (words, version) => {
    expect(versionIn(words)).toBe(version)
  })
  it('that are too old are those before 3.0', () => {
    expect(['2.9.7', '2.6.12-1', 'unknown'].map(isTooOld)).toEqual([true, true, true])
    expect(['3.0.11-1', '3.2.0', '4.0.0'].map(isTooOld)).toEqual([false, false, false])
  })
})

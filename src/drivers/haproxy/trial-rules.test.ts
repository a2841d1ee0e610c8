import { describe, expect, it } from 'vitest'
import type { TrafficRules } from '../../ports/traffic.ts'
import { askedForLines, askedForSwitch, nearLines, trialLines } from './trial-rules.ts'

const rules: TrafficRules = {
  sticky: null,
  failure: { header: null, statuses: [], grpc: false },
  previewFrom: ['10.0.0.0/8', '::1/128'],
}
const linesWith = (more: Partial<TrafficRules>) => trialLines('shop.prod', { ...rules, ...more })

describe('the rules of a trial', () => {
  it('are passed over by the fifth at the latest where nothing was drawn or asked for', () => {
    const requests = linesWith({}).filter((line) => line.startsWith('  http-request'))
    expect(requests.findIndex((line) => line.startsWith('  http-request allow'))).toBe(4)
    const answers = linesWith({}).filter((line) => line.startsWith('  http-after-response'))
    expect(answers[0]).toBe('  http-after-response allow if !{ sc_tracked(0) -m bool }')
  })
  it('let nothing be sent twice before it is known that it may be', () => {
    const text = linesWith({}).join('\n')
    const off = text.indexOf('disable-l7-retry if !{ var(txn.astern_way) -m found }')
    expect(off).toBeGreaterThan(0)
    expect(off).toBeLessThan(text.indexOf('http-request allow'))
    expect(text).toMatch(/disable-l7-retry unless .* \{ method GET HEAD OPTIONS \} /)
  })
  it('set a cookie only for clients that are new, and only where that is wanted', () => {
    expect(linesWith({}).join('\n')).not.toContain('Set-Cookie')
    expect(linesWith({ sticky: { kind: 'header', name: 'X-User' } }).join('\n')).not.toContain('Set-Cookie')
    expect(linesWith({ sticky: { kind: 'cookie', name: 'side' } })).toContain(
      '  http-after-response add-header Set-Cookie "side=%[var(txn.astern_number)]; Path=/; HttpOnly; SameSite=Lax" if { var(txn.astern_fresh) -m found }',
    )
  })
  it('ask for what a service declares only where it declares something', () => {
    const declared = (more: TrafficRules['failure']) =>
      linesWith({ failure: more }).filter((line) => line.includes('set-var(txn.astern_declared)'))
    expect(declared(rules.failure)).toEqual([])
    expect(
      declared({ header: 'X-Failed', statuses: Array.from({ length: 30 }, (_, index) => 400 + index), grpc: true }),
    ).toEqual([
      expect.stringContaining('{ res.hdr(X-Failed) -m found }'),
      expect.stringMatching(/\{ status 400 .* 419 \}$/),
      expect.stringMatching(/\{ status 420 .* 429 \}$/),
      expect.stringContaining('{ method POST } { res.hdr(grpc-status) -m found }'),
    ])
  })
  it('hold no line of more than 64 words', () => {
    const networks = Array.from({ length: 50 }, (_, index) => `10.${index}.0.0/16`)
    const hosts = Array.from({ length: 50 }, (_, index) => `s${index}.example.com`)
    const preview = { backend: 'shop.prod', hosts, previewFrom: networks }
    const statuses = Array.from({ length: 100 }, (_, index) => 400 + index)
    const lines = [
      ...linesWith({ previewFrom: networks, failure: { header: 'X-Failed', statuses, grpc: true } }),
      ...nearLines([preview]),
      ...askedForLines([preview], hosts),
      ...askedForSwitch(preview),
    ]
    expect(lines.filter((line) => line.trim().split(/ +/).length > 64)).toEqual([])
  })
  it('let nobody ask for a release where nobody may, but whoever has the secret', () => {
    const text = linesWith({ previewFrom: [] }).join('\n')
    expect(text).not.toContain('{ src ')
    expect(text).toContain(
      'set-var(txn.astern_to) var(txn.astern_way) if { var(txn.astern_way) -m found } { var(txn.astern_proof) -m bool }',
    )
    const preview = { backend: 'shop.prod', hosts: ['shop.example.com'], previewFrom: [] }
    expect(askedForSwitch(preview)).toEqual([])
    expect(askedForLines([preview], preview.hosts)).toHaveLength(1)
  })
  it('draw nobody who asks for a release and may, but whoever may not', () => {
    expect(linesWith({}).find((line) => line.includes('set-var(txn.astern_share)'))).toMatch(
      / if !\{ var\(txn\.astern_way\) -m found \} !\{ var\(txn\.astern_proof\) -m bool \}$/,
    )
    const preview = { backend: 'shop.prod', hosts: [], previewFrom: ['10.0.0.0/8'] }
    expect(nearLines([preview, { ...preview, backend: 'api.prod' }])).toEqual([
      '  tcp-request connection set-var(sess.astern_near) bool(true) if { src 10.0.0.0/8 }',
    ])
    expect(askedForLines([preview], []).slice(0, 1)).toEqual([
      '  http-request set-var(txn.astern_way) req.fhdr(X-Astern-To,1),lower if { var(sess.astern_near) -m found } or { var(txn.astern_proof) -m bool }',
    ])
  })
  it('know a release in front of a host name, and take no other name for one', () => {
    const hosts = ['shop.example.com', '[::1]']
    const [line] = askedForSwitch({ backend: 'shop.prod', hosts, previewFrom: rules.previewFrom })
    const pattern = new RegExp(/-m reg -i (\S+) \}/.exec(line ?? '')?.[1] ?? '', 'i')
    for (const host of ['r41.shop.example.com', 'candidate.Shop.example.com', 'r1.[::1]']) expect(host).toMatch(pattern)
    for (const host of ['shop.example.com', 'r.shop.example.com', 'r1.shopXexample.com', 'ar1.shop.example.com']) {
      expect(host).not.toMatch(pattern)
    }
  })
  it.each([
    ['a cookie', { sticky: { kind: 'cookie', name: 'a) if TRUE' } }],
    ['a header', { sticky: { kind: 'header', name: '"' } }],
    ['a header of failures', { failure: { header: 'X\n', statuses: [], grpc: false } }],
    ['a status', { failure: { header: null, statuses: [4.5], grpc: false } }],
    ['a network', { previewFrom: ['10.0.0.0/8 or TRUE'] }],
  ] satisfies [string, Partial<TrafficRules>][])('take nothing into them that is more than %s', (_what, more) => {
    expect(() => linesWith(more)).toThrow(/^not a|^not the/)
  })
})

import { describe, expect, it } from 'vitest'
import { buildBackend, buildServer } from '../../../test/fixtures/traffic-wanted.ts'
import { trialEntries, trialMap } from './trial-map.ts'

const servers = [
  buildServer('r41-1'),
  buildServer('r41-2'),
  buildServer('r42-1', { weight: 0 }),
  buildServer('r40-1', { weight: 0, checked: false }),
  buildServer('r39-1', { weight: 0, mode: 'maintenance' }),
]
const trial = { release: 42, share: 2_200, shield: true }

describe('the map of a trial', () => {
  it('lists who is ready and checked, says who is tried, whose the rest is, and who stands in', () => {
    expect(trialMap(trialEntries(buildBackend(servers, { trial, standIn: 41 })))).toBe(
      [
        'r41 2',
        'r41/0 r41-1',
        'r41/1 r41-2',
        'r42 1',
        'r42/0 r42-1',
        'drawn r42',
        'share 2200/r41/shield',
        'stand-in r41',
        '',
      ].join('\n'),
    )
  })
  it('gives the rest to the heaviest, or to nobody', () => {
    const valueFor = (list: typeof servers) => trialEntries(buildBackend(list, { trial })).get('share')
    expect(valueFor([...servers, buildServer('r38-1', { weight: 256 })])).toBe('2200/r38/shield')
    expect(valueFor(servers.slice(2))).toBe('2200/nobody/shield')
  })
  it('says nothing of a shield where there is none', () => {
    expect(trialEntries(buildBackend(servers, { trial: { ...trial, shield: false } })).get('share')).toBe('2200/r41')
  })
  it.each([-1, 10_001, 0.5])('takes no share of %d', (share) => {
    expect(() => trialEntries(buildBackend(servers, { trial: { ...trial, share } }))).toThrow('not a share')
  })
})

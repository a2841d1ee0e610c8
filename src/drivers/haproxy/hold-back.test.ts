import { describe, expect, it } from 'vitest'
import {
  buildBackend,
  buildRunning,
  buildRunningServer,
  buildServer,
  buildTraffic,
} from '../../../test/fixtures/traffic-wanted.ts'
import { holdBack } from './hold-back.ts'
import type { RunningServer } from './running.ts'

const wanted = buildTraffic(buildBackend([buildServer('r1-1', { weight: 0 }), buildServer('r2-1')]))
const old = buildRunningServer('r1-1')
const seen = (more: Partial<RunningServer>) => buildRunning([old, buildRunningServer('r2-1', { weight: 0, ...more })])

describe('those who serve', () => {
  it('go when somebody else can serve', () => {
    expect(holdBack(seen({}), seen({}), wanted)).toBe(wanted)
  })
  it('stay while nobody else can, with the weight they had', () => {
    const down = seen({ up: false })
    const [backend] = holdBack(down, down, wanted).backends
    expect(backend?.servers).toEqual([buildServer('r2-1'), buildServer('r1-1', { weight: 100 })])
  })
  it('come back when their successor turns out to be down', () => {
    const after = buildRunning([{ ...old, weight: 0 }, buildRunningServer('r2-1', { up: false })])
    expect(holdBack(seen({}), after, wanted).backends[0]?.servers).toContainEqual(buildServer('r1-1', { weight: 100 }))
  })
  it('go when they are down themselves', () => {
    const allDown = buildRunning([{ ...old, up: false }, buildRunningServer('r2-1', { weight: 0, up: false })])
    expect(holdBack(allDown, allDown, wanted)).toBe(wanted)
  })
  it('go when nobody at all is wanted', () => {
    const nobody = buildTraffic(buildBackend([buildServer('r1-1', { weight: 0 })]))
    expect(holdBack(seen({}), seen({}), nobody)).toBe(nobody)
  })
  it.each([
    ['joins', buildRunning([old])],
    ['comes back from maintenance', seen({ maintenance: true, up: false })],
    ['is thawed', seen({ checked: false, up: false })],
  ])('go for one that %s: whoever wants that has probed it', (_how, running) => {
    expect(holdBack(running, running, wanted)).toBe(wanted)
  })
  it('stay although they are wanted no more', () => {
    const down = seen({ up: false })
    const gone = buildTraffic(buildBackend([buildServer('r2-1')]))
    expect(holdBack(down, down, gone).backends[0]?.servers.map(({ name }) => name)).toEqual(['r2-1', 'r1-1'])
  })
})

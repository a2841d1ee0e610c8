import { describe, expect, it } from 'vitest'
import { crashesBetween, judgeCrashes, type AboutCrashes, type Crash, type CrashFacts } from './crashes.ts'

const MINUTE_MS = 60_000
const START = 1_000_000

function facts(changes: Partial<CrashFacts> = {}): CrashFacts {
  return {
    name: 'r42-1',
    release: 42,
    running: true,
    startedAt: START,
    restarts: 0,
    exitCode: null,
    oomKilled: false,
    ...changes,
  }
}

describe('between two looks', () => {
  const at = START + 30_000
  const between = (then: Partial<CrashFacts>, now: Partial<CrashFacts>) =>
    crashesBetween([facts(then)], [facts(now)], at)

  it('nothing has crashed that goes on, that is new, or that somebody removed', () => {
    expect(between({}, {})).toEqual([])
    expect(crashesBetween([], [facts()], at)).toEqual([])
    expect(crashesBetween([facts()], [], at)).toEqual([])
    expect(between({ running: false, startedAt: null }, {})).toEqual([])
  })
  it('one has crashed that was started again, and how it ended is known', () => {
    expect(between({}, { restarts: 1, startedAt: START + 20_000, exitCode: 137, oomKilled: true })).toEqual([
      { at, replica: 'r42-1', release: 42, ageMs: 20_000, oom: true, exitCode: 137 },
    ])
  })
  it('one has crashed that waits to be started again, once', () => {
    expect(between({}, { running: false, restarts: 1, exitCode: 3 })).toMatchObject([{ exitCode: 3, ageMs: 30_000 }])
    expect(between({ running: false, restarts: 1 }, { restarts: 1, startedAt: START + 5_000 })).toEqual([])
  })
  it('one has crashed that does not run any more, or runs since another moment', () => {
    expect(between({}, { running: false, exitCode: 1 })).toMatchObject([{ exitCode: 1 }])
    expect(between({ restarts: 3 }, { restarts: 0, startedAt: START + 9_000 })).toMatchObject([{ ageMs: 9_000 }])
  })
  it('one that crashes again and again has as many crashes, of which only the last is known', () => {
    const found = between({}, { restarts: 3, running: false, exitCode: 137, oomKilled: true })
    expect(found.map(({ oom, exitCode }) => [oom, exitCode])).toEqual([
      [false, null],
      [false, null],
      [true, 137],
    ])
    expect(between({}, { restarts: 1e9 })).toHaveLength(100)
  })
})

describe('crashes', () => {
  const names = { candidate: 'r42', stable: 'r41' }
  const judge = (crashes: readonly Crash[], changes: Partial<AboutCrashes> = {}) =>
    judgeCrashes(crashes, {
      candidate: 42,
      stable: 41,
      names,
      fullSince: START,
      nowAt: START + 600 * MINUTE_MS,
      ...changes,
    })
  const crash = (minutes: number, changes: Partial<Crash> = {}): Crash => ({
    at: START + minutes * MINUTE_MS,
    replica: 'r42-1',
    release: 42,
    ageMs: 1_000,
    oom: false,
    exitCode: 1,
    ...changes,
  })
  const ofStable = (minutes: number) => crash(minutes, { release: 41, replica: 'r41-1' })

  it('are no reason when there are none, or only of the stable release', () => {
    expect(judge([])).toEqual({ verdict: 'ok', sentence: null })
    expect(judge([ofStable(1), ofStable(2)]).verdict).toBe('ok')
  })
  it('fail a release with the first one in its first ten minutes', () => {
    expect(judge([crash(2)])).toEqual({ verdict: 'fail', sentence: 'r42-1 ended with exit code 1 2m after r42 was up' })
    expect(judge([crash(10)]).verdict).toBe('fail')
    expect(judge([crash(11)]).verdict).toBe('ok')
  })
  it('fail a release that is not even up', () => {
    expect(judge([crash(-1)]).sentence).toBe('r42-1 ended with exit code 1 before r42 was up')
  })
  it('are named as a lack of memory when they are one', () => {
    expect(judge([crash(1, { oom: true, exitCode: 137 })]).sentence).toBe(
      'r42-1 was killed for lack of memory 1m after r42 was up',
    )
    expect(judge([crash(1, { exitCode: null })]).sentence).toBe('r42-1 ended unexpectedly 1m after r42 was up')
  })
  it('fail a release later only when two come within ten minutes, of whatever replica', () => {
    expect(judge([crash(60), crash(71), crash(82)]).verdict).toBe('ok')
    expect(judge([crash(60), crash(69, { replica: 'r42-2', oom: true })])).toEqual({
      verdict: 'fail',
      sentence: 'r42 crashed 2 times within 9m; at last r42-2 was killed for lack of memory',
    })
  })
  it('are held against nobody when the stable release crashed in the same ten minutes', () => {
    expect(judge([crash(2), ofStable(5)])).toEqual({
      verdict: 'held',
      sentence: 'r42-1 ended with exit code 1 2m after r42 was up, but r41 crashed in the same ten minutes',
    })
    expect(judge([crash(2), ofStable(13)]).verdict).toBe('fail')
    expect(judge([crash(2), ofStable(5), crash(20), crash(21)]).verdict).toBe('fail')
  })
  it('are held against nobody while the host is out of memory', () => {
    expect(judge([crash(2, { oom: true })], { hostIsOutOfMemory: true })).toEqual({
      verdict: 'held',
      sentence: 'r42-1 was killed for lack of memory 2m after r42 was up, but the host is out of memory',
    })
  })
  it('need no stable release, and do not count before they happen', () => {
    expect(judge([crash(2)], { stable: null, names: { candidate: 'r42', stable: null } }).verdict).toBe('fail')
    expect(judge([crash(2)], { nowAt: START }).verdict).toBe('ok')
  })
})

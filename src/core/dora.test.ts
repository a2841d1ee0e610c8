import { describe, expect, it } from 'vitest'
import { type Deployment, figuresOf, type TakingBack } from './dora.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const span = { sinceAt: 0, untilAt: 14 * DAY_MS }

function deployment(changes: Partial<Deployment> = {}): Deployment {
  const beganAt = changes.beganAt ?? DAY_MS
  return {
    service: 'shop',
    environment: 'prod',
    release: 1,
    beganAt,
    metAt: beganAt + 1_000,
    servedAt: beganAt + 2_000,
    ended: 'succeeded',
    takenBack: null,
    ...changes,
  }
}

function takenBack(restoredAt: number, changes: Partial<TakingBack> = {}): TakingBack {
  return { by: 'person', askedAt: restoredAt - 10, restoredAt, switchMs: 3, ...changes }
}

const failed = deployment({ ended: 'failed', metAt: null, servedAt: null })
const wentBack = deployment({
  ended: 'rolled_back',
  servedAt: null,
  takenBack: takenBack(DAY_MS + 31_000, { by: 'deploy' }),
})
const later = deployment({ takenBack: takenBack(DAY_MS + 1_000 + 4 * MINUTE_MS) })

function figures(
  deployments: readonly Deployment[],
  committedAt: Record<number, number> = {},
  rollbacks: TakingBack[] = [],
) {
  return figuresOf({ deployments, rollbacks }, ({ release }) => committedAt[release] ?? null, span)
}

describe('deployment frequency', () => {
  it('counts deployments that succeeded, by the week', () => {
    expect(figures([deployment(), deployment(), failed, wentBack]).frequency).toEqual({
      deployments: 2,
      days: 14,
      perWeek: 1,
    })
  })

  it('counts those that began in the span', () => {
    const outside = [deployment({ beganAt: -1 }), deployment({ beganAt: 14 * DAY_MS })]
    expect(figures([...outside, deployment({ beganAt: 0 })]).frequency.deployments).toBe(1)
  })

  it('is of no week when less than a day is known', () => {
    const short = { sinceAt: 0, untilAt: DAY_MS - 1 }
    const of = figuresOf({ deployments: [deployment({ beganAt: 1 })], rollbacks: [] }, () => null, short)
    expect(of.frequency).toMatchObject({ deployments: 1, perWeek: null })
  })
})

describe('lead time', () => {
  it('is from the commit to the moment that everybody was served, in the median', () => {
    const all = [1, 2, 3, 4].map((release) => deployment({ release }))
    const before = (minutes: number) => DAY_MS + 2_000 - minutes * MINUTE_MS
    const commits = { 1: before(1), 2: before(50), 3: before(2), 4: before(7) }
    expect(figures(all, commits).leadTime).toEqual({ median: 4.5 * MINUTE_MS, count: 4, of: 4 })
    expect(figures(all.slice(0, 3), commits).leadTime).toMatchObject({ median: 2 * MINUTE_MS, count: 3 })
  })

  it('says of how many the commit is not known, and takes none that lies ahead of its deployment', () => {
    const all = [1, 2, 3].map((release) => deployment({ release }))
    expect(figures(all, { 1: DAY_MS + 1_000, 2: 2 * DAY_MS }).leadTime).toEqual({ median: 1_000, count: 1, of: 3 })
    expect(figures(all).leadTime).toEqual({ median: null, count: 0, of: 3 })
  })

  it('is of no deployment that went back', () => {
    expect(figures([failed, wentBack], { 1: 0 }).leadTime).toEqual({ median: null, count: 0, of: 0 })
  })
})

describe('change failure rate', () => {
  it('tells apart what no user met, what went back during its deploy, and what was rolled back from later', () => {
    expect(figures([failed, wentBack, later, deployment()]).failures).toEqual({
      rate: 0.75,
      count: 3,
      of: 4,
      beforeUsers: 1,
      during: 1,
      later: 1,
    })
  })

  it('is of nothing when nothing was deployed', () => {
    expect(figures([]).failures).toMatchObject({ rate: null, of: 0 })
  })
})

describe('time to restore', () => {
  it('is from the first user who met the release to the proof of the one before it', () => {
    expect(figures([later]).restore).toEqual({ median: 4 * MINUTE_MS, count: 1, of: 1 })
    expect(figures([later, wentBack]).restore).toEqual({ median: (4 * MINUTE_MS + 30_000) / 2, count: 2, of: 2 })
  })

  it('leaves out what no user met, and says of how many the end is not known', () => {
    const open = deployment({ takenBack: takenBack(0, { restoredAt: null, switchMs: null }) })
    expect(figures([failed, open]).restore).toEqual({ median: null, count: 0, of: 1 })
  })
})

describe('rollbacks', () => {
  it('are counted by who took the release back, with the time from asking to the proof', () => {
    const taken = [
      takenBack(DAY_MS, { switchMs: 3 }),
      takenBack(DAY_MS, { by: 'autopilot', switchMs: 5 }),
      takenBack(DAY_MS, { by: 'stand_in', switchMs: 10 }),
      takenBack(-DAY_MS),
    ]
    expect(figures([], {}, taken).rollbacks).toEqual({
      count: 3,
      by: { person: 1, automation: 0, autopilot: 1, stand_in: 1, deploy: 0 },
      switch: { median: 5, count: 3 },
    })
  })
})

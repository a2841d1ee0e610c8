import { describe, expect, it } from 'vitest'
import { judgeMemory, thin, type AboutMemory, type MemorySample } from './memory.ts'

const MIB = 1_048_576
const MINUTE_S = 60
const AT = Date.UTC(2026, 10, 28, 22, 13, 0)
const LIMIT = 128 * MIB

/** From age to bytes, both from 0 to 1 of what they are a part of, or in whatever unit the test has. */
type Shape = (ageS: number) => number

/** mulberry32: the same numbers from the same seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Series = {
  readonly release?: number
  readonly replica?: string
  readonly fromS?: number
  readonly toS: number
  readonly everyS?: number
  /** Its age at AT. */
  readonly startedS?: number
  readonly limitBytes?: number | null
  readonly bytes: Shape
}

function series({ release = 42, fromS = 0, toS, everyS = 1, startedS = 0, limitBytes = LIMIT, ...rest }: Series) {
  const samples: MemorySample[] = []
  const replica = rest.replica ?? `r${release}-1`
  for (let ageS = fromS; ageS <= toS; ageS += everyS) {
    const at = AT + (ageS - startedS) * 1_000
    const bytes = Math.max(0, Math.round(rest.bytes(ageS)))
    samples.push({ at, ageMs: Math.round(ageS * 1_000), replica, release, bytes, limitBytes })
  }
  return samples
}

function judge(samples: readonly MemorySample[], changes: Partial<AboutMemory> = {}) {
  const nowAt = samples.filter(({ release }) => release === 42).reduce((latest, { at }) => Math.max(latest, at), 0)
  const names = { candidate: 'r42', stable: 'r41' }
  return judgeMemory(samples, { candidate: 42, stable: 41, names, alpha: 0.001, nowAt, ...changes })
}

const flat =
  (mib: number): Shape =>
  () =>
    mib * MIB
const leak =
  (mibPerS: number, fromMib = 9): Shape =>
  (ageS) =>
    (fromMib + mibPerS * ageS) * MIB
/** The stable release, an hour old when the candidate starts. */
const beside = (bytes: Shape, toS = 120) =>
  series({ release: 41, startedS: 3_600, fromS: 3_600 - 60, toS: 3_600 + toS, bytes })

/** The age at which it is first taken out; `null`: never. */
function failsAtS(candidate: readonly MemorySample[], others: readonly MemorySample[], stable: number | null = 41) {
  for (const [index, { at, ageMs }] of candidate.entries()) {
    const seen = [...others.filter((sample) => sample.at <= at), ...candidate.slice(0, index + 1)]
    if (judge(seen, { stable }).verdict === 'fail') return ageMs / 1_000
  }
  return null
}

describe('a release that leaks fast', () => {
  it('fails before it is killed, and the reason says when that would have been', () => {
    const candidate = series({ toS: 24, bytes: leak(4.1) })
    expect(judge([...beside(flat(10)), ...candidate])).toEqual({
      verdict: 'fail',
      sentence:
        'r42 grows by 4.1 MB/s and would be killed for lack of memory in about 5 s (22:13:29 UTC, limit 128 MB); r41 does not grow',
      slopeBytesPerS: { estimate: expect.closeTo(4.1 * MIB, -2), lower: expect.any(Number), upper: expect.any(Number) },
      deathAt: { earliest: expect.any(Number), latest: expect.any(Number) },
      looks: 0,
    })
  })

  it('fails in time, from 1 to 64 MB/s, when it is looked at often enough for its pace', () => {
    for (const [mibPerS, limitMib, everyS] of [
      [1, 128, 1],
      [4, 128, 1],
      [8, 128, 1],
      [16, 256, 1],
      [16, 128, 0.25],
      [32, 256, 0.25],
      [64, 256, 0.25],
    ] as const) {
      const killedS = (limitMib - 9) / mibPerS
      const candidate = series({ toS: killedS, everyS, limitBytes: limitMib * MIB, bytes: leak(mibPerS) })
      const failedS = failsAtS(candidate, beside(flat(10)))
      expect(failedS, `${mibPerS} MB/s of ${limitMib} MB`).not.toBeNull()
      expect(failedS, `${mibPerS} MB/s of ${limitMib} MB`).toBeLessThan(killedS)
    }
  })

  it('fails although its memory comes in lumps, and its samples do not come on time', () => {
    const draw = chance(7)
    const lumpy: Shape = (ageS) => (9 + 2 * Math.floor((4 * ageS) / 2) + draw() / 5) * MIB
    expect(failsAtS(series({ toS: 29, everyS: 0.97, bytes: lumpy }), beside(flat(10)))).toBeLessThan(27)
  })

  it('fails when only one of its replicas does it', () => {
    const good = series({ replica: 'r42-1', toS: 24, bytes: flat(10) })
    const bad = series({ replica: 'r42-2', toS: 24, bytes: leak(4.1) })
    expect(judge([...good, ...bad, ...beside(flat(10))])).toMatchObject({ verdict: 'fail' })
  })

  it('does not fail while there is no limit, nor once it was not looked at for a while', () => {
    const unlimited = series({ toS: 24, limitBytes: null, bytes: leak(4.1) })
    expect(judge([...unlimited, ...beside(flat(10))]).verdict).toBe('ok')
    const candidate = series({ toS: 24, bytes: leak(4.1) })
    expect(judge([...candidate, ...beside(flat(10))], { nowAt: AT + 60_000 }).verdict).toBe('ok')
  })

  it('does not fail when the stable release did the same at that age, or does it now', () => {
    const candidate = series({ toS: 24, bytes: leak(4.1) })
    const then = series({ release: 41, startedS: 3_600, toS: 24, bytes: leak(4.2, 1) })
    expect(judge([...candidate, ...then]).verdict).toBe('ok')
    expect(judge([...candidate, ...beside((ageS) => (ageS - 3_500) * 0.3 * MIB, 24)]).verdict).toBe('fail')
    expect(judge([...candidate, ...beside((ageS) => Math.max(1, ageS - 3_600) * 3.5 * MIB, 24)]).verdict).toBe('ok')
  })

  it('begins anew when its container is started again', () => {
    const first = series({ toS: 20, bytes: leak(4.1) })
    const again = series({ toS: 5, startedS: -21, bytes: (ageS) => (95 + ageS) * MIB })
    expect(judge([...first, ...again, ...beside(flat(10))]).verdict).toBe('ok')
  })

  it('is judged with nine tenths where there is nothing to compare with', () => {
    const failedS = failsAtS(series({ toS: 29, bytes: leak(4) }), [], null)
    expect(failedS).toBe(27)
    expect(judge(series({ toS: 28, bytes: leak(4) }), { stable: null }).sentence).toBe(
      'r42 grows by 4 MB/s and would be killed for lack of memory in about 2 s (22:13:29 UTC, limit 128 MB)',
    )
  })
})

/** What good releases do; each call is another release, and what it returns another container of it. Parts of the limit. */
const GOOD: Readonly<Record<string, (draw: () => number) => () => Shape>> = {
  'the sawtooth of a garbage collector': (draw) => {
    const [low, periodS, noise] = [between(draw, 0.05, 0.4), between(draw, 3, 120), between(draw, 0, 0.01)]
    const high = between(draw, low + 0.1, 0.92)
    return () => (ageS) => low + (high - low) * ((ageS / periodS) % 1) + jitter(draw, noise)
  },
  'a heap that finds its size': (draw) => {
    const [size, paceS, noise] = [between(draw, 0.3, 0.97), between(draw, 1, 90), between(draw, 0, 0.005)]
    return () => (ageS) => size * (1 - Math.exp(-ageS / paceS)) + jitter(draw, noise)
  },
  'a cache that fills when users come': (draw) => {
    const [size, paceS, noise] = [between(draw, 0.3, 0.97), between(draw, 0.5, 15), between(draw, 0, 0.005)]
    const middleS = between(draw, 3, 6) * paceS
    return () => (ageS) => size / (1 + Math.exp(-(ageS - middleS) / paceS)) + jitter(draw, noise)
  },
  'a start that reads everything, and stops': (draw) => {
    const [size, lengthS, noise] = [between(draw, 0.3, 0.9), between(draw, 3, 90), between(draw, 0, 0.003)]
    return () => (ageS) => size * Math.min(1, ageS / lengthS) + jitter(draw, noise)
  },
  'ups and downs': (draw) => {
    const [middle, size, pull] = [between(draw, 0.3, 0.85), between(draw, 0.002, 0.03), between(draw, 0.01, 0.3)]
    return () => {
      let [used, doneS] = [middle / 2, 0]
      return (ageS) => {
        for (; doneS < ageS; doneS += 1) used += pull * (middle - used) + jitter(draw, 2 * size)
        return Math.min(0.99, used)
      }
    }
  },
}

function between(draw: () => number, low: number, high: number): number {
  return low + (high - low) * draw()
}

function jitter(draw: () => number, size: number): number {
  return (draw() + draw() + draw() - 1.5) * size
}

describe('a good release', () => {
  const RUNS = 300
  for (const [name, kind] of Object.entries(GOOD)) {
    it(`with ${name} is never taken back in its first minute and a half, in ${RUNS} runs`, () => {
      const taken: number[] = []
      for (let seed = 0; seed < RUNS; seed += 1) {
        const container = kind(chance(seed * 7_919 + 17))
        const scaled =
          (shape: Shape): Shape =>
          (ageS) =>
            shape(ageS) * LIMIT
        const stable = series({
          release: 41,
          startedS: 900,
          fromS: 300,
          toS: 990,
          everyS: 10,
          bytes: scaled(container()),
        })
        const candidate = series({ toS: 90, bytes: scaled(container()) })
        if (failsAtS(candidate, stable) !== null) taken.push(seed)
      }
      expect(taken).toEqual([])
    })
  }

  it('is never taken back, nor blocked, for what only noise and collections do in hours', () => {
    const taken: string[] = []
    for (let seed = 0; seed < 200; seed += 1) {
      const draw = chance(seed + 1)
      const [low, high, periodS] = [between(draw, 0.2, 0.5), between(draw, 0.55, 0.85), between(draw, 5, 1_800)]
      const container = (): Shape => {
        let drift = 0
        return (ageS) => {
          drift = 0.9 * drift + jitter(draw, 0.01)
          return (low + (high - low) * ((ageS / periodS) % 1) + drift) * LIMIT
        }
      }
      const stable = series({ release: 41, toS: 14_400, everyS: 30, startedS: 7_200, bytes: container() })
      const candidate = series({ toS: 14_400, everyS: 30, bytes: container() })
      for (const lookS of [900, 1_800, 3_600, 7_200, 14_400]) {
        const seen = candidate.filter(({ ageMs }) => ageMs <= lookS * 1_000)
        const { verdict } = judge([...stable, ...seen])
        if (verdict !== 'ok') taken.push(`${seed} after ${lookS} s: ${verdict}`)
      }
    }
    expect(taken).toEqual([])
  })
})

describe('a release that leaks slowly', () => {
  const draw = chance(11)
  const sawtooth = (ageS: number) => 10 * ((ageS / 40) % 1) + draw()
  const slow =
    (mibPerMin: number, fromMib = 40): Shape =>
    (ageS) =>
      (fromMib + (mibPerMin * ageS) / 60 + sawtooth(ageS)) * MIB
  const stable = (toS: number) =>
    series({
      release: 41,
      startedS: 7_200,
      fromS: 3_600,
      toS: 7_200 + toS,
      everyS: 10,
      bytes: (ageS) => (40 + sawtooth(ageS)) * MIB,
    })
  const aged = (minutes: number, bytes: Shape) => series({ toS: minutes * MINUTE_S, everyS: 10, bytes })

  it('fails at a planned look when it would be killed within the hour', () => {
    const found = judge([...stable(1_800), ...aged(30, slow(1.2))])
    expect(found).toMatchObject({ verdict: 'fail', looks: 2 })
    expect(found.sentence).toMatch(
      /^r42 grows by 1\.\d MB\/min and would be killed for lack of memory in about \d\d min \(23:\d\d:\d\d UTC, limit 128 MB\); r41 does not grow$/,
    )
    expect(found.deathAt!.earliest).toBeLessThan(found.deathAt!.latest)
  })

  it('is not promoted when it would be killed later in the day', () => {
    expect(judge([...stable(7_200), ...aged(120, slow(0.16))])).toMatchObject({ verdict: 'block', looks: 4 })
  })

  it('is looked at in planned moments only: between two the first one counts', () => {
    const samples = aged(59, (ageS) => (ageS < 1_800 ? slow(0)(ageS) : slow(2)(ageS - 1_800)))
    expect(judge([...stable(3_600), ...samples.filter(({ ageMs }) => ageMs < 900_000)])).toMatchObject({
      verdict: 'ok',
      looks: 0,
    })
    expect(judge([...stable(3_600), ...samples])).toMatchObject({ verdict: 'ok', looks: 2 })
    expect(judge([...stable(3_600), ...samples], { looksMs: [2_700_000] })).toMatchObject({ looks: 1 })
  })

  it('is no worse than the stable release where that grows the same', () => {
    const both = series({ release: 41, startedS: 7_200, toS: 1_800, everyS: 10, bytes: slow(1.4) })
    expect(judge([...both, ...aged(30, slow(1.2))]).verdict).toBe('ok')
  })

  it('does not fail while its growth slows down', () => {
    const fills: Shape = (ageS) => (100 * (1 - Math.exp(-ageS / 600)) + sawtooth(ageS)) * MIB
    for (const minutes of [15, 30, 60, 120, 240]) {
      expect(judge([...stable(minutes * 60), ...aged(minutes, fills)]).verdict).not.toBe('fail')
    }
    expect(judge([...stable(14_400), ...aged(240, fills)]).verdict).toBe('ok')
  })

  it('may grow for ever where there is no limit', () => {
    const samples = series({ toS: 3_600, everyS: 10, limitBytes: null, bytes: slow(1.2) })
    expect(judge([...stable(3_600), ...samples])).toMatchObject({ verdict: 'ok', sentence: null, looks: 3 })
  })
})

describe('samples that are kept', () => {
  it('are a tenth of what was taken, and lead to the same judgement', () => {
    const draw = chance(3)
    const bytes: Shape = (ageS) => (40 + ageS / 300 + 10 * ((ageS / 40) % 1) + draw()) * MIB
    const all = series({ toS: 4 * 3_600, bytes })
    const kept = thin(all)
    expect(kept.length).toBeLessThan(all.length / 10)
    expect(thin(kept)).toEqual(kept)
    expect(judge(kept)).toEqual(judge(all))
    expect(judge(all).verdict).not.toBe('ok')
  })
  it('may be thinned on the way as well as at the end', () => {
    const draw = chance(5)
    const all = series({ toS: 3_600, bytes: () => (40 + draw()) * MIB })
    const onTheWay = all.reduce<MemorySample[]>(
      (kept, sample, index) => (index % 60 === 0 ? thin([...kept, sample]) : [...kept, sample]),
      [],
    )
    expect(thin(onTheWay)).toEqual(thin(all))
  })
  it('are those of every run of a container, and of every replica', () => {
    const first = series({ toS: 100, bytes: flat(10) })
    const again = series({ toS: 100, startedS: -101, bytes: flat(20) })
    const other = series({ replica: 'r42-2', toS: 100, bytes: flat(30) })
    expect(thin([...first, ...again, ...other])).toHaveLength(303)
    expect(thin([])).toEqual([])
  })
})

it('says nothing of a release that nobody has looked at', () => {
  expect(judge([])).toEqual({ verdict: 'ok', sentence: null, slopeBytesPerS: null, deathAt: null, looks: 0 })
})

// `npm run sim -- verdict`: how often the verdict is wrong about good releases, how fast about bad ones, what others would have done, and whether this
// simulation would notice a verdict that is spoilt.
import { availableParallelism } from 'node:os'
import type { Goal, Measured, Row } from '../../bench/report.ts'
import { percentile } from '../../bench/statistics.ts'
import { upperBound } from '../../src/core/verdict/interval.ts'
import { incompleteBeta } from '../../src/core/verdict/log-gamma.ts'
import { type Cell, cells, type Detected, expectedRequests, promisedRequests } from './detection.ts'
import type { Counts, Job, Result } from './jobs.ts'
import { runAll } from './pool.ts'
import { RIVALS } from './rivals.ts'
import type { Spoilt } from './sabotage.ts'
import { type Scenario, scenario, SCENARIOS } from './scenarios.ts'
import { TICK_SECONDS } from './world.ts'

/** A false rollback may happen so often. */
const ALPHA = 0.001
const CONFIDENCE = 0.99
/** So many bad releases have to be found. */
const FOUND = 0.99
/**
 * In a tick with a request or two the sides have hardly met, and it says little: no promise is made of such ticks. Who looks after a service with
 * little traffic makes its ticks longer: what matters is requests per tick, so that 1 request/s in ticks of 20 s is as 10/s in ticks of 2 s.
 */
const PROMISED_TICK_REQUESTS = 20
const DEPLOYS_PER_JOB = 250

export type Size = {
  readonly deploys: number
  readonly rivals: number
  readonly detections: number
  readonly traffic: readonly number[]
  readonly spoilt: number
}

export const FULL: Size = {
  deploys: 100_000,
  rivals: 1_000,
  detections: 200,
  traffic: [1, 10, 100, 1_000],
  spoilt: 2_000,
}
export const QUICK: Size = { deploys: 1_000, rivals: 50, detections: 30, traffic: [1_000], spoilt: 300 }

const BAD: readonly Scenario[] = [
  scenario({ name: 'bad: 0.1 → 1 %', candidateErrorRate: 0.01 }),
  scenario({ name: 'bad: 0.1 → 5 %', candidateErrorRate: 0.05 }),
  scenario({ name: 'bad: 0.1 → 5 %, sticky clients', candidateErrorRate: 0.05, sticky: true }),
  scenario({ name: 'bad: 5 %, alone', candidateErrorRate: 0.05, alone: true, ramp: [10_000, 10_000] }),
  scenario({ name: 'bad: slower, all the time', slow: true, slowCandidate: true }),
]
const SMALL_AND_SLOW = scenario({
  name: 'bad: 0.1 → 1 %, little traffic',
  candidateErrorRate: 0.01,
  rate: 40,
  ramp: [500, 1_000, 2_000, 3_000, 4_000],
})
const NO_REQUESTS = scenario({ name: 'no requests', ramp: [0, 0, 0] })

const named = (name: string) => SCENARIOS.find((one) => one.name === name)!
const SPOILT: readonly { what: string; spoilt: Spoilt; scenario: Scenario; good: boolean }[] = [
  { what: 'η = 1, bursts of 1–5, no guards', spoilt: 'eta', scenario: named('bursts of 1–5'), good: true },
  {
    what: 'η = 1, geometric bursts, no guards',
    spoilt: 'eta',
    scenario: named('bursts, geometric, mean 4'),
    good: true,
  },
  { what: 'stickiness not heeded', spoilt: 'sticky', scenario: named('sticky clients'), good: true },
  { what: 'ρ of all ticks in one', spoilt: 'share', scenario: named('shared outage'), good: true },
  { what: 'E forgotten at each step', spoilt: 'ramp', scenario: SMALL_AND_SLOW, good: false },
]

type Part = {
  readonly jobs: readonly Job[]
  readonly show: (results: readonly Result[]) => Pick<Measured, 'rows' | 'goals'>
}

export async function measureVerdict(size: Size, seed: number, say: (line: string) => void): Promise<Measured> {
  const parts = [
    ...SCENARIOS.map((one) => falseRollbacks(one, size, seed)),
    sparing(seed),
    ...[...SCENARIOS, ...BAD].map((one) => rivals(one, size, seed)),
    ...cells(size.traffic).map((cell) => detections(cell, size, seed)),
    ...SPOILT.map((one) => sabotage(one, size, seed)),
    noData(seed),
  ]
  const jobs = parts.flatMap((part) => part.jobs)
  const tenth = Math.ceil(jobs.length / 10)
  const threads = Math.min(2, availableParallelism())
  const results = await runAll(jobs, threads, (done) => {
    if (done % tenth === 0) say(`${done} of ${jobs.length} jobs`)
  })
  let from = 0
  const shown = parts.map((part) => part.show(results.slice(from, (from += part.jobs.length))))
  return {
    rows: shown.flatMap(({ rows }) => rows),
    goals: shown.flatMap(({ goals }) => goals),
    notes: [
      `seed ${seed}; α = ${ALPHA}; ${size.deploys} deploys a scenario; ramp 1 → 5 → 25 → 50 → 100 %, a minute each, ticks of 2 s, 200 requests a second, 0.1 % failures`,
      'φ is estimated from 20 minutes of the stable release before each deploy, never given',
      'requests, seconds and failures are those of the candidate until it is taken back, median / 95th percentile',
      `a promise is max(1.5 × the formula, 5 failures) + the requests of two ticks, and holds for the median where φ is calibrated and a tick has ${PROMISED_TICK_REQUESTS} requests or more`,
    ],
  }
}

function falseRollbacks(scenario: Scenario, { deploys }: Size, seed: number): Part {
  return {
    jobs: ranges(deploys).map((range) => ({ kind: 'false', scenario, seed, ...range })),
    show(results) {
      const counts = summed(results)
      const wrong = counts['fail'] ?? 0
      const bound = upperBound({ n: deploys, e: wrong }, CONFIDENCE)
      const held = ['split', 'placebo', 'stable_failing'].map((why) => `${why} ${counts[why] ?? 0}`).join(', ')
      return {
        rows: [
          row({
            what: 'false rollbacks',
            of: scenario.name,
            deploys,
            count: wrong,
            bound,
            note: `passed ${counts['pass'] ?? 0}; held: ${held}`,
          }),
        ],
        goals: [falseGoal(scenario.name, deploys, wrong, bound)],
      }
    },
  }
}

/** With few deploys no bound can be below α: then the count must at least be one that α explains. */
function falseGoal(name: string, deploys: number, wrong: number, bound: number): Goal {
  if (upperBound({ n: deploys, e: 0 }, CONFIDENCE) < ALPHA) {
    return { name: `false rollbacks, ${name}: upper 99 % bound`, value: bound, goal: `< ${ALPHA}`, ok: bound < ALPHA }
  }
  const chance = wrong === 0 ? 1 : incompleteBeta(ALPHA, wrong, deploys - wrong + 1)
  return {
    name: `false rollbacks, ${name}: chance of ${wrong} of ${deploys} at α`,
    value: chance,
    goal: '> 0.01',
    ok: chance > 0.01,
  }
}

/** Of so many bad ones nearly all; of few, as many as that explains. */
function foundGoal(name: string, deploys: number, found: number): Goal {
  const missed = deploys - found
  const chance = missed === 0 ? 1 : incompleteBeta(1 - FOUND, missed, found + 1)
  const ok = found >= FOUND * deploys || chance > 1 - CONFIDENCE
  return { name: `found, ${name}`, value: found / deploys, goal: `≥ ${FOUND}, or as good as chance explains`, ok }
}

function sparing(seed: number): Part {
  const deploys = 10
  return {
    jobs: SCENARIOS.map((scenario) => ({ kind: 'same', scenario, seed, from: 0, to: deploys })),
    show(results) {
      const different = summed(results)['different'] ?? 0
      return {
        rows: [],
        goals: [{ name: 'judged at every tick it is different', value: different, goal: '= 0', ok: different === 0 }],
      }
    },
  }
}

function rivals(scenario: Scenario, { rivals: deploys }: Size, seed: number): Part {
  const bad = BAD.includes(scenario)
  return {
    jobs: ranges(deploys).map((range) => ({ kind: 'rivals', scenario, seed, ...range })),
    show(results) {
      const counts = summed(results)
      const what = bad ? 'found, and by rivals' : 'false rollbacks, and by rivals'
      const others = RIVALS.map(({ name }) => `${name}: ${counts[name] ?? 0}`).join(', ')
      const rows = [row({ what, of: scenario.name, deploys, count: counts['astern'] ?? 0, note: others })]
      return {
        rows,
        goals: bad ? [foundGoal(scenario.name, deploys, counts['astern'] ?? 0)] : [],
      }
    },
  }
}

function detections(cell: Cell, { detections: deploys }: Size, seed: number): Part {
  const calm = cell.kind === 'failures' ? `${percent(cell.from)} → ${percent(cell.to)}` : 'p95 slower'
  const of = `${calm}, share ${percent(cell.share)}, ${cell.rate}/s${cell.calibrated ? '' : ', cold'}`
  return {
    jobs: ranges(deploys, 20).map((range) => ({ kind: 'detect', cell, seed, ...range })),
    show(results) {
      const all = results.flatMap(({ detected }) => detected)
      const found = all.filter((one) => one !== null)
      const [formula, promise] = [expectedRequests(cell), promisedRequests(cell)]
      const promised = cell.kind === 'failures' && cell.calibrated && cell.rate * TICK_SECONDS >= PROMISED_TICK_REQUESTS
      const median =
        found.length < deploys / 2
          ? null
          : percentile(
              found.map(({ requests }) => requests),
              50,
            )
      const bounds = cell.kind === 'failures' ? `formula ${formula.toFixed(0)}, promise ${promise.toFixed(0)}` : ''
      const goals: Goal[] = [foundGoal(of, deploys, found.length)]
      if (promised) {
        const ok = median !== null && median <= promise
        goals.push({ name: `requests until it is found, ${of}`, value: median, goal: `≤ ${promise.toFixed(1)}`, ok })
      }
      return {
        rows: [row({ what: 'detection', of, deploys, count: found.length, ...spreads(found), note: bounds })],
        goals,
      }
    },
  }
}

function sabotage({ what, spoilt, scenario, good }: (typeof SPOILT)[number], size: Size, seed: number): Part {
  const deploys = size.spoilt
  return {
    jobs: ranges(deploys, 100).map((range) => ({ kind: 'spoilt', spoilt, scenario, seed, ...range })),
    show(results) {
      const { real = 0, spoilt: broken = 0 } = summed(results)
      const lowest = 1 - upperBound({ n: deploys, e: deploys - broken }, CONFIDENCE)
      const most = upperBound({ n: deploys, e: broken }, CONFIDENCE)
      const least = 1 - upperBound({ n: deploys, e: deploys - real }, CONFIDENCE)
      const name = `sabotage is noticed: ${what}`
      const goal: Goal = good
        ? { name, value: lowest, goal: `> ${ALPHA} (lower 99 % bound of false rollbacks)`, ok: lowest > ALPHA }
        : { name, value: most, goal: `< ${least.toFixed(3)} (found by the real one, lower bound)`, ok: most < least }
      const kind = good ? 'false rollbacks' : 'found'
      return {
        rows: [row({ what: 'sabotage', of: what, deploys, count: broken, note: `${kind}; the real one: ${real}` })],
        goals: [goal],
      }
    },
  }
}

function noData(seed: number): Part {
  const deploys = 100
  return {
    jobs: [{ kind: 'no_data', scenario: NO_REQUESTS, seed, from: 0, to: deploys }],
    show(results) {
      const { real = 0, spoilt = 0 } = summed(results)
      return {
        rows: [
          row({
            what: 'sabotage',
            of: 'no data is a pass',
            deploys,
            count: spoilt,
            note: `passed; the real one: ${real}`,
          }),
        ],
        goals: [
          { name: 'passed without data', value: real, goal: '= 0', ok: real === 0 },
          { name: 'sabotage is noticed: no data is a pass', value: spoilt, goal: '> 0', ok: spoilt > 0 },
        ],
      }
    },
  }
}

function spreads(found: readonly Detected[]): Partial<Row> {
  const spread = (key: keyof Detected) => {
    if (found.length === 0) return null
    const values = found.map((one) => one[key])
    return `${percentile(values, 50)} / ${percentile(values, 95)}`
  }
  return { requests: spread('requests'), seconds: spread('seconds'), failures: spread('failures') }
}

/** All rows have the same columns. */
function row(cells: Partial<Row>): Row {
  const { what, of, deploys, count, bound = null, requests = null, seconds = null, failures = null, note } = cells
  const upper = typeof bound === 'number' ? bound.toExponential(2) : null
  return {
    what: what!,
    of: of!,
    deploys: deploys!,
    count: count!,
    bound: upper,
    requests,
    seconds,
    failures,
    note: note!,
  }
}

function ranges(deploys: number, each = DEPLOYS_PER_JOB): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(deploys / each) }, (_, place) => ({
    from: place * each,
    to: Math.min(deploys, (place + 1) * each),
  }))
}

function summed(results: readonly Result[]): Counts {
  const sums: Record<string, number> = {}
  for (const { counts } of results) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  }
  return sums
}

function percent(rate: number): string {
  return `${Math.round(rate * 10_000) / 100} %`
}

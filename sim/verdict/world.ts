// A deploy as the proxy would count it: requests arrive by chance, are given a side by chance, and fail as the scenario says. Poisson arrivals make
// every kind of answer a Poisson stream of its own, so that nothing has to be drawn request by request.
import { LATENCY_EDGES_MS, type ArmCounts, type ServerCounts, sumOf, type Tick } from '../../src/core/verdict/counts.ts'
import type { Random } from './random.ts'
import type { Scenario } from './scenarios.ts'

const TICK_MS = 2_000
export const TICK_SECONDS = TICK_MS / 1_000
const STEP_TICKS = 30
/** At 100 % there is nothing to compare with; a few ticks show that it does no harm. */
const LAST_STEP_TICKS = 5
const HISTORY_TICKS = 600
const SERVERS = 4

const CLIENT_ERROR_RATE = 0.02
const BLIPS_PER_SECOND = 1 / 600
/** How often a burst is cut in two by the end of a tick. */
const CUT = 0.15
const DIURNAL_PERIOD_S = 240
const OUTAGE = { ticks: 30, rate: 0.2 }
const MISSED = 0.3
const RESET = 0.02
/** With stickiness: a client has a request a tick and stays for ten; of one in a thousand every request fails. */
const STICKY = { stay: 0.9, broken: 0.001 }
const STALLS_PER_SERVER_SECOND = 1 / 600
const SLOW_EPISODE_TICKS = 12

/** Parts of the answers in each bucket, usually and in a slow episode. */
const USUAL = [0.1, 0.25, 0.3, 0.2, 0.09, 0.04, 0.015, 0.004, 0.001, 0, 0]
const SLOW = [0.02, 0.05, 0.1, 0.2, 0.25, 0.2, 0.1, 0.05, 0.02, 0.008, 0.002]
const STALLED_BUCKET = 8
const SAME_BUCKET = 3

type Side = { answered: number; failed: number; perServer: { answered: number; failed: number }[]; latency: number[] }
/** Failures of a burst that end up in the next tick, by server. */
type Carried = number[]
type Broken = { candidate: boolean }[]

export function* deploy(scenario: Scenario, random: Random): Generator<Tick> {
  const ticks = rawTicks(scenario, random)
  const kept = scenario.missedTicks ? merged(ticks, random) : ticks
  yield* scenario.counterResets ? reset(kept, random) : kept
}

/** What the stable release did before, a tick an entry. `ticks` of a length that has as many requests as one needs. */
export function history(scenario: Scenario, random: Random, ticks = HISTORY_TICKS): ServerCounts[][] {
  if (!scenario.history) return []
  const carried: Carried = []
  const phase = random.next() * 2 * Math.PI
  return Array.from({ length: ticks }, (_, index) => {
    const swing = swingOf(scenario, index, phase)
    const requests = scenario.rate * swing * TICK_SECONDS
    // Clients are not bound to a server by a deploy that does not run: what they do wrong is spread.
    const side = sideOf(scenario, random, requests, scenario.errorRate * swing, 1, carried, null)
    return serversOf(side)
  })
}

/** The first share of the ramp, for so many ticks. */
export function steady(scenario: Scenario, random: Random, ticks: number): Generator<Tick> {
  return rawTicks({ ...scenario, ramp: scenario.ramp.slice(0, 1) }, random, ticks)
}

function* rawTicks(scenario: Scenario, random: Random, stepTicks = STEP_TICKS): Generator<Tick> {
  const phase = random.next() * 2 * Math.PI
  const total = scenario.ramp.length * stepTicks
  const [outageAt, slowAt] = [random.between(0, total), random.between(0, total)]
  const carried: { c: Carried; s: Carried } = { c: [], s: [] }
  const clients = { c: 0, s: 0, broken: [] as Broken }
  let index = 0
  for (const share of scenario.ramp) {
    const ticks = share === 10_000 && !scenario.alone ? LAST_STEP_TICKS : stepTicks
    for (let step = 0; step < ticks; step++, index++) {
      const swing = swingOf(scenario, index, phase)
      const out = scenario.outage && index >= outageAt && index < outageAt + OUTAGE.ticks
      const slow = scenario.slow && index >= slowAt && index < slowAt + SLOW_EPISODE_TICKS
      const rateOf = (usual: number) => (out ? OUTAGE.rate : usual * swing)
      const part = share / 10_000
      const sent = scenario.rate * swing * TICK_SECONDS
      const drawn = { c: 0, s: 0 }
      let [toC, toS] = [sent * part, sent * (1 - part)]
      if (scenario.sticky) {
        const arriving = sent * (1 - STICKY.stay)
        drawn.c = random.poisson(arriving * part)
        drawn.s = random.poisson(arriving * (1 - part))
        if (index === 0) clients.s = 0
        clients.c = toC = clients.c * STICKY.stay + drawn.c
        clients.s = toS = clients.s * STICKY.stay + drawn.s
      }
      const mix = slow ? SLOW : USUAL
      const candidateMix = scenario.slowCandidate ? SLOW : mix
      const c = sideOf(scenario, random, toC, rateOf(scenario.candidateErrorRate), part, carried.c, candidateMix)
      const s = sideOf(scenario, random, toS, rateOf(scenario.errorRate), 1 - part, carried.s, mix)
      if (scenario.sticky) withBroken(clients, drawn, c, s, random)
      yield {
        at: index * TICK_MS,
        ms: TICK_MS,
        share,
        candidate: armOf(c, scenario.sticky ? drawn.c : c.answered, random),
        stable: scenario.alone ? null : armOf(s, scenario.sticky ? drawn.s : s.answered, random),
        servers: serversOf(scenario.alone ? c : s),
        probes: null,
      }
    }
  }
}

function swingOf({ diurnal }: Scenario, index: number, phase: number): number {
  return diurnal ? 1 + 0.8 * Math.sin((2 * Math.PI * index * TICK_SECONDS) / DIURNAL_PERIOD_S + phase) : 1
}

/** `part` of all traffic is that side's: what happens to servers happens to the side as often. */
function sideOf(
  scenario: Scenario,
  random: Random,
  requests: number,
  errorRate: number,
  part: number,
  carried: Carried,
  /** Parts of the answers in each bucket; `null`: nobody asks. */
  mix: readonly number[] | null,
): Side {
  const perServer = Array.from({ length: SERVERS }, (_, server) => {
    const late = carried[server] ?? 0
    carried[server] = 0
    return { answered: random.poisson((requests * (1 - errorRate)) / SERVERS) + late, failed: late }
  })
  for (const size of burstsOf(scenario, random, requests * errorRate, part)) {
    const server = Math.floor(random.next() * SERVERS)
    const late = size > 1 && random.next() < CUT ? random.between(1, size - 1) : 0
    carried[server] = carried[server]! + late
    perServer[server]!.answered += size - late
    perServer[server]!.failed += size - late
  }
  const answered = perServer.reduce((sum, server) => sum + server.answered, 0)
  const failed = perServer.reduce((sum, server) => sum + server.failed, 0)
  return {
    answered,
    failed,
    perServer,
    latency: mix === null ? [] : latencyOf(scenario, random, perServer, answered, mix),
  }
}

/** Sizes of the bursts of a tick, `failures` in all on average. */
function burstsOf({ errors }: Scenario, random: Random, failures: number, part: number): number[] {
  const sizes = (mean: number, size: () => number) => Array.from({ length: random.poisson(failures / mean) }, size)
  switch (errors) {
    case 'alone':
      return sizes(1, () => 1)
    case 'bursts_1_5':
      return sizes(3, () => random.between(1, 5))
    case 'geometric_4':
      return sizes(4, () => random.geometric(4))
    case 'blips': {
      const blips = random.poisson(BLIPS_PER_SECOND * TICK_SECONDS * part)
      return [...sizes(1, () => 1), ...Array.from({ length: blips }, () => random.between(8, 15))]
    }
  }
}

/** Each server stalls now and then: all that it answers in a tick is slow. */
function latencyOf(
  { slow }: Scenario,
  random: Random,
  perServer: Side['perServer'],
  answered: number,
  mix: readonly number[],
): number[] {
  const buckets = Array.from({ length: LATENCY_EDGES_MS.length + 1 }, () => 0)
  if (!slow) {
    buckets[SAME_BUCKET] = answered
    return buckets
  }
  for (const { answered: own } of perServer) {
    if (random.next() < STALLS_PER_SERVER_SECOND * TICK_SECONDS) buckets[STALLED_BUCKET]! += own
    else for (const [bucket, part] of mix.entries()) buckets[bucket]! += random.poisson(own * part)
  }
  return buckets
}

function withBroken(
  clients: { broken: Broken },
  drawn: { c: number; s: number },
  c: Side,
  s: Side,
  random: Random,
): void {
  const arriving = (count: number, candidate: boolean) =>
    Array.from({ length: random.poisson(count * STICKY.broken) }, () => ({ candidate }))
  clients.broken = [
    ...clients.broken.filter(() => random.next() < STICKY.stay),
    ...arriving(drawn.c, true),
    ...arriving(drawn.s, false),
  ]
  for (const { candidate } of clients.broken) {
    const side = candidate ? c : s
    const server = side.perServer[Math.floor(random.next() * SERVERS)]!
    for (const count of [side, server]) {
      count.answered++
      count.failed++
    }
  }
}

function armOf({ answered, failed, latency }: Side, drawn: number, random: Random): ArmCounts {
  const clientErrors = Math.min(answered - failed, random.poisson((answered - failed) * CLIENT_ERROR_RATE))
  return {
    drawn,
    answered,
    failed,
    failedForUsers: failed,
    clientErrors,
    declared: 0,
    succeeded: answered - failed - clientErrors,
    latency,
  }
}

function serversOf({ perServer }: Side): ServerCounts[] {
  return perServer.map(({ answered, failed }, server) => ({ name: `r1-${server}`, release: 1, answered, failed }))
}

/** Nobody looked in time: what two ticks counted is seen as one. */
function* merged(ticks: Iterable<Tick>, random: Random): Generator<Tick> {
  let waiting: Tick | null = null
  for (const tick of ticks) {
    const seen: Tick = waiting === null ? tick : both(waiting, tick)
    waiting = random.next() < MISSED ? seen : null
    if (waiting === null) yield seen
  }
  if (waiting !== null) yield waiting
}

function both(a: Tick, b: Tick): Tick {
  return {
    ...b,
    ms: a.ms + b.ms,
    share: a.share === b.share ? a.share : null,
    candidate: sumOf(a.candidate, b.candidate),
    stable: a.stable && b.stable && sumOf(a.stable, b.stable),
    servers: b.servers.map((server, place) => ({
      ...server,
      answered: server.answered + a.servers[place]!.answered,
      failed: server.failed + a.servers[place]!.failed,
    })),
  }
}

/** The proxy started again within the tick: what it counted before is lost, of both sides. */
function* reset(ticks: Iterable<Tick>, random: Random): Generator<Tick> {
  for (const tick of ticks) {
    if (random.next() >= RESET) {
      yield tick
      continue
    }
    const left = random.next()
    const thin = (count: number) => random.binomial(count, left)
    const arm = (counts: ArmCounts): ArmCounts => {
      const [failed, clientErrors] = [thin(counts.failed), thin(counts.clientErrors)]
      const succeeded = thin(counts.succeeded)
      const answered = failed + clientErrors + succeeded
      const latency = counts.latency.map(thin)
      return {
        drawn: answered,
        answered,
        failed,
        failedForUsers: failed,
        clientErrors,
        declared: 0,
        succeeded,
        latency,
      }
    }
    const servers = tick.servers.map((server) => {
      const failed = thin(server.failed)
      return { ...server, failed, answered: failed + thin(server.answered - server.failed) }
    })
    yield { ...tick, candidate: arm(tick.candidate), stable: tick.stable && arm(tick.stable), servers }
  }
}

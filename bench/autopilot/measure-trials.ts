// Versions on trial under load: bad ones, until they are taken back, and good ones, which must not be.
// Invariant: a bad version that was not taken back is an error, never a sample.
import type { BenchContext } from '../bench.ts'
import { sleep } from '../command.ts'
import { allRecords, type Recorded } from '../load/vegeta-records.ts'
import { inTurn, startAttack } from '../load/vegeta.ts'
import { BAD, GOOD } from '../shop.ts'
import { percentile, spread } from '../statistics.ts'
import { cellText } from '../table.ts'
import type { Tried, TrialArena } from './arena.ts'
import type { BadCase, Known, TrialRow } from './row.ts'
import { userView, type Visit, visitsOf } from './visits.ts'

/** Users are there before a release is tried, and afterwards. */
const SETTLE_MS = 500
const SLOW_STABLE = 'slow=20ms'
const SLOW_MS = 100

type Bad = { readonly faults: string; readonly stableFaults: string; readonly isBad: (visit: Visit) => boolean }

const fails = ({ status }: Visit) => status >= 500
const BAD_ONES: Readonly<Record<BadCase, Bad>> = {
  'fails 100 %': { faults: 'fail=100%', stableFaults: '', isBad: fails },
  'fails 24 %': { faults: 'fail=24%', stableFaults: '', isBad: fails },
  'fails 5 %': { faults: 'fail=5%', stableFaults: '', isBad: fails },
  '10 times slower': { faults: 'slow=200ms', stableFaults: SLOW_STABLE, isBad: ({ tookMs }) => tookMs >= SLOW_MS },
  'answers 404': { faults: 'notfound=100%', stableFaults: '', isBad: ({ status }) => status === 404 },
}

export function stableFaultsOf(bad: BadCase): string {
  return BAD_ONES[bad].stableFaults
}

export type Asked = { readonly load: number; readonly known: Known; readonly runs: number }

/** The stable release serves already. */
export async function measureBad(
  context: BenchContext,
  arena: TrialArena,
  bad: BadCase,
  asked: Asked,
): Promise<TrialRow> {
  const { faults, isBad } = BAD_ONES[bad]
  const { tried, records } = await tryAgainAndAgain(context, arena, asked, () => arena.tryOut({ tag: BAD.tag, faults }))
  const samples = tried.map((one) => sampleOf(one, records, isBad))
  const row = rowOf(bad, asked, tried, records, {
    first_bad_to_back_ms: spread(samples.map(({ backMs }) => backMs)),
    candidate_requests: spread(samples.map(({ requests }) => requests)),
    decided_ms: spread(samples.map(({ decidedMs }) => decidedMs)),
  })
  report(context, row)
  return row
}

export async function measureGood(context: BenchContext, arena: TrialArena, asked: Asked): Promise<TrialRow> {
  const { tried, records } = await tryAgainAndAgain(context, arena, asked, () =>
    arena.tryOut({ tag: GOOD.tag, faults: '' }, 'short'),
  )
  const row = rowOf('good', asked, tried, records, {
    first_bad_to_back_ms: null,
    candidate_requests: null,
    decided_ms: null,
  })
  report(context, row)
  return row
}

async function tryAgainAndAgain(
  context: BenchContext,
  arena: TrialArena,
  { load: perSecond, runs }: Asked,
  tryOut: () => Promise<Tried>,
): Promise<{ tried: Tried[]; records: Recorded[] }> {
  const load = startRequests(context, arena, perSecond)
  const tried: Tried[] = []
  for (let each = 0; each < runs; each++) {
    await sleep(SETTLE_MS, context.signal)
    tried.push(await tryOut())
  }
  await sleep(SETTLE_MS, context.signal)
  return { tried, records: await load.stop() }
}

let attacks = 0

/** GET and POST in turn. */
export function startRequests(context: BenchContext, arena: Pick<TrialArena, 'url'>, perSecond: number) {
  const name = `requests-${++attacks}`
  return startAttack(context, { name, perSecond, targets: inTurn(context, name, arena.url) }, allRecords)
}

type Sample = { readonly backMs: number; readonly decidedMs: number; readonly requests: number }

function sampleOf(one: Tried, records: readonly Recorded[], isBad: (visit: Visit) => boolean): Sample {
  const { window, log, outcome, decidedAt } = one
  if (outcome !== 'rolled_back' || decidedAt === null) throw new Error(`r${one.release} was not taken back: ${outcome}`)
  const during = records.filter(({ startedAt, endedAt }) => endedAt >= window.from && startedAt <= window.to)
  const visits = visitsOf(during, log, BAD.tag)
  const firstBad = visits.find(isBad)
  const last = visits.at(-1)
  if (firstBad === undefined || last === undefined) throw new Error(`r${one.release} has given no bad answer`)
  return {
    backMs: last.endedAt - firstBad.endedAt,
    decidedMs: decidedAt - firstBad.endedAt,
    requests: visits.length,
  }
}

function rowOf(
  name: TrialRow['case'],
  { load, known, runs }: Asked,
  tried: readonly Tried[],
  records: readonly Recorded[],
  times: Pick<TrialRow, 'first_bad_to_back_ms' | 'candidate_requests' | 'decided_ms'>,
): TrialRow {
  const { sent, failedGet, failedPost, notFound, stableFailed } = userView(records, GOOD.tag)
  return {
    case: name,
    subject: 'astern',
    load,
    stable_errors: known,
    phi: percentile(
      tried.map(({ phi }) => phi),
      50,
    ),
    runs,
    taken_back: tried.filter(({ outcome }) => outcome === 'rolled_back').length,
    ...times,
    user_failures_get: failedGet,
    user_failures_post: failedPost,
    user_404: notFound,
    stable_failures: stableFailed,
    sent,
  }
}

function report({ say }: BenchContext, row: TrialRow): void {
  const times = `back ${cellText(row.first_bad_to_back_ms)} ms · decided ${cellText(row.decided_ms)} ms · saw ${cellText(row.candidate_requests)}`
  const failed = `failed GET ${row.user_failures_get} POST ${row.user_failures_post} of ${row.sent}`
  say(
    `${row.case}, ${row.load}/s, φ ${cellText(row.phi)}, ${row.runs} runs: taken back ${row.taken_back} · ${times} · ${failed}`,
  )
}

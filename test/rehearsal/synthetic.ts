// A rehearsal that never happened, for tests: every answer follows from its number, so that every figure can be worked out by hand.
import type { Answer } from './answer.ts'
import { analyse, type Moments, type Versions } from './analyse.ts'
import { checksOf } from './checks.ts'
import { bad, good } from './images.ts'
import type { Findings } from './report.ts'
import { buckets, dotsAround } from './timeline.ts'

export const versions: Versions = { good: good.tag, bad: bad.tag }
const startMs = Date.parse('2026-04-05T10:23:45.000Z')
export const moments: Moments = {
  loadStartMs: startMs,
  deployStartMs: startMs + 4_000,
  deployEndMs: startMs + 6_000,
  rollbackStartMs: startMs + 10_000,
  rollbackEndMs: startMs + 10_050,
}
const end = 14_000
/** Traffic moved so long after the start of the load. */
const forwardMs = 5_800
const backMs = 10_020

/** One request per millisecond. The bad release takes 150 ms and fails every fourth; the good one takes 1 ms and fails none. */
export function answers(change: (answer: Answer, atMs: number) => Answer = (answer) => answer): Answer[] {
  return Array.from({ length: end }, (_, atMs) => {
    const isBad = atMs >= forwardMs && atMs < backMs
    const isFailed = isBad && atMs % 4 === 0
    const answer: Answer = {
      sentMs: startMs + atMs,
      tookMs: isBad ? 150 + (atMs % 7) : 1 + (atMs % 13 === 0 ? 2 : 0),
      method: atMs % 2 === 0 ? 'GET' : 'POST',
      code: isFailed ? 500 : atMs % 2 === 0 ? 200 : 201,
      version: isBad ? versions.bad : versions.good,
      error: isFailed ? '500 Internal Server Error' : '',
    }
    return change(answer, atMs)
  })
}

export function findings(given: readonly Answer[] = answers(), active: string | null = versions.good): Findings {
  const analysis = analyse(given, moments, versions)
  const steps = (names: readonly [string, number][], fromMs: number) =>
    names.map(([step, durationMs], index) => ({ step, status: 'succeeded', atMs: fromMs + index * 3, durationMs }))
  const rollbackSteps = steps(
    [
      ['plan', 0.4],
      ['shift_traffic', 0.9],
      ['prove', 1.6],
    ],
    moments.rollbackStartMs + 18,
  )
  const deploySteps = steps(
    [
      ['plan', 12],
      ['create', 800],
      ['health', 400],
      ['shift_traffic', 1.1],
    ],
    moments.deployStartMs,
  )
  return {
    machine: {
      cpu: 'An <Imaginary> CPU',
      cores: 2,
      memoryMib: 8_192,
      system: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0',
      node: 'v24.21.0',
      docker: '20.10.24',
      loadAverage: 0.4,
    },
    target: 'http://127.0.0.1:18080',
    ratePerSecond: 1_000,
    loadStartMs: startMs,
    versions,
    good: { ...good, release: 'r1' },
    bad: { ...bad, release: 'r2' },
    analysis,
    deploy: {
      startMs: moments.deployStartMs,
      operation: { transactionId: 'tx-00000001', steps: deploySteps, toProofMs: 1_213.1 },
    },
    rollback: {
      startMs: moments.rollbackStartMs,
      operation: { transactionId: 'tx-00000002', steps: rollbackSteps, toProofMs: 2.9 },
    },
    checks: checksOf(analysis, versions, active),
    steps: [
      { command: 'astern up', startMs: startMs - 3_000, endMs: startMs - 1_500, exit: 0 },
      {
        command: 'astern rollback -m "checkout answers 500"',
        startMs: moments.rollbackStartMs,
        endMs: moments.rollbackEndMs,
        exit: 0,
      },
    ],
    timeline: buckets(given, startMs, versions),
    around: dotsAround(given, { startMs: moments.rollbackStartMs, endMs: moments.rollbackEndMs }, versions),
  }
}

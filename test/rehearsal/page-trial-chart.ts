// The picture of a release on trial: the evidence against it look by look, on a logarithmic scale, and beneath it the share that it had. Pure.
import { duration } from './numbers.ts'
import { type Box, label, line, moment, px, scale, stepArea, svg, ticks, timeAxis } from './page-chart.ts'
import type { Size } from './page-charts.ts'
import type { TrialReport } from './report.ts'

/** log10 of odds, which is what is drawn. */
export type Range = { readonly least: number; readonly most: number }

const room = { left: 58, right: 26, below: 24 }
/** Of the evidence, of the share, and between them. */
const heights = { wide: 210, narrow: 180, share: 56, gap: 34, above: { bad: 46, good: 14 } }
const mostLabels = 6
const afterMs = 600

/** One scale for both pictures, so that they can be compared. */
export function rangeOf(trials: readonly TrialReport[]): Range {
  const drawn = trials.flatMap(({ evidence, enough }) => [...evidence.map((point) => point.evidence), enough ?? 0])
  return { least: Math.min(-0.5, ...drawn) - 0.2, most: Math.max(1, ...drawn) + 0.6 }
}

export function trialChart(trial: TrialReport, range: Range, kind: 'bad' | 'good', { width, isNarrow }: Size): string {
  const { evidence, enough, against } = trial
  const height = isNarrow ? heights.narrow : heights.wide
  const above = heights.above[kind]
  const box: Box = { left: room.left, right: width - room.right, top: above, bottom: above + height }
  const top = box.bottom + heights.gap
  const shares: Box = { ...box, top, bottom: top + heights.share }
  const firstAt = trial.at_ms + (trial.on_trial_ms ?? 0)
  const since = (ms: number) => ms - firstAt
  const sinceCommand = (ms: number) => ms - (trial.on_trial_ms ?? 0)
  const lastMs = since(evidence.at(-1)?.at_ms ?? firstAt)
  const goneMs = trial.gone_ms === null ? null : sinceCommand(trial.gone_ms)
  const span = Math.max(lastMs, goneMs ?? 0, 1_000) + afterMs
  const x = scale([0, span], [box.left, box.right])
  const y = scale([range.least, range.most], [box.bottom, box.top])
  const points = [
    [x(0), y(0)] as const,
    ...evidence.map((point) => [x(since(point.at_ms)), y(point.evidence)] as const),
  ]
  const seconds = ticks(span / 1_000, isNarrow ? 5 : 8).map((second) => second * 1_000)
  return svg(
    width,
    shares.bottom + room.below,
    `The evidence against ${trial.version} over time, on a logarithmic scale, and the share of the requests that it had`,
    [
      ...powers(range).map((power) => {
        const at = px(y(power))
        const grid = `<line class="${power === 0 ? 'axis' : 'grid'}" x1="${px(box.left)}" x2="${px(box.right)}" y1="${at}" y2="${at}"/>`
        return grid + label(box.left - 6, y(power) + 4, odds(power), 'end')
      }),
      shareArea(trial, kind, shares, x, { since, goneMs, lastMs, span }),
      timeAxis(shares, x, seconds, (ms) => `${ms / 1_000} s`),
      trial.first_bad_ms === null
        ? ''
        : moment(box, x(Math.max(0, sinceCommand(trial.first_bad_ms))), 'first bad answer', 0),
      goneMs === null
        ? ''
        : moment(
            { ...box, bottom: shares.bottom },
            x(goneMs),
            `100 % on ${against}${isNarrow ? '' : ` again, after ${duration(trial.bad_for_ms ?? 0)}`}`,
            1.2,
            'moment strong',
          ),
      line(points, `line-${kind}`),
      // Where looks are far apart it matters when they were.
      ...(evidence.length > 40
        ? []
        : points.map(([cx, cy]) => `<circle class="fill-${kind}" cx="${px(cx)}" cy="${px(cy)}" r="3"/>`)),
      enough === null ? '' : threshold(box, y(enough), enough, isNarrow),
    ],
  )
}

function threshold(box: Box, at: number, enough: number, isNarrow: boolean): string {
  const words = `${Math.round(10 ** enough).toLocaleString('en')} to 1${isNarrow ? '' : ': enough to go back'}`
  return (
    `<line class="enough" x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(at)}" y2="${px(at)}"/>` +
    // On the left, where the evidence has not got so far yet.
    label(box.left + 6, at - 6, words, 'start', 'moment-text')
  )
}

type Times = {
  readonly since: (ms: number) => number
  readonly goneMs: number | null
  readonly lastMs: number
  readonly span: number
}

/** What it was configured to get; after its trial nothing, or everything. */
function shareArea(
  { evidence, active, version }: TrialReport,
  kind: 'bad' | 'good',
  box: Box,
  x: (ms: number) => number,
  { since, goneMs, lastMs, span }: Times,
): string {
  const y = scale([0, 1], [box.bottom, box.top])
  const endMs = goneMs ?? lastMs
  const steps = [
    ...stretches(
      evidence.map(({ at_ms, share }) => ({ untilMs: Math.min(since(at_ms), endMs), share })),
      endMs,
    ),
    { fromMs: endMs, share: active === version ? 1 : 0 },
  ]
  const edges = [...steps.map(({ fromMs }) => x(fromMs)), x(span)]
  const upper = steps.map(({ share }) => y(share))
  const base = `<line class="axis" x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(box.bottom)}" y2="${px(box.bottom)}"/>`
  const ceiling = `<line class="grid" x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(box.top)}" y2="${px(box.top)}"/>`
  const names = steps
    // The end of it is at the edge, where the axis says the same.
    .filter(({ fromMs }) => fromMs < endMs)
    .map(({ fromMs, share }) =>
      label(x(fromMs) + 4, y(share) - 5, `${Number((share * 100).toFixed(2))} %`, 'start', 'moment-text'),
    )
  return [
    ceiling,
    stepArea(
      edges,
      upper.map(() => y(0)),
      upper,
      `fill-${kind}`,
    ),
    base,
    label(box.left - 6, box.top + 4, '100 %', 'end'),
    label(box.left - 6, box.bottom + 4, '0', 'end'),
    ...names,
  ].join('')
}

/** Looks of one share as one. */
function stretches(
  looks: readonly { readonly untilMs: number; readonly share: number }[],
  endMs: number,
): { fromMs: number; share: number }[] {
  const found: { fromMs: number; share: number }[] = []
  let fromMs = 0
  for (const { untilMs, share } of looks) {
    if (found.at(-1)?.share !== share && fromMs < endMs) found.push({ fromMs, share })
    fromMs = untilMs
  }
  return found
}

/** Whole powers of ten, few enough to be read. */
function powers({ least, most }: Range): number[] {
  const first = Math.ceil(least)
  const step = Math.max(1, Math.ceil((most - first) / mostLabels))
  const all = Array.from({ length: Math.floor(most) - first + 1 }, (_, index) => first + index)
  return all.filter((power) => power % step === 0)
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** `1`, `1,000`, `10⁶`, `0.1`: odds to 1. */
function odds(power: number): string {
  if (power < 0) return String(Number((10 ** power).toPrecision(1)))
  if (power <= 4) return (10 ** power).toLocaleString('en')
  return `10${String(power).replaceAll(/\d/g, (digit) => superscripts[Number(digit)] ?? '')}`
}

// The three pictures of the page: who answered, how fast, and the rollback request by request. Pure. Each is drawn for a width, so that
// its letters stay readable on a phone.
import type { Report } from './report.ts'
import {
  band,
  type Box,
  horizontalGrid,
  label,
  line,
  moment,
  px,
  scale,
  stepArea,
  svg,
  ticks,
  timeAxis,
} from './page-chart.ts'
import { bucketMs, reachAfterMs, reachBeforeMs } from './timeline.ts'

export type Size = { readonly width: number; readonly isNarrow: boolean }

/** Above the greatest value, so that a line is not drawn on the chart's edge. */
const headroom = 1.05
const room = { left: 46, right: 26, below: 24 }

export function answersChart(report: Report, { width, isNarrow }: Size): string {
  const { timeline } = report
  const box = boxOf(width, isNarrow ? 190 : 230, 42)
  const x = xOf(report, box)
  const totals = timeline.map(({ good, bad, failed, lost }) => good + bad + failed + lost)
  // Requests per second are what people think in.
  const perSecond = 1_000 / bucketMs
  const greatest = Math.max(...totals, 1) * perSecond
  const values = ticks(greatest, 4)
  const y = scale([0, greatest * headroom], [box.bottom, box.top])
  const edges = [...timeline.map(({ at_ms }) => x(at_ms)), x(spanOf(report))]
  let lower = timeline.map(() => 0)
  const areas = (['good', 'bad', 'failed', 'lost'] as const).map((kind) => {
    const upper = timeline.map((bucket, index) => (lower[index] ?? 0) + bucket[kind] * perSecond)
    const area = timeline.some((bucket) => bucket[kind] > 0)
      ? stepArea(edges, lower.map(y), upper.map(y), `fill-${kind}`)
      : ''
    lower = upper
    return area
  })
  return svg(
    width,
    box.bottom + room.below,
    'Requests per second over time, by the release that answered and whether it failed',
    [
      ...areas,
      horizontalGrid(box, y, values, (value) => value.toLocaleString('en')),
      timeAxis(box, x, secondsOf(report, isNarrow), (ms) => `${ms / 1_000} s`),
      commandMarks(report, box, x, isNarrow),
    ],
    hoverData(report, box),
  )
}

export function latencyChart(report: Report, { width, isNarrow }: Size): string {
  const { timeline } = report
  const box = boxOf(width, isNarrow ? 150 : 170, 42)
  const x = xOf(report, box)
  const greatest = Math.max(...timeline.map(({ p99_ms }) => p99_ms ?? 0), 1)
  const values = ticks(greatest, 4)
  const y = scale([0, greatest * headroom], [box.bottom, box.top])
  const points = (of: (bucket: Report['timeline'][number]) => number | null) =>
    timeline.map((bucket) => {
      const value = of(bucket)
      return value === null ? null : ([x(bucket.at_ms + bucketMs / 2), y(value)] as const)
    })
  return svg(
    width,
    box.bottom + room.below,
    'Response time over time: median and 99th percentile',
    [
      horizontalGrid(box, y, values, (value) => `${value} ms`.replace(/^0 ms$/, '0')),
      timeAxis(box, x, secondsOf(report, isNarrow), (ms) => `${ms / 1_000} s`),
      commandMarks(report, box, x, isNarrow),
      line(
        points(({ p99_ms }) => p99_ms),
        'line-p99',
      ),
      line(
        points(({ p50_ms }) => p50_ms),
        'line-p50',
      ),
    ],
    hoverData(report, box),
  )
}

/** Dots at the moment at which each request was sent, as high as its answer took. */
export function rollbackChart(report: Report, { width, isNarrow }: Size): string {
  const { around_rollback: dots, rollback, releases } = report
  const box = boxOf(width, isNarrow ? 240 : 280, 58)
  const reach = reachAfterMs(rollback.command_ms)
  const x = scale([-reachBeforeMs, reach], [box.left, box.right])
  const greatest = Math.max(...dots.map(({ took_ms }) => took_ms), 1)
  const values = ticks(greatest, 4)
  const y = scale([0, greatest * headroom], [box.bottom, box.top])
  const seen = (ms: number | null): ms is number => ms !== null && ms <= reach
  const returned = rollback.command_ms
  const hasRoomLeft = x(0) > (isNarrow ? 110 : 170)
  const marks = dots.map(({ at_ms, took_ms, version, fate }) => {
    const at = `${px(x(at_ms))} ${px(y(took_ms))}`
    if (fate === 'failed') return `<path class="dot-failed" d="M${at}m-3 -3l6 6m0 -6l-6 6"/>`
    if (fate === 'lost') return `<path class="dot-lost" d="M${at}m0 -5l5 5l-5 5l-5 -5z"/>`
    const kind = version === releases.bad.version ? 'bad' : 'good'
    return `<circle class="dot-${kind}" cx="${px(x(at_ms))}" cy="${px(y(took_ms))}" r="${isNarrow ? 2 : 2.6}"/>`
  })
  return svg(width, box.bottom + room.below, 'Every request sent around the rollback, by its response time', [
    seen(returned) ? band(box, x(0), x(returned)) : band(box, x(0), box.right),
    horizontalGrid(box, y, values, (value) => `${value} ms`.replace(/^0 ms$/, '0')),
    timeAxis(box, x, everyMs(-reachBeforeMs, reach, isNarrow ? 5 : 9), (ms) =>
      ms > 0 ? `+${ms} ms` : `${ms} ms`.replace('-', '−'),
    ),
    `<line class="moment" x1="${px(x(0))}" x2="${px(x(0))}" y1="${px(box.top - 32)}" y2="${px(box.bottom)}"/>`,
    // Its words stand to the left, where nothing else does, as long as there is room for them.
    label(
      hasRoomLeft ? x(0) - 5 : x(0) + 5,
      box.top - 24,
      isNarrow ? 'rollback typed' : 'astern rollback is typed',
      hasRoomLeft ? 'end' : 'start',
      'moment-text',
    ),
    seen(rollback.last_bad_ms)
      ? moment(box, x(rollback.last_bad_ms), `switched +${Math.round(rollback.last_bad_ms)} ms`, 0)
      : '',
    seen(returned)
      ? moment(box, x(returned), `${isNarrow ? 'returned' : 'proven, and returned'} +${Math.round(returned)} ms`, 1.6)
      : '',
    ...marks,
  ])
}

/** Round moments from one to the other, zero among them. */
function everyMs(fromMs: number, toMs: number, most: number): number[] {
  const step = ticks(toMs - fromMs, most)[1] ?? toMs
  const first = Math.ceil(fromMs / step)
  return Array.from({ length: Math.floor(toMs / step) - first + 1 }, (_, index) => (first + index) * step)
}

function boxOf(width: number, height: number, above: number): Box {
  return { left: room.left, right: width - room.right, top: above, bottom: above + height }
}

function spanOf({ timeline }: Report): number {
  return timeline.length * bucketMs
}

function xOf(report: Report, box: Box) {
  return scale([0, spanOf(report)], [box.left, box.right])
}

function secondsOf(report: Report, isNarrow: boolean): number[] {
  return ticks(spanOf(report) / 1_000, isNarrow ? 5 : 10)
    .map((second) => second * 1_000)
    .filter((ms) => ms <= spanOf(report))
}

function commandMarks(
  { deploy, rollback, releases }: Report,
  box: Box,
  x: (ms: number) => number,
  isNarrow: boolean,
): string {
  const deployText = isNarrow ? 'deploy' : `astern deploy ${releases.bad.version}`
  const rollbackText = isNarrow ? 'rollback' : 'astern rollback'
  return (
    band(box, x(deploy.at_ms), x(deploy.at_ms + deploy.command_ms)) +
    moment(box, x(deploy.at_ms), deployText) +
    moment(box, x(rollback.at_ms), rollbackText, 0, 'moment strong')
  )
}

/** What the page's script needs to find the bucket under the pointer. */
function hoverData(report: Report, { left, right, top, bottom }: Box): string {
  return ` data-left="${px(left)}" data-right="${px(right)}" data-top="${px(top)}" data-bottom="${px(bottom)}" data-buckets="${report.timeline.length}"`
}

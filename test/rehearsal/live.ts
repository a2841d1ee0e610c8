// One line per second of load, or per few seconds: who answered, how well, how fast. Lines wait while a command has the screen.
import { type Answer, endMs, fateOf } from './answer.ts'
import { percentile, type Versions } from './analyse.ts'
import { count, milliseconds, percent } from './numbers.ts'
import { padEnd, padStart, paint, type Style } from './screen.ts'

const barWidth = 30
const secondMs = 1_000

export type Live = {
  add(answer: Answer): void
  /** Prints the lines that are over. */
  flush(): void
}

type Part = { readonly glyph: string; readonly style: Style; readonly share: number }

export function createLive(
  startMs: number,
  versions: Versions,
  print: (line: string) => void,
  lineMs = secondMs,
): Live {
  let second: Answer[] = []
  let index = 0
  const ready: string[] = []
  const close = () => {
    const seconds = lineMs / secondMs
    if (second.length > 0) ready.push(secondLine((index + 1) * seconds, second, versions, seconds))
    second = []
  }
  return {
    add: (answer) => {
      const at = Math.max(index, Math.floor((endMs(answer) - startMs) / lineMs))
      if (at > index) {
        close()
        index = at
      }
      second.push(answer)
    },
    flush: () => {
      for (const line of ready.splice(0)) print(line)
    },
  }
}

export function liveLegend({ good, bad }: Versions): string {
  return [
    `${paint('blue', '█')} ${good}`,
    `${paint('yellow', '▒')} ${bad}`,
    `${paint('red', '×')} failed by ${bad}`,
    `${paint('red', '!')} lost`,
  ].join('   ')
}

/** `second`: the last of `seconds`. */
export function secondLine(second: number, answers: readonly Answer[], versions: Versions, seconds = 1): string {
  const share = (wanted: (answer: Answer) => boolean) => answers.filter(wanted).length / answers.length
  const fate = (answer: Answer) => fateOf(answer, versions.bad)
  const isOkFrom = (bad: boolean) => (answer: Answer) =>
    fate(answer) === 'ok' && (answer.version === versions.bad) === bad
  const ok = share((answer) => fate(answer) === 'ok')
  const bar = barOf([
    { glyph: '█', style: 'blue', share: share(isOkFrom(false)) },
    { glyph: '▒', style: 'yellow', share: share(isOkFrom(true)) },
    { glyph: '×', style: 'red', share: share((answer) => fate(answer) === 'failed') },
    { glyph: '!', style: 'red', share: share((answer) => fate(answer) === 'lost') },
  ])
  const times = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  const success = padStart(percent(ok), 8)
  return [
    padStart(`${second} s`, 5),
    padStart(`${count(Math.round(answers.length / seconds))}/s`, 8),
    bar,
    ok === 1 ? success : paint('red', success),
    `mean ${padStart(milliseconds(mean), 8)}`,
    padEnd(`p99 ${padStart(milliseconds(percentile(times, 99)), 8)}`, 12),
  ].join('  ')
}

/** Whatever happened at all is seen: the smallest share gets one place, taken from the largest. */
function barOf(parts: readonly Part[]): string {
  const widths = parts.map(({ share }) => (share === 0 ? 0 : Math.max(1, Math.round(share * barWidth))))
  const widest = widths.indexOf(Math.max(...widths))
  widths[widest] = (widths[widest] ?? 0) + barWidth - widths.reduce((sum, width) => sum + width, 0)
  return parts
    .map(({ glyph, style }, index) => {
      const width = widths[index] ?? 0
      return width === 0 ? '' : paint(style, glyph.repeat(width))
    })
    .join('')
}

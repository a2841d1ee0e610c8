// The parts that every chart of the page is made of: scales, axes, labels, paths. Pure: strings of SVG come out.

export type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
export type Scale = (value: number) => number

export function scale(from: readonly [number, number], to: readonly [number, number]): Scale {
  const [a, b] = from
  const [c, d] = to
  return (value) => c + ((value - a) / (b - a || 1)) * (d - c)
}

/** Some `most` round values from 0 that do not exceed `greatest`. */
export function ticks(greatest: number, most: number): number[] {
  const rough = Math.max(greatest, 1e-9) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? 10 * power
  return Array.from({ length: Math.floor(greatest / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  )
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** One decimal is a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end', kind = 'tick'): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeText(text)}</text>`
}

export function horizontalGrid(box: Box, y: Scale, values: readonly number[], text: (value: number) => string): string {
  return values
    .map((value) => {
      const at = y(value)
      const kind = value === 0 ? 'axis' : 'grid'
      const line = `<line class="${kind}" x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(at)}" y2="${px(at)}"/>`
      return line + label(box.left - 6, at + 4, text(value), 'end')
    })
    .join('')
}

export function timeAxis(box: Box, x: Scale, values: readonly number[], text: (value: number) => string): string {
  return values.map((value) => label(x(value), box.bottom + 16, text(value), 'middle')).join('')
}

/** A moment: a line down the chart with words on top, to whichever side has room. */
export function moment(box: Box, at: number, text: string, row = 0, kind = 'moment'): string {
  const isFarRight = at > box.left + (box.right - box.left) * 0.66
  const y = box.top - 8 - row * 15
  return (
    `<line class="${kind}" x1="${px(at)}" x2="${px(at)}" y1="${px(y - 9)}" y2="${px(box.bottom)}"/>` +
    label(isFarRight ? at - 5 : at + 5, y, text, isFarRight ? 'end' : 'start', 'moment-text')
  )
}

export function band(box: Box, from: number, to: number): string {
  return `<rect class="band" x="${px(from)}" y="${px(box.top)}" width="${px(Math.max(1, to - from))}" height="${px(box.bottom - box.top)}"/>`
}

/** A stack of steps: each value holds until the next begins. `edges` has one more entry than the values. */
export function stepArea(
  edges: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  kind: string,
): string {
  const forth = upper.map(
    (value, index) => `${px(edges[index] ?? 0)},${px(value)} ${px(edges[index + 1] ?? 0)},${px(value)}`,
  )
  const back = lower
    .map((value, index) => `${px(edges[index + 1] ?? 0)},${px(value)} ${px(edges[index] ?? 0)},${px(value)}`)
    .toReversed()
  return `<polygon class="${kind}" points="${[...forth, ...back].join(' ')}"/>`
}

/** A line through what is known; `null` interrupts it. */
export function line(points: readonly (readonly [x: number, y: number] | null)[], kind: string): string {
  let pen = 'M'
  const path = points
    .map((point) => {
      if (point === null) {
        pen = 'M'
        return ''
      }
      const step = `${pen}${px(point[0])} ${px(point[1])}`
      pen = 'L'
      return step
    })
    .join('')
  return `<path class="${kind}" d="${path}"/>`
}

export function svg(width: number, height: number, title: string, parts: readonly string[], data = ''): string {
  return (
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}"${data}>` +
    `${parts.join('')}</svg>`
  )
}

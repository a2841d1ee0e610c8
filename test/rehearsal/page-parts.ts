// The parts that the page is made of: tiles, sections, charts for both widths, legends. Pure: strings of HTML come out.
import { escapeText } from './page-chart.ts'
import type { Size } from './page-charts.ts'

/** A number and its unit stay on one line. */
export const text = (words: string) => escapeText(words).replaceAll(/(\d) (ms|s|%)(?!\w)/g, '$1\u00A0$2')
const widths = { wide: 980, narrow: 370 }

export function tile(name: string, html: string, below: string, kind = ''): string {
  return `<div class="tile"><span>${text(name)}</span><strong${kind === '' ? '' : ` class="${kind}"`}>${html}</strong><span>${text(below)}</span></div>`
}

export function section(title: string, wordsHtml: string, html: string): string {
  return `<section><h2>${text(title)}</h2>${wordsHtml === '' ? '' : `<p>${wordsHtml}</p>`}${html}</section>`
}

export function chart(draw: (size: Size) => string): string {
  return (
    `<div class="chart"><div class="wide">${draw({ width: widths.wide, isNarrow: false })}</div>` +
    `<div class="narrow">${draw({ width: widths.narrow, isNarrow: true })}</div></div>`
  )
}

const shapes = {
  square: (colour: string) => `<rect width="12" height="12" rx="2" fill="${colour}"/>`,
  line: (colour: string) => `<path d="M0 6h12" stroke="${colour}" stroke-width="3"/>`,
  thin: (colour: string) => `<path d="M0 6h12" stroke="${colour}" stroke-width="1.5" stroke-opacity=".6"/>`,
  dashes: (colour: string) => `<path d="M0 6h5m2 0h5" stroke="${colour}" stroke-width="2"/>`,
  dot: (colour: string) => `<circle cx="6" cy="6" r="4" fill="${colour}"/>`,
  cross: (colour: string) => `<path d="M2 2l8 8m0 -8l-8 8" stroke="${colour}" stroke-width="2" fill="none"/>`,
  diamond: (colour: string) => `<path d="M6 0l6 6l-6 6l-6 -6z" fill="${colour}"/>`,
}

export function legend(
  entries: readonly (readonly [shape: keyof typeof shapes, colour: string, words: string])[],
): string {
  const items = entries.map(
    ([shape, colour, words]) =>
      `<li><svg viewBox="0 0 12 12" aria-hidden="true">${shapes[shape](`var(--${colour})`)}</svg>${text(words)}</li>`,
  )
  return `<ul class="legend">${items.join('')}</ul>`
}

// What the rehearsal writes to the terminal: plain text, colour only where it is wanted.
import { stripVTControlCharacters } from 'node:util'

const terminal = process.stdout.isTTY && process.env['TERM'] !== 'dumb'
const coloured = terminal && (process.env['NO_COLOR'] ?? '') === ''
const codes = { red: 31, green: 32, yellow: 33, blue: 34, bold: 1, dim: 2 } as const
export type Style = keyof typeof codes

const signOfLifeMs = 15_000
const redrawMs = 200

export function paint(style: Style, text: string): string {
  return coloured ? `\u001B[${codes[style]}m${text}\u001B[0m` : text
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

export function heading(text: string): void {
  print(`\n${paint('bold', `── ${text}`)}`)
}

/** A command as a user would type it. */
export function printCommand(line: string): void {
  print(`${paint('dim', '$')} ${paint('bold', line)}`)
}

/** Shows that something long goes on: counts seconds on a terminal, a line every 15 s elsewhere. Returns how to stop. */
export function showProgress(what: string): () => void {
  const since = performance.now()
  const seconds = () => `${Math.round((performance.now() - since) / 1_000)} s`
  const draw = () => {
    if (terminal) process.stdout.write(`\r\u001B[2K${paint('dim', `… ${what} ${seconds()}`)}`)
    else print(`  ${what}: still at it after ${seconds()}`)
  }
  if (terminal) draw()
  const timer = setInterval(draw, terminal ? redrawMs : signOfLifeMs)
  return () => {
    clearInterval(timer)
    if (terminal) process.stdout.write('\r\u001B[2K')
  }
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

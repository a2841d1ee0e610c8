// What a benchmark answers: rows, and the goals they are held against. Its shape is a contract: machines read out/bench/NAME.json.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { rounded } from './statistics.ts'
import { type Cell, table } from './table.ts'

export type Row = Readonly<Record<string, Cell>>

export type Goal = {
  readonly name: string
  /** `null`: it could not be measured; then the goal is not met. */
  readonly value: number | null
  /** `≤ 5`, `≥ 15`, `= 0` */
  readonly goal: string
  readonly ok: boolean
}

export type Measured = {
  readonly rows: readonly Row[]
  readonly goals: readonly Goal[]
  /** What a reader should know: what is counted, what was left out. */
  readonly notes: readonly string[]
  /** Versions of what was measured. */
  readonly versions?: Readonly<Record<string, string>>
}

export function atMost(name: string, value: number | null | undefined, limit: number): Goal {
  return goal(name, value, `≤ ${limit}`, (measured) => measured <= limit)
}

export function atLeast(name: string, value: number | null | undefined, limit: number): Goal {
  return goal(name, value, `≥ ${limit}`, (measured) => measured >= limit)
}

function goal(name: string, value: number | null | undefined, text: string, holds: (value: number) => boolean): Goal {
  if (value === null || value === undefined) return { name, value: null, goal: text, ok: false }
  return { name, value: rounded(value), goal: text, ok: holds(value) }
}

/** `null` unless both were measured. */
export function ratio(value: number | null | undefined, of: number | null | undefined): number | null {
  if (value === null || value === undefined || of === null || of === undefined || of === 0) return null
  return value / of
}

export function writeReport(
  folder: string,
  bench: string,
  quick: boolean,
  machine: Machine,
  measured: Measured,
): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${bench}.json`)
  const { rows, goals, notes, versions } = measured
  const report = { bench, quick, machine: { ...machine, ...versions }, rows, goals, notes }
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`)
  renameSync(`${file}.new`, file)
  return file
}

export function printable({ rows, goals, notes }: Measured): string {
  const verdicts = goals.map(({ ok, name, value, goal }) => ({ '': ok ? '✓' : '✗', goal: name, value, wanted: goal }))
  return [
    ...tables(rows),
    table(verdicts),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `· ${note}`)] : []),
  ].join('\n')
}

/** Rows one after the other that have the same columns are one table. */
function tables(rows: readonly Row[]): string[] {
  const groups: Row[][] = []
  const columnsOf = (row: Row | undefined) => (row === undefined ? null : Object.keys(row).join())
  for (const row of rows) {
    if (columnsOf(groups.at(-1)?.[0]) === columnsOf(row)) groups.at(-1)!.push(row)
    else groups.push([row])
  }
  return groups.flatMap((group) => [table(group), ''])
}

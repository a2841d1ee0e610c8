// The names that programs outside read, spelled out: a change of one of them breaks whoever depends on it.
import { expect } from 'vitest'
import type { JsonLine } from './command.ts'

const ANSWER = [
  'transaction_id',
  'operation',
  'service',
  'environment',
  'outcome',
  'from',
  'to',
  'duration_ms',
  'strategy',
  'rung',
  'proof',
  'hold',
  'warnings',
  'error',
]
const DURATIONS = ['total', 'plan', 'wake', 'health', 'shift_traffic', 'prove']
const REFERENCE = ['release', 'version', 'image', 'digest']
const STEP_LINE = ['timestamp', 'operation', 'service', 'version', 'status', 'step', 'transaction_id']
const STATUSES = ['started', 'in_progress', 'succeeded', 'failed', 'skipped']
const OUTCOMES = ['succeeded', 'rolled_back', 'failed', 'refused', 'noop', 'busy']
const STATUS = ['service', 'environment', 'active', 'candidate', 'standby', 'shares', 'health', 'hold']
const RELEASE = [...REFERENCE, 'identity', 'state', 'stable', 'quarantined', 'pinned', 'created_at', 'git_revision']

function expectNames(value: JsonLine, names: readonly string[]): void {
  expect(Object.keys(value)).toEqual(expect.arrayContaining([...names]))
  expect(names.filter((name) => value[name] === undefined)).toEqual([])
}

/** The last line of deploy and rollback: every name, none missing, unknown is `null`. */
export function expectAnswer(answer: JsonLine): void {
  const names = [...ANSWER, answer['operation'] === 'deploy' ? 'verdict' : 'git']
  expect(Object.keys(answer).sort()).toEqual(names.toSorted())
  expect(OUTCOMES).toContain(answer['outcome'])
  expect(Object.keys(answer['duration_ms'] as object).sort()).toEqual([...DURATIONS].sort())
  for (const end of ['from', 'to']) if (answer[end] !== null) expectReference(answer[end] as JsonLine)
  if (answer['proof'] !== null)
    expect(Object.keys(answer['proof'] as object).sort()).toEqual(['answers', 'of', 'release'])
  if (answer['error'] !== null) expect(Object.keys(answer['error'] as object)).toEqual(['code', 'message', 'hint'])
}

function expectReference(reference: JsonLine): void {
  expect(Object.keys(reference)).toEqual(expect.arrayContaining(REFERENCE))
  expect(reference['release']).toMatch(/^r\d+$/)
  expect(reference['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
}

/** Step lines, before the last line: one operation's, in the order of time. */
export function expectStepLines(lines: readonly JsonLine[]): void {
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(expect.arrayContaining(STEP_LINE))
    expect(STATUSES).toContain(line['status'])
    expect(line['timestamp']).toBe(new Date(String(line['timestamp'])).toISOString())
    expect(line['transaction_id']).toMatch(/^tx-[0-9a-f]{8}$/)
  }
  const times = lines.map((line) => String(line['timestamp']))
  expect(times).toEqual([...times].sort())
}

export function expectStatus(status: JsonLine): void {
  expectNames(status, STATUS)
  expect(['healthy', 'degraded', 'down']).toContain(status['health'])
  for (const end of ['active', 'candidate']) if (status[end] !== null) expectReference(status[end] as JsonLine)
  for (const standby of status['standby'] as JsonLine[]) {
    expectReference(standby)
    expect(['warm', 'frozen', 'cold', 'retired']).toContain(standby['rung'])
  }
}

export function expectRelease(release: JsonLine): void {
  expectNames(release, RELEASE)
  expectReference(release)
  expect(['active', 'candidate', 'standby', 'retired', 'failed']).toContain(release['state'])
}

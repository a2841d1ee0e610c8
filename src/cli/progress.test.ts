import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createConsole } from '../../test/doubles/console.ts'
import { World } from '../../test/doubles/world.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import { createProgress } from './progress.ts'

function event(step: string, status: JournalEvent['status'], duration_ms: number | null = null): JournalEvent {
  return {
    timestamp: '2026-04-05T10:00:00.000Z',
    level: 'info',
    operation: 'rollback',
    service: 'shop',
    environment: 'prod',
    version: 'v1.0.0',
    release: 'r1',
    status,
    step,
    duration_ms,
    transaction_id: 'tx-1',
    actor: 'alice',
    key: step,
    attempt: 1,
    epoch: 1,
    detail: null,
  }
}

function onConsole(changes: Parameters<typeof createConsole>[1]) {
  const console = createConsole(new World().process().app, changes)
  return { ...console, progress: createProgress(console.context) }
}

/** What stands on a terminal after everything that was written to it. */
function screen(written: readonly string[]): string[] {
  const lines = ['']
  for (const part of written
    .join('')
    .replaceAll('\u001B[2K', '⌫')
    .split(/(\n|\r|⌫)/)) {
    if (part === '\n') lines.push('')
    else if (part === '⌫') lines[lines.length - 1] = ''
    else if (part !== '\r') lines[lines.length - 1] += part
  }
  return lines
}

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('names the process of a step that is not of web', () => {
    const { progress, out } = onConsole({})
    progress.show({ ...event('wake', 'succeeded', 300), key: 'wake:r1/worker' })
    progress.show({ ...event('demote', 'succeeded', 200), key: 'demote:r2/night-shift=stopped' })
    progress.show({ ...event('demote', 'succeeded', 100), key: 'demote:r2=stopped' })
    expect(out).toEqual(['✓ wake worker 300 ms', '✓ demote night-shift 200 ms', '✓ demote 100 ms'])
  })

  it('is the journal itself for machines', () => {
    const { progress, out } = onConsole({ json: true })
    progress.show(event('prove', 'started'))
    progress.show(event('prove', 'succeeded', 1.6))
    progress.end()
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      event('prove', 'started'),
      event('prove', 'succeeded', 1.6),
    ])
  })

  it('is a line per finished step where it cannot be drawn over', () => {
    const { progress, out } = onConsole({})
    progress.show(event('shift_traffic', 'started'))
    progress.show(event('shift_traffic', 'succeeded', 0.9))
    progress.show(event('prove', 'failed', 12))
    progress.show(event('outcome', 'failed'))
    progress.end()
    expect(out).toEqual(['✓ shift traffic 0.9 ms', '✗ prove 12 ms'])
  })

  it('is one line of finished steps on a terminal, with the running one at its end', () => {
    const { progress, written } = onConsole({ terminal: true })
    progress.show(event('plan', 'succeeded', 0.3))
    progress.show(event('health', 'started'))
    vi.advanceTimersByTime(1_200)
    expect(screen(written)).toEqual(['✓ plan 0.3 ms  … health 1.2 s'])
    progress.show(event('health', 'succeeded', 1_250))
    progress.show(event('prove', 'started'))
    progress.show(event('prove', 'succeeded', 1.6))
    progress.end()
    expect(screen(written)).toEqual(['✓ plan 0.3 ms  ✓ health 1.3 s  ✓ prove 1.6 ms', ''])
  })

  it('goes on in the next line when one is full, so that nothing is drawn twice', () => {
    const { progress, written } = onConsole({ terminal: true, columns: () => 40 })
    for (const step of ['plan', 'wake', 'health', 'prove']) {
      progress.show(event(step, 'started'))
      vi.advanceTimersByTime(500)
      progress.show(event(step, 'succeeded', 500))
    }
    progress.end()
    expect(screen(written)).toEqual(['✓ plan 500 ms  ✓ wake 500 ms', '✓ health 500 ms  ✓ prove 500 ms', ''])
  })

  it('stops counting when it ends, whatever was running', () => {
    const { progress, written } = onConsole({ terminal: true })
    progress.show(event('plan', 'succeeded', 0.3))
    progress.show(event('health', 'started'))
    progress.end()
    const count = written.length
    vi.advanceTimersByTime(5_000)
    expect(written).toHaveLength(count)
    expect(screen(written)).toEqual(['✓ plan 0.3 ms', ''])
  })
})

import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import {
  buildBackend,
  buildRunning,
  buildRunningServer,
  buildServer,
  buildTraffic,
} from '../../../test/fixtures/traffic-wanted.ts'
import { fail } from '../../core/errors.ts'
import type { Command } from './diff.ts'
import { ensureAttempts } from './limits.ts'
import { structureOf } from './render.ts'
import { ConnectionLost } from './runtime-api.ts'
import { NotUnderstood, type Running } from './running.ts'
import type { Session, Told } from './session.ts'
import { createSettle } from './settle.ts'

const HASH = '0123456789abcdef'
const before = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1', { weight: 0 })])
const after = buildRunning([buildRunningServer('r1-1', { weight: 0 }), buildRunningServer('r2-1')])
const wanted = buildTraffic(buildBackend([buildServer('r1-1', { weight: 0 }), buildServer('r2-1')]))

type Script = {
  readonly known?: Running | null
  readonly looks?: readonly (Running | Error)[]
  readonly tells?: readonly (Running | Told | Error)[]
}

/** A proxy that says what the test has written down; the last line of each kind is said again and again. */
function play({ known = null, looks = [], tells = [] }: Script) {
  const told: string[][] = []
  const counts = { looks: 0, forgets: 0 }
  const said = <T>(script: readonly (T | Error)[], at: number): T => {
    const line = script[Math.min(at, script.length - 1)]
    if (line === undefined) throw new Error('nothing is written down for this')
    if (line instanceof Error) throw line
    return line
  }
  const session: Session = {
    known: () => known,
    look: () => {
      counts.looks += 1
      return Promise.resolve().then(() => ({ running: said(looks, counts.looks - 1), extra: [] }))
    },
    tell: (commands: readonly Command[]) => {
      told.push(commands.map(({ text }) => text))
      return Promise.resolve().then(() => {
        const line = said(tells, told.length - 1)
        return 'running' in line ? line : { running: line, refusal: null }
      })
    },
    ask: () => Promise.reject(new Error('not asked for')),
    forget: () => {
      counts.forgets += 1
    },
  }
  const settle = createSettle({ session, clock: createVirtualClock() })
  return { told, counts, settle: () => settle(wanted, structureOf(wanted), HASH) }
}
const flip = ['set weight shop.prod/r2-1 100', 'set weight shop.prod/r1-1 0']

describe('settling', () => {
  it('takes one exchange when it is known what runs', async () => {
    const { settle, told, counts } = play({ known: before, tells: [after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([flip])
    expect(counts).toEqual({ looks: 0, forgets: 0 })
  })
  it('looks first when nothing is known', async () => {
    const { settle, told, counts } = play({ looks: [before], tells: [after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([flip])
    expect(counts.looks).toBe(1)
  })
  it('looks, and says nothing, where all seems well', async () => {
    const { settle, told, counts } = play({ known: after, looks: [after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([])
    expect(counts.looks).toBe(1)
  })
  it('does not believe what was known before: somebody else may have been there', async () => {
    const { settle, told } = play({ known: after, looks: [before], tells: [after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([flip])
  })
  it('says again what had no effect', async () => {
    const { settle, told } = play({ known: before, tells: [before, before, after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([flip, flip, flip])
  })
  it('gives up after a number of times, with what was refused', async () => {
    const refusal = { command: 'set weight shop.prod/r2-1 100', answer: 'No.' }
    const { settle, told } = play({ known: before, tells: [{ running: before, refusal }] })
    await expect(settle()).rejects.toMatchObject({ code: 'PROXY_REFUSED', details: refusal })
    expect(told).toHaveLength(ensureAttempts)
  })
  it('gives up on a proxy that says yes and does nothing', async () => {
    const { settle } = play({ known: before, tells: [before] })
    await expect(settle()).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
      details: { command: 'set weight shop.prod/r2-1 100' },
    })
  })
  it('speaks to the new worker when the old one has been replaced', async () => {
    const replaced = { ...before, stopping: true }
    const { settle, told, counts } = play({
      known: before,
      looks: [{ ...before, process: 'new' }],
      tells: [{ running: replaced, refusal: { command: 'set weight', answer: 'Proxy is disabled.' } }, after],
    })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([flip, flip])
    expect(counts).toEqual({ looks: 1, forgets: 1 })
  })
  it.each([new ConnectionLost('gone'), new NotUnderstood('what?')])(
    'looks what came of it after %s',
    async (trouble) => {
      const { settle, told, counts } = play({ known: before, looks: [after], tells: [trouble] })
      expect(await settle()).toBe('settled')
      expect(told).toHaveLength(1)
      expect(counts.looks).toBe(1)
    },
  )
  it('says that the proxy is down when it is lost again and again', async () => {
    const { settle } = play({ looks: [new ConnectionLost('gone')] })
    await expect(settle()).rejects.toMatchObject({ code: 'PROXY_DOWN', details: { reason: 'gone' } })
  })
  it('ends at once when nobody listens', async () => {
    const { settle, counts } = play({ looks: [fail('PROXY_DOWN', { reason: 'ENOENT' })] })
    await expect(settle()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
    expect(counts.looks).toBe(1)
  })
  it('asks for a reload when the proxy runs another structure, after a look', async () => {
    const other = { ...before, structureHash: 'fedcba9876543210' }
    const { settle, counts } = play({ known: other, looks: [other] })
    expect(await settle()).toBe('reload')
    expect(counts.looks).toBe(1)
  })
  it('asks for none because of what was known before', async () => {
    const { settle } = play({
      known: { ...before, structureHash: 'fedcba9876543210' },
      looks: [before],
      tells: [after],
    })
    expect(await settle()).toBe('settled')
  })
  it('asks for a reload when an address has to change', async () => {
    const elsewhere = buildRunning([buildRunningServer('r1-1', { address: '10.9.9.9' })])
    const { settle } = play({ looks: [elsewhere] })
    expect(await settle()).toBe('reload')
  })
  it('waits for a successor that is down, while those before it serve on', async () => {
    const down = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1', { weight: 0, up: false })])
    const raised = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1', { up: false })])
    const risen = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1')])
    const { settle, told } = play({ known: down, looks: [raised, raised, risen], tells: [raised, after] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([['set weight shop.prod/r2-1 100', 'set weight shop.prod/r1-1 100'], flip])
  })
  it('takes back a shift to a successor that turns out to be down, and says so when it does not rise', async () => {
    const fallen = buildRunning([buildRunningServer('r1-1', { weight: 0 }), buildRunningServer('r2-1', { up: false })])
    const back = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1', { up: false })])
    const { settle, told } = play({ known: before, looks: [back], tells: [fallen, back] })
    await expect(settle()).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
      details: { command: 'set weight shop.prod/r2-1', answer: expect.stringContaining('serve on') as string },
    })
    expect(told).toEqual([flip, ['set weight shop.prod/r2-1 100', 'set weight shop.prod/r1-1 100']])
  })
  it('deletes what has left, and does not mind when it still has a stream', async () => {
    const leaving = buildRunning([
      buildRunningServer('r1-1', { weight: 0 }),
      buildRunningServer('r2-1'),
      buildRunningServer('r9-1'),
    ])
    const left = buildRunning([
      buildRunningServer('r1-1', { weight: 0 }),
      buildRunningServer('r2-1'),
      buildRunningServer('r9-1', { maintenance: true, up: false }),
    ])
    const { settle, told } = play({ known: leaving, tells: [left] })
    expect(await settle()).toBe('settled')
    expect(told).toEqual([
      ['del map shop.prod.trial.map r9', 'del map shop.prod.trial.map r9/0', 'disable server shop.prod/r9-1'],
      ['wait 100ms srv-removable shop.prod/r9-1', 'del server shop.prod/r9-1', 'del map shop.prod.map r9-1'],
    ])
  })
})

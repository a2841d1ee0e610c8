import { describe, expect, it } from 'vitest'
import {
  buildBackend,
  buildRunning,
  buildRunningServer,
  buildServer,
  buildTraffic,
  commandsFor,
  commandsToward,
} from '../../../test/fixtures/traffic-wanted.ts'
import type { BackendWanted, ServerWanted } from '../../ports/traffic.ts'
import { diff, versionAtLeast, type Command } from './diff.ts'
import { structureOf } from './render.ts'
import { trialEntries } from './trial-map.ts'
import type { Running } from './running.ts'

const texts = (commands: readonly Command[]) => commands.map(({ text }) => text)
const inTrialMap = (text: string): boolean => text.includes(' map shop.prod.trial.map ')
// what a request may be drawn for is a matter of its own, below
const shift = (running: Running, ...servers: readonly ServerWanted[]) =>
  texts(commandsFor(running, ...servers).shift).filter((text) => !inTrialMap(text))

describe('the commands', () => {
  it('are none where everything is as wanted', () => {
    const running = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1', { weight: 0, up: false })])
    expect(commandsFor(running, buildServer('r1-1'), buildServer('r2-1', { weight: 0 }))).toEqual({
      shift: [],
      sweep: [],
    })
  })

  it('raise all new weights before any old one is lowered (D1), and say those that were right too', () => {
    const running = buildRunning([
      buildRunningServer('r1-1'),
      buildRunningServer('r1-2', { weight: 0 }),
      buildRunningServer('r2-1', { weight: 0 }),
      buildRunningServer('r2-2'),
    ])
    const wanted = [
      buildServer('r1-1', { weight: 0 }),
      buildServer('r1-2', { weight: 0 }),
      buildServer('r2-1'),
      buildServer('r2-2'),
    ]
    expect(shift(running, ...wanted)).toEqual([
      'set weight shop.prod/r2-1 100',
      'set weight shop.prod/r2-2 100',
      'set weight shop.prod/r1-1 0',
      'set weight shop.prod/r1-2 0',
    ])
  })

  it('add a server with its health path, its checks and its weight, a standby as not yet up', () => {
    const running = buildRunning([buildRunningServer('r1-1')])
    const standby = buildServer('r2-1', { weight: 0, healthPath: '/up;deep=1' })
    expect(shift(running, buildServer('r1-1'), standby)).toEqual([
      String.raw`add map shop.prod.map r2-1 /up\;deep=1`,
      'add server shop.prod/r2-1 10.0.2.1:8080 weight 0 check inter 500ms rise 1 fall 2 observe layer4 error-limit 3 on-error mark-down init-state fully-down',
      'enable health shop.prod/r2-1',
      'enable server shop.prod/r2-1',
    ])
  })

  it('know that HAProxy 3.0 has no first state to choose', () => {
    const running = buildRunning([], { version: '3.0.11-1+deb13u4' })
    expect(shift(running, buildServer('r2-1', { weight: 0 }))[1]).toBe(
      'add server shop.prod/r2-1 10.0.2.1:8080 weight 0 check inter 500ms rise 1 fall 2 observe layer4 error-limit 3 on-error mark-down',
    )
  })

  it('add a server that serves before those before it are lowered', () => {
    const running = buildRunning([buildRunningServer('r1-1')])
    expect(shift(running, buildServer('r1-1', { weight: 0 }), buildServer('r2-1'))).toEqual([
      'add map shop.prod.map r2-1 /healthz',
      'add server shop.prod/r2-1 10.0.2.1:8080 weight 100 check inter 500ms rise 1 fall 2 observe layer4 error-limit 3 on-error mark-down',
      'enable health shop.prod/r2-1',
      'enable server shop.prod/r2-1',
      'set weight shop.prod/r1-1 0',
    ])
  })

  it('freeze: the checks end, after the weight is down', () => {
    expect(
      shift(buildRunning([buildRunningServer('r1-1')]), buildServer('r1-1', { weight: 0, checked: false })),
    ).toEqual(['set weight shop.prod/r1-1 0', 'disable health shop.prod/r1-1'])
  })

  it('thaw: the checks begin, and whoever switched them on is believed', () => {
    const frozen = { weight: 0, checked: false, up: false }
    expect(shift(buildRunning([buildRunningServer('r1-1', frozen)]), buildServer('r1-1'))).toEqual([
      'enable health shop.prod/r1-1',
      'set server shop.prod/r1-1 health up',
      'set weight shop.prod/r1-1 100',
    ])
  })

  it('do not declare a server up that fails its checks (D3)', () => {
    const running = buildRunning([buildRunningServer('r1-1', { weight: 0, up: false })])
    expect(shift(running, buildServer('r1-1'))).toEqual(['set weight shop.prod/r1-1 100'])
  })

  it('bring a server back from maintenance with the weight that it shall have', () => {
    const running = buildRunning([buildRunningServer('r1-1', { maintenance: true, up: false })])
    expect(shift(running, buildServer('r1-1', { weight: 0 }))).toEqual([
      'set weight shop.prod/r1-1 0',
      'enable server shop.prod/r1-1',
      'set weight shop.prod/r1-1 0',
    ])
  })

  it('put a server that is wanted no more in maintenance, and delete it when it is not used any more (D2)', () => {
    const running = buildRunning([buildRunningServer('r1-1'), buildRunningServer('r2-1')])
    const { shift: all, sweep } = commandsFor(running, buildServer('r2-1'))
    expect({ shift: all.filter(({ text }) => !inTrialMap(text)), sweep }).toEqual({
      shift: [{ text: 'disable server shop.prod/r1-1', answers: [''] }],
      sweep: [
        { text: 'wait 100ms srv-removable shop.prod/r1-1', answers: ['Done.', 'Wait delay expired.', 'Failed.'] },
        { text: 'del server shop.prod/r1-1', answers: ['Server deleted.', 'Server still ', 'No such server.'] },
        { text: 'del map shop.prod.map r1-1', answers: ['', 'Key not found.'] },
      ],
    })
  })

  it('wait for nobody who has been leaving for longer', () => {
    const running = buildRunning([buildRunningServer('r1-1', { maintenance: true }), buildRunningServer('r2-1')])
    const { shift: now, sweep } = commandsFor(running, buildServer('r2-1'))
    expect(now).toEqual([])
    expect(texts(sweep)).toEqual(['del server shop.prod/r1-1', 'del map shop.prod.map r1-1'])
  })

  it('correct a health path', () => {
    const running = buildRunning([buildRunningServer('r1-1')])
    expect(shift(running, buildServer('r1-1', { healthPath: '/other' }))).toEqual(['set map shop.prod.map r1-1 /other'])
  })

  it('cannot move a server to another address (D4)', () => {
    const running = buildRunning([buildRunningServer('r1-1')])
    const moved = buildTraffic(buildBackend([buildServer('r1-1', { address: '10.9.9.9' })]))
    expect(diff(running, moved)).toBe('reload')
  })

  it('leave alone what the running structure does not know', () => {
    const wanted = buildTraffic(
      buildBackend([buildServer('r1-1')]),
      buildBackend([buildServer('r9-1')], { service: 'new' }),
    )
    const structure = structureOf(buildTraffic(buildBackend([buildServer('r1-1')])))
    expect(diff(buildRunning([buildRunningServer('r1-1')]), wanted, structure)).toEqual({ shift: [], sweep: [] })
  })
})

describe('the commands of a trial', () => {
  const old = buildServer('r1-1')
  const next = [buildServer('r2-1', { weight: 0 }), buildServer('r2-2', { weight: 0 })]
  const trial = { release: 2, share: 2_200, shield: true }
  const runningWith = (servers: readonly ServerWanted[], more: Partial<BackendWanted>): Running => {
    const backend = buildBackend(servers, more)
    const running = buildRunning(servers.map(({ name, weight }) => buildRunningServer(name, { weight })))
    const maps = new Map([...running.maps, ['shop.prod.trial.map', trialEntries(backend)] as const])
    return { ...running, maps }
  }
  const toward = (running: Running, servers: readonly ServerWanted[], more: Partial<BackendWanted> = {}) =>
    texts(commandsToward(running, buildBackend(servers, more)).shift)

  it('are one where only the share changes', () => {
    expect(
      toward(runningWith([old, ...next], { trial }), [old, ...next], { trial: { ...trial, share: 9_900 } }),
    ).toEqual(['set map shop.prod.trial.map share 9900/r1/shield'])
  })
  it('give a share when those are there who get it', () => {
    expect(toward(runningWith([old], {}), [old, ...next], { trial }).filter(inTrialMap)).toEqual([
      'add map shop.prod.trial.map r2/0 r2-1',
      'add map shop.prod.trial.map r2/1 r2-2',
      'add map shop.prod.trial.map r2 2',
      'add map shop.prod.trial.map drawn r2',
      'add map shop.prod.trial.map share 2200/r1/shield',
    ])
  })
  it('take the share away before those leave who had it', () => {
    expect(toward(runningWith([old, ...next], { trial }), [old])).toEqual([
      'del map shop.prod.trial.map share',
      'del map shop.prod.trial.map drawn',
      'del map shop.prod.trial.map r2',
      'del map shop.prod.trial.map r2/0',
      'del map shop.prod.trial.map r2/1',
      'disable server shop.prod/r2-1',
      'disable server shop.prod/r2-2',
    ])
  })
  it('make a release that was tried the one that serves, and nobody is missing in between', () => {
    const served = [{ ...old, weight: 0 }, ...next.map((server) => ({ ...server, weight: 100 }))]
    expect(toward(runningWith([old, ...next], { trial, standIn: null }), served, { standIn: 1 })).toEqual([
      'set weight shop.prod/r2-1 100',
      'set weight shop.prod/r2-2 100',
      'del map shop.prod.trial.map share',
      'del map shop.prod.trial.map drawn',
      'add map shop.prod.trial.map stand-in r1',
      'set weight shop.prod/r1-1 0',
    ])
  })
  it('leave a proxy alone that was started before there were trials', () => {
    const [before] = structureOf(buildTraffic(buildBackend([old]))).backends
    const { rules: _rules, ...structure } = before!
    const wanted = buildTraffic(buildBackend([old], { trial, standIn: 1 }))
    const running = { ...buildRunning([buildRunningServer('r1-1')]), maps: new Map() }
    expect(diff(running, wanted, { proofSecret: 'c0ffee', backends: [structure] })).toMatchObject({
      shift: [{ text: 'add map shop.prod.map r1-1 /healthz' }],
    })
  })
})

describe('versions', () => {
  it.each([
    ['3.2.26-1', 3, 1, true],
    ['3.1.0', 3, 1, true],
    ['3.0.11-1+deb13u4', 3, 1, false],
    ['3.0-dev1', 3, 0, true],
    ['2.9.7', 3, 0, false],
    ['4.0.0', 3, 1, true],
  ])('%s is at least %i.%i: %s', (version, major, minor, atLeast) => {
    expect(versionAtLeast(version, major, minor)).toBe(atLeast)
  })
})

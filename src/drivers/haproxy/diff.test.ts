import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  buildBackend,
  buildRunning,
  buildRunningServer,
  buildServer,
  buildTraffic,
} from '../../../test/fixtures/traffic-wanted.ts'
import type { BackendWanted, ServerWanted } from '../../ports/traffic.ts'
import { diff, versionAtLeast, type Command, type Commands } from './diff.ts'
import { holdBack } from './hold-back.ts'
import { structureOf } from './render.ts'
import { trialEntries } from './trial-map.ts'
import type { Running, RunningServer } from './running.ts'

function commandsFor(running: Running, ...servers: readonly ServerWanted[]): Commands {
  return commandsToward(running, buildBackend(servers))
}
function commandsToward(running: Running, backend: BackendWanted): Commands {
  const commands = diff(running, buildTraffic(backend))
  if (commands === 'reload') throw new Error('a reload')
  return commands
}
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

// --- a model of HAProxy, for whatever may run and whatever may be wanted

const names = ['r1-1', 'r1-2', 'r2-1', 'r2-2', 'r3-1']
const some = fc.subarray(names)
const paths = fc.constantFrom('/healthz', '/up')

const trials = fc.option(
  fc.record({ release: fc.constantFrom(1, 2, 3), share: fc.constantFrom(0, 2_200, 9_900), shield: fc.boolean() }),
)
const standIns = fc.option(fc.constantFrom(1, 2))
const asWanted = ({ name, weight, maintenance, checked }: RunningServer): ServerWanted =>
  buildServer(name, { weight, checked, mode: maintenance ? 'maintenance' : 'ready' })

const runnings = some.chain((present) =>
  fc
    .record({
      servers: fc.tuple(
        ...present.map((name) =>
          fc
            .record({
              weight: fc.constantFrom(0, 1, 100),
              maintenance: fc.boolean(),
              checked: fc.boolean(),
              up: fc.boolean(),
            })
            .map((more) => buildRunningServer(name, { ...more, up: more.up && !more.maintenance })),
        ),
      ),
      version: fc.constantFrom('3.2.26-1', '3.0.11-1+deb13u4'),
      known: fc.subarray(names),
      path: paths,
      trial: trials,
      standIn: standIns,
    })
    .map(({ servers, version, known, path, trial, standIn }) =>
      buildRunning(servers, {
        version,
        maps: new Map([
          ['shop.prod.map', new Map(known.map((name) => [name, path]))],
          ['shop.prod.trial.map', trialEntries({ servers: servers.map(asWanted), trial, standIn })],
        ]),
      }),
    ),
)
const wanteds = some.chain((present) =>
  fc.tuple(
    ...present.map((name) =>
      fc
        .record({
          weight: fc.constantFrom(0, 1, 100),
          mode: fc.constantFrom('ready' as const, 'maintenance' as const),
          checked: fc.boolean(),
          healthPath: paths,
        })
        .map((more) => buildServer(name, more)),
    ),
  ),
)

/** What HAProxy does with a command; an answer that would be an error throws. */
function obey(running: Running, { text }: Command): Running {
  const servers = new Map(running.backends.get('shop.prod'))
  const maps = new Map([...running.maps].map(([file, entries]) => [file, new Map(entries)]))
  const known = maps.get(text.split(' ')[2] ?? '') ?? new Map<string, string>()
  const words = text.split(' ')
  const [verb, noun, id = ''] = words
  const key = words[3] ?? ''
  const name = (id.startsWith('shop.prod/') ? id : (words[3] ?? '')).replace('shop.prod/', '')
  const change = (more: Partial<RunningServer>): void => {
    const server = servers.get(name)
    if (server === undefined) throw new Error(`No such server: ${text}`)
    servers.set(name, { ...server, ...more })
  }
  switch (`${verb} ${noun}`) {
    case 'add map':
      if (known.has(key)) throw new Error(`twice: ${text}`)
      known.set(key, words[4] ?? '')
      break
    case 'set map':
      if (!known.has(key)) throw new Error(`entry not found: ${text}`)
      known.set(key, words[4] ?? '')
      break
    case 'del map':
      known.delete(key)
      break
    case 'add server':
      if (servers.has(name)) throw new Error(`Already exists: ${text}`)
      servers.set(
        name,
        buildRunningServer(name, {
          weight: Number(words[5]),
          maintenance: true,
          checked: false,
          // what it becomes when it leaves maintenance
          up: !text.endsWith('fully-down'),
        }),
      )
      break
    case 'del server':
      if (servers.get(name)?.maintenance !== true) throw new Error(`Only servers in maintenance: ${text}`)
      servers.delete(name)
      break
    case 'enable server': {
      const added = servers.get(name)?.up === true
      change({ maintenance: false, up: added || running.version.startsWith('3.0') })
      break
    }
    case 'disable server':
      change({ maintenance: true, up: false })
      break
    case 'enable health':
      change({ checked: true })
      break
    case 'disable health':
      change({ checked: false })
      break
    case 'set weight':
      change({ weight: Number(words[3]) })
      break
    case 'set server':
      if (!text.endsWith(' health up')) throw new Error(`not to be sent: ${text}`)
      change({ up: true })
      break
    default:
      if (!text.startsWith('wait 100ms srv-removable ')) throw new Error(`not to be sent: ${text}`)
  }
  return {
    ...running,
    backends: new Map([['shop.prod', servers]]),
    maps,
  }
}

function serves({ weight, maintenance, up }: RunningServer): boolean {
  return weight > 0 && !maintenance && up
}
function anybodyServes(running: Running): boolean {
  return [...(running.backends.get('shop.prod')?.values() ?? [])].some(serves)
}

describe('whatever runs and whatever is wanted', () => {
  it('the commands make them equal, and then there are none', () => {
    fc.assert(
      fc.property(runnings, wanteds, trials, standIns, (running, servers, trial, standIn) => {
        const backend = buildBackend(servers, { trial, standIn })
        const { shift: first, sweep } = commandsToward(running, backend)
        const after = [...first, ...sweep].reduce(obey, running)
        expect(commandsToward(after, backend)).toEqual({ shift: [], sweep: [] })
        expect(after.maps.get('shop.prod.trial.map')).toEqual(trialEntries(backend))
        const seen = [...(after.backends.get('shop.prod')?.values() ?? [])]
        expect(
          seen.map(({ name, weight, maintenance, checked }) => ({ name, weight, maintenance, checked })).sort(byName),
        ).toEqual(
          servers
            .map(({ name, weight, mode, checked }) => ({ name, weight, maintenance: mode === 'maintenance', checked }))
            .sort(byName),
        )
        expect(Object.fromEntries(after.maps.get('shop.prod.map') ?? [])).toEqual(
          Object.fromEntries(servers.map(({ name, healthPath }) => [name, healthPath])),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('whatever a request may be drawn for is there at every moment (D5)', () => {
    fc.assert(
      fc.property(runnings, wanteds, trials, standIns, (running, servers, trial, standIn) => {
        let now = running
        for (const command of commandsToward(running, buildBackend(servers, { trial, standIn })).shift) {
          now = obey(now, command)
          const entries = now.maps.get('shop.prod.trial.map') ?? new Map<string, string>()
          for (const [release, count] of entries) {
            if (!/^r\d+$/.test(release)) continue
            const drawn = Array.from({ length: Number(count) }, (_, index) => entries.get(`${release}/${index}`) ?? '')
            const present = now.backends.get('shop.prod')
            expect(drawn.filter((name) => present?.get(name)?.maintenance !== false)).toEqual([])
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('nobody is drawn by the share of another one (T2)', () => {
    fc.assert(
      fc.property(runnings, wanteds, trials, standIns, (running, servers, trial, standIn) => {
        const drawnIn = ({ maps }: typeof running) => maps.get('shop.prod.trial.map')?.get('drawn')
        const shareIn = ({ maps }: typeof running) => maps.get('shop.prod.trial.map')?.get('share')?.split('/')[0]
        const backend = buildBackend(servers, { trial, standIn })
        const draws = new Set([undefined, `${drawnIn(running)} ${shareIn(running)}`])
        if (trial !== null) draws.add(`r${trial.release} ${trial.share}`)
        let now = running
        for (const command of commandsToward(running, backend).shift) {
          now = obey(now, command)
          expect(draws).toContain(shareIn(now) === undefined ? undefined : `${drawnIn(now)} ${shareIn(now)}`)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('somebody serves at every moment between, if somebody did before and nobody had to be held back', () => {
    let met = 0
    fc.assert(
      fc.property(runnings, wanteds, (running, servers) => {
        const wanted = buildTraffic(buildBackend(servers))
        const successors = servers.some(({ weight, mode }) => weight > 0 && mode === 'ready')
        if (!anybodyServes(running) || !successors || holdBack(running, running, wanted) !== wanted) return
        met += 1
        let now = running
        for (const command of commandsFor(running, ...servers).shift) {
          now = obey(now, command)
          expect(anybodyServes(now)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
    expect(met).toBeGreaterThan(100)
  })

  it('somebody serves at every moment when those who served are held back', () => {
    let met = 0
    fc.assert(
      fc.property(runnings, wanteds, (running, servers) => {
        const wanted = buildTraffic(buildBackend(servers))
        const attainable = holdBack(running, running, wanted)
        if (attainable === wanted) return
        met += 1
        let now = running
        for (const command of commandsFor(running, ...(attainable.backends[0]?.servers ?? [])).shift) {
          now = obey(now, command)
          expect(anybodyServes(now)).toBe(true)
        }
        // and it stays so until one of the others can
        expect(holdBack(running, now, wanted)).not.toBe(wanted)
      }),
      { numRuns: 6_000 },
    )
    expect(met).toBeGreaterThan(4)
  })
})

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name.localeCompare(other.name)
}

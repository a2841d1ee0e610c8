// Whatever runs and whatever is wanted: what must be true of the commands at every moment between.
import fc from 'fast-check'
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
import type { ServerWanted } from '../../ports/traffic.ts'
import type { Command } from './diff.ts'
import { holdBack } from './hold-back.ts'
import type { Running, RunningServer } from './running.ts'
import { trialEntries } from './trial-map.ts'

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

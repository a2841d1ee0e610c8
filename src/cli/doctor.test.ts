import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { createConsole } from '../../test/doubles/console.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { deployTag, Killed, World } from '../../test/doubles/world.ts'
import { fail } from '../core/errors.ts'
import type { App } from '../operations/app.ts'
import type { ProxyFacts } from '../ports/traffic.ts'
import type { Context } from './context.ts'
import type { Finding } from './doctor/look.ts'
import { run } from './doctor.ts'

async function listening(): Promise<{ server: Server; listen: string }> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { server, listen: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A host on which all is well: a service with two releases, and somebody who listens. */
async function soundHost(facts: ProxyFacts = { running: true, version: '3.2.26', kind: 'container' }) {
  const world = new World()
  const { server, listen } = await listening()
  const shop = buildDefinition({ listen })
  const { app: bare } = world.process()
  const proxy = async () => ({
    facts: async () => facts,
    wanted: () => true,
    ensureRunning: async () => facts,
    ensureStopped: async () => {},
  })
  const app: App = { ...bare, proxy }
  await deployTag(app, shop, 'v1.0.0')
  await deployTag(app, shop, 'v1.1.0')
  app.store.db.keepReserve()
  return { world, app, shop, server, listen }
}

async function examine(app: App, changes: Partial<Context> = {}) {
  const { context, answer } = createConsole(app, { json: true, ...changes })
  const exit = await run(context)
  const { checks } = answer() as { checks: Finding[] }
  const of = (name: string) => checks.filter((check) => check.name === name)
  return { exit, checks, of, bad: checks.filter(({ status }) => status !== 'ok') }
}

describe('astern doctor', () => {
  it('finds nothing on a sound host, and exits with 0', async () => {
    const { app } = await soundHost()
    const { exit, checks, bad } = await examine(app)
    expect(bad).toEqual([])
    expect(exit).toBe(0)
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'clock',
      'state',
      'disk',
      'reserve',
      'key',
      'journal',
      'engine',
      'live_restore',
      'proxy',
      'proxy_equal',
      'listen',
      'containers',
      'retention',
      'tags',
      'operations',
      'overdue',
    ])
    for (const check of checks) expect(Object.keys(check)).toEqual(['name', 'status', 'message', 'hint'])
  })

  it('shows people a line per check, what to do below it, and a sum', async () => {
    const { world, app } = await soundHost()
    world.engine.liveRestore = false
    const { context, out } = createConsole(app)
    expect(await run(context)).toBe(0)
    expect(out).toContain('✓ engine: Docker 20.10.24 at fake://engine')
    const warning = out.findIndex((line) => line.startsWith('! live_restore: '))
    expect(out[warning + 1]).toMatch(/^ {2}Set "live-restore": true/)
    expect(out.at(-1)).toBe('16 ok, 1 to look at, 0 failed')
  })

  it.each(['down', 'hung', 'forbidden'] as const)(
    'goes through everything else while the engine is %s',
    async (state) => {
      const { world, app } = await soundHost()
      world.engine.state = state
      const { exit, of, checks } = await examine(app)
      expect(exit).toBe(1)
      expect(of('engine')).toMatchObject([{ status: 'fail', hint: expect.any(String) as string }])
      expect(of('proxy_equal')).toMatchObject([{ status: 'ok' }])
      expect(of('journal')).toMatchObject([{ status: 'ok' }])
      expect(of('containers')).toEqual([])
      expect(checks.filter(({ status }) => status === 'fail')).toHaveLength(1)
    },
  )

  it('does not wait for an engine that never answers at all', async () => {
    const { app: sound } = await soundHost()
    const app = { ...sound, runtime: () => new Promise<never>(() => {}) }
    const { of } = await examine(app)
    expect(of('engine')).toMatchObject([{ status: 'fail' }])
    expect(of('engine')[0]?.message).toContain('no answer within 6 s')
  })

  it('works without a state, and makes none', async () => {
    const { app } = await soundHost()
    const aside: string[] = []
    const stateFolder = join(temporaryFolder(), 'astern')
    const { exit, of } = await examine(app, {
      stateFolder,
      open: () => Promise.reject(new Error('the state was opened')),
      openIn: async (folder) => {
        aside.push(folder)
        return { ...app, store: { ...app.store, close: () => {} } }
      },
    })
    expect(exit).toBe(0)
    expect(of('state')).toMatchObject([{ status: 'warn', message: `There is no state in ${stateFolder} yet.` }])
    expect(of('engine')).toMatchObject([{ status: 'ok' }])
    expect(existsSync(stateFolder)).toBe(false)
    expect(aside).toHaveLength(1)
    expect(existsSync(aside[0]!)).toBe(false)
  })

  it('works with a state that cannot be opened, and says why', async () => {
    const { app } = await soundHost()
    const path = join(app.store.folder, 'astern.db')
    const { exit, of } = await examine(app, {
      open: () => Promise.reject(fail('STATE_CORRUPTED', { path, reason: 'file is not a database' })),
      openIn: async () => ({ ...app, store: { ...app.store, close: () => {} } }),
    })
    expect(exit).toBe(1)
    expect(of('state')).toMatchObject([{ status: 'fail' }])
    expect(of('state')[0]?.message).toContain('file is not a database')
    expect(of('engine')).toMatchObject([{ status: 'ok' }])
  })

  it('finds a key that others can read', async () => {
    const { app } = await soundHost()
    const key = join(app.store.folder, 'key')
    writeFileSync(key, 'x'.repeat(32))
    chmodSync(key, 0o644)
    const { exit, of } = await examine(app)
    expect(exit).toBe(1)
    expect(of('key')).toMatchObject([{ status: 'fail', hint: `chmod 600 ${key}` }])
    chmodSync(key, 0o600)
    expect((await examine(app)).of('key')).toMatchObject([{ status: 'ok' }])
  })

  it('misses the reserve', async () => {
    const { app } = await soundHost()
    app.store.db.releaseReserve()
    expect((await examine(app)).of('reserve')).toMatchObject([{ status: 'warn' }])
  })

  it('finds a journal that was changed', async () => {
    const { app } = await soundHost()
    app.store.db.run(`UPDATE journal SET record = replace(record, 'alice', 'mallory') WHERE seq = 2`)
    const { exit, of } = await examine(app)
    expect(exit).toBe(1)
    expect(of('journal')).toMatchObject([{ status: 'fail' }])
    expect(of('journal')[0]?.message).toContain('row 2')
  })

  it('fails a proxy that is down while something should serve, and only warns before that', async () => {
    const { world, app } = await soundHost()
    world.proxy = null
    expect((await examine(app)).of('proxy')).toMatchObject([{ status: 'fail', hint: 'astern up starts it.' }])
    const fresh = new World()
    const { app: empty } = fresh.process()
    fresh.proxy = null
    expect((await examine(empty)).of('proxy')).toMatchObject([{ status: 'warn' }])
  })

  it('says that something else listens while the proxy is down', async () => {
    const { world, app, listen } = await soundHost()
    world.proxy = null
    expect((await examine(app)).of('listen')).toMatchObject([
      { status: 'warn', message: `The proxy is down, and something else listens on ${listen}.` },
    ])
  })

  it('fails an address that nobody answers on although the proxy runs', async () => {
    const { app, server } = await soundHost()
    await new Promise((resolve) => server.close(resolve))
    expect((await examine(app)).of('listen')).toMatchObject([{ status: 'fail' }])
  })

  it('refuses a HAProxy that is too old', async () => {
    const { app } = await soundHost({ running: true, version: '2.6.12', kind: 'host' })
    expect((await examine(app)).of('proxy')).toMatchObject([{ status: 'fail' }])
  })

  it('names what the running proxy does otherwise than committed', async () => {
    const { world, app } = await soundHost()
    const [backend] = world.proxy!.backends
    const servers = backend!.servers
      .filter(({ name }) => name !== 'r1-2')
      .map((server) => (server.name === 'r2-1' ? { ...server, weight: 7 } : server))
    const extra = { ...servers[0]!, name: 'r9-1', release: 9 }
    world.proxy = { ...world.proxy!, backends: [{ ...backend!, servers: [...servers, extra] }] }
    const { exit, of } = await examine(app)
    expect(exit).toBe(1)
    const message = of('proxy_equal')[0]?.message
    expect(message).toContain('shop.prod/r1-2 is missing')
    expect(message).toContain('shop.prod/r2-1 weight 7 instead of 100')
    expect(message).toContain('shop.prod/r9-1 should not be there')
  })

  it('looks again when traffic moves while it looks', async () => {
    const { world, app, shop } = await soundHost()
    let looks = 0
    world.interlude = async ({ name, when }) => {
      if (name !== 'traffic.observe' || when !== 'after' || ++looks > 1) return
      app.store.transaction(() => app.store.replicas.shift(shop, 1))
      world.proxy = app.store.replicas.wanted()
    }
    expect((await examine(app)).of('proxy_equal')).toMatchObject([{ status: 'ok' }])
  })

  it('reports a tag that was moved behind our back, with what it is and what it was', async () => {
    const { world, app, shop } = await soundHost()
    const known = world.engine.images.get('shop:v1.1.0')!.configDigest
    const { configDigest } = world.addImage('v1.1.0', 9)
    const { exit, bad } = await examine(app)
    expect(exit).toBe(1)
    const message = `shop:v1.1.0 is ${known} (r2 in prod) here, and ${configDigest} in Docker. A tag means one image for ever.`
    expect(bad).toEqual([{ name: 'tags', status: 'fail', message, hint: expect.stringContaining('a tag of its own') }])
    expect(app.store.services.get(shop)?.active).toBe(2)
  })

  it('reports containers that are in no plan, that are gone, and that are not as they should be, and removes none', async () => {
    const { world, app } = await soundHost()
    const containers = [...world.engine.containers.entries()]
    const [, first] = containers[0]!
    world.engine.containers.set('stray', { ...first, spec: { ...first.spec, name: 'r7-1', release: 7 } })
    const byName = (name: string) => containers.find(([, { spec }]) => spec.name === name)!
    world.engine.stop(byName('r1-1')[1])
    world.engine.containers.delete(byName('r1-2')[0])
    const calls = world.engine.calls.length
    const messages = (await examine(app)).of('containers').map(({ status, message }) => `${status} ${message}`)
    expect(messages).toEqual([
      'warn r7-1 of shop.prod (running) bears the labels of this installation and is in no plan.',
      'warn r1-1 of shop.prod should be running and is stopped.',
      'warn r1-2 of shop.prod should be running and is absent.',
    ])
    const asked = world.engine.calls.slice(calls).map(({ method }) => method)
    expect([...new Set(asked)].sort()).toEqual(['facts', 'foreign', 'image', 'observe'])
  })

  it('reports another installation on the same host', async () => {
    const { world, app } = await soundHost()
    const [first] = world.engine.containers.values()
    world.engine.containers.set('foreign', { ...first!, installation: 'abcdef' })
    const findings = (await examine(app)).of('containers')
    expect(findings.map(({ message }) => message)).toEqual(['Installation abcdef runs containers of shop.prod, too.'])
  })

  it('tells an operation that runs from one that was left, and work that is overdue', async () => {
    const { world, app, shop } = await soundHost()
    await expect(deployTag(world.process(20).app, shop, 'v1.2.0')).rejects.toThrow(Killed)
    const { exit, of } = await examine(app)
    expect(of('operations')).toMatchObject([{ status: 'warn' }])
    expect(of('operations')[0]?.message).toMatch(/^deploy tx-\w+ of shop\.prod was left unfinished/)
    expect(of('overdue')).toMatchObject([{ status: 'warn' }])
    expect(exit).toBe(0)
    expect(app.store.operations.unfinished(shop)).toHaveLength(1)
  })

  it('finds a clock that stands in the past, and one that went back', async () => {
    const { app } = await soundHost()
    const wrong = await examine(app, { now: () => Date.UTC(1970, 0, 1) })
    expect(wrong.of('clock')).toMatchObject([{ status: 'fail' }])
    const back = await examine(app, { now: () => app.clock.now() - 3_600_000 })
    expect(back.of('clock')).toMatchObject([{ status: 'warn' }])
    expect(back.of('clock')[0]?.message).toContain('the clock went back')
  })

  it('goes on when a check breaks', async () => {
    const { app: sound } = await soundHost()
    const services = { ...sound.store.services, list: () => [] }
    const broken = {
      ...sound,
      store: {
        ...sound.store,
        services,
        replicas: { ...sound.store.replicas, wanted: () => JSON.parse('{') as never },
      },
    }
    const { exit, of } = await examine(broken)
    expect(of('proxy')).toMatchObject([{ status: 'fail' }])
    expect(of('overdue')).toMatchObject([{ status: 'ok' }])
    expect(exit).toBe(1)
  })

  it('leaves the state as it was', async () => {
    const { app } = await soundHost()
    const rows = app.store.journal.lastSeq()
    const files = readdirSync(app.store.folder).sort()
    await examine(app)
    expect(app.store.journal.lastSeq()).toBe(rows)
    expect(readdirSync(app.store.folder).sort()).toEqual(files)
  })
})

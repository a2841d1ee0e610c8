// Secrets over the life of releases: as files beside the environment, under a new key, and in what is shown of them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../src/cli/secrets.ts'
import type { Release, SecretReference } from '../src/core/model.ts'
import type { App } from '../src/operations/app.ts'
import { climb } from '../src/operations/ladder.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { remove } from '../src/operations/remove.ts'
import { rotateKey } from '../src/operations/rotate-key.ts'
import { buildDefinition } from './builders.ts'
import { createConsole, given } from './doubles/console.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'

const KEY_BYTES = 32
const secret = (name: string, more: Partial<SecretReference> = {}): SecretReference => ({
  name,
  onRollback: 'restore',
  source: { kind: 'file', path: `/srv/shop/${name}` },
  ...more,
})
const definition = buildDefinition({
  secrets: [
    secret('API_TOKEN'),
    secret('DATABASE_URL', { as: 'file' }),
    secret('PAYMENT_KEY', { as: 'file', onRollback: 'keep_current', at: 'astern.yaml:14:7' }),
  ],
})

async function deployedTwice() {
  const world = new World()
  const { app } = world.process()
  world.secrets.set('API_TOKEN', 'token-one').set('DATABASE_URL', 'database-one').set('PAYMENT_KEY', 'payment-one')
  await deployTag(app, definition, 'v1.0.0')
  world.secrets.set('DATABASE_URL', 'database-two').set('PAYMENT_KEY', 'payment-two')
  await deployTag(app, definition, 'v1.1.0')
  return { world, app }
}

/** What a container of the release finds in /run/secrets. */
function filesOf(app: App, release: number): Record<string, string> {
  return Object.fromEntries(app.store.secretFiles.read(definition, release) ?? [])
}

const containers = (world: World, release: number) =>
  [...world.engine.containers.values()].filter(({ spec }) => spec.release === release)

describe('secrets as files', () => {
  it('are mounted from the folder of their release, and are not in its environment', async () => {
    const { world, app } = await deployedTwice()
    for (const { spec, env } of containers(world, 2)) {
      expect(spec.secretFiles).toBe(app.store.secretFiles.pathOf(definition, 2))
      expect(env).toEqual({ API_TOKEN: 'token-one' })
    }
    expect(filesOf(app, 2)).toEqual({ DATABASE_URL: 'database-two', PAYMENT_KEY: 'payment-two' })
  })

  it("that stay are rewritten in place, so that standbys stay warm; the others are the release's own", async () => {
    const { world, app } = await deployedTwice()
    const path = join(app.store.secretFiles.pathOf(definition, 1))
    const { ino } = statSync(path)
    expect(isOverdue(app)).toBe(true)
    await doOverdue(app, { look: false })
    expect(isOverdue(app)).toBe(false)
    expect(filesOf(app, 1)).toEqual({ DATABASE_URL: 'database-one', PAYMENT_KEY: 'payment-two' })
    expect(statSync(path).ino).toBe(ino)
    expect(containers(world, 1).map(({ spec }) => spec.name)).toEqual(['r1-1', 'r1-2'])
    expect((await rollBack(app, definition)).answer).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
  })

  it('keep their value until the deploy that rotates them has succeeded', async () => {
    const { world, app } = await deployedTwice()
    world.secrets.set('PAYMENT_KEY', 'payment-bad')
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null } : {})
    expect((await deployTag(app, definition, 'v1.2.0')).answer.outcome).toBe('failed')
    await doOverdue(app, { look: false })
    expect([1, 2].map((release) => filesOf(app, release)['PAYMENT_KEY'])).toEqual(['payment-two', 'payment-two'])
  })

  it('are written again when somebody took them away before a container starts', async () => {
    const { world, app } = await deployedTwice()
    app.store.secretFiles.remove(definition, 2)
    // all of them: were the standby left, the proxy would let it serve
    for (const release of [1, 2]) for (const container of containers(world, release)) world.engine.stop(container)
    await climb(app, definition, { look: true })
    expect(filesOf(app, 2)).toEqual({ DATABASE_URL: 'database-two', PAYMENT_KEY: 'payment-two' })
  })

  it('go with the last container of their release, and with the service', async () => {
    const { app } = await deployedTwice()
    const retired = { ...definition, standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 } }
    await deployTag(app, retired, 'v1.2.0')
    await doOverdue(app, { look: false })
    expect(app.store.secretFiles.releases(definition)).toEqual([3])
    await remove(app, { service: 'shop', environment: 'prod' }, alice)
    expect(readdirSync(join(app.store.folder, 'secrets'))).toEqual([])
  })

  it('are another release than the same value in the environment', async () => {
    const { app } = await deployedTwice()
    const inEnv = definition.secrets.map(({ name, onRollback }) => secret(name, { onRollback }))
    const { answer } = await deployTag(app, { ...definition, secrets: inEnv }, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r3' } })
  })
})

describe('a new key', () => {
  const identities = (app: App) => app.store.releases.list(definition, 9).map(({ identity }: Release) => identity)
  const keyBytes = (world: World) => statSync(join(world.folder, 'key')).size

  it('seals every value anew, and changes no version, identity or quarantine', async () => {
    const { world, app } = await deployedTwice()
    await rollBack(app, definition)
    await doOverdue(app, { look: false })
    const before = { identities: identities(app), sealed: app.store.releases.sealed(definition, 1) }
    const oldKey = readFileSync(join(world.folder, 'key'))
    expect(rotateKey(app)).toEqual({ values: 7 })
    expect(identities(app)).toEqual(before.identities)
    expect(app.store.releases.sealed(definition, 1)).not.toEqual(before.sealed)
    expect(app.store.vault.open('API_TOKEN', app.store.releases.sealed(definition, 1)['API_TOKEN']!)).toBe('token-one')
    expect(keyBytes(world)).toBe(2 * KEY_BYTES)
    expect(readFileSync(join(world.folder, 'key')).subarray(KEY_BYTES)).not.toEqual(oldKey)
    expect((await deployTag(app, definition, 'v1.1.0')).answer.error?.code).toBe('QUARANTINED')
    expect(isOverdue(app)).toBe(false)
  })

  it('is known at once to a process that has been running with the old one', async () => {
    const { world, app } = await deployedTwice()
    rotateKey(world.process().app)
    expect(app.store.vault.open('API_TOKEN', app.store.releases.sealed(definition, 2)['API_TOKEN']!)).toBe('token-one')
    expect((await deployTag(app, definition, 'v1.2.0')).answer.outcome).toBe('succeeded')
    expect(rotateKey(world.process().app)).toEqual({ values: 10 })
  })

  it('waits for no operation and disturbs none: it is refused meanwhile', async () => {
    const { world, app } = await deployedTwice()
    let refusal: unknown = null
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.awaitHealthy' || refusal !== null) return
      try {
        rotateKey(world.process().app)
        refusal = 'none'
      } catch (error) {
        refusal = error
      }
    }
    expect((await deployTag(app, definition, 'v1.2.0')).answer.outcome).toBe('succeeded')
    expect(refusal).toMatchObject({ code: 'BUSY' })
    expect(keyBytes(world)).toBe(KEY_BYTES)
  })

  it.each([0, 1, 2, 3])('loses nothing when its process is killed at moment %i', async (moment) => {
    const { world } = await deployedTwice()
    const victim = world.process(moment)
    expect(() => rotateKey(victim.app)).toThrow(Killed)
    victim.kill()
    const { app } = world.process()
    await deployTag(app, definition, 'v1.2.0')
    rotateKey(app)
    expect(keyBytes(world)).toBe(2 * KEY_BYTES)
    for (const release of [1, 2, 3]) {
      for (const [name, sealed] of Object.entries(app.store.releases.sealed(definition, release)))
        expect(app.store.vault.open(name, sealed)).toMatch(/^(token|database|payment)-/)
    }
  })

  it('that cannot open a value changes nothing', async () => {
    const { world, app } = await deployedTwice()
    app.store.releases.sealAnew((name, sealed) => (name === 'API_TOKEN' ? 'AAAA' : sealed))
    const before = app.store.releases.sealed(definition, 1)
    expect(() => rotateKey(app)).toThrow('it was sealed with another key')
    expect(app.store.releases.sealed(definition, 1)).toEqual(before)
    expect(existsSync(join(world.folder, 'key'))).toBe(true)
  })
})

describe('astern secrets', () => {
  it('lists names, versions and sources', async () => {
    const { app } = await deployedTwice()
    const { context, out } = createConsole(app)
    expect(await run(context, given('secrets'))).toBe(0)
    const shown = out.map((line) => line.replaceAll(/\b[0-9a-f]{8}\b/g, 'xxxxxxxx'))
    expect(shown).toEqual([
      'SECRET        VERSION         AS    ON ROLLBACK   RELEASES  FROM',
      'API_TOKEN     xxxxxxxx        env   restore       r2 r1     /srv/shop/API_TOKEN',
      'DATABASE_URL  xxxxxxxx        file  restore       r2        /srv/shop/DATABASE_URL',
      'DATABASE_URL  xxxxxxxx        file  restore       r1',
      'PAYMENT_KEY   xxxxxxxx (now)  file  keep_current  r2        /srv/shop/PAYMENT_KEY',
      'PAYMENT_KEY   xxxxxxxx        file  keep_current  r1',
    ])
  })

  it('says the same to machines, and that a secret is configured no more', async () => {
    const { app } = await deployedTwice()
    await deployTag(app, { ...definition, secrets: definition.secrets.slice(1) }, 'v1.2.0')
    const { context, answer } = createConsole(app, { json: true })
    await run(context, given('secrets'))
    const version = expect.stringMatching(/^[0-9a-f]{16}$/) as string
    expect(answer()).toMatchObject({
      secrets: [
        { name: 'API_TOKEN', source: null, versions: [{ version, as: 'env', releases: ['r2', 'r1'] }] },
        { name: 'DATABASE_URL', current_version: null },
        {
          name: 'PAYMENT_KEY',
          source: { kind: 'file', from: '/srv/shop/PAYMENT_KEY', at: 'astern.yaml:14:7' },
          current_version: version,
          versions: [{ on_rollback: 'keep_current', releases: ['r3', 'r2'] }, { releases: ['r1'] }],
        },
      ],
    })
  })

  it('changes the key, and knows nothing else to do', async () => {
    const { app } = await deployedTwice()
    const { context, out } = createConsole(app)
    expect(await run(context, given('secrets', ['rotate-key']))).toBe(0)
    expect(out[0]).toContain('7 values are sealed under a new key')
    await expect(run(context, given('secrets', ['rotate']))).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('what a service prints', () => {
  it('is shown without a secret in any shape', async () => {
    const { world, app } = await deployedTwice()
    const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----'
    world.secrets.set('DATABASE_URL', pem).set('API_TOKEN', 'a b/c"d')
    const log = [...pem.split('\n'), '"a b/c\\"d"', 'a%20b%2Fc%22d', Buffer.from(pem).toString('base64')]
    world.engine.behaviour = ({ spec }) =>
      spec.release === 3 ? { healthyAfterMs: null, log: log.map((text) => ({ stream: 'stderr', text })) } : {}
    const { answer } = await deployTag(app, definition, 'v1.2.0')
    const said = JSON.stringify([answer, app.store.journal.ofTransaction(answer.transaction_id!)])
    expect(said).toContain('[redacted]')
    const leaks = ['MIIEvQIBADANBg', 'kqhkiG9w0BAQEF', 'a b/c', 'a%20b', Buffer.from(pem).toString('base64')]
    expect(leaks.filter((leak) => said.includes(leak))).toEqual([])
  })
})

// A rollback brings back the whole release: environment, command, mounts, limits and the values of its secrets, except those that must stay as they
// are now. And no value of a secret is ever to be seen outside the container that needs it.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ran } from './support/command.ts'
import { createInstallation, type Installation } from './support/installation.ts'

const SECRETS = {
  database1: 'postgres://first:s3cr3t-d4t4b4s3@db/shop',
  database2: 'postgres://second:0th3r-d4t4b4s3@db/shop',
  payment1: 'pk-old-8c1f77aa',
  payment2: 'pk-rotated-55e0b3d1',
  token: 'tok-env-file-91ab',
  broken: 'tok-on-stderr-77f3',
}
const RETIRED_AT_ONCE = { warm: 0, frozen: 0, cold: 0 }

describe('the configuration of a release', () => {
  let shop: Installation
  const said: Ran[] = []

  async function astern(...words: string[]): Promise<Ran> {
    const ran = await shop.astern(words)
    said.push(ran)
    return ran
  }
  const writeSecret = (name: string, value: string) => writeFile(join(shop.project, name), `${value}\n`)

  const first = {
    env: { FEATURE_A: 'on', COMMON: 'one' },
    env_file: 'shop.env',
    command: ['serve', '--workers', '2'],
    volumes: [{ source: '/usr/share', target: '/reference', read_only: true }],
    memory: '64m',
    cpus: 0.5,
    secrets: {
      DATABASE_URL: { file: 'database' },
      PAYMENT_KEY: { exec: ['cat', 'payment'], on_rollback: 'keep_current' },
    },
    standby: RETIRED_AT_ONCE,
  }
  const second = {
    ...first,
    env: { FEATURE_B: 'on', COMMON: 'two' },
    command: ['serve', '--workers', '8'],
    volumes: [],
    memory: '128m',
    cpus: 1,
  }

  /** What decides how a container behaves, as the engine has it. */
  async function inspect(replica: string) {
    const [seen] = JSON.parse(await shop.docker('inspect', shop.containerOf(replica))) as {
      Config: { Env: string[]; Cmd: string[] | null; Image: string; StopSignal: string }
      HostConfig: { Memory: number; NanoCpus: number; Mounts: object[] | null; RestartPolicy: { Name: string } }
      Mounts: { Source: string; Destination: string; RW: boolean }[]
    }[]
    const { Config, HostConfig, Mounts } = seen!
    // The folder with the role differs between releases, and is no part of one.
    const own = Mounts.filter(({ Destination }) => Destination !== '/run/astern')
    const mounts = own.map(({ Source, Destination, RW }) => `${Source}:${Destination}:${RW ? 'rw' : 'ro'}`)
    const { Memory, NanoCpus, RestartPolicy } = HostConfig
    return {
      env: [...Config.Env].sort(),
      command: Config.Cmd,
      image: Config.Image,
      stopSignal: Config.StopSignal,
      mounts,
      memory: Memory,
      cpus: NanoCpus,
      restart: RestartPolicy.Name,
    }
  }

  beforeAll(async () => {
    shop = await createInstallation()
    await writeSecret('database', SECRETS.database1)
    await writeSecret('payment', SECRETS.payment1)
    await writeFile(join(shop.project, 'shop.env'), `# of the shop\nAPI_TOKEN=${SECRETS.token}\n`)
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('reaches its containers', async () => {
    const deployed = await astern(...(await shop.prepare('v1', first)))
    expect(deployed.code).toBe(0)
    expect(await inspect('r1-1')).toMatchObject({
      env: expect.arrayContaining([
        'MARK=v1',
        'FEATURE_A=on',
        `API_TOKEN=${SECRETS.token}`,
        `DATABASE_URL=${SECRETS.database1}`,
        `PAYMENT_KEY=${SECRETS.payment1}`,
      ]) as string[],
      command: ['serve', '--workers', '2'],
      mounts: ['/usr/share:/reference:ro'],
      memory: 64 * 1024 * 1024,
      cpus: 5e8,
      restart: 'unless-stopped',
    })
  })

  it('is compared by diff and by the deploy itself, with the names of secrets and never their values', async () => {
    await writeSecret('database', SECRETS.database2)
    await writeSecret('payment', SECRETS.payment2)
    const before = await inspect('r1-1')
    const deployed = await astern(...(await shop.prepare('v2', second)))
    expect(deployed.code).toBe(0)
    for (const word of [
      'FEATURE_A removed',
      'FEATURE_B added',
      'DATABASE_URL changed',
      'PAYMENT_KEY changed',
      'memory',
    ])
      expect(deployed.stdout).toContain(word)
    const diff = await astern('diff', 'r1', 'r2')
    expect(diff.code).toBe(0)
    for (const word of ['FEATURE_A', 'FEATURE_B', 'COMMON', 'DATABASE_URL', 'PAYMENT_KEY', '64m', '128m', '/reference'])
      expect(diff.stdout).toContain(word)
    expect(diff.stdout).not.toContain('API_TOKEN')
    await shop.onRung('r1', 'retired')
    expect((await shop.containers()).has(shop.containerOf('r1-1'))).toBe(false)

    const planned = await astern('rollback', '--dry-run')
    expect(planned.stdout).toContain('PAYMENT_KEY stays as it is now (keep_current)')
    const back = await astern('rollback', '--json')
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'retired', to: { release: 'r1' } } })
    const after = await inspect('r1-2')
    const kept = before.env.map((line) => (line.startsWith('PAYMENT_KEY=') ? `PAYMENT_KEY=${SECRETS.payment2}` : line))
    expect(after).toEqual({ ...before, env: kept })
  })

  it('makes a standby anew when a secret that stays is rotated, before that counts as ready', async () => {
    await shop.atRest()
    const warm = { ...first, standby: { warm: 1, warm_for: '1h' } }
    await shop.prepare('v3', warm)
    expect((await astern('deploy', 'v3', '--force=hold')).code).toBe(0)
    await shop.onRung('r1', 'warm')
    await writeSecret('payment', SECRETS.payment1)
    await shop.prepare('v4', warm)
    expect((await astern('deploy', 'v4', '--force=hold')).code).toBe(0)
    await shop.onRung('r3', 'warm')
    const back = await astern('rollback', '--json')
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'warm', to: { release: 'r3' } } })
    const { env } = JSON.parse((await shop.visit()).body) as { env: Record<string, string> }
    expect(env).toMatchObject({ MARK: 'v3', PAYMENT_KEY: SECRETS.payment1, DATABASE_URL: SECRETS.database2 })
  })

  it('is refused when a secret cannot be read, without a word of what the command printed', async () => {
    const failing = { exec: ['sh', '-c', `echo ${SECRETS.broken}; exit 3`] }
    const secrets = { ...first.secrets, EXTRA: failing }
    const refused = await astern(...(await shop.prepare('v5', { ...first, secrets })), '--json')
    expect(refused).toMatchObject({ code: 2, last: { error: { code: 'SECRET_UNAVAILABLE' } } })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v3' })
  })

  it('shows no value of a secret in any output, the journal, the state, the proxy or a label', async () => {
    await shop.atRest()
    for (const words of [
      ['status'],
      ['releases'],
      ['show', 'r1'],
      ['show', 'r4'],
      ['diff', 'r1', 'r4'],
      ['log'],
      ['doctor'],
    ]) {
      await astern(...words)
      await astern(...words, '--json')
    }
    const journal = await astern('log', '--json')
    for (const { transaction_id: id } of journal.last['operations'] as { transaction_id: string }[]) {
      await astern('log', id)
      await astern('log', id, '--json')
    }
    const files = (await readdir(shop.stateFolder, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    )
    expect(files.length).toBeGreaterThan(4)
    const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
    const ids = [...(await shop.containers()).keys()]
    const labels = await shop.docker(
      'inspect',
      '--format',
      '{{.Name}} {{json .Config.Labels}} {{json .Config.Cmd}}',
      ...ids,
    )
    const everything = [...said.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...contents, labels].join('\n')
    expect(everything).toContain('PAYMENT_KEY')
    for (const [name, value] of Object.entries(SECRETS)) {
      // the journal says which command was to print it, as the configuration does
      const seen = name === 'broken' ? everything.replaceAll(`echo ${value}`, '') : everything
      expect(seen.includes(value) ? name : 'nowhere').toBe('nowhere')
    }
  })
})

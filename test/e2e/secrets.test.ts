// Secrets in every form, over a whole story: as files they are in no environment, stay in place when they change, and come back with their release;
// and no value is ever to be found where it does not belong. The scan that says so is shown to find what is there.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { output, type Ran } from './support/command.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

const SECRETS = {
  database1: 'postgres://first:s3cr3t-d4t4b4s3@db/shop',
  database2: 'postgres://second:0th3r-d4t4b4s3@db/shop',
  payment1: 'pk-old-8c1f77aa',
  payment2: 'pk-rotated-55e0b3d1',
  token: 'tok-env-file-91ab',
  license: 'lic-by-command-40cd',
  certificate: 'MIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7',
}
/** The probe, with a shell beside it. */
const dockerfile = (probe: string) =>
  `FROM alpine:3.22\nCOPY --from=${probe} /probe-app /probe-app\nUSER 10001:10001\nCMD ["/probe-app"]\n`
const PRINTS_ALL = ['sh', '-c', 'env; cat /run/secrets/*; base64 /run/secrets/DATABASE_URL; sleep 1; exit 1']

describe('secrets', () => {
  let shop: Installation
  let image: string
  const said: Ran[] = []

  async function astern(...words: string[]): Promise<Ran> {
    const ran = await shop.astern(words)
    said.push(ran)
    return ran
  }
  const write = (name: string, value: string) => writeFile(join(shop.project, name), `${value}\n`)
  const prepare = (name: string, fields: Readonly<Record<string, unknown>> = {}) =>
    shop.prepare(name, { ...service, ...fields }, image)
  const inside = (replica: string, ...words: string[]) => shop.docker('exec', shop.containerOf(replica), ...words)

  const service = {
    env_file: 'shop.env',
    secrets: {
      DATABASE_URL: { file: 'database', as: 'file' },
      PAYMENT_KEY: { file: 'payment', as: 'file', on_rollback: 'keep_current' },
      CERTIFICATE: { file: 'certificate', as: 'file' },
      LICENSE: { exec: ['cat', 'license'] },
    },
  }

  beforeAll(async () => {
    shop = await createInstallation()
    image = await output(['docker', 'build', '--quiet', '-'], { env: shop.env, input: dockerfile(await probeImage()) })
    await Promise.all([
      write('database', SECRETS.database1),
      write('payment', SECRETS.payment1),
      write('certificate', SECRETS.certificate),
      write('license', SECRETS.license),
      write('shop.env', `API_TOKEN=${SECRETS.token}`),
    ])
    await shop.ask('up')
  })
  // The image goes with its last tag.
  afterAll(() => shop?.close())

  it('as files are read by the user of the container alone, and are not in its environment', async () => {
    const deployed = await astern(...(await prepare('v1')))
    expect(deployed).toMatchObject({ code: 0, stderr: '' })
    expect(await inside('r1-1', 'cat', '/run/secrets/DATABASE_URL')).toBe(SECRETS.database1)
    expect(await inside('r1-1', 'cat', '/run/secrets/CERTIFICATE')).toBe(SECRETS.certificate)
    const stat = await inside('r1-1', 'stat', '-c', '%a %u %g %n', '/run/secrets/DATABASE_URL')
    expect(stat).toMatch(process.getuid?.() === 0 ? /^400 10001 10001 / : /^444 /)
    const env = await inside('r1-1', 'env')
    expect(env).toContain(`API_TOKEN=${SECRETS.token}`)
    expect(env).toContain(`LICENSE=${SECRETS.license}`)
    expect(env).not.toMatch(/DATABASE_URL|PAYMENT_KEY|CERTIFICATE/)
    await expect(inside('r1-1', 'sh', '-c', 'echo x > /run/secrets/NEW')).rejects.toThrow('Read-only file system')
  })

  it('that stay are changed in the containers of a warm standby, which go on', async () => {
    await write('database', SECRETS.database2)
    await write('payment', SECRETS.payment2)
    const id = () => shop.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', shop.containerOf('r1-1'))
    const before = await id()
    expect((await astern(...(await prepare('v2')))).code).toBe(0)
    await shop.atRest()
    expect(await id()).toBe(before)
    expect(await inside('r1-1', 'cat', '/run/secrets/PAYMENT_KEY')).toBe(SECRETS.payment2)
    expect(await inside('r1-1', 'cat', '/run/secrets/DATABASE_URL')).toBe(SECRETS.database1)
    expect(await inside('r2-1', 'cat', '/run/secrets/DATABASE_URL')).toBe(SECRETS.database2)
    const back = await astern('rollback', '--json', '-m', 'the database is slow')
    expect(back).toMatchObject({ code: 0, last: { rung: 'warm', to: { release: 'r1' } } })
  })

  it('that a service prints while it fails are hidden', async () => {
    const failed = await astern(...(await prepare('v3', { command: PRINTS_ALL })))
    expect(failed.code).toBe(4)
    expect(failed.stderr).toContain('[redacted]')
    const machine = await astern(...(await prepare('v4', { command: PRINTS_ALL })), '--json')
    expect(machine).toMatchObject({ code: 4, last: { error: { code: 'DEPLOY_FAILED' } } })
    expect(machine.stdout).toContain('[redacted]')
  })

  it('are listed, and sealed under a new key, with which a retired release comes back', async () => {
    const listed = await astern('secrets')
    expect(listed.stdout).toMatch(/^DATABASE_URL +[0-9a-f]{8} +file +restore +r4 r3 r2 +\S+database$/m)
    expect((await astern('secrets', 'rotate-key')).code).toBe(0)
    expect((await astern('deploy', 'v2', '--force=hold,quarantine', '--dry-run')).code).toBe(0)
    await shop.docker('rm', '--force', shop.containerOf('r2-1'))
    const back = await astern('rollback', '--to', 'r2', '--force=quarantine', '--json')
    expect(back).toMatchObject({ code: 0, last: { to: { release: 'r2' } } })
    const replica = [...(await shop.containers()).keys()].find((name) => /-r2-\d+$/.test(name))!
    expect(await shop.docker('exec', replica, 'cat', '/run/secrets/DATABASE_URL')).toBe(SECRETS.database2)
  })

  it('are in no output, journal, state, proxy, label or crash report', async () => {
    const places = new Map<string, string>()
    places.set('a crash report', await crashReport())
    await shop.atRest()
    for (const words of [['status'], ['releases'], ['show', 'r1'], ['show', 'r3'], ['diff', 'r1', 'r2'], ['secrets']]) {
      await astern(...words)
      await astern(...words, '--json')
    }
    await astern('doctor', '--json')
    const { last } = await astern('log', '--json', '-n', '50')
    for (const { transaction_id: id } of last['operations'] as { transaction_id: string }[]) {
      await astern('log', id, '--json')
      await astern('show', id)
    }
    await defect()
    for (const [index, { stdout, stderr }] of said.entries()) places.set(`output ${index}`, stdout + stderr)
    for (const [name, container] of await inspected()) {
      const { Env, ...config } = container.Config
      // Secrets that are variables are there by nature; those that are files are not.
      places.set(`container ${name}`, JSON.stringify({ ...container, Config: config }))
      places.set(`names of ${name}`, Env.filter((line) => !/^(API_TOKEN|LICENSE)=/.test(line)).join('\n'))
    }
    for (const [name, text] of await stateFiles()) places.set(name, text)
    expect([...places.keys()]).toEqual(
      expect.arrayContaining(['state/astern.db', 'state/proxy/cfg/haproxy.cfg', 'a crash report', 'output 0']),
    )
    expect([...places.values()].join('')).toContain('PAYMENT_KEY')
    expect(found(places)).toEqual([])
    // It can find what is there: in the clear, in Base64, and a line of a longer one.
    const planted = join(shop.stateFolder, 'planted')
    for (const text of [SECRETS.payment1, Buffer.from(SECRETS.token).toString('base64'), 'AASCBKcwggSjAgEAAoIBAQC7']) {
      await writeFile(planted, `… ${text} …`)
      expect(found(await stateFiles())).toEqual([expect.stringContaining('in state/planted')])
    }
    await rm(planted)
  })

  /** Values that stand in a place, by name. */
  function found(places: ReadonlyMap<string, string>): string[] {
    return Object.entries(SECRETS).flatMap(([name, value]) => {
      const shapes = [value, ...value.split('\n'), Buffer.from(value).toString('base64'), encodeURIComponent(value)]
      return [...places].flatMap(([place, text]) =>
        shapes.some((shape) => text.includes(shape)) ? [`${name} in ${place}`] : [],
      )
    })
  }

  /** Every file of the state, the journal's write-ahead log too, but those that are there to hold secrets. */
  async function stateFiles(): Promise<Map<string, string>> {
    const files = (await readdir(shop.stateFolder, { recursive: true, withFileTypes: true }))
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => !path.startsWith(join(shop.stateFolder, 'secrets/')))
    const read = files.map(async (path) => {
      return [path.replace(shop.stateFolder, 'state'), await readFile(path, 'latin1')] as const
    })
    return new Map(await Promise.all(read))
  }

  async function inspected() {
    type Container = { readonly Name: string; readonly Config: { readonly Env: readonly string[] } }
    const ids = [...(await shop.containers()).keys()]
    const containers = JSON.parse(await shop.docker('inspect', ...ids)) as Container[]
    return containers.map((container) => [container.Name, container] as const)
  }

  /** What Node writes of a process that is in the middle of a deploy and has opened every secret. */
  async function crashReport(): Promise<string> {
    const words = [...(await prepare('v5', { command: ['sleep', '60'] })), '--json']
    const options = ['--report-on-signal', `--report-directory=${shop.folder}`, '--report-filename=crash.json']
    const deploy = await shop.begin(words, { env: { NODE_OPTIONS: options.join(' ') } })
    await until('a health check', () => /"step":"health"/.test(deploy.stdout()))
    deploy.kill('SIGUSR2')
    const report = await until('the report', async () => {
      const text = await readFile(join(shop.folder, 'crash.json'), 'utf8').catch(() => '')
      return text.includes('"sharedObjects"') && text
    })
    deploy.kill('SIGINT')
    said.push(await deploy.ended)
    expect(report).toContain('"javascriptStack"')
    return report
  }

  /** A defect: what is stored cannot be read. */
  async function defect(): Promise<void> {
    const db = new DatabaseSync(join(shop.stateFolder, 'astern.db'))
    const change = db.prepare(`UPDATE releases SET config = substr(config, ?) || '"' WHERE number = 1`)
    const { config } = db.prepare('SELECT config FROM releases WHERE number = 1').get() as { config: string }
    change.run(2)
    const broken = await shop.astern(['show', 'r1'], { env: { ASTERN_DEBUG: '1' } })
    db.prepare('UPDATE releases SET config = ? WHERE number = 1').run(config)
    db.close()
    said.push(broken)
    expect(broken.code).toBe(1)
    expect(broken.stderr).toContain('INTERNAL')
  }
})

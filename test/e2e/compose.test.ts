// A service from a real compose file: its database is left to compose and found under its name, what the file says of the container holds, and what
// is taken and what is not is said once. A busybox httpd stands in for the database, in a network as compose makes it.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { output, run } from './support/command.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation, quick } from './support/installation.ts'

/** The probe, with a shell beside it. */
const dockerfile = (probe: string) =>
  `FROM alpine:3.22\nCOPY --from=${probe} /probe-app /probe-app\nCMD ["/probe-app"]\n`

describe('a service of a compose file', () => {
  let shop: Installation
  let image: string
  let project: string
  const network = () => `${project}_default`
  const database = () => `${project}-postgres-1`
  const inside = (replica: string, ...words: string[]) => shop.docker('exec', shop.containerOf(replica), ...words)

  const composeFile = () => `
name: ${project}
services:
  postgres:
    image: postgres:16
    volumes: [data:/var/lib/postgresql/data]
  web:
    build: .
    image: ${shop.repository}:v1
    entrypoint: [/probe-app]
    user: "10001"
    working_dir: /tmp
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    ulimits: { nofile: 4096 }
    restart: always
    depends_on: { postgres: { condition: service_healthy } }
    networks: [default]
    extra_hosts: ["legacy:10.9.8.7", "me:host-gateway"]
    expose: [8080]
    environment:
      DATABASE_URL: postgres://shop:\${PASSWORD}@postgres/shop
      LEVEL: \${LEVEL:-info}
    secrets: [token]
    healthcheck: { test: [CMD, curl, -f, http://localhost:8080/healthz], interval: 1s, retries: 2 }
    deploy:
      replicas: 1
      resources: { limits: { memory: 64m } }
      update_config: { failure_action: rollback, order: start-first }
volumes: { data: }
secrets: { token: { file: token.txt } }
`

  async function startDatabase(): Promise<void> {
    const labels = { 'com.docker.compose.project': project, 'com.docker.compose.service': 'postgres' }
    const options = ['--detach', '--name', database(), '--network', network(), '--network-alias', 'postgres']
    const labelled = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])
    const httpd = ['sh', '-c', 'mkdir -p /www && echo the database > /www/index.html && exec httpd -f -p 80 -h /www']
    await shop.docker('run', ...options, ...labelled, 'alpine:3.22', ...httpd)
  }

  beforeAll(async () => {
    shop = await createInstallation()
    project = shop.repository.replace(/[^a-z0-9]/g, '')
    image = await output(['docker', 'build', '--quiet', '-'], { env: shop.env, input: dockerfile(await probeImage()) })
    await writeFile(join(shop.project, 'compose.yaml'), composeFile())
    await writeFile(join(shop.project, '.env'), 'PASSWORD=s3cret-of-compose\n')
    await writeFile(join(shop.project, 'token.txt'), 'tok-of-compose\n')
    const { stop, canary, bake } = quick
    const service = { compose: 'compose.yaml#web', stop, canary, bake, standby: { warm: 0, frozen: 0, cold: 2 } }
    await shop.writeConfig({
      services: { shop: service },
      environments: { [shop.environment]: { listen: shop.listen } },
    })
    await Promise.all(['v1', 'v2', 'v3'].map((tag) => shop.tag(tag, image)))
  })
  afterAll(async () => {
    await run(['docker', 'rm', '--force', database()])
    await shop?.close()
    await run(['docker', 'network', 'rm', network()])
  })

  it('says once what is taken and what is not', async () => {
    const first = await shop.astern(['up'])
    expect(first.stderr).toMatch(/^taken from compose\.yaml#web: image, environment, .*networks, depends_on, secrets$/m)
    expect(first.stderr).toMatch(/^note: compose\.yaml:8:5 services\.web\.build: not taken: `astern build` builds as/m)
    expect(first.stderr).toMatch(/restart: not taken: containers restart/)
    expect(first.stderr).toMatch(/update_config\.failure_action: taken: when a deploy fails, what served before serves/)
    const second = await shop.astern(['up'])
    expect(second.stderr).toMatch(/^5 notes on what comes from compose files are as before/m)
    expect(second.stderr).not.toContain('not taken')
  })

  it('is refused, with nothing changed, while the network of its database is not there', async () => {
    const refused = await shop.astern(['deploy'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(`error NETWORK_UNKNOWN: There is no network ${network()}`)
    expect(refused.stderr).toContain('docker compose up -d postgres')
  })

  it('finds its database under its name, and has all that the file says of its container', async () => {
    await shop.docker('network', 'create', network())
    await startDatabase()
    const deployed = await shop.astern(['deploy', '--json'])
    expect(deployed).toMatchObject({ code: 0, last: { to: { version: 'v1' }, warnings: [] } })
    expect(await inside('r1-1', 'wget', '-qO-', 'http://postgres/')).toBe('the database')
    expect(await inside('r1-1', 'cat', '/etc/hosts')).toMatch(/^10\.9\.8\.7\s+legacy$/m)
    expect(await inside('r1-1', 'cat', '/etc/hosts')).toMatch(/^\d+\.\d+\.\d+\.\d+\s+me$/m)
    expect(await inside('r1-1', 'sh', '-c', 'pwd; id -u; ulimit -n; echo x > /tmp/x && cat /tmp/x')).toBe(
      '/tmp\n10001\n4096\nx',
    )
    await expect(inside('r1-1', 'sh', '-c', 'echo x > /x')).rejects.toThrow('Read-only file system')
    expect(await inside('r1-1', 'cat', '/proc/self/status')).toMatch(/^CapBnd:\s+0+$/m)
    expect(await inside('r1-1', 'cat', '/run/secrets/token')).toBe('tok-of-compose')
    const env = await inside('r1-1', 'env')
    expect(env).toContain('DATABASE_URL=postgres://shop:s3cret-of-compose@postgres/shop')
    expect(env).toContain('LEVEL=info')
    const shown = await shop.astern(['show', 'r1'])
    expect(shown.stdout).toMatch(/^networks +\S+_default$/m)
    expect(shown.stdout).not.toContain('s3cret-of-compose')
    // The names of compose's own services mean what they meant.
    const aliases = await shop.docker(
      'inspect',
      '--format',
      `{{json (index .NetworkSettings.Networks "${network()}").Aliases}}`,
      shop.containerOf('r1-1'),
    )
    expect(aliases).not.toMatch(/web|shop"|postgres/)
  })

  it('is warned about a dependency that does not run', async () => {
    await shop.docker('stop', '--time', '0', database())
    const deployed = await shop.astern(['deploy', 'v2'], { env: { LEVEL: 'debug' } })
    expect(deployed.code).toBe(0)
    expect(deployed.stderr).toContain('postgres, which shop depends on, does not run: docker compose up -d postgres')
    await shop.docker('start', database())
  })

  it('goes back to a release whose network compose has made anew', async () => {
    await shop.onRung('r1', 'cold')
    for (const name of [database(), shop.containerOf('r2-1')])
      await shop.docker('network', 'disconnect', '--force', network(), name)
    await shop.docker('network', 'rm', network())
    const failed = await shop.astern(['rollback', '--json'])
    expect(failed).toMatchObject({ code: 5, last: { error: { code: 'ROLLBACK_FAILED' } } })
    expect(failed.stdout).toContain(`There is no network ${network()}`)
    await shop.docker('network', 'create', network())
    await shop.docker('network', 'connect', '--alias', 'postgres', network(), database())
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 0, last: { rung: 'cold', to: { release: 'r1' } } })
    expect(await inside('r1-1', 'wget', '-qO-', 'http://postgres/')).toBe('the database')
  })
})

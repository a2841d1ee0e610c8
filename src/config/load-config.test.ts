import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLAIN_RETENTION } from '../core/retention-policy.ts'
import { definitionsOf, memoryFiles, problemsOf, serviceWith } from './config-world.ts'
import { MORE, ON_TRIAL, SEVERAL, SMALLEST } from './examples.ts'
import { loadConfig } from './load-config.ts'

describe('the documented examples', () => {
  it('takes the smallest one, and fills in every default', () => {
    expect(definitionsOf(SMALLEST)).toEqual([
      {
        service: 'gin-shop',
        environment: 'prod',
        configPath: '/shop/astern.yaml',
        image: 'gin-shop',
        composeTag: null,
        build: {
          context: '/shop',
          dockerfile: '/shop/Dockerfile',
          target: null,
          args: {},
          tag: '{version}-{env}-{build}',
          pointers: ['latest'],
          platforms: [],
        },
        listen: '127.0.0.1:18080',
        hosts: [],
        health: {
          kind: 'http',
          path: '/healthz',
          intervalMs: 500,
          timeoutMs: 2_000,
          rise: 1,
          fall: 2,
          startPeriodMs: 30_000,
        },
        replicas: 1,
        process: {
          port: 8080,
          command: null,
          env: {},
          mounts: [],
          ports: [],
          memoryBytes: null,
          cpus: null,
          stop: { signal: 'SIGTERM', timeoutMs: 10_000, drainMs: 30_000 },
        },
        processes: [],
        secrets: [],
        standby: { warm: 1, warmForMs: 3_600_000, frozen: 1, frozenForMs: 86_400_000, cold: 5 },
        sets: {},
        freeze: [],
        hooks: [],
        retention: PLAIN_RETENTION,
        trial: {
          steps: [
            { share: 100, forMs: 30_000, atMostMs: 60_000, manual: false },
            { share: 500, forMs: 60_000, atMostMs: 120_000, manual: false },
            { share: 2_500, forMs: 120_000, atMostMs: 240_000, manual: false },
          ],
          leastRequests: 100,
          shield: true,
          sticky: null,
          failure: { header: null, statuses: [], grpc: true },
          bake: { forMs: 900_000, holdback: 100 },
          verdict: {
            alpha: 0.001,
            errorRate: 0.01,
            latency: { shift: 0.2, atLeastMs: 50 },
            memory: true,
            undecided: 'go_on',
          },
          signals: [],
          autopilot: 'act',
          previewFrom: ['127.0.0.0/8', '::1/128'],
        },
      },
    ])
  })

  it('takes more of it, and merges the environments', () => {
    const [prod, staging] = definitionsOf(MORE, {
      '/shop/compose.yaml': 'services: { web: { image: "shop/gin-shop:v1.4.0" } }',
      '/shop/.env': 'STRIPE_KEY=sk_live_1\nGIN_MODE=debug\nDATABASE_URL=no\n',
      '/shop/secrets/database_url': 'postgres://…',
    })
    expect(prod).toMatchObject({
      image: 'registry.example.com/shop/gin-shop',
      composeTag: 'v1.4.0',
      listen: '0.0.0.0:80',
      hosts: ['shop.example.com'],
      freeze: [{ from: { day: 5, minute: 960 }, to: { day: 1, minute: 480 }, zone: 'Asia/Shanghai' }],
      replicas: 4,
      process: {
        command: ['/app', 'serve'],
        env: { GIN_MODE: 'release', TZ: 'Asia/Shanghai' },
        mounts: [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }],
        memoryBytes: 134_217_728,
        cpus: 0.5,
      },
    })
    expect(staging).toMatchObject({ environment: 'staging', listen: '127.0.0.1:8081', hosts: [], replicas: 2 })
    expect(staging?.process.env).toEqual({ GIN_MODE: 'release' })
    expect(prod?.secrets.map(({ name, source, onRollback }) => ({ name, source, onRollback }))).toEqual([
      { name: 'DATABASE_URL', source: { kind: 'file', path: '/shop/secrets/database_url' }, onRollback: 'restore' },
      {
        name: 'PAYMENT_KEY',
        source: { kind: 'exec', argv: ['sops', '-d', 'payment.enc'], cwd: '/shop' },
        onRollback: 'keep_current',
      },
      { name: 'STRIPE_KEY', source: { kind: 'env_file', path: '/shop/.env' }, onRollback: 'restore' },
    ])
    expect(prod?.secrets.map(({ at }) => at?.replace(/:\d+$/, ''))).toEqual([
      'astern.yaml:12',
      'astern.yaml:13',
      'astern.yaml:10',
    ])
    expect(JSON.stringify(prod)).not.toContain('sk_live_1')
  })

  it('takes all that can be said of a trial, and what an environment says anew', () => {
    const [prod, staging] = definitionsOf(ON_TRIAL)
    expect(prod?.trial).toEqual({
      steps: [
        { share: 100, forMs: 30_000, atMostMs: 60_000, manual: false },
        { share: 500, forMs: 60_000, atMostMs: 300_000, manual: false },
        { share: 2_500, forMs: 120_000, atMostMs: 240_000, manual: true },
      ],
      leastRequests: 100,
      shield: true,
      sticky: { kind: 'cookie', name: 'astern' },
      failure: { header: 'X-Failed', statuses: [429], grpc: true },
      bake: { forMs: 900_000, holdback: 100 },
      verdict: {
        alpha: 0.001,
        errorRate: 0.01,
        latency: { shift: 0.2, atLeastMs: 50 },
        memory: true,
        undecided: 'go_on',
      },
      signals: [
        {
          name: 'checkout-errors',
          source: { kind: 'prometheus', url: 'http://127.0.0.1:9090', query: 'sum(rate(errors_total[1m]))' },
          when: 'above',
          threshold: 0.05,
          forMs: 30_000,
          everyMs: 10_000,
          timeoutMs: 5_000,
        },
        {
          name: 'partner',
          source: { kind: 'http', url: 'http://127.0.0.1:8000/ok' },
          when: 'above',
          threshold: 0,
          forMs: 30_000,
          everyMs: 10_000,
          timeoutMs: 5_000,
        },
        {
          name: 'queue',
          source: { kind: 'command', argv: ['./queue-length'], cwd: '/shop' },
          when: 'above',
          threshold: 1_000,
          forMs: 60_000,
          everyMs: 10_000,
          timeoutMs: 5_000,
        },
      ],
      autopilot: 'act',
      previewFrom: ['10.0.0.0/8'],
    })
    expect(staging?.trial).toEqual({
      ...prod?.trial,
      steps: [{ share: 5_000, forMs: 10_000, atMostMs: 20_000, manual: false }],
      bake: null,
      previewFrom: ['127.0.0.0/8', '::1/128'],
    })
  })

  it('tells several services on one address apart by their host names', () => {
    expect(
      definitionsOf(SEVERAL).map(({ service, listen, hosts, replicas }) => ({ service, listen, hosts, replicas })),
    ).toEqual([
      { service: 'shop', listen: '0.0.0.0:80', hosts: ['shop.example.com'], replicas: 3 },
      { service: 'admin', listen: '0.0.0.0:80', hosts: ['admin.example.com'], replicas: 1 },
    ])
  })
})

describe('a secret as a file', () => {
  it('is one where that is said', () => {
    const [web] = definitionsOf(serviceWith('secrets: { A: { exec: [a], as: file }, B: { exec: [b], as: env } }'))
    expect(web?.secrets.map(({ name, as }) => [name, as])).toEqual([
      ['A', 'file'],
      ['B', undefined],
    ])
  })
  it('leaves no room for a volume in its place', () => {
    const volumes = 'volumes: ["x1:/run/secrets"]'
    expect(problemsOf(serviceWith('secrets: { A: { exec: [a], as: file } }', volumes))).toEqual([
      'astern.yaml:6:15 services.web.volumes[0]: /run/secrets is where the secrets are that are given as files',
    ])
    expect(problemsOf(serviceWith('secrets: { A: { exec: [a] } }', volumes))).toEqual([])
  })
})

it('reports every problem of every file at once, in the order of the lines', () => {
  const text = `services:
  gin-shop:
    image: gin-shop:latest
    prot: 8080
    port: 80a
    health: { path: healthz, intervall: 5x, rise: 0 }
    replicas: two
    env: { A: [1], "B C": 1, N: }
    env_file: [.env, missing.env]
    secrets:
      X: hunter2
      Y: { file: secrets/y, exec: [a] }
      Z: { file: secrets/z, on_rolback: keep_curent }
    volumes: [uploads, "x:/"]
    ports: ["80", 9000:9000]
    memory: 128
    stop: { signal: SIGTREM, timeout: 10 }
    processes: { web: {}, Worker: {}, report: { schedule: 3 am, replicas: 2 } }
    hooks: {}
    cpus: 0
  Bad.Name:
    image: -x
    compose: nope.yaml#web
environments:
  prod: { hosts: [a.com, "*.x"], autopilot: atc, replicas: 2 }
  staging: { listen: localhost:80, services: { gin-shp: {} } }
extra: 1
`
  expect(problemsOf(text, { '/shop/.env': 'A=1\nB\nC="x\n' })).toMatchInlineSnapshot(`
    [
      "astern.yaml:3:12 services.gin-shop.image: "gin-shop:latest" has a tag; write gin-shop alone, a release adds tag and digest (astern deploy TAG); latest is never one of them, since it names another image tomorrow",
      "astern.yaml:4:5 services.gin-shop.prot: unknown field; did you mean "port"?",
      "astern.yaml:5:11 services.gin-shop.port: expected an integer from 1 to 65535, got "80a"",
      "astern.yaml:6:21 services.gin-shop.health.path: expected a path that begins with /, got "healthz"",
      "astern.yaml:6:30 services.gin-shop.health.intervall: unknown field; did you mean "interval"?",
      "astern.yaml:6:51 services.gin-shop.health.rise: expected an integer from 1 to 100, got 0",
      "astern.yaml:7:15 services.gin-shop.replicas: expected an integer from 1 to 100, got "two"",
      "astern.yaml:8:15 services.gin-shop.env.A: expected a text, a number, true or false, got a list",
      "astern.yaml:8:20 services.gin-shop.env.B C: expected the name of a variable, got "B C"",
      "astern.yaml:8:33 services.gin-shop.env.N: expected a text, a number, true or false, got nothing",
      "astern.yaml:9:22 services.gin-shop.env_file[1]: there is no file missing.env",
      "astern.yaml:11:10 services.gin-shop.secrets.X: expected { file: … } or { exec: … }, never the value itself, got a text",
      "astern.yaml:12:7 services.gin-shop.secrets.Y: expected either file or exec, not both",
      "astern.yaml:13:12 services.gin-shop.secrets.Z.file: there is no file secrets/z",
      "astern.yaml:13:29 services.gin-shop.secrets.Z.on_rolback: unknown field; did you mean "on_rollback"?",
      "astern.yaml:14:15 services.gin-shop.volumes[0]: expected NAME:/path/in/container or ./folder:/path/in/container, with :ro if it is only read, got "uploads"",
      "astern.yaml:14:24 services.gin-shop.volumes[1]: "x" is no name of a volume; a folder of this host begins with ./ or /",
      "astern.yaml:15:13 services.gin-shop.ports[0]: expected a port on the host too, as in 8443:8443; where the process listens is \`port\`, got "80"",
      "astern.yaml:16:13 services.gin-shop.memory: expected a size of at least 6m, as in 128m or 1g, got 128",
      "astern.yaml:17:21 services.gin-shop.stop.signal: expected SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGABRT or SIGKILL, got "SIGTREM"; did you mean "SIGTERM"?",
      "astern.yaml:17:39 services.gin-shop.stop.timeout: expected a length of time from 0s to 1h, as in 500ms, 30s, 5m or 1h, got 10",
      "astern.yaml:18:18 services.gin-shop.processes.web: web is the service itself; its settings stand beside processes",
      "astern.yaml:18:27 services.gin-shop.processes.Worker: expected a name of lower-case letters, digits and dashes, 40 at most",
      "astern.yaml:18:59 services.gin-shop.processes.report.schedule: expected five fields (minute hour day month weekday) and a time zone that is known: CronPattern: invalid configuration format ('3 am'), exactly five, six, or seven space separated parts are required.",
      "astern.yaml:18:65 services.gin-shop.processes.report.replicas: means nothing for a process with a schedule",
      "astern.yaml:20:11 services.gin-shop.cpus: expected a number from 0.01 to 1024, got 0",
      "astern.yaml:21:3 services.Bad.Name: expected a name of lower-case letters, digits and dashes, 40 at most, got "Bad.Name"",
      "astern.yaml:22:12 services.Bad.Name.image: the name of an image does not begin with a dash",
      "astern.yaml:23:14 services.Bad.Name.compose: there is no file nope.yaml",
      "astern.yaml:25:3 environments.prod.listen: is missing; it is where users of gin-shop connect, as in 127.0.0.1:18080",
      "astern.yaml:25:3 environments.prod.listen: is missing; it is where users of Bad.Name connect, as in 127.0.0.1:18080",
      "astern.yaml:25:26 environments.prod.hosts[1]: expected a whole host name; wildcards are not routed, got "*.x"",
      "astern.yaml:25:45 environments.prod.autopilot: expected advise, ask or act, got "atc"; did you mean "act"?",
      "astern.yaml:26:22 environments.staging.listen: expected an IP address: 127.0.0.1:80, got "localhost:80"",
      "astern.yaml:26:48 environments.staging.services.gin-shp: there is no service of this name; did you mean "gin-shop"?",
      "astern.yaml:27:1 extra: unknown field",
      ".env:2:1 expected NAME=value",
      ".env:3:3 the quote that C opens is never closed",
    ]
  `)
})

describe('files', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'astern-load-'))
    mkdirSync(join(folder, 'deep/er'), { recursive: true })
    writeFileSync(join(folder, 'astern.yml'), SMALLEST)
    symlinkSync(join(folder, 'astern.yml'), join(folder, 'deep/linked.yaml'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('finds the file above the current folder', () => {
    expect(loadConfig({ cwd: join(folder, 'deep/er') }).path).toBe(join(folder, 'astern.yml'))
  })

  it('takes the file that is named, and names it without symbolic links', () => {
    const { path, definitions } = loadConfig({ cwd: join(folder, 'deep'), path: 'linked.yaml' })
    expect(path).toBe(join(folder, 'astern.yml'))
    expect(definitions[0]?.configPath).toBe(path)
  })

  it('says where it looked when there is none', () => {
    expect(() => loadConfig({ cwd: '/nowhere/at/all', files: memoryFiles({}) })).toThrow(
      'There is no astern.yaml in /nowhere/at/all or above it.',
    )
  })

  it('says when the one that is named does not exist or cannot be read', () => {
    expect(() => loadConfig({ cwd: folder, path: 'no.yaml' })).toThrow(`no.yaml: there is no such file`)
    expect(() => loadConfig({ cwd: folder, path: 'deep' })).toThrow(/deep: cannot be read: EISDIR/)
    expect(existsSync(join(folder, 'no.yaml'))).toBe(false)
  })

  it('reports a file of variables that cannot be read', () => {
    const denied = new Error('EACCES: permission denied')
    expect(problemsOf(serviceWith('env_file: .env'), { '/shop/.env': denied })).toEqual([
      '.env: cannot be read: EACCES: permission denied',
    ])
  })

  it('shows 100 problems and counts the rest', () => {
    const wrong = Array.from({ length: 120 }, (_, index) => `wrong${index}: 1`).join('\n')
    const load = () =>
      loadConfig({ cwd: '/shop', files: memoryFiles({ '/shop/astern.yaml': `${serviceWith()}\n${wrong}` }) })
    expect(load).toThrow(/^120 problem\(s\)/)
    expect(load).toThrow(/… and 20 more$/)
  })
})

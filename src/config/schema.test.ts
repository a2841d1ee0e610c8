import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

describe('each rule', () => {
  it.each([
    ['health: /healthz', { kind: 'http', path: '/healthz' }],
    ['health: tcp', { kind: 'tcp' }],
    ['health: { interval: 1s }', { kind: 'tcp', intervalMs: 1_000 }],
    ['health: { path: /ok, fall: 3 }', { kind: 'http', path: '/ok', fall: 3, intervalMs: 500 }],
  ])('takes %s', (line, health) => expect(definitionsOf(serviceWith(line))[0]?.health).toMatchObject(health))

  it('leaves health open when nothing is said', () => expect(definitionsOf(serviceWith())[0]?.health).toBeNull())

  it('keeps values and words as they were written', () => {
    const [web] = definitionsOf(
      serviceWith('env: { A: 1.10, B: True, C: 0x10, D: "", E: "x y" }', 'command: [/app, 8080, 1.0, true]'),
    )
    expect(web?.process.env).toEqual({ A: '1.10', B: 'True', C: '0x10', D: '', E: 'x y' })
    expect(web?.process.command).toEqual(['/app', '8080', '1.0', 'true'])
  })

  it('lets env win over env_file, the last env_file over the first, and secrets over all', () => {
    const [web] = definitionsOf(
      serviceWith('env_file: [a.env, b.env]', 'env: { A: env, B: env }', 'secrets: { B: { exec: [pass, b] } }'),
      { '/shop/a.env': 'A=a\nB=a\nC=a\nD=a\n', '/shop/b.env': 'D=b\n' },
    )
    expect(web?.process.env).toEqual({ A: 'env' })
    expect(
      web?.secrets.map(({ name, source }) => [name, source.kind === 'env_file' ? source.path : source.kind]),
    ).toEqual([
      ['B', 'exec'],
      ['C', '/shop/a.env'],
      ['D', '/shop/b.env'],
    ])
  })

  it('takes volumes and ports in their long form', () => {
    const [web] = definitionsOf(
      serviceWith(
        'volumes: [{ source: ./up, target: /data, shared: true }, { type: volume, source: v1, target: /v, read_only: true }]',
        'ports: [{ target: 90, published: 9000, host_ip: "::1", protocol: udp }, "127.0.0.1:9001:91"]',
      ),
    )
    expect(web?.process.mounts).toEqual([
      { kind: 'bind', source: '/shop/up', target: '/data', readOnly: false, shared: true },
      { kind: 'volume', source: 'v1', target: '/v', readOnly: true, shared: false },
    ])
    expect(web?.process.ports).toEqual([
      { hostAddress: '::1', hostPort: 9000, containerPort: 90, protocol: 'udp' },
      { hostAddress: '127.0.0.1', hostPort: 9001, containerPort: 91, protocol: 'tcp' },
    ])
  })

  it.each([
    ['image: "-rm"', /^astern\.yaml:3:12 services\.web\.image: the name of an image does not begin with a dash$/],
    ['image: web:latest', /write web alone, .*; latest is never one of them/],
    ['image: 5', /^astern\.yaml:3:12 services\.web\.image: expected a text, got 5$/],
  ])('refuses %s', (line, problem) => {
    expect(problemsOf(serviceWith().replace('image: web', line))).toEqual([expect.stringMatching(problem)])
  })

  it.each([
    ['port: 0', 'expected an integer from 1 to 65535, got 0'],
    ['port: 80a', 'expected an integer from 1 to 65535, got "80a"'],
    ['port:', 'expected an integer from 1 to 65535, got nothing'],
    ['port: 80.5', 'expected an integer from 1 to 65535, got 80.5'],
  ])('refuses %s', (line, problem) => {
    expect(problemsOf(serviceWith().replace('port: 8080', line))).toEqual([
      expect.stringContaining(`services.web.port: ${problem}`),
    ])
  })

  it.each([
    ['health: healthz', 'services.web.health: expected a path that begins with /, got "healthz"'],
    [
      'health: 5',
      'services.web.health: expected a path as in /healthz, tcp, or a mapping with path, interval, timeout …, got 5',
    ],
    ['health: "/a b"', 'services.web.health: expected a path that begins with /, got "/a b"'],
    [
      'health: { timeout: 30 }',
      'services.web.health.timeout: expected a length of time from 1ms to 1h, as in 500ms, 30s, 5m or 1h, got 30',
    ],
    [
      'health: { interval: 2h }',
      'services.web.health.interval: expected a length of time from 10ms to 1h, as in 500ms, 30s, 5m or 1h, got "2h"',
    ],
    ['memory: 128', 'services.web.memory: expected a size of at least 6m, as in 128m or 1g, got 128'],
    ['memory: 1m', 'services.web.memory: expected a size of at least 6m, as in 128m or 1g, got "1m"'],
    ['cpus: "1"', 'services.web.cpus: expected a number from 0.01 to 1024, got "1"'],
    ['replicas: 0', 'services.web.replicas: expected an integer from 1 to 100, got 0'],
    ['command: /app serve', 'services.web.command: expected a list of words, as in [/app, serve], got "/app serve"'],
    ['command: []', 'services.web.command: expected a list of words, as in [/app, serve], got a list'],
    ['env: { A: }', 'services.web.env.A: expected a text, a number, true or false, got nothing'],
    ['env: [A=1]', 'services.web.env: expected a mapping of names to values, got a list'],
    ['env: { "A=B": 1 }', 'services.web.env.A=B: expected the name of a variable, got "A=B"'],
    ['env: { A: "\\0" }', 'services.web.env.A: an environment variable cannot hold a null character'],
    ['env_file: no.env', 'services.web.env_file: there is no file no.env'],
    ['env_file: [no.env]', 'services.web.env_file[0]: there is no file no.env'],
    ['secrets: { A: { file: no } }', 'services.web.secrets.A.file: there is no file no'],
    ['secrets: { A: {} }', 'services.web.secrets.A: expected file or exec'],
    ['secrets: { A: { exec: ["-x"] } }', 'services.web.secrets.A.exec[0]: expected the name of a program'],
    [
      'secrets: { A: { exec: pass a } }',
      'services.web.secrets.A.exec: expected a list of words, as in [/app, serve], got a text',
    ],
    [
      'secrets: { A: hunter2 }',
      'services.web.secrets.A: expected { file: … } or { exec: … }, never the value itself, got a text',
    ],
    ['volumes: [a1:/x, b1:/x]', 'services.web.volumes[1]: another volume already has the target /x'],
    ['volumes: [{ source: a1 }]', 'services.web.volumes[0].target: is missing; expected a path in the container'],
    [
      'ports: ["80"]',
      'services.web.ports[0]: expected a port on the host too, as in 8443:8443; where the process listens is `port`, got "80"',
    ],
    [
      'ports: [9000:90, "127.0.0.1:9000:91"]',
      'services.web.ports[1]: host port 9000/tcp is already taken by another port of this service',
    ],
    ['ports: ["80:90"]', 'services.web.ports[0]: host port 80/tcp is already taken by listen of web in prod'],
    [
      'stop: { drain: -1s }',
      'services.web.stop.drain: expected a length of time from 0s to 24h, as in 500ms, 30s, 5m or 1h, got "-1s"',
    ],
    ['standby: { warm: -1 }', 'services.web.standby.warm: expected an integer from 0 to 100, got -1'],
    ['standby: { wram: 1 }', 'services.web.standby.wram: unknown field; did you mean "warm"?'],
    ['environment: {}', 'services.web.environment: unknown field; did you mean "env"?'],
    ['listen: 127.0.0.1:80', 'services.web.listen: unknown field here; it belongs under environments'],
    ['processes: []', 'services.web.processes: expected a mapping of processes'],
    [
      'processes: { worker: { handover: now } }',
      'services.web.processes.worker.handover: expected start_first or stop_first',
    ],
    ['compose: compose.yaml', 'services.web.compose: there is no file compose.yaml'],
    ['compose: a#b#c', 'services.web.compose: expected FILE or FILE#SERVICE, as in compose.yaml#web, got "a#b#c"'],
  ])('refuses %s', (line, problem) => {
    expect(problemsOf(serviceWith(line))).toEqual([expect.stringMatching(/^astern\.yaml:5:\d+ /)])
    expect(problemsOf(serviceWith(line))[0]).toContain(` ${problem}`)
  })

  it('asks for image, port and listen where they are missing', () => {
    expect(problemsOf('services: { web: {} }\nenvironments: { prod: {} }')).toEqual([
      'astern.yaml:1:13 services.web.image: is missing; it names the repository of the image',
      'astern.yaml:1:13 services.web.port: is missing; it is where the process listens in its container',
      'astern.yaml:2:17 environments.prod.listen: is missing; it is where users of web connect, as in 127.0.0.1:18080',
    ])
  })

  it.each(['a.b', 'Web', '-web', 'web-', 'a'.repeat(41), 'wéb', ''])('refuses the name %j', (name) => {
    const rule = 'expected a name of lower-case letters, digits and dashes, 40 at most'
    expect(problemsOf(serviceWith().replace('web:', `${JSON.stringify(name)}:`))).toContainEqual(
      expect.stringContaining(rule),
    )
    expect(problemsOf(serviceWith().replace('prod:', `${JSON.stringify(name)}:`))).toContainEqual(
      expect.stringContaining(rule),
    )
  })

  it.each(['constructor', 'to-string', 'a'.repeat(40), '1'])('takes the name %s', (name) => {
    expect(definitionsOf(serviceWith().replace('web:', `${name}:`))[0]?.service).toBe(name)
  })

  it.each([
    ['', ['astern.yaml:1:1 expected a mapping with services and environments, got nothing']],
    ['[]', ['astern.yaml:1:1 expected a mapping with services and environments, got a list']],
    ['services: {}\nenvironments: {}', [/services: expected at least one/, /environments: expected at least one/]],
    ['{}', [/services: is missing/, /environments: is missing/]],
    ['services: [', [/^astern\.yaml:1:12 Flow sequence/]],
  ])('refuses the whole file %j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => expect.stringMatching(problem)))
  })
})

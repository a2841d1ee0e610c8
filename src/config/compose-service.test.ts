import { describe, expect, it } from 'vitest'
import { composeDefinition, composeProblems, loadCompose } from './config-world.ts'

describe('image', () => {
  it('is taken apart into repository and tag', () => {
    expect(composeDefinition({ compose: '' })).toMatchObject({ image: 'shop', composeTag: 'v1' })
  })

  it('gives the tag although astern.yaml names another repository', () => {
    expect(composeDefinition({ compose: '', astern: 'image: registry.example.com/shop' })).toMatchObject({
      image: 'registry.example.com/shop',
      composeTag: 'v1',
    })
  })

  it('gives no tag when that is latest or missing', () => {
    const latest = loadCompose({ compose: 'services: { web: { image: "shop:latest", expose: [1] } }' })
    expect(latest.definition.composeTag).toBeNull()
    expect(latest.notes['services.web.image']).toMatch(/latest is not taken/)
    expect(composeDefinition({ compose: 'services: { web: { image: shop, expose: [1] } }' }).composeTag).toBeNull()
  })

  it.each([
    [
      'services: { web: { expose: [1] } }',
      /^astern\.yaml:1:13 services\.web\.image: is missing, and the compose file names none/,
    ],
    ['services: { web: { image: "-x", expose: [1] } }', /^compose\.yaml:1:27 services\.web\.image: .* dash, got "-x"$/],
  ])('is asked for in %s', (compose, problem) => {
    expect(composeProblems({ compose })).toEqual([expect.stringMatching(problem)])
  })
})

describe('command', () => {
  it.each([
    ['command: /app serve --name "gin shop"', ['/app', 'serve', '--name', 'gin shop']],
    ['command: [/app, 8080, "a b"]', ['/app', '8080', 'a b']],
    ['command: ""', null],
    ['command: []', null],
    ['command:', null],
  ])('is taken from %s', (compose, command) => expect(composeDefinition({ compose }).process.command).toEqual(command))

  it('must not need a shell', () => {
    expect(composeProblems({ compose: 'command: migrate && serve' })).toEqual([
      'compose.yaml:5:14 services.web.command: "&" needs a shell; write the command as a list, as in [sh, -c, "…"]',
    ])
  })

  it('of astern.yaml wins, whatever stands here', () => {
    const world = { compose: 'command: migrate && serve', astern: 'command: [serve]' }
    expect(composeDefinition(world).process.command).toEqual(['serve'])
  })
})

const web = (fields: string): string => `services: { web: { image: "shop:v1", ${fields} } }`

describe('ports', () => {
  it.each([
    ['expose: [8080]', 8080],
    ['expose: ["8080/tcp"], ports: ["8080"]', 8080],
    ['ports: ["8081:8080"]', 8080],
    ['ports: [{ target: 8080, published: "8081", host_ip: 127.0.0.1 }]', 8080],
  ])('give `port`: %s', (fields, port) => expect(composeDefinition({ compose: web(fields) }).process.port).toBe(port))

  it('do not when there are several, or none', () => {
    expect(composeProblems({ compose: web('expose: [1, 2]') })).toEqual([
      'astern.yaml:1:13 services.web.port: is missing; the compose file names several (1, 2); it is where the process listens in its container',
    ])
    expect(composeProblems({ compose: web('') })).toEqual([
      expect.stringMatching(/services\.web\.port: is missing; it is/),
    ])
  })

  it('are fixed on the host, which is said, since it changes how releases are switched', () => {
    const { definition, notes } = loadCompose({
      compose: web('ports: ["127.0.0.1:9000:8080", "7000"]'),
      astern: 'port: 8080',
    })
    expect(definition.process.ports).toEqual([
      { hostAddress: '127.0.0.1', hostPort: 9000, containerPort: 8080, protocol: 'tcp' },
    ])
    expect(notes['services.web.ports[0]']).toMatch(/a new release starts only when the old one has stopped/)
    expect(notes['services.web.ports[1]']).toMatch(/^not published/)
  })

  it('leave the place to the proxy where it listens on the same one', () => {
    const { definition, notes } = loadCompose({ compose: web('ports: ["8080:8080"]'), listen: '0.0.0.0:8080' })
    expect(definition.process.ports).toEqual([])
    expect(notes['services.web.ports[0]']).toMatch(/the proxy listens on port 8080 in its place/)
  })

  it('are dropped by an empty list in astern.yaml', () => {
    const { definition, notes } = loadCompose({
      compose: web('ports: ["9000:8080"]'),
      astern: 'ports: [], replicas: 2',
    })
    expect(definition).toMatchObject({ replicas: 2, process: { port: 8080, ports: [] } })
    expect(notes).toEqual({})
  })

  it('exclude a second replica', () => {
    expect(composeProblems({ compose: web('ports: ["9000:8080"]'), astern: 'replicas: 2' })).toEqual([
      expect.stringMatching(/replicas: 2 replicas cannot share the host port 9000; ports: \[\] in astern\.yaml drops/),
    ])
  })

  it.each([
    ['["a:b"]', /ports\[0\]: expected HOST:CONTAINER.*, got "a:b"/],
    ['[{ target: x }]', /ports\[0\]: expected HOST:CONTAINER/],
    ['[{ published: 80 }]', /ports\[0\]\.target: is missing/],
    ['80', /ports: expected a list of ports, got 80/],
  ])('must make sense: %s', (ports, problem) => {
    expect(composeProblems({ compose: web(`expose: [1], ports: ${ports}`) })).toEqual([expect.stringMatching(problem)])
  })
})

const volumes = (list: string, top = '', name = ''): string =>
  `services: { web: { image: "shop:v1", expose: [1], volumes: ${list} } }\n${top}${name}`

describe('volumes', () => {
  it.each([
    ['the folder', '', 'shop_data'],
    ['the name of the file', 'name: My.Project\n', 'myproject_data'],
  ])('are named after %s, as compose names them', (_, name, source) => {
    const world = { compose: volumes('["data:/data"]', 'volumes: { data: }\n', name) }
    expect(composeDefinition(world).process.mounts).toEqual([
      { kind: 'volume', source, target: '/data', readOnly: false, shared: false },
    ])
  })

  it('are named after COMPOSE_PROJECT_NAME', () => {
    const compose = volumes('["data:/data"]', 'volumes: { data: }')
    expect(
      composeDefinition({ compose, files: { '/shop/.env': 'COMPOSE_PROJECT_NAME=other' } }).process.mounts[0]?.source,
    ).toBe('other_data')
  })

  it.each([
    ['{ data: { name: "the-${N:-name}" } }', 'the-name'],
    ['{ data: { external: true } }', 'data'],
    ['{ data: { external: true, name: there } }', 'there'],
  ])('keep the name that is declared: %s', (top, source) => {
    const compose = volumes('["data:/data"]', `volumes: ${top}`)
    expect(composeDefinition({ compose }).process.mounts[0]?.source).toBe(source)
  })

  it('are taken in the long form, and bind mounts begin at the file', () => {
    const list =
      '[{ type: volume, source: data, target: /v, read_only: true }, { type: bind, source: ./conf, target: /c }, "../x:/x:ro,z"]'
    expect(composeDefinition({ compose: volumes(list, 'volumes: { data: }') }).process.mounts).toEqual([
      { kind: 'volume', source: 'shop_data', target: '/v', readOnly: true, shared: false },
      { kind: 'bind', source: '/shop/conf', target: '/c', readOnly: false, shared: false },
      { kind: 'bind', source: '/x', target: '/x', readOnly: true, shared: false },
    ])
  })

  it('that hold nothing worth keeping are noted', () => {
    const { definition, notes } = loadCompose({
      compose: volumes(
        '[/cache, { type: tmpfs, target: /t }, { type: volume, target: /a }, { type: npipe, source: x, target: /n }]',
      ),
    })
    expect(definition.process.mounts).toEqual([])
    expect(Object.values(notes)).toEqual([
      expect.stringMatching(/^an anonymous volume/),
      'a tmpfs is not taken',
      expect.stringMatching(/^an anonymous volume/),
      'the type npipe is not taken',
    ])
  })

  it.each([
    ['["data:/data"]', 'services.web.volumes[0]: the volume "data" is not declared under volumes'],
    ['["~/data:/data"]', 'services.web.volumes[0]: ~ is not expanded; write the whole path'],
    ['["./a:/data", "./b:/data"]', 'services.web.volumes[1]: another volume already has the target /data'],
  ])('must make sense: %s', (list, problem) => {
    expect(composeProblems({ compose: volumes(list) })).toEqual([expect.stringContaining(problem)])
  })

  it('of astern.yaml win as a whole', () => {
    const world = { compose: volumes('["~/x:/x"]'), astern: 'volumes: [own:/data]' }
    expect(composeDefinition(world).process.mounts).toMatchObject([{ source: 'own' }])
  })
})

describe('limits, stop and replicas', () => {
  it('are taken', () => {
    const compose = `deploy: { replicas: 3, resources: { limits: { memory: 64M, cpus: "0.25" }, reservations: {} }, mode: x }
stop_signal: int
stop_grace_period: 1m30s`
    const { definition, notes } = loadCompose({ compose })
    expect(definition).toMatchObject({
      replicas: 3,
      process: { memoryBytes: 67_108_864, cpus: 0.25, stop: { signal: 'SIGINT', timeoutMs: 90_000, drainMs: 30_000 } },
    })
    expect(Object.keys(notes)).toEqual(['services.web.deploy.resources.reservations', 'services.web.deploy.mode'])
  })

  it('are taken in their older form', () => {
    expect(composeDefinition({ compose: 'scale: 2\nmem_limit: 134217728\ncpus: 1.5' })).toMatchObject({
      replicas: 2,
      process: { memoryBytes: 134_217_728, cpus: 1.5 },
    })
  })

  it('are none where they are zero', () => {
    expect(composeDefinition({ compose: 'mem_limit: 0\ncpus: 0' }).process).toMatchObject({
      memoryBytes: null,
      cpus: null,
    })
  })

  it('give way to astern.yaml', () => {
    const world = {
      compose: 'scale: 2\nmem_limit: 64m\ncpus: 1\nstop_signal: SIGINT\nstop_grace_period: 5s',
      astern: 'replicas: 1, memory: 128m, cpus: 2, stop: { signal: SIGQUIT }',
    }
    expect(composeDefinition(world)).toMatchObject({
      replicas: 1,
      process: { memoryBytes: 134_217_728, cpus: 2, stop: { signal: 'SIGQUIT', timeoutMs: 5_000 } },
    })
  })

  it.each([
    ['scale: 0', 'services.web.scale: expected an integer from 1 to 100, got 0'],
    ['mem_limit: lots', 'services.web.mem_limit: expected a size as in 128m, got "lots"'],
    ['cpus: "a"', 'services.web.cpus: expected a number of cores as in 0.5, got "a"'],
    ['stop_grace_period: 10', 'services.web.stop_grace_period: expected a text, got 10'],
    ['stop_grace_period: ten', 'services.web.stop_grace_period: expected a length of time as in 10s, got "ten"'],
    ['stop_signal: "9x"', 'services.web.stop_signal: expected the name of a signal as in SIGTERM, got "9x"'],
  ])('must make sense: %s', (compose, problem) => {
    expect(composeProblems({ compose })).toEqual([expect.stringContaining(problem)])
  })
})

it('notes every key that has no meaning here, in the order of the lines', () => {
  const compose = 'network_mode: host\nx-own: 1\nrestart: always\nmac_address: x\nulimits: {}\ncontainer_name: c'
  expect(Object.entries(loadCompose({ compose }).notes)).toEqual([
    ['services.web.network_mode', 'not taken: containers join the network of Astern'],
    ['services.web.restart', 'not taken: containers restart unless they were stopped'],
    ['services.web.mac_address', 'not taken: Astern has nothing of the kind'],
    ['services.web.container_name', 'not taken: Astern names its containers itself'],
  ])
})

import { describe, expect, it } from 'vitest'
import { type ComposeWorld, composeDefinition, composeProblems, definitionsOf, loadCompose } from './config-world.ts'
import { problemsOf, serviceWith } from './config-world.ts'

const containerOf = (world: ComposeWorld) => composeDefinition(world).process.container
/** A whole file: further lines of the service `web`, and what stands beside its services. */
const file = (fields: string, beside: string) =>
  `services:\n  db: { image: postgres }\n  web: { image: "shop:v1", expose: [8080], ${fields} }\n${beside}`
const SHOP = 'name: shop\n'

describe('settings of the container', () => {
  it('are nothing at all where nothing is said, so that a release keeps its identity', () => {
    expect(containerOf({ compose: 'init: false\nread_only: false\ncap_drop: []\nulimits: {}' })).toBeUndefined()
    expect(composeDefinition({ compose: '' })).not.toHaveProperty('dependencies')
  })

  it('are taken as they are', () => {
    const compose = [
      'entrypoint: /bin/app --fast "a b"',
      'user: 1000:1000',
      'working_dir: /srv',
      'init: true',
      'read_only: "${RO}"',
      'tmpfs: [/run, "/tmp:size=64m"]',
      'shm_size: 64m',
      'cap_add: [NET_BIND_SERVICE]',
      'cap_drop: [ALL]',
      'security_opt: ["no-new-privileges:true"]',
      'ulimits: { nproc: 65535, nofile: { soft: 20000, hard: 40000 } }',
    ].join('\n')
    expect(containerOf({ compose, variables: { RO: 'true' } })).toEqual({
      entrypoint: ['/bin/app', '--fast', 'a b'],
      user: '1000:1000',
      workingDir: '/srv',
      init: true,
      readOnly: true,
      tmpfs: ['/run', '/tmp:size=64m'],
      shmBytes: 67_108_864,
      capAdd: ['NET_BIND_SERVICE'],
      capDrop: ['ALL'],
      securityOpt: ['no-new-privileges:true'],
      ulimits: [
        { name: 'nofile', soft: 20_000, hard: 40_000 },
        { name: 'nproc', soft: 65_535, hard: 65_535 },
      ],
    })
  })

  it.each([
    ['entrypoint: a && b', 'compose.yaml:5:17 services.web.entrypoint: "&" needs a shell'],
    ['shm_size: much', 'compose.yaml:5:15 services.web.shm_size: expected a size as in 64m, got "much"'],
    ['ulimits: { nofile: many }', 'compose.yaml:5:24 services.web.ulimits.nofile: expected a whole number'],
    ['extra_hosts: [db]', 'compose.yaml:5:19 services.web.extra_hosts[0]: expected a name with its address'],
  ])('must be right: %s', (compose, problem) => {
    expect(composeProblems({ compose })).toEqual([expect.stringContaining(problem)])
  })

  it('do not include taking an entrypoint away', () => {
    expect(loadCompose({ compose: 'entrypoint: []' }).notes['services.web.entrypoint']).toMatch(/never taken away/)
  })
})

describe('extra_hosts', () => {
  it.each([
    'extra_hosts: ["db:10.0.0.5", "me=host-gateway", "six:[::1]"]',
    'extra_hosts: { db: 10.0.0.5, me: host-gateway, six: "::1" }',
  ])('are taken from %s', (compose) => {
    expect(containerOf({ compose })).toEqual({ extraHosts: ['db:10.0.0.5', 'me:host-gateway', 'six:::1'] })
  })

  it('of astern.yaml win', () => {
    const world = { compose: 'extra_hosts: ["db:10.0.0.5"]', astern: 'extra_hosts: ["db:10.0.0.6"]' }
    expect(containerOf(world)).toEqual({ extraHosts: ['db:10.0.0.6'] })
    expect(containerOf({ ...world, astern: 'extra_hosts: []' })).toBeUndefined()
  })
})

describe('networks', () => {
  it.each([
    ['networks: [back, front]', `${SHOP}networks: { back: , front: { name: edge } }`, ['edge', 'shop_back']],
    ['networks: { back: }', `${SHOP}networks: { back: { external: true } }`, ['back']],
    ['networks: [default]', `${SHOP}networks: { default: { name: lan, external: true } }`, ['lan']],
    ['networks: [old]', `${SHOP}networks: { old: { external: { name: lan } } }`, ['lan']],
    ['networks: [default]', '', ['shop_default']],
  ])('have the names that compose gives them: %s', (fields, beside, networks) => {
    expect(containerOf({ compose: file(fields, beside) })).toEqual({ networks })
  })

  it.each(['depends_on: [db]', 'depends_on: { db: { condition: service_healthy } }', 'links: ["db:database"]'])(
    'of dependencies alone are joined if they are there: %s',
    (fields) => expect(containerOf({ compose: file(fields, SHOP) })).toEqual({ dependencyNetworks: ['shop_default'] }),
  )

  it('are not joined where there is nobody to reach', () => {
    expect(containerOf({ compose: file('init: false', SHOP) })).toBeUndefined()
    expect(containerOf({ compose: file('network_mode: host, depends_on: [db]', SHOP) })).toBeUndefined()
  })

  it('lend no name or address, which would belong to two releases', () => {
    const { notes } = loadCompose({ compose: file('networks: { default: { aliases: [shop] } }', SHOP) })
    expect(notes['services.web.networks.default']).toMatch(/^not taken: aliases;/)
  })

  it('must be declared', () => {
    expect(composeProblems({ compose: file('networks: [back]', SHOP) })).toEqual([
      'compose.yaml:3:55 services.web.networks[0]: the network "back" is not declared under networks',
    ])
  })

  it('of astern.yaml win, also when they are none', () => {
    const compose = file('depends_on: [db]', SHOP)
    expect(containerOf({ compose, astern: 'networks: [lan]' })).toEqual({ networks: ['lan'] })
    expect(containerOf({ compose, astern: 'networks: []' })).toBeUndefined()
  })

  it('stand in astern.yaml alone', () => {
    const [web] = definitionsOf(serviceWith('networks: [b, a]', 'extra_hosts: ["me:host-gateway"]'))
    expect(web?.process.container).toEqual({ networks: ['a', 'b'], extraHosts: ['me:host-gateway'] })
    expect(problemsOf(serviceWith('networks: ["-x"]', 'extra_hosts: [me]'))).toEqual([
      expect.stringContaining('expected the name of a network'),
      expect.stringContaining('expected a name with its address'),
    ])
  })
})

describe('dependencies', () => {
  it('are those that compose keeps running', () => {
    const dependsOn = 'depends_on: { db: , setup: { condition: service_completed_successfully } }'
    expect(composeDefinition({ compose: file(dependsOn, SHOP) }).dependencies).toEqual([
      { project: 'shop', service: 'db' },
    ])
  })
})

describe('update_config', () => {
  const notesOf = (update: string) => {
    const { notes } = loadCompose({ compose: `deploy: { update_config: { ${update} }, mode: global }` })
    return Object.fromEntries(
      Object.entries(notes).map(([key, note]) => [key.replace('services.web.deploy.', ''), note.split(/[,:;]/)[0]]),
    )
  }
  it('is honoured as far as a deploy goes back anyway, and explained for the rest', () => {
    expect(notesOf('failure_action: rollback, order: start-first')).toEqual({
      mode: 'not taken',
      'update_config.failure_action': 'taken',
      'update_config.order': 'taken',
    })
    expect(notesOf('failure_action: pause, parallelism: 1')).toMatchObject({
      'update_config.failure_action': 'not taken',
      'update_config.parallelism': 'not taken',
    })
  })
  it('may ask that the old release stops first', () => {
    expect(containerOf({ compose: 'deploy: { update_config: { order: stop-first } }' })).toEqual({ stopFirst: true })
    expect(containerOf({ compose: 'deploy: { update_config: { order: start-first } }' })).toBeUndefined()
  })
})

describe('secrets', () => {
  const declared = `${SHOP}secrets: { a: { file: ./a.txt }, b: { environment: B_TOKEN }, c: { external: true } }`
  it('are files, as compose makes them', () => {
    const compose = file('secrets: [a, { source: b, target: token.txt, mode: 0400 }]', declared)
    const { definition, notes } = loadCompose({ compose })
    expect(definition.secrets).toMatchObject([
      { name: 'a', as: 'file', source: { kind: 'file', path: '/shop/a.txt' }, at: 'compose.yaml:3:54' },
      { name: 'token.txt', as: 'file', source: { kind: 'template', text: '${B_TOKEN}' } },
    ])
    expect(notes['services.web.secrets[1]']).toMatch(/mode are not taken/)
  })

  it('may come from elsewhere by astern.yaml', () => {
    const world = { compose: file('secrets: [a]', declared), astern: 'secrets: { a: { exec: [pass, a], as: file } }' }
    expect(composeDefinition(world).secrets).toMatchObject([{ name: 'a', source: { kind: 'exec' } }])
  })

  it('that compose alone knows, or that lie elsewhere, are left', () => {
    const { definition, notes } = loadCompose({
      compose: file('secrets: [c, { source: a, target: /etc/a }]', declared),
    })
    expect(definition.secrets).toEqual([])
    expect(Object.keys(notes)).toEqual(['services.web.secrets[0]', 'services.web.secrets[1]'])
    expect(composeProblems({ compose: file('secrets: [d]', declared) })).toEqual([
      'compose.yaml:3:54 services.web.secrets[0]: the secret "d" is not declared under secrets',
    ])
  })
})

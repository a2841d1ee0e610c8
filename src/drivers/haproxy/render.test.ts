import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildBackend, buildServer, buildTraffic } from '../../../test/fixtures/traffic-wanted.ts'
import { scopeName } from '../../core/model.ts'
import type { BackendWanted, TrafficWanted } from '../../ports/traffic.ts'
import { trialLines } from './trial-rules.ts'
import { frontendName, render, structureHashIn, structureIn, structureOf } from './render.ts'

const golden = `# Rendered by Astern. Do not edit: every change writes it anew.
# generation 7
# structure HASH {"proofSecret":"c0ffee","backends":[{"service":"api","environment":"prod","listen":"127.0.0.1:18080","hosts":["api.example.com"],"check":{"intervalMs":500,"timeoutMs":2000,"rise":1,"fall":2},"mode":"tcp","rules":{"sticky":null,"failure":{"header":null,"statuses":[],"grpc":true},"previewFrom":[]}},{"service":"shop","environment":"prod","listen":"127.0.0.1:18080","hosts":[],"check":{"intervalMs":500,"timeoutMs":2000,"rise":1,"fall":2},"mode":"http","rules":{"sticky":null,"failure":{"header":null,"statuses":[],"grpc":true},"previewFrom":[]}}]}
global
  default-path config
  log stdout format raw local0 warning
  fd-hard-limit 100000
  hard-stop-after 30m
  stats socket "\${ASTERN_RUN_DIR}/admin.sock" mode 660 level admin expose-fd listeners
  stats timeout 24h
  set-var-fmt proc.astern_structure "HASH@%[date(0,us)]"
  .if defined(ASTERN_PROXY_UID)
  uid "\${ASTERN_PROXY_UID}"
  gid "\${ASTERN_PROXY_UID}"
  .endif

defaults
  mode http
  timeout connect 2s
  timeout http-request 30s
  timeout http-keep-alive 60s
  timeout queue 10s
  timeout client 10m
  timeout client-fin 30s
  timeout server 10m
  timeout tunnel 24h
  retries 3
  retry-on conn-failure
  option redispatch 1
  option forwardfor
  option idle-close-on-response

backend astern_watch
  stick-table type string len 16 size 1 expire 60000ms store gpc0

frontend in_127.0.0.1:18080
  bind 127.0.0.1:18080
  http-request set-var(txn.astern_proof) bool(true) if { req.hdr(X-Astern-Proof) -m str c0ffee }
  http-request del-header X-Astern-Proof
  http-request set-var(txn.astern_way) req.fhdr(X-Astern-To,1),lower if { var(sess.astern_near) -m found } or { var(txn.astern_proof) -m bool }
  http-after-response del-header X-Astern-Release
  http-after-response set-header X-Astern-Release "%[srv_name,field(1,-)]" if { var(txn.astern_proof) -m bool } { srv_name -m found }
  http-after-response set-header Connection close if { str(leaving),map(leaving.map) -m found } !{ status 101 }
  use_backend api.prod if { req.hdr(host),host_only -i api.example.com }
  default_backend shop.prod

backend api.prod
  balance random
  timeout check 2000ms
RULES
  default-server check inter 500ms rise 1 fall 2 observe layer4 error-limit 3 on-error mark-down
  server r7-1 10.0.7.1:8080 weight 100

backend shop.prod
  balance random
  timeout check 2000ms
  option httpchk
  http-check send meth GET uri-lf "%[srv_name,map(shop.prod.map,/)]" ver HTTP/1.1 hdr Host localhost
RULES
  default-server check inter 500ms rise 1 fall 2 observe layer4 error-limit 3 on-error mark-down
  server r42-1 10.0.42.1:8080 weight 100
  .if version_atleast(3.1)
  default-server init-state fully-down
  .endif
  server r41-1 10.0.41.1:8080 weight 0
  server r40-1 10.0.40.1:8080 weight 0 disabled
  server r39-1 10.0.39.1:8080 weight 0 disabled
`

const wanted = buildTraffic(
  buildBackend([buildServer('r7-1', { healthPath: null })], { service: 'api', hosts: ['api.example.com'] }),
  buildBackend([
    buildServer('r42-1'),
    buildServer('r41-1', { weight: 0, healthPath: '/up?deep=1;x' }),
    buildServer('r40-1', { weight: 0, checked: false }),
    buildServer('r39-1', { weight: 0, checked: false, mode: 'maintenance' }),
  ]),
)

describe('the configuration file', () => {
  it('is what it is meant to be', () => {
    const { config, structureHash } = render(wanted)
    const rules = trialLines('shop.prod', buildBackend([]).rules).join('\n').replaceAll('shop.prod', 'NAME')
    const text = ['shop.prod', 'api.prod'].reduce(
      (rest, name) => rest.replace(rules.replaceAll('NAME', name), 'RULES'),
      config.replaceAll(structureHash, 'HASH').replace(/\n+$/, '\n'),
    )
    expect(text).toBe(golden.replace(/\n+$/, '\n'))
    expect(config.length % 4096).toBe(0)
  })

  it('has a map of health paths for each backend that is checked by HTTP, and one of where requests may be sent on purpose', () => {
    expect(Object.fromEntries(render(wanted).maps)).toEqual({
      'leaving.map': '',
      'shop.prod.map': 'r42-1 /healthz\nr41-1 /up?deep=1;x\nr40-1 /healthz\nr39-1 /healthz\n',
      'api.prod.trial.map': 'r7 1\nr7/0 r7-1\n',
      // whoever is frozen or in maintenance takes nothing
      'shop.prod.trial.map': 'r42 1\nr42/0 r42-1\nr41 1\nr41/0 r41-1\n',
    })
  })

  it('is valid where nothing is wanted at all', () => {
    const { config } = render(buildTraffic())
    expect(config).not.toMatch(/^(frontend|backend)/m)
    expect(config).toMatch(/^defaults$/m)
  })

  it('leaves nobody out in the cold because two services ask for the same: the second gets nothing, and the file says so', () => {
    const { config } = render(buildTraffic(buildBackend([]), buildBackend([], { service: 'other' })))
    expect(config).toContain('default_backend shop.prod')
    expect(config).toContain('# other.prod gets nothing here')
  })

  it.each([
    ['127.0.0.1:80', 'in_127.0.0.1:80'],
    ['[::]:80', 'in_:::80'],
    ['*:80', 'in_any:80'],
  ])('names the frontend of %s %s', (listen, name) => {
    expect(frontendName(listen)).toBe(name)
  })

  it.each([
    ['a listen address', buildBackend([], { listen: '127.0.0.1:80 ssl crt /etc/passwd' })],
    ['a host', buildBackend([], { hosts: ['a\n  server evil 1.2.3.4:80'] })],
    ['a server', buildBackend([buildServer('r1-1', { address: '10.0.0.1 backup' })])],
    ['a health path', buildBackend([buildServer('r1-1', { healthPath: '/ok\nr2-1 /evil' })])],
    ['a health path with spaces', buildBackend([buildServer('r1-1', { healthPath: '/not ok' })])],
    ['a weight', buildBackend([buildServer('r1-1', { weight: 0.5 })])],
  ])('takes nothing into it that is more than %s', (_what, backend) => {
    expect(() => render(buildTraffic(backend))).toThrow(/^not a /)
  })
})

const names = fc.uniqueArray(fc.constantFrom('r1-1', 'r1-2', 'r2-1', 'r2-2', 'r3-1'), { maxLength: 5 })
const servers = names.chain((chosen) =>
  fc.tuple(
    ...chosen.map((name) =>
      fc
        .record({
          weight: fc.integer({ min: 0, max: 256 }),
          mode: fc.constantFrom('ready' as const, 'maintenance' as const),
          checked: fc.boolean(),
          healthPath: fc.constantFrom('/healthz', '/up', null),
        })
        .map((more) => buildServer(name, more)),
    ),
  ),
)
const backends = fc.uniqueArray(fc.constantFrom('api', 'shop', 'web'), { maxLength: 3 }).chain((services) =>
  fc.tuple(
    ...services.map((service) =>
      fc
        .record({
          servers,
          listen: fc.constantFrom('0.0.0.0:80', '[::]:80', '127.0.0.1:8080'),
          hosts: fc.uniqueArray(fc.constantFrom('a.example.com', 'b.example.com'), { maxLength: 2 }),
        })
        .map(({ servers: list, ...more }) => buildBackend(list, { ...more, service })),
    ),
  ),
)
const traffics = fc
  .record({ backends, generation: fc.nat() })
  .map((parts): TrafficWanted => ({ ...buildTraffic(), ...parts }))

describe('its structure', () => {
  it('changes with everything but servers and generation', () => {
    fc.assert(
      fc.property(traffics, fc.nat(), (some, generation) => {
        const quiet = {
          ...some,
          generation,
          backends: some.backends.map((backend) => ({
            ...backend,
            // its way of checking is structure, so one server keeps it
            servers: backend.servers.filter(({ healthPath }) => healthPath === null).slice(0, 1),
          })),
        }
        expect(render(quiet).structureHash).toBe(render(some).structureHash)
      }),
    )
  })

  it.each([
    ['the secret of the proof', (some: TrafficWanted) => ({ ...some, proofSecret: 'other' })],
    ['an address', withBackend({ listen: '127.0.0.1:81' })],
    ['a host', withBackend({ hosts: ['x.example.com'] })],
    ['the timing of checks', withBackend({ check: { intervalMs: 501, timeoutMs: 2_000, rise: 1, fall: 2 } })],
    ['the way of checking', withBackend({ servers: [buildServer('r1-1', { healthPath: null })] })],
    [
      'a service that comes',
      (some: TrafficWanted) => ({ ...some, backends: [...some.backends, buildBackend([], { service: 'new' })] }),
    ],
    ['a service that goes', (some: TrafficWanted) => ({ ...some, backends: [] })],
  ])('changes with %s', (_what, change) => {
    const before = buildTraffic(buildBackend([buildServer('r1-1')]))
    expect(render(change(before)).structureHash).not.toBe(render(before).structureHash)
  })

  it('can be read from the file', () => {
    fc.assert(
      fc.property(traffics, (some) => {
        const { config, structureHash } = render(some)
        expect(structureIn(config)).toEqual({ hash: structureHash, structure: structureOf(some) })
        expect(structureHashIn(config)).toBe(structureHash)
      }),
    )
    expect(structureIn('global\n')).toBeNull()
    expect(structureHashIn('global\n')).toBeNull()
  })

  it('can stay while servers change, and leaves out services that it does not know', () => {
    const before = buildTraffic(buildBackend([buildServer('r1-1')]))
    const after = buildTraffic(
      buildBackend([buildServer('r2-1', { healthPath: null })], { listen: '127.0.0.1:81' }),
      buildBackend([buildServer('r9-1')], { service: 'new' }),
    )
    const interim = render(after, structureOf(before))
    expect(interim.structureHash).toBe(render(before).structureHash)
    expect(interim.config).toContain('server r2-1 ')
    expect(interim.config).not.toContain('new.prod')
  })
})

describe('every file', () => {
  it('names each server once, in the backend of its service, and never a frontend like a backend', () => {
    fc.assert(
      fc.property(traffics, (some) => {
        const { config } = render(some)
        const sections = config.split(/^(?=frontend |backend )/m).slice(1)
        const found = new Map(
          sections
            .filter((section) => section.startsWith('backend ') && !section.startsWith('backend astern_watch'))
            .map((section) => [
              section.split(/\s/)[1],
              [...section.matchAll(/^ {2}server (\S+) /gm)].map((match) => `${match[1]}`).sort(byText),
            ]),
        )
        expect(found).toEqual(
          new Map(some.backends.map((each) => [scopeName(each), each.servers.map(({ name }) => name).sort(byText)])),
        )
        const titles = sections.map((section) => section.split(/\s/)[1])
        expect(new Set(titles).size).toBe(titles.length)
      }),
    )
  })

  it('lets a standby count as up only after it was checked, and a frozen one not be checked', () => {
    fc.assert(
      fc.property(servers, (list) => {
        const lines = render(buildTraffic(buildBackend(list))).config.split('\n')
        const standbys = lines.indexOf('  default-server init-state fully-down')
        for (const { name, weight, mode, checked } of list) {
          const at = lines.findIndex((line) => line.startsWith(`  server ${name} `))
          expect(standbys >= 0 && at > standbys).toBe(weight === 0)
          expect(lines[at]?.endsWith(' disabled')).toBe(mode === 'maintenance' || (!checked && weight === 0))
        }
      }),
    )
  })
})

function byText(one: string, other: string): number {
  return one.localeCompare(other)
}

function withBackend(more: Partial<BackendWanted>): (some: TrafficWanted) => TrafficWanted {
  return (some) => ({ ...some, backends: some.backends.map((backend) => ({ ...backend, ...more })) })
}

describe('an address that many services share', () => {
  it('has no line that is longer than HAProxy reads', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      buildBackend([], { service: `s${index}`, hosts: [`s${index}.test`, `www.s${index}.test`] }),
    )
    const { config } = render(buildTraffic(...many))
    const lines = config.split('\n').filter((line) => !line.startsWith('#'))
    expect(Math.max(...lines.map((line) => line.trim().split(' ').length))).toBeLessThanOrEqual(64)
    for (const { hosts } of many) expect(config).toContain(` if { req.hdr(host),host_only -i ${hosts.join(' ')} }`)
  })
})

import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

/** A valid file with two services, but for what this says of its environments. */
const two = (prod: string, staging = ''): string =>
  `services:\n  shop: { image: shop, port: 1 }\n  admin: { image: admin, port: 2 }\nenvironments:\n  prod: ${prod}\n${staging}`

describe('registry', () => {
  const registries = (text: string) =>
    definitionsOf(text).map(({ service, environment, registry = 'image' }) => `${service}.${environment} ${registry}`)

  it('is what the image says, unless the service, its environment, or the service there says otherwise', () => {
    expect(
      registries(two('{ listen: 127.0.0.1:80, hosts: [a.com], services: { admin: { hosts: [b.com] } } }')),
    ).toEqual(['shop.prod image', 'admin.prod image'])
    const prod =
      '{ listen: 127.0.0.1:80, hosts: [a.com], registry: none, services: { admin: { hosts: [b.com], registry: image } } }'
    expect(registries(two(prod))).toEqual(['shop.prod none', 'admin.prod image'])
    const dev = '  dev: { listen: 127.0.0.1:81, registry: image }'
    expect(registries(`${serviceWith('registry: none')}\n`.replace(' } }', ` }, ${dev.trim()} }`))).toEqual([
      'web.prod none',
      'web.dev image',
    ])
  })
  it('is nothing else', () => {
    expect(problemsOf(serviceWith('registry: registry.example.com'))).toEqual([expect.stringContaining('registry')])
  })
})

describe('addresses', () => {
  it.each([
    [
      'two services on one address',
      two('{ listen: 127.0.0.1:80 }'),
      'environments.prod.listen: admin in prod and shop in prod both answer on 127.0.0.1:80; give each its hosts, or another port (environments.NAME.services.SERVICE)',
    ],
    [
      'one host for both',
      two('{ listen: 127.0.0.1:80, hosts: [a.com] }'),
      'environments.prod.hosts[0]: a.com on 127.0.0.1:80 already leads to shop in prod',
    ],
    [
      'one port on overlapping addresses',
      two('{ listen: 0.0.0.0:80, services: { admin: { listen: 127.0.0.1:80 } } }'),
      'environments.prod.services.admin.listen: 127.0.0.1:80 and 0.0.0.0:80 of shop in prod share a port; use one address, or another port',
    ],
    [
      'one address in two environments',
      `${serviceWith()}\n`.replace(' } }', ' }, dev: { listen: 127.0.0.1:80 } }'),
      'environments.dev.listen: web in dev and web in prod both answer on 127.0.0.1:80',
    ],
    [
      'one host twice',
      serviceWith().replace(':80 }', ':80, hosts: [a.com, A.com] }'),
      'environments.prod.hosts[1]: a.com is named twice',
    ],
    [
      'a fixed port where another service listens',
      two('{ services: { shop: { listen: 127.0.0.1:80 }, admin: { listen: 127.0.0.1:81 } } }').replace(
        'port: 2',
        'port: 2, ports: [80:9]',
      ),
      'services.admin.ports[0]: host port 80/tcp is already taken by listen of shop in prod',
    ],
    [
      'an address that another service holds as a fixed port',
      two('{ services: { shop: { listen: 127.0.0.1:80 }, admin: { listen: 127.0.0.1:81 } } }').replace(
        'port: 1',
        'port: 1, ports: [81:9]',
      ),
      'environments.prod.services.admin.listen: port 81 is already taken by ports of shop in prod',
    ],
    [
      'a fixed port of two services',
      two('{ services: { shop: { listen: 127.0.0.1:80 }, admin: { listen: 127.0.0.1:81 } } }')
        .replace('port: 1', 'port: 1, ports: [9000:9]')
        .replace('port: 2', 'port: 2, ports: ["127.0.0.1:9000:9"]'),
      'services.admin.ports[0]: host port 9000/tcp is already taken by shop in prod',
    ],
    [
      'more than one replica on a fixed port',
      serviceWith('replicas: 2', 'ports: [9000:9]'),
      'services.web.replicas: 2 replicas cannot share the host port 9000',
    ],
    [
      'a service that does not exist',
      serviceWith().replace(':80 }', ':80, services: { wbe: {} } }'),
      'environments.prod.services.wbe: there is no service of this name; did you mean "web"?',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)])
  })

  it.each([
    [
      'a service for a host, and one for the rest',
      two('{ listen: 127.0.0.1:80, services: { shop: { hosts: [a.com] } } }'),
    ],
    ['tcp and udp on one port', serviceWith('ports: [9000:9, 9000:9/udp]')],
    ['two environments apart', two('{ listen: 127.0.0.1:80, services: { admin: { listen: 127.0.0.1:81 } } }')],
  ])('takes %s', (_, text) => expect(problemsOf(text)).toEqual([]))
})

describe('freeze windows', () => {
  const prod = (...lines: string[]) =>
    [
      'services: { web: { image: web, port: 8080 } }',
      'environments:',
      '  prod:',
      '    listen: 127.0.0.1:80',
      ...lines.map((line) => `    ${line}`),
    ].join('\n')

  it('are one or several, and hold for every service of the environment', () => {
    const [one] = definitionsOf(prod('freeze: Fri 16:00–Mon 08:00 Asia/Shanghai'))
    expect(one?.freeze).toMatchObject([{ zone: 'Asia/Shanghai', from: { day: 5, minute: 960 } }])
    const [two] = definitionsOf(prod('freeze: [22:00-06:00, "Sat 00:00-Sun 24:00 Europe/Berlin"]'))
    expect(two?.freeze.map(({ zone }) => zone)).toEqual(['UTC', 'Europe/Berlin'])
  })

  it('that are not sound are reported where they stand', () => {
    expect(problemsOf(prod('freeze: weekend'))).toEqual([
      'astern.yaml:5:13 environments.prod.freeze: expected a window as in "Fri 16:00–Mon 08:00 Asia/Shanghai", or "22:00–06:00" for every day, got "weekend"',
    ])
    expect(problemsOf(prod('freeze: ["22:00–06:00", Fri 16:00–Mon 08:00 Mars/Base]'))).toEqual([
      'astern.yaml:5:29 environments.prod.freeze[1]: there is no time zone "Mars/Base"; it is written as in Asia/Shanghai or UTC',
    ])
    expect(problemsOf(prod('freeze: 5'))).toEqual([expect.stringContaining('or a list of them, got 5')])
  })

  it('belong to an environment', () => {
    expect(problemsOf(serviceWith('freeze: 22:00–06:00'))).toEqual([
      expect.stringContaining('belongs under environments'),
    ])
  })
})

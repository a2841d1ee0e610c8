import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf } from './config-world.ts'

const head = 'services: { shop: { image: shop, memory: 64m, env: { A: "1", B: "1" }, volumes: ["up:/up"]'
const tail = ' } }\nenvironments: { prod: { listen: "127.0.0.1:1", env: { B: "2" } } }'

describe('processes', () => {
  it('have what their service has, and what they say themselves', () => {
    const [prod] = definitionsOf(
      `${head}, port: 80, processes: { worker: { command: [/app, worker], replicas: 3, env: { C: "3" }, memory: 32m, volumes: [] } }${tail}`,
    )
    expect(prod!.processes).toEqual([
      {
        name: 'worker',
        port: null,
        command: ['/app', 'worker'],
        env: { A: '1', B: '2', C: '3' },
        mounts: [],
        ports: [],
        memoryBytes: 32 * 1024 * 1024,
        cpus: null,
        stop: { signal: 'SIGTERM', timeoutMs: 10_000, drainMs: 30_000 },
        replicas: 3,
        handover: null,
        schedule: null,
        standby: { warm: 0, warmForMs: 3_600_000, frozen: 0, frozenForMs: 86_400_000, cold: 1 },
      },
    ])
  })

  it('run on a schedule in a time zone', () => {
    const [prod] = definitionsOf(
      `${head}, port: 80, processes: { report: { schedule: "0 3 * * 1-5", time_zone: Asia/Shanghai, timeout: 5m } }${tail}`,
    )
    expect(prod!.processes[0]!.schedule).toEqual({ cron: '0 3 * * 1-5', timeZone: 'Asia/Shanghai', timeoutMs: 300_000 })
  })

  it('need neither a port nor a place to listen when there is nothing else', () => {
    const text = 'services: { jobs: { image: jobs, processes: { worker: {} } } }\nenvironments: { prod: {} }'
    expect(definitionsOf(text)).toMatchObject([
      { listen: '', process: { port: null }, processes: [{ name: 'worker' }] },
    ])
  })

  it.each([
    ['web: {}', /web is the service itself/],
    ['Bad_Name: {}', /expected a name of lower-case letters/],
    ['a: { schedule: "61 * * * *" }', /schedule: expected five fields/],
    ['a: { schedule: "0 3 30 2 *" }', /schedule: expected five fields.*never comes/],
    ['a: { schedule: "0 3 * * *", time_zone: Mars/Olympus }', /time_zone: expected five fields/],
    ['a: { schedule: "0 3 * * *", replicas: 2 }', /replicas: means nothing/],
    ['a: { timeout: 5m }', /timeout: belongs to a process with a schedule/],
  ])('are refused with a reason: %s', (processes, reason) => {
    expect(problemsOf(`${head}, port: 80, processes: { ${processes} }${tail}`)).toEqual([expect.stringMatching(reason)])
  })
})

import { describe, expect, it } from 'vitest'
import { buildRunningServer } from '../../../test/fixtures/traffic-wanted.ts'
import { countersOf, serverSeen, sessionsOf } from './counters.ts'

const header = '# pxname,svname,scur,stot,econ,eresp,wredis,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,'
const table = (...rows: readonly string[]) => [header, ...rows].join('\n')

describe('the counters of a release', () => {
  it('are those of its replicas together', () => {
    const answer = table(
      'shop.prod,r41-1,0,10,0,0,0,0,8,1,1,0,0,',
      'shop.prod,r42-1,0,11,0,0,0,1,5,0,0,5,0,',
      'shop.prod,r42-2,2,12,0,0,0,0,9,0,0,1,0,',
      'shop.prod,BACKEND,2,33,0,0,0,0,0,0,0,0,0,',
    )
    expect(countersOf(answer)).toEqual([
      {
        release: 41,
        requests: 10,
        failures: 0,
        responses: { '1xx': 0, '2xx': 8, '3xx': 1, '4xx': 1, '5xx': 0, other: 0 },
      },
      // two of its requests are in flight, and nobody knows yet what becomes of them
      {
        release: 42,
        requests: 21,
        failures: 6,
        responses: { '1xx': 1, '2xx': 14, '3xx': 0, '4xx': 0, '5xx': 6, other: 0 },
      },
    ])
  })
  it('count a broken response once, although HAProxy counts it twice', () => {
    const [only] = countersOf(table('shop.prod,r1-1,0,20,0,19,0,0,10,0,0,0,0,'))
    expect(only).toMatchObject({ requests: 20, failures: 10 })
  })
  it('count what went to another replica as a failure of the first', () => {
    const [first, second] = countersOf(
      table('shop.prod,r1-1,0,9,0,0,9,0,0,0,0,0,0,', 'shop.prod,r2-1,0,20,0,0,0,0,20,0,0,0,0,'),
    )
    expect(first).toMatchObject({ requests: 9, failures: 9 })
    expect(second).toMatchObject({ requests: 20, failures: 0 })
  })
  it('count what nobody would take', () => {
    expect(countersOf(table('shop.prod,r1-1,0,20,7,0,13,0,0,0,0,0,0,'))).toMatchObject([{ requests: 20, failures: 20 }])
  })
  it('count neither what is in flight nor what the user gave up', () => {
    expect(countersOf(table('shop.prod,r1-1,3,20,0,0,0,0,15,0,0,0,0,'))).toMatchObject([{ requests: 15, failures: 0 }])
  })
  it('of nobody are none', () => {
    expect(countersOf('No such proxy.')).toEqual([])
  })
})

describe('a server', () => {
  it('is seen with what it has in flight', () => {
    const sessions = sessionsOf(
      table('shop.prod,r1-1,3,20,0,0,0,0,15,0,0,0,0,', 'api.prod,r1-1,9,20,0,0,0,0,15,0,0,0,0,'),
    )
    expect(serverSeen('shop.prod', buildRunningServer('r1-1'), sessions)).toEqual({
      name: 'r1-1',
      release: 1,
      address: '10.0.1.1',
      port: 8080,
      weight: 100,
      mode: 'ready',
      checked: true,
      up: true,
      sessions: 3,
    })
  })
})

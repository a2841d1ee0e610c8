import { describe, expect, it } from 'vitest'
import { NotUnderstood, excerpt, questions, readRunning, readStatistics, readSignature } from './running.ts'

const info = `Name: HAProxy
Version: 3.2.26-1
Nbthread: 2
Pid: 8
Uptime: 0d 0h01m11s
Stopping: 0
Start_time_sec: 1795564178
Tainted: 0`
const columns =
  'be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port'
const rows = [
  '3 shop.prod 1 r1-1 10.0.1.1 2 0 100 1 13 15 3 4 6 0 0 0 - 8080 - 0 0 - - 0',
  '3 shop.prod 2 r2-1 10.0.2.1 0 0 0 0 13 8 2 0 6 0 0 0 - 8080 - 0 0 - - 0',
  '3 shop.prod 3 r3-1 10.0.3.1 0 5 0 0 13 1 0 0 14 0 0 0 - 8080 - 0 0 - - 0',
  '3 shop.prod 4 r4-1 10.0.4.1 2 4 0 0 13 1 0 2 2 0 0 0 - 8080 - 0 0 - - 0',
  '4 api.prod 1 r1-1 10.0.9.1 2 0 1 1 1 1 0 2 0 0 0 0 - 80 - 0 0 - - 0',
]
const state = ['1', `# ${columns}`, ...rows].join('\n')
const map = '0x7f9325682d60 r1-1 /healthz\n0x7f9325682dd0 r2-1 /up?a=b c\n0x7f9325682dd8 r2-1 /second'

describe('what runs', () => {
  const running = readRunning(
    [info, state, map, 'Unknown map identifier. Please use #<id> or <file>.'],
    ['shop.prod.map', 'new.prod.map'],
    { structureHash: 'f9753d57308ed393', startedAt: '1795568688246688' },
  )

  it('is known by its process, so that a reload is noticed', () => {
    expect(running).toMatchObject({
      process: '8@1795568688246688',
      version: '3.2.26-1',
      stopping: false,
      structureHash: 'f9753d57308ed393',
    })
  })
  it('is asked for in one line', () => {
    expect(questions(['shop.prod.map'])).toEqual(['show info', 'show servers state', 'show map shop.prod.map'])
  })
  it('has servers, by backend', () => {
    const server = { port: 8080, maintenance: false, checked: true }
    expect(Object.fromEntries(running.backends.get('shop.prod') ?? [])).toEqual({
      'r1-1': { ...server, name: 'r1-1', address: '10.0.1.1', weight: 100, up: true },
      'r2-1': { ...server, name: 'r2-1', address: '10.0.2.1', weight: 0, up: false },
      'r3-1': { ...server, name: 'r3-1', address: '10.0.3.1', weight: 0, up: false, maintenance: true },
      // once disabled by its configuration, now enabled, and not checked
      'r4-1': { ...server, name: 'r4-1', address: '10.0.4.1', weight: 0, up: true, checked: false },
    })
    expect([...running.backends.keys()]).toEqual(['shop.prod', 'api.prod'])
  })
  it('has health paths; where a map does not exist there are none', () => {
    expect(Object.fromEntries(running.maps.get('shop.prod.map') ?? [])).toEqual({
      'r1-1': '/healthz',
      'r2-1': '/up?a=b c',
    })
    expect(running.maps.get('new.prod.map')?.size).toBe(0)
  })
  it('may be a worker that was replaced', () => {
    expect(readRunning([info.replace('Stopping: 0', 'Stopping: 1'), state], [], null).stopping).toBe(true)
  })
  it('may have no server at all', () => {
    expect(readRunning([info, `1\n# ${columns}`], [], null).backends.size).toBe(0)
  })
  it.each([
    ['information without a process', ['Name: HAProxy', state]],
    ['nothing', []],
    ['another version of states', [info, state.replace('1', '2')]],
    ['other columns', [info, state.replace('srv_uweight', 'srv_w')]],
    ['a weight that is none', [info, state.replace(' 100 1 ', ' x 1 ')]],
    ['a refusal', [info, 'Permission denied']],
  ])('is not guessed from %s', (_what, answers) => {
    expect(() => readRunning(answers, [], null)).toThrow(NotUnderstood)
  })
  it('is not guessed from a map that is none', () => {
    expect(() => readRunning([info, state, 'what?'], ['shop.prod.map'], null)).toThrow(NotUnderstood)
  })
})

describe('the signature of a process', () => {
  it('tells its structure, and since when it runs', () => {
    const answer = 'proc.astern_structure: type=str value=<f9753d57308ed393@1795568688246688>'
    expect(readSignature(answer)).toEqual({ structureHash: 'f9753d57308ed393', startedAt: '1795568688246688' })
  })
  it('is missing where the file is not one of ours: then the second of its start has to do', () => {
    expect(readSignature('Variable not found.')).toBeNull()
    expect(readRunning([info, state], [], null)).toMatchObject({ process: '8@1795564178', structureHash: null })
  })
})

describe('statistics', () => {
  it('have their columns by name', () => {
    const [row] = readStatistics('# pxname,svname,scur,\nshop.prod,r1-1,3,\n')
    expect(['pxname', 'svname', 'scur', 'no such column'].map((column) => row?.get(column))).toEqual([
      'shop.prod',
      'r1-1',
      '3',
      undefined,
    ])
  })
  it('of a backend that is not there are empty', () => {
    expect(readStatistics('No such proxy.')).toEqual([])
  })
  it('are not guessed', () => {
    expect(() => readStatistics('Permission denied')).toThrow(NotUnderstood)
    expect(() => readStatistics('')).toThrow(NotUnderstood)
  })
})

it('an excerpt is one short line', () => {
  expect(excerpt(' a\n  b ')).toBe('a b')
  expect(excerpt('x'.repeat(500))).toHaveLength(201)
})

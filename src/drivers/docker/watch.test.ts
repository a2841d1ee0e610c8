import { describe, expect, it } from 'vitest'
import type { ContainerSeen } from './container-seen.ts'
import { endOf, lookDelayMs, readLastEnd } from './watch.ts'

function container(state: Partial<ContainerSeen['State']>): ContainerSeen {
  return {
    Id: 'abc',
    Name: '/abc',
    RestartCount: 0,
    State: { Status: 'running', OOMKilled: false, Pid: 1, ExitCode: 0, StartedAt: '', FinishedAt: '', ...state },
    Config: { Labels: {} },
    HostConfig: { Memory: 0 },
    NetworkSettings: { Networks: {} },
  }
}

const die = (exitCode: string) =>
  JSON.stringify({ Type: 'container', Action: 'die', Actor: { Attributes: { exitCode } } })
const oom = JSON.stringify({ Type: 'container', Action: 'oom', Actor: { Attributes: {} } })

describe('a container that is watched', () => {
  it('may become healthy while it runs', () => {
    expect(endOf(container({}))).toBeNull()
  })
  it.each([
    ['its container is gone', null],
    ['its container is paused', container({ Status: 'paused' })],
    ['its container was not started', container({ Status: 'created' })],
    ['it ended with exit code 3', container({ Status: 'exited', ExitCode: 3 })],
    ['it ended with exit code 3', container({ Status: 'restarting', ExitCode: 3 })],
    ['it ran out of memory and was killed', container({ Status: 'restarting', ExitCode: 137, OOMKilled: true })],
  ])('will not when %s', (reason, seen) => {
    expect(endOf(seen)).toBe(reason)
  })
  it.each([
    ['it ended with exit code 3', [die('0'), die('3')]],
    ['it ended with exit code 1', [oom, die('137'), die('1')]],
    ['it ran out of memory and was killed', [die('1'), oom, die('137')]],
    ['it was killed (exit code 137), perhaps because memory ran out', [die('137')]],
    [null, []],
    [null, [JSON.stringify({ Type: 'container', Action: 'die' })]],
  ])('and runs again is known by the events of the engine: %s', (reason, events) => {
    expect(readLastEnd(events.map((event) => `${event}\n`).join(''))).toBe(reason)
  })
  it('is looked at ever less often', () => {
    expect([0, 100, 1_000, 60_000].map(lookDelayMs)).toEqual([50, 50, 200, 1_000])
  })
})

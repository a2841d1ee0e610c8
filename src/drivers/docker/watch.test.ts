import { describe, expect, it } from 'vitest'
import type { ContainerSeen } from './engine-api.ts'
import { endOf, lookDelayMs, readLastExitCode } from './watch.ts'

function container(state: Partial<ContainerSeen['State']>, restarts = 0): ContainerSeen {
  return {
    Id: 'abc',
    Name: '/abc',
    RestartCount: restarts,
    State: { Status: 'running', OOMKilled: false, ExitCode: 0, StartedAt: '', ...state },
    Config: { Labels: {} },
    NetworkSettings: { Networks: {} },
  }
}

describe('a container that is watched', () => {
  it('may become healthy while it runs', () => {
    expect(endOf(container({}), null, null)).toBeNull()
    expect(endOf(container({}, 3), 3, null)).toBeNull()
  })
  it.each([
    ['its container is gone', null],
    ['its container is paused', container({ Status: 'paused' })],
    ['its container was not started', container({ Status: 'created' })],
    ['it ended with exit code 3', container({ Status: 'exited', ExitCode: 3 })],
    ['it ended with exit code 3', container({ Status: 'restarting', ExitCode: 3 })],
    ['it ran out of memory and was killed', container({ Status: 'restarting', ExitCode: 137, OOMKilled: true })],
    ['it ended and was started again', container({}, 4)],
  ])('will not when %s', (reason, seen) => {
    expect(endOf(seen, 3, null)).toBe(reason)
  })
  it('will not after an end that was told of, though it runs again', () => {
    expect(endOf(container({}, 1), null, 3)).toBe('it ended with exit code 3')
  })
  it('has its last exit code in the events of the engine', () => {
    const end = (exitCode: string) =>
      JSON.stringify({ Type: 'container', Action: 'die', Actor: { Attributes: { exitCode } } })
    expect(readLastExitCode(`${end('0')}\n${end('3')}\n`)).toBe(3)
    expect(readLastExitCode('')).toBeNull()
    expect(readLastExitCode(JSON.stringify({ Type: 'container', Action: 'die' }))).toBeNull()
  })
  it('is looked at ever less often', () => {
    expect([0, 100, 1_000, 60_000].map(lookDelayMs)).toEqual([50, 50, 200, 1_000])
  })
})

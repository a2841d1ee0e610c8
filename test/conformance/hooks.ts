// What whoever runs hooks outside of containers must do, whatever it is made of.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HostCommand, Hooks } from '../../src/ports/hooks.ts'

/** What a program or an address does. */
export type HookWish = {
  readonly exitCode?: number
  readonly status?: number
  readonly takesMs?: number
  readonly output?: string
}

export type HooksWorld = {
  readonly hooks: Hooks
  /** Words of a program that does so. */
  program(wish: HookWish): Promise<readonly string[]>
  /** An address that does so. */
  address(wish: HookWish): Promise<string>
  /** The bodies that came to the addresses. */
  readonly bodies: readonly object[]
  close(): Promise<void>
}

export function runsHooks(open: () => Promise<HooksWorld>): void {
  let world: HooksWorld
  beforeEach(async () => {
    world = await open()
  })
  afterEach(() => world.close())

  async function run(wish: HookWish, changes: Partial<HostCommand> = {}) {
    let text = ''
    const end = await world.hooks.runOnHost({
      argv: await world.program(wish),
      cwd: '/',
      env: {},
      timeoutMs: 20_000,
      onOutput: ({ bytes }) => (text += Buffer.from(bytes).toString('utf8')),
      ...changes,
    })
    return { end, text }
  }

  describe('a program on the host', () => {
    it('writes, and ends with its exit code', async () => {
      expect(await run({ output: 'notified', exitCode: 3 })).toEqual({
        end: { exitCode: 3, signal: null, timedOut: false },
        text: 'notified\n',
      })
    })
    it('is ended at its timeout', async () => {
      expect((await run({ takesMs: 60_000 }, { timeoutMs: 100 })).end).toMatchObject({ timedOut: true })
    })
    it('is ended when the signal aborts', async () => {
      const stopping = new AbortController()
      const reason = new Error('a rollback took over')
      const running = run(
        { takesMs: 60_000, output: 'begun' },
        {
          signal: stopping.signal,
          onOutput: () => stopping.abort(reason),
        },
      )
      await expect(running).rejects.toBe(reason)
    })
    it('is not begun when the signal has aborted', async () => {
      const reason = new Error('too late')
      await expect(run({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })
  })

  describe('a call to an address', () => {
    const post = async (wish: HookWish, timeoutMs = 20_000) =>
      world.hooks.post({ url: await world.address(wish), headers: {}, body: { operation: 'deploy' }, timeoutMs })

    it.each([204, 302, 500])('is answered with %i', async (status) => {
      expect(await post({ status })).toEqual({ status })
      expect(world.bodies).toEqual([{ operation: 'deploy' }])
    })
    it('that is not answered in time has failed', async () => {
      await expect(post({ takesMs: 60_000 }, 100)).rejects.toThrow('no answer in time')
    })
  })
}

// What every runtime must do with commands: those that run once in a container of their own, and those in a replica.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OneOffSession, OneOffSpec, Runtime } from '../../src/ports/runtime.ts'
import type { Session } from '../../src/ports/session.ts'
import { createHands, nameOf, SCOPE, type RuntimeWorld } from './runtime-world.ts'

type Heard = { readonly session: Session; readonly text: { stdout: string; stderr: string } }

function hear(input: string | null = null, changes: Partial<Session> = {}): Heard {
  const text = { stdout: '', stderr: '' }
  async function* stdin() {
    yield new TextEncoder().encode(input ?? '')
  }
  const session: Session = {
    onOutput: ({ stream, bytes }) => void (text[stream] += Buffer.from(bytes).toString('utf8')),
    stdin: input === null ? null : stdin(),
    terminal: null,
    ...changes,
  }
  return { session, text }
}

export function runsCommands(open: () => Promise<RuntimeWorld>): void {
  let world: RuntimeWorld
  let runtime: Runtime
  const { replica, up, down } = createHands(() => world)
  beforeEach(async () => {
    world = await open()
    ;({ runtime } = world)
    await runtime.ensureNetwork()
  })
  afterEach(() => world.close())

  function command(name: string, things: readonly string[], changes: Partial<OneOffSpec> = {}): OneOffSpec {
    const { config, configDigest } = replica('r1-9')
    const argv = ['/probe-app', 'do', ...things]
    return {
      ...SCOPE,
      name,
      release: 1,
      process: 'web',
      transactionId: 'tx-1',
      configDigest,
      config,
      argv,
      secretFiles: null,
      openEnv: () => ({}),
      ...changes,
    }
  }
  const run = (spec: OneOffSpec, session: Session = hear().session, changes: Partial<OneOffSession> = {}) =>
    runtime.runOnce(spec, { ...session, timeoutMs: null, ...changes })

  describe('a command of its own', () => {
    it('writes to both streams, and ends with its exit code', async () => {
      const { session, text } = hear()
      const end = await run(command('run-1', ['say=one', 'say=!bad', 'say=two', 'exit=3']), session)
      expect(end).toEqual({ exitCode: 3, oomKilled: false, timedOut: false })
      expect(text).toEqual({ stdout: 'one\ntwo\n', stderr: 'bad\n' })
    })

    it('has the environment that was opened for it, and no fixed port', async () => {
      const { session, text } = hear()
      const { config } = await up('r1-1', { hostPort: 18_998 })
      await run(command('run-1', ['env=TOKEN'], { config, openEnv: () => ({ TOKEN: 'a=b c' }) }), session)
      expect(text.stdout).toBe('a=b c\n')
    })

    it('is given standard input to its end', async () => {
      const { session, text } = hear('hello\n')
      expect(await run(command('run-1', ['cat']), session)).toMatchObject({ exitCode: 0 })
      expect(text.stdout).toBe('hello\n')
    })

    it('runs once: whoever asks again is told how it ended, and what it wrote', async () => {
      const spec = command('run-1', ['say=once', 'exit=4'])
      await run(spec)
      const { session, text } = hear()
      expect(await run({ ...spec, argv: ['/probe-app', 'do', 'exit=5'] }, session)).toMatchObject({ exitCode: 4 })
      expect(text.stdout).toBe('once\n')
    })

    it('is waited for by who finds it running', async () => {
      const spec = command('run-1', ['say=begun', 'sleep=400', 'exit=6'])
      const first = run(spec)
      const { session } = hear()
      const [one, other] = await Promise.all([first, world.reopen().runOnce(spec, { ...session, timeoutMs: null })])
      expect([one.exitCode, other.exitCode]).toEqual([6, 6])
    })

    it('is no replica', async () => {
      await run(command('run-1', []))
      expect(await runtime.observe()).toEqual([])
    })

    it('is stopped at its timeout', async () => {
      const end = await run(command('run-1', ['sleep=60000']), hear().session, { timeoutMs: 300 })
      expect(end).toMatchObject({ timedOut: true })
      expect(end.exitCode).not.toBe(0)
    })

    it('is stopped when the signal aborts', async () => {
      const stopping = new AbortController()
      const reason = new Error('a rollback took over')
      const { session } = hear(null, { signal: stopping.signal })
      const running = run(command('run-1', ['say=begun', 'sleep=60000']), {
        ...session,
        onOutput: () => stopping.abort(reason),
      })
      await expect(running).rejects.toBe(reason)
      const again = await run(command('run-1', []))
      expect(again.exitCode).not.toBe(0)
    })

    it('that nobody watches is made, started, seen, and read', async () => {
      const spec = command('report-1', ['say=one', 'say=two', 'sleep=400', 'exit=7'])
      const name = { ...nameOf(replica('r1-8')), name: 'report-1' }
      expect(await runtime.seeOneOff(name)).toBeNull()
      await runtime.ensureOneOffCreated(spec)
      await runtime.ensureOneOffCreated(spec)
      expect(await runtime.seeOneOff(name)).toEqual({
        status: 'created',
        exitCode: null,
        oomKilled: false,
        startedAt: null,
        endedAt: null,
      })
      await runtime.startOneOff(name)
      expect(await runtime.seeOneOff(name)).toMatchObject({ status: 'running', exitCode: null, endedAt: null })
      expect(await run(spec)).toMatchObject({ exitCode: 7 })
      const seen = await world.reopen().seeOneOff(name)
      expect(seen).toMatchObject({ status: 'ended', exitCode: 7 })
      expect((seen?.endedAt ?? 0) - (seen?.startedAt ?? 0)).toBeGreaterThanOrEqual(400)
      expect(await runtime.readOneOff(name, 20)).toEqual(['one', 'two'])
      expect(await runtime.readOneOff(name, 1)).toEqual(['two'])
    })

    it('that nobody watches has the process’s own command where none is given', async () => {
      const { config, argv } = command('report-1', ['say=as the process', 'exit=2'])
      // the image's entrypoint counts, as it does for a replica
      const spec = command('report-1', [], { argv: null, config: { ...config, command: argv?.slice(1) ?? [] } })
      await runtime.ensureOneOffCreated(spec)
      await runtime.startOneOff({ ...nameOf(replica('r1-8')), name: 'report-1' })
      expect(await run(spec)).toMatchObject({ exitCode: 2 })
    })

    it('that nobody watches is stopped when that is asked, and only then', async () => {
      const spec = command('report-1', ['sleep=60000'])
      const name = { ...nameOf(replica('r1-8')), name: 'report-1' }
      await runtime.stopOneOff(name)
      await runtime.ensureOneOffCreated(spec)
      await runtime.stopOneOff(name)
      await runtime.startOneOff(name)
      await runtime.stopOneOff(name)
      const seen = await runtime.seeOneOff(name)
      expect(seen?.status).toBe('ended')
      expect(seen?.exitCode).not.toBe(0)
      await expect(runtime.startOneOff({ ...name, name: 'other' })).rejects.toMatchObject({ code: 'START_FAILED' })
    })

    it('goes away when it is removed, and with everything else', async () => {
      await run(command('run-1', ['exit=1']))
      await runtime.removeOneOff({ ...SCOPE, name: 'run-1' })
      await runtime.removeOneOff({ ...SCOPE, name: 'run-1' })
      expect(await run(command('run-1', ['exit=2']))).toMatchObject({ exitCode: 2 })
      await runtime.removeAll()
      await runtime.ensureNetwork()
      expect(await run(command('run-1', ['exit=3']))).toMatchObject({ exitCode: 3 })
    })

    it('whose image is gone says so', async () => {
      const gone = command('run-1', [], { configDigest: `sha256:${'e'.repeat(64)}` })
      await expect(run(gone)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    })
  })

  describe('a command in a replica', () => {
    it('has its streams, its environment and its exit code', async () => {
      const spec = await up('r1-1', { env: { TOKEN: 'hunter2' } })
      const { session, text } = hear('typed\n')
      const argv = ['/probe-app', 'do', 'env=TOKEN', 'say=!bad', 'cat', 'exit=7']
      expect(await runtime.exec(nameOf(spec), argv, session)).toMatchObject({ exitCode: 7 })
      expect(text).toEqual({ stdout: 'hunter2\ntyped\n', stderr: 'bad\n' })
    })

    it('that does not run is refused', async () => {
      const spec = await up('r1-1')
      await down(spec, 'stopped')
      const trying = runtime.exec(nameOf(spec), ['/probe-app', 'do'], hear().session)
      await expect(trying).rejects.toMatchObject({ code: 'START_FAILED' })
    })
  })
}

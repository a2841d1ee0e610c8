import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, newestTransaction, shop } from '../../test/doubles/deployed.ts'
import { run } from './exec.ts'

describe('astern exec', () => {
  it('runs a command in a replica of the release that serves, and passes its exit code on', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.engine.program = () => ({
      exitCode: 3,
      output: [
        { stream: 'stdout', text: 'hello' },
        { stream: 'stderr', text: 'bad' },
      ],
    })
    const { context, streams } = createConsole(app)
    expect(await run(context, given('exec', ['--', 'ls', '-l']))).toBe(3)
    expect(world.engine.executed).toEqual([{ replica: 'r2-1', argv: ['ls', '-l'] }])
    expect(streams).toEqual({ stdout: 'hello\n', stderr: 'bad\n' })
  })

  it('passes standard input on', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.program = () => ({ answers: (bytes) => ({ stream: 'stdout', bytes }) })
    const { context, streams } = createConsole(app, { input: 'typed' })
    await run(context, given('exec', ['cat']))
    expect(streams.stdout).toBe('typed')
  })

  it('takes the replica, or the release, that is named', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context } = createConsole(app)
    await run(context, given('exec', ['id'], { replica: 'r2-2' }))
    await run(context, given('exec', ['id'], { release: 'v1.0.0' }))
    await run(context, given('exec', ['id'], { process: 'web' }))
    expect(world.engine.executed.map(({ replica }) => replica)).toEqual(['r2-2', 'r1-1', 'r2-1'])
  })

  it('says which replicas run when the one that is meant does not', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context } = createConsole(app)
    const wrong = run(context, given('exec', ['id'], { replica: 'r9-1' }))
    await expect(wrong).rejects.toMatchObject({
      code: 'REPLICA_UNKNOWN',
      exit: 2,
      details: { known: 'r1-1, r1-2' },
    })
    const worker = run(context, given('exec', ['id'], { process: 'worker' }))
    await expect(worker).rejects.toMatchObject({ details: { wanted: 'r1 worker' } })
  })

  it('opens a shell at a terminal, and wants a command elsewhere', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    await run(createConsole(app, { terminal: true }).context, given('exec'))
    expect(world.engine.executed).toEqual([{ replica: 'r1-1', argv: ['sh'] }])
    await expect(run(createConsole(app).context, given('exec'))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('is journalled with who, where and what, and without a word of its output', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.program = () => ({ output: [{ stream: 'stdout', text: 'a customer' }] })
    const { context } = createConsole(app)
    await run(context, given('exec', ['--', 'cat', '/orders'], { message: 'ticket 7' }))
    const operation = app.store.operations.get(newestTransaction(app))
    expect(operation).toMatchObject({ kind: 'exec', actor: 'alice', reason: 'ticket 7', to: 1, outcome: 'succeeded' })
    const events = app.store.journal.ofTransaction(operation!.transactionId)
    expect(events[0]).toMatchObject({ step: 'exec', detail: { replica: 'r1-1', argv: ['cat', '/orders'] } })
    expect(JSON.stringify(events)).not.toContain('a customer')
  })

  it('gives machines its output line by line, and how it ended', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.program = () => ({ exitCode: 1, output: [{ stream: 'stderr', text: 'bad' }] })
    const { context, out, answer } = createConsole(app, { json: true })
    expect(await run(context, given('exec', ['false']))).toBe(1)
    expect(JSON.parse(out[0]!)).toEqual({ stream: 'stderr', text: 'bad' })
    expect(answer()).toMatchObject({
      operation: 'exec',
      service: 'shop',
      release: 'r1',
      replica: 'r1-1',
      outcome: 'failed',
      exit_code: 1,
    })
  })

  it('does not stand in the way of a deploy, and a deploy not in its way', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const other = world.process().app
    world.engine.program = () => ({ takesMs: 1_000 })
    const { deployTag } = await import('../../test/doubles/world.ts')
    const { context } = createConsole(app)
    const running = run(context, given('exec', ['sleep']))
    expect((await deployTag(other, shop, 'v1.1.0')).answer.outcome).toBe('succeeded')
    expect(await running).toBe(0)
    expect(app.store.operations.list(5).map(({ kind, outcome }) => `${kind} ${outcome}`)).toContain('exec succeeded')
  })
})

import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag, type World } from '../../test/doubles/world.ts'
import { run } from './logs.ts'

function write(world: World, replica: string, text: string, at?: number): void {
  const container = [...world.engine.containers.values()].find(({ spec }) => spec.name === replica)!
  if (at === undefined) world.engine.write(container, 'stdout', text)
  else container.log.push({ replica, at, stream: 'stdout', text })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('astern logs', () => {
  it('shows the lines of all replicas that serve, the oldest first, each with its replica', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    write(world, 'r1-1', 'not this one', 50)
    write(world, 'r2-1', 'one', 100)
    write(world, 'r2-2', 'two', 200)
    write(world, 'r2-1', 'three', 300)
    const { context, out } = createConsole(app)
    expect(await run(context, given('logs'))).toBe(0)
    expect(out).toEqual(['r2-1 │ one', 'r2-2 │ two', 'r2-1 │ three'])
  })

  it('shows those of another release when it is named, and only the last lines', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    for (const number of [1, 2, 3]) write(world, 'r1-1', `line ${number}`, number)
    const { context, out } = createConsole(app)
    await run(context, given('logs', [], { release: 'v1.0.0', tail: '2' }))
    expect(out).toEqual(['r1-1 │ line 2', 'r1-1 │ line 3'])
  })

  it('shows only what is newer than it was asked for', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'long ago', app.clock.now() - 700_000)
    write(world, 'r1-1', 'just now', app.clock.now() - 500_000)
    const { context, out } = createConsole(app)
    await run(context, given('logs', [], { since: '10m' }))
    expect(out).toEqual(['r1-1 │ just now'])
    await expect(run(context, given('logs', [], { since: 'yesterday' }))).rejects.toThrow('expected 10m')
  })

  it('goes on as lines come, until it is interrupted', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'before', 1)
    const { context, out, interrupt } = createConsole(app)
    const running = run(context, given('logs', [], { follow: true }))
    await until(() => out.length === 1)
    write(world, 'r1-2', 'after')
    await until(() => out.length === 2)
    interrupt()
    expect(await running).toBe(0)
    expect(out).toEqual(['r1-1 │ before', 'r1-2 │ after'])
  })

  it('ends when nobody reads it any more', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'before', 1)
    const { context, out, closeOutput } = createConsole(app)
    const running = run(context, given('logs', [], { follow: true }))
    await until(() => out.length === 1)
    closeOutput()
    expect(await running).toBe(0)
  })

  it('goes on across a switch: the lines of the next release join', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'before', 1)
    const { context, out, interrupt } = createConsole(app)
    const running = run(context, given('logs', [], { follow: true }))
    await until(() => out.length === 1)
    world.engine.behaviour = ({ spec }) =>
      spec.release === 2 ? { log: [{ stream: 'stdout', text: `${spec.name} starts` }] } : {}
    await deployTag(app, shop, 'v1.1.0')
    await until(() => out.length === 3)
    write(world, 'r1-1', 'still here')
    await until(() => out.length === 4)
    interrupt()
    expect(await running).toBe(0)
    expect([...out].sort()).toEqual(
      ['r1-1 │ before', 'r1-1 │ still here', 'r2-1 │ r2-1 starts', 'r2-2 │ r2-2 starts'].sort(),
    )
  })

  it('has the lines of a release whose deploy fails while it goes on', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const { context, out, interrupt } = createConsole(app)
    const running = run(context, given('logs', [], { follow: true }))
    world.engine.behaviour = () => ({ healthyAfterMs: null, log: [{ stream: 'stderr', text: 'panic' }] })
    await deployTag(app, shop, 'v1.1.0')
    await until(() => out.includes('r2-1 │ panic'))
    interrupt()
    expect(await running).toBe(0)
  })

  it('of one release ends with its last replica', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context } = createConsole(app)
    const running = run(context, given('logs', [], { follow: true, release: 'r1' }))
    for (const name of ['r1-1', 'r1-2']) app.store.replicas.setLevel(shop, name, 'stopped')
    for (const container of world.engine.containers.values())
      if (container.spec.release === 1) world.engine.stop(container)
    expect(await running).toBe(0)
  })

  it('shows what several releases wrote since a time, and one process where it is named', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    write(world, 'r1-1', 'from the old one', app.clock.now() - 60_000)
    write(world, 'r2-1', 'from the new one', app.clock.now() - 50_000)
    const { context, out } = createConsole(app)
    await run(context, given('logs', [], { since: '20m', process: 'web' }))
    expect(out).toEqual(['r1-1 │ from the old one', 'r2-1 │ from the new one'])
    const wrong = run(context, given('logs', [], { process: 'worker' }))
    await expect(wrong).rejects.toMatchObject({ code: 'NOTHING_TO_DO' })
  })

  it('has the output of a first deploy that failed', async () => {
    const { world, app } = await deployed([])
    world.engine.behaviour = () => ({ healthyAfterMs: null, log: [{ stream: 'stderr', text: 'panic: no database' }] })
    await deployTag(app, shop, 'v1.0.0')
    const { context, out } = createConsole(app)
    await run(context, given('logs'))
    expect(out).toContain('r1-1 │ panic: no database')
  })

  it('says that there is no output of a release without containers', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    for (const name of ['r1-1', 'r1-2']) app.store.replicas.remove(shop, name)
    const { context } = createConsole(app)
    await expect(run(context, given('logs', [], { release: 'r1' }))).rejects.toMatchObject({
      code: 'NOTHING_TO_DO',
      exit: 6,
      message: 'r1 has no containers, so there is no output',
    })
  })

  it('gives machines a line with time, release, replica, process and stream', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'hello', Date.UTC(2026, 3, 5))
    const { context, answer } = createConsole(app, { json: true })
    await run(context, given('logs'))
    expect(answer()).toEqual({
      timestamp: '2026-04-05T00:00:00.000Z',
      release: 'r1',
      replica: 'r1-1',
      process: 'web',
      stream: 'stdout',
      text: 'hello',
    })
  })

  it('colours each replica on a terminal', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    write(world, 'r1-1', 'one', 1)
    write(world, 'r1-2', 'two', 2)
    const { context, out } = createConsole(app, { colour: true })
    await run(context, given('logs'))
    expect(out).toEqual(['\u001B[36mr1-1 │\u001B[0m one', '\u001B[33mr1-2 │\u001B[0m two'])
  })

  it('asks for one of several environments', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, staging, 'v1.0.0')
    const { context } = createConsole(app)
    await expect(run(context, given('logs'))).rejects.toMatchObject({ code: 'ENVIRONMENT_NEEDED', exit: 2 })
  })
})

import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag, Killed, rollBack } from '../../test/doubles/world.ts'
import { run } from './status.ts'

describe('astern status', () => {
  it('shows what serves, how well, what stands by and where a rollback would go', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, out, err } = createConsole(app)
    expect(await run(context, given('status'))).toBe(0)
    expect(out).toEqual([
      'shop · prod         r2 v1.1.0 (stable, 12 min) · healthy · 2 of 2 replicas',
      'listen              127.0.0.1:18080 · shop.example.com',
      'standby             r1 v1.0.0  warm',
      'way back            r1 v1.0.0 · warm standby, about 3 ms',
    ])
    expect(err).toEqual([])
  })

  it('speaks Chinese', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out } = createConsole(app, { language: 'zh-CN' })
    await run(context, given('status'))
    expect(out).toEqual([
      'shop · prod         r1 v1.0.0 (稳定，12分钟) · 健康 · 副本 2/2',
      '监听                127.0.0.1:18080 · shop.example.com',
      '热备                无',
    ])
  })

  it('prints one object for machines', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, staging, 'v1.0.0')
    const { context, out, answer } = createConsole(app, { json: true })
    await run(context, given('status'))
    expect(out).toHaveLength(1)
    expect(answer()).toMatchObject({
      services: [
        { service: 'shop', environment: 'prod', active: { release: 'r1' }, health: 'healthy' },
        { service: 'shop', environment: 'staging', active: { release: 'r1' }, health: 'healthy' },
      ],
    })
  })

  it('shows one environment when it is named, and refuses one that is not known', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, staging, 'v1.0.0')
    const { context, answer } = createConsole(app, { json: true })
    await run(context, given('status', [], { env: 'staging' }))
    expect(answer()).toMatchObject({ services: [{ environment: 'staging' }] })
    await expect(run(context, given('status', [], { env: 'moon' }))).rejects.toThrow('shop.prod, shop.staging')
  })

  it('says that the proxy is down, and how to start it', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.proxy = null
    const { context, out, err } = createConsole(app)
    expect(await run(context, given('status'))).toBe(0)
    expect(out[0]).toContain('down · 0 of 2 replicas')
    expect(err.join('\n')).toContain('The proxy is not running')
    expect(err.join('\n')).toContain('astern up')
  })

  it('shows shares that are not whole, and that nobody gets requests', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const [backend] = world.proxy!.backends
    const weigh = (weight: (release: number) => number) => {
      const servers = backend!.servers.map((server) => ({ ...server, weight: weight(server.release) }))
      world.proxy = { ...world.proxy!, backends: [{ ...backend!, servers }] }
    }
    const { context, out } = createConsole(app)
    weigh((release) => (release === 2 ? 95 : 5))
    await run(context, given('status'))
    expect(out).toContain('shares              r2 95 % · r1 5 %')
    weigh(() => 0)
    await run(context, given('status'))
    expect(out).toContain('shares              nobody gets requests')
  })

  it('shows a quarantine with its reason', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const { context, out } = createConsole(app)
    await run(context, given('status'))
    expect(out).toContain('standby             r2 v1.1.0  warm  in quarantine: no reason was given')
    expect(out.join('\n')).not.toContain('way back')
  })

  it('says what to do when there is nothing yet', async () => {
    const { app } = await deployed([])
    const { context, out, err } = createConsole(app)
    expect(await run(context, given('status'))).toBe(0)
    expect(out.join('\n')).toContain('astern up')
    expect(err).toEqual([])
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('status'))
    expect(machine.answer()).toEqual({ services: [] })
  })

  it('finishes what a process that died has left, after its own', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    await expect(deployTag(world.process(20).app, shop, 'v1.1.0')).rejects.toThrow(Killed)
    const { context } = createConsole(app)
    await run(context, given('status'))
    expect(app.store.operations.unfinished(shop)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag } from '../../test/doubles/world.ts'
import { scopeName } from '../core/model.ts'
import { run } from './remove.ts'

async function twoEnvironments() {
  const { world, app } = await deployed(['v1.0.0'])
  await deployTag(app, staging, 'v1.0.0')
  const known = () => app.store.services.list().map(scopeName)
  return { world, app, known }
}

describe('astern remove', () => {
  it('takes a service out of every environment when someone says yes', async () => {
    const { world, app, known } = await twoEnvironments()
    const { context, out, questions } = createConsole(app, { says: true })
    expect(await run(context, given('remove', ['shop']))).toBe(0)
    expect(questions).toEqual(['Remove shop.prod, shop.staging with its 4 containers and its releases?'])
    expect(known()).toEqual([])
    expect(world.engine.containers.size).toBe(0)
    expect(out).toContain('shop.prod is removed with its 2 containers. Its history stays in astern log.')
    expect(out).toContain('shop.staging is removed with its 2 containers. Its history stays in astern log.')
  })

  it('leaves other environments when one is named', async () => {
    const { world, app, known } = await twoEnvironments()
    const { context } = createConsole(app, { says: true })
    await run(context, given('remove', ['shop'], { env: 'staging' }))
    expect(known()).toEqual(['shop.prod'])
    expect(world.answering(shop)).toBe(1)
  })

  it.each([null, false])('changes nothing when the answer is %s', async (says) => {
    const { world, app, known } = await twoEnvironments()
    const { context } = createConsole(app, { says })
    await expect(run(context, given('remove', ['shop']))).rejects.toMatchObject({ code: 'USAGE', exit: 2 })
    expect(known()).toEqual(['shop.prod', 'shop.staging'])
    expect(world.engine.containers.size).toBe(4)
  })

  it('does not ask with --yes', async () => {
    const { app, known } = await twoEnvironments()
    const { context, questions } = createConsole(app)
    await run(context, given('remove', ['shop'], { yes: true }))
    expect(questions).toEqual([])
    expect(known()).toEqual([])
  })

  it('gives machines step lines, then what was removed', async () => {
    const { app } = await twoEnvironments()
    const { context, out, answer } = createConsole(app, { json: true })
    await run(context, given('remove', ['shop'], { yes: true, env: 'prod' }))
    const steps = out.slice(0, -1).map((line) => (JSON.parse(line) as { step: string }).step)
    expect(steps).toContain('demote')
    expect(answer()).toMatchObject({
      outcome: 'succeeded',
      removed: [{ service: 'shop', environment: 'prod', containers: 2 }],
    })
  })

  it('knows no service of another name, and says which it knows', async () => {
    const { app } = await twoEnvironments()
    const { context } = createConsole(app, { says: true })
    await expect(run(context, given('remove', ['cart']))).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
      details: { service: 'cart', known: 'shop.prod, shop.staging' },
    })
    await expect(run(context, given('remove', ['shop'], { env: 'moon' }))).rejects.toThrow('moon')
  })

  it('refuses two different names', async () => {
    const { app, known } = await twoEnvironments()
    const { context } = createConsole(app, { says: true })
    await expect(run(context, given('remove', ['shop'], { service: 'cart' }))).rejects.toMatchObject({ code: 'USAGE' })
    expect(known()).toHaveLength(2)
  })
})

// The engine and the kernel, asked for the same container.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { docker } from '../../../test/conformance/docker-world.ts'
import { buildProbeImage } from '../../../test/fixtures/probe-app.ts'
import { realClock } from '../../../test/fixtures/real-clock.ts'
import { groupMemory } from './control-group.ts'
import { resolveEndpoint } from './endpoint.ts'
import { createEngineApi } from './engine-api.ts'
import { workingSetSeen } from './stats-seen.ts'

const HOG_BYTES = 24 * 1024 * 1024
const api = createEngineApi(resolveEndpoint(process.env), realClock)
const name = `stats-${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  const { reference } = await buildProbeImage()
  await docker('run', '-d', '--name', name, '--env', 'PROBE_HOG_MB=24', '--env', 'PROBE_LOG=up', reference)
})
afterAll(async () => {
  await docker('rm', '-f', name)
  api.close()
})

it('finds the same working set in the control group as the engine tells, also of what is paused', async () => {
  for (;;) {
    const container = (await api.container(name))!
    if (((await groupMemory(container))?.workingSetBytes ?? 0) > HOG_BYTES) break
    await realClock.sleep(50)
  }
  await docker('pause', name)
  const told = workingSetSeen(await api.stats(name))
  const read = await groupMemory((await api.container(name))!)
  expect(told).toBeGreaterThan(HOG_BYTES)
  expect(read).toEqual({ workingSetBytes: told, oomKills: 0 })
})

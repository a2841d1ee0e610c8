// What else the runtime does, against the Docker engine of this host: beside runtime.real.test.ts, so that both run at once.
import { afterAll, beforeAll, describe } from 'vitest'
import { buildProbeImage, type ProbeImage } from '../fixtures/probe-app.ts'
import { startRegistry, type Registry } from '../fixtures/registry.ts'
import { openDocker, push, type Pushed } from './docker-world.ts'
import { runsCommands } from './runtime-commands.ts'
import { countsMemory } from './runtime-stats.ts'
import { watchesReplicas } from './runtime-watching.ts'

let image: ProbeImage
let registry: Registry
let pushed: Pushed

beforeAll(async () => {
  image = await buildProbeImage()
  registry = await startRegistry()
  pushed = await push(image, `${registry.host}/probe`)
})
afterAll(async () => {
  await registry.close()
})

describe('the Docker runtime', () => {
  watchesReplicas(() => openDocker(image, pushed))
  runsCommands(() => openDocker(image, pushed))
  countsMemory(() => openDocker(image, pushed))
})

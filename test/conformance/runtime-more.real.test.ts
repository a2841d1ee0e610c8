// What else the runtime does, against the Docker engine of this host: beside runtime.real.test.ts, so that both run at once.
import { describe } from 'vitest'
import { pushedProbe } from './docker-world.ts'
import { runsCommands } from './runtime-commands.ts'
import { countsMemory } from './runtime-stats.ts'
import { watchesReplicas } from './runtime-watching.ts'

const probe = pushedProbe()

describe('the Docker runtime', () => {
  watchesReplicas(probe.open)
  runsCommands(probe.open)
  countsMemory(probe.open)
})

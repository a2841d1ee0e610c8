// Compose projects in memory: files, what their services do, and what is left of a project until it is taken down.
import { nothingToReplace, type ProjectService, substitution } from '../../core/checks.ts'
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Compose, ProjectPort, ProjectSession, ProjectWanted } from '../../ports/compose.ts'

export type FakeService = ProjectService & {
  /** Published, whether it is checked or not. */
  readonly ports: readonly number[]
  readonly takesMs: number
  /** It never becomes healthy, and compose says this. */
  readonly unhealthy: string | null
  readonly says: readonly string[]
}

export type FakeProject = {
  readonly wanted: ProjectWanted
  readonly images: Map<string, string>
  readonly services: readonly FakeService[]
}

const FIRST_PORT = 32_768
const encoder = new TextEncoder()

export class FakeCompose {
  readonly clock: Clock
  /** Why there is none. */
  missing: string | null = null
  readonly files = new Map<string, readonly FakeService[]>()
  readonly projects = new Map<string, FakeProject>()
  #nextPort = FIRST_PORT

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** `onRunning` is called while a project comes up. */
  open(onRunning: () => void = () => {}): Compose {
    return {
      missing: async () => this.missing,
      up: (project, session) => this.#up(project, session, onRunning),
      logs: async (name, { onOutput, signal }) => {
        signal?.throwIfAborted()
        for (const service of this.projects.get(name)?.services ?? []) {
          for (const line of service.says)
            onOutput({ stream: 'stdout', bytes: encoder.encode(`${service.name}-1  | ${line}\n`) })
        }
      },
      down: async (name) => void this.projects.delete(name),
    }
  }

  async #up(wanted: ProjectWanted, { timeoutMs, signal }: ProjectSession, onRunning: () => void) {
    const { name, file, image, replaces, port } = wanted
    signal?.throwIfAborted()
    const services = this.files.get(file)
    if (services === undefined) throw fail('COMPOSE_FAILED', { file, reason: 'cannot be read: there is no such file' })
    const found = substitution(services, replaces)
    if (found === null) throw fail('COMPOSE_FAILED', { file, reason: nothingToReplace(services) })
    const imageOf = (service: FakeService) =>
      found.replaced.includes(service.name) ? image : (service.image ?? 'built')
    this.projects.set(name, { wanted, services, images: new Map(services.map((one) => [one.name, imageOf(one)])) })
    onRunning()
    const takesMs = Math.max(...services.map((service) => service.takesMs))
    await this.clock.sleep(Math.min(takesMs, timeoutMs), signal)
    const late = takesMs > timeoutMs ? `it took longer than ${timeoutMs / 1_000} s` : null
    const problem = late ?? services.find(({ unhealthy }) => unhealthy !== null)?.unhealthy ?? null
    if (problem !== null) throw fail('COMPOSE_FAILED', { file, reason: `did not come up: ${problem}` })
    const published = (service: FakeService) =>
      service.name === found.main && port !== null ? [...service.ports, port] : service.ports
    const ports = services.flatMap((service) =>
      published(service).map((containerPort): ProjectPort => ({
        service: service.name,
        containerPort,
        hostPort: this.#nextPort++,
        protocol: 'tcp',
      })),
    )
    return { main: found.main, ports }
  }
}

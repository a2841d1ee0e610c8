// Users of a world: so many requests a second, of which each release fails a share. No chance in it: what happens is what the numbers say.
import { type ArmCounts, LATENCY_EDGES_MS, NO_COUNTS, type ServerCounts } from '../../src/core/verdict/counts.ts'
import { WHOLE_SHARE } from '../../src/core/trial.ts'
import type { BackendTally, BackendWanted, TrafficWanted } from '../../src/ports/traffic.ts'

const USUAL_LATENCY_MS = 20

type Part = Exclude<keyof ArmCounts, 'latency'>

export class Users {
  perSecond = 0
  /** Release → share of its requests that fail, 0–1. */
  readonly failing = new Map<number, number>()
  /** Release → how long its answers take, in milliseconds. */
  readonly taking = new Map<number, number>()
  /** Release → share of its requests that are answered with 404. */
  readonly missing = new Map<number, number>()
  /** What the draw really does, of 10,000; as configured when `null`. */
  drawn: number | null = null
  #at: number | null = null
  #arms = new Map<string, Map<number, ArmCounts>>()
  #rest = new Map<string, number>()

  /** The proxy counts from nothing again. */
  forget(): void {
    this.#arms.clear()
  }

  tally({ backends }: Pick<TrafficWanted, 'backends'>, nowAt: number): BackendTally[] {
    const seconds = (nowAt - (this.#at ?? nowAt)) / 1_000
    this.#at = nowAt
    return backends.map((backend) => {
      const name = `${backend.service}.${backend.environment}`
      const arms = this.#arms.get(name) ?? new Map<number, ArmCounts>()
      this.#arms.set(name, arms)
      this.#visit(backend, seconds * this.perSecond, arms)
      const servers = backend.servers.map(({ name: server, release }): ServerCounts => {
        const { answered, failed } = arms.get(release) ?? NO_COUNTS
        const count = backend.servers.filter((other) => other.release === release).length
        return { name: server, release, answered: Math.floor(answered / count), failed: Math.floor(failed / count) }
      })
      return { service: backend.service, environment: backend.environment, arms, servers }
    })
  }

  #visit({ trial, servers }: BackendWanted, requests: number, arms: Map<number, ArmCounts>): void {
    const weighted = servers.find(({ weight }) => weight > 0)?.release
    const share = trial === null ? 0 : (this.drawn ?? trial.share) / WHOLE_SHARE
    if (trial !== null) this.#answer(trial.release, requests * share, arms)
    if (weighted !== undefined) this.#answer(weighted, requests * (1 - share), arms)
  }

  #answer(release: number, requests: number, arms: Map<number, ArmCounts>): void {
    const before = arms.get(release) ?? NO_COUNTS
    const count = this.#whole(`${release} all`, requests)
    const failed = this.#whole(`${release} failed`, count * (this.failing.get(release) ?? 0))
    const clientErrors = this.#whole(`${release} missing`, count * (this.missing.get(release) ?? 0))
    const more: Record<Part, number> = {
      drawn: count,
      answered: count,
      failed,
      failedForUsers: 0,
      clientErrors,
      declared: 0,
      succeeded: count - failed - clientErrors,
    }
    const took = this.taking.get(release) ?? USUAL_LATENCY_MS
    const bucket = LATENCY_EDGES_MS.findIndex((edge) => took <= edge)
    const at = bucket < 0 ? LATENCY_EDGES_MS.length : bucket
    const parts = Object.entries(more).map(([key, value]) => [key, before[key as Part] + value])
    arms.set(release, {
      ...(Object.fromEntries(parts) as Record<Part, number>),
      latency: before.latency.map((value, index) => value + (index === at ? count - failed : 0)),
    })
  }

  /** What is left of a number of requests comes with the next. */
  #whole(key: string, requests: number): number {
    const wanted = requests + (this.#rest.get(key) ?? 0)
    this.#rest.set(key, wanted - Math.floor(wanted + 1e-9))
    return Math.floor(wanted + 1e-9)
  }
}

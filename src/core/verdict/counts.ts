// What is counted of a trial, tick by tick. Pure types: the proxy counts, the verdict judges, the state keeps every tick so that anybody can
// judge again.

/** Upper edges of the buckets that answers are counted in by how long they took, in milliseconds. The last bucket has no edge. */
export const LATENCY_EDGES_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000] as const

/** What became of the requests that one side of a trial was given by chance. Those that somebody sent there on purpose, and proofs, are not among them. */
export type ArmCounts = {
  /** Given by a draw. With stickiness only those of clients that were not seen before. */
  readonly drawn: number
  /** Came to an end: an answer of any kind, also one that the proxy gave in its place. */
  readonly answered: number
  /** 5xx, no answer, or answered by another server after this side failed on it. */
  readonly failed: number
  /** 5xx or no answer as the user saw it: the shield did not help. */
  readonly failedForUsers: number
  /** 4xx */
  readonly clientErrors: number
  /** What the service itself declares to be a failure: a header, a status, a gRPC status. */
  readonly declared: number
  /** 2xx and 3xx from this side. */
  readonly succeeded: number
  /** Answers by how long they took until their header, in buckets of LATENCY_EDGES_MS; without those that were tried again, and without WebSockets. */
  readonly latency: readonly number[]
}

/** One server of a release, for how its errors cluster. */
export type ServerCounts = {
  readonly name: string
  readonly release: number
  readonly answered: number
  readonly failed: number
}

/** Requests that Astern sent itself, half to each side. */
export type ProbeCounts = { readonly sent: number; readonly failed: number }

/** One look at a trial: what happened since the look before. */
export type Tick = {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Since the tick before. */
  readonly ms: number
  /** Of 10,000 requests, that the candidate was to get all through this tick; `null`: it changed in it. */
  readonly share: number | null
  readonly candidate: ArmCounts
  /** `null`: there is no other side. */
  readonly stable: ArmCounts | null
  /** Servers of the stable release, or of the candidate where it is alone. */
  readonly servers: readonly ServerCounts[]
  readonly probes: { readonly candidate: ProbeCounts; readonly stable: ProbeCounts } | null
}

export const NO_COUNTS: ArmCounts = {
  drawn: 0,
  answered: 0,
  failed: 0,
  failedForUsers: 0,
  clientErrors: 0,
  declared: 0,
  succeeded: 0,
  latency: Array.from({ length: LATENCY_EDGES_MS.length + 1 }, () => 0),
}

/** Each count of the one put together with that of the other. */
export function combined(one: ArmCounts, other: ArmCounts, how: (one: number, other: number) => number): ArmCounts {
  return {
    drawn: how(one.drawn, other.drawn),
    answered: how(one.answered, other.answered),
    failed: how(one.failed, other.failed),
    failedForUsers: how(one.failedForUsers, other.failedForUsers),
    clientErrors: how(one.clientErrors, other.clientErrors),
    declared: how(one.declared, other.declared),
    succeeded: how(one.succeeded, other.succeeded),
    latency: one.latency.map((count, bucket) => how(count, other.latency[bucket] ?? 0)),
  }
}

export function sumOf(one: ArmCounts, other: ArmCounts): ArmCounts {
  return combined(one, other, (count, more) => count + more)
}

// The proxy that users talk to. What it should do is committed in the state; the driver makes file and running proxy equal to that.
import type { Scope } from '../core/model.ts'
import type { FailureRule, Sticky } from '../core/trial.ts'
import type { ArmCounts, ServerCounts } from '../core/verdict/counts.ts'

export type ServerWanted = {
  /** `r41-1`: the replica's name, never used twice within a scope. */
  readonly name: string
  readonly release: number
  readonly address: string
  readonly port: number
  /** 0–256; 0 takes no new requests. */
  readonly weight: number
  /** `maintenance` closes idle connections and takes nothing at all. */
  readonly mode: 'ready' | 'maintenance'
  /** Off while its container is frozen. */
  readonly checked: boolean
  /** `null`: a TCP connect. */
  readonly healthPath: string | null
}

/** A part of the requests, drawn by chance and blind to load, goes to one release, whatever the weights of its servers; the rest goes by weights. */
export type TrialWanted = {
  readonly release: number
  /** Of 10,000 requests. */
  readonly share: number
  /** Idempotent requests that fail on it are tried again on servers with a weight, and only there. No other request is ever tried again. */
  readonly shield: boolean
}

/** What changes only by a reload. */
export type TrafficRules = {
  readonly sticky: Sticky | null
  readonly failure: FailureRule
  /** Networks (CIDR) from which a release may be asked for by name: `X-Astern-To: r41`, or the host name `r41.shop.example.com`. */
  readonly previewFrom: readonly string[]
}

export type BackendWanted = Scope & {
  readonly listen: string
  readonly hosts: readonly string[]
  readonly check: {
    readonly intervalMs: number
    readonly timeoutMs: number
    readonly rise: number
    readonly fall: number
  }
  readonly servers: readonly ServerWanted[]
  /** `null`: everything goes by weights. */
  readonly trial: TrialWanted | null
  /** The release that serves when no server with a weight is up, whether or not Astern runs; `null`: nobody may. */
  readonly standIn: number | null
  readonly rules: TrafficRules
  /** The release that is meant by `X-Astern-To: candidate`; absent: the one on trial. */
  readonly candidate?: number
}

/** All that the proxy should do, of every scope. `generation` grows with each committed change. */
export type TrafficWanted = {
  readonly generation: number
  /** Requests that carry it in `X-Astern-Proof` are answered with `X-Astern-Release`. */
  readonly proofSecret: string
  readonly backends: readonly BackendWanted[]
}

export type ServerSeen = {
  readonly name: string
  readonly release: number
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly mode: 'ready' | 'maintenance'
  readonly checked: boolean
  /** `up` takes requests if its weight lets it. */
  readonly up: boolean
  /** Requests and connections in flight. */
  readonly sessions: number
}

export type BackendSeen = Scope & { readonly servers: readonly ServerSeen[] }

/** What the running proxy does. `process` changes with every reload or restart. */
export type TrafficSeen = { readonly process: string; readonly backends: readonly BackendSeen[] }

/** Per release, since the proxy's start or reload. */
export type TrafficCounters = {
  readonly release: number
  readonly requests: number
  readonly failures: number
  readonly responses: Readonly<Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other', number>>
}

/** What the proxy has counted of one scope since its start or reload. */
export type BackendTally = Scope & {
  /** By release: what each side of a trial was given. A release without an entry was given nothing. */
  readonly arms: ReadonlyMap<number, ArmCounts>
  readonly servers: readonly ServerCounts[]
}

/** `process` as in TrafficSeen: counters of another process began anew. */
export type TrafficTally = { readonly process: string; readonly backends: readonly BackendTally[] }

/** What a proof request saw: the release that answered (`null`: none said so) and the status (`0`: no answer). */
export type ProofAnswer = { readonly release: number | null; readonly status: number }

export interface Traffic {
  /** What the running proxy does; with `maxAgeMs` perhaps what it did so long ago, if it was asked then. Error: PROXY_DOWN. */
  observe(maxAgeMs?: number): Promise<TrafficSeen>
  /**
   * Makes the configuration file and the running proxy what is committed at this moment, and verifies it. Safe to call at any time, from several
   * processes at once: under the proxy-wide lock it reads the committed state, so the last caller leaves the newest. Resolves when every new request
   * is answered as wanted. With the proxy down only the file is written and PROXY_DOWN thrown. Errors: PROXY_DOWN, PROXY_REFUSED, PORT_TAKEN, DISK_FULL.
   * With a scope, what the proxy would not take of *other* scopes (an address that somebody else has) is no error: theirs will say so.
   */
  ensure(scope?: Scope): Promise<void>
  /** Marks a server as healthy that was probed by other means, without waiting for the proxy's own checks. */
  markUp(scope: Scope, server: string): Promise<void>
  /** Resolves when the servers have no request in flight, or after `drainMs`, when what is left is cut. Returns how many were cut. */
  drain(scope: Scope, servers: readonly string[], drainMs: number, signal?: AbortSignal): Promise<number>
  /** Resolves when the files of every `ensure` so far have reached the disk; nobody who shifts traffic waits for that. Errors: DISK_FULL, STATE_PERMISSION. */
  synced(): Promise<void>
  counters(scope: Scope): Promise<readonly TrafficCounters[]>
  /** What trials of these scopes have come to, in one question. Error: PROXY_DOWN. */
  tally(scopes: readonly Scope[]): Promise<TrafficTally>
  /**
   * Sends `count` GETs to the health path through the listener; they are in no count of a trial. `release`: to that one on purpose, whatever its
   * share; else as any user's request goes, but never by a draw.
   */
  probe(scope: Scope, path: string, count: number, release?: number): Promise<readonly ProofAnswer[]>
  close(): void
}

export type ProxyFacts = {
  readonly running: boolean
  readonly version: string | null
  readonly kind: 'container' | 'host' | null
}

/** The proxy as a process: started by `astern up`, stopped by `astern down`. */
export interface ProxyProcess {
  facts(): Promise<ProxyFacts>
  /** It was started, and nobody has stopped it since: when it is gone all the same, it may be started again. */
  wanted(): boolean
  /** Starts it when it is not running; the configuration file must exist. Errors: PROXY_UNAVAILABLE, PROXY_TOO_OLD, PORT_TAKEN. */
  ensureRunning(onProgress?: (text: string) => void): Promise<ProxyFacts>
  ensureStopped(): Promise<void>
}

// What a hook does outside of containers: a program on this host, or a call to a web address.
import type { HeaderSource } from '../core/model.ts'
import type { Output } from './session.ts'

export type HostCommand = {
  readonly argv: readonly string[]
  readonly cwd: string
  /** Beside the environment of Astern itself; it wins. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly onOutput: (output: Output) => void
}

/** `exitCode` is `null` when a signal ended it. */
export type HostEnd = { readonly exitCode: number | null; readonly signal: string | null; readonly timedOut: boolean }

export type WebhookCall = {
  readonly url: string
  readonly headers: Readonly<Record<string, HeaderSource>>
  readonly body: object
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface Hooks {
  /**
   * Runs a program to its end, without a shell. At its timeout, and when the signal aborts, it is ended with its children; then the signal's reason
   * is thrown. Throws an error with the reason when it cannot be started.
   */
  runOnHost(command: HostCommand): Promise<HostEnd>
  /** Sends JSON by POST, and follows no redirection. Throws an error with the reason when there is no answer in time; it holds no value of a header. */
  post(call: WebhookCall): Promise<{ readonly status: number }>
}

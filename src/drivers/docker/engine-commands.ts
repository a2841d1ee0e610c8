// The calls of the Engine API for commands that somebody watches: attached containers, and programs in running ones.
import type { Duplex } from 'node:stream'
import type { TerminalSize } from '../../ports/session.ts'
import { type Call, type EngineApi, limits } from './engine-api.ts'

/** As long as a timer can be set: a command may run for days. */
const LONGEST_COMMAND_MS = 2_147_483_647

export type ExecSettings = { readonly argv: readonly string[]; readonly terminal: boolean; readonly stdin: boolean }

export type EngineCommands = ReturnType<typeof createEngineCommands>

export function createEngineCommands({ answer, open }: EngineApi) {
  const post = (path: string, more: Partial<Call> = {}): Call => ({
    method: 'POST',
    path,
    limitMs: limits.startMs,
    ...more,
  })
  // What answers an upgrade is the connection itself.
  const upgrade = async (call: Call) => (await open({ ...call, upgrade: true })) as unknown as Duplex
  const size = ({ columns, rows }: TerminalSize) => ({ w: columns, h: rows })
  return {
    /** Everything that it will write, and its standard input. To be called before it is started. */
    attach: (id: string, stdin: boolean, signal?: AbortSignal) =>
      upgrade(
        post(`/containers/${id}/attach`, {
          query: { stream: true, stdin, stdout: true, stderr: true },
          ...given(signal),
        }),
      ),
    resize: (id: string, terminal: TerminalSize) =>
      answer<unknown>(post(`/containers/${id}/resize`, { query: size(terminal), limitMs: limits.readMs })),
    /** Resolves when it does not run any more. */
    awaitStopped: (id: string, signal?: AbortSignal) =>
      answer<unknown>(
        post(`/containers/${id}/wait`, {
          query: { condition: 'not-running' },
          limitMs: LONGEST_COMMAND_MS,
          ...given(signal),
        }),
      ),

    createExec: (container: string, { argv, terminal, stdin }: ExecSettings, signal?: AbortSignal) =>
      answer<{ Id: string }>(
        post(`/containers/${container}/exec`, {
          body: { Cmd: argv, Tty: terminal, AttachStdin: stdin, AttachStdout: true, AttachStderr: true },
          ...given(signal),
        }),
      ),
    startExec: (id: string, terminal: boolean, signal?: AbortSignal) =>
      upgrade(post(`/exec/${id}/start`, { body: { Detach: false, Tty: terminal }, ...given(signal) })),
    resizeExec: (id: string, terminal: TerminalSize) =>
      answer<unknown>(post(`/exec/${id}/resize`, { query: size(terminal), limitMs: limits.readMs })),
    exec: (id: string) =>
      answer<{ readonly Running: boolean; readonly ExitCode: number | null }>({
        method: 'GET',
        path: `/exec/${id}/json`,
        limitMs: limits.readMs,
      }),
  }
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

// What nobody has to wait for is done by a process of its own: what follows a rollback, and retention.
import { spawn } from 'node:child_process'
import type { Context } from './context.ts'

/** Demoting what was taken out waits for its last requests; nobody has to watch that. What fails in it stays due, and every later command says so. */
export function leaveTheRest(context: Pick<Context, 'env' | 'stateFolder'>): void {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'tend'], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { ...context.env, ASTERN_STATE: context.stateFolder },
  })
  child.on('error', () => {})
  child.unref()
}

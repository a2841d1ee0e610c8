// HAProxy as a program of the host: for hosts without its image. Nobody starts it again after a restart of the host but `astern up`.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { configName, foldersOf, masterSocket } from './config-file.ts'
import { startPollMs, startTimeoutMs, stopTimeoutMs } from './limits.ts'
import type { ProxyHost } from './proxy-host.ts'
import { isTooOld, versionIn } from './start-failure.ts'

export type BinaryHostOptions = {
  readonly dir: string
  /** As in PATH. */
  readonly searchPath: string
  readonly clock: Clock
}

const run = promisify(execFile)
/** Where distributions put it, although a user's PATH often leaves them out. */
const usualFolders = ['/usr/local/sbin', '/usr/sbin']
const workerId = 99

export function createBinaryHost({ dir, searchPath, clock }: BinaryHostOptions): ProxyHost {
  const pidFile = join(foldersOf(dir).run, 'haproxy.pid')
  const configPath = join(foldersOf(dir).config, configName)
  let failure: string | null = null

  /** A process id alone may mean somebody else by now. */
  function isOurs(pid: number): boolean {
    const commandLine = `/proc/${pid}/cmdline`
    return existsSync(commandLine) && readFileSync(commandLine, 'utf8').split('\0').includes(configPath)
  }

  function master(): number | null {
    if (!existsSync(pidFile)) return null
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
    return Number.isInteger(pid) && pid > 0 && isOurs(pid) ? pid : null
  }

  async function ends(pid: number, withinMs: number): Promise<boolean> {
    const deadline = clock.monotonic() + withinMs
    while (isOurs(pid)) {
      if (clock.monotonic() > deadline) return false
      await clock.sleep(startPollMs)
    }
    return true
  }

  return {
    async obstacle() {
      const program = findProgram(searchPath)
      if (program === null) return 'there is no haproxy on this host'
      const version = versionIn((await run(program, ['-v'])).stdout) ?? 'unknown'
      if (isTooOld(version)) throw fail('PROXY_TOO_OLD', { version })
      return null
    },
    async start() {
      const program = findProgram(searchPath)
      if (program === null) throw fail('PROXY_UNAVAILABLE', { reason: 'there is no haproxy on this host' })
      if (master() !== null) return
      const isRoot = process.getuid?.() === 0
      const args = ['-W', '-D', '-p', pidFile, '-S', `${masterSocket(dir)},mode,660`, '-f', configPath]
      const env = {
        PATH: searchPath,
        ASTERN_RUN_DIR: foldersOf(dir).run,
        ...(isRoot ? { ASTERN_PROXY_UID: String(workerId) } : {}),
      }
      try {
        failure = null
        await run(program, args, { cwd: '/', env, timeout: startTimeoutMs })
      } catch (error) {
        failure = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
      }
    },
    lastWords: () => Promise.resolve(failure ?? (master() === null ? '' : null)),
    async stop(graceMs) {
      const pid = master()
      if (pid !== null) {
        // what is in flight may end; then whatever is left is cut
        process.kill(pid, 'SIGUSR1')
        if (!(await ends(pid, graceMs))) {
          process.kill(pid, 'SIGTERM')
          if (!(await ends(pid, stopTimeoutMs))) process.kill(pid, 'SIGKILL')
        }
      }
      rmSync(pidFile, { force: true })
    },
  }
}

function findProgram(searchPath: string): string | null {
  const folders = [...searchPath.split(':').filter((folder) => folder !== ''), ...usualFolders]
  return folders.map((folder) => join(folder, 'haproxy')).find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

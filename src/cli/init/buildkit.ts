// Whether `docker build` is BuildKit here, which alone knows cache mounts.
import { execFile } from 'node:child_process'

const LIMIT_MS = 5_000

/** With buildx every build is; without it, a client that is new has only the classic builder left. */
export function hasBuildkit(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { env: { ...env }, timeout: LIMIT_MS, killSignal: 'SIGKILL' as const }
    execFile('docker', ['buildx', 'version'], options, (error) =>
      resolve(error === null && env['DOCKER_BUILDKIT'] !== '0'),
    )
  })
}

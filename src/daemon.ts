// The composition root: the only place where drivers are constructed. Heavy ones are loaded when they are first asked for.
import { join } from 'node:path'
import { createHaproxyTraffic } from './drivers/haproxy/driver.ts'
import { hostClock, hostRandom } from './drivers/host/clock.ts'
import { createProcessTable } from './drivers/host/process-table.ts'
import { createProxyLock } from './drivers/host/proxy-lock.ts'
import { createRoles } from './drivers/host/roles.ts'
import type { App } from './operations/app.ts'
import type { Environment } from './state-folder.ts'
import { openStore } from './store/store.ts'

/** Opens the state in `folder` with the real world around it. Errors: those of opening the state. */
export function compose(folder: string, env: Environment): App {
  const clock = hostClock
  const store = openStore(folder, createProcessTable(process.pid), hostRandom)
  const proxyFolder = join(folder, 'proxy')
  const once = <T>(make: () => Promise<T>) => {
    let made: Promise<T> | null = null
    return () => (made ??= make())
  }
  const traffic = createHaproxyTraffic({
    dir: proxyFolder,
    wanted: () => store.replicas.wanted(),
    lock: createProxyLock(folder),
    clock,
  })
  const runtime = once(async () => {
    const { createDockerRuntime } = await import('./drivers/docker/runtime.ts')
    return createDockerRuntime({ installation: store.installation, subnets: store.subnet, env, clock })
  })
  const hooks = once(async () => {
    const { createHooks } = await import('./drivers/hooks/hooks.ts')
    return createHooks({ env, clock })
  })
  return {
    store,
    clock,
    random: hostRandom,
    traffic,
    runtime,
    roles: createRoles(folder),
    proxy: once(async () => {
      const [{ createProxyProcess }, { createEngineApi }, { resolveEndpoint }] = await Promise.all([
        import('./drivers/haproxy/process.ts'),
        import('./drivers/docker/engine-api.ts'),
        import('./drivers/docker/endpoint.ts'),
      ])
      const engine = createEngineApi(resolveEndpoint(env), clock)
      return createProxyProcess({ dir: proxyFolder, installation: store.installation, env, clock, engine })
    }),
    vcs: once(async () => {
      const { createGit } = await import('./drivers/git/git.ts')
      return createGit({ env })
    }),
    hooks,
    signals: once(async () => {
      const { createSignals } = await import('./drivers/signals/signals.ts')
      return createSignals({ clock, hooks: await hooks() })
    }),
    secrets: once(async () => {
      const { createSecrets } = await import('./drivers/secrets/secrets.ts')
      return createSecrets({ env, clock })
    }),
  }
}

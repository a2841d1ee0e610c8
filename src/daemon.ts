// The composition root: the only place where drivers are constructed. Heavy ones are loaded when they are first asked for.
import { join } from 'node:path'
import { composeVcs } from './compose-vcs.ts'
import { createHaproxyTraffic } from './drivers/haproxy/driver.ts'
import { hostClock, hostRandom } from './drivers/host/clock.ts'
import { createProcessTable } from './drivers/host/process-table.ts'
import { hostDisk } from './drivers/host/disk.ts'
import { createLock, createProxyLock } from './drivers/host/proxy-lock.ts'
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
    builder: once(async () => {
      const { createDockerCli } = await import('./drivers/docker-cli/builder.ts')
      return createDockerCli({ env, clock })
    }),
    registry: once(async () => {
      const [{ createRegistry }, { findLogin }, { isInsecure }, { createEngineApi }, { resolveEndpoint }] =
        await Promise.all([
          import('./drivers/registry/registry.ts'),
          import('./drivers/docker/credentials.ts'),
          import('./drivers/docker/insecure-registry.ts'),
          import('./drivers/docker/engine-api.ts'),
          import('./drivers/docker/endpoint.ts'),
        ])
      const endpoint = resolveEndpoint(env)
      const engine = createEngineApi(endpoint, clock)
      return createRegistry({
        clock,
        login: (registry, signal) => findLogin(registry, endpoint, clock, signal),
        insecure: (registry) => isInsecure(engine, registry),
        certificates: { folder: '/etc/docker/certs.d', bundle: env['SSL_CERT_FILE'] },
      })
    }),
    engines: once(async () => {
      const { createEngines } = await import('./drivers/docker/engines.ts')
      return createEngines({ env, clock })
    }),
    vcs: once(() => composeVcs(env)),
    codeHosts: once(async () => {
      const { createCodeHosts } = await import('./drivers/code-host/code-hosts.ts')
      return createCodeHosts({ env })
    }),
    hooks,
    compose: once(async () => {
      const { createCompose } = await import('./drivers/compose/compose.ts')
      return createCompose(hooks)
    }),
    signals: once(async () => {
      const { createSignals } = await import('./drivers/signals/signals.ts')
      return createSignals({ clock, hooks: await hooks() })
    }),
    schemas: once(async () => {
      const { createSchemas } = await import('./drivers/schemas/schemas.ts')
      return createSchemas({ clock })
    }),
    disk: hostDisk,
    images: once(async () => {
      const { createDockerImages } = await import('./drivers/docker/image-store.ts')
      return createDockerImages({ installation: store.installation, env, clock })
    }),
    archive: once(async () => {
      const { createArchive } = await import('./drivers/archive/archive.ts')
      return createArchive({ folder: join(folder, 'images'), lock: createLock(join(folder, 'images.lock'), 0) })
    }),
    secrets: once(async () => {
      const { createSecrets } = await import('./drivers/secrets/secrets.ts')
      return createSecrets({ env, clock })
    }),
  }
}

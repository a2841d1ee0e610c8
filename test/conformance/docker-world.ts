// The world of the runtime suite on the Docker engine of this host. Reaches into the engine with Docker's own command.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { createDockerRuntime } from '../../src/drivers/docker/runtime.ts'
import type { ReplicaSpec, Runtime } from '../../src/ports/runtime.ts'
import { buildProbeImage, type ProbeImage } from '../fixtures/probe-app.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { type Registry, startRegistry } from '../fixtures/registry.ts'
import type { RuntimeWorld } from './runtime-world.ts'

const run = promisify(execFile)
const STRANGER = 'astern-test.stranger'

type Pushed = RuntimeWorld['remote']

export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim()
}

/** Asks a replica's program, on its own address. */
export async function ask(spec: ReplicaSpec, path: string): Promise<Response> {
  return fetch(`http://${spec.address}:${spec.config.port}${path}`)
}

/** Pushes the image and forgets that it was ever there under that name. */
async function push(image: ProbeImage, repository: string): Promise<Pushed> {
  const reference = `${repository}:pushed`
  await docker('tag', image.reference, reference)
  const said = await docker('push', reference)
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1]
  if (digest === undefined) throw new Error(said)
  await docker('rmi', reference)
  return { repository, digest, configDigest: image.configDigest }
}

/** For all tests of a file: the probe's image, and how to open a world in which it was pushed. */
export function pushedProbe(): { readonly image: () => ProbeImage; readonly open: () => Promise<RuntimeWorld> } {
  let registry: Registry
  let image: ProbeImage
  let pushed: Pushed
  beforeAll(async () => {
    image = await buildProbeImage()
    registry = await startRegistry()
    pushed = await push(image, `${registry.host}/probe`)
  })
  afterAll(async () => {
    await registry.close()
  })
  return { image: () => image, open: () => openDocker(image, pushed) }
}

function refuseAnswer(answer: Response): never {
  throw new Error(`it was to end, and answered ${answer.status}`)
}

function openRuntime(installation: string): { open: () => Runtime; subnet: () => string | null } {
  let kept: string | null = null
  const subnets = { subnet: () => kept, choose: (subnet: string) => void (kept = subnet) }
  const open = () => createDockerRuntime({ installation, subnets, env: process.env, clock: realClock })
  return { open, subnet: () => kept }
}

/** Two installations with random names; `pushed` is forgotten again when the world closes. */
export async function openDocker(image: ProbeImage, pushed: Pushed): Promise<RuntimeWorld> {
  const stamp = randomBytes(4).toString('hex')
  const installations = { ours: `t${stamp}`, other: `u${stamp}` }
  const [ours, theirs] = [openRuntime(installations.ours), openRuntime(installations.other)]
  const [runtime, other] = [ours.open(), theirs.open()]
  const containerOf = (spec: ReplicaSpec) =>
    `astern-${installations.ours}-${spec.service}-${spec.environment}-${spec.name}`
  const stranger = async (...args: string[]) => {
    const name = `stranger-${stamp}`
    await docker('run', '-d', '--name', name, '--label', `${STRANGER}=${stamp}`, ...args, image.reference)
    return name
  }
  const listed = async () =>
    (await docker('ps', '--filter', `label=${STRANGER}=${stamp}`, '--format', '{{.Names}}')).split('\n')
  return {
    runtime,
    other,
    reopen: ours.open,
    installations,
    image,
    remote: pushed,
    subnet: (owner) => (owner === other ? theirs : ours).subnet(),
    envOf: async (spec) => ((await (await ask(spec, '/env')).json()) as { env: Record<string, string> }).env,
    crash: async (spec, code) => {
      // It ends before it answers.
      await ask(spec, `/exit?code=${code}`).then(refuseAnswer, () => undefined)
    },
    say: async (spec, line) => void (await ask(spec, `/log?line=${encodeURIComponent(line)}`)),
    stopByHand: async (spec) => void (await docker('stop', containerOf(spec))),
    removeByHand: async (spec) => void (await docker('rm', '-f', containerOf(spec))),
    removeNetworkByHand: async () => {
      const network = `astern-${installations.ours}`
      const names = await docker('network', 'inspect', network, '--format', '{{range .Containers}}{{.Name}} {{end}}')
      for (const name of names.split(' ').filter(Boolean)) await docker('network', 'disconnect', '-f', network, name)
      await docker('network', 'rm', network)
    },
    occupyAddress: (address) => stranger('--network', `astern-${installations.ours}`, '--ip', address),
    occupyPort: (port) => stranger('--publish', `127.0.0.1:${port}:8080`),
    makeNetwork: async () => {
      await docker('network', 'create', `stranger-${stamp}-net`)
      return `stranger-${stamp}-net`
    },
    removeNetwork: async (name) => void (await docker('network', 'rm', name)),
    startStranger: (variable, port) =>
      stranger('--env', variable, '--publish', `127.0.0.1:${port}:8080`, '--restart', 'always', '--memory', '64m'),
    startDependency: async (project, service) => {
      const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
      await stranger(...labels.flatMap((label) => ['--label', label]))
    },
    strangers: listed,
    close: async () => {
      for (const name of (await listed()).filter(Boolean)) await docker('rm', '-f', name)
      await Promise.all([runtime.removeAll(), other.removeAll()])
      const made = await docker('network', 'ls', '--quiet', '--filter', `name=stranger-${stamp}-net`)
      if (made !== '') await docker('network', 'rm', made)
      runtime.close()
      other.close()
      await forget(pushed)
    },
  }
}

/** The next test is to pull again. */
async function forget({ repository, digest }: Pushed): Promise<void> {
  for (const reference of [`${repository}:pushed`, `${repository}@${digest}`]) {
    const known = await docker('image', 'ls', '--quiet', '--filter', `reference=${reference}`)
    if (known !== '') await docker('rmi', reference)
  }
}

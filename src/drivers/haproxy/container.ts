// HAProxy in a container on the host's network. It starts as root with the few rights it needs, whatever user its image names, and its
// workers drop them.
import { statSync } from 'node:fs'
import { isAsternError, reasonOf } from '../../core/errors.ts'
import { configName, foldersOf } from './config-file.ts'
import { quotedLogLines } from './limits.ts'
import type { ProxyHost } from './proxy-host.ts'

/** What the engine must be able to do. The client of the runtime driver does all of it. */
export interface ContainerEngine {
  container(name: string): Promise<{
    readonly Id: string
    readonly RestartCount: number
    readonly State: { readonly Status: string }
  } | null>
  create(name: string, body: object): Promise<{ readonly Id: string }>
  start(id: string): Promise<void>
  stop(id: string, timeoutSeconds: number): Promise<void>
  remove(id: string): Promise<void>
  /** Frames of both outputs. */
  logs(id: string, query: { readonly tail: number; readonly timestamps: boolean }): Promise<AsyncIterable<Uint8Array>>
  image(reference: string): Promise<object | null>
  /** Lines of JSON. */
  pull(repository: string, tag: string, login: null): Promise<AsyncIterable<Uint8Array>>
}

export type ContainerHostOptions = {
  readonly dir: string
  readonly installation: string
  readonly image: string
  readonly engine: ContainerEngine
}

const inside = { config: '/usr/local/etc/astern', run: '/run/astern' } as const
/** Of the user that workers run as, by number: not every image has a user of that name. */
const workerId = 99
/**
 * Ports below 1024; becoming another user; and a signal to the worker, which then belongs to that other user: without the last one a reload
 * leaves the former worker serving for ever.
 */
const capabilities = ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'KILL']

export function createContainerHost({ dir, installation, image, engine }: ContainerHostOptions): ProxyHost {
  const name = `astern-${installation}-proxy`

  return {
    async obstacle(onProgress) {
      if ((await engine.image(image)) !== null) return null
      onProgress(`pulling ${image}`)
      try {
        await pullImage(engine, image)
        return null
      } catch (error) {
        // an engine that is not there is not a matter of the image
        if (isAsternError(error)) throw error
        return `the image ${image} is not on this host and cannot be pulled: ${reasonOf(error)}`
      }
    },
    async start() {
      const found = await engine.container(name)
      if (found?.State.Status === 'running') return
      if (found !== null) await engine.remove(found.Id)
      const { Id } = await engine.create(name, settings({ dir, installation, image }))
      await engine.start(Id)
    },
    async lastWords() {
      const found = await engine.container(name)
      if (found === null) return ''
      const { Status } = found.State
      if ((Status === 'running' && found.RestartCount === 0) || Status === 'created') return null
      return readFrames(await engine.logs(found.Id, { tail: quotedLogLines * 3, timestamps: false }))
    },
    async stop(graceMs) {
      const found = await engine.container(name)
      if (found === null) return
      await engine.stop(found.Id, Math.ceil(graceMs / 1_000))
      await engine.remove(found.Id)
    },
  }
}

function settings({ dir, installation, image }: Omit<ContainerHostOptions, 'engine'>): object {
  const folders = foldersOf(dir)
  return {
    Image: image,
    Entrypoint: ['haproxy'],
    Cmd: ['-W', '-db', '-S', `${inside.run}/master.sock,mode,660`, '-f', `${inside.config}/${configName}`],
    // root without the right to override permissions reads what its group may read
    User: `0:${statSync(dir).gid}`,
    Env: [`ASTERN_RUN_DIR=${inside.run}`, `ASTERN_PROXY_UID=${workerId}`],
    Labels: { 'astern.installation': installation, 'astern.role': 'proxy' },
    StopSignal: 'SIGUSR1',
    HostConfig: {
      NetworkMode: 'host',
      RestartPolicy: { Name: 'unless-stopped' },
      CapDrop: ['ALL'],
      CapAdd: capabilities,
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // folders, because files and sockets are replaced in them
      Mounts: [mount(folders.config, inside.config, true), mount(folders.run, inside.run, false)],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  }
}

function mount(source: string, target: string, readOnly: boolean): object {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly }
}

async function pullImage(engine: ContainerEngine, image: string): Promise<void> {
  const at = image.includes('@') ? image.indexOf('@') : tagStart(image)
  const [repository, tag] = at < 0 ? [image, 'latest'] : [image.slice(0, at), image.slice(at + 1)]
  let text = ''
  for await (const chunk of await engine.pull(repository, tag, null)) text += Buffer.from(chunk).toString()
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const { error } = JSON.parse(line) as { error?: string }
    if (error !== undefined) throw new Error(error)
  }
}

/** The colon of a tag stands after the last slash; one before it belongs to a port. */
function tagStart(image: string): number {
  const colon = image.lastIndexOf(':')
  return colon > image.lastIndexOf('/') ? colon : -1
}

/** Each frame has a head of eight bytes, the last four of them its length. */
async function readFrames(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  let text = ''
  for (let at = 0; at + 8 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at + 4)
    text += bytes.toString('utf8', at + 8, end)
    at = end
  }
  return text
}

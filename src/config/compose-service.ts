// What a service of a compose file means for Astern. What has no meaning here is noted with the reason, so that nothing is
// dropped silently.
import { isAbsolute, resolve } from 'node:path'
import type { Mount } from '../core/model.ts'
import { parseDuration } from '../core/duration.ts'
import { MAX_REPLICAS } from '../core/processes.ts'
import { parseSize } from '../core/size.ts'
import type { ComposeService } from './compose-file.ts'
import { COMPOSE_NOT_TAKEN, COMPOSE_TAKEN, COMPOSE_UNKNOWN, DEPLOY_NOT_TAKEN } from './compose-keys.ts'
import { parseImageReference } from './image-reference.ts'
import { parsePort } from './listen.ts'
import type { Path, Place, Problems } from './problems.ts'
import { parsePublishedPort } from './published-port.ts'
import type { PortEntry } from './published-port.ts'
import { splitWords } from './shell-words.ts'
import { isRecord, shown } from './validate.ts'
import { parseVolume, volumeEntry } from './volume.ts'
import type { VolumeEntry } from './volume.ts'

/** Options of a volume that concern SELinux or other systems. */
const IGNORED_VOLUME_OPTIONS = ['z', 'Z', 'cached', 'delegated', 'consistent', 'nocopy']

/** A part of a service, and where it was written. */
export type Placed<T> = { readonly value: T; readonly place: Place }

export function placeOf(service: ComposeService, ...path: Path): Place {
  return { document: service.document, path: [...service.path, ...path] }
}

export function noteIgnored(service: ComposeService, problems: Problems): void {
  const taken = Object.keys(service.fields).filter((key) => Object.hasOwn(COMPOSE_TAKEN, key))
  problems.took(`${service.document.file}#${service.path.at(-1)}`, taken)
  for (const key of Object.keys(service.fields)) {
    if (Object.hasOwn(COMPOSE_TAKEN, key) || key === 'extends' || key.startsWith('x-')) continue
    const reason = Object.hasOwn(COMPOSE_NOT_TAKEN, key) ? COMPOSE_NOT_TAKEN[key] : COMPOSE_UNKNOWN
    problems.note(placeOf(service, key), `not taken: ${reason}`)
  }
  for (const key of Object.keys(service.fields.deploy ?? {})) {
    if (key === 'replicas' || key === 'resources' || key === 'update_config') continue
    const reason = Object.hasOwn(DEPLOY_NOT_TAKEN, key) ? DEPLOY_NOT_TAKEN[key] : COMPOSE_UNKNOWN
    problems.note(placeOf(service, 'deploy', key), `not taken: ${reason}`)
  }
  for (const key of Object.keys(service.fields.deploy?.resources ?? {})) {
    if (key !== 'limits') problems.note(placeOf(service, 'deploy', 'resources', key), 'not taken; only limits are')
  }
}

/**
 * `latest` is no tag that could be deployed again, and a digest is for a release to add. `problems` is `null` when astern.yaml
 * names the image and only the tag is of interest.
 */
export function composeImage(
  service: ComposeService,
  problems: Problems | null,
): { readonly repository: string; readonly tag: string | null } | null {
  const { image } = service.fields
  if (image === undefined) return null
  const place = placeOf(service, 'image')
  const parsed = parseImageReference(image)
  if ('problem' in parsed) {
    problems?.at(place, `${parsed.problem}, got ${shown(image)}`)
    return null
  }
  const { repository, tag, digest } = parsed.value
  if (digest !== null) problems?.note(place, 'the digest is not taken; a release adds the one that its tag has')
  if (tag === 'latest') {
    problems?.note(place, 'the tag latest is not taken: it names another image tomorrow; name one at each deploy')
    return { repository, tag: null }
  }
  return { repository, tag }
}

export function composeCommand(service: ComposeService, problems: Problems): readonly string[] | null {
  const { command } = service.fields
  if (command === undefined || command === null) return null
  if (typeof command !== 'string') {
    const words = command.map(String)
    return words.length === 0 ? null : words
  }
  const parsed = splitWords(command)
  if ('problem' in parsed) {
    problems.at(placeOf(service, 'command'), parsed.problem)
    return null
  }
  return parsed.value.length === 0 ? null : parsed.value
}

export type ComposePorts = {
  readonly fixed: readonly Placed<PortEntry>[]
  /** Ports in the container that the file names, each once. */
  readonly inContainer: readonly number[]
}

/** `problems` is `null` when astern.yaml has ports of its own and these only help to find `port`. */
export function composePorts(service: ComposeService, problems: Problems | null): ComposePorts {
  const fixed: Placed<PortEntry>[] = []
  const inContainer = new Set<number>()
  for (const [index, port] of (service.fields.expose ?? []).entries()) {
    const number = parsePort(String(port).replace(/\/tcp$/, ''))
    if (number === null) problems?.note(placeOf(service, 'expose', index), 'not taken; one TCP port is')
    else inContainer.add(number)
  }
  for (const [index, port] of (service.fields.ports ?? []).entries()) {
    const place = placeOf(service, 'ports', index)
    const parsed = parsePublishedPort(typeof port === 'object' ? shortPortText(port) : String(port))
    if ('problem' in parsed) {
      problems?.at(place, `${parsed.problem}, got ${shown(port)}`)
      continue
    }
    for (const entry of parsed.value) {
      if (entry.protocol === 'tcp') inContainer.add(entry.containerPort)
      if (entry.hostPort === null) problems?.note(place, 'not published; a port on the host is not fixed here')
      else fixed.push({ value: entry, place })
    }
  }
  return { fixed, inContainer: [...inContainer] }
}

/** The long form, written short. */
function shortPortText(port: Readonly<Record<string, unknown>>): string {
  const { target, published, host_ip: hostIp, protocol = 'tcp' } = port
  const address = textOf(hostIp).includes(':') ? `[${textOf(hostIp)}]:` : `${textOf(hostIp)}:`
  const host = published === undefined ? '' : `${hostIp === undefined ? '' : address}${textOf(published)}:`
  return `${host}${textOf(target)}/${textOf(protocol)}`
}

/** What is neither text nor number comes out as something that no port is. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '?'
}

export function composeMounts(service: ComposeService, problems: Problems): readonly Placed<Mount>[] {
  const mounts: Placed<Mount>[] = []
  for (const [index, volume] of (service.fields.volumes ?? []).entries()) {
    const place = placeOf(service, 'volumes', index)
    const reason = typeof volume === 'string' ? whyIgnored(volume) : whyIgnored(volume['type'], volume['source'])
    if (reason !== null) {
      problems.note(place, reason)
      continue
    }
    const parsed =
      typeof volume === 'string'
        ? parseVolume(volume, IGNORED_VOLUME_OPTIONS)
        : volumeEntry({
            kind: volume['type'] === 'bind' ? 'bind' : 'volume',
            source: typeof volume['source'] === 'string' ? volume['source'] : '',
            target: volume.target,
            readOnly: volume['read_only'] === true,
            shared: false,
          })
    if ('problem' in parsed) {
      problems.at(place, parsed.problem)
      continue
    }
    const source = hostSource(service, parsed.value, place, problems)
    if (source !== null) mounts.push({ value: { ...parsed.value, source }, place })
  }
  return mounts
}

function whyIgnored(volumeOrType: unknown, source?: unknown): string | null {
  const anonymous = 'an anonymous volume is not taken; its data would go with the container'
  if (source === undefined && typeof volumeOrType === 'string' && isAbsolute(volumeOrType)) {
    return volumeOrType.includes(':') ? null : anonymous
  }
  if (volumeOrType === 'tmpfs') return 'a tmpfs is not taken'
  if (volumeOrType === 'volume' && source === undefined) return anonymous
  const known = source === undefined || volumeOrType === 'volume' || volumeOrType === 'bind'
  return known ? null : `the type ${String(volumeOrType)} is not taken`
}

/** Compose prefixes the names of volumes: the data must be found again under the name that compose gave it. */
function hostSource(service: ComposeService, entry: VolumeEntry, place: Place, problems: Problems): string | null {
  if (entry.kind === 'bind') return resolve(service.folder, entry.source)
  if (!service.volumes.has(entry.source)) {
    problems.at(place, `the volume "${entry.source}" is not declared under volumes`)
    return null
  }
  const declared = service.volumes.get(entry.source)
  const fields = isRecord(declared) ? declared : {}
  if (fields['driver'] !== undefined || fields['driver_opts'] !== undefined) {
    const declaration = { document: service.document, path: ['volumes', entry.source] }
    problems.note(
      declaration,
      'its driver is not taken; let docker compose or docker volume create make the volume first',
    )
  }
  if (typeof fields['name'] === 'string') return fields['name']
  if (fields['external'] === true) return entry.source
  if (service.project === '') {
    problems.at(place, 'compose can give the project no name after its folder; set name: at the top of the file')
    return null
  }
  return `${service.project}_${entry.source}`
}

export type ComposeLimits = { readonly memoryBytes: number | null; readonly cpus: number | null }

export function composeLimits(service: ComposeService, problems: Problems): ComposeLimits {
  const { deploy, mem_limit: memLimit, cpus: cpuLimit } = service.fields
  const limits = deploy?.resources?.limits
  const memory = limits?.memory ?? memLimit
  const memoryPath = limits?.memory === undefined ? ['mem_limit'] : ['deploy', 'resources', 'limits', 'memory']
  const cpus = limits?.cpus ?? cpuLimit
  const cpusPath = limits?.cpus === undefined ? ['cpus'] : ['deploy', 'resources', 'limits', 'cpus']
  const memoryBytes = memory === undefined ? null : bytesOf(memory)
  if (memory !== undefined && memoryBytes === null) {
    problems.at(placeOf(service, ...memoryPath), `expected a size as in 128m, got ${shown(memory)}`)
  }
  const cores = cpus === undefined ? null : Number(cpus)
  if (cores !== null && !(cores >= 0 && Number.isFinite(cores))) {
    problems.at(placeOf(service, ...cpusPath), `expected a number of cores as in 0.5, got ${shown(cpus)}`)
  }
  // Zero means no limit there.
  return { memoryBytes: memoryBytes === 0 ? null : memoryBytes, cpus: cores === 0 ? null : cores }
}

function bytesOf(size: string | number): number | null {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : null
  return parseSize(/^\d+$/.test(size) ? `${size}b` : size)
}

export function composeReplicas(service: ComposeService, problems: Problems): { count: number; place: Place } | null {
  const { deploy, scale } = service.fields
  const replicas = deploy?.replicas ?? scale
  if (replicas === undefined) return null
  const place = deploy?.replicas === undefined ? placeOf(service, 'scale') : placeOf(service, 'deploy', 'replicas')
  const count = Number(replicas)
  if (Number.isInteger(count) && count >= 1 && count <= MAX_REPLICAS) return { count, place }
  problems.at(place, `expected an integer from 1 to ${MAX_REPLICAS}, got ${shown(replicas)}`)
  return null
}

export function composeStop(
  service: ComposeService,
  problems: Problems,
): { readonly signal: string | null; readonly timeoutMs: number | null } {
  const { stop_signal: stopSignal, stop_grace_period: grace } = service.fields
  const timeoutMs = grace === undefined ? null : parseDuration(grace)
  if (grace !== undefined && timeoutMs === null) {
    problems.at(placeOf(service, 'stop_grace_period'), `expected a length of time as in 10s, got ${shown(grace)}`)
  }
  if (stopSignal === undefined) return { signal: null, timeoutMs }
  const signal = stopSignal.toUpperCase().startsWith('SIG')
    ? stopSignal.toUpperCase()
    : `SIG${stopSignal.toUpperCase()}`
  if (!/^SIG[A-Z]+\d?(?:[+-]\d{1,2})?$/.test(signal)) {
    problems.at(
      placeOf(service, 'stop_signal'),
      `expected the name of a signal as in SIGTERM, got ${shown(stopSignal)}`,
    )
  }
  return { signal, timeoutMs }
}

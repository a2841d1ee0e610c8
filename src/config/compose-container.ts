// What a compose service says of its container beside image, command, ports and volumes; and whom it depends on.
import { resolve } from 'node:path'
import type { ContainerOptions, Dependency, SecretReference } from '../core/model.ts'
import { parseSize } from '../core/size.ts'
import type { ComposeFields, ComposeService } from './compose-file.ts'
import { placeOf } from './compose-service.ts'
import { NETWORK_PATTERN } from './schema-networks.ts'
import { SECRET_FILE_PATTERN } from './schema-secrets.ts'
import type { Problems } from './problems.ts'
import { splitWords } from './shell-words.ts'
import { isRecord, shown } from './validate.ts'

/** `problems` of parts that astern.yaml says itself are not reported: `own`. */
export function composeContainer(
  service: ComposeService,
  own: { readonly networks: boolean; readonly extraHosts: boolean },
  problems: Problems,
): ContainerOptions {
  const { fields } = service
  const user = fields.user === undefined ? undefined : String(fields.user)
  return without({
    entrypoint: entrypointOf(service, problems),
    user: user === '' ? undefined : user,
    workingDir: fields.working_dir,
    init: isTrue(fields.init),
    readOnly: isTrue(fields.read_only),
    tmpfs: listOf(typeof fields.tmpfs === 'string' ? [fields.tmpfs] : fields.tmpfs),
    shmBytes: shmOf(service, problems),
    capAdd: listOf(fields.cap_add),
    capDrop: listOf(fields.cap_drop),
    securityOpt: listOf(fields.security_opt),
    ulimits: ulimitsOf(service, problems),
    extraHosts: own.extraHosts ? undefined : extraHostsOf(service, problems),
    networks: own.networks ? undefined : networksOf(service, fields.networks, problems),
    dependencyNetworks: own.networks || fields.networks ? undefined : dependencyNetworksOf(service, problems),
    stopFirst: stopFirstOf(service, problems),
  })
}

/** Keys that nobody said anything of are left out: they are part of a release's identity. */
export function without(options: { readonly [K in keyof ContainerOptions]: ContainerOptions[K] | undefined }) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ContainerOptions
}

/** Compose leaves what is false as it would be anyway. */
function isTrue(value: unknown): true | undefined {
  return value === true || value === 'true' ? true : undefined
}

function listOf(values: readonly string[] | null | undefined): readonly string[] | undefined {
  return values === undefined || values === null || values.length === 0 ? undefined : values
}

function entrypointOf(service: ComposeService, problems: Problems): readonly string[] | undefined {
  const { entrypoint } = service.fields
  if (entrypoint === undefined || entrypoint === null) return undefined
  const place = placeOf(service, 'entrypoint')
  const parsed = typeof entrypoint === 'string' ? splitWords(entrypoint) : { value: entrypoint.map(String) }
  if ('problem' in parsed) {
    problems.at(place, parsed.problem)
    return undefined
  }
  if (parsed.value.length > 0) return parsed.value
  problems.note(place, 'not taken: an entrypoint is replaced, never taken away')
  return undefined
}

function shmOf(service: ComposeService, problems: Problems): number | undefined {
  const size = service.fields.shm_size
  if (size === undefined) return undefined
  const bytes = typeof size === 'number' ? size : parseSize(/^\d+$/.test(size) ? `${size}b` : size)
  if (bytes === null) problems.at(placeOf(service, 'shm_size'), `expected a size as in 64m, got ${shown(size)}`)
  return bytes ?? undefined
}

function ulimitsOf(service: ComposeService, problems: Problems): ContainerOptions['ulimits'] | undefined {
  const entries = Object.entries(service.fields.ulimits ?? {}).flatMap(([name, limit]) => {
    const [soft, hard] = isRecord(limit)
      ? [Number(limit['soft']), Number(limit['hard'])]
      : [Number(limit), Number(limit)]
    if (Number.isInteger(soft) && Number.isInteger(hard)) return [{ name, soft, hard }]
    problems.at(placeOf(service, 'ulimits', name), `expected a whole number, or soft and hard, got ${shown(limit)}`)
    return []
  })
  return entries.length === 0 ? undefined : entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** As the engine wants them: `name:address`. Compose writes `name=address` too, and lists of addresses. */
function extraHostsOf(service: ComposeService, problems: Problems): readonly string[] | undefined {
  const { extra_hosts: hosts } = service.fields
  const pairs = Array.isArray(hosts)
    ? hosts.map((text, index) => {
        const at = text.search(/[=:]/)
        return { name: text.slice(0, Math.max(at, 0)), address: text.slice(at + 1), key: index }
      })
    : Object.entries(hosts ?? {}).flatMap(([name, addresses]) =>
        [addresses].flat().map((address) => ({ name, address, key: name as string | number })),
      )
  const lines = pairs.flatMap(({ name, address, key }) => {
    const bare = address.replace(/^\[(.*)\]$/, '$1')
    if (name !== '' && bare !== '') return [`${name}:${bare}`]
    problems.at(placeOf(service, 'extra_hosts', key), 'expected a name with its address, as in db:10.0.0.5')
    return []
  })
  return listOf(lines)
}

/**
 * A service that names none is on the default network of its project; that one is joined only for those it depends on, and only if it is there, so
 * that a file alone asks nothing of compose.
 */
function dependencyNetworksOf(service: ComposeService, problems: Problems): readonly string[] | undefined {
  return dependencyNames(service).length === 0 ? undefined : networksOf(service, ['default'], problems)
}

/** Under the names that compose gives them. */
function networksOf(
  service: ComposeService,
  networks: ComposeFields['networks'],
  problems: Problems,
): readonly string[] | undefined {
  if (service.fields.network_mode !== undefined) return undefined
  const wanted = networks ?? []
  const keys = Array.isArray(wanted) ? wanted : Object.keys(wanted)
  const names = keys.flatMap((key, index) => {
    const place =
      service.fields.networks === undefined || service.fields.networks === null
        ? placeOf(service, 'depends_on')
        : placeOf(service, 'networks', Array.isArray(networks) ? index : key)
    const settings = isRecord(wanted) ? wanted[key] : null
    if (isRecord(settings) && Object.keys(settings).length > 0)
      problems.note(
        place,
        `not taken: ${Object.keys(settings).join(', ')}; a name or address would belong to old and new release at once`,
      )
    return networkName(service, key, place, problems) ?? []
  })
  return names.length === 0 ? undefined : [...new Set(names)].sort()
}

function networkName(
  service: ComposeService,
  key: string,
  place: ReturnType<typeof placeOf>,
  problems: Problems,
): string | null {
  const declared = service.networks.get(key)
  const fields = isRecord(declared) ? declared : {}
  const { external, name } = fields
  if (key !== 'default' && !service.networks.has(key)) {
    problems.at(place, `the network "${key}" is not declared under networks`)
    return null
  }
  const said = isRecord(external) ? external['name'] : name
  if (typeof said === 'string') return checked(said, place, problems)
  if (external === true || isRecord(external)) return key
  if (service.project !== '') return `${service.project}_${key}`
  problems.at(place, 'compose can give the project no name after its folder; set name: at the top of the file')
  return null
}

function checked(name: string, place: ReturnType<typeof placeOf>, problems: Problems): string | null {
  if (NETWORK_PATTERN.test(name)) return name
  problems.at(place, `expected the name of a network, got ${shown(name)}`)
  return null
}

function dependencyNames({ fields }: ComposeService): string[] {
  const { depends_on: dependsOn, links } = fields
  const named = Array.isArray(dependsOn) ? dependsOn : Object.keys(dependsOn ?? {})
  return [...new Set([...named, ...(links ?? []).map((link) => link.split(':')[0] ?? '')])]
}

/** Those that compose runs; one-off services (`service_completed_successfully`) need not run any more. */
export function composeDependencies(service: ComposeService): readonly Dependency[] {
  const { depends_on: dependsOn } = service.fields
  const endsBefore = (name: string) =>
    isRecord(dependsOn) &&
    isRecord(dependsOn[name]) &&
    dependsOn[name]['condition'] === 'service_completed_successfully'
  return dependencyNames(service)
    .filter((name) => !endsBefore(name))
    .map((name) => ({ project: service.project, service: name }))
}

const ONE_AT_A_TIME = 'all replicas start beside the old ones, and traffic moves at once'
const UPDATE_NOT_TAKEN: Readonly<Record<string, string>> = {
  parallelism: ONE_AT_A_TIME,
  delay: ONE_AT_A_TIME,
  monitor: 'health decides before traffic moves',
  max_failure_ratio: 'one replica that does not get healthy is enough for a way back',
}

/** A failed deploy goes back whatever the file says; only the order is a choice. */
function stopFirstOf(service: ComposeService, problems: Problems): true | undefined {
  const update = service.fields.deploy?.['update_config']
  if (!isRecord(update)) return undefined
  const note = (key: string, reason: string) => problems.note(placeOf(service, 'deploy', 'update_config', key), reason)
  for (const key of Object.keys(update))
    if (Object.hasOwn(UPDATE_NOT_TAKEN, key)) note(key, `not taken: ${UPDATE_NOT_TAKEN[key]}`)
  const action = update['failure_action']
  if (action === 'rollback') note('failure_action', 'taken: when a deploy fails, what served before serves')
  else if (action !== undefined)
    note(
      'failure_action',
      'not taken: a deploy that fails always goes back, so that users are never left with half of it',
    )
  if (update['order'] === 'start-first')
    note('order', 'taken, unless a writable volume or a fixed host port forbids that two releases run at once')
  if (update['order'] !== 'stop-first') return undefined
  note(
    'order',
    'taken: the old release stops before the new one starts, and nobody answers in between; without it Astern starts first',
  )
  return true
}

/** As files, which is what compose makes of them. */
export function composeSecrets(service: ComposeService, problems: Problems): readonly SecretReference[] {
  return (service.fields.secrets ?? []).flatMap((given, index): SecretReference[] => {
    const place = placeOf(service, 'secrets', index)
    const { source: key, target = key } = typeof given === 'string' ? { source: given, target: given } : given
    const name = target.replace(/^\/run\/secrets\//, '')
    const declared = service.secrets.get(key)
    if (!SECRET_FILE_PATTERN.test(name)) {
      problems.note(place, `not taken: secrets lie in /run/secrets, and ${shown(target)} does not`)
      return []
    }
    if (!isRecord(declared)) {
      problems.at(place, `the secret "${key}" is not declared under secrets`)
      return []
    }
    const common = { name, as: 'file', onRollback: 'restore', at: problems.positionOf(place) } as const
    if (typeof given !== 'string' && ['uid', 'gid', 'mode'].some((access) => access in given))
      problems.note(place, 'uid, gid and mode are not taken: the file is for the user of the container alone')
    if (typeof declared['file'] === 'string')
      return [{ ...common, source: { kind: 'file', path: resolve(service.folder, declared['file']) } }]
    if (typeof declared['environment'] === 'string') {
      const variable = declared['environment']
      return [{ ...common, source: templateOf(service, `\${${variable}}`, [variable]) }]
    }
    problems.note(place, `not taken: where ${key} comes from only compose knows; name it under secrets in astern.yaml`)
    return []
  })
}

/** The text with its variables as they stand, to be filled in when a deploy reads it. */
export function templateOf(service: ComposeService, text: string, variables: readonly string[]) {
  return { kind: 'template', text, variables: [...new Set(variables)], path: service.dotenvPath } as const
}

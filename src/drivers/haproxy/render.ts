// What is wanted → haproxy.cfg and its map files. Pure.
// The file says the same wherever HAProxy runs: folders and user come from its environment (ASTERN_RUN_DIR, ASTERN_PROXY_UID),
// what differs between versions of HAProxy is a condition in it.
// Invariants: whatever is not a server is *structure* and changes by a reload only; the structure's hash stands in the file, is known to the
// running proxy (`proc.astern_structure`) and covers every line but the generation and the servers.
import { blockBytes, connectionErrorLimit } from './limits.ts'
import { hash } from 'node:crypto'
import { scopeName } from '../../core/model.ts'
import type { Scope } from '../../core/model.ts'
import type { BackendWanted, ServerWanted, TrafficRules, TrafficWanted } from '../../ports/traffic.ts'
import { trialEntries, trialMap, trialMapFile } from './trial-map.ts'
import { askedForLines, askedForSwitch, inConditions, nearLines, trialLines, watchLines } from './trial-rules.ts'

export type CheckMode = 'http' | 'tcp'

/** What can change only by a reload. */
export type BackendStructure = Scope & {
  readonly listen: string
  readonly hosts: readonly string[]
  readonly check: BackendWanted['check']
  readonly mode: CheckMode
  /** Missing in a file that was written before there were trials: such a proxy knows none. */
  readonly rules?: TrafficRules
}
export type Structure = { readonly proofSecret: string; readonly backends: readonly BackendStructure[] }

export type Rendered = {
  readonly config: string
  /** File name → content. The proxy knows a map by its file name. */
  readonly maps: ReadonlyMap<string, string>
  readonly structureHash: string
}

/** The running proxy's variable that tells its structure and when it read that: `HASH@MICROSECONDS`. */
export const structureVariable = 'proc.astern_structure'
export const proofHeader = 'X-Astern-Proof'
export const releaseHeader = 'X-Astern-Release'
/** The map that holds `farewellKey` while the worker is about to be replaced. */
export const farewellMap = 'leaving.map'
export const farewellKey = 'leaving'

export function mapFile(backend: string): string {
  return `${backend}.map`
}

/** The frontend of an address. Never the name of a backend: those hold no colon. */
export function frontendName(listen: string): string {
  return `in_${listen.replaceAll(/[[\]]/g, '').replace('*', 'any')}`
}

export function structureOf(wanted: TrafficWanted): Structure {
  return {
    proofSecret: wanted.proofSecret,
    backends: wanted.backends.map(({ service, environment, listen, hosts, check, servers, rules }) => ({
      service,
      environment,
      listen,
      hosts,
      check,
      // one server without a path: the whole backend is checked by connecting
      mode: servers.some((server) => server.healthPath === null) ? 'tcp' : 'http',
      rules,
    })),
  }
}

/** `structure` may be another one than that of `wanted`: what the proxy runs until it is reloaded. Scopes that are not in it are left out. */
export function render(wanted: TrafficWanted, structure: Structure = structureOf(wanted)): Rendered {
  const wantedOf = new Map(wanted.backends.map((backend) => [scopeName(backend), backend]))
  const serversOf = (backend: Scope): readonly ServerWanted[] => wantedOf.get(scopeName(backend))?.servers ?? []
  const listens = new Map<string, BackendStructure[]>()
  for (const backend of structure.backends) {
    const same = listens.get(backend.listen)
    if (same === undefined) listens.set(backend.listen, [backend])
    else same.push(backend)
  }
  const sections: Section[] = [{ lines: globalLines(), servers: [] }]
  if (structure.backends.some(({ rules }) => rules !== undefined)) sections.push({ lines: watchLines(), servers: [] })
  for (const [listen, backends] of listens)
    sections.push({ lines: frontendLines(listen, backends, structure.proofSecret), servers: [] })
  for (const backend of structure.backends) {
    sections.push({
      lines: backendLines(backend),
      servers: serverLines(serversOf(backend), wantedOf.get(scopeName(backend))?.trial?.release),
    })
  }
  const structureHash = hash('sha256', sections.map(({ lines }) => lines.join('\n')).join('\n')).slice(0, 16)
  const body = sections.map(({ lines, servers }) => [...lines, ...servers, ''].join('\n')).join('\n')
  const healthMaps = structure.backends
    .filter(({ mode }) => mode === 'http')
    .map((backend) => [mapFile(scopeName(backend)), healthMap(serversOf(backend))] as const)
  const trialMaps = structure.backends
    .filter(({ rules }) => rules !== undefined)
    .map(
      (backend) => [trialMapFile(scopeName(backend)), trialMap(entriesOf(wantedOf.get(scopeName(backend))))] as const,
    )
  return {
    config: inWholeBlocks(
      [
        '# Rendered by Astern. Do not edit: every change writes it anew.',
        `# generation ${wanted.generation}`,
        `# structure ${structureHash} ${JSON.stringify(structure)}`,
        body.replace(hashPlaceholder, structureHash),
      ].join('\n'),
    ),
    maps: new Map([[farewellMap, ''], ...healthMaps, ...trialMaps]),
    structureHash,
  }
}

/**
 * Filled up with empty lines: should the power fail before a new text has reached the disk in the place of an old one, the old one is still whole,
 * since both are as long.
 */
function inWholeBlocks(text: string): string {
  const bytes = Buffer.byteLength(text)
  return text + '\n'.repeat(Math.ceil(bytes / blockBytes) * blockBytes - bytes)
}

/** The maps of a structure that commands change. */
export function changingMaps({ backends }: Structure): string[] {
  return backends.flatMap(({ mode, rules, ...scope }) => [
    ...(mode === 'http' ? [mapFile(scopeName(scope))] : []),
    ...(rules === undefined ? [] : [trialMapFile(scopeName(scope))]),
  ])
}

function entriesOf(wanted: BackendWanted | undefined): ReturnType<typeof trialEntries> {
  return wanted === undefined ? new Map() : trialEntries(wanted)
}

/** The structure that a rendered file was made with; `null`: it is not one of ours. */
export function structureIn(config: string): { readonly hash: string; readonly structure: Structure } | null {
  const found = /^# structure ([0-9a-f]{16}) (\{.*\})$/m.exec(config)
  if (found?.[1] === undefined || found[2] === undefined) return null
  return { hash: found[1], structure: JSON.parse(found[2]) as Structure }
}

/** A quick look at a rendered file: only its hash. */
export function structureHashIn(config: string): string | null {
  return /^# structure ([0-9a-f]{16}) /m.exec(config)?.[1] ?? null
}

type Section = { readonly lines: readonly string[]; readonly servers: readonly string[] }

const hashPlaceholder = '<structure>'

function globalLines(): string[] {
  return [
    'global',
    '  default-path config',
    '  log stdout format raw local0 warning',
    '  fd-hard-limit 100000',
    // a former worker keeps what is left of streams and WebSockets for so long after a reload
    '  hard-stop-after 30m',
    '  stats socket "${ASTERN_RUN_DIR}/admin.sock" mode 660 level admin expose-fd listeners',
    '  stats timeout 24h',
    `  set-var-fmt ${structureVariable} "${hashPlaceholder}@%[date(0,us)]"`,
    '  .if defined(ASTERN_PROXY_UID)',
    '  uid "${ASTERN_PROXY_UID}"',
    '  gid "${ASTERN_PROXY_UID}"',
    '  .endif',
    '',
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout http-request 30s',
    '  timeout http-keep-alive 60s',
    '  timeout queue 10s',
    '  timeout client 10m',
    '  timeout client-fin 30s',
    '  timeout server 10m',
    '  timeout tunnel 24h',
    // only what has not been sent is tried again, so a POST is never sent twice
    '  retries 3',
    '  retry-on conn-failure',
    '  option redispatch 1',
    '  option forwardfor',
    // at a reload a client's idle connection answers one request more before it goes: none is lost on it
    '  option idle-close-on-response',
  ]
}

function frontendLines(listen: string, backends: readonly BackendStructure[], proofSecret: string): string[] {
  const rest = backends.filter(({ hosts }) => hosts.length === 0)
  const previews = backends.map(({ hosts, rules, ...scope }) => ({
    backend: word(scopeName(scope)),
    hosts,
    previewFrom: rules?.previewFrom ?? [],
  }))
  const knowTrials = backends.some(({ rules }) => rules !== undefined)
  return [
    `frontend ${word(frontendName(listen))}`,
    `  bind ${word(listen)}`,
    ...(knowTrials ? nearLines(previews) : []),
    // whoever knows the secret learns which release answered; a service never sees the secret, nobody else a release
    `  http-request set-var(txn.astern_proof) bool(true) if { req.hdr(${proofHeader}) -m str ${word(proofSecret)} }`,
    `  http-request del-header ${proofHeader}`,
    ...(knowTrials
      ? askedForLines(
          previews,
          backends.flatMap(({ hosts }) => hosts),
        )
      : []),
    `  http-after-response del-header ${releaseHeader}`,
    `  http-after-response set-header ${releaseHeader} "%[srv_name,field(1,-)]" if { var(txn.astern_proof) -m bool } { srv_name -m found }`,
    // whoever keeps connections open leaves with an answer, not in the middle of a question; a WebSocket has to be let in as it asks
    `  http-after-response set-header Connection close if { str(${farewellKey}),map(${farewellMap}) -m found } !{ status 101 }`,
    ...backends.flatMap((backend) =>
      inConditions(backend.hosts.map(word)).map((some) => `  use_backend ${word(scopeName(backend))} if ${some}`),
    ),
    ...previews.flatMap(askedForSwitch),
    ...rest.slice(0, 1).map((backend) => `  default_backend ${word(scopeName(backend))}`),
    // never a reason to serve nobody: the configuration refuses two of them long before
    ...rest.slice(1).map((backend) => `  # ${word(scopeName(backend))} gets nothing here: it names no host either`),
  ]
}

function backendLines(backend: BackendStructure): string[] {
  const name = word(scopeName(backend))
  const { intervalMs, timeoutMs, rise, fall } = backend.check
  return [
    `backend ${name}`,
    '  balance random',
    `  timeout check ${whole(timeoutMs)}ms`,
    ...(backend.mode === 'http'
      ? [
          '  option httpchk',
          // each release is asked for its own health path
          `  http-check send meth GET uri-lf "%[srv_name,map(${mapFile(name)},/)]" ver HTTP/1.1 hdr Host ${word(backend.hosts[0] ?? 'localhost')}`,
        ]
      : []),
    ...(backend.rules === undefined ? [] : trialLines(name, backend.rules)),
    `  default-server ${checkWords({ intervalMs, rise, fall })}${backend.rules === undefined ? '' : ` ${observeWords}`}`,
  ]
}

function serverLines(servers: readonly ServerWanted[], onTrial: number | undefined): string[] {
  const serves = ({ weight, release }: ServerWanted): boolean => weight > 0 || release === onTrial
  const [serving, standby] = [servers.filter(serves), servers.filter((server) => !serves(server))]
  return [
    ...serving.map(serverLine),
    // a standby counts as ready only after the proxy has checked it; not who is on trial: what it is not given would count against it
    ...(standby.length > 0 ? ['  .if version_atleast(3.1)', '  default-server init-state fully-down', '  .endif'] : []),
    ...standby.map(serverLine),
  ]
}

function serverLine(server: ServerWanted): string {
  return `  server ${word(server.name)} ${endpoint(server)} weight ${whole(server.weight)}${startsInMaintenance(server) ? ' disabled' : ''}`
}

/** A frozen standby would be checked after a restart of the proxy, until somebody switched that off; the checks would pile up in its socket. */
function startsInMaintenance(server: ServerWanted): boolean {
  return server.mode === 'maintenance' || (!server.checked && server.weight === 0)
}

export function checkWords({ intervalMs, rise, fall }: Omit<BackendWanted['check'], 'timeoutMs'>): string {
  return `check inter ${whole(intervalMs)}ms rise ${whole(rise)} fall ${whole(fall)}`
}

/** Who is there no more is found out by those who ask for it, before the next check. */
export const observeWords = `observe layer4 error-limit ${connectionErrorLimit} on-error mark-down`

export function endpoint({ address, port }: Pick<ServerWanted, 'address' | 'port'>): string {
  return `${word(address)}:${whole(port)}`
}

function healthMap(servers: readonly ServerWanted[]): string {
  return servers
    .map(({ name, healthPath }) => (healthPath === null ? '' : `${name} ${pathWord(healthPath)}\n`))
    .join('')
}

/** What is put into a line of the configuration or of commands. Whoever made it has validated it: anything else is a defect of ours. */
export function word(text: string): string {
  if (!/^[\w.:*[\]-]+$/.test(text)) throw new Error(`not a word for HAProxy: ${JSON.stringify(text)}`)
  return text
}

export function pathWord(path: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new Error(`not a path for HAProxy: ${JSON.stringify(path)}`)
  return path
}

function whole(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a whole number for HAProxy: ${value}`)
  return value
}

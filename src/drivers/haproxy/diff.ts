// What runs and what is wanted → the commands that make them equal. Pure.
// Invariants, each with a test: the weights of a backend are raised before any is lowered, in one line (D1); a server that leaves takes
// nothing new before its entry goes (D2); nothing is switched on that was not checked or vouched for (D3); names are never reused and addresses
// never changed at run time: that is a reload (D4); what requests are drawn for changes between those who come and those who go (D5).
import { scopeName } from '../../core/model.ts'
import type { BackendWanted, ServerWanted, TrafficWanted } from '../../ports/traffic.ts'
import { removalWaitMs } from './limits.ts'
import { checkWords, endpoint, mapFile, observeWords, pathWord, structureOf, word } from './render.ts'
import type { CheckMode } from './render.ts'
import type { Running, RunningServer } from './running.ts'
import { trialChanges, trialEntries, trialMapFile } from './trial-map.ts'

export type Command = {
  readonly text: string
  /** How its answer must begin; `''` is no answer at all. */
  readonly answers: readonly string[]
}

export type Commands = {
  /** Empty: every new request is answered as wanted. */
  readonly shift: readonly Command[]
  /** What may go once nobody uses it. Refused while a stream is left; asked again by the next difference. */
  readonly sweep: readonly Command[]
}

/** For the structure that runs; scopes that are not in it have to wait for a reload. `reload`: commands cannot do it. */
export function diff(running: Running, wanted: TrafficWanted, structure = structureOf(wanted)): Commands | 'reload' {
  const commands = { shift: [] as Command[], sweep: [] as Command[] }
  const initState = versionAtLeast(running.version, 3, 1)
  const wantedOf = new Map(wanted.backends.map((backend) => [scopeName(backend), backend]))
  for (const { mode, check, rules, ...scope } of structure.backends) {
    const name = scopeName(scope)
    const known = {
      name,
      mode,
      check,
      servers: running.backends.get(name) ?? new Map<string, RunningServer>(),
      healthPaths: running.maps.get(mapFile(name)) ?? new Map<string, string>(),
      // one that knows no trials waits for its reload
      trialMap: rules === undefined ? null : (running.maps.get(trialMapFile(name)) ?? new Map<string, string>()),
      initState,
    }
    const part = diffBackend(known, wantedOf.get(name) ?? nothing)
    if (part === 'reload') return 'reload'
    commands.shift.push(...part.shift)
    commands.sweep.push(...part.sweep)
  }
  return commands
}

const nothing: Part = { servers: [], trial: null, standIn: null }
type Part = Pick<BackendWanted, 'servers' | 'trial' | 'standIn' | 'candidate'>

export function versionAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split(/[.-]/).map(Number)
  return a > major || (a === major && b >= minor)
}

type RunningBackend = {
  readonly name: string
  readonly mode: CheckMode
  readonly check: BackendWanted['check']
  readonly servers: ReadonlyMap<string, RunningServer>
  readonly healthPaths: ReadonlyMap<string, string>
  readonly trialMap: ReadonlyMap<string, string> | null
  readonly initState: boolean
}

function diffBackend(running: RunningBackend, part: Part): Commands | 'reload' {
  const wanted = part.servers
  const wantedNames = new Set(wanted.map(({ name }) => name))
  const leaving = [...running.servers.values()].filter(({ name }) => !wantedNames.has(name))
  const pairs: (readonly [RunningServer, ServerWanted])[] = []
  const joining: ServerWanted[] = []
  for (const server of wanted) {
    const seen = running.servers.get(server.name)
    if (seen === undefined) joining.push(server)
    else if (seen.address !== server.address || seen.port !== server.port) return 'reload'
    else pairs.push([seen, server])
  }
  return {
    shift: [
      ...(running.mode === 'http' ? wanted.flatMap((server) => teachPath(running, server)) : []),
      ...joining.flatMap((server) => join(running, server)),
      ...pairs.flatMap(([seen, server]) => prepare(running.name, seen, server)),
      ...weights(running.name, pairs, ({ weight }) => weight > 0),
      ...(running.trialMap === null ? [] : changeTrial(running.name, running.trialMap, part)),
      ...weights(running.name, pairs, ({ weight }) => weight === 0),
      ...pairs.flatMap(([seen, server]) => retire(running.name, seen, server)),
      ...leaving
        .filter(({ maintenance }) => !maintenance)
        .map(({ name }) => silent(`disable server ${running.name}/${name}`)),
    ],
    sweep: [
      ...leaving.flatMap((seen) => remove(running.name, seen)),
      ...[...running.healthPaths.keys()]
        .filter((name) => !wantedNames.has(name))
        .map((name) => forgetPath(running.name, name)),
    ],
  }
}

function teachPath({ name, healthPaths }: RunningBackend, server: ServerWanted): Command[] {
  const known = healthPaths.get(server.name)
  if (server.healthPath === null || known === server.healthPath) return []
  const verb = known === undefined ? 'add' : 'set'
  return [silent(`${verb} map ${mapFile(name)} ${word(server.name)} ${escaped(pathWord(server.healthPath))}`)]
}

function forgetPath(backend: string, server: string): Command {
  return { text: `del map ${mapFile(backend)} ${word(server)}`, answers: ['', 'Key not found.'] }
}

// A server that is added starts in maintenance with its checks off, and does not inherit the defaults of its backend.
function join(running: RunningBackend, server: ServerWanted): Command[] {
  const { check } = running
  const id = `${running.name}/${word(server.name)}`
  const start = running.initState && server.weight === 0 ? ' init-state fully-down' : ''
  const checks = running.trialMap === null ? checkWords(check) : `${checkWords(check)} ${observeWords}`
  return [
    {
      text: `add server ${id} ${endpoint(server)} weight ${server.weight} ${checks}${start}`,
      answers: ['New server registered.'],
    },
    ...(server.checked ? [silent(`enable health ${id}`)] : []),
    ...(server.mode === 'ready' ? [silent(`enable server ${id}`)] : []),
  ]
}

// Everything that lets a server serve, before weights move.
function prepare(backend: string, seen: RunningServer, server: ServerWanted): Command[] {
  const id = `${backend}/${word(server.name)}`
  const returns = seen.maintenance && server.mode === 'ready'
  // whoever switches the checks of a server on again, or brings it back from maintenance to serve, has probed it
  const vouched = (server.checked && !seen.checked) || (returns && server.weight > 0)
  // one that is not checked can rise in no other way
  const alone = !server.checked && server.weight > 0
  return [
    ...(server.checked && !seen.checked ? [silent(`enable health ${id}`)] : []),
    ...(returns && !server.checked && seen.checked ? [silent(`disable health ${id}`)] : []),
    // it must not come back with the weight it had
    ...(returns ? [silent(`set weight ${id} ${server.weight}`), silent(`enable server ${id}`)] : []),
    ...(server.mode === 'ready' && !seen.up && (vouched || alone) ? [silent(`set server ${id} health up`)] : []),
  ]
}

// If one weight differs, all are said: what was seen may be a moment old, and no moment may leave nobody to serve.
function weights(
  backend: string,
  pairs: readonly (readonly [RunningServer, ServerWanted])[],
  which: (server: ServerWanted) => boolean,
): Command[] {
  if (pairs.every(([seen, server]) => seen.weight === server.weight)) return []
  return pairs
    .map(([, server]) => server)
    .filter(which)
    .map(({ name, weight }) => silent(`set weight ${backend}/${word(name)} ${weight}`))
}

function changeTrial(backend: string, seen: ReadonlyMap<string, string>, part: Part): Command[] {
  return trialChanges(seen, trialEntries(part)).map(({ verb, key, value }) => ({
    text: `${verb} map ${trialMapFile(backend)} ${key}${verb === 'del' ? '' : ` ${value}`}`,
    answers: verb === 'del' ? ['', 'Key not found.'] : [''],
  }))
}

// Everything that takes a server out of service, after weights have moved.
function retire(backend: string, seen: RunningServer, server: ServerWanted): Command[] {
  const id = `${backend}/${word(server.name)}`
  const returns = seen.maintenance && server.mode === 'ready'
  return [
    ...(!server.checked && seen.checked && !returns ? [silent(`disable health ${id}`)] : []),
    ...(server.mode === 'maintenance' && !seen.maintenance ? [silent(`disable server ${id}`)] : []),
  ]
}

// Deleting is possible once the last stream ended and the idle connections are closed. Only a server that left this moment is worth waiting for.
function remove(backend: string, seen: RunningServer): Command[] {
  const id = `${backend}/${word(seen.name)}`
  const wait = {
    text: `wait ${removalWaitMs}ms srv-removable ${id}`,
    answers: ['Done.', 'Wait delay expired.', 'Failed.'],
  }
  return [
    ...(seen.maintenance ? [] : [wait]),
    { text: `del server ${id}`, answers: ['Server deleted.', 'Server still ', 'No such server.'] },
  ]
}

function silent(text: string): Command {
  return { text, answers: [''] }
}

/** In a line of commands a `;` ends a command, a space a word, and a backslash takes that meaning away. */
function escaped(text: string): string {
  return text.replaceAll(/[\\; <]/g, String.raw`\$&`)
}

export function answersMatch({ answers }: Command, answer: string): boolean {
  return answers.some((expected) => (expected === '' ? answer === '' : answer.startsWith(expected)))
}

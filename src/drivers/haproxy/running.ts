// Answers of the Runtime API → what the running proxy does. Pure.
import { structureVariable } from './render.ts'

export type RunningServer = {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly maintenance: boolean
  readonly checked: boolean
  readonly up: boolean
}

export type Running = {
  /** Another one after each restart and reload. */
  readonly process: string
  readonly version: string
  /** It has been replaced by a reload: whatever it is told changes nothing for new requests. */
  readonly stopping: boolean
  /** `null`: it was not started with a file of ours. */
  readonly structureHash: string | null
  /** Backend → server. A backend without servers is not in it. */
  readonly backends: ReadonlyMap<string, ReadonlyMap<string, RunningServer>>
  /** File → key → value. Only of those maps that were asked for. */
  readonly maps: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** The questions whose answers `readRunning` understands, in this order. `maps` are those that are to be read. */
export function questions(maps: readonly string[]): string[] {
  return ['show info', 'show servers state', ...maps.map((file) => `show map ${file}`)]
}

export function readRunning(
  answers: readonly string[],
  asked: readonly string[],
  signature: Signature | null,
): Running {
  const [info = '', state = '', ...maps] = answers
  return {
    // two processes may have one id, and start within one second
    process: `${infoOf(info, 'Pid')}@${signature?.startedAt ?? infoOf(info, 'Start_time_sec')}`,
    version: infoOf(info, 'Version'),
    stopping: infoOf(info, 'Stopping') !== '0',
    structureHash: signature?.structureHash ?? null,
    backends: readServers(state),
    maps: new Map(asked.map((file, at) => [file, readMap(maps[at] ?? '')])),
  }
}

/** What a process says of itself: the structure that it runs, and since when, in microseconds. */
export type Signature = { readonly structureHash: string; readonly startedAt: string }

/** `null`: it was not started with a file of ours. */
export function readSignature(answer: string): Signature | null {
  const found = new RegExp(`^${structureVariable}: type=str value=<([0-9a-f]+)@(\\d+)>`).exec(answer)
  return found?.[1] === undefined || found[2] === undefined ? null : { structureHash: found[1], startedAt: found[2] }
}

/** An answer that is not what it should be. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood'
}

function infoOf(info: string, field: string): string {
  const at = info.startsWith(`${field}: `) ? 0 : info.indexOf(`\n${field}: `) + 1
  const end = info.indexOf('\n', at)
  if (at === 0 && !info.startsWith(`${field}: `)) throw new NotUnderstood(`show info: ${excerpt(info)}`)
  return info.slice(at + field.length + 2, end < 0 ? undefined : end)
}

// srv_admin_state: forced, inherited, by name resolution. Not 0x04, which only says that it was once in maintenance by its configuration.
const maintenanceBits = 0x01 | 0x02 | 0x20
// srv_check_state
const checkEnabledBit = 0x04

function readServers(answer: string): Map<string, Map<string, RunningServer>> {
  const [version, header = '', ...rows] = answer.split('\n')
  const columns = header.split(' ').slice(1)
  const column = (name: string): number => {
    const at = columns.indexOf(name)
    if (at < 0) throw new NotUnderstood(`show servers state: ${excerpt(answer)}`)
    return at
  }
  if (version !== '1') throw new NotUnderstood(`show servers state: ${excerpt(answer)}`)
  const at = {
    backend: column('be_name'),
    name: column('srv_name'),
    address: column('srv_addr'),
    port: column('srv_port'),
    op: column('srv_op_state'),
    admin: column('srv_admin_state'),
    weight: column('srv_uweight'),
    check: column('srv_check_state'),
  }
  const backends = new Map<string, Map<string, RunningServer>>()
  for (const row of rows) {
    if (row === '') continue
    const cells = row.split(' ')
    const text = (index: number): string => cells[index] ?? ''
    const number = (index: number): number => {
      const value = Number(cells[index])
      if (!Number.isInteger(value)) throw new NotUnderstood(`show servers state: ${excerpt(row)}`)
      return value
    }
    const maintenance = (number(at.admin) & maintenanceBits) !== 0
    let servers = backends.get(text(at.backend))
    if (servers === undefined) backends.set(text(at.backend), (servers = new Map()))
    servers.set(text(at.name), {
      name: text(at.name),
      address: text(at.address),
      port: number(at.port),
      weight: number(at.weight),
      maintenance,
      checked: (number(at.check) & checkEnabledBit) !== 0,
      up: !maintenance && number(at.op) !== 0,
    })
  }
  return backends
}

/** `0x7f… r41-1 /healthz` per line. A map that the proxy does not have is empty. */
function readMap(answer: string): Map<string, string> {
  const entries = new Map<string, string>()
  if (answer === '' || answer.startsWith('Unknown map')) return entries
  for (const line of answer.split('\n')) {
    const found = /^0x[0-9a-f]+ (\S+) (.*)$/.exec(line)
    if (found?.[1] === undefined || found[2] === undefined) throw new NotUnderstood(`show map: ${excerpt(line)}`)
    // the first of two entries with one key answers
    if (!entries.has(found[1])) entries.set(found[1], found[2])
  }
  return entries
}

/** Names and numbers of sessions are among the first, and often nothing else is asked for. */
const firstColumns = 8

/** A row of `show stat`: it has about a hundred columns, of which few are asked for. */
export type StatisticsRow = { get(column: string): string | undefined }

export function readStatistics(answer: string): StatisticsRow[] {
  if (answer === 'No such proxy.') return []
  const lines = answer.split('\n').filter((line) => line !== '')
  const header = lines[0]
  if (header === undefined || !header.startsWith('# pxname,svname,')) {
    throw new NotUnderstood(`show stat: ${excerpt(answer)}`)
  }
  const columns = new Map(
    header
      .slice(2)
      .split(',')
      .map((name, index) => [name, index] as const),
  )
  return lines.slice(1).map((line) => {
    let cells: readonly string[] = []
    return {
      get(column) {
        const index = columns.get(column)
        if (index === undefined) return undefined
        if (cells.length <= index) cells = line.split(',', index < firstColumns ? firstColumns : columns.size)
        return cells[index] ?? ''
      },
    }
  })
}

export function excerpt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

// Reads what `vegeta encode --to csv` prints: one record per request.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Answer, spansOf, type Traffic } from './answers.ts'

const NANOSECONDS = 1e6
const VERSION_HEADER = /^x-shop-version: (\S+)/im
const FIELD = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g

/** One after the other, as they were sent. */
async function* eachRecord(lines: Readable): AsyncGenerator<Recorded> {
  for await (const line of createInterface({ input: lines, crlfDelay: Infinity })) {
    if (line !== '') yield readRecord(line)
  }
}

export async function allRecords(lines: Readable): Promise<Recorded[]> {
  const records: Recorded[] = []
  for await (const record of eachRecord(lines)) records.push(record)
  return records
}

export async function readRecords(lines: Readable): Promise<Traffic> {
  const answers: Answer[] = []
  const failures: Record<string, number> = {}
  let sent = 0
  let failed = 0
  for await (const { version, endedAt, failure } of eachRecord(lines)) {
    sent++
    if (failure !== null) {
      failed++
      failures[failure] = (failures[failure] ?? 0) + 1
    }
    if (version !== null) answers.push({ version, endedAt })
  }
  return { spans: spansOf(answers), sent, failed, failures }
}

export type Recorded = {
  readonly version: string | null
  readonly method: string
  /** 0: no answer. */
  readonly status: number
  readonly startedAt: number
  readonly endedAt: number
  /** Without what differs from request to request. */
  readonly failure: string | null
}

export function readRecord(line: string): Recorded {
  const fields = fieldsOf(line)
  const [startedNs = '', code = '', latencyNs = '', , , error = ''] = fields
  const headers = Buffer.from(fields[11] ?? '', 'base64').toString('latin1')
  const status = Number(code)
  // The nanoseconds since the epoch do not fit into a number: the last six digits are taken for themselves.
  const startedAt = Number(startedNs.slice(0, -6)) + Number(startedNs.slice(-6)) / NANOSECONDS
  const failure = status >= 200 && status < 400 ? null : status === 0 ? reasonOf(error) : `status ${status}`
  return {
    version: VERSION_HEADER.exec(headers)?.[1] ?? null,
    method: fields[9] ?? '',
    status,
    startedAt,
    endedAt: startedAt + Number(latencyNs) / NANOSECONDS,
    failure,
  }
}

function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  return [...line.matchAll(FIELD)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** `Post "http://…": read tcp 127.0.0.1:5012->…: read: connection reset by peer` → `connection reset by peer` */
function reasonOf(error: string): string {
  return error.split(': ').at(-1) || 'no answer'
}

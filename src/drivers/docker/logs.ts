// What a replica wrote, both streams in the order in which the engine got them.
import { isAsternError } from '../../core/errors.ts'
import type { LogLine, LogOptions, ReplicaName, ReplicaSpec } from '../../ports/runtime.ts'
import { EngineRefusal } from './engine-api.ts'
import { createDemultiplexer } from './log-frames.ts'
import { areOf, containerName } from './labels.ts'
import type { Workshop } from './workshop.ts'

const LAST_LINES = 10
const LAST_BYTES = 2_000
const SECOND_MS = 1_000

export async function* readLogs(shop: Workshop, replica: ReplicaName, options: LogOptions): AsyncGenerator<LogLine> {
  const { api, installation } = shop
  const container = await api.container(containerName(installation, replica), options.signal)
  if (container === null || !areOf(container.Config.Labels ?? {}, installation, replica)) return
  const query = {
    tail: Number.isFinite(options.tail) ? String(options.tail) : 'all',
    follow: options.follow,
    ...(options.sinceAt === null ? {} : { since: (options.sinceAt / SECOND_MS).toFixed(3) }),
  }
  const stream = await api.logs(container.Id, query, options.signal)
  const demultiplexer = createDemultiplexer(replica.name)
  try {
    for await (const chunk of api.read(stream)) yield* demultiplexer.read(chunk)
    yield* demultiplexer.end()
  } catch (error) {
    // The reader has enough: that is how following ends.
    if (options.signal?.aborted !== true) throw error
  } finally {
    stream.destroy()
  }
}

/**
 * The last lines of a replica as an error shows them, each on a line of its own, beginning with a line break; empty when it wrote
 * nothing. A log that cannot be read must not hide the error that it belongs to.
 */
export async function lastLines(shop: Workshop, replica: ReplicaSpec): Promise<string> {
  const { service, environment, name, release } = replica
  const named: ReplicaName = { service, environment, name, release, stop: replica.config.stop }
  const lines: string[] = []
  try {
    for await (const line of readLogs(shop, named, { tail: LAST_LINES, follow: false, sinceAt: null })) {
      lines.push(`\n  ${line.text}`)
    }
  } catch (error) {
    if (!isAsternError(error) && !(error instanceof EngineRefusal)) throw error
    return `\n  (its log cannot be read: ${error.message})`
  }
  return shortened(lines)
}

/** Pure. As many of the last lines as fit; of a last line that does not, its beginning. */
export function shortened(lines: readonly string[]): string {
  let text = ''
  for (const line of lines.toReversed()) {
    if (Buffer.byteLength(line) + Buffer.byteLength(text) > LAST_BYTES) {
      return text === '' ? Buffer.from(line).subarray(0, LAST_BYTES).toString('utf8') : text
    }
    text = line + text
  }
  return text
}

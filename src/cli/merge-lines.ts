// Lines of several replicas as one stream. Invariant: one line of each replica is held at most, however much they write.
import type { LogLine } from '../ports/runtime.ts'

/** For sources that end: the oldest line first. A line without a time follows the one before it of its replica. */
export async function* byTime(sources: readonly AsyncIterable<LogLine>[]): AsyncGenerator<LogLine> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
  for (;;) {
    let oldest: { readonly index: number; readonly line: LogLine } | null = null
    for (const [index, head] of heads.entries()) {
      if (head.done !== true && (oldest === null || timeOf(head.value) < timeOf(oldest.line))) {
        oldest = { index, line: head.value }
      }
    }
    if (oldest === null) return
    yield oldest.line
    heads[oldest.index] = await iterators[oldest.index]!.next()
  }
}

function timeOf(line: LogLine): number {
  return line.at ?? Number.NEGATIVE_INFINITY
}

/** Where the reading of a replica goes on: after `shown` lines of the moment `at`. */
type Cursor = { readonly at: number; readonly shown: number }

/** `ended`: it writes nothing more, unless it is started again. */
export type Followed = { readonly name: string; readonly ended: boolean }

export type Following = {
  /** The replicas to follow as things are now; `null`: nothing more will come. */
  readonly look: () => readonly Followed[] | null
  /** What a replica writes from a moment on (`null`: what was asked for at first); ends when it ends. */
  readonly open: (name: string, sinceAt: number | null) => AsyncIterable<LogLine>
  /** What was there at the beginning, which ends. */
  readonly before: (name: string) => AsyncIterable<LogLine>
  /** Resolves when it is time to look again, or rejects when the signal aborts. */
  readonly wait: () => Promise<void>
  /** A replica could not be read; it is tried again. Throws when it should not be. */
  readonly onTrouble: (error: unknown) => void
  readonly signal: AbortSignal
}

/**
 * Follows replicas that come and go: what was there first, the oldest line first, then each line when it comes. A replica that appears later, or
 * that is started again, joins. Ends when the signal aborts, or `look` says that nothing more will come.
 */
export async function* follow(following: Following): AsyncGenerator<LogLine> {
  const { look, signal } = following
  const cursors = new Map<string, Cursor>()
  const first = look() ?? []
  for await (const line of byTime(first.map(({ name }) => following.before(name)))) {
    if (signal.aborted) return
    advance(cursors, line)
    yield line
  }
  const lines = createQueue<LogLine>()
  const reading = new Set<string>()
  const wasRead = new Set(first.filter(({ ended }) => ended).map(({ name }) => name))
  const read = async (name: string) => {
    const cursor = cursors.get(name)
    let repeated = cursor?.shown ?? 0
    for await (const line of following.open(name, cursor?.at ?? null)) {
      // The engine counts a moment in whole: lines of it that were shown come again.
      if (line.at === cursor?.at && repeated > 0) repeated -= 1
      else await lines.push(line)
    }
  }
  const keepLooking = async () => {
    for (let now = look(); now !== null || reading.size > 0; now = look()) {
      for (const { name, ended } of now ?? []) {
        if (reading.has(name) || (ended && wasRead.has(name))) continue
        reading.add(name)
        wasRead.delete(name)
        read(name)
          .then(() => wasRead.add(name))
          .catch((error: unknown) => lines.attempt(() => following.onTrouble(error)))
          .finally(() => reading.delete(name))
      }
      await following.wait()
    }
  }
  signal.addEventListener('abort', () => lines.close(), { once: true })
  keepLooking()
    .catch(() => {})
    .finally(() => lines.close())
  for await (const line of lines.all()) {
    advance(cursors, line)
    yield line
  }
}

function advance(cursors: Map<string, Cursor>, { replica, at }: LogLine): void {
  if (at === null) return
  const before = cursors.get(replica)
  cursors.set(replica, { at, shown: before?.at === at ? before.shown + 1 : 1 })
}

/** Holds one item of each who pushes: a push resolves when its item was taken. */
function createQueue<T>() {
  const ready: { readonly item: T; readonly taken: () => void }[] = []
  let closed = false
  const failures: unknown[] = []
  let wake = () => {}
  return {
    push(item: T): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      ready.push({ item, taken: resolve })
      wake()
      return promise
    },
    /** What `work` throws is thrown to the reader. */
    attempt(work: () => void): void {
      try {
        work()
      } catch (error) {
        failures.push(error)
        wake()
      }
    },
    close(): void {
      closed = true
      wake()
    },
    async *all(): AsyncGenerator<T> {
      for (;;) {
        const next = ready.shift()
        if (failures.length > 0) throw failures[0]
        if (next !== undefined) {
          yield next.item
          next.taken()
        } else if (closed) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

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

/** For sources that go on: each line when it comes. Ends with the last source, or when the signal aborts. Throws what the first failing source threw. */
export async function* asTheyCome(
  sources: readonly AsyncIterable<LogLine>[],
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const ready: { readonly line: LogLine; readonly taken: () => void }[] = []
  let open = sources.length
  let failure: { readonly error: unknown } | null = null
  let wake = () => {}

  const pump = async (source: AsyncIterable<LogLine>) => {
    try {
      for await (const line of source) {
        const { promise, resolve } = Promise.withResolvers<void>()
        ready.push({ line, taken: resolve })
        wake()
        await promise
      }
    } catch (error) {
      failure ??= { error }
    }
    open -= 1
    wake()
  }
  for (const source of sources) void pump(source)
  signal.addEventListener('abort', () => wake(), { once: true })

  while (!signal.aborted) {
    const next = ready.shift()
    if (next !== undefined) {
      yield next.line
      next.taken()
      continue
    }
    if (failure !== null) throw (failure as { readonly error: unknown }).error
    if (open === 0) return
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

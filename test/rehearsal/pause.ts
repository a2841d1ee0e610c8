// Waiting, until it is over or the rehearsal is.

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const interrupt = () => reject(signal.reason as Error)
  signal.addEventListener('abort', interrupt)
  await promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', interrupt)
  })
}

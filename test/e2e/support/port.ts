// Ports on 127.0.0.1 for these tests: 22000 to 22999, outside the kernel's own choice.
import { createServer } from 'node:net'

const FIRST = 22_000
const COUNT = 1_000

// Two test runs on one machine begin at different places.
let next = process.pid % COUNT

/** One that nobody has at this moment; never the same twice in a process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + (next % COUNT)
    next += 1
    if (await isFree(port)) return port
  }
  throw new Error('every port of these tests is taken')
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

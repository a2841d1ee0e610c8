// The rehearsal's own corner: a folder with a project of the user and Astern's state, so that it shares nothing with any other
// installation on this machine. One rehearsal at a time per checkout; what an earlier one left behind is known by this folder.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

export type Scratch = {
  readonly folder: string
  readonly project: string
  readonly state: string
  readonly listen: string
}

const service = 'gin-shop'
export const environment = 'demo'
/** Apart from the repository that the example's own Makefile builds. */
export const image = 'gin-shop-demo'

const firstPort = 18_080
const portsToTry = 100

const ownerFile = (folder: string) => join(folder, 'process-id')

/** Throws when another rehearsal of this checkout is running. */
export function refuseIfBusy(folder: string): void {
  if (!existsSync(ownerFile(folder))) return
  const owner = Number(readFileSync(ownerFile(folder), 'utf8'))
  if (owner === process.pid || !isAlive(owner)) return
  throw new Error(
    `Another rehearsal is running here (process ${owner}). Wait for it, or end it with Ctrl-C. If there is none: rm -r ${folder}`,
  )
}

/** True when Astern has begun to work here: this rehearsal, or one that was killed or told to keep what it made. */
export function hasLeftovers(folder: string): boolean {
  return existsSync(stateOf(folder))
}

export function stateOf(folder: string): string {
  return join(folder, 'state')
}

export async function makeScratch(folder: string): Promise<Scratch> {
  return { folder, project: projectOf(folder), state: stateOf(folder), listen: `127.0.0.1:${await freePort()}` }
}

/** Where the user's own project lies. */
export function projectOf(folder: string): string {
  return join(folder, service)
}

/** Before anything else is written there. */
export function takeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(ownerFile(folder), String(process.pid))
}

/** Keeps what is there, for whoever wants to look around in it. */
export function leaveFolder(folder: string): void {
  rmSync(ownerFile(folder), { force: true })
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function freePort(): Promise<number> {
  for (let port = firstPort; port < firstPort + portsToTry; port++) if (await isFree(port)) return port
  throw new Error(`Every port from ${firstPort} to ${firstPort + portsToTry - 1} is taken on 127.0.0.1.`)
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

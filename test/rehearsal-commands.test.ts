// How the rehearsal runs commands and keeps to its own corner, so that it leaves nothing behind and disturbs nobody.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from './rehearsal/run.ts'
import { hasLeftovers, leaveFolder, makeScratch, refuseIfBusy, stateOf, takeFolder } from './rehearsal/scratch.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'astern-rehearsal-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a command', () => {
  const node = (script: string) => [process.execPath, '-e', script]
  const how = { cwd: tmpdir(), output: 'collect', limitMs: 30_000 } as const

  it('gives its exit code and all that it wrote', async () => {
    const ran = await run(node(`console.log('out'); console.error('err'); process.exit(3)`), how)
    expect(ran.exit).toBe(3)
    expect(ran.output).toContain('out\n')
    expect(ran.output).toContain('err\n')
    expect(ran.endMs).toBeGreaterThan(ran.startMs)
  })

  it('that is not there ends with 127, as in a shell', async () => {
    const ran = await run([join(folder, 'no-such-command')], how)
    expect(ran.exit).toBe(127)
    expect(ran.output).toContain('ENOENT')
  })

  it('is ended, with the processes that it began, when the rehearsal is interrupted', async () => {
    const interruption = new AbortController()
    const pidFile = join(folder, 'pid')
    // Both would live for a minute; the inner one tells when it is there.
    const inner = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setTimeout(() => {}, 60_000)`
    const outer = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' }); setTimeout(() => {}, 60_000)`
    const running = run(node(outer), { ...how, signal: interruption.signal })
    const outcome = running.then(
      () => 'ended',
      (error: Error) => error.message,
    )
    await expect
      .poll(() => (existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : ''), { timeout: 20_000 })
      .not.toBe('')
    interruption.abort(new Error('interrupted'))
    expect(await outcome).toBe('interrupted')
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false)
  })

  it('is not begun after an interruption', async () => {
    const marker = join(folder, 'marker')
    const script = `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`
    const signal = AbortSignal.abort(new Error('interrupted'))
    await expect(run(node(script), { ...how, signal })).rejects.toThrow('interrupted')
    expect(existsSync(marker)).toBe(false)
  })

  it('that takes too long is ended and named', async () => {
    await expect(run(node('setTimeout(() => {}, 60_000)'), { ...how, limitMs: 50 })).rejects.toThrow('not done after')
  })
})

describe("the rehearsal's folder", () => {
  it('is refused while another rehearsal holds it, and taken when that one is dead', () => {
    expect(() => refuseIfBusy(folder)).not.toThrow()
    takeFolder(folder)
    expect(() => refuseIfBusy(folder)).not.toThrow() // our own
    writeFileSync(join(folder, 'process-id'), String(process.ppid))
    expect(() => refuseIfBusy(folder)).toThrow(`Another rehearsal is running here (process ${process.ppid})`)
    writeFileSync(join(folder, 'process-id'), '2147483646')
    expect(() => refuseIfBusy(folder)).not.toThrow()
    leaveFolder(folder)
    expect(existsSync(join(folder, 'process-id'))).toBe(false)
  })

  it('tells by the state in it that something may be left running', async () => {
    await makeScratch(folder)
    expect(hasLeftovers(folder)).toBe(false)
    mkdirSync(stateOf(folder))
    expect(hasLeftovers(folder)).toBe(true)
  })

  it('has a port that nobody listens on', async () => {
    const first = await makeScratch(folder)
    const [host, port] = first.listen.split(':')
    const server = await listen(host!, Number(port))
    try {
      const second = await makeScratch(folder)
      expect(second.listen).not.toBe(first.listen)
    } finally {
      server?.close()
    }
  })
})

/** `null` when somebody else was faster, which does as well. */
function listen(host: string, port: number): Promise<Server | null> {
  const { promise, resolve } = Promise.withResolvers<Server | null>()
  const server = createServer()
  server.once('error', () => resolve(null))
  server.listen({ host, port }, () => resolve(server))
  return promise
}

/** A process that ended and was not yet waited for does not count. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

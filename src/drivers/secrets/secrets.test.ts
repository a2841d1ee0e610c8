import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SecretReference, SecretSource } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import { createSecrets } from './secrets.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'astern-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Time stands still until `pass` is called. */
function stoppedClock(): Clock & { readonly pass: () => void; readonly asked: number[] } {
  const sleepers = new Set<() => void>()
  const asked: number[] = []
  return {
    now: () => 0,
    monotonic: () => 0,
    sleep(ms, signal) {
      asked.push(ms)
      return new Promise((resolve, reject) => {
        sleepers.add(resolve)
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    },
    asked,
    pass() {
      for (const wake of sleepers) wake()
    },
  }
}

function resolve(source: SecretSource, clock: Clock = stoppedClock(), signal?: AbortSignal) {
  const secrets = createSecrets({ env: { PATH: process.env['PATH'], GREETING: 'hello' }, clock })
  return secrets.resolve({ name: 'KEY', source, onRollback: 'restore' }, signal)
}

const valueOf = async (source: SecretSource): Promise<string> => (await resolve(source)).reveal()
const exec = (...argv: string[]): SecretSource => ({ kind: 'exec', argv, cwd: folder })
const file = (content: string | Buffer): SecretSource => {
  writeFileSync(join(folder, 'secret'), content)
  return { kind: 'file', path: join(folder, 'secret') }
}
const envFile = (content: string): SecretSource => {
  writeFileSync(join(folder, '.env'), content)
  return { kind: 'env_file', path: join(folder, '.env') }
}

describe('a file', () => {
  it.each([
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['two\nlines\n\n', 'two\nlines\n'],
    [' spaces ', ' spaces '],
  ])('gives %j as %j', async (content, value) => expect(await valueOf(file(content))).toBe(value))

  it('is not seen when what came of it is shown', async () => {
    const secret = await resolve(file('hunter2'))
    expect(inspect({ secret }, { showHidden: true }) + JSON.stringify(secret)).not.toContain('hunter2')
  })

  it.each([
    ['nothing', '', 'it is empty'],
    ['a line feed alone', '\n', 'it is empty'],
    ['what is no UTF-8', Buffer.from([0xff, 0xfe]), 'it is no text in UTF-8'],
    ['a null character', 'hunter2\0', 'it holds a null character'],
    ['more than a process can be given', 'x'.repeat(140_000), 'it is longer than 131072 bytes'],
    ['more than a secret ever is', 'x'.repeat(1_100_000), 'it is larger than 1048576 bytes'],
  ])('with %s is refused', async (_, content, reason) => {
    const source = file(content)
    await expect(resolve(source)).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      details: { name: 'KEY', source: join(folder, 'secret'), reason },
    })
  })

  it('that does not exist, or is none, is refused', async () => {
    const missing: SecretSource = { kind: 'file', path: join(folder, 'no') }
    await expect(resolve(missing)).rejects.toMatchObject({ details: { reason: 'there is no such file' } })
    await expect(resolve({ kind: 'file', path: folder })).rejects.toMatchObject({
      details: { reason: 'it is no file' },
    })
    execFileSync('sh', ['-c', 'mkfifo pipe'], { cwd: folder })
    const pipe: SecretSource = { kind: 'file', path: join(folder, 'pipe') }
    await expect(resolve(pipe)).rejects.toMatchObject({ details: { reason: 'it is no file' } })
  })
})

describe('a line of a file of variables', () => {
  it('gives its value, which may be empty', async () => {
    expect(await valueOf(envFile(`A=1\nKEY="p#ss $x"\n`))).toBe('p#ss $x')
    expect(await valueOf(envFile('KEY=\n'))).toBe('')
  })

  it.each([
    ['A=1', 'it has no line KEY='],
    ['KEY="hunter2', 'line 1: the quote that KEY opens is never closed'],
  ])('is missed in %j', async (content, reason) => {
    await expect(resolve(envFile(content))).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE', details: { reason } })
  })
})

describe('a text of a compose file', () => {
  const template = (text: string, env: Record<string, string>, dotenv?: string) => {
    if (dotenv !== undefined) writeFileSync(join(folder, '.env'), dotenv)
    const source = { kind: 'template', text, variables: ['PW'], path: join(folder, '.env') } as const
    return createSecrets({ env, clock: stoppedClock() }).resolve({ name: 'DSN', source, onRollback: 'restore' })
  }
  it('is filled in as compose does it: the environment wins over the file, which need not be there', async () => {
    expect((await template('pg://u:${PW}@db', { PW: 'one' })).reveal()).toBe('pg://u:one@db')
    expect((await template('pg://u:${PW}@${DB:-db}', {}, 'PW=two')).reveal()).toBe('pg://u:two@db')
    expect((await template('pg://u:${PW}@db', { PW: 'one' }, 'PW=two')).reveal()).toBe('pg://u:one@db')
  })
  it('that cannot be filled in says what is missing, and where it was looked for', async () => {
    await expect(template('${PW:?}', {})).rejects.toThrow(
      `The secret DSN cannot be read from PW of the environment or ${join(folder, '.env')}: the variable PW is not set.`,
    )
  })
})

describe('a secret', () => {
  const asked = (source: SecretSource, more: Pick<SecretReference, 'as' | 'at'>) =>
    createSecrets({ env: {}, clock: stoppedClock() }).resolve({ name: 'KEY', source, onRollback: 'restore', ...more })

  it('that cannot be read is named with the place that asks for it', async () => {
    const source = { kind: 'file', path: join(folder, 'missing') } as const
    await expect(asked(source, { at: 'astern.yaml:14:7' })).rejects.toThrow(
      `The secret KEY cannot be read from ${source.path} (astern.yaml:14:7): there is no such file.`,
    )
  })

  it('may be longer as a file than an environment can hold', async () => {
    const long = file('x'.repeat(200_000))
    await expect(asked(long, {})).rejects.toThrow('longer than 131072 bytes')
    expect((await asked(long, { as: 'file' })).reveal()).toHaveLength(200_000)
  })
})

describe('a command', () => {
  it('gives what it prints, without the last line feed', async () => {
    expect(await valueOf(exec('printf', 'hunter2\n\n'))).toBe('hunter2\n')
  })

  it('runs without a shell, in its folder, with the environment it was given', async () => {
    expect(await valueOf(exec('echo', '$HOME; `id` *'))).toBe('$HOME; `id` *')
    expect(await valueOf(exec('pwd'))).toBe(folder)
    expect(await valueOf(exec('env'))).toMatch(/^(?!.*VITEST)[^]*GREETING=hello/)
  })

  it('may lie in its folder', async () => {
    writeFileSync(join(folder, 'get'), '#!/bin/sh\necho from $PWD\n')
    chmodSync(join(folder, 'get'), 0o755)
    expect(await valueOf(exec('./get'))).toBe(`from ${folder}`)
  })

  it.each([
    ['fails', ['sh', '-c', 'echo hunter2; echo hunter2 >&2; exit 3'], 'it ended with exit code 3'],
    ['is killed', ['sh', '-c', 'kill -TERM $$'], 'it was ended by SIGTERM'],
    ['does not exist', ['no-such-program-here'], 'there is no program no-such-program-here'],
    ['is no program', ['/tmp'], 'it does not start: EACCES'],
    ['prints nothing', ['true'], 'it is empty'],
    ['prints without end', ['yes', 'hunter2'], 'it printed more than 1048576 bytes'],
  ])('that %s is an error, which shows nothing it printed', async (_, argv, reason) => {
    const error: unknown = await resolve(exec(...argv)).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      details: { name: 'KEY', source: `the command ${argv.join(' ')} (in ${folder})`, reason },
    })
    // Its own words, which stand in astern.yaml, may hold the value in this test; what it printed may not add to them.
    expect(inspect(error, { depth: 9 }).replaceAll(argv.join(' '), '')).not.toContain('hunter2\n')
  })

  it('that takes too long is ended with its children', async () => {
    const clock = stoppedClock()
    const started = join(folder, 'started')
    const resolving = resolve(exec('sh', '-c', 'sleep 600 & echo $! > started; wait'), clock)
    const failure = resolving.catch((error: unknown) => error)
    const child = await pidIn(started)
    expect(clock.asked).toEqual([30_000])
    clock.pass()
    expect(await failure).toMatchObject({ details: { reason: 'it did not end within 30s' } })
    await vi.waitFor(() => expect(isAlive(child)).toBe(false))
  })

  it('is ended with its children when the operation is aborted', async () => {
    const started = join(folder, 'started')
    const controller = new AbortController()
    const resolving = resolve(
      exec('sh', '-c', 'sleep 600 & echo $! > started; wait'),
      stoppedClock(),
      controller.signal,
    )
    const reason = new Error('a rollback took over')
    const failure = resolving.catch((error: unknown) => error)
    const child = await pidIn(started)
    controller.abort(reason)
    expect(await failure).toBe(reason)
    await vi.waitFor(() => expect(isAlive(child)).toBe(false))
  })

  it('that leaves a child behind which holds its output does not wait for that', async () => {
    const clock = stoppedClock()
    const resolving = resolve(exec('sh', '-c', 'sleep 600 & echo $! > started'), clock)
    const failure = resolving.catch((error: unknown) => error)
    const child = await pidIn(join(folder, 'started'))
    clock.pass()
    expect(await failure).toMatchObject({ details: { reason: 'it did not end within 30s' } })
    await vi.waitFor(() => expect(isAlive(child)).toBe(false))
  })

  it('is not started at all when the operation was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(resolve(exec('touch', 'made'), stoppedClock(), signal)).rejects.toThrow('too late')
    expect(existsSync(join(folder, 'made'))).toBe(false)
  })
})

async function pidIn(path: string): Promise<number> {
  const { readFileSync } = await import('node:fs')
  return vi.waitFor(() => {
    const pid = Number(readFileSync(path, 'utf8'))
    if (!(pid > 0)) throw new Error('not yet')
    return pid
  })
}

/** A process that has ended but was not yet collected by its parent counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8', stdio: 'pipe' }))
  } catch {
    return false
  }
}

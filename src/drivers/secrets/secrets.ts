// Reads the values that secret references stand for, at the moment they are needed.
// Invariants: a value leaves only as a Secret; no error holds a value or any output of a command.
import { constants, existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseEnvFile } from '../../core/env-file.ts'
import { assertNever, fail, reasonOf } from '../../core/errors.ts'
import { interpolate } from '../../core/interpolate.ts'
import type { SecretSource } from '../../core/model.ts'
import { Secret } from '../../core/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { runCommand } from './run-command.ts'

const EXEC_TIMEOUT_MS = 30_000
/** Linux takes no longer `NAME=value` in the environment of a process. */
const MAX_VARIABLE_BYTES = 128 * 1024
const MAX_FILE_BYTES = 1024 * 1024

export type SecretsOptions = {
  /** The environment that commands run in. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export function createSecrets(options: SecretsOptions): Secrets {
  return {
    async resolve({ name, source, as, at }, signal) {
      signal?.throwIfAborted()
      try {
        return new Secret(checked(name, as === 'file', await valueOf(name, source, options, signal)))
      } catch (error) {
        signal?.throwIfAborted()
        const where = at === undefined ? '' : ` (${at})`
        throw fail('SECRET_UNAVAILABLE', { name, source: `${describe(source)}${where}`, reason: reasonOf(error) })
      }
    },
  }
}

async function valueOf(
  name: string,
  source: SecretSource,
  { env, clock }: SecretsOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  switch (source.kind) {
    case 'file':
      return whole(await readFile(source.path))
    case 'exec':
      return whole(
        textOf(await runCommand(source.argv, { cwd: source.cwd, env, timeoutMs: EXEC_TIMEOUT_MS, clock, signal })),
      )
    case 'env_file': {
      // Unlike a file of its own, a line may say that the value is empty.
      const value = lines(await readFile(source.path)).get(name)
      if (value === undefined) throw new Error(`it has no line ${name}=`)
      return value
    }
    case 'template':
      return filledIn(source.text, source.path, env)
    default:
      return assertNever(source)
  }
}

/** What the environment of a process, or a file, can hold. */
function checked(name: string, isFile: boolean, value: string): string {
  if (isFile) return value

  const bytes = Buffer.byteLength(`${name}=`) + Buffer.byteLength(value) + 1
  if (bytes > MAX_VARIABLE_BYTES) throw new Error(`it is longer than ${MAX_VARIABLE_BYTES} bytes`)
  if (value.includes('\0')) throw new Error('it holds a null character')
  return value
}

/** As compose fills it in: the environment wins over the file, which need not be there. */
async function filledIn(text: string, path: string, env: SecretsOptions['env']): Promise<string> {
  const dotenv = existsSync(path) ? lines(await readFile(path)) : new Map<string, string>()
  const result = interpolate(text, (name) => (Object.hasOwn(env, name) ? env[name] : undefined) ?? dotenv.get(name))
  if ('problem' in result) throw new Error(result.problem)
  return result.value.text
}

/** How a source is called in messages. Its words stand in astern.yaml and are no secret. */
function describe(source: SecretSource): string {
  if (source.kind === 'template') return `${source.variables.join(', ')} of the environment or ${source.path}`
  return source.kind === 'exec' ? `the command ${source.argv.join(' ')} (in ${source.cwd})` : source.path
}

/** Editors and `echo` end a file with a line feed that is no part of the value. */
function whole(text: string): string {
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new Error('it is empty')
  return value
}

function lines(text: string): ReadonlyMap<string, string> {
  const { entries, problems } = parseEnvFile(text)
  const [first] = problems
  if (first !== undefined) throw new Error(`line ${first.line}: ${first.message}`)
  return new Map(entries.map((entry) => [entry.name, entry.value]))
}

async function readFile(path: string): Promise<string> {
  // Without O_NONBLOCK a named pipe that nobody writes to would block for ever.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(
        error.code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${error.code ?? 'unknown'})`,
      )
    },
  )
  const stat = await file.stat()
  if (!stat.isFile()) throw new Error('it is no file')
  if (stat.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
  return textOf(await file.readFile())
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is no text in UTF-8')
  }
}

// The environment of a service as it is put together from its layers: compose file, env files, env, secrets. Later layers win.
// Invariant: a value from a file of variables stays in that file; only its name is kept.
import { parseEnvFile } from '../core/env-file.ts'
import type { EnvFileEntry } from '../core/env-file.ts'
import { reasonOf } from '../core/errors.ts'
import type { SecretReference } from '../core/model.ts'
import type { FileAccess } from './files.ts'
import type { Place, Problems } from './problems.ts'
import type { YamlDocument } from './yaml-document.ts'

export type Variable =
  | { readonly kind: 'plain'; readonly value: string }
  | { readonly kind: 'secret'; readonly reference: SecretReference }
export type Variables = Map<string, Variable>

type Context = { readonly files: FileAccess; readonly problems: Problems }

/** Text of a file; `null` when there is none (`missing` is called) or it cannot be read, which is reported. */
export function readOrReport(path: string, missing: () => void, { files, problems }: Context): string | null {
  try {
    const source = files.read(path)
    if (source === null) missing()
    return source
  } catch (error) {
    problems.inFile(problems.shown(path), null, [], `cannot be read: ${reasonOf(error)}`)
    return null
  }
}

/** The lines of a file of variables; malformed ones are reported. */
export function readVariables(path: string, missing: () => void, context: Context): readonly EnvFileEntry[] {
  const source = readOrReport(path, missing, context)
  if (source === null) return []
  const { entries, problems } = parseEnvFile(source)
  const file = context.problems.shown(path)
  for (const { line, column, message } of problems) context.problems.inFile(file, { line, column }, [], message)
  return entries
}

/** `at`: where the file is named. */
export function fromEnvFile(name: string, path: string, at: string): Variable {
  return { kind: 'secret', reference: { name, source: { kind: 'env_file', path }, onRollback: 'restore', at } }
}

export type EnvFileOptions = {
  /** Where it is named. */
  readonly place: Place
  readonly required: boolean
  /** Compose fills in variables within env files, Astern does not: say so where it makes a difference. */
  readonly fromCompose: boolean
}

/** Adds the names of a file of variables. A file that is missing or malformed is a problem. */
export function addEnvFile(variables: Variables, path: string, options: EnvFileOptions, context: Context): void {
  const { problems } = context
  const missing = (): void => {
    if (options.required) problems.at(options.place, `there is no file ${problems.shown(path)}`)
  }
  for (const { name, value, quote } of readVariables(path, missing, context)) {
    variables.set(name, fromEnvFile(name, path, problems.positionOf(options.place)))
    if (options.fromCompose && quote !== 'single' && /\$[A-Za-z_{]/.test(value)) {
      problems.note(
        options.place,
        `$ in the value of ${name} is taken as it is; compose would fill in a variable there`,
      )
    }
  }
}

/** Adds values as they were written: `1.10` stays `1.10`. */
export function addPlain(
  variables: Variables,
  values: Readonly<Record<string, unknown>>,
  place: Place & { readonly document: YamlDocument },
  problems: Problems,
): void {
  for (const [name, value] of Object.entries(values)) {
    const where = { document: place.document, path: [...place.path, name] }
    const text = place.document.text(where.path) ?? String(value)
    if (text.includes('\0')) problems.at(where, 'an environment variable cannot hold a null character')
    variables.set(name, { kind: 'plain', value: text })
  }
}

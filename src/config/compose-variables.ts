// `environment` and `env_file` of a compose file. What comes from a file of variables stays a reference to that file, and a text in which such a
// variable is filled in, or one of this process whose name sounds confidential, is filled in at each deploy and treated as a secret. Any other
// variable of this process becomes a plain value, which is said, since plain values are stored with each release.
import { resolve } from 'node:path'
import type { ComposeService } from './compose-file.ts'
import { CONFIDENTIAL } from '../core/confidential.ts'
import { templateOf } from './compose-container.ts'
import { placeOf } from './compose-service.ts'
import type { FileAccess } from './files.ts'
import type { Place, Problems } from './problems.ts'
import { addEnvFile, fromEnvFile } from './variables.ts'
import type { Variable, Variables } from './variables.ts'

/** `overridden` names what astern.yaml gives itself: no notes about those. */
export function composeVariables(
  service: ComposeService,
  overridden: ReadonlySet<string>,
  context: { readonly files: FileAccess; readonly problems: Problems },
): Variables {
  const variables: Variables = new Map()
  const { env_file: envFile, environment } = service.fields
  const files = envFile === undefined || envFile === null ? [] : typeof envFile === 'string' ? [envFile] : envFile
  for (const [index, file] of files.entries()) {
    const place = typeof envFile === 'string' ? placeOf(service, 'env_file') : placeOf(service, 'env_file', index)
    const { path, required = true } = typeof file === 'string' ? { path: file } : file
    addEnvFile(variables, resolve(service.folder, path), { place, required, fromCompose: true }, context)
  }
  const given = Array.isArray(environment)
    ? environment.map((line, index) => {
        const equals = line.indexOf('=')
        return equals === -1
          ? { name: line, value: null, key: index }
          : { name: line.slice(0, equals), value: line.slice(equals + 1), key: index }
      })
    : Object.entries(environment ?? {}).map(([name, value]) => ({ name, value, key: name }))
  for (const { name, value, key } of given) {
    addComposeVariable(
      variables,
      service,
      { name, value, place: placeOf(service, 'environment', key) },
      {
        problems: context.problems,
        quiet: overridden.has(name),
      },
    )
  }
  return variables
}

function secretFrom(
  service: ComposeService,
  name: string,
  text: string,
  variables: readonly string[],
  at: string,
): Variable {
  const source = templateOf(service, text, variables)
  return { kind: 'secret', reference: { name, source, onRollback: 'restore', at } }
}

type Given = { readonly name: string; readonly value: string | number | boolean | null; readonly place: Place }

function addComposeVariable(
  variables: Variables,
  service: ComposeService,
  { name, value, place }: Given,
  { problems, quiet }: { readonly problems: Problems; readonly quiet: boolean },
): void {
  const note = (reason: string): void => {
    if (!quiet) problems.note(place, reason)
  }
  const own = service.variable(name)
  const source = service.document.text(place.path) ?? ''
  const passedOn =
    value === null ||
    new RegExp(`^(?:${escape(name)}=)?\\$(?:${escape(name)}|\\{${escape(name)}(?:[:?-].*)?\\})$`, 's').test(source)
  if (passedOn && own.origin === 'env_file' && own.value !== '') {
    variables.set(name, fromEnvFile(name, service.dotenvPath, problems.positionOf(place)))
    return
  }
  if (value === null) {
    if (own.value === undefined) {
      note(`the variable ${name} is not set; it was left out`)
      return
    }
    if (CONFIDENTIAL.test(name)) {
      variables.set(name, secretFrom(service, name, `\${${name}}`, [name], problems.positionOf(place)))
      return
    }
    note(
      `its value is that of this process and is stored with each release; if it is confidential, name it under secrets in astern.yaml`,
    )
    variables.set(name, { kind: 'plain', value: own.value })
    return
  }
  const filledIn = service.variablesIn(place.path).filter((used) => service.variable(used).origin !== 'default')
  const isSecret = (used: string) => service.variable(used).origin === 'env_file' || CONFIDENTIAL.test(used)
  if (filledIn.length > 0 && (CONFIDENTIAL.test(name) || filledIn.some(isSecret))) {
    const text = typeof place.path.at(-1) === 'number' ? source.slice(source.indexOf('=') + 1) : source
    variables.set(name, secretFrom(service, name, text, filledIn, problems.positionOf(place)))
    return
  }
  if (filledIn.length > 0) {
    note(
      `${[...new Set(filledIn)].join(', ')} is filled in and stored with each release; if it is confidential, name ${name} under secrets in astern.yaml`,
    )
  }
  // As compose writes it: 1.10 is the number 1.1 there.
  variables.set(name, { kind: 'plain', value: String(value) })
}

function escape(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/g, String.raw`\$&`)
}

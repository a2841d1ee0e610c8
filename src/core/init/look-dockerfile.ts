// A Dockerfile that is there already: what it says of port and health.
import type { At, DockerfileProject, Found, Seen } from './seen.ts'
import { serviceName } from './seen.ts'
import { isPort, lineAt } from './source-text.ts'

const PORT = 8080

export type DockerfileSaid = {
  readonly port: Found<number> | null
  /** The path that HEALTHCHECK asks for, where it asks by HTTP. */
  readonly health: Found<string> | null
  /** What HEALTHCHECK runs: words, or a text for a shell; `null`: there is none. */
  readonly healthcheck: readonly string[] | string | null
  /** What the container runs; `null`: that is not said here. */
  readonly command: readonly string[] | string | null
  /** What the last stage begins with. */
  readonly base: string
}

/** Of the last stage: that is what runs. */
export function readDockerfile(file: string, text: string): DockerfileSaid {
  // A line that ends with a backslash goes on in the next one; lengths stay, so that lines can be told.
  const whole = text
    .replaceAll(/^[ \t]*#.*$/gm, (line) => ' '.repeat(line.length))
    .replaceAll(/\\[ \t]*\n/g, (end) => ' '.repeat(end.length))
  const last = Math.max(0, ...[...whole.matchAll(/^[ \t]*FROM\s/gim)].map(({ index }) => index))
  const at = (index: number): At => lineAt(file, text, index)
  const instructions = (name: string) =>
    [...whole.matchAll(new RegExp(String.raw`^[ \t]*${name}\s+(.*)$`, 'gim'))]
      .filter(({ index }) => index >= last)
      .map((match) => ({ words: match[1]!, at: at(match.index) }))
  const exposed = instructions('EXPOSE').flatMap(({ words, at }) =>
    words.split(/\s+/).flatMap((word) => {
      const port = Number(/^(\d+)(?:\/tcp)?$/i.exec(word)?.[1] ?? 0)
      return isPort(port) ? [{ value: port, at }] : []
    }),
  )
  const check = instructions('HEALTHCHECK').findLast(({ words }) => !/^NONE\b/i.test(words))
  const asked = /^(?:--\S+\s+)*CMD\s+(.*)$/i.exec(check?.words ?? '')?.[1]
  const [entrypoint, command] = ['ENTRYPOINT', 'CMD'].map((name) => {
    const said = instructions(name).at(-1)
    return said === undefined ? null : commandOf(said.words)
  })
  const path = /https?:\/\/[^/\s"']+(\/[\w\-.~/]*)/.exec(check?.words ?? '')?.[1]
  return {
    port: exposed[0] ?? null,
    health: check === undefined || path === undefined ? null : { value: path, at: check.at },
    healthcheck: asked === undefined ? null : commandOf(asked),
    command: together(entrypoint ?? null, command ?? null),
    base: /FROM\s+(?:--\S+\s+)*(\S+)/i.exec(whole.slice(last))?.[1] ?? '',
  }
}

function commandOf(text: string): readonly string[] | string {
  const plain = text.trim()
  if (!plain.startsWith('[')) return plain
  try {
    const words: unknown = JSON.parse(plain)
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  } catch {
    // then Docker takes it for a text as well
  }
  return plain
}

/** As Docker puts them together: an entrypoint for a shell leaves no room for a command. */
function together(
  entrypoint: readonly string[] | string | null,
  command: readonly string[] | string | null,
): readonly string[] | string | null {
  if (entrypoint === null || typeof entrypoint === 'string') return entrypoint ?? command
  return command === null ? entrypoint : typeof command === 'string' ? null : [...entrypoint, ...command]
}

/** A project of which nothing but its Dockerfile is understood; `null`: it has none. */
export function lookAtDockerfile(seen: Seen): DockerfileProject | null {
  const text = seen.texts.get('Dockerfile')
  if (text === undefined) return null
  const { port, health } = readDockerfile('Dockerfile', text)
  return {
    language: 'dockerfile',
    name: serviceName(seen.folder),
    framework: null,
    port: port ?? { value: PORT, at: null },
    portVariable: null,
    health,
    database: null,
    findings: [{ kind: 'language', value: 'Dockerfile', at: lineAt('Dockerfile', text, 0) }],
    notes: port === null ? [{ code: 'dockerfile_port', details: { port: PORT } }] : [],
  }
}

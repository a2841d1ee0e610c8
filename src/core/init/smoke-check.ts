// What `astern verify` does with an image that nobody has written checks for: it starts in a container, and has to answer.
import { askCommand } from './dockerfile.ts'
import { readDockerfile } from './look-dockerfile.ts'
import type { Project, Seen } from './seen.ts'

const TRIES = 30

export type SmokeChoices = { readonly port: number; readonly health: string | null }

/** As it is run in the image; `null`: it is not known how to start it or how to ask it, or there is no shell in it. */
export function smokeCheck(seen: Seen, project: Project, { port, health }: SmokeChoices): readonly string[] | null {
  const own = seen.texts.get('Dockerfile')
  if (own === undefined)
    return project.language === 'dockerfile' ? null : check(quoted(project.command), quoted(askCommand(port, health)))
  const { command, healthcheck, base } = readDockerfile('Dockerfile', own)
  if (command === null || /^scratch$|distroless/.test(base)) return null
  const ask =
    healthcheck ?? (/^(?:[\w.-]+\/)*(?:alpine|busybox)\b|-alpine\b/.test(base) ? askCommand(port, health) : null)
  return ask === null ? null : check(inShell(command), inShell(ask))
}

function check(start: string, ask: string): readonly string[] {
  const round = `${ask} && exit 0; kill -0 $app || exit 1; sleep 1`
  return ['sh', '-c', `${start} & app=$!; for try in $(seq ${TRIES}); do ${round}; done; exit 1`]
}

/** A command of a Dockerfile: words, or a text for the shell. */
function inShell(command: readonly string[] | string): string {
  return typeof command === 'string' ? `( ${command} )` : quoted(command)
}

function quoted(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ')
}

// The services of a compose file, as far as it takes to choose the one that a release is made of.
import { parse } from 'yaml'
import { isRecord } from './validate.ts'

export type ComposeCandidate = {
  readonly name: string
  readonly builds: boolean
  readonly image: string | null
  /** Ports in its container that it names. */
  readonly ports: readonly number[]
  readonly hasHealthcheck: boolean
}

/** None where it cannot be read: whoever loads it says why. */
export function composeCandidates(text: string): ComposeCandidate[] {
  let file: unknown
  try {
    file = parse(text, { merge: true, logLevel: 'silent' })
  } catch {
    return []
  }
  if (!isRecord(file) || !isRecord(file['services'])) return []
  return Object.entries(file['services']).flatMap(([name, service]): ComposeCandidate[] => {
    if (!isRecord(service)) return []
    const image = typeof service['image'] === 'string' ? service['image'] : null
    return [
      {
        name,
        builds: service['build'] !== undefined && service['build'] !== null,
        image,
        ports: [...portsIn(service['ports']), ...portsIn(service['expose'])],
        hasHealthcheck: isRecord(service['healthcheck']) && service['healthcheck']['disable'] !== true,
      },
    ]
  })
}

/** The one that is built here and takes requests; `null`: none is built here. */
export function chooseCandidate(candidates: readonly ComposeCandidate[], name: string): ComposeCandidate | null {
  const built = candidates.filter(({ builds }) => builds)
  return (
    built.find((candidate) => candidate.name === name) ??
    built.find(({ ports }) => ports.length > 0) ??
    built[0] ??
    null
  )
}

/** `8080`, `127.0.0.1:80:8080/tcp`, `{ target: 8080 }` */
function portsIn(value: unknown): number[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown) => {
    const text = isRecord(entry) ? entry['target'] : entry
    const port = Number(/(\d+)(?:\/\w+)?$/.exec(String(text))?.[1] ?? 0)
    return port > 0 ? [port] : []
  })
}

// Signals as they are to be asked. Invariant: exactly one source, and exactly one threshold that it can cross.
import type { Signal, SignalSource } from '../core/trial.ts'
import { DEFAULTS } from './defaults.ts'
import type { Path, Place } from './problems.ts'
import { NAME_PATTERN } from './schema-fields.ts'
import type { SignalConfig, SignalsConfig } from './schema-signals.ts'
import type { ServiceContext } from './service-context.ts'
import { msOf } from './standby.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
type At = (...rest: Path) => DocumentPlace
/** `words`: as they were written. */
type Given = ServiceContext & {
  readonly words: (words: NonNullable<SignalConfig['command']>, place: DocumentPlace) => string[]
}

const SOURCES = ['prometheus', 'http', 'command'] as const
const MAX_SIGNALS = 50
/** Of `http` and `command`: 0 is fine. */
const FINE = 0

export function signalsOf(config: SignalsConfig | undefined, place: DocumentPlace, context: Given): Signal[] {
  const entries = Object.entries(config ?? {})
  if (entries.length > MAX_SIGNALS) {
    context.problems.atKey(place, `expected ${MAX_SIGNALS} signals at most, got ${entries.length}`)
  }
  return entries.flatMap(([name, signal]) => {
    const at: At = (...rest) => ({ ...place, path: [...place.path, name, ...rest] })
    if (!NAME_PATTERN.test(name)) {
      context.problems.atKey(at(), 'expected a name of lower-case letters, digits and dashes, 40 at most')
    }
    return signalOf(name, signal, at, context)
  })
}

function signalOf(name: string, config: SignalConfig, at: At, context: Given): Signal[] {
  const { problems } = context
  const given = (key: keyof SignalConfig) => context.document.has(at(key).path)
  const sources = SOURCES.filter(given)
  const [kind] = sources
  if (kind === undefined || sources.length > 1) {
    const expected = kind === undefined ? 'prometheus, http or command' : `one of ${sources.join(' and ')}`
    problems.atKey(at(), `expected ${expected}`)
    return []
  }
  if (kind === 'prometheus' && !given('query')) {
    problems.missing(at('query'), 'is missing; it is what Prometheus is asked')
  }
  if (kind !== 'prometheus' && given('query')) problems.atKey(at('query'), 'only prometheus has a query')
  const crossed = crossedOf(kind, config, given, at, context)
  const source = sourceOf(config, at, context)
  if (source === null || crossed === null) return []
  return [
    {
      name,
      source,
      ...crossed,
      forMs: config.for ?? msOf(DEFAULTS.signals.for),
      everyMs: config.every ?? msOf(DEFAULTS.signals.every),
      timeoutMs: config.timeout ?? msOf(DEFAULTS.signals.timeout),
    },
  ]
}

/** `null`: what is wrong was reported. */
function crossedOf(
  kind: SignalSource['kind'],
  { above, below }: SignalConfig,
  given: (key: 'above' | 'below') => boolean,
  at: At,
  { problems }: Given,
): Pick<Signal, 'when' | 'threshold'> | null {
  if (given('above') && given('below')) {
    problems.atKey(at('below'), 'expected either above or below, not both')
    return null
  }
  if (kind === 'http' && (below !== undefined || (above !== undefined && (above < 0 || above >= 1)))) {
    const place = at(below === undefined ? 'above' : 'below')
    problems.at(place, 'http is 0 when all is well and 1 when not; expected above: 0, or nothing')
    return null
  }
  if (above !== undefined) return { when: 'above', threshold: above }
  if (below !== undefined) return { when: 'below', threshold: below }
  if (given('above') || given('below')) return null
  if (kind !== 'prometheus') return { when: 'above', threshold: FINE }
  problems.atKey(at(), 'expected a threshold: above or below')
  return null
}

/** `null`: what is wrong was reported. */
function sourceOf(config: SignalConfig, at: At, context: Given): SignalSource | null {
  const { prometheus, query, http, command } = config
  if (prometheus !== undefined && query !== undefined) return { kind: 'prometheus', url: prometheus, query }
  if (http !== undefined) return { kind: 'http', url: http }
  if (command === undefined) return null
  const argv = context.words(command, at('command'))
  if (argv[0] === '' || argv[0]?.startsWith('-') === true) {
    context.problems.at(at('command', 0), 'expected the name of a program')
  }
  return { kind: 'command', argv, cwd: context.folder }
}

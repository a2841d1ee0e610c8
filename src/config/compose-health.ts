// Healthchecks of compose files run in the container, Astern's from outside it. One that asks a URL on localhost means the same
// from outside; of any other only its timing could be kept, so it is left to the engine and noted.
import { parseDuration } from '../core/duration.ts'
import type { Health, HealthTiming } from '../core/model.ts'
import type { ComposeService } from './compose-file.ts'
import type { Place, Problems } from './problems.ts'
import { HTTP_PATH_PATTERN, MAX_CHECKS } from './schema.ts'
import { splitWords } from './shell-words.ts'
import { shown } from './validate.ts'

/** What the engine assumes where a healthcheck says nothing. */
const ENGINE_INTERVAL_MS = 30_000
const ENGINE_RETRIES = 3

const LOCAL_URL = /^(?:(https?):\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))?(\/.*)?$/

/** `null`: decided at deploy. `port` is where the service listens in its container. */
export function composeHealth(
  service: ComposeService,
  port: number,
  defaults: HealthTiming,
  problems: Problems,
): Health | null {
  const { healthcheck } = service.fields
  if (healthcheck === undefined || healthcheck === null) return null
  const place = { document: service.document, path: [...service.path, 'healthcheck'] }
  const timing = timingOf(healthcheck, place, defaults, problems)
  const test = healthcheck.test
  const disabled = healthcheck.disable === true || healthcheck.disable === 'true'
  if (disabled || test === 'NONE' || (Array.isArray(test) && test[0] === 'NONE')) return { ...timing, kind: 'tcp' }
  if (test === undefined) return null
  const found = pathAskedFor(test, port)
  if ('value' in found) return { ...timing, kind: 'http', path: found.value }
  problems.note(
    { document: service.document, path: [...place.path, 'test'] },
    `not taken: ${found.problem}; the image's HEALTHCHECK is asked if it has one, else a TCP connect. Or set health in astern.yaml`,
  )
  return null
}

function pathAskedFor(test: string | readonly string[], port: number): { value: string } | { problem: string } {
  const words = wordsOf(test)
  if (words === null) return { problem: 'it needs a shell' }
  const [program = '', ...rest] = words
  const name = program.slice(program.lastIndexOf('/') + 1)
  if (name !== 'curl' && name !== 'wget') return { problem: `${name === '' ? 'it' : name} runs in the container only` }
  const urls = rest.flatMap((word) => {
    const match = LOCAL_URL.exec(word)
    return match === null ? [] : [match]
  })
  const [url] = urls
  if (url === undefined || urls.length > 1)
    return { problem: 'it asks for something else than one address on localhost' }
  if (url[1] === 'https') return { problem: 'it speaks TLS' }
  if (rest.some((word) => /^(-H|--header|-X|--request|-d|--data|--post-data|-u|--user)/.test(word))) {
    return { problem: 'it sends more than a plain GET' }
  }
  const asked = Number(url[2] ?? 80)
  if (asked !== port) return { problem: `it asks port ${asked}, and the service listens on ${port}` }
  const path = (url[3] ?? '/').replace(/#.*$/, '')
  return HTTP_PATH_PATTERN.test(path) ? { value: path } : { problem: `its path holds characters that are not taken` }
}

/** The words of the one command that is run; a trailing `|| exit 1` only turns its result into 1. */
function wordsOf(test: string | readonly string[]): readonly string[] | null {
  if (typeof test !== 'string' && test[0] === 'CMD') return test.slice(1)
  const line = typeof test === 'string' ? test : test[0] === 'CMD-SHELL' ? (test[1] ?? '') : ''
  const bare = line
    .replace(/\s*\|\|\s*(?:exit\s+1|false|kill\s[^|;&]*)\s*;?\s*$/, '')
    .replaceAll(/\s[12]?&?>\s*(?:\/dev\/null|&[12])/g, '')
  const parsed = splitWords(bare)
  return 'problem' in parsed ? null : parsed.value
}

/**
 * The engine calls a container unhealthy after `start_period` and `retries` failed checks, one each `interval`: Astern waits as
 * long for a new replica. It asks more often, though, since it asks from outside, where that costs little.
 */
function timingOf(
  healthcheck: NonNullable<ComposeService['fields']['healthcheck']>,
  place: Place,
  defaults: HealthTiming,
  problems: Problems,
): HealthTiming {
  const read = (key: 'interval' | 'timeout' | 'start_period'): number | null => {
    const text = healthcheck[key]
    if (text === undefined) return null
    const ms = parseDuration(text)
    if (ms === null) {
      const where = { document: place.document, path: [...place.path, key] }
      problems.at(where, `expected a length of time as in 30s, got ${shown(text)}`)
    }
    // Zero is how the engine is told to use its own default.
    return ms === 0 ? null : ms
  }
  const intervalMs = read('interval')
  const timeoutMs = read('timeout')
  const startPeriodMs = read('start_period')
  const retries = healthcheck.retries === undefined ? null : Number(healthcheck.retries)
  if (retries !== null && !(Number.isInteger(retries) && retries >= 0 && retries <= MAX_CHECKS)) {
    const where = { document: place.document, path: [...place.path, 'retries'] }
    problems.at(where, `expected an integer from 0 to ${MAX_CHECKS}, got ${shown(healthcheck.retries)}`)
  }
  const said = intervalMs !== null || startPeriodMs !== null || retries !== null
  const patienceMs = (startPeriodMs ?? 0) + (intervalMs ?? ENGINE_INTERVAL_MS) * (retries ?? ENGINE_RETRIES)
  if (intervalMs !== null && intervalMs !== defaults.intervalMs) {
    const where = { document: place.document, path: [...place.path, 'interval'] }
    problems.note(
      where,
      'not taken as it is: Astern asks from outside, twice a second; set health in astern.yaml to change that',
    )
  }
  return {
    ...defaults,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    fall: retries === null || retries === 0 ? defaults.fall : retries,
    startPeriodMs: said ? patienceMs : defaults.startPeriodMs,
  }
}

// What Docker's command line means by what it says last. Its texts have no codes; those that matter here are told apart by their words.
import { type AsternError, fail } from '../../core/errors.ts'

const FULL = /no space left on device|disk quota exceeded/i
const ENGINE_AWAY = /cannot connect to the docker daemon|is the docker daemon running|error during connect/i
const ENGINE_FORBIDDEN = /permission denied while trying to connect/i
const DENIED =
  /\bunauthorized\b|authentication required|no basic auth credentials|\bdenied\b|insufficient_scope|incorrect username or password|token (?:has )?expired/i
const MISSING = /does not exist locally|no such image|tag does not exist/i
/** Frames of a builder's report, and what Docker adds to everything. */
const NOISE = /^(?:-{3,}|[>\s#]*$|\d+ \| |DEPRECATED: |\s+(?:Install|environment)|View build details|Run 'docker )/

/** `what`: where the engine would be found, for its error. */
export function buildFailure(image: string, endpoint: string, lines: readonly string[]): AsternError {
  const common = engineFailure(endpoint, lines)
  if (common !== null) return common
  if (lines.some((line) => FULL.test(line))) return fail('DISK_FULL', { path: image })
  return fail('BUILD_FAILED', { image, reason: lastWords(lines) })
}

export function pushFailure(image: string, endpoint: string, lines: readonly string[]): AsternError {
  const common = engineFailure(endpoint, lines)
  if (common !== null) return common
  const reason = lastWords(lines)
  if (lines.some((line) => MISSING.test(line))) return fail('IMAGE_NOT_FOUND', { image, reason })
  if (lines.some((line) => DENIED.test(line))) {
    return fail('REGISTRY_DENIED', { registry: image.split('/')[0] ?? image, what: `push ${image}`, reason })
  }
  return fail('IMAGE_NOT_PUSHED', { image, reason })
}

/** The engine does not answer, or not to us; `null`: it did. */
export function engineFailure(endpoint: string, lines: readonly string[]): AsternError | null {
  if (lines.some((line) => ENGINE_FORBIDDEN.test(line))) return fail('ENGINE_PERMISSION', { endpoint })
  const away = lines.find((line) => ENGINE_AWAY.test(line))
  return away === undefined ? null : fail('ENGINE_UNAVAILABLE', { endpoint, reason: away })
}

export function lastWords(lines: readonly string[]): string {
  const telling = lines.filter((line) => !NOISE.test(line))
  const error = telling.findLast((line) => /^error:/i.test(line)) ?? telling.at(-1)
  return (error ?? 'docker says nothing').replace(/^error:\s*/i, '').trim()
}

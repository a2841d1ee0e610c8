// Verifies an image: runs the checks of an environment against that very image, by its ID, and keeps the newest result.
import type { Check } from '../core/checks.ts'
import { type AsternError, fail, isAsternError } from '../core/errors.ts'
import type { Definition, ImageFacts, Release } from '../core/model.ts'
import type { BuiltTag } from '../store/tags.ts'
import { servingNow } from './answered.ts'
import type { App, Asked } from './app.ts'
import { runCheck, type Subject } from './check-run.ts'
import { defaultTag } from './default-tag.ts'
import { findImage, type OpenSecrets, draftRelease, readSecrets } from './prepare.ts'
import { imageOfRelease } from './promotion.ts'
import { findRelease } from './releases.ts'
import { named } from './see.ts'
import { type Detail, unleased, type Unleased } from './unleased.ts'

export type VerifyAsked = Asked & {
  /** A release, or a tag or digest that need not have been deployed; `null`: what was built here last. */
  readonly what: string | null
}

export type CheckResult = {
  readonly name: string
  readonly outcome: 'passed' | 'failed'
  readonly reason: string | null
  readonly lines: readonly string[]
  readonly durationMs: number
  readonly log: string
}

export type Verified = {
  readonly image: ImageFacts
  /** `null`: it was never deployed here, or was not named as a release. */
  readonly release: Release | null
  readonly checks: readonly CheckResult[]
  readonly folder: string
  readonly warnings: readonly string[]
}

export type VerifyAnswer = { readonly transactionId: string; readonly durationMs: number; readonly result: Verified }

/** `null`: all have passed. */
export function failureOf(
  definition: Definition,
  { image, checks, folder }: Pick<Verified, 'image' | 'checks' | 'folder'>,
): AsternError | null {
  const failed = checks.filter(({ outcome }) => outcome === 'failed')
  if (failed.length === 0) return null
  const problems = failed
    .flatMap(({ name, reason, lines }) => [`\n  ${name}: ${reason}`, ...lines.map((line) => `\n    ${line}`)])
    .join('')
  return fail('CHECK_FAILED', { image: image.reference, environment: definition.environment, problems, logs: folder })
}

/**
 * A check that fails is a result, and told in the answer; what keeps checks from being run is thrown, and leaves the former result. Errors:
 * CHECKS_MISSING, TAG_NEEDED, RELEASE_UNKNOWN, COMPOSE_MISSING, INTERRUPTED, those of the image, of secrets and of the engine.
 */
export async function verify(app: App, definition: Definition, asked: VerifyAsked): Promise<VerifyAnswer> {
  const { service, environment, checks = [] } = definition
  if (checks.length === 0) throw fail('CHECKS_MISSING', { service, environment })
  const meant = whatIsMeant(app, definition, asked.what)
  try {
    const work = (operation: Unleased) => runAll(app, operation, definition, meant, asked)
    return await unleased(app, definition, 'verify', asked, work, (result) => endOf(definition, result))
  } catch (error) {
    if (isAsternError(error, 'INTERRUPTED')) throw fail('INTERRUPTED', { serving: servingNow(app, definition) }, error)
    throw error
  }
}

async function runAll(
  app: App,
  operation: Unleased,
  definition: Definition,
  meant: Meant,
  asked: VerifyAsked,
): Promise<Verified> {
  const { store } = app
  const { service, environment, transactionId } = operation
  const { release } = meant
  const { checks: wanted = [] } = definition
  const project = wanted.find(({ action }) => action.kind === 'compose')
  const missing = project === undefined ? null : await (await app.compose()).missing()
  if (missing !== null) throw fail('COMPOSE_MISSING', { check: project!.name, reason: missing })
  if (release !== null) store.transaction(() => operation.setRelease(release.number))
  const image = await operation.step(
    'pull',
    { asked: meant.name },
    () => imageOf(app, definition, meant, operation.signal),
    ({ reference, digest }) => ({ image: reference, digest }),
  )
  const folder = store.checkLogs.begin(transactionId)
  const subject = await subjectOf(app, operation, definition, image, folder, asked)
  const checks: CheckResult[] = []
  const warnings: string[] = []
  for (const check of wanted) checks.push(await runOne(app, operation, subject, image, check, warnings))
  const outcome = checks.some((one) => one.outcome === 'failed') ? 'failed' : 'passed'
  const { configDigest } = image
  const at = app.clock.now()
  store.transaction(() =>
    store.verifications.record({ service, environment, configDigest, outcome, at, transactionId }),
  )
  return { image, release, checks, folder, warnings }
}

function endOf(definition: Definition, result: Verified): { outcome?: 'failed'; detail: Detail } {
  const error = failureOf(definition, result)
  const { reference: image, digest } = result.image
  if (error === null) return { detail: { image, digest } }
  return { outcome: 'failed', detail: { image, digest, code: error.code, reason: error.message } }
}

/** What is to be verified, by whatever name, and the image ID that it has to have; `null`: what it turns out to have. */
type Meant = {
  readonly name: string
  readonly release: Release | null
  readonly built: BuiltTag | null
}

/** A release comes before a tag: `v1.2.0` is the release of that version, whatever the tag means by now. */
function whatIsMeant(app: App, definition: Definition, what: string | null): Meant {
  const builtAs = (tag: string) => app.store.tags.get(definition.image, tag)
  if (what === null) {
    const tag = defaultTag(app, definition)
    return { name: tag, release: null, built: builtAs(tag) }
  }
  const release = /^r\d+$/.test(what) ? findRelease(app, definition, what) : (named(app, definition, what)[0] ?? null)
  return { name: what, release, built: builtAs(what) }
}

async function imageOf(app: App, definition: Definition, meant: Meant, signal: AbortSignal): Promise<ImageFacts> {
  const { name, release, built } = meant
  if (release !== null) return (await imageOfRelease(app, release, true, signal))!
  if (built === null) return (await findImage(app, definition, name, true, signal))!
  const { configDigest, repository } = built
  const reference = `${repository}:${name}`
  const runtime = await app.runtime()
  const here = await runtime.image(configDigest, { pull: false, signal })
  if (here !== null) return { ...here, reference, digest: built.digest ?? configDigest }
  if (built.digest === null)
    throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'it was built here, never pushed, and is gone' })
  const pulled = await runtime.image(`${repository}@${built.digest}`, { pull: true, signal })
  if (pulled?.configDigest === configDigest) return { ...pulled, reference }
  throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'the registry has another image in its place' })
}

/** As a deploy would begin, as far as a command in the image needs it. */
async function subjectOf(
  app: App,
  operation: Unleased,
  definition: Definition,
  image: ImageFacts,
  folder: string,
  { onOutput = () => {} }: Asked,
): Promise<Subject> {
  const { transactionId, signal } = operation
  let secrets: OpenSecrets = { versions: [], sealed: {} }
  if (definition.checks?.some(({ action }) => action.kind === 'run') === true) {
    await (await app.runtime()).ensureNetwork()
    secrets = await readSecrets(app, definition, signal)
  }
  const { release, sealed } = draftRelease(app, definition, image, secrets)
  return { definition, release, sealed, transactionId, folder, onOutput, signal }
}

/** A check that fails has a failed step; the others are run all the same, so that all is known at once. */
async function runOne(
  app: App,
  operation: Unleased,
  subject: Subject,
  image: ImageFacts,
  check: Check,
  warnings: string[],
): Promise<CheckResult> {
  const { name, action } = check
  const from = app.clock.monotonic()
  const result = (outcome: CheckResult['outcome'], { problem, lines, log }: Awaited<ReturnType<typeof runCheck>>) => ({
    name,
    outcome,
    reason: problem,
    lines: problem === null ? [] : lines,
    durationMs: app.clock.monotonic() - from,
    log,
  })
  let failed: CheckResult | null = null
  try {
    return await operation.step(`check:${name}`, { kind: action.kind }, async () => {
      const end = await runCheck(app, subject, check)
      if (end.left !== null) warnings.push(`${name}: ${end.left}`)
      if (end.problem === null) return result('passed', end)
      failed = result('failed', end)
      throw failureOf(subject.definition, { image, checks: [{ ...failed, lines: [] }], folder: subject.folder })!
    })
  } catch (error) {
    if (failed !== null) return failed
    throw error
  }
}

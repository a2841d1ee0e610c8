// How the releases of a service are tried in an environment: what the service says, and what the environment says anew.
// Invariants: shares of steps grow and stay below the whole; what is said nowhere is as in defaults.ts.
import { formatDuration } from '../core/duration.ts'
import { formatShare, parseShare } from '../core/share.ts'
import { WHOLE_SHARE } from '../core/trial.ts'
import type { CanaryStep, FailureRule, Signal, TrialPolicy, VerdictSettings } from '../core/trial.ts'
import { DEFAULTS } from './defaults.ts'
import type { Path, Place, Problems } from './problems.ts'
import type { EnvironmentConfig, ServiceConfig } from './schema.ts'
import type { CanaryConfig, FailureConfig, StepsConfig } from './schema-trial.ts'
import { msOf } from './standby.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
type At = (...rest: Path) => DocumentPlace
type Said = Pick<ServiceConfig, 'canary' | 'bake' | 'verdict'> & Pick<EnvironmentConfig, 'autopilot' | 'preview_from'>

/** One place that says something of trials. */
export type TrialLayer = {
  readonly said: Said
  readonly at: At
  /** False where it is said of several services at once. */
  readonly own: boolean
}

/** What a service says of its trials, wherever it runs. */
export type ServiceTrial = {
  readonly layer: TrialLayer
  readonly failure: FailureRule
  readonly signals: readonly Signal[]
}

const MAX_STEPS = 20
const LEAST_AT_MOST_MS = 10_000
const NO_REQUESTS = 'expected off: a service without a port gets no requests that could be shared'

type Canary = Pick<TrialPolicy, 'steps' | 'leastRequests' | 'shield' | 'sticky'>
type Bake = TrialPolicy['bake']

/** `web`: whether it gets requests. `layers` from the general to the specific. */
export function trialOf(
  { layer, failure, signals }: ServiceTrial,
  layers: readonly TrialLayer[],
  web: boolean,
  problems: Problems,
): TrialPolicy {
  const all = [layer, ...layers]
  const canary = all.reduce((below, each) => canaryOver(below, each, problems), DEFAULT_CANARY)
  const bake = all.reduce<Bake>((below, each) => bakeOver(below, each, problems), DEFAULT_BAKE)
  if (!web) {
    for (const { said, at, own } of all) {
      if (own && said.canary !== undefined && said.canary !== 'off') problems.atKey(at('canary'), NO_REQUESTS)
    }
  }
  return {
    ...canary,
    steps: web ? canary.steps : [],
    failure,
    bake: bake === null || web ? bake : { ...bake, holdback: 0 },
    verdict: all.reduce((below, { said }) => verdictOver(below, said.verdict), DEFAULT_VERDICT),
    signals,
    autopilot: all.findLast(({ said }) => said.autopilot !== undefined)?.said.autopilot ?? DEFAULTS.autopilot,
    previewFrom: previewOf(all, problems),
  }
}

function canaryOver(below: Canary, { said: { canary: said }, at }: TrialLayer, problems: Problems): Canary {
  if (said === undefined) return below
  if (said === 'off') return { ...below, steps: [] }
  if (isList(said)) return { ...below, steps: stepsOf(said, (...rest) => at('canary', ...rest), problems) }
  const given = at('canary', 'steps')
  if (below.steps.length === 0 && !given.document.has(given.path)) {
    problems.missing(given, 'is missing, and elsewhere canary is off; expected steps as in [1% 30s, 5% 1m]')
  }
  return {
    steps:
      said.steps === undefined
        ? below.steps
        : stepsOf(said.steps, (...rest) => at('canary', 'steps', ...rest), problems),
    leastRequests: said.requests ?? below.leastRequests,
    shield: said.shield ?? below.shield,
    sticky: stickyOver(below.sticky, said, at, problems),
  }
}

function isList(said: Exclude<CanaryConfig, 'off'>): said is StepsConfig {
  return Array.isArray(said)
}

function stickyOver(
  below: TrialPolicy['sticky'],
  { sticky: said }: Extract<CanaryConfig, { sticky?: unknown }>,
  at: At,
  problems: Problems,
): TrialPolicy['sticky'] {
  if (said === undefined) return below
  if (said === 'off') return null
  const place = at('canary', 'sticky')
  const given = (['cookie', 'header'] as const).filter((key) => place.document.has([...place.path, key]))
  if (given.length !== 1) {
    problems.atKey(place, `expected ${given.length === 0 ? 'cookie or header' : 'either cookie or header, not both'}`)
  }
  if (said.cookie !== undefined) return { kind: 'cookie', name: said.cookie }
  return said.header === undefined ? below : { kind: 'header', name: said.header }
}

/** Reports what is wrong with steps as a whole. The `100%` at the end goes without saying. */
function stepsOf(said: StepsConfig, at: At, problems: Problems): CanaryStep[] {
  const written = said.at(-1)?.for === null ? said.slice(0, -1) : said
  if (written.length === 0) problems.at(at(), 'expected a step below 100%, as in 1% 30s, or canary: off')
  if (written.length > MAX_STEPS) problems.at(at(), `expected ${MAX_STEPS} steps at most, got ${written.length}`)
  return written.flatMap((step, index): CanaryStep[] => {
    if (step.for === null) {
      problems.at(at(index), 'nothing comes after 100%; expected it at the end, or not at all')
      return []
    }
    const before = written[index - 1]
    if (before !== undefined && before.share < WHOLE_SHARE && step.share <= before.share) {
      const shares = `above the ${formatShare(before.share)} of the step before, got ${formatShare(step.share)}`
      problems.at(at(index), `expected a share ${shares}`)
    }
    if (step.at_most !== undefined && step.at_most < step.for) {
      const length = `of ${formatDuration(step.for)} at least, as long as for, got ${formatDuration(step.at_most)}`
      problems.at(at(index, 'at_most'), `expected a length of time ${length}`)
    }
    return [canaryStep(step.share, step.for, step)]
  })
}

function canaryStep(
  share: number,
  forMs: number,
  more: Pick<StepsConfig[number], 'at_most' | 'gate'> = {},
): CanaryStep {
  const atMostMs = more.at_most ?? Math.max(2 * forMs, LEAST_AT_MOST_MS)
  return { share, forMs, atMostMs, manual: more.gate === 'manual' }
}

function bakeOver(below: Bake, { said: { bake: said }, at }: TrialLayer, problems: Problems): Bake {
  if (said === undefined) return below
  if (said === 'off') return null
  const { for: forMs, holdback } = typeof said === 'number' ? { for: said } : said
  const given = at('bake', 'for')
  if (below === null && typeof said !== 'number' && !given.document.has(given.path)) {
    problems.missing(given, 'is missing, and elsewhere bake is off; expected a length of time as in 15m')
  }
  const { forMs: before, holdback: heldBefore } = below ?? DEFAULT_BAKE
  return { forMs: forMs ?? before, holdback: holdback ?? heldBefore }
}

function verdictOver(below: VerdictSettings, said: Said['verdict']): VerdictSettings {
  if (said === undefined) return below
  const { alpha, error_rate: errorRate, latency, memory, undecided } = said
  return {
    alpha: alpha ?? below.alpha,
    errorRate: errorRate === undefined ? below.errorRate : errorRate / WHOLE_SHARE,
    latency: latency === undefined ? below.latency : latency === 'off' ? null : latencyOver(below.latency, latency),
    memory: memory ?? below.memory,
    undecided: undecided ?? below.undecided,
  }
}

function latencyOver(
  below: VerdictSettings['latency'],
  { shift, at_least: atLeastMs }: { readonly shift?: number | undefined; readonly at_least?: number | undefined },
): VerdictSettings['latency'] {
  const before = below ?? DEFAULT_LATENCY
  return { shift: shift === undefined ? before.shift : shift / WHOLE_SHARE, atLeastMs: atLeastMs ?? before.atLeastMs }
}

function previewOf(layers: readonly TrialLayer[], problems: Problems): readonly string[] {
  const layer = layers.findLast(({ said }) => said.preview_from !== undefined)
  const networks: readonly string[] = layer?.said.preview_from ?? DEFAULTS.previewFrom
  for (const [index, network] of networks.entries()) {
    if (layer === undefined || networks.indexOf(network) === index) continue
    problems.at(layer.at('preview_from', index), `${network} is named twice`)
  }
  return networks
}

export function failureOf(config: FailureConfig | undefined, place: DocumentPlace, problems: Problems): FailureRule {
  const statuses = config?.statuses ?? []
  for (const [index, status] of statuses.entries()) {
    if (statuses.indexOf(status) === index) continue
    problems.at({ ...place, path: [...place.path, 'statuses', index] }, `${status} is named twice`)
  }
  return { header: config?.header ?? null, statuses, grpc: config?.grpc ?? DEFAULTS.failure.grpc }
}

/** Of a text that this program itself says. */
function shareOf(text: string): number {
  const share = parseShare(text)
  if (share === null) throw new Error(`no percentage: ${text}`)
  return share
}

const DEFAULT_CANARY: Canary = {
  steps: DEFAULTS.canary.steps.map((text) => {
    const [share = '', time = ''] = text.split(' ')
    return canaryStep(shareOf(share), msOf(time))
  }),
  leastRequests: DEFAULTS.canary.requests,
  shield: DEFAULTS.canary.shield,
  sticky: null,
}
const DEFAULT_BAKE = { forMs: msOf(DEFAULTS.bake.for), holdback: shareOf(DEFAULTS.bake.holdback) }
const DEFAULT_LATENCY = {
  shift: shareOf(DEFAULTS.verdict.latency.shift) / WHOLE_SHARE,
  atLeastMs: msOf(DEFAULTS.verdict.latency.at_least),
}
const DEFAULT_VERDICT: VerdictSettings = {
  alpha: DEFAULTS.verdict.alpha,
  errorRate: shareOf(DEFAULTS.verdict.error_rate) / WHOLE_SHARE,
  latency: DEFAULT_LATENCY,
  memory: DEFAULTS.verdict.memory,
  undecided: DEFAULTS.verdict.undecided,
}

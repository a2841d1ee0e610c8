// `astern show RELEASE|TX`: a release with all that it is made of and where it is, or an operation with its steps.
import { containerLines } from '../core/container-options.ts'
import { fail } from '../core/errors.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import type { Counts } from '../core/plan-scale.ts'
import type { App } from '../operations/app.ts'
import {
  endOf,
  findOperations,
  isRunning,
  operationEntry,
  operationsWith,
  planOf,
  stepsOf,
  type StepEntry,
} from '../operations/history.ts'
import { type Copies, copiesOf } from '../operations/copies.ts'
import { gitView, wayBackOf } from '../operations/git-follows.ts'
import { outageOf } from '../operations/outage.ts'
import { findRelease, releaseEntry } from '../operations/releases.ts'
import { lookAtTraffic, type ReplicaView, replicasOf } from '../operations/status.ts'
import type { Operation } from '../store/operations.ts'
import type { Arguments } from './command.ts'
import { configForMachines } from './config-json.ts'
import type { Context } from './context.ts'
import { describe, settings } from './describe.ts'
import {
  formatAge,
  formatChanges,
  formatCounts,
  formatDuration,
  formatRelease,
  formatStrategy,
  formatTime,
  labelled,
  labelledLines,
  settingLabel,
  table,
  visible,
} from './format.ts'
import { gitLines } from './git-lines.ts'
import { operationRow, outcomeOf } from './log.ts'
import { paint } from './paint.ts'
import { titleOf } from './progress.ts'
import { pinnedNote, verifiedIn } from './releases.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

/** Operations that are shown with a release. */
const HISTORY_LIMIT = 20

export async function run(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const name = args.positionals[0]!
  if (name.startsWith('tx-')) {
    const operations = findOperations(app, name)
    if (operations.length === 0) throw fail('TRANSACTION_UNKNOWN', { transaction: name })
    for (const [index, operation] of operations.entries()) {
      if (index > 0 && !context.json) context.print('')
      showOperation(context, app, operation)
    }
  } else {
    const scope = oneScope(context, app, args)
    const release = findRelease(app, scope, name)
    if (args.flag('verdict')) (await import('./show-verdict.ts')).showVerdict(context, app, release)
    else await showRelease(context, app, scope, release)
  }
  await tend(context, app)
  return 0
}

async function showRelease(context: Context, app: App, scope: Scope, release: Release): Promise<void> {
  const entry = releaseEntry(app, release)
  const { traffic } = await lookAtTraffic(app)
  const { rung, replicas } = replicasOf(app, scope, release, traffic)
  const history = operationsWith(app, scope, release.number, HISTORY_LIMIT)
  const quarantine = app.store.releases.quarantined(scope, release.identity)
  const copies = await copiesOf(app, release)
  if (context.json) {
    const config = configForMachines(release.config)
    const operations = history.map((operation) => operationEntry(app, operation))
    context.print(JSON.stringify({ ...entry, rung, ...config, copies, replicas, history: operations }))
    return
  }
  const { t } = context
  const print = (label: string, lines: readonly string[]) => labelledLines(label, lines).forEach(context.print)
  const facts = [
    t(`state_${entry.state}`),
    ...(rung === null ? [] : [t(`on_rung_${rung}`)]),
    ...(entry.stable ? [t('is_stable')] : []),
    ...(entry.pinned ? [pinnedNote(context, entry)] : []),
    ...(quarantine === null ? [] : [paint(context, 'yellow', t('in_quarantine', { reason: quarantine.reason }))]),
  ]
  print(`${scope.service} · ${scope.environment}`, [
    `${paint(context, 'bold', formatRelease(release))}  ${facts.join(' · ')}`,
  ])
  print(t('setting_image'), [release.image])
  print(t('digest_label'), [release.digest])
  if (release.configDigest !== release.digest) print(t('image_id'), [release.configDigest])
  print(t('copies'), [copiesLine(context, release, copies)])
  print(t('identity'), [release.identity])
  print(t('created'), [when(context, release.createdAt)])
  if (release.gitRevision !== null) print(t('revision_label'), [release.gitRevision])
  if (entry.promoted_from !== null) print(t('promoted'), [t('promoted_from', entry.promoted_from)])
  const verified = Object.entries(entry.verified).map(([environment, { outcome, at, transaction_id: transaction }]) => [
    verifiedIn(context, environment, outcome),
    when(context, Date.parse(at)),
    transaction,
  ])
  print(t('verified'), table(verified))
  if (release.activeAt !== null) print(t('served_since'), [when(context, release.activeAt)])
  if (release.standbySince !== null) print(t('served_until'), [when(context, release.standbySince)])
  for (const setting of settings) print(settingLabel(setting, t), describe(release.config, setting))
  for (const [setting, lines] of containerLines(release.config.container)) print(setting, lines)
  const env = Object.entries(release.config.env)
  print(
    t('kind_env'),
    env.map(([name, value]) => `${name}=${visible(value)}`),
  )
  const secrets = release.config.secrets.map(({ name, version, onRollback, as }) => [
    name,
    t('version_is', { version }),
    onRollback === 'keep_current' ? 'keep_current' : '',
    as === 'file' ? `/run/secrets/${name}` : '',
  ])
  print(t('kind_secret'), table(secrets))
  print(t('replicas'), replicas.length === 0 ? [t('none')] : table(replicas.map((one) => replicaCells(context, one))))
  print(t('history'), table(history.map((operation) => operationRow(context, app, operation, { scope: false }))))
}

/** Where a rollback would find its image. */
function copiesLine(context: Context, { prunedAt }: Release, { host, archive, registry }: Copies): string {
  const { t } = context
  if (prunedAt !== null) return paint(context, 'yellow', t('pruned_on', { date: formatTime(prunedAt) }))
  const places = [
    ...(host === true ? [t('copy_host')] : []),
    ...(archive === true ? [t('copy_archive')] : []),
    ...(registry === null ? [] : [t('copy_registry', { repository: registry })]),
  ]
  return places.length > 0 || host === null ? places.join(' · ') || '-' : paint(context, 'red', t('copy_nowhere'))
}

function when(context: Context, at: number): string {
  return `${formatTime(at)} (${context.t('ago', { age: formatAge(context.now() - at, context.language) })})`
}

function replicaCells({ t }: Context, replica: ReplicaView): string[] {
  const traffic =
    replica.up === null
      ? t('unknown_to_proxy')
      : `${t('weight', { weight: replica.weight })} · ${t(replica.up ? 'is_up' : 'is_not_up')}`
  return [replica.name, t(`level_${replica.level}`), replica.address, traffic]
}

function showOperation(context: Context, app: App, operation: Operation): void {
  const entry = operationEntry(app, operation)
  const plan = planOf(operation)
  const events = app.store.journal.ofTransaction(operation.transactionId)
  const steps = stepsOf(events)
  const end = endOf(events)
  const wayBack = wayBackOf(operation)
  const git = wayBack === null ? null : gitView(app, operation, wayBack.good, wayBack.bad)
  if (context.json) {
    const { strategy, rung, changes } = plan ?? { strategy: null, rung: null, changes: [] }
    const outage_ms = outageOf(events)
    context.print(JSON.stringify({ ...entry, strategy, rung, changes, outage_ms, git, detail: end, steps }))
    return
  }
  const { t } = context
  const named = (number: number | null) => {
    if (number === null) return '-'
    const release = app.store.releases.get(operation, number)
    return release === null ? releaseName(number) : formatRelease(release)
  }
  context.print(
    labelled(
      `${entry.service} · ${entry.environment}`,
      `${paint(context, 'bold', entry.operation)} ${entry.transaction_id}`,
    ),
  )
  if (operation.to !== null)
    context.print(
      labelled(
        t('releases_moved'),
        operation.from === operation.to ? named(operation.to) : `${named(operation.from)}  →  ${named(operation.to)}`,
      ),
    )
  if (plan === null && typeof end?.['image'] === 'string') context.print(labelled(t('setting_image'), end['image']))
  if (plan !== null) {
    context.print(labelled(t('changes'), formatChanges(plan.changes, t)))
    const how = entry.operation === 'rollback' ? t(`rung_${plan.rung}`) : formatStrategy(plan, t)
    context.print(labelled(t(entry.operation === 'rollback' ? 'way_back' : 'way_forward'), how))
  }
  const counted = events.find(({ step }) => step === 'live')?.detail
  if (counted !== undefined && counted !== null) {
    context.print(labelled(t('replicas'), formatCounts(counted['before'] as Counts, counted['live'] as Counts)))
  }
  const outage = outageOf(events)
  if (outage !== null) context.print(labelled(t('outage'), t('outage_was', { lasted: formatDuration(outage) })))
  const total = entry.duration_ms === null ? '' : ` · ${formatDuration(entry.duration_ms)}`
  context.print(labelled(t('step_outcome'), `${outcomeOf(context, operation, isRunning(app, operation))}${total}`))
  const why = [end?.['code'], end?.['reason'] ?? end?.['reasons']].filter((part) => typeof part === 'string')
  if (why.length > 0) labelledLines(t('because'), why.join(': ').split('\n')).forEach(context.print)
  context.print(labelled(t('actor'), entry.actor))
  if (entry.reason !== null) context.print(labelled(t('reason'), visible(entry.reason)))
  context.print(labelled(t('started'), when(context, operation.startedAt)))
  for (const line of gitLines(context, git)) context.print(line)
  for (const line of labelledLines(t('steps'), table(steps.map((step) => stepCells(context, step)))))
    context.print(line)
}

function stepCells(context: Context, step: StepEntry): string[] {
  const mark = { started: '…', in_progress: '…', succeeded: '✓', failed: '✗', skipped: '-' }[step.status]
  const colour = step.status === 'failed' ? 'red' : step.status === 'succeeded' ? 'green' : 'none'
  const reason = step.detail?.['reason']
  const outageMs = step.detail?.['outage_ms']
  const outage = typeof outageMs === 'number' ? context.t('outage_was', { lasted: formatDuration(outageMs) }) : ''
  return [
    paint(context, colour, mark),
    titleOf(context, step),
    step.release ?? '-',
    step.duration_ms === null ? '' : formatDuration(step.duration_ms),
    typeof reason === 'string' ? visible(reason) : outage,
  ]
}

// `astern log`: operations, newest first; `astern log TX`: one of them, row by row of the journal; `--verify`: the journal's hash chain.
import { fail } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import { releaseName } from '../core/model.ts'
import { wholeOf } from '../core/transaction-id.ts'
import type { App } from '../operations/app.ts'
import { findOperations, isRunning, newestOperations, operationEntry } from '../operations/history.ts'
import type { Operation } from '../store/operations.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { printCsv, type Wanted, wantedOf, wantsCsv } from './export.ts'
import { formatDuration, formatTime, table, visible } from './format.ts'
import { type Colour, paint } from './paint.ts'
import { titleOf } from './progress.ts'
import { tend } from './tend.ts'

const COLUMNS = [
  'started_at',
  'ended_at',
  'duration_ms',
  'transaction_id',
  'operation',
  'service',
  'environment',
  'from.release',
  'from.version',
  'to.release',
  'to.version',
  'outcome',
  'actor',
  'reason',
]
const OUTCOME_COLOUR: Readonly<Record<string, Colour>> = {
  succeeded: 'green',
  rolled_back: 'yellow',
  failed: 'red',
  refused: 'yellow',
}

export async function run(context: Context, args: Arguments): Promise<number> {
  const wanted = wantedOf(context, args)
  const [name] = args.positionals
  const app = await context.open()
  if (args.flag('verify')) verify(context, app)
  else if (name !== undefined) logOne(context, app, name)
  else logAll(context, app, args, wanted)
  await tend(context, app)
  return 0
}

function verify(context: Context, app: App): void {
  const rows = app.store.journal.verify()
  if (context.json) context.print(JSON.stringify({ verified: true, rows }))
  else context.print(context.t('journal_verified', { rows }))
}

function logAll(context: Context, app: App, args: Arguments, { limit, sinceAt, untilAt }: Wanted): void {
  const { t } = context
  const asCsv = wantsCsv(context, args)
  const text = args.text('grep')
  const filter = { service: args.text('service'), environment: args.text('env'), sinceAt, untilAt, text }
  // One more than is shown tells whether there are more.
  const found = newestOperations(app, filter, limit + 1)
  const operations = found.slice(0, limit)
  const entries = () => operations.map((operation) => operationEntry(app, operation))
  if (asCsv) return printCsv(context, COLUMNS, entries())
  if (context.json) {
    for (const { transactionId } of operations.toReversed()) printEvents(context, app, transactionId)
    context.print(JSON.stringify({ operations: entries() }))
    return
  }
  if (operations.length === 0) {
    context.print(t(text === null && sinceAt === null && untilAt === null ? 'no_operations' : 'no_operation_fits'))
    return
  }
  const titles = [
    'time',
    'operation',
    'transaction',
    'service',
    'from_to',
    'outcome_head',
    'actor_head',
    'reason_head',
  ] as const
  const head = titles.map((key) => paint(context, 'dim', t(key)))
  const rows = operations.map((operation) => operationRow(context, app, operation, { scope: true }))
  for (const line of table([head, ...rows])) context.print(line)
  if (found.length > limit) context.print(paint(context, 'dim', t('more_with', { option: `-n ${limit * 5}` })))
}

/** An operation on one line; `show` lists those of a release in the same way. */
export function operationRow(
  context: Context,
  app: App,
  operation: Operation,
  options: { readonly scope: boolean },
): string[] {
  const { service, environment, from, to } = operation
  const name = (number: number | null) => (number === null ? '-' : releaseName(number))
  return [
    formatTime(operation.startedAt),
    operation.kind,
    wholeOf(operation.transactionId),
    ...(options.scope ? [`${service} · ${environment}`] : []),
    to === null ? '-' : from === to ? name(to) : `${name(from)} → ${name(to)}`,
    outcomeOf(context, operation, isRunning(app, operation)),
    operation.actor,
    operation.reason === null ? '' : visible(operation.reason),
  ]
}

export function outcomeOf(context: Context, { outcome }: Operation, running: boolean): string {
  if (outcome !== null) return paint(context, OUTCOME_COLOUR[outcome] ?? 'none', context.t(`outcome_${outcome}`))
  return paint(context, running ? 'bold' : 'yellow', context.t(running ? 'outcome_running' : 'outcome_unfinished'))
}

function logOne(context: Context, app: App, name: string): void {
  const operations = findOperations(app, name)
  if (operations.length === 0) throw fail('TRANSACTION_UNKNOWN', { transaction: name })
  for (const [index, { transactionId, service, environment }] of operations.entries()) {
    if (context.json) {
      printEvents(context, app, transactionId)
      continue
    }
    if (operations.length > 1) context.print(`${index === 0 ? '' : '\n'}${service} · ${environment}`)
    const rows = app.store.journal.ofTransaction(transactionId).map((event) => eventRow(context, event))
    for (const line of table(rows)) context.print(line)
  }
}

function printEvents(context: Context, app: App, transactionId: string): void {
  for (const event of app.store.journal.ofTransaction(transactionId)) context.print(JSON.stringify(event))
}

function eventRow(context: Context, event: JournalEvent): string[] {
  const colour = event.status === 'failed' ? 'red' : event.status === 'succeeded' ? 'green' : 'dim'
  return [
    timeOfDay(event.timestamp),
    titleOf(context, event),
    paint(context, colour, context.t(`status_${event.status}`)),
    event.release ?? '-',
    event.duration_ms === null ? '' : formatDuration(event.duration_ms),
    event.attempt > 1 ? context.t('attempt', { attempt: event.attempt }) : '',
    detailOf(event),
  ]
}

/** `2026-04-05 10:23:45.120`, in the time zone of who reads it. */
function timeOfDay(timestamp: string): string {
  return `${formatTime(Date.parse(timestamp))}${timestamp.slice(timestamp.indexOf('.'), -1)}`
}

/** `answers=20 of=20 reason="…"` */
function detailOf({ detail }: JournalEvent): string {
  return Object.entries(detail ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'string' ? shown(value) : JSON.stringify(value)}`)
    .join(' ')
}

function shown(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text)
}

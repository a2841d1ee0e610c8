// `astern push [TAG]`: the newest tag that was built goes to its registry; then the pointers follow.
import { planPush, type Pushed, pushTag } from '../operations/push.ts'
import { referenceOf } from '../operations/build.ts'
import { round } from '../operations/operation.ts'
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatDuration, labelled } from './format.ts'
import { NOTHING_KNOWN, shownWork } from './image-work.ts'
import { parseTag } from './options.ts'
import { oneDefinition } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const [named] = args.positionals
  const tag = named === undefined ? null : parseTag(context, named)
  const definition = await oneDefinition(context, args)
  const [from, to] = [args.text('from'), args.text('to')]
  if ((from !== null || to !== null) && definition.registry !== 'none') {
    throw fail('USAGE', { problem: context.t('engine_with_registry'), command: 'push' })
  }
  const app = await context.open()
  if (args.flag('dry-run')) return dryRun(context, app, definition, tag)
  app.store.db.keepReserve()
  const asked = { tag, from, to, actor: context.actor, reason: args.text('message') }
  let pushed: Pushed | null = null
  const { exit } = await shownWork(context, app, definition, 'push', async ({ signal, onLine, learn }) => {
    pushed = await pushTag(app, definition, { ...asked, signal, onLine }, (transactionId, { built }) =>
      learn({
        transaction_id: transactionId,
        image: referenceOf(built),
        tag: built.tag,
        config_digest: built.configDigest,
        size_bytes: built.sizeBytes,
      }),
    )
    return answerOf(pushed)
  })
  if (pushed !== null && !context.json) showPushed(context, pushed)
  await tend(context, app)
  return exit
}

function answerOf({ built, ...pushed }: Pushed) {
  return {
    ...NOTHING_KNOWN,
    transaction_id: pushed.transactionId,
    outcome: pushed.outcome,
    image: referenceOf(built),
    tag: built.tag,
    digest: pushed.digest,
    config_digest: built.configDigest,
    size_bytes: built.sizeBytes,
    duration_ms: round(pushed.durationMs),
  }
}

function showPushed(context: Context, pushed: Pushed): void {
  const { t } = context
  const { tag } = pushed.built
  const { digest, built } = pushed
  context.print(labelled(t('image'), `${referenceOf(built)}${digest === null ? '' : `@${digest}`}`))
  showPointers(context, pushed)
  const total = formatDuration(pushed.durationMs)
  const before = pushed.bytes === null ? t('pushed_before', { tag }) : t('carried_before', { tag })
  if (pushed.outcome === 'noop') context.print(labelled(t('noop'), before))
  else context.print(labelled(t('pushed'), t('pushed_line', { tag, total, transaction: pushed.transactionId })))
}

function showPointers({ t, print }: Context, { pointers, newer }: Pick<Pushed, 'pointers' | 'newer'>): void {
  if (newer !== null) print(labelled(t('pointers'), t('pointers_stay', { newer })))
  else if (pointers.length > 0) print(labelled(t('pointers'), pointers.join(' · ')))
}

function dryRun(context: Context, app: App, definition: Definition, tag: string | null): number {
  const planned = planPush(app, definition, { tag })
  const { service, environment } = definition
  const image = referenceOf(planned.built)
  if (context.json) {
    const plan = {
      image,
      tag: planned.built.tag,
      config_digest: planned.built.configDigest,
      pointers: planned.pointers,
    }
    context.print(JSON.stringify({ operation: 'push', dry_run: true, service, environment, outcome: 'plan', ...plan }))
    return 0
  }
  showPointers(context, planned)
  context.print(labelled(context.t('would'), context.t('would_push', { image })))
  return 0
}

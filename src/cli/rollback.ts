// `astern rollback`: asks the daemon if one runs, else does it itself; shows what goes back to what; leaves the rest to a process of its own.
// Invariant: on the way to the switch it loads no configuration, no Docker client, and opens no socket but the daemon's or the proxy's.
import { connect } from 'node:net'
import { fromWire, type RollbackMessage, type Watching } from '../api/rollback-request.ts'
import { askDaemon } from '../api/socket-client.ts'
import { fail } from '../core/errors.ts'
import type { Answered } from '../operations/answer.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { headLines } from './head-lines.ts'
import { parseForce, parseRamp } from './options.ts'
import { createProgress } from './progress.ts'
import { scopeAsked } from './select.ts'
import { showOutcome } from './show-outcome.ts'

/** How long the engine may take to answer after the switch. A healthy one takes a millisecond; nobody but a hung one makes the user wait. */
const ENGINE_GLANCE_MS = 200

export async function run(context: Context, args: Arguments): Promise<number> {
  const reverting = args.flag('revert-pr')
  const other = (['set', 'undo', 'dry-run'] as const).find((name) => args.text(name) !== null || args.flag(name))
  if (reverting && other !== undefined) {
    throw fail('USAGE', { problem: context.t('revert_pr_with', { option: `--${other}` }), command: 'rollback' })
  }
  if (args.text('set') !== null) return (await import('./rollback-set.ts')).run(context, args)
  if (args.flag('undo')) return (await import('./undo.ts')).run(context, args)
  const message: RollbackMessage = {
    scope: scopeAsked(context, args),
    to: args.text('to'),
    force: [...parseForce(context, args)],
    reason: args.text('message'),
    actor: context.actor,
    ...parseRamp(context, args),
    ...(args.flag('revert-database') ? { revertDatabase: true } : {}),
  }
  if (args.flag('dry-run')) return (await import('./dry-run.ts')).dryRunRollback(context, message)
  if (message.revertDatabase === true) await (await import('./revert-database.ts')).askFirst(context, args, message)
  const effect =
    args.text('watch') === null
      ? null
      : await (await import('./watch.ts')).startWatch(context, message.scope, args.text('watch')!)

  const progress = createProgress(context)
  const hurry = new AbortController()
  const stopInterrupts = context.onInterrupt(() => {
    context.say(context.t('interrupting_rollback'))
    hurry.abort()
  })
  const { answered, byDaemon } = await perform(context, message, {
    onHead: (head) => {
      if (!context.json) for (const line of headLines(context, head, 'rollback')) context.print(line)
    },
    onEvent: progress.show,
    hurry: hurry.signal,
  })
  stopInterrupts()
  progress.end()

  const switched = answered.answer.outcome === 'succeeded'
  const away = switched ? await engineAway(context) : null
  const warnings =
    away === null ? answered.answer.warnings : [...answered.answer.warnings, context.t('engine_away', { reason: away })]
  if (switched && !byDaemon) await context.tendLater()
  const answer = { ...answered.answer, warnings }
  const exit = await (reverting && switched
    ? (await import('./revert-pr.ts')).showWithRequest(context, { ...answered, answer })
    : showOutcome(context, { ...answered, answer }))
  if (switched) await effect?.show(answered.answer)
  return exit
}

async function perform(
  context: Context,
  message: RollbackMessage,
  watching: Watching,
): Promise<{ answered: Answered; byDaemon: boolean }> {
  const reply = await askDaemon(context.stateFolder, message, watching)
  if (reply === null) {
    // A third of what a rollback loads: not for whoever only asks the daemon.
    const { performRollback } = await import('../api/perform-rollback.ts')
    return { answered: await performRollback(await context.open(), message, watching), byDaemon: false }
  }
  if ('thrown' in reply) throw fromWire(reply.thrown)
  const { error } = reply.answered
  return { answered: { ...reply.answered, error: error === null ? null : fromWire(error) }, byDaemon: true }
}

/** Why the engine does not answer, also when it accepts and stays silent; `null` when it answers. */
async function engineAway(context: Context): Promise<string | null> {
  const host = context.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock'
  if (!host.startsWith('unix://')) return null
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect(host.slice('unix://'.length))
  const timer = setTimeout(() => resolve(`no answer within ${ENGINE_GLANCE_MS} ms`), ENGINE_GLANCE_MS)
  socket
    .on('connect', () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'))
    .on('data', () => resolve(null))
    .on('error', (error) => resolve(error.message))
  const reason = await promise
  clearTimeout(timer)
  socket.destroy()
  return reason
}

// `astern deploy [TAG]`: reads the configuration, asks whether to go on where deploys are on hold, brings the release into service.
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { defaultTag, refusePointer } from '../operations/default-tag.ts'
import { deploy, type DeployAsked } from '../operations/deploy.ts'
import type { Arguments } from './command.ts'
import type { Manner } from '../core/plan-trial.ts'
import type { Context } from './context.ts'
import { shownDeploy } from './deploy-shown.ts'
import { askOverHolds, wouldAskOverHolds } from './held.ts'
import { parseForce, parseTag } from './options.ts'
import { oneDefinition } from './select.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  if (args.text('set') !== null) return (await import('./deploy-set.ts')).run(context, args)
  const [named, surplus] = args.positionals
  if (surplus !== undefined) {
    throw fail('USAGE', { problem: context.t('positional_surplus', { value: surplus }), command: 'deploy' })
  }
  const definition = await oneDefinition(context, args)
  const app = await context.open()
  const tag = named === undefined ? defaultTag(app, definition) : parseTag(context, named)
  refusePointer(app, definition, tag)
  return bring(context, args, app, definition, { tag })
}

/** With all that a deploy may be told. Returns the exit code. */
export async function bring(
  context: Context,
  args: Arguments,
  app: App,
  definition: Definition,
  what: Pick<DeployAsked, 'tag' | 'promotes'>,
): Promise<number> {
  const asked: DeployAsked = {
    ...what,
    force: parseForce(context, args),
    actor: context.actor,
    reason: args.text('message'),
    manner: parseManner(context, args),
  }
  const wait = parseWait(context, args)
  if (args.flag('dry-run')) {
    const overHolds = await wouldAskOverHolds(context, app, [definition], asked)
    return (await import('./dry-run.ts')).dryRunDeploy(context, app, definition, { ...asked, overHolds })
  }
  const overHolds = await askOverHolds(context, app, [definition], asked)
  return shownDeploy(context, app, definition, (watched) =>
    deploy(app, definition, { ...asked, overHolds, ...watched }).then(async (answered) =>
      wait
        ? (await import('../operations/bake-wait.ts')).awaitBake(app, definition, answered, watched.signal)
        : answered,
    ),
  )
}

function parseManner(context: Context, args: Arguments): Manner {
  const plain = args.flag('no-canary')
  if (!args.flag('stage')) return plain ? 'plain' : 'trial'
  if (plain) throw fail('USAGE', { problem: context.t('stage_and_plain'), command: args.command })
  return 'stage'
}

function parseWait(context: Context, args: Arguments): boolean {
  const value = args.text('wait')
  if (value !== null && value !== 'bake')
    throw fail('USAGE', { problem: context.t('wait_unknown', { value }), command: args.command })
  return value !== null
}

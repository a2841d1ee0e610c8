// `astern deploy --set NAME [TAG | SERVICE=TAG …]`: several services as one, all of them or none.
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { defaultTag, refusePointer } from '../operations/default-tag.ts'
import { deploySet, type Member } from '../operations/deploy-set.ts'
import { resumeUnfinished } from '../operations/resume.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { askOverHolds, remindOfHolds, wouldAskOverHolds } from './held.ts'
import { showHookOutput } from './hook-output.ts'
import { interruptible } from './interruptible.ts'
import { parseForce, parseTag } from './options.ts'
import { definitions } from './select.ts'
import { showSet, showWhileItRuns } from './set-progress.ts'
import { definitionsOfSet } from './set-scopes.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const set = args.text('set')!
  const all = await definitions(context, args)
  const app = await context.open()
  const members = membersOf(context, app, args, set, all)
  const asked = { force: parseForce(context, args), actor: context.actor, reason: args.text('message') }
  const scopes = members.map(({ definition }) => definition)
  if (args.flag('dry-run')) {
    const { dryRunDeploy } = await import('./dry-run.ts')
    const overHolds = await wouldAskOverHolds(context, app, scopes, asked)
    for (const { definition, tag } of members)
      await dryRunDeploy(context, app, definition, { ...asked, overHolds, tag })
    return 0
  }
  const overHolds = await askOverHolds(context, app, scopes, asked)
  app.store.db.keepReserve()
  for (const { definition } of members) await resumeUnfinished(app, definition)
  const interrupts = interruptible(context)
  const stopShowing = showWhileItRuns(context, app, scopes, 'deploy')
  const answered = await deploySet(app, members, {
    ...asked,
    overHolds,
    onOutput: showHookOutput(context),
    signal: interrupts.signal,
  }).finally(() => {
    interrupts.stop()
    stopShowing()
  })
  const exit = await showSet(context, set, 'deploy', answered)
  remindOfHolds(context, app, scopes)
  await tend(context, app)
  return exit
}

/** In the order of the set. Errors: USAGE, TAG_NEEDED, TAG_IS_POINTER, ENVIRONMENT_NEEDED. */
function membersOf(context: Context, app: App, args: Arguments, set: string, all: readonly Definition[]): Member[] {
  const own = definitionsOfSet(context, args, set, all)
  const tags = tagsOf(context, args, own)
  return own.map((definition) => {
    const tag = tags.get(definition.service) ?? tags.get(ALL) ?? defaultTag(app, definition)
    refusePointer(app, definition, tag)
    return { definition, tag }
  })
}

const ALL = ''

/** `v1.3.0` for all, `api=v1.3.0` for one. */
function tagsOf(context: Context, args: Arguments, own: readonly Definition[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const word of args.positionals) {
    const [service, tag] = word.includes('=') ? (word.split('=', 2) as [string, string]) : [ALL, word]
    if (service !== ALL && !own.some((definition) => definition.service === service)) {
      const problem = context.t('value_invalid', {
        name: 'TAG',
        expected: own.map((definition) => `${definition.service}=TAG`).join(', '),
        value: word,
      })
      throw fail('USAGE', { problem, command: 'deploy' })
    }
    tags.set(service, parseTag(context, tag))
  }
  return tags
}

// `astern diff A B`: what differs between two releases. Of secrets only names: their values are not known here.
import { type Change, diffReleases } from '../core/diff.ts'
import type { Release } from '../core/model.ts'
import { releaseRef } from '../operations/answer.ts'
import { findRelease } from '../operations/releases.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { describe } from './describe.ts'
import { formatRelease, labelled, labelledLines, settingLabel, shortDigest, visible } from './format.ts'
import { paint } from './paint.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const from = findRelease(app, scope, args.positionals[0]!)
  const to = findRelease(app, scope, args.positionals[1]!)
  const kept = new Set(app.store.services.currentSecrets(scope).map(({ name }) => name))
  const changes = diffReleases(from, to, kept)
  if (context.json) {
    const { service, environment } = scope
    context.print(JSON.stringify({ service, environment, from: releaseRef(from), to: releaseRef(to), changes }))
  } else {
    context.print(
      labelled(`${scope.service} · ${scope.environment}`, `${formatRelease(from)}  →  ${formatRelease(to)}`),
    )
    if (changes.length === 0) context.print(labelled(t('changes'), t('nothing_changes')))
    for (const change of changes) for (const line of changeLines(context, change, from, to)) context.print(line)
  }
  await tend(context, app)
  return 0
}

function changeLines(context: Context, change: Change, from: Release, to: Release): string[] {
  const { t } = context
  const { kind, name } = change
  switch (kind) {
    case 'image':
      return removedAndAdded(context, settingLabel(name, t), [image(from)], [image(to)])
    case 'env': {
      const value = (text: string | null) => (text === null ? [] : [`${name}=${visible(text)}`])
      return removedAndAdded(context, t('kind_env'), value(change.before), value(change.after))
    }
    case 'secret':
      return secretLines(context, change)
    case 'command':
    case 'port':
    case 'published_port':
    case 'mount':
    case 'limit':
    case 'health':
    case 'stop': {
      const before = describe(from.config, name)
      const after = describe(to.config, name)
      const gone = before.filter((line) => !after.includes(line))
      const come = after.filter((line) => !before.includes(line))
      // The same lines in another order differ, too.
      const [removed, added] = gone.length + come.length > 0 ? [gone, come] : [before, after]
      return removedAndAdded(context, settingLabel(name, t), removed, added)
    }
  }
}

function secretLines(context: Context, { name, before, after, stays }: Change): string[] {
  const { t } = context
  const label = t('kind_secret')
  if (before !== null && after !== null) {
    return [labelled(label, t(stays ? 'change_stays' : 'other_value', { name }))]
  }
  return removedAndAdded(context, label, before === null ? [] : [name], after === null ? [] : [name])
}

function image(release: Release): string {
  return `${release.image} (${shortDigest(release.digest)})`
}

function removedAndAdded(
  context: Context,
  label: string,
  removed: readonly string[],
  added: readonly string[],
): string[] {
  return labelledLines(label, [
    ...removed.map((line) => paint(context, 'red', `- ${line}`)),
    ...added.map((line) => paint(context, 'green', `+ ${line}`)),
  ])
}

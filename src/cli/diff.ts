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
    for (const [label, lines] of sections(context, changes, from, to)) {
      for (const line of labelledLines(label, lines)) context.print(line)
    }
  }
  await tend(context, app)
  return 0
}

/** Lines by label, in the order of the changes: all variables under one, all secrets under another. */
function sections(
  context: Context,
  changes: readonly Change[],
  from: Release,
  to: Release,
): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>()
  for (const change of changes) {
    const { kind, name } = change
    const label = kind === 'env' || kind === 'secret' ? context.t(`kind_${kind}`) : settingLabel(name, context.t)
    result.set(label, [...(result.get(label) ?? []), ...changeLines(context, change, from, to)])
  }
  return result
}

function changeLines(context: Context, change: Change, from: Release, to: Release): string[] {
  const { kind, name } = change
  switch (kind) {
    case 'image':
      return removedAndAdded(context, [image(from)], [image(to)])
    case 'env': {
      const value = (text: string | null) => (text === null ? [] : [`${name}=${visible(text)}`])
      return removedAndAdded(context, value(change.before), value(change.after))
    }
    case 'secret':
      return secretLines(context, change)
    case 'process':
    case 'schema':
      return removedAndAdded(context, textOf(change.before), textOf(change.after))
    case 'command':
    case 'port':
    case 'published_port':
    case 'mount':
    case 'limit':
    case 'health':
    case 'stop':
    case 'container': {
      const before = describe(from.config, name)
      const after = describe(to.config, name)
      const gone = before.filter((line) => !after.includes(line))
      const come = after.filter((line) => !before.includes(line))
      // The same lines in another order differ, too.
      return gone.length + come.length > 0
        ? removedAndAdded(context, gone, come)
        : removedAndAdded(context, before, after)
    }
  }
}

function textOf(text: string | null): string[] {
  return text === null ? [] : [visible(text)]
}

function secretLines(context: Context, { name, before, after, stays }: Change): string[] {
  if (before !== null && after !== null) return [context.t(stays ? 'change_stays' : 'other_value', { name })]
  return removedAndAdded(context, before === null ? [] : [name], after === null ? [] : [name])
}

function image(release: Release): string {
  return `${release.image} (${shortDigest(release.digest)})`
}

function removedAndAdded(context: Context, removed: readonly string[], added: readonly string[]): string[] {
  return [
    ...removed.map((line) => paint(context, 'red', `- ${line}`)),
    ...added.map((line) => paint(context, 'green', `+ ${line}`)),
  ]
}

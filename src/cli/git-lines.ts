// What a rollback means for the source, for people.
import type { GitView } from '../operations/git-follows.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'

export function gitLines({ t }: Pick<Context, 't'>, git: GitView | null): string[] {
  if (git === null) return []
  const { compare_url, revert_command, pull_request_url } = git
  return [
    ...(compare_url === null ? [] : [labelled(t('git_compare'), compare_url)]),
    ...(revert_command === null ? [] : [labelled(t('git_revert'), revert_command)]),
    ...(pull_request_url === null ? [] : [labelled(t('git_request'), pull_request_url)]),
  ]
}

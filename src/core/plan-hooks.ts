// Where hooks stand among the steps of a deploy. Pure.
import type { Hook, HookName, Release, Step } from './model.ts'

/** The hooks that a deploy fails with, around its steps. What may fail without it is done when the deploy has ended. */
export function withHooks(hooks: readonly Hook[], release: Release, steps: readonly Step[]): Step[] {
  const of = (name: HookName) =>
    hooks
      .filter((hook) => hook.name === name && hook.required)
      .map(({ place }): Step => ({ kind: 'hook', release: release.number, hook: name, place }))
  return [...of('before_deploy'), ...of('release'), ...steps, ...of('after_deploy')]
}

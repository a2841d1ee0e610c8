// What people say to a release on trial, as data; and how a deploy is told to go about it.
import type { CommandSpec, OptionSpec } from './command.ts'
import { message } from './common-options.ts'

export const noCanary: OptionSpec = {
  type: 'boolean',
  summary: { en: 'everything at once, compared with nothing', 'zh-CN': '一次性切换全部流量，不做对比' },
}

export const deployManner: Readonly<Record<string, OptionSpec>> = {
  stage: {
    type: 'boolean',
    summary: { en: 'stop before the first user is moved', 'zh-CN': '在切换任何用户之前停下' },
  },
  'no-canary': noCanary,
  wait: {
    type: 'string',
    value: 'bake',
    summary: { en: 'stay until the release is stable, or taken back', 'zh-CN': '等待直到版本稳定或被撤回' },
  },
}

export const trialCommands: readonly CommandSpec[] = [
  {
    name: 'promote',
    summary: { en: 'let a release on trial go on', 'zh-CN': '让试验中的版本继续' },
    positionals: [],
    options: {
      full: {
        type: 'boolean',
        summary: { en: 'wait for no gate and no step any more', 'zh-CN': '不再等待任何关卡与步骤' },
      },
      message,
    },
    examples: ['astern promote', 'astern promote --full -m "looked at it"', 'astern promote --env prod --json'],
    load: () => import('./promote.ts'),
  },
  {
    name: 'abort',
    summary: { en: 'take a release on trial back', 'zh-CN': '撤回试验中的版本' },
    positionals: [],
    options: { message },
    examples: ['astern abort', 'astern abort -m "wrong branch"'],
    load: () => import('./abort.ts'),
  },
]

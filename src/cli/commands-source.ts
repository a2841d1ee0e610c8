// The commands about the source, as data: versions, and taking a bad revision back in git.
import type { CommandSpec, OptionSpec } from './command.ts'

const dryRun: OptionSpec = {
  type: 'boolean',
  summary: { en: 'show what would be done, change nothing', 'zh-CN': '只显示将执行的操作，不做任何更改' },
}

export const revertPr: OptionSpec = {
  type: 'boolean',
  summary: {
    en: 'afterwards open a pull or merge request that reverts it in git',
    'zh-CN': '之后创建一个在 git 中撤销更改的合并请求',
  },
}

export const sourceCommands: readonly CommandSpec[] = [
  {
    name: 'version',
    summary: {
      en: 'the next version, by the commits since the last one',
      'zh-CN': '根据上次以来的提交得出下一个版本号',
    },
    positionals: [],
    options: {
      pre: {
        type: 'string',
        value: 'NAME',
        summary: { en: 'a pre-release of it, e.g. rc: 1.3.0-rc.1', 'zh-CN': '预发布版本，例如 rc：1.3.0-rc.1' },
      },
      'release-as': {
        type: 'string',
        value: 'VERSION',
        summary: {
          en: 'this one, or major, minor, patch, whatever the commits say',
          'zh-CN': '指定版本号，或 major、minor、patch，不论提交如何',
        },
      },
      release: {
        type: 'boolean',
        summary: {
          en: 'write CHANGELOG.md, commit it, tag the commit',
          'zh-CN': '写入 CHANGELOG.md，提交，并为该提交打标签',
        },
      },
      push: {
        type: 'boolean',
        summary: { en: 'with --release: push branch and tag', 'zh-CN': '与 --release 同用：推送分支和标签' },
      },
      'dry-run': dryRun,
    },
    examples: [
      'astern version',
      'astern version --json',
      'astern version --release',
      'astern version --release --push',
      'astern version --release --pre rc',
      'astern version --release --release-as 2.0.0',
      'astern version --release --dry-run',
    ],
    load: () => import('./next-version.ts'),
  },
  {
    name: 'revert-pr',
    summary: {
      en: 'open a request that reverts in git what was rolled back',
      'zh-CN': '创建合并请求，在 git 中撤销已回滚的更改',
    },
    positionals: [{ name: 'TX', required: false, complete: ['transaction'] }],
    options: { 'dry-run': dryRun },
    examples: ['astern revert-pr', 'astern revert-pr tx-5f8a7b9c', 'astern revert-pr --dry-run'],
    load: () => import('./revert-pr.ts'),
  },
]

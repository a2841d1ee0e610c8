// The commands of retention, as data.
import type { CommandSpec } from './command.ts'
import { message } from './common-options.ts'

export const retentionCommands: readonly CommandSpec[] = [
  {
    name: 'prune',
    summary: { en: 'delete what retention does not keep', 'zh-CN': '按保留策略清理' },
    positionals: [],
    options: {
      'dry-run': {
        type: 'boolean',
        summary: {
          en: 'show what would go and what stays, with each reason; change nothing',
          'zh-CN': '显示将删除与保留的内容及原因，不做任何更改',
        },
      },
      registry: {
        type: 'boolean',
        summary: {
          en: 'in the registry as well, whatever retention.registry says',
          'zh-CN': '同时清理镜像仓库，不论 retention.registry 如何设置',
        },
      },
      all: {
        type: 'boolean',
        summary: { en: 'every service of this installation', 'zh-CN': '本安装的所有服务' },
      },
      yes: { type: 'boolean', short: 'y', summary: { en: 'do not ask', 'zh-CN': '不询问' } },
      message,
    },
    examples: [
      'astern prune --dry-run',
      'astern prune',
      'astern prune --env staging --yes',
      'astern prune --registry --dry-run --json',
      'astern prune --all --yes',
    ],
    load: () => import('./prune.ts'),
  },
  {
    name: 'pin',
    summary: { en: 'keep a release for ever', 'zh-CN': '固定一个发布版本，永不清理' },
    positionals: [{ name: 'RELEASE', required: true, complete: ['release'] }],
    options: {
      name: {
        type: 'string',
        value: 'NAME',
        summary: { en: 'why, e.g. before-black-friday', 'zh-CN': '名称，例如 before-black-friday' },
      },
      message,
    },
    examples: ['astern pin r41', 'astern pin r41 --name before-black-friday', 'astern pin v1.2.0 --env prod'],
    load: () => import('./pin.ts'),
  },
  {
    name: 'unpin',
    summary: { en: 'let a pinned release go like any other', 'zh-CN': '取消固定' },
    positionals: [{ name: 'RELEASE', required: true, complete: ['release'] }],
    options: { message },
    examples: ['astern unpin r41', 'astern unpin v1.2.0 --env prod'],
    load: () => import('./unpin.ts'),
  },
]

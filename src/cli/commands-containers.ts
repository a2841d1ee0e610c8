// The commands that look into containers or run in them, as data.
import type { CommandSpec, OptionSpec } from './command.ts'
import { message } from './common-options.ts'

const release: OptionSpec = {
  type: 'string',
  short: 'r',
  value: 'RELEASE',
  complete: 'release',
  summary: { en: 'of this release (default: the one that serves)', 'zh-CN': '指定发布版本（默认：正在服务的）' },
}
const process: OptionSpec = {
  type: 'string',
  value: 'NAME',
  summary: { en: 'of this process alone, e.g. web', 'zh-CN': '仅限该进程，例如 web' },
}

export const containerCommands: readonly CommandSpec[] = [
  {
    name: 'logs',
    summary: { en: 'output of replicas', 'zh-CN': '副本的输出' },
    positionals: [],
    options: {
      follow: {
        type: 'boolean',
        short: 'f',
        summary: { en: 'go on as lines come, across switches', 'zh-CN': '持续输出，跨越版本切换' },
      },
      release,
      process,
      tail: {
        type: 'string',
        value: 'COUNT',
        summary: { en: 'last lines of each replica (default 100)', 'zh-CN': '每个副本的最后若干行（默认 100）' },
      },
      since: {
        type: 'string',
        value: 'DURATION',
        summary: { en: 'only the last 10m, say', 'zh-CN': '只显示最近一段时间，例如 10m' },
      },
    },
    examples: ['astern logs', 'astern logs -f', 'astern logs --since 10m', 'astern logs --release r42 --tail 500'],
    load: () => import('./logs.ts'),
  },
  {
    name: 'exec',
    summary: { en: 'a command, or a shell, in a running replica', 'zh-CN': '在运行中的副本内执行命令或打开 shell' },
    positionals: [{ name: 'CMD', required: false, many: true }],
    options: {
      release,
      replica: {
        type: 'string',
        value: 'NAME',
        summary: { en: 'in this one, e.g. r42-1', 'zh-CN': '指定副本，例如 r42-1' },
      },
      process,
      message,
    },
    examples: ['astern exec', 'astern exec -- ls -l /data', 'astern exec --replica r42-1 -- env'],
    load: () => import('./exec.ts'),
  },
  {
    name: 'run',
    summary: {
      en: "a command in a container of its own, in a release's own environment",
      'zh-CN': '在独立容器中、以某个发布版本自己的环境执行命令',
    },
    positionals: [
      { name: 'RELEASE', required: false, complete: ['release'] },
      { name: 'CMD', required: false, many: true },
    ],
    options: {
      timeout: {
        type: 'string',
        value: 'DURATION',
        summary: { en: 'stop it then, e.g. 5m', 'zh-CN': '超时后停止，例如 5m' },
      },
      process,
      message,
    },
    examples: ['astern run -- /app migrate status', 'astern run r41 -- env', 'astern run r41'],
    load: () => import('./run.ts'),
  },
]

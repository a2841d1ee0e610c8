// Every command, as data. Nothing heavy is imported here: handlers are loaded when they run.
import type { CommandSpec, OptionSpec } from './command.ts'
import { buildCommands } from './commands-build.ts'
import { checkCommands } from './commands-checks.ts'
import { containerCommands } from './commands-containers.ts'
import { historyCommands } from './commands-history.ts'
import { dockerCommands, hiddenDockerCommands } from './commands-docker.ts'
import { initCommands } from './commands-init.ts'
import { retentionCommands } from './commands-retention.ts'
import { deployManner, noCanary, trialCommands } from './commands-trials.ts'
import { revertPr, sourceCommands } from './commands-source.ts'
import { message } from './common-options.ts'

const dryRun: OptionSpec = {
  type: 'boolean',
  summary: {
    en: 'show the plan and what it would take, change nothing',
    'zh-CN': '只显示计划及所需时间，不做任何更改',
  },
}
const forceRollback: OptionSpec = {
  type: 'string',
  value: 'LIST',
  complete: 'force_rollback',
  summary: { en: 'override by name: quarantine, schema', 'zh-CN': '按名称覆盖限制：quarantine、schema' },
}
const set: OptionSpec = {
  type: 'string',
  value: 'NAME',
  summary: { en: 'all services of a set, or none of them', 'zh-CN': '一组服务，要么全部，要么都不' },
}
const forceDeploy: OptionSpec = {
  type: 'string',
  value: 'LIST',
  complete: 'force_deploy',
  summary: {
    en: 'override by name: hold, freeze, quarantine, outdated, schema',
    'zh-CN': '按名称覆盖限制：hold、freeze、quarantine、outdated、schema',
  },
}
const yes: OptionSpec = { type: 'boolean', short: 'y', summary: { en: 'do not ask', 'zh-CN': '不询问' } }

export const commands: readonly CommandSpec[] = [
  ...initCommands,
  ...sourceCommands,
  {
    name: 'up',
    summary: { en: 'start the proxy in front of the services', 'zh-CN': '启动服务前面的代理' },
    positionals: [],
    options: {},
    examples: ['astern up', 'astern up --env prod'],
    load: () => import('./up.ts'),
  },
  {
    name: 'down',
    summary: { en: 'stop the proxy; services keep running', 'zh-CN': '停止代理；服务继续运行' },
    positionals: [],
    options: {
      all: {
        type: 'boolean',
        summary: {
          en: 'also remove every container and network of this installation',
          'zh-CN': '同时移除本安装的所有容器和网络',
        },
      },
      yes,
    },
    examples: ['astern down', 'astern down --all --yes'],
    load: () => import('./down.ts'),
  },
  {
    name: 'adopt',
    summary: { en: 'take over a container started by hand, as r1', 'zh-CN': '接管手工启动的容器，作为 r1' },
    positionals: [{ name: 'CONTAINER', required: true }],
    options: {
      message,
      'dry-run': dryRun,
      'keep-running': {
        type: 'boolean',
        summary: {
          en: 'leave the container running, for users who still come to its own port',
          'zh-CN': '保持原容器运行，供仍访问其端口的用户使用',
        },
      },
    },
    examples: ['astern adopt gin-shop --dry-run', 'astern adopt gin-shop', 'astern adopt shop_web_1 --keep-running'],
    load: () => import('./adopt.ts'),
  },
  ...buildCommands,
  {
    name: 'deploy',
    summary: { en: 'bring a new release into service', 'zh-CN': '部署新的发布版本' },
    positionals: [{ name: 'TAG', required: false, many: true }],
    options: { message, ...deployManner, 'dry-run': dryRun, force: forceDeploy, set },
    examples: [
      'astern deploy v1.3.0',
      'astern deploy v1.3.0 --wait=bake',
      'astern deploy v1.3.0 --stage',
      'astern deploy v1.3.0 --no-canary',
      'astern deploy v1.3.0 --dry-run',
      'astern deploy v1.3.0 --env staging -m "checkout rewrite"',
      'astern deploy --set shop v1.3.0',
      'astern deploy --set shop api=v1.3.0 web=v2.1.0',
      'astern deploy v1.3.1 --force=hold',
    ],
    load: () => import('./deploy.ts'),
  },
  {
    name: 'rollback',
    summary: { en: 'put the previous release back', 'zh-CN': '恢复上一个发布版本' },
    positionals: [],
    options: {
      to: {
        type: 'string',
        value: 'RELEASE',
        complete: 'target',
        summary: { en: 'r40, a version, or previous', 'zh-CN': 'r40、版本号或 previous' },
      },
      message,
      watch: {
        type: 'string',
        value: 'DURATION',
        summary: { en: 'stay and show the effect, e.g. 10s', 'zh-CN': '停留并显示效果，例如 10s' },
      },
      undo: {
        type: 'boolean',
        summary: {
          en: 'bring back what the last rollback took out',
          'zh-CN': '恢复上次回滚移除的版本',
        },
      },
      ramp: {
        type: 'string',
        value: 'DURATION',
        summary: {
          en: 'move traffic step by step over e.g. 30s, for caches that fear a jump; Ctrl-C moves the rest at once',
          'zh-CN': '在例如 30s 内逐步切换流量，避免缓存突变；按 Ctrl-C 立即切换其余流量',
        },
      },
      'no-canary': noCanary,
      'revert-database': {
        type: 'boolean',
        summary: {
          en: 'take the schema of the database back as well; asks first',
          'zh-CN': '同时回退数据库结构；会先询问',
        },
      },
      yes,
      'revert-pr': revertPr,
      'dry-run': dryRun,
      force: forceRollback,
      set,
    },
    examples: [
      'astern rollback',
      'astern rollback --set shop',
      'astern rollback -m "checkout answers 500"',
      'astern rollback --to r40',
      'astern rollback --undo',
      'astern rollback --ramp 30s',
      'astern rollback --revert-database --dry-run',
      'astern rollback --revert-pr',
      'astern rollback --dry-run',
    ],
    load: () => import('./rollback.ts'),
  },
  ...checkCommands({ dryRun, force: forceDeploy }),
  ...trialCommands,
  ...retentionCommands,
  {
    name: 'hold',
    summary: {
      en: 'refuse automated deploys until somebody resumes',
      'zh-CN': '拒绝自动部署，直到有人解除',
    },
    positionals: [],
    options: { message, set },
    examples: [
      'astern hold -m "load test until 18:00"',
      'astern hold --env prod -m "stock-taking"',
      'astern hold --set shop',
    ],
    load: () => import('./hold.ts'),
  },
  {
    name: 'resume',
    summary: { en: 'let automated deploys go ahead again', 'zh-CN': '解除保持，恢复自动部署' },
    positionals: [],
    options: { message, set },
    examples: ['astern resume', 'astern resume --env prod -m "v1.3.1 mends it"', 'astern resume --set shop'],
    load: () => import('./resume.ts'),
  },
  {
    name: 'scale',
    summary: { en: 'how many replicas each process has', 'zh-CN': '设置各进程的副本数' },
    positionals: [{ name: 'PROCESS=COUNT', required: true, many: true, complete: ['process'] }],
    options: { message, 'dry-run': dryRun },
    examples: ['astern scale web=4', 'astern scale web=4 worker=2 -m "sale starts"', 'astern scale web=2 --dry-run'],
    load: () => import('./scale.ts'),
  },
  {
    name: 'status',
    summary: { en: 'what serves, what stands by', 'zh-CN': '当前服务的版本与热备' },
    positionals: [],
    options: {},
    examples: ['astern status', 'astern status --json'],
    load: () => import('./status.ts'),
  },
  ...historyCommands,
  {
    name: 'show',
    summary: { en: 'one release, or one operation', 'zh-CN': '查看一个发布版本或一次操作' },
    positionals: [{ name: 'RELEASE|TX', required: true, complete: ['release', 'transaction'] }],
    options: {
      verdict: {
        type: 'boolean',
        summary: { en: 'what it was judged by, judged again', 'zh-CN': '判定依据，并重新判定' },
      },
    },
    examples: ['astern show r41', 'astern show r42 --verdict', 'astern show tx-5f8a7b9c'],
    load: () => import('./show.ts'),
  },
  {
    name: 'diff',
    summary: { en: 'what differs between two releases', 'zh-CN': '比较两个发布版本' },
    positionals: [
      { name: 'A', required: true, complete: ['release'] },
      { name: 'B', required: true, complete: ['release'] },
    ],
    options: {},
    examples: ['astern diff r41 r42'],
    load: () => import('./diff.ts'),
  },
  ...containerCommands,
  {
    name: 'bisect',
    summary: { en: 'find the first bad release, off traffic', 'zh-CN': '在无流量的情况下找出首个坏版本' },
    positionals: [{ name: 'WORD', required: false, many: true }],
    options: {
      good: {
        type: 'string',
        value: 'RELEASE',
        complete: 'release',
        summary: { en: 'one that works', 'zh-CN': '正常的版本' },
      },
      bad: {
        type: 'string',
        value: 'RELEASE',
        complete: 'release',
        summary: { en: 'one that does not', 'zh-CN': '不正常的版本' },
      },
      run: {
        type: 'string',
        value: 'PROGRAM',
        complete: 'file',
        summary: {
          en: 'judges: 0 good, 125 cannot say, else bad; ASTERN_URL says where it answers',
          'zh-CN': '判定程序：0 好，125 无法判断，其余坏；ASTERN_URL 为其地址',
        },
      },
      message,
    },
    examples: ['astern bisect --good r30 --bad r42', 'astern bisect --good v1.2.0 --bad v1.3.0 --run ./check.sh'],
    load: () => import('./bisect.ts'),
  },
  {
    name: 'secrets',
    summary: { en: 'names and versions of secrets, never a value', 'zh-CN': '密钥的名称与版本，绝不显示其值' },
    positionals: [{ name: 'rotate-key', required: false }],
    options: {},
    examples: ['astern secrets', 'astern secrets --json', 'astern secrets rotate-key'],
    load: () => import('./secrets.ts'),
  },
  {
    name: 'serve',
    summary: {
      en: 'the daemon: finishes, demotes, keeps standbys ready',
      'zh-CN': '守护进程：完成未结束的操作、按时降级、保持热备就绪',
    },
    positionals: [],
    options: {},
    examples: ['astern serve'],
    load: () => import('./serve.ts'),
  },
  {
    name: 'doctor',
    summary: { en: 'check this host, say how to fix it', 'zh-CN': '检查本机并给出修复方法' },
    positionals: [],
    options: {},
    examples: ['astern doctor', 'astern doctor --json'],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'remove',
    summary: { en: 'take a service away: traffic, containers, releases', 'zh-CN': '移除服务：流量、容器、发布版本' },
    positionals: [{ name: 'SERVICE', required: true, complete: ['service'] }],
    options: { yes },
    examples: ['astern remove gin-shop --env staging'],
    load: () => import('./remove.ts'),
  },
  ...dockerCommands,
  {
    name: 'completion',
    summary: { en: 'shell completion script', 'zh-CN': '生成命令补全脚本' },
    positionals: [{ name: 'bash|zsh|fish', required: true, complete: ['shell'] }],
    options: {},
    examples: [
      'source <(astern completion bash)',
      'source <(astern completion zsh)',
      'astern completion fish | source',
    ],
    load: () => import('./completion.ts'),
  },
]

/** What programs call, not people. */
export const hiddenCommands: readonly CommandSpec[] = [
  ...hiddenDockerCommands,
  {
    name: 'tend',
    summary: { en: 'do what is overdue', 'zh-CN': '完成逾期工作' },
    positionals: [],
    options: {},
    examples: ['astern tend'],
    load: () => import('./tend.ts'),
  },
  {
    name: 'complete',
    summary: { en: 'what a shell may offer next', 'zh-CN': '供 shell 补全的候选项' },
    positionals: [{ name: 'WORD', required: false, many: true }],
    options: {},
    examples: ['astern complete -- rollback --to ""'],
    load: () => import('./complete.ts'),
  },
]

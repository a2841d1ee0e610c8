// Commands that look at an image before it is deployed, and that bring it from one environment into another, as data.
import type { CommandSpec, OptionSpec } from './command.ts'
import { deployManner } from './commands-trials.ts'
import { message } from './common-options.ts'

export function checkCommands(deploy: {
  readonly dryRun: OptionSpec
  readonly force: OptionSpec
}): readonly CommandSpec[] {
  return [
    {
      name: 'verify',
      summary: {
        en: "run an environment's checks on that very image",
        'zh-CN': '针对该镜像本身运行环境的检查',
      },
      positionals: [{ name: 'RELEASE|TAG', required: false, complete: ['release'] }],
      options: { message },
      examples: [
        'astern verify --env staging',
        'astern verify v1.3.0 --env staging',
        'astern verify r17 --env staging --json',
      ],
      load: () => import('./verify.ts'),
    },
    {
      name: 'promote-to',
      summary: {
        en: 'deploy what served in another environment: the same image',
        'zh-CN': '将在另一环境中服务过的同一镜像部署到此环境',
      },
      positionals: [
        { name: 'ENVIRONMENT', required: true, complete: ['environment'] },
        { name: 'RELEASE', required: false, complete: ['release'] },
      ],
      options: {
        from: {
          type: 'string',
          value: 'ENVIRONMENT',
          complete: 'environment',
          summary: {
            en: 'where it served; not needed when there is one other',
            'zh-CN': '来源环境；只有一个其他环境时可省略',
          },
        },
        message,
        ...deployManner,
        'dry-run': deploy.dryRun,
        force: deploy.force,
      },
      examples: [
        'astern promote-to prod --from staging',
        'astern promote-to prod --from staging r17',
        'astern promote-to prod --from staging v1.3.0 --dry-run',
      ],
      load: () => import('./promote-to.ts'),
    },
  ]
}

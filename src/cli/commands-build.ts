// The commands that make images and send them on their way, as data.
import type { CommandSpec } from './command.ts'
import { message } from './common-options.ts'

export const buildCommands: readonly CommandSpec[] = [
  {
    name: 'build',
    summary: {
      en: 'build the image under a tag of its own, and say what it could do better',
      'zh-CN': '以独立标签构建镜像，并给出改进建议',
    },
    positionals: [],
    options: {
      tag: {
        type: 'string',
        value: 'TEMPLATE',
        summary: {
          en: 'how the tag is put together, e.g. git-{sha} or dev-{branch}-{sha}',
          'zh-CN': '标签模板，例如 git-{sha} 或 dev-{branch}-{sha}',
        },
      },
      version: {
        type: 'string',
        value: 'VERSION',
        summary: { en: 'instead of what the git tag says', 'zh-CN': '代替 git 标签所示的版本' },
      },
      check: {
        type: 'boolean',
        summary: { en: 'only say what the Dockerfile could do better', 'zh-CN': '只检查 Dockerfile 并给出建议' },
      },
      'no-cache': {
        type: 'boolean',
        summary: { en: 'use nothing that was built before', 'zh-CN': '不使用以前的构建缓存' },
      },
      'dry-run': {
        type: 'boolean',
        summary: { en: 'show tag, labels and arguments; build nothing', 'zh-CN': '只显示标签、标记与参数，不构建' },
      },
      message,
    },
    examples: [
      'astern build',
      'astern build --tag git-{sha}',
      'astern build --env prod --version v1.4.0',
      'astern build --check',
    ],
    load: () => import('./build.ts'),
  },
  {
    name: 'push',
    summary: {
      en: 'push the newest tag that was built, or a named one, then move `latest`',
      'zh-CN': '推送最新构建的标签或指定标签，然后移动 `latest`',
    },
    positionals: [{ name: 'TAG', required: false }],
    options: {
      from: {
        type: 'string',
        value: 'ENGINE',
        summary: {
          en: 'with registry: none, the engine it was built on, if another one',
          'zh-CN': '使用 registry: none 时，构建所在的引擎（若不同）',
        },
      },
      to: {
        type: 'string',
        value: 'ENGINE',
        summary: {
          en: 'with registry: none, the engine that runs it, e.g. ssh://deploy@shop.example.com',
          'zh-CN': '使用 registry: none 时，运行它的引擎，例如 ssh://deploy@shop.example.com',
        },
      },
      'dry-run': {
        type: 'boolean',
        summary: { en: 'show what would be pushed and moved', 'zh-CN': '只显示将推送和移动的内容' },
      },
      message,
    },
    examples: ['astern push', 'astern push v1.4.0-prod-217', 'astern push --to ssh://deploy@shop.example.com'],
    load: () => import('./push.ts'),
  },
]

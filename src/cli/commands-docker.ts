// Standing in Docker's own command line, as data.
import type { CommandSpec } from './command.ts'

export const dockerCommands: readonly CommandSpec[] = [
  {
    name: 'docker-plugin',
    summary: { en: 'docker rollback, docker astern …', 'zh-CN': '启用 docker rollback、docker astern …' },
    positionals: [{ name: 'install|uninstall', required: true, complete: ['docker_plugin'] }],
    options: {
      system: {
        type: 'boolean',
        summary: {
          en: 'for all users: in /usr/local/lib/docker/cli-plugins',
          'zh-CN': '为所有用户：/usr/local/lib/docker/cli-plugins',
        },
      },
      'dry-run': {
        type: 'boolean',
        summary: { en: 'say what would be done, change nothing', 'zh-CN': '只显示将要执行的操作，不做任何更改' },
      },
    },
    examples: [
      'astern docker-plugin install',
      'sudo astern docker-plugin install --system',
      'astern docker-plugin uninstall',
      'docker rollback -m "checkout answers 500"',
      'docker astern status',
    ],
    load: () => import('./docker-plugin.ts'),
  },
]

/** What Docker calls, not people. */
export const hiddenDockerCommands: readonly CommandSpec[] = [
  {
    name: 'docker-complete',
    summary: { en: "what Docker's completion may offer next", 'zh-CN': '供 Docker 补全的候选项' },
    positionals: [{ name: 'WORD', required: false, many: true }],
    options: {},
    examples: ['astern docker-complete -- rollback --to ""'],
    load: () => import('./docker-complete.ts'),
  },
]

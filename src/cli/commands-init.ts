// `astern init`, as data.
import type { CommandSpec } from './command.ts'

export const initCommands: readonly CommandSpec[] = [
  {
    name: 'init',
    summary: { en: 'write what a project needs for its first release', 'zh-CN': '为项目写入首次发布所需的文件' },
    positionals: [],
    options: {
      ci: {
        type: 'string',
        value: 'NAME',
        summary: {
          en: 'github, gitlab, tekton or none (default: what the repository has)',
          'zh-CN': 'github、gitlab、tekton 或 none（默认：仓库所用的）',
        },
      },
      image: {
        type: 'string',
        value: 'REPOSITORY',
        summary: { en: 'what the image is called, with its registry', 'zh-CN': '镜像名称，含镜像仓库地址' },
      },
      port: {
        type: 'string',
        value: 'PORT',
        summary: { en: 'where it listens in its container', 'zh-CN': '容器内监听端口' },
      },
      health: {
        type: 'string',
        value: 'PATH',
        summary: { en: 'health path, or tcp', 'zh-CN': '健康检查路径，或 tcp' },
      },
      listen: {
        type: 'string',
        value: 'ADDRESS',
        summary: { en: 'where users of the first environment connect', 'zh-CN': '第一个环境的用户访问地址' },
      },
      environments: {
        type: 'string',
        value: 'LIST',
        summary: {
          en: 'environments, e.g. prod,staging (default: prod)',
          'zh-CN': '环境，例如 prod,staging（默认：prod）',
        },
      },
      main: {
        type: 'string',
        value: 'FOLDER',
        complete: 'file',
        summary: { en: 'which of several Go programs', 'zh-CN': '多个 Go 程序中的哪一个' },
      },
      database: {
        type: 'boolean',
        summary: {
          en: 'a compose file with PostgreSQL for local work, whatever was found',
          'zh-CN': '写入含 PostgreSQL 的本地 compose 文件',
        },
      },
      yes: { type: 'boolean', short: 'y', summary: { en: 'do not ask', 'zh-CN': '不询问' } },
      'dry-run': {
        type: 'boolean',
        summary: { en: 'show what would be written, write nothing', 'zh-CN': '只显示将写入的内容，不写入' },
      },
    },
    examples: [
      'astern init',
      'astern init --yes --ci github',
      'astern init --dry-run',
      'astern init --image registry.example.com/shop/gin-shop --environments prod,staging',
    ],
    load: () => import('./init.ts'),
  },
]

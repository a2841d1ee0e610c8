// Options that every command takes, some that many take, and what `astern` alone understands.
import type { OptionSpec } from './command.ts'

export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  env: {
    type: 'string',
    short: 'e',
    value: 'NAME',
    complete: 'environment',
    summary: {
      en: 'environment, e.g. prod; not needed when there is one',
      'zh-CN': '环境，例如 prod；只有一个时可省略',
    },
  },
  service: {
    type: 'string',
    short: 's',
    value: 'NAME',
    complete: 'service',
    summary: { en: 'service; not needed when there is one', 'zh-CN': '服务；只有一个时可省略' },
  },
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    complete: 'file',
    summary: {
      en: 'configuration file (default: astern.yaml here or above)',
      'zh-CN': '配置文件（默认：当前目录或上级目录中的 astern.yaml）',
    },
  },
  json: {
    type: 'boolean',
    summary: { en: 'step lines and one result object, for machines', 'zh-CN': '输出步骤行和一个结果对象，供程序读取' },
  },
  lang: {
    type: 'string',
    value: 'en|zh-CN',
    complete: 'language',
    summary: { en: 'language of messages', 'zh-CN': '消息语言' },
  },
  actor: {
    type: 'string',
    value: 'NAME',
    summary: {
      en: 'who asks, for the journal; ci:NAME for automation',
      'zh-CN': '操作者，写入操作日志；自动化用 ci:NAME',
    },
  },
  help: { type: 'boolean', short: 'h', summary: { en: 'show help', 'zh-CN': '显示帮助' } },
}

/** For every command that writes to the journal. */
export const message: OptionSpec = {
  type: 'string',
  short: 'm',
  value: 'WHY',
  summary: { en: 'the reason, kept in the journal', 'zh-CN': '原因，写入操作日志' },
}

export const limit: OptionSpec = {
  type: 'string',
  short: 'n',
  value: 'COUNT',
  summary: { en: 'how many (default 20)', 'zh-CN': '数量（默认 20）' },
}

/** What `astern` alone understands beside them. */
export const optionsWithoutCommand: Readonly<Record<string, OptionSpec>> = {
  version: { type: 'boolean', short: 'V', summary: { en: 'show the version', 'zh-CN': '显示版本号' } },
}

// Looking back, as data: releases, what served when, what was done, and figures on it.
import type { CommandSpec, OptionSpec } from './command.ts'
import { limit } from './common-options.ts'

const MOMENT = '"YYYY-MM-DD hh:mm"'

const since: OptionSpec = {
  type: 'string',
  value: 'TIME',
  summary: {
    en: `from then on: 30d, 2026-04-05, ${MOMENT} (your time zone, unless Z, +08:00 or Asia/Shanghai follows)`,
    'zh-CN': `起始时间：30d、2026-04-05、${MOMENT}（默认为您的时区，可附加 Z、+08:00 或 Asia/Shanghai）`,
  },
}
const until: OptionSpec = {
  type: 'string',
  value: 'TIME',
  summary: { en: 'before then; a day is meant as a whole', 'zh-CN': '截止时间；只写日期时包含当天' },
}
const csv: OptionSpec = {
  type: 'boolean',
  summary: { en: 'all of it as CSV (RFC 4180)', 'zh-CN': '以 CSV（RFC 4180）输出全部内容' },
}

export const historyCommands: readonly CommandSpec[] = [
  {
    name: 'releases',
    summary: {
      en: 'releases, newest first; find one; what served then',
      'zh-CN': '发布版本，最新在前；查找；查询某一时刻',
    },
    positionals: [{ name: 'VERSION|TAG|DIGEST|REVISION', required: false, complete: ['release'] }],
    options: {
      at: {
        type: 'string',
        value: 'TIME',
        summary: {
          en: `what served at that moment in each environment: ${MOMENT}, or 2h ago as 2h`,
          'zh-CN': `该时刻各环境中提供服务的版本：${MOMENT}，或 2h 表示两小时前`,
        },
      },
      grep: {
        type: 'string',
        value: 'TEXT',
        summary: {
          en: 'part of version, image, digest, revision, or of who deployed or rolled back and why',
          'zh-CN': '版本号、镜像、摘要、修订、操作者或原因中的部分文字',
        },
      },
      since,
      until,
      limit,
      csv,
    },
    examples: [
      'astern releases',
      'astern releases v1.2.0',
      'astern releases 7c1f2ab',
      'astern releases sha256:1f2e3d4c',
      'astern releases --at "2026-04-05 10:00"',
      'astern releases --at "2026-04-05 10:00 Asia/Shanghai" --json',
      'astern releases --grep "checkout answers 500"',
      'astern releases -n 100 --json',
      'astern releases --since 30d --csv > releases.csv',
    ],
    load: () => import('./releases.ts'),
  },
  {
    name: 'history',
    summary: { en: 'what served when, who put it there and why', 'zh-CN': '何时由哪个版本提供服务、操作者与原因' },
    positionals: [],
    options: { since, until, limit, csv },
    examples: [
      'astern history',
      'astern history --env prod --since 30d',
      'astern history --since 2026-04-01 --until 2026-04-05 --json',
      'astern history --csv > history.csv',
    ],
    load: () => import('./history.ts'),
  },
  {
    name: 'stats',
    summary: { en: 'the four DORA figures, from the journal', 'zh-CN': '由操作日志得出的 DORA 四项指标' },
    positionals: [],
    options: {
      since: {
        type: 'string',
        value: 'TIME',
        summary: {
          en: `from then on (default 90d): 30d, 2026-04-05, ${MOMENT}`,
          'zh-CN': `起始时间（默认 90d）：30d、2026-04-05、${MOMENT}`,
        },
      },
      until,
      csv,
    },
    examples: [
      'astern stats',
      'astern stats --since 30d --env prod',
      'astern stats --json',
      'astern stats --csv > stats.csv',
    ],
    load: () => import('./stats.ts'),
  },
  {
    name: 'log',
    summary: { en: 'operations, or one step by step', 'zh-CN': '操作列表，或逐步查看一次操作' },
    positionals: [{ name: 'TX', required: false, complete: ['transaction'] }],
    options: {
      grep: {
        type: 'string',
        value: 'TEXT',
        summary: { en: 'part of the reason or of who did it', 'zh-CN': '原因或操作者中的部分文字' },
      },
      since,
      until,
      limit,
      csv,
      verify: {
        type: 'boolean',
        summary: { en: 'check the hash chain of the journal', 'zh-CN': '校验操作日志的哈希链' },
      },
    },
    examples: ['astern log', 'astern log tx-5f8a7b9c', 'astern log --grep alice --since 7d', 'astern log --verify'],
    load: () => import('./log.ts'),
  },
]

// What the CLI says of the schema of a service's database.
import type { Text } from './text.ts'

export const schemaMessages = {
  step_schema: { en: 'schema', 'zh-CN': '数据库结构' },
  step_database_revert: { en: 'take schema back', 'zh-CN': '回退数据库结构' },
  setting_database: { en: 'schema', 'zh-CN': '数据库结构' },
  because_schema: {
    en: 'no {name} of the database suits both releases',
    'zh-CN': '没有同时适合两个版本的数据库结构（{name}）',
  },
  reverts: { en: 'database', 'zh-CN': '数据库' },
  reverts_line: {
    en: 'schema {from} → {to}, taken back by {release}',
    'zh-CN': '数据库结构 {from} → {to}，由 {release} 回退',
  },
  revert_runs: { en: 'In the image of {release}: {command}', 'zh-CN': '在 {release} 的镜像中运行：{command}' },
  ask_revert: {
    en: 'Take the schema of the database back from version {from} to {to}? What newer releases wrote may be lost.',
    'zh-CN': '将数据库结构从版本 {from} 回退到 {to}？较新版本写入的数据可能丢失。',
  },
  revert_unanswered: {
    en: '--revert-database asks first; with --yes it does not.',
    'zh-CN': '--revert-database 会先询问；加上 --yes 则不询问。',
  },
  undo_reverts_nothing: {
    en: '--undo goes forward again: it does not go together with --revert-database.',
    'zh-CN': '--undo 是重新前进，不能与 --revert-database 同用。',
  },
} as const satisfies Record<string, Text>

// Chinese texts of errors about the schema of a service's database (core/schema-errors.ts).
import type { schemaErrors } from '../core/schema-errors.ts'

export const schemaErrorsZhCn: Readonly<
  Record<keyof typeof schemaErrors, { readonly message: string; readonly hint: string }>
> = {
  SCHEMA: {
    message: '{release} 无法与数据库配合工作：{reason}。{other}',
    hint: '可用 --force=schema 强制执行。astern diff 显示各发布版本的需求；astern rollback --revert-database 会一并回退数据库结构。',
  },
  NO_REVERT: {
    message: '没有说明如何回退 {environment} 中 {service} 的数据库结构。',
    hint: '未做任何更改。请在 astern.yaml 中说明（database: { revert: [/app, migrate, goto, "{version}"] }）；自下次部署起生效。',
  },
  REVERT_FAILED: {
    message: '数据库结构未能回退到版本 {to}：{reason}。{log}',
    hint: '请先检查数据库：其结构为 {now}。',
  },
  REVERT_UNKNOWN: {
    message: '无法判断数据库结构是否已回退到版本 {to}：回退已经开始，但 {reason}。',
    hint: '不会重新开始。请检查数据库，手动修正后再次运行回滚。',
  },
}

// Chinese texts of the errors of `astern init` (core/init-errors.ts).
import type { initErrors } from '../core/init-errors.ts'

export const initErrorsZhCn: Readonly<
  Record<keyof typeof initErrors, { readonly message: string; readonly hint: string }>
> = {
  INIT_UNKNOWN: {
    message:
      '无法识别 {folder} 中的项目：没有 go.mod、package.json、pom.xml、build.gradle 或 Dockerfile。更深的目录中有：{elsewhere}。',
    hint: '请在服务所在的目录中运行，或先编写 Dockerfile。',
  },
  INIT_NOT_WRITTEN: {
    message: '无法写入 {path}：{reason}。在它之前已写入：{written}。',
    hint: '请修复后重新运行该命令：它只写入缺少的文件。',
  },
}

// Chinese texts of errors about Docker's own command line (core/docker-plugin-errors.ts).
import type { dockerPluginErrors } from '../core/docker-plugin-errors.ts'

export const dockerPluginErrorsZhCn: Readonly<
  Record<keyof typeof dockerPluginErrors, { readonly message: string; readonly hint: string }>
> = {
  DOCKER_PLUGIN_TAKEN: {
    message: '{path} 已存在，且不属于 Astern：{what}。',
    hint: '未做任何更改。请将其移走，或使用其他目录（DOCKER_CONFIG 或 --system）。',
  },
  DOCKER_PLUGIN_FOLDER: {
    message: '无法修改 {path}：{reason}。',
    hint: '使用 --system 需要 root（sudo）；否则该目录须属于您。',
  },
}

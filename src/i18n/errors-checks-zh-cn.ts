// Chinese texts of errors about checks of images (core/check-errors.ts).
import type { checkErrors } from '../core/check-errors.ts'

export const checkErrorsZhCn: Readonly<
  Record<keyof typeof checkErrors, { readonly message: string; readonly hint: string }>
> = {
  CHECKS_MISSING: {
    message: '{service} 在环境 {environment} 中没有任何检查，没有检查就谈不上验证。',
    hint: '请在 astern.yaml 中编写检查：environments: { {environment}: { checks: { selftest: { run: [/app, selftest] } } } }。',
  },
  COMPOSE_MISSING: {
    message: '检查 {check} 需要 docker compose，但本机没有：{reason}。',
    hint: '请安装 Docker 的 Compose 插件（docker-compose-plugin，Debian 上为 docker-compose-v2 或 docker-compose），然后运行 docker compose version 确认。',
  },
  COMPOSE_FAILED: {
    message: '{file} 的 compose 项目有问题：{reason}。',
    hint: '请修正该文件，或其服务所依赖的内容。',
  },
  CHECK_FAILED: {
    message: '{image} 未通过环境 {environment} 的检查：{problems}',
    hint: '未部署任何内容。完整输出见 {logs}。',
  },
  UNVERIFIED: {
    message: '{environment} 只接受已在 {required} 通过验证的镜像，而 {image}：{reason}。未做任何更改。',
    hint: '{command}',
  },
  NOT_PROMOTABLE: {
    message: '{service} 没有可从 {environment} 晋级的版本：{reason}。',
    hint: '只有在该环境中服务过的版本才能晋级：astern releases --env {environment}。',
  },
}

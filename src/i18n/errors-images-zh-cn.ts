// Chinese texts of errors about images on their way (core/image-errors.ts).
import type { imageErrors } from '../core/image-errors.ts'

export const imageErrorsZhCn: Readonly<
  Record<keyof typeof imageErrors, { readonly message: string; readonly hint: string }>
> = {
  TAG_MOVED: {
    message: '{image} 在本机是 {known}，在 {where} 是 {found}。一个标签永远只表示一个镜像。',
    hint: '未做任何更改。请为另一个镜像使用独立的标签；镜像仓库中的镜像也可按摘要部署（astern deploy sha256:…）。',
  },
  REGISTRY_NEEDED: {
    message: '镜像 {image} 没有写明镜像仓库，因此无处可查。',
    hint: '请在名称前写上镜像仓库（registry.example.com/shop/{image}；Docker Hub 为 docker.io/USER/{image}），或在 astern.yaml 中写 `registry: none`：astern push 会把镜像直接送到运行它的引擎。',
  },
  REGISTRY_UNREACHABLE: {
    message: '{image} 的镜像仓库没有正常应答：{reason}。',
    hint: '未因此做任何更改。请启动镜像仓库或登录（docker login），然后重试。',
  },
  REGISTRY_DENIED: {
    message: '{registry} 不允许执行 {what}：{reason}。',
    hint: '请以有权限的账号登录：docker login {registry}。',
  },
  REGISTRY_LIES: {
    message: '{registry} 返回的 {image} 与所请求的不符：{reason}。',
    hint: '返回的内容未被使用。可能被途中的代理改动，或镜像仓库已损坏。',
  },
  REGISTRY_KEEPS: {
    message: '{registry} 不允许删除：{reason}。',
    hint: '请在镜像仓库的配置中允许删除（storage.delete.enabled），或由镜像仓库自行清理。',
  },
  CARRY_FAILED: {
    message: '镜像 {image} 未能从 {from} 送达 {to}：{reason}。',
    hint: '请再次推送：已有的内容不受影响，镜像完整之前不会占用名称。',
  },
}

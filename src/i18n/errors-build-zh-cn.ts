// Chinese texts of errors of building and pushing (core/build-errors.ts).
import type { buildErrors } from '../core/build-errors.ts'

export const buildErrorsZhCn: Readonly<
  Record<keyof typeof buildErrors, { readonly message: string; readonly hint: string }>
> = {
  DOCKERFILE_MISSING: {
    message: '没有可用于构建 {service} 的 {path}。',
    hint: '请编写一个（astern init 可生成），或在 astern.yaml 中指定：build: { context, dockerfile }。',
  },
  TAG_IMPOSSIBLE: {
    message: '模板 {template} 无法生成标签：{problem}。',
    hint: '请用 --tag 或 astern.yaml 中的 build.tag 指定其他模板。',
  },
  TAG_UNKNOWN: {
    message: '{tag} 不是在此为 {environment} 的 {service} 构建的。已构建：{known}。',
    hint: '运行 astern build 构建一个。',
  },
  NOTHING_BUILT: {
    message: '尚未在此为 {environment} 的 {service} 构建任何镜像。',
    hint: '运行 astern build 可构建镜像并生成标签。',
  },
  TAG_IS_POINTER: {
    message: '{tag} 是指针：明天它可能指向另一个镜像，因此绝不能作为发布版本的依据。',
    hint: '请使用它所指的标签：{instead}',
  },
  BUILDER_MISSING: {
    message: 'PATH 中没有 docker 程序，而镜像由它构建和推送。',
    hint: '请安装 Docker 命令行（docker-ce-cli 或 docker.io）。',
  },
  BUILD_FAILED: {
    message: '{image} 构建失败：{reason}',
    hint: '没有创建或移动任何标签。详见上方输出；astern build --check 可检查 Dockerfile。',
  },
  IMAGE_NOT_PUSHED: {
    message: '{image} 推送失败：{reason}',
    hint: '没有移动任何指针。再次运行 astern push 会从中断处继续：已到达的层不会重复发送。',
  },
  WORK_STOPPED: {
    message: '已中断。未完成的部分没有名称，也未被记录。',
    hint: '准备好后请重新运行。',
  },
}

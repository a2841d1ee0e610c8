// What the CLI says of building and pushing images.
import type { Text } from './text.ts'

export const buildMessages = {
  step_check_tag: { en: 'check tag', 'zh-CN': '检查标签' },
  step_build: { en: 'build', 'zh-CN': '构建' },
  step_tag: { en: 'tag', 'zh-CN': '打标签' },
  step_push: { en: 'push', 'zh-CN': '推送' },
  step_verify_digest: { en: 'verify digest', 'zh-CN': '核对摘要' },
  step_point: { en: 'move pointers', 'zh-CN': '移动指针' },
  step_carry: { en: 'carry', 'zh-CN': '传送' },
  image: { en: 'image', 'zh-CN': '镜像' },
  size: { en: 'size', 'zh-CN': '大小' },
  size_line: { en: '{size} · {change}', 'zh-CN': '{size} · {change}' },
  size_first: { en: 'the first one', 'zh-CN': '首个镜像' },
  size_same: { en: 'as before', 'zh-CN': '与之前相同' },
  size_change: {
    en: '{sign}{difference} ({percent} %) against the last release',
    'zh-CN': '较上一版本 {sign}{difference}（{percent} %）',
  },
  layers: { en: 'layers', 'zh-CN': '层' },
  labels: { en: 'labels', 'zh-CN': '标记' },
  arguments: { en: 'arguments', 'zh-CN': '构建参数' },
  built_from: { en: 'from', 'zh-CN': '来源' },
  pointers: { en: 'pointers', 'zh-CN': '指针' },
  pointers_stay: { en: 'stay where they are: {newer} is newer', 'zh-CN': '保持不变：{newer} 更新' },
  advice: { en: 'advice', 'zh-CN': '建议' },
  no_advice: { en: 'nothing to improve was found', 'zh-CN': '未发现可改进之处' },
  built: { en: 'built', 'zh-CN': '已构建' },
  built_line: { en: '{tag} in {total} · {transaction}', 'zh-CN': '{tag} · 用时 {total} · {transaction}' },
  built_again: { en: '{tag} is that very image already', 'zh-CN': '{tag} 已是同一镜像' },
  pushed: { en: 'pushed', 'zh-CN': '已推送' },
  pushed_line: { en: '{tag} in {total} · {transaction}', 'zh-CN': '{tag} · 用时 {total} · {transaction}' },
  pushed_before: { en: '{tag} is there already, and every pointer stands', 'zh-CN': '{tag} 已存在，所有指针均已就位' },
  carried_before: { en: '{tag} is there already', 'zh-CN': '{tag} 已在目标引擎上' },
  engine_with_registry: {
    en: '--from and --to are for services with registry: none.',
    'zh-CN': '--from 和 --to 仅用于 registry: none 的服务。',
  },
  would_push: { en: '{image} would be pushed; nothing was changed', 'zh-CN': '将推送 {image}；未做任何更改' },
  would_build: { en: 'nothing was built', 'zh-CN': '未构建任何镜像' },
  doctor_tags: { en: '{count} tags mean what they meant', 'zh-CN': '{count} 个标签的含义未变' },
  stopping: { en: 'Stopping.', 'zh-CN': '正在停止。' },
  build_warning_unversioned: {
    en: 'the commit has no version tag, so the version is {version}: astern version --release makes one, --version names one',
    'zh-CN': '该提交没有版本标签，版本记为 {version}：可用 astern version --release 创建，或用 --version 指定',
  },
  build_warning_unversioned_shallow: {
    en: 'this clone is shallow and knows no version tag of the commit, so the version is {version}: fetch tags (fetch-depth: 0), or name it with --version',
    'zh-CN':
      '此克隆为浅克隆，且不含该提交的版本标签，版本记为 {version}：请获取标签（fetch-depth: 0），或用 --version 指定',
  },
  build_warning_no_git: {
    en: 'there is no git commit here: the image does not say what it was built from',
    'zh-CN': '此处没有 git 提交：镜像无法说明由何构建',
  },
  build_warning_dirty: {
    en: 'files differ from the commit ({files}): version and revision are marked -dirty',
    'zh-CN': '有文件与提交不同（{files}）：版本与修订号标记为 -dirty',
  },
  build_warning_untracked: {
    en: 'git does not know {files}: if they get into the image, its revision does not say so',
    'zh-CN': 'git 未跟踪 {files}：若其进入镜像，修订号无法体现',
  },
  build_warning_registry_silent: {
    en: 'the registry could not be asked whether it has {image} already: {reason}',
    'zh-CN': '无法询问镜像仓库是否已有 {image}：{reason}',
  },
  advice_SINGLE_STAGE: {
    en: 'the image is {base} with all its tools: build in one stage, and copy the result into a small one (FROM … AS build, COPY --from=build)',
    'zh-CN':
      '镜像包含 {base} 及其全部工具：请在一个阶段构建，再把结果复制到小镜像（FROM … AS build，COPY --from=build）',
  },
  advice_BASE_LATEST: {
    en: '{base} names no version: another image tomorrow. Name one, as in {base}:1.2',
    'zh-CN': '{base} 未指定版本：明天会是另一个镜像。请指定，例如 {base}:1.2',
  },
  advice_COPY_BEFORE_DEPENDENCIES: {
    en: 'everything is copied before dependencies are fetched (line {later}): each change fetches them again. Copy go.mod, package.json or the like first',
    'zh-CN': '在获取依赖（第 {later} 行）之前复制了全部文件：每次改动都会重新获取。请先复制 go.mod、package.json 等',
  },
  advice_SECRET_IN_IMAGE: {
    en: '{what} leaves a secret in the image, for whoever pulls it: mount it while building (RUN --mount=type=secret), or give it to the service (secrets in astern.yaml)',
    'zh-CN':
      '{what} 会把机密留在镜像中，任何拉取者都能看到：请在构建时挂载（RUN --mount=type=secret），或交给服务（astern.yaml 的 secrets）',
  },
  advice_ROOT_USER: {
    en: 'it runs as root: name another user, as in USER 10001',
    'zh-CN': '以 root 运行：请指定其他用户，例如 USER 10001',
  },
  advice_SHELL_FORM: {
    en: '{instruction} runs through a shell, which does not hand on the stop signal: write it as ["/app", "serve"]',
    'zh-CN': '{instruction} 经由 shell 运行，停止信号无法传递：请写成 ["/app", "serve"]',
  },
  advice_NO_HEALTHCHECK: {
    en: 'there is no HEALTHCHECK: outside Astern nobody notices when it hangs',
    'zh-CN': '没有 HEALTHCHECK：在 Astern 之外无人能发现它挂起',
  },
  advice_NO_DOCKERIGNORE: {
    en: 'there is no .dockerignore: .git, .env and whatever lies here is sent to the builder, and may get into the image',
    'zh-CN': '没有 .dockerignore：.git、.env 等都会发送给构建器，并可能进入镜像',
  },
  advice_LARGE_LAYER: { en: '{size} come from {layer}', 'zh-CN': '{size} 来自 {layer}' },
  advice_IMAGE_GREW: {
    en: 'it grew from {from} to {to} since the last release',
    'zh-CN': '与上一版本相比由 {from} 增至 {to}',
  },
} as const satisfies Readonly<Record<string, Text>>

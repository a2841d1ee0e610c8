// Chinese texts of errors about git, versions and code hosts (core/git-errors.ts).
import type { gitErrors } from '../core/git-errors.ts'

export const gitErrorsZhCn: Readonly<
  Record<keyof typeof gitErrors, { readonly message: string; readonly hint: string }>
> = {
  NOT_A_REPOSITORY: { message: '{folder} 不在任何 git 仓库中。', hint: '请在仓库中运行；git init 可创建仓库。' },
  GIT_UNAVAILABLE: { message: '无法运行 git：{reason}。', hint: '请安装 git，或将其加入 PATH。' },
  GIT_FAILED: {
    message: 'git {command} 失败：{reason}',
    hint: '请按 git 的提示修正后重新运行：已开始的部分会继续完成。',
  },
  NO_COMMITS: { message: '仓库 {folder} 还没有任何提交。', hint: '请先提交。' },
  SHALLOW_CLONE: {
    message: '这是浅克隆：自 {since} 以来的历史不完整，无法得出下一个版本号。',
    hint: '请运行 git fetch --unshallow --tags；在 CI 中请拉取完整历史（GitHub Actions：fetch-depth: 0，GitLab CI：GIT_DEPTH: 0）。',
  },
  TREE_DIRTY: {
    message: '{count} 个文件与最近一次提交不同：{files}。未做任何更改。',
    hint: '请提交，或用 git stash 暂存；然后重新运行。',
  },
  DETACHED_HEAD: {
    message: '当前未检出任何分支，发布提交将不属于任何分支。未做任何更改。',
    hint: '请运行 git switch BRANCH；在 GitLab CI 中：git switch -C "$CI_COMMIT_BRANCH"。',
  },
  GIT_TAG_MOVED: {
    message: '标签 {tag} 被移动过：在本仓库中指向 {here}，而 {where} 记录的是 {there}。未做任何更改。',
    hint: '请查明实际发布的是哪一个；git tag -f {tag} {there} 可将其移回。一个标签永远只表示一个提交。',
  },
  VERSION_TAKEN: {
    message: '标签 {tag} 已被占用：{where} 记录它指向 {there}。未做任何更改。',
    hint: '请用 git fetch --tags 取回本地缺少的标签；或用 --release-as 指定其他版本号。',
  },
  VERSION_TOO_LOW: { message: '{version} 不高于最近的 {tag}。', hint: '请用 --release-as 指定更高的版本号。' },
  PUSH_FAILED: {
    message: '无法将 {what} 推送到 {remote}：{reason}',
    hint: '本地已完成的部分会保留；远端可用后请重新运行。',
  },
  REVERT_IMPOSSIBLE: {
    message: '操作 {transaction} 没有可撤销的提交：{reason}。',
    hint: '运行 astern show {transaction} 查看它从哪个版本回到哪个版本。',
  },
  REVERT_CONFLICT: {
    message: '无法自动撤销 {bad}，因为之后的更改涉及相同的行：{files}。未推送任何内容。',
    hint: '请在 {base} 上手工处理：{command}',
  },
  CODE_HOST_UNKNOWN: {
    message: '不清楚应使用哪个 API 为 {remote} 创建请求。',
    hint: '请在 astern.yaml 中说明：git: { host: github } 或 git: { host: gitlab }；地址特殊时再加 api: URL。',
  },
  CODE_HOST_TOKEN: {
    message: '没有用于 {api} 的令牌：{reason}。',
    hint: '请设置 {variable}，或在 astern.yaml 中说明其位置：git: { token: { env: NAME } } 或 { file: PATH }。',
  },
  CODE_HOST_DENIED: {
    message: '{api} 不接受该令牌：{reason}。',
    hint: '令牌可能已过期，或无权创建请求：GitHub 需要 "Pull requests: write"，GitLab 需要 api 权限。',
  },
  CODE_HOST_REFUSED: {
    message: '{api} 拒绝了请求：{reason}。',
    hint: '分支 {branch} 已推送；请手工创建请求，或修正后重新运行。',
  },
  CODE_HOST_UNREACHABLE: {
    message: '{api} 无应答：{reason}。',
    hint: '分支 {branch} 已推送；请稍后重新运行。',
  },
}

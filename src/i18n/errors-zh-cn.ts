// The catalogue's texts in Chinese. Invariant: every entry has the placeholders of its English text, no more and no fewer; a test compares them.
import type { ErrorCode } from '../core/errors.ts'
import { dockerPluginErrorsZhCn } from './errors-docker-plugin-zh-cn.ts'
import { buildErrorsZhCn } from './errors-build-zh-cn.ts'
import { gitErrorsZhCn } from './errors-git-zh-cn.ts'
import { checkErrorsZhCn } from './errors-checks-zh-cn.ts'
import { imageErrorsZhCn } from './errors-images-zh-cn.ts'
import { schemaErrorsZhCn } from './errors-schema-zh-cn.ts'
import { initErrorsZhCn } from './errors-init-zh-cn.ts'
import { retentionErrorsZhCn } from './errors-retention-zh-cn.ts'

export const errorsZhCn: Readonly<Record<ErrorCode, { readonly message: string; readonly hint: string }>> = {
  // --- usage and configuration
  USAGE: { message: '{problem}', hint: '运行 astern {command} --help 查看示例。' },
  CONFIG_NOT_FOUND: {
    message: '{folder} 及其上级目录中没有 astern.yaml。',
    hint: '可用 astern init 生成，或用 --config 指定。',
  },
  CONFIG_INVALID: {
    message: '配置中有 {count} 处问题：\n{problems}',
    hint: '未做任何更改。请修正后重新运行。',
  },
  SERVICE_NEEDED: { message: '存在多个服务：{known}。', hint: '请用 --service 指定其中一个。' },
  ENVIRONMENT_NEEDED: { message: '存在多个环境：{known}。', hint: '请用 --env 指定其中一个。' },
  SERVICE_UNKNOWN: {
    message: '环境 {environment} 中没有服务 {service}。已知：{known}。',
    hint: '请检查拼写，或先部署该服务。',
  },
  RELEASE_UNKNOWN: {
    message: '服务 {service} 在环境 {environment} 中没有发布版本 {release}。',
    hint: '运行 astern releases 查看全部发布版本。',
  },
  REPLICA_UNKNOWN: {
    message: '{wanted} 没有正在运行的副本。正在运行：{known}。',
    hint: '请用 --replica 指定，或使用无需副本的 astern run RELEASE -- CMD。',
  },
  PROCESS_UNKNOWN: { message: '{release} 没有进程 {process}。', hint: '运行 astern show {release} 查看其组成。' },
  TRANSACTION_UNKNOWN: { message: '没有操作 {transaction}。', hint: '运行 astern log 查看全部操作。' },
  TAG_NEEDED: {
    message: '未指定标签，构建记录和 compose 文件中也没有标签。',
    hint: '请运行 astern deploy TAG。不会默认使用 `latest`：它明天可能指向另一个镜像。',
  },
  IMAGE_NOT_FOUND: {
    message: '镜像 {image} 既不在本机，也不在其镜像仓库中：{reason}。未做任何更改。',
    hint: '请检查标签，或先构建、推送该镜像。',
  },
  ADOPT_IMPOSSIBLE: {
    message: '无法接管容器 {container}：{reason}。未做任何更改。',
    hint: '运行 docker ps --all 查看容器；已有发布版本的服务请直接部署。',
  },
  NETWORK_UNKNOWN: {
    message: '没有网络 {network}，而 {service} 需要加入它。',
    hint: '请启动创建它的服务（{command}），或从 `networks` 中移除。',
  },
  SECRET_UNAVAILABLE: {
    message: '无法从 {source} 读取密钥 {name}：{reason}。未做任何更改。',
    hint: '请在 astern.yaml 中修正其来源。',
  },
  // --- refused, nothing was changed
  QUARANTINED: {
    message: '{release} 是此前被回滚的版本（{reason}）；相同的镜像和配置不能再次部署。',
    hint: '请部署修正后的版本，或用 --force=quarantine 强制执行。',
  },
  NO_TARGET: {
    message: '没有可以回滚到的早期发布版本：\n{reasons}',
    hint: '运行 astern releases 查看；用 --to 指定版本，并用 --force=quarantine 解除隔离限制。',
  },
  HELD: {
    message: '服务 {service} 在环境 {environment} 的部署自 {since} 起由 {by} 置于保持状态{moved}：{reason}',
    hint: '运行 astern resume 解除；或用 --force=hold 强制执行。',
  },
  OUTDATED: {
    message: '{revision} 是 {release} 正在提供服务的 {serving} 的祖先提交：部署它等于悄悄回滚。',
    hint: '请部署更新的版本，或用 --force=outdated 强制执行；回滚请用 astern rollback。',
  },
  FROZEN: {
    message: '服务 {service} 在环境 {environment} 的部署冻结至 {until}（{window}）。',
    hint: '请等待，或用 --force=freeze 强制执行。回滚从不受冻结限制。',
  },
  FORBIDDEN: { message: '{actor} 无权执行此操作。', hint: '请联系有权限的人。' },
  RAMP_IMPOSSIBLE: {
    message: '流量无法逐步切换到 {release}：该服务的两个版本不能同时运行。',
    hint: '请不带 --ramp 执行回滚。',
  },
  FOREIGN_INSTALLATION: {
    message: '另一个 Astern 安装（{installation}）已在这台 Docker 主机上的环境 {environment} 中运行服务 {service}。',
    hint: '请使用它的状态目录（ASTERN_STATE），或先用它自己的 astern down --all 停止。',
  },
  // --- a deploy failed, the previous release serves
  DEPLOY_FAILED: {
    message: '{reason}\n当前提供服务：{serving}',
    hint: '请修正后重新部署。运行 astern log {transaction} 查看每个步骤。',
  },
  SCALE_FAILED: {
    message: '{reason}\n{serving} 保持原样：{before}',
    hint: '请修正后重试，或减少数量。运行 astern log {transaction} 查看每个步骤。',
  },
  TAKEN_BACK: {
    message: '该发布已被撤回：{reason}。\n当前提供服务：{serving}',
    hint: '运行 astern show {release} --verdict 查看证据，运行 astern logs --release {release} 查看其输出。',
  },
  ABORTED: { message: '已被 {by} 中止。当前提供服务：{serving}', hint: '准备好后请重新部署。' },
  UNDECIDED: {
    message: '因无法得出确定结论，该发布已被撤回：{reason}。\n当前提供服务：{serving}',
    hint: '运行 astern show {release} --verdict 查看证据。若设置 verdict: { undecided: go_on }，则会继续。',
  },
  PREEMPTED: {
    message: '过程中被回滚 {by} 接管；当前提供服务：{serving}',
    hint: '运行 astern log {by} 查看。',
  },
  INTERRUPTED: { message: '已中断。当前提供服务：{serving}', hint: '准备好后请重新运行。' },
  // --- a rollback failed, a human is needed
  ROLLBACK_FAILED: {
    message: '回滚到 {release} 未成功：{reason}\n当前提供服务：{serving}',
    hint: '请重试，或用 astern rollback --to 回滚到更早的版本，或运行 astern doctor 检查。',
  },
  // --- steps
  START_FAILED: {
    message: '副本 {replica} 的容器未能启动：{reason}',
    hint: '运行 astern logs --release {release} 查看其输出。',
  },
  HEALTH_FAILED: {
    message: '{replica} 在 {within} 内未变为健康：{reason}{log}',
    hint: '请查看其最后的日志以及 astern.yaml 中的 `health`。',
  },
  PROOF_FAILED: {
    message: '经代理的 {of} 个应答中只有 {answers} 个来自 {release}：{seen}',
    hint: '运行 astern status 查看当前服务的版本；运行 astern doctor 检查代理。',
  },
  HOOK_FAILED: { message: '钩子 {hook} 失败：{reason}{log}', hint: '请修复它所做的事，或修改 astern.yaml 中的配置。' },
  HOOK_UNKNOWN: {
    message: '无法确定钩子 {hook} 是否已完成：执行它的进程先行终止。它没有被再次执行。',
    hint: '请查看它做了什么（{token}），处理之后再重新部署。',
  },
  PORT_TAKEN: {
    message: '{address} 已被占用{by}。',
    hint: '请停止占用者，或在 astern.yaml 中换一个端口。',
  },
  ADDRESS_TAKEN: {
    message: '副本 {replica} 的地址 {address} 已被网络中的另一个容器占用：{by}。',
    hint: '请将该容器从网络 {network} 中移除。',
  },
  // --- nothing to do, busy
  NOTHING_TO_DO: { message: '{reason}', hint: '' },
  BUSY: {
    message: '{actor} 的操作 {operation} {transaction} 自 {since} 起占用环境 {environment} 中的服务 {service}。',
    hint: '请等待其完成；回滚无需等待部署。',
  },
  // --- the host
  ENGINE_UNAVAILABLE: {
    message: 'Docker 引擎 {endpoint} 无应答：{reason}',
    hint: '请启动 Docker；运行 astern doctor 进一步检查。',
  },
  ENGINE_PERMISSION: {
    message: '没有权限使用 Docker 引擎 {endpoint}。',
    hint: '请以 root 运行，或加入 docker 组（sudo usermod -aG docker $USER，然后重新登录）。',
  },
  ENGINE_TOO_OLD: { message: 'Docker 引擎版本为 {version}；需要 20.10 或更新版本。', hint: '请升级 Docker。' },
  PROXY_DOWN: { message: '代理未运行：{reason}', hint: '运行 astern up 启动代理。' },
  PROXY_UNAVAILABLE: {
    message: '无法获得 HAProxy：{reason}',
    hint: '请拉取或构建镜像 haproxy:3.2，或在主机上安装 HAProxy 3.0 或更新版本。',
  },
  PROXY_REFUSED: {
    message: 'HAProxy 拒绝了 `{command}`：{answer}',
    hint: '运行 astern doctor 比较其配置文件与实际运行状态。',
  },
  PROXY_TOO_OLD: { message: 'HAProxy 版本为 {version}；需要 3.0 或更新版本。', hint: '请使用镜像 haproxy:3.2。' },
  NETWORK_FULL: {
    message: '网络 {network} 中没有空闲地址。',
    hint: '运行 astern releases 查看热备；请在 astern.yaml 中减少 `standby` 数量。',
  },
  STATE_CORRUPTED: {
    message: '无法读取状态文件 {path}：{reason}。文件未被改动。',
    hint: '请恢复备份，或将其移走后用 astern up 重新开始；期间服务继续运行。',
  },
  STATE_NEWER: {
    message: '状态文件 {path} 由更新版本的 Astern 写入（结构版本 {found}，当前程序只支持到 {known}）。文件未被改动。',
    hint: '请使用那个更新版本的 Astern。',
  },
  STATE_PERMISSION: {
    message: '无法写入状态目录 {path}：{reason}。',
    hint: '请以其所有者身份运行，或加入 astern 组，或设置 ASTERN_STATE。',
  },
  DISK_FULL: { message: '磁盘已满：无法写入 {path}。', hint: '请释放一些空间；回滚仍可进行。' },
  JOURNAL_TAMPERED: {
    message: '操作日志从第 {seq} 行起与其哈希不符。',
    hint: '可能被人为修改，或文件已损坏。请与备份比较。',
  },
  LEASE_LOST: { message: '另一个操作已接管。', hint: '运行 astern log 查看。' },
  INTERNAL: { message: '{reason}', hint: '这是 Astern 的缺陷。请附上 astern log 的输出进行反馈。' },
  // --- images and registries
  ...imageErrorsZhCn,
  ...schemaErrorsZhCn,
  ...dockerPluginErrorsZhCn,
  ...initErrorsZhCn,
  ...retentionErrorsZhCn,
  ...buildErrorsZhCn,
  // --- git, versions and code hosts
  ...gitErrorsZhCn,
  ...checkErrorsZhCn,
}

// What the CLI says, in every language it speaks. `{name}` is replaced by a detail. Texts of errors are in core/errors.ts and errors-zh-cn.ts.
import { type Details, fillIn } from '../core/errors.ts'
import { buildMessages } from './messages-build.ts'
import { checkMessages } from './messages-checks.ts'
import { doctorMessages } from './messages-doctor.ts'
import { schemaMessages } from './messages-schema.ts'
import { dockerPluginMessages } from './messages-docker-plugin.ts'
import { historyMessages } from './messages-history.ts'
import { initMessages } from './messages-init.ts'
import { retentionMessages } from './messages-retention.ts'
import { sourceMessages } from './messages-source.ts'
import { trialMessages } from './messages-trials.ts'
import { viewMessages } from './messages-views.ts'
import type { Language, Text } from './text.ts'

const commonMessages = {
  usage: { en: 'Usage', 'zh-CN': '用法' },
  commands: { en: 'Commands', 'zh-CN': '命令' },
  options: { en: 'Options', 'zh-CN': '选项' },
  options_of_all: { en: 'Options of every command', 'zh-CN': '通用选项' },
  examples: { en: 'Examples', 'zh-CN': '示例' },
  tagline: {
    en: 'undo any release in milliseconds, without losing a request',
    'zh-CN': '毫秒级撤回任何发布，不丢失一个请求',
  },
  help_more: { en: 'astern COMMAND --help shows more.', 'zh-CN': '运行 astern COMMAND --help 查看详情。' },
  error: { en: 'error', 'zh-CN': '错误' },
  warning: { en: 'warning', 'zh-CN': '警告' },
  // problems of usage
  command_unknown: { en: 'There is no command {command}.', 'zh-CN': '没有命令 {command}。' },
  did_you_mean: { en: 'Did you mean {guess}?', 'zh-CN': '您是否想用 {guess}？' },
  positional_missing: { en: '{name} is missing.', 'zh-CN': '缺少参数 {name}。' },
  positional_surplus: { en: '{value} is one argument too many.', 'zh-CN': '多余的参数 {value}。' },
  value_invalid: {
    en: '--{name}: expected {expected}, got "{value}".',
    'zh-CN': '--{name}：应为 {expected}，实为 "{value}"。',
  },
  option_unknown: { en: 'There is no option {option} here.', 'zh-CN': '没有选项 {option}。' },
  option_needs_value: {
    en: '--{name} needs a value: --{name}={value}.',
    'zh-CN': '--{name} 需要一个值：--{name}={value}。',
  },
  option_takes_nothing: { en: '--{name} takes no value.', 'zh-CN': '--{name} 不接受值。' },
  bisect_order: { en: '{good} is not older than {bad}.', 'zh-CN': '{good} 不早于 {bad}。' },
  bisect_try: { en: 'try', 'zh-CN': '尝试' },
  bisect_try_line: {
    en: '{release} · {left} left, {tries} tries at most',
    'zh-CN': '{release} · 剩余 {left} 个，最多再试 {tries} 次',
  },
  bisect_good: { en: 'good', 'zh-CN': '好' },
  bisect_bad: { en: 'bad', 'zh-CN': '坏' },
  bisect_skipped: { en: 'nobody can say', 'zh-CN': '无法判断' },
  bisect_first_bad: { en: 'first bad', 'zh-CN': '首个坏版本' },
  bisect_unknown: { en: 'or one of {releases}, which could not be tried', 'zh-CN': '或无法尝试的 {releases} 之一' },
  bisect_question: { en: 'Is it good?', 'zh-CN': '它正常吗？' },
  bisect_needs_program: {
    en: 'Nobody can be asked here; name a program with --run.',
    'zh-CN': '此处无法询问；请用 --run 指定程序。',
  },
  bisect_program_ended: {
    en: '{program} ended with {status}: 0 is good, 125 cannot be tested, up to 127 is bad.',
    'zh-CN': '{program} 以 {status} 结束：0 表示好，125 表示无法测试，127 以内表示坏。',
  },
  set_unknown: { en: 'There is no set {set}; known: {known}.', 'zh-CN': '没有服务组 {set}；已知：{known}。' },
  not_with_set: { en: '{option} cannot be used with --set.', 'zh-CN': '{option} 不能与 --set 一起使用。' },
  shell_unknown: {
    en: 'There is no completion for {shell}; there is for {known}.',
    'zh-CN': '不支持 {shell} 补全；支持 {known}。',
  },
  force_unknown: { en: '--force knows {known}; got "{value}".', 'zh-CN': '--force 只接受 {known}；实为 "{value}"。' },
  not_answered: {
    en: 'Nothing was changed: nobody said yes. Use --yes where nobody can be asked.',
    'zh-CN': '未做任何更改：没有得到确认。无人值守时请使用 --yes。',
  },
  // an operation
  first_release: { en: 'first release', 'zh-CN': '首个发布版本' },
  age: { en: '{age} old', 'zh-CN': '已运行 {age}' },
  stable_age: { en: 'stable, {age}', 'zh-CN': '稳定，{age}' },
  not_yet_stable: { en: 'not yet stable', 'zh-CN': '尚未稳定' },
  changes: { en: 'changes', 'zh-CN': '变更' },
  nothing_changes: { en: 'nothing', 'zh-CN': '无' },
  change_added: { en: '{kind} {name} added', 'zh-CN': '新增 {kind} {name}' },
  change_removed: { en: '{kind} {name} removed', 'zh-CN': '移除 {kind} {name}' },
  change_changed: { en: '{kind} {name} changed', 'zh-CN': '更改 {kind} {name}' },
  change_stays: { en: '{name} stays as it is now (keep_current)', 'zh-CN': '{name} 保持当前值（keep_current）' },
  way_back: { en: 'way back', 'zh-CN': '回滚方式' },
  way_forward: { en: 'way', 'zh-CN': '部署方式' },
  rung_warm: { en: 'warm standby, about 3 ms', 'zh-CN': '热备运行中（warm），约 3 毫秒' },
  rung_frozen: { en: 'frozen standby, about 20 ms', 'zh-CN': '热备已冻结（frozen），约 20 毫秒' },
  rung_cold: { en: 'cold standby: its containers start first', 'zh-CN': '冷备（cold）：先启动容器' },
  rung_retired: {
    en: 'retired: containers are created from its image first',
    'zh-CN': '已退役（retired）：先从镜像创建容器',
  },
  ramp_expected: { en: 'a length of time up to {max}, such as 30s', 'zh-CN': '不超过 {max} 的时长，例如 30s' },
  undo_takes_no_ramp: {
    en: '--undo takes no --ramp: it is a deploy.',
    'zh-CN': '--undo 不接受 --ramp：它是一次部署。',
  },
  ramp_over: { en: 'traffic moves step by step over {over}', 'zh-CN': '流量在 {over} 内逐步切换' },
  start_first: {
    en: 'start first: the new release starts beside the old one',
    'zh-CN': '先启后停：新版本与旧版本并行启动',
  },
  stop_first: {
    en: 'stop first, because {because}: nobody answers in between',
    'zh-CN': '先停后启，因为 {because}：期间服务中断',
  },
  outage: { en: 'outage', 'zh-CN': '中断' },
  outage_about: { en: 'nobody answers for about {about}, as last time', 'zh-CN': '约 {about} 无人应答（同上次）' },
  outage_unknown: {
    en: 'how long nobody answers is not known yet: it was never measured here',
    'zh-CN': '无人应答的时长未知：此处尚未测量过',
  },
  outage_was: { en: 'nobody answered for {lasted}', 'zh-CN': '{lasted} 无人应答' },
  handover_start_first: {
    en: 'the new one starts, then the old one stops',
    'zh-CN': '先启动新的，再停止旧的',
  },
  handover_stop_first: {
    en: 'the old one stops, then the new one starts',
    'zh-CN': '先停止旧的，再启动新的',
  },
  handover_because: {
    en: 'the old one stops, then the new one starts, because {because}',
    'zh-CN': '先停止旧的，再启动新的，因为 {because}',
  },
  because_volume: { en: 'two releases must not write to the volume {name}', 'zh-CN': '两个版本不能同时写入卷 {name}' },
  because_port: { en: 'two releases cannot hold the host port {name}', 'zh-CN': '两个版本不能同时占用主机端口 {name}' },
  because_asked: { en: '{name} says so', 'zh-CN': '{name} 如此要求' },
  proof: { en: 'proof', 'zh-CN': '证明' },
  proof_line: {
    en: "{answers} of {of} answers through the proxy came from {release} (health path, never a user's route)",
    'zh-CN': '经代理的 {of} 个应答中有 {answers} 个来自 {release}（健康检查路径，不触碰用户路由）',
  },
  done_in: { en: 'done', 'zh-CN': '完成' },
  done_line: {
    en: '{release} serves · {total} · {transaction}',
    'zh-CN': '{release} 正在服务 · {total} · {transaction}',
  },
  noop_serves: { en: '{release} is that, and serves already', 'zh-CN': '{release} 正是所求版本，且已在服务' },
  noop_went_back: {
    en: '{release} is what was rolled back to; --to goes further back',
    'zh-CN': '{release} 是上次回滚的目标；如需更早请用 --to',
  },
  noop_no_earlier: { en: 'there is no earlier release', 'zh-CN': '没有更早的发布版本' },
  noop_nothing_to_undo: {
    en: '{release} serves, and no rollback put it there',
    'zh-CN': '{release} 正在服务，且并非由回滚而来',
  },
  noop_not_held: { en: 'there is no hold', 'zh-CN': '没有保持状态' },
  noop: { en: 'nothing to do', 'zh-CN': '无需操作' },
  would: { en: 'dry run', 'zh-CN': '试运行' },
  would_line: { en: 'nothing was changed', 'zh-CN': '未做任何更改' },
  hooks: { en: 'hooks', 'zh-CN': '钩子' },
  steps: { en: 'steps', 'zh-CN': '步骤' },
  image_not_here: {
    en: 'The image {image} is not on this host: it would be pulled first, and the plan made then.',
    'zh-CN': '镜像 {image} 不在本机：将先拉取，然后再制定计划。',
  },
  step_plan: { en: 'plan', 'zh-CN': '计划' },
  step_pull: { en: 'image', 'zh-CN': '镜像' },
  step_create: { en: 'create', 'zh-CN': '创建' },
  step_wake: { en: 'wake', 'zh-CN': '唤醒' },
  step_health: { en: 'health', 'zh-CN': '健康检查' },
  step_shift_traffic: { en: 'shift traffic', 'zh-CN': '切换流量' },
  step_prove: { en: 'prove', 'zh-CN': '证明' },
  step_drain: { en: 'drain', 'zh-CN': '排空' },
  step_demote: { en: 'demote', 'zh-CN': '降级' },
  step_take_over: { en: 'take over', 'zh-CN': '接管' },
  step_try: { en: 'try', 'zh-CN': '尝试' },
  step_resume: { en: 'resume', 'zh-CN': '恢复' },
  step_place_hold: { en: 'place hold', 'zh-CN': '设置保持' },
  step_lift_hold: { en: 'lift hold', 'zh-CN': '解除保持' },
  step_short: { en: 'fewer replicas', 'zh-CN': '副本不足' },
  step_hook: { en: 'hook', 'zh-CN': '钩子' },
  step_exec: { en: 'command', 'zh-CN': '命令' },
  step_run: { en: 'command', 'zh-CN': '命令' },
  step_schedule: { en: 'scheduled run', 'zh-CN': '定时运行' },
  step_outcome: { en: 'outcome', 'zh-CN': '结果' },
  engine_away: {
    en: 'Docker does not answer ({reason}); what follows the switch is overdue work and is done when it does',
    'zh-CN': 'Docker 无应答（{reason}）；切换之后的收尾工作将在其恢复后完成',
  },
  overdue_left: { en: 'overdue work of {scope} is left: {reason}', 'zh-CN': '{scope} 的逾期工作尚未完成：{reason}' },
  overdue_done: { en: 'overdue work of {scope} is done', 'zh-CN': '{scope} 的逾期工作已完成' },
  interrupting: {
    en: 'Going back to what served before. Ctrl-C again leaves that to the next command.',
    'zh-CN': '正在恢复之前的版本。再次按 Ctrl-C 则交由下一条命令完成。',
  },
  interrupting_rollback: {
    en: 'The rollback is being finished. Ctrl-C again leaves that to the next command.',
    'zh-CN': '正在完成回滚。再次按 Ctrl-C 则交由下一条命令完成。',
  },
  interrupting_removal: {
    en: 'The removal is being finished. Ctrl-C again leaves that to the next command.',
    'zh-CN': '正在完成移除。再次按 Ctrl-C 则交由下一条命令完成。',
  },
  // scale
  scale_word: {
    en: 'Expected PROCESS=COUNT, for example web=4; got "{value}".',
    'zh-CN': '应为 进程=数量，例如 web=4；实为 "{value}"。',
  },
  scale_count: {
    en: '{process}: expected a whole number from 1 to {max}, got "{value}".',
    'zh-CN': '{process}：应为 1 到 {max} 的整数，实为 "{value}"。',
  },
  scale_zero: {
    en: 'A process keeps one replica at least; astern remove takes a whole service away.',
    'zh-CN': '每个进程至少保留一个副本；astern remove 可移除整个服务。',
  },
  scale_twice: { en: '{process} is named twice.', 'zh-CN': '{process} 出现了两次。' },
  scale_schedule: {
    en: '{process} runs by its schedule: it has no number of replicas.',
    'zh-CN': '{process} 按计划运行，没有副本数。',
  },
  scale_unknown: {
    en: 'There is no process {process}; there is {known}.',
    'zh-CN': '没有进程 {process}；现有 {known}。',
  },
  scale_port: {
    en: '{process}: {count} replicas cannot share the host port {port}.',
    'zh-CN': '{process}：{count} 个副本不能共用主机端口 {port}。',
  },
  scale_noop: { en: '{counts} runs already', 'zh-CN': '{counts} 已在运行' },
  scale_done: { en: '{counts} · {total} · {transaction}', 'zh-CN': '{counts} · {total} · {transaction}' },
  step_live: { en: 'new numbers count', 'zh-CN': '新副本数生效' },
  // adopt
  step_adopt: { en: 'stop container', 'zh-CN': '停止原容器' },
  adopt_container: { en: 'container', 'zh-CN': '容器' },
  adopt_next: { en: 'next deploy', 'zh-CN': '下次部署' },
  adopt_gap: { en: 'interruption', 'zh-CN': '中断' },
  adopt_gap_line: { en: 'at most {gap} without an answer', 'zh-CN': '无应答最多 {gap}' },
  adopt_undo: { en: 'undo', 'zh-CN': '撤销' },
  adopt_sealed: { en: 'sealed from now on: {names}', 'zh-CN': '从现在起封存：{names}' },
  adopt_stopped: {
    en: '{name} is stopped and does not come back by itself; it was not removed',
    'zh-CN': '{name} 已停止且不会自动恢复；未被删除',
  },
  adopt_left: { en: '{name} is left as it is', 'zh-CN': '{name} 保持原样' },
  adopt_way_beside: {
    en: 'the release is started and proven beside the container; users of the proxy notice nothing',
    'zh-CN': '发布版本在原容器旁启动并验证；经代理的用户毫无感知',
  },
  adopt_way_port: {
    en: 'the release is started and proven first; then the container stops, and the proxy takes {because} at once',
    'zh-CN': '先启动并验证发布版本；然后停止原容器，代理立即接管 {because}',
  },
  adopt_way_first: {
    en: 'the container stops first, because two must not hold {because}: nobody answers until the release does',
    'zh-CN': '先停止原容器，因为 {because} 不能同时被两个容器占用：在新版本就绪之前无应答',
  },
  effect: { en: 'effect', 'zh-CN': '效果' },
  effect_line: {
    en: 'success {before} → {after} · {requests} requests since',
    'zh-CN': '成功率 {before} → {after} · 之后 {requests} 个请求',
  },
  // hold
  held: { en: 'held', 'zh-CN': '已保持' },
  held_line: {
    en: 'automated deploys to {environment} are refused · astern resume · astern rollback --undo',
    'zh-CN': '拒绝向 {environment} 自动部署 · astern resume · astern rollback --undo',
  },
  held_by_hand_line: {
    en: 'automated deploys to {environment} are refused · astern resume',
    'zh-CN': '拒绝向 {environment} 自动部署 · astern resume',
  },
  held_since: {
    en: '{scope}: for {age}, by {by}{moved}: {reason} · astern resume',
    'zh-CN': '{scope}：已 {age}，操作者 {by}{moved}：{reason} · astern resume',
  },
  held_still: {
    en: '{scope} is held for {age} now, by {by}{moved}: {reason} · astern resume lifts it',
    'zh-CN': '{scope} 处于保持状态已有 {age}，操作者 {by}{moved}：{reason} · 运行 astern resume 解除',
  },
  ask_hold: { en: '{story}\nDeploy all the same?', 'zh-CN': '{story}\n仍要部署吗？' },
  would_ask_hold: {
    en: '{story}\nThe deploy would ask whether to go on all the same.',
    'zh-CN': '{story}\n部署时会询问是否继续。',
  },
  resumed: { en: 'resumed', 'zh-CN': '已恢复' },
  resumed_line: {
    en: 'deploys to {environment} go ahead again; they were held for {age}, by {by}: {reason}',
    'zh-CN': '可以再次向 {environment} 部署；此前由 {by} 保持了 {age}：{reason}',
  },
  undo_takes_no_target: {
    en: '--undo brings back what the last rollback took out: it goes with no --to.',
    'zh-CN': '--undo 恢复上次回滚移除的版本，不能与 --to 同用。',
  },
  // up, down, remove, serve
  proxy_runs: {
    en: 'The proxy runs (HAProxy {version}, {kind}).',
    'zh-CN': '代理已运行（HAProxy {version}，{kind}）。',
  },
  listens: { en: '{scope} listens on {listen}', 'zh-CN': '{scope} 监听 {listen}' },
  live_restore_off: {
    en: 'live-restore is off in Docker: when the engine stops, every container stops with it, the proxy too. Set "live-restore": true in /etc/docker/daemon.json and reload it (systemctl reload docker).',
    'zh-CN':
      'Docker 的 live-restore 未开启：引擎停止时所有容器（包括代理）都会停止。请在 /etc/docker/daemon.json 中设置 "live-restore": true 并重新加载（systemctl reload docker）。',
  },
  proxy_stopped: {
    en: 'The proxy is stopped. Services keep running, but nobody reaches them through it: {services}.',
    'zh-CN': '代理已停止。服务仍在运行，但无法经代理访问：{services}。',
  },
  all_removed: {
    en: '{count} containers and the network of this installation are gone; its history is kept in {state}.',
    'zh-CN': '已移除 {count} 个容器和本安装的网络；历史保留在 {state}。',
  },
  containers_removed: {
    en: '{count} containers of this installation are gone; its history is kept in {state}.',
    'zh-CN': '已移除本安装的 {count} 个容器；历史保留在 {state}。',
  },
  network_left: {
    en: 'The network {network} stays, because containers that are not of this installation are on it: {by}.',
    'zh-CN': '网络 {network} 予以保留，因为不属于本安装的容器仍连接其上：{by}。',
  },
  ask_remove_all: {
    en: 'Remove every container and network of this installation?',
    'zh-CN': '移除本安装的所有容器和网络？',
  },
  ask_remove: {
    en: 'Remove {scope} with its {count} containers and its releases?',
    'zh-CN': '移除 {scope} 及其 {count} 个容器和所有发布版本？',
  },
  removed: {
    en: '{scope} is removed with its {count} containers. Its history stays in astern log.',
    'zh-CN': '{scope} 及其 {count} 个容器已移除。历史仍可用 astern log 查看。',
  },
  noted: { en: 'note: {path} {key}: {reason}', 'zh-CN': '注意：{path} {key}：{reason}' },
  taken: { en: 'taken from {from}: {keys}', 'zh-CN': '取自 {from}：{keys}' },
  notes_as_before: {
    en: '{count} notes on what comes from compose files are as before; --dry-run shows them.',
    'zh-CN': '关于 compose 文件的 {count} 条说明与之前相同；使用 --dry-run 查看。',
  },
  serving: { en: 'Watching {count} services; Ctrl-C stops.', 'zh-CN': '正在值守 {count} 个服务；按 Ctrl-C 停止。' },
  already_serving: {
    en: 'Another astern serve runs with this state.',
    'zh-CN': '已有另一个 astern serve 在使用此状态目录。',
  },
} as const satisfies Record<string, Text>

export const tables = [
  viewMessages,
  doctorMessages,
  trialMessages,
  schemaMessages,
  historyMessages,
  dockerPluginMessages,
  initMessages,
  retentionMessages,
  buildMessages,
  sourceMessages,
  checkMessages,
  commonMessages,
] as const

type Merged<Tables> = Tables extends readonly [infer First, ...infer Rest] ? First & Merged<Rest> : unknown

/** Every table in one. Not by spreading: that takes V8 up to 9 ms for so many keys, at the start of every command; this takes 0.1. */
export const messages = Object.assign({}, ...tables) as Merged<typeof tables>

export type MessageKey = keyof typeof messages
export type Translate = (key: MessageKey, details?: Details) => string

export function translator(language: Language): Translate {
  return (key, details = {}) => fillIn(messages[key][language], details)
}

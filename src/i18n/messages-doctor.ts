// What `astern doctor` says: what it found, and what to do about it.
import type { Text } from './text.ts'

export const doctorMessages = {
  doctor_summary: {
    en: '{ok} ok, {warn} to look at, {fail} failed',
    'zh-CN': '正常 {ok} 项，需留意 {warn} 项，失败 {fail} 项',
  },
  doctor_node: { en: 'Node {version}', 'zh-CN': 'Node {version}' },
  doctor_node_hint: {
    en: 'Node 24 or newer is needed. Start Astern with bin/astern, which brings its own.',
    'zh-CN': '需要 Node 24 或更新版本。请用 bin/astern 启动，它自带 Node。',
  },
  doctor_clock: { en: 'It is {time} here.', 'zh-CN': '本机时间 {time}。' },
  doctor_clock_back: {
    en: 'It is {time} here, but {transaction} is recorded {by} later: the clock went back.',
    'zh-CN': '本机时间 {time}，但 {transaction} 的记录时间比它晚 {by}：时钟曾被回拨。',
  },
  doctor_clock_hint: {
    en: 'Set it and keep it set (timedatectl set-ntp true). Standbys are demoted by it.',
    'zh-CN': '请校准并保持同步（timedatectl set-ntp true）。热备的降级依赖时钟。',
  },
  doctor_disk: { en: '{free} MiB free in {folder}', 'zh-CN': '{folder} 剩余 {free} MiB' },
  doctor_disk_hint: {
    en: 'Free some space: docker system df shows what images take. A rollback still works on a full disk, a deploy does not.',
    'zh-CN': '请释放空间：docker system df 可查看镜像占用。磁盘已满时仍可回滚，但不能部署。',
  },
  doctor_state: { en: '{folder}, installation {installation}', 'zh-CN': '{folder}，安装标识 {installation}' },
  doctor_state_missing: { en: 'There is no state in {folder} yet.', 'zh-CN': '{folder} 中尚无状态。' },
  doctor_state_missing_hint: {
    en: 'astern up makes it. If there should be one, look at ASTERN_STATE and at the user you are.',
    'zh-CN': '运行 astern up 创建。如果本应存在，请检查 ASTERN_STATE 和当前用户。',
  },
  doctor_state_unwritable: { en: '{folder} cannot be written: {reason}', 'zh-CN': '无法写入 {folder}：{reason}' },
  doctor_state_unwritable_hint: {
    en: 'Run as its owner, join the group astern, or set ASTERN_STATE.',
    'zh-CN': '请以其所有者身份运行，或加入 astern 组，或设置 ASTERN_STATE。',
  },
  doctor_reserve: {
    en: 'A reserve is set aside for a rollback on a full disk.',
    'zh-CN': '已为磁盘写满时的回滚预留空间。',
  },
  doctor_reserve_missing: {
    en: 'No reserve is set aside for a rollback on a full disk.',
    'zh-CN': '没有为磁盘写满时的回滚预留空间。',
  },
  doctor_reserve_hint: {
    en: 'Free some space, then astern up sets it aside again.',
    'zh-CN': '请释放空间，然后运行 astern up 重新预留。',
  },
  doctor_key: { en: '{path} has mode {mode}', 'zh-CN': '{path} 的权限为 {mode}' },
  doctor_key_missing: {
    en: 'There is no key yet: no secret has been sealed.',
    'zh-CN': '尚无密钥文件：还没有封存过密钥。',
  },
  doctor_key_open: {
    en: '{path} has mode {mode}: others can read what seals the secrets.',
    'zh-CN': '{path} 的权限为 {mode}：其他用户可以读取用于封存密钥的文件。',
  },
  doctor_key_hint: { en: 'chmod 600 {path}', 'zh-CN': 'chmod 600 {path}' },
  doctor_engine: { en: 'Docker {version} at {endpoint}', 'zh-CN': 'Docker {version}，地址 {endpoint}' },
  doctor_engine_hint: {
    en: 'Start it (systemctl start docker), or look at DOCKER_HOST. A warm rollback works without it.',
    'zh-CN': '请启动 Docker（systemctl start docker），或检查 DOCKER_HOST。没有 Docker 时热备回滚仍可进行。',
  },
  doctor_live_restore: {
    en: 'live-restore is on: containers go on while the engine restarts.',
    'zh-CN': 'live-restore 已开启：引擎重启时容器继续运行。',
  },
  doctor_live_restore_off: {
    en: 'live-restore is off: when the engine stops, every container stops with it, the proxy too.',
    'zh-CN': 'live-restore 未开启：引擎停止时所有容器（包括代理）都会停止。',
  },
  doctor_live_restore_hint: {
    en: 'Set "live-restore": true in /etc/docker/daemon.json and reload it (systemctl reload docker).',
    'zh-CN': '请在 /etc/docker/daemon.json 中设置 "live-restore": true 并重新加载（systemctl reload docker）。',
  },
  doctor_containers: {
    en: '{count} containers, all as the state says.',
    'zh-CN': '共 {count} 个容器，均与状态一致。',
  },
  doctor_stranger: {
    en: '{replica} of {scope} ({level}) bears the labels of this installation and is in no plan.',
    'zh-CN': '{scope} 的 {replica}（{level}）带有本安装的标签，但不属于任何计划。',
  },
  doctor_stranger_hint: {
    en: 'Astern removes nothing that it does not know. Look at it (docker ps -a --filter label=astern.installation={installation}), then docker rm it yourself.',
    'zh-CN':
      'Astern 不会移除它不认识的容器。请先查看（docker ps -a --filter label=astern.installation={installation}），再自行 docker rm。',
  },
  doctor_strayed: {
    en: '{replica} of {scope} should be {wanted} and is {level}.',
    'zh-CN': '{scope} 的 {replica} 应为{wanted}，实为{level}。',
  },
  doctor_strayed_hint: {
    en: 'astern serve mends that; so does the next deploy or rollback where it matters.',
    'zh-CN': 'astern serve 会修复；必要时下一次部署或回滚也会修复。',
  },
  doctor_foreign: {
    en: 'Installation {installation} runs containers of {scope}, too.',
    'zh-CN': '另一个安装 {installation} 也在运行 {scope} 的容器。',
  },
  doctor_foreign_hint: {
    en: 'Use its state (ASTERN_STATE), or stop it with its own astern down --all.',
    'zh-CN': '请使用它的状态目录（ASTERN_STATE），或用它自己的 astern down --all 停止。',
  },
  doctor_proxy: { en: 'The proxy answers.', 'zh-CN': '代理正常应答。' },
  doctor_proxy_old_hint: {
    en: '3.0 or newer is needed: use the image haproxy:3.2.',
    'zh-CN': '需要 3.0 或更新版本：请使用镜像 haproxy:3.2。',
  },
  doctor_proxy_equal: {
    en: 'The proxy does what is committed (generation {generation}).',
    'zh-CN': '代理的运行状态与已提交的状态一致（第 {generation} 代）。',
  },
  doctor_proxy_differs: {
    en: 'The proxy does something else than committed: {differences}',
    'zh-CN': '代理的运行状态与已提交的状态不一致：{differences}',
  },
  doctor_proxy_differs_hint: {
    en: 'astern up makes them equal; so does astern serve when it starts.',
    'zh-CN': '运行 astern up 使其一致；astern serve 启动时也会处理。',
  },
  doctor_listen: { en: '{listen} accepts connections.', 'zh-CN': '{listen} 可以连接。' },
  doctor_listen_refused: { en: '{listen} cannot be connected to: {reason}', 'zh-CN': '无法连接 {listen}：{reason}' },
  doctor_listen_hint: {
    en: 'Look for what else holds the address (ss -ltnp), then run astern up.',
    'zh-CN': '请检查该地址是否被其他程序占用（ss -ltnp），然后运行 astern up。',
  },
  doctor_listen_taken: {
    en: 'The proxy is down, and something else listens on {listen}.',
    'zh-CN': '代理未运行，而 {listen} 已被其他程序监听。',
  },
  doctor_listen_taken_hint: {
    en: 'astern up will fail: find it (ss -ltnp) and stop it, or choose another address in astern.yaml.',
    'zh-CN': 'astern up 将会失败：请找出（ss -ltnp）并停止它，或在 astern.yaml 中换一个地址。',
  },
  doctor_operations: { en: 'No operation is unfinished.', 'zh-CN': '没有未结束的操作。' },
  doctor_operation_runs: {
    en: '{kind} {transaction} of {scope} runs.',
    'zh-CN': '{scope} 的 {kind} {transaction} 正在进行。',
  },
  doctor_operation_left: {
    en: '{kind} {transaction} of {scope} was left unfinished by a process that died.',
    'zh-CN': '{scope} 的 {kind} {transaction} 因进程退出而未结束。',
  },
  doctor_operation_hint: {
    en: 'The next command finishes it, astern status for one.',
    'zh-CN': '下一条命令（例如 astern status）会将其完成。',
  },
  doctor_not_overdue: { en: 'No work is overdue.', 'zh-CN': '没有逾期工作。' },
  doctor_overdue: {
    en: 'Work is overdue: an unfinished operation, or standbys that should be on another rung by now.',
    'zh-CN': '有逾期工作：未结束的操作，或应当已降级的热备。',
  },
  doctor_overdue_hint: {
    en: 'The next command does it, astern status for one. astern serve does it in time.',
    'zh-CN': '下一条命令（例如 astern status）会完成；astern serve 会按时完成。',
  },
  doctor_schedules: { en: 'An astern serve starts what is scheduled.', 'zh-CN': '定时任务由 astern serve 启动。' },
  doctor_schedules_unattended: {
    en: 'No astern serve runs, so nobody starts {names} at its time.',
    'zh-CN': 'astern serve 没有运行，{names} 不会按时启动。',
  },
  doctor_schedules_hint: {
    en: 'Run astern serve under a supervisor. Ticks that pass without it are not made up for.',
    'zh-CN': '请用进程管理器运行 astern serve。错过的时间点不会补跑。',
  },
} as const satisfies Record<string, Text>

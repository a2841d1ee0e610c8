// What the CLI says of trials: canaries, bakes, verdicts.
import type { Text } from './text.ts'

export const trialMessages = {
  noop_no_trial: { en: 'nothing is staged, on trial or baking', 'zh-CN': '没有待发布、金丝雀或观察期中的版本' },
  step_canary: { en: 'canary', 'zh-CN': '金丝雀' },
  step_bake: { en: 'bake', 'zh-CN': '观察期' },
  step_verdict: { en: 'verdict', 'zh-CN': '判定' },
  step_autopilot: { en: 'autopilot', 'zh-CN': '自动驾驶' },
  canary: { en: 'canary', 'zh-CN': '金丝雀' },
  canary_at: { en: '{share} % · {requests} requests · {says}', 'zh-CN': '{share} % · {requests} 个请求 · {says}' },
  canary_plan: { en: '{steps}, then everything', 'zh-CN': '{steps}，然后全部流量' },
  trial: { en: 'on trial', 'zh-CN': '试验中' },
  trial_staged: {
    en: '{release} is ready and gets no users · astern promote · astern abort',
    'zh-CN': '{release} 已就绪，尚无用户流量 · astern promote · astern abort',
  },
  trial_canary: {
    en: '{release} · step {step} of {steps} · since {age}',
    'zh-CN': '{release} · 第 {step}/{steps} 步 · 已持续 {age}',
  },
  trial_bake: { en: '{release} bakes · since {age}', 'zh-CN': '{release} 观察期中 · 已持续 {age}' },
  bake: { en: 'bake', 'zh-CN': '观察期' },
  bake_unwatched: {
    en: 'nobody watches {release} while it bakes: run astern serve, or deploy with --wait=bake',
    'zh-CN': '{release} 的观察期无人监视：请运行 astern serve，或部署时使用 --wait=bake',
  },
  staged_line: {
    en: '{release} is ready · astern promote · astern abort',
    'zh-CN': '{release} 已就绪 · astern promote · astern abort',
  },
  promoted_line: { en: 'goes on', 'zh-CN': '继续' },
  aborted: { en: 'abort', 'zh-CN': '中止' },
  aborted_line: { en: 'serving now: {serving}', 'zh-CN': '当前提供服务：{serving}' },
  verdict: { en: 'verdict', 'zh-CN': '判定' },
  verdict_pass: { en: 'pass', 'zh-CN': '通过' },
  verdict_fail: { en: 'fail', 'zh-CN': '失败' },
  verdict_undecided: { en: 'undecided', 'zh-CN': '未定' },
  no_verdict: { en: '{release} was never on trial', 'zh-CN': '{release} 从未经过试验' },
  stream_head: { en: 'EVIDENCE', 'zh-CN': '证据' },
  evidence_of: { en: '{e} of {n}', 'zh-CN': '{e} / {n}' },
  evidence_enough: {
    en: '{evidence} to 1, {threshold} to 1 is enough',
    'zh-CN': '{evidence} 比 1，达到 {threshold} 比 1 即足够',
  },
  evidence_recomputed: { en: 'judged again from {facts} facts', 'zh-CN': '根据 {facts} 条事实重新判定' },
  dispersion: { en: 'clusters', 'zh-CN': '聚集度' },
  wait_unknown: { en: '--wait: expected bake, got "{value}".', 'zh-CN': '--wait：应为 bake，实为 "{value}"。' },
  stage_and_plain: {
    en: '--stage and --no-canary do not go together.',
    'zh-CN': '--stage 与 --no-canary 不能同时使用。',
  },
} as const satisfies Readonly<Record<string, Text>>

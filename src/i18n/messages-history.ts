// What the CLI says when it looks back: moments, turns, figures.
import type { Text } from './text.ts'

export const historyMessages = {
  moment_malformed: {
    en: '--{name}: "{text}" is no time. Write it as "2026-04-05 10:00" (your time zone), "2026-04-05 10:00Z", "2026-04-05 10:00 +08:00", "2026-04-05 10:00 Asia/Shanghai", or how long ago: 2h, 30d.',
    'zh-CN':
      '--{name}："{text}" 不是时间。请写成 "2026-04-05 10:00"（您的时区）、"2026-04-05 10:00Z"、"2026-04-05 10:00 +08:00"、"2026-04-05 10:00 Asia/Shanghai"，或距今多久：2h、30d。',
  },
  moment_no_such_day: {
    en: '--{name}: the calendar has no such day: "{text}". Days are written as 2026-04-05, the year first.',
    'zh-CN': '--{name}：日历中没有这一天："{text}"。日期写作 2026-04-05，年份在前。',
  },
  moment_no_such_time: {
    en: '--{name}: the clock has no such time: "{text}". It goes from 00:00 to 23:59:59.',
    'zh-CN': '--{name}：没有这样的时间："{text}"。时间从 00:00 到 23:59:59。',
  },
  moment_no_time_of_day: {
    en: '--{name}: a day has many moments; say which: "{text} 10:00". For the whole day: astern history --since {text} --until {text}',
    'zh-CN': '--{name}：一天有许多时刻，请指明："{text} 10:00"。查询全天：astern history --since {text} --until {text}',
  },
  moment_future: {
    en: '--{name}: "{text}" is yet to come.',
    'zh-CN': '--{name}："{text}" 尚未到来。',
  },
  moment_zone_unknown: {
    en: '--{name}: there is no time zone "{zone}"; it is written as in Asia/Shanghai, UTC, Z or +08:00.',
    'zh-CN': '--{name}：没有时区 "{zone}"；写法如 Asia/Shanghai、UTC、Z 或 +08:00。',
  },
  moment_skipped: {
    en: '--{name}: "{text}" never was in {zone}: the clocks went forward over it. Say which moment with Z or an offset: "{text}Z".',
    'zh-CN': '--{name}：在 {zone} 不存在 "{text}"：时钟向前拨过了它。请用 Z 或时差指明："{text}Z"。',
  },
  moment_twice: {
    en: '--{name}: "{text}" came twice in {zone}, as the clocks went back. Say which: {which}.',
    'zh-CN': '--{name}："{text}" 在 {zone} 出现过两次（时钟回拨）。请指明：{which}。',
  },
  span_empty: { en: '--since is not before --until.', 'zh-CN': '--since 不早于 --until。' },
  json_and_csv: { en: '--json and --csv do not go together.', 'zh-CN': '--json 与 --csv 不能同时使用。' },
  not_with_at: { en: '{option} does not go with --at.', 'zh-CN': '{option} 不能与 --at 同时使用。' },
  no_release_fits: { en: 'No release fits.', 'zh-CN': '没有符合的发布版本。' },
  no_operation_fits: { en: 'No operation fits.', 'zh-CN': '没有符合的操作。' },
  no_turns: { en: 'Nothing has served then.', 'zh-CN': '此时间内没有版本提供过服务。' },
  nobody_served: { en: 'Nothing served at {at}.', 'zh-CN': '{at} 没有版本提供服务。' },
  from_head: { en: 'FROM', 'zh-CN': '起' },
  until_head: { en: 'UNTIL', 'zh-CN': '止' },
  until_now: { en: 'now', 'zh-CN': '至今' },
  role_head: { en: 'ROLE', 'zh-CN': '角色' },
  by_head: { en: 'BY', 'zh-CN': '操作' },
  ended_head: { en: 'ENDED', 'zh-CN': '结束' },
  no_figures: { en: 'Nothing was deployed then.', 'zh-CN': '此时间内没有部署。' },
  figures_total: { en: 'all together', 'zh-CN': '总计' },
  figures_days: { en: '{days} days, since {since}', 'zh-CN': '{days} 天，自 {since} 起' },
  figure_frequency: { en: 'deployments', 'zh-CN': '部署频率' },
  figure_frequency_line: { en: '{count} · {perWeek} a week', 'zh-CN': '{count} 次 · 每周 {perWeek} 次' },
  figure_lead_time: { en: 'lead time', 'zh-CN': '变更前置时间' },
  figure_failures: { en: 'change failures', 'zh-CN': '变更失败率' },
  figure_failures_line: {
    en: '{percent} · {failed} of {of} ({before} before users met it, {during} during the deploy, {later} later)',
    'zh-CN': '{percent} · {of} 次中 {failed} 次（用户遇到之前 {before}，部署期间 {during}，之后 {later}）',
  },
  figure_restore: { en: 'time to restore', 'zh-CN': '恢复时间' },
  figure_rollbacks: { en: 'rollbacks', 'zh-CN': '回滚' },
  figure_rollbacks_line: { en: '{count} ({by}) · switch {median}', 'zh-CN': '{count} 次（{by}）· 切换 {median}' },
  figure_median: { en: '{median} (median of {count})', 'zh-CN': '{median}（{count} 次的中位数）' },
  figure_unknown: { en: 'unknown', 'zh-CN': '未知' },
  figure_unknown_commits: {
    en: '{count} of {of} were built from a commit that is not known here',
    'zh-CN': '{of} 次中有 {count} 次的提交在此处未知',
  },
  figure_not_restored: { en: '{count} of {of} were not rolled back', 'zh-CN': '{of} 次中有 {count} 次未回滚' },
  figures_few: {
    en: 'few: {names} rest on fewer than {few}, which is an anecdote rather than a figure',
    'zh-CN': '样本少：{names} 的样本不足 {few} 个，仅供参考',
  },
  taker_person: { en: 'people {percent}', 'zh-CN': '人工 {percent}' },
  taker_automation: { en: 'automation {percent}', 'zh-CN': '自动化 {percent}' },
  taker_autopilot: { en: 'autopilot {percent}', 'zh-CN': '自动驾驶 {percent}' },
  taker_stand_in: { en: 'standby that stood in {percent}', 'zh-CN': '热备接替 {percent}' },
  taker_deploy: { en: 'the deploy itself {percent}', 'zh-CN': '部署自身 {percent}' },
  step_stand_in: { en: 'the standby stood in', 'zh-CN': '热备已接替' },
  share_rising: { en: 'rising', 'zh-CN': '递增' },
  ended_promoted: { en: 'promoted', 'zh-CN': '已推进' },
  ended_replaced: { en: 'replaced by {actor}', 'zh-CN': '被 {actor} 替换' },
  ended_rolled_back: { en: 'rolled back by {actor}', 'zh-CN': '被 {actor} 回滚' },
  ended_removed: { en: 'removed by {actor}', 'zh-CN': '被 {actor} 移除' },
} as const satisfies Readonly<Record<string, Text>>

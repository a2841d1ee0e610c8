// What `verify` and `promote-to` say.
import type { Text } from './text.ts'

export const checkMessages = {
  step_check: { en: 'check', 'zh-CN': '检查' },
  verified: { en: 'verified', 'zh-CN': '已验证' },
  verified_line: {
    en: '{image} has passed in {environment} · checks: {names} · {total} · {transaction}',
    'zh-CN': '{image} 已在 {environment} 通过 · 检查：{names} · {total} · {transaction}',
  },
  passed_in: { en: 'passed in {environment}', 'zh-CN': '已在 {environment} 通过' },
  failed_in: { en: 'failed in {environment}', 'zh-CN': '在 {environment} 未通过' },
  promoted: { en: 'promoted', 'zh-CN': '晋级自' },
  promoted_from: { en: '{release} of {environment}', 'zh-CN': '{environment} 的 {release}' },
  promote_to_itself: {
    en: '{environment} cannot be promoted to itself.',
    'zh-CN': '{environment} 不能晋级到自身。',
  },
  promote_env: {
    en: '--env {value} contradicts {environment}: the environment that is promoted to stands alone.',
    'zh-CN': '--env {value} 与 {environment} 矛盾：目标环境只需写一次。',
  },
} as const satisfies Record<string, Text>

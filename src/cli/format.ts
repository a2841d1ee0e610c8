// Lengths of time, releases and plans as people read them.
import { stripVTControlCharacters } from 'node:util'
import type { Change } from '../core/diff.ts'
import { type Release, releaseName } from '../core/model.ts'
import type { Counts } from '../core/plan-scale.ts'
import type { Noop, Plan } from '../core/plan.ts'
import { type MessageKey, messages, type Translate } from '../i18n/messages.ts'
import type { Language, Text } from '../i18n/text.ts'

const LABEL_COLUMNS = 20
const DIGEST_DIGITS = 12

/** `0.3 ms`, `48 ms`, `1.2 s`, `2 min 5 s`, `3 h 12 min` */
export function formatDuration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

const AGES: readonly (readonly [ms: number, one: Text, more: Text])[] = [
  [86_400_000, { en: ' day', 'zh-CN': '天' }, { en: ' days', 'zh-CN': '天' }],
  [3_600_000, { en: ' hr', 'zh-CN': '小时' }, { en: ' hr', 'zh-CN': '小时' }],
  [60_000, { en: ' min', 'zh-CN': '分钟' }, { en: ' min', 'zh-CN': '分钟' }],
  [1_000, { en: ' sec', 'zh-CN': '秒' }, { en: ' sec', 'zh-CN': '秒' }],
]

/** `3 days`, `12 min`: the largest unit that fits. Not by `Intl`: its data takes 20 ms to load, in the way of a rollback. */
export function formatAge(ms: number, language: Language): string {
  const [unitMs, one, more] = AGES.find(([unitMs]) => ms >= unitMs) ?? AGES.at(-1)!
  const count = Math.max(0, Math.floor(ms / unitMs))
  return `${count}${(count === 1 ? one : more)[language]}`
}

/** `2026-04-05 10:23:45`, in the time zone of who reads it. */
export function formatTime(at: number): string {
  return new Date(at).toLocaleString('sv-SE')
}

/** `r41 v1.2.0` */
export function formatRelease(release: Pick<Release, 'number' | 'version'>): string {
  return release.version === null ? releaseName(release.number) : `${releaseName(release.number)} ${release.version}`
}

/** `sha256:1f2e3d4c5b6a`: enough to tell two apart. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':')
  return digest.slice(0, colon + 1 + DIGEST_DIGITS)
}

/** Text that people gave, on one line: a line break or an escape in it is seen, not obeyed. */
export function visible(text: string): string {
  return /[\p{Cc}]/u.test(text) ? JSON.stringify(text) : text
}

export function formatChange(change: Change, t: Translate): string {
  const { kind, name, before, after, stays } = change
  if (stays) return t('change_stays', { name })
  if (kind === 'image') return `${settingLabel(name, t)} ${before} → ${after}`
  const named = kind === 'env' || kind === 'secret'
  const label = { kind: named ? t(`kind_${kind}`) : '', name: named ? name : settingLabel(name, t) }
  const text =
    before === null
      ? t('change_added', label)
      : after === null
        ? t('change_removed', label)
        : t('change_changed', label)
  return text.replaceAll(/ {2,}/g, ' ').trim()
}

/** What a setting of a release is called: `memory`, `volumes`. */
export function settingLabel(name: string, t: Translate): string {
  const key = `setting_${name}`
  return key in messages ? t(key as MessageKey) : name
}

export function formatChanges(changes: readonly Change[], t: Translate): string {
  return changes.length === 0 ? t('nothing_changes') : changes.map((change) => formatChange(change, t)).join(' · ')
}

export function formatStrategy(plan: Pick<Plan, 'strategy' | 'because'>, t: Translate): string {
  if (plan.strategy === 'start_first') return t('start_first')
  const because = plan.because.map(({ kind, name }) => t(`because_${kind}`, { name }))
  return t('stop_first', { because: because.join('; ') })
}

/** How a process beside `web` goes from one release to the other. */
export function formatHandover(handover: Pick<Plan, 'strategy' | 'because'>, t: Translate): string {
  if (handover.strategy === 'start_first') return t('handover_start_first')
  return handover.because.length === 0 ? t('handover_stop_first') : formatBecause(handover, t)
}

function formatBecause({ because }: Pick<Plan, 'because'>, t: Translate): string {
  const reasons = because.map(({ kind, name }) => t(`because_${kind}`, { name }))
  return t('handover_because', { because: reasons.join('; ') })
}

/** Columns on a terminal: Chinese characters take two, colours none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += /[\u2E80-\uFFEF]/.test(character) ? 2 : 1
  return width
}

/** Columns of a label and what it says; labels are as wide as in every other command. */
export function labelled(label: string, text: string): string {
  return `${label}${' '.repeat(Math.max(2, LABEL_COLUMNS - widthOf(label)))}${text}`
}

/** One label, and what it says on as many lines as it takes. */
export function labelledLines(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => labelled(index === 0 ? label : '', line))
}

/** Rows as aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(...rows.map((row) => (index < row.length - 1 ? widthOf(row[index]!) : 0))),
  )
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + ' '.repeat(Math.max(0, widths[index]! - widthOf(cell))),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** Why there is nothing to do. */
export function formatNoop({ active, why }: Noop, t: Translate): string {
  return t(`noop_${why}`, { release: active === null ? '-' : releaseName(active) })
}

/** `web 2 → 4 · worker 1` */
export function formatCounts(before: Counts, live: Counts): string {
  return Object.entries(live)
    .map(([process, count]) =>
      before[process] === count ? `${process} ${count}` : `${process} ${before[process]} → ${count}`,
    )
    .join(' · ')
}

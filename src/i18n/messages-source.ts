// What the CLI says of versions and of git.
import type { Text } from './text.ts'

export const sourceMessages = {
  version_next: { en: 'next version', 'zh-CN': '下一个版本' },
  version_released: { en: 'released', 'zh-CN': '已发布' },
  version_would: { en: 'would release', 'zh-CN': '将发布' },
  version_finished: { en: 'finished', 'zh-CN': '已补完' },
  version_finished_line: {
    en: '{tag}: it was committed before, and had no tag',
    'zh-CN': '{tag}：此前已提交，但没有标签',
  },
  version_pushed_line: { en: '{tag}, which was made before', 'zh-CN': '{tag}（此前已生成）' },
  version_since: { en: 'since', 'zh-CN': '自' },
  version_beginning: { en: 'the beginning: there is no version yet', 'zh-CN': '最初：尚无任何版本' },
  version_why: { en: 'why', 'zh-CN': '原因' },
  version_first: { en: 'the first version', 'zh-CN': '首个版本' },
  version_named: { en: 'because --release-as says so', 'zh-CN': '由 --release-as 指定' },
  version_major: { en: 'major: a breaking change', 'zh-CN': 'major：不兼容的更改' },
  version_minor: { en: 'minor: something new (feat)', 'zh-CN': 'minor：新功能（feat）' },
  version_patch: { en: 'patch: something mended (fix, perf, revert)', 'zh-CN': 'patch：修复（fix、perf、revert）' },
  version_below_one: {
    en: 'minor: a breaking change; below 1.0.0 it raises no major version, unless --release-as major says so',
    'zh-CN': 'minor：不兼容的更改；低于 1.0.0 时不提升主版本号，除非指定 --release-as major',
  },
  version_announced: { en: 'what {tag} announced', 'zh-CN': '{tag} 所预告的版本' },
  version_commits: { en: 'commits', 'zh-CN': '提交' },
  version_none: { en: 'none', 'zh-CN': '无' },
  version_breaking: { en: 'breaking', 'zh-CN': '不兼容' },
  version_path: { en: 'only in', 'zh-CN': '仅限' },
  version_more: { en: 'and {count} more', 'zh-CN': '以及另外 {count} 项' },
  version_changelog: { en: 'changelog', 'zh-CN': '更新日志' },
  version_commit: { en: 'commit', 'zh-CN': '提交' },
  version_pushed: { en: 'pushed', 'zh-CN': '已推送' },
  version_not_pushed: {
    en: 'no; git push --follow-tags, or --push next time',
    'zh-CN': '否；git push --follow-tags，或下次使用 --push',
  },
  version_nothing: {
    en: 'no commit since {since} changes anything for users; --release-as VERSION makes one all the same',
    'zh-CN': '自 {since} 以来没有影响用户的提交；可用 --release-as VERSION 强制发布',
  },
  version_no_commits: { en: 'there is no commit since {since}', 'zh-CN': '自 {since} 以来没有任何提交' },
  version_malformed: {
    en: 'these tags are no versions and do not count: {tags}',
    'zh-CN': '以下标签不是版本号，不计入：{tags}',
  },
  version_unfinished: {
    en: '{tag} was committed and never tagged: astern version --release finishes it',
    'zh-CN': '{tag} 已提交但未打标签：astern version --release 可补完',
  },
  version_push_alone: { en: '--push goes with --release.', 'zh-CN': '--push 须与 --release 同用。' },
  // git follows
  git_compare: { en: 'compare', 'zh-CN': '比较' },
  git_revert: { en: 'revert', 'zh-CN': '撤销' },
  git_request: { en: 'request', 'zh-CN': '合并请求' },
  git_request_opened: { en: '{url}', 'zh-CN': '{url}' },
  git_request_found: { en: '{url} (it was open already)', 'zh-CN': '{url}（此前已创建）' },
  git_request_would: {
    en: 'would revert {good}..{bad} on {base} in a branch {branch}, and ask {api} to open a request',
    'zh-CN': '将在分支 {branch} 中针对 {base} 撤销 {good}..{bad}，并请求 {api} 创建合并请求',
  },
  git_default_branch: { en: 'the default branch', 'zh-CN': '默认分支' },
  revert_pr_with: {
    en: '--revert-pr cannot be used with {option}.',
    'zh-CN': '--revert-pr 不能与 {option} 一起使用。',
  },
} as const satisfies Readonly<Record<string, Text>>

// GitLab: https://docs.gitlab.com/api/merge_requests/#create-mr, at gitlab.com and at every other one alike.
import type { Dialect } from './dialect.ts'

export const gitlab: Dialect = {
  variable: 'GITLAB_TOKEN',
  api: (origin) => `${origin}/api/v4`,
  headers: (token) => ({ 'PRIVATE-TOKEN': token }),
  requests: (path) => `/projects/${encodeURIComponent(path)}/merge_requests`,
  openOnes: (_path, { branch, base }) => ({ state: 'opened', source_branch: branch, target_branch: base }),
  body: ({ title, branch, base, text }) => ({
    source_branch: branch,
    target_branch: base,
    title,
    description: text,
    remove_source_branch: true,
  }),
  page: 'web_url',
}

// GitHub: https://docs.github.com/rest/pulls/pulls#create-a-pull-request. Enterprise Server has the same API below /api/v3.
import type { Dialect } from './dialect.ts'

export const github: Dialect = {
  variable: 'GITHUB_TOKEN',
  api: (origin) => (origin === 'https://github.com' ? 'https://api.github.com' : `${origin}/api/v3`),
  headers: (token) => ({
    Authorization: `Bearer ${token}`,
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
  }),
  requests: (path) => `/repos/${path}/pulls`,
  openOnes: (path, { branch, base }) => ({ state: 'open', head: `${path.split('/')[0]}:${branch}`, base }),
  body: ({ title, branch, base, text }) => ({ title, head: branch, base, body: text }),
  page: 'html_url',
}

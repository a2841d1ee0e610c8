// A code host in memory: requests that were asked for, and branches that have one.
import { fail } from '../../core/errors.ts'
import type { CodeHostAsked, CodeHosts, RequestWanted } from '../../ports/code-host.ts'

export class FakeCodeHosts implements CodeHosts {
  readonly asked: CodeHostAsked[] = []
  readonly opened: RequestWanted[] = []
  token: string | null = 'a-token'
  /** It does not answer. */
  away = false

  connect(asked: CodeHostAsked): ReturnType<CodeHosts['connect']> {
    const api = asked.api ?? `${asked.repository.origin}/api`
    if (this.token === null)
      throw fail('CODE_HOST_TOKEN', { api, reason: 'GITHUB_TOKEN is empty', variable: 'GITHUB_TOKEN' })
    this.asked.push(asked)
    return {
      api,
      open: async (wanted) => {
        if (this.away) throw fail('CODE_HOST_UNREACHABLE', { api, reason: 'connection refused', branch: wanted.branch })
        const number = this.opened.findIndex(({ branch }) => branch === wanted.branch) + 1
        const url = `${asked.repository.origin}/${asked.repository.path}/pull/`
        if (number > 0) return { url: `${url}${number}`, outcome: 'open_already' }
        return { url: `${url}${this.opened.push(wanted)}`, outcome: 'opened' }
      },
    }
  }
}

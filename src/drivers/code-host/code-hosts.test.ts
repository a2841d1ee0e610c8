import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CodeHost, startCodeHost } from '../../../test/fixtures/code-host.ts'
import { createCodeHosts } from './code-hosts.ts'

const wanted = {
  branch: 'astern/revert-5f8a7b9c',
  base: 'main',
  title: 'revert: shop v1.3.0, back to v1.2.0',
  text: 'It went back.',
}
const github = { origin: 'https://github.com', path: 'acme/shop' }
const gitlab = { origin: 'https://gitlab.com', path: 'group/sub/shop' }

describe.each([
  { kind: 'github', repository: github, page: 'https://git.example.com/acme/shop/pull/1', variable: 'GITHUB_TOKEN' },
  {
    kind: 'gitlab',
    repository: gitlab,
    page: 'https://git.example.com/acme/shop/-/merge_requests/1',
    variable: 'GITLAB_TOKEN',
  },
] as const)('$kind', ({ kind, repository, page, variable }) => {
  let host: CodeHost
  beforeEach(async () => {
    host = await startCodeHost(kind)
  })
  afterEach(() => host.close())

  const connect = (env: Record<string, string> = { [variable]: host.token }) =>
    createCodeHosts({ env }).connect({ kind, repository, api: host.api, token: null })

  it('is asked in the shape that it publishes', async () => {
    expect(await connect().open(wanted)).toEqual({ url: page, outcome: 'opened' })
    expect(host.complaints).toEqual([])
    expect(host.calls.map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('is not asked for a second one', async () => {
    await connect().open(wanted)
    expect(await connect().open(wanted)).toEqual({ url: page, outcome: 'open_already' })
    expect(host.complaints).toEqual([])
    expect(host.calls.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('does not take a token that has expired', async () => {
    const failed = connect({ [variable]: 'ghp_expired' }).open(wanted)
    await expect(failed).rejects.toMatchObject({ code: 'CODE_HOST_DENIED' })
    await expect(failed).rejects.not.toThrow('ghp_expired')
  })

  it.each([
    [422, '{"message":"Validation Failed","errors":[{"field":"base"}]}', 'CODE_HOST_REFUSED', 'Validation Failed'],
    [409, '{"message":["Another open merge request exists"]}', 'CODE_HOST_REFUSED', 'Another open'],
    [429, '{"message":"slow down"}', 'CODE_HOST_UNREACHABLE', '429 slow down'],
    [502, '<html>bad gateway</html>', 'CODE_HOST_UNREACHABLE', '502'],
    [404, '{"error":"404 Project Not Found"}', 'CODE_HOST_REFUSED', 'Project Not Found'],
    [200, '<html>log in</html>', 'CODE_HOST_REFUSED', 'its answer holds no'],
  ])('that answers %i %s is %s', async (status, text, code, says) => {
    host.answerInstead({ status, text })
    const failed = connect().open(wanted)
    await expect(failed).rejects.toMatchObject({ code })
    await expect(failed).rejects.toThrow(says)
  })

  it('is never followed elsewhere with the token', async () => {
    host.answerInstead({ status: 307, text: '', headers: { Location: `${host.api}/elsewhere` } })
    await expect(connect().open(wanted)).rejects.toMatchObject({ code: 'CODE_HOST_REFUSED' })
    expect(host.calls).toHaveLength(1)
  })

  it('is not quoted where it repeats the token', async () => {
    host.answerInstead({ status: 401, text: JSON.stringify({ message: `no such token: ${host.token}` }) })
    const failed = connect().open(wanted)
    await expect(failed).rejects.toThrow('[redacted]')
    await expect(failed).rejects.not.toThrow(host.token)
  })

  it('that is away says so', async () => {
    const away = createCodeHosts({ env: { [variable]: 'x' } }).connect({
      kind,
      repository,
      api: 'http://127.0.0.1:9',
      token: null,
    })
    await expect(away.open(wanted)).rejects.toMatchObject({ code: 'CODE_HOST_UNREACHABLE' })
  })
})

it.each(['github', 'gitlab'] as const)('the stand-in for %s takes no field that is not published', async (kind) => {
  const host = await startCodeHost(kind)
  const [path, headers] =
    kind === 'github'
      ? ['/repos/acme/shop/pulls', { Authorization: `Bearer ${host.token}`, Accept: 'application/vnd.github+json' }]
      : ['/projects/acme%2Fshop/merge_requests', { 'PRIVATE-TOKEN': host.token }]
  const { status } = await fetch(`${host.api}${path}`, {
    method: 'POST',
    headers: { ...headers, 'X-GitHub-Api-Version': '2022-11-28', 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: 'x', branch: 'y' }),
  })
  expect(status).toBe(422)
  expect(host.complaints).toHaveLength(1)
  await host.close()
})

describe('the token', () => {
  const folder = mkdtempSync(join(tmpdir(), 'astern-token-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const connect = (
    env: Record<string, string>,
    token: Parameters<ReturnType<typeof createCodeHosts>['connect']>[0]['token'],
  ) => createCodeHosts({ env }).connect({ kind: 'github', repository: github, api: null, token })

  it('comes from a variable, or a file', async () => {
    const host = await startCodeHost('github')
    const file = join(folder, 'token')
    writeFileSync(file, `${host.token}\n`)
    const asked = { kind: 'github', repository: github, api: host.api } as const
    const hosts = createCodeHosts({ env: { MINE: host.token } })
    await hosts.connect({ ...asked, token: { kind: 'env', variable: 'MINE' } }).open(wanted)
    await hosts.connect({ ...asked, token: { kind: 'file', path: file } }).open(wanted)
    expect(host.calls.some(({ method }) => method === 'POST')).toBe(true)
    await host.close()
  })

  it('is missed before anything is pushed', () => {
    const missing = { code: 'CODE_HOST_TOKEN', exit: 2 }
    const failure = (...args: Parameters<typeof connect>) => {
      try {
        return connect(...args)
      } catch (error) {
        return error
      }
    }
    expect(failure({}, null)).toMatchObject({ ...missing, details: { api: 'https://api.github.com' } })
    expect(failure({ MINE: ' ' }, { kind: 'env', variable: 'MINE' })).toMatchObject(missing)
    expect(failure({}, { kind: 'file', path: '/nowhere/token' })).toMatchObject(missing)
    expect(String(failure({ MINE: 'a\nb' }, { kind: 'env', variable: 'MINE' }))).not.toContain('a\nb')
  })
})

describe('the address of an API', () => {
  it.each([
    ['github', 'https://github.com', 'https://api.github.com'],
    ['github', 'https://github.example.com', 'https://github.example.com/api/v3'],
    ['gitlab', 'https://gitlab.com', 'https://gitlab.com/api/v4'],
  ] as const)('of %s at %s', (kind, origin, api) => {
    const hosts = createCodeHosts({ env: { GITHUB_TOKEN: 'x', GITLAB_TOKEN: 'x' } })
    expect(hosts.connect({ kind, repository: { origin, path: 'acme/shop' }, api: null, token: null }).api).toBe(api)
  })
})

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { realClock } from '../../../test/fixtures/real-clock.ts'
import { findLogin, HUB_ADDRESS } from './credentials.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'credentials-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const find = (registry: string | null) =>
  findLogin(registry, { configFolder: folder, environment: { PATH: `${folder}:/usr/bin:/bin` } }, realClock)
const write = (config: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
const base64 = (text: string) => Buffer.from(text).toString('base64')

function writeHelper(name: string, script: string): void {
  const path = join(folder, `docker-credential-${name}`)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

describe('the login for a registry', () => {
  it('is none where nobody logged in', async () => {
    expect(await find('r.example.com')).toBeNull()
    write({ auths: { 'r.example.com': {} } })
    expect(await find('r.example.com')).toBeNull()
    expect(await findLogin('r.example.com', { configFolder: null, environment: {} }, realClock)).toBeNull()
  })
  it('is what docker login wrote down, under any spelling of the registry', async () => {
    const auth = base64('alice:s3cret:with colon')
    for (const key of ['r.example.com', 'https://r.example.com', 'https://r.example.com/v2/']) {
      write({ auths: { [key]: { auth } } })
      expect(await find('r.example.com')).toEqual({
        username: 'alice',
        password: 's3cret:with colon',
        serveraddress: 'r.example.com',
      })
    }
    expect(await find('r.example.com:5000')).toBeNull()
  })
  it('is that of the Hub when no registry is named', async () => {
    write({ auths: { [HUB_ADDRESS]: { auth: base64('alice:s3cret') } } })
    const login = { username: 'alice', password: 's3cret', serveraddress: HUB_ADDRESS }
    expect(await find(null)).toEqual(login)
    expect(await find('docker.io')).toEqual(login)
  })
  it('may be a token', async () => {
    write({ auths: { 'r.example.com': { auth: base64('00000000:'), identitytoken: 'tok' } } })
    expect(await find('r.example.com')).toEqual({ identitytoken: 'tok', serveraddress: 'r.example.com' })
  })
  it('comes from the helper of that registry, and from the store for every other one', async () => {
    write({ credHelpers: { 'one.example.com': 'one' }, credsStore: 'all', auths: { 'two.example.com': {} } })
    writeHelper('one', 'read a; echo "{\\"ServerURL\\":\\"$a\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"of $a\\"}"')
    writeHelper('all', 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"tok\\"}"')
    expect(await find('one.example.com')).toEqual({
      username: 'get',
      password: 'of one.example.com',
      serveraddress: 'one.example.com',
    })
    expect(await find('two.example.com')).toEqual({ identitytoken: 'tok', serveraddress: 'two.example.com' })
  })
  it('is none when the helper knows none', async () => {
    write({ credsStore: 'all' })
    writeHelper('all', 'echo "credentials not found in native keychain"; exit 1')
    expect(await find('r.example.com')).toBeNull()
  })
  it.each([
    ['docker-credential-none is not installed', 'none', ''],
    ['docker-credential-bad failed: keychain is locked', 'bad', 'echo "keychain is locked" >&2; exit 2'],
    ['docker-credential-odd did not answer with JSON', 'odd', 'echo s3cret'],
    ['config.json names an impossible credential helper: ../x', '../x', ''],
  ])('says that %s', async (message, helper, script) => {
    write({ credsStore: helper })
    if (script !== '') writeHelper(helper, script)
    await expect(find('r.example.com')).rejects.toThrow(message)
  })
  it('does not quote a damaged config.json, which may hold a password', async () => {
    writeFileSync(join(folder, 'config.json'), '{"auths": {"r": {"auth": "s3cret"')
    const failure = await find('r.example.com').catch(String)
    expect(failure).toContain('config.json is not JSON')
    expect(failure).not.toContain('s3cret')
  })
})

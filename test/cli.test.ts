// The command line as a user meets it: `node src/cli/main.ts` as a process of its own.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hostRandom } from '../src/drivers/host/clock.ts'
import { createProcessTable } from '../src/drivers/host/process-table.ts'
import { openStore } from '../src/store/store.ts'
import { buildDefinition, buildRelease } from './builders.ts'

const main = resolve(import.meta.dirname, '../src/cli/main.ts')

const root = mkdtempSync(join(tmpdir(), 'astern-cli-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The tests run side by side, so they share what is removed after them all. */
function temporaryFolder(): string {
  return mkdtempSync(join(root, 'test-'))
}

type Ran = { readonly exit: number; readonly out: string; readonly err: string }

function astern(
  words: readonly string[],
  env: Record<string, string> = {},
  node: readonly string[] = [],
): Promise<Ran> {
  const folder = temporaryFolder()
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C', ASTERN_STATE: join(folder, 'state') }
  return new Promise((done, reject) => {
    const argv = ['--disable-warning=ExperimentalWarning', ...node, main, ...words]
    execFile(process.execPath, argv, { env: { ...own, ...env }, cwd: folder }, (error, out, err) => {
      const exit = error === null ? 0 : error.code
      if (typeof exit === 'number') done({ exit, out, err })
      else reject(error!)
    })
  })
}

/** Prints every module that is loaded to standard error. */
const TELL_MODULES = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module'
   registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) })`,
)}`
const HEAVY = /node_modules\/(zod|yaml|dockerode|docker-modem|ssh2)\//

describe.concurrent('the command line', { timeout: 30_000 }, () => {
  it('shows help without a command, and loads nothing heavy for it', async () => {
    const { exit, out, err } = await astern(['--help'], {}, ['--import', TELL_MODULES])
    expect(exit).toBe(0)
    expect(out).toMatch(/^Usage: astern COMMAND \[options\]$/m)
    const modules = err.split('\n').filter((line) => line !== '')
    expect(modules.some((url) => url.endsWith('src/cli/help.ts'))).toBe(true)
    expect(modules.filter((url) => HEAVY.test(url) || url.includes('/src/daemon.ts'))).toEqual([])
  })

  it('shows help for a command although its arguments are missing, in the language asked for', async () => {
    const english = await astern(['show', '--help'])
    expect(english).toMatchObject({ exit: 0, err: '' })
    expect(english.out).toContain('astern show r41')
    const chinese = await astern(['--lang', 'zh-CN', 'help', 'rollback'])
    expect(chinese.exit).toBe(0)
    expect(chinese.out).toContain('astern rollback: 恢复上一个发布版本')
  })

  it('speaks the language of the locale', async () => {
    const { out } = await astern([], { LANG: 'zh_CN.UTF-8' })
    expect(out).toContain('毫秒级撤回任何发布')
  })

  it('tells its version', async () => {
    expect(await astern(['--version'])).toMatchObject({ exit: 0, out: '0.1.0\n' })
  })

  it.each([
    [['rolback'], 'Did you mean rollback?'],
    [['rollback', '--wath', '3s'], 'Did you mean --watch?'],
    [['rollback', '--nothing-like-it'], 'There is no option --nothing-like-it here.'],
    [['deploy', '-m'], '--message needs a value: --message=WHY.'],
    [['deploy', '-m', '--json'], '--message needs a value'],
    [['status', '--json=yes'], '--json takes no value.'],
    [['show'], 'RELEASE|TX is missing.'],
    [['show', 'r1', 'r2'], 'r2 is one argument too many.'],
    [['status', '--lang', 'fr'], '--lang: expected en, zh-CN, got "fr".'],
    [['--bogus'], 'There is no option --bogus here.'],
    [['help', 'nonsense'], 'There is no command nonsense.'],
  ])('refuses %j with what is wrong and where help is', async (words, problem) => {
    const { exit, out, err } = await astern(words)
    expect(exit).toBe(2)
    expect(`${out}${err}`).toContain(problem)
    expect(`${out}${err}`).toContain('--help shows examples.')
  })

  it('refuses in Chinese, and as an object for machines', async () => {
    const chinese = await astern(['status', '--lang=zh-CN', '--nope'])
    expect(chinese).toMatchObject({ exit: 2, out: '' })
    expect(chinese.err).toContain('没有选项 --nope。')
    const machine = await astern(['status', '--json', '--nope'])
    expect(JSON.parse(machine.out)).toMatchObject({ outcome: 'failed', error: { code: 'USAGE' } })
  })

  it('takes the value of an option before the command for what it is', async () => {
    const { exit, out } = await astern(['--env', 'prod', '--lang', 'en', 'status', '--help'])
    expect(exit).toBe(0)
    expect(out).toContain('astern status: what serves')
  })

  it('completes from the state, and makes none', async () => {
    const folder = temporaryFolder()
    const store = openStore(folder, createProcessTable(process.pid), hostRandom)
    store.services.define(buildDefinition())
    store.releases.insertCandidate(buildRelease(7), {}, 'tx-1')
    store.close()
    const { exit, out, err } = await astern(
      ['complete', '--', 'rollback', '--json', '--env', ''],
      { ASTERN_STATE: folder },
      ['--import', TELL_MODULES],
    )
    expect({ exit, out }).toEqual({ exit: 0, out: 'prod\n' })
    expect(err.split('\n').filter((url) => HEAVY.test(url))).toEqual([])
    const absent = join(folder, 'absent')
    expect(await astern(['complete', '--', 'show', ''], { ASTERN_STATE: absent })).toMatchObject({ exit: 0, out: '' })
    expect(existsSync(absent)).toBe(false)
  })

  it('is quiet when its reader goes away', async () => {
    const folder = temporaryFolder()
    const program = `'${process.execPath}' '${main}' help | true; echo "\${PIPESTATUS[0]}"`
    const { out, err } = await new Promise<Ran>((done) => {
      execFile(
        'bash',
        ['-c', program],
        { env: { PATH: process.env['PATH'] ?? '', HOME: folder } },
        (_error, out, err) => done({ exit: 0, out, err }),
      )
    })
    expect(out).toBe('0\n')
    expect(err.replaceAll(/.*Warning.*\n/g, '')).not.toContain('EPIPE')
  })
})

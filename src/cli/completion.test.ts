// The scripts run in the shells themselves, as far as those are on this host; bash always is.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { World } from '../../test/doubles/world.ts'
import { run } from './completion.ts'

async function scriptFor(shell: string): Promise<string> {
  const { context, written } = createConsole(new World().process().app)
  expect(await run(context, given('completion', [shell]))).toBe(0)
  return written.join('')
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0
}

/** Lets a shell read its script without running it. */
async function reads(shell: string, option: string) {
  const file = join(temporaryFolder(), 'script')
  writeFileSync(file, await scriptFor(shell))
  const { status, stderr } = spawnSync(shell, [option, file], { encoding: 'utf8' })
  return { status, stderr }
}

/** Presses Tab in bash behind `line`, where `astern complete` answers with `offers`. */
async function tab(line: readonly string[], offers: string): Promise<{ replies: string[]; asked: string[] }> {
  const folder = temporaryFolder()
  const stub = join(folder, 'astern')
  writeFileSync(stub, `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/asked'\ncat '${folder}/offers'\n`)
  chmodSync(stub, 0o755)
  writeFileSync(join(folder, 'offers'), offers)
  writeFileSync(join(folder, 'script'), await scriptFor('bash'))
  const words = ['astern', ...line]
  const program = [
    `source '${folder}/script'`,
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_astern astern',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n')
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder }
  const output = execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8', env })
  const asked = readFileSync(join(folder, 'asked'), 'utf8').split('\n').slice(0, -1)
  return { replies: output.split('\n').slice(0, -1), asked }
}

describe('astern completion', () => {
  it('makes bash offer what astern complete answers, without what it means', async () => {
    const { replies, asked } = await tab(['rollback', '--to', ''], 'r2\tv1.1.0 standby\nr1\tv1.0.0 active\nprevious\n')
    expect(asked).toEqual(['complete', '--', 'rollback', '--to', ''])
    expect(replies).toEqual(['r2', 'r1', 'previous'])
  })

  it('hands words over as they are', async () => {
    const { asked } = await tab(['deploy', '-m', 'a b $HOME *', 'v1'], '')
    expect(asked).toEqual(['complete', '--', 'deploy', '-m', 'a b $HOME *', 'v1'])
  })

  it('takes only the words up to the one that is being typed', async () => {
    const { asked } = await tab(['diff', 'r1', ''], 'r2\n')
    expect(asked.slice(2)).toEqual(['diff', 'r1', ''])
  })

  it.each([
    ['bash', '-n'],
    ['zsh', '-n'],
    ['fish', '--no-execute'],
  ])('is a script that %s can read, where that is on this host', async (shell, option) => {
    if (has(shell)) expect(await reads(shell, option)).toEqual({ status: 0, stderr: '' })
    expect(await scriptFor(shell)).toContain(`# ${shell} completion for astern`)
  })

  it('knows three shells', async () => {
    const { context } = createConsole(new World().process().app)
    await expect(run(context, given('completion', ['tcsh']))).rejects.toMatchObject({ code: 'USAGE', exit: 2 })
    await expect(run(context, given('completion', ['tcsh']))).rejects.toThrow('bash, zsh, fish')
  })
})

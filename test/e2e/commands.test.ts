// What people reach for at 2 a.m.: the output of every replica across a switch, a command in a replica, and a command in a release's own environment.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { output, run } from './support/command.ts'
import { createInstallation, type Installation, launcher } from './support/installation.ts'
import { until } from './support/until.ts'

describe('commands in a release', () => {
  let shop: Installation
  const secrets = { TOKEN: { file: 'token' } }

  const withToken = async (value: string) => writeFile(join(shop.project, 'token'), `${value}\n`)
  const oneOffs = () =>
    output([
      'docker',
      'ps',
      '--all',
      '--quiet',
      '--filter=label=astern.oneoff',
      `--filter=label=astern.installation=${shop.record().installation}`,
    ])

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await withToken('token-of-v1')
    await shop.deploy('v1', { secrets, replicas: 2, env: { PROBE_LOG: 'v1 starts' } })
  })
  afterAll(() => shop?.close())

  it('logs -f goes on from one release to the next', async () => {
    const logs = await shop.begin(['logs', '-f'])
    await until('the first lines', () => logs.stdout().includes('r1-2 │ v1 starts'))
    await withToken('token-of-v2')
    await shop.deploy('v2', { secrets, replicas: 2, env: { PROBE_LOG: 'v2 starts|!and warns' } })
    await until('the lines of the next release', () => logs.stdout().includes('r2-2 │ and warns'))
    logs.kill('SIGINT')
    const { code, stdout } = await logs.ended
    expect(code).toBe(0)
    expect(stdout.match(/r1-1 │ v1 starts/g)).toHaveLength(1)
    expect(stdout.match(/r2-1 │ v2 starts/g)).toHaveLength(1)
    expect(stdout).not.toContain('\u001B')
  })

  it('logs gives machines one object a line', async () => {
    const { json } = await shop.astern(['logs', '--since', '10m', '--json', '--process', 'web'])
    expect(json.map(({ release }) => release as string)).toEqual(expect.arrayContaining(['r1', 'r2']))
    expect(json.find(({ stream }) => stream === 'stderr')).toMatchObject({
      release: 'r2',
      process: 'web',
      text: 'and warns',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    })
  })

  it('exec keeps both streams apart, passes input on and the exit code back', async () => {
    const words = ['exec', '--', '/probe-app', 'do', 'env=MARK', 'say=!bad', 'cat', 'exit=7']
    const ran = await run([launcher, ...words], { cwd: shop.project, env: shop.env, input: 'typed\n' })
    expect(ran).toMatchObject({ code: 7, stdout: 'v2\ntyped\n', stderr: 'bad\n' })
    const missing = await shop.astern(['exec', '--', '/no-such-program'])
    expect(missing.code).toBeGreaterThan(0)
  })

  it('exec has a terminal when it is started at one', async () => {
    const command = `${launcher} exec --replica r2-1 -- /probe-app do say=hello cat exit=5`
    const at = spawn('/usr/bin/script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
      cwd: shop.project,
      env: shop.env,
    })
    let said = ''
    const ended = new Promise((resolve) => at.once('close', resolve))
    at.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    await until('it to begin', () => said.includes('hello'))
    // A line, and the end of input as it is typed.
    at.stdin.write('typed\r\u0004')
    expect(await ended).toBe(5)
    expect(said).toMatch(/hello\r+\n.*typed\r+\n/s)
  })

  it('run has the environment and the secrets of that very release, and leaves nothing behind', async () => {
    const words = (release: string) => ['run', release, '--', '/probe-app', 'do', 'env=MARK', 'env=TOKEN', 'exit=3']
    expect(await shop.astern(words('r1'))).toMatchObject({ code: 3, stdout: 'v1\ntoken-of-v1\n' })
    expect(await shop.astern(words('r2'))).toMatchObject({ code: 3, stdout: 'v2\ntoken-of-v2\n' })
    expect(await oneOffs()).toBe('')
    const log = await shop.astern(['log', '--json'])
    const [newest] = log.last['operations'] as { operation: string; outcome: string; to: { release: string } }[]
    expect(newest).toMatchObject({ operation: 'run', outcome: 'failed', to: { release: 'r2' } })
    expect(log.stdout).not.toContain('token-of')
  })

  it('run is stopped at its timeout, and when it is interrupted', async () => {
    const late = await shop.astern(['run', '--timeout', '500ms', '--', '/probe-app', 'do', 'sleep=60000'])
    expect(late.code).toBe(124)
    const running = await shop.begin(['run', '--', '/probe-app', 'do', 'say=begun', 'sleep=60000'])
    await until('it to begin', () => running.stdout().includes('begun'))
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 130, stderr: '' })
    expect(await oneOffs()).toBe('')
  })

  it('run that was killed is removed by the next command', async () => {
    const running = await shop.begin(['run', '--', '/probe-app', 'do', 'say=begun', 'sleep=60000'])
    await until('it to begin', () => running.stdout().includes('begun'))
    running.kill('SIGKILL')
    await running.ended
    expect(await oneOffs()).not.toBe('')
    await shop.ask('status')
    await until('it to be gone', async () => (await oneOffs()) === '')
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, health: 'healthy' })
  })
})

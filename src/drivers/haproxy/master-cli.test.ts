import { createServer, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { alerts, createMasterCli, readFormerWorkers, readReload, takenAddress } from './master-cli.ts'

const refused = `Success=0
--
[NOTICE]   (1) : Initializing new worker (14)
[NOTICE]   (14) : haproxy version is 3.2.26-1
[NOTICE]   (14) : path to executable is /usr/sbin/haproxy
[ALERT]    (14) : Binding [/usr/local/etc/astern/haproxy.cfg:21] for frontend in_127.0.0.1:80: protocol tcpv4: cannot bind socket (Address already in use) for [127.0.0.1:80].
[ALERT]    (14) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.
[WARNING]  (1) : Failed to load worker (14) exited with code 1 (Exit)`

describe('the outcome of a reload', () => {
  it('may be good', () => {
    expect(readReload('Success=1\n--\n[NOTICE]   (1) : Loading success.')).toEqual({ ok: true })
  })
  it('may be bad, with what is wrong', () => {
    expect(readReload(refused)).toEqual({
      ok: false,
      takenAddress: '127.0.0.1:80',
      log: [
        'Binding [/usr/local/etc/astern/haproxy.cfg:21] for frontend in_127.0.0.1:80: protocol tcpv4: cannot bind socket (Address already in use) for [127.0.0.1:80].',
        '[haproxy.main()] Some protocols failed to start their listeners! Exiting.',
      ].join('\n'),
    })
  })
  it('is not guessed', () => {
    expect(() => readReload('Permission denied')).toThrow('Permission denied')
  })
})

describe('a log', () => {
  it('shows its alerts, else its last lines', () => {
    expect(alerts('[NOTICE]   (1) : one\n[WARNING]  (1) : two\n')).toBe('one\ntwo')
    expect(alerts('')).toBe('')
  })
  it.each([
    ['cannot bind socket (Address already in use) for [127.0.0.1:80].', '127.0.0.1:80'],
    ['cannot bind socket (Address already in use) for [:::80].', ':::80'],
    ['cannot bind socket (Permission denied) for [127.0.0.1:80].', null],
  ])('says which address is taken: %s', (log, address) => {
    expect(takenAddress(log)).toBe(address)
  })
})

describe('former workers', () => {
  it.each([
    [
      '3.2',
      `#<PID>          <type>          <reloads>       <uptime>        <version>
1               master          1 [failed: 0]   0d00h00m45s     3.2.26-1
# workers
11              worker          0               0d00h00m00s     3.2.26-1
# old workers
8               worker          1               0d00h00m45s     3.2.26-1
9               worker          1               0d00h00m45s     3.2.26-1`,
      ['8', '9'],
    ],
    [
      '3.0',
      `#<PID>          <type>          <reloads>       <uptime>        <version>
1               master          1 [failed: 0]   0d00h00m02s     3.0.11-1+deb13u4
# workers
13              worker          0               0d00h00m01s     3.0.11-1+deb13u4
# old workers
9               worker          1               0d00h00m02s     3.0.11-1+deb13u4
# programs
17              worker          0               0d00h00m02s     -`,
      ['9'],
    ],
    ['none', '# workers\n13              worker          0  0d00h00m01s  3.0.11', []],
  ])('are those that %s lists as old', (_version, answer, pids) => {
    expect(readFormerWorkers(answer)).toEqual(pids)
  })
})

describe('the conversation', () => {
  let folder: string
  let server: Server | null = null
  const asked: string[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'astern-master-'))
    asked.length = 0
  })
  afterEach(async () => {
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)))
    server = null
    rmSync(folder, { recursive: true })
  })
  const path = () => join(folder, 'master.sock')
  const listen = async (answer: (command: string, socket: Socket) => void): Promise<void> => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
      socket.on('end', () => {
        asked.push(text)
        answer(text.trim(), socket)
      })
    })
    await new Promise<void>((resolve) => server?.listen(path(), resolve))
  }

  it('is one question per connection', async () => {
    await listen((_command, socket) => socket.end('Success=1\n--\nfine\n\n'))
    expect(await createMasterCli(path(), createVirtualClock()).reload()).toEqual({ ok: true })
    expect(asked).toEqual(['reload\n'])
  })

  it('sums up what former workers have in flight, and leaves out those that just ended', async () => {
    const answers: Readonly<Record<string, string>> = {
      'show proc': '# workers\n11 worker 0\n# old workers\n8 worker 1\n9 worker 1\n10 worker 1\n\n',
      '@!8 show stat shop.prod 4 -1': '# pxname,svname,scur,\nshop.prod,r1-1,2,\nshop.prod,r2-1,0,\n\n',
      '@!9 show stat shop.prod 4 -1': '# pxname,svname,scur,\nshop.prod,r1-1,1,\n\n',
      '@!10 show stat shop.prod 4 -1': "Can't find the target PID matching the prefix '@!10'\n",
    }
    await listen((command, socket) => socket.end(answers[command] ?? '\n'))
    const left = await createMasterCli(path(), createVirtualClock()).leftovers('shop.prod')
    expect(Object.fromEntries(left)).toEqual({ 'r1-1': 3, 'r2-1': 0 })
  })

  it('cuts what former workers have of some servers, and nothing else', async () => {
    const answers: Readonly<Record<string, string>> = {
      'show proc': '# old workers\n8 worker 1\n\n',
      '@!8 show sess': [
        '0x7f01: proto=tcpv4 src=127.0.0.1:1 fe=in_x be=shop.prod srv=r1-1 ts=00 age=1s',
        '0x7f02: proto=tcpv4 src=127.0.0.1:2 fe=in_x be=shop.prod srv=r2-1 ts=00 age=1s',
        '0x7f03: proto=tcpv4 src=127.0.0.1:3 fe=in_x be=api.prod srv=r1-1 ts=00 age=1s',
        '0x7f04: proto=unix_stream src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 age=0s',
        '\n',
      ].join('\n'),
    }
    await listen((command, socket) => socket.end(answers[command] ?? '\n'))
    await createMasterCli(path(), createVirtualClock()).cutLeftovers('shop.prod', ['r1-1'])
    expect(asked).toEqual(['show proc\n', '@!8 show sess\n', '@!8 shutdown session 0x7f01\n'])
  })

  it('waits for a master that replaces its own program', async () => {
    const clock = createVirtualClock()
    const patient = {
      ...clock,
      sleep: (ms: number) => listen((_command, socket) => socket.end('Success=1\n')).then(() => clock.sleep(ms)),
    }
    expect(await createMasterCli(path(), patient).reload()).toEqual({ ok: true })
  })

  it('ends when there is no master', async () => {
    await expect(createMasterCli(path(), createVirtualClock()).reload()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
  })
})

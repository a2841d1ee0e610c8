import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { groupMemory } from './control-group.ts'
import { readEnds } from './stats.ts'
import { workingSetSeen } from './stats-seen.ts'

const ID = 'f'.repeat(64)

describe('the working set', () => {
  it('is usage without inactive file pages, those of children included, on control groups v1', () => {
    const stats = { inactive_file: 1, total_inactive_file: 400 }
    expect(workingSetSeen({ memory_stats: { usage: 1_000, stats } })).toBe(600)
  })
  it('is usage without inactive file pages on control groups v2', () => {
    expect(workingSetSeen({ memory_stats: { usage: 1_000, stats: { inactive_file: 300, anon: 5 } } })).toBe(700)
  })
  it('is never below nothing: the two are not read at one instant', () => {
    expect(workingSetSeen({ memory_stats: { usage: 100, stats: { inactive_file: 300 } } })).toBe(0)
  })
  it('is not known of what does not run, or is gone', () => {
    expect([workingSetSeen({ memory_stats: {} }), workingSetSeen({}), workingSetSeen(null)]).toEqual([null, null, null])
  })
})

describe('a control group', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astern-groups-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function host(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, path, '..'), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return { processes: join(folder, 'proc'), groups: join(folder, 'cgroup') }
  }
  const container = (Pid: number) => ({ Id: ID, State: { Pid } })

  it('of version 1 tells the working set and the kills', async () => {
    const kernel = await host({
      'proc/7/cgroup': `9:cpu,cpuacct:/docker/${ID}\n4:memory:/docker/${ID}\n0::/docker/${ID}\n`,
      [`cgroup/memory/docker/${ID}/memory.usage_in_bytes`]: '5000\n',
      [`cgroup/memory/docker/${ID}/memory.stat`]: 'cache 9\ninactive_file 1\ntotal_inactive_file 2000\n',
      [`cgroup/memory/docker/${ID}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    })
    expect(await groupMemory(container(7), kernel)).toEqual({ workingSetBytes: 3_000, oomKills: 2 })
  })
  it('of version 2 tells the working set and the kills', async () => {
    const scope = `system.slice/docker-${ID}.scope`
    const kernel = await host({
      'proc/7/cgroup': `0::/${scope}\n`,
      [`cgroup/${scope}/memory.current`]: '5000\n',
      [`cgroup/${scope}/memory.stat`]: 'anon 100\ninactive_file 1000\n',
      [`cgroup/${scope}/memory.events`]: 'low 0\nhigh 0\nmax 164\noom 5\noom_kill 1\n',
    })
    expect(await groupMemory(container(7), kernel)).toEqual({ workingSetBytes: 4_000, oomKills: 1 })
  })
  it('of another process is not taken for it, where the engine is elsewhere', async () => {
    const kernel = await host({ 'proc/7/cgroup': '0::/user.slice\n', 'cgroup/user.slice/memory.current': '5000\n' })
    expect(await groupMemory(container(7), kernel)).toBeNull()
  })
  it('that is gone, or was never there, is not read', async () => {
    const kernel = await host({ 'proc/7/cgroup': `0::/docker/${ID}\n` })
    expect([await groupMemory(container(7), kernel), await groupMemory(container(0), kernel)]).toEqual([null, null])
    expect(await groupMemory(container(8), kernel)).toBeNull()
  })
})

describe('what the engine remembers of ends', () => {
  const oom = JSON.stringify({ Action: 'oom' })
  const die = (exitCode: string) => JSON.stringify({ Action: 'die', Actor: { Attributes: { exitCode } } })

  it('is a kill for lack of memory when memory ran out in that run, told once or a hundred times', () => {
    expect(readEnds([oom, oom, oom, die('137'), ''].join('\n'))).toEqual({
      last: { exitCode: 137, oom: true },
      oomSince: false,
    })
  })
  it('is none when memory ran out in an earlier run', () => {
    expect(readEnds([oom, die('137'), die('3')].join('\n'))).toEqual({
      last: { exitCode: 3, oom: false },
      oomSince: false,
    })
  })
  it('tells that memory ran out in a run that goes on', () => {
    expect(readEnds([die('1'), oom].join('\n'))).toEqual({ last: { exitCode: 1, oom: false }, oomSince: true })
  })
  it('may be nothing', () => {
    expect(readEnds('\n')).toEqual({ last: null, oomSince: false })
  })
})

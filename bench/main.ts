// `npm run bench -- NAME [--quick]`: measures, prints a table, writes out/bench/NAME.json. Ends with 1 when a goal was missed, 2 for wrong usage.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, joined } from './bench.ts'
import { createCleanup } from './cleanup.ts'
import { root } from './command.ts'
import { describeMachine } from './machine.ts'
import { printable, writeReport } from './report.ts'

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  switch: async () => (await import('./switch/switch.ts')).measureSwitch,
  autopilot: async () => (await import('./autopilot/autopilot.ts')).measureAutopilot,
  registry: async () =>
    joined(
      (await import('./registry/registry.ts')).measureRegistry,
      (await import('./registry/version.ts')).measureVersion,
    ),
  history: async () => (await import('./history/history.ts')).measureHistory,
}

process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const quick = words.includes('--quick')
  const [name, ...surplus] = words.filter((word) => word !== '--quick')
  const load = name === undefined ? undefined : benches[name]
  if (name === undefined || load === undefined || surplus.length > 0) {
    console.error(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--quick]`)
    return 2
  }
  const out = join(root, 'out/bench')
  mkdirSync(out, { recursive: true })
  const cleanup = createCleanup()
  const stopping = new AbortController()
  const interrupted = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) return
    console.error(`\n${signal}: taking away what was made …`)
    stopping.abort(new Error('interrupted'))
  }
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted).on('SIGHUP', interrupted)
  const startedAt = performance.now()
  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`
  try {
    const machine = describeMachine()
    const folder = mkdtempSync(join(out, 'w-'))
    cleanup.add(folder, () => rmSync(folder, { recursive: true, force: true }))
    const bench = await load()
    const say = (line: string) => console.error(`${elapsed()}  ${line}`)
    const measured = await bench({ quick, folder, cleanup, signal: stopping.signal, say })
    const file = writeReport(out, name, quick, machine, measured)
    console.log(`\n${printable(measured)}\n\nwritten to ${file} (${elapsed().trim()})`)
    return measured.goals.every(({ ok }) => ok) ? 0 : 1
  } catch (error) {
    if (stopping.signal.aborted) return 130
    console.error(error)
    return 1
  } finally {
    for (const failure of await cleanup.run()) console.error(`left behind: ${failure}`)
  }
}

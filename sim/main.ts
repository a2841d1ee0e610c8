// `npm run sim -- verdict [--quick] [--seed N] [--deploys N]`: simulates, prints a table, writes out/sim/NAME.json. Ends with 1 when a goal was
// missed, 2 for wrong usage.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../bench/command.ts'
import { describeMachine } from '../bench/machine.ts'
import { printable, writeReport } from '../bench/report.ts'
import { FULL, measureVerdict, QUICK } from './verdict/verdict.ts'

const USAGE = 'usage: npm run sim -- verdict [--quick] [--seed N] [--deploys N]'
const DEFAULT_SEED = 1

process.exitCode = await main(process.argv.slice(2))

async function main(words: string[]): Promise<number> {
  const asked = read(words)
  if (asked === null) {
    console.error(USAGE)
    return 2
  }
  const startedAt = performance.now()
  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`
  const machine = describeMachine()
  const size = asked.quick ? QUICK : FULL
  const say = (line: string) => console.error(`${elapsed()}  ${line}`)
  const measured = await measureVerdict({ ...size, deploys: asked.deploys ?? size.deploys }, asked.seed, say)
  const file = writeReport(join(root, 'out/sim'), 'verdict', asked.quick, machine, measured)
  console.log(`\n${printable(measured)}\n\nwritten to ${file} (${elapsed().trim()})`)
  return measured.goals.every(({ ok }) => ok) ? 0 : 1
}

/** `null`: it is not understood. */
function read(words: string[]): { quick: boolean; seed: number; deploys: number | null } | null {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, seed: { type: 'string' }, deploys: { type: 'string' } },
    })
    const seed = Number(values.seed ?? DEFAULT_SEED)
    const deploys = values.deploys === undefined ? null : Number(values.deploys)
    const right = positionals.length === 1 && positionals[0] === 'verdict' && Number.isInteger(seed)
    if (!right || (deploys !== null && !(Number.isInteger(deploys) && deploys > 0))) return null
    return { quick: values.quick === true, seed, deploys }
  } catch {
    return null // an option that there is not
  }
}

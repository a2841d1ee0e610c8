// What the rehearsal is asked for on its command line.
import { parseArgs } from 'node:util'

export type Options = {
  /** How long users watch each of the three: the good release, the bad one, the good one again; what comes after them follows from it. */
  readonly seconds: number
  /** Requests per second. */
  readonly rate: number
  readonly keep: boolean
}

export const usage = `usage: script/demo [--seconds N] [--rate N] [--quick] [--keep]

Deploys a real Gin service in Docker behind HAProxy, puts a bad version over it under load, takes that back with
\`astern rollback\`, then deploys another bad one on trial, which Astern takes back by itself, and one that is good;
and reports what the users of the service saw.

  --seconds N   how long each release is watched under load (default 5). A step of a trial lasts twice as long, but
                10 s at most, and its bake six times, but 30 s at most
  --rate N      requests per second (default 1000)
  --quick       2 seconds each
  --keep        leave the service and its state in place, and say how to use them
`

const most = { seconds: 600, rate: 20_000 }

const mostSeconds = { step: 10, bake: 30 }

/** How releases are tried, as astern.yaml says it. */
export function trialOf({ seconds }: Pick<Options, 'seconds'>) {
  const step = Math.min(mostSeconds.step, 2 * seconds)
  return { canary: [`5% ${step}s`, `25% ${step}s`], bake: `${Math.min(mostSeconds.bake, 6 * seconds)}s` } as const
}

/** Throws with a message for the user. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: 'string' },
      rate: { type: 'string' },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    seconds: wholeNumber('--seconds', values.seconds ?? (values.quick ? '2' : '5'), most.seconds),
    rate: wholeNumber('--rate', values.rate ?? '1000', most.rate),
    keep: values.keep,
  }
}

function wholeNumber(name: string, text: string, greatest: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > greatest) {
    throw new Error(`${name}: a whole number from 1 to ${greatest} is needed, not ${JSON.stringify(text)}`)
  }
  return value
}

// One deploy on trial under load, with nobody at the keyboard: what comes of it is Astern's business.
import type { Answer } from './answer.ts'
import { type Astern, commandOf } from './astern.ts'
import { wallMs } from './clock.ts'
import type { Version } from './images.ts'
import { createLive, liveLegend } from './live.ts'
import { startLoad } from './load.ts'
import type { Options } from './options.ts'
import { pause } from './pause.ts'
import type { Scratch } from './scratch.ts'
import { print } from './screen.ts'
import { readTold } from './told.ts'
import { analyseTrial, type Trial } from './trial.ts'

/** So long users are there before it and after it. */
const watchedMs = 2_000
/** The load ends by itself only when something is wrong. */
const longestMs = 200_000
/** One line of what users saw is for so long: a good release is watched for a minute. */
const lineMs = { bad: 1_000, good: 5_000 }

export type TrialRehearsed = { readonly trial: Trial; readonly answers: readonly Answer[] }

export async function rehearseTrial(given: {
  readonly version: Version
  readonly against: string
  readonly vegeta: string
  readonly options: Options
  readonly scratch: Scratch
  readonly astern: Astern
  readonly signal: AbortSignal
}): Promise<TrialRehearsed> {
  const { version, against, scratch, astern, options, signal } = given
  const args = ['deploy', version.tag, '--wait=bake']
  const versions = { good: against, bad: version.tag }
  print(liveLegend(versions))
  const loadStartMs = wallMs()
  const live = createLive(loadStartMs, versions, print, version.faults === null ? lineMs.good : lineMs.bad)
  const load = startLoad({
    vegeta: given.vegeta,
    folder: scratch.folder,
    target: `http://${scratch.listen}`,
    ratePerSecond: options.rate,
    longestMs,
    onAnswer: (answer) => live.add(answer),
  })
  const watch = () => Promise.race([pause(Math.min(watchedMs, options.seconds * 1_000), signal), load.broken])
  try {
    await watch()
    print()
    const { startMs, endMs, exit } = await Promise.race([astern.attempt(args), load.broken])
    await watch()
    await load.stop()
    print()
    live.flush()
    const history = await astern.history()
    const { rollback } = history
    const isItsOwn = rollback !== null && rollback.steps.some(({ atMs }) => atMs >= startMs)
    return {
      answers: load.answers,
      trial: analyseTrial(load.answers, {
        version: version.tag,
        faults: version.faults,
        against,
        command: commandOf(args),
        startMs,
        endMs,
        exit,
        loadStartMs,
        told: readTold(await astern.verdict(version.tag)),
        rollback: isItsOwn
          ? {
              transactionId: rollback.transactionId,
              switchedMs: rollback.steps.find(({ step }) => step === 'shift_traffic')?.atMs ?? null,
            }
          : null,
        active: history.active,
      }),
    }
  } finally {
    await load.stop()
  }
}

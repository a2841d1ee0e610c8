// The rehearsal itself, in the order in which a user would do it. Everything is real: the images, the engine, the proxy, the load.
import type { Answer } from './answer.ts'
import { analyse, type Moments, type Versions } from './analyse.ts'
import type { Astern } from './astern.ts'
import { checksOf, stayedBack } from './checks.ts'
import { trialChecksOf } from './checks-trial.ts'
import { wallMs } from './clock.ts'
import { bad, badAgain, buildVersions, good, mended } from './images.ts'
import { createLive, liveLegend } from './live.ts'
import { startLoad } from './load.ts'
import { describeMachine } from './machine.ts'
import { count } from './numbers.ts'
import { type Options, trialOf } from './options.ts'
import type { Findings } from './report.ts'
import { heading, paint, print } from './screen.ts'
import { rehearseTrial, type TrialRehearsed } from './rehearse-trial.ts'
import { say, startProject } from './project.ts'
import type { Scratch } from './scratch.ts'
import { buckets, dotsAround } from './timeline.ts'
import { pause } from './pause.ts'

/** The deploy and the rollback between the stretches of load; the load ends by itself only when something is wrong. */
const longestSwitchesMs = 180_000

/** `answers` are those of the load that the rollback was rehearsed under. */
export type Rehearsed = {
  readonly findings: Findings
  readonly answers: readonly Answer[]
  readonly trials: readonly TrialRehearsed[]
}

type Given = {
  root: string
  vegeta: string
  options: Options
  scratch: Scratch
  astern: Astern
  signal: AbortSignal
}

export async function rehearse(given: Given): Promise<Rehearsed> {
  const { root, vegeta, options, scratch, astern, signal } = given
  const versions: Versions = { good: good.tag, bad: bad.tag }
  const target = `http://${scratch.listen}`
  const machine = await describeMachine(root)

  await astern.warmUp()
  heading('A Gin service that has never seen Astern: the source, and git')
  await startProject(root, scratch, astern, signal)
  const config = say(scratch, ['replicas: 2', "build: { tag: '{version}' }", 'canary: off', 'bake: off'])

  heading('Four versions of it: two are good, and two are bad on purpose')
  print(
    `${bad.tag} and ${badAgain.tag} fail 24 % of their requests, and ${bad.tag} is 150 ms slow; their health checks look fine, as with most bad releases.\n`,
  )
  await buildVersions(scratch, astern, signal)

  heading(`${good.tag} serves: two replicas in Docker behind HAProxy`)
  print(`${paint('dim', 'astern.yaml')}\n${config.trimEnd().replaceAll(/^/gm, '  ')}\n`)
  await astern.run(['up'])
  await astern.run(['deploy', good.tag])

  heading(`Users come: ${count(options.rate)} requests/s, GET /products and POST /orders in turn`)
  print(liveLegend(versions))
  const loadStartMs = wallMs()
  const live = createLive(loadStartMs, versions, print)
  let quiet = false
  const load = startLoad({
    vegeta,
    folder: scratch.folder,
    target,
    ratePerSecond: options.rate,
    longestMs: options.seconds * 3_000 + longestSwitchesMs,
    onAnswer: (answer) => {
      live.add(answer)
      if (!quiet) live.flush()
    },
  })
  const watch = async () => {
    quiet = false
    await Promise.race([pause(options.seconds * 1_000, signal), load.broken])
    live.flush()
  }
  const change = async (args: readonly string[]) => {
    quiet = true
    print()
    const ran = await Promise.race([astern.run(args), load.broken])
    print()
    return ran
  }
  try {
    await watch()
    const deployed = await change(['deploy', bad.tag])
    await watch()
    const rolledBack = await change(['rollback', '-m', 'checkout answers 500'])
    await watch()
    await load.stop()
    live.flush()

    const history = await astern.history()
    heading(`It stays back: CI ships ${bad.tag} again`)
    const retried = await astern.refused(['deploy', bad.tag])
    await astern.run(['rollback', '--undo', '--dry-run'])

    heading('How it stands now')
    await astern.run(['status'])
    heading('Somebody has looked at it: deploys go ahead again')
    await astern.run(['resume', '-m', 'mended in the next one'])
    const moments: Moments = {
      loadStartMs,
      deployStartMs: deployed.startMs,
      deployEndMs: deployed.endMs,
      rollbackStartMs: rolledBack.startMs,
      rollbackEndMs: rolledBack.endMs,
    }
    const analysis = analyse(load.answers, moments, versions)
    const trials = await rehearseTrials(given)
    return {
      answers: load.answers,
      trials: [trials.bad, trials.good],
      findings: {
        machine,
        target,
        ratePerSecond: options.rate,
        loadStartMs,
        versions,
        good: { ...good, release: history.releases.get(good.tag) ?? null },
        bad: { ...bad, release: history.releases.get(bad.tag) ?? null },
        analysis,
        deploy: { startMs: deployed.startMs, operation: history.deploy },
        rollback: { startMs: rolledBack.startMs, operation: history.rollback },
        trials: { bad: trials.bad.trial, good: trials.good.trial },
        checks: [
          ...checksOf(analysis, versions, history.active),
          stayedBack(retried),
          ...trialChecksOf({ bad: trials.bad.trial, good: trials.good.trial }),
        ],
        steps: astern.steps,
        timeline: buckets(load.answers, loadStartMs, versions),
        around: dotsAround(load.answers, rolledBack, versions),
      },
    }
  } finally {
    await load.stop()
  }
}

/** Nobody types anything but the deploys. */
async function rehearseTrials({ vegeta, options, astern, signal, ...given }: Given) {
  heading(`It goes back by itself: ${badAgain.tag} is as bad, and goes on trial`)
  const trial = trialOf(options)
  const { scratch } = given
  say(scratch, [`canary: [${trial.canary.join(', ')}]`, `bake: ${trial.bake}`])
  print(`In ${paint('dim', 'astern.yaml')} from here on: canary [${trial.canary.join(', ')}], bake ${trial.bake}\n`)
  const common = { against: good.tag, vegeta, options, scratch, astern, signal }
  const badTried = await rehearseTrial({ ...common, version: badAgain })

  heading(`${mended.tag} mends it, and goes the same way`)
  await astern.attempt(['resume', '-m', `mended in ${mended.tag}`])
  const goodTried = await rehearseTrial({ ...common, version: mended })
  return { bad: badTried, good: goodTried }
}

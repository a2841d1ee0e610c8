// `astern bisect --good r30 --bad r42 [--run ./check.sh …]`: which release was the first bad one? Judged by a program, or by a person at the terminal.
import { spawn } from 'node:child_process'
import type { Mark } from '../core/bisect.ts'
import { fail } from '../core/errors.ts'
import { releaseName } from '../core/model.ts'
import { findFirstBad, type Trial } from '../operations/bisect.ts'
import { findRelease } from '../operations/releases.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatRelease, labelled } from './format.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

/** As `git bisect run` has it: 0 is good, 125 cannot be tested, up to 127 is bad, and more ends it. */
const SKIP = 125
const WORST_BAD = 127

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const end = (name: 'good' | 'bad') => {
    const text = args.text(name)
    if (text === null) throw usage(t('option_needs_value', { name, value: 'RELEASE' }))
    return findRelease(app, scope, text)
  }
  const [good, bad] = [end('good'), end('bad')]
  if (good.number >= bad.number) throw usage(t('bisect_order', { good: formatRelease(good), bad: formatRelease(bad) }))
  const program = args.text('run')
  const judge = program === null ? askingPeople(context) : byProgram(context, [program, ...args.positionals])
  const interrupted = new AbortController()
  const stopInterrupts = context.onInterrupt(() => interrupted.abort(fail('INTERRUPTED', { serving: '' })))
  const asked = { good, bad, actor: context.actor, reason: args.text('message'), signal: interrupted.signal }
  const found = await findFirstBad(app, scope, asked, async (trial) => {
    const { left, tries } = trial.bisection
    if (!context.json)
      context.print(
        labelled(t('bisect_try'), t('bisect_try_line', { release: formatRelease(trial.release), left, tries })),
      )
    const mark = await judge(trial)
    if (!context.json) context.print(labelled('', t(`bisect_${mark}`)))
    return mark
  }).finally(stopInterrupts)
  const { bisection, transactionId, marks } = found
  const first = app.store.releases.get(scope, bisection.bad)!
  const unknown = bisection.unknown.map(releaseName)
  if (context.json) {
    const tried = Object.fromEntries([...marks].map(([release, mark]) => [releaseName(release), mark]))
    const { service, environment } = scope
    const result = { transaction_id: transactionId, operation: 'bisect', service, environment, outcome: 'succeeded' }
    context.print(
      JSON.stringify({
        ...result,
        good: releaseName(bisection.good),
        first_bad: releaseName(first.number),
        unknown,
        tried,
      }),
    )
  } else {
    context.print(labelled(t('bisect_first_bad'), formatRelease(first)))
    if (unknown.length > 0) context.print(labelled('', t('bisect_unknown', { releases: unknown.join(', ') })))
    context.print(labelled(t('changes'), `astern diff ${releaseName(bisection.good)} ${releaseName(first.number)}`))
  }
  await tend(context, app)
  return 0
}

function usage(problem: string): Error {
  return fail('USAGE', { problem, command: 'bisect' })
}

type Judge = (trial: Trial) => Promise<Mark>

/** The program learns of the release by ASTERN_URL, ASTERN_RELEASE and ASTERN_VERSION. What it prints is people's, never the answer's. */
function byProgram(context: Context, [file, ...words]: readonly string[]): Judge {
  return async ({ release, url, signal }) => {
    const env = {
      ...context.env,
      ASTERN_URL: url ?? '',
      ASTERN_RELEASE: releaseName(release.number),
      ASTERN_VERSION: release.version ?? '',
    }
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const child = spawn(file!, words, { cwd: context.cwd, env, stdio: ['ignore', 2, 2], signal })
    child.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : usage(error.message)))
    child.once('exit', (code) => resolve(code ?? WORST_BAD + 1))
    const status = await promise
    if (status === SKIP) return 'skipped'
    if (status > WORST_BAD) throw usage(context.t('bisect_program_ended', { program: file!, status }))
    return status === 0 ? 'good' : 'bad'
  }
}

function askingPeople(context: Context): Judge {
  return async ({ url }) => {
    if (url !== null) context.say(labelled('', url))
    const good = await context.confirm(context.t('bisect_question'))
    if (good === null) throw usage(context.t('bisect_needs_program'))
    return good ? 'good' : 'bad'
  }
}

// `astern logs`: what the replicas of a release write, each line behind the name of its replica; `-f` goes on as lines come.
import { parseDuration } from '../core/duration.ts'
import { fail } from '../core/errors.ts'
import { releaseName, type Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { findRelease, withContainers } from '../operations/releases.ts'
import { replicaNameWithPolicy } from '../operations/replica-spec.ts'
import type { LogLine } from '../ports/runtime.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { asTheyCome, byTime } from './merge-lines.ts'
import { parseCount } from './options.ts'
import { type Colour, paint } from './paint.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

const LINES = 100
const COLOURS: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue']

export async function run(context: Context, args: Arguments): Promise<number> {
  const tail = parseCount(context, args, 'tail', LINES)
  const sinceAt = parseSince(context, args)
  const follow = args.flag('follow')
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const release = chosen(app, scope, args.text('release'))
  const names = app.store.replicas
    .of(scope)
    .filter((replica) => replica.release === release && replica.level !== 'absent')
    .map(({ name }) => name)
  if (names.length === 0) {
    throw fail('NOTHING_TO_DO', { reason: context.t('no_containers', { release: releaseName(release) }) })
  }
  const runtime = await app.runtime()
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  const stopInterrupts = context.onInterrupt(stop)
  context.onOutputClosed(stop)
  const sources = names.map((name) =>
    runtime.logs(replicaNameWithPolicy(app, scope, name), { tail, follow, sinceAt, signal: stopping.signal }),
  )
  const show = lineShower(context, names)
  for await (const line of follow ? asTheyCome(sources, stopping.signal) : byTime(sources)) {
    if (stopping.signal.aborted) break
    show(line)
  }
  stopInterrupts()
  if (!follow) await tend(context, app)
  return 0
}

function parseSince(context: Context, args: Arguments): number | null {
  const text = args.text('since')
  if (text === null) return null
  const ms = parseDuration(text)
  if (ms !== null) return context.now() - ms
  throw fail('USAGE', {
    problem: context.t('value_invalid', { name: 'since', expected: '10m', value: text }),
    command: 'logs',
  })
}

/** The one that is named, else the one that serves, else the newest that has containers: a first deploy that failed has left its output. */
function chosen(app: App, scope: Scope, name: string | null): number {
  if (name !== null) return findRelease(app, scope, name).number
  const active = app.store.services.get(scope)?.active ?? null
  const newest = Math.max(0, ...withContainers(app.store.replicas.of(scope)))
  return active ?? newest
}

function lineShower(context: Context, names: readonly string[]): (line: LogLine) => void {
  if (context.json) {
    return ({ replica, at, stream, text }) => {
      const timestamp = at === null ? null : new Date(at).toISOString()
      context.print(JSON.stringify({ timestamp, replica, stream, text }))
    }
  }
  const width = Math.max(...names.map(({ length }) => length))
  const prefixes = new Map(
    names.map((name, index) => [name, paint(context, COLOURS[index % COLOURS.length]!, `${name.padEnd(width)} |`)]),
  )
  return ({ replica, text }) => context.print(`${prefixes.get(replica) ?? replica} ${text}`)
}

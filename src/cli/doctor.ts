// `astern doctor`: checks this host, a line per check, and says how to mend what is wrong. It works without Docker, without proxy and without a state,
// changes nothing, and makes no state.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AsternError } from '../core/errors.ts'
import type { App } from '../operations/app.ts'
import type { Context } from './context.ts'
import { checkCopies } from './doctor/copies.ts'
import { checkDockerPlugin } from './doctor/docker-plugin.ts'
import { checkContainers, checkEngine } from './doctor/engine.ts'
import { checkClock, checkDisk, checkNode } from './doctor/host.ts'
import { type Check, createLook, type Finding, findingOf, knownError } from './doctor/look.ts'
import { checkListeners, checkProxy } from './doctor/proxy.ts'
import { checkSchedules } from './doctor/schedules.ts'
import { checkJournal, checkKey, checkOperations, checkOverdue, checkReserve, checkState } from './doctor/state.ts'
import { checkTags } from './doctor/tags.ts'
import { paint } from './paint.ts'
import { stateExists } from './state-files.ts'

const checks: readonly (readonly [name: string, check: Check])[] = [
  ['node', checkNode],
  ['clock', checkClock],
  ['state', checkState],
  ['disk', checkDisk],
  ['reserve', checkReserve],
  ['key', checkKey],
  ['journal', checkJournal],
  ['engine', checkEngine],
  ['proxy', checkProxy],
  ['listen', checkListeners],
  ['containers', checkContainers],
  ['retention', checkCopies],
  ['tags', checkTags],
  ['operations', checkOperations],
  ['overdue', checkOverdue],
  ['schedules', checkSchedules],
  ['docker-plugin', checkDockerPlugin],
]

const MARK = { ok: '✓', warn: '!', fail: '✗' } as const
const COLOUR = { ok: 'green', warn: 'yellow', fail: 'red' } as const

export async function run(context: Context): Promise<number> {
  const { app, problem } = await openState(context)
  const aside = app === null ? mkdtempSync(join(tmpdir(), 'astern-doctor-')) : null
  const engineApp = app ?? (await context.openIn(aside!))
  try {
    const look = createLook(context, app, problem, engineApp)
    const findings: Finding[] = []
    for (const [name, check] of checks) {
      for (const finding of await attempt(context, name, () => check(look))) {
        findings.push(finding)
        if (!context.json) show(context, finding)
      }
    }
    if (context.json) context.print(JSON.stringify({ checks: findings }))
    else summarise(context, findings)
    return findings.some(({ status }) => status === 'fail') ? 1 : 0
  } finally {
    if (aside !== null) {
      engineApp.store.close()
      rmSync(aside, { recursive: true, force: true })
    }
  }
}

async function openState(context: Context): Promise<{ app: App | null; problem: AsternError | null }> {
  if (!stateExists(context.stateFolder)) return { app: null, problem: null }
  try {
    return { app: await context.open(), problem: null }
  } catch (error) {
    return { app: null, problem: knownError(error) }
  }
}

/** A check that breaks says so, and does not keep the others from being made. */
async function attempt(
  context: Context,
  name: string,
  check: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> {
  try {
    return await check()
  } catch (error) {
    return [await findingOf(context, name, 'fail', error)]
  }
}

function show(context: Context, { name, status, message, hint }: Finding): void {
  const mark = paint(context, COLOUR[status], MARK[status])
  context.print(`${mark} ${paint(context, 'bold', name)}: ${message}`)
  if (hint !== null && status !== 'ok') context.print(`  ${hint}`)
}

function summarise(context: Context, findings: readonly Finding[]): void {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length
  const failed = count('fail')
  const text = context.t('doctor_summary', { ok: count('ok'), warn: count('warn'), fail: failed })
  context.print(paint(context, failed > 0 ? 'red' : 'green', text))
}

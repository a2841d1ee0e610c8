// Shows an operation while it runs: the journal's own lines with --json, a list of steps that grows on a terminal, plain lines elsewhere.
import type { JournalEvent } from '../core/journal-event.ts'
import { type MessageKey, messages } from '../i18n/messages.ts'
import type { Context } from './context.ts'
import { formatDuration, widthOf } from './format.ts'
import { paint } from './paint.ts'

const REDRAW_EVERY_MS = 100

export type Progress = {
  readonly show: (event: JournalEvent) => void
  /** Ends the line that grows. */
  readonly end: () => void
}

export function createProgress(context: Context): Progress {
  if (context.json) return { show: (event) => context.print(JSON.stringify(event)), end: () => {} }
  return context.terminal ? growing(context) : plain(context)
}

function stepName(context: Pick<Context, 't'>, step: string): string {
  const key = `step_${step}`
  return key in messages ? context.t(key as MessageKey) : step
}

/** `wake:r41/worker`, `demote:r42/worker=stopped` */
const PROCESS_IN_KEY = /\/([a-z0-9-]+)(?:=|$)/

/** A hook or check is called by its name, and a step of a process beside `web` by that: there may be several. */
export function titleOf(context: Pick<Context, 't'>, { step, key }: Pick<JournalEvent, 'step' | 'key'>): string {
  const name = stepName(context, step)
  if (step === 'hook' || step === 'check') return `${name} ${key.slice(key.indexOf(':') + 1)}`
  const process = PROCESS_IN_KEY.exec(key)?.[1]
  return process === undefined ? name : `${name} ${process}`
}

/** A step that has ended, as people read it. `null`: it has not, or is none. */
export function finished(context: Context, event: JournalEvent): string | null {
  if (event.step === 'outcome' || event.status === 'started' || event.status === 'in_progress') return null
  const mark =
    event.status === 'failed'
      ? paint(context, event.level === 'warn' ? 'yellow' : 'red', '✗')
      : paint(context, 'green', '✓')
  const time = event.duration_ms === null ? '' : ` ${paint(context, 'dim', formatDuration(event.duration_ms))}`
  return `${mark} ${titleOf(context, event)}${time}`
}

/** How far a step has come that takes its time. `null`: it does not say. */
function underWay(context: Context, event: JournalEvent): string | null {
  const { detail } = event
  if (event.status !== 'in_progress' || !['canary', 'bake'].includes(event.step) || detail === null) return null
  const { share, requests, says } = detail
  return context.t('canary_at', { share: Number(share), requests: Number(requests), says: String(says) })
}

function plain(context: Context): Progress {
  return {
    show: (event) => {
      const how = underWay(context, event)
      if (how !== null) context.print(`… ${titleOf(context, event)} ${how}`)
      const line = finished(context, event)
      if (line !== null) context.print(line)
    },
    end: () => {},
  }
}

/** Lines of finished steps; the running one at the end of the last counts its time. A line that is full is left, since only one can be drawn anew. */
function growing(context: Context): Progress {
  let line = ''
  let timer: NodeJS.Timeout | null = null
  let how = ''
  const draw = (text: string) => {
    if (line !== '' && widthOf(line) + widthOf(text) >= context.columns()) {
      context.write(`\r\u001B[2K${line.trimEnd()}\n`)
      line = ''
    }
    context.write(`\r\u001B[2K${line}${text}`)
  }
  const stop = () => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  return {
    show: (event) => {
      if (event.status === 'started') {
        const since = performance.now()
        how = ''
        stop()
        timer = setInterval(() => {
          const spent = formatDuration(performance.now() - since)
          draw(paint(context, 'dim', fitted(context, `… ${titleOf(context, event)} ${spent}${how}`)))
        }, REDRAW_EVERY_MS)
        // An error that ends the command is not kept waiting for.
        timer.unref()
        return
      }
      const come = underWay(context, event)
      if (come !== null) how = ` · ${come}`
      const done = finished(context, event)
      if (done === null) return
      stop()
      draw(done)
      line += `${done}  `
    },
    end: () => {
      stop()
      if (line !== '') context.write(`\r\u001B[2K${line.trimEnd()}\n`)
      line = ''
    },
  }
}

/** A line that is drawn anew must not be longer than the terminal is wide. */
function fitted(context: Context, text: string): string {
  const most = Math.max(20, context.columns() - 1)
  return widthOf(text) <= most ? text : `${text.slice(0, most - 1)}…`
}

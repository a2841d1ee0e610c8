// Ctrl-C, for what goes back by itself when it is interrupted: people are told, and the operation's signal says so.
import { fail } from '../core/errors.ts'
import type { Context } from './context.ts'

/** `stop` is for when the operation has ended. */
export function interruptible(context: Context): { readonly signal: AbortSignal; readonly stop: () => void } {
  const interrupted = new AbortController()
  const stop = context.onInterrupt(() => {
    context.say(context.t('interrupting'))
    interrupted.abort(fail('INTERRUPTED', { serving: '' }))
  })
  return { signal: interrupted.signal, stop }
}

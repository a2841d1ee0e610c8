// What a command that ended well has to say: the number on its last line, or 0 where there is none.
import type { SignalReading } from '../../ports/signals.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i

export function readCommand(output: string): SignalReading {
  const last = output.trim().split('\n').at(-1)?.trim() ?? ''
  if (NO_NUMBER.test(last)) return { unknown: `it printed ${last}` }
  const value = NUMBER.test(last) ? Number(last) : 0
  return Number.isFinite(value) ? { value } : { unknown: 'it printed a number that is too large' }
}

// Colour, only where it is wanted.
import type { Context } from './context.ts'

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, dim: 2, bold: 1, none: null } as const

export type Colour = keyof typeof CODES

export function paint(context: Pick<Context, 'colour'>, colour: Colour, text: string): string {
  const code = CODES[colour]
  return context.colour && code !== null && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text
}

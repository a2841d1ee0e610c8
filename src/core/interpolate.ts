// Fills in variables as `docker compose` does: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?message}, ${NAME?message},
// ${NAME:+other}, ${NAME+other}, nested, and $$ for a dollar sign.

/** Nobody nests defaults deeper by hand. */
const MAX_DEPTH = 16

/** `undefined`: not set. */
export type Lookup = (name: string) => string | undefined

export type Interpolated = {
  readonly text: string
  /** Every variable that was asked for. */
  readonly used: readonly string[]
  /** Those that were neither set nor had a default: they became nothing. */
  readonly unset: readonly string[]
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/

class Fault extends Error {}

export function interpolate(
  text: string,
  lookup: Lookup,
): { readonly value: Interpolated } | { readonly problem: string } {
  const used: string[] = []
  const unset: string[] = []
  const known: Lookup = (name) => {
    used.push(name)
    return lookup(name)
  }
  try {
    return { value: { text: fill(text, known, unset, 0), used, unset } }
  } catch (error) {
    if (error instanceof Fault) return { problem: error.message }
    throw error
  }
}

function fill(text: string, lookup: Lookup, unset: string[], depth: number): string {
  if (depth > MAX_DEPTH) throw new Fault('expected variables that are nested less deeply')
  let filled = ''
  let at = 0
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) return filled + text.slice(at)
    filled += text.slice(at, dollar)
    const next = text[dollar + 1]
    if (next === '$') {
      filled += '$'
      at = dollar + 2
    } else if (next === '{') {
      const end = closingBrace(text, dollar + 2)
      filled += expand(text.slice(dollar + 2, end), lookup, unset, depth)
      at = end + 1
    } else {
      const name = NAME.exec(text.slice(dollar + 1))?.[0]
      if (name === undefined)
        throw new Fault('expected the name of a variable after $; a dollar sign itself is written $$')
      filled += valueOr(name, lookup, unset)
      at = dollar + 1 + name.length
    }
  }
  return filled
}

function closingBrace(text: string, from: number): number {
  let open = 1
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('${', at)) open += 1
    else if (text[at] === '}') open -= 1
    if (open === 0) return at
  }
  throw new Fault('expected a } that closes ${')
}

function expand(inner: string, lookup: Lookup, unset: string[], depth: number): string {
  const name = NAME.exec(inner)?.[0]
  if (name === undefined) throw new Fault('expected the name of a variable after ${')
  const rest = inner.slice(name.length)
  if (rest === '') return valueOr(name, lookup, unset)
  const match = /^(:?)([-?+])([\s\S]*)$/.exec(rest)
  if (match === null) throw new Fault(`expected }, :-, :? or :+ after \${${name}`)
  const [, colon, operator, word = ''] = match
  const value = lookup(name)
  const given = colon === ':' ? value !== undefined && value !== '' : value !== undefined
  if (operator === '+') return given ? fill(word, lookup, unset, depth + 1) : ''
  if (given) return value ?? ''
  if (operator === '-') return fill(word, lookup, unset, depth + 1)
  throw new Fault(`the variable ${name} is not set${word === '' ? '' : `: ${word}`}`)
}

function valueOr(name: string, lookup: Lookup, unset: string[]): string {
  const value = lookup(name)
  if (value === undefined) unset.push(name)
  return value ?? ''
}

// Addresses that Astern itself calls: hooks and signals.
import type { Parsed } from './problems.ts'

/** `password`: what is said of one in the address, which is stored, and shown by whoever answers errors. It is never quoted. */
export function parseHttpAddress(text: string, example: string, password: string): Parsed<string> {
  if (/^[^/?#]*\/\/[^/?#]*@/.test(text)) return { problem: password }
  const problem = `expected an address, as in ${example}`
  if (!URL.canParse(text) || /\s/.test(text)) return { problem }
  const { protocol, username, password: secret } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return { problem }
  return username === '' && secret === '' ? { value: text } : { problem: password }
}

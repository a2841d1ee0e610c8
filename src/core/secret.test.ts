import { format, inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from './secret.ts'

const secret = new Secret('hunter2')

it('gives its value to whoever asks for it by name', () => expect(secret.reveal()).toBe('hunter2'))

it.each([
  ['a text', String(secret)],
  ['concatenation', ['', secret].join('')],
  ['JSON', JSON.stringify({ secret })],
  ['an inspector', inspect({ secret }, { depth: 9, showHidden: true })],
  ['a log line', format('%s %o %j %O', secret, secret, secret, secret)],
  ['its keys', JSON.stringify(Object.entries(secret))],
  ['a clone', inspect(structuredClone(secret), { showHidden: true })],
])('is not seen in %s', (_, text) => expect(text).not.toContain('hunter2'))

it('says that it was redacted', () => {
  expect(String(secret)).toBe('[redacted]')
  expect(JSON.stringify([secret])).toBe('["[redacted]"]')
  expect(inspect(secret)).toBe('[redacted]')
})

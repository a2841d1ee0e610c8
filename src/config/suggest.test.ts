import { expect, it } from 'vitest'
import { closest, didYouMean } from './suggest.ts'

const KNOWN = ['port', 'ports', 'image', 'env', 'env_file', 'replicas', 'start_period']

it.each([
  ['prot', 'port'],
  ['imgae', 'image'],
  ['Image', 'image'],
  ['replica', 'replicas'],
  ['startperiod', 'start_period'],
  ['evn', 'env'],
])('takes %s for %s', (word, known) => expect(closest(word, KNOWN)).toBe(known))

it.each(['', 'xyz', 'deployment', 'p'.repeat(1_000)])('finds nothing near %j', (word) =>
  expect(closest(word, KNOWN)).toBeNull(),
)

it('asks when something is near, and is silent otherwise', () => {
  expect(didYouMean('prot', KNOWN)).toBe('; did you mean "port"?')
  expect(didYouMean('zzzz', KNOWN)).toBe('')
})

// What the rehearsal makes of a release on trial: whose fault a failure is, how long it was there, and the evidence folded again.
import { describe, expect, it } from 'vitest'
import type { Answer } from './rehearsal/answer.ts'
import { trialChecksOf } from './rehearsal/checks-trial.ts'
import { trials } from './rehearsal/synthetic.ts'
import { readTold } from './rehearsal/told.ts'

const wrongIn = (given: Parameters<typeof trials>[0]) =>
  trialChecksOf(trials(given))
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)
const told = trials().bad.told!

describe('the evidence', () => {
  it('is folded again from the facts, look by look, and comes to what Astern says', () => {
    expect(told.evidence).toHaveLength(5)
    expect(told.evidence.at(-1)!.maximum).toBeCloseTo(Math.log10(told.maximum), 9)
    expect(told.enough).toBeCloseTo(Math.log10(1 / (0.001 * 0.8 * 0.7)), 9)
    expect(told.evidence.at(-1)!.evidence).toBeGreaterThan(told.enough)
    expect(told.sentence).toMatch(/is enough/)
  })

  it('of a good release never comes near to what is enough', () => {
    const { evidence, enough } = trials().good.told!
    expect(evidence).toHaveLength(100)
    expect(Math.max(...evidence.map(({ maximum }) => maximum))).toBeLessThan(enough / 2)
  })

  it('stands beside the share that was configured at that look', () => {
    const shares = trials().good.told!.evidence.map(({ share }) => share)
    expect([shares[0], shares[19], shares[20], shares[40], shares[99]]).toEqual([0.05, 0.05, 0.25, 0.99, 0.99])
  })

  it('is none of a release that was not on trial', () => {
    expect(readTold(JSON.stringify({ release: 'r2', trial: null, findings: null }))).toBeNull()
  })
})

describe('a release on trial', () => {
  it('is counted by the proxy, and by what users saw of it', () => {
    const { bad } = trials()
    expect(told).toMatchObject({ requests: 125, failures: 24 })
    expect(bad.users).toMatchObject({ requests: 5_000, getsFailed: 0, postsFailed: 25, lost: 0 })
    expect(bad.greatestShare).toBe(0.05)
  })

  it('is bad from the look on in which it failed first, or from the first failure that a user got', () => {
    const { bad } = trials()
    expect(bad.firstBadMs! - bad.loadStartMs).toBe(2_000)
    const early = (answer: Answer, atMs: number) =>
      atMs === 1_521 ? { ...answer, code: 500, error: '500 Internal Server Error' } : answer
    const sooner = trials({ change: early }).bad
    expect(sooner.firstBadMs! - sooner.loadStartMs).toBe(1_522)
  })

  it('is gone with the last request that met it, or when the rollback says so', () => {
    const { bad } = trials()
    expect(bad.goneMs! - bad.loadStartMs).toBe(4_000)
    const switched = { transactionId: 'tx-00000003', switchedMs: null }
    const seen = trials({ bad: { rollback: switched } }).bad
    expect(seen.goneMs! - seen.loadStartMs).toBe(3_981)
    expect(trials({ bad: { active: 'v1.2.0' } }).bad.goneMs).toBeNull()
  })
})

describe('what must be true of trials', () => {
  it('is true of a good rehearsal', () => {
    expect(wrongIn({})).toEqual([])
  })

  it.each([
    ['went_back_by_itself', { bad: { exit: 0 } }],
    ['went_back_by_itself', { bad: { rollback: null } }],
    ['good_release_promoted', { good: { exit: 4 } }],
    ['good_release_promoted', { good: { active: 'v1.0.0' } }],
    ['good_release_promoted', { good: { told: { ...trials().good.told!, verdict: 'undecided' } } }],
    ['evidence_recomputed', { bad: { told: { ...told, maximum: told.maximum * 1.01 } } }],
    [
      'share_stayed_small',
      { bad: { told: { ...told, evidence: told.evidence.map((look) => ({ ...look, share: 0.99 })) } } },
    ],
  ] as const)('is not: %s', (name, given) => {
    expect(wrongIn(given)).toEqual([name])
  })

  it('is not when the bad release serves on', () => {
    expect(wrongIn({ bad: { active: 'v1.2.0' } })).toEqual(['went_back_by_itself', 'gone_for_good'])
  })

  it('is not when a GET failed on the release on trial', () => {
    const unshielded = (answer: Answer, atMs: number) =>
      atMs === 2_402 ? { ...answer, code: 500, version: 'v1.2.0', error: '500 Internal Server Error' } : answer
    expect(wrongIn({ change: unshielded })).toEqual(['no_get_failed'])
  })

  it('is not when a request was lost, whoever lost it', () => {
    const cut = (answer: Answer, atMs: number) =>
      atMs === 3_001 ? { ...answer, code: 0, version: null, error: 'EOF' } : answer
    expect(wrongIn({ change: cut })).toEqual(['trials_lost_nothing'])
  })

  it('is not when it was met after the command had ended', () => {
    const late = (answer: Answer, atMs: number) => (atMs === 4_601 ? { ...answer, version: 'v1.2.0' } : answer)
    expect(wrongIn({ change: late })).toEqual(['gone_for_good'])
  })

  it('is not when Astern has nothing to tell', () => {
    expect(wrongIn({ bad: { told: null }, good: { told: null } })).toEqual([
      'went_back_by_itself',
      'share_stayed_small',
      'good_release_promoted',
      'evidence_recomputed',
    ])
  })
})

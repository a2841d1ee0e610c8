import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildConfig, buildRelease, NOW_AT } from '../../test/builders.ts'
import type { Migration } from './migration.ts'
import type { Release } from './model.ts'
import { type SchemaKnown, schemaGate } from './schema-gate.ts'

const plain: Migration = { tool: 'golang-migrate', version: null, from: null, to: null, phase: 'expand' }

function release(number: number, migration: Partial<Migration> | null = {}): Release {
  return buildRelease(number, {
    config: buildConfig(migration === null ? {} : { migration: { ...plain, ...migration } }),
  })
}

function live(version: number, dirty = false) {
  return { version, dirty, seenAt: NOW_AT }
}

/** What is known where these releases are all that there are. */
function known(releases: readonly Release[], changes: Partial<SchemaKnown> = {}): SchemaKnown {
  const versions = releases.map(({ number, config }) => ({ number, version: config.migration?.version ?? null }))
  return {
    live: null,
    fresh: changes.live != null && changes.unasked == null,
    unasked: null,
    broughtBy: (number) => versions.find((one) => one.number === number)?.version ?? null,
    contracts: releases
      .filter(({ config }) => config.migration?.phase === 'contract')
      .map(({ number, config }) => ({ release: number, version: config.migration!.version })),
    bringerOf: (version) => versions.findLast((one) => (one.version ?? -1) >= version)?.number ?? null,
    hasReleaseHook: true,
    ...changes,
  }
}

const back = { rung: 'warm', forced: false, serves: false } as const

describe('going back', () => {
  const against = (target: Release, others: readonly Release[], changes: Partial<SchemaKnown>) =>
    schemaGate(known([target, ...others], changes)).back(target, back).against

  it.each([
    ['a schema that only grew', { version: 5 }, { version: 7 }, live(7), null],
    ['data that moved', { version: 5 }, { version: 7, phase: 'migrate' }, live(7), null],
    ['a schema that never moved', { version: 5 }, { version: 5, phase: 'contract' }, live(5), null],
    ['a contract that has not run', { version: 5 }, { version: 7, phase: 'contract' }, live(6), null],
    [
      'a contract that ran',
      { version: 5 },
      { version: 7, phase: 'contract' },
      live(7),
      /contract migration of r42 \(version 7\).*r41 \(version 5\)/,
    ],
    ['a contract that ran, and growth on top', { version: 5 }, { version: 7, phase: 'contract' }, live(9), /contract/],
    [
      'a contract that it says it can live with',
      { version: 5, to: 7 },
      { version: 7, phase: 'contract' },
      live(7),
      null,
    ],
    ['more than it says', { version: 5, to: 7 }, { version: 8 }, live(8), /version 8, and r41 can live with 7 at most/],
    ['exactly what it says', { from: 3, to: 7 }, { version: 7 }, live(7), null],
    ['less than it brings', { version: 5 }, { version: 7 }, live(4), /version 4, and r41 needs 5 at least/],
    ['less than it brings, and enough', { version: 5, from: 3 }, { version: 7 }, live(3), null],
    ['less than it says', { from: 3, to: 7 }, { version: 7 }, live(2), /needs 3 at least/],
    [
      'a migration that stopped half-way',
      { version: 5 },
      { version: 7 },
      live(7, true),
      /dirty: migration 7 stopped half-way/,
    ],
    ['no migration at all', {}, {}, live(0), null],
  ] as const)('to %s', (_, target, later, schema, expected) => {
    const found = against(release(41, target), [release(42, later)], { live: schema })
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatch(expected)
  })

  it('counts what a release was found healthy with, where nobody has said what it brings', () => {
    const contract = release(42, { version: 7, phase: 'contract' })
    const broughtBy = (number: number) => (number === 41 ? 5 : 7)
    expect(against(release(41), [contract], { live: live(7), broughtBy })).toMatch(/r41 \(version 5\)/)
    expect(against(release(41), [contract], { live: live(7), broughtBy: () => 7 })).toBeNull()
  })

  it('takes a later contract of which nobody knows the version for one that ran, once the schema has moved', () => {
    const contract = release(42, { phase: 'contract' })
    expect(against(release(41, { version: 5 }), [contract], { live: live(6) })).toMatch(/contract migration of r42 ran/)
    expect(against(release(41, { version: 5 }), [contract], { live: live(5) })).toBeNull()
    expect(against(release(43, { version: 5 }), [contract], { live: live(6) })).toBeNull()
  })

  it('judges a release from before there was a database by the contracts that came after it', () => {
    const contract = release(42, { version: 7, phase: 'contract' })
    expect(against(release(41, null), [contract], { live: live(7) })).toMatch(/contract/)
    expect(against(release(43, null), [contract], { live: live(7) })).toBeNull()
  })

  it('refuses nothing while the schema was never seen', () => {
    fc.assert(
      fc.property(migrations(), migrations(), (mine, later) => {
        const gate = schemaGate(known([release(41, mine), release(42, later)], { unasked: 'it is away' }))
        expect(gate.back(release(41, mine), back).against).toBeNull()
        expect(gate.forward(release(43, mine), release(42, later), false).against).toBeNull()
      }),
    )
  })

  it('refuses nothing, by what was seen last, that may have got better since', () => {
    const target = release(41, { version: 5 })
    const stale = (schema: SchemaKnown['live'], later: Partial<Migration>) =>
      schemaGate(known([target, release(42, later)], { live: schema, unasked: 'it is away' })).back(target, back)
        .against
    expect(stale(live(4), { version: 7 })).toBeNull()
    expect(stale(live(5, true), { version: 7 })).toBeNull()
    expect(stale(live(7), { version: 7, phase: 'contract' })).toMatch(/contract/)
  })

  it('refuses what serves already only in words, and what is forced not at all', () => {
    const target = release(41, { version: 5 })
    const gate = schemaGate(known([target, release(42, { version: 7, phase: 'contract' })], { live: live(7) }))
    expect(gate.back(target, { ...back, serves: true })).toEqual({
      against: null,
      warnings: [expect.stringMatching(/^a contract/)],
    })
    expect(gate.back(target, { ...back, forced: true })).toEqual({
      against: null,
      warnings: [expect.stringMatching(/^--force=schema: a contract/)],
    })
  })

  it('says what counts when the database does not answer', () => {
    const target = release(41, { version: 5 })
    const seen = schemaGate(known([target], { live: live(5), unasked: 'no answer within 500ms' })).back(target, back)
    expect(seen).toEqual({
      against: null,
      warnings: [
        'the database could not be asked (no answer within 500ms); what counts is its schema as seen at 2026-04-05 10:00 UTC: 5',
      ],
    })
    const never = schemaGate(known([target], { unasked: 'no answer within 500ms' })).back(target, back)
    expect(never.warnings).toEqual([expect.stringMatching(/whether r41 can live with it is unknown/)])
  })

  it.each([
    ['warm', /works while it is warm, but a later restart of it fails \("no migration found for version 7"\)/],
    ['frozen', /works while it is frozen/],
    ['cold', /may not start/],
    ['retired', /may not start/],
  ] as const)('warns that golang-migrate does not start with a newer schema: %s', (rung, text) => {
    const target = release(41, { version: 5 })
    const gate = schemaGate(known([target], { live: live(7), hasReleaseHook: false }))
    expect(gate.back(target, { ...back, rung })).toEqual({ against: null, warnings: [expect.stringMatching(text)] })
  })

  it.each([
    ['it migrates in a hook', {}, { live: live(7), hasReleaseHook: true }],
    ['the schema is its own', {}, { live: live(5), hasReleaseHook: false }],
    ['it is goose', { tool: 'goose' }, { live: live(7), hasReleaseHook: false }],
  ] as const)('does not warn of its start when %s', (_, migration, changes) => {
    const target = release(41, { version: 5, ...migration })
    expect(schemaGate(known([target], changes)).back(target, back).warnings).toEqual([])
  })
})

describe('going forward', () => {
  const former = release(42, { version: 5 })
  const opinion = (mine: Partial<Migration>, changes: Partial<SchemaKnown>, others: readonly Release[] = []) => {
    const next = release(43, mine)
    return schemaGate(known([...others, former, next], changes)).forward(next, former, false)
  }

  it.each([
    ['its migrations are to come', { version: 7 }, live(5), null],
    ['nobody knows what it brings', { from: 9 }, live(5), null],
    ['a migration stopped half-way', { version: 7 }, live(6, true), /dirty/],
    ['the schema is ahead, and only grew', { version: 7 }, live(9), null],
    ['the schema is past what it can live with', { version: 7, to: 8 }, live(9), /can live with 8 at most/],
    [
      'not even its own migrations are enough',
      { version: 7, from: 8 },
      live(5),
      /needs 8 at least, and brings migrations up to 7 only/,
    ],
    ['others have migrated enough', { version: 7, from: 8 }, live(8), null],
  ] as const)('when %s', (_, mine, schema, expected) => {
    const { against } = opinion(mine, { live: schema })
    if (expected === null) expect(against).toBeNull()
    else expect(against).toMatch(expected)
  })

  it('is refused to a release that is older than a contract that ran', () => {
    const contract = release(41, { version: 6, phase: 'contract' })
    expect(opinion({ version: 5 }, { live: live(6) }, [contract]).against).toMatch(/contract migration of r41/)
    expect(opinion({ version: 6 }, { live: live(6) }, [contract]).against).toBeNull()
  })

  it('says what it means for the way back', () => {
    expect(opinion({ version: 7, phase: 'contract' }, { live: live(5) }).warnings).toEqual([
      expect.stringMatching(
        /r43 is a contract: once its migrations ran, r42 cannot be gone back to .*--revert-database/,
      ),
    ])
    expect(opinion({ version: 7, phase: 'contract' }, { live: live(7) }).warnings).toEqual([])
    expect(opinion({ version: 7 }, { live: live(5) }).warnings).toEqual([])
    const strict = release(42, { version: 5, to: 6 })
    const next = release(43, { version: 7 })
    expect(schemaGate(known([strict, next], { live: live(5) })).forward(next, strict, false).warnings).toEqual([
      'r43 brings schema version 7; r42, which serves until then, can live with 6 at most',
    ])
  })
})

describe('taking the schema back', () => {
  const target = release(41, { version: 5 })
  const bringer = release(42, { version: 7, phase: 'contract' })

  it('is done by the newest release that has the migrations, down to what the target brings', () => {
    const later = release(43, { version: 7 })
    expect(schemaGate(known([target, bringer, later], { live: live(7) })).revert(target)).toEqual({
      release: 43,
      from: 7,
      to: 5,
    })
  })

  it.each([5, 4, 0])('is not needed at version %s', (version) => {
    expect(schemaGate(known([target, bringer], { live: live(version) })).revert(target)).toBeNull()
  })

  it.each([
    ['nobody knows the version', {}, /nobody knows its version/],
    ['it does not answer', { live: live(7), unasked: 'it is away' }, /it is away/],
    ['it is dirty', { live: live(7, true) }, /dirty/],
    ['no release has the migrations', { live: live(8) }, /no release here brings version 8/],
    ['nobody knows what the target needs', { live: live(7), broughtBy: () => null }, /which version r41 needs/],
  ] as const)('is refused when %s', (_, changes, reason) => {
    expect(schemaGate(known([target, bringer], changes)).revert(target)).toEqual({
      against: expect.stringMatching(reason),
    })
  })
})

describe('whatever is known', () => {
  it('a release that may be gone back to lives within what it says, and after no contract that it does not know', () => {
    fc.assert(
      fc.property(migrations(), migrations(), fc.nat(9), (mine, later, version) => {
        const target = release(41, mine)
        const { against } = schemaGate(known([target, release(42, later)], { live: live(version) })).back(target, back)
        if (against !== null) return
        expect(version).toBeLessThanOrEqual(mine.to ?? version)
        expect(version).toBeGreaterThanOrEqual(mine.from ?? mine.version ?? 0)
        const ran = later.phase === 'contract' && later.version !== null && later.version <= version
        if (ran && mine.version !== null && mine.to === null) expect(later.version).toBeLessThanOrEqual(mine.version)
      }),
    )
  })

  it('what is taken back is what the target brings, below where it is', () => {
    fc.assert(
      fc.property(migrations(), migrations(), fc.nat(9), (mine, later, version) => {
        const target = release(41, mine)
        const way = schemaGate(known([target, release(42, later)], { live: live(version) })).revert(target)
        if (way === null || 'against' in way) return
        expect(way.to).toBeLessThan(way.from)
        expect(way).toEqual({ release: expect.any(Number), from: version, to: mine.version ?? mine.to })
      }),
    )
  })
})

function migrations(): fc.Arbitrary<Migration> {
  const maybe = fc.option(fc.nat(9))
  return fc.record({
    tool: fc.constantFrom('golang-migrate', 'goose', 'command'),
    version: maybe,
    from: maybe,
    to: maybe,
    phase: fc.constantFrom('expand', 'migrate', 'contract'),
  })
}

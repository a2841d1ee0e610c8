import { describe, expect, it } from 'vitest'
import { buildConfig } from '../../test/builders.ts'
import { identityOf } from './identity.ts'
import { type DatabaseDefinition, migrationOf } from './migration.ts'

const database: DatabaseDefinition = {
  tool: 'goose',
  version: 7,
  from: 3,
  to: null,
  phase: 'expand',
  url: 'DATABASE_URL',
  table: null,
  print: null,
  revert: null,
  revertTimeoutMs: 300_000,
}

describe('migrationOf', () => {
  it('takes what the configuration says, without what only asking needs', () => {
    expect(migrationOf(database, {})).toEqual({ tool: 'goose', version: 7, from: 3, to: null, phase: 'expand' })
  })

  it('lets an image speak for itself', () => {
    const migration = { version: '5', from: '4', to: '6', phase: 'contract' }
    expect(migrationOf(database, { migration })).toEqual({
      tool: 'goose',
      version: 5,
      from: 4,
      to: 6,
      phase: 'contract',
    })
  })

  it('does not listen to labels that say nothing sensible', () => {
    const migration = { version: 'latest', from: '-1', to: '9007199254740993', phase: 'big' }
    expect(migrationOf(database, { migration })).toEqual(migrationOf(database, {}))
  })

  it('is part of the identity, and changes that of no release without it', () => {
    const config = buildConfig()
    const identity = identityOf('sha256:1', config)
    const withIt = (changes: Partial<DatabaseDefinition>) =>
      identityOf('sha256:1', { ...config, migration: migrationOf({ ...database, ...changes }, {}) })
    expect(identity).toBe('78551e8f36bc7a4e198f0f2db721b751')
    expect(new Set([identity, withIt({}), withIt({ from: 4 }), withIt({ version: 8 })]).size).toBe(4)
    expect(withIt({ revert: ['/app'] })).toBe(withIt({}))
  })
})

import { describe, expect, it } from 'vitest'
import { readCommit } from './commits.ts'
import { hasEntry, sameButDates, withEntry } from './changelog.ts'

const changes = ['feat(api): orders', 'fix: rounding', 'docs: more', 'perf!: no more v1'].map((message, index) =>
  readCommit({ hash: `${index}`.repeat(40), parents: 1, message }),
)
const entry = { version: '1.3.0', date: '2026-04-05', changes, compareUrl: null }

const ENTRY = `## [1.3.0] - 2026-04-05

### Breaking

- no more v1 (3333333)

### Added

- **api:** orders (0000000)

### Fixed

- rounding (1111111)

### Changed

- no more v1 (3333333)
`

describe('the changelog', () => {
  it('begins with what it is', () => {
    const text = withEntry(null, entry)
    expect(text).toMatch(/^# Changelog\n\nAll notable changes/)
    expect(text.endsWith(`\n\n${ENTRY}`)).toBe(true)
  })

  it('has the newest version on top, and keeps every line that was there', () => {
    const old = '# Our changes\n\nHello.\n\n## 1.2.0\n\n- by hand, <b>kept</b>\n\n## 1.1.0\n\n- older\n'
    expect(withEntry(old, entry)).toBe(
      `# Our changes\n\nHello.\n\n${ENTRY}\n## 1.2.0\n\n- by hand, <b>kept</b>\n\n## 1.1.0\n\n- older\n`,
    )
  })

  it('leaves what is not released yet above it', () => {
    const text = withEntry('# Changelog\n\n## [Unreleased]\n\n- soon\n\n## [1.2.0] - 2026-01-01\n', entry)
    expect(text.indexOf('- soon')).toBeLessThan(text.indexOf('## [1.3.0]'))
    expect(text.indexOf('## [1.3.0]')).toBeLessThan(text.indexOf('## [1.2.0]'))
  })

  it('stands before the links at the end of a file without versions', () => {
    const text = withEntry('# Changelog\n\n[kept]: https://example.com\n', entry)
    expect(text.indexOf('## [1.3.0]')).toBeLessThan(text.indexOf('[kept]:'))
  })

  it('keeps the line ends of Windows', () => {
    const text = withEntry('# Changelog\r\n\r\n## 1.2.0\r\n', entry)
    expect(text.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it('gets no second entry for a version', () => {
    const once = withEntry('# Changelog\n', entry)
    expect(withEntry(once, entry)).toBe(once)
    expect(hasEntry('## v1.3.0 (2026)\n', '1.3.0')).toBe(true)
    expect(hasEntry('## [1.3.0-rc.1] - 2026-04-05\n', '1.3.0')).toBe(false)
  })

  it('links to everything since the version before it', () => {
    const compareUrl = 'https://github.com/acme/shop/compare/v1.2.0...v1.3.0'
    expect(withEntry(null, { ...entry, compareUrl })).toContain(`## [1.3.0](${compareUrl}) - 2026-04-05\n`)
  })

  it('tells of a long first version only how much more there is', () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      readCommit({ hash: String(index).padStart(40, '0'), parents: 1, message: `feat: ${index}` }),
    )
    expect(withEntry(null, { ...entry, changes: many })).toContain('- and 800 more\n')
  })

  it('is the same on another day', () => {
    const other = withEntry(null, { ...entry, date: '2026-04-06' })
    expect(sameButDates(withEntry(null, entry), other)).toBe(true)
    expect(sameButDates(withEntry(null, entry), withEntry(null, { ...entry, version: '1.3.1' }))).toBe(false)
  })
})

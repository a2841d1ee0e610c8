import { describe, expect, it } from 'vitest'
import { PLAIN_RETENTION } from '../core/retention-policy.ts'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'
import { DEFAULTS } from './defaults.ts'

const retentionOf = (text: string) => definitionsOf(text)[0]!.retention

describe('retention', () => {
  it('is as the core has it when nothing is said, which is what the documentation says', () => {
    expect(retentionOf(serviceWith())).toEqual(PLAIN_RETENTION)
    const said = Object.entries(DEFAULTS.retention).map(([key, value]) => `${key}: ${value}`)
    expect(retentionOf(serviceWith(`retention: { ${said.join(', ')} }`))).toEqual(PLAIN_RETENTION)
  })

  it('is said by the service, anew by the environment, and by the service in it, key by key', () => {
    const text = [
      'services:',
      '  web: { image: web, port: 8080, retention: { releases: 5, for: 30d, archive: all } }',
      'environments:',
      '  prod:',
      '    listen: 127.0.0.1:80',
      '    retention: { releases: 50, registry: true }',
      '    services: { web: { retention: { unused_for: 1d, disk_low: 5%, automatic: false } } }',
    ].join('\n')
    const DAY_MS = 86_400_000
    expect(retentionOf(text)).toEqual({
      releases: 50,
      forMs: 30 * DAY_MS,
      atLeast: 3,
      unusedForMs: DAY_MS,
      registry: true,
      archive: 'all',
      diskLow: 500,
      automatic: false,
    })
  })

  it.each([
    ['releases: 0', 'releases: expected an integer from 1 to 10000'],
    ['for: soon', 'for: expected a length of time'],
    ['archive: some', 'archive: expected auto, all or off'],
    ['disk_low: 60%', 'disk_low: expected a percentage from 0% to 50%'],
    ['keep: 5', 'keep: unknown field; did you mean "retention: { releases: … }"?'],
  ])('refuses %s', (line, problem) => {
    expect(problemsOf(serviceWith(`retention: { ${line} }`))).toEqual([
      expect.stringContaining(` services.web.retention.${problem}`),
    ])
  })
})

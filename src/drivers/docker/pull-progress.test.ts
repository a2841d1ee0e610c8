import { describe, expect, it } from 'vitest'
import { createProgress } from './pull-progress.ts'

function readAll(reports: readonly object[]): (string | null)[] {
  const progress = createProgress()
  return reports.map((report) => progress.read(JSON.stringify(report)))
}

describe('the progress of a pull', () => {
  it('sums up the layers', () => {
    expect(
      readAll([
        { status: 'Pulling from gin-shop', id: 'v1' },
        { status: 'Pulling fs layer', id: 'a' },
        { status: 'Already exists', id: 'b' },
        { status: 'Downloading', id: 'a', progressDetail: { current: 1_500_000, total: 6_000_000 } },
        { status: 'Download complete', id: 'a' },
        { status: 'Pull complete', id: 'a' },
        { status: 'Digest: sha256:12' },
      ]),
    ).toEqual([
      null,
      '0 of 1 layers',
      '1 of 2 layers',
      '1 of 2 layers, 1.5 of 6.0 MB',
      '1 of 2 layers, 1.5 of 6.0 MB',
      '2 of 2 layers, 6.0 of 6.0 MB',
      null,
    ])
  })
  it('ends with the error that the engine reports', () => {
    const report = { errorDetail: { message: 'toomanyrequests' }, error: 'toomanyrequests' }
    expect(() => readAll([report])).toThrow(expect.objectContaining({ name: 'EngineRefusal', status: 500 }))
    expect(() => readAll([report])).toThrow('toomanyrequests')
  })
  it('ends when a line is no report', () => {
    expect(() => createProgress().read('<html>')).toThrow('cannot be read: <html>')
  })
})

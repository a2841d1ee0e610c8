import { describe, expect, it } from 'vitest'
import { parseVolume } from './volume.ts'

describe('parseVolume', () => {
  it.each([
    ['uploads:/data', { kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }],
    ['uploads:/data/:rw', { kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }],
    ['./dir:/data:ro', { kind: 'bind', source: './dir', target: '/data', readOnly: true, shared: false }],
    ['/srv/dir:/a//b', { kind: 'bind', source: '/srv/dir', target: '/a/b', readOnly: false, shared: false }],
    ['../up:/data', { kind: 'bind', source: '../up', target: '/data', readOnly: false, shared: false }],
  ])('reads %s', (text, value) => expect(parseVolume(text)).toEqual({ value }))

  it.each([
    ['uploads', /expected NAME:\/path/],
    ['a:b:c:d', /expected NAME:\/path/],
    ['uploads:data', /absolute path/],
    ['uploads:/', /absolute path/],
    ['uploads:/..', /absolute path/],
    ['x:/data', /no name of a volume/],
    ['dir/sub:/data', /no name of a volume/],
    [':/data', /no name of a volume/],
    ['~/dir:/data', /~ is not expanded/],
    ['uploads:/data:z', /expected ro or rw/],
  ])('refuses %j', (text, problem) => expect(parseVolume(text)).toEqual({ problem: expect.stringMatching(problem) }))

  it('passes over options that it is told to ignore', () => {
    expect(parseVolume('uploads:/data:ro,z', ['z'])).toMatchObject({ value: { readOnly: true } })
  })
})

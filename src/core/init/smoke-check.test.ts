import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { lookAtProject } from './look-project.ts'
import { smokeCheck } from './smoke-check.ts'

function check(files: Readonly<Record<string, string>>, health: string | null = '/healthz') {
  const seen = seenProject(files)
  return smokeCheck(seen, lookAtProject(seen, null)!, { port: 8080, health })
}
const round = (start: string, ask: string) => [
  'sh',
  '-c',
  `${start} & app=$!; for try in $(seq 30); do ${ask} && exit 0; kill -0 $app || exit 1; sleep 1; done; exit 1`,
]

describe('the first check of an image', () => {
  it('starts what the image runs, and asks as its HEALTHCHECK does', () => {
    expect(check({ 'go.mod': 'module x\n' })).toEqual(
      round('/app', 'wget -q -O /dev/null http://127.0.0.1:8080/healthz'),
    )
    expect(check({ 'go.mod': 'module x\n' }, null)).toEqual(round('/app', 'nc -w 3 127.0.0.1 8080 -e true'))
    expect(check({ 'package.json': '{ "scripts": { "start": "node server.js" } }' })?.[2]).toMatch(/^node server\.js &/)
  })

  it('goes by a Dockerfile of the user', () => {
    const own =
      'FROM debian:13\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\nENTRYPOINT ["/run me"]\nCMD ["it\'s"]\n'
    expect(check({ Dockerfile: own })).toEqual(
      round(String.raw`'/run me' 'it'\''s'`, '( curl -f http://localhost/ || exit 1 )'),
    )
    expect(check({ 'go.mod': 'module x\n', Dockerfile: 'FROM alpine:3.22\nCMD app --serve\n' })?.[2]).toMatch(
      /^\( app --serve \) & .*wget/,
    )
  })

  it('is none where nothing could be run or asked', () => {
    for (const Dockerfile of [
      'FROM scratch\nCMD ["/app"]\nHEALTHCHECK CMD ["/app", "ok"]\n',
      'FROM debian:13\nCMD ["/app"]\n',
      'FROM alpine:3.22\n',
    ]) {
      expect(check({ Dockerfile })).toBeNull()
    }
  })
})

import { describe, expect, it } from 'vitest'
import { assignments, declaredArgs, parseDockerfile } from './dockerfile.ts'

const TWO_STAGES = `# syntax=docker/dockerfile:1
ARG GO=1.26
FROM golang:\${GO} AS build
ARG VERSION
RUN --mount=type=cache,target=/go \\
    # a comment in between

    go build \\
      -o /out/app .
from --platform=linux/amd64 alpine:3.22
COPY --from=build /out/app /app
cmd ["/app", "serve"]
`

describe('a Dockerfile', () => {
  it('is taken apart into stages and instructions, each with its line', () => {
    const { before, stages } = parseDockerfile(TWO_STAGES)
    expect(before.map(({ name, line }) => [name, line])).toEqual([['ARG', 2]])
    expect(stages.map(({ base, name, line }) => [base, name, line])).toEqual([
      ['golang:1.26', 'build', 3],
      ['alpine:3.22', null, 10],
    ])
    const [, build] = stages[0]!.instructions
    expect(build).toMatchObject({ name: 'RUN', line: 5, flags: ['--mount=type=cache,target=/go'], words: null })
    expect(build!.text).toBe('go build -o /out/app .')
    expect(stages[1]!.instructions[1]).toMatchObject({ name: 'CMD', line: 12, words: ['/app', 'serve'] })
  })

  it('knows which arguments it declares, wherever that is', () => {
    expect([...declaredArgs(parseDockerfile(TWO_STAGES))]).toEqual(['GO', 'VERSION'])
    const several = 'FROM scratch\nARG A B=1 C="two words"\n'
    expect([...declaredArgs(parseDockerfile(several))]).toEqual(['A', 'B', 'C'])
    expect(declaredArgs(parseDockerfile('FROM scratch\n# ARG VERSION\nRUN echo ARG VERSION\n')).size).toBe(0)
  })

  it.each([
    [
      'A=1 B="two words" C=\'x y\'',
      [
        ['A', '1'],
        ['B', 'two words'],
        ['C', 'x y'],
      ],
    ],
    ['A one and more', [['A', 'one and more']]],
    ['A', [['A', null]]],
    ['A=', [['A', '']]],
    ['URL=postgres://u:p@db/x', [['URL', 'postgres://u:p@db/x']]],
  ])('reads %s', (text, pairs) => expect(assignments(text)).toEqual(pairs))

  it('passes over heredocs, and takes another escape character when it says so', () => {
    const heredoc =
      'FROM scratch\nRUN <<EOF\nUSER nobody\nFROM x\nEOF\nCOPY <<-A <<"B" /x/\n\tone\n\tA\ntwo\nB\nUSER 1\n'
    const { stages } = parseDockerfile(heredoc)
    expect(stages).toHaveLength(1)
    expect(stages[0]!.instructions.map(({ name, line }) => [name, line])).toEqual([
      ['RUN', 2],
      ['COPY', 6],
      ['USER', 11],
    ])
    const windows = '# escape=`\r\nFROM x`\r\n  AS y\r\nCOPY a C:\\\r\nUSER z\r\n'
    expect(parseDockerfile(windows).stages[0]).toMatchObject({ base: 'x', name: 'y' })
    expect(parseDockerfile(windows).stages[0]!.instructions.map(({ text }) => text)).toEqual(['a C:\\', 'z'])
  })

  it('fills the variables of a base in with their defaults, and leaves what has none', () => {
    const bases = (text: string) => parseDockerfile(text).stages.map(({ base }) => base)
    expect(bases('ARG A=x\nFROM $A:1\nFROM ${B:-y}:2\nFROM $C\n')).toEqual(['x:1', 'y:2', '$C'])
  })

  it.each(['', '\n# nothing\n', 'FROM', 'RUN \\', 'FROM x\nRUN <<EOF\nno end', '[]', '\uFEFFFROM x'])(
    'is read whatever it is: %j',
    (text) => expect(() => parseDockerfile(text)).not.toThrow(),
  )
})

import { describe, expect, it } from 'vitest'
import { adviseOn, type ImageJudged, layerName } from './advice.ts'
import { parseDockerfile } from './dockerfile.ts'

const GOOD = `FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /out/app .
FROM alpine:3.22
COPY --from=build /out/app /app
USER 10001
HEALTHCHECK CMD ["/app", "check"]
CMD ["/app"]
`
const small: ImageJudged = { user: '10001', sizeBytes: 10_000_000, previousSizeBytes: null, layers: [] }

function advise(text: string, changes: Partial<Parameters<typeof adviseOn>[0]> = {}) {
  const judged = { dockerfile: parseDockerfile(text), hasDockerignore: true, target: null, image: null, ...changes }
  return adviseOn(judged).map(({ code, line }) => [code, line])
}

/** What is said beside what a good one would hear. */
const about = (lines: string) => advise(`${lines}\nUSER 10001\nHEALTHCHECK NONE\n`)

describe('advice on an image', () => {
  it('is none for a good one, built or not', () => {
    expect(advise(GOOD)).toEqual([])
    expect(advise(GOOD, { image: small })).toEqual([])
  })

  it('is about tools that stay in the image', () => {
    expect(about('FROM golang:1.26\nCOPY go.mod .\nRUN go mod download\nCOPY . .\nRUN go build .')).toEqual([
      ['SINGLE_STAGE', 1],
    ])
    expect(about('FROM debian:13\nRUN make install')).toEqual([['SINGLE_STAGE', 1]])
    expect(about('FROM maven:3 AS b\nRUN mvn package\nFROM eclipse-temurin:21-jre\nCOPY --from=b /x /x')).toEqual([])
    expect(about('FROM node:24 AS b\nRUN npm run build\nFROM node:24-slim\nCOPY --from=b /x /x')).toEqual([])
    expect(advise(GOOD, { target: 'build' }).map(([code]) => code)).toContain('SINGLE_STAGE')
  })

  it('is about bases that will be others tomorrow', () => {
    expect(about('FROM alpine')).toEqual([['BASE_LATEST', 1]])
    expect(about('FROM alpine:latest')).toEqual([['BASE_LATEST', 1]])
    expect(about('FROM registry.example.com:5000/base')).toEqual([['BASE_LATEST', 1]])
    expect(about(`FROM alpine@sha256:${'a'.repeat(64)}`)).toEqual([])
    expect(about('FROM alpine:3 AS one\nFROM one')).toEqual([])
    expect(about('FROM scratch')).toEqual([])
    expect(about('ARG BASE\nFROM $BASE')).toEqual([])
  })

  it.each([
    ['FROM x:1\nCOPY . .\nRUN go mod download && go build .', 2],
    ['FROM x:1\nCOPY . /src\nRUN npm ci', 2],
    ['FROM x:1\nADD ["./", "/src"]\nRUN pip install -r requirements.txt', 2],
    ['FROM x:1\nCOPY go.mod .\nCOPY . .\nRUN go mod download', 3],
  ])('is about a cache that each change empties: %j', (text, line) =>
    expect(about(text).filter(([code]) => code === 'COPY_BEFORE_DEPENDENCIES')).toEqual([
      ['COPY_BEFORE_DEPENDENCIES', line],
    ]),
  )

  it.each([
    'FROM x:1\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev',
    'FROM x:1\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache go build .',
    'FROM x:1\nCOPY --from=y . .\nRUN npm ci',
    'FROM x:1\nCOPY . .\nRUN echo ready',
  ])('leaves a cache alone that holds: %j', (text) =>
    expect(about(text).filter(([code]) => code === 'COPY_BEFORE_DEPENDENCIES')).toEqual([]),
  )

  it.each([
    'ENV API_TOKEN=abc',
    'ARG NPM_TOKEN',
    'ENV DB=postgres://shop:hunter2@db/shop',
    'ENV ID=AKIAABCDEFGHIJKLMNOP',
    'COPY .env /app/',
    'COPY ["deploy/id_rsa", "/root/.ssh/"]',
    'COPY tls/server.key /etc/',
    'RUN curl https://me:secret@example.com/x',
  ])('is about secrets that whoever pulls the image has: %s', (line) =>
    expect(about(`FROM x:1\n${line}`)).toEqual([['SECRET_IN_IMAGE', 2]]),
  )

  it.each([
    'ENV API_TOKEN_FILE=/run/secrets/token',
    'ENV TOKEN=$TOKEN',
    'ENV TOKEN=',
    'ENV DATABASE_URL=postgres://db/shop',
    'ARG GOPRIVATE=example.com',
    'RUN --mount=type=secret,id=token cat /run/secrets/token',
    'COPY environment /app/',
    'COPY --from=certs /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
  ])('finds no secret in %s', (line) => expect(about(`FROM x:1\n${line}`)).toEqual([]))

  it('never repeats what is secret', () => {
    const judged = parseDockerfile(
      'FROM x:1\nENV API_TOKEN=hunter2\nRUN curl https://me:hunter2@example.com\nARG KEY=hunter2',
    )
    const found = adviseOn({ dockerfile: judged, hasDockerignore: true, target: null, image: null })
    expect(found.filter(({ code }) => code === 'SECRET_IN_IMAGE')).toHaveLength(3)
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  it.each([
    ['FROM x:1', 1],
    ['FROM x:1\nUSER root', 2],
    ['FROM x:1\nUSER 0:0', 2],
    ['FROM x:1 AS base\nUSER 0\nFROM base', 2],
  ])('is about root: %j', (text, line) => expect(advise(`${text}\nHEALTHCHECK NONE`)).toEqual([['ROOT_USER', line]]))

  it('believes the built image more than its Dockerfile', () => {
    const silent = 'FROM x:1\nHEALTHCHECK NONE'
    expect(advise(silent, { image: { ...small, user: 'nonroot' } })).toEqual([])
    expect(advise('FROM gcr.io/distroless/static:nonroot\nHEALTHCHECK NONE')).toEqual([])
    expect(advise('FROM x:1\nUSER app\nHEALTHCHECK NONE', { image: { ...small, user: '' } })).toEqual([
      ['ROOT_USER', 2],
    ])
  })

  it('is about shells that keep the stop signal to themselves, hangs that nobody sees, and what is sent to the builder', () => {
    expect(about('FROM x:1\nCMD ["/old"]\nCMD /app serve')).toEqual([['SHELL_FORM', 3]])
    expect(about('FROM x:1\nENTRYPOINT /app')).toEqual([['SHELL_FORM', 2]])
    expect(advise('FROM x:1\nUSER 1')).toEqual([['NO_HEALTHCHECK', null]])
    expect(advise(GOOD, { hasDockerignore: false })).toEqual([['NO_DOCKERIGNORE', null]])
  })

  it('names large layers, the largest first, and what has grown', () => {
    const layers = [
      { createdBy: '/bin/sh -c #(nop) COPY dir:abc in /src ', sizeBytes: 60 * 1024 * 1024 },
      { createdBy: 'RUN /bin/sh -c apk add gcc # buildkit', sizeBytes: 200_000_000 },
      { createdBy: 'CMD', sizeBytes: 0 },
    ]
    const dockerfile = parseDockerfile(GOOD)
    const image = { user: '1', sizeBytes: 260_000_000, previousSizeBytes: 130_000_000, layers }
    expect(adviseOn({ dockerfile, hasDockerignore: true, target: null, image })).toEqual([
      { code: 'LARGE_LAYER', line: null, details: { layer: 'RUN apk add gcc', size: '200 MB' } },
      { code: 'LARGE_LAYER', line: null, details: { layer: 'COPY dir:abc in /src', size: '62.9 MB' } },
      { code: 'IMAGE_GREW', line: null, details: { from: '130 MB', to: '260 MB' } },
    ])
    const [same, less] = [image.sizeBytes, 300_000_000].map((previousSizeBytes) =>
      advise(GOOD, { image: { ...image, layers: [], previousSizeBytes } }),
    )
    expect([same, less]).toEqual([[], []])
  })

  it('calls a layer by what made it, without the arguments that it was given', () => {
    expect(layerName('RUN |2 API_TOKEN=hunter2 V=1 /bin/sh -c npm ci # buildkit')).toBe('RUN npm ci')
    expect(layerName('|1 KEY=hunter2 /bin/sh -c make')).toBe('RUN make')
    expect(layerName('/bin/sh -c TOKEN=hunter2 ./fetch')).toBe('RUN TOKEN=… ./fetch')
    expect(layerName('RUN /bin/sh -c curl https://me:hunter2@example.com/x')).not.toContain('hunter2')
    expect(layerName('x'.repeat(100))).toHaveLength(60)
  })
})

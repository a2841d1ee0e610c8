import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { dockerfileFor } from './dockerfile.ts'
import { lookAtProject } from './look-project.ts'

const GO = {
  'go.mod': 'module example.com/shop\n\ngo 1.26\n\nrequire github.com/gin-gonic/gin v1.12.0\n',
  'main.go': 'package main\n\nimport "github.com/gin-gonic/gin"\n\nvar version = "dev"\n\nfunc main() {}\n',
}

type How = { readonly buildkit?: boolean; readonly health?: string | null; readonly others?: readonly string[] }

function render(
  files: Readonly<Record<string, string>>,
  { buildkit = false, health = '/healthz', others = [] }: How = {},
): string {
  const project = lookAtProject(seenProject(files, others), null)
  if (project === null || project.language === 'dockerfile') throw new Error('nothing to write a Dockerfile for')
  return dockerfileFor(project, { name: 'shop', port: 8080, health, buildkit })
}

const NODE = {
  'package.json': JSON.stringify({ engines: { node: '22' }, scripts: { start: 'node dist/server.js', build: 'tsc' } }),
}
const POM = {
  'pom.xml':
    '<project><artifactId>shop</artifactId><java.version>21</java.version><a>spring-boot-starter-web</a></project>',
}
const GRADLE = {
  'build.gradle': 'id "org.springframework.boot"\njava.toolchain.languageVersion = JavaLanguageVersion.of(21)\n',
}

describe('the Dockerfile of a Gin project', () => {
  it('builds dependencies before the code is there, and ends with nobody root', () => {
    expect(render(GO)).toBe(`# Written by \`astern init\`; yours from here on. \`astern build\` gives VERSION.
FROM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -tags=nomsgpack,timetzdata"

# What changes least comes first. What the code depends on is compiled before the code is there, so that the next version
# compiles and links only what changed.
COPY go.mod go.sum* ./
RUN go build github.com/gin-gonic/gin
COPY . .

ARG VERSION=dev
RUN go build -ldflags="-s -w -X 'main.version=\${VERSION}'" -o /out/app .

FROM alpine:3.22
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/app /app
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
CMD ["/app"]
ARG VERSION=dev
LABEL org.opencontainers.image.title="shop" org.opencontainers.image.version="\${VERSION}"
`)
  })

  it('mounts caches where BuildKit builds, and nowhere else', () => {
    expect(render(GO)).not.toContain('--mount')
    const text = render(GO, { buildkit: true })
    expect(text).toContain('RUN --mount=type=cache,target=/go/pkg/mod go mod download\nCOPY . .')
    expect(text).toContain(
      'RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\\n    go build',
    )
  })

  it('asks by TCP where there is no health route', () => {
    expect(render(GO, { health: null })).toContain('CMD ["nc", "-w", "3", "127.0.0.1", "8080", "-e", "true"]')
  })

  it('is told its port where it reads it from a variable', () => {
    const main = 'package main\nfunc main() { http.ListenAndServe(":" + os.Getenv("PORT"), nil) }\n'
    expect(render({ ...GO, 'main.go': main })).toContain('ENV PORT=8080\n')
  })

  it('takes what is vendored, and needs the code first where a folder stands in for a module', () => {
    const vendored = render(GO, { others: ['vendor/modules.txt'] })
    expect(vendored).toContain('COPY go.mod go.sum* ./\nCOPY vendor ./vendor\nRUN go build github.com/gin-gonic/gin\n')
    expect(render(GO, { others: ['vendor/modules.txt'], buildkit: true })).not.toContain('go mod download')
    expect(render({ ...GO, 'go.mod': `${GO['go.mod']}replace example.com/lib => ./lib\n` })).not.toContain(
      'COPY go.mod',
    )
  })

  it('has a C compiler where it needs one', () => {
    const text = render({ ...GO, 'main.go': 'package main\nimport "C"\nfunc main() {}\n' })
    expect(text).toContain('FROM golang:1.26-alpine AS build\nRUN apk add --no-cache build-base\n')
    expect(text).toContain('CGO_ENABLED=1')
  })
})

describe('the Dockerfile of another project', () => {
  it('is one for Node that installs, builds, and leaves out what only builds', () => {
    const text = render(NODE, { others: ['package-lock.json'] })
    expect(text).toContain(
      'COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\nRUN npm prune --omit=dev\n',
    )
    expect(text).toContain('CMD ["node", "dist/server.js"]')
    expect(render(NODE, { others: ['pnpm-lock.yaml'], buildkit: true })).toContain(
      'RUN corepack enable\nWORKDIR /src\n# What changes least comes first: dependencies, then the code.\nCOPY package.json pnpm-lock.yaml ./\nRUN --mount=type=cache,target=/root/.local/share/pnpm/store pnpm install --frozen-lockfile\n',
    )
    expect(render({ 'package.json': '{}' }, { others: ['yarn.lock'] })).toContain(
      'RUN yarn install --frozen-lockfile --production\nCOPY . .\n\nFROM',
    )
  })

  it('is one for Java, by Maven or Gradle', () => {
    expect(render(POM)).toContain(
      'RUN mvn -B -q dependency:go-offline\nCOPY . .\nRUN mvn -B -q package -DskipTests && cp target/*.jar /app.jar\n',
    )
    expect(render(POM)).toContain('FROM eclipse-temurin:21-jre-alpine\n')
    expect(render(GRADLE)).toContain(
      'COPY build.gradle ./\nRUN gradle --no-daemon -q dependencies\nCOPY . .\nRUN gradle --no-daemon -q bootJar && cp build/libs/*.jar /app.jar\n',
    )
  })

  it('is never root, never latest, never in need of a shell or of a frontend that would have to be pulled', () => {
    for (const files of [GO, NODE, POM, GRADLE]) {
      for (const buildkit of [true, false]) {
        const text = render(files, { buildkit })
        const last = text.slice(text.lastIndexOf('\nFROM '))
        expect(last).toMatch(/^USER 10001:10001$/m)
        expect(last).toMatch(/^CMD \["/m)
        expect(last).toMatch(/^HEALTHCHECK .* CMD \["/m)
        expect(last).not.toMatch(/^RUN/m)
        expect(last).toContain('ca-certificates.crt')
        expect(text.match(/^FROM/gm)).toHaveLength(2)
        for (const [, tag] of text.matchAll(/^FROM \S+?:(\S+)/gm)) expect(tag).not.toBe('latest')
        expect(text).not.toMatch(/^#\s*syntax=/m)
        expect(text.includes('--mount=type=cache')).toBe(buildkit)
      }
    }
  })
})

// The Dockerfile that `astern init` writes: several stages, what changes least first, nobody root in what runs, and nothing in it that needs a shell.
// Invariant: cache mounts stand only where BuildKit builds, and no line asks for a frontend that would have to be pulled.
import type { GoProject, JavaProject, NodeProject } from './seen.ts'
import { shown } from './look-go.ts'

/** A user that no image has: numeric, so that Kubernetes can see that it is not root. */
const USER = '10001:10001'
const ALPINE = 'alpine:3.22'

export type DockerfileChoices = {
  readonly name: string
  readonly port: number
  /** `null`: a TCP connect. */
  readonly health: string | null
  /** Where BuildKit builds: caches can be mounted. */
  readonly buildkit: boolean
}

const HEAD = '# Written by `astern init`; yours from here on. `astern build` gives VERSION.'

export function dockerfileFor(project: GoProject | NodeProject | JavaProject, choices: DockerfileChoices): string {
  switch (project.language) {
    case 'go':
      return text(HEAD, ...goStages(project, choices))
    case 'node':
      return text(HEAD, ...nodeStages(project, choices))
    case 'java':
      return text(HEAD, ...javaStages(project, choices))
  }
}

function goStages(project: GoProject, { name, port, health, buildkit, ...choices }: DockerfileChoices): string[] {
  const main = project.mains[0] ?? ''
  const build = `go build -ldflags="-s -w -X '${project.versionVariable}=\${VERSION}'" -o /out/app ${shown(main)}`
  return [
    `FROM golang:${project.version}${project.cgo ? '-alpine' : ''} AS build`,
    ...(project.cgo ? ['RUN apk add --no-cache build-base'] : []),
    'WORKDIR /src',
    `ENV CGO_ENABLED=${project.cgo ? 1 : 0} GOFLAGS="-trimpath -tags=${project.tags.join(',')}"`,
    '',
    ...goDependencies(project, buildkit),
    'COPY . .',
    '',
    'ARG VERSION=dev',
    ...(buildkit ? [`RUN ${mounts('/go/pkg/mod', '/root/.cache/go-build')} \\`, `    ${build}`] : [`RUN ${build}`]),
    '',
    `FROM ${ALPINE}`,
    'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
    'COPY --from=build /out/app /app',
    ...(project.portVariable === null ? [] : [`ENV ${project.portVariable}=${port}`]),
    ...runs({ name, port, health, buildkit, ...choices }, project.command, '10s'),
  ]
}

function goDependencies(project: GoProject, buildkit: boolean): string[] {
  if (project.replacesLocally) return []
  const files = 'COPY go.mod go.sum* ./'
  const vendor = project.hasVendor ? ['COPY vendor ./vendor'] : []
  const compiled = project.imports.length > 0 ? [`RUN go build ${project.imports.join(' \\\n      ')}`] : []
  if (buildkit) {
    return project.hasVendor
      ? []
      : [
          '# What changes least comes first: dependencies, then the code.',
          files,
          `RUN ${mounts('/go/pkg/mod')} go mod download`,
        ]
  }
  return [
    '# What changes least comes first. What the code depends on is compiled before the code is there, so that the next version',
    '# compiles and links only what changed.',
    files,
    ...vendor,
    ...(compiled.length > 0 || project.hasVendor ? compiled : ['RUN go mod download']),
  ]
}

function nodeStages(project: NodeProject, choices: DockerfileChoices): string[] {
  const { manager, lockfile } = project
  const corepack = manager === 'npm' ? [] : ['RUN corepack enable']
  const cache = { npm: '/root/.npm', pnpm: '/root/.local/share/pnpm/store', yarn: '/root/.cache/yarn' }[manager]
  const mounted = (command: string) => `RUN ${choices.buildkit ? `${mounts(cache)} ` : ''}${command}`
  const install = {
    npm: lockfile === null ? 'npm install' : 'npm ci',
    pnpm: 'pnpm install --frozen-lockfile',
    yarn: 'yarn install --frozen-lockfile',
  }[manager]
  const without = { npm: ' --omit=dev', pnpm: ' --prod', yarn: ' --production' }[manager]
  const prune = {
    npm: 'npm prune --omit=dev',
    pnpm: 'pnpm prune --prod',
    yarn: 'yarn install --frozen-lockfile --production',
  }[manager]
  return [
    `FROM node:${project.version}-alpine AS build`,
    ...corepack,
    'WORKDIR /src',
    '# What changes least comes first: dependencies, then the code.',
    `COPY package.json ${lockfile === null ? '' : `${lockfile} `}./`,
    mounted(`${install}${project.builds ? '' : without}`),
    'COPY . .',
    ...(project.builds ? [`RUN ${manager} run build`, mounted(prune)] : []),
    '',
    `FROM node:${project.version}-alpine`,
    'ENV NODE_ENV=production',
    'WORKDIR /app',
    // Node brings certificates of its own; this is for those who ask for the system's (--use-openssl-ca).
    'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
    'COPY --from=build /src ./',
    ...runs(choices, project.command, '20s'),
  ]
}

function javaStages(project: JavaProject, choices: DockerfileChoices): string[] {
  const { tool, version, manifests, boot } = project
  const cache = tool === 'maven' ? '/root/.m2' : '/root/.gradle'
  const mounted = (command: string) => `RUN ${choices.buildkit ? `${mounts(cache)} ` : ''}${command}`
  const jar = tool === 'maven' ? 'target' : 'build/libs'
  const build = tool === 'maven' ? 'mvn -B -q package -DskipTests' : `gradle --no-daemon -q ${boot ? 'bootJar' : 'jar'}`
  return [
    tool === 'maven' ? `FROM maven:3.9-eclipse-temurin-${version} AS build` : `FROM gradle:8-jdk${version} AS build`,
    ...(tool === 'maven' ? [] : ['ENV GRADLE_USER_HOME=/root/.gradle']),
    'WORKDIR /src',
    '# What changes least comes first: dependencies, then the code.',
    `COPY ${manifests.join(' ')} ./`,
    mounted(tool === 'maven' ? 'mvn -B -q dependency:go-offline' : 'gradle --no-daemon -q dependencies'),
    'COPY . .',
    mounted(`${build} && cp ${jar}/*.jar /app.jar`),
    '',
    `FROM eclipse-temurin:${version}-jre-alpine`,
    'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
    'COPY --from=build /app.jar /app.jar',
    ...runs(choices, project.command, '60s'),
  ]
}

/** What every image ends with. VERSION comes last: what stands above is the same in every version. */
function runs({ name, port, health }: DockerfileChoices, command: readonly string[], startPeriod: string): string[] {
  return [
    `USER ${USER}`,
    `EXPOSE ${port}`,
    `HEALTHCHECK --interval=10s --timeout=3s --start-period=${startPeriod} CMD ${words(askCommand(port, health))}`,
    `CMD ${words(command)}`,
    'ARG VERSION=dev',
    `LABEL org.opencontainers.image.title="${name}" org.opencontainers.image.version="\${VERSION}"`,
  ]
}

/** Whether it answers, asked within its container. Both programs are part of busybox, and so of Alpine. */
export function askCommand(port: number, health: string | null): readonly string[] {
  return health === null
    ? ['nc', '-w', '3', '127.0.0.1', String(port), '-e', 'true']
    : ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}${health}`]
}

function words(argv: readonly string[]): string {
  return `[${argv.map((word) => JSON.stringify(word)).join(', ')}]`
}

function mounts(...targets: readonly string[]): string {
  return targets.map((target) => `--mount=type=cache,target=${target}`).join(' ')
}

function text(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

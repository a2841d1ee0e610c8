// Which kind of project it is, and what its own files besides the source say: a Dockerfile, git.
import { lookAtDockerfile, readDockerfile } from './look-dockerfile.ts'
import { lookAtGo } from './look-go.ts'
import { lookAtJava } from './look-java.ts'
import { lookAtNode } from './look-node.ts'
import type { Found, Note, Project, Seen } from './seen.ts'
import { lineAt } from './source-text.ts'

export const CI_SYSTEMS = ['github', 'gitlab', 'tekton', 'none'] as const
export type CiSystem = (typeof CI_SYSTEMS)[number]

/** `null`: nothing here is recognised. */
export function lookAtProject(seen: Seen, main: string | null): Project | null {
  const project = lookAtGo(seen, main) ?? lookAtNode(seen) ?? lookAtJava(seen) ?? lookAtDockerfile(seen)
  if (project === null || project.language === 'dockerfile') return project
  const text = seen.texts.get('Dockerfile')
  if (text === undefined) return project
  // Whoever wrote it knows: what it says wins over what was found in the source.
  const { port, health } = readDockerfile('Dockerfile', text)
  const settled: readonly Note['code'][] = [
    ...(port === null ? [] : (['port_guessed', 'ports_several'] as const)),
    ...(health === null ? [] : (['health_prefix', 'management_port'] as const)),
  ]
  return {
    ...project,
    port: port ?? project.port,
    health: health ?? project.health,
    notes: project.notes.filter(({ code }) => !settled.includes(code)),
  }
}

/** What is worth reading: enough to recognise a project, and sources in which port and health may stand. */
export function isWorthReading(path: string): boolean {
  return (
    /^(go\.mod|package\.json|\.nvmrc|\.node-version|pom\.xml|(build|settings)\.gradle(\.kts)?|Dockerfile|\.gitignore|\.dockerignore|astern\.ya?ml|\.env\.example)$/.test(
      path,
    ) ||
    /^(docker-)?compose\.ya?ml$/.test(path) ||
    /^\.(gitlab-ci\.yml|gitlab\/astern\.yml|github\/workflows\/astern[\w-]*\.yml|tekton\/astern[\w-]*\.yaml|astern\/.*\.json)$/.test(
      path,
    ) ||
    /^\.git\/(config|HEAD)$/.test(path) ||
    /^src\/main\/resources\/application\.(properties|ya?ml)$/.test(path) ||
    /\.(go|js|cjs|mjs|ts|cts|mts|jsx|tsx)$/.test(path)
  )
}

/** Folders in which nothing of ours is found. */
export function isWorthEntering(path: string): boolean {
  const name = path.split('/').at(-1) ?? ''
  if (path === '.git') return true
  if (/^\.(github|gitlab|tekton|astern)$/.test(path) || path === '.github/workflows') return true
  return (
    !name.startsWith('.') &&
    !/^(node_modules|dist|build|target|out|coverage|bin|obj|testdata|venv|__pycache__)$/.test(name) &&
    !path.startsWith('.git/')
  )
}

/** Which CI the project has, by its files or by where its repository lies. */
export function ciOf({ paths, texts }: Seen): Found<CiSystem> {
  const at = (file: string) => ({ file, line: 1, text: '' })
  const workflow = paths.find((path) => path.startsWith('.github/workflows/'))
  if (workflow !== undefined) return { value: 'github', at: at(workflow) }
  if (paths.includes('.gitlab-ci.yml')) return { value: 'gitlab', at: at('.gitlab-ci.yml') }
  const pipeline = paths.find((path) => path.startsWith('.tekton/'))
  if (pipeline !== undefined) return { value: 'tekton', at: at(pipeline) }
  const config = texts.get('.git/config') ?? ''
  for (const { index, 1: url = '' } of config.matchAll(/^\s*url\s*=\s*(\S+)/gm)) {
    const host = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)/.exec(url)?.[1] ?? ''
    const system = /(^|\.)github\./.test(host) ? 'github' : /(^|\.)gitlab\./.test(host) ? 'gitlab' : null
    if (system !== null) return { value: system, at: lineAt('.git/config', config, index) }
  }
  return { value: 'none', at: null }
}

export function hasGit({ paths }: Seen): boolean {
  return paths.includes('.git/HEAD') || paths.includes('.git')
}

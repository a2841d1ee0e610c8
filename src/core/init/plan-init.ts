// Which files `astern init` would write, and what becomes of each. Pure.
// Invariant: what is there already is never written over: it is the same (`kept`), or it is shown as a difference and left alone (`differs`).
import {
  type ComposeChoices,
  type ConfigChoices,
  asternYaml,
  COMPOSE_HEAD,
  composeYaml,
  dockerignore,
  envExample,
  gitignore,
  SCHEMA_FILE,
} from './config-files.ts'
import { dockerfileFor } from './dockerfile.ts'
import type { CiSystem } from './look-project.ts'
import type { Project, Seen } from './seen.ts'

/** What people were asked, or what was assumed for them. */
export type Choices = ConfigChoices & {
  readonly ci: CiSystem
  readonly buildkit: boolean
  /** A compose file for local work is wanted; `null`: there is one, or no need. */
  readonly localCompose: Pick<ComposeChoices, 'database' | 'jdbc'> | null
}

export type FileAction = 'written' | 'kept' | 'differs'
/** Why a file is there; each is a message of its own (`init_why_…`). */
export type Why =
  | 'dockerfile'
  | 'dockerignore'
  | 'config'
  | 'schema'
  | 'compose'
  | 'env_example'
  | 'gitignore'
  | 'ci'
  | 'ci_rollback'
  | 'ci_include'
  | 'yours'

export type PlannedFile = {
  readonly path: string
  readonly action: FileAction
  readonly why: Why
  /** What is there; `null`: nothing. */
  readonly existing: string | null
  readonly text: string
}

/** Texts of deploy/ci, by their names there. */
export type Templates = ReadonlyMap<string, string>

/** `schema`: the text of the JSON Schema of astern.yaml. */
export function planInit(
  seen: Seen,
  project: Project,
  choices: Choices,
  templates: Templates,
  schema: string,
): PlannedFile[] {
  const existing = (path: string) => seen.texts.get(path) ?? null
  const plan = (path: string, why: Why, text: string): PlannedFile => {
    const before = existing(path)
    // What could not be read is not ours either.
    if (before === null && seen.paths.includes(path)) return yours(path)
    const action = before === null ? 'written' : before === text ? 'kept' : 'differs'
    return { path, action, why, existing: before, text }
  }
  const yours = (path: string): PlannedFile => {
    const text = existing(path) ?? ''
    return { path, action: 'kept', why: 'yours', existing: text, text }
  }
  const { name, port, health, buildkit, localCompose } = choices
  const config = ['astern.yaml', 'astern.yml'].find((path) => existing(path) !== null) ?? 'astern.yaml'
  return [
    project.language === 'dockerfile'
      ? yours('Dockerfile')
      : plan('Dockerfile', 'dockerfile', dockerfileFor(project, { name, port, health, buildkit })),
    plan('.dockerignore', 'dockerignore', dockerignore(project.language)),
    plan(config, 'config', asternYaml(choices)),
    plan(SCHEMA_FILE, 'schema', schema),
    ...composeFiles(seen).map(yours),
    ...(localCompose === null
      ? []
      : [
          plan('compose.yaml', 'compose', composeYaml({ name, port, ...localCompose })),
          plan('.env.example', 'env_example', envExample()),
        ]),
    plan('.gitignore', 'gitignore', gitignore(existing('.gitignore'))),
    ...ciFiles(choices, templates, existing).map(({ path, why, text }) => plan(path, why, text)),
  ]
}

/** The compose file of the user that compose itself would take; none where it is the one that is written here. */
export function composeFiles({ texts }: Seen): string[] {
  return ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
    .filter((path) => !(texts.get(path) ?? COMPOSE_HEAD).startsWith(COMPOSE_HEAD))
    .slice(0, 1)
}

type Unplanned = Pick<PlannedFile, 'path' | 'why' | 'text'>

function ciFiles(choices: Choices, templates: Templates, existing: (path: string) => string | null): Unplanned[] {
  const [environment = 'prod'] = choices.environments
  const filled = (template: string): string => {
    const text = templates.get(template)
    if (text === undefined) throw new Error(`no template ${template}`)
    return text
      .replaceAll('__NAME__', choices.name)
      .replaceAll('__ENVIRONMENTS__', `[${choices.environments.join(', ')}]`)
      .replaceAll('__ENVIRONMENT__', environment)
  }
  const file = (path: string, why: Why, template: string): Unplanned => ({ path, why, text: filled(template) })
  switch (choices.ci) {
    case 'github':
      return [
        file('.github/workflows/astern.yml', 'ci', 'github/astern.yml'),
        file('.github/workflows/astern-rollback.yml', 'ci_rollback', 'github/astern-rollback.yml'),
      ]
    case 'gitlab':
      return [
        file('.gitlab/astern.yml', 'ci', 'gitlab/astern.yml'),
        { path: '.gitlab-ci.yml', why: 'ci_include', text: withInclude(existing('.gitlab-ci.yml')) },
      ]
    case 'tekton':
      return [
        file('.tekton/astern.yaml', 'ci', 'tekton/astern.yaml'),
        file('.tekton/astern-release.yaml', 'ci', 'tekton/astern-release.yaml'),
        file('.tekton/astern-rollback.yaml', 'ci_rollback', 'tekton/astern-rollback.yaml'),
      ]
    case 'none':
      return []
  }
}

/** .gitlab-ci.yml that includes our jobs; what stands there stays. */
function withInclude(existing: string | null): string {
  const entry = '  - local: .gitlab/astern.yml\n'
  if (existing === null) return `include:\n${entry}`
  if (existing.includes('.gitlab/astern.yml')) return existing
  const whole = existing === '' || existing.endsWith('\n') ? existing : `${existing}\n`
  return /^include:[ \t]*\n/m.test(whole)
    ? whole.replace(/^include:[ \t]*\n/m, (line) => `${line}${entry}`)
    : `${whole}\ninclude:\n${entry}`
}

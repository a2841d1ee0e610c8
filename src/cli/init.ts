// `astern init`: looks at a project, and writes what is missing for its first release. It asks at a terminal, and takes what it found elsewhere:
// nothing that is there is ever written over. It needs no state, makes none, and is in no journal.
import { fail } from '../core/errors.ts'
import { shown } from '../core/init/look-go.ts'
import { ciOf, hasGit, lookAtProject } from '../core/init/look-project.ts'
import { type Choices, planInit, type PlannedFile } from '../core/init/plan-init.ts'
import type { Finding, Note, Project, Seen } from '../core/init/seen.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { labelled, labelledLines } from './format.ts'
import { askAnswers, askMain } from './init/ask.ts'
import { hasBuildkit } from './init/buildkit.ts'
import { configProblems } from './init/check-config.ts'
import { choicesOf, composeChoice, firstAnswers } from './init/choices.ts'
import { readProject } from './init/read-project.ts'
import { diffLines, fileLines, findingLines, noteText } from './init/show.ts'
import { readTemplates } from './init/templates.ts'
import { writeFiles } from './init/write-files.ts'
import { paint } from './paint.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const seen = readProject(context.cwd)
  const asks = context.canAsk && !args.flag('yes') && !args.flag('dry-run')
  const project = await projectOf(context, args, seen, asks)
  const ci = ciOf(seen)
  const first = firstAnswers(context, args, seen, project, ci)
  const buildkit = await hasBuildkit(context.env)
  const compose = composeChoice(seen, project.name)
  const findings: Finding[] = [
    ...project.findings,
    { kind: 'port', value: String(project.port.value), at: project.port.at },
    { kind: 'health', value: project.health?.value ?? 'tcp', at: project.health?.at ?? null },
    ...(compose === null
      ? []
      : [{ kind: 'compose' as const, value: compose.candidate.name, at: { file: compose.file, line: 1, text: '' } }]),
    { kind: 'ci', value: ci.value, at: ci.at },
  ]
  const notes: Note[] = [
    ...project.notes,
    ...(hasGit(seen) ? [] : [{ code: 'no_git' as const, details: {} }]),
    ...(seen.complete ? [] : [{ code: 'not_all_read' as const, details: {} }]),
  ]
  if (!context.json) for (const line of findingLines(context, findings)) context.print(line)
  const answers = asks ? await askAnswers(context, first, project.database !== null && compose === null) : first
  if (answers === null) throw fail('USAGE', { problem: t('init_left'), command: 'init' })
  const choose = (from: typeof compose) => choicesOf(seen, project, answers, from, buildkit)
  let choices = choose(compose)
  const problems = compose === null ? [] : configProblems(context, choices)
  if (problems.length > 0) {
    choices = choose(null)
    notes.push({ code: 'compose_unusable', details: { file: compose!.file, problems: problems.join('; ') } })
  }
  if (choices.check === null) notes.push({ code: 'no_check', details: {} })
  const files = await plan(seen, project, choices)
  const missing = files.filter(({ action }) => action === 'written')
  const dry = args.flag('dry-run')
  const next = nextSteps(choices, files, hasGit(seen))
  if (!context.json) {
    for (const line of [...fileLines(context, files), ...diffLines(context, files)]) context.print(line)
    for (const note of notes) context.say(`${paint(context, 'yellow', t('warning'))}: ${noteText(context, note)}`)
  }
  if (asks && missing.length > 0) {
    const sure = await context.ask(t('init_ask_write', { count: missing.length }), 'y')
    if (sure === null || !/^(|y|yes|是)$/i.test(sure.trim()))
      throw fail('USAGE', { problem: t('init_left'), command: 'init' })
  }
  if (!dry) writeFiles(context.cwd, missing)
  const outcome = missing.length === 0 ? 'noop' : 'succeeded'
  if (context.json) {
    const told = { project, choices, findings, files, next, warnings: notes.map((note) => noteText(context, note)) }
    context.print(JSON.stringify(forMachines(context, { ...told, outcome, dry })))
  } else {
    context.print('')
    if (missing.length === 0) context.print(labelled(t('noop'), t('init_noop')))
    else if (dry) context.print(labelled(t('would'), t('init_would', { count: missing.length })))
    for (const line of labelledLines(t('init_next'), next)) context.print(line)
  }
  return outcome === 'noop' && !dry ? 6 : 0
}

/** Errors: INIT_UNKNOWN, USAGE. */
async function projectOf(context: Context, args: Arguments, seen: Seen, asks: boolean): Promise<Project> {
  const asked = args.text('main')
  const guess = lookAtProject(seen, null)
  if (guess === null) {
    const elsewhere = seen.paths
      .filter((path) => /\/(go\.mod|package\.json|pom\.xml|build\.gradle(\.kts)?|Dockerfile)$/.test(path))
      .slice(0, 5)
    throw fail('INIT_UNKNOWN', { folder: context.cwd, elsewhere: elsewhere.join(', ') || '-' })
  }
  if (guess.language !== 'go') return guess
  if (asked !== null) {
    const main = guess.mains.find((folder) => folder === asked.replace(/^\.\/?/, '').replace(/\/$/, ''))
    if (main !== undefined) return lookAtProject(seen, main)!
    const expected = guess.mains.map(shown).join(', ')
    throw fail('USAGE', {
      problem: context.t('value_invalid', { name: 'main', expected, value: asked }),
      command: 'init',
    })
  }
  if (!asks || guess.mains.length < 2) return guess
  const main = await askMain(context, guess.mains, shown)
  if (main === null) throw fail('USAGE', { problem: context.t('init_left'), command: 'init' })
  return lookAtProject(seen, main)!
}

async function plan(seen: Seen, project: Project, choices: Choices): Promise<PlannedFile[]> {
  const { jsonSchema } = await import('../config/json-schema.ts')
  return planInit(seen, project, choices, readTemplates(), `${JSON.stringify(jsonSchema())}\n`)
}

/** Commands, in the order in which they are typed. */
function nextSteps(
  { environments, localCompose, check }: Choices,
  files: readonly PlannedFile[],
  git: boolean,
): string[] {
  const [environment] = environments
  const env = environments.length > 1 ? ` --env ${environment}` : ''
  const made = files.filter(({ action }) => action === 'written').map(({ path }) => path)
  return [
    ...(localCompose === null ? [] : ['cp .env.example .env   # give it a password', 'docker compose up --build']),
    ...(git ? [] : ['git init']),
    ...(made.length === 0 ? [] : [`git add ${made.join(' ')} && git commit -m "build: releases by astern"`]),
    'astern version --release',
    'astern up',
    ['build', 'push', ...(check === null ? [] : ['verify']), 'deploy']
      .map((name) => `astern ${name}${env}`)
      .join(' && '),
  ]
}

type Told = {
  readonly project: Project
  readonly choices: Choices
  readonly findings: readonly Finding[]
  readonly files: readonly PlannedFile[]
  readonly next: readonly string[]
  readonly warnings: readonly string[]
  readonly outcome: 'succeeded' | 'noop'
  readonly dry: boolean
}

function forMachines(context: Context, { project, choices, findings, files, next, warnings, outcome, dry }: Told) {
  return {
    transaction_id: null,
    operation: 'init',
    service: choices.name,
    environment: null,
    outcome,
    dry_run: dry,
    project: {
      language: project.language,
      framework: project.framework,
      version: 'version' in project ? project.version : null,
    },
    port: choices.port,
    health: choices.health,
    environments: choices.environments,
    image: choices.image,
    ci: choices.ci,
    found: findings.map(({ kind, value, at }) => ({
      what: kind,
      value,
      file: at?.file ?? null,
      line: at?.line ?? null,
    })),
    files: files.map(({ path, action, why }) => ({ path, action, why: context.t(`init_why_${why}`) })),
    next,
    warnings,
    error: null,
  }
}

// The CI workflows that `astern init` writes: they are YAML of the shape that each system asks for, and what people type never becomes a program.
// (The published schemas of GitHub's workflows and GitLab's CI are large, so their essence stands here.)
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { readTemplates } from '../src/cli/init/templates.ts'
import { commands } from '../src/cli/commands.ts'
import { commonOptions } from '../src/cli/common-options.ts'
import { planInit } from '../src/core/init/plan-init.ts'
import { lookAtProject } from '../src/core/init/look-project.ts'
import { seenProject } from './doubles/project.ts'

function filesFor(ci: 'github' | 'gitlab' | 'tekton'): ReadonlyMap<string, string> {
  const seen = seenProject({ 'go.mod': 'module example.com/shop\n' })
  const choices = {
    name: 'shop',
    image: 'shop',
    port: 8080,
    health: null,
    imageHealthcheck: false,
    check: null,
    compose: null,
    composeSays: { image: false, port: false, health: false },
    environments: ['prod', 'staging'],
    listen: '127.0.0.1:18080',
    database: null,
    ci,
    buildkit: false,
    localCompose: null,
  }
  const files = planInit(seen, lookAtProject(seen, null)!, choices, readTemplates(), '{}')
  return new Map(files.filter(({ why }) => why.startsWith('ci')).map(({ path, text }) => [path, text]))
}

const github = filesFor('github')
const gitlab = filesFor('gitlab')
const tekton = filesFor('tekton')
const all = [...github, ...gitlab, ...tekton]

const step = z.union([
  z.strictObject({
    uses: z.string().regex(/^[\w-]+\/[\w-]+@v\d+$/),
    with: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({ name: z.string(), run: z.string(), env: z.record(z.string(), z.string()).optional() }),
])
const workflow = z.strictObject({
  name: z.string(),
  'run-name': z.string(),
  on: z.strictObject({
    push: z.strictObject({ tags: z.array(z.string()) }).optional(),
    workflow_dispatch: z
      .strictObject({
        inputs: z.record(
          z.string(),
          z.strictObject({
            description: z.string(),
            type: z.literal('choice').optional(),
            options: z.array(z.string()).optional(),
            default: z.string().optional(),
            required: z.boolean().optional(),
          }),
        ),
      })
      .nullable(),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }).optional(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.array(z.string()),
      'timeout-minutes': z.number(),
      environment: z.string().optional(),
      steps: z.array(step),
    }),
  ),
})

const job = z.strictObject({
  stage: z.literal('deploy'),
  tags: z.array(z.string()),
  rules: z.array(
    z.strictObject({ if: z.string(), when: z.literal('manual').optional(), allow_failure: z.boolean().optional() }),
  ),
  variables: z.record(z.string(), z.string()),
  resource_group: z.string().optional(),
  environment: z.strictObject({ name: z.string() }).optional(),
  timeout: z.string(),
  script: z.array(z.string()),
})

const named = z.strictObject({ name: z.string(), value: z.union([z.string(), z.array(z.string())]) })
const parameter = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  type: z.literal('array').optional(),
  default: z.string().optional(),
})
const workspaces = z.array(z.strictObject({ name: z.string(), description: z.string().optional() }))
const tektonObject = z.discriminatedUnion('kind', [
  z.strictObject({
    apiVersion: z.literal('tekton.dev/v1'),
    kind: z.literal('Task'),
    metadata: z.strictObject({ name: z.string() }),
    spec: z.strictObject({
      description: z.string(),
      params: z.array(parameter),
      workspaces,
      steps: z.array(
        z.strictObject({
          name: z.string(),
          image: z.string(),
          env: z.array(named),
          args: z.array(z.string()),
          script: z.string(),
        }),
      ),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('tekton.dev/v1'),
    kind: z.literal('Pipeline'),
    metadata: z.strictObject({ name: z.string() }),
    spec: z.strictObject({
      description: z.string(),
      params: z.array(parameter),
      workspaces,
      tasks: z.array(
        z.strictObject({
          name: z.string(),
          runAfter: z.array(z.string()).optional(),
          taskRef: z.strictObject({ name: z.literal('astern') }),
          params: z.array(named),
          workspaces: z.array(z.strictObject({ name: z.string(), workspace: z.string() })),
        }),
      ),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('tekton.dev/v1'),
    kind: z.literal('PipelineRun'),
    metadata: z.strictObject({ generateName: z.string() }),
    spec: z.strictObject({
      pipelineRef: z.strictObject({ name: z.string() }),
      params: z.array(named),
      workspaces: z.array(z.strictObject({ name: z.string(), secret: z.strictObject({ secretName: z.string() }) })),
    }),
  }),
])
type TektonObject = z.output<typeof tektonObject>
const objects = [...tekton.values()].flatMap((text) =>
  parseAllDocuments(text).map((document) => tektonObject.parse(document.toJS())),
)
const ofKind = <K extends TektonObject['kind']>(kind: K) =>
  objects.filter((one): one is Extract<TektonObject, { kind: K }> => one.kind === kind)

const STEPS = ['build', 'push', 'verify', 'deploy']

describe('the workflows of GitHub', () => {
  const read = (path: string) => workflow.parse(parse(github.get(path)!))

  it('release by a tag: build, push, verify, deploy, one after the other', () => {
    const { on, jobs, concurrency } = read('.github/workflows/astern.yml')
    expect(on.push).toEqual({ tags: ['v*'] })
    expect(concurrency).toEqual({ group: 'astern-release', 'cancel-in-progress': false })
    const runs = jobs['release']!.steps.flatMap((one) => ('run' in one ? [one.run] : []))
    expect(runs.map((run) => /^astern (\w+) --env prod /.exec(run)?.[1])).toEqual(STEPS)
  })

  it('roll back with one click that waits for nothing and needs no answer', () => {
    const { on, jobs, concurrency } = read('.github/workflows/astern-rollback.yml')
    expect(on).toMatchObject({
      workflow_dispatch: { inputs: { environment: { options: ['prod', 'staging'], default: 'prod' } } },
    })
    expect(on.push).toBeUndefined()
    expect(concurrency).toBeUndefined()
    expect(Object.values(on.workflow_dispatch!.inputs).every((input) => input.required !== true)).toBe(true)
    expect(jobs['rollback']!.steps).toMatchObject([
      { run: expect.stringMatching(/^astern rollback --service shop --env "\$ENVIRONMENT" /) },
    ])
  })

  it('put nothing that people type into a script', () => {
    for (const text of github.values())
      for (const [, script] of text.matchAll(/run: (.*)/g)) expect(script).not.toContain('${{')
  })
})

describe('the jobs of GitLab', () => {
  const jobs = z.record(z.string(), job).parse(parse(gitlab.get('.gitlab/astern.yml')!))

  it('are included, and release by a tag', () => {
    expect(parse(gitlab.get('.gitlab-ci.yml')!)).toEqual({ include: [{ local: '.gitlab/astern.yml' }] })
    const { script, rules, resource_group: group } = jobs['astern-release']!
    expect(script.map((line) => /^astern (\w+) --env prod /.exec(line)?.[1])).toEqual(STEPS)
    expect(rules).toEqual([{ if: '$CI_COMMIT_TAG =~ /^v/' }])
    expect(group).toBe('astern-release')
  })

  it('roll back by hand, and wait for nothing', () => {
    const { rules, resource_group: group, script } = jobs['astern-rollback']!
    expect(rules).toMatchObject([{ when: 'manual', allow_failure: true }])
    expect(group).toBeUndefined()
    expect(script).toEqual([expect.stringMatching(/^astern rollback --service shop --env "\$ASTERN_ENVIRONMENT" /)])
  })
})

describe('the objects of Tekton', () => {
  it('are a task, a pipeline to release and one to roll back, and a run of each', () => {
    expect(ofKind('Task')).toHaveLength(1)
    expect(ofKind('Pipeline').map(({ metadata }) => metadata.name)).toEqual(['shop-release', 'shop-rollback'])
    expect(ofKind('PipelineRun').map(({ spec }) => spec.pipelineRef.name)).toEqual(['shop-release', 'shop-rollback'])
    const [release, rollback] = ofKind('Pipeline')
    expect(release!.spec.tasks.map(({ name }) => name)).toEqual(['fetch', 'checkout', ...STEPS])
    for (const [index, { runAfter = [] }] of release!.spec.tasks.entries()) {
      expect(runAfter).toEqual(index === 0 ? [] : [release!.spec.tasks[index - 1]!.name])
    }
    expect(rollback!.spec.tasks).toHaveLength(1)
  })

  it('give every task what it takes, and every run what its pipeline asks for', () => {
    const [task] = ofKind('Task')
    const needed = (params: readonly z.output<typeof parameter>[]) =>
      params.filter((one) => one.default === undefined).map(({ name }) => name)
    for (const { spec } of ofKind('Pipeline')) {
      for (const one of spec.tasks) expect(one.params.map(({ name }) => name)).toEqual(needed(task!.spec.params))
      const run = ofKind('PipelineRun').find((candidate) =>
        candidate.spec.pipelineRef.name.endsWith(spec.tasks.length > 1 ? 'release' : 'rollback'),
      )
      expect(run!.spec.params.map(({ name }) => name)).toEqual(needed(spec.params))
    }
  })

  it('carry words over SSH whole, whatever is in them, and leave out options that are empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'astern-tekton-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const clone = join(folder, "a clone of o'neill")
    mkdirSync(join(folder, 'bin'))
    mkdirSync(clone)
    const program = (name: string, ...lines: string[]) => {
      writeFileSync(join(folder, 'bin', name), ['#!/bin/sh', ...lines, ''].join('\n'))
      chmodSync(join(folder, 'bin', name), 0o755)
    }
    // The other side is a shell that is given one line.
    program('ssh', 'for line; do :; done', 'exec sh -c "$line"')
    program('astern', 'pwd', String.raw`for word; do printf '<%s>\n' "$word"; done`)
    writeFileSync(join(folder, 'id_ed25519'), 'key')
    writeFileSync(join(folder, 'script'), ofKind('Task')[0]!.spec.steps[0]!.script)
    const words = ['rollback', `--message=it's $(touch ${folder}/gone); "odd"`, '--to=', '']
    const said = execFileSync('sh', [join(folder, 'script'), 'astern', ...words], {
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
        HOST: 'user@host',
        FOLDER: clone,
        SSH: folder,
        TMPDIR: folder,
      },
      encoding: 'utf8',
    })
    expect(said.split('\n')).toEqual([clone, '<rollback>', `<${words[1]}>`, '<>', ''])
    expect(() => readFileSync(join(folder, 'gone'))).toThrow('ENOENT')
  })
})

describe('every workflow', () => {
  it('calls commands with options that there are', () => {
    const known = new Set(Object.keys(commonOptions))
    for (const [path, text] of all) {
      for (const [, name, rest = ''] of text.matchAll(/\bastern[ ,]+([a-z]+)\b([^\n&]*--[^\n&]*)/g)) {
        const command = commands.find((candidate) => candidate.name === name)
        if (command === undefined) throw new Error(`${path}: there is no astern ${name}`)
        for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g)) {
          expect({ path, name, option, known: known.has(option) || option in command.options }).toMatchObject({
            known: true,
          })
        }
      }
    }
  })

  it('has no gap left', () => {
    for (const [path, text] of all)
      expect({ path, gap: /__\w+__/.exec(text)?.[0] ?? null }).toEqual({ path, gap: null })
  })
})

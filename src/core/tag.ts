// Tags of images: a template, and what it becomes. Invariant: what comes out is a tag that every registry takes, or a sentence that says why not.

/** The distribution specification's own rule. */
export const TAG_PATTERN = /^\w[\w.-]{0,127}$/
export const MAX_TAG_LENGTH = 128
const MAX_BRANCH_LENGTH = 64

export const PLACEHOLDERS = ['version', 'env', 'build', 'sha', 'branch', 'date'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

/** `null`: not known here. */
export type TagValues = Readonly<Record<Placeholder, string | null>>

const PLACEHOLDER = /\{([^{}]*)\}/g

/** What is wrong with a template, whatever its placeholders will be; `null`: nothing. */
export function problemOfTemplate(template: string): string | null {
  const unknown = placeholdersOf(template).find((name) => !isPlaceholder(name))
  const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ')
  if (unknown !== undefined) return `there is no placeholder {${unknown}}; there are ${known}`
  const fixed = template.replaceAll(PLACEHOLDER, '')
  if (!/^[\w.-]*$/.test(fixed)) {
    return `a tag is made of letters, digits, dots, dashes and underscores, and of ${known}`
  }
  if (template === '' || /^[.-]/.test(template)) return 'a tag begins with a letter, a digit or an underscore'
  if (fixed.length > MAX_TAG_LENGTH) return `a tag has ${MAX_TAG_LENGTH} characters at most`
  return null
}

/** Fills a template in that has no problem of its own. */
export function renderTag(
  template: string,
  values: TagValues,
): { readonly tag: string } | { readonly problem: string } {
  const missing = placeholdersOf(template).find((name) => isPlaceholder(name) && values[name] === null)
  if (missing !== undefined) return { problem: `nothing says what {${missing}} is here` }
  const tag = template.replaceAll(PLACEHOLDER, (whole, name: string) =>
    isPlaceholder(name) ? fit(name, values[name] ?? '') : whole,
  )
  if (tag.length > MAX_TAG_LENGTH)
    return { problem: `it would be ${tag}, and has more than ${MAX_TAG_LENGTH} characters` }
  if (!TAG_PATTERN.test(tag)) return { problem: `it would be ${JSON.stringify(tag)}, which no registry takes` }
  return { tag }
}

/** SemVer's build metadata follows a `+`, which no tag may have; Helm writes `_` for it too, and a version has none of its own. */
function fit(name: Placeholder, value: string): string {
  switch (name) {
    case 'version':
      return value.replaceAll('+', '_')
    case 'branch':
      return value
        .replaceAll(/[^\w.-]+/g, '-')
        .slice(0, MAX_BRANCH_LENGTH)
        .replaceAll(/^[.-]+|[.-]+$/g, '')
    case 'build':
      return value.replaceAll(/[^\w.-]+/g, '-')
    case 'sha':
    case 'env':
    case 'date':
      return value
  }
}

function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1]!)
}

function isPlaceholder(name: string): name is Placeholder {
  return PLACEHOLDERS.some((known) => known === name)
}

type Variables = Readonly<Record<string, string | undefined>>

/** Where CI systems say which build this is: GitHub, GitLab, Jenkins, CircleCI, Azure, Bitbucket, Drone, Buildkite, Travis. */
const BUILD_NUMBERS = [
  'GITHUB_RUN_NUMBER',
  'CI_PIPELINE_IID',
  'BUILD_NUMBER',
  'CIRCLE_BUILD_NUM',
  'BUILD_BUILDID',
  'BITBUCKET_BUILD_NUMBER',
  'DRONE_BUILD_NUMBER',
  'BUILDKITE_BUILD_NUMBER',
  'TRAVIS_BUILD_NUMBER',
]

/** The branch that a pull request comes from is said before the one that CI has made for it. */
const BRANCHES = [
  'GITHUB_HEAD_REF',
  'GITHUB_REF_NAME',
  'CI_COMMIT_REF_NAME',
  'BRANCH_NAME',
  'GIT_BRANCH',
  'CIRCLE_BRANCH',
  'BUILD_SOURCEBRANCHNAME',
  'BITBUCKET_BRANCH',
  'DRONE_BRANCH',
  'BUILDKITE_BRANCH',
  'TRAVIS_BRANCH',
]

/** `null`: this is not CI, or it does not say. */
export function ciBuildNumber(env: Variables): string | null {
  return firstOf(env, BUILD_NUMBERS)
}

/** What CI calls the branch, since it checks out a commit and no branch. */
export function ciBranch(env: Variables): string | null {
  return firstOf(env, BRANCHES)
}

function firstOf(env: Variables, names: readonly string[]): string | null {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== '') ?? null
}

/** `20260405102345`, in UTC. */
export function timeAsBuild(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(/\D/g, '')
}

/** `20260405`, in UTC. */
export function dateOf(at: number): string {
  return timeAsBuild(at).slice(0, 8)
}

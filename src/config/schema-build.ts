// What `build` of a service may hold. Paths and templates are checked in build.ts.
import { z } from 'zod'
import { PLACEHOLDERS, problemOfTemplate, TAG_PATTERN } from '../core/tag.ts'
import { DEFAULTS } from './defaults.ts'
import { list, mapping, matching, parsed, variables } from './schema-fields.ts'

const PATH_RULE = 'expected a path'
const path = (description: string, example: string) =>
  z
    .string({ error: PATH_RULE })
    .min(1, { error: PATH_RULE })
    .meta({ description, examples: [example] })

const template = parsed(
  (text) => {
    const problem = problemOfTemplate(text)
    return problem === null ? { value: text } : { problem }
  },
  {
    description: `How tags are put together, from ${PLACEHOLDERS.map((name) => `\`{${name}}\``).join(', ')} and fixed text. \`{build}\` is the number that CI gives, or else the time in UTC; \`{sha}\` is the commit, in 12 digits.`,
    default: DEFAULTS.build.tag,
    examples: ['{version}-{env}-{build}', 'git-{sha}', 'dev-{branch}-{sha}'],
  },
)

export const build = mapping(
  {
    context: path('The folder that is sent to the builder, as seen from the folder of this file.', './api')
      .meta({ default: DEFAULTS.build.context })
      .optional(),
    dockerfile: path(
      'The Dockerfile, as seen from the folder of this file. When absent, the one named Dockerfile in `context`.',
      'docker/Dockerfile.prod',
    ).optional(),
    target: matching(/^\w[\w.-]{0,127}$/, 'the name of a stage', {
      description: 'The stage to build. When absent, the last one.',
      examples: ['runtime'],
    }).optional(),
    args: variables({
      description:
        'Build arguments. They stay in the history of the image: nothing confidential belongs here. VERSION and REVISION are given to a Dockerfile that declares them.',
      examples: [{ GOFLAGS: '-trimpath' }],
    }).optional(),
    tag: template.optional(),
    pointers: list(matching(TAG_PATTERN, 'a tag', { description: 'A tag.' }), {
      description:
        'Tags that follow the newest one after it was pushed. They are never deployed: they name another image tomorrow.',
      default: DEFAULTS.build.pointers,
      examples: [['latest', 'stable']],
    }).optional(),
    platforms: list(
      matching(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/, 'a platform as in linux/amd64', {
        description: 'A platform.',
      }),
      {
        description:
          "Platforms to build for. When absent, the engine's own. Several need an engine that can keep them.",
        examples: [['linux/amd64', 'linux/arm64']],
      },
    ).optional(),
  },
  { description: 'How `astern build` makes the image.' },
)
export type BuildConfig = z.output<typeof build>

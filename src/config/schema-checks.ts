// What an environment may hold of checks: `checks` and `requires`. That a check does exactly one thing, and that what is required can be had, is
// checked in checks.ts.
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { argv, duration, list, mapping, NAME_PATTERN } from './schema-fields.ts'

const DAY_MS = 86_400_000

const check = mapping(
  {
    run: argv({
      description:
        'A command in a container of that very image, with the environment, secrets, volumes and limits that a deploy would give it here. It passes with exit code 0. The words are the program and its arguments; the entrypoint of the image does not count.',
      examples: [['/app', 'selftest']],
    }).optional(),
    compose: z
      .string({ error: 'expected the path of a compose file' })
      .min(1, { error: 'expected the path of a compose file' })
      .meta({
        description:
          'A compose project around the image: brought up under a name of its own, until every service runs and is healthy, and taken down afterwards, whatever happens.',
        examples: ['compose.verify.yaml'],
      })
      .optional(),
    service: z
      .string({ error: 'expected the name of a service of the compose file' })
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, { error: 'expected the name of a service of the compose file' })
      .meta({
        description:
          'With `compose`: the service that the image takes the place of. When absent, the one with the same `image`, of the same name, or the only one that is built.',
      })
      .optional(),
    check: argv({
      description:
        'With `compose`: a program on this host, without a shell, in the folder of this file, once everything is healthy. It passes with exit code 0. `ASTERN_URL` says where the image answers. When absent, being healthy is enough.',
      examples: [['./smoke.sh']],
    }).optional(),
    timeout: duration(100, DAY_MS, {
      description: 'It is stopped then, and has failed.',
      default: DEFAULTS.checks.timeout,
    }).optional(),
  },
  { description: 'Either `run` or `compose`.' },
)
export type CheckConfig = z.output<typeof check>

export const checks = z
  .record(z.string().meta({ pattern: NAME_PATTERN.source }), check, { error: 'expected a mapping of names to checks' })
  .meta({
    description: 'What `astern verify` does with an image here, in this order. No part of a release.',
    examples: [{ selftest: { run: ['/app', 'selftest'], timeout: '1m' } }],
  })

const environmentName = z.string({ error: 'expected the name of an environment' })
const names = 'expected the name of an environment, or a list of them'

export const requires = z
  .union(
    [environmentName.transform((name) => [name]), list(environmentName, { description: 'Names of environments.' })],
    {
      error: names,
    },
  )
  .meta({
    description:
      'Environments in which an image has to have passed `astern verify` before it may be deployed here; the newest result counts. A rollback never has to.',
    examples: [['staging']],
  })

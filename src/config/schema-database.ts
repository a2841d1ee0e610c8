// What `database` of a service may hold. What one key means for another is checked in database.ts.
import { z } from 'zod'
import { VARIABLE_NAME_PATTERN } from '../core/env-file.ts'
import { DEFAULTS } from './defaults.ts'
import { argv, duration, integer, mapping, matching, oneOf } from './schema-fields.ts'

const DAY_MS = 86_400_000
const TABLE_PATTERN = /^[A-Za-z_][\w$]{0,62}(?:\.[A-Za-z_][\w$]{0,62})?$/

const version = (description: string) => integer(0, Number.MAX_SAFE_INTEGER, { description })

export const database = mapping(
  {
    tool: oneOf(['golang-migrate', 'goose', 'command'], {
      description:
        'What migrates the schema. The version that golang-migrate and goose keep is read from PostgreSQL; with `command`, for any other tool or database, `version` prints it.',
    }),
    url: matching(VARIABLE_NAME_PATTERN, 'the name of a variable', {
      description:
        'The variable of the service, under `env`, `env_file` or `secrets`, that holds the address of its PostgreSQL. A host name that only containers know is looked up on the networks of the service.',
      default: DEFAULTS.database.url,
    }).optional(),
    table: matching(TABLE_PATTERN, 'the name of a table, as in migrations or public.migrations', {
      description: "The table in which the tool keeps the version, if it is not the tool's own.",
    }).optional(),
    migrations: z
      .string({ error: 'expected the path of a folder' })
      .min(1, { error: 'expected the path of a folder' })
      .meta({
        description:
          'The folder of the migrations: the highest number that a file name begins with is the version that a release brings. The label `astern.migration.version` of an image wins. When neither is there, a release counts as bringing what the schema was when it was first healthy.',
        examples: ['db/migrations'],
      })
      .optional(),
    version: argv({
      description:
        'With `command`: a program in the image that prints the version that the schema has, as the last number of its last line; `dirty` in that line says that a migration stopped half-way.',
      examples: [['/app', 'migrate', 'version']],
    }).optional(),
    compatible: mapping(
      {
        from: version('The lowest. When absent, the version that the release brings.').optional(),
        to: version('The highest. When absent, any later one, until a contract migration ran.').optional(),
      },
      {
        description:
          'The versions of the schema that this release can live with. The labels `astern.migration.from` and `astern.migration.to` of an image win.',
      },
    ).optional(),
    phase: oneOf(['expand', 'migrate', 'contract'], {
      description:
        'What the migrations of this release do: add, move data, or take away what earlier releases may need. After `contract` an earlier release cannot be gone back to, unless its `compatible` says otherwise. The label `astern.migration.phase` of an image wins.',
      default: DEFAULTS.database.phase,
    }).optional(),
    revert: argv({
      description:
        'A program in the image that takes the schema back, for `astern rollback --revert-database`; it never runs by itself. `{version}` is replaced by the version to go back to, which `ASTERN_SCHEMA_VERSION` says as well. It runs in the image of the release that is gone back from, which alone has the migrations.',
      examples: [['/app', 'migrate', 'goto', '{version}']],
    }).optional(),
    timeout: duration(1_000, DAY_MS, {
      description: '`revert` is stopped then, and has failed.',
      default: DEFAULTS.database.timeout,
    }).optional(),
  },
  {
    description:
      'The database that the service migrates. Before a deploy and before a rollback its schema is compared with what the release can live with.',
  },
)
export type DatabaseConfig = z.output<typeof database>

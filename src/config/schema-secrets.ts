// `secrets` and `env_file` of astern.yaml: where confidential values are read.
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { argv, mapping, oneOf, variableName } from './schema-fields.ts'

/** What a file in /run/secrets may be called. */
export const SECRET_FILE_PATTERN = /^[A-Za-z0-9_][\w.-]{0,200}$/

const filePath = z.string({ error: 'expected the path of a file' }).min(1, { error: 'expected the path of a file' })

const secret = mapping(
  {
    file: filePath
      .meta({ description: 'A file that holds the value and nothing else; one line feed at its end is cut off.' })
      .optional(),
    exec: argv({
      description:
        'A command that prints the value. It runs without a shell and without a terminal, in the folder of this file, for 30s at most.',
      examples: [['sops', '-d', 'payment.enc']],
    }).optional(),
    as: oneOf(['env', 'file'], {
      description:
        '`env` is an environment variable; `file` is the file /run/secrets/NAME, readable by the container alone, and in no environment.',
      default: DEFAULTS.secretAs,
    }).optional(),
    on_rollback: oneOf(['restore', 'keep_current'], {
      description:
        '`restore` brings back the value that the release had; `keep_current` keeps the newest, for what was rotated.',
      default: DEFAULTS.onRollback,
    }).optional(),
  },
  { description: 'Either `file` or `exec`.' },
  'expected { file: … } or { exec: … }, never the value itself',
)

export const secrets = z.record(variableName, secret, { error: 'expected a mapping of names to sources' }).meta({
  description:
    'Confidential values, read at each deploy and stored sealed: environment variables, or files. Only their names are ever shown. Win over `env` and `env_file`.',
  examples: [{ DATABASE_URL: { file: 'secrets/database_url' } }],
})

export const envFile = z
  .union([filePath, z.array(filePath)], { error: 'expected the path of a file, or a list of them' })
  .meta({
    description: 'Files of NAME=value lines; later ones win. Their values are treated as secrets: sealed, never shown.',
    examples: ['.env'],
  })

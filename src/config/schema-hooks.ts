// What `hooks` of a service may hold. That exactly one thing is to be done is checked in hooks.ts.
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { parseHttpAddress } from './http-address.ts'
import { argv, duration, mapping, parsed, trueOrFalse, valueSource } from './schema-fields.ts'

const DAY_MS = 86_400_000
const WEBHOOK_EXAMPLE = 'https://hooks.example.com/deploys'
const HEADER_NAME_PATTERN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

const header = valueSource('value')

const hook = mapping(
  {
    run: argv({
      description:
        'A command in a container of the release, with its environment, secrets, volumes and limits. The words are the program and its arguments; the entrypoint of the image does not count.',
      examples: [['/app', 'migrate', 'up']],
    }).optional(),
    host: argv({
      description: 'A program on the host, without a shell, in the folder of this file.',
      examples: [['./notify.sh']],
    }).optional(),
    webhook: parsed((text) => parseHttpAddress(text, WEBHOOK_EXAMPLE, 'a password belongs into a header'), {
      description: 'An address that is sent JSON by POST; 2xx is success.',
      examples: [WEBHOOK_EXAMPLE],
    }).optional(),
    headers: z
      .record(z.string().regex(HEADER_NAME_PATTERN, { error: 'expected the name of a header' }), header, {
        error: 'expected a mapping of names to sources',
      })
      .meta({
        description: 'Headers for `webhook`, read when it is called.',
        examples: [{ Authorization: { env: 'HOOK_TOKEN' } }],
      })
      .optional(),
    timeout: duration(100, DAY_MS, {
      description: 'It is stopped then, and has failed.',
      default: DEFAULTS.hooks.timeout,
    }).optional(),
    required: trueOrFalse({
      description:
        'For `after_deploy`: the deploy goes back when it fails; otherwise that is a warning. `before_deploy` and `release` are always required, `after_rollback` never is.',
    }).optional(),
  },
  { description: 'One of `run`, `host` and `webhook`.' },
)
export type HookConfig = z.output<typeof hook>

const hookOrHooks = (description: string) =>
  z
    .union([hook, z.array(hook).min(1, { error: 'expected a hook, or a list of them' })], {
      error: 'expected a hook, or a list of them',
    })
    .meta({ description })
    .optional()

export const hooks = mapping(
  {
    before_deploy: hookOrHooks('Before anything moves. A failure ends the deploy; nothing was changed.'),
    release: hookOrHooks(
      'Once a deploy, in the new image, before its containers are woken: for migrations. A failure ends the deploy; the old release serves on, untouched.',
    ),
    after_deploy: hookOrHooks('When the new release serves.'),
    after_rollback: hookOrHooks('When a release was gone back to, by hand or by itself. It never holds a rollback up.'),
  },
  { description: 'What is done beside deploys and rollbacks, once each. Hooks are no part of a release.' },
)
export type HooksConfig = z.output<typeof hooks>

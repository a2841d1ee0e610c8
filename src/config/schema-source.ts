// What astern.yaml may say of the source: how a service's versions are counted, and where its repository is looked at.
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { parseHttpAddress } from './http-address.ts'
import { mapping, matching, oneOf, parsed, valueSource } from './schema-fields.ts'

const API_EXAMPLE = 'https://git.example.com/api/v4'

/** A part of a tag's name, so that a version can follow it. Git's own rules, and nothing that it would take for a pattern or an option. */
const TAG_PREFIX_PATTERN = /^(?!.*\.\.)(?!.*\/\/)(?:[A-Za-z0-9_][\w./-]{0,99})?$/
const BRANCH_PATTERN = /^(?!.*\.\.)(?!.*\/\/)[A-Za-z0-9_][\w./-]{0,199}$/

export const version = mapping(
  {
    path: z
      .string({ error: 'expected the path of a folder' })
      .min(1, { error: 'expected the path of a folder' })
      .meta({
        description:
          'Only commits that touch this folder count, and CHANGELOG.md lies there. For repositories of several services; when absent, all of the repository counts.',
        examples: ['services/shop'],
      })
      .optional(),
    tag_prefix: matching(TAG_PREFIX_PATTERN, 'letters, digits, dots, dashes and slashes, as in shop/v', {
      description: 'What stands before the version in the name of a tag.',
      default: DEFAULTS.version.tag_prefix,
      examples: ['shop/v'],
    }).optional(),
  },
  { description: 'How `astern version` counts.' },
)

export const git = mapping(
  {
    host: oneOf(['github', 'gitlab'], {
      description: "Whose pages and API the repository has. When absent, what the name of the remote's host tells.",
    }).optional(),
    api: parsed((text) => parseHttpAddress(text, API_EXAMPLE, 'a token belongs into token'), {
      description: 'The address of the API, where it is not the usual one of the host.',
      examples: [API_EXAMPLE, 'https://github.example.com/api/v3'],
    }).optional(),
    token: valueSource('token', ' When absent, GITHUB_TOKEN or GITLAB_TOKEN in the environment of Astern.').optional(),
    branch: matching(BRANCH_PATTERN, 'the name of a branch', {
      description: 'The branch that a revert is requested for. When absent, the default branch of the remote.',
      examples: ['main'],
    }).optional(),
  },
  { description: 'Where the source is: for links after a rollback, and for `astern revert-pr`.' },
)

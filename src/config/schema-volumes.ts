// `volumes` and `ports` of astern.yaml, each in its short and its long form.
import { z } from 'zod'
import { MAX_PORT, parsePort } from './listen.ts'
import { parsePublishedPort } from './published-port.ts'
import { integer, list, mapping, oneOf, parsed, trueOrFalse } from './schema-fields.ts'
import { parseVolume, volumeEntry } from './volume.ts'

const longVolume = mapping(
  {
    type: oneOf(['volume', 'bind'], {
      description: 'When absent, `bind` if `source` begins with a dot or a slash.',
    }).optional(),
    source: z
      .string({ error: 'expected the name of a volume or a path' })
      .meta({ description: 'The name of a volume as the host knows it, or a path; relative ones begin at this file.' }),
    target: z
      .string({ error: 'expected a path in the container' })
      .meta({ description: 'An absolute path in the container.' }),
    read_only: trueOrFalse({ description: 'The service only reads it.', default: false }).optional(),
    shared: trueOrFalse({
      description: 'Two releases may write to it at once, so that the new one can start beside the old one.',
      default: false,
    }).optional(),
  },
  { description: 'A volume in its long form.' },
).transform((long, context) => {
  const { type: kind, source, target, read_only: readOnly = false, shared = false } = long
  const result = volumeEntry({ kind, source, target, readOnly, shared })
  if ('value' in result) return result.value
  context.issues.push({ code: 'custom', message: result.problem, input: long })
  return z.NEVER
})

export const volumes = list(
  z.union(
    [
      parsed((text) => parseVolume(text), {
        description: '`NAME:/path` or `./folder:/path`, with `:ro` if only read.',
      }),
      longVolume,
    ],
    { error: 'expected NAME:/path, ./folder:/path, or a mapping with source and target' },
  ),
  {
    description:
      'Volumes and folders of the host. A writable one means that the old release is stopped before the new one starts, unless it is `shared`.',
    examples: [['uploads:/data']],
  },
)

const longPort = mapping(
  {
    target: integer(1, MAX_PORT, { description: 'The port in the container.' }),
    published: z
      .union([z.int().min(1).max(MAX_PORT), z.string().regex(/^\d{1,5}$/)], {
        error: `expected a port from 1 to ${MAX_PORT}`,
      })
      .meta({ description: 'The port on the host.' }),
    host_ip: z
      .string({ error: 'expected an IP address' })
      .meta({ description: 'The address on the host. When absent, all.' })
      .optional(),
    protocol: oneOf(['tcp', 'udp'], { description: 'The protocol.', default: 'tcp' }).optional(),
  },
  { description: 'A port in its long form.' },
).transform((long, context) => {
  const { host_ip: hostIp, protocol = 'tcp' } = long
  const address = hostIp === undefined ? '' : hostIp.includes(':') ? `[${hostIp}]:` : `${hostIp}:`
  const result = parsePublishedPort(`${address}${parsePort(String(long.published)) ?? 0}:${long.target}/${protocol}`)
  if ('value' in result) return result.value
  context.issues.push({ code: 'custom', message: result.problem, input: long })
  return z.NEVER
})

const shortPort = parsed(
  (text) => {
    const result = parsePublishedPort(text)
    if ('problem' in result || result.value.every((entry) => entry.hostPort !== null)) return result
    return { problem: 'expected a port on the host too, as in 8443:8443; where the process listens is `port`' }
  },
  { description: '`HOST:CONTAINER` or `ADDRESS:HOST:CONTAINER`, with `/udp` if it is that.' },
)

export const ports = list(
  z.union([shortPort, longPort], { error: 'expected HOST:CONTAINER, or a mapping with target and published' }),
  {
    description:
      'Fixed ports on the host that bypass the proxy. Two containers cannot hold one at once, so the old release is stopped before the new one starts. `[]` drops those of the compose file.',
    examples: [['9000:9000']],
  },
)

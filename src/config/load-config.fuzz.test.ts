// Whatever stands in the files: either definitions come out, or CONFIG_INVALID.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { isAsternError } from '../core/errors.ts'
import { MORE, ON_TRIAL, SEVERAL, SMALLEST } from './examples.ts'
import { jsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { loadConfig } from './load-config.ts'
import { memoryFiles } from './config-world.ts'

const COMPOSE = `
services:
  web:
    image: gin-shop:v1
    environment: { A: "\${B:-1}", C: }
    ports: ["8080:8080"]
    volumes: [data:/data]
    healthcheck: { test: curl localhost:8080/, interval: 5s }
volumes: { data: }
`

const THROUGH_COMPOSE = 'services: { web: { compose: compose.yaml } }\nenvironments: { prod: { listen: 127.0.0.1:80 } }'

/** Throws what a user must never see. */
function outcome(astern: string, compose: string, env: string): 'valid' | 'refused' {
  const files = memoryFiles({ '/shop/astern.yaml': astern, '/shop/compose.yaml': compose, '/shop/.env': env })
  try {
    loadConfig({ cwd: '/shop', files, variables: { B: 'x' } })
    return 'valid'
  } catch (error) {
    if (!isAsternError(error, 'CONFIG_INVALID')) throw error
    const strange = String(error.details['problems'])
      .split('\n')
      .find((line) => !/^(?:\S+\.yaml|\.env|\/\S*|…)(?::\d+:\d+)?:? /.test(line))
    if (strange !== undefined) throw new Error(`a problem without its place: ${strange}`, { cause: error })
    return 'refused'
  }
}

const OUTCOMES = ['valid', 'refused']

/** A text with some pieces of it cut out, doubled or replaced. */
function damaged(text: string): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\n',
      '  ',
      ':',
      ': ',
      '-',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a ',
      '*a',
      '<<: *a',
      '!!x ',
      '|',
      '#',
      '0',
      '\t',
    ),
    fc.string({ maxLength: 4 }),
  )
  const cut = fc.tuple(fc.nat(text.length), fc.nat(12), piece)
  return fc
    .array(cut, { minLength: 1, maxLength: 4 })
    .map((cuts) => cuts.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), text))
}

/** Values that have the keys of the schema, and often the right types. */
function shaped(schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({}),
    fc.double(),
  )
  const examples = [
    ...(schema.examples ?? []),
    ...(schema.enum ?? []),
    ...(schema.default === undefined ? [] : [schema.default]),
  ]
  const options: fc.Arbitrary<unknown>[] = [anything, ...examples.map((example) => fc.constant(example))]
  for (const option of schema.anyOf ?? []) options.push(shaped(option, depth + 1))
  if (schema.type === 'integer') options.push(fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 9 }))
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).map(([key, field]) => [key, shaped(field, depth + 1)] as const)
    const record = fc.record(Object.fromEntries(fields), {
      requiredKeys: depth === 0 ? ['services', 'environments'] : [],
    })
    options.push(record, record, record)
  }
  if (typeof schema.additionalProperties === 'object') {
    const value = shaped(schema.additionalProperties, depth + 1)
    const named = fc.dictionary(fc.constantFrom('web', 'prod', 'A', 'x.y', 'constructor'), value, { maxKeys: 2 })
    options.push(named, named, named)
  }
  if (schema.items !== undefined) options.push(fc.array(shaped(schema.items, depth + 1), { maxLength: 3 }))
  return fc.oneof(...options)
}

it('survives any text', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...' \n:-[]{}&*!|>\'"#%@`,?a1'.split('')) }))
  fc.assert(
    fc.property(text, text, text, (astern, compose, env) => {
      expect(OUTCOMES).toContain(outcome(astern, compose, env))
    }),
    { numRuns: 300 },
  )
})

it('survives any value as YAML', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: false }), (value) => {
      expect(OUTCOMES).toContain(outcome(stringify(plain(value)), COMPOSE, ''))
    }),
  )
})

it('survives values of the right keys and any type', () => {
  const compose = fc.constantFrom(COMPOSE, '', 'services: { web: }')
  fc.assert(
    fc.property(shaped(jsonSchema()), compose, (value, text) => {
      expect(OUTCOMES).toContain(outcome(stringify(value), text, 'A=1'))
    }),
    { numRuns: 300 },
  )
})

it('survives damage to valid files', () => {
  const several = fc.constantFrom(SMALLEST, MORE, ON_TRIAL, SEVERAL).chain(damaged)
  fc.assert(
    fc.property(
      several,
      damaged(COMPOSE),
      fc.oneof(fc.constant('A=1\nB="x y"\n'), damaged('A=1\nB="x y"\n')),
      (astern, compose, env) => {
        expect(OUTCOMES).toContain(outcome(astern, compose, env))
        expect(OUTCOMES).toContain(outcome(THROUGH_COMPOSE, compose, env))
      },
    ),
    { numRuns: 300 },
  )
})

/** What YAML can write down: symbols, functions and cycles cannot. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'null',
    )
  } catch {
    return null
  }
}

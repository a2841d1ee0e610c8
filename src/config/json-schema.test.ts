import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'

describe('the schema for editors', () => {
  it('is the one in docs; `npm run docs` writes it', () => {
    const written = readFileSync(join(import.meta.dirname, '../../docs/astern.schema.json'), 'utf8')
    expect(JSON.parse(written)).toEqual(jsonSchema())
  })

  it('describes every key', () => {
    const missing: string[] = []
    const visit = (path: string, schema: JsonSchema): void => {
      for (const [key, field] of Object.entries(schema.properties ?? {})) {
        if ((field.description ?? '') === '') missing.push(`${path}.${key}`)
        visit(`${path}.${key}`, field)
      }
      if (typeof schema.additionalProperties === 'object') visit(`${path}.*`, schema.additionalProperties)
      for (const option of schema.anyOf ?? []) visit(path, option)
      if (schema.items !== undefined) visit(`${path}[]`, schema.items)
    }
    visit('', jsonSchema())
    expect(missing).toEqual([])
  })

  it('shows defaults and examples as they are written in the file', () => {
    const service = jsonSchema().properties?.['services']?.additionalProperties as JsonSchema
    expect(service.properties?.['stop']?.properties?.['drain']).toMatchObject({ type: 'string', default: '30s' })
    expect(service.properties?.['memory']).toMatchObject({ type: 'string', examples: ['128m'] })
  })

  it('has patterns that JavaScript can read as editors do', () => {
    const patterns = [...JSON.stringify(jsonSchema()).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)]
    expect(patterns.length).toBeGreaterThan(10)
    for (const [, pattern = ''] of patterns) expect(() => new RegExp(JSON.parse(pattern) as string, 'u')).not.toThrow()
  })
})

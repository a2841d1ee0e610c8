// The schema of astern.yaml for editors, made from the one that validates.
import { z } from 'zod'
import { configSchema } from './schema.ts'

export type JsonSchema = {
  readonly type?: string
  readonly description?: string
  readonly default?: string | number | boolean | readonly string[]
  readonly examples?: readonly unknown[]
  readonly enum?: readonly string[]
  readonly const?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly required?: readonly string[]
}

/** JSON Schema draft 7, which editors know best. */
export function jsonSchema(): JsonSchema {
  const made = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override({ zodSchema, jsonSchema }) {
      // Zod leaves these out where a value is transformed; ours are written as the user writes them.
      const meta = z.globalRegistry.get(zodSchema)
      for (const key of ['default', 'examples'] as const) {
        if (meta?.[key] !== undefined) Object.assign(jsonSchema, { [key]: meta[key] })
      }
    },
  })
  return made as JsonSchema
}

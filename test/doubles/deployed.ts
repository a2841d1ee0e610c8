// A world in which releases have been deployed, for tests of what looks at it.
import { expect } from 'vitest'
import type { Definition } from '../../src/core/model.ts'
import type { App } from '../../src/operations/app.ts'
import { buildDefinition } from '../builders.ts'
import { deployTag, World } from './world.ts'

export const shop = buildDefinition({ hosts: ['shop.example.com'] })
export const staging = buildDefinition({ environment: 'staging', listen: '127.0.0.1:18081' })

const BETWEEN_DEPLOYS_MS = 720_000

/** Deploys one tag after the other, twelve minutes apart. */
export async function deployed(tags: readonly string[], definition: Definition = shop) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) {
    expect((await deployTag(app, definition, tag)).answer.outcome).toBe('succeeded')
    world.clock.pass(BETWEEN_DEPLOYS_MS)
  }
  return { world, app }
}

export function newestTransaction(app: App): string {
  return app.store.operations.list(1)[0]!.transactionId
}

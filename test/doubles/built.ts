// A world with a repository, a builder and a registry, for tests of what is done to images.
import type { Definition } from '../../src/core/model.ts'
import type { App } from '../../src/operations/app.ts'
import { type BuildAsked, buildImage } from '../../src/operations/build.ts'
import { pushTag } from '../../src/operations/push.ts'
import { buildBuild, buildDefinition } from '../builders.ts'
import { alice, World } from './world.ts'

export const REPOSITORY = 'registry.test/shop'
export const shop = buildDefinition({ image: REPOSITORY, build: buildBuild() })

export const askedFor: BuildAsked = {
  ...alice,
  template: null,
  version: null,
  fresh: false,
  ci: { build: '42', branch: null },
}

export function workshop() {
  const world = new World()
  const revision = world.repository.commit('first', { 'main.go': 'package main', 'astern.yaml': 'services: {}' })
  world.repository.tag('v1.3.0')
  world.repository.remote = { name: 'origin', url: 'https://me:hunter2@example.com/acme/shop.git' }
  return { world, revision, app: world.process().app }
}

/** Builds the code under a tag. */
export function build(app: App, tag: string, definition: Definition = shop) {
  return buildImage(app, definition, { ...askedFor, template: tag })
}

export function push(app: App, tag: string | null = null, definition: Definition = shop, to: string | null = null) {
  return pushTag(app, definition, { ...alice, tag, from: null, to })
}

/** Steps of the newest operation, as `name status`. */
export function stepsOfNewest(app: App): string[] {
  const { transactionId } = app.store.operations.list(1)[0]!
  return app.store.journal.ofTransaction(transactionId).map(({ step, status }) => `${step} ${status}`)
}

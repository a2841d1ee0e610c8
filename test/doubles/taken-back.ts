// A service whose v1.1.0 was rolled back from, with the commits that both of its images were built from.
import type { Definition } from '../../src/core/model.ts'
import { shop } from './deployed.ts'
import { deployTag, rollBack, World } from './world.ts'

export async function takenBack(definition: Definition = shop, remote = 'git@github.com:acme/shop.git') {
  const world = new World()
  const { repository } = world
  repository.remote = { name: 'origin', url: remote }
  const good = repository.commit('feat: a')
  const bad = repository.commit('feat: b')
  repository.remoteBranches.set('main', bad)
  world.commits.set(good, null).set(bad, good)
  world.addImage('v1.0.0', 1, good)
  world.addImage('v1.1.0', 2, bad)
  const { app } = world.process()
  await deployTag(app, definition, 'v1.0.0')
  await deployTag(app, definition, 'v1.1.0')
  const answered = await rollBack(app, shop)
  return { world, repository, app, good, bad, answered }
}

// The suite of compose projects against the fake.
import { FakeCompose, type FakeService } from '../../src/drivers/fake/compose.ts'
import { IdleClock } from '../doubles/world.ts'
import { runsComposeProjects, type ServiceWish } from './compose.ts'

const IMAGE = `sha256:${'7'.repeat(64)}`

runsComposeProjects(async () => {
  const fake = new FakeCompose(new IdleClock())
  const bare = new FakeCompose(new IdleClock())
  bare.missing = "docker: 'compose' is not a docker command."
  let count = 0
  const serviceOf = (name: string, { own, built, unhealthy, says, publishes }: ServiceWish): FakeService => ({
    name,
    image: own === true ? 'shop:nowhere' : built === true ? null : 'other:1',
    isBuilt: built === true,
    ports: publishes === undefined ? [] : [publishes],
    takesMs: 0,
    unhealthy: unhealthy === true ? `container ${name}-1 is unhealthy` : null,
    says: says === undefined ? [] : [says],
  })
  return {
    compose: fake.open(),
    without: bare.open(),
    repository: 'shop',
    image: IMAGE,
    file: async (services) => {
      count += 1
      const file = `/srv/${count}/compose.yaml`
      fake.files.set(
        file,
        Object.entries(services).map(([name, wish]) => serviceOf(name, wish)),
      )
      return file
    },
    project: (file) => {
      count += 1
      return {
        name: `astern-verify-${count}`,
        file,
        image: IMAGE,
        replaces: { named: null, service: 'shop', repository: 'shop' },
        port: 8080,
        labels: {},
        overrideFile: '/dev/null',
      }
    },
    left: async (name) => {
      const images = Object.fromEntries(fake.projects.get(name)?.images ?? [])
      return { images, things: Object.keys(images).length }
    },
    close: async () => {},
  }
})

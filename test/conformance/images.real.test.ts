// The suite of an engine's images against the Docker engine of this host, and a copy on a disk that goes back into it.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createArchive } from '../../src/drivers/archive/archive.ts'
import { writeTar } from '../../src/drivers/archive/tar.ts'
import { createDockerImages } from '../../src/drivers/docker/image-store.ts'
import { temporaryFolder } from '../doubles/store.ts'
import { bytesOf, file } from '../fixtures/saved-image.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { docker } from './docker-world.ts'
import { hasImages, type ImagesWorld } from './images.ts'

async function openDockerImages(): Promise<ImagesWorld> {
  const repository = `astern-test-${randomBytes(4).toString('hex')}`
  const ids: string[] = []
  const containers: string[] = []
  return {
    images: createDockerImages({ installation: 'none', env: process.env, clock: realClock }),
    repository,
    make: async (reference) => {
      const id = await imported(reference)
      ids.push(id)
      return id
    },
    name: async (id, reference) => void (await docker('tag', id, reference)),
    use: async (id) => {
      await docker('create', '--name', repository, id, '/none')
      containers.push(repository)
      return repository
    },
    close: async () => {
      for (const name of containers) await docker('rm', '--force', name)
      for (const id of ids) await docker('rmi', '--force', id).catch(() => '')
    },
  }
}

/** An image of one file with random content. */
async function imported(reference: string): Promise<string> {
  const tar = await bytesOf(writeTar([file('random', randomBytes(20_000).toString('hex'))]))
  const running = promisify(execFile)('docker', ['import', '-', reference])
  running.child.stdin!.end(tar)
  return (await running).stdout.trim()
}

describe('the Docker engine', () => {
  hasImages(openDockerImages)
})

describe('a copy of an image', () => {
  const made: string[] = []
  afterEach(async () => {
    for (const id of made.splice(0)) await docker('rmi', '--force', id).catch(() => '')
  })

  it('goes back into the engine as the same image under its name, after everything of it was deleted', async () => {
    const images = createDockerImages({ installation: 'none', env: process.env, clock: realClock })
    const archive = createArchive({ folder: `${temporaryFolder()}/images`, lock: (work) => work() })
    const reference = `astern-test-${randomBytes(4).toString('hex')}:copied`
    const id = await imported(reference)
    made.push(id)
    await archive.take(id, reference, images.save(id))
    await docker('rmi', '--force', id)
    await images.load(archive.open(id, reference))
    expect(await docker('image', 'inspect', '--format', '{{.Id}} {{.RepoTags}}', reference)).toBe(
      `${id} [${reference}]`,
    )
  })
})

// The suite against Docker's command line and a registry of Debian.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe } from 'vitest'
import { createDockerCli } from '../../src/drivers/docker-cli/builder.ts'
import { type Registry, startRegistry } from '../fixtures/registry.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { isBuilder } from './builder.ts'

const run = promisify(execFile)

describe("Docker's command line", () => {
  let registry: Registry
  const folders: string[] = []
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(async () => {
    await registry.close()
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
    const { stdout } = await run('docker', ['images', '--quiet', '--filter', 'label=astern.test=builder'])
    const images = [...new Set(stdout.split('\n').filter(Boolean))]
    // One that others were built on goes with the last of them: then it is gone already, or not yet free.
    for (const id of images) await run('docker', ['rmi', '--force', id]).catch(() => null)
  })

  isBuilder(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astern-builder-'))
    folders.push(folder)
    const dockerfile = join(folder, 'Dockerfile')
    const write = (code: string) => writeFile(join(folder, 'app'), code)
    await write(folder)
    await writeFile(join(folder, '.dockerignore'), '.git\n')
    await writeFile(dockerfile, 'FROM scratch\nLABEL astern.test=builder\nCOPY app /app\nUSER 10001\nCMD ["/app"]\n')
    const repository = `${registry.host}/shop-${folders.length}`
    const image = `${repository}:v1`
    return {
      builder: createDockerCli({ env: process.env, clock: realClock }),
      repository,
      wanted: { image, context: folder, dockerfile, target: null, args: {}, labels: {}, platforms: [], fresh: false },
      write,
      break: () => writeFile(dockerfile, 'FROM scratch\nCOPY missing /missing\n'),
      digestOf: async (tag) => {
        const accept =
          'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json'
        const path = `/v2/shop-${repository.split('-').at(-1)}/manifests/${tag}`
        const response = await fetch(`http://${registry.host}${path}`, { method: 'HEAD', headers: { accept } })
        return response.headers.get('docker-content-digest')
      },
    }
  })
})

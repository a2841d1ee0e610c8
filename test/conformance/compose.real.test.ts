// The suite of compose projects against the Compose plugin and a real engine.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { createCompose } from '../../src/drivers/compose/compose.ts'
import { createHooks } from '../../src/drivers/hooks/hooks.ts'
import { hostClock } from '../../src/drivers/host/clock.ts'
import { composePlugin } from '../fixtures/compose-plugin.ts'
import { buildProbeImage } from '../fixtures/probe-app.ts'
import { runsComposeProjects, type ServiceWish } from './compose.ts'

const run = promisify(execFile)

runsComposeProjects(async () => {
  const { reference, configDigest } = await buildProbeImage()
  const folder = await mkdtemp(join(tmpdir(), 'astern-compose-'))
  const env = { ...process.env, ...(await composePlugin()) }
  const open = (env: NodeJS.ProcessEnv) => createCompose(async () => createHooks({ env, clock: hostClock }))
  const repository = `${basename(folder).toLowerCase()}/shop`
  let count = 0
  const docker = async (...words: string[]) => (await run('docker', words, { env })).stdout.split('\n').filter(Boolean)
  const serviceOf = (name: string, { own, built, unhealthy, says, publishes }: ServiceWish) => ({
    ...(built === true ? { build: '.' } : { image: own === true ? `${repository}:nowhere` : reference }),
    environment: {
      ...(says === undefined ? {} : { PROBE_LOG: says }),
      ...(unhealthy === true ? { PROBE_HEALTHY_AFTER_MS: '-1' } : {}),
    },
    healthcheck: { test: ['CMD', '/probe-app', 'check'], interval: '200ms', timeout: '1s', retries: 3 },
    volumes: [`${name}:/data`],
    stop_grace_period: '1s',
    ...(publishes === undefined ? {} : { ports: [`127.0.0.1::${publishes}`] }),
  })
  return {
    compose: open(env),
    // A plugin can be in the folders of the machine as well; without docker there is none for sure.
    without: open({ ...env, PATH: '/nowhere' }),
    repository,
    image: configDigest,
    async file(services) {
      count += 1
      const own = join(folder, String(count))
      await mkdir(own)
      await writeFile(join(own, 'Dockerfile'), `FROM ${reference}\nLABEL made=${count}\n`)
      const volumes = Object.fromEntries(Object.keys(services).map((name) => [name, {}]))
      const all = Object.fromEntries(Object.entries(services).map(([name, wish]) => [name, serviceOf(name, wish)]))
      await writeFile(join(own, 'compose.yaml'), JSON.stringify({ services: all, volumes }))
      return join(own, 'compose.yaml')
    },
    project(file) {
      count += 1
      return {
        name: `${basename(folder).toLowerCase()}-${count}`,
        file,
        image: configDigest,
        replaces: { named: null, service: 'shop', repository },
        port: 8080,
        labels: { 'astern.service': 'shop' },
        overrideFile: join(folder, `override-${count}.json`),
      }
    },
    async left(name) {
      const ours = `--filter=label=com.docker.compose.project=${name}`
      const containers = await docker('ps', '--all', '--quiet', ours, '--filter=label=astern.service=shop')
      const format = '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}}'
      const seen = containers.length === 0 ? [] : await docker('inspect', '--format', format, ...containers)
      const others = [
        await docker('network', 'ls', '--quiet', ours),
        await docker('volume', 'ls', '--quiet', ours),
        await docker('image', 'ls', '--quiet', ours),
      ]
      return {
        images: Object.fromEntries(seen.map((line) => line.split(' ') as [string, string])),
        things: containers.length + others.flat().length,
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
})

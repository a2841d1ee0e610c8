// What whoever runs compose projects must do, whatever it is made of.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Compose, ProjectWanted } from '../../src/ports/compose.ts'

/** A service of a compose file. */
export type ServiceWish = {
  /** Its image is of the repository that is checked, with a tag that nobody has. */
  readonly own?: true
  /** It is built from a Dockerfile. */
  readonly built?: true
  readonly unhealthy?: true
  readonly says?: string
  /** A port that it publishes on a free port of the host. */
  readonly publishes?: number
}

export type ComposeWorld = {
  readonly compose: Compose
  /** On a host without it. */
  readonly without: Compose
  readonly repository: string
  /** The image ID. */
  readonly image: string
  /** Writes a compose file; each service has a volume of its own. Returns its path. */
  file(services: Readonly<Record<string, ServiceWish>>): Promise<string>
  /** A project of that file, under a name that was never used. */
  project(file: string): ProjectWanted
  /** Image IDs of the containers of a project, by service, and how many containers, networks, volumes and images there are of it. */
  left(name: string): Promise<{ readonly images: Readonly<Record<string, string>>; readonly things: number }>
  close(): Promise<void>
}

const LONG_MS = 60_000

export function runsComposeProjects(open: () => Promise<ComposeWorld>): void {
  let world: ComposeWorld
  const names = new Set<string>()
  beforeAll(async () => {
    world = await open()
  })
  afterEach(async () => {
    for (const name of names) await world.compose.down(name)
    names.clear()
  })
  afterAll(() => world?.close())

  async function wanted(services: Readonly<Record<string, ServiceWish>>, changes: Partial<ProjectWanted> = {}) {
    const project = { ...world.project(await world.file(services)), ...changes }
    names.add(project.name)
    return project
  }
  const up = (project: ProjectWanted, session: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    world.compose.up(project, { timeoutMs: LONG_MS, onOutput: () => {}, ...session })

  describe('a compose project', () => {
    it('comes up with the image in the place of its own, says where it answers, and goes without a trace', async () => {
      const project = await wanted({ shop: { own: true, says: 'ready' }, db: { built: true, publishes: 5432 } })
      const { main, ports } = await up(project)
      expect(main).toBe('shop')
      const free = expect.any(Number) as number
      expect([...ports].sort((a, b) => a.containerPort - b.containerPort)).toEqual([
        { service: 'db', containerPort: 5432, hostPort: free, protocol: 'tcp' },
        { service: 'shop', containerPort: 8080, hostPort: free, protocol: 'tcp' },
      ])
      const { images } = await world.left(project.name)
      expect(images['shop']).toBe(world.image)
      expect(Object.keys(images).sort()).toEqual(['db', 'shop'])
      let text = ''
      await world.compose.logs(project.name, {
        timeoutMs: LONG_MS,
        onOutput: ({ bytes }) => (text += Buffer.from(bytes).toString('utf8')),
      })
      expect(text).toMatch(/shop-1 +\| ready/)
      await world.compose.down(project.name)
      expect(await world.left(project.name)).toEqual({ images: {}, things: 0 })
    })

    it('that does not become healthy has failed, and can be taken down', async () => {
      const project = await wanted({ shop: { own: true, unhealthy: true } })
      await expect(up(project)).rejects.toMatchObject({
        code: 'COMPOSE_FAILED',
        message: expect.stringMatching(/did not come up: .*shop-1.* unhealthy/) as string,
      })
      await world.compose.down(project.name)
      expect((await world.left(project.name)).things).toBe(0)
    })

    it('of which no service fits says which there are', async () => {
      const project = await wanted({ web: {}, db: {} })
      await expect(up(project)).rejects.toMatchObject({
        message: expect.stringMatching(/service: (db, web|web, db)/) as string,
      })
      await expect(up({ ...project, replaces: { ...project.replaces, named: 'nobody' } })).rejects.toMatchObject({
        code: 'COMPOSE_FAILED',
      })
    })

    it('has the image in the service that is named, whatever that would have had', async () => {
      const project = await wanted({ web: {} })
      const { main, ports } = await up({ ...project, port: null, replaces: { ...project.replaces, named: 'web' } })
      expect({ main, ports }).toEqual({ main: 'web', ports: [] })
      expect((await world.left(project.name)).images).toEqual({ web: world.image })
    })

    it('is given up when the signal aborts, with its reason', async () => {
      const reason = new Error('Ctrl-C')
      const project = await wanted({ shop: { own: true } })
      await expect(up(project, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })

    it('whose file is not there cannot be read', async () => {
      const project = await wanted({ shop: { own: true } })
      await expect(up({ ...project, file: '/nowhere/compose.yaml' })).rejects.toMatchObject({
        message: expect.stringContaining('cannot be read') as string,
      })
    })

    it('that never was is down already', async () => {
      await expect(world.compose.down('astern-verify-never')).resolves.toBeUndefined()
    })
  })

  it('says why there is none', async () => {
    expect(await world.compose.missing()).toBeNull()
    expect(await world.without.missing()).toMatch(/docker/)
  })
}

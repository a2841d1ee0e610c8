// Two installations share one Docker engine with strangers: each keeps to what is its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'

describe('two installations on one engine', () => {
  let ours: Installation
  let theirs: Installation
  let stranger: string
  const strangerNetwork = () => `${ours.repository}-stranger`

  beforeAll(async () => {
    ;[ours, theirs] = await Promise.all([createInstallation(), createInstallation()])
    await ours.docker('network', 'create', strangerNetwork())
    stranger = await ours.docker('run', '-d', '--network', strangerNetwork(), await ours.tag('stranger'))
    for (const each of [ours, theirs]) {
      await each.ask('up')
      await each.deploy('v1')
    }
  })
  afterAll(async () => {
    await ours?.docker('rm', '-f', stranger)
    await ours?.docker('network', 'rm', strangerNetwork())
    await ours?.close()
    await theirs?.close()
  })

  it('work side by side, each with a network of its own', async () => {
    expect(await ours.visit()).toMatchObject({ release: 'v1' })
    expect(await theirs.visit()).toMatchObject({ release: 'v1' })
    const subnets = await Promise.all(
      [ours, theirs].map((each) =>
        each.docker(
          'network',
          'inspect',
          '--format',
          '{{(index .IPAM.Config 0).Subnet}}',
          `astern-${each.record().installation}`,
        ),
      ),
    )
    expect(new Set(subnets).size).toBe(2)
  })

  it('refuse what the other one runs, with its name', async () => {
    const config = {
      ...theirs.configOf({ env: { MARK: 'theirs' } }),
      environments: { [ours.environment]: { listen: `127.0.0.1:${await freePort()}` } },
    }
    await theirs.writeConfig(config)
    const refused = await theirs.astern(['deploy', 'v1', '--json'])
    expect(refused).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'FOREIGN_INSTALLATION' } } })
    expect(refused.last['error'].message).toContain(ours.record().installation)
    expect(await ours.visit()).toMatchObject({ status: 200, release: 'v1' })
  })

  it('touch nothing else when one of them goes: neither the other, nor a stranger', async () => {
    // somebody has put the stranger on our network, too
    const network = `astern-${ours.record().installation}`
    await ours.docker('network', 'connect', network, stranger)
    const gone = await ours.astern(['down', '--all', '--yes'])
    expect(gone.code).toBe(0)
    expect(gone.stderr).toContain(`The network ${network} stays`)
    expect(await ours.containers()).toEqual(new Map())
    expect(await ours.docker('inspect', '--format', '{{.State.Status}}', stranger)).toBe('running')
    await ours.docker('network', 'disconnect', network, stranger)
    expect((await ours.astern(['down', '--all', '--yes'])).code).toBe(0)
    await expect(ours.docker('network', 'inspect', `astern-${ours.record().installation}`)).rejects.toThrow('not found')
    expect(await ours.docker('inspect', '--format', '{{.State.Status}}', stranger)).toBe('running')
    expect(await ours.docker('network', 'inspect', '--format', '{{.Name}}', strangerNetwork())).toBe(strangerNetwork())
    expect(await theirs.visit()).toMatchObject({ status: 200, release: 'v1' })
    // and now the name is free
    expect(await theirs.ask('deploy', 'v1')).toMatchObject({ outcome: 'succeeded', environment: ours.environment })
  })
})

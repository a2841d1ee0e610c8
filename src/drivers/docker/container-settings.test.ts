import { describe, expect, it } from 'vitest'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import { containerSettings, stopSeconds } from './container-settings.ts'

const plain: ReplicaSpec = {
  service: 'gin-shop',
  environment: 'prod',
  name: 'r41-1',
  release: 41,
  process: 'web',
  transactionId: 'tx-5f8a7b9c',
  address: '10.213.0.2',
  configDigest: `sha256:${'a'.repeat(64)}`,
  config: {
    port: 8080,
    command: null,
    env: { FROM: 'config' },
    mounts: [],
    ports: [],
    memoryBytes: null,
    cpus: null,
    stop: { signal: 'SIGTERM', timeoutMs: 10_000, drainMs: 30_000 },
    health: {
      kind: 'http',
      path: '/healthz',
      intervalMs: 500,
      timeoutMs: 2_000,
      rise: 1,
      fall: 2,
      startPeriodMs: 30_000,
    },
  },
  secretFiles: null,
  roleFolder: null,
  openEnv: () => ({ GIN_MODE: 'release', DATABASE_URL: 'postgres://u:p=w@db' }),
}
const settings = (config: Partial<ReplicaSpec['config']> = {}) =>
  containerSettings('abc', { ...plain, config: { ...plain.config, ...config } })

describe('the settings of a container', () => {
  it('name the image by its ID, so that a tag that moves changes nothing', () => {
    expect(settings()).toMatchObject({ Image: plain.configDigest })
  })
  it('hold the opened environment and nothing else of it', () => {
    expect(settings()).toMatchObject({ Env: ['GIN_MODE=release', 'DATABASE_URL=postgres://u:p=w@db'] })
  })
  it('leave command and limits to image and engine when nothing is said', () => {
    expect(settings()).not.toHaveProperty('Cmd')
    expect(settings()).not.toHaveProperty('HostConfig.Memory')
    expect(settings()).not.toHaveProperty('HostConfig.NanoCpus')
  })
  it('take command and limits from the release', () => {
    expect(settings({ command: ['serve'], memoryBytes: 134_217_728, cpus: 0.1 })).toMatchObject({
      Cmd: ['serve'],
      HostConfig: { Memory: 134_217_728, NanoCpus: 100_000_000 },
    })
  })
  it('keep the health check of the image only where it decides', () => {
    const { health } = plain.config
    expect(settings({ health: { ...health, kind: 'image' } })).not.toHaveProperty('Healthcheck')
    expect(settings({ health: { ...health, kind: 'tcp' } })).toMatchObject({ Healthcheck: { Test: ['NONE'] } })
  })
  it('never let the engine start what was stopped or frozen', () => {
    expect(settings()).toMatchObject({ HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } })
  })
  it('fix the address on the network of the installation', () => {
    expect(settings()).toMatchObject({
      HostConfig: { NetworkMode: 'astern-abc' },
      NetworkingConfig: { EndpointsConfig: { 'astern-abc': { IPAMConfig: { IPv4Address: '10.213.0.2' } } } },
    })
  })
  it('leave everything else to image and engine when nothing is said', () => {
    for (const key of ['Entrypoint', 'User', 'WorkingDir']) expect(settings()).not.toHaveProperty(key)
    for (const key of ['ReadonlyRootfs', 'Tmpfs', 'CapDrop', 'ExtraHosts', 'Ulimits', 'ShmSize'])
      expect(settings()).not.toHaveProperty(`HostConfig.${key}`)
  })
  it('take further settings in the words of the engine', () => {
    const container = {
      entrypoint: ['/e'],
      user: '10001',
      workingDir: '/srv',
      init: true,
      readOnly: true,
      tmpfs: ['/run', '/tmp:size=64m,mode=1777'],
      shmBytes: 1024,
      capAdd: ['NET_RAW'],
      capDrop: ['ALL'],
      securityOpt: ['no-new-privileges:true'],
      ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
      extraHosts: ['db:10.0.0.5'],
    }
    expect(settings({ container })).toMatchObject({
      Entrypoint: ['/e'],
      User: '10001',
      WorkingDir: '/srv',
      HostConfig: {
        Init: true,
        ReadonlyRootfs: true,
        Tmpfs: { '/run': '', '/tmp': 'size=64m,mode=1777' },
        ShmSize: 1024,
        CapAdd: ['NET_RAW'],
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
        ExtraHosts: ['db:10.0.0.5'],
      },
    })
  })
  it('mount secrets as files, read-only', () => {
    const replica = { ...plain, secretFiles: '/state/secrets/gin-shop.prod/r41' }
    expect(containerSettings('abc', replica)).toMatchObject({
      HostConfig: { Mounts: [{ Type: 'bind', Source: replica.secretFiles, Target: '/run/secrets', ReadOnly: true }] },
    })
  })
  it('mount volumes and folders', () => {
    expect(
      settings({
        mounts: [
          { kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: true },
          { kind: 'bind', source: '/srv/static', target: '/static', readOnly: true, shared: false },
        ],
      }),
    ).toMatchObject({
      HostConfig: {
        Mounts: [
          { Type: 'volume', Source: 'uploads', Target: '/data', ReadOnly: false },
          { Type: 'bind', Source: '/srv/static', Target: '/static', ReadOnly: true },
        ],
      },
    })
  })
  it('show its role to a container in a folder that it cannot write to', () => {
    const roleFolder = '/var/lib/astern/roles/gin-shop.prod/r41'
    const Mounts = [{ Type: 'bind', Source: roleFolder, Target: '/run/astern', ReadOnly: true }]
    const told = containerSettings('abc', { ...plain, roleFolder }) as { Env: string[] }
    expect(told).toMatchObject({ HostConfig: { Mounts } })
    expect(told.Env).toContain('ASTERN_ROLE_FILE=/run/astern/role')
    expect(JSON.stringify(settings())).not.toContain('/run/astern')
    const own = { kind: 'volume' as const, source: 'own', target: '/run/astern', readOnly: false, shared: true }
    const config = { ...plain.config, mounts: [own] }
    expect(JSON.stringify(containerSettings('abc', { ...plain, roleFolder, config }))).not.toContain(roleFolder)
  })
  it('publish several ports of the host that lead to one of the container', () => {
    const ports = [80, 8000].map((hostPort) => ({
      hostAddress: hostPort === 80 ? null : '127.0.0.1',
      hostPort,
      containerPort: 8080,
      protocol: 'tcp' as const,
    }))
    expect(settings({ ports })).toMatchObject({
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: {
        PortBindings: {
          '8080/tcp': [
            { HostIp: '', HostPort: '80' },
            { HostIp: '127.0.0.1', HostPort: '8000' },
          ],
        },
      },
    })
  })
  it('round a stop timeout up, never down to a kill at once', () => {
    expect([0, 1, 999, 1_000, 1_001].map(stopSeconds)).toEqual([0, 1, 1, 1, 2])
  })
})

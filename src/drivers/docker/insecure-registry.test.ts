import { describe, expect, it } from 'vitest'
import type { EngineSeen } from './engine-api.ts'
import { isInsecure } from './insecure-registry.ts'

const RegistryConfig = {
  IndexConfigs: { 'docker.io': { Secure: true }, 'r.test:5000': { Secure: false } },
  InsecureRegistryCIDRs: ['127.0.0.0/8', '10.1.0.0/16', 'fd00::/8'],
}
const ask = (registry: string, info: EngineSeen = { RegistryConfig }) =>
  isInsecure({ info: async () => info }, registry)

describe('what Docker calls an insecure registry', () => {
  it('is one that the engine was told by name, or whose address lies in such a network', async () => {
    for (const registry of ['r.test:5000', '10.1.2.3:5000', '10.1.2.3', '[fd00::7]:5000']) {
      expect(await ask(registry)).toBe(true)
    }
  })
  it('is no other one', async () => {
    for (const registry of ['r.test', 'docker.io', '10.2.0.1:5000', '[fe80::1]'])
      expect(await ask(registry)).toBe(false)
    expect(await ask('10.1.2.3', {})).toBe(false)
  })
  it('is none when the engine cannot be asked', async () => {
    const away = { info: () => Promise.reject(new Error('connection refused')) }
    expect(await isInsecure(away, 'r.test:5000')).toBe(false)
  })
})

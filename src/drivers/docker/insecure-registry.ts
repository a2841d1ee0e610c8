// Which registries the engine was told to be insecure (`insecure-registries` of the daemon): what Docker reaches without a believed certificate, or without TLS.
import { BlockList, isIP } from 'node:net'
import type { EngineApi, EngineSeen } from './engine-api.ts'

/** False when the engine cannot be asked: then nothing is insecure. */
export async function isInsecure(api: Pick<EngineApi, 'info'>, registry: string): Promise<boolean> {
  const info = await api.info().catch((): EngineSeen => ({}))
  const { IndexConfigs: named, InsecureRegistryCIDRs: networks } = info.RegistryConfig ?? {}
  if (named?.[registry]?.Secure === false) return true
  const address = registry.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const family = isIP(address)
  if (family === 0) return false
  const list = new BlockList()
  for (const network of networks ?? []) {
    const [base = '', bits = ''] = network.split('/')
    list.addSubnet(base, Number(bits), isIP(base) === 6 ? 'ipv6' : 'ipv4')
  }
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

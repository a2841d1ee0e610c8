// Brings the proxy up with the committed state in its file.
import { fail, isAsternError } from '../core/errors.ts'
import type { ProxyFacts } from '../ports/traffic.ts'
import type { App } from './app.ts'

/** Errors: PORT_TAKEN, PROXY_UNAVAILABLE, PROXY_DOWN. */
export async function ensureProxyUp(app: App, onProgress?: (text: string) => void): Promise<ProxyFacts> {
  const proxy = await app.proxy()
  if (!(await proxy.facts()).running) app.store.renewProofSecret()
  try {
    await app.traffic.ensure()
  } catch (error) {
    if (!isAsternError(error, 'PROXY_DOWN')) throw error
  }
  const facts = await proxy.ensureRunning(onProgress)
  await app.traffic.ensure()
  if (!facts.running) throw fail('PROXY_DOWN', { reason: 'it did not start' })
  return facts
}

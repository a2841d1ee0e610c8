// Checks of the proxy: that it runs, that it does what is committed, and that users can connect to it.
import { connect } from 'node:net'
import { isAsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import { hasWeb } from '../../core/processes.ts'
import type { App } from '../../operations/app.ts'
import { lookAtTraffic } from '../../operations/status.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ServerSeen, ServerWanted, TrafficSeen, TrafficWanted } from '../../ports/traffic.ts'
import { type Check, type Finding, findingOf, within } from './look.ts'

const OLDEST_HAPROXY = [3, 0] as const
const CONNECT_MS = 1_000
/** Differences that are named; the rest is counted. */
const MAX_DIFFERENCES = 5
const MAX_LOOKS = 3
const BETWEEN_LOOKS_MS = 200

export const checkProxy: Check = async (look) => {
  const { context, app, clock } = look
  if (app === null) return []
  const { t } = context
  const name = 'proxy'
  const { trouble } = await within(clock, () => lookAtTraffic(app))
  if (trouble !== null) {
    // Before the first deploy nobody misses it.
    const serves = app.store.services.list().some(({ active }) => active !== null)
    return [await findingOf(context, name, serves ? 'fail' : 'warn', trouble)]
  }
  const findings = [await checkVersion(look)]
  const differences = await lastingDifferences(app, clock)
  if (differences.length === 0) {
    const message = t('doctor_proxy_equal', { generation: app.store.replicas.wanted().generation })
    return [...findings, { name: 'proxy_equal', status: 'ok', message, hint: null }]
  }
  const shown = differences.slice(0, MAX_DIFFERENCES).join('; ')
  const more = differences.length > MAX_DIFFERENCES ? ` … (${differences.length})` : ''
  const message = t('doctor_proxy_differs', { differences: shown + more })
  return [...findings, { name: 'proxy_equal', status: 'fail', message, hint: t('doctor_proxy_differs_hint') }]
}

/** The proxy's version is known where it was started: by the engine, or on the host. */
async function checkVersion({ context, app, engine, clock }: Parameters<Check>[0]): Promise<Finding> {
  const { t } = context
  const name = 'proxy'
  const running: Finding = { name, status: 'ok', message: t('doctor_proxy'), hint: null }
  if (app === null || isAsternError(await engine())) return running
  let facts
  try {
    facts = await within(clock, async () => (await app.proxy()).facts())
  } catch (error) {
    return findingOf(context, name, 'warn', error)
  }
  const { version, kind } = facts
  if (version === null) return running
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const details = { version, kind: kind ?? '-' }
  const isNewEnough = major > OLDEST_HAPROXY[0] || (major === OLDEST_HAPROXY[0] && minor >= OLDEST_HAPROXY[1])
  return isNewEnough
    ? { name, status: 'ok', message: t('proxy_runs', details), hint: null }
    : { name, status: 'fail', message: t('proxy_runs', details), hint: t('doctor_proxy_old_hint') }
}

/** What an operation has committed reaches the proxy a moment later: only what still differs then is a difference. */
async function lastingDifferences(app: App, clock: Clock): Promise<string[]> {
  let differences: string[] = []
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const wanted = app.store.replicas.wanted()
    differences = differencesOf(wanted, await within(clock, () => app.traffic.observe()))
    if (differences.length === 0) return []
    await clock.sleep(BETWEEN_LOOKS_MS)
  }
  return differences
}

/** What the running proxy does otherwise than committed, in words of the proxy. */
export function differencesOf(wanted: TrafficWanted, seen: TrafficSeen): string[] {
  const running = new Map(
    seen.backends.map((backend) => [scopeName(backend), new Map(backend.servers.map((one) => [one.name, one]))]),
  )
  return wanted.backends.flatMap((backend) => {
    const name = scopeName(backend)
    const servers = running.get(name) ?? new Map<string, ServerSeen>()
    const known = new Set(backend.servers.map((server) => server.name))
    return [
      ...backend.servers.flatMap((server) => {
        const difference = differenceOf(server, servers.get(server.name))
        return difference === null ? [] : [`${name}/${server.name} ${difference}`]
      }),
      // One that leaves stays in maintenance until its last connection has gone.
      ...[...servers.values()]
        .filter((server) => !known.has(server.name) && server.mode !== 'maintenance')
        .map((server) => `${name}/${server.name} should not be there`),
    ]
  })
}

function differenceOf(wanted: ServerWanted, seen: ServerSeen | undefined): string | null {
  if (seen === undefined) return 'is missing'
  const facts = [
    ['address', `${wanted.address}:${wanted.port}`, `${seen.address}:${seen.port}`],
    ['weight', wanted.weight, seen.weight],
    ['mode', wanted.mode, seen.mode],
    ['checked', wanted.checked, seen.checked],
  ] as const
  const different = facts.filter(([, a, b]) => a !== b).map(([what, a, b]) => `${what} ${b} instead of ${a}`)
  return different.length === 0 ? null : different.join(', ')
}

export const checkListeners: Check = async ({ context, app, clock }) => {
  if (app === null) return []
  const { t } = context
  const served = app.store.services.list().filter(({ definition }) => hasWeb(definition.process))
  const listens = [...new Set(served.map(({ definition }) => definition.listen))]
  const { trouble } = await within(clock, () => lookAtTraffic(app))
  const findings = await Promise.all(
    listens.map(async (listen): Promise<Finding[]> => {
      const name = 'listen'
      const reason = await whyNotReachable(listen)
      if (trouble === null) {
        return reason === null
          ? [{ name, status: 'ok', message: t('doctor_listen', { listen }), hint: null }]
          : [
              {
                name,
                status: 'fail',
                message: t('doctor_listen_refused', { listen, reason }),
                hint: t('doctor_listen_hint'),
              },
            ]
      }
      return reason === null
        ? [{ name, status: 'warn', message: t('doctor_listen_taken', { listen }), hint: t('doctor_listen_taken_hint') }]
        : []
    }),
  )
  return findings.flat()
}

/** `null`: somebody accepts connections there. */
async function whyNotReachable(listen: string): Promise<string | null> {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replaceAll(/[[\]]/g, '')
  const everywhere: Readonly<Record<string, string>> = {
    '0.0.0.0': '127.0.0.1',
    '::': '::1',
    '*': '127.0.0.1',
    '': '127.0.0.1',
  }
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect({ host: everywhere[host] ?? host, port: Number(listen.slice(colon + 1)) })
  socket
    .setTimeout(CONNECT_MS, () => resolve(`no answer within ${CONNECT_MS / 1_000} s`))
    .on('connect', () => resolve(null))
    .on('error', (error) => resolve(error.message))
  const reason = await promise
  socket.destroy()
  return reason
}

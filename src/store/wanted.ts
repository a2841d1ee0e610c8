// The committed traffic intent: all that the proxy should do, read from replicas, trials and definitions. On the way of every rollback.
import { type Scope, scopeName } from '../core/model.ts'
import { hasWeb } from '../core/processes.ts'
import type { BackendWanted, ServerWanted, TrafficWanted, TrialWanted } from '../ports/traffic.ts'
import type { Database, Row } from './database.ts'
import type { Meta } from './meta.ts'
import type { Services } from './services.ts'
import { readPolicy } from './trials.ts'

const DEFAULT_CHECK = { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2 }

export function readWanted(db: Database, services: Services, meta: Meta): TrafficWanted {
  const servers = Map.groupBy(
    db.all('SELECT * FROM replicas WHERE attached = 1 ORDER BY service, environment, release, name'),
    nameOf,
  )
  const trials = readTrials(db)
  const standIns = readStandIns(db)
  const served = services.list().filter(({ definition }) => hasWeb(definition.process))
  const backends = served.map(({ definition, candidate }): BackendWanted => {
    const { service, environment, listen, hosts, trial } = definition
    const { intervalMs, timeoutMs, rise, fall } = definition.health ?? DEFAULT_CHECK
    const name = scopeName(definition)
    const own = (servers.get(name) ?? []).map(toServer)
    return {
      service,
      environment,
      listen,
      hosts,
      check: { intervalMs, timeoutMs, rise, fall },
      servers: own,
      trial: trials.get(name) ?? null,
      standIn: standIns.get(name) ?? null,
      rules: { sticky: trial.sticky, failure: trial.failure, previewFrom: trial.previewFrom },
      ...(candidate !== null && isReady(own, candidate) ? { candidate } : {}),
    }
  })
  return { generation: Number(meta.get('generation')), proofSecret: meta.get('proof_secret')!, backends }
}

/** Like weights, what can be reached changes with what the proxy hears of. */
function isReady(servers: readonly ServerWanted[], of: number): boolean {
  return servers.some(({ release, mode, checked }) => release === of && mode === 'ready' && checked)
}

function readTrials(db: Database): Map<string, TrialWanted> {
  const sql = `SELECT service, environment, release, share, policy FROM trials INDEXED BY trials_open
     WHERE ended_at IS NULL AND share > 0`
  return new Map(
    db.all(sql).map((row) => {
      const { shield } = readPolicy(String(row['policy']))
      return [nameOf(row), { release: Number(row['release']), share: Number(row['share']), shield }]
    }),
  )
}

/**
 * Where somebody is meant to serve: the warm standby that served last, and that nothing speaks against. Whatever decides that changes together with
 * weights, so that the proxy hears of it with them: what a rollback takes out is none from its first commit on.
 */
function readStandIns(db: Database): Map<string, number> {
  const sql = `SELECT DISTINCT r.service, r.environment, r.release, coalesce(l.standby_since, l.active_at) AS served FROM replicas r
     JOIN services s ON s.service = r.service AND s.environment = r.environment
     JOIN releases l ON l.service = r.service AND l.environment = r.environment AND l.number = r.release
     WHERE r.attached = 1 AND r.mode = 'ready' AND r.checked = 1 AND r.weight = 0
       AND r.release IS NOT s.active AND r.release IS NOT s.candidate AND l.active_at IS NOT NULL AND l.rolled_back = 0
       AND NOT EXISTS (SELECT 1 FROM quarantine q
         WHERE q.service = l.service AND q.environment = l.environment AND q.identity = l.identity)
       AND NOT EXISTS (SELECT 1 FROM release_schemas x
         WHERE x.service = r.service AND x.environment = r.environment AND x.release = r.release AND x.refused IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM operations o INDEXED BY operations_unfinished
         WHERE o.service = r.service AND o.environment = r.environment AND o.ended_at IS NULL
           AND o.kind = 'rollback' AND o.from_release = r.release)
       AND EXISTS (SELECT 1 FROM replicas w WHERE w.service = r.service AND w.environment = r.environment AND w.weight > 0)
     ORDER BY served, r.release`
  return new Map(db.all(sql).map((row) => [nameOf(row), Number(row['release'])]))
}

function nameOf(row: Row): string {
  const scope: Scope = { service: String(row['service']), environment: String(row['environment']) }
  return scopeName(scope)
}

function toServer(row: Row): ServerWanted {
  return {
    name: String(row['name']),
    release: Number(row['release']),
    address: String(row['address']),
    port: Number(row['port']),
    weight: Number(row['weight']),
    mode: row['mode'] as ServerWanted['mode'],
    checked: row['checked'] === 1,
    healthPath: row['health_path'] as string | null,
  }
}

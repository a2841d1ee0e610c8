// Live state of a service in an environment: its definition, how many replicas it has, which release serves; and the secrets that stay.
import { type Definition, type Scope, scopeName } from '../core/model.ts'
import { PLAIN_RETENTION } from '../core/retention-policy.ts'
import { PLAIN_TRIAL } from '../core/trial.ts'
import { WEB } from '../core/processes.ts'
import type { Database, Row } from './database.ts'
import type { Meta } from './meta.ts'
import { numberOrNull, remembering } from './rows.ts'

export type Service = Scope & {
  readonly definition: Definition
  /** How many replicas each process has now, by its name. A process that the file no longer names keeps its number: a rollback may need it. */
  readonly live: Readonly<Record<string, number>>
  /** The release that the committed traffic intent gives its weight. */
  readonly active: number | null
  /** The release of a deploy that has not shifted traffic yet. */
  readonly candidate: number | null
  readonly nextRelease: number
  /** How long nobody was served in the last switch that stopped first; `null`: never measured. */
  readonly lastOutageMs: number | null
}

export type CurrentSecret = { readonly name: string; readonly version: string; readonly sealed: string }

export type Services = ReturnType<typeof createServices>

export function createServices(db: Database, meta: Meta) {
  const where = 'WHERE service = ? AND environment = ?'
  return {
    get(scope: Scope): Service | null {
      const row = db.get(`SELECT * FROM services ${where}`, scope.service, scope.environment)
      return row === undefined ? null : toService(row)
    },

    list(): Service[] {
      return db.all('SELECT * FROM services ORDER BY service, environment').map(toService)
    },

    /** Takes over what the configuration file says now. Replicas become the live number when the file's own number changed. */
    define(definition: Definition): void {
      const { [WEB]: web, ...others } = liveUnder(definition, this.get(definition))
      db.run(
        `INSERT INTO services (service, environment, definition, config_path, live_replicas, live_processes, next_release)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET definition = excluded.definition, config_path = excluded.config_path,
           live_replicas = excluded.live_replicas, live_processes = excluded.live_processes`,
        definition.service,
        definition.environment,
        JSON.stringify(definition),
        definition.configPath,
        web ?? definition.replicas,
        JSON.stringify(others),
        Number(meta.get(numberKey(definition)) ?? 1),
      )
    },

    /** Scaled by hand: the file's own numbers count again when they change. */
    setLive(scope: Scope, live: Readonly<Record<string, number>>): void {
      const { [WEB]: web, ...others } = live
      db.run(
        `UPDATE services SET live_replicas = coalesce(?, live_replicas), live_processes = ? ${where}`,
        web ?? null,
        JSON.stringify(others),
        scope.service,
        scope.environment,
      )
    },

    /** Hands out the next release number. */
    takeNumber(scope: Scope): number {
      const row = db.get(
        `UPDATE services SET next_release = next_release + 1 ${where} RETURNING next_release`,
        scope.service,
        scope.environment,
      )
      return Number(row!['next_release']) - 1
    },

    setCandidate(scope: Scope, release: number | null): void {
      db.run(`UPDATE services SET candidate = ? ${where}`, release, scope.service, scope.environment)
    },

    setActive(scope: Scope, release: number | null): void {
      db.run(`UPDATE services SET active = ? ${where}`, release, scope.service, scope.environment)
    },

    setLastOutage(scope: Scope, ms: number): void {
      db.run(`UPDATE services SET last_outage_ms = ? ${where}`, ms, scope.service, scope.environment)
    },

    currentSecrets(scope: Scope): CurrentSecret[] {
      return db
        .all(
          `SELECT name, version, sealed FROM current_secrets ${where} ORDER BY name`,
          scope.service,
          scope.environment,
        )
        .map((row) => ({ name: String(row['name']), version: String(row['version']), sealed: String(row['sealed']) }))
    },

    /** Replaces all of them: what a deploy that succeeded says is what stays. */
    setCurrentSecrets(scope: Scope, secrets: readonly CurrentSecret[]): void {
      db.run(`DELETE FROM current_secrets ${where}`, scope.service, scope.environment)
      for (const secret of secrets) {
        db.run(
          'INSERT INTO current_secrets (service, environment, name, version, sealed) VALUES (?, ?, ?, ?, ?)',
          scope.service,
          scope.environment,
          secret.name,
          secret.version,
          secret.sealed,
        )
      }
    },

    /** Of every service of the installation. */
    sealAnew(anew: (name: string, sealed: string) => string): void {
      for (const row of db.all('SELECT * FROM current_secrets')) {
        const name = String(row['name'])
        db.run(
          `UPDATE current_secrets SET sealed = ? ${where} AND name = ?`,
          anew(name, String(row['sealed'])),
          String(row['service']),
          String(row['environment']),
          name,
        )
      }
    },

    /** Forgets the service; its history stays in the journal, so its numbers go on where they ended. */
    remove(scope: Scope): void {
      meta.set(numberKey(scope), String(this.get(scope)?.nextRelease ?? 1))
      const trials = `(SELECT transaction_id FROM trials ${where})`
      db.run(`DELETE FROM trial_facts WHERE transaction_id IN ${trials}`, scope.service, scope.environment)
      for (const table of [
        'trials',
        'current_secrets',
        'replicas',
        'one_offs',
        'due_hooks',
        'promotions',
        'verifications',
        'quarantine',
        'holds',
        'schemas',
        'release_schemas',
        'releases',
        'services',
      ]) {
        db.run(`DELETE FROM ${table} ${where}`, scope.service, scope.environment)
      }
    },
  }
}

/** What the file says, where it says something else than before; what is live otherwise. */
export function liveUnder(definition: Definition, before: Service | null): Record<string, number> {
  const said = (from: Definition): [string, number][] => [
    [WEB, from.replicas],
    ...from.processes.map(({ name, replicas }): [string, number] => [name, replicas]),
  ]
  const former = new Map(before === null ? [] : said(before.definition))
  const news = said(definition).filter(([process, replicas]) => former.get(process) !== replicas)
  return { ...before?.live, ...Object.fromEntries(news) }
}

function numberKey(scope: Scope): string {
  return `next_release ${scopeName(scope)}`
}

const readDefinition = remembering((text): Definition => ({
  // one that was stored before there were other processes, sets, freeze windows, hooks, trials, or retention
  processes: [],
  sets: {},
  freeze: [],
  hooks: [],
  trial: PLAIN_TRIAL,
  retention: PLAIN_RETENTION,
  ...(JSON.parse(text) as Omit<Definition, 'processes' | 'sets' | 'freeze' | 'hooks' | 'trial' | 'retention'>),
}))

function toService(row: Row): Service {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    definition: readDefinition(String(row['definition'])),
    live: {
      ...(JSON.parse(String(row['live_processes'])) as Record<string, number>),
      [WEB]: Number(row['live_replicas']),
    },
    active: numberOrNull(row['active']),
    candidate: numberOrNull(row['candidate']),
    nextRelease: Number(row['next_release']),
    lastOutageMs: numberOrNull(row['last_outage_ms']),
  }
}

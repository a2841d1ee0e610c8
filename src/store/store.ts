// Opens the state: one folder with the database, the key that seals secrets, the reserve and the proxy's files.
import { join } from 'node:path'
import type { ProcessTable } from '../ports/process-table.ts'
import type { Random } from '../ports/clock.ts'
import { createCheckLogs } from './check-logs.ts'
import { createCheckProjects } from './check-projects.ts'
import { Database } from './database.ts'
import { createHolds } from './holds.ts'
import { createDueHooks } from './due-hooks.ts'
import { createJournal } from './journal.ts'
import { createLeases } from './leases.ts'
import { createMeta } from './meta.ts'
import { createOneOffs } from './one-offs.ts'
import { createOperations } from './operations.ts'
import { createReleaseFinder } from './release-finder.ts'
import { createReleases } from './releases.ts'
import { createReplicas } from './replicas.ts'
import { createRepositories } from './repositories.ts'
import { createScheduledRuns } from './scheduled-runs.ts'
import { createSchemas } from './schemas.ts'
import { createSecretFiles } from './secret-files.ts'
import { createServices } from './services.ts'
import { createTags } from './tags.ts'
import { createTrials } from './trials.ts'
import { openVault } from './vault.ts'
import { createVerifications } from './verifications.ts'

const INSTALLATION_ID_BYTES = 3
const PROOF_SECRET_BYTES = 16
const SEALED_WITH = 'sealed_with'

export type Store = ReturnType<typeof openStore>

/** Errors: STATE_CORRUPTED, STATE_NEWER, STATE_PERMISSION, DISK_FULL. */
export function openStore(folder: string, processes: ProcessTable, random: Random) {
  const db = Database.open(join(folder, 'astern.db'))
  const meta = createMeta(db)
  const services = createServices(db, meta)

  if (meta.get('installation') === null) {
    db.transaction(() => {
      if (meta.get('installation') !== null) return
      meta.set('installation', random.hex(INSTALLATION_ID_BYTES))
      meta.set('generation', '0')
      meta.set('proof_secret', random.hex(PROOF_SECRET_BYTES))
    })
  }

  return {
    folder,
    db,
    meta,
    services,
    releases: createReleases(db),
    releaseFinder: createReleaseFinder(db),
    replicas: createReplicas(db, services, meta),
    repositories: createRepositories(db),
    tags: createTags(db),
    verifications: createVerifications(db),
    checkProjects: createCheckProjects(db),
    checkLogs: createCheckLogs(folder),
    schemas: createSchemas(db, meta),
    trials: createTrials(db),
    holds: createHolds(db),
    leases: createLeases(db, processes),
    operations: createOperations(db),
    oneOffs: createOneOffs(db, processes),
    dueHooks: createDueHooks(db, processes),
    scheduledRuns: createScheduledRuns(db),
    journal: createJournal(db),
    vault: openVault(join(folder, 'key'), () => meta.get(SEALED_WITH)),
    sealedWith: (keyId: string) => meta.set(SEALED_WITH, keyId),
    secretFiles: createSecretFiles(folder, process.getuid?.() === 0),
    /** Part of container and network names, so that two installations can share one engine. */
    installation: meta.get('installation')!,
    subnet: {
      subnet: () => meta.get('subnet'),
      choose: (subnet: string) => meta.set('subnet', subnet),
    },
    renewProofSecret: () => meta.set('proof_secret', random.hex(PROOF_SECRET_BYTES)),
    transaction: <T>(work: () => T) => db.transaction(work),
    close: () => db.close(),
  }
}

import { DatabaseSync } from 'node:sqlite'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildDefinition, buildRelease, NOW_AT } from '../../test/builders.ts'
import { FakeProcesses, temporaryFolder, temporaryStore, countingRandom } from '../../test/doubles/store.ts'
import { isAsternError } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import type { OperationKind } from '../core/model.ts'
import { LEASE_MS } from './leases.ts'
import { openStore, type Store } from './store.ts'

const scope = { service: 'shop', environment: 'prod' }

function event(transactionId: string, status: JournalEvent['status'] = 'started'): JournalEvent {
  return {
    timestamp: new Date(NOW_AT).toISOString(),
    level: 'info',
    operation: 'rollback',
    ...scope,
    version: 'v1.2.0',
    release: 'r41',
    status,
    step: 'shift_traffic',
    duration_ms: null,
    transaction_id: transactionId,
    actor: 'alice',
    key: 'shift_traffic:r41',
    attempt: 1,
    epoch: 1,
    detail: null,
  }
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return isAsternError(error) ? error.code : String(error)
  }
  return 'no error'
}

function operation(store: Store, kind: OperationKind, transactionId: string) {
  store.operations.insert({ ...scope, kind, transactionId, actor: 'alice', reason: null, startedAt: NOW_AT })
  return store.leases.take(scope, kind, transactionId, NOW_AT)
}

describe('the journal', () => {
  it('gives back what was appended, in order, by operation', () => {
    const store = temporaryStore()
    for (const id of ['tx-1', 'tx-2', 'tx-1']) store.journal.append(event(id))
    store.journal.append(event('tx-1', 'succeeded'))
    expect(store.journal.ofTransaction('tx-1').map(({ status }) => status)).toEqual(['started', 'started', 'succeeded'])
    expect(store.journal.verify()).toBe(4)
  })

  it.each([
    ['a changed row', `UPDATE journal SET record = replace(record, 'alice', 'mallory') WHERE seq = 2`, 2],
    ['a row that is gone', 'DELETE FROM journal WHERE seq = 2', 2],
    ['a forged hash', `UPDATE journal SET hash = 'f' WHERE seq = 3`, 3],
  ])('notices %s', (_, tampering, seq) => {
    const store = temporaryStore()
    for (const id of ['tx-1', 'tx-2', 'tx-3']) store.journal.append(event(id))
    const other = new DatabaseSync(join(store.folder, 'astern.db'))
    other.exec(tampering)
    other.close()
    try {
      store.journal.verify()
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'JOURNAL_TAMPERED', details: { seq } })
    }
  })

  it('tells listeners only of what is durable', () => {
    const store = temporaryStore()
    const heard: string[] = []
    store.journal.listen(({ transaction_id }) => heard.push(transaction_id))
    const failing = () =>
      store.transaction(() => {
        store.journal.append(event('tx-lost'))
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    store.transaction(() => {
      store.journal.append(event('tx-kept'))
      expect(heard).toEqual([])
    })
    expect(heard).toEqual(['tx-kept'])
    expect(store.journal.verify()).toBe(1)
  })
})

describe('a listener that fails', () => {
  it('undoes nothing, and hears nothing more', () => {
    const store = temporaryStore()
    let calls = 0
    store.journal.listen(() => {
      calls++
      throw new Error('a watcher broke')
    })
    store.transaction(() => store.journal.append(event('tx-1')))
    store.transaction(() => store.journal.append(event('tx-2')))
    expect([calls, store.journal.lastSeq()]).toEqual([1, 2])
  })
})

describe('leases', () => {
  it('let one operation in at a time, and say who holds it', () => {
    const store = temporaryStore()
    operation(store, 'deploy', 'tx-1')
    expect(codeOf(() => operation(store, 'deploy', 'tx-2'))).toBe('BUSY')
    expect(store.leases.holder(scope, NOW_AT)).toMatchObject({
      transactionId: 'tx-1',
      kind: 'deploy',
      actor: 'alice',
      alive: true,
    })
  })

  it('let a rollback take over from a deploy, which can write nothing from then on', () => {
    const store = temporaryStore()
    const deploy = operation(store, 'deploy', 'tx-1')
    const rollback = operation(store, 'rollback', 'tx-2')
    expect(rollback.epoch).toBe(deploy.epoch + 1)
    expect(codeOf(() => store.leases.fence(deploy))).toBe('LEASE_LOST')
    expect(codeOf(() => store.leases.fence(rollback))).toBe('no error')
    expect(codeOf(() => operation(store, 'rollback', 'tx-3'))).toBe('BUSY')
  })

  it('are taken at once from an owner that is dead', () => {
    const processes = new FakeProcesses()
    const folder = temporaryFolder()
    const first = processes.spawn()
    operation(temporaryStore(first.table, folder), 'deploy', 'tx-1')
    const other = temporaryStore(processes.spawn().table, folder)
    expect(codeOf(() => operation(other, 'deploy', 'tx-2'))).toBe('BUSY')
    first.kill()
    expect(codeOf(() => operation(other, 'deploy', 'tx-3'))).toBe('no error')
  })

  it('run out for an owner that cannot be looked at', () => {
    const store = temporaryStore()
    operation(store, 'deploy', 'tx-1')
    const elsewhere = { ...store.leases.holder(scope, NOW_AT) }
    expect(elsewhere.alive).toBe(true)
    store.db.run(`UPDATE leases SET owner = json_set(owner, '$.pidNamespace', 'pid:[2]')`)
    expect(store.leases.holder(scope, NOW_AT + LEASE_MS - 1)?.alive).toBe(true)
    expect(store.leases.holder(scope, NOW_AT + LEASE_MS)?.alive).toBe(false)
  })

  it('are given back once, and only by who holds them', () => {
    const store = temporaryStore()
    const deploy = operation(store, 'deploy', 'tx-1')
    const rollback = operation(store, 'rollback', 'tx-2')
    store.leases.release(deploy)
    expect(store.leases.holds(rollback)).toBe(true)
    store.leases.release(rollback)
    expect(store.leases.holder(scope, NOW_AT)).toBeNull()
  })
})

describe('the state file', () => {
  it('is refused when it is not a database, and left as it is', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'astern.db'), 'not a database at all, but some text that is long enough')
    expect(codeOf(() => openStore(folder, new FakeProcesses().spawn().table, countingRandom()))).toBe('STATE_CORRUPTED')
    expect(readFileSync(join(folder, 'astern.db'), 'utf8')).toContain('not a database')
  })

  it('is refused when a newer Astern wrote it, and left as it is', () => {
    const folder = temporaryFolder()
    const newer = new DatabaseSync(join(folder, 'astern.db'))
    newer.exec('PRAGMA user_version=999')
    newer.close()
    expect(codeOf(() => openStore(folder, new FakeProcesses().spawn().table, countingRandom()))).toBe('STATE_NEWER')
  })

  it('keeps its installation and its secret of the proof', () => {
    const folder = temporaryFolder()
    const { installation } = temporaryStore(undefined, folder)
    expect(temporaryStore(undefined, folder).installation).toBe(installation)
    expect(installation).toMatch(/^[0-9a-f]{6}$/)
  })

  it('keeps a reserve for a full disk, and gives it up once', () => {
    const store = temporaryStore()
    store.db.keepReserve()
    const path = join(store.folder, 'reserve')
    expect(statSync(path).size).toBe(4 * 1024 * 1024)
    expect(store.db.releaseReserve()).toBe(true)
    expect(existsSync(path)).toBe(false)
    expect(store.db.releaseReserve()).toBe(false)
  })
})

describe('sealed secrets', () => {
  it('open with their own name and key only', () => {
    const store = temporaryStore()
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        const sealed = store.vault.seal(name, value)
        expect(store.vault.open(name, sealed)).toBe(value)
        expect(codeOf(() => store.vault.open(`${name}x`, sealed))).toBe('SECRET_UNAVAILABLE')
      }),
    )
    const sealed = store.vault.seal('KEY', 'hunter2')
    expect(codeOf(() => temporaryStore().vault.open('KEY', sealed))).toBe('SECRET_UNAVAILABLE')
  })

  it('have versions that change with the value and with the key', () => {
    const one = temporaryStore().vault
    expect(one.version('KEY', 'a')).toBe(one.version('KEY', 'a'))
    expect(one.version('KEY', 'a')).not.toBe(one.version('KEY', 'b'))
    expect(one.version('KEY', 'a')).not.toBe(temporaryStore().vault.version('KEY', 'a'))
  })

  it('are sealed with a key that only its owner can read', () => {
    const store = temporaryStore()
    store.vault.seal('KEY', 'value')
    expect(statSync(join(store.folder, 'key')).mode & 0o777).toBe(0o600)
    chmodSync(join(store.folder, 'key'), 0o600)
  })
})

describe('releases', () => {
  it('are numbered per service and environment, and numbers are not used twice', () => {
    const store = temporaryStore()
    store.services.define(buildDefinition())
    store.services.define(buildDefinition({ environment: 'staging' }))
    expect([store.services.takeNumber(scope), store.services.takeNumber(scope)]).toEqual([1, 2])
    expect(store.services.takeNumber({ service: 'shop', environment: 'staging' })).toBe(1)
  })

  it('come back as they were written', () => {
    const store = temporaryStore()
    const release = buildRelease(7)
    store.releases.insertCandidate(release, { KEY: 'sealed' }, 'tx-1')
    const fresh = { state: 'candidate', stable: false, activeAt: null, activeBy: null, standbySince: null }
    expect(store.releases.get(scope, 7)).toEqual({ ...release, ...fresh })
    expect(store.releases.sealed(scope, 7)).toEqual({ KEY: 'sealed' })
    store.releases.markActive(scope, 7, 'deploy', NOW_AT)
    store.releases.markStable(scope, 7)
    expect(store.releases.thatServed(scope, 5)).toMatchObject([
      { number: 7, state: 'active', stable: true, activeAt: NOW_AT, activeBy: 'deploy' },
    ])
  })

  it('never use the name of a replica twice', () => {
    const store = temporaryStore()
    store.services.define(buildDefinition())
    store.releases.insertCandidate(buildRelease(7), {}, 'tx-1')
    const replica = {
      ...scope,
      release: 7,
      process: 'web',
      address: '10.0.0.2',
      secretsHash: '',
      port: 8080,
      healthPath: null,
    }
    store.replicas.insert({ ...replica, name: 'r7-1' })
    store.replicas.remove(scope, 'r7-1')
    expect(store.replicas.nextOrdinal(scope, 7)).toBe(2)
  })
})

describe('what the proxy should do', () => {
  it('is read anew after every change, by whomever, and after one that was taken back', () => {
    const folder = temporaryFolder()
    const [mine, other] = [1, 2].map(() => openStore(folder, new FakeProcesses().spawn().table, countingRandom()))
    const services = () => mine!.replicas.wanted().backends.map(({ service }) => service)
    expect(services()).toEqual([])
    other!.services.define(buildDefinition({ service: 'a' }))
    expect(services()).toEqual(['a'])
    mine!.services.define(buildDefinition({ service: 'b' }))
    expect(services()).toEqual(['a', 'b'])
    const failing = () =>
      mine!.transaction(() => {
        mine!.services.define(buildDefinition({ service: 'c' }))
        expect(services()).toEqual(['a', 'b', 'c'])
        throw new Error('taken back')
      })
    expect(failing).toThrow('taken back')
    expect(services()).toEqual(['a', 'b'])
    expect(mine!.replicas.wanted()).toBe(mine!.replicas.wanted())
    for (const store of [mine!, other!]) store.close()
  })
})

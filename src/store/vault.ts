// Seals values of secrets with AES-256-GCM under a key in a file of mode 0600 beside the state, and gives them versions.
// Invariants: a sealed value is bound to its name; the version of a value is a keyed HMAC, so it tells nothing to who lacks the key; versions
// are made with a key of their own that never changes, since identities and quarantines hold them; while keys change, both are in the file.
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, reasonOf } from '../core/errors.ts'
import { errnoOf } from './database.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION_HEX_DIGITS = 16
const ID_HEX_DIGITS = 12
/** The key for versions, the one that seals, and while keys change the next one. */
const MOST_KEYS = 3

type SealKey = { readonly id: string; readonly master: Buffer; readonly key: Buffer }
type Keys = { readonly versionMaster: Buffer; readonly version: Buffer; readonly seals: readonly SealKey[] }

/** The key is read, or made, when it is first needed: a warm rollback opens no secret. `sealedBy`: id of the key that the state was last sealed with. */
export function openVault(path: string, sealedBy: () => string | null) {
  let keys: Keys | null = null
  const known = () => (keys ??= readKeys(path))
  /** Another process may have changed the key meanwhile. */
  const fresh = () => (keys = readKeys(path))
  const current = ({ seals }: Keys) => seals.find(({ id }) => id === sealedBy()) ?? seals[0]!
  return {
    /** To be called while a lease is held: keys do not change then. */
    seal: (name: string, value: string) => sealWith(current(fresh()).key, name, value),

    open(name: string, sealed: string): string {
      const bytes = Buffer.from(sealed, 'base64')
      for (const read of [known, fresh]) {
        for (const { key } of read().seals) {
          const value = openWith(key, name, bytes)
          if (value !== null) return value
        }
      }
      const reason = 'it was sealed with another key'
      throw fail('SECRET_UNAVAILABLE', { name, source: 'the sealed state', reason })
    },

    version(name: string, value: string): string {
      const hmac = createHmac('sha256', known().version)
      return hmac.update(`${name}\0${value}`).digest('hex').slice(0, VERSION_HEX_DIGITS)
    },

    /** Adds a key to the file, durably, for all that is sealed to move to. One that an interrupted change has left is replaced. */
    nextKey(): { readonly id: string; readonly seal: (name: string, value: string) => string } {
      const { versionMaster, ...before } = fresh()
      const next = sealKey(randomBytes(KEY_BYTES))
      replace(path, Buffer.concat([versionMaster, current({ versionMaster, ...before }).master, next.master]))
      fresh()
      return { id: next.id, seal: (name, value) => sealWith(next.key, name, value) }
    },

    /** Leaves no key in the file but the one that the state is sealed with. */
    dropOtherKeys(): void {
      const all = fresh()
      if (all.seals.length > 1) replace(path, Buffer.concat([all.versionMaster, current(all).master]))
      fresh()
    },
  }
}

function sealWith(key: Buffer, name: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

/** `null`: it was not sealed with this key, or not under this name. */
function openWith(key: Buffer, name: string, bytes: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(name))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}

function derive(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', purpose, KEY_BYTES))
}

function sealKey(master: Buffer): SealKey {
  const id = createHash('sha256').update('astern key id').update(master).digest('hex').slice(0, ID_HEX_DIGITS)
  return { id, master, key: derive(master, 'astern seal') }
}

/** A file that never saw a change holds one key, for both purposes. */
function readKeys(path: string): Keys {
  const bytes = readOrCreate(path)
  const count = bytes.length / KEY_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MOST_KEYS) {
    throw fail('STATE_CORRUPTED', { path, reason: `a key of ${KEY_BYTES} bytes was expected, found ${bytes.length}` })
  }
  const [first, ...rest] = Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES),
  )
  const seals = (rest.length === 0 ? [first!] : rest).map(sealKey)
  return { versionMaster: first!, version: derive(first!, 'astern version'), seals }
}

function readOrCreate(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw mapError(error, path)
  }
  // Two processes may get here at once: the link is atomic, so the first key stays and both use it.
  withDraft(path, randomBytes(KEY_BYTES), (draft) => {
    try {
      linkSync(draft, path)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  })
  return readFileSync(path)
}

function replace(path: string, bytes: Buffer): void {
  withDraft(path, bytes, (draft) => renameSync(draft, path))
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** A durable file of mode 0600 beside `path`, gone afterwards unless `use` moved it. */
function withDraft(path: string, bytes: Buffer, use: (draft: string) => void): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const file = openSync(draft, 'wx', 0o600)
    writeSync(file, bytes)
    fsyncSync(file)
    closeSync(file)
    use(draft)
  } catch (error) {
    throw mapError(error, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

function mapError(error: unknown, path: string): unknown {
  return errnoOf(error) === 'EACCES' ? fail('STATE_PERMISSION', { path, reason: reasonOf(error) }, error) : error
}

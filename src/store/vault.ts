// Seals values of secrets with AES-256-GCM under a key in a file of mode 0600 beside the state, and gives them versions.
// Invariants: a sealed value is bound to its name; the version of a value is a keyed HMAC, so it tells nothing to who lacks the key.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { fail, reasonOf } from '../core/errors.ts'
import { errnoOf } from './database.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION_HEX_DIGITS = 16

/** The key is read, or made, when it is first needed: a warm rollback opens no secret. */
export function openVault(path: string) {
  let keys: { seal: Buffer; version: Buffer } | null = null
  const key = () => {
    if (keys === null) {
      const master = readOrCreateKey(path)
      const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', master, '', purpose, KEY_BYTES))
      keys = { seal: derive('astern seal'), version: derive('astern version') }
    }
    return keys
  }
  return {
    seal(name: string, value: string): string {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key().seal, nonce).setAAD(Buffer.from(name))
      const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },

    open(name: string, sealed: string): string {
      const bytes = Buffer.from(sealed, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key().seal, bytes.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(name))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch (error) {
        throw fail(
          'SECRET_UNAVAILABLE',
          { name, source: 'the sealed state', reason: 'it was sealed with another key' },
          error,
        )
      }
    },

    version(name: string, value: string): string {
      return createHmac('sha256', key().version).update(`${name}\0${value}`).digest('hex').slice(0, VERSION_HEX_DIGITS)
    },
  }
}

function readOrCreateKey(path: string): Buffer {
  try {
    const key = readFileSync(path)
    if (key.length === KEY_BYTES) return key
    throw fail('STATE_CORRUPTED', { path, reason: `a key of ${KEY_BYTES} bytes was expected, found ${key.length}` })
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw mapError(error, path)
  }
  // Two processes may get here at once: the link is atomic, so the first key stays and both use it.
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const file = openSync(draft, 'wx', 0o600)
    writeSync(file, randomBytes(KEY_BYTES))
    fsyncSync(file)
    closeSync(file)
    linkSync(draft, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw mapError(error, path)
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path)
}

function mapError(error: unknown, path: string): unknown {
  return errnoOf(error) === 'EACCES' ? fail('STATE_PERMISSION', { path, reason: reasonOf(error) }, error) : error
}

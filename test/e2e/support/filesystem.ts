// A small disk that can be full, and a root that is not allowed everything.
import { openSync, closeSync, writeSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from './command.ts'

const CHUNK_BYTES = 64 * 1024

export type SmallDisk = {
  readonly folder: string
  /** Writes until nothing fits any more, not even a byte. */
  readonly fill: () => void
  readonly empty: () => void
  readonly close: () => Promise<void>
}

/** Needs the right to mount. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'astern-e2e-disk-'))
  await output(['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'astern-e2e', folder])
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      for (let bytes = CHUNK_BYTES; bytes >= 1;) {
        try {
          if (writeSync(file, Buffer.alloc(bytes)) === 0) break
        } catch {
          bytes = Math.floor(bytes / 2)
        }
      }
      closeSync(file)
    },
    empty: () => rmSync(filler, { force: true }),
    async close() {
      await output(['umount', '--lazy', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Words that make a program run as the same user without the right to override permissions. */
export const withoutPrivileges = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--']

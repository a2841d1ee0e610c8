// How full the disks of this host are, as the kernel says.
import { statfsSync } from 'node:fs'
import type { Disk } from '../../ports/disk.ts'

const WHOLE = 10_000

export const hostDisk: Disk = {
  free(folder) {
    try {
      const { blocks, bfree, bavail } = statfsSync(folder)
      // What only root may still use is not free, and not used either.
      const usable = blocks - bfree + bavail
      return usable === 0 ? null : Math.floor((bavail / usable) * WHOLE)
    } catch {
      return null
    }
  },
}

// Volumes in their short form: `uploads:/data`, `./dir:/data:ro`.
import { posix } from 'node:path'
import type { Parsed } from './problems.ts'

const VOLUME_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]+$/

export type VolumeEntry = {
  readonly kind: 'volume' | 'bind'
  /** As written: a volume's name, or a path that may be relative. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly shared: boolean
}

/** `ignoredOptions` are taken and mean nothing here, e.g. those for SELinux in a compose file. */
export function parseVolume(text: string, ignoredOptions: readonly string[] = []): Parsed<VolumeEntry> {
  const [source = '', target, options, ...more] = text.split(':')
  if (target === undefined || more.length > 0) {
    return { problem: 'expected NAME:/path/in/container or ./folder:/path/in/container, with :ro if it is only read' }
  }
  const words = options === undefined ? [] : options.split(',')
  const unknown = words.find((word) => word !== 'ro' && word !== 'rw' && !ignoredOptions.includes(word))
  if (unknown !== undefined) return { problem: `expected ro or rw after the last colon, got "${unknown}"` }
  return volumeEntry({ source, target, readOnly: words.includes('ro'), shared: false })
}

export function volumeEntry(
  from: Omit<VolumeEntry, 'kind'> & { readonly kind?: VolumeEntry['kind'] | undefined },
): Parsed<VolumeEntry> {
  const kind = from.kind ?? (/^[./~]/.test(from.source) ? 'bind' : 'volume')
  if (from.source.startsWith('~')) return { problem: '~ is not expanded; write the whole path' }
  if (kind === 'volume' && !VOLUME_NAME.test(from.source)) {
    return {
      problem: `"${from.source}" is no name of a volume; a folder of this host begins with ./ or /`,
    }
  }
  if (!isTarget(from.target)) return { problem: `expected an absolute path in the container, got "${from.target}"` }
  return { value: { ...from, kind, target: posix.normalize(from.target).replace(/(?<=.)\/$/, '') } }
}

function isTarget(path: string): boolean {
  return posix.isAbsolute(path) && posix.normalize(path) !== '/' && !/[:\p{Cc}]/u.test(path)
}

// Checks of the host: Node, clock, disk.
import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { formatAge, formatTime } from '../format.ts'
import type { Check, Look } from './look.ts'

const OLDEST_NODE = 24
const FIRST_YEAR = 2025
const LAST_YEAR = 2100
/** Two hosts that share a state, or a clock that is set by a second or two. */
const CLOCK_SLACK_MS = 60_000
const MIB = 1024 * 1024
const SCARCE_MIB = 512
const TOO_LITTLE_MIB = 32

export const checkNode: Check = ({ context: { t } }) => {
  const version = process.versions.node
  const name = 'node'
  return Number.parseInt(version, 10) >= OLDEST_NODE
    ? [{ name, status: 'ok', message: t('doctor_node', { version }), hint: null }]
    : [{ name, status: 'fail', message: t('doctor_node', { version }), hint: t('doctor_node_hint') }]
}

export const checkClock: Check = ({ context, app }) => {
  const { t } = context
  const name = 'clock'
  const nowAt = context.now()
  const time = formatTime(nowAt)
  const year = new Date(nowAt).getUTCFullYear()
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    return [{ name, status: 'fail', message: t('doctor_clock', { time }), hint: t('doctor_clock_hint') }]
  }
  const newest = app?.store.operations.list(1)[0]
  const aheadMs = newest === undefined ? 0 : newest.startedAt - nowAt
  if (newest !== undefined && aheadMs > CLOCK_SLACK_MS) {
    const details = { time, by: formatAge(aheadMs, context.language), transaction: newest.transactionId }
    return [{ name, status: 'warn', message: t('doctor_clock_back', details), hint: t('doctor_clock_hint') }]
  }
  return [{ name, status: 'ok', message: t('doctor_clock', { time }), hint: null }]
}

export const checkDisk: Check = ({ context }: Look) => {
  const { t } = context
  const name = 'disk'
  const folder = existing(context.stateFolder)
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.floor((bavail * bsize) / MIB)
  const message = t('doctor_disk', { folder, free })
  if (free >= SCARCE_MIB) return [{ name, status: 'ok', message, hint: null }]
  return [{ name, status: free < TOO_LITTLE_MIB ? 'fail' : 'warn', message, hint: t('doctor_disk_hint') }]
}

/** The folder, or the nearest above it that is there. */
export function existing(folder: string): string {
  let path = resolve(folder)
  while (!existsSync(path)) path = dirname(path)
  return path
}

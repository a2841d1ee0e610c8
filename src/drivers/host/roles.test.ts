import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRoles } from './roles.ts'

const shop = { service: 'shop', environment: 'prod' }
let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'astern-roles-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true }))

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

describe('role files', () => {
  it('lie in a folder for each release, and any user may read them whatever the umask', () => {
    const before = process.umask(0o077)
    try {
      createRoles(state).write(shop, 42, 'candidate')
    } finally {
      process.umask(before)
    }
    const folder = join(state, 'roles/shop.prod/r42')
    expect(createRoles(state).folder(shop, 42)).toBe(folder)
    expect([modeOf(folder), modeOf(join(folder, 'role'))]).toEqual(['775', '644'])
    expect(readdirSync(folder)).toEqual(['role'])
  })

  it('are replaced, never written over', () => {
    const roles = createRoles(state)
    roles.write(shop, 42, 'candidate')
    const before = statSync(join(roles.folder(shop, 42), 'role')).ino
    roles.write(shop, 42, 'active')
    expect(statSync(join(roles.folder(shop, 42), 'role')).ino).not.toBe(before)
    expect(roles.read(shop)).toEqual(new Map([[42, 'active']]))
  })

  it('that say nothing of use are found', () => {
    const roles = createRoles(state)
    for (const release of [1, 2, 3]) roles.write(shop, release, 'standby')
    writeFileSync(join(roles.folder(shop, 1), 'role'), '')
    rmSync(join(roles.folder(shop, 2), 'role'))
    mkdirSync(join(state, 'roles/shop.prod/other'))
    expect(Object.fromEntries(roles.read(shop))).toEqual({ 1: null, 2: null, 3: 'standby' })
    expect(roles.read({ service: 'shop', environment: 'staging' })).toEqual(new Map())
  })

  it('go with their folder, and the last one takes that of the service along', () => {
    const roles = createRoles(state)
    for (const release of [1, 2]) roles.write(shop, release, 'standby')
    roles.remove(shop, 1)
    expect(roles.read(shop)).toEqual(new Map([[2, 'standby']]))
    roles.remove(shop, 2)
    roles.remove(shop, 2)
    expect(readdirSync(join(state, 'roles'))).toEqual([])
  })

  it('that cannot be written say where', () => {
    writeFileSync(join(state, 'roles'), '')
    expect(() => createRoles(state).write(shop, 1, 'active')).toThrow(
      expect.objectContaining({ code: 'STATE_PERMISSION' }),
    )
  })
})

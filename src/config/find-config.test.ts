import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findConfig } from './find-config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'astern-find-'))
  mkdirSync(join(folder, 'a/b'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

it('finds the file of the nearest folder above', () => {
  writeFileSync(join(folder, 'astern.yaml'), '')
  expect(findConfig(join(folder, 'a/b'))).toBe(join(folder, 'astern.yaml'))
  writeFileSync(join(folder, 'a/astern.yml'), '')
  expect(findConfig(join(folder, 'a/b'))).toBe(join(folder, 'a/astern.yml'))
})

it('passes over a folder of that name', () => {
  mkdirSync(join(folder, 'a/astern.yaml'))
  writeFileSync(join(folder, 'astern.yaml'), '')
  expect(findConfig(join(folder, 'a'))).toBe(join(folder, 'astern.yaml'))
})

it('finds nothing where nothing is', () => expect(findConfig('/nowhere/at/all', () => false)).toBeNull())

it('loads neither zod nor yaml, since a rollback waits for it', () => {
  const module = join(import.meta.dirname, 'find-config.ts')
  const script = `await import(${JSON.stringify(module)}); console.log(JSON.stringify(process.moduleLoadList.filter((name) => /zod|yaml/.test(name))))`
  const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(JSON.parse(loaded)).toEqual([])
})

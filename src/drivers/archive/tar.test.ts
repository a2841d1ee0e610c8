import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bytesOf, file, inPortions } from '../../../test/fixtures/saved-image.ts'
import { readTar, writeTar } from './tar.ts'

async function read(tar: AsyncIterable<Uint8Array>) {
  const entries: { name: string; link: string | null; text: string }[] = []
  for await (const { name, link, content } of readTar(tar))
    entries.push({ name, link, text: (await bytesOf(content)).toString() })
  return entries
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'astern-tar-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe('a tar archive', () => {
  it('is read as it was written, however it is cut into portions', async () => {
    const files = [
      file('empty', ''),
      file('one', 'x'.repeat(511)),
      file('two', 'y'.repeat(512)),
      file('three', 'z'.repeat(5_000)),
    ]
    const tar = await bytesOf(writeTar(files))
    for (const portion of [1, 511, 512, 513, 100_000]) {
      const entries = await read(inPortions(tar, portion))
      expect(entries.map(({ name, text }) => [name, text.length])).toEqual([
        ['empty', 0],
        ['one', 511],
        ['two', 512],
        ['three', 5_000],
      ])
    }
  })

  it('is what tar itself reads', async () => {
    const path = join(folder(), 'ours.tar')
    writeFileSync(path, await bytesOf(writeTar([file('blobs/sha256/abc', 'content')])))
    expect(execFileSync('tar', ['-xOf', path]).toString()).toBe('content')
  })

  it.each(['gnu', 'pax', 'ustar'])(
    'is read as tar itself writes it in format %s: links, and long names where there are any',
    async (format) => {
      const from = folder()
      const long = format === 'ustar' ? 'short' : `${'long'.repeat(40)}.json`
      writeFileSync(join(from, long), '{}')
      symlinkSync(long, join(from, 'link'))
      const tar = execFileSync('tar', ['-C', from, `--format=${format}`, '-cf', '-', '.'])
      const entries = await read(inPortions(tar))
      expect(entries).toContainEqual({ name: `./${long}`, link: null, text: '{}' })
      expect(entries).toContainEqual({ name: './link', link: long, text: '' })
      expect(entries).toHaveLength(2)
    },
  )

  it('skips what nobody reads', async () => {
    const names: string[] = []
    for await (const { name } of readTar(writeTar([file('one', 'x'.repeat(2_000)), file('two', 'y')]))) names.push(name)
    expect(names).toEqual(['one', 'two'])
  })

  it('is refused where it ends too early, or is none', async () => {
    const tar = await bytesOf(writeTar([file('one', 'x'.repeat(2_000))]))
    await expect(read(inPortions(tar.subarray(0, 1_500)))).rejects.toThrow('ends too early')
    await expect(read(inPortions(tar.subarray(0, 300)))).rejects.toThrow('ends too early')
    await expect(read(inPortions(Buffer.alloc(1_024, 'no tar')))).rejects.toThrow('no tar archive')
  })

  it('is not written where a content is not as long as was said', async () => {
    const short = { ...file('one', 'abc'), sizeBytes: 4 }
    await expect(bytesOf(writeTar([short]))).rejects.toThrow('one has 3 bytes and not 4')
  })

  it('holds files larger than eight digits of octal can say', async () => {
    const sizeBytes = 8 ** 11 + 5
    const header = await writeTar([{ name: 'large', sizeBytes, content: [] }]).next()
    const entries = readTar(inPortions(header.value as Uint8Array))
    expect((await entries.next()).value).toMatchObject({ name: 'large', sizeBytes })
  })
})

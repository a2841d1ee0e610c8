// Reads and writes tar archives as streams: as much of the format as engines use for images.

/** `link`: where it leads, for one that is only another name; `null` for a file. */
export type TarEntry = {
  readonly name: string
  readonly sizeBytes: number
  readonly link: string | null
  /** Read before the next entry, or left. */
  readonly content: AsyncIterable<Uint8Array>
}

const BLOCK = 512
/** No header that goes before an entry is larger. */
const MOST_EXTRA = 1024 * 1024

const FILE = new Set(['0', '\0', '7'])
const LINK = new Set(['1', '2'])

/** What is neither a file nor a link is left out. Throws on what is no tar, or ends too early. */
export async function* readTar(tar: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = createSource(tar)
  let extra: { path?: string; linkpath?: string; size?: string } = {}
  for (;;) {
    const header = await source.take(BLOCK)
    if (header === null || header.every((byte) => byte === 0)) return
    if (!isHeader(header)) throw new Error('this is no tar archive')
    const kind = text(header, 156, 1) || '\0'
    const sizeBytes = extra.size === undefined ? number(header, 124, 12) : Number(extra.size)
    if (kind === 'x' || kind === 'L' || kind === 'K') {
      if (sizeBytes > MOST_EXTRA) throw new Error('a header in the tar archive is too long')
      const content = await source.take(padded(sizeBytes))
      if (content === null) throw new Error('the tar archive ends too early')
      const said = content.subarray(0, sizeBytes)
      const long = text(said, 0, said.length)
      extra = { ...extra, ...(kind === 'x' ? readExtra(said) : kind === 'L' ? { path: long } : { linkpath: long }) }
      continue
    }
    const left = { bytes: padded(sizeBytes) }
    if (FILE.has(kind) || LINK.has(kind)) {
      const prefix = text(header, 345, 155)
      const name = extra.path ?? `${prefix === '' ? '' : `${prefix}/`}${text(header, 0, 100)}`
      const link = LINK.has(kind) ? (extra.linkpath ?? text(header, 157, 100)) : null
      yield { name, sizeBytes, link, content: contentOf(source, sizeBytes, left) }
    }
    extra = {}
    await source.skip(left)
  }
}

type Source = ReturnType<typeof createSource>

async function* contentOf(source: Source, sizeBytes: number, left: { bytes: number }): AsyncGenerator<Uint8Array> {
  let wanted = sizeBytes
  while (wanted > 0) {
    const chunk = await source.some(wanted)
    if (chunk === null) throw new Error('the tar archive ends too early')
    wanted -= chunk.length
    left.bytes -= chunk.length
    yield chunk
  }
}

/** Bytes of a stream, in the portions that somebody wants. */
function createSource(tar: AsyncIterable<Uint8Array>) {
  const chunks = tar[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  /** At most so many bytes; `null` at the end. */
  async function some(most: number): Promise<Uint8Array | null> {
    while (rest.length === 0) {
      const next = await chunks.next()
      if (next.done === true) return null
      rest = next.value
    }
    const chunk = rest.subarray(0, most)
    rest = rest.subarray(chunk.length)
    return chunk
  }
  return {
    some,
    /** Exactly so many bytes; `null` where it ends before the first. */
    async take(count: number): Promise<Uint8Array | null> {
      const parts: Uint8Array[] = []
      let missing = count
      while (missing > 0) {
        const part = await some(missing)
        if (part === null && parts.length === 0) return null
        if (part === null) throw new Error('the tar archive ends too early')
        parts.push(part)
        missing -= part.length
      }
      return Buffer.concat(parts)
    },
    async skip(left: { bytes: number }): Promise<void> {
      while (left.bytes > 0) {
        const part = await some(left.bytes)
        if (part === null) throw new Error('the tar archive ends too early')
        left.bytes -= part.length
      }
    },
  }
}

/** `LENGTH KEY=VALUE\n`, again and again. */
function readExtra(content: Uint8Array): Record<string, string> {
  const found: Record<string, string> = {}
  let at = 0
  while (at < content.length) {
    const space = content.indexOf(0x20, at)
    const length = Number(text(content, at, space - at))
    if (!(length > 0)) throw new Error('a header in the tar archive is damaged')
    const [key = '', ...value] = text(content, space + 1, at + length - space - 2).split('=')
    found[key] = value.join('=')
    at += length
  }
  return found
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + from, length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/** Octal digits, or for large numbers base 256 behind a set bit. */
function number(header: Uint8Array, from: number, length: number): number {
  if ((header[from]! & 0x80) === 0) return Number.parseInt(text(header, from, length).trim() || '0', 8)
  let value = 0
  for (const byte of header.subarray(from + 1, from + length)) value = value * 256 + byte
  return value
}

function isHeader(header: Uint8Array): boolean {
  return number(header, 148, 8) === checksumOf(header)
}

/** Of the header with its own checksum blank. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0)
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK) * BLOCK
}

export type TarFile = {
  /** 100 characters at most. */
  readonly name: string
  readonly sizeBytes: number
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** Files that only root may read. Throws where a content has another length than was said. */
export async function* writeTar(files: Iterable<TarFile>): AsyncGenerator<Uint8Array> {
  for (const { name, sizeBytes, content } of files) {
    yield headerOf(name, sizeBytes)
    let written = 0
    for await (const chunk of content) {
      written += chunk.length
      yield chunk
    }
    if (written !== sizeBytes) throw new Error(`${name} has ${written} bytes and not ${sizeBytes}`)
    if (padded(sizeBytes) > sizeBytes) yield new Uint8Array(padded(sizeBytes) - sizeBytes)
  }
  yield new Uint8Array(2 * BLOCK)
}

function headerOf(name: string, sizeBytes: number): Uint8Array {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  header.write(name, 0, 100, 'utf8')
  octal(0o600, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  if (sizeBytes < 8 ** 11) octal(sizeBytes, 124, 12)
  else {
    header.writeUInt8(0x80, 124)
    header.writeBigUInt64BE(BigInt(sizeBytes), 128)
  }
  octal(0, 136, 12)
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

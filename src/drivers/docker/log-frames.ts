// Takes the engine's log stream apart: frames of one header (stream, length) and a payload, of which each line begins with its time.
import type { LogLine } from '../../ports/runtime.ts'

const HEADER_BYTES = 8
const STDERR = 2
/** The engine cuts lines at 16 kB, and puts the time before each piece. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z /
/** A frame that claims more than this is no frame. */
const LONGEST_FRAME = 4 * 1024 * 1024
/** A line that never ends is given out in pieces of this size. */
const LONGEST_LINE = 64 * 1024

export type Demultiplexer = { read(chunk: Buffer): LogLine[]; end(): LogLine[] }

type Frame = { readonly stream: LogLine['stream']; readonly bytes: Buffer }

/** Gives out each frame when all of it is there. */
export function createFrameReader(): (chunk: Buffer) => Frame[] {
  let buffered: Buffer = Buffer.alloc(0)
  return (chunk) => {
    buffered = Buffer.concat([buffered, chunk])
    const frames: Frame[] = []
    while (buffered.length >= HEADER_BYTES) {
      const length = buffered.readUInt32BE(4)
      if (length > LONGEST_FRAME) throw new Error(`a log frame of ${length} bytes`)
      if (buffered.length < HEADER_BYTES + length) break
      const stream = buffered[0] === STDERR ? 'stderr' : 'stdout'
      frames.push({ stream, bytes: buffered.subarray(HEADER_BYTES, HEADER_BYTES + length) })
      buffered = buffered.subarray(HEADER_BYTES + length)
    }
    return frames
  }
}

export function createDemultiplexer(replica: string): Demultiplexer {
  const frames = createFrameReader()
  const unfinished = { stdout: '', stderr: '' }

  function take(stream: LogLine['stream'], text: string): LogLine[] {
    const piece = unfinished[stream] === '' ? text : text.replace(TIME, '')
    const lines = (unfinished[stream] + piece).split('\n')
    unfinished[stream] = lines.pop() ?? ''
    if (unfinished[stream].length > LONGEST_LINE) {
      lines.push(unfinished[stream])
      unfinished[stream] = ''
    }
    return lines.map((line) => parseLine(replica, stream, line))
  }

  return {
    read(chunk) {
      return frames(chunk).flatMap(({ stream, bytes }) => take(stream, bytes.toString('utf8')))
    },
    end() {
      const streams = (['stdout', 'stderr'] as const).filter((stream) => unfinished[stream] !== '')
      return streams.map((stream) => parseLine(replica, stream, unfinished[stream]))
    },
  }
}

/** `2026-04-05T10:23:45.120000000Z text` */
function parseLine(replica: string, stream: LogLine['stream'], line: string): LogLine {
  const space = line.indexOf(' ')
  const at = space < 0 ? Number.NaN : Date.parse(line.slice(0, space))
  const text = Number.isNaN(at) ? line : line.slice(space + 1)
  return { replica, at: Number.isNaN(at) ? null : at, stream, text: text.replace(/\r$/, '') }
}

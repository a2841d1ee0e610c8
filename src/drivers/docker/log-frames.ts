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

export function createDemultiplexer(replica: string): Demultiplexer {
  let buffered: Buffer = Buffer.alloc(0)
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
      buffered = Buffer.concat([buffered, chunk])
      const lines: LogLine[] = []
      while (buffered.length >= HEADER_BYTES) {
        const length = buffered.readUInt32BE(4)
        if (length > LONGEST_FRAME) throw new Error(`a log frame of ${length} bytes`)
        if (buffered.length < HEADER_BYTES + length) break
        const stream = buffered[0] === STDERR ? 'stderr' : 'stdout'
        lines.push(...take(stream, buffered.subarray(HEADER_BYTES, HEADER_BYTES + length).toString('utf8')))
        buffered = buffered.subarray(HEADER_BYTES + length)
      }
      return lines
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

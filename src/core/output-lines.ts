// Takes what a command writes apart into lines, and keeps the last of them.

export type OutputLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

/** A line that never ends is given out in pieces of this size. */
const LONGEST_LINE = 16 * 1024

export type LineReader = {
  readonly read: (output: { readonly stream: OutputLine['stream']; readonly bytes: Uint8Array }) => void
  /** Gives out what has no line's end. */
  readonly end: () => void
}

export function createLineReader(onLine: (line: OutputLine) => void): LineReader {
  const streams = {
    stdout: { decoder: new TextDecoder(), rest: '' },
    stderr: { decoder: new TextDecoder(), rest: '' },
  }
  const give = (stream: OutputLine['stream'], text: string) => onLine({ stream, text: text.replace(/\r$/, '') })
  return {
    read({ stream, bytes }) {
      const state = streams[stream]
      const lines = (state.rest + state.decoder.decode(bytes, { stream: true })).split('\n')
      state.rest = lines.pop() ?? ''
      for (const line of lines) give(stream, line)
      if (state.rest.length <= LONGEST_LINE) return
      give(stream, state.rest)
      state.rest = ''
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const state = streams[stream]
        if (state.rest !== '') give(stream, state.rest)
        state.rest = ''
      }
    },
  }
}

// A command's context without a process: what it prints is collected, what it asks is answered by the test.
import type { Arguments } from '../../src/cli/command.ts'
import type { Context } from '../../src/cli/context.ts'
import { translator } from '../../src/i18n/messages.ts'
import type { App } from '../../src/operations/app.ts'

export type Console = {
  readonly context: Context
  /** Lines of standard output. */
  readonly out: string[]
  /** Lines of standard error. */
  readonly err: string[]
  /** What was written to standard output without a line's end. */
  readonly written: string[]
  readonly questions: string[]
  /** Bytes that commands in containers wrote, as text. */
  readonly streams: { stdout: string; stderr: string }
  readonly interrupt: () => void
  readonly closeOutput: () => void
  /** The last line of standard output as an object. */
  readonly answer: () => unknown
}

export function createConsole(
  app: App,
  changes: Partial<Context> & {
    readonly says?: boolean | null
    readonly types?: readonly string[]
    readonly input?: string | null
  } = {},
): Console {
  const { says = null, types = [], input = null, ...rest } = changes
  const answers = [...types]
  const out: string[] = []
  const err: string[] = []
  const written: string[] = []
  const questions: string[] = []
  const interrupts = new Set<() => void>()
  const closings: (() => void)[] = []
  const streams = { stdout: '', stderr: '' }
  async function* stdin() {
    yield new TextEncoder().encode(input ?? '')
  }
  const language = changes.language ?? 'en'
  const context: Context = {
    env: {},
    cwd: '/',
    language,
    t: translator(language),
    json: false,
    terminal: false,
    colour: false,
    columns: () => 80,
    print: (line) => void out.push(...line.split('\n')),
    write: (text) => void written.push(text),
    say: (line) => void err.push(...line.split('\n')),
    confirm: async (question) => {
      questions.push(question)
      return says
    },
    canAsk: types.length > 0,
    ask: async (question, otherwise) => {
      questions.push(`${question} [${otherwise}]`)
      return answers.shift() ?? null
    },
    onInterrupt: (callback) => {
      interrupts.add(callback)
      return () => interrupts.delete(callback)
    },
    onOutputClosed: (callback) => void closings.push(callback),
    attach: async () => ({
      stdin: input === null ? null : stdin(),
      terminal: null,
      onOutput: ({ stream, bytes }) => void (streams[stream] += new TextDecoder().decode(bytes)),
      end: () => {},
    }),
    actor: { name: 'alice', automated: false },
    stateFolder: app.store.folder,
    open: async () => app,
    openIn: () => Promise.reject(new Error('no other state in this test')),
    vcs: () => app.vcs(),
    now: () => app.clock.now(),
    tendLater: async () => {},
    ...rest,
  }
  return {
    context,
    out,
    err,
    written,
    questions,
    streams,
    interrupt: () => interrupts.forEach((callback) => callback()),
    closeOutput: () => closings.forEach((callback) => callback()),
    answer: () => JSON.parse(out.at(-1) ?? 'null') as unknown,
  }
}

/** Arguments as the door would have read them. */
export function given(
  command: string,
  positionals: readonly string[] = [],
  options: Readonly<Record<string, string | true>> = {},
): Arguments {
  return {
    command,
    positionals: positionals.filter((word) => word !== '--'),
    rest: positionals.includes('--') ? positionals.slice(positionals.indexOf('--') + 1) : null,
    text: (name) => (typeof options[name] === 'string' ? options[name] : null),
    flag: (name) => options[name] === true,
  }
}

// Makes the context of a command out of the process: its streams, its signals, its environment.
import { userInfo } from 'node:os'
import { isatty } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import type { Actor } from '../core/model.ts'
import { stateFolder } from '../state-folder.ts'
import { translator } from '../i18n/messages.ts'
import type { Language } from '../i18n/text.ts'
import type { App } from '../operations/app.ts'
import type { Context } from './context.ts'

const DEFAULT_COLUMNS = 80
const STDIN = 0

export function createContext(given: { language: Language; json: boolean; argv: readonly string[] }): Context {
  const { env, stdout, stderr } = process
  const terminal = stdout.isTTY && !given.json && env['TERM'] !== 'dumb'
  const colour = terminal && (env['NO_COLOR'] ?? '') === ''
  const folder = stateFolder(env)
  const onOutputClosed = watchOutput(stdout)
  watchOutput(stderr)
  const openIn = (folder: string) => import('../daemon.ts').then(({ compose }) => compose(folder, env))
  let app: Promise<App> | null = null
  return {
    env,
    cwd: process.cwd(),
    language: given.language,
    t: translator(given.language),
    json: given.json,
    terminal,
    colour,
    columns: () => stdout.columns || DEFAULT_COLUMNS,
    print: (line) => void stdout.write(`${line}\n`),
    write: (text) => void stdout.write(text),
    say: (line) => void stderr.write(`${stderr.isTTY ? line : stripVTControlCharacters(line)}\n`),
    confirm: async (question) => (given.json ? null : confirm(question)),
    // Not `process.stdin.isTTY`: making that stream takes 3 ms of every command.
    canAsk: !given.json && isatty(STDIN) && stderr.isTTY,
    ask: async (question, otherwise) => {
      const answer = given.json ? null : await line(`${question} [${otherwise}] `)
      return answer === '' ? otherwise : answer
    },
    onInterrupt,
    onOutputClosed,
    attach: async () => (await import('./attach.ts')).attach({ plain: given.json }),
    actor: actorOf(given.argv, env),
    stateFolder: folder,
    open: () => (app ??= openIn(folder)),
    openIn,
    tendLater: async () => (await import('./leave-the-rest.ts')).leaveTheRest({ env, stateFolder: folder }),
    vcs: async () => (await import('../compose-vcs.ts')).composeVcs(env),
    now: () => Date.now(),
  }
}

/** A reader that went away (`| head`) is no error. Returns how to hear of it. */
function watchOutput(stream: NodeJS.WriteStream): (callback: () => void) => void {
  const callbacks: (() => void)[] = []
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    for (const callback of callbacks.splice(0)) callback()
  })
  return (callback) => void callbacks.push(callback)
}

async function confirm(question: string): Promise<boolean | null> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return null
  return /^(y|yes|是)$/i.test((await line(`${question} [y/N] `)) ?? '')
}

/** One line that a person types, trimmed; `null`: nobody is there, or has left. */
async function line(question: string): Promise<string | null> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return null
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: stdin, output: stderr })
  const { promise, resolve } = Promise.withResolvers<string | null>()
  // Ctrl-C and the end of input close it.
  lines.on('close', () => resolve(null))
  lines.question(question, resolve)
  const answer = await promise
  if (answer === null) stderr.write('\n')
  lines.close()
  return answer === null ? null : answer.trim()
}

function onInterrupt(callback: () => void): () => void {
  let asked = false
  const listener = (signal: NodeJS.Signals) => {
    // 128 + the signal's number, as shells expect; what is unfinished is resumed by the next command.
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143)
    asked = true
    // The terminal has shown `^C` where the cursor was.
    if (process.stderr.isTTY) process.stderr.write('\n')
    callback()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}

/** `--actor`, else the person behind sudo, else the user; CI systems set `CI`. */
function actorOf(argv: readonly string[], env: NodeJS.ProcessEnv): Actor {
  const at = argv.indexOf('--actor')
  const asked = at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith('--actor='))?.slice('--actor='.length)
  if (asked !== undefined && asked !== '') return { name: asked, automated: asked.startsWith('ci:') }
  const automated = (env['CI'] ?? '') !== '' && env['CI'] !== 'false'
  const name = env['SUDO_USER'] || env['USER'] || env['LOGNAME'] || nameOfUser()
  return { name: automated ? `ci:${name}` : name, automated }
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}` // a user without an entry, as in many containers
  }
}

// A conversation with the running proxy: what it does is asked, what is told is verified in the same breath, and what was learned is kept
// as long as the connection to the same process stands.
import { answersMatch } from './diff.ts'
import type { Command } from './diff.ts'
import { commandLineBytes } from './limits.ts'
import { structureVariable } from './render.ts'
import { ConnectionLost, createRuntimeApi } from './runtime-api.ts'
import { NotUnderstood, excerpt, questions, readRunning, readSignature } from './running.ts'
import type { Running, Signature } from './running.ts'

export type Refusal = { readonly command: string; readonly answer: string }
export type Told = { readonly running: Running; readonly refusal: Refusal | null }

export interface Session {
  /** What was last learned, if it still can be true and says all that is asked for. */
  known(maps: readonly string[]): Running | null
  /**
   * `extra` are further questions, whose answers come back in their order. `keepMaps`: those that are known of the same process are not asked for
   * again, because nobody has changed them.
   */
  look(
    maps: readonly string[],
    extra?: readonly string[],
    keepMaps?: boolean,
  ): Promise<{ readonly running: Running; readonly extra: readonly string[] }>
  /** Sends commands, in order, and tells what runs after them, and the first that was refused. */
  tell(commands: readonly Command[], maps: readonly string[]): Promise<Told>
  /** Any questions at all. */
  ask(commands: readonly string[]): Promise<readonly string[]>
  /** The next question goes to whoever listens then. */
  forget(): void
}

// the last answer shows that all was understood to its end
const signatureQuestion = `get var ${structureVariable}`

export function createSession(socketPath: string): Session {
  const api = createRuntimeApi(socketPath)
  let known: Running | null = null

  async function ask(commands: readonly string[]): Promise<{ answers: string[]; signature: Signature | null }> {
    try {
      const answers: string[] = []
      for (const line of inLines([...commands, signatureQuestion])) {
        // the rest of the answers would be those of another process
        if (answers.length > 0 && !api.connected) throw new ConnectionLost('HAProxy closed the connection')
        answers.push(...(await api.ask(line)))
      }
      const last = answers.pop() ?? ''
      if (!last.startsWith(`${structureVariable}: `) && !last.startsWith('Variable not found')) {
        throw new NotUnderstood(`${signatureQuestion}: ${excerpt(last)}`)
      }
      return { answers, signature: readSignature(last) }
    } catch (error) {
      known = null
      api.close()
      throw error
    }
  }

  return {
    known(maps) {
      const complete = maps.every((file) => known?.maps.has(file) === true)
      return api.connected && complete ? known : null
    },
    async look(maps, extra = [], keepMaps = false) {
      const before = keepMaps ? this.known(maps) : null
      const missing = before === null ? maps : []
      const asked = questions(missing)
      const { answers, signature } = await ask([...asked, ...extra])
      const running = readRunning(answers, missing, signature)
      if (before !== null && before.process !== running.process) return this.look(maps, extra)
      known = before === null ? running : { ...running, maps: before.maps }
      return { running: known, extra: answers.slice(asked.length) }
    },
    async tell(commands, maps) {
      known = null
      let refusal: Refusal | null = null
      const judge = (told: readonly Command[], answers: readonly string[]): void => {
        for (const [index, command] of told.entries()) {
          const answer = answers[index] ?? ''
          if (!answersMatch(command, answer)) refusal ??= { command: command.text, answer: excerpt(answer) }
        }
      }
      const { answers, signature } = await ask([...commands.map(({ text }) => text), ...questions(maps)])
      judge(commands, answers)
      known = readRunning(answers.slice(commands.length), maps, signature)
      return { running: known, refusal }
    },
    async ask(commands) {
      return (await ask(commands)).answers
    },
    forget() {
      known = null
      api.close()
    },
  }
}

/** As few lines as HAProxy can take, in order. */
export function inLines(commands: readonly string[]): string[][] {
  const lines: string[][] = []
  let bytes = commandLineBytes
  for (const command of commands) {
    bytes += command.length + 1
    if (bytes > commandLineBytes) {
      lines.push([])
      bytes = command.length + 1
    }
    lines.at(-1)?.push(command)
  }
  return lines
}

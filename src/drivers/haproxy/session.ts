// A conversation with the running proxy: what it does is asked, what is told is verified in the same breath, and what was learned is kept
// as long as the connection to the same process stands.
import { answersMatch } from './diff.ts'
import type { Command } from './diff.ts'
import { commandLineBytes } from './limits.ts'
import { structureVariable } from './render.ts'
import { createRuntimeApi } from './runtime-api.ts'
import { NotUnderstood, excerpt, questions, readRunning, readSignature } from './running.ts'
import type { Running, Signature } from './running.ts'

export type Refusal = { readonly command: string; readonly answer: string }
export type Told = { readonly running: Running; readonly refusal: Refusal | null }

export interface Session {
  /** What was last learned, if it still can be true and says all that is asked for. */
  known(checkedByHttp: readonly string[]): Running | null
  /** `extra` are further questions, whose answers come back in their order. */
  look(
    checkedByHttp: readonly string[],
    extra?: readonly string[],
  ): Promise<{ readonly running: Running; readonly extra: readonly string[] }>
  /** Sends commands, in order, and tells what runs after them, and the first that was refused. */
  tell(commands: readonly Command[], checkedByHttp: readonly string[]): Promise<Told>
  /** Any questions at all. */
  ask(commands: readonly string[]): Promise<readonly string[]>
  /** The next question goes to whoever listens then. */
  forget(): void
}

// the last answer of every line shows that the line was understood to its end
const signatureQuestion = `get var ${structureVariable}`

export function createSession(socketPath: string): Session {
  const api = createRuntimeApi(socketPath)
  let known: Running | null = null

  async function ask(commands: readonly string[]): Promise<{ answers: string[]; signature: Signature | null }> {
    try {
      const answers = await api.ask([...commands, signatureQuestion])
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
    known(checkedByHttp) {
      const complete = checkedByHttp.every((backend) => known?.healthPaths.has(backend) === true)
      return api.connected && complete ? known : null
    },
    async look(checkedByHttp, extra = []) {
      const asked = questions(checkedByHttp)
      const { answers, signature } = await ask([...asked, ...extra])
      known = readRunning(answers, checkedByHttp, signature)
      return { running: known, extra: answers.slice(asked.length) }
    },
    async tell(commands, checkedByHttp) {
      known = null
      let refusal: Refusal | null = null
      const judge = (told: readonly Command[], answers: readonly string[]): void => {
        for (const [index, command] of told.entries()) {
          const answer = answers[index] ?? ''
          if (!answersMatch(command, answer)) refusal ??= { command: command.text, answer: excerpt(answer) }
        }
      }
      const lines = inLines(commands)
      const last = lines.pop() ?? []
      for (const line of lines) judge(line, (await ask(line.map(({ text }) => text))).answers)
      const { answers, signature } = await ask([...last.map(({ text }) => text), ...questions(checkedByHttp)])
      judge(last, answers)
      known = readRunning(answers.slice(last.length), checkedByHttp, signature)
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
export function inLines(commands: readonly Command[]): Command[][] {
  const lines: Command[][] = []
  let bytes = commandLineBytes
  for (const command of commands) {
    bytes += command.text.length + 1
    if (bytes > commandLineBytes) {
      lines.push([])
      bytes = command.text.length + 1
    }
    lines.at(-1)?.push(command)
  }
  return lines
}

// A Dockerfile taken apart: stages, their instructions, and the line where each begins. It reads what builders read (continued lines, comments, heredocs,
// the escape directive), and judges nothing: what it does not know stays a text.

export type Instruction = {
  /** In capitals: `RUN`. */
  readonly name: string
  /** What follows the name and its flags, continued lines joined by a blank. */
  readonly text: string
  /** `--mount=type=cache,target=/root/.cache` */
  readonly flags: readonly string[]
  /** The words of its exec form, as in `CMD ["/app"]`; `null`: it is written otherwise. */
  readonly words: readonly string[] | null
  /** Counts from 1. */
  readonly line: number
}

export type Stage = {
  /** As written, with variables of the first lines filled in by their defaults. */
  readonly base: string
  readonly name: string | null
  readonly line: number
  readonly instructions: readonly Instruction[]
}

export type Dockerfile = {
  /** What stands before the first FROM. */
  readonly before: readonly Instruction[]
  readonly stages: readonly Stage[]
}

const HEREDOC = /<<(-?)(["']?)([A-Za-z_]\w*)\2/g
const TAKES_HEREDOC = new Set(['RUN', 'COPY', 'ADD'])

export function parseDockerfile(text: string): Dockerfile {
  const before: Instruction[] = []
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const instruction of instructionsOf(text)) {
    const current = stages.at(-1)
    if (instruction.name === 'FROM') stages.push(stageOf(instruction, before))
    else if (current === undefined) before.push(instruction)
    else current.instructions.push(instruction)
  }
  return { before, stages }
}

/** Names that `--build-arg` can set. */
export function declaredArgs({ before, stages }: Dockerfile): ReadonlySet<string> {
  const all = [...before, ...stages.flatMap(({ instructions }) => instructions)]
  return new Set(
    all.filter(({ name }) => name === 'ARG').flatMap(({ text }) => assignments(text).map(([name]) => name)),
  )
}

/** `A=1 B="two words"`, `A 1` as ENV once had it, or names alone (`null`). */
export function assignments(text: string): [name: string, value: string | null][] {
  const words = [...text.matchAll(/([A-Za-z_][\w.-]*)(?:=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\]|\\.)*))?(?=\s|$)/g)]
  const [first, second] = words
  if (first !== undefined && first[2] === undefined && second !== undefined && second[2] === undefined) {
    return [[first[1]!, text.slice(text.indexOf(first[1]!) + first[1]!.length).trim()]]
  }
  return words.map(([, name, value]) => [name!, value === undefined ? null : value.replaceAll(/^["']|["']$/g, '')])
}

function stageOf({ text, line }: Instruction, before: readonly Instruction[]): Stage & { instructions: Instruction[] } {
  const [, base = '', name = null] = /^(\S+)(?:\s+[Aa][Ss]\s+(\S+))?/.exec(text) ?? []
  return { base: filledIn(base, before), name, line, instructions: [] }
}

function filledIn(base: string, before: readonly Instruction[]): string {
  const defaults = new Map(before.filter(({ name }) => name === 'ARG').flatMap(({ text }) => assignments(text)))
  return base.replaceAll(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (whole, bare: string, braced: string, otherwise: string) => defaults.get(bare ?? braced) ?? otherwise ?? whole,
  )
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const escape = escapeOf(lines)
  const found: Instruction[] = []
  for (let at = 0; at < lines.length; at += 1) {
    if (isBlank(lines[at]!)) continue
    const line = at + 1
    const parts: string[] = []
    for (; at < lines.length; at += 1) {
      const piece = lines[at]!
      // Comments and empty lines within a continued instruction do not end it.
      if (parts.length > 0 && isBlank(piece)) continue
      const trimmed = piece.trimEnd()
      parts.push(trimmed.endsWith(escape) ? trimmed.slice(0, -1).trim() : trimmed.trim())
      if (!trimmed.endsWith(escape)) break
    }
    const instruction = instructionOf(parts.join(' ').trim(), line)
    if (TAKES_HEREDOC.has(instruction.name)) at = pastHeredocs(instruction.text, lines, at)
    found.push(instruction)
  }
  return found
}

function instructionOf(whole: string, line: number): Instruction {
  const [, name = '', rest = ''] = /^(\S+)\s*([^]*)$/.exec(whole) ?? []
  const flags: string[] = []
  let text = rest
  for (let flag = /^--\S+\s*/.exec(text); flag !== null; flag = /^--\S+\s*/.exec(text)) {
    flags.push(flag[0].trim())
    text = text.slice(flag[0].length)
  }
  return { name: name.toUpperCase(), text, flags, words: wordsOf(text), line }
}

function wordsOf(text: string): readonly string[] | null {
  if (!text.startsWith('[')) return null
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null
  } catch {
    return null // a shell's own bracket
  }
}

/** The index of the last line of what an instruction has as heredocs; `at` when it has none. */
function pastHeredocs(text: string, lines: readonly string[], at: number): number {
  let end = at
  for (const [, dash, , word] of text.matchAll(HEREDOC)) {
    const closes = (line: string) => (dash === '-' ? line.replace(/^\t+/, '') : line) === word
    const found = lines.findIndex((line, index) => index > end && closes(line))
    end = found < 0 ? lines.length - 1 : found
  }
  return end
}

function isBlank(line: string): boolean {
  return /^\s*(?:#|$)/.test(line)
}

function escapeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const directive = /^\s*#\s*(\w+)\s*=\s*(\S+)/.exec(line)
    if (directive === null) return '\\'
    if (directive[1]!.toLowerCase() === 'escape') return directive[2]!
  }
  return '\\'
}

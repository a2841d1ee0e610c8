// Collects every problem of a configuration, over all its files, and reports them at once, each with file, line and column.
import { isAbsolute, relative } from 'node:path'
import { fail } from '../core/errors.ts'

/** More than these are counted, not shown. */
const MAX_SHOWN = 100

export type Path = readonly (string | number)[]
/** Both count from 1. */
export type Position = { readonly line: number; readonly column: number }
export const START: Position = { line: 1, column: 1 }

/** Where something stands: a file that was parsed, and the way to it. */
export type Place = { readonly document: Positioned; readonly path: Path }
export type Positioned = {
  /** As shown to the user. */
  readonly file: string
  /** Of a value, or of the nearest ancestor that exists. */
  readonly position: (path: Path) => Position
  /** Of the key that leads to a value; of an item of a list, or of what does not exist, as `position`. */
  readonly keyPosition: (path: Path) => Position
}

/** What was not taken, or means something else here, and why. To be printed, never fatal. `path` is file, line and column. */
export type Note = { readonly path: string; readonly key: string; readonly reason: string }

/** Keys that were taken from a service of a compose file: `compose.yaml#web`. */
export type Taken = { readonly from: string; readonly keys: readonly string[] }

type Ordered = { readonly order: number; readonly position: Position | null }
type Problem = Ordered & { readonly text: string }

export class Problems {
  readonly #folder: string
  readonly #found: Problem[] = []
  readonly #files: string[] = []
  readonly #taken = new Map<string, readonly string[]>()
  readonly #notes = new Map<string, Ordered & { readonly note: Note }>()

  /** Files are shown as seen from `folder`. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** How a file is called in messages: relative to the folder of the configuration if it lies in it. */
  shown(path: string): string {
    const short = relative(this.#folder, path)
    return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
  }

  /** At a value. */
  at(place: Place, message: string): void {
    this.#add(place.document.file, place.document.position(place.path), place.path, message)
  }

  /** At the key that leads to a value. */
  atKey(place: Place, message: string): void {
    this.#add(place.document.file, place.document.keyPosition(place.path), place.path, message)
  }

  /** At the key of the mapping that lacks it. */
  missing(place: Place, message: string): void {
    this.#add(place.document.file, place.document.keyPosition(place.path.slice(0, -1)), place.path, message)
  }

  inFile(file: string, position: Position | null, path: Path, message: string): void {
    this.#add(file, position, path, message)
  }

  /** Of the key that leads to a value: file, line and column. */
  positionOf({ document, path }: Place): string {
    const { line, column } = document.keyPosition(path)
    return `${document.file}:${line}:${column}`
  }

  note(place: Place, reason: string): void {
    const { file } = place.document
    this.#knows(file)
    const position = place.document.keyPosition(place.path)
    const note = { path: this.positionOf(place), key: pathText(place.path), reason }
    this.#notes.set(`${note.path} ${note.key} ${reason}`, { note, order: this.#files.indexOf(file), position })
  }

  /** What was taken of a file. */
  took(from: string, keys: readonly string[]): void {
    this.#taken.set(from, keys)
  }

  get taken(): readonly Taken[] {
    return [...this.#taken].map(([from, keys]) => ({ from, keys }))
  }

  get notes(): readonly Note[] {
    return [...this.#notes.values()].toSorted(byPlace).map(({ note }) => note)
  }

  get any(): boolean {
    return this.#found.length > 0
  }

  /** Throws CONFIG_INVALID with one problem a line, in the order of the files and of their lines. */
  throwIfAny(): void {
    if (this.#found.length === 0) return
    const sorted = this.#found.toSorted(byPlace)
    const lines = [...new Set(sorted.map((problem) => problem.text))]
    const shown = lines.slice(0, MAX_SHOWN)
    if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more`)
    throw fail('CONFIG_INVALID', { count: lines.length, problems: shown.join('\n') })
  }

  #add(file: string, position: Position | null, path: Path, message: string): void {
    this.#knows(file)
    const where = position === null ? file : `${file}:${position.line}:${position.column}`
    const what = path.length === 0 ? message : `${pathText(path)}: ${message}`
    // One problem is one line: a key may hold any character, a line feed too.
    const text = (position === null && path.length === 0 ? `${where}: ${what}` : `${where} ${what}`).replaceAll(
      /\p{Cc}+/gu,
      ' ',
    )
    this.#found.push({ order: this.#files.indexOf(file), position, text })
  }

  #knows(file: string): void {
    if (!this.#files.includes(file)) this.#files.push(file)
  }
}

/** In the order in which the files were first spoken of, and of their lines. */
function byPlace(left: Ordered, right: Ordered): number {
  return (
    left.order - right.order ||
    (left.position?.line ?? 0) - (right.position?.line ?? 0) ||
    (left.position?.column ?? 0) - (right.position?.column ?? 0)
  )
}

/** `services.web.volumes[0]` */
export function pathText(path: Path): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`
  return text
}

/** Either a value, or a sentence that says what is wrong with its text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

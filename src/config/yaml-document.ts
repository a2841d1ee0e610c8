// A YAML file as plain values, with the position of each key and value. Every fault of the file itself becomes a problem.
// Invariants: values hold no cycle and no key `__proto__`; a position asked for always exists; nothing is thrown.
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, Pair, YAMLMap } from 'yaml'
import { reasonOf } from '../core/errors.ts'
import type { Path, Position, Positioned, Problems } from './problems.ts'
import { START } from './problems.ts'

/** An anchor that is used more often looks like an attack by expansion. */
const MAX_ALIAS_USES = 1_000

export type YamlDocument = Positioned & {
  readonly value: unknown
  /** True when a key or an item stands there, even an empty one. */
  readonly has: (path: Path) => boolean
  /** A scalar as it was written, so that `1.10` stays `1.10`; `null` when there is no scalar. */
  readonly text: (path: Path) => string | null
}

/** `null` when the file cannot be used; then at least one problem was added. `file` is how it is called in messages. */
export function parseYaml(file: string, text: string, problems: Problems): YamlDocument | null {
  try {
    return readDocument(file, text, problems)
  } catch (error) {
    // The parser recurses: a thousand nested brackets exhaust the stack. Expansion of aliases is refused by throwing.
    problems.inFile(file, START, [], `cannot be read as YAML: ${reasonOf(error)}`)
    return null
  }
}

function readDocument(file: string, text: string, problems: Problems): YamlDocument | null {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'error' })
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const structure = inspect(document, positionOf, (offset, path, message) =>
    problems.inFile(file, positionOf(offset), path, message),
  )
  let usable = structure.sound
  for (const fault of [...document.errors, ...document.warnings]) {
    // `inspect` reports these with their paths.
    if (fault.code === 'DUPLICATE_KEY') continue
    problems.inFile(file, positionOf(fault.pos[0]), [], sentence(fault.message))
    usable = false
  }
  if (!usable) return null
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_USES })
  const startOf = (node: Node | null): Position => positionOf(node?.range?.[0] ?? 0)
  return {
    file,
    value,
    has: (path) => structure.find(path).depth === path.length,
    text(path) {
      const found = structure.find(path)
      const node = found.node
      if (found.depth < path.length || !isScalar(node)) return null
      const plain = typeof node.value === 'number' || typeof node.value === 'boolean'
      return plain ? (node.source ?? String(node.value)) : typeof node.value === 'string' ? node.value : null
    },
    position: (path) => startOf(structure.find(path).node),
    keyPosition(path) {
      const found = structure.find(path)
      return startOf(found.key ?? found.node)
    },
  }
}

type Found = { readonly node: Node | null; readonly key: Node | null; readonly depth: number }
type Structure = { readonly sound: boolean; readonly find: (path: Path) => Found }
type Report = (offset: number, path: Path, message: string) => void

/** Walks the tree once: resolves aliases, and reports what plain values could not show. */
function inspect(document: Document, positionOf: (offset: number) => Position, report: Report): Structure {
  const targets = new Map<Node, Node>()
  const anchors = new Map<string, Node>()
  const target = (node: Node | null): Node | null => (node === null ? null : (targets.get(node) ?? node))
  let sound = true
  const refuse: Report = (offset, path, message) => {
    sound = false
    report(offset, path, message)
  }

  const visit = (node: Node | null, path: Path, ancestors: readonly Node[]): void => {
    if (node === null) return
    if (isAlias(node)) {
      const anchored = anchors.get(node.source)
      const at = node.range?.[0] ?? 0
      if (anchored === undefined) refuse(at, path, `the anchor &${node.source} does not exist, or only further down`)
      else if (ancestors.includes(anchored)) refuse(at, path, `*${node.source} refers to what it stands in`)
      else targets.set(node, anchored)
      return
    }
    if ('anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node)
    const within = [...ancestors, node]
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(asNode(item), [...path, index], within)
    if (isMap(node)) visitMap(node, path, within)
  }

  const visitMap = (map: YAMLMap, path: Path, within: readonly Node[]): void => {
    const seen = new Map<string, number>()
    for (const pair of map.items) {
      const key = asNode(pair.key)
      const at = key?.range?.[0] ?? 0
      const name = keyText(key)
      if (name === null) {
        refuse(at, path, 'a key must be plain text')
        continue
      }
      const here = [...path, name]
      if (name === '__proto__') refuse(at, here, 'this key is not allowed')
      const first = seen.get(name)
      if (first === undefined || isMergeKey(pair)) seen.set(name, at)
      // Not fatal: what stands in the rest of the file is checked all the same.
      else report(at, here, `this key is given twice, first in line ${positionOf(first).line}`)
      visit(asNode(pair.value), here, within)
      if (isMergeKey(pair) && mergeSources(pair, target) === null) {
        refuse(asNode(pair.value)?.range?.[0] ?? at, here, 'expected a mapping, or an alias of one')
      }
    }
  }

  visit(document.contents, [], [])
  return { sound, find: (path) => find(document.contents, path, target) }
}

function find(root: Node | null, path: Path, target: (node: Node | null) => Node | null): Found {
  let found: Found = { node: root, key: null, depth: 0 }
  for (const part of path) {
    const next = child(target(found.node), part, target)
    if (next === null) return found
    found = { ...next, depth: found.depth + 1 }
  }
  return found
}

type Child = { readonly node: Node | null; readonly key: Node | null }

function child(parent: Node | null, part: string | number, target: (node: Node | null) => Node | null): Child | null {
  if (isSeq(parent)) {
    const item = typeof part === 'number' ? asNode(parent.items[part]) : null
    return item === null ? null : { node: item, key: null }
  }
  if (!isMap(parent)) return null
  // From the end: the last of two equal keys is the one whose value counts.
  const own = parent.items.findLast((pair) => !isMergeKey(pair) && keyText(asNode(pair.key)) === String(part))
  if (own !== undefined) return { node: asNode(own.value) ?? asNode(own.key), key: asNode(own.key) }
  for (const pair of parent.items) {
    if (!isMergeKey(pair)) continue
    for (const source of mergeSources(pair, target) ?? []) {
      const merged = child(source, part, target)
      if (merged !== null) return merged
    }
  }
  return null
}

function isMergeKey(pair: Pair): boolean {
  const key = asNode(pair.key)
  return isScalar(key) && (typeof key.value === 'symbol' || (key.value === '<<' && key.type === 'PLAIN'))
}

/** The mappings that `<<` names; `null` when it names something else. */
function mergeSources(pair: Pair, target: (node: Node | null) => Node | null): Node[] | null {
  const value = target(asNode(pair.value))
  const sources = isSeq(value) ? value.items.map((item) => target(asNode(item))) : [value]
  return sources.every((source) => isMap(source)) ? sources : null
}

/** As `toJS` names the key; `null` when it is no scalar. */
function keyText(key: Node | null): string | null {
  if (key === null) return ''
  if (!isScalar(key)) return null
  if (typeof key.value === 'symbol') return '<<'
  if (key.value === null) return ''
  return typeof key.value === 'string' || typeof key.value === 'number' || typeof key.value === 'boolean'
    ? String(key.value)
    : null
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null
}

function sentence(message: string): string {
  return message.replace(/; please use .*$/, '').replace(/\.$/, '')
}

// go.mod, as far as an image needs to know it.
import type { At } from './seen.ts'
import { lineAt } from './source-text.ts'

export type GoModule = {
  readonly path: string
  /** `1.26`: of `go` and `toolchain` the newer one; `null`: neither is there. */
  readonly version: { readonly value: string; readonly at: At } | null
  readonly requires: readonly { readonly path: string; readonly version: string; readonly at: At }[]
  /** Folders that stand in for modules. */
  readonly replacedBy: readonly string[]
  readonly at: At
}

/** `null`: it names no module. */
export function readGoModule(file: string, text: string): GoModule | null {
  let path: string | null = null
  let at: At | null = null
  let version: { value: string; at: At } | null = null
  const requires: { path: string; version: string; at: At }[] = []
  const replacedBy: string[] = []
  let block = ''
  let index = 0
  for (const line of text.split('\n')) {
    const here = lineAt(file, text, index)
    index += line.length + 1
    const words = line
      .replace(/\/\/.*/, '')
      .trim()
      .split(/\s+/)
      .map(unquoted)
    if (words[0] === ')') block = ''
    else if (words[1] === '(') block = words[0] ?? ''
    else {
      const [verb, ...rest] = block === '' ? words : [block, ...words]
      if (verb === 'module' && rest[0]) [path, at] = [rest[0], here]
      if (verb === 'require' && rest[0] && rest[1]) requires.push({ path: rest[0], version: rest[1], at: here })
      if (verb === 'replace') {
        const by = rest[rest.indexOf('=>') + 1] ?? ''
        if (rest.includes('=>') && /^\.{0,2}\//.test(by)) replacedBy.push(by)
      }
      const said = verb === 'go' || verb === 'toolchain' ? /^(?:go)?(\d+\.\d+)/.exec(rest[0] ?? '')?.[1] : undefined
      if (said !== undefined && (version === null || isNewer(said, version.value))) version = { value: said, at: here }
    }
  }
  return path === null || at === null ? null : { path, version, requires, replacedBy, at }
}

function isNewer(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major > otherMajor || (major === otherMajor && minor > otherMinor)
}

function unquoted(word: string): string {
  return word.replaceAll(/^["`]|["`]$/g, '')
}

// The Go files of one module: its programs, what they import, and the variable that a version can be linked into.
import type { At, Seen } from './seen.ts'
import { matchesIn, withoutComments } from './source-text.ts'

export type GoFile = { readonly path: string; readonly folder: string; readonly text: string }

const OTHER_SYSTEMS =
  /_(windows|darwin|freebsd|netbsd|openbsd|solaris|plan9|aix|js|wasip1|android|ios)(_[a-z0-9]+)?\.go$/
/** What Go itself passes over, and what an image is not made of. */
const NOT_OURS = /(^|\/)(testdata|vendor|examples?|_[^/]*|\.[^/]*)\//

/** Files of the module in `root` ('' is the project's own folder) that a build for Linux takes, comments blanked out. */
export function goFiles({ paths, texts }: Seen): GoFile[] {
  const nested = paths.filter((path) => path.endsWith('/go.mod')).map((path) => path.slice(0, -'go.mod'.length))
  return [...texts].flatMap(([path, text]): GoFile[] => {
    if (!path.endsWith('.go') || path.endsWith('_test.go') || OTHER_SYSTEMS.test(path)) return []
    if (NOT_OURS.test(path) || nested.some((folder) => path.startsWith(folder))) return []
    if (/^\/\/(go:build|\s*\+build)\s/m.test(text)) return []
    const slash = path.lastIndexOf('/')
    return [{ path, folder: slash < 0 ? '' : path.slice(0, slash), text: withoutComments(text) }]
  })
}

/** Folders with a `package main`, the likeliest first: the root, then what serves, then by name. */
export function mainsOf(files: readonly GoFile[], name: string): string[] {
  const serves = (folder: string) =>
    files.some(
      (file) =>
        file.folder === folder &&
        /"net\/http"|gin-gonic\/gin|labstack\/echo|gofiber\/fiber|go-chi\/chi/.test(file.text),
    )
  const likely = [name, 'server', 'api', 'web', 'app', 'service']
  const rank = (folder: string) => {
    const last = folder.split('/').at(-1) ?? ''
    if (folder === '') return 0
    if (likely.includes(last)) return 1 + likely.indexOf(last)
    return (serves(folder) ? 10 : 20) + (/^(cmd|src)(\/|$)/.test(folder) ? 0 : 5)
  }
  const found = new Set(files.filter(({ text }) => /^package main\b/m.test(text)).map(({ folder }) => folder))
  const usable = [...found].filter((folder) => /^[\w./-]*$/.test(folder))
  return usable.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
}

/** What a file imports. */
function importsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^import\s*\(([\s\S]*?)^\s*\)/gm)].map((match) => match[1]!)
  const singles = [...text.matchAll(/^import\s+(?:[\w.]+\s+)?(["`][^"`\n]+["`])/gm)].map((match) => match[1]!)
  return [...blocks, ...singles].flatMap((part) => [...part.matchAll(/["`]([^"`\n]+)["`]/g)].map((match) => match[1]!))
}

/** Packages of other modules that the program in `main` reaches, and the files of this module on the way. */
export function reachedFrom(
  main: string,
  files: readonly GoFile[],
  module: string,
): { files: GoFile[]; imports: string[]; cgo: boolean } {
  const folders = [main]
  const imports = new Set<string>()
  for (const folder of folders) {
    for (const { text } of files.filter((file) => file.folder === folder)) {
      for (const path of importsOf(text)) {
        const own = path === module ? '' : path.startsWith(`${module}/`) ? path.slice(module.length + 1) : null
        if (own === null) imports.add(path)
        else if (!folders.includes(own)) folders.push(own)
      }
    }
  }
  const others = [...imports].filter((path) => /^[\w-]+(\.[\w-]+)+\/[\w./~-]+$/.test(path)).sort()
  // Go's own packages are compiled with those; where there are none, the largest of them is worth a layer.
  if (others.length === 0 && imports.has('net/http')) others.push('net/http')
  const reached = folders.flatMap((folder) => files.filter((file) => file.folder === folder))
  return { files: reached, imports: others, cgo: imports.has('C') }
}

/** For -X: `version` or `Version` of the program, or of a package that is named so. */
export function versionVariable(
  main: string,
  files: readonly GoFile[],
  module: string,
): { readonly value: string; readonly at: At | null } {
  const pattern = /^\s*(?:var\s+)?(version|Version|buildVersion|BuildVersion)(?:\s+string)?\s*(?:=\s*"[^"]*"\s*$|$)/gm
  const declared = files.filter(({ folder }) => folder === main || /(^|\/)(version|buildinfo|build)$/.test(folder))
  const [best] = matchesIn(declared, pattern).sort(
    (one, other) => Number(folderOf(other.file) === main) - Number(folderOf(one.file) === main),
  )
  if (best === undefined) return { value: 'main.version', at: null }
  const folder = folderOf(best.file)
  return {
    value: `${folder === main ? 'main' : folder === '' ? module : `${module}/${folder}`}.${best.groups[0]}`,
    at: best.at,
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

// The map that tells the running proxy of a backend where chosen requests go: which releases have servers, which one is on trial with what share,
// which one stands in. Pure. It changes by commands only; its file says the same.
//   r42    2                       how many servers r42 has that are ready and checked
//   r42/0  r42-1                   the first of them
//   share  2200/r41/shield         of 10,000 requests, drawn for; whose all others are; what fails on r42 is tried again on those with a weight
//   drawn  r42
//   stand-in  r41
//   candidate r43                  staged: nobody is drawn for it
// Invariant: no entry ever names what is not there yet, or not any more: lists grow before the trial changes, and shrink after it (T1).
// The share goes first and comes last: who is drawn is never drawn by the share of somebody else (T2).
import type { BackendWanted } from '../../ports/traffic.ts'

export type Entries = ReadonlyMap<string, string>

export const shareKey = 'share'
export const drawnKey = 'drawn'
/** The end of a share whose failures are covered. */
export const shielded = '/shield'
export const standInKey = 'stand-in'
export const candidateKey = 'candidate'
/** Whose requests are that nobody was drawn for, where no release has a weight. */
export const nobody = 'nobody'

export function trialMapFile(backend: string): string {
  return `${backend}.trial.map`
}

export function trialEntries({ servers, trial, standIn, candidate }: Wanted): Map<string, string> {
  const lists = new Map<number, string[]>()
  for (const { name, release, mode, checked } of servers) {
    if (mode !== 'ready' || !checked) continue
    const list = lists.get(release)
    if (list === undefined) lists.set(release, [name])
    else list.push(name)
  }
  const entries = new Map<string, string>()
  for (const [release, names] of lists) {
    entries.set(`r${release}`, `${names.length}`)
    for (const [index, name] of names.entries()) entries.set(`r${release}/${index}`, name)
  }
  if (trial !== null) {
    entries.set(drawnKey, `r${trial.release}`)
    entries.set(shareKey, `${shareOf(trial.share)}/${baseOf(servers)}${trial.shield ? shielded : ''}`)
  }
  if (standIn !== null) entries.set(standInKey, `r${standIn}`)
  if (candidate !== undefined) entries.set(candidateKey, `r${candidate}`)
  return entries
}

type Wanted = Pick<BackendWanted, 'servers' | 'trial' | 'standIn' | 'candidate'>

/** The release that has the weight; the heaviest, should there be several. */
function baseOf(servers: BackendWanted['servers']): string {
  const weights = new Map<number, number>()
  for (const { release, weight } of servers) weights.set(release, (weights.get(release) ?? 0) + weight)
  const [heaviest] = [...weights].filter(([, weight]) => weight > 0).sort((a, b) => b[1] - a[1] || b[0] - a[0])
  return heaviest === undefined ? nobody : `r${heaviest[0]}`
}

function shareOf(share: number): number {
  if (!Number.isSafeInteger(share) || share < 0 || share > 10_000) throw new Error(`not a share: ${share}`)
  return share
}

export function trialMap(entries: Entries): string {
  return [...entries].map(([key, value]) => `${key} ${value}\n`).join('')
}

export type MapChange = { readonly verb: 'add' | 'set' | 'del'; readonly key: string; readonly value: string }

/** In the order in which they have to be made (T1). */
export function trialChanges(seen: Entries, wanted: Entries): MapChange[] {
  const isList = (key: string): boolean => /^r\d/.test(key)
  const isCount = (key: string): boolean => isList(key) && !key.includes('/')
  const puts = [...wanted]
    .filter(([key, value]) => seen.get(key) !== value)
    .map(([key, value]) => put(seen, key, value))
  const grows = ({ key, value }: MapChange): boolean => Number(value) > Number(seen.get(key) ?? 0)
  const gone = [...seen.keys()]
    .filter((key) => !wanted.has(key))
    .map((key): MapChange => ({ verb: 'del', key, value: '' }))
  return [
    ...puts.filter(({ key }) => isList(key) && !isCount(key)),
    ...puts.filter((change) => isCount(change.key) && grows(change)),
    ...draws(
      seen,
      wanted,
      [...gone, ...puts].filter(({ key }) => !isList(key)),
    ),
    ...puts.filter((change) => isCount(change.key) && !grows(change)),
    ...gone.filter(({ key }) => isCount(key)),
    ...gone.filter(({ key }) => isList(key) && !isCount(key)),
  ]
}

/** No request is drawn for a release by the share of another one (T2). */
function draws(seen: Entries, wanted: Entries, changes: readonly MapChange[]): MapChange[] {
  const others = changes.filter(({ key }) => key !== shareKey)
  if (seen.get(drawnKey) === wanted.get(drawnKey)) return [...others, ...changes.filter(({ key }) => key === shareKey)]
  const share = wanted.get(shareKey)
  return [
    ...(seen.has(shareKey) ? [{ verb: 'del', key: shareKey, value: '' } as const] : []),
    ...others,
    ...(share === undefined ? [] : [{ verb: 'add', key: shareKey, value: share } as const]),
  ]
}

function put(seen: Entries, key: string, value: string): MapChange {
  return { verb: seen.has(key) ? 'set' : 'add', key, value }
}

// What a rollback means for the source: where the two revisions can be compared, and the command that takes the bad one back.

export type CodeHostKind = 'github' | 'gitlab'

/** A repository on a code host, as its pages are addressed. */
export type WebRepository = {
  /** `https://github.com`, without a slash at its end. */
  readonly origin: string
  /** `acme/shop`; at GitLab there may be more parts. */
  readonly path: string
}

const REVISION = /^[0-9a-f]{7,64}$/
const SHOWN_DIGITS = 12

/** Of the address that git uses; never with a name or password in it. `null`: it is on no host. */
export function webRepository(remote: string): WebRepository | null {
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)\/?([^\s]+)$/.exec(remote)
  if (scp !== null && !remote.includes('://')) return repository('https:', scp[1]!, scp[2]!)
  if (!URL.canParse(remote)) return null
  const { protocol, hostname, host, pathname } = new URL(remote)
  if (protocol === 'http:' || protocol === 'https:') return repository(protocol, host, pathname)
  // The port of SSH is not that of the pages.
  if (protocol === 'ssh:' || protocol === 'git:') return repository('https:', hostname, pathname)
  return null
}

function repository(protocol: string, host: string, path: string): WebRepository | null {
  const parts = path
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((part) => part !== '')
  const plain = parts.every((part) => /^[\w.~+-]+$/.test(part) && part !== '..')
  return parts.length < 2 || !plain || host === '' ? null : { origin: `${protocol}//${host}`, path: parts.join('/') }
}

/** By its name; `null`: nobody can tell, and the configuration has to. */
export function kindOfHost(origin: string): CodeHostKind | null {
  const { hostname } = new URL(origin)
  return hostname.includes('gitlab') ? 'gitlab' : hostname.includes('github') ? 'github' : null
}

/** What lies between two revisions or tags. */
export function compareUrl({ origin, path }: WebRepository, kind: CodeHostKind | null, good: string, bad: string) {
  if (kind === null) return null
  const range = `${encodeURIComponent(good)}...${encodeURIComponent(bad)}`
  return `${origin}/${path}/${kind === 'gitlab' ? '-/' : ''}compare/${range}`
}

/**
 * Takes back everything of `bad` that is not in `good`, commit by commit, and a merge as a whole: it works in every history, and asks nothing.
 * `null`: the two are not known, or one and the same.
 */
export function revertCommand(good: string | null, bad: string | null): string | null {
  const range = revisionRange(good, bad)
  return range === null ? null : `git revert --no-edit --first-parent -m 1 ${range}`
}

/** `good..bad`. What came with an image from outside is only taken where it can be nothing but a hash. */
function revisionRange(good: string | null, bad: string | null): string | null {
  if (good === null || bad === null || good === bad || !REVISION.test(good) || !REVISION.test(bad)) return null
  return `${good.slice(0, SHOWN_DIGITS)}..${bad.slice(0, SHOWN_DIGITS)}`
}

// A repository in memory, with its remote: what Vcs can be asked, without git.
import { fail } from '../../core/errors.ts'
import type { Commit } from '../../core/version/commits.ts'
import type { Reverted, RevertWanted, Vcs } from '../../ports/vcs.ts'

type Node = {
  readonly hash: string
  readonly parents: readonly string[]
  readonly message: string
  readonly paths: readonly string[]
}

export class FakeRepository {
  root = '/srv/shop'
  branch: string | null = 'main'
  shallow = false
  /** `null`: there is no repository. */
  exists = true
  remote: { name: string; url: string } | null = null
  /** Why the remote does not answer. */
  remoteFails: string | null = null
  /** Git refuses to commit. */
  commitFails: string | null = null
  /** Files in which a revert would conflict. */
  conflicts: readonly string[] = []
  readonly nodes: Node[] = []
  readonly tags = new Map<string, { readonly commit: string; readonly message: string | null }>()
  readonly remoteTags = new Map<string, string>()
  readonly remoteBranches = new Map<string, string>()
  /** As they were committed last, and as they are. */
  readonly committed = new Map<string, string>()
  readonly files = new Map<string, string>()
  /** Called before each change, by its name: what throws here is a process that was killed. */
  onChange: (name: string) => void = () => {}

  get head(): string | null {
    return this.nodes[0]?.hash ?? null
  }

  commit(message: string, files: Readonly<Record<string, string>> = {}, parents?: readonly string[]): string {
    const hash = (this.nodes.length + 1).toString(16).padStart(40, '0')
    const built = parents ?? (this.head === null ? [] : [this.head])
    this.nodes.unshift({ hash, parents: built, message, paths: Object.keys(files) })
    for (const [path, text] of Object.entries(files)) {
      this.committed.set(path, text)
      this.files.set(path, text)
    }
    return hash
  }

  tag(name: string, commit = this.head!): void {
    this.tags.set(name, { commit, message: null })
  }

  /** It and what it was built on. */
  history(of: string | null): Set<string> {
    const seen = new Set<string>()
    const left = of === null ? [] : [of]
    for (let hash = left.pop(); hash !== undefined; hash = left.pop()) {
      if (seen.has(hash)) continue
      seen.add(hash)
      left.push(...(this.nodes.find((node) => node.hash === hash)?.parents ?? []))
    }
    return seen
  }

  /** Everything but what is asked of single revisions. */
  vcs(): Omit<Vcs, 'isAncestor' | 'committedAt'> {
    return {
      checkout: async (folder) => {
        const { root, head, branch, shallow } = this
        const within = folder === root ? '' : folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : null
        return this.exists && within !== null ? { root, within, head, branch, shallow } : null
      },
      tags: async (_root, prefix) => {
        const history = this.history(this.head)
        const named = [...this.tags].filter(([name]) => name.startsWith(prefix))
        return named.map(([name, { commit }]) => ({ name, commit, inHistory: history.has(commit) }))
      },
      commits: (_root, range) => this.#commits(range),
      changes: async () => {
        const paths = [...new Set([...this.files.keys(), ...this.committed.keys()])].sort()
        const differ = paths.filter((path) => this.files.get(path) !== this.committed.get(path))
        return {
          changed: differ.filter((path) => this.committed.has(path)),
          unknown: differ.filter((path) => !this.committed.has(path)),
        }
      },
      file: async (_root, path) => ({
        committed: this.committed.get(path) ?? null,
        now: this.files.get(path) ?? null,
      }),
      commitFile: async (_root, { path, text, message }) => {
        if (this.commitFails !== null) throw fail('GIT_FAILED', { command: 'commit', reason: this.commitFails })
        this.onChange('write')
        this.files.set(path, text)
        this.onChange('commit')
        return this.commit(message, { [path]: text })
      },
      tag: async (_root, { name, commit, message }) => {
        this.onChange('tag')
        if (this.tags.has(name)) throw fail('GIT_FAILED', { command: 'tag', reason: `tag '${name}' already exists` })
        this.tags.set(name, { commit, message })
      },
      remote: async () => this.remote,
      remoteTags: async (_root, _remote, prefix) => {
        if (this.remoteFails !== null) throw fail('GIT_FAILED', { command: 'ls-remote', reason: this.remoteFails })
        const named = [...this.remoteTags].filter(([name]) => name.startsWith(prefix))
        return named.map(([name, commit]) => ({ name, commit }))
      },
      push: async (_root, remote, { branch, tag }) => {
        const reason = this.remoteFails
        if (reason !== null) throw fail('PUSH_FAILED', { what: `${branch} with ${tag}`, remote, reason })
        this.onChange('push')
        this.remoteBranches.set(branch, this.head!)
        this.remoteTags.set(tag, this.tags.get(tag)!.commit)
      },
      pushRevert: async (_root, wanted) => this.#pushRevert(wanted),
    }
  }

  async *#commits({ since, path }: { since: string | null; path: string | null }): AsyncGenerator<readonly Commit[]> {
    const without = this.history(since === null ? null : (this.tags.get(since)?.commit ?? null))
    const history = this.history(this.head)
    const wanted = this.nodes
      .filter(({ hash }) => history.has(hash) && !without.has(hash))
      .filter(({ paths }) => path === null || paths.some((one) => one === path || one.startsWith(`${path}/`)))
    yield wanted.map(({ hash, parents, message }) => ({ hash, parents: parents.length, message }))
  }

  #pushRevert({ remote, base: asked, bad, branch }: RevertWanted): Reverted {
    if (this.remoteFails !== null) throw fail('PUSH_FAILED', { what: branch, remote, reason: this.remoteFails })
    const base = asked ?? 'main'
    const pushed = this.remoteBranches.get(branch)
    if (pushed !== undefined) return { outcome: 'pushed_before', base, head: pushed }
    if (!this.history(this.remoteBranches.get(base) ?? null).has(bad)) {
      return { outcome: 'nothing', base, why: 'not_in_base' }
    }
    if (this.conflicts.length > 0) return { outcome: 'conflict', base, files: this.conflicts }
    const head = 'f'.repeat(40)
    this.remoteBranches.set(branch, head)
    return { outcome: 'pushed', base, head }
  }
}

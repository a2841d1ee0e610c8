// Takes back in git what was rolled back: a branch with the reverts, and a request to merge it. Nobody's checkout is touched, and nothing is merged.
import { dirname } from 'node:path'
import { fail } from '../core/errors.ts'
import { kindOfHost, revertCommand, webRepository } from '../core/git-links.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import { RELEASE_TRAILER } from '../core/version/commits.ts'
import type { Vcs } from '../ports/vcs.ts'
import type { Operation } from '../store/operations.ts'
import type { App, Asked } from './app.ts'
import { addressOf, wayBackOf } from './git-follows.ts'
import { unleased } from './unleased.ts'

const SHOWN_DIGITS = 12
/** Operations that are looked through for the last rollback. */
const LOOKED_THROUGH = 200

export type RevertAsked = Asked & {
  /** Where the command was started: the checkout may be there. */
  readonly folder: string
}

export type RevertPlan = {
  readonly operation: Operation
  readonly good: string
  readonly bad: string
  readonly branch: string
  readonly base: string | null
  readonly command: string
  readonly api: string
}

export type RevertRequested = RevertPlan & {
  readonly transactionId: string
  readonly base: string
  readonly url: string
  readonly outcome: 'opened' | 'open_already'
}

type Prepared = RevertPlan & {
  readonly vcs: Vcs
  readonly root: string
  readonly remote: string
  readonly host: ReturnType<Awaited<ReturnType<App['codeHosts']>>['connect']>
}

/** The last operation that went back in these services. Error: REVERT_IMPOSSIBLE. */
export function lastWayBack(app: App, scopes: readonly Scope[]): Operation {
  const here = (one: Operation) =>
    scopes.some(({ service, environment }) => one.service === service && one.environment === environment)
  const found = app.store.operations.list(LOOKED_THROUGH).find((one) => here(one) && wayBackOf(one) !== null)
  if (found === undefined) throw fail('REVERT_IMPOSSIBLE', { transaction: '-', reason: 'nothing was rolled back yet' })
  return found
}

/** What would be done. Errors: REVERT_IMPOSSIBLE, CODE_HOST_UNKNOWN, CODE_HOST_TOKEN, and those of version control. */
export async function planRevert(app: App, operation: Operation, asked: RevertAsked): Promise<RevertPlan> {
  return prepare(app, operation, asked)
}

/** Errors: those of `planRevert`, REVERT_CONFLICT, PUSH_FAILED, CODE_HOST_DENIED, CODE_HOST_REFUSED, CODE_HOST_UNREACHABLE. */
export async function requestRevert(app: App, operation: Operation, asked: RevertAsked): Promise<RevertRequested> {
  const prepared = await prepare(app, operation, asked)
  const { vcs, root, remote, host, good, bad, branch, command } = prepared
  const { service, environment } = operation
  const detail = { of: operation.transactionId, branch, good, bad }
  const { transactionId, result } = await unleased(
    app,
    { service, environment },
    'revert',
    asked,
    async (underWay) => {
      const wanted = { remote, base: prepared.base, good, bad, branch, except: `${RELEASE_TRAILER}: ` }
      const reverted = await underWay.step(
        'push_revert',
        detail,
        () => vcs.pushRevert(root, wanted),
        ({ base }) => ({ base }),
      )
      const { base } = reverted
      if (reverted.outcome === 'conflict') {
        throw fail('REVERT_CONFLICT', {
          bad: bad.slice(0, SHOWN_DIGITS),
          base,
          command,
          files: reverted.files.join(', '),
        })
      }
      if (reverted.outcome === 'nothing') {
        const why = {
          not_in_base: `${base} does not hold ${bad.slice(0, SHOWN_DIGITS)}`,
          reverted_already: `${base} has taken it back already`,
        }
        throw fail('REVERT_IMPOSSIBLE', { transaction: operation.transactionId, reason: why[reverted.why] })
      }
      const request = { branch, base, title: titleOf(app, operation), text: textOf(app, operation, prepared) }
      const told = { api: host.api, branch }
      return {
        base,
        ...(await underWay.step(
          'open_request',
          told,
          () => host.open(request, asked.signal),
          ({ url, outcome }) => ({ url, outcome }),
        )),
      }
    },
    ({ url }) => ({ detail: { url } }),
  )
  return { ...prepared, ...result, transactionId }
}

async function prepare(app: App, operation: Operation, asked: RevertAsked): Promise<Prepared> {
  const transaction = operation.transactionId
  const impossible = (reason: string) => fail('REVERT_IMPOSSIBLE', { transaction, reason })
  if (wayBackOf(operation) === null) throw impossible('it took nothing back')
  const { good, bad } = endsOf(app, operation)
  const [from, to] = [good?.gitRevision ?? null, bad?.gitRevision ?? null]
  const command = revertCommand(from, to)
  if (from === null || to === null) throw impossible('the images do not say which revision they were built from')
  if (command === null) throw impossible('both releases were built from the same revision')
  const definition = app.store.services.get(operation)?.definition ?? null
  const vcs = await app.vcs()
  const folders = [asked.folder, ...(definition === null ? [] : [dirname(definition.configPath)])]
  const root = await checkoutWith(vcs, folders, from, to)
  if (root === null) throw impossible('no repository here knows both revisions; run it in a clone, after git fetch')
  const remote = await vcs.remote(root)
  const web = remote === null ? null : webRepository(remote.url)
  const git = definition?.git ?? null
  const kind = git?.host ?? (web === null ? null : kindOfHost(web.origin))
  if (remote === null || web === null || kind === null) {
    throw fail('CODE_HOST_UNKNOWN', { remote: web === null ? 'a repository without a host' : addressOf(web) })
  }
  const host = (await app.codeHosts()).connect({
    kind,
    repository: web,
    api: git?.api ?? null,
    token: git?.token ?? null,
  })
  const branch = `astern/revert-${transaction.replace(/^tx-/, '')}`
  const base = git?.branch ?? null
  return { operation, good: from, bad: to, branch, base, command, api: host.api, vcs, root, remote: remote.name, host }
}

/** The release that serves since, and the one that was taken out. */
function endsOf(app: App, operation: Operation): { readonly good: Release | null; readonly bad: Release | null } {
  const release = (number: number | null) => (number === null ? null : app.store.releases.get(operation, number))
  const ends = wayBackOf(operation)
  return { good: release(ends?.good ?? null), bad: release(ends?.bad ?? null) }
}

async function checkoutWith(vcs: Vcs, folders: readonly string[], good: string, bad: string): Promise<string | null> {
  for (const folder of folders) {
    if ((await vcs.isAncestor(good, bad, folder)) === null) continue
    const checkout = await vcs.checkout(folder)
    if (checkout !== null) return checkout.root
  }
  return null
}

function titleOf(app: App, operation: Operation): string {
  const { good, bad } = endsOf(app, operation)
  const name = (release: Release | null) => (release === null ? '-' : (release.version ?? releaseName(release.number)))
  return `revert: ${operation.service} ${name(bad)}, back to ${name(good)}`
}

function textOf(app: App, operation: Operation, { good, bad, command }: RevertPlan): string {
  const { service, environment, actor, reason, transactionId } = operation
  const ends = endsOf(app, operation)
  const name = (release: Release | null) =>
    release === null ? '-' : `${releaseName(release.number)} ${release.version ?? ''}`.trim()
  return [
    `${service} in ${environment} went back from ${name(ends.bad)} to ${name(ends.good)} (${transactionId}, by ${actor}).`,
    ...(reason === null ? [] : ['', `> ${reason.replaceAll(/\s+/g, ' ')}`]),
    '',
    `Until this is merged, the branch still holds what was taken out: everything from ${good.slice(0, SHOWN_DIGITS)} to ${bad.slice(0, SHOWN_DIGITS)}. By hand it would be:`,
    '',
    '```',
    command,
    '```',
  ].join('\n')
}

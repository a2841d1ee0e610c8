// Checks of the state: that it is there and can be written, its reserve, its key, its journal, and what is left to do in it.
import { accessSync, constants, statSync } from 'node:fs'
import { reasonOf } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import { isRunning } from '../../operations/history.ts'
import { isOverdue } from '../../operations/overdue.ts'
import { stateFiles } from '../state-files.ts'
import { existing } from './host.ts'
import { type Check, findingOf } from './look.ts'

const OTHERS_MODE = 0o077

export const checkState: Check = async ({ context, app, stateProblem }) => {
  const { t, stateFolder: folder } = context
  const name = 'state'
  if (stateProblem !== null) return [await findingOf(context, name, 'fail', stateProblem)]
  const unwritable = whyNotWritable(existing(folder))
  if (unwritable !== null) {
    const message = t('doctor_state_unwritable', { folder, reason: unwritable })
    return [{ name, status: 'fail', message, hint: t('doctor_state_unwritable_hint') }]
  }
  if (app === null) {
    return [
      { name, status: 'warn', message: t('doctor_state_missing', { folder }), hint: t('doctor_state_missing_hint') },
    ]
  }
  const message = t('doctor_state', { folder, installation: app.store.installation })
  return [{ name, status: 'ok', message, hint: null }]
}

function whyNotWritable(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

export const checkReserve: Check = ({ context, app }) => {
  if (app === null) return []
  const { t } = context
  const name = 'reserve'
  const size = statSync(stateFiles(context.stateFolder).reserve, { throwIfNoEntry: false })?.size ?? 0
  return size > 0
    ? [{ name, status: 'ok', message: t('doctor_reserve'), hint: null }]
    : [{ name, status: 'warn', message: t('doctor_reserve_missing'), hint: t('doctor_reserve_hint') }]
}

export const checkKey: Check = ({ context, app }) => {
  if (app === null) return []
  const { t } = context
  const name = 'key'
  const path = stateFiles(context.stateFolder).key
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return [{ name, status: 'ok', message: t('doctor_key_missing'), hint: null }]
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
  return (stat.mode & OTHERS_MODE) === 0
    ? [{ name, status: 'ok', message: t('doctor_key', { path, mode }), hint: null }]
    : [{ name, status: 'fail', message: t('doctor_key_open', { path, mode }), hint: t('doctor_key_hint', { path }) }]
}

export const checkJournal: Check = async ({ context, app }) => {
  if (app === null) return []
  const name = 'journal'
  try {
    const rows = app.store.journal.verify()
    return [{ name, status: 'ok', message: context.t('journal_verified', { rows }), hint: null }]
  } catch (error) {
    return [await findingOf(context, name, 'fail', error)]
  }
}

export const checkOperations: Check = ({ context, app }) => {
  if (app === null) return []
  const { t } = context
  const name = 'operations'
  const open = app.store.services.list().flatMap((scope) => app.store.operations.unfinished(scope))
  if (open.length === 0) return [{ name, status: 'ok', message: t('doctor_operations'), hint: null }]
  return open.map((operation) => {
    const details = { kind: operation.kind, transaction: operation.transactionId, scope: scopeName(operation) }
    return isRunning(app, operation)
      ? { name, status: 'ok', message: t('doctor_operation_runs', details), hint: null }
      : { name, status: 'warn', message: t('doctor_operation_left', details), hint: t('doctor_operation_hint') }
  })
}

export const checkOverdue: Check = ({ context, app }) => {
  if (app === null) return []
  const { t } = context
  const name = 'overdue'
  return isOverdue(app)
    ? [{ name, status: 'warn', message: t('doctor_overdue'), hint: t('doctor_overdue_hint') }]
    : [{ name, status: 'ok', message: t('doctor_not_overdue'), hint: null }]
}

// A check of tags: that none of them was moved behind Astern's back, here or in its registry.
import { isAsternError } from '../../core/errors.ts'
import { lookForDrift } from '../../operations/tag-drift.ts'
import { type Check, type Finding, findingOf, within } from './look.ts'

export const checkTags: Check = async ({ context, app, engine, clock }) => {
  if (app === null || isAsternError(await engine())) return []
  const { t } = context
  const name = 'tags'
  const findings: Finding[] = []
  let looked = 0
  for (const { definition } of app.store.services.list()) {
    const drift = await within(clock, () => lookForDrift(app, definition))
    looked += drift.looked
    for (const error of drift.moved) findings.push(await findingOf(context, name, 'fail', error))
    if (drift.unasked !== null) findings.push(await findingOf(context, name, 'warn', drift.unasked))
  }
  if (findings.length > 0 || looked === 0) return findings
  return [{ name, status: 'ok', message: t('doctor_tags', { count: looked }), hint: null }]
}

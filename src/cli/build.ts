// `astern build`: the image of a service under a tag of its own, and what could be better about it.
import { relative } from 'node:path'
import { isVersion } from '../core/built-version.ts'
import { largestLayers, layerName } from '../core/advice.ts'
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import { shownSize } from '../core/size.ts'
import { ciBranch, ciBuildNumber, problemOfTemplate } from '../core/tag.ts'
import type { App } from '../operations/app.ts'
import { type BuildAsked, buildImage, type Built, checkBuild, planBuild, referenceOf } from '../operations/build.ts'
import { round } from '../operations/operation.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatDuration, labelled, labelledLines, shortDigest } from './format.ts'
import { adviceView, type ImageAnswer, NOTHING_KNOWN, shownWork, warningTexts } from './image-work.ts'
import { oneDefinition } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const asked = parse(context, args)
  const definition = await oneDefinition(context, args)
  const app = await context.open()
  if (args.flag('check')) return check(context, app, definition)
  if (args.flag('dry-run')) return dryRun(context, app, definition, asked)
  app.store.db.keepReserve()
  let built: Built | null = null
  const { known, exit } = await shownWork(context, app, definition, 'build', async ({ signal, onLine, learn }) => {
    built = await buildImage(app, definition, { ...asked, signal, onLine }, (transactionId, planned) =>
      learn({
        transaction_id: transactionId,
        image: referenceOf(planned),
        tag: planned.tag,
        warnings: warningTexts(context, planned.warnings),
      }),
    )
    return answerOf(context, built)
  })
  if (known !== null && built !== null && !context.json) showBuilt(context, definition, built, known.advice)
  await tend(context, app)
  return exit
}

/** Errors: USAGE, TAG_IMPOSSIBLE. */
function parse(context: Context, args: Arguments): BuildAsked {
  const template = args.text('tag')
  const version = args.text('version')
  const problem = template === null ? null : problemOfTemplate(template)
  if (template !== null && problem !== null) throw fail('TAG_IMPOSSIBLE', { template, problem })
  if (version !== null && !isVersion(version)) {
    const wrong = context.t('value_invalid', { name: 'version', expected: 'v1.2.3', value: version })
    throw fail('USAGE', { problem: wrong, command: 'build' })
  }
  return {
    template,
    version,
    fresh: args.flag('no-cache'),
    ci: { build: ciBuildNumber(context.env), branch: ciBranch(context.env) },
    actor: context.actor,
    reason: args.text('message'),
  }
}

function answerOf(context: Context, built: Built) {
  const { image } = built
  return {
    transaction_id: built.transactionId,
    outcome: built.outcome,
    image: referenceOf(built),
    tag: built.tag,
    digest: built.digest,
    config_digest: image.configDigest,
    size_bytes: image.sizeBytes,
    previous_size_bytes: built.previousSizeBytes,
    advice: adviceView(context, built.advice),
    warnings: warningTexts(context, built.warnings),
    duration_ms: round(built.durationMs),
  }
}

function showBuilt(context: Context, definition: Definition, built: Built, advice: ImageAnswer['advice']): void {
  const { t } = context
  const { image, tag } = built
  context.print(labelled(t('image'), `${referenceOf(built)} · ${shortDigest(image.configDigest)}`))
  context.print(
    labelled(t('size'), t('size_line', { size: shownSize(image.sizeBytes), change: changeOf(context, built) })),
  )
  const layers = largestLayers(image.layers).map(
    (layer) => `${shownSize(layer.sizeBytes)} ${layerName(layer.createdBy)}`,
  )
  for (const line of labelledLines(t('layers'), layers)) context.print(line)
  showAdvice(context, definition, advice)
  const total = formatDuration(built.durationMs)
  const text =
    built.outcome === 'noop'
      ? t('built_again', { tag })
      : t('built_line', { tag, total, transaction: built.transactionId })
  context.print(labelled(t(built.outcome === 'noop' ? 'noop' : 'built'), text))
}

function changeOf({ t }: Context, { image, previousSizeBytes }: Built): string {
  if (previousSizeBytes === null) return t('size_first')
  const difference = image.sizeBytes - previousSizeBytes
  if (difference === 0 || previousSizeBytes === 0) return t('size_same')
  const sign = difference > 0 ? '+' : '−'
  const percent = `${sign}${Math.abs(Math.round((difference / previousSizeBytes) * 100))}`
  return t('size_change', { sign, difference: shownSize(Math.abs(difference)), percent })
}

/** `Dockerfile:7 it runs as root …` */
function showAdvice(context: Context, definition: Definition, advice: ImageAnswer['advice']): void {
  const file = relative(context.cwd, definition.build?.dockerfile ?? '')
  const lines = advice.map(({ line, message }) => (line === null ? message : `${file}:${line} ${message}`))
  for (const line of labelledLines(context.t('advice'), lines)) context.print(line)
}

async function check(context: Context, app: App, definition: Definition): Promise<number> {
  const advice = adviceView(context, await checkBuild(app, definition))
  const { service, environment } = definition
  if (context.json) {
    const outcome = 'noop' as const
    context.print(
      JSON.stringify({
        operation: 'build',
        check: true,
        service,
        environment,
        ...NOTHING_KNOWN,
        outcome,
        advice,
        error: null,
      }),
    )
  } else if (advice.length === 0) context.print(labelled(context.t('advice'), context.t('no_advice')))
  else showAdvice(context, definition, advice)
  return 0
}

async function dryRun(context: Context, app: App, definition: Definition, asked: BuildAsked): Promise<number> {
  const { t } = context
  const planned = await planBuild(app, definition, asked)
  const { service, environment } = definition
  const { tag, labels, build } = planned
  const image = referenceOf(planned)
  const warnings = warningTexts(context, planned.warnings)
  // Values of arguments may be nobody's business; names tell what is given.
  const args = Object.keys(planned.args)
  if (context.json) {
    const plan = { image, tag, context: build.context, dockerfile: build.dockerfile, labels, args, warnings }
    context.print(JSON.stringify({ operation: 'build', dry_run: true, service, environment, outcome: 'plan', ...plan }))
    return 0
  }
  for (const warning of warnings) context.say(`${t('warning')}: ${warning}`)
  context.print(labelled(t('image'), image))
  context.print(labelled(t('built_from'), `${build.dockerfile} · ${build.context}`))
  for (const line of labelledLines(
    t('labels'),
    Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ))
    context.print(line)
  if (args.length > 0) context.print(labelled(t('arguments'), args.join(' · ')))
  context.print(labelled(t('would'), t('would_build')))
  return 0
}

// The few questions of `astern init` at a terminal: each with an answer that Enter takes.
import { CI_SYSTEMS } from '../../core/init/look-project.ts'
import type { MessageKey } from '../../i18n/messages.ts'
import type { Context } from '../context.ts'
import {
  type Answers,
  readCi,
  readEnvironments,
  readHealth,
  readImage,
  readListen,
  readName,
  readPort,
  SHAPES,
} from './choices.ts'

/** `null`: it was left with Ctrl-C, or with the end of input. */
export async function askAnswers(context: Context, first: Answers, maybeDatabase: boolean): Promise<Answers | null> {
  const service = await ask(context, 'service', first.service, readName)
  if (service === null) return null
  const image = await ask(context, 'image', first.image === first.service ? service : first.image, readImage)
  if (image === null) return null
  const port = await ask(context, 'port', String(first.port), readPort)
  if (port === null) return null
  const health = await ask(context, 'health', first.health ?? 'tcp', readHealth)
  if (health === null) return null
  const environments = await ask(context, 'environments', first.environments.join(','), readEnvironments)
  if (environments === null) return null
  const listen = await ask(context, 'listen', first.listen, readListen, { environment: environments[0]! })
  if (listen === null) return null
  const ci = await ask(context, 'ci', first.ci, readCi, { known: CI_SYSTEMS.join(', ') })
  if (ci === null) return null
  const database = maybeDatabase ? await ask(context, 'database', first.database ? 'y' : 'n', readYes) : first.database
  if (database === null) return null
  return {
    service,
    image,
    port,
    health: first.health === null && health === 'tcp' ? null : health,
    listen,
    environments,
    ci,
    database,
  }
}

/** Which of several programs; `null` as above. */
export function askMain(
  context: Context,
  mains: readonly string[],
  shown: (folder: string) => string,
): Promise<string | null> {
  const read = (text: string) => mains.find((folder) => shown(folder) === text || folder === text) ?? null
  return ask(context, 'main', shown(mains[0]!), read, { known: mains.map(shown).join(', ') })
}

/** Asks until the answer can be used. */
async function ask<T>(
  context: Context,
  name: keyof typeof SHAPES | 'main' | 'database',
  otherwise: string,
  read: (text: string) => T | null,
  details: Readonly<Record<string, string>> = {},
): Promise<T | null> {
  const key: MessageKey = `init_ask_${name}`
  for (;;) {
    const answer = await context.ask(context.t(key, details), otherwise)
    if (answer === null) return null
    const value = read(answer.trim() === '' ? otherwise : answer.trim())
    if (value !== null) return value
    const expected = name === 'main' ? (details['known'] ?? '') : name === 'database' ? 'y, n' : SHAPES[name]
    context.say(context.t('init_answer_invalid', { expected, value: answer.trim() }))
  }
}

function readYes(text: string): boolean | null {
  return /^(y|yes|是)$/i.test(text) ? true : /^(n|no|否)$/i.test(text) ? false : null
}

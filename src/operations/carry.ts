// Brings an image to the engine that will run it, where no registry stands between them (`registry: none`). Safe to repeat: what is there already is not
// sent again. Invariants: the name is given last, to an image whose ID was checked; a name never moves from one image to another.
import { isEngineAddress } from '../core/engine-address.ts'
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { App, Asked } from './app.ts'

export type Carried = {
  /** `same_engine`: it was built where it runs. `already_there`: it had come before. */
  readonly outcome: 'carried' | 'already_there' | 'same_engine'
  readonly configDigest: string
  /** What went over the way; 0 when nothing had to. */
  readonly bytes: number
}

export type CarryAsked = {
  /** The image ID that `reference` was built as. */
  readonly configDigest: string
  /** With tag: `gin-shop:v1.2.0`. */
  readonly reference: string
  /** Where it was built, as for `docker -H`; `null`: the engine of the user's Docker environment. */
  readonly from: string | null
  /** Where it is to run. */
  readonly to: string | null
}

/** What an engine without a name of its own is called. */
const OWN = "this host's engine"

/** Errors: USAGE, IMAGE_NOT_FOUND (where it was built), TAG_MOVED, CARRY_FAILED, ENGINE_UNAVAILABLE. */
export async function carryImage(
  app: App,
  definition: Definition,
  { configDigest, reference, from, to }: CarryAsked,
  { signal, onBytes = () => {} }: Pick<Asked, 'signal'> & { readonly onBytes?: (bytes: number) => void },
): Promise<Carried> {
  for (const engine of [from, to]) {
    if (engine === null || isEngineAddress(engine)) continue
    const problem = `${engine} is no address of an engine; write ssh://USER@HOST, unix:///PATH or tcp://HOST:PORT`
    throw fail('USAGE', { problem, command: 'push' })
  }
  const engines = await app.engines()
  const done = (outcome: Carried['outcome'], bytes = 0) =>
    ({ outcome: from === to ? 'same_engine' : outcome, configDigest, bytes }) as const
  const named = await engines.image(to, reference, signal)
  if (named?.configDigest === configDigest) return done('already_there')
  if (named !== null) {
    const { configDigest: found } = named
    const repository = definition.image
    throw fail('TAG_MOVED', {
      image: reference,
      known: configDigest,
      found,
      where: to ?? OWN,
      repository,
      digest: configDigest,
    })
  }
  let bytes = 0
  if ((await engines.image(to, configDigest, signal)) === null) {
    if (from === to || (await engines.image(from, configDigest, signal)) === null) {
      throw fail('IMAGE_NOT_FOUND', { image: reference, reason: `${from ?? OWN} has no image ${configDigest}` })
    }
    const count = (passed: number) => onBytes((bytes = passed))
    await engines.stream(configDigest, { from, to }, count, signal)
    if ((await engines.image(to, configDigest, signal)) === null) {
      const reason = `what arrived is not ${configDigest}`
      throw fail('CARRY_FAILED', { image: reference, from: from ?? OWN, to: to ?? OWN, reason })
    }
  }
  await engines.tag(to, configDigest, reference, signal)
  return done(bytes > 0 ? 'carried' : 'already_there', bytes)
}

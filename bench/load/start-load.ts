// The two loads by their names.
import type { BenchContext } from '../bench.ts'
import type { Load, LoadName } from './load.ts'
import { startVegeta } from './vegeta.ts'
import { startWrk } from './wrk.ts'

export function startLoad(
  context: BenchContext,
  load: LoadName,
  url: string,
  name: string,
  through: readonly string[] = [],
): Load {
  const options = { name: `${name}-${load}`, url, through }
  return load === 'constant' ? startVegeta(context, options) : startWrk(context, options)
}

// What Docker's shell completion asks of its plugins: candidates as `astern complete` has them, then what the shell is to do beside, as a number of
// cobra's (https://github.com/spf13/cobra, completions).
import type { Arguments } from './command.ts'
import { candidates, FILES } from './complete.ts'
import type { Context } from './context.ts'

const OFFER_FILES = ':0'
const NO_FILES = ':4'

export async function run(context: Context, args: Arguments): Promise<number> {
  const found = await candidates(context, args.rest ?? args.positionals)
  for (const { value, about } of found.filter(({ value }) => value !== FILES)) {
    context.print(about === '' ? value : `${value}\t${about}`)
  }
  context.print(found.some(({ value }) => value === FILES) ? OFFER_FILES : NO_FILES)
  return 0
}

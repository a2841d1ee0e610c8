// What script/demo runs: rehearses a rollback and two trials on real parts and reports what users saw. Whatever happens, nothing is left behind but
// images and the report, unless --keep asks for it. Exits with 1 when the rehearsal shows something that must not be.
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type Astern, createAstern } from './astern.ts'
import { type Options, readOptions, usage } from './options.ts'
import { publish } from './publish.ts'
import { rehearse } from './rehearse.ts'
import {
  hasLeftovers,
  leaveFolder,
  makeScratch,
  projectOf,
  refuseIfBusy,
  removeFolder,
  stateOf,
  takeFolder,
} from './scratch.ts'
import { paint, print, showProgress } from './screen.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache', 'rehearsal')
const vegeta = join(root, '.cache', 'bin', 'vegeta')
const exits = { fine: 0, wrong: 1, usage: 2, interrupted: 130 }

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  let options: Options | 'help'
  try {
    options = readOptions(argv)
  } catch (error) {
    complain(error)
    process.stderr.write(`\n${usage}`)
    return exits.usage
  }
  if (options === 'help') {
    process.stdout.write(usage)
    return exits.fine
  }
  const signal = listenForInterrupts()
  try {
    if (!existsSync(vegeta))
      throw new Error('The load generator is not here yet. Run script/setup, or script/demo, which does.')
    refuseIfBusy(folder)
  } catch (error) {
    complain(error)
    return exits.wrong
  }
  takeFolder(folder)
  const astern = createAstern({ root, folder, state: stateOf(folder), signal })
  const exit = await perform(options, astern, signal)
  return cleanUp(options, astern, exit)
}

async function perform(options: Options, astern: Astern, signal: AbortSignal): Promise<number> {
  try {
    if (hasLeftovers(folder)) {
      await takeDown(astern, 'taking down what an earlier rehearsal left')
      print(paint('dim', 'Taken down first: what an earlier rehearsal had left.\n'))
      takeFolder(folder)
    }
    print(
      paint(
        'bold',
        'Astern rehearsal: a bad release goes out to users and is taken back; the next one goes back by itself.',
      ),
    )
    const scratch = await makeScratch(folder)
    const isFine = publish(root, await rehearse({ root, vegeta, options, scratch, astern, signal }))
    return isFine ? exits.fine : exits.wrong
  } catch (error) {
    if (signal.aborted) return exits.interrupted
    complain(error)
    return exits.wrong
  }
}

async function cleanUp(options: Options, astern: Astern, exit: number): Promise<number> {
  if (options.keep) {
    leaveFolder(folder)
    const inProject = relative(process.cwd(), projectOf(folder)) || '.'
    print(`\nKept, as asked: the service runs on. To look around in it:
  cd ${inProject} && export ASTERN_STATE=${stateOf(folder)} PATH=${join(root, 'bin')}:$PATH
  astern status
  astern down --all --yes     # takes it down; so does the next script/demo`)
    return exit
  }
  const wasUp = hasLeftovers(folder)
  try {
    await takeDown(astern, 'taking everything down again')
    if (wasUp)
      print(
        paint('dim', '\nTaken down again: proxy, containers, network and state. The images stay for the next time.'),
      )
    return exit
  } catch (error) {
    complain(error)
    leaveFolder(folder)
    print('It could not be taken down. The next script/demo tries again.')
    return exit === exits.fine ? exits.wrong : exit
  }
}

async function takeDown(astern: Astern, what: string): Promise<void> {
  if (hasLeftovers(folder)) {
    const done = showProgress(what)
    await astern.down().finally(done)
  }
  removeFolder(folder)
}

/** The first one ends the rehearsal in order; there is nothing that a second one could do better. */
function listenForInterrupts(): AbortSignal {
  const interruption = new AbortController()
  const interrupt = (): void => {
    if (interruption.signal.aborted) print('\nStill taking things down; one moment.')
    else print('\nInterrupted: taking everything down again.')
    interruption.abort(new Error('interrupted'))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  // Whoever read our output is gone (a closed terminal, `| head`): the same, in silence.
  process.stdout.on('error', () => interruption.abort(new Error('nobody reads')))
  process.stderr.on('error', () => {})
  return interruption.signal
}

function complain(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${paint('red', '✗')} ${text}\n`)
}

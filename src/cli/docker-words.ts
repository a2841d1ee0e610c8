// What Docker tells its plugins, as words of our own command line. Docker hands over its whole command line: its own options first, then the plugin's
// name, or `help` or `__complete` before that (https://github.com/docker/cli, cli-plugins). Pure, and light: `docker rollback` comes by here.

/** What bin/docker-astern and bin/docker-rollback begin with; the plugin's name and Docker's words follow. */
const MARK = 'docker-cli-plugin'

/** Docker's own options that say where its engine is, by the variable that says the same. */
const VARIABLE: Readonly<Record<string, string>> = {
  '--config': 'DOCKER_CONFIG',
  '--context': 'DOCKER_CONTEXT',
  '-c': 'DOCKER_CONTEXT',
  '--host': 'DOCKER_HOST',
  '-H': 'DOCKER_HOST',
}
const SWITCH: Readonly<Record<string, string>> = { '--tls': 'DOCKER_TLS', '--tlsverify': 'DOCKER_TLS_VERIFY' }
const WITHOUT_MEANING = ['-D', '--debug']
const WITHOUT_MEANING_AND_VALUE = ['-l', '--log-level']

export type Started = {
  /** The words of our own command line. */
  readonly argv: readonly string[]
  /** Variables that take the place of Docker's options; an empty one is as good as none. */
  readonly env: Readonly<Record<string, string>>
  /** An option of Docker that cannot be passed on; `null`: there is none. */
  readonly refused: string | null
  readonly byDocker: boolean
}

export function startedWith(words: readonly string[]): Started {
  if (words[0] !== MARK) return { argv: words, env: {}, refused: null, byDocker: false }
  const [, plugin = 'astern', ...given] = words
  const env: Record<string, string> = {}
  let refused: string | null = null
  let at = 0
  for (; given[at]?.startsWith('-') === true; at++) {
    const word = given[at]!
    const { option, attached } = split(word)
    const value = () => attached ?? given[++at] ?? ''
    if (option in VARIABLE) set(env, VARIABLE[option]!, value())
    else if (option in SWITCH) set(env, SWITCH[option]!, attached === 'false' ? '' : '1')
    else if (WITHOUT_MEANING_AND_VALUE.includes(option)) value()
    else if (['--help', '-h'].includes(word))
      return { argv: helpOf(plugin, given.slice(at + 1)), env, refused, byDocker: true }
    else if (!WITHOUT_MEANING.includes(option)) refused ??= option
  }
  return { argv: ownWords(plugin, given.slice(at)), env, refused, byDocker: true }
}

/** `--host=X`, `-HX` and `-H=X` hold their value; `-H` and `--host` are followed by it. */
function split(word: string): { readonly option: string; readonly attached: string | null } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=')
    return equals < 0
      ? { option: word, attached: null }
      : { option: word.slice(0, equals), attached: word.slice(equals + 1) }
  }
  return word.length > 2
    ? { option: word.slice(0, 2), attached: word.slice(2).replace(/^=/, '') }
    : { option: word, attached: null }
}

/** Docker's option outdoes the environment: a context that was named is not hidden by a host that was set. */
function set(env: Record<string, string>, variable: string, value: string): void {
  env[variable] = value
  if (variable === 'DOCKER_CONTEXT') env['DOCKER_HOST'] = ''
}

function ownWords(plugin: string, words: readonly string[]): readonly string[] {
  const [first, ...rest] = words
  if (first === 'help') return helpOf(plugin, rest)
  if (first === '__complete' || first === '__completeNoDesc') {
    return ['docker-complete', '--', ...prefix(plugin), ...withoutName(plugin, rest)]
  }
  const own = withoutName(plugin, words)
  return plugin === 'astern' ? own : [plugin, ...own]
}

function helpOf(plugin: string, words: readonly string[]): readonly string[] {
  return ['help', ...prefix(plugin), ...withoutName(plugin, words)]
}

function prefix(plugin: string): readonly string[] {
  return plugin === 'astern' ? [] : [plugin]
}

function withoutName(plugin: string, words: readonly string[]): readonly string[] {
  return words[0] === plugin ? words.slice(1) : words
}
